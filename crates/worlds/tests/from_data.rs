//! Worlds from relationship lists and tables.

use std::fmt::Write as _;

use catchment_model::world::Link;
use catchment_model::{Asn, LatLon, Relation, World};
use catchment_worlds::from_data::{
    AddressRange, CountryRange, ListedCity, Presence, PublicData, from_links, from_synthetic, join,
};
use catchment_worlds::synthetic::{SyntheticSpec, generate};
use expect_test::{Expect, expect};

/// `1>2` sells to, `1=2` peers.
fn links(text: &str) -> Vec<Link> {
    let read = |word: &str| {
        let (a, b, relation) = match word.split_once('>') {
            Some((a, b)) => (a, b, Relation::Customer),
            None => {
                let (a, b) = word.split_once('=').unwrap();
                (a, b, Relation::Peer)
            }
        };
        Link { a: a.parse().unwrap(), b: b.parse().unwrap(), relation }
    };
    text.split_whitespace().map(read).collect()
}

#[track_caller]
fn check_cycles(text: &str, expected: Expect) {
    let (world, report) = from_links("test", &links(text));
    let mut out = String::new();
    for problem in &report.problems {
        writeln!(out, "{:?} {} of {}", problem.kind, problem.dropped, problem.kept).unwrap();
    }
    for cycle in &report.cycles {
        let asns: Vec<String> = cycle.asns.iter().map(Asn::to_string).collect();
        let (provider, customer) = cycle.dropped;
        writeln!(out, "cycle {} cut at {provider}>{customer}", asns.join(">")).unwrap();
    }
    writeln!(out, "{} sessions", world.session_count() / 2).unwrap();
    expected.assert_eq(&out);
    assert_eq!(from_links("test", &links(text)), (world.clone(), report));
    assert_eq!(World::from_parts((*world).clone()), Ok(world.clone()));
    let again: Vec<Link> = provider_links(&world);
    assert_eq!(from_links("again", &again).1.cycles, [], "a cycle is left");
}

fn provider_links(world: &World) -> Vec<Link> {
    let routers = 0..world.router_count() as u32;
    let of_router = |router: u32| {
        world.group(router, Relation::Customer).map(move |session| Link {
            a: world.asn_of(router),
            b: world.asn_of(world.neighbors[session as usize]),
            relation: Relation::Customer,
        })
    };
    routers.flat_map(of_router).collect()
}

