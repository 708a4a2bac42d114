//! MRAI (models 2.1 and 2.7): what waits, what passes, and who is told how long it waited.

mod common;

use common::net::{Net, Run};

/// A site behind a provider with a customer: 64500, 1, 2. Each hop takes 20 ms.
fn line() -> Net {
    Net::of("1 > 2\nsite a by 1").rules("mrai_ebgp=30s mrai_jitter=1.0")
}

/// Waits on the way of the changes at a router from t = 0 on, in s, with their causes.
fn waits(run: &Run<'_>, router: &str) -> Vec<(f64, u32)> {
    let router = run.net.router(router);
    let ours = run.log().changes.iter().filter(|change| change.router == router);
    ours.map(|it| (f64::from(it.best.waited_us) / 1e6, it.best.cause)).collect()
}

#[test]
fn the_last_route_wins() {
    let net = line();
    let run = net.play("0 say a 1; 5 say a 2; 8 say a 3");
    // Nobody hears of two prepends; what the third event said waits from 8 s to 30 s.
    assert_eq!(
        run.paths_of("2"),
        "0 1 64500, 0.040 1 64500 64500, 30.040 1 64500 64500 64500 64500"
    );
    assert_eq!(waits(&run, "2"), [(0.0, 0), (22.0, 2)]);
    assert_eq!([0, 1, 2].map(|event| run.messages(event)), [2, 0, 2]);
    assert_eq!(run.took_s(2), 22.040);
}

#[test]
fn a_route_that_comes_back_is_not_said_again() {
    let net = line();
    let run = net.play("0 say a 1; 5 say a 2; 8 say a 1");
    assert_eq!(run.paths_of("2"), "0 1 64500, 0.040 1 64500 64500");
    assert_eq!([0, 1, 2].map(|event| run.messages(event)), [2, 0, 0]);
}

#[test]
fn withdrawals_pass_at_once_unless_they_are_rated_too() {
    let net = line();
    let run = net.play("0 say a 1; 5 say a 2; 8 fail a");
    assert_eq!(run.paths_of("2"), "0 1 64500, 0.040 1 64500 64500, 8.040 -");
    assert_eq!(waits(&run, "2"), [(0.0, 0), (0.0, 2)]);
    let net = line().rules("wrate=true");
    let run = net.play("0 say a 1; 5 say a 2; 8 fail a");
    assert_eq!(run.paths_of("2"), "0 1 64500, 0.040 1 64500 64500, 30.040 -");
    assert_eq!(waits(&run, "2"), [(0.0, 0), (22.0, 2)]);
    // Only a rated withdrawal starts the timer.
    for (rules, heard) in [("wrate=false", "1.040 1 64500"), ("wrate=true", "30.040 1 64500")] {
        let net = line().rules(rules);
        let run = net.play("0 fail a; 1 restore a");
        assert_eq!(run.paths_of("2"), format!("0 1 64500, 0.040 -, {heard}"), "{rules}");
    }
}

#[test]
fn waits_are_those_of_the_event_that_waits() {
    let net = Net::of("1 > 2\n2 > 3\nsite a by 1").rules("mrai_ebgp=30s mrai_jitter=1.0");
    // What AS2 uses has waited for 25 s on its way; that is nothing to its own policy later.
    let run = net.play("0 say a 1; 5 say a 2; 100 prepend 2 3 1");
    assert_eq!(waits(&run, "3"), [(0.0, 0), (25.0, 1), (0.0, 2)]);
    // What waited on a session that broke does not wait on the next one.
    let run = net.play("0 say a 1; 5 say a 2; 6 session 1 64500 down; 9 session 1 64500 up");
    assert_eq!(waits(&run, "1"), [(0.0, 0), (0.0, 2), (0.0, 3)]);
    // And if that has to wait, it is for its own sake.
    let run = net.play("0 say a 1; 5 prepend 2 3 1");
    assert_eq!(waits(&run, "3"), [(0.0, 0), (25.04, 1)]);
    assert_eq!(run.messages(1), 1);
}

#[test]
fn the_stage_mrai_is_the_time_of_the_wait() {
    let mut net = Net::of("1 > 2\nsite a by 1\nsite b by 1").rules("mrai_ebgp=30s mrai_jitter=1.0");
    net.service.sites[1].active = false;
    let run = net.play("0 say a 1; 5 fail a; 6 restore b");
    assert_eq!(run.fates_of("AS2"), "0 a, 5.000 stale a, 5.020 no-route, 30.040 b");
    let stages = run.stages_of("AS2");
    let (at_s, last) = stages.last().unwrap();
    // AS1 knows at 6.02 s, and may tell AS2 30 s after it last did.
    assert_eq!((last.mrai_us, last.propagation_us, last.detection_us), (24_000_000, 40_000, 0));
    assert_eq!(*at_s, 30.040);
}

#[test]
fn jitter_takes_up_to_a_quarter_off() {
    let (mut low, mut high) = (f64::MAX, 0.0_f64);
    for seed in 0..200 {
        let net = line().rules("mrai_jitter=0.75").seed(seed);
        let run = net.play("0 say a 1; 5 say a 2");
        // The site's own timer; AS1's, drawn apart, may hold it for up to 7.5 s more.
        let first = run.log().changes.iter().find(|it| it.best.cause == 1).unwrap();
        let waited_s = first.at_us as f64 / 1e6 - 0.020;
        assert!((22.5..=30.0).contains(&waited_s), "seed {seed}: {waited_s}");
        (low, high) = (low.min(waited_s), high.max(waited_s));
        let last_s = run.took_s(1) + 5.0 - 0.040;
        assert!((waited_s..=30.02).contains(&last_s), "seed {seed}: {last_s}");
    }
    assert!(low < 22.8 && high > 29.7, "{low} to {high}");
}

#[test]
fn busy_sessions_hold_announcements_from_the_start() {
    let (mut sum_s, mut count) = (0.0, 0);
    for seed in 0..200 {
        let mut net = line().rules("mrai_ebgp=0s mrai_jitter=0.75 mrai_busy=1").seed(seed);
        net.service.sites[0].active = false;
        let run = net.play("0 restore a; 500 fail a");
        let [(first_s, 0), (both_s, 0)] = [waits(&run, "1")[0], waits(&run, "2")[0]] else {
            panic!("seed {seed}")
        };
        assert!(first_s > 0.0 && first_s <= 30.0, "seed {seed}: {first_s}");
        assert!(both_s > first_s && both_s <= first_s + 30.0, "seed {seed}: {both_s}");
        // Waits and hops are all of the time.
        assert!((run.took_s(0) - both_s - 0.040).abs() < 1e-9, "seed {seed}");
        assert_eq!(run.took_s(1), 0.040, "seed {seed}: a withdrawal waited");
        sum_s += both_s;
        count += 2;
    }
    // U(0, M) with M = 30 s x U(0.75, 1): 13.125 s in the mean.
    let mean_s = sum_s / f64::from(count);
    assert!((12.0..14.2).contains(&mean_s), "{mean_s}");
}

#[test]
fn other_prefixes_go_on_whatever_becomes_of_a_router() {
    let held = (0..40).filter(|seed| {
        let net = line().rules("mrai_ebgp=0s mrai_busy=1").seed(*seed);
        let run = net.play("0 fail a interface; 100 restore a; 150 say a 1");
        // A new session tells all it has at once.
        assert_eq!(run.log().at(100_020_001)[net.router("1") as usize].cause, 1, "seed {seed}");
        waits(&run, "1").last().unwrap().0 > 0.0
    });
    assert_eq!(held.count(), 40);
}
