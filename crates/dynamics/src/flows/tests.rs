//! Tests of `flows`: T5.* of the model reference by name, then deliveries made by hand.

use catchment_model::Duration;

use super::*;
use crate::delivery::{Fate, FateChange, Source, Stages, Stream};

const S: i64 = 1_000_000;
const FRA: u32 = 0;
const LHR: u32 = 1;
const BOM: u32 = 2;

fn near(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-6 * expected.max(1.0), "{value}, not {expected}");
}

#[test]
fn t5_1_one_class() {
    let lambda = rate_of_survival(0.995, 30.0);
    assert_eq!(format!("{lambda:.4e}"), "1.6708e-4");
    assert_eq!(format!("{:.2}", 1.0 / lambda / 3600.0), "1.66");
    let survival = |s| format!("{:.4}", Length::Fixed(s).survival(lambda));
    assert_eq!([300.0, 1200.0, 3600.0].map(survival), ["0.9511", "0.8183", "0.5480"]);
    near(Length::Exponential(100.0).survival(0.01), 0.5);
}

#[test]
fn t5_2_two_classes() {
    let stability = Stability::of(&Rules::default());
    let survival = |s| format!("{:.4}", stability.survival(Length::Fixed(s)));
    assert_eq!([30.0, 1200.0].map(survival), ["0.9959", "0.9831"]);
}

#[test]
fn t5_4_equal_paths() {
    let (mean, deviation) = per_flow_spread(1000, 2);
    assert_eq!((mean, format!("{deviation:.1}").as_str()), (500.0, "15.8"));
    assert_eq!(format!("{:.5}", per_packet_survival(2, 10)), "0.00195");
    assert_eq!(per_packet_survival(4, 1), 1.0);
}

#[test]
fn t5_7_stale_reads() {
    assert_eq!(format!("{:.5}", stale_read(0.01, 0.1, 2.0)), "0.00951");
    assert_eq!(format!("{:.5}", stale_read(0.01, 1.0, 2.0)), "0.00607");
    assert_eq!(stale_read(0.0, 0.1, 2.0), 0.0);
}

#[test]
fn reconnecting_takes_the_slower_of_network_and_client() {
    assert_eq!(recovery_us(2 * S, 100_000, 60_000), 2_060_000);
    assert_eq!(recovery_us(2 * S, 30 * S, 60_000), 30_060_000);
    // Retransmissions at 1, 3, 7 s.
    assert_eq!(reset_seen_us(2 * S, 20_000), 3_020_000);
    assert_eq!(reset_seen_us(0, 20_000), 20_000);
}

/// One stream for each weight, all at FRA; changes as (s, stream, fate, cause).
fn delivery(weights: &[f64], changes: &[(i64, u32, Fate, u32)], end_s: i64) -> Delivery {
    let source = |weight: &f64| Source {
        name: String::new(),
        router: 0,
        region: String::new(),
        weight: *weight,
        gbps: 0.0,
    };
    let stages = Stages::default();
    let change = |(at_s, stream, fate, cause): &(i64, u32, Fate, u32)| FateChange {
        at_us: at_s * S,
        stream: *stream,
        fate: *fate,
        cause: *cause,
        stages,
        answer: false,
    };
    Delivery {
        sources: weights.iter().map(source).collect(),
        streams: (0..weights.len() as u32).map(|source| Stream { source, share: 1.0 }).collect(),
        start: vec![Fate::Served(FRA); weights.len()],
        changes: changes.iter().map(change).collect(),
        end_us: end_s * S,
    }
}

/// The same where DNS is behind all changes.
fn answered(delivery: &Delivery) -> Delivery {
    let mut delivery = delivery.clone();
    delivery.changes.iter_mut().for_each(|change| change.answer = true);
    delivery
}

fn schedule(deeds: &[(i64, Deed)]) -> Vec<Occurrence> {
    let occurrence = |(index, (at_s, deed)): (u32, &(i64, Deed))| Occurrence {
        at: Duration::from_s(*at_s),
        index,
        deed: deed.clone(),
        label: String::new(),
    };
    (0..).zip(deeds).map(occurrence).collect()
}

fn fail(how: FailureKind) -> Deed {
    Deed::Fail { site: FRA, how }
}

/// One class over one protocol, ten flows for each unit of demand.
fn model(protocol: Protocol, length: Length) -> FlowModel {
    let class = FlowClass { name: "only", protocol, length, share: 1.0 };
    let model = FlowModel::of(&Rules::default(), Steering::Anycast);
    FlowModel { flows_per_unit: 10.0, classes: vec![class], ..model }
}

