//! What clients and sites do beyond BGP: forwarding tables that lag behind (models 2.6), regional
//! prefixes (7.4), and sites that withdraw themselves under load (6.4).

mod common;

use catchment_model::schedule::Deed;
use catchment_testkit::story::story;
use common::net::{Net, Run};

#[test]
fn packets_follow_the_forwarding_table() {
    let net = Net::of("1 > 2\nsite a by 1\nsite b by 1").rules("fib_delay=2s");
    let run = net.play("0 fail a; 600 restore a");
    assert_eq!(run.paths_of("1"), "0 64500, 0.020 64501, 600.020 64500");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 2.020 b, 602.020 a");
    assert!(run.stages_of("AS2")[1..].iter().all(|(_, stages)| stages.fib_us == 2_000_000));
    // A route that came and went before the table was written is written all the same, in order.
    let run = net.play("0 fail a; 1 restore a");
    assert_eq!(run.fates_of("AS2"), "0 a, 0.000 stale a, 1.000 a, 2.020 b, 3.020 a");
}

#[test]
fn flat_tables_are_rewritten_one_by_one() {
    let net = |seed| {
        Net::of("1 > 3\n2 > 3\n1 > 4\n2 > 4\nsite a at 4")
            .rules("pic=false fib_delay=50ms")
            .seed(seed)
    };
    let (mut low, mut high) = (f64::MAX, 0.0_f64);
    for seed in 0..100 {
        // AS3 loses its provider 1: a full table of 1 000 000 routes at 15 000 a second.
        let run_net = net(seed);
        let run = run_net.play("0 link 1 3 down");
        let back_s = run.served_for_good_s("AS3") - 0.060;
        assert!((0.0..=66.7).contains(&back_s), "seed {seed}: {back_s}");
        (low, high) = (low.min(back_s), high.max(back_s));
        // One route that changes is one write.
        let run = run_net.play("0 close 1 3");
        let change = run.log().changes[0];
        assert_eq!((change.at_us, change.fib_us), (20_000, 70_000), "seed {seed}");
        let flat = run_net.rules("pic=true");
        assert_eq!(flat.play("0 link 1 3 down").served_for_good_s("AS3"), 0.060, "seed {seed}");
        // A customer sends no full table.
        let run_net = net(seed);
        assert_eq!(run_net.play("0 link 1 4 down").served_for_good_s("AS1"), 0.060, "seed {seed}");
    }
    assert!(low < 4.0 && high > 63.0, "{low} to {high}");
}

/// Europe and the rest have prefixes of their own, as /24 of a /23 that all sites may announce.
fn hybrid(covering: bool, events: &str) -> Net {
    let prefixes = if covering { "\"192.0.2.0/23\"" } else { "\"203.0.113.0/24\"" };
    Net::of_story(&story(&format!(
        "steering = \"hybrid\"\n[world]\nbuiltin = \"eight\"\n\
         [service]\nprefixes = [{prefixes}]\n\
         [service.regional]\neu = \"192.0.2.0/24\"\nworld = \"192.0.3.0/24\"\n\
         [[site]]\nname = \"lhr\"\nregion = \"eu\"\n[[site]]\nname = \"fra\"\nregion = \"eu\"\n\
         [[site]]\nname = \"jfk\"\nregion = \"world\"\n\
         [[site]]\nname = \"sin\"\nregion = \"world\"\n{events}"
    )))
}

fn lasts_s(run: &Run<'_>, source: &str) -> f64 {
    let served = |fates: &str| fates.split(", ").filter(|it| !it.contains("stale")).count();
    assert!(served(&run.fates_of(source)) > 0);
    run.served_for_good_s(source)
}

#[test]
fn a_region_without_sites_waits_for_dns_unless_its_prefix_is_covered() {
    let fails = "0 fail lhr; 0 fail fra";
    let covered = hybrid(true, "");
    let run = covered.play(fails);
    assert_eq!(run.fate_at("London", 1.0), "jfk", "{}", run.fates_of("London"));
    assert!(run.fates_of("London").contains("0.0"), "{}", run.fates_of("London"));
    let alone = hybrid(false, "");
    let run = alone.play(fails);
    // BGP has nothing to offer: health checks (3 x 30 s) and cached answers (60 s) do.
    assert_eq!(run.fate_at("London", 1.0), "no-route", "{}", run.fates_of("London"));
    let back_s = lasts_s(&run, "London");
    assert!((60.0..=60.0 + 90.0 + 300.0).contains(&back_s), "{}", run.fates_of("London"));
    assert_eq!(run.fate_at("London", 1e6), "jfk", "{}", run.fates_of("London"));
    // One site of two is BGP's business.
    let run = alone.play("0 fail lhr");
    assert_eq!(run.fate_at("London", 1.0), "fra", "{}", run.fates_of("London"));
}

