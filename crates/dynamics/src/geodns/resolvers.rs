//! Who asks whom: clients, their resolvers, and the entries in the caches of these (models 4.1,
//! 4.2).
//!
//! What is left out: caches in the client (they hand on the remaining TTL, so they change nothing
//! for a name that is always asked for), forwarders, and resolvers that change their minds.

use std::f64::consts::PI;

use catchment_model::geo::EARTH_RADIUS_KM;
use catchment_model::rng::fnv1a64;
use catchment_model::scenario::GeoDns;
use catchment_model::{LatLon, World};

use super::draws::{Draws, Purpose};
use crate::delivery::{Source, Stream};
use crate::script::Script;

/// Spread of the distance from a client to the resolver of its provider (models 4.1).
const RESOLVER_SIGMA: f64 = 1.3;
/// Median of a stretched TTL in µs (models 4.2).
const STRETCHED_MEDIAN_US: f64 = 1.8e9;
/// Its spread (models 4.2).
const STRETCHED_SIGMA: f64 = 1.0;
/// Median distance to the resolver of the provider in worlds without named clients, in km
/// (models 4.1).
const RESOLVER_KM: f64 = 260.0;
/// Share of clients of public resolvers in worlds without named clients.
const PUBLIC_SHARE: f64 = 0.2;
/// A share below this is rounding.
const SHARE_MIN: f64 = 1e-9;

/// Where public resolvers stand: a coarse list, so that their clients are often far from them, as
/// they are in truth. Illustrative, no operator's map: half of the people in the large cities of
/// the world live within 1700 km of one, where models 4.1 asks for 1650 km.
const PUBLIC_PLACES: [(&str, LatLon); 11] = [
    ("IAD", LatLon { lat: 38.94, lon: -77.46 }),
    ("DFW", LatLon { lat: 32.90, lon: -97.04 }),
    ("LAX", LatLon { lat: 33.94, lon: -118.41 }),
    ("MIA", LatLon { lat: 25.79, lon: -80.29 }),
    ("GRU", LatLon { lat: -23.43, lon: -46.47 }),
    ("LHR", LatLon { lat: 51.47, lon: -0.45 }),
    ("FRA", LatLon { lat: 50.03, lon: 8.57 }),
    ("DXB", LatLon { lat: 25.25, lon: 55.36 }),
    ("SIN", LatLon { lat: 1.36, lon: 103.99 }),
    ("NRT", LatLon { lat: 35.76, lon: 140.39 }),
    ("SYD", LatLon { lat: -33.95, lon: 151.18 }),
];

/// A point on the Earth as a unit vector: the straight line between two such points orders them as
/// the great circle does, and costs three multiplications.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point([f64; 3]);

impl Point {
    /// The point of a place.
    pub fn new(at: LatLon) -> Point {
        let [_, _, up] = axes(at);
        Point(up)
    }

    /// Square of the straight distance, in Earth radii: ascends with the great circle.
    pub fn chord2(&self, other: &Point) -> f64 {
        let square = |axis: usize| {
            let apart = self.0[axis] - other.0[axis];
            apart * apart
        };
        square(0) + square(1) + square(2)
    }

    /// The point that lies this far from a place on the great circle that leaves it in this
    /// direction (radians, clockwise from north).
    fn beyond(at: LatLon, km: f64, bearing: f64) -> Point {
        let [east, north, up] = axes(at);
        let angle = (km / EARTH_RADIUS_KM).min(PI);
        let (ahead, back) = (libm::sin(angle), libm::cos(angle));
        let (to_east, to_north) = (libm::sin(bearing), libm::cos(bearing));
        let along =
            |axis: usize| up[axis] * back + (east[axis] * to_east + north[axis] * to_north) * ahead;
        Point([along(0), along(1), along(2)])
    }
}

/// Unit vectors to the east, to the north, and up.
fn axes(at: LatLon) -> [[f64; 3]; 3] {
    let radians = |degrees: f64| degrees * (PI / 180.0);
    let (sin_lat, cos_lat) = (libm::sin(radians(at.lat)), libm::cos(radians(at.lat)));
    let (sin_lon, cos_lon) = (libm::sin(radians(at.lon)), libm::cos(radians(at.lon)));
    [
        [-sin_lon, cos_lon, 0.0],
        [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
    ]
}

/// One entry in the cache of a resolver: all clients that it serves hold the same answer, and get
/// another at the same instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cache {
    /// Name of the entry as a hash, for draws.
    pub key: u64,
    /// What the authoritative server takes for the place of those who ask; `None` if unknown.
    pub place: Option<Point>,
    /// Demand behind it, in the unit of the world.
    pub weight: f64,
    /// Demand behind it, in gigabits a second.
    pub gbps: f64,
    /// How long it keeps an answer, in µs.
    pub ttl_us: i64,
    /// How long it keeps the knowledge that there is no answer (RFC 2308 §5), in µs. Stretched
    /// TTLs and minimum TTLs are not applied to it: resolvers have other limits there.
    pub negative_ttl_us: i64,
    /// When an answer held at t = 0 expires, in µs.
    pub first_us: i64,
    /// The same, should that be "no answer".
    pub negative_first_us: i64,
}