fn tcp() -> FlowModel {
    model(Protocol::Tcp, Length::Fixed(1200.0))
}

/// Cause, needed and unneeded of each event.
fn table(report: &FlowReport) -> Vec<(u32, f64, f64)> {
    let row = |it: &EventFlows| (it.cause, it.broken.needed, it.broken.unneeded);
    report.events.iter().map(row).collect()
}

#[test]
fn t5_3_a_site_fails_and_returns() {
    // Berlin, Moscow, Istanbul of `eight`: Frankfurt has 240 kq/s and 10 000 flows.
    let changes = [
        (10, 0, Fate::Served(LHR), 0),
        (10, 1, Fate::Stale(Some(FRA)), 0),
        (10, 2, Fate::NoRoute, 0),
        (11, 1, Fate::Served(LHR), 0),
        (12, 2, Fate::Served(BOM), 0),
        (300, 0, Fate::Served(FRA), 1),
        (301, 1, Fate::Served(FRA), 1),
    ];
    let delivery = delivery(&[60.0, 110.0, 70.0], &changes, 600);
    let schedule =
        schedule(&[(10, fail(FailureKind::Withdraw)), (300, Deed::Restore { site: FRA })]);
    let model = FlowModel { flows_per_unit: 10_000.0 / 240.0, ..tcp() };
    let report = breaks(&delivery, &schedule, &model);
    assert_eq!(report.events.len(), 2);
    let [failed, restored] = [&report.events[0], &report.events[1]];
    near(failed.broken.needed, 10_000.0);
    assert_eq!(failed.broken.unneeded, 0.0);
    // Berlin and Moscow return; Istanbul stays where it is, and so do its flows.
    near(restored.broken.unneeded, 10_000.0 * 170.0 / 240.0);
    assert_eq!(restored.broken.needed, 0.0);
    near(failed.moved, 240.0);
    near(restored.moved, 170.0);
    // Moved at once, after 1 s and after 2 s, each 0.1 s after the last write.
    let stale = |gap_s: f64| stale_read(1.0, gap_s, 2.0);
    let mean = (60.0 * stale(0.1) + 110.0 * stale(1.1) + 70.0 * stale(2.1)) / 240.0;
    near(failed.stale_reads, mean);
    let class = report.classes[0];
    near(class.seen, 15_000.0);
    near(class.survival_run, 1.0 - (10_000.0 + 10_000.0 * 170.0 / 240.0) / 15_000.0);
    assert_eq!(format!("{:.4}", class.survival_calm), "0.9831");
}

#[test]
fn udp_never_breaks() {
    let moved = delivery(&[1.0], &[(10, 0, Fate::Served(LHR), 0)], 60);
    let schedule = schedule(&[(10, fail(FailureKind::Withdraw))]);
    let report = breaks(&moved, &schedule, &model(Protocol::Udp, Length::Fixed(0.1)));
    assert_eq!(table(&report), [(0, 0.0, 0.0)]);
    assert_eq!(report.classes[0].survival_run, 1.0);
}

#[test]
fn flows_wait_for_their_own_site_but_not_for_ever() {
    let link = |up| Deed::Link { pairs: Vec::new(), up, wire: true };
    let run = |back_s| {
        let changes = [(10, 0, Fate::Stale(None), 0), (back_s, 0, Fate::Served(FRA), 1)];
        let schedule = schedule(&[(10, link(false)), (back_s, link(true))]);
        table(&breaks(&delivery(&[1.0], &changes, 400), &schedule, &tcp()))
    };
    assert_eq!(run(130), []);
    assert_eq!(run(131), [(0, 10.0, 0.0)]);
    // Cut off until the end: given up only if the run is long enough to see it.
    let cut = |end_s| {
        let changes = [(10, 0, Fate::NoRoute, 0)];
        let schedule = schedule(&[(10, link(false))]);
        table(&breaks(&delivery(&[1.0], &changes, end_s), &schedule, &tcp()))
    };
    assert_eq!(cut(130), []);
    assert_eq!(cut(140), [(0, 10.0, 0.0)]);
    // Over another link to another site, while its own lived.
    let changes = [(10, 0, Fate::Stale(None), 0), (12, 0, Fate::Served(LHR), 0)];
    let report = breaks(&delivery(&[1.0], &changes, 60), &schedule(&[(10, link(false))]), &tcp());
    assert_eq!(table(&report), [(0, 0.0, 10.0)]);
}

