//! The figures of the event engine: bar P7 of the performance reference.
//!
//! What the times should be, on one core: a message touches a slot, a path, a router and some
//! neighbors, most of them not in cache, so at most 200 ns; the withdrawal of AS9129 takes 53 485
//! messages and at most 25 ms, 300 withdrawals and returns 932 058 and at most 0.25 s, the
//! withdrawal of the only site 13 million (how many paths are tried depends on the order of
//! arrival) and at most 10 s.
//!
//! `cargo bench -p catchment-dynamics --bench figures` prints a table, `-- --json` one JSON object.
//! The graph of April 2026 where `CATCHMENT_DATA` says it is, and the synthetic Internet of 80 000.

#![expect(clippy::disallowed_methods, reason = "a bench reads the clock and its arguments")]
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::time::Instant;

use catchment_dynamics::agenda::Course;
use catchment_dynamics::delivery::{Fate, NO_CAUSE};
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::engine::{Best, NO_SLOT};
use catchment_dynamics::play::play;
use catchment_dynamics::script::Script;
use catchment_model::rules::OldestRule;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Asn, Duration, Overlay, Rules, Service, World};
use catchment_routing::Situation;
use catchment_testkit::{input, real};

/// Repetitions behind each median.
const ROUNDS: usize = 9;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut figures = Vec::new();
    let only = arguments.iter().position(|it| it == "--only").and_then(|at| arguments.get(at + 1));
    let wanted = |name: &str| only.is_none_or(|only| only == name);
    if let Some(world) = real::internet_2026() {
        let list = |name: &str| real::asn_list(name).expect("the folder has it");
        let eight = list("peer-results/R26.sites8.txt");
        if wanted("r26") {
            figures.push(("p7_r26_loaded_peak_mib".to_owned(), peak_mib()));
            bars("p7_r26", &world, &eight, 9129, &mut figures);
        }
        if wanted("r26_300") {
            let sites = list("peer-results/R26.sites300.txt");
            all_in_turn("p7_r26_300", &world, &sites, &mut figures);
        }
        if wanted("unicast") {
            unicast(&world, Asn(16629), &mut figures);
        }
        if wanted("tail") {
            tail("mrai_busy_r26", &world, &eight, 9129, &mut figures);
        }
    }
    if wanted("synthetic") {
        let world = input::one_router_internet();
        let sites = largest(&world, 8);
        bars("p7_synthetic", &world, &sites, sites[0].0, &mut figures);
        tail("mrai_busy_synthetic", &world, &sites, sites[0].0, &mut figures);
    }
    figures.push(("peak_mib".to_owned(), peak_mib()));
    if arguments.iter().any(|argument| argument == "--json") {
        let fields: Vec<String> =
            figures.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        println!("{{{}}}", fields.join(","));
    } else {
        figures.iter().for_each(|(name, value)| println!("{name:44} {value}"));
    }
}

/// Transit networks in the middle of the field, as sites of a synthetic world.
fn largest(world: &World, count: usize) -> Vec<Asn> {
    let mut by_sessions: Vec<u32> = (0..world.as_count() as u32).collect();
    by_sessions.sort_by_key(|as_index| {
        let routers = world.routers_of(*as_index);
        std::cmp::Reverse(routers.map(|router| world.sessions(router).len()).sum::<usize>())
    });
    by_sessions.iter().skip(40).step_by(40).take(count).map(|it| world.asns[*it as usize]).collect()
}

/// The rules of P7: no processing time, no MRAI.
fn quick() -> Rules {
    Rules {
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        mrai_ebgp: Some(Duration::from_s(0)),
        mrai_ibgp: Some(Duration::from_s(0)),
        mrai_busy: Some(0.0),
        ssld: Some(false),
        fib_delay: Some(Duration::from_s(0)),
        proc_delay: Duration::from_s(0),
        ..Rules::default()
    }
}

/// Owns what a script borrows.
struct Bench<'w> {
    world: &'w World,
    service: Service,
    overlay: Overlay,
    rules: Rules,
    schedule: Vec<Occurrence>,
    geodns: GeoDns,
    regional: BTreeMap<String, u16>,
    gbps: BTreeMap<u32, f64>,
}

