//! Each way in which a site or a link fails and returns, on the fixture `eight` (design section 6):
//! who notices when, what becomes of packets meanwhile, and what is so afterwards.

mod common;

use catchment_model::Duration;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::Reach;
use catchment_testkit::story::story;
use common::net::{Net, Run};
use expect_test::{Expect, expect};

/// `eight`, where all that matters is the fixture's own.
fn eight() -> Net {
    Net::of_story(&story("[world]\nbuiltin = \"eight\"\n"))
}

/// Berlin's upstream is FRA's only one; Miami hears MIA from one of its two.
fn check(net: &Net, events: &str, clients: &[&str], expected: &Expect) {
    let run = net.play(events);
    let line = |client: &&str| format!("{client}: {}\n", run.fates_of(client));
    expected.assert_eq(&clients.iter().map(line).collect::<String>());
}

/// The end of a run is that of the same network in which nothing ever happened.
fn is_as_before(run: &Run<'_>, but_for: &[&str]) {
    let quiet = run.net.play("");
    for source in &run.timeline.delivery.sources {
        let name = source.name.as_str();
        if !but_for.contains(&name) {
            assert_eq!(run.fate_at(name, 1e6), quiet.fate_at(name, 0.0), "{name}");
        }
    }
}

#[test]
fn withdraw() {
    check(
        &eight(),
        "0 fail fra; 600 restore fra",
        &["Berlin", "Istanbul", "Miami"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 stale fra, 0.011 lhr, 600.011 fra
        Istanbul: 0 fra, 0.000 stale fra, 0.011 lhr, 0.051 bom
        Miami: 0 mia
    "#]],
    );
}

#[test]
fn unannounced_serves_while_packets_arrive() {
    let events = "0 fail fra unannounced; 600 restore fra";
    check(
        &eight(),
        events,
        &["Berlin", "Istanbul", "Moscow"],
        &expect![[r#"
        Berlin: 0 fra, 0.011 lhr, 600.011 fra
        Istanbul: 0 fra, 0.011 lhr, 0.051 bom
        Moscow: 0 fra, 0.011 lhr, 600.011 fra
    "#]],
    );
}

#[test]
fn interface() {
    let events = "0 fail fra interface; 600 restore fra";
    check(
        &eight(),
        events,
        &["Berlin", "Istanbul"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 stale fra, 0.010 lhr, 600.011 fra
        Istanbul: 0 fra, 0.000 stale fra, 0.010 lhr, 0.050 bom
    "#]],
    );
    let events = "0 fail mia interface; 600 restore mia";
    check(
        &eight(),
        events,
        &["Miami", "Bogota"],
        &expect![[r#"
        Miami: 0 mia, 0.000 stale mia, 0.010 jfk, 600.011 mia
        Bogota: 0 mia, 0.000 stale mia, 0.010 jfk, 600.047 mia
    "#]],
    );
}

#[test]
fn silent_is_never_noticed() {
    let events = "0 fail fra silent; 600 restore fra";
    check(
        &eight(),
        events,
        &["Berlin", "Istanbul", "Miami"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 stale fra, 600.000 fra
        Istanbul: 0 fra, 0.000 stale fra, 600.000 fra
        Miami: 0 mia
    "#]],
    );
    let run = eight();
    let run = run.play(events);
    assert_eq!((run.messages(0), run.messages(1)), (0, 0));
}

#[test]
fn drain_loses_no_packet() {
    let events = "0 fail fra drain; 600 restore fra";
    check(
        &eight(),
        events,
        &["Berlin", "Istanbul", "Moscow"],
        &expect![[r#"
        Berlin: 0 fra, 0.011 lhr, 600.011 fra
        Istanbul: 0 fra, 0.011 lhr, 0.051 bom
        Moscow: 0 fra, 0.011 lhr, 600.011 fra
    "#]],
    );
}

#[test]
fn link_and_session() {
    let cut = "0 link 64500 1299 down; 600 link 64500 1299 up";
    check(
        &eight(),
        cut,
        &["Berlin", "Istanbul"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 stale, 0.010 lhr, 600.011 fra
        Istanbul: 0 fra, 0.000 stale, 0.010 lhr, 0.050 bom
    "#]],
    );
    let session = "0 session 64500 1299 down; 600 session 64500 1299 up";
    check(
        &eight(),
        session,
        &["Berlin", "Istanbul"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 lhr, 600.011 fra
        Istanbul: 0 fra, 0.000 lhr, 0.040 bom
    "#]],
    );
    let cut = "0 link 65543 1299 down; 600 link 65543 1299 up";
    check(
        &eight(),
        cut,
        &["Berlin", "Istanbul"],
        &expect![[r#"
        Berlin: 0 fra, 0.000 stale, 0.010 no-route, 600.015 fra
        Istanbul: 0 fra
    "#]],
    );
    let cut = "0 link 65545 1299 down; 600 link 65545 1299 up";
    check(
        &eight(),
        cut,
        &["Berlin", "Istanbul"],
        &expect![[r#"
        Berlin: 0 fra
        Istanbul: 0 fra, 0.000 stale, 0.010 bom
    "#]],
    );
}

#[test]
fn igp_moves_hot_potato() {
    let events = "0 igp 2914@SYD 2914@NRT 99999; 600 igp 2914@SYD 2914@NRT 1";
    check(
        &eight(),
        events,
        &["Sydney", "Tokyo-A"],
        &expect![[r#"
        Sydney: 0 nrt
        Tokyo-A: 0 nrt
    "#]],
    );
    let events = "0 igp 1299@SVO 1299@FRA 99999; 600 igp 1299@SVO 1299@FRA 1";
    check(
        &eight(),
        events,
        &["Moscow", "Berlin"],
        &expect![[r#"
        Moscow: 0 fra
        Berlin: 0 fra
    "#]],
    );
    let events = "0 igp 3356@BOG 3356@MIA 99999; 600 igp 3356@BOG 3356@MIA 1";
    check(
        &eight(),
        events,
        &["Bogota", "Miami"],
        &expect![[r#"
        Bogota: 0 mia, 0.000 jfk, 600.000 mia
        Miami: 0 mia
    "#]],
    );
}

#[test]
fn what_a_site_says() {
    let events = "0 say fra 1; 600 say fra 0";
    check(
        &eight(),
        events,
        &["Berlin", "Istanbul", "New York-B"],
        &expect![[r#"
        Berlin: 0 fra
        Istanbul: 0 fra, 0.051 bom
        New York-B: 0 jfk
    "#]],
    );
}

#[test]
fn what_an_as_prefers_and_closes() {
    let events = "0 prefer 65545 6453 150; 600 prefer 65545 6453 100";
    check(
        &eight(),
        events,
        &["Istanbul", "Berlin"],
        &expect![[r#"
        Istanbul: 0 fra, 0.000 bom, 600.000 fra
        Berlin: 0 fra
    "#]],
    );
    let events = "0 close 1299 65543; 600 open 1299 65543";
    check(
        &eight(),
        events,
        &["Istanbul", "Berlin"],
        &expect![[r#"
        Istanbul: 0 fra
        Berlin: 0 fra, 0.015 no-route, 600.015 fra
    "#]],
    );
    let events = "0 close 64500 1299; 600 open 64500 1299";
    check(
        &eight(),
        events,
        &["Istanbul", "Berlin"],
        &expect![[r#"
        Istanbul: 0 fra, 0.011 lhr, 0.051 bom
        Berlin: 0 fra, 0.011 lhr, 600.011 fra
    "#]],
    );
    let events = "0 prepend 64500 1299 2; 600 prepend 64500 1299 0";
    check(
        &eight(),
        events,
        &["Istanbul", "Berlin"],
        &expect![[r#"
        Istanbul: 0 fra, 0.051 bom
        Berlin: 0 fra
    "#]],
    );
}

/// When the neighbors notice over many seeds: least and most, in s.
fn noticed(net: &Net, events: &str, event: u32) -> (f64, f64) {
    let all = (0..200).flat_map(|seed| net.clone().seed(seed).play(events).noticed_s(event));
    all.fold((f64::MAX, f64::MIN), |(low, high), it| (low.min(it), high.max(it)))
}

#[track_caller]
fn within((low, high): (f64, f64), least: f64, most: f64) {
    assert!(low >= least && high <= most, "{low} to {high}, not {least} to {most}");
    let slack = (most - least) / 20.0;
    assert!(low <= least + slack && high >= most - slack, "{low} to {high} of {least} to {most}");
}

#[test]
fn who_notices_when() {
    let net = eight();
    assert_eq!(noticed(&net, "5 fail mia", 0), (0.0, 0.0));
    assert_eq!(noticed(&net, "5 fail mia unannounced", 0), (0.0, 0.0));
    assert_eq!(noticed(&net, "5 fail mia interface", 0), (0.010, 0.010));
    within(noticed(&net, "5 fail mia bfd", 0), 0.6, 0.9);
    let slow = eight().rules("bfd_interval=1s bfd_multiplier=5");
    within(noticed(&slow, "5 fail mia bfd", 0), 4.0, 5.0);
    // BIRD at sites (240/80) and Cisco elsewhere (180/60) agree on 180/60.
    within(noticed(&net, "5 fail mia hold-timer", 0), 120.0, 180.0);
    within(noticed(&eight().rules("vendor_profile=rfc"), "5 fail mia hold-timer", 0), 60.0, 90.0);
    within(noticed(&eight().rules("hold=9s keepalive=3s"), "5 fail mia hold-timer", 0), 6.0, 9.0);
    let off = eight().rules("hold=0s");
    assert!(off.play("5 fail mia hold-timer").noticed_s(0).is_empty());
    // T2.1.
    within(noticed(&net, "5 fail mia health-check", 0), 2.0, 3.0);
    let slow = eight().rules("hc_interval=10s fall=2");
    within(noticed(&slow, "5 fail mia health-check", 0), 10.0, 20.0);
    assert!(net.play("5 fail mia silent").noticed_s(0).is_empty());
}

#[test]
fn each_neighbor_notices_a_dead_router_by_itself() {
    let net = eight();
    let run = net.play("0 fail mia hold-timer");
    let noticed = run.noticed_s(0);
    assert_eq!(noticed.len(), 2);
    assert!(noticed[0] < noticed[1]);
    // Until then both believe in it.
    let (first, second) = (noticed[0] - 0.001, noticed[1] - 0.001);
    assert_eq!(run.fate_at("Miami", 0.0), "stale mia");
    assert_eq!(run.fate_at("Miami", first), "stale mia");
    assert!(
        [run.path_at("3356@MIA", first), run.path_at("12956@MIA", first)]
            .iter()
            .all(|path| path == "64497")
    );
    let at_second = [run.path_at("3356@MIA", second), run.path_at("12956@MIA", second)];
    assert_eq!(at_second.iter().filter(|path| *path == "64497").count(), 1, "{at_second:?}");
    assert_eq!(run.fate_at("Miami", noticed[1] + 1.0), "jfk");
}

#[test]
fn a_failure_is_the_same_whichever_way_it_is_noticed() {
    // Once noticed, a dead router and a withdrawn route are the same to everyone.
    let net = eight();
    for site in ["fra", "mia", "nrt"] {
        let withdrawn = net.play(&format!("0 fail {site}"));
        for how in ["interface", "bfd", "hold-timer", "health-check", "drain", "unannounced"] {
            let run = net.play(&format!("0 fail {site} {how}; 1000 restore {site}"));
            for client in run.timeline.delivery.sources.iter().map(|it| it.name.as_str()) {
                let expected = withdrawn.fate_at(client, 900.0);
                assert_eq!(run.fate_at(client, 900.0), expected, "{site} {how}, {client}");
            }
            // T12.3: who does not come back.
            let left: &[&str] = match site {
                "fra" => &["Istanbul"],
                "nrt" => &["Singapore", "Seoul"],
                _ => &[],
            };
            is_as_before(&run, left);
        }
    }
}

#[test]
fn drained_sites_withdraw_after_the_wait() {
    let net = eight();
    let run = net.play("10 fail mia drain");
    assert_eq!(run.path_at("3356@MIA", 69.0), "64496");
    assert_eq!(run.net.play("10 fail mia drain").path_at("64497", 69.0), "own");
    assert_eq!(run.path_at("64497", 71.0), "3356 64496");
    for client in &run.timeline.delivery.sources {
        assert!(!run.fates_of(&client.name).contains("stale"), "{}", client.name);
        assert!(!run.fates_of(&client.name).contains("no-route"), "{}", client.name);
    }
    // A site without an alternative is used to the last.
    let alone = Net::of("1 > 2\nsite a by 1").rules("gshut_wait=30s");
    let run = alone.play("10 fail a drain");
    assert_eq!(run.fates_of("AS2"), "0 a, 40.020 no-route");
    // A drain that is called off changes nothing.
    let run = alone.play("10 fail a drain; 20 restore a");
    assert_eq!((run.fates_of("AS2"), run.path_at("2", 100.0)), ("0 a".into(), "1 64500".into()));
}

#[test]
fn sessions_take_their_time_to_return() {
    let (mut low, mut high) = (f64::MAX, 0.0_f64);
    for seed in 0..200 {
        let net = Net::of("1 > 2\nsite a by 1").rules("connect_retry=60s").seed(seed);
        for events in
            ["0 fail a interface; 100 restore a", "0 link 1 64500 down; 100 link 1 64500 up"]
        {
            let run = net.play(events);
            let back_s = run.served_for_good_s("AS2") - 100.040;
            assert!((0.0..=60.001).contains(&back_s), "seed {seed}, {events}: {back_s}");
            (low, high) = (low.min(back_s), high.max(back_s));
        }
        // Nothing was lost where no session was.
        for how in ["withdraw", "unannounced", "drain", "silent"] {
            let run = net.play(&format!("0 fail a {how}; 100 restore a"));
            assert!(run.served_for_good_s("AS2") <= 100.040, "{how}");
        }
    }
    assert!(low < 2.0 && high > 58.0, "{low} to {high}");
}

#[test]
fn health_checks_rise_and_hold() {
    let (mut low, mut high) = (f64::MAX, 0.0_f64);
    for seed in 0..100 {
        let net = Net::of("1 > 2\nsite a by 1").seed(seed);
        let run = net.play("0 fail a health-check; 100 restore a");
        // rise = 2 checks a second apart, the first within a second, then 30 s.
        let back_s = run.served_for_good_s("AS2") - 100.040;
        assert!((31.0..=32.0).contains(&back_s), "seed {seed}: {back_s}");
        (low, high) = (low.min(back_s), high.max(back_s));
        // Back before anybody noticed: it never stopped announcing.
        let run = net.play("0 fail a health-check; 1.5 restore a");
        assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 1.500 a");
        // Down again before it was up: what was planned is void.
        let run = net.play("0 fail a health-check; 100 restore a; 110 fail a health-check");
        assert!(run.fates_of("AS2").ends_with("no-route"), "{}", run.fates_of("AS2"));
    }
    assert!(low < 31.1 && high > 31.9, "{low} to {high}");
}

#[test]
fn a_restore_before_anybody_noticed() {
    let net = eight().seed(3);
    let run = net.play("0 fail fra hold-timer; 10 restore fra");
    // The new session takes the place of the old one.
    expect!["0 fra, 0.000 stale fra, 10.000 lhr, 10.011 fra"].assert_eq(&run.fates_of("Berlin"));
    // Nobody expires it afterwards.
    assert!(run.timeline.delivery.end_us < 11_000_000, "{}", run.timeline.delivery.end_us);
    assert_eq!(run.log().changes.last().map(|it| it.at_us / 1_000_000), Some(10));
}

#[test]
fn a_second_failure_of_another_kind() {
    let net = Net::of("1 > 2\nsite a by 1").rules("hold=90s keepalive=30s");
    // A machine that restarts and forgets to announce.
    let run = net.play("0 fail a hold-timer; 10 fail a unannounced; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 10.000 no-route, 500.040 a");
    let run = net.play("0 fail a withdraw; 10 fail a unannounced; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 0.020 no-route, 500.040 a");
    // Withdrawn, then dead: nobody can notice, and it is back at once.
    let run = net.play("0 fail a withdraw; 10 fail a interface; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 0.020 no-route, 500.040 a");
    // Dead in two ways: the first to be noticed counts.
    let run = net.play("0 fail a hold-timer; 10 fail a interface; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 10.010 no-route, 500.040 a");
    let run = net.play("0 fail a silent; 10 fail a withdraw; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 10.020 no-route, 500.040 a");
    let run = net.play("0 fail a drain; 10 fail a withdraw; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 10.000 stale a, 10.020 no-route, 500.040 a");
    let run = net.play("0 fail a; 10 fail a; 20 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 0.020 no-route, 20.040 a");
}

#[test]
fn what_is_planned_comes_though_it_gets_worse() {
    let net = Net::of("1 > 2\nsite a by 1");
    // The end of a drain.
    let run = net.play("0 fail a drain; 10 fail a silent");
    assert_eq!(run.fates_of("AS2"), "0 a, 10.000 stale a, 60.020 no-route");
    // The verdict of a health check, whatever else is asked of the dead.
    let alone = net.play("0 fail a health-check").fates_of("AS2");
    for worse in ["drain", "silent"] {
        let run = net.play(&format!("0 fail a health-check; 1 fail a {worse}"));
        assert_eq!(run.fates_of("AS2"), alone, "{worse}");
    }
    // That check lets it back in.
    let back = net.play("0 fail a health-check; 100 restore a").fates_of("AS2");
    let run = net.play("0 fail a health-check; 50 fail a silent; 100 restore a");
    assert!(!back.contains("100.0") && back.ends_with(" a"), "{back}");
    assert!(!run.fates_of("AS2").contains("100.0"), "{}", run.fates_of("AS2"));
    // One that fails again while it waits to come back does not come back.
    let run = net.play("0 fail a health-check; 100 restore a; 110 fail a silent");
    assert_eq!(run.fates_of("AS2"), alone);
}

#[test]
fn the_dead_are_not_drained() {
    let net = Net::of("1 > 2\nsite a by 1").rules("hold=90s keepalive=30s");
    let run = net.play("0 fail a silent; 10 fail a drain");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 70.020 no-route");
    let run = net.play("0 fail a interface; 10 fail a drain; 500 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 0.010 no-route, 500.040 a");
}

#[test]
fn flapping_fifty_times() {
    let flaps = |how: &str| -> String {
        (0..50).map(|i| format!("{i} fail fra {how}; {i}.5 restore fra; ")).collect()
    };
    let net = eight();
    for how in ["withdraw", "interface", "unannounced", "drain", "hold-timer", "health-check"] {
        let run = net.play(&flaps(how));
        is_as_before(&run, &["Istanbul"]);
        // No flap costs more than the first.
        let one = net.play("0 fail fra; 0.5 restore fra");
        let most = (0..100).map(|event| run.messages(event)).max().unwrap();
        assert!(most <= 2 * (one.messages(0) + one.messages(1)), "{how}: {most} messages");
    }
}

#[test]
fn a_cable_and_the_session_over_it() {
    let net = Net::of("1 > 2\nsite a by 1");
    // A session that is shut down over a cable that is then cut needs both to return.
    let run = net.play("0 session 1 2 down; 10 link 1 2 down; 20 session 1 2 up; 30 link 1 2 up");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 no-route, 30.020 a");
    let run = net.play("0 link 1 2 down; 10 session 1 2 down; 20 link 1 2 up; 30 session 1 2 up");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale, 0.010 no-route, 30.020 a");
    // No session comes up over a cable that is cut.
    let run = net.play("0 link 1 2 down; 10 session 1 2 up");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale, 0.010 no-route");
    // What was down before the start comes up by either word.
    for up in ["link", "session"] {
        let mut net = net.clone();
        net.overlay.set_link(net.router("1"), net.router("2"), false);
        let run = net.play(&format!("0 {up} 1 2 up"));
        assert_eq!(run.fates_of("AS2"), "0 no-route, 0.020 a", "{up}");
    }
}

#[test]
fn a_site_gains_a_neighbor() {
    // 3 hears of A through 1 and 2, until A has a link of its own with it.
    let mut net = Net::of("2 > 1\n2 > 3\nsite a by 1 3").rules("connect_retry=60s");
    let (a, other) = (net.router("64500"), net.router("3"));
    let announcements = net.service.sites[0].announcements.clone();
    let session = net.world.session_to(a, other).unwrap();
    net.service.sites[0].announcements.remove(&session);
    net.overlay.set_link(a, other, false);
    let (site, reach, opened) = (0, Reach::Listed, vec![(a, other)]);
    let deed = Deed::Announce { site, reach, announcements, opened };
    let at = Duration::from_s(10);
    let gains = Occurrence { at, index: 0, deed, label: "a gains 3".to_owned() };
    let run = net.try_play_schedule(vec![gains]).unwrap();
    assert_eq!(run.path_at("3", 9.0), "2 1 64500");
    assert_eq!(run.path_at("3", 100.0), "64500");
    let up_s = run.took_s(0);
    assert!(up_s > 0.02 && up_s <= 60.1, "{up_s}");
    assert_eq!(run.fates_of("AS3"), "0 a");
}