#[test]
fn a_dead_site_forgets_even_if_it_is_back_in_time() {
    let changes = [(10, 0, Fate::Stale(Some(FRA)), 0), (15, 0, Fate::Served(FRA), 1)];
    let schedule = schedule(&[(10, fail(FailureKind::Silent)), (15, Deed::Restore { site: FRA })]);
    let report = breaks(&delivery(&[1.0], &changes, 60), &schedule, &tcp());
    assert_eq!(table(&report), [(0, 10.0, 0.0)]);
    assert_eq!(report.events[0].moved, 0.0);
}

#[test]
fn a_detour_on_the_way_breaks_twice() {
    // Path hunting: to London, then on to Mumbai, though London lives.
    let changes = [(10, 0, Fate::Served(LHR), 0), (20, 0, Fate::Served(BOM), 0)];
    let schedule = schedule(&[(10, fail(FailureKind::Withdraw))]);
    let report = breaks(&delivery(&[1.0], &changes, 60), &schedule, &tcp());
    assert_eq!(table(&report), [(0, 10.0, 10.0)]);
}

#[test]
fn a_drain_breaks_when_clients_move_and_that_was_wanted() {
    let changes = [(30, 0, Fate::Served(LHR), 0)];
    let drained = schedule(&[(10, fail(FailureKind::Drain))]);
    let report = breaks(&delivery(&[1.0], &changes, 60), &drained, &tcp());
    assert_eq!(table(&report), [(0, 10.0, 0.0)]);
    // So does a site that sheds its load under attack.
    let attack = Deed::Attack {
        kqps: 1.0,
        gbps: 1.0,
        bots: catchment_model::schedule::Bots::Sites(Vec::new()),
        lasts: None,
    };
    let report = breaks(&delivery(&[1.0], &changes, 60), &schedule(&[(10, attack)]), &tcp());
    assert_eq!(table(&report), [(0, 10.0, 0.0)]);
}

#[test]
fn geodns_answers_do_not_move_open_flows() {
    // Drained at 10 s; new flows go to London from 20 s on; Frankfurt dies at 620 s.
    let changes = [(20, 0, Fate::Served(LHR), 0)];
    let delivery = delivery(&[1.0], &changes, 1000);
    let dies = (620, fail(FailureKind::Withdraw));
    let schedule = schedule(&[(10, fail(FailureKind::Drain)), dies]);
    let stability = FlowModel::of(&Rules::default(), Steering::GeoDns).stability;
    let geodns = FlowModel { stability, ..tcp() };
    let report = breaks(&answered(&delivery), &schedule, &geodns);
    // Of flows of 20 minutes, half are still open after ten.
    assert_eq!(table(&report), [(0, 0.0, 0.0), (1, 5.0, 0.0)]);
    assert_eq!(report.classes[0].survival_calm, 1.0);
    assert_eq!(table(&breaks(&delivery, &schedule, &tcp())), [(0, 10.0, 0.0)]);
}

#[test]
fn under_hybrid_routes_move_open_flows_and_answers_do_not() {
    // DNS sends new flows from Frankfurt to London, then BGP those of London to Bombay.
    let changes = [(20, 0, Fate::Served(LHR), 0), (620, 0, Fate::Served(BOM), 1)];
    let mut delivery = delivery(&[1.0], &changes, 1000);
    delivery.changes[0].answer = true;
    let policy = Deed::Policy { local_prefs: Vec::new(), prepends: Vec::new(), closed: Vec::new() };
    let schedule = schedule(&[(10, policy.clone()), (610, policy)]);
    let report = breaks(&delivery, &schedule, &tcp());
    // Half of Frankfurt's are still there after ten minutes, and stay.
    assert_eq!(table(&report), [(0, 0.0, 0.0), (1, 0.0, 5.0)]);

    // Without an answer for a while, open flows notice nothing; without a route they give up.
    let changes = [(20, 0, Fate::NoRoute, 0), (420, 0, Fate::Served(LHR), 0)];
    let mut delivery = self::delivery(&[1.0], &changes, 1000);
    assert_eq!(table(&breaks(&answered(&delivery), &schedule, &tcp())), [(0, 0.0, 0.0)]);
    delivery.changes[1].answer = true;
    assert_eq!(table(&breaks(&delivery, &schedule, &tcp())), [(0, 0.0, 10.0)]);
}