/// Everybody who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Askers {
    /// Who sends.
    pub sources: Vec<Source>,
    /// Parts of their demand, by the resolver that they ask.
    pub streams: Vec<Stream>,
    /// The cache entry of each stream.
    pub cache_of: Vec<u32>,
    /// The cache entries, in the order of the first streams that use them.
    pub caches: Vec<Cache>,
}

/// Shares of a source's clients by the kind of their resolver.
struct Shares {
    isp: f64,
    public: f64,
    ecs: f64,
}

impl Shares {
    /// ECS takes its share first; what the public resolvers leave asks the provider's.
    fn new(geodns: &GeoDns, has_clients: bool) -> Shares {
        let default = if has_clients { 0.0 } else { PUBLIC_SHARE };
        let ecs = geodns.ecs_share.clamp(0.0, 1.0);
        let public = geodns.public_share.unwrap_or(default).clamp(0.0, 1.0 - ecs);
        let isp = 1.0 - ecs - public;
        if isp >= SHARE_MIN {
            return Shares { isp, public, ecs };
        }
        match public >= SHARE_MIN {
            true => Shares { isp: 0.0, public: 1.0 - ecs, ecs },
            false => Shares { isp: 0.0, public: 0.0, ecs: 1.0 },
        }
    }
}

/// Finds everybody's resolver.
///
/// Each source is cut into up to three streams, in this order:
/// - clients of their provider's resolver: one for each AS and city, `resolver_km` away;
/// - clients of a public resolver that sends no subnet: the nearest of about a dozen;
/// - clients whose resolver sends their subnet (RFC 7871): each source has an entry of its own,
///   and is taken to be where it is.
///
/// A provider has a resolver in each of its cities, not one in all: otherwise the clients of a
/// wide network would be mapped to the far end of it, and the drawn distance would mean nothing.
pub fn askers(script: &Script<'_>) -> Askers {
    let world = script.situation.world;
    let has_clients = !world.clients.is_empty();
    let shares = Shares::new(script.geodns, has_clients);
    let resolver_km =
        script.geodns.resolver_km.unwrap_or(if has_clients { 0.0 } else { RESOLVER_KM });
    let public_points = PUBLIC_PLACES.map(|(_, at)| Point::new(at));
    let mut of_router = vec![None; world.router_count()];
    // The last is for clients whose place is unknown.
    let mut of_public = [None; PUBLIC_PLACES.len() + 1];

    let sources = script.sources();
    let (mut streams, mut cache_of, mut caches) = (Vec::new(), Vec::new(), Vec::new());
    for (index, source) in (0..).zip(&sources) {
        let at = world.place(source.router).map(|place| place.at);
        let mut ask = |share: f64, cache: u32, caches: &mut Vec<Cache>| {
            streams.push(Stream { source: index, share });
            cache_of.push(cache);
            caches[cache as usize].weight += source.weight * share;
            caches[cache as usize].gbps += source.gbps * share;
        };
        if shares.isp > 0.0 {
            let cache = *of_router[source.router as usize].get_or_insert_with(|| {
                let draws = draws(script, &format!("isp {}", network(world, source.router)));
                let place = at.map(|at| {
                    let km =
                        draws.lognormal(Purpose::ResolverDistance, resolver_km, RESOLVER_SIGMA);
                    Point::beyond(at, km, 2.0 * PI * draws.unit(Purpose::ResolverBearing))
                });
                entry(&mut caches, script.geodns, draws, place)
            });
            ask(shares.isp, cache, &mut caches);
        }
        if shares.public > 0.0 {
            let pop = at.map_or(PUBLIC_PLACES.len(), |at| nearest(&public_points, at));
            let cache = *of_public[pop].get_or_insert_with(|| {
                let name = PUBLIC_PLACES.get(pop).map_or("?", |(name, _)| *name);
                let draws = draws(script, &format!("public {name}"));
                entry(&mut caches, script.geodns, draws, public_points.get(pop).copied())
            });
            ask(shares.public, cache, &mut caches);
        }
        if shares.ecs > 0.0 {
            let name = format!("ecs {} {}", network(world, source.router), source.name);
            let place = at.map(Point::new);
            let cache = entry(&mut caches, script.geodns, draws(script, &name), place);
            ask(shares.ecs, cache, &mut caches);
        }
    }
    Askers { sources, streams, cache_of, caches }
}

