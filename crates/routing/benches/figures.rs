//! The figures of the history: bars P2 to P6, P9 and P10 of the performance reference.
//!
//! What the times should be, on one core: a solve touches some 300 000 sessions at about 1 ns
//! each, so 0.3 ms (P2); a failed site of 300 redoes some 250 nodes at 40 ns, so 10 µs at most
//! (P4); tie sets touch the same sessions again with sets in place of words (P6); a world with
//! several routers per AS has no packed form, so 10 times as much per session (P9); all of it
//! grows with the sessions (P10).
//!
//! `cargo bench -p catchment-routing --bench figures` prints a table, `-- --json` one JSON object.
//! `-- --sweeps` only measures what a [`catchment_routing::Batch`] does.
//! `-- --solves N` only solves N random configurations: run it under `valgrind --tool=callgrind`
//! with N and 2N, and the slope is the instruction count of P2. So does
//! `-- --configurations N subsets portable` for P3; see [`only_sweep`].
//!
//! On the real graphs where `CATCHMENT_DATA` says they are; else on a synthetic Internet of the
//! same size, which the name of the input says.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "figures/batch.rs"]
mod batch;

use std::time::Instant;

use catchment_model::relation::Relation;
use catchment_model::rules::OldestRule;
use catchment_model::{Asn, Overlay, Rules, Service, World};
use catchment_routing::{Batch, Change, Instructions, Situation, Solver, failures};
use catchment_testkit::random::Draws;
use catchment_testkit::{input, real};

/// Repetitions behind each median.
const ROUNDS: usize = 101;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(position) = arguments.iter().position(|argument| argument == "--solves") {
        let count = arguments.get(position + 1).and_then(|count| count.parse().ok());
        return only_solve(count.expect("--solves takes a number"));
    }
    if let Some(position) = arguments.iter().position(|argument| argument == "--configurations") {
        return only_sweep(&arguments[position + 1..]);
    }
    let figures = match arguments.iter().any(|argument| argument == "--sweeps") {
        true => only_sweeps(),
        false => all(),
    };
    if arguments.iter().any(|argument| argument == "--json") {
        let fields: Vec<String> =
            figures.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        println!("{{{}}}", fields.join(","));
    } else {
        figures.iter().for_each(|(name, value)| println!("{name:40} {value}"));
    }
}

/// Owns what a solver borrows.
struct Bench {
    world: World,
    service: Service,
    overlay: Overlay,
    rules: Rules,
}

impl Bench {
    fn new(world: World, origins: &[Asn]) -> Bench {
        let service = real::service_of(&world, origins);
        let rules = Rules {
            oldest_rule: Some(OldestRule::None),
            med_deterministic: Some(true),
            ..Rules::default()
        };
        Bench { world, service, overlay: Overlay::default(), rules }
    }

    fn situation(&self) -> Situation<'_> {
        let Bench { world, service, overlay, rules } = self;
        Situation { world, overlay, service, rules, seed: 1 }
    }

    fn solver(&self) -> Solver<'_> {
        Solver::new(self.situation(), 0).expect("it settles")
    }
}

/// ASes with 5 to 600 customers, as in the peers' results, drawn by seed.
fn transit_ases(world: &World, count: usize, seed: u64) -> Vec<Asn> {
    let customers = |as_index: &u32| -> usize {
        world
            .routers_of(*as_index)
            .map(|router| world.group(router, Relation::Customer).len())
            .sum()
    };
    let eligible: Vec<u32> = (0..world.as_count() as u32)
        .filter(|as_index| (5..=600).contains(&customers(as_index)))
        .collect();
    let mut draws = Draws::new(seed);
    let mut chosen = Vec::new();
    while chosen.len() < count {
        let asn = world.asns[*draws.pick(&eligible) as usize];
        if !chosen.contains(&asn) {
            chosen.push(asn);
        }
    }
    chosen
}

fn internet() -> (&'static str, Bench) {
    match real::internet_2026() {
        Some(world) => {
            let origins = real::asn_list("peer-results/R26.sites300.txt").expect("beside it");
            ("caida-2026-04", Bench::new(world, &origins))
        }
        None => {
            let world = input::one_router_internet();
            let origins = transit_ases(&world, 300, 1);
            ("synthetic-80000", Bench::new(world, &origins))
        }
    }
}

/// A random set of 8 of the sites.
fn eight_of(count: usize, draws: &mut Draws) -> Vec<bool> {
    let mut active = vec![false; count];
    while active.iter().filter(|active| **active).count() < 8 {
        active[draws.below(count as u64) as usize] = true;
    }
    active
}

fn only_solve(count: usize) {
    let (_, bench) = internet();
    let mut solver = bench.solver();
    let mut draws = Draws::new(1);
    for _ in 0..count {
        let active = eight_of(bench.service.sites.len(), &mut draws);
        solver.choose_sites(|site| active[site as usize]).expect("it settles");
    }
}

/// `N`, what (`subsets`, `failures`, `draws`) and the instructions to do it with.
fn only_sweep(arguments: &[String]) {
    let [count, what, instructions] = arguments else {
        panic!(
            "--configurations takes a number, `subsets`, `failures` or `draws`, and instructions"
        );
    };
    let instructions = match &instructions[..] {
        "avx512" => Instructions::Avx512,
        "avx2" => Instructions::Avx2,
        "portable" => Instructions::Portable,
        other => panic!("there are no instructions `{other}`"),
    };
    let (_, bench) = internet();
    let batch = Batch::new(bench.situation(), 0).with_at_most(instructions);
    let count = count.parse().expect("a number of configurations");
    let largest = match &what[..] {
        "subsets" => batch::sweep(&batch, batch::subsets(bench.service.sites.len(), count)),
        "failures" => batch::sweep(&batch, failures(&batch.announcing()).take(count)),
        "draws" => batch::sweep(&batch, batch::draws(&batch, count)),
        other => panic!("`{other}` cannot be swept"),
    };
    assert!(largest > 0, "somebody reaches a site");
}

