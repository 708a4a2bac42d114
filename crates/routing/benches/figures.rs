//! x
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a bench")]
use catchment_model::{Overlay, Rules};
use catchment_routing::{Change, Situation, Solver, solve};
use catchment_testkit::random::Draws;
use catchment_testkit::real;
use std::time::Instant;
fn main() {
    let world = real::internet_2026().unwrap();
    let sites = real::asn_list("peer-results/R26.sites300.txt").unwrap();
    let rules = Rules {
        oldest_rule: Some(catchment_model::rules::OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    let overlay = Overlay::default();
    let service = real::service_of(&world, &sites);
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    for _ in 0..3 {
        let t = Instant::now();
        let c = solve(situation, 0).unwrap();
        println!("bucket one-shot 300: {:?}", t.elapsed());
        std::hint::black_box(&c);
    }
    let t = Instant::now();
    let mut solver = Solver::new(situation, 0).unwrap();
    println!("packed new 300: {:?}", t.elapsed());
    let n: u64 = std::env::args().nth(1).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let mut draws = Draws::new(5);
    let mut times = vec![];
    for _ in 0..n {
        let mut chosen = vec![false; 300];
        let mut k = 0;
        while k < 8 {
            let s = draws.below(300) as usize;
            if !chosen[s] {
                chosen[s] = true;
                k += 1;
            }
        }
        let t = Instant::now();
        solver.choose_sites(|s| chosen[s as usize]).unwrap();
        times.push(t.elapsed());
    }
    times.sort();
    println!("random 8: median {:?} min {:?}", times[times.len() / 2], times[0]);
    if std::env::args().nth(2).is_some() {
        return;
    }
    let mut times = vec![];
    for _ in 0..50 {
        let t = Instant::now();
        let s = solver.tie_sets();
        times.push(t.elapsed());
        std::hint::black_box(s);
    }
    times.sort();
    println!("tie sets 8 of 300 (w5): median {:?} min {:?}", times[times.len() / 2], times[0]);
    solver.choose_sites(|_| true).unwrap();
    let mut times = vec![];
    for _ in 0..50 {
        let t = Instant::now();
        let s = solver.tie_sets();
        times.push(t.elapsed());
        std::hint::black_box(s);
    }
    times.sort();
    println!("tie sets 300: median {:?} min {:?}", times[times.len() / 2], times[0]);
    solver.resolve(&Change::Withdraw(0)).unwrap();
    solver.undo();
    for _ in 0..5 {
        let mut times = vec![];
        let mut changed = 0;
        let total = Instant::now();
        for s in 0..300 {
            let t = Instant::now();
            let c = solver.resolve(&Change::Withdraw(s)).unwrap();
            times.push(t.elapsed());
            changed += c.len();
            solver.undo();
        }
        let total = total.elapsed();
        times.sort();
        println!(
            "n-1: total {total:?} median {:?} max {:?} changed {changed}",
            times[150], times[299]
        );
    }
}
