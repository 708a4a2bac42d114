//! Tests of `load`: T6.* of the model reference over time, on deliveries made by hand.

use catchment_model::service::Site;
use catchment_model::{Asn, Duration};

use super::*;
use crate::delivery::{FateChange, Source, Stages, Stream};

const S: i64 = 1_000_000;
const A: u32 = 0;
const B: u32 = 1;
const C: u32 = 2;

fn kqps(kqps: f64) -> Capacity {
    Capacity { kqps: Some(kqps), gbps: None }
}

/// Sites `a`, `b`, … of these capacities.
fn service(capacities: &[Capacity]) -> Service {
    let site = |(capacity, name): (&Capacity, char)| Site {
        name: name.to_string().parse().unwrap(),
        asn: Asn(64496),
        router: 0,
        own_router: true,
        active: true,
        prefixes: Vec::new(),
        reach: Reach::Everyone,
        announcements: BTreeMap::new(),
        capacity: *capacity,
        region: String::new(),
    };
    Service { sites: capacities.iter().zip('a'..).map(site).collect(), ..Service::default() }
}

/// One stream for each (weight, site); changes as (s, stream, fate).
fn delivery(streams: &[(f64, u32)], changes: &[(i64, u32, Fate)]) -> Delivery {
    let source = |(weight, _): &(f64, u32)| Source {
        name: String::new(),
        router: 0,
        region: String::new(),
        weight: *weight,
        gbps: weight / 10.0,
    };
    let change = |(at_s, stream, fate): &(i64, u32, Fate)| FateChange {
        at_us: at_s * S,
        stream: *stream,
        fate: *fate,
        cause: 0,
        stages: Stages::default(),
        answer: false,
    };
    Delivery {
        sources: streams.iter().map(source).collect(),
        streams: (0..streams.len() as u32).map(|source| Stream { source, share: 1.0 }).collect(),
        start: streams.iter().map(|(_, site)| Fate::Served(*site)).collect(),
        changes: changes.iter().map(change).collect(),
        end_us: 100 * S,
    }
}

fn schedule(deeds: Vec<(i64, Deed)>) -> Vec<Occurrence> {
    let occurrence = |(index, (at_s, deed))| Occurrence {
        at: Duration::from_s(at_s),
        index,
        deed,
        label: String::new(),
    };
    (0..).zip(deeds).map(occurrence).collect()
}

fn attack(kqps: f64, gbps: f64, bots: Bots, lasts_s: i64) -> Deed {
    Deed::Attack { kqps, gbps, bots, lasts: Some(Duration::from_s(lasts_s)) }
}

fn rules(retries: u32) -> Rules {
    Rules { retries, ..Rules::default() }
}

/// The load without filters.
fn run(
    delivery: &Delivery,
    service: &Service,
    schedule: &[Occurrence],
    bots: Option<Delivery>,
    retries: u32,
) -> LoadLog {
    let bots = bots.map(|bots| (0, bots)).into_iter().collect();
    let rules = rules(retries);
    load(&Demand { delivery, service, schedule, rules: &rules, bots: &bots, filtering: false })
}

/// Steps as lines: second, site, legit, attack, offered, served.
fn lines(log: &LoadLog) -> Vec<String> {
    let line = |step: &LoadStep| {
        let LoadStep { legit_kqps, attack_kqps, offered_kqps, served, .. } = step;
        let (at_s, site) = (step.at_us / S, ["a", "b", "c"][step.site as usize]);
        format!("{at_s} {site} {legit_kqps:.2} {attack_kqps:.2} {offered_kqps:.2} {served:.4}")
    };
    log.steps.iter().map(line).collect()
}

