//! Spreads ASes over cities: one router per AS and city, sessions where both ends are.

use catchment_model::geo::Place;
use catchment_model::world::RouterHandle;
use catchment_model::{Asn, LatLon, Relation, World, WorldBuilder};

/// ASes, where they are, and who is linked with whom.
pub(super) struct Spread<'a> {
    pub name: &'a str,
    pub places: Vec<Place>,
    /// People in each place; 0 if unknown.
    pub populations: Vec<u64>,
    /// Ascending, each once.
    pub asns: Vec<Asn>,
    /// Places of each AS, ascending; an AS without any gets one router that is nowhere.
    pub presence: Vec<Vec<u32>>,
    /// Demand of each AS.
    pub weights: Vec<f64>,
    /// Country (ISO 3166) where most of each AS's demand is, if known.
    pub homes: Vec<Option<String>>,
    pub names: Vec<(Asn, String)>,
    /// Links as indices into `asns` and what the second is to the first; each pair once.
    pub links: Vec<(u32, u32, Relation)>,
}

impl Spread<'_> {
    /// A link becomes one session in each city where both ASes are; if there is none, one between
    /// their two nearest routers (design section 4), ties to the lowest; routers that are
    /// nowhere are farthest.
    ///
    /// The weight of an AS is split over its routers by the population of their cities, or evenly
    /// if no population is known. Only routers in the AS's home country count, if it has any there:
    /// networks meet others in far cities where none of their users are.
    pub(super) fn build(&self) -> World {
        let mut builder = WorldBuilder::new(self.name);
        let place_of: Vec<u32> =
            self.places.iter().map(|place| builder.place(place.clone())).collect();
        let mut first_router = Vec::with_capacity(self.asns.len() + 1);
        let mut router_count = 0;
        for (index, asn) in self.asns.iter().enumerate() {
            first_router.push(router_count);
            let places = &self.presence[index];
            if places.is_empty() {
                let router = builder.router(*asn, None);
                builder.weight(router, self.weights[index]);
                router_count += 1;
                continue;
            }
            let people = |place: &u32| self.populations[*place as usize];
            let home = self.homes[index].as_deref();
            let is_home =
                |place: &&u32| Some(self.places[**place as usize].country.as_str()) == home;
            let home_count = places.iter().filter(is_home).count();
            let counts = |place: &&u32| home_count == 0 || is_home(place);
            let count = if home_count == 0 { places.len() } else { home_count };
            // Wide, since the table may say anything.
            let all_people: u128 =
                places.iter().filter(counts).map(|place| u128::from(people(place))).sum();
            for place in places {
                let router = builder.router(*asn, Some(place_of[*place as usize]));
                let share = match all_people {
                    _ if !counts(&place) => 0.0,
                    0 => 1.0 / count as f64,
                    all_people => people(place) as f64 / all_people as f64,
                };
                builder.weight(router, self.weights[index] * share);
                router_count += 1;
            }
        }
        let points: Vec<[f64; 3]> = self.places.iter().map(|place| on_sphere(place.at)).collect();
        for (a, b, relation) in &self.links {
            let (starts_a, starts_b) = (first_router[*a as usize], first_router[*b as usize]);
            let (places_a, places_b) = (&self.presence[*a as usize], &self.presence[*b as usize]);
            let mut link = |at_a: usize, at_b: usize| {
                let (a, b) = (starts_a + at_a as u32, starts_b + at_b as u32);
                builder.link(RouterHandle(a), RouterHandle(b), *relation);
            };
            let (mut at_a, mut at_b, mut meet) = (0, 0, false);
            while let (Some(in_a), Some(in_b)) = (places_a.get(at_a), places_b.get(at_b)) {
                match in_a.cmp(in_b) {
                    std::cmp::Ordering::Less => at_a += 1,
                    std::cmp::Ordering::Greater => at_b += 1,
                    std::cmp::Ordering::Equal => {
                        link(at_a, at_b);
                        meet = true;
                        at_a += 1;
                        at_b += 1;
                    }
                }
            }
            if !meet {
                let (at_a, at_b) = nearest_pair(&points, places_a, places_b);
                link(at_a, at_b);
            }
        }
        for (asn, name) in &self.names {
            builder.as_name(*asn, name);
        }
        builder.build().expect("each pair of ASes is linked once").world
    }
}

/// A point on the unit sphere. Of two pairs the one with the larger scalar product is nearer.
fn on_sphere(at: LatLon) -> [f64; 3] {
    let radians = |degrees: f64| degrees * (std::f64::consts::PI / 180.0);
    let (lat, lon) = (radians(at.lat), radians(at.lon));
    let circle = libm::cos(lat);
    [circle * libm::cos(lon), circle * libm::sin(lon), libm::sin(lat)]
}

/// Positions of the two nearest places of two lists; the first ones if a list is empty.
fn nearest_pair(points: &[[f64; 3]], a: &[u32], b: &[u32]) -> (usize, usize) {
    let mut best = (f64::NEG_INFINITY, (0, 0));
    for (at_a, place_a) in a.iter().enumerate() {
        let [x, y, z] = points[*place_a as usize];
        for (at_b, place_b) in b.iter().enumerate() {
            let [u, v, w] = points[*place_b as usize];
            let closeness = x * u + y * v + z * w;
            if closeness > best.0 {
                best = (closeness, (at_a, at_b));
            }
        }
    }
    best.1
}
