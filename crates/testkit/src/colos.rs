//! A service of 339 cities on the Internet of April 2026: the locations that one operator lists,
//! each with an AS of its own and three providers that are there, as far as tables of presence
//! know. Where `CATCHMENT_DATA` says that they lie.

use std::collections::BTreeMap;

use catchment_formats::airports::{self, Airport};
use catchment_formats::candidates::{self, Candidate};
use catchment_formats::presence;
use catchment_model::scenario::PlaceRef;
use catchment_model::service::{Announcement, Capacity, Reach, Site};
use catchment_model::{Asn, LatLon, Relation, Service, World, WorldBuilder};

use crate::real::{internet_2026, open};

/// The AS of the first location; the others count on (private use, RFC 6996).
const FIRST_ASN: u32 = 4_200_000_000;

/// Networks within this distance are in the city.
const NEAR_KM: f64 = 50.0;

/// Providers of each location.
const PROVIDERS: usize = 3;

/// The world with the new ASes, and the service whose sites they are, in the order of the list.
/// One router per AS, and the new ones ask for nothing. Some locations are listed without a place;
/// they are at their airport. Providers of a site are, of the ASes that
/// are within 50 km (else in the nearest city that has any), the three with the most customers,
/// ties by lowest number.
///
/// # Panics
/// If a file is not as it was.
pub fn colos_2026() -> Option<(World, Service)> {
    let world = internet_2026()?;
    let (listed, skipped) =
        candidates::read(open("anycast/cloudflare-colos-20260807.csv")?).expect("it has names");
    assert!(skipped.is_empty(), "{skipped:?}");
    let (airports, _) =
        airports::read(open("anycast/airportsdata-20260905.csv.zst")?).expect("it has codes");
    let cities = cities(&world)?;
    let mut builder = WorldBuilder::from_world(&world);
    let handles: Vec<_> = (FIRST_ASN..)
        .zip(&listed)
        .map(|(asn, site)| {
            let at = place_of(site, &airports);
            let router = builder.router(Asn(asn), None);
            for provider in providers(&world, &cities, at) {
                let theirs = builder.routers_of_asn(provider).next().expect("it is in the world");
                builder.link(router, theirs, Relation::Provider);
            }
            router
        })
        .collect();
    let built = builder.build().expect("no link is there twice");
    let sites = listed.iter().zip(&handles).map(|(site, handle)| {
        let router = built.router_of[handle.0 as usize];
        let plain = |session| (session, Announcement::default());
        Site {
            name: site.name.clone(),
            asn: built.world.asn_of(router),
            router,
            own_router: true,
            active: true,
            prefixes: vec![0],
            reach: Reach::Listed,
            announcements: built.world.sessions(router).map(plain).collect(),
            capacity: Capacity::default(),
            region: String::new(),
        }
    });
    let service = Service {
        prefixes: vec!["192.0.2.0/24".parse().expect("a prefix")],
        sites: sites.collect(),
        roas: Vec::new(),
    };
    Some((built.world, service))
}

/// Codes that the list of airports no longer has, with those that it has: Chișinău changed in 2024.
const RENAMED: [(&str, &str); 1] = [("KIV", "RMO")];

/// Where a location is: as listed; else where the airport is whose code is its name, or the first
/// that serves its city.
fn place_of(site: &Candidate, airports: &[Airport]) -> LatLon {
    let name = site.name.as_str().to_ascii_uppercase();
    let city = match &site.place {
        Some(PlaceRef::At(at)) => return *at,
        Some(PlaceRef::City(city)) => city.as_str(),
        None => "",
    };
    let renamed = RENAMED.iter().find(|(old, _)| *old == name);
    let code = renamed.map_or(&*name, |(_, new)| new);
    let with_code = airports.iter().find(|airport| airport.iata == code);
    let serving = || airports.iter().find(|it| it.city.to_ascii_uppercase() == city);
    let airport = with_code.or_else(serving);
    airport.unwrap_or_else(|| panic!("nobody knows where {name} is")).at
}

/// Where networks of the world are: a city of the tables, and who is there.
struct City {
    at: LatLon,
    asns: Vec<Asn>,
}

fn cities(world: &World) -> Option<Vec<City>> {
    let mut by_place: BTreeMap<[u64; 2], City> = BTreeMap::new();
    for table in ["as-info/igdb-PCH_asn_loc.csv.zst", "as-info/igdb-RIPEAtlas_asn_loc.csv.zst"] {
        let (rows, _) = presence::read(open(table)?).expect("it has the columns");
        for row in rows.into_iter().filter(|row| !world.as_indices(row.asn).is_empty()) {
            let city = by_place
                .entry([row.at.lat.to_bits(), row.at.lon.to_bits()])
                .or_insert_with(|| City { at: row.at, asns: Vec::new() });
            city.asns.push(row.asn);
        }
    }
    Some(by_place.into_values().collect())
}

fn providers(world: &World, cities: &[City], at: LatLon) -> Vec<Asn> {
    let by_distance = cities.iter().map(|city| (city.at.distance_km(&at), city));
    let near = by_distance.clone().filter(|(km, _)| *km <= NEAR_KM);
    let mut asns: Vec<Asn> = near.flat_map(|(_, city)| city.asns.iter().copied()).collect();
    if asns.is_empty() {
        let nearest = by_distance.min_by(|a, b| a.0.total_cmp(&b.0)).expect("there are cities");
        asns = nearest.1.asns.clone();
    }
    let customers = |asn: &Asn| world.group(world.as_indices(*asn).start, Relation::Customer).len();
    asns.sort_unstable();
    asns.dedup();
    asns.sort_by_key(|asn| std::cmp::Reverse(customers(asn)));
    asns.truncate(PROVIDERS);
    asns
}