#[test]
fn t6_3_absorb_then_withdraw() {
    let service = service(&[kqps(10.0), kqps(10.0), kqps(100.0)]);
    let streams = [(2.0, A), (2.0, B), (6.0, C)];
    let bots = |changes| delivery(&[(0.5, A), (0.5, A)], changes);
    let attack = attack(30.0, 0.0, Bots::Routers(vec![(0, 0.5), (1, 0.5)]), 40);
    let schedule = schedule(vec![(10, attack)]);

    let absorbing = run(&delivery(&streams, &[]), &service, &schedule, Some(bots(&[])), 0);
    let steps = [
        "0 a 2.00 0.00 2.00 1.0000",
        "0 b 2.00 0.00 2.00 1.0000",
        "0 c 6.00 0.00 6.00 1.0000",
        "10 a 2.00 30.00 32.00 0.3125",
        "50 a 2.00 0.00 2.00 1.0000",
    ];
    assert_eq!(lines(&absorbing), steps);
    // Three checks of a second, above 1.2 times the capacity.
    assert_eq!(first_overload(&absorbing, 1.2, 3 * S, &[]), Some((A, 13 * S)));
    assert_eq!(first_overload(&absorbing, 1.2, 3 * S, &[(A, 13 * S)]), None);
    assert_eq!(first_overload(&absorbing, 3.2, 3 * S, &[]), None);
    assert_eq!(first_overload(&absorbing, 1.2, 40 * S, &[]), None);

    // It withdraws; clients and bots go to B, the bots a second later.
    let to_b = delivery(&streams, &[(13, 0, Fate::Served(B))]);
    let bots = bots(&[(14, 0, Fate::Served(B)), (14, 1, Fate::Served(B))]);
    let shed = run(&to_b, &service, &schedule, Some(bots), 0);
    let steps = [
        "10 a 2.00 30.00 32.00 0.3125",
        "13 a 0.00 30.00 30.00 0.3333",
        "13 b 4.00 0.00 4.00 1.0000",
        "14 a 0.00 0.00 0.00 1.0000",
        "14 b 4.00 30.00 34.00 0.2941",
        "50 b 4.00 0.00 4.00 1.0000",
    ];
    assert_eq!(lines(&shed)[3..], steps);
    assert_eq!(first_overload(&shed, 1.2, 3 * S, &[(A, 13 * S)]), Some((B, 17 * S)));
    let at = shed.at(20 * S);
    let total: f64 = at.iter().map(|step| step.legit_kqps * step.served).sum();
    assert_eq!(format!("{:.2}", 10.0 * total), "71.76");
    assert_eq!(shed.of(C).count(), 1);
}

#[test]
fn sites_go_in_turn_the_worst_first() {
    let service = service(&[kqps(10.0), kqps(10.0)]);
    let delivery = delivery(&[(20.0, A), (30.0, B)], &[]);
    let mut log = run(&delivery, &service, &[], None, 0);
    log.end_us = 60 * S;
    assert_eq!(first_overload(&log, 1.2, 3 * S, &[]), Some((B, 3 * S)));
    assert_eq!(first_overload(&log, 1.2, 3 * S, &[(B, 3 * S)]), Some((A, 6 * S)));
}

#[test]
fn t6_5_retries_of_lost_requests() {
    let service = service(&[kqps(10.0), kqps(10.0)]);
    let delivery = delivery(&[(12.0, A), (9.0, B)], &[]);
    let log = run(&delivery, &service, &[], None, 2);
    let lost = log.steps[0];
    assert_eq!(format!("{:.4}", lost.loss), "0.5503");
    assert_eq!(format!("{:.2}", lost.offered_kqps), "22.24");
    assert_eq!(format!("{:.4}", lost.legit_kqps * lost.served), "10.0000");
    assert_eq!(format!("{:.3}", lost.utilization), "2.224");
    // Nobody retries where nothing is lost.
    let fine = log.steps[1];
    assert_eq!((fine.offered_kqps, fine.loss, fine.served, fine.utilization), (9.0, 0.0, 1.0, 0.9));
}

#[test]
fn t6_4_filter_and_link() {
    let serve = |link, attack, filtering: bool| {
        let capacity = Capacity { kqps: Some(10.0), gbps: Some(link) };
        let offered =
            Offered { legit_kqps: 2.0, legit_gbps: 2.0, attack_kqps: attack, attack_gbps: attack };
        let filter = filtering.then_some(Filter { efficiency: 0.95, false_positive: 0.01 });
        serve(0, A, capacity, offered, filter, 0)
    };
    assert_eq!(format!("{:.4}", serve(40.0, 38.0, false).served), "0.2500");
    let filtered = serve(40.0, 38.0, true);
    assert_eq!((filtered.loss, filtered.served), (0.0, 0.99));
    assert_eq!(filtered.utilization, 1.0);
    assert_eq!(format!("{:.4}", serve(10.0, 198.0, false).served), "0.0500");
    // What the link loses is lost before the filter sees it.
    assert_eq!(format!("{:.4}", serve(10.0, 198.0, true).served), "0.0495");
}