impl<'w> Bench<'w> {
    /// Each of `failing` is withdrawn and returns, a minute apart.
    fn new(world: &'w World, origins: &[Asn], failing: &[Asn], rules: Rules) -> Bench<'w> {
        let mut schedule = Vec::new();
        for asn in failing {
            let site = origins.iter().position(|it| it == asn).expect("it is a site") as u32;
            let how = FailureKind::Withdraw;
            for deed in [Deed::Fail { site, how }, Deed::Restore { site }] {
                let index = schedule.len() as u32;
                let at = Duration::from_s(60 * (i64::from(index) + 1));
                schedule.push(Occurrence { at, index, deed, label: String::new() });
            }
        }
        Bench {
            world,
            service: real::service_of(world, origins),
            overlay: Overlay::default(),
            rules,
            schedule,
            geodns: GeoDns::default(),
            regional: BTreeMap::new(),
            gbps: BTreeMap::new(),
        }
    }

    fn script(&self) -> Script<'_> {
        Script {
            situation: Situation {
                world: self.world,
                overlay: &self.overlay,
                service: &self.service,
                rules: &self.rules,
                seed: 1,
            },
            schedule: &self.schedule,
            steering: Steering::Anycast,
            prefix: 0,
            geodns: &self.geodns,
            regional: &self.regional,
            client_gbps: &self.gbps,
            senders: None,
            bystanders: false,
        }
    }
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Announcing all sites at once, and the withdrawal and return of one.
fn bars(
    name: &str,
    world: &World,
    origins: &[Asn],
    failing: u32,
    figures: &mut Vec<(String, f64)>,
) {
    let bench = Bench::new(world, origins, &[Asn(failing)], quick());
    let script = bench.script();
    let started = Instant::now();
    let adjacency = Adjacency::new(world, &bench.rules);
    figures.push((format!("{name}_adjacency_ms"), ms(started)));
    let (mut announce, mut withdraw, mut back) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = None;
    for _ in 0..ROUNDS {
        drop(last.take());
        let mut course = Course::new(&script, &adjacency, 0);
        course.announce(0);
        let started = Instant::now();
        course.advance(59_000_000);
        announce.push(ms(started));
        let started = Instant::now();
        course.advance(119_000_000);
        withdraw.push(ms(started));
        let started = Instant::now();
        course.advance(179_000_000);
        back.push(ms(started));
        last = Some(course);
    }
    let course = last.expect("there was a round");
    let messages = |cause| course.engine.count(cause).messages() as f64;
    let announce_ms = median(announce);
    figures.push((format!("{name}_announce_ms"), announce_ms));
    figures.push((format!("{name}_announce_messages"), messages(NO_CAUSE)));
    figures.push((format!("{name}_messages_per_s"), messages(NO_CAUSE) / announce_ms * 1e3));
    figures.push((format!("{name}_withdraw_ms"), median(withdraw)));
    figures.push((format!("{name}_withdraw_messages"), messages(0)));
    figures.push((format!("{name}_return_ms"), median(back)));
    figures.push((format!("{name}_return_messages"), messages(1)));
    figures.push((format!("{name}_peak_mib"), peak_mib()));
}

/// Every site withdrawn and announced again, one after the other.
fn all_in_turn(name: &str, world: &World, origins: &[Asn], figures: &mut Vec<(String, f64)>) {
    let bench = Bench::new(world, origins, origins, quick());
    let script = bench.script();
    let adjacency = Adjacency::new(world, &bench.rules);
    let mut times = Vec::new();
    let mut messages = 0;
    for _ in 0..ROUNDS {
        let mut course = Course::new(&script, &adjacency, 0);
        course.announce(0);
        course.advance(59_000_000);
        let started = Instant::now();
        course.advance(i64::MAX);
        times.push(ms(started));
        let causes = 0..bench.schedule.len() as u32;
        messages = causes.map(|cause| course.engine.count(cause).messages()).sum();
    }
    figures.push((format!("{name}_all_ms"), median(times)));
    figures.push((format!("{name}_all_messages"), messages as f64));
}

/// The only site withdrawn: nothing to fall back to, so that all paths are tried.
fn unicast(world: &World, asn: Asn, figures: &mut Vec<(String, f64)>) {
    let bench = Bench::new(world, &[asn], &[asn], quick());
    let script = bench.script();
    let adjacency = Adjacency::new(world, &bench.rules);
    let mut course = Course::new(&script, &adjacency, 0);
    course.announce(0);
    course.advance(59_000_000);
    let started = Instant::now();
    course.advance(119_000_000);
    figures.push(("p7_unicast_withdraw_ms".to_owned(), ms(started)));
    let count = course.engine.count(0);
    figures.push(("p7_unicast_messages".to_owned(), count.messages() as f64));
    figures.push(("p7_unicast_paths".to_owned(), course.engine.paths().count() as f64));
    figures.push(("p7_unicast_peak_mib".to_owned(), peak_mib()));
}

/// With the timers of busy routers: how many of the networks that lose their site have another
/// after 10 s (models 2.7: 80 % were measured), and how long the last ones take.
fn tail(
    name: &str,
    world: &World,
    origins: &[Asn],
    failing: u32,
    figures: &mut Vec<(String, f64)>,
) {
    let rules = Rules {
        mrai_busy: Some(0.1),
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    let bench = Bench::new(world, origins, &[Asn(failing)], rules);
    let started = Instant::now();
    let mut go_on = |_, _| std::ops::ControlFlow::Continue(());
    let timeline = play(&bench.script(), &mut go_on).expect("it settles");
    figures.push((format!("{name}_play_ms"), ms(started)));
    let delivery = &timeline.delivery;
    let failed_us = bench.schedule[0].at.us;
    let hurt: Vec<usize> = (0..delivery.start.len())
        .filter(|stream| match delivery.start[*stream] {
            Fate::Served(site) => bench.service.sites[site as usize].asn.0 == failing,
            _ => false,
        })
        .collect();
    for after_s in [1, 3, 10, 30] {
        let fates = delivery.at(failed_us + after_s * 1_000_000);
        let served = hurt.iter().filter(|stream| fates[**stream].site().is_some()).count();
        let share = served as f64 / hurt.len() as f64;
        figures.push((format!("{name}_served_after_{after_s}_s"), share));
    }
    // The same in the control plane: networks whose route no longer ends at the failed site.
    let log = &timeline.routes[0];
    let ends_at = |best: &Best| {
        (best.slot != NO_SLOT).then(|| log.paths.asns(best.told.path()).last().unwrap_or(0))
    };
    for after_s in [1, 3, 10, 30] {
        let best = log.at(failed_us + after_s * 1_000_000);
        let good = hurt.iter().filter(|stream| {
            let router = delivery.sources[**stream].router as usize;
            ends_at(&best[router]).is_some_and(|asn| asn != failing)
        });
        let share = good.count() as f64 / hurt.len() as f64;
        figures.push((format!("{name}_routed_after_{after_s}_s"), share));
    }
    let served_last = delivery
        .changes
        .iter()
        .filter(|change| change.cause == 0 && change.fate.site().is_some())
        .map(|change| change.at_us - failed_us)
        .max();
    figures.push((format!("{name}_last_s"), served_last.unwrap_or(0) as f64 / 1e6));
}

/// Most memory that this program has held, in MiB.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
