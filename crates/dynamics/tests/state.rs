//! The state at a time against `solve`, and against the log of a whole run. A failure names the
//! seed.

mod common;

use std::ops::ControlFlow;

use catchment_dynamics::agenda::{ANNOUNCED_APART_US, Course};
use catchment_dynamics::engine::Pause;
use catchment_dynamics::play::{play, play_prefix};
use catchment_dynamics::state::{At, Moment, Options};
use catchment_dynamics::{Script, Source};
use catchment_model::rules::{Decision, OldestRule};
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::Deed;
use catchment_model::{Asn, Duration, Table};
use catchment_routing::fixpoint::{self, Order};
use catchment_routing::table::{self, solve_table};
use catchment_routing::{Catchment, Situation, solve};
use catchment_testkit::happenings::{happenings, pace};
use catchment_testkit::random::{Case, Draws, Kind, case};
use catchment_testkit::story::{situation, story};
use common::{at_s, cells, fails_and_returns, occurrence, site_of, table_at, with_script};

/// The answer of `solve` for each prefix, or `None` where MEDs leave several stable states.
fn answers(situation: Situation<'_>) -> Option<Vec<Catchment>> {
    let prefixes = 0..situation.service.prefixes.len() as u16;
    prefixes
        .map(|prefix| {
            let up = fixpoint::solve(situation, prefix, Order::Ascending).expect("it settles");
            let down = fixpoint::solve(situation, prefix, Order::Descending).expect("it settles");
            (up == down).then(|| solve(situation, prefix).expect("it settles"))
        })
        .collect()
}

/// Two tables are the same; if not, shows the first row that is not.
fn same(found: &Table, expected: &Table, what: &str) {
    let line = |table: &Table, row: usize| {
        let cells = table.columns.iter().map(|column| column.values.print(row).unwrap_or_default());
        cells.collect::<Vec<String>>().join(",")
    };
    for row in 0..found.row_count().min(expected.row_count()) {
        assert_eq!(line(found, row), line(expected, row), "{what}");
    }
    assert!(found == expected, "{what}: the tables differ");
}

/// A world whose routers have no past, with timers of all kinds.
fn without_past(seed: u64) -> (Case, Draws) {
    let mut draws = Draws::new(seed ^ 0x57a7);
    let mut case = case(seed, if draws.chance(30) { Kind::Plain } else { Kind::Regular });
    pace(&mut case.rules, &mut draws);
    case.rules.oldest_rule = Some(OldestRule::None);
    case.rules.med_deterministic = Some(true);
    (case, draws)
}

#[test]
fn a_settled_state_is_what_solve_says() {
    let (mut compared, mut several) = (0, 0);
    for seed in 0..2_000 {
        let (case, mut draws) = without_past(seed);
        let Some(catchments) = answers(case.situation()) else {
            several += 1;
            continue;
        };
        // Any time at which nothing is under way; busy sessions tell late.
        let at = *draws.pick(&[At::Time(Duration { us: -1 }), at_s(0), at_s(3_600)]);
        let routers = draws.chance(50);
        let options = Options { routers, data_plane: false };
        let expected =
            solve_table(case.situation(), &catchments, table::Options { routers, tie_sets: false });
        // Textbook rules have a past after t = 0: routes that are as short as the one in use lose
        // by age before round-trip times are compared.
        let textbook = case.rules.decision == Decision::Textbook;
        let at = if textbook { at.min(at_s(0)) } else { at };
        let found = table_at(case.situation(), &[], at, options);
        same(&found, &expected, &format!("seed {seed}, at {at}"));
        compared += 1;
    }
    assert!(compared > 1_900 && several < 60, "{compared} compared, {several} had several states");
}

#[test]
fn a_settled_eight_is_what_solve_says() {
    let text =
        "[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"\nmed_deterministic = true";
    let eight = story(text);
    for routers in [false, true] {
        let found = table_at(
            situation(&eight.assembled),
            &[],
            at_s(0),
            Options { routers, data_plane: false },
        );
        assert_eq!(found, eight.table(table::Options { routers, tie_sets: false }));
    }
    // After a failure too, where nothing remembers it.
    let schedule = fails_and_returns(&eight, "fra");
    let options = Options::default();
    let found = table_at(situation(&eight.assembled), &schedule, at_s(599), options);
    let without = eight.without(site_of(&eight, "fra"));
    assert_eq!(found, without.table(table::Options::default()));
}

#[test]
fn before_the_first_announcement_every_row_is_empty() {
    let eight = story("[world]\nbuiltin = \"eight\"");
    let table = table_at(situation(&eight.assembled), &[], At::Start, Options::default());
    let rows = table.row_count();
    assert_eq!(rows, eight.table(table::Options::default()).row_count());
    for column in &table.columns[1..] {
        assert!((0..rows).all(|row| column.values.print(row).is_none()), "{}", column.name);
    }
    // Between two announcements of the start-up there are some.
    let table = table_at(situation(&eight.assembled), &[], at_s(-130), Options::default());
    let sites: std::collections::BTreeSet<String> =
        (0..rows).filter_map(|row| table.column("site").unwrap().values.print(row)).collect();
    let known = ["bom", "fra", "gru", "jfk", "lhr", "mia", "nrt"];
    assert_eq!(sites.into_iter().collect::<Vec<_>>(), known);
}

