//! The synthetic Internet against the figures of the real one, and against its own promises.

use catchment_worlds::as_graph::AsGraph;
use catchment_worlds::shape::{REAL_2026, REAL_2026_ROUTES, RouteShape, Routes, Shape};
use catchment_worlds::synthetic::{
    ASES_MAX, ASES_MIN, LinkKind, Synthetic, SyntheticError, SyntheticSpec, generate,
};

fn synthetic(ases: u32, seed: u64) -> Synthetic {
    generate(&SyntheticSpec { ases, seed }).unwrap()
}

/// Within `part` (0.15 is 15 %) of the real figure.
fn assert_near(what: &str, synthetic: f64, real: f64, part: f64) {
    let off = synthetic / real - 1.0;
    assert!(off.abs() <= part, "{what}: {synthetic:.3}, really {real:.3}");
}

/// Within `points` percentage points of the real share.
fn assert_share(what: &str, synthetic: f64, real: f64, points: f64) {
    let off = 100.0 * (synthetic - real);
    assert!(off.abs() <= points, "{what}: {synthetic:.3}, really {real:.3}");
}

/// The limits of the likeness. Whoever tightens or widens one tells the book.
fn assert_like_the_real_one(seed: u64) {
    let graph = synthetic(80_000, seed).graph();
    let shape = Shape::measure(&graph);
    assert_near("links", shape.links().into(), REAL_2026.links().into(), 0.15);
    assert_near("peer links", shape.peer_link_share(), REAL_2026.peer_link_share(), 0.15);
    assert_share("stubs", shape.stub_share(), REAL_2026.stub_share(), 5.0);
    assert_share("multihomed", shape.multihomed_share(), REAL_2026.multihomed_share(), 5.0);
    let of_all = |shape: &Shape| f64::from(shape.stubs_multihomed) / f64::from(shape.as_count);
    assert_share("multihomed of all", of_all(&shape), of_all(&REAL_2026), 5.0);
    let with_peers = |shape: &Shape| f64::from(shape.stubs_with_peers) / f64::from(shape.as_count);
    assert_share("stubs with peers", with_peers(&shape), with_peers(&REAL_2026), 5.0);
    let ranks = shape.cones_largest.iter().zip(REAL_2026.cones_largest);
    for (rank, (&cone, real)) in ranks.enumerate() {
        let factor = f64::from(cone) / f64::from(real);
        assert!((1.0 / 1.5..=1.5).contains(&factor), "cone {rank}: {cone}, really {real}");
    }
    let most = (shape.customers_largest, shape.peers_largest);
    for rank in 0..10 {
        assert_near(
            "customers",
            most.0[rank].into(),
            REAL_2026.customers_largest[rank].into(),
            0.3,
        );
        assert_near("peers", most.1[rank].into(), REAL_2026.peers_largest[rank].into(), 0.3);
    }
    assert_eq!(shape.degree_median, REAL_2026.degree_median);
    assert_near("degree p99", shape.degree_p99.into(), REAL_2026.degree_p99.into(), 0.3);
    assert_eq!(shape.clique, REAL_2026.clique);

    let routes = Routes::measure(&graph, 20, 1).unwrap();
    let real = REAL_2026_ROUTES;
    assert_near("path length", routes.path_length_mean, real.path_length_mean, 0.10);
    assert_share("tied", routes.tied_share, real.tied_share, 10.0);
}

#[test]
fn its_shape_is_like_the_real_one() {
    for seed in 1..=5 {
        assert_like_the_real_one(seed);
    }
}

/// FNV-1a over all that is generated.
fn digest(world: &Synthetic) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut eat = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for city in &world.cities {
        eat(city.iata.as_bytes());
    }
    for one in &world.ases {
        eat(&one.asn.to_le_bytes());
        eat(&one.weight.to_le_bytes());
        one.cities.iter().for_each(|city| eat(&city.to_le_bytes()));
    }
    for link in &world.links {
        eat(&link.a.to_le_bytes());
        eat(&link.b.to_le_bytes());
        eat(&[u8::from(link.kind == LinkKind::Peer)]);
    }
    hash
}