#[test]
fn filters_work_only_where_an_attack_arrives() {
    let service = service(&[kqps(10.0), kqps(10.0)]);
    let delivery = delivery(&[(2.0, A), (2.0, B)], &[]);
    let schedule = schedule(vec![(10, attack(38.0, 0.0, Bots::Sites(vec![(A, 1.0)]), 10))]);
    let (rules, bots) = (rules(2), BTreeMap::new());
    let demand = Demand {
        delivery: &delivery,
        service: &service,
        schedule: &schedule,
        rules: &rules,
        bots: &bots,
        filtering: true,
    };
    let log = load(&demand);
    // The hundredth of A's clients that is rejected tries three times.
    assert_eq!(lines(&log)[2..], ["10 a 2.00 38.00 40.04 0.9900", "20 a 2.00 0.00 2.00 1.0000"]);
}

#[test]
fn the_scarcer_capacity_rules() {
    let site = Capacity { kqps: Some(10.0), gbps: Some(4.0) };
    let delivery = delivery(&[(2.0, A)], &[]);
    let schedule = schedule(vec![(10, attack(6.0, 7.8, Bots::Sites(vec![(A, 1.0)]), 10))]);
    let log = run(&delivery, &service(&[site]), &schedule, None, 0);
    let step = log.steps[1];
    // 8 of 10 kq/s, but 8 of 4 gigabits.
    assert_eq!((step.offered_kqps, step.offered_gbps, step.utilization), (8.0, 8.0, 2.0));
    assert_eq!(format!("{:.4} {:.4}", step.loss, step.served), "0.5000 0.5000");
    // Nothing limited, nothing lost.
    let log = run(&delivery, &service(&[Capacity::default()]), &schedule, None, 0);
    assert_eq!((log.steps[1].utilization, log.steps[1].served), (0.0, 1.0));
}

#[test]
fn attacks_by_site_spare_the_silent() {
    let service = service(&[kqps(10.0), kqps(10.0)]);
    let delivery = delivery(&[(2.0, A)], &[]);
    let law = Bots::Sites(vec![(A, 0.75), (B, 0.25)]);
    let fail = |site, how| Deed::Fail { site, how };
    let schedule = schedule(vec![
        (10, attack(8.0, 0.0, law, 70)),
        (20, fail(A, FailureKind::Unannounced)),
        (30, Deed::Restore { site: A }),
        (40, fail(B, FailureKind::Drain)),
        (60, Deed::Capacity { site: A, capacity: kqps(2.0) }),
    ]);
    let log = run(&delivery, &service, &schedule, None, 0);
    let steps = [
        "10 a 2.00 6.00 8.00 1.0000",
        "10 b 0.00 2.00 2.00 1.0000",
        "20 a 2.00 0.00 2.00 1.0000",
        "30 a 2.00 6.00 8.00 1.0000",
        "60 a 2.00 6.00 8.00 0.2500",
        // The drained site announces for another minute: beyond the attack.
        "80 a 2.00 0.00 2.00 1.0000",
        "80 b 0.00 0.00 0.00 1.0000",
    ];
    assert_eq!(lines(&log)[2..], steps);
}

#[test]
fn sums_leave_nothing_behind() {
    // A third and a tenth leave and return many times, in changing order.
    let mut changes = Vec::new();
    for round in 0..30 {
        for stream in [round % 3, (round + 1) % 3, (round + 2) % 3] {
            let fate = [Fate::Served(A), Fate::Served(B)][round as usize % 2];
            changes.push((i64::from(round), stream, fate));
        }
        let tail = changes.len() - 3;
        changes[tail..].sort_by_key(|(_, stream, _)| *stream);
    }
    let delivery = delivery(&[(1.0 / 3.0, A), (0.1, A), (0.7, A)], &changes);
    let log = run(&delivery, &service(&[kqps(1.0), kqps(1.0)]), &[], None, 2);
    let first = log.steps[0].legit_kqps;
    for step in &log.steps {
        assert!([0.0, first].contains(&step.legit_kqps), "{step:?}");
    }
    assert_eq!(log.of(A).count(), 30);
}