#[test]
fn geodns_waits_for_detection_and_caches() {
    let net = Net::of_story(&story("steering = \"geodns\"\n[world]\nbuiltin = \"eight\"\n"));
    let run = net.play("10 fail fra; 2000 restore fra");
    for client in ["Berlin", "Moscow", "Istanbul"] {
        let fates = run.fates_of(client);
        assert!(fates.starts_with("0 fra, 10.000 stale fra, "), "{client}: {fates}");
        assert_eq!(run.fate_at(client, 1_999.0), "lhr", "{client}: {fates}");
        assert_eq!(run.fate_at(client, 1e6), "fra", "{client}: {fates}");
        let (at_s, stages) = run.stages_of(client)[1];
        assert!(stages.detection_us >= 60_000_000, "{client}: {stages:?}");
        assert!(at_s <= 10.0 + 90.0 + 60.0 + 300.0 + 7200.0, "{client}");
    }
    assert_eq!(run.fates_of("Tokyo-A"), "0 nrt");
}

/// `eight` with capacities that hold the load of T8.1, but not that of a neighbor.
fn tight(rules: &str) -> Net {
    let sites = [("bom", 400), ("sin", 60), ("nrt", 200), ("fra", 300), ("lhr", 80), ("jfk", 400)];
    let site = |(name, kqps): (&str, u32)| {
        format!("[[site]]\nname = \"{name}\"\ncapacity = {{ kqps = {kqps} }}\n")
    };
    let text = sites.map(site).concat();
    Net::of_story(&story(&format!("[world]\nbuiltin = \"eight\"\n{text}"))).rules(rules)
}

/// Which sites withdraw themselves, and when in s.
fn withdrawals(run: &Run<'_>, planned: usize) -> Vec<(f64, String)> {
    let schedule = &run.timeline.schedule;
    assert!(schedule.is_sorted_by_key(|it| it.at.us));
    let ours = schedule.iter().filter(|it| it.index == u32::MAX);
    let ours: Vec<(f64, String)> = ours
        .map(|it| {
            let Deed::Fail { site, .. } = it.deed else { panic!("it is a failure") };
            let name = run.net.service.sites[site as usize].name.to_string();
            (it.at.us as f64 / 1e6, name)
        })
        .collect();
    assert_eq!(ours.len() + planned, schedule.len());
    let mut names: Vec<&String> = ours.iter().map(|(_, name)| name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ours.len(), "a site withdrew twice: {ours:?}");
    ours
}

/// What each site is offered is what its clients send and the attack's share.
fn loads_add_up(run: &Run<'_>) {
    let (delivery, load) = (&run.timeline.delivery, &run.timeline.load);
    for step in &load.steps {
        for (site, now) in (0..).zip(load.at(step.at_us)) {
            let fates = delivery.at(step.at_us);
            let ours = (0..).zip(&fates).filter(|(_, fate)| fate.site() == Some(site));
            let legit: f64 = ours.map(|(stream, _)| delivery.weight(stream)).sum();
            assert!((now.legit_kqps - legit).abs() < 1e-6, "site {site} at {}", step.at_us);
        }
    }
}

#[test]
fn overloaded_sites_withdraw_one_after_the_other() {
    let net = tight("overload=withdraw");
    let run = net.play("0 fail bom");
    loads_add_up(&run);
    let gone = withdrawals(&run, 1);
    // BOM's 340 kq/s come to SIN (60), which gives up after three checks a second apart.
    assert_eq!(gone[0].1, "sin");
    assert!((3.0..3.3).contains(&gone[0].0), "{gone:?}");
    for pair in gone.windows(2) {
        assert!(pair[1].0 >= pair[0].0 + 3.0, "{gone:?}");
    }
    // Absorbing, SIN stays.
    let net = tight("overload=absorb");
    let run = net.play("0 fail bom");
    loads_add_up(&run);
    assert_eq!(withdrawals(&run, 1), []);
    assert_eq!(run.fate_at("Mumbai", 100.0), "sin");
    let sin = run.timeline.load.of(net.site("sin")).last().copied().unwrap();
    assert!(sin.utilization > 5.0 && sin.served < 0.5, "{sin:?}");
}

