//! Small worlds that show one thing each.

use std::sync::Arc;

use catchment_model::scenario::SiteSpec;
use catchment_model::world::Link;
use catchment_model::{Asn, Relation, World};

use super::eight::small_world_rules;
use super::plan::Plan;
use crate::BaseWorld;

/// Three sites, each behind the provider of its region; the three meet in one transit core.
/// When a site dies, the core sends its region to the site nearest to the core's router there.
const THREE_CITIES: Plan = Plan {
    name: "three-cities",
    cities: &[
        ("JFK", "New York", "US", "na", 40.64, -73.78),
        ("FRA", "Frankfurt", "DE", "eu", 50.03, 8.57),
        ("SIN", "Singapore", "SG", "asia", 1.36, 103.99),
    ],
    networks: &[
        (64510, "Transit core", &["JFK", "FRA", "SIN"]),
        (64504, "American provider", &["JFK"]),
        (64505, "European provider", &["FRA"]),
        (64506, "Asian provider", &["SIN"]),
    ],
    peers: &[],
    peering_cities: &[],
    transit: &[(64504, 64510, "JFK"), (64505, 64510, "FRA"), (64506, 64510, "SIN")],
    sites: &[
        ("JFK", 64496, &[(64504, None)], 200.0),
        ("FRA", 64497, &[(64505, None)], 200.0),
        ("SIN", 64498, &[(64506, None)], 200.0),
    ],
    clients: &[
        ("America", 65536, "JFK", &[(64504, None)], 100.0),
        ("Europe", 65537, "FRA", &[(64505, None)], 100.0),
        ("Asia-Pacific", 65538, "SIN", &[(64506, None)], 100.0),
    ],
};

/// Four sites behind four providers under two transit networks that peer in New York and London.
///
/// Johannesburg is the surprise: its provider buys in London, so its clients go there, past the
/// nearer São Paulo.
const FOUR_CITIES: Plan = Plan {
    name: "four-cities",
    cities: &[
        ("JFK", "New York", "US", "na", 40.64, -73.78),
        ("LHR", "London", "GB", "uk", 51.47, -0.45),
        ("SIN", "Singapore", "SG", "asia", 1.36, 103.99),
        ("GRU", "São Paulo", "BR", "sa", -23.43, -46.47),
        ("JNB", "Johannesburg", "ZA", "africa", -26.14, 28.25),
    ],
    networks: &[
        (64509, "Atlantic transit", &["JFK", "LHR", "GRU"]),
        (64510, "Eastern transit", &["JFK", "LHR", "SIN"]),
        (64504, "American provider", &["JFK"]),
        (64505, "European provider", &["LHR"]),
        (64506, "Asian provider", &["SIN"]),
        (64507, "Brazilian provider", &["GRU"]),
        (64508, "African provider", &["JNB", "LHR"]),
    ],
    peers: &[64509, 64510],
    peering_cities: &["JFK", "LHR"],
    transit: &[
        (64504, 64509, "JFK"),
        (64504, 64510, "JFK"),
        (64505, 64509, "LHR"),
        (64505, 64510, "LHR"),
        (64506, 64510, "SIN"),
        (64507, 64509, "GRU"),
        (64508, 64509, "LHR"),
    ],
    sites: &[
        ("JFK", 64496, &[(64504, None)], 200.0),
        ("LHR", 64497, &[(64505, None)], 200.0),
        ("SIN", 64498, &[(64506, None)], 200.0),
        ("GRU", 64499, &[(64507, None)], 200.0),
    ],
    clients: &[
        ("New York", 65536, "JFK", &[(64504, None)], 100.0),
        ("London", 65537, "LHR", &[(64505, None)], 100.0),
        ("Singapore", 65538, "SIN", &[(64506, None)], 100.0),
        ("Sao Paulo", 65539, "GRU", &[(64507, None)], 100.0),
        ("Johannesburg", 65540, "JNB", &[(64508, None)], 40.0),
    ],
};

pub(super) fn three_cities() -> BaseWorld {
    THREE_CITIES.build(small_world_rules("timestamp"))
}

pub(super) fn four_cities() -> BaseWorld {
    FOUR_CITIES.build(small_world_rules("timestamp"))
}

/// The graph of T1.1 to T1.3 in models 1.7: eight ASes with one router each, no places, identifier
/// = ASN. AS6 is the site `as6`; ties go to the lowest number.
pub(super) fn tree() -> BaseWorld {
    let link = |relation| move |&(a, b): &(u32, u32)| Link { a: Asn(a), b: Asn(b), relation };
    let sold = [(1, 3), (1, 4), (2, 5), (3, 6), (4, 6), (5, 7), (2, 8)];
    let peers = [(1, 2), (4, 5)];
    let mut links: Vec<Link> = sold.iter().map(link(Relation::Customer)).collect();
    links.extend(peers.iter().map(link(Relation::Peer)));
    let (world, _) = World::from_links("tree", &links);
    let site = SiteSpec {
        name: "as6".parse().expect("it is a site name"),
        remove: false,
        place: None,
        asn: Some(Asn(6)),
        capacity: None,
        region: None,
        backbone: None,
        local: None,
        prefixes: None,
        neighbors: None,
    };
    BaseWorld { world: Arc::new(world), sites: vec![site], rules: small_world_rules("none") }
}