fn only_sweeps() -> Vec<(&'static str, String)> {
    let (input, bench) = internet();
    let mut figures: Vec<(&str, String)> = vec![("input", format!("\"{input}\""))];
    batch::all(&bench, &mut |name, value| figures.push((name, format!("{value:.3}"))));
    figures
}

fn median_us(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64() * 1e6, result)
}

fn all() -> Vec<(&'static str, String)> {
    let mut figures: Vec<(&str, String)> = Vec::new();
    let mut figure = |name, value: f64| figures.push((name, format!("{value:.3}")));
    let (input, bench) = internet();
    let site_count = bench.service.sites.len();
    let mut solver = bench.solver();

    // P2, with its touched sessions for P9.
    let mut draws = Draws::new(1);
    let (mut times, mut touched) = (Vec::new(), 0);
    for _ in 0..10 * ROUNDS {
        let active = eight_of(site_count, &mut draws);
        times.push(timed(|| solver.choose_sites(|site| active[site as usize])).0);
        touched += solver.touched_sessions();
    }
    let solve_us = median_us(&mut times);
    let per_session_ns = 1e3 * solve_us / (touched as f64 / times.len() as f64);
    figure("p2_solve_8_sites_us", solve_us);
    figure("p2_per_touched_session_ns", per_session_ns);

    // P6.
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| timed(|| solver.tie_sets().width).0).collect();
    figure("p6_tie_sets_8_of_300_sites_us", median_us(&mut times));
    solver.choose_sites(|_| true).expect("it settles");
    let mut times: Vec<f64> = (0..ROUNDS).map(|_| timed(|| solver.tie_sets().width).0).collect();
    figure("p6_tie_sets_300_sites_us", median_us(&mut times));
    let eight: Vec<Asn> = bench.service.sites.iter().map(|site| site.asn).take(8).collect();
    let only_eight = Bench::new(bench.world.clone(), &eight);
    let mut eight_solver = only_eight.solver();
    let mut times: Vec<f64> =
        (0..ROUNDS).map(|_| timed(|| eight_solver.tie_sets().width).0).collect();
    figure("p6_tie_sets_8_sites_us", median_us(&mut times));

    // P4. The first change prepares what all later ones share.
    let (first_us, _) = timed(|| solver.resolve(&Change::Withdraw(0)));
    solver.undo();
    figure("p4_first_change_us", first_us);
    let (mut each, mut totals) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (total_us, ()) = timed(|| {
            for site in 0..site_count as u32 {
                each.push(timed(|| solver.resolve(&Change::Withdraw(site))).0);
                solver.undo();
            }
        });
        totals.push(total_us);
    }
    figure("p4_one_site_fails_us", median_us(&mut each));
    figure("p4_all_300_fail_and_return_ms", median_us(&mut totals) / 1e3);

    // P3, P5, and draws of P6.
    batch::all(&bench, &mut figure);

    // P9.
    let world = real::internet_2026_with_places().unwrap_or_else(input::many_router_internet);
    let session_bytes = bytes_of(&world) / (world.session_count() as f64 / 2.0);
    figure("p9_world_bytes_per_session", session_bytes);
    let origins = transit_ases(&world, 8, 1);
    let many = Bench::new(world, &origins);
    let mut solver = many.solver();
    let mut times: Vec<f64> =
        (0..ROUNDS).map(|_| timed(|| solver.choose_sites(|_| true)).0).collect();
    let many_us = median_us(&mut times);
    let many_ns = 1e3 * many_us / solver.touched_sessions() as f64;
    figure("p9_many_routers_solve_us", many_us);
    figure("p9_many_routers_per_touched_session_ns", many_ns);
    figure("p9_ratio_to_p2_per_touched_session", many_ns / per_session_ns);

    // P10: the same work on graphs of five years, per session.
    let years = [
        ("p10_2000_ns_per_session", "as-relationships/20000101.as-rel.txt.bz2"),
        ("p10_2005_ns_per_session", "as-relationships/20050101.as-rel.txt.bz2"),
        ("p10_2010_ns_per_session", "as-relationships/20100101.as-rel.txt.bz2"),
        ("p10_2018_ns_per_session", "as-relationships/20180101.as-rel.txt.bz2"),
        ("p10_2026_ns_per_session", "as-relationships/20260401.as-rel2.txt.bz2"),
    ];
    for (name, file) in years {
        let Some(world) = real::as_rel_world(file) else { break };
        let sessions = world.session_count() as f64 / 2.0;
        let origins = transit_ases(&world, 8, 1);
        let year = Bench::new(world, &origins);
        let mut solver = year.solver();
        let mut times: Vec<f64> =
            (0..3 * ROUNDS).map(|_| timed(|| solver.choose_sites(|_| true)).0).collect();
        figure(name, 1e3 * median_us(&mut times) / sessions);
    }
    figures.push(("input", format!("\"{input}\"")));
    figures
}

/// Memory of a world's arrays.
fn bytes_of(world: &World) -> f64 {
    let words = world.asns.len()
        + world.first_router.len()
        + world.router_as.len()
        + world.router_places.len()
        + world.router_ids.len()
        + world.rows.len()
        + world.neighbors.len();
    (4 * words + 8 * world.weights.len()) as f64
}
