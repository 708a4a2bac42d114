//! Who lost service on whose account, and for how long: the changes of fate, sorted by the event
//! that they go back to.

use std::collections::BTreeSet;

use crate::delivery::{Delivery, Fate, NO_CAUSE, Stages};

use super::{CurveStep, LastRestored, Move, Restored, Share, StageMeans};

/// Demand is a sum of floats: what is this close to a limit has reached it.
const CLOSE: f64 = 1.0 - 1e-9;

/// A stream without service.
#[derive(Debug, Clone, Copy)]
struct Outage {
    /// The event that began it.
    cause: u32,
    stream: u32,
    from_us: i64,
    /// When it ended, by which event, and where the time since that one went.
    end: Option<(i64, u32, Stages)>,
}

/// One change of a stream with what was before.
#[derive(Debug, Clone, Copy)]
struct Step {
    cause: u32,
    stream: u32,
    from: Option<u32>,
    to: Option<u32>,
}

/// What an event did to clients. Times are since the start of the run, in µs, but for those of
/// `restored` and `recovery`, which are since the event.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub hurt: Share,
    pub peak: f64,
    pub restored: Restored,
    pub lost: f64,
    pub unserved_for_good: f64,
    pub stages: Option<StageMeans>,
    pub last: Option<LastRestored>,
    pub moves: Vec<Move>,
    pub recovery: Vec<CurveStep>,
    /// When DNS first answered otherwise.
    pub noticed_us: Option<i64>,
    /// When the last packet went to a dead site or into a dead link.
    pub stale_until_us: Option<i64>,
    /// Whether some still do at the end of the run.
    pub stays_stale: bool,
}

/// The changes of a run by event.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    delivery: &'a Delivery,
    /// Ascending by (cause, stream, time).
    outages: Vec<Outage>,
    /// Ascending by (cause, stream, time).
    steps: Vec<Step>,
    /// By event: until when packets went astray, and whether they still do.
    stale: Vec<(Option<i64>, bool)>,
    /// By event: when it was first noticed, as far as the stages of changes say so.
    noticed_us: Vec<Option<i64>>,
}

