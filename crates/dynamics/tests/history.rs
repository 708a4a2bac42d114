//! Histories as people read them, and against the states that they lead to.

mod common;

use std::fmt::Write as _;
use std::ops::ControlFlow;

use catchment_dynamics::history::{Change, Ending, History, history};
use catchment_dynamics::state::{At, Options};
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Asn, Duration};
use catchment_testkit::happenings::{happenings, pace};
use catchment_testkit::random::{Draws, Kind, case};
use catchment_testkit::story::{Story, situation, story};
use common::{at_s, fails_and_returns, occurrence, site_of, table_at, with_script};
use expect_test::{Expect, expect, expect_file};

fn history_of(story: &Story, schedule: &[Occurrence], asn: u32, at: At) -> History {
    let world = &story.assembled.world;
    let router = world.shown_router(world.routers_of_asn(Asn(asn)));
    with_script(situation(&story.assembled), schedule, |script, adjacency| {
        let mut go_on = |_, _| ControlFlow::Continue(());
        history(script, adjacency, router, 0, at, &mut go_on).expect("it settles")
    })
}

/// What a router went through since t = 0, and its packets, in short lines.
fn since_the_start(history: &History) -> String {
    let mut text = String::new();
    for Change { at_us, to, as_path, site, came_in, verdict, waited_us, .. } in
        history.pasts[0].changes.iter().filter(|change| change.at_us >= 0)
    {
        let path: Vec<String> = as_path.iter().map(ToString::to_string).collect();
        let (to, site) = (to.as_deref().unwrap_or("-"), site.as_deref().unwrap_or("-"));
        let _ = writeln!(text, "{:.3} {to} → {site} {}", *at_us as f64 / 1e6, path.join(" "));
        let waited = match waited_us {
            0 => String::new(),
            us => format!("; waited {} ms", us / 1_000),
        };
        let _ = writeln!(text, "  {came_in}\n  {verdict}{waited}");
    }
    for change in &history.packets {
        let _ = writeln!(text, "{:.3} {}", change.at_us as f64 / 1e6, change.text);
    }
    text
}

fn check(history: &History, expected: Expect) {
    expected.assert_eq(&since_the_start(history));
}

#[test]
fn istanbul_does_not_come_back_and_says_why() {
    let eight = story("[world]\nbuiltin = \"eight\"");
    let schedule = fails_and_returns(&eight, "fra");
    let history = history_of(&eight, &schedule, 65545, at_s(1200));
    expect_file!["stories/istanbul.txt"].assert_eq(&history.to_string());
}

#[test]
fn a_table_has_a_row_for_each_change() {
    let eight = story("[world]\nbuiltin = \"eight\"");
    let schedule = fails_and_returns(&eight, "fra");
    let table = history_of(&eight, &schedule, 65543, at_s(1200)).to_table();
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    let line = |row: usize| {
        let cells = table.columns.iter().map(|it| it.values.print(row).unwrap_or_default());
        cells.collect::<Vec<_>>().join(" | ")
    };
    let berlin = (0..table.row_count()).map(line).filter(|line| line.contains(" | AS65543"));
    let text =
        std::iter::once(names.join(" | ")).chain(berlin).collect::<Vec<_>>().join("\n") + "\n";
    expect_file!["stories/berlin.txt"].assert_eq(&text);
}

