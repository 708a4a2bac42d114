//! The figures of the history: failures of 339 cities on the Internet of April 2026.
//!
//! What the times should be, on one core: six blocks of 64 failures, each close to the base, at
//! some 20 µs a configuration with its totals, so 7 ms for all single failures, and 1.2 s for all
//! 57 291 pairs. The batch is prepared in linear time: some 15 ms for 1.5 million sessions. A plan
//! of capacity also looks at who moves, router by router: as much again.
//!
//! `cargo bench -p catchment-planner --bench figures` prints a table, `-- --json` one JSON object;
//! `-- --prepare N` only prepares N batches, for a profiler.
//! P3, P5 and P6 are among the figures of `routing`. Without `CATCHMENT_DATA` there are none.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use catchment_dynamics::Script;
use catchment_model::rules::OldestRule;
use catchment_model::scenario::{GeoDns, Steering};
use catchment_model::{Overlay, Rules};
use catchment_planner::capacity::{CapacityQuestion, Pairs, capacity};
use catchment_planner::load::Loads;
use catchment_planner::load::day::Day;
use catchment_planner::{Brief, Method, Oracle};
use catchment_routing::{Batch, Situation, Wanted, single_failures};
use catchment_testkit::colos::colos_2026;

/// Repetitions behind each median.
const ROUNDS: usize = 15;

fn main() {
    // To be looked at with a profiler.
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--prepare") {
        let count = arguments.get(at + 1).and_then(|count| count.parse().ok());
        return prepare(count.expect("--prepare takes a number"));
    }
    let figures = figures();
    if std::env::args().any(|argument| argument == "--json") {
        let fields: Vec<String> =
            figures.iter().map(|(name, value)| format!("\"{name}\":{value:.3}")).collect();
        println!("{{{}}}", fields.join(","));
    } else {
        figures.iter().for_each(|(name, value)| println!("{name:40} {value:.3}"));
    }
}

fn rules() -> Rules {
    Rules { oldest_rule: Some(OldestRule::None), med_deterministic: Some(true), ..Rules::default() }
}

/// Prepares so many batches, and nothing else.
fn prepare(count: usize) {
    let (world, service) = colos_2026().expect("CATCHMENT_DATA has it");
    let (overlay, rules) = (Overlay::default(), rules());
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let start = Instant::now();
    for _ in 0..count {
        assert!(Batch::new(situation, 0).is_lanes(), "it is plain");
    }
    println!("{:.3} ms each", start.elapsed().as_secs_f64() * 1e3 / count as f64);
}

fn figures() -> Vec<(&'static str, f64)> {
    let Some((world, service)) = colos_2026() else { return Vec::new() };
    let (overlay, rules) = (Overlay::default(), rules());
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let mut figures = Vec::new();

    // What an operator waits for: the world is loaded, and nothing else is prepared.
    let prepared_ms = median_ms(ROUNDS, || Batch::new(situation, 0).is_lanes());
    figures.push(("colos_339_batch_new_ms", prepared_ms));
    let both_ms = median_ms(ROUNDS, || failures(&Batch::new(situation, 0)));
    figures.push(("colos_339_prepared_and_failed_ms", both_ms));
    let batch = Batch::new(situation, 0);
    figures.push(("colos_339_failed_ms", median_ms(ROUNDS, || failures(&batch))));
    figures.push(("colos_339_failed_least_ms", least_ms(ROUNDS, || failures(&batch))));

    // Whole plans, and what they took one by one.
    let geodns = GeoDns::default();
    let (regional, client_gbps, residency) = Default::default();
    let script = Script {
        situation,
        schedule: &[],
        steering: Steering::Anycast,
        prefix: 0,
        geodns: &geodns,
        regional: &regional,
        client_gbps: &client_gbps,
        senders: None,
        bystanders: false,
    };
    let residency: BTreeMap<String, Vec<String>> = residency;
    let brief = Brief::new(script, &residency).expect("its ASes have weights");
    let mut plan_ms = |name, pairs, rounds| {
        let question = CapacityQuestion { groups: Vec::new(), pairs, day: false };
        let plan = || {
            capacity(&brief, &question, &mut |_, _| ControlFlow::Continue(())).expect("it settles")
        };
        figures.push((name, median_ms(rounds, plan)));
    };
    plan_ms("colos_339_plan_singles_ms", Pairs::None, 5);
    plan_ms("colos_339_plan_pairs_ms", Pairs::Worst(20), 1);
    let mut oracle = Oracle::by(Method::Solve, &brief).expect("it settles");
    let mut sites = (0..service.sites.len() as u32).step_by(20);
    let one_ms = median_ms(ROUNDS, || {
        let placement = oracle.without(&[sites.next().expect("more")]).expect("it settles");
        (Loads::of(&brief, &placement), Day::of(&brief, &placement))
    });
    figures.push(("colos_339_one_by_one_each_ms", one_ms));
    figures
}

/// All single failures with the load of each site; the largest, so that nothing is left out.
fn failures(batch: &Batch<'_>) -> u64 {
    let active = batch.announcing();
    let mut largest = 0;
    batch.worker().sweep(single_failures(&active), batch.demand(), Wanted::Totals, |_, answer| {
        let answer = answer.expect("it settles");
        largest = answer.totals().iter().copied().fold(largest, u64::max);
    });
    assert!(largest > 0, "somebody reaches a site");
    largest
}

fn times_ms<T>(rounds: usize, mut work: impl FnMut() -> T) -> Vec<f64> {
    let time = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    };
    let mut times: Vec<f64> = (0..rounds).map(time).collect();
    times.sort_by(f64::total_cmp);
    times
}

fn median_ms<T>(rounds: usize, work: impl FnMut() -> T) -> f64 {
    times_ms(rounds, work)[rounds / 2]
}

/// Without those who were at work on the same core.
fn least_ms<T>(rounds: usize, work: impl FnMut() -> T) -> f64 {
    times_ms(rounds, work)[0]
}
