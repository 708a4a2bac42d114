//! x
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a bench")]
use catchment_model::{Overlay, Rules};
use catchment_routing::{Change, Situation, Solver, solve};
use catchment_testkit::random::Draws;
use catchment_testkit::real;
use std::time::Instant;
fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let n: u64 = std::env::args().nth(2).and_then(|a| a.parse().ok()).unwrap_or(1000);
    let world =
        if mode == "multi" {
            let s = catchment_worlds::synthetic::generate(
                &catchment_worlds::synthetic::SyntheticSpec { ases: 80000, seed: 1 },
            )
            .unwrap();
            (*catchment_worlds::from_data::from_synthetic("s", &s).world).clone()
        } else {
            real::internet_2026().unwrap()
        };
    let sites = if mode == "multi" {
        let mut d = Draws::new(3);
        (0..8).map(|_| world.asns[d.below(2000) as usize]).collect()
    } else {
        real::asn_list("peer-results/R26.sites300.txt").unwrap()
    };
    let rules = Rules {
        oldest_rule: Some(catchment_model::rules::OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    let overlay = Overlay::default();
    let mut service = real::service_of(&world, &sites);
    if mode == "bucket" {
        let first = world.sessions(service.sites[0].router).start;
        service.sites[0].announcements.insert(
            first,
            catchment_model::service::Announcement { prepend: 1, ..Default::default() },
        );
    }
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    println!("routers {} sessions {}", world.router_count(), world.session_count());
    let mut times = vec![];
    match mode.as_str() {
        "multi" | "rebucket" => {
            let mut solver = Solver::new(situation, 0).unwrap();
            for _ in 0..n {
                let t = Instant::now();
                solver.choose_sites(|_| true).unwrap();
                times.push(t.elapsed());
            }
        }
        "bucket" | "oneshot" => {
            for _ in 0..n {
                let t = Instant::now();
                std::hint::black_box(solve(situation, 0).unwrap());
                times.push(t.elapsed());
            }
        }
        "new" => {
            for _ in 0..n {
                let t = Instant::now();
                std::hint::black_box(Solver::new(situation, 0).unwrap());
                times.push(t.elapsed());
            }
        }
        "p2" | "p6" => {
            let mut solver = Solver::new(situation, 0).unwrap();
            let mut draws = Draws::new(5);
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
        }
        "table" => {
            let c = solve(situation, 0).unwrap();
            for _ in 0..n {
                let t = Instant::now();
                std::hint::black_box(catchment_routing::table::solve_table(
                    situation,
                    std::slice::from_ref(&c),
                    Default::default(),
                ));
                times.push(t.elapsed());
            }
        }
        "p4" => {
            let mut solver = Solver::new(situation, 0).unwrap();
            solver.resolve(&Change::Withdraw(0)).unwrap();
            solver.undo();
            for _ in 0..n {
                let total = Instant::now();
                for s in 0..300 {
                    let t = Instant::now();
                    solver.resolve(&Change::Withdraw(s)).unwrap();
                    times.push(t.elapsed());
                    solver.undo();
                }
                println!("total {:?}", total.elapsed());
            }
        }
        "ties" => {
            let solver = Solver::new(situation, 0).unwrap();
            for _ in 0..n {
                let t = Instant::now();
                std::hint::black_box(solver.tie_sets());
                times.push(t.elapsed());
            }
        }
        "ties8" => {
            let service =
                real::service_of(&world, &real::asn_list("peer-results/R26.sites8.txt").unwrap());
            let solver = Solver::new(Situation { service: &service, ..situation }, 0).unwrap();
            for _ in 0..n {
                let t = Instant::now();
                std::hint::black_box(solver.tie_sets());
                times.push(t.elapsed());
            }
        }
        _ => panic!(),
    }
    times.sort();
    println!("{mode}: median {:?} min {:?}", times[times.len() / 2], times[0]);
}