/// Name of the network of a router in its city, the same in each scenario.
fn network(world: &World, router: u32) -> String {
    let city = world.place(router).map_or("", |place| place.code.as_str());
    format!("{} {city}", world.asn_of(router).0)
}

fn draws(script: &Script<'_>, name: &str) -> Draws {
    Draws { seed: script.situation.seed, key: fnv1a64(name.as_bytes()) }
}

/// Index of the nearest point; the first of several.
fn nearest(points: &[Point], at: LatLon) -> usize {
    let here = Point::new(at);
    let chord2 = |index: &usize| points[*index].chord2(&here);
    (0..points.len()).min_by(|a, b| chord2(a).total_cmp(&chord2(b))).expect("the list is not empty")
}

/// Adds the cache entry of a resolver.
fn entry(caches: &mut Vec<Cache>, geodns: &GeoDns, draws: Draws, place: Option<Point>) -> u32 {
    let mut ttl_us = geodns.ttl.us;
    if draws.falls_in(Purpose::Raises, geodns.min_ttl_share) {
        ttl_us = ttl_us.max(geodns.min_ttl.us);
    }
    if draws.falls_in(Purpose::Stretches, geodns.ttl_stretch_share) {
        let stretched =
            draws.lognormal(Purpose::StretchedTtl, STRETCHED_MEDIAN_US, STRETCHED_SIGMA);
        ttl_us = ttl_us.max(libm::floor(stretched) as i64);
    }
    let negative_ttl_us = geodns.negative_ttl.us;
    caches.push(Cache {
        key: draws.key,
        place,
        weight: 0.0,
        gbps: 0.0,
        ttl_us,
        negative_ttl_us,
        first_us: draws.time_within(Purpose::FirstExpiry, ttl_us),
        negative_first_us: draws.time_within(Purpose::FirstNegativeExpiry, negative_ttl_us),
    });
    caches.len() as u32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const BER: LatLon = LatLon { lat: 52.36, lon: 13.50 };

    #[test]
    fn chords_order_as_great_circles_do() {
        let (ber, places) = (Point::new(BER), PUBLIC_PLACES);
        let mut by_chord = places;
        by_chord
            .sort_by(|a, b| ber.chord2(&Point::new(a.1)).total_cmp(&ber.chord2(&Point::new(b.1))));
        let mut by_circle = places;
        by_circle.sort_by(|a, b| BER.distance_km(&a.1).total_cmp(&BER.distance_km(&b.1)));
        assert_eq!(by_chord.map(|it| it.0), by_circle.map(|it| it.0));
    }

    #[test]
    fn a_displaced_point_lies_as_far_as_it_was_sent() {
        let here = Point::new(BER);
        assert_eq!(Point::beyond(BER, 0.0, 1.0), here);
        for (km, bearing) in [(1.0, 0.0), (260.0, 1.0), (9000.0, 4.0), (20_015.0, 2.0)] {
            let chord = libm::sqrt(Point::beyond(BER, km, bearing).chord2(&here));
            let found_km = 2.0 * EARTH_RADIUS_KM * libm::asin((chord / 2.0).min(1.0));
            assert!((found_km - km).abs() < 0.1, "{found_km} is not {km}");
        }
        // Straight north, to the pole.
        let pole = Point::beyond(BER, (90.0 - BER.lat) * PI / 180.0 * EARTH_RADIUS_KM, 0.0);
        assert!(pole.chord2(&Point([0.0, 0.0, 1.0])) < 1e-20);
    }

    #[test]
    fn shares_of_resolvers_sum_to_one() {
        let shares = |ecs_share, public_share| {
            let geodns =
                GeoDns { ecs_share, public_share: Some(public_share), ..GeoDns::default() };
            let Shares { isp, public, ecs } = Shares::new(&geodns, true);
            [isp, public, ecs]
        };
        assert_eq!(shares(0.0, 0.0), [1.0, 0.0, 0.0]);
        assert_eq!(shares(0.25, 0.5), [0.25, 0.5, 0.25]);
        assert_eq!(shares(0.75, 0.5), [0.0, 0.25, 0.75]);
        assert_eq!(shares(1.0, 0.0), [0.0, 0.0, 1.0]);
        assert_eq!(shares(0.3, 0.7), [0.0, 0.7, 0.3]);
    }
}
