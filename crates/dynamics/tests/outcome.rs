//! What runs on the fixture `eight` come to (models 12.4 to 12.6).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;

use catchment_dynamics::flows::{FlowModel, breaks};
use catchment_dynamics::outcome::tables::{Run, events_table, sites_table};
use catchment_dynamics::play::{Timeline, play};
use catchment_dynamics::{Outcome, Script};
use catchment_testkit::story::{Story, situation, story};
use expect_test::{Expect, expect};

/// Plays a story.
fn run(story: &Story) -> (Outcome, Timeline) {
    let schedule = story.schedule();
    let script = Script {
        situation: situation(&story.assembled),
        schedule: &schedule,
        steering: story.scenario.steering,
        prefix: 0,
        geodns: &story.scenario.geodns,
        regional: &story.assembled.regional,
        client_gbps: &BTreeMap::new(),
        senders: None,
        bystanders: false,
    };
    let timeline = play(&script, &mut |_, _| ControlFlow::Continue(())).expect("it settles");
    (Outcome::of(&script, &timeline), timeline)
}

fn seconds(us: Option<i64>) -> String {
    us.map_or_else(|| "never".to_owned(), |us| format!("{:.3}", us as f64 / 1e6))
}

/// The outcome of a story, in lines.
fn told(text: &str) -> String {
    let story = story(text);
    let (outcome, timeline) = run(&story);
    let site = |site: Option<u32>| {
        let sites = &story.assembled.service.sites;
        site.map_or("-".to_owned(), |site| sites[site as usize].name.to_string())
    };
    let name = |source: u32| &timeline.delivery.sources[source as usize].name;
    let mut out = String::new();
    let mean = |state: usize| {
        let state = &outcome.states[state];
        let mean = state.path_length_mean.map_or("-".to_owned(), |mean| format!("{mean:.4}"));
        format!("{} sites, paths of {mean}", state.active_sites)
    };
    let _ = writeln!(out, "start: {}", mean(0));
    for event in &outcome.events {
        let restored = event.restored;
        let marks = [restored.first_us, restored.half_us, restored.most_us, restored.all_us];
        let marks = marks.map(seconds).join(" ");
        let _ = writeln!(
            out,
            "{}: hurt {} of {}, noticed {}\n  served {marks}\n  converged {} \
             with {}, cleanup {}, lost {:.3}",
            event.label,
            event.hurt.sources,
            event.hurt.demand,
            seconds(event.detected_us),
            seconds(event.converged_us),
            event.messages,
            seconds(event.cleanup_us),
            event.lost,
        );
        for it in &event.moves {
            let (from, to) = (site(it.from), site(it.to));
            let _ = writeln!(out, "  {from} → {to} {} ({})", it.moved.demand, it.moved.sources);
        }
        for it in &event.stayed {
            let (place, why) = (site(it.fate.site()), it.why.as_ref().unwrap());
            let _ = writeln!(out, "  {} stays at {place}:\n    {why}", name(it.source));
        }
        let _ = writeln!(out, "  then: {}", mean(event.after));
    }
    out
}

fn check(text: &str, expected: &Expect) {
    expected.assert_eq(&told(text));
}

fn fails_and_returns(site: &str, rule: &str) -> String {
    format!(
        "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"{rule}\"\n\
         [[event]]\nat = \"10s\"\nfail = \"{site}\"\n\
         [[event]]\nat = \"10m\"\nrestore = \"{site}\"\n"
    )
}

