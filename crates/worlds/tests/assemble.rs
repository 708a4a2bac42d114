//! What a scenario makes of a world.

mod common;

use std::sync::Arc;

use catchment_model::rules::OldestRule;
use catchment_model::{Asn, Relation};
use catchment_worlds::{Assembled, assemble, builtin};
use common::{assembled, router_name, scenario, show_sites};
use expect_test::{Expect, expect};

#[track_caller]
fn check(world: &str, text: &str, sites: &[&str], expected: Expect) {
    expected.assert_eq(&show_sites(&assembled(world, text), sites));
}

#[test]
fn base_sites_say_their_lines() {
    check(
        "eight",
        "",
        &["jfk", "mia", "sin"],
        expect![[r#"
        jfk 64496@JFK#32 Listed prefixes [0] region na 300 kq/s
            > 3356@JFK#6 provider
        mia 64497@MIA#33 Listed prefixes [0] region na 120 kq/s
            > 3356@MIA#7 provider
            > 12956@MIA#29 provider
        sin 64503@SIN#39 Listed prefixes [0] region asia 80 kq/s
            > 6453@SIN#24 provider
    "#]],
    );
}

#[test]
fn a_new_site_takes_the_next_identifier_and_the_nearest_router_of_each_neighbor() {
    let text = "
        site waw city=waw asn=64510 region=eu kqps=300
        neighbor 1299
        neighbor 3356 prepend=2 med=10 communities=no-export,65535:65281,no-announce:174
        neighbor 6453 at=LHR relation=peer
    ";
    check(
        "eight",
        text,
        &["waw"],
        expect![[r#"
        waw 64510@WAW#57 Listed prefixes [0] region eu 300 kq/s
            > 6453@LHR#21 peer
            > 1299@FRA#3 provider
            > 3356@FRA#10 provider prepend 2 med 10 no-export no-announce:174
    "#]],
    );
    let assembled = assembled("eight", text);
    expect![[r#"
        site `waw` meets AS1299 in FRA, 897 km away
        site `waw` meets AS3356 in FRA, 897 km away
        site `waw` meets AS6453 in LHR, 1469 km away"#]]
    .assert_eq(&assembled.notes.join("\n"));
    assert_eq!(assembled.service.sites.len(), 9);
    assert_eq!(assembled.service.sites[8].name.as_str(), "waw");
}

#[test]
fn a_key_without_effect_is_noted() {
    let assembled = assembled("eight", "site tata asn=6453 backbone=true");
    expect!["site `tata` is in AS6453 of the world: `backbone` has no effect"]
        .assert_eq(&assembled.notes.join("\n"));
}

#[test]
fn a_place_named_after_its_site_is_no_airport() {
    let text = "
        site muc at=48.1,11.6 asn=64510
        neighbor 1299
        site b city=MUC asn=64512
        neighbor 1299
    ";
    check(
        "eight",
        text,
        &["muc", "b"],
        expect![[r#"
            muc 64510@MUC-2#57 Listed prefixes [0]
                > 1299@FRA#3 provider
            b 64512@MUC#58 Listed prefixes [0]
                > 1299@FRA#3 provider
        "#]],
    );
}

#[test]
fn a_tie_break_that_cannot_act_is_noted() {
    expect!["`rules.tie_break` has no effect: it acts only in worlds with one router per AS"]
        .assert_eq(&assembled("eight", "rule tie_break=hash").notes.join("\n"));
    expect!["`rules.tie_break` has no effect: this world does not know where its routers are"]
        .assert_eq(&assembled("tree", "rule tie_break=rtt").notes.join("\n"));
    for quiet in ["rule tie_break=hash", "rule tie_break=asn_lowest"] {
        assert!(assembled("tree", quiet).notes.is_empty(), "{quiet}");
    }
}

#[test]
fn a_site_that_is_silent_for_now_is_noted() {
    let text = "
        site fra
        neighbor 1299 withdraw=true
    ";
    expect!["site `fra` announces to nobody"].assert_eq(&assembled("eight", text).notes.join("\n"));
}

#[test]
fn a_site_of_the_file_can_be_removed_like_any_other() {
    let text = "
        site waw city=WAW asn=64510 remove=true
        neighbor 1299
    ";
    let assembled = assembled("eight", text);
    assert_eq!(assembled.service.sites.len(), 8);
    assert!(assembled.world.as_indices(Asn(64510)).is_empty());
}

#[test]
fn a_site_by_coordinates_is_a_place_of_its_own() {
    let text = "
        site warsaw at=52.17,20.97 asn=64510
        neighbor 1299
        site jfk at=40.0,-74.0
    ";
    let assembled = assembled("eight", text);
    expect![[r#"
        jfk 64496@JFK-2#32 Listed prefixes [0] region na 300 kq/s
            > 3356@JFK#6 provider
        warsaw 64510@WARSAW#57 Listed prefixes [0]
            > 1299@FRA#3 provider
    "#]]
    .assert_eq(&show_sites(&assembled, &["warsaw", "jfk"]));
    let place = assembled.world.place(assembled.service.sites[8].router).unwrap();
    assert_eq!((place.code.as_str(), place.name.as_str()), ("WARSAW", "warsaw"));
}

#[test]
fn a_base_site_is_changed_key_by_key() {
    let text = "
        site nrt gbps=40
        neighbor 2914 prepend=1
        neighbor 6453
        site MIA region=latam
        neighbor 12956
    ";
    check(
        "eight",
        text,
        &["nrt", "mia"],
        expect![[r#"
        mia 64497@MIA#33 Listed prefixes [0] region latam 120 kq/s
            > 12956@MIA#29 provider
        nrt 64502@NRT#38 Listed prefixes [0] region asia 280 kq/s
            > 2914@NRT#17 provider prepend 1
            > 6453@NRT#25 provider
    "#]],
    );
    let assembled = assembled("eight", text);
    let world = &assembled.world;
    let mia = world.routers_of_asn(Asn(64497)).start;
    assert_eq!(world.group(mia, Relation::Provider).len(), 1, "the session with 3356 is gone");
    assert_eq!(assembled.service.sites[6].capacity.gbps, Some(40.0));
}

#[test]
fn prepending_alone_shares_the_world() {
    let base = builtin("eight").unwrap();
    let text = "
        site fra
        neighbor 1299 prepend=3
        leak 65537
        correction as_policy asn=65545 neighbor=1299 local_pref=80
    ";
    let assembled = assemble(&base, &scenario("eight", text)).unwrap();
    assert!(Arc::ptr_eq(&assembled.world, &base.world));
    assert!(!assembled.overlay.is_empty());
}

#[test]
fn a_removed_site_takes_its_as_with_it() {
    let assembled = assembled("eight", "site gru remove=true");
    assert_eq!(assembled.service.sites.len(), 7);
    assert!(assembled.world.as_indices(Asn(64498)).is_empty());
    assert_eq!(assembled.world.weights.iter().sum::<f64>(), 1180.0);
    let seoul = &assembled.world.clients[15];
    assert_eq!(
        (seoul.name.as_str(), router_name(&assembled, seoul.router).as_str(), seoul.weight),
        ("Seoul", "65551@ICN#55", 40.0)
    );
}

#[test]
fn one_origin_for_all_sites_is_islands_or_a_backbone() {
    let all = |extra: &str| {
        let names = ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"];
        names.map(|name| format!("site {name} asn=64496{extra}\n")).concat()
    };
    let islands = assembled("eight", &all(""));
    assert_eq!(islands.world.as_indices(Asn(64496)).len(), 8);
    assert!(islands.world.has_islands());
    let meshed = assembled("eight", &all(" backbone=true"));
    assert_eq!(meshed.world.as_indices(Asn(64496)).len(), 1);
    assert_eq!(meshed.world.routers_of_asn(Asn(64496)).len(), 8);
    for assembled in [&islands, &meshed] {
        assert_eq!(assembled.world.router_count(), 56);
        // The boxes stay the same, and so do their identifiers.
        let ids = assembled.service.sites.iter().map(|site| {
            assert_eq!(site.asn, Asn(64496));
            assembled.world.router_ids[site.router as usize]
        });
        assert_eq!(ids.collect::<Vec<_>>(), (32..40).collect::<Vec<_>>());
    }
    expect![[r#"
        mia 64496@MIA#33 Listed prefixes [0] region na 120 kq/s
            > 3356@MIA#7 provider
            > 12956@MIA#29 provider
    "#]]
    .assert_eq(&show_sites(&islands, &["mia"]));
}

#[test]
fn an_as_of_the_world_tells_everyone_or_whom_it_lists() {
    check(
        "eight",
        "
        site tata-bom city=BOM asn=6453
        site telxius asn=12956 city=MIA
        neighbor 3356
        neighbor 3356 at=JFK
        site home asn=65545 local=true
        ",
        &["tata-bom", "telxius", "home"],
        expect![[r#"
            tata-bom 6453@BOM#23 Everyone prefixes [0]
            telxius 12956@MIA#29 Listed prefixes [0]
                12956@JFK#28 > 3356@JFK#6 peer
                > 3356@MIA#7 peer
            home 65545@IST#49 Everyone prefixes [0]
                65545@IST#49 > 1299@IST#5 provider no-export
                65545@IST#49 > 6453@IST#26 provider no-export
        "#]],
    );
    check(
        "tree",
        "",
        &["as6"],
        expect![[r#"
        as6 6#6 Everyone prefixes [0]
    "#]],
    );
    check(
        "tree",
        "
        site as6
        neighbor 3
        neighbor 4 prepend=2
        site as8 asn=8
        ",
        &["as6", "as8"],
        expect![[r#"
            as6 6#6 Listed prefixes [0]
                > 3#3 provider
                > 4#4 provider prepend 2
            as8 8#8 Everyone prefixes [0]
        "#]],
    );
}

#[test]
fn a_new_as_in_a_world_without_places_has_its_number_as_identifier() {
    check(
        "tree",
        "
        site new asn=64496
        neighbor 7
        neighbor 8 relation=peer
        ",
        &["new"],
        expect![[r#"
            new 64496#64496 Listed prefixes [0]
                > 8#8 peer
                > 7#7 provider
        "#]],
    );
}

#[test]
fn prefixes_are_for_all_or_for_a_region() {
    check(
        "eight",
        "
        prefix 203.0.113.0/24
        regional eu 198.51.100.0/24
        regional asia 198.51.101.0/24
        site jfk prefixes=203.0.113.0/24
        site sin prefixes=192.0.2.0/24,198.51.101.0/24
        ",
        &["jfk", "lhr", "fra", "nrt", "sin"],
        expect![[r#"
            jfk 64496@JFK#32 Listed prefixes [1] region na 300 kq/s
                > 3356@JFK#6 provider
            lhr 64499@LHR#35 Listed prefixes [0, 1] region uk 120 kq/s
                > 3356@LHR#9 provider
            fra 64500@FRA#36 Listed prefixes [0, 1, 3] region eu 480 kq/s
                > 1299@FRA#3 provider
            nrt 64502@NRT#38 Listed prefixes [0, 1, 2] region asia 280 kq/s
                > 2914@NRT#17 provider
            sin 64503@SIN#39 Listed prefixes [0, 2] region asia 80 kq/s
                > 6453@SIN#24 provider
        "#]],
    );
}

/// The prefixes of regions stand behind those for everyone; two regions may share one.
#[test]
fn each_region_has_its_prefix() {
    let text = "
        prefix 203.0.113.0/24
        regional eu 198.51.100.0/24
        regional asia 198.51.101.0/24
        regional na 203.0.113.0/24
        regional uk 198.51.100.0/24
    ";
    let Assembled { regional, service, .. } = assembled("eight", text);
    let prefix = |region: &str| service.prefixes[usize::from(regional[region])].to_string();
    let regions = ["asia", "eu", "na", "uk"].map(|region| (region, prefix(region)));
    let expected = [
        ("asia", "198.51.101.0/24"),
        ("eu", "198.51.100.0/24"),
        ("na", "203.0.113.0/24"),
        ("uk", "198.51.100.0/24"),
    ];
    assert_eq!(regions, expected.map(|(region, prefix)| (region, prefix.to_owned())));
    assert_eq!(regional.len(), 4);
}

#[test]
fn clients_change_and_come() {
    let text = "
        client 65545 weight=100 name=Istanbul-A region=tr
        client 65552 name=Warsaw-A city=WAW region=eu weight=30 gbps=2.5
        neighbor 1299
        neighbor 3356
        client 1299 city=LHR weight=7
    ";
    let assembled = assembled("eight", text);
    let world = &assembled.world;
    let mut out = String::new();
    for (index, client) in world.clients.iter().enumerate() {
        if ["Istanbul-A", "Warsaw-A", "Arelion"].contains(&client.name.as_str()) {
            let router = router_name(&assembled, client.router);
            let at_router = world.weights[client.router as usize];
            let gbps = assembled.client_gbps.get(&(index as u32));
            out += &format!(
                "{} {router} region `{}` weight {} of {at_router} gbps {gbps:?}\n",
                client.name, client.region, client.weight
            );
        }
    }
    expect![[r#"
        Istanbul-A 65545@IST#49 region `tr` weight 100 of 100 gbps None
        Warsaw-A 65552@WAW#57 region `eu` weight 30 of 30 gbps Some(2.5)
        Arelion 1299@LHR#2 region `` weight 7 of 7 gbps None
    "#]]
    .assert_eq(&out);
    assert_eq!(world.weights.iter().sum::<f64>(), 1180.0 + 30.0 + 30.0 + 7.0);
    let warsaw = world.as_indices(Asn(65552)).start;
    assert_eq!(world.as_name(warsaw), Some("Warsaw-A"));
}

#[test]
fn with_the_first_client_only_clients_count() {
    let plain = assembled("tree", "");
    assert_eq!(plain.world.weights, [1.0; 8]);
    let assembled = assembled("tree", "client 7 weight=5\nclient 8");
    assert_eq!(assembled.world.weights, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 1.0]);
    expect!["only the 2 clients of the scenario count: the world has none of its own"]
        .assert_eq(&assembled.notes.join("\n"));
}

#[test]
fn settings_come_from_default_world_preset_and_file_in_this_order() {
    let rules = assembled("eight", "preset realistic\nrule policy_noise=0 mrai_ebgp=30s").rules;
    assert_eq!(rules.oldest_rule, Some(OldestRule::Timestamp));
    assert_eq!((rules.policy_noise, rules.rfd_share), (0.0, 0.02));
    assert_eq!(rules.mrai_ebgp.unwrap().us, 30_000_000);
    assert_eq!(rules.mrai_ibgp.unwrap().us, 0);
    assert_eq!(rules.stretch_link, 2.1);
}

#[test]
fn roas_have_the_length_of_their_prefix_unless_said() {
    let assembled =
        assembled("eight", "roa 192.0.2.0/24 asn=64496\nroa 192.0.2.0/24 asn=64497 max-length=25");
    let lengths: Vec<u8> = assembled.service.roas.iter().map(|roa| roa.max_length).collect();
    assert_eq!(lengths, [24, 25]);
}

#[test]
fn equal_input_gives_equal_worlds() {
    let text = "
        site waw city=WAW asn=64510
        neighbor 1299
        site lhr remove=true
        client 65552 city=WAW
        neighbor 1299
        correction link a=64511 b=6453 city=SYD relation=provider
    ";
    let (one, two) = (assembled("eight", text), assembled("eight", text));
    assert_eq!(one.world, two.world);
    assert_eq!(one.service, two.service);
    assert_eq!(one.overlay, two.overlay);
}