#[test]
fn connection_ids_help_as_long_as_the_site_lives() {
    let length = Length::Exponential(600.0);
    let quic = model(Protocol::Quic, length);
    let routed = FlowModel { quic_lb: true, ..quic.clone() };
    // A better route to London; later Frankfurt dies.
    let changes = [(20, 0, Fate::Served(LHR), 0)];
    let policy = Deed::Policy { local_prefs: Vec::new(), prepends: Vec::new(), closed: Vec::new() };
    let schedule = schedule(&[(10, policy), (320, fail(FailureKind::Withdraw))]);
    let moved = delivery(&[1.0], &changes, 400);
    assert_eq!(table(&breaks(&moved, &schedule, &quic)), [(0, 0.0, 10.0)]);
    let rows = table(&breaks(&moved, &schedule, &routed));
    assert_eq!(rows[0], (0, 0.0, 0.0));
    near(rows[1].1, 10.0 * libm::exp(-0.5));
    assert_eq!(rows[1].2, 0.0);
    // Cut off for longer than they wait, they are gone before that.
    let changes =
        [(20, 0, Fate::Served(LHR), 0), (30, 0, Fate::NoRoute, 0), (90, 0, Fate::Served(LHR), 0)];
    let cut = delivery(&[1.0], &changes, 400);
    let rows = table(&breaks(&cut, &schedule, &routed));
    assert_eq!(rows.len(), 1);
    near(rows[0].1, 10.0);
}

#[test]
fn classes_add_up() {
    let model = FlowModel::of(&Rules::default(), Steering::Anycast);
    near(model.classes.iter().map(|class| class.share).sum(), 1.0);
    let changes = [(10, 0, Fate::Served(LHR), 0)];
    let schedule = schedule(&[(10, fail(FailureKind::Withdraw))]);
    let report = breaks(&delivery(&[2.0], &changes, 60), &schedule, &model);
    // All but the tenth that are DNS questions.
    near(report.events[0].broken.needed, 1800.0);
    near(report.events[0].by_class.iter().map(Broken::total).sum(), 1800.0);
    near(report.classes.iter().map(|it| it.broken.total()).sum(), 1800.0);
    near(report.classes.iter().map(|it| it.open).sum(), 2000.0);
}

/// A run of random changes and failures, from few values.
fn random(seed: u64) -> (Delivery, Vec<Occurrence>) {
    let pick = |stream, key, count| catchment_model::rng::draw(seed, stream, key) % count;
    let mut deeds = Vec::new();
    let mut changes = Vec::new();
    for step in 0..20 {
        let at_s = 40 * step as i64;
        let site = pick(0, step, 3) as u32;
        let how = [FailureKind::Withdraw, FailureKind::Drain][pick(1, step, 2) as usize];
        let fails = pick(2, step, 2) == 0;
        deeds.push((at_s, if fails { Deed::Fail { site, how } } else { Deed::Restore { site } }));
        for stream in 0..3 {
            let fates = [Fate::NoRoute, Fate::Served(FRA), Fate::Served(LHR), Fate::Served(BOM)];
            let fate = fates[pick(3 + u64::from(stream), step, 4) as usize];
            changes.push((at_s + pick(6, step, 3) as i64, stream, fate, step as u32));
        }
    }
    (delivery(&[1.0, 2.0, 3.0], &changes, 800), schedule(&deeds))
}

#[test]
fn answers_never_break_what_anycast_would_keep() {
    for seed in 0..500 {
        let (delivery, schedule) = random(seed);
        let by_dns = answered(&delivery);
        for length in [Length::Fixed(100.0), Length::Exponential(100.0)] {
            let anycast = model(Protocol::Quic, length);
            let routed = FlowModel { quic_lb: true, ..anycast.clone() };
            let runs = [(&delivery, &anycast), (&delivery, &routed), (&by_dns, &anycast)];
            let [anycast, routed, geodns] = runs.map(|(delivery, model)| {
                let report = breaks(delivery, &schedule, model);
                let broken = report.classes[0].broken;
                assert!(broken.needed >= 0.0 && broken.unneeded >= 0.0, "seed {seed}");
                let by_event: f64 = report.events.iter().map(|it| it.broken.total()).sum();
                near(by_event, broken.total());
                broken
            });
            assert_eq!(geodns.unneeded, 0.0, "seed {seed}");
            assert!(geodns.total() <= routed.total() + 1e-9, "seed {seed}");
            assert!(routed.total() <= anycast.total() + 1e-9, "seed {seed}");
        }
    }
}