#[test]
fn frankfurt_fails_and_istanbul_does_not_come_back() {
    check(
        &fails_and_returns("fra", "timestamp"),
        &expect![[r#"
            start: 8 sites, paths of 2.0000
            fra fails (withdraw): hurt 3 of 240, noticed 0.000
              served 0.011 0.011 0.011 0.011
              converged 0.086 with 28, cleanup 0.086, lost 2.640
              fra → lhr 170 (2)
              fra → bom 70 (1)
              then: 7 sites, paths of 2.1176
            fra returns: hurt 0 of 0, noticed 0.000
              served never never never never
              converged 0.086 with 28, cleanup 0.086, lost 0.000
              lhr → fra 170 (2)
              Istanbul stays at bom:
                AS65545 keeps the route from AS6453 in IST: it is the older one (oldest)
              then: 8 sites, paths of 2.0000
        "#]],
    );
}

#[test]
fn tokyo_fails_and_two_clients_stay_in_singapore() {
    check(
        &fails_and_returns("nrt", "timestamp"),
        &expect![[r#"
            start: 8 sites, paths of 2.0000
            nrt fails (withdraw): hurt 4 of 140, noticed 0.000
              served 0.011 0.011 0.011 0.011
              converged 0.188 with 48, cleanup 0.188, lost 1.540
              nrt → sin 140 (4)
              then: 7 sites, paths of 2.1176
            nrt returns: hurt 0 of 0, noticed 0.000
              served never never never never
              converged 0.135 with 48, cleanup 0.135, lost 0.000
              sin → nrt 80 (2)
              Seoul stays at sin:
                AS65551 keeps the route from AS6453 in NRT: it is the older one (oldest)
              Singapore stays at sin:
                AS65548 keeps the route from AS6453 in SIN: it is the older one (oldest)
              then: 8 sites, paths of 2.0000
        "#]],
    );
}

/// T12.3: who is not won back, for each site and rule.
#[test]
fn t12_3_who_does_not_come_back() {
    let mut table = String::new();
    for rule in ["timestamp", "selected_peer", "none"] {
        for site in ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"] {
            let story = story(&fails_and_returns(site, rule));
            let (outcome, timeline) = run(&story);
            for it in &outcome.events[1].stayed {
                let name = &timeline.delivery.sources[it.source as usize].name;
                let why = it.why.as_ref().unwrap();
                let _ = writeln!(table, "{rule} {site}: {name}\n  {why}");
            }
        }
    }
    expect![[r#"
        timestamp jfk: New York-B
          AS65537 keeps the route from AS1299 in JFK: it is the older one (oldest)
        timestamp fra: Istanbul
          AS65545 keeps the route from AS6453 in IST: it is the older one (oldest)
        timestamp nrt: Seoul
          AS65551 keeps the route from AS6453 in NRT: it is the older one (oldest)
        timestamp nrt: Singapore
          AS65548 keeps the route from AS6453 in SIN: it is the older one (oldest)
        selected_peer fra: Istanbul
          AS65545 keeps the route from AS6453 in IST: it is the one in use (oldest)
    "#]]
    .assert_eq(&table);
}

/// T12.2: 36/17 when FRA or NRT fails, 2 after every other failure.
#[test]
fn t12_2_mean_path_lengths() {
    for site in ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"] {
        let (outcome, _) = run(&story(&fails_and_returns(site, "timestamp")));
        let mean = |state: usize| outcome.states[state].path_length_mean.unwrap();
        let failed = if matches!(site, "fra" | "nrt") { 36.0 / 17.0 } else { 2.0 };
        let [fails, returns] = &outcome.events[..] else { panic!("two events") };
        assert_eq!([mean(0), mean(fails.after)], [2.0, failed], "{site}");
        let active = [0, fails.after, returns.after].map(|at| outcome.states[at].active_sites);
        assert_eq!(active, [8, 7, 8], "{site}");
    }
}

#[test]
fn a_silent_failure_ends_with_the_return() {
    check(
        "[world]\nbuiltin = \"eight\"\n\
         [[event]]\nat = \"1s\"\nfail = \"gru\"\nhow = \"silent\"\n\
         [[event]]\nat = \"11s\"\nrestore = \"gru\"\n",
        &expect![[r#"
            start: 8 sites, paths of 2.0000
            gru fails (silent): hurt 1 of 150, noticed never
              served 10.000 10.000 10.000 10.000
              converged never with 0, cleanup 10.000, lost 1500.000
              gru → - 150 (1)
              then: 7 sites, paths of 2.0000
            gru returns: hurt 0 of 0, noticed 0.000
              served never never never never
              converged never with 0, cleanup never, lost 0.000
              - → gru 150 (1)
              then: 8 sites, paths of 2.0000
        "#]],
    );
}

#[test]
fn events_of_one_instant_are_told_apart_by_their_causes() {
    check(
        "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"timestamp\"\n\
         [[event]]\nat = \"0s\"\nfail = \"gru\"\n\
         [[event]]\nat = \"0s\"\nfail = \"lhr\"\nhow = \"interface\"\n\
         [[event]]\nat = \"1m\"\ndrain = \"bom\"\n",
        &expect![[r#"
            start: 8 sites, paths of 2.0000
            gru fails (withdraw): hurt 1 of 150, noticed 0.000
              served 0.011 0.011 0.011 0.011
              converged 0.022 with 6, cleanup 0.022, lost 1.650
              gru → mia 150 (1)
              then: 6 sites, paths of 2.0000
            lhr fails (interface): hurt 1 of 60, noticed 0.010
              served 0.010 0.010 0.010 0.010
              converged 0.027 with 13, cleanup 0.027, lost 0.600
              lhr → jfk 60 (1)
              then: 6 sites, paths of 2.0000
            bom drains: hurt 0 of 0, noticed 0.000
              served never never never never
              converged 60.000 with 23, cleanup 60.000, lost 0.000
              bom → sin 340 (2)
              then: 5 sites, paths of 2.0000
        "#]],
    );
}

#[test]
fn geodns_waits_for_checks_and_caches() {
    check(
        "steering = \"geodns\"\n[world]\nbuiltin = \"eight\"\n\
         [[event]]\nat = \"0s\"\nfail = \"fra\"\n\
         [[event]]\nat = \"1h\"\nrestore = \"fra\"\n",
        &expect![[r#"
            start: 8 sites, paths of -
            fra fails (withdraw): hurt 3 of 240, noticed 72.187
              served 81.268 102.093 583.945 583.945
              converged never with 0, cleanup 583.945, lost 32691.190
              fra → lhr 240 (3)
              then: 7 sites, paths of -
            fra returns: hurt 0 of 0, noticed 83.355
              served never never never never
              converged never with 0, cleanup never, lost 0.000
              lhr → fra 240 (3)
              then: 8 sites, paths of -
        "#]],
    );
}

#[test]
fn hybrid_steering_has_paths_and_both_kinds_of_waiting() {
    check(
        "steering = \"hybrid\"\n[world]\nbuiltin = \"eight\"\n\
         [service]\nprefixes = [\"192.0.2.0/24\"]\n\
         [service.regional]\neu = \"198.51.100.0/24\"\nas = \"203.0.113.0/24\"\n\
         [[site]]\nname = \"lhr\"\nregion = \"eu\"\n\
         [[site]]\nname = \"fra\"\nregion = \"eu\"\n\
         [[site]]\nname = \"bom\"\nregion = \"as\"\n\
         [[site]]\nname = \"sin\"\nregion = \"as\"\n\
         [[event]]\nat = \"0s\"\nfail = \"fra\"\n\
         [[event]]\nat = \"1h\"\nrestore = \"fra\"\n",
        &expect![[r#"
            start: 4 sites, paths of 2.1765
            fra fails (withdraw): hurt 3 of 240, noticed 0.000
              served 0.011 0.011 0.011 0.011
              converged 0.086 with 28, cleanup 0.086, lost 2.640
              fra → lhr 240 (3)
              then: 3 sites, paths of 2.3529
            fra returns: hurt 0 of 0, noticed 0.000
              served never never never never
              converged 0.086 with 28, cleanup 0.086, lost 0.000
              lhr → fra 240 (3)
              then: 4 sites, paths of 2.1765
        "#]],
    );
}

/// All demand is somewhere, and the stages sum to the time of those who were served again.
#[test]
fn nothing_gets_lost_on_the_way() {
    for steering in ["anycast", "geodns"] {
        for how in ["withdraw", "bfd", "hold-timer", "health-check", "silent", "unannounced"] {
            let story = story(&format!(
                "steering = \"{steering}\"\n[world]\nbuiltin = \"eight\"\n\
                 [[event]]\nat = \"5s\"\nfail = \"fra\"\nhow = \"{how}\"\n\
                 [[event]]\nat = \"1h\"\nrestore = \"fra\"\n"
            ));
            let (outcome, _) = run(&story);
            for state in &outcome.states {
                let served: f64 = state.sites.iter().map(|share| share.demand).sum();
                assert!((served + state.unserved.demand - 1180.0).abs() < 1e-6, "{how}");
            }
            let area: f64 = outcome
                .unserved
                .windows(2)
                .map(|pair| pair[0].value * (pair[1].at_us - pair[0].at_us) as f64 / 1e6)
                .sum();
            let lost = outcome.lost() + outcome.lost_before;
            assert!((area - lost).abs() < 1e-6 * lost.max(1.0), "{steering} {how}: {area} {lost}");
            let event = &outcome.events[0];
            if let Some(means) = event.stages
                && means.demand == event.hurt.demand
            {
                let sum = means.detection_us
                    + means.propagation_us
                    + means.mrai_us
                    + means.fib_us
                    + means.client_us;
                let lost = sum / 1e6 * means.demand;
                assert!((lost - event.lost).abs() < 1.0, "{steering} {how}: {lost} {}", event.lost);
            }
        }
    }
}

#[test]
fn tables_have_a_row_for_each_event_and_site() {
    let story = story(&fails_and_returns("fra", "timestamp"));
    let (outcome, timeline) = run(&story);
    let model = FlowModel::of(&story.assembled.rules, story.scenario.steering);
    let flows = breaks(&timeline.delivery, &timeline.schedule, &model);
    let sources = &timeline.delivery.sources;
    let service = &story.assembled.service;
    let row =
        Run { variant: "one", outcome: &outcome, sources, service, flows: &flows, edge: None };
    let events = events_table(&[row, Run { variant: "two", ..row }]);
    assert_eq!(events.row_count(), 4);
    let print = |name: &str, row| events.column(name).unwrap().values.print(row).unwrap();
    assert_eq!(print("variant", 2), "two");
    assert_eq!(print("path_length_mean", 0), "2.117647");
    assert_eq!(print("stayed", 1), "Istanbul");
    let load = [print("overloaded", 0), print("loss_max", 0), print("loss_max", 1)];
    assert_eq!(load, ["lhr", "0.782027", "0.000000"]);
    let sites = sites_table(&outcome, &story.assembled.service);
    assert_eq!(sites.row_count(), 3 * 9);
}