#[test]
fn seeking_in_the_log_is_playing() {
    let mut instants = 0;
    for seed in 0..1_500 {
        let mut draws = Draws::new(seed ^ 0x5ee4);
        let mut case = case(seed, if draws.chance(30) { Kind::Plain } else { Kind::Regular });
        pace(&mut case.rules, &mut draws);
        let schedule = happenings(&case, &mut draws);
        with_script(case.situation(), &schedule, |script, adjacency| {
            let mut go_on = |_, _| ControlFlow::Continue(());
            let (log, whole) = play_prefix(script, adjacency, 0, &mut go_on).unwrap();
            let routers = case.world.router_count() as u32;
            for _ in 0..6 {
                // At a change, beside one, or anywhere.
                let change = log.changes.get(draws.below(log.changes.len() as u64) as usize);
                let near_us = change.map_or(0, |change| change.at_us);
                let at_us = match draws.below(3) {
                    0 => near_us,
                    1 => (near_us - 1).max(-1),
                    _ => draws.below(700_000_000) as i64,
                };
                let mut course = Course::new(script, adjacency, 0);
                course.announce(ANNOUNCED_APART_US);
                assert_eq!(course.advance(at_us), Pause::Reached, "seed {seed}");
                let played: Vec<_> = (0..routers).map(|it| course.engine.best(it)).collect();
                assert_eq!(log.at(at_us), played, "seed {seed}, at {at_us} µs");
                instants += usize::from(change.is_some());
            }
            let end: Vec<_> = (0..routers).map(|router| whole.engine.best(router)).collect();
            assert_eq!(log.at(i64::MAX), end, "seed {seed}");
        });
    }
    assert!(instants > 5_000, "only {instants} instants among changes");
}

#[test]
fn fates_at_a_time_are_those_of_the_whole_run() {
    for seed in 0..1_000 {
        let mut draws = Draws::new(seed ^ 0xfa7e);
        let mut case = case(seed, if draws.chance(30) { Kind::Plain } else { Kind::Regular });
        pace(&mut case.rules, &mut draws);
        case.rules.fib_delay = *draws.pick(&[None, Some(Duration::from_s(0))]);
        let schedule = happenings(&case, &mut draws);
        let everyone: Vec<Source> = (0..case.world.router_count() as u32)
            .map(|router| Source {
                name: String::new(),
                router,
                region: String::new(),
                weight: 1.0,
                gbps: 0.0,
            })
            .collect();
        with_script(case.situation(), &schedule, |script, adjacency| {
            let script = Script { senders: Some(&everyone), ..*script };
            let mut go_on = |_, _| ControlFlow::Continue(());
            let whole = play(&script, &mut go_on).unwrap().delivery;
            for _ in 0..4 {
                let change = whole.changes.get(draws.below(whole.changes.len() as u64) as usize);
                let near_us = change.map_or(0, |change| change.at_us);
                let us = (near_us - draws.below(2) as i64).max(0);
                let at = At::Time(Duration { us });
                let moment = Moment::reach(&script, adjacency, at, &mut go_on).unwrap();
                assert_eq!(moment.fates(0), whole.at(us), "seed {seed}, at {at}");
            }
        });
    }
}

#[test]
fn a_silent_death_shows_in_the_data_plane_first() {
    let mut eight = story("[world]\nbuiltin = \"eight\"");
    eight.assembled.rules.fib_delay = Some(Duration::from_ms(20));
    let fra = site_of(&eight, "fra");
    let how = FailureKind::HoldTimer;
    let schedule = [occurrence(10, 0, Deed::Fail { site: fra, how }, "fra fails (hold-timer)")];
    let asns = [65543, 65545, 65547].map(Asn);
    let at = |at: At| {
        let options = Options { routers: false, data_plane: true };
        let table = table_at(situation(&eight.assembled), &schedule, at, options);
        let columns = ["site", "as_path", "state"].map(|column| cells(&table, column, &asns));
        let line = |row: usize| columns.clone().map(|column| column[row].clone()).join(", ");
        [line(0), line(1), line(2)]
    };
    let johannesburg = "bom, 6453 64501, served";
    let before = ["fra, 1299 64500, served", "fra, 1299 64500, served", johannesburg];
    assert_eq!(at(at_s(9)), before);
    // Neighbors believe in it; it knows nothing any more, so that their packets end nowhere.
    let unnoticed = ["-, 1299 64500, stale", "-, 1299 64500, stale", johannesburg];
    assert_eq!(at(at_s(10)), unnoticed);
    assert_eq!(at(at_s(60)), unnoticed);
    let after = ["lhr, 1299 3356 64499, served", "bom, 6453 64501, served", johannesburg];
    assert_eq!(at(at_s(200)), after);
}
