//! What happens when: events of each kind as deeds, and what one leaves behind for the next.

mod common;

use std::fmt::Write as _;
use std::sync::Arc;

use catchment_model::scenario::{Action, Change, Event, Scenario};
use catchment_model::schedule::{Bots, Deed, Occurrence};
use catchment_model::world::WorldBuilder;
use catchment_model::{Asn, Duration, LatLon, Place, Relation, World};
use catchment_worlds::{Assembled, BaseWorld, apply_change, assemble, builtin, schedule};
use common::{assembled, router_name, scenario, show_mistakes};
use expect_test::{Expect, expect};

/// Plays a scenario in a world; what is wrong with it takes the place of its schedule.
fn played(base: &BaseWorld, scenario: &Scenario) -> Result<(Assembled, Vec<Occurrence>), String> {
    let assembled = assemble(base, scenario).map_err(|mistakes| show_mistakes(&mistakes))?;
    let occurrences = schedule(&assembled, scenario).expect("assembled without mistakes");
    Ok((assembled, occurrences))
}

/// One line for each occurrence, and what it does below.
fn show(assembled: &Assembled, occurrences: &[Occurrence]) -> String {
    let mut out = String::new();
    for Occurrence { at, index, deed, label } in occurrences {
        writeln!(out, "{at} #{index} {label}").unwrap();
        show_deed(assembled, deed, &mut out);
    }
    out
}

fn show_deed(assembled: &Assembled, deed: &Deed, out: &mut String) {
    let world = &assembled.world;
    let site = |index: u32| &assembled.service.sites[index as usize].name;
    let name = |router: u32| router_name(assembled, router);
    let session = |session: u32| {
        let to = world.neighbors[session as usize];
        format!("{} > {}", name(world.router_of_session(session)), name(to))
    };
    let mut line = |text: String| writeln!(out, "    {text}").unwrap();
    match deed {
        Deed::Fail { site: index, how } => line(format!("fail {} {how:?}", site(*index))),
        Deed::Restore { site: index } => line(format!("restore {}", site(*index))),
        Deed::Link { pairs, up, wire } => {
            let kind = if *wire { "wire" } else { "session" };
            let state = if *up { "up" } else { "down" };
            pairs
                .iter()
                .for_each(|(a, b)| line(format!("{kind} {} {} {state}", name(*a), name(*b))));
        }
        Deed::Policy { local_prefs, prepends, closed } => {
            for (entry, from, value) in local_prefs {
                line(format!("local-pref {value} at {} from {from}", world.asns[*entry as usize]));
            }
            prepends
                .iter()
                .for_each(|(at, count)| line(format!("prepend {count} {}", session(*at))));
            closed.iter().for_each(|(at, is)| line(format!("closed {is} {}", session(*at))));
        }
        Deed::Announce { site: index, reach, announcements, opened } => {
            line(format!("{} {reach:?}", site(*index)));
            for (at, said) in announcements {
                let med = said.med.map_or(String::new(), |med| format!(" med {med}"));
                let all: Vec<String> = said.communities.iter().map(|c| format!(" {c}")).collect();
                let prepend = said.prepend;
                line(format!("> {} prepend {prepend}{med}{}", session(*at), all.concat()));
            }
            opened.iter().for_each(|(a, b)| line(format!("opens {} {}", name(*a), name(*b))));
        }
        Deed::Igp { a, b, cost } => line(format!("igp {} {} {cost}", name(*a), name(*b))),
        Deed::Attack { kqps, gbps, bots, lasts } => {
            let lasts = lasts.map_or(String::new(), |lasts| format!(" for {lasts}"));
            line(format!("{kqps} kq/s {gbps} Gbps{lasts}"));
            match bots {
                Bots::Routers(shares) => {
                    shares.iter().for_each(|(r, share)| line(format!("{share:.4} {}", name(*r))));
                }
                Bots::Sites(shares) => {
                    shares.iter().for_each(|(s, share)| line(format!("{share:.4} {}", site(*s))));
                }
            }
        }
        Deed::Capacity { site: index, capacity } => {
            line(format!("{} {:?} kq/s {:?} Gbps", site(*index), capacity.kqps, capacity.gbps));
        }
    }
}

#[track_caller]
fn check_in(base: &BaseWorld, text: &str, expected: Expect) {
    match played(base, &scenario("test", text)) {
        Ok((assembled, occurrences)) => expected.assert_eq(&show(&assembled, &occurrences)),
        Err(mistakes) => expected.assert_eq(&mistakes),
    }
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    check_in(&builtin("eight").unwrap(), text, expected);
}