#[test]
fn a_cascade_that_takes_everyone_ends() {
    let mut net = tight("overload=withdraw");
    for site in &mut net.service.sites {
        site.capacity.kqps = Some(1.0);
    }
    let run = net.play("0 fail bom");
    loads_add_up(&run);
    let gone = withdrawals(&run, 1);
    assert_eq!(gone.len(), 7, "{gone:?}");
    for client in &run.timeline.delivery.sources {
        assert_eq!(run.fate_at(&client.name, 1e6), "no-route", "{}", client.name);
    }
    assert!(run.timeline.load.at(i64::MAX).iter().all(|it| it.offered_kqps == 0.0));
}

#[test]
fn attacks_come_and_go() {
    let net = tight("overload=absorb");
    let run = net.play("10 attack 65546 900 60");
    loads_add_up(&run);
    let attack = |at_s: i64| {
        let load = run.timeline.load.at(at_s * 1_000_000);
        load.iter().map(|it| it.attack_kqps).collect::<Vec<f64>>()
    };
    let bom = net.site("bom") as usize;
    let expected =
        |kqps: f64| (0..8).map(|it| if it == bom { kqps } else { 0.0 }).collect::<Vec<_>>();
    assert_eq!(attack(9), expected(0.0));
    assert_eq!(attack(10), expected(900.0));
    assert_eq!(attack(69), expected(900.0));
    assert_eq!(attack(70), expected(0.0), "{:?}", run.timeline.load);
    assert_eq!(run.messages(0), 0);
}

#[test]
fn an_attack_that_is_over_before_the_last_check_moves_nobody() {
    let net = tight("overload=withdraw");
    let run = net.play("10 attack 65546 900 2");
    assert_eq!(withdrawals(&run, 1), []);
    let run = net.play("10 attack 65546 900 60");
    let gone = withdrawals(&run, 1);
    assert_eq!(gone[0], (13.0, "bom".to_owned()));
    loads_add_up(&run);
}

#[test]
fn sites_that_withdraw_themselves_do_not_shift_what_others_draw() {
    let mut net = Net::of_story(&story("[world]\nbuiltin = \"eight\"\n"));
    for site in &mut net.service.sites {
        let is_small = site.name.as_str() == "sin";
        site.capacity.kqps = is_small.then_some(60.0);
    }
    let events = "0 fail bom; 100 fail mia hold-timer; 400 restore mia";
    let absorbing = net.clone().rules("overload=absorb connect_retry=60s");
    let withdrawing = net.rules("overload=withdraw connect_retry=60s");
    let (one, other) = (absorbing.play(events), withdrawing.play(events));
    assert_eq!(withdrawals(&other, 3).len(), 1);
    // MIA's neighbors notice, and its sessions return, when they would have.
    assert_eq!(one.noticed_s(1), other.noticed_s(2));
    assert_eq!(one.fates_of("Miami"), other.fates_of("Miami"));
}

#[test]
fn equal_routes_stay_equal_when_the_best_of_them_is_replaced() {
    // AS9 has two routes of three; one of its neighbors falls back to another site, as far away.
    let net = Net::of("3 > 9\n4 > 9\n3 > 5\n3 = 6\n7 > 4\nsite a by 5\nsite b by 6\nsite c by 7")
        .rules("ecmp=per_flow");
    let run = net.play("10 fail a");
    let delivery = &run.timeline.delivery;
    let source = delivery.sources.iter().position(|it| it.name == "AS9").unwrap() as u32;
    let shares = |at_us: i64| {
        let fates = delivery.at(at_us);
        let mut shares = [0.0; 3];
        for (stream, fate) in delivery.streams.iter().zip(fates) {
            if let (true, Some(site)) = (stream.source == source, fate.site()) {
                shares[site as usize] += stream.share;
            }
        }
        shares
    };
    assert_eq!(shares(0), [0.5, 0.0, 0.5]);
    assert_eq!(shares(20_000_000), [0.0, 0.5, 0.5]);
}