#[test]
fn provider_cycles_are_named_and_cut() {
    check_cycles(
        "1>2 2>3 1>3 3=4",
        expect![[r#"
        4 sessions
    "#]],
    );
    // 3 has one customer, 1 and 2 have two.
    check_cycles(
        "1>2 2>3 3>1 1>9 2>9",
        expect![[r#"
        cycle 1>2>3 cut at 3>1
        4 sessions
    "#]],
    );
    // Two cycles that share 2>3; chains above and below stay.
    check_cycles(
        "8>1 1>2 2>3 3>1 3>4 4>2 4>9 9>10",
        expect![[r#"
        cycle 1>2>3 cut at 1>2
        cycle 2>3>4 cut at 2>3
        6 sessions
    "#]],
    );
    // Two apart.
    check_cycles(
        "1>2 2>1 1>5 5>6 6>7 7>5",
        expect![[r#"
        Contradiction 1 of 0
        cycle 5>6>7 cut at 5>6
        4 sessions
    "#]],
    );
    check_cycles(
        "1>2 1>2 1=2 3>3 10>20 20>30 30>10",
        expect![[r#"
        Duplicate 1 of 0
        Contradiction 2 of 0
        SelfLoop 3 of 3
        cycle 10>20>30 cut at 10>20
        3 sessions
    "#]],
    );
}

#[test]
fn cycles_of_many_random_graphs_are_all_cut() {
    for seed in 0..200 {
        let draw = |stream, key, below: u64| {
            (catchment_model::rng::draw(seed, stream, key) % below) as u32 + 1
        };
        let random: Vec<Link> = (0..40)
            .map(|key| Link {
                a: Asn(draw(1, key, 15)),
                b: Asn(draw(2, key, 15)),
                relation: Relation::Customer,
            })
            .collect();
        let (world, _) = from_links("random", &random);
        assert_eq!(from_links("again", &provider_links(&world)).1.cycles, [], "seed {seed}");
    }
}

fn city(name: &str, country: &str, lat: f64, lon: f64, population: u64) -> ListedCity {
    ListedCity {
        name: name.to_owned(),
        country: country.to_owned(),
        at: LatLon { lat, lon },
        population,
    }
}

fn seen(asn: u32, city: &str, country: &str, lat: f64, lon: f64) -> Presence {
    Presence {
        asn: Asn(asn),
        city: city.to_owned(),
        country: country.to_owned(),
        at: LatLon { lat, lon },
    }
}

fn tables() -> PublicData {
    PublicData {
        addresses: vec![
            AddressRange { first: 256, last: 511, asn: Asn(1) },
            AddressRange { first: 1024, last: 1151, asn: Asn(2) },
            AddressRange { first: 0, last: 99, asn: Asn(3) },
            AddressRange { first: 2048, last: 2049, asn: Asn(77) },
            AddressRange { first: 9, last: 8, asn: Asn(4) },
        ],
        countries: vec![
            CountryRange { first: 1024, last: 1100, country: "NL".to_owned() },
            CountryRange { first: 0, last: 1023, country: "de".to_owned() },
            CountryRange { first: 1101, last: 4096, country: "US".to_owned() },
        ],
        cities: vec![
            city("Frankfurt", "DE", 50.11, 8.68, 650_000),
            city("Offenbach", "DE", 50.10, 8.77, 120_000),
            city("Berlin", "DE", 52.52, 13.41, 3_400_000),
            city("Amsterdam", "NL", 52.37, 4.89, 740_000),
            city("La Paz", "BO", -16.5, -68.15, 800_000),
            city("New York", "US", 40.71, -74.0, 8_000_000),
        ],
        presence: vec![
            seen(1, "Offenbach", "DE", 50.10, 8.76),
            seen(1, "Frankfurt am Main", "DE", 50.12, 8.70),
            seen(1, "Amsterdam", "NL", 52.3, 4.77),
            seen(1, "New York", "US", 40.7, -74.0),
            seen(5, "New York", "US", 40.8, -73.9),
            seen(5, "Amsterdam", "NL", 52.36, 4.9),
            seen(6, "Bouvet Base", "NO", -54.4, 3.4),
            seen(6, "Broken", "NO", 99.0, 3.4),
            seen(99, "Berlin", "DE", 52.5, 13.4),
        ],
        names: vec![(Asn(1), "One".to_owned())],
    }
}

/// Every router with its weight and sessions.
fn show(world: &World) -> String {
    let name = |router: u32| match world.place(router) {
        Some(place) => format!("{}@{}", world.asn_of(router), place.code),
        None => format!("{}@nowhere", world.asn_of(router)),
    };
    let mut out = String::new();
    for router in 0..world.router_count() as u32 {
        let (id, weight) = (world.router_ids[router as usize], world.weights[router as usize]);
        write!(out, "{} #{id} weight {weight:.3}", name(router)).unwrap();
        for session in world.sessions(router) {
            let relation = world.relation(router, session);
            write!(out, ", {relation} {}", name(world.neighbors[session as usize])).unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn tables_give_places_weights_and_sessions() {
    let (graph, _) = from_links("graph", &links("1=5 1>2 1>3 5>4 6>4 1>6"));
    let (world, report) = join("joined", &graph, &tables());
    expect![[r#"
        1@JFK #1 weight 0.000, peer 5@JFK
        1@AMS #2 weight 0.000, customer 2@AMS, peer 5@AMS
        1@FRA #3 weight 256.000, customer 3@BER, customer 6@BOUVET-BASE-NO
        2@AMS #4 weight 128.000, provider 1@AMS
        3@BER #5 weight 100.000, provider 1@FRA
        4@nowhere #6 weight 0.000, provider 5@JFK, provider 6@BOUVET-BASE-NO
        5@JFK #7 weight 0.000, customer 4@nowhere, peer 1@JFK
        5@AMS #8 weight 0.000, peer 1@AMS
        6@BOUVET-BASE-NO #9 weight 0.000, customer 4@nowhere, provider 1@FRA
    "#]]
    .assert_eq(&show(&world));
    expect![[r#"
        JoinReport {
            ases_seen: 3,
            ases_in_capital: 2,
            ases_nowhere: 1,
            ases_without_addresses: 3,
            addresses_unused: 2,
            presence_unused: 1,
            presence_without_place: 1,
            presence_off_list: 1,
        }"#]]
    .assert_eq(&format!("{report:#?}"));
    let places: Vec<String> = world
        .places
        .iter()
        .map(|place| format!("{} {} {}", place.code, place.name, place.country))
        .collect();
    expect![[r#"
        JFK New York US
        BER Berlin DE
        AMS Amsterdam NL
        FRA Frankfurt DE
        BOUVET-BASE-NO Bouvet Base NO"#]]
    .assert_eq(&places.join("\n"));
    assert_eq!(world.as_name(0), Some("One"));
    assert_eq!(World::from_parts((*world).clone()).as_ref(), Ok(&world));
}

#[test]
fn impossible_populations_are_added_all_the_same() {
    let graph = from_links("graph", &links("1>2")).0;
    let data = PublicData {
        cities: vec![
            city("Alpha", "DE", 50.0, 8.0, u64::MAX),
            city("Beta", "US", 40.0, -74.0, u64::MAX),
        ],
        presence: vec![seen(1, "Alpha", "DE", 50.0, 8.0), seen(1, "Beta", "US", 40.0, -74.0)],
        ..PublicData::default()
    };
    let (world, _) = join("joined", &graph, &data);
    assert_eq!(world.weights, [0.5, 0.5, 1.0]);
}

#[test]
fn the_order_of_tables_does_not_matter() {
    let (graph, _) = from_links("graph", &links("1=5 1>2 1>3 5>4 6>4 1>6"));
    let straight = join("joined", &graph, &tables());
    let mut data = tables();
    data.addresses.reverse();
    data.countries.reverse();
    data.presence.reverse();
    assert_eq!(join("joined", &graph, &data), straight);
}

#[test]
fn without_tables_the_graph_stays_as_it_is() {
    let (graph, _) = from_links("graph", &links("1>2 2>3 1=4"));
    let (world, report) = join("graph", &graph, &PublicData::default());
    assert_eq!(report.ases_nowhere, 4);
    assert_eq!(*world, *graph);
}

#[test]
fn a_synthetic_internet_becomes_a_world() {
    let synthetic = generate(&SyntheticSpec { ases: 500, seed: 1 }).unwrap();
    let base = from_synthetic("synthetic", &synthetic);
    let world = &base.world;
    assert_eq!(world.as_count(), 500);
    let presence: usize = synthetic.ases.iter().map(|network| network.cities.len()).sum();
    assert_eq!(world.router_count(), presence);
    assert!(world.session_count() / 2 >= synthetic.links.len());
    let users: u64 = synthetic.ases.iter().map(|network| network.weight).sum();
    let weight: f64 = world.weights.iter().sum();
    assert!((weight - users as f64).abs() < 1e-6 * users as f64);
    assert_eq!(World::from_parts((***world).clone()).as_ref(), Ok(&**world));
    assert!(base.sites.is_empty() && base.rules.iter().any(|(name, _)| *name == "mrai_busy"));
}
