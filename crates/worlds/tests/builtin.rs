//! The built-in worlds are what models 12.4 and 1.7 print.

mod common;

use catchment_model::{Asn, Relation, World};
use catchment_worlds::{BUILTINS, assemble, builtin};
use common::plain;
use expect_test::expect;

/// Every router by identifier: AS, city, and its providers and peers.
fn show(world: &World) -> String {
    let name = |router: u32| match world.place(router) {
        Some(place) => format!("{}@{}", world.asn_of(router), place.code),
        None => world.asn_of(router).to_string(),
    };
    let mut routers: Vec<u32> = (0..world.router_count() as u32).collect();
    routers.sort_by_key(|router| world.router_ids[*router as usize]);
    let mut out = String::new();
    for router in routers {
        let list = |relation| {
            let names = world.group(router, relation).map(|s| name(world.neighbors[s as usize]));
            names.collect::<Vec<_>>().join(" ")
        };
        let (up, across) = (list(Relation::Provider), list(Relation::Peer));
        let id = world.router_ids[router as usize];
        out += format!("{id} {} > {up} = {across}", name(router)).trim_end_matches([' ', '=', '>']);
        out += "\n";
    }
    out
}

#[test]
fn eight_has_the_routers_and_sessions_of_the_fixture() {
    let base = builtin("eight").unwrap();
    let world = &base.world;
    assert_eq!((world.as_count(), world.router_count()), (5 + 8 + 17, 31 + 8 + 17));
    assert_eq!(world.session_count() / 2, 25 + 9 + 21);
    assert_eq!((base.sites.len(), world.clients.len()), (8, 17));
    let demand: f64 = world.clients.iter().map(|client| client.weight).sum();
    assert_eq!((demand, world.weights.iter().sum::<f64>()), (1180.0, 1180.0));
    expect![[r#"
        1 1299@JFK >  = 3356@JFK 2914@JFK 6453@JFK 12956@JFK
        2 1299@LHR >  = 3356@LHR 2914@LHR 6453@LHR
        3 1299@FRA >  = 3356@FRA 2914@FRA 6453@FRA
        4 1299@SVO
        5 1299@IST
        6 3356@JFK >  = 1299@JFK 2914@JFK 6453@JFK 12956@JFK
        7 3356@MIA >  = 12956@MIA
        8 3356@GRU
        9 3356@LHR >  = 1299@LHR 2914@LHR 6453@LHR
        10 3356@FRA >  = 1299@FRA 2914@FRA 6453@FRA
        11 3356@SFO
        12 3356@BOG
        13 2914@JFK >  = 1299@JFK 3356@JFK 6453@JFK 12956@JFK
        14 2914@LHR >  = 1299@LHR 3356@LHR 6453@LHR
        15 2914@FRA >  = 1299@FRA 3356@FRA 6453@FRA
        16 2914@SIN >  = 6453@SIN
        17 2914@NRT >  = 6453@NRT
        18 2914@SYD
        19 2914@SFO
        20 6453@JFK >  = 1299@JFK 3356@JFK 2914@JFK 12956@JFK
        21 6453@LHR >  = 1299@LHR 3356@LHR 2914@LHR
        22 6453@FRA >  = 1299@FRA 3356@FRA 2914@FRA
        23 6453@BOM
        24 6453@SIN >  = 2914@SIN
        25 6453@NRT >  = 2914@NRT
        26 6453@IST
        27 6453@JNB
        28 12956@JFK >  = 1299@JFK 3356@JFK 2914@JFK 6453@JFK
        29 12956@MIA >  = 3356@MIA
        30 12956@GRU
        31 12956@BOG
        32 64496@JFK > 3356@JFK
        33 64497@MIA > 3356@MIA 12956@MIA
        34 64498@GRU > 12956@GRU
        35 64499@LHR > 3356@LHR
        36 64500@FRA > 1299@FRA
        37 64501@BOM > 6453@BOM
        38 64502@NRT > 2914@NRT
        39 64503@SIN > 6453@SIN
        40 65536@JFK > 3356@JFK
        41 65537@JFK > 1299@JFK 3356@JFK
        42 65538@SFO > 3356@SFO
        43 65539@MIA > 3356@MIA
        44 65540@BOG > 3356@BOG
        45 65541@GRU > 12956@GRU
        46 65542@LHR > 3356@LHR
        47 65543@BER > 1299@FRA
        48 65544@SVO > 1299@SVO
        49 65545@IST > 1299@IST 6453@IST
        50 65546@BOM > 6453@BOM
        51 65547@JNB > 6453@JNB
        52 65548@SIN > 2914@SIN 6453@SIN
        53 65549@NRT > 2914@NRT
        54 65550@NRT > 6453@NRT
        55 65551@ICN > 2914@NRT 6453@NRT
        56 64511@SYD > 2914@SYD
    "#]]
    .assert_eq(&show(world));
}

#[test]
fn all_listed_worlds_exist_and_are_shared_by_a_plain_scenario() {
    for (name, question) in BUILTINS {
        let base = builtin(name).unwrap();
        assert!(question.ends_with('?'), "{question}");
        assert_eq!(base.world.name, *name);
        assert_eq!(World::from_parts((**base.world).clone()).as_ref(), Ok(&*base.world));
        let assembled = assemble(&base, &plain(name)).unwrap();
        assert!(std::sync::Arc::ptr_eq(&assembled.world, &base.world), "{name} was copied");
        assert_eq!(assembled.service.sites.len(), base.sites.len());
    }
    assert!(builtin("nine").is_none());
}

#[test]
fn tree_has_the_identifiers_of_its_ases() {
    let base = builtin("tree").unwrap();
    expect![[r#"
         1 1 >  = 2
         2 2 >  = 1
         3 3 > 1
         4 4 > 1 = 5
         5 5 > 2 = 4
         6 6 > 3 4
         7 7 > 5
         8 8 > 2
    "#]]
    .assert_eq(&show(&base.world));
    assert_eq!(base.sites[0].asn, Some(Asn(6)));
}

#[test]
fn small_worlds() {
    expect![[r#"
        1 64510@JFK
        2 64510@FRA
        3 64510@SIN
        4 64504@JFK > 64510@JFK
        5 64505@FRA > 64510@FRA
        6 64506@SIN > 64510@SIN
        7 64496@JFK > 64504@JFK
        8 64497@FRA > 64505@FRA
        9 64498@SIN > 64506@SIN
        10 65536@JFK > 64504@JFK
        11 65537@FRA > 64505@FRA
        12 65538@SIN > 64506@SIN
    "#]]
    .assert_eq(&show(&builtin("three-cities").unwrap().world));
    expect![[r#"
        1 64509@JFK >  = 64510@JFK
        2 64509@LHR >  = 64510@LHR
        3 64509@GRU
        4 64510@JFK >  = 64509@JFK
        5 64510@LHR >  = 64509@LHR
        6 64510@SIN
        7 64504@JFK > 64509@JFK 64510@JFK
        8 64505@LHR > 64509@LHR 64510@LHR
        9 64506@SIN > 64510@SIN
        10 64507@GRU > 64509@GRU
        11 64508@JNB
        12 64508@LHR > 64509@LHR
        13 64496@JFK > 64504@JFK
        14 64497@LHR > 64505@LHR
        15 64498@SIN > 64506@SIN
        16 64499@GRU > 64507@GRU
        17 65536@JFK > 64504@JFK
        18 65537@LHR > 64505@LHR
        19 65538@SIN > 64506@SIN
        20 65539@GRU > 64507@GRU
        21 65540@JNB > 64508@JNB
    "#]]
    .assert_eq(&show(&builtin("four-cities").unwrap().world));
}