impl<'a> Ledger<'a> {
    pub fn new(delivery: &'a Delivery, events: usize) -> Ledger<'a> {
        let mut outages = Vec::new();
        let mut steps = Vec::with_capacity(delivery.changes.len());
        let mut stale = vec![(None, false); events];
        let mut noticed_us: Vec<Option<i64>> = vec![None; events];
        let mut fates = delivery.start.clone();
        // Outage of each stream, and the event on whose account its packets go astray.
        let begin = |fate: &Fate, stream: u32| {
            let outage = Outage { cause: NO_CAUSE, stream, from_us: 0, end: None };
            fate.site().is_none().then_some(outage)
        };
        let mut open: Vec<Option<Outage>> =
            (0..).zip(&fates).map(|(stream, fate)| begin(fate, stream)).collect();
        let is_stale = |fate: Fate| matches!(fate, Fate::Stale(_));
        let mut astray = vec![NO_CAUSE; fates.len()];
        for change in &delivery.changes {
            let at = change.stream as usize;
            let before = std::mem::replace(&mut fates[at], change.fate);
            steps.push(Step {
                cause: change.cause,
                stream: change.stream,
                from: before.site(),
                to: change.fate.site(),
            });
            if change.fate.site().is_some() {
                if let Some(mut outage) = open[at].take() {
                    outage.end = Some((change.at_us, change.cause, change.stages));
                    outages.push(outage);
                }
            } else if open[at].is_none() {
                let (cause, stream, from_us) = (change.cause, change.stream, change.at_us);
                open[at] = Some(Outage { cause, stream, from_us, end: None });
            }
            if is_stale(before) && !is_stale(change.fate) {
                if let Some(entry) = stale.get_mut(astray[at] as usize) {
                    entry.0 = entry.0.max(Some(change.at_us));
                }
                astray[at] = NO_CAUSE;
            } else if !is_stale(before) && is_stale(change.fate) {
                astray[at] = change.cause;
            }
            let Stages { detection_us, client_us, .. } = change.stages;
            if let Some(entry) = noticed_us.get_mut(change.cause as usize)
                && client_us > 0
            {
                let total_us = total_us(&change.stages);
                let at_us = change.at_us - total_us + detection_us;
                *entry = Some(entry.map_or(at_us, |known| known.min(at_us)));
            }
        }
        outages.extend(open.into_iter().flatten());
        for (stream, fate) in fates.iter().enumerate() {
            if is_stale(*fate)
                && let Some(entry) = stale.get_mut(astray[stream] as usize)
            {
                entry.1 = true;
            }
        }
        outages.sort_by_key(|outage| (outage.cause, outage.stream, outage.from_us));
        // Stable: changes of one stream stay in order.
        steps.sort_by_key(|step| (step.cause, step.stream));
        Ledger { delivery, outages, steps, stale, noticed_us }
    }

    fn outages_of(&self, cause: u32) -> &[Outage] {
        let first = self.outages.partition_point(|outage| outage.cause < cause);
        let end = self.outages.partition_point(|outage| outage.cause <= cause);
        &self.outages[first..end]
    }

    fn lost(&self, outage: &Outage) -> f64 {
        let end_us = outage.end.map_or(self.delivery.end_us, |(at_us, ..)| at_us);
        self.delivery.weight(outage.stream) * (end_us - outage.from_us).max(0) as f64 / 1e6
    }

    /// Demand times seconds without service on no event's account.
    pub fn lost_before(&self) -> f64 {
        total(self.outages_of(NO_CAUSE).iter().map(|outage| self.lost(outage)))
    }

    /// What an event at `from_us` did.
    pub fn account(&self, cause: u32, from_us: i64) -> Account {
        let outages = self.outages_of(cause);
        let (stale_until_us, stays_stale) = self.stale[cause as usize];
        let mut account = Account {
            peak: self.peak(outages),
            lost: total(outages.iter().map(|outage| self.lost(outage))),
            moves: self.moves(cause),
            noticed_us: self.noticed_us[cause as usize],
            stale_until_us,
            stays_stale,
            ..Account::default()
        };
        // A stream is served again when its last outage on this account ends.
        let lasts: Vec<Outage> =
            outages.chunk_by(|a, b| a.stream == b.stream).map(|of| of[of.len() - 1]).collect();
        let weight = |outage: &Outage| self.delivery.weight(outage.stream);
        account.hurt = Share {
            demand: total(lasts.iter().map(weight)),
            sources: self.sources(lasts.iter().map(|outage| outage.stream)),
        };
        let left = lasts.iter().filter(|outage| outage.end.is_none());
        account.unserved_for_good = total(left.map(weight));
        let mut ends: Vec<(i64, f64)> = lasts
            .iter()
            .filter_map(|outage| Some((outage.end?.0 - from_us, weight(outage))))
            .collect();
        ends.sort_by_key(|(after_us, _)| *after_us);
        let whole = ends.len() == lasts.len();
        (account.restored, account.recovery) = recovery(&ends, account.hurt.demand, whole);
        let own: Vec<(&Outage, i64, Stages)> = lasts
            .iter()
            .filter_map(|outage| match outage.end {
                Some((at_us, by, stages)) if by == cause => Some((outage, at_us, stages)),
                _ => None,
            })
            .collect();
        account.last = own
            .iter()
            .max_by_key(|(outage, at_us, _)| (*at_us, std::cmp::Reverse(outage.stream)))
            .map(|(outage, _, stages)| LastRestored {
                source: self.delivery.streams[outage.stream as usize].source,
                stages: *stages,
            });
        account.stages = means(own.iter().map(|(outage, _, stages)| (weight(outage), *stages)));
        account
    }

    /// How many sources some streams have; streams ascend by source.
    fn sources(&self, streams: impl Iterator<Item = u32>) -> u32 {
        let source = |stream: u32| self.delivery.streams[stream as usize].source;
        streams.map(source).collect::<BTreeSet<u32>>().len() as u32
    }

    /// Most demand that is in these outages at once.
    fn peak(&self, outages: &[Outage]) -> f64 {
        let mut edges: Vec<(i64, bool, f64)> = Vec::with_capacity(2 * outages.len());
        for outage in outages {
            let weight = self.delivery.weight(outage.stream);
            edges.push((outage.from_us, true, weight));
            if let Some((at_us, ..)) = outage.end {
                edges.push((at_us, false, weight));
            }
        }
        // Those that end make room first.
        edges.sort_by_key(|(at_us, begins, _)| (*at_us, *begins));
        let (mut now, mut peak, mut count) = (0.0, 0.0_f64, 0_u32);
        for (_, begins, weight) in edges {
            (now, count) =
                if begins { (now + weight, count + 1) } else { (now - weight, count - 1) };
            // Sums of floats do not come back to nothing by themselves.
            now = if count == 0 { 0.0 } else { now };
            peak = peak.max(now);
        }
        peak
    }

    /// Who went where on an event's account: from before its first change to after its last.
    fn moves(&self, cause: u32) -> Vec<Move> {
        let first = self.steps.partition_point(|step| step.cause < cause);
        let end = self.steps.partition_point(|step| step.cause <= cause);
        let ways = self.steps[first..end].chunk_by(|a, b| a.stream == b.stream);
        let mut ways: Vec<(Option<u32>, Option<u32>, u32)> = ways
            .map(|steps| (steps[0].from, steps[steps.len() - 1].to, steps[0].stream))
            .filter(|(from, to, _)| from != to)
            .collect();
        ways.sort_unstable();
        let mut moves: Vec<Move> = ways
            .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
            .map(|ways| Move {
                from: ways[0].0,
                to: ways[0].1,
                moved: Share {
                    demand: total(ways.iter().map(|way| self.delivery.weight(way.2))),
                    sources: self.sources(ways.iter().map(|way| way.2)),
                },
            })
            .collect();
        moves.sort_by(|a, b| {
            let larger = b.moved.demand.total_cmp(&a.moved.demand);
            larger.then((a.from, a.to).cmp(&(b.from, b.to)))
        });
        moves
    }
}

/// Sums from 0, so that nothing is 0 and not -0, as the sum of the library has it.
pub(super) fn total(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

fn total_us(stages: &Stages) -> i64 {
    let Stages { detection_us, propagation_us, mrai_us, fib_us, client_us } = *stages;
    detection_us + propagation_us + mrai_us + fib_us + client_us
}

/// When parts of `hurt` were served again, and the curve of it. `ends` ascends by time; `whole`
/// says whether nobody is missing.
fn recovery(ends: &[(i64, f64)], hurt: f64, whole: bool) -> (Restored, Vec<CurveStep>) {
    let last_us = ends.last().map(|end| end.0);
    let mut marks = Restored {
        first_us: ends.first().map(|end| end.0),
        all_us: last_us.filter(|_| whole),
        ..Restored::default()
    };
    let mut curve: Vec<CurveStep> = Vec::new();
    let mut sum = 0.0;
    for (after_us, demand) in ends {
        sum += demand;
        for (mark, share) in [(&mut marks.half_us, 0.5), (&mut marks.most_us, 0.95)] {
            if mark.is_none() && sum >= share * hurt * CLOSE {
                *mark = Some(*after_us);
            }
        }
        // Sums in another order differ in their last digits.
        let is_last = Some(*after_us) == marks.all_us;
        let value = if is_last || hurt == 0.0 { 1.0 } else { sum / hurt };
        match curve.last_mut() {
            Some(last) if last.at_us == *after_us => last.value = value,
            _ => curve.push(CurveStep { at_us: *after_us, value }),
        }
    }
    (marks, curve)
}

fn means(of: impl Iterator<Item = (f64, Stages)>) -> Option<StageMeans> {
    let mut sum = StageMeans::default();
    for (weight, stages) in of {
        let Stages { detection_us, propagation_us, mrai_us, fib_us, client_us } = stages;
        sum.detection_us += weight * detection_us as f64;
        sum.propagation_us += weight * propagation_us as f64;
        sum.mrai_us += weight * mrai_us as f64;
        sum.fib_us += weight * fib_us as f64;
        sum.client_us += weight * client_us as f64;
        sum.demand += weight;
    }
    (sum.demand > 0.0).then(|| StageMeans {
        detection_us: sum.detection_us / sum.demand,
        propagation_us: sum.propagation_us / sum.demand,
        mrai_us: sum.mrai_us / sum.demand,
        fib_us: sum.fib_us / sum.demand,
        client_us: sum.client_us / sum.demand,
        demand: sum.demand,
    })
}

/// Demand without service over time.
pub(super) fn unserved(delivery: &Delivery) -> Vec<CurveStep> {
    let mut fates = delivery.start.clone();
    let (mut now, mut count) = (0.0, 0_u32);
    for (stream, fate) in (0..).zip(&fates) {
        if fate.site().is_none() {
            now += delivery.weight(stream);
            count += 1;
        }
    }
    let mut curve = vec![CurveStep { at_us: 0, value: now }];
    for change in &delivery.changes {
        let before = std::mem::replace(&mut fates[change.stream as usize], change.fate);
        let weight = delivery.weight(change.stream);
        match (before.site().is_some(), change.fate.site().is_some()) {
            (true, false) => (now, count) = (now + weight, count + 1),
            (false, true) => (now, count) = (now - weight, count - 1),
            _ => continue,
        }
        // Sums of floats do not come back to nothing by themselves.
        now = if count == 0 { 0.0 } else { now };
        let last = curve.last_mut().expect("the curve begins at 0");
        if last.at_us == change.at_us {
            last.value = now;
        } else {
            curve.push(CurveStep { at_us: change.at_us, value: now });
        }
    }
    curve
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::{FateChange, Source, Stream};

    const S: i64 = 1_000_000;

    /// A delivery of sources with these weights, all served by site 0 at first. Each change: time
    /// in s, stream, fate, cause.
    fn delivery(weights: &[f64], changes: &[(i64, u32, Fate, u32)], end_s: i64) -> Delivery {
        let source = |weight: &f64| Source {
            name: String::new(),
            router: 0,
            region: String::new(),
            weight: *weight,
            gbps: 0.0,
        };
        let change = |(at_s, stream, fate, cause): &(i64, u32, Fate, u32)| FateChange {
            at_us: at_s * S,
            stream: *stream,
            fate: *fate,
            cause: *cause,
            stages: Stages { detection_us: S, propagation_us: (at_s - 1) * S, ..Stages::default() },
            answer: false,
        };
        Delivery {
            sources: weights.iter().map(source).collect(),
            streams: (0..weights.len() as u32)
                .map(|source| Stream { source, share: 1.0 })
                .collect(),
            start: vec![Fate::Served(0); weights.len()],
            changes: changes.iter().map(change).collect(),
            end_us: end_s * S,
        }
    }

    const STALE: Fate = Fate::Stale(Some(0));

    #[test]
    fn marks_follow_the_demand_not_the_number_of_clients() {
        let away = Fate::Served(1);
        let delivery = delivery(
            &[60.0, 36.0, 4.0],
            &[
                (0, 0, STALE, 0),
                (0, 1, STALE, 0),
                (0, 2, STALE, 0),
                (2, 2, away, 0),
                (3, 0, away, 0),
                (5, 1, away, 0),
            ],
            10,
        );
        let account = Ledger::new(&delivery, 1).account(0, 0);
        let marks = account.restored;
        let marks = [marks.first_us, marks.half_us, marks.most_us, marks.all_us];
        assert_eq!(marks, [2, 3, 5, 5].map(|s| Some(s * S)));
        assert_eq!((account.hurt.demand, account.hurt.sources, account.peak), (100.0, 3, 100.0));
        assert_eq!(account.lost, 2.0 * 4.0 + 3.0 * 60.0 + 5.0 * 36.0);
        let shares: Vec<f64> = account.recovery.iter().map(|step| step.value).collect();
        assert_eq!(shares, [0.04, 0.64, 1.0]);
        assert_eq!((account.stale_until_us, account.stays_stale), (Some(5 * S), false));
        let [way] = account.moves[..] else { panic!("{:?}", account.moves) };
        assert_eq!((way.from, way.to, way.moved.sources), (Some(0), Some(1), 3));
        let means = account.stages.unwrap();
        assert_eq!((means.detection_us, means.demand), (1e6, 100.0));
        assert_eq!(account.last.unwrap().source, 1);
    }

    #[test]
    fn an_outage_is_on_the_account_of_the_event_that_began_it() {
        let delivery = delivery(
            &[1.0],
            &[(0, 0, STALE, 0), (600, 0, Fate::Served(0), 1), (700, 0, Fate::Served(1), 1)],
            700,
        );
        let ledger = Ledger::new(&delivery, 2);
        let (first, second) = (ledger.account(0, 0), ledger.account(1, 600 * S));
        assert_eq!(first.restored.all_us, Some(600 * S));
        assert_eq!((first.lost, second.lost, second.hurt.sources), (600.0, 0.0, 0));
        // What another event restored says nothing about the stages of this one.
        assert_eq!((first.stages, first.last), (None, None));
        assert_eq!((first.stale_until_us, second.stale_until_us), (Some(600 * S), None));
        assert_eq!((first.moves[0].to, second.moves[0].from), (None, None));
    }

    #[test]
    fn who_loses_service_again_was_not_served_for_good() {
        let delivery = delivery(
            &[1.0, 1.0],
            &[
                (0, 0, STALE, 0),
                (1, 0, Fate::Served(1), 0),
                (2, 0, Fate::Looping, 0),
                (2, 1, Fate::NoRoute, 0),
                (4, 0, Fate::Served(1), 0),
            ],
            10,
        );
        let account = Ledger::new(&delivery, 1).account(0, 0);
        assert_eq!(account.restored.first_us, Some(4 * S));
        assert_eq!(account.restored.half_us, Some(4 * S));
        assert_eq!(account.restored.all_us, None);
        assert_eq!((account.lost, account.peak), (1.0 + 2.0 + 8.0, 2.0));
        assert_eq!((account.hurt.demand, account.unserved_for_good), (2.0, 1.0));
        assert_eq!(account.stale_until_us, Some(S));
        let unserved: Vec<(i64, f64)> =
            unserved(&delivery).iter().map(|step| (step.at_us / S, step.value)).collect();
        assert_eq!(unserved, [(0, 1.0), (1, 0.0), (2, 2.0), (4, 1.0)]);
    }

    #[test]
    fn who_never_had_service_is_on_nobodys_account() {
        let mut delivery = delivery(&[2.0, 1.0], &[(3, 1, Fate::NoRoute, 0)], 5);
        delivery.start[0] = Fate::NoRoute;
        let ledger = Ledger::new(&delivery, 1);
        assert_eq!((ledger.lost_before(), ledger.account(0, 3 * S).lost), (10.0, 2.0));
    }

    #[test]
    fn nothing_is_lost_where_nothing_happens() {
        let account = Ledger::new(&delivery(&[1.0], &[], 0), 1).account(0, 0);
        assert_eq!(account.restored, Restored::default());
        // Not minus 0, which a table would show.
        assert!(account.lost.is_sign_positive() && account.hurt.demand.is_sign_positive());
    }
}