#[test]
fn each_way_to_lose_a_site_has_its_words() {
    let mut eight = story("[world]\nbuiltin = \"eight\"");
    eight.assembled.rules.fib_delay = Some(Duration::from_ms(20));
    let fra = site_of(&eight, "fra");
    let asn = 1299;
    // The router of AS1299 in Frankfurt, next to the site.
    let frankfurt = |schedule: &[Occurrence], at: At| {
        let world = &eight.assembled.world;
        let is_here = |router: &u32| world.place(*router).is_some_and(|it| it.code == "FRA");
        let router = world.routers_of_asn(Asn(asn)).find(is_here).unwrap();
        with_script(situation(&eight.assembled), schedule, |script, adjacency| {
            let mut go_on = |_, _| ControlFlow::Continue(());
            history(script, adjacency, router, 0, at, &mut go_on).expect("it settles")
        })
    };
    let fails = |how| [occurrence(10, 0, Deed::Fail { site: fra, how }, "fra fails")];
    check(
        &frankfurt(&fails(FailureKind::Interface), at_s(1000)),
        expect![[r#"
            10.010 AS3356 Lumen, FRA → lhr 3356 64499
              the session with AS64500, FRA was lost
              the best of 3, decided by oldest
            0.000 served by fra
            10.000 lost: sent to fra, which does not answer
            10.030 served by lhr
        "#]],
    );
    check(
        &frankfurt(&fails(FailureKind::HoldTimer), at_s(1000)),
        expect![[r#"
            141.272 AS3356 Lumen, FRA → lhr 3356 64499
              the session with AS64500, FRA was lost
              the best of 3, decided by oldest
            0.000 served by fra
            10.000 lost: sent to fra, which does not answer
            141.292 served by lhr
        "#]],
    );
    check(
        &frankfurt(&fails(FailureKind::Drain), at_s(1000)),
        expect![[r#"
            10.011 AS3356 Lumen, FRA → lhr 3356 64499
              AS64500, FRA announced another route
              that of AS3356 Lumen, FRA beat it at local-pref
            0.000 served by fra
            10.031 served by lhr
        "#]],
    );
    check(
        &frankfurt(&fails(FailureKind::Silent), at_s(1000)),
        expect![[r#"
        0.000 served by fra
        10.000 lost: sent to fra, which does not answer
    "#]],
    );
    // Before anybody noticed.
    let istanbul = history_of(&eight, &fails(FailureKind::HoldTimer), 65545, at_s(30));
    assert_eq!(istanbul.site, None);
    assert_eq!(istanbul.ending, Ending::NoRoute("AS64500, FRA".to_owned()));
    let site = history_of(&eight, &fails(FailureKind::Bfd), 64500, at_s(1000));
    check(
        &site,
        expect![[r#"
            10.000 - → - 
              the router died
              nothing else was there
            0.000 served by fra
            10.000 lost: sent to fra, which does not answer
        "#]],
    );
}

#[test]
fn mrai_waits_are_told() {
    let text = "[world]\nbuiltin = \"eight\"\n[rules]\nmrai_ebgp = \"30s\"\nmrai_ibgp = \"5s\"";
    let eight = story(text);
    let site = site_of(&eight, "fra");
    let how = FailureKind::Withdraw;
    // Down and up again: the second news waits for the timers that the first started.
    let schedule = [
        occurrence(10, 0, Deed::Fail { site, how }, "fra fails"),
        occurrence(11, 1, Deed::Restore { site }, "fra returns"),
    ];
    check(
        &history_of(&eight, &schedule, 65543, at_s(300)),
        expect![[r#"
            10.026 AS1299 Arelion, FRA → lhr 1299 3356 64499
              AS1299 Arelion, FRA announced another route
              the only candidate
            36.051 AS1299 Arelion, FRA → fra 1299 64500
              AS1299 Arelion, FRA announced another route
              the only candidate; waited 25025 ms
            0.000 served by fra
            10.000 lost: sent to fra, which does not answer
            10.011 served by lhr
            11.011 served by fra
        "#]],
    );
}

#[test]
fn before_the_first_announcement_there_is_nothing() {
    let eight = story("[world]\nbuiltin = \"eight\"");
    let text = history_of(&eight, &[], 65545, At::Start).to_string();
    expect![[r#"
        Before the first announcement AS65545 Istanbul, IST has no route to 192.0.2.0/24.

        What AS65545 Istanbul, IST used:
             nothing
    "#]]
    .assert_eq(&text);
}

/// The last change is what the state says, each change begins where the one before ended, and
/// every hop's winner is what its router uses.
#[test]
fn histories_end_in_the_state() {
    let (mut told, mut nowhere) = (0, 0);
    for seed in 0..1_200 {
        let mut draws = Draws::new(seed ^ 0x4157);
        let kind = if draws.chance(30) { Kind::Plain } else { Kind::Regular };
        let mut case = case(seed, kind);
        pace(&mut case.rules, &mut draws);
        let schedule = happenings(&case, &mut draws);
        let router = draws.below(case.world.router_count() as u64) as u32;
        let prefix = draws.below(case.service.prefixes.len() as u64) as u16;
        let last_us = schedule.last().map_or(0, |it| it.at.us);
        let us = *draws.pick(&[-1, 0, last_us + 60_000, last_us / 2, 500_000_000, -100_000_000]);
        let at = At::Time(Duration { us });
        let what = format!("seed {seed}, router {router}, prefix {prefix}, at {at}");
        let options = Options { routers: true, data_plane: true };
        let table = table_at(case.situation(), &schedule, at, options);
        let row = router as usize * case.service.prefixes.len() + usize::from(prefix);
        let cell = |name: &str| table.column(name).unwrap().values.print(row);
        let history = with_script(case.situation(), &schedule, |script, adjacency| {
            let mut go_on = |_, _| ControlFlow::Continue(());
            history(script, adjacency, router, prefix, at, &mut go_on).expect("it settles")
        });
        assert!(!history.to_string().is_empty());
        assert_eq!(history.site, cell("site"), "{what}");
        match (&history.site, &history.ending) {
            (None, Ending::Arrived) => assert!(history.hops.is_empty(), "{what}"),
            (Some(_), ending) => assert_eq!(*ending, Ending::Arrived, "{what}"),
            (None, _) => nowhere += 1,
        }
        for past in &history.pasts {
            let prefixes: std::collections::BTreeSet<_> =
                past.changes.iter().map(|change| change.prefix).collect();
            for prefix in prefixes {
                let changes = past.changes.iter().filter(|change| change.prefix == prefix);
                let mut held: Option<String> = None;
                for change in changes {
                    assert_eq!(change.from, held, "{what}: {change:?}");
                    held.clone_from(&change.to);
                    told += 1;
                }
            }
        }
        if let Some(first) = history.hops.first() {
            let path = first.hop.options.first().map(|option| &option.as_path);
            let path: Vec<String> = path.into_iter().flatten().map(ToString::to_string).collect();
            assert_eq!(cell("as_path"), Some(path.join(" ")), "{what}");
            let step = first.hop.decided_by.map_or("only", |step| step.name());
            assert_eq!(cell("decided_by").as_deref(), Some(step), "{what}");
        } else {
            assert_eq!(cell("as_path"), None, "{what}");
        }
        if us >= 0 {
            let fate = history.packets.last().map(|change| change.fate.name().to_owned());
            assert_eq!(cell("state"), fate, "{what}");
        }
    }
    assert!(told > 3_000, "only {told} changes");
    assert!(nowhere > 5, "only {nowhere} ways lead nowhere");
}