#[test]
fn no_capacity_is_exceeded_and_none_is_wasted() {
    for seed in 0..2_000 {
        // Few values, so that exact fits are common.
        let pick = |key, values: &[f64]| {
            values[(catchment_model::rng::draw(seed, 0, key) % values.len() as u64) as usize]
        };
        let limits = [0.0, 1.0, 2.0, 4.0, 10.0];
        let (servers, link) = (pick(0, &limits), pick(1, &limits));
        let capacity = Capacity { kqps: Some(servers), gbps: Some(link) };
        let volumes = [0.0, 1.0, 3.0, 20.0];
        let offered = Offered {
            legit_kqps: pick(2, &volumes),
            legit_gbps: pick(3, &volumes),
            attack_kqps: pick(4, &volumes),
            attack_gbps: pick(5, &volumes),
        };
        let filter =
            Filter { efficiency: pick(6, &[0.0, 0.5, 1.0]), false_positive: pick(7, &[0.0, 0.25]) };
        let retries = pick(8, &[0.0, 1.0, 5.0]) as u32;
        let step = serve(0, A, capacity, offered, Some(filter), retries);
        let through = 1.0 - step.loss;
        let accepted = (1.0 - filter.false_positive) * retry_factor(step.loss, retries);
        let at_servers =
            accepted * offered.legit_kqps + (1.0 - filter.efficiency) * offered.attack_kqps;
        let (used, passed) = (at_servers * through, step.offered_gbps * through);
        assert!(used <= servers + 1e-9 && passed <= link + 1e-9, "seed {seed}: {step:?}");
        let full = used > servers - 1e-9 || passed > link - 1e-9;
        assert!(full || step.loss == 0.0, "seed {seed}: loses with room: {step:?}");
        assert_eq!(step.utilization > 1.0, step.loss > 0.0, "seed {seed}: {step:?}");
        assert!((0.0..=1.0).contains(&step.served), "seed {seed}: {step:?}");
    }
}

#[test]
fn an_announcement_brings_no_failed_site_back() {
    let service = service(&[kqps(10.0)]);
    let delivery = delivery(&[(0.0, A)], &[]);
    let announce = |reach| Deed::Announce {
        site: A,
        reach,
        announcements: BTreeMap::new(),
        opened: Vec::new(),
    };
    let schedule = schedule(vec![
        (10, attack(8.0, 0.0, Bots::Sites(vec![(A, 1.0)]), 80)),
        (20, Deed::Fail { site: A, how: FailureKind::Withdraw }),
        (30, announce(Reach::Everyone)),
        (40, announce(Reach::Listed)),
        (50, Deed::Restore { site: A }),
        (60, announce(Reach::Everyone)),
    ]);
    let log = run(&delivery, &service, &schedule, None, 0);
    let attacked: Vec<(i64, f64)> =
        log.steps.iter().map(|step| (step.at_us / S, step.attack_kqps)).collect();
    assert_eq!(attacked, [(0, 0.0), (10, 8.0), (20, 0.0), (60, 8.0), (90, 0.0)]);
}

#[test]
fn demand_beyond_all_bounds_does_not_wrap() {
    let streams = [(1e300, A), (1e300, A), (f64::MAX, A)];
    let moves = [(10, 0, Fate::Served(B)), (20, 0, Fate::NoRoute), (30, 1, Fate::Served(B))];
    let service = service(&[kqps(10.0), kqps(10.0)]);
    let log = run(&delivery(&streams, &moves), &service, &[], None, 2);
    let at = |at_s: i64| log.at(at_s * S).iter().map(|step| step.legit_kqps).collect::<Vec<_>>();
    let most = DEMAND_MAX;
    assert_eq!(at(0), [3.0 * most, 0.0]);
    assert_eq!(at(10), [2.0 * most, most]);
    assert_eq!(at(20), [2.0 * most, 0.0]);
    assert_eq!(at(30), [most, most]);
}
