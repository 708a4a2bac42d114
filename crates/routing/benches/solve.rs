//! Criterion benches of the solver on three fixed inputs: `tiny` (the built-in world `eight`),
//! `region` (5 000 synthetic ASes, several routers each), `internet` (the CAIDA graph of April
//! 2026 where `CATCHMENT_DATA` says it is, else 80 000 synthetic ASes; one router each).
//!
//! What to expect: `tiny` some µs, as 100 sessions are looked at; `region` below 1 ms; `internet`
//! 0.3 ms prepared and 5 ms from nothing, where most is making arrays.

use catchment_model::rules::OldestRule;
use catchment_model::{Asn, Overlay, Rules, World};
use catchment_routing::{Change, Situation, Solver, solve};
use catchment_testkit::{input, real};
use criterion::{Criterion, criterion_group, criterion_main};

/// Eight sites: the largest of the ASes with few enough customers to be nobody's backbone.
fn origins(world: &World) -> Vec<Asn> {
    let step = world.as_count() / 8;
    (0..8).map(|index| world.asns[index * step]).collect()
}

fn bench(criterion: &mut Criterion) {
    let internet = real::internet_2026().unwrap_or_else(input::one_router_internet);
    let inputs = [("tiny", input::tiny()), ("region", input::region()), ("internet", internet)];
    let overlay = Overlay::default();
    let rules = Rules {
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    for (name, world) in &inputs {
        let service = real::service_of(world, &origins(world));
        let situation =
            Situation { world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
        let mut group = criterion.benchmark_group(*name);
        group.sample_size(30);
        group.bench_function("solve_once", |bencher| bencher.iter(|| solve(situation, 0)));
        let mut solver = Solver::new(situation, 0).expect("it settles");
        group.bench_function("solve_prepared", |bencher| {
            bencher.iter(|| solver.choose_sites(|_| true));
        });
        group.bench_function("fail_and_undo", |bencher| {
            bencher.iter(|| {
                solver.resolve(&Change::Withdraw(0)).expect("it settles");
                solver.undo()
            });
        });
        group.bench_function("tie_sets", |bencher| bencher.iter(|| solver.tie_sets().width));
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