/// Scenarios name a synthetic Internet by size and seed alone, so it must never change by accident.
/// Who changes it on purpose changes these numbers and says so in the notes of the release.
#[test]
fn a_seed_gives_the_same_internet_everywhere() {
    assert_eq!(digest(&synthetic(50, 1)), 0xe833_6da1_ba77_99ba);
    assert_eq!(digest(&synthetic(5_000, 1)), 0xcf6c_b68a_f591_4688);
    assert_eq!(digest(&synthetic(5_000, 2)), 0xa996_ae7f_d924_4a7b);
}

/// Removes customers that sell to nobody, again and again: what is left would be a loop.
fn has_loop(graph: &AsGraph) -> bool {
    let mut open: Vec<usize> =
        (0..graph.as_count()).map(|index| graph.customers(index).len()).collect();
    let mut done: Vec<u32> =
        (0..graph.as_count()).filter(|&index| open[index as usize] == 0).collect();
    let mut at = 0;
    while at < done.len() {
        for &provider in graph.providers(done[at]) {
            open[provider as usize] -= 1;
            if open[provider as usize] == 0 {
                done.push(provider);
            }
        }
        at += 1;
    }
    done.len() < open.len()
}

fn assert_sound(ases: u32, seed: u64) {
    let world = synthetic(ases, seed);
    assert_eq!(world.ases.len(), ases as usize);
    assert!(world.ases.is_sorted_by(|a, b| a.asn < b.asn));
    assert!(!world.cities.is_empty());
    for one in &world.ases {
        assert!(!one.cities.is_empty(), "AS{} is nowhere", one.asn);
        assert!(one.cities.is_sorted_by(|a, b| a < b));
        assert!(one.cities.iter().all(|&city| usize::from(city) < world.cities.len()));
    }
    assert!(world.ases.iter().any(|one| one.weight > 0));

    assert!(world.links.is_sorted());
    let pair = |a: u32, b: u32| (a.min(b), a.max(b));
    let mut pairs: Vec<_> = world.links.iter().map(|link| pair(link.a, link.b)).collect();
    pairs.sort_unstable();
    assert!(pairs.is_sorted_by(|a, b| a < b), "a pair has two relationships");
    assert!(pairs.iter().all(|(a, b)| a != b), "an AS has a link with itself");
    assert!(world.links.iter().all(|link| link.kind != LinkKind::Peer || link.a < link.b));

    let graph = world.graph();
    assert!(!has_loop(&graph), "{ases} ASes, seed {seed}: providers in a circle");
    let shape = Shape::measure(&graph);
    assert_eq!(shape.without_provider, shape.clique, "{ases} ASes, seed {seed}");
    assert!((3..=19).contains(&shape.clique));
    for origin in [0, ases / 2, ases - 1] {
        assert_eq!(RouteShape::measure(&graph, &[origin]).reached(), ases, "from {origin}");
    }
}

#[test]
fn every_size_gives_a_sound_internet() {
    for seed in 0..20 {
        for ases in [50, 51, 64, 97, 128, 300] {
            assert_sound(ases, seed);
        }
    }
    assert_sound(1_000, 1);
    assert_sound(10_000, u64::MAX);
    assert_sound(ASES_MAX, 1);
}

#[test]
fn users_are_as_many_as_in_the_real_internet() {
    let users: u64 = synthetic(80_000, 1).ases.iter().map(|one| one.weight).sum();
    assert!((4_500_000_000..6_000_000_000).contains(&users), "{users} users");
}

#[test]
fn silly_sizes_are_refused() {
    let refused = |ases| generate(&SyntheticSpec { ases, seed: 1 }).unwrap_err();
    assert_eq!(refused(0), SyntheticError::TooFew(0));
    assert_eq!(refused(ASES_MIN - 1), SyntheticError::TooFew(ASES_MIN - 1));
    assert_eq!(refused(ASES_MAX + 1), SyntheticError::TooMany(ASES_MAX + 1));
    assert_eq!(
        refused(7).to_string(),
        "a synthetic Internet of `7` ASes is too small: at least 50 are needed"
    );
}