#[test]
fn sites_fail_and_return() {
    check(
        "
        event fail fra
        event 1s fail fra how=unannounced
        event 2s restore FRA
        event 3s drain fra
        event 4s restore fra
        event 5s fail lhr how=hold-timer
        event 6s fail jfk how=drain
        event 7s fail sin how=health-check
        ",
        expect![[r#"
            0s #0 fra fails (withdraw)
                fail fra Withdraw
            1s #1 fra fails (unannounced)
                fail fra Unannounced
            2s #2 fra returns
                restore fra
            3s #3 fra drains
                fail fra Drain
            4s #4 fra returns
                restore fra
            5s #5 lhr fails (hold-timer)
                fail lhr HoldTimer
            6s #6 jfk drains
                fail jfk Drain
            7s #7 sin fails (health-check)
                fail sin HealthCheck
        "#]],
    );
}

#[test]
fn events_are_sorted_by_time_and_those_of_one_time_stay_in_order() {
    check(
        "
        event 2m restore fra
        event 60s fail lhr
        event 60s fail jfk
        event fail fra
        event 1m fail bom
        ",
        expect![[r#"
            0s #3 fra fails (withdraw)
                fail fra Withdraw
            1m #1 lhr fails (withdraw)
                fail lhr Withdraw
            1m #2 jfk fails (withdraw)
                fail jfk Withdraw
            1m #4 bom fails (withdraw)
                fail bom Withdraw
            2m #0 fra returns
                restore fra
        "#]],
    );
}

#[test]
fn links_and_sessions() {
    check(
        "
        event link a=3356 b=12956 state=down
        event 1s link a=3356 b=12956 city=mia
        event 2s session a=12956 b=3356 city=MIA state=down
        event 3s session a=12956 b=3356
        event 4s link a=65549 b=6453 city=NRT relation=provider
        ",
        expect![[r#"
            0s #0 link AS3356-AS12956 down
                wire 3356@JFK#6 12956@JFK#28 down
                wire 3356@MIA#7 12956@MIA#29 down
            1s #1 link AS3356-AS12956 in mia up
                wire 3356@MIA#7 12956@MIA#29 up
            2s #2 session AS12956-AS3356 in MIA down
                session 12956@MIA#29 3356@MIA#7 down
            3s #3 session AS12956-AS3356 up
                session 12956@JFK#28 3356@JFK#6 up
                session 12956@MIA#29 3356@MIA#7 up
            4s #4 link AS65549-AS6453 in NRT up
                wire 65549@NRT#53 6453@NRT#25 up
        "#]],
    );
}

/// Whichever network has fewer sessions, and so is searched.
#[test]
fn links_of_two_networks_ascend() {
    let mut builder = WorldBuilder::new("crossed");
    let routers = [1, 1, 2, 2, 3].map(|asn| builder.router(Asn(asn), None));
    for (a, b) in [(0, 3), (1, 2), (0, 4), (1, 4)] {
        builder.link(routers[a], routers[b], Relation::Peer);
    }
    let world = Arc::new(builder.build().unwrap().world);
    let base = BaseWorld { world, sites: Vec::new(), rules: Vec::new() };
    let text = "event link a=1 b=2\nevent link a=2 b=1";
    check_in(
        &base,
        text,
        expect![[r#"
        0s #0 link AS1-AS2 up
            wire 1#1 2#4 up
            wire 1#2 2#3 up
        0s #1 link AS2-AS1 up
            wire 2#3 1#2 up
            wire 2#4 1#1 up
    "#]],
    );
}

#[test]
fn policies() {
    check(
        "
        event as_policy asn=65545 neighbor=1299 local_pref=80
        event 1s as_policy asn=12956 neighbor=3356 prepend=2 export=false
        event 2s as_policy asn=12956 neighbor=3356 prepend=0 export=true
        ",
        expect![[r#"
            0s #0 AS65545 changes its policy for AS1299
                local-pref 80 at 65545 from 1299
            1s #1 AS12956 changes its policy for AS3356
                prepend 2 12956@JFK#28 > 3356@JFK#6
                prepend 2 12956@MIA#29 > 3356@MIA#7
                closed true 12956@JFK#28 > 3356@JFK#6
                closed true 12956@MIA#29 > 3356@MIA#7
            2s #2 AS12956 changes its policy for AS3356
                prepend 0 12956@JFK#28 > 3356@JFK#6
                prepend 0 12956@MIA#29 > 3356@MIA#7
                closed false 12956@JFK#28 > 3356@JFK#6
                closed false 12956@MIA#29 > 3356@MIA#7
        "#]],
    );
}

/// Each deed has all that the site says, whatever of it is new; the order of time counts, not that
/// of the file.
#[test]
fn changes_of_announcements_add_up() {
    check(
        "
        event 3s announce site=mia neighbor=12956 communities=no-export
        event 1s announce site=mia neighbor=12956 prepend=1
        event 2s announce site=mia neighbor=3356 med=5
        event 4s announce site=mia neighbor=12956 withdraw=true
        event 5s announce site=mia neighbor=12956 med=7
        ",
        expect![[r#"
            1s #1 mia announces differently to AS12956
                mia Listed
                > 64497@MIA#33 > 3356@MIA#7 prepend 0
                > 64497@MIA#33 > 12956@MIA#29 prepend 1
            2s #2 mia announces differently to AS3356
                mia Listed
                > 64497@MIA#33 > 3356@MIA#7 prepend 0 med 5
                > 64497@MIA#33 > 12956@MIA#29 prepend 1
            3s #0 mia announces differently to AS12956
                mia Listed
                > 64497@MIA#33 > 3356@MIA#7 prepend 0 med 5
                > 64497@MIA#33 > 12956@MIA#29 prepend 1 no-export
            4s #3 mia withdraws from AS12956
                mia Listed
                > 64497@MIA#33 > 3356@MIA#7 prepend 0 med 5
            5s #4 mia announces differently to AS12956
                mia Listed
                > 64497@MIA#33 > 3356@MIA#7 prepend 0 med 5
                > 64497@MIA#33 > 12956@MIA#29 prepend 0 med 7
        "#]],
    );
}

#[test]
fn an_as_of_the_world_lists_its_sessions_once_it_withdraws_from_one() {
    check(
        "
        site istanbul asn=65545
        event announce site=istanbul neighbor=1299 prepend=2
        event 1s announce site=istanbul neighbor=1299 withdraw=true
        event 2s announce site=istanbul neighbor=1299
        ",
        expect![[r#"
            0s #0 istanbul announces differently to AS1299
                istanbul Everyone
                > 65545@IST#49 > 1299@IST#5 prepend 2
            1s #1 istanbul withdraws from AS1299
                istanbul Listed
                > 65545@IST#49 > 6453@IST#26 prepend 0
            2s #2 istanbul announces differently to AS1299
                istanbul Listed
                > 65545@IST#49 > 1299@IST#5 prepend 0
                > 65545@IST#49 > 6453@IST#26 prepend 0
        "#]],
    );
}

#[test]
fn a_session_opens_with_its_first_announcement() {
    check(
        "
        event announce site=nrt neighbor=6453 prepend=1
        event 1s announce site=nrt neighbor=6453 prepend=2
        ",
        expect![[r#"
            0s #0 nrt announces differently to AS6453
                nrt Listed
                > 64502@NRT#38 > 2914@NRT#17 prepend 0
                > 64502@NRT#38 > 6453@NRT#25 prepend 1
                opens 64502@NRT#38 6453@NRT#25
            1s #1 nrt announces differently to AS6453
                nrt Listed
                > 64502@NRT#38 > 2914@NRT#17 prepend 0
                > 64502@NRT#38 > 6453@NRT#25 prepend 2
        "#]],
    );
}

/// A link that came up is a link like any other: what goes down then stays down.
#[test]
fn an_announcement_does_not_bring_up_a_link_that_went_down_later() {
    check(
        "
        event announce site=nrt neighbor=6453
        event 1s link a=64502 b=6453 state=down
        event 2s announce site=nrt neighbor=6453 prepend=1
        event 3s link a=64502 b=6453
        ",
        expect![[r#"
            0s #0 nrt announces differently to AS6453
                nrt Listed
                > 64502@NRT#38 > 2914@NRT#17 prepend 0
                > 64502@NRT#38 > 6453@NRT#25 prepend 0
                opens 64502@NRT#38 6453@NRT#25
            1s #1 link AS64502-AS6453 down
                wire 64502@NRT#38 6453@NRT#25 down
            2s #2 nrt announces differently to AS6453
                nrt Listed
                > 64502@NRT#38 > 2914@NRT#17 prepend 0
                > 64502@NRT#38 > 6453@NRT#25 prepend 1
            3s #3 link AS64502-AS6453 up
                wire 64502@NRT#38 6453@NRT#25 up
        "#]],
    );
    check(
        "
        event 4s announce site=nrt neighbor=6453
        event 1s link a=64502 b=6453
        event 2s link a=64502 b=6453 state=down
        ",
        expect![[r#"
            1s #1 link AS64502-AS6453 up
                wire 64502@NRT#38 6453@NRT#25 up
            2s #2 link AS64502-AS6453 down
                wire 64502@NRT#38 6453@NRT#25 down
            4s #0 nrt announces differently to AS6453
                nrt Listed
                > 64502@NRT#38 > 2914@NRT#17 prepend 0
                > 64502@NRT#38 > 6453@NRT#25 prepend 0
        "#]],
    );
}

/// What is not given stays, as in an entry of `[[site]]`.
#[test]
fn capacities_add_up() {
    check(
        "
        event capacity fra gbps=40
        event 1s capacity fra kqps=100
        event 2s capacity waw kqps=1
        site waw city=WAW asn=64510
        neighbor 1299
        ",
        expect![[r#"
            0s #0 capacity of fra changes
                fra Some(480.0) kq/s Some(40.0) Gbps
            1s #1 capacity of fra changes
                fra Some(100.0) kq/s Some(40.0) Gbps
            2s #2 capacity of waw changes
                waw Some(1.0) kq/s None Gbps
        "#]],
    );
}

#[test]
fn an_igp_cost_is_between_routers_of_one_mesh() {
    check(
        "
        event igp asn=1299 a=fra b=LHR cost=900
        site waw city=WAW asn=64510 backbone=true
        neighbor 1299
        site osl city=OSL asn=64510 backbone=true
        neighbor 1299
        event 1s igp asn=64510 a=OSL b=WAW
        ",
        expect![[r#"
            0s #0 IGP cost of AS1299 between fra and LHR becomes 900 km
                igp 1299@FRA#3 1299@LHR#2 900
            1s #1 IGP cost of AS64510 between OSL and WAW becomes 1 km
                igp 64510@OSL#58 64510@WAW#57 1
        "#]],
    );
    check(
        "
        site waw city=WAW asn=64510
        neighbor 1299
        site osl city=OSL asn=64510
        neighbor 1299
        event igp asn=64510 a=OSL b=WAW
        ",
        expect![[r#"
            event.0.igp scenario::not_linked
                the routers of AS64510 in `OSL` and `WAW` share no network
                its sites are islands; `backbone = true` joins them
        "#]],
    );
}

/// Three meshes of AS10: two have both cities, one has Berlin alone.
#[test]
fn an_igp_cost_changes_in_each_mesh_that_has_both_cities() {
    let mut builder = WorldBuilder::new("meshes");
    let places = ["BER", "FRA"].map(|code| builder.place(place(code, "DE", 50.0, 8.0)));
    let provider = builder.router(Asn(99), Some(places[0]));
    for (asn, cities) in [(10, &places[..]), (11, &places[..1]), (12, &places[..])] {
        for city in cities {
            let router = builder.router(Asn(asn), Some(*city));
            builder.link(router, provider, Relation::Provider);
        }
    }
    let mut parts = (*builder.build().unwrap().world).clone();
    // The builder makes islands of one router, and a file can have others.
    parts.asns[..3].fill(Asn(10));
    let world = Arc::new(World::from_parts(parts).unwrap());
    let base = BaseWorld { world, sites: Vec::new(), rules: Vec::new() };
    check_in(
        &base,
        "event igp asn=10 a=BER b=FRA cost=7",
        expect![[r#"
        0s #0 IGP cost of AS10 between BER and FRA becomes 7 km
            igp 10@BER#1 10@FRA#2 7
        0s #0 IGP cost of AS10 between BER and FRA becomes 7 km
            igp 10@BER#4 10@FRA#5 7
    "#]],
    );
}

fn place(code: &str, country: &str, lat: f64, lon: f64) -> Place {
    let (code, name) = (code.to_owned(), code.to_owned());
    Place { code, name, country: country.to_owned(), at: LatLon { lat, lon } }
}

#[test]
fn attacks_on_eight() {
    check(
        "
        event attack gbps=400 mqps=60 lasts=5m region=asia
        event 1s attack gbps=0.5 by_users
        event 2s attack mqps=0.25 uniform
        event 3s attack mqps=1 country=de
        event 4s attack mqps=1 ases=65549,1299,65549,64500
        event 5s attack gbps=1 zipf=1
        ",
        expect![[r#"
            0s #0 attack of 400 Gbps and 60 Mq/s begins
                60000 kq/s 400 Gbps for 5m
                0.6522 65546@BOM#50
                0.0435 65548@SIN#52
                0.1304 65549@NRT#53
                0.0870 65550@NRT#54
                0.0870 65551@ICN#55
            1s #1 attack of 0.5 Gbps begins
                0 kq/s 0.5 Gbps
                0.0169 64511@SYD#56
                0.0508 65536@JFK#40
                0.0339 65537@JFK#41
                0.0424 65538@SFO#42
                0.0169 65539@MIA#43
                0.0339 65540@BOG#44
                0.1271 65541@GRU#45
                0.0508 65542@LHR#46
                0.0508 65543@BER#47
                0.0932 65544@SVO#48
                0.0593 65545@IST#49
                0.2542 65546@BOM#50
                0.0339 65547@JNB#51
                0.0169 65548@SIN#52
                0.0508 65549@NRT#53
                0.0339 65550@NRT#54
                0.0339 65551@ICN#55
            2s #2 attack of 0.25 Mq/s begins
                250 kq/s 0 Gbps
                0.0455 1299@JFK#1
                0.0455 2914@JFK#13
                0.0455 3356@JFK#6
                0.0455 6453@JFK#20
                0.0455 12956@JFK#28
                0.0455 64511@SYD#56
                0.0455 65536@JFK#40
                0.0455 65537@JFK#41
                0.0455 65538@SFO#42
                0.0455 65539@MIA#43
                0.0455 65540@BOG#44
                0.0455 65541@GRU#45
                0.0455 65542@LHR#46
                0.0455 65543@BER#47
                0.0455 65544@SVO#48
                0.0455 65545@IST#49
                0.0455 65546@BOM#50
                0.0455 65547@JNB#51
                0.0455 65548@SIN#52
                0.0455 65549@NRT#53
                0.0455 65550@NRT#54
                0.0455 65551@ICN#55
            3s #3 attack of 1 Mq/s begins
                1000 kq/s 0 Gbps
                1.0000 65543@BER#47
            4s #4 attack of 1 Mq/s begins
                1000 kq/s 0 Gbps
                0.3333 1299@JFK#1
                0.3333 64500@FRA#36
                0.3333 65549@NRT#53
            5s #5 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.3679 jfk
                0.1840 mia
                0.1226 gru
                0.0920 lhr
                0.0736 fra
                0.0613 bom
                0.0526 nrt
                0.0460 sin
        "#]],
    );
}

/// Two networks in three cities and no named client: weights are those of routers.
fn unnamed() -> BaseWorld {
    let mut builder = WorldBuilder::new("unnamed");
    let cities = [("BER", "DE", 52.4, 13.5), ("FRA", "DE", 50.0, 8.6), ("JFK", "US", 40.6, -73.8)];
    let places =
        cities.map(|(code, country, lat, lon)| builder.place(place(code, country, lat, lon)));
    for (asn, weights) in [(10, [30.0, 10.0, 0.0]), (20, [0.0, 0.0, 60.0])] {
        for (place, weight) in places.iter().zip(weights) {
            let router = builder.router(Asn(asn), Some(*place));
            builder.weight(router, weight);
        }
    }
    let nowhere = builder.router(Asn(30), None);
    builder.weight(nowhere, 100.0);
    let routers: Vec<_> =
        [10, 20].iter().flat_map(|asn| builder.routers_of_asn(Asn(*asn))).collect();
    for at in 0..3 {
        builder.link(routers[at], routers[at + 3], Relation::Peer);
    }
    builder.link(nowhere, routers[0], Relation::Provider);
    let world = Arc::new(builder.build().unwrap().world);
    BaseWorld { world, sites: Vec::new(), rules: Vec::new() }
}

/// Hamburg is the nearest site to Berlin, Stuttgart to Frankfurt; New York is nearest to Toronto,
/// which has no region. AS10 is shown by its router in Berlin, AS20 by that in New York.
#[test]
fn attacks_in_a_world_without_named_clients() {
    check_in(
        &unnamed(),
        "
        site ham city=HAM asn=64500 region=north
        neighbor 10
        site str city=STR asn=64501 region=south
        neighbor 10
        site yyz city=YYZ asn=64502
        neighbor 20
        event attack gbps=1 by_users
        event 1s attack gbps=1 uniform
        event 2s attack gbps=1 region=north
        event 3s attack gbps=1 region=south
        event 4s attack gbps=1 country=DE
        event 5s attack gbps=1 country=US
        event 6s attack gbps=1 ases=10
        ",
        expect![[r#"
            0s #0 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.1500 10@BER#1
                0.0500 10@FRA#2
                0.3000 20@JFK#6
                0.5000 30#7
            1s #1 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.3333 10@BER#1
                0.3333 20@JFK#6
                0.3333 30#7
            2s #2 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                1.0000 10@BER#1
            3s #3 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                1.0000 10@FRA#2
            4s #4 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.7500 10@BER#1
                0.2500 10@FRA#2
            5s #5 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                1.0000 20@JFK#6
            6s #6 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                1.0000 10@BER#1
        "#]],
    );
}

#[test]
fn bots_are_alike_where_nobody_has_weight() {
    let mut base = unnamed();
    let mut parts = (**base.world).clone();
    parts.weights.fill(0.0);
    base.world = Arc::new(World::from_parts(parts).unwrap());
    check_in(
        &base,
        "
        event attack gbps=1 by_users
        event 1s attack gbps=1 country=DE
        ",
        expect![[r#"
            0s #0 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.1429 10@BER#1
                0.1429 10@FRA#2
                0.1429 10@JFK#3
                0.1429 20@BER#4
                0.1429 20@FRA#5
                0.1429 20@JFK#6
                0.1429 30#7
            1s #1 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.2500 10@BER#1
                0.2500 10@FRA#2
                0.2500 20@BER#4
                0.2500 20@FRA#5
        "#]],
    );
}

/// Clients at one router are one source.
#[test]
fn clients_of_one_router_add_up() {
    let mut builder = WorldBuilder::new("shared");
    let [a, b] = [10, 20].map(|asn| builder.router(Asn(asn), None));
    builder.link(a, b, Relation::Peer);
    for (name, router, weight) in [("one", b, 1.0), ("two", a, 4.0), ("three", b, 3.0)] {
        builder.client(name, router, "eu", weight);
    }
    let world = Arc::new(builder.build().unwrap().world);
    let base = BaseWorld { world, sites: Vec::new(), rules: Vec::new() };
    check_in(
        &base,
        "event attack gbps=1 region=eu",
        expect![[r#"
        0s #0 attack of 1 Gbps begins
            0 kq/s 1 Gbps
            0.5000 10#10
            0.5000 20#20
    "#]],
    );
}

/// In a world whose clients have no region, networks are in that of their nearest site.
#[test]
fn a_region_that_no_client_names_is_that_of_its_sites() {
    check(
        "
        site jfk region=harbour
        event attack gbps=1 region=harbour
        ",
        expect![[r#"
            0s #0 attack of 1 Gbps begins
                0 kq/s 1 Gbps
                0.4000 65536@JFK#40
                0.2667 65537@JFK#41
                0.3333 65538@SFO#42
        "#]],
    );
}

/// Models T6.2: Zipf's law with exponent 1 over 300 sites sends 15.9 % to the first.
#[test]
fn t6_2_zipf() {
    let mut text = String::new();
    for number in 0..300 {
        writeln!(text, "site s{number} asn={}\nneighbor 1", 100 + number).unwrap();
    }
    text += "site as6 remove=true\nevent attack gbps=1000 zipf=1";
    let (_, occurrences) = played(&builtin("tree").unwrap(), &scenario("tree", &text)).unwrap();
    let Deed::Attack { bots: Bots::Sites(shares), .. } = &occurrences[0].deed else { panic!() };
    assert_eq!(shares.len(), 300);
    let gbps = |rank: usize| 1000.0 * shares[rank - 1].1;
    assert!((gbps(1) - 1000.0 / 6.28266).abs() < 1e-3, "{}", gbps(1));
    assert!((gbps(150) - 1.06).abs() < 5e-3, "{}", gbps(150));
    assert!((shares.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn a_site_returns_only_after_it_failed() {
    check(
        "
        event 1s restore fra
        event 2s fail fra
        event 3s restore fra
        event 4s restore fra
        event 5s restore lhr
        event 5s fail lhr
        event 9s fail jfk
        event 6s restore jfk
        event 7s announce site=bom neighbor=6453 withdraw=true
        event 8s restore bom
        ",
        expect![[r#"
            event.0.restore scenario::not_failed
                site `fra` cannot return at 1s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
            event.3.restore scenario::not_failed
                site `fra` cannot return at 4s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
            event.4.restore scenario::not_failed
                site `lhr` cannot return at 5s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
            event.7.restore scenario::not_failed
                site `jfk` cannot return at 6s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
            event.9.restore scenario::not_failed
                site `bom` cannot return at 8s: it is not down then
                let it `fail` or `drain` before; events of one time happen in the order of the file
        "#]],
    );
}

#[test]
fn nobody_is_there() {
    check(
        "
        site jfk region=harbour
        site mia city=JFK region=basin
        event attack gbps=1 region=basin
        event attack gbps=1 country=PL
        event attack gbps=1 ases=
        event attack gbps=1 country=
        site waw city=WAW asn=64510
        neighbor 1299
        ",
        expect![[r#"
            event.0.attack.from.region scenario::nobody_there
                no network is in region `basin`
                a network belongs to its nearest site; give clients a `region`, or use `ases`
            event.1.attack.from.country scenario::unknown_country
                no network of the world is in country `PL`
                write two letters, as in `DE`
            event.2.attack.from.ases scenario::nobody_there
                an attack from no AS is none
            event.3.attack.from.country scenario::unknown_country
                no network of the world is in country ``
                write two letters, as in `DE`
        "#]],
    );
    check_in(
        &builtin("empty").unwrap(),
        "event attack gbps=1 zipf=1",
        expect![[r#"
        event.0.attack.from.zipf scenario::nobody_there
            the service has no site to attack
    "#]],
    );
    // A world without places has no neighbourhoods.
    check_in(
        &builtin("tree").unwrap(),
        "
        site as6 region=eu
        event attack gbps=1 region=eu
        event attack gbps=1 region=
        ",
        expect![[r#"
            event.0.attack.from.region scenario::nobody_there
                no network is in region `eu`
                a network belongs to its nearest site; give clients a `region`, or use `ases`
            event.1.attack.from.region scenario::unknown_region
                no site and no client is in region ``
                known: `eu`
        "#]],
    );
}

#[test]
fn nothing_happens_before_the_start() {
    check(
        "event -5s fail fra",
        expect![[r#"
        event.0.at scenario::out_of_range
            an event cannot happen at `-5s`, before the start
            a correction holds from the start
    "#]],
    );
}

/// A mistake in a site is not repeated by the events that are about it.
#[test]
fn what_failed_once_is_said_once() {
    check(
        "
        site waw city=XYZ1 asn=64510 region=east
        neighbor 1299
        event restore waw
        event igp asn=64510 a=WAW b=OSL
        event attack gbps=1 region=east
        event attack gbps=1 ases=64510
        event capacity waw kqps=1
        ",
        expect![[r#"
            site.0.city scenario::unknown_city
                `XYZ1` is not the code of a city
                write an airport code such as `FRA`, or coordinates: at = [52.17, 20.97]
        "#]],
    );
}

/// Lists in deeds may not fill the memory of who plays them.
#[test]
fn a_schedule_has_bounds() {
    let mut builder = WorldBuilder::new("star");
    let hub = builder.router(Asn(1), None);
    for asn in 2..10_002 {
        let leaf = builder.router(Asn(asn), None);
        builder.link(hub, leaf, Relation::Customer);
    }
    let world = Arc::new(builder.build().unwrap().world);
    let base = BaseWorld { world, sites: Vec::new(), rules: Vec::new() };
    let mut scenario = scenario("star", "site hub asn=1");
    let mut repeat = |text: &str, count: i64| {
        let event = |second| Event { at: Duration::from_s(second), ..common::event(text) };
        scenario.events = (0..count).map(event).collect();
        played(&base, &scenario).map(|(_, occurrences)| occurrences.len())
    };
    assert_eq!(repeat("attack gbps=1 uniform", 1000), Ok(1000));
    expect![[r#"
        event.1677 scenario::too_large
            the events up to this one fill 256 MB of memory
            use fewer attacks from everywhere, and fewer changes of sites with many sessions
    "#]]
    .assert_eq(&repeat("attack gbps=1 uniform", 3000).unwrap_err());
    assert_eq!(repeat("announce site=hub neighbor=2 prepend=1", 3000), Ok(3000));
    assert_eq!(repeat("announce site=hub neighbor=2 withdraw=true", 100), Ok(100));
    expect![[r#"
        event.372 scenario::too_large
            the events up to this one fill 256 MB of memory
            use fewer attacks from everywhere, and fewer changes of sites with many sessions
    "#]]
    .assert_eq(&repeat("announce site=hub neighbor=2 withdraw=true", 1000).unwrap_err());
}

/// The nearest name is looked for a thousand times, and not for each of a hundred thousand events.
#[test]
fn mistakes_of_events_have_a_bound() {
    let mut scenario = scenario("eight", "");
    scenario.events = vec![common::event("fail frb"); 100_000];
    let mistakes = assemble(&builtin("eight").unwrap(), &scenario).unwrap_err();
    assert_eq!(mistakes.len(), 1000);
    scenario.events = vec![common::event("link a=3356 b=65549"); 100_000];
    let mistakes = assemble(&builtin("eight").unwrap(), &scenario).unwrap_err();
    assert_eq!(mistakes.len(), 1000);
}

/// Twice: the deeds of a schedule say what `apply_change` does when it is called event by event.
#[test]
fn deeds_agree_with_changes_one_by_one() {
    let sessions = [
        ("mia", 12956),
        ("mia", 3356),
        ("nrt", 2914),
        ("nrt", 6453),
        ("nrt", 1299),
        ("istanbul", 1299),
        ("istanbul", 6453),
    ];
    let (mut played_changes, mut seed) = (0, 1_u64);
    let mut below = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % bound
    };
    for _ in 0..200 {
        let mut scenario = scenario("eight", "site istanbul asn=65545");
        for second in 0..12 {
            let (site, neighbor) = sessions[below(sessions.len())];
            let text = match below(6) {
                0 => format!("announce site={site} neighbor={neighbor} withdraw=true"),
                1 => format!("announce site={site} neighbor={neighbor} med={second}"),
                2 => format!("announce site={site} neighbor={neighbor} prepend={second}"),
                3 => "link a=64502 b=6453 state=down".to_owned(),
                4 => "link a=64502 b=6453 relation=provider".to_owned(),
                _ => format!("as_policy asn=12956 neighbor=3356 prepend={}", below(2)),
            };
            scenario.events.push(common::event(&format!("{second}s {text}")));
        }
        let Ok(mut one_by_one) = assemble(&builtin("eight").unwrap(), &scenario) else { continue };
        let occurrences = schedule(&one_by_one, &scenario).unwrap();
        for (occurrence, event) in occurrences.iter().zip(&scenario.events) {
            let Action::Change(change) = &event.action else { panic!() };
            let before = one_by_one.clone();
            apply_change(&mut one_by_one, change).unwrap();
            agree(&before, &one_by_one, change, &occurrence.deed);
            played_changes += 1;
        }
    }
    assert!(played_changes > 500, "{played_changes}");
}

fn agree(before: &Assembled, after: &Assembled, change: &Change, deed: &Deed) {
    match deed {
        Deed::Announce { site, reach, announcements, opened } => {
            let now = &after.service.sites[*site as usize];
            assert_eq!((now.reach, &now.announcements), (*reach, announcements), "{change:?}");
            let mut down = before.overlay.down.clone();
            opened.iter().for_each(|(a, b)| assert!(down.remove(&(*a.min(b), *a.max(b)))));
            assert_eq!(down, after.overlay.down);
        }
        Deed::Link { pairs, up, .. } => {
            pairs.iter().for_each(|(a, b)| assert_eq!(after.overlay.is_down(*a, *b), !up));
        }
        Deed::Policy { prepends, .. } => {
            for (session, count) in prepends {
                let now = after.overlay.prepends.get(session).copied().unwrap_or(0);
                assert_eq!(now, *count);
            }
        }
        other => panic!("no change: {other:?}"),
    }
}

#[test]
fn events_change_nothing_before_their_time() {
    let plain = assembled("eight", "");
    let events = "
        event announce site=fra neighbor=1299 withdraw=true
        event link a=3356 b=12956 state=down
        event capacity fra kqps=1
    ";
    let before = assembled("eight", events);
    assert_eq!((before.service, before.overlay), (plain.service, plain.overlay));
}
