//! What a run comes to: for each event who was hurt, how soon they were served again, where they
//! went, and who did not come back (design section 6).
//!
//! Everything is read off a [`Timeline`] by [`Outcome::of`]; nothing here simulates, but for the
//! question *why* somebody stayed away ([`stay`]), for which the routers are asked again. `outages`
//! attributes, `states` says how things stand between the events, [`tables`] makes columns.
//!
//! An effect belongs to the event that it goes back to, however late it comes. An outage belongs
//! to the event that began it, also where another one ends it. The *window* of an event, in which
//! it is compared before and after, lasts until something else happens, or to the end of the run;
//! events of one instant share a window.

mod outages;
mod states;
pub mod stay;
pub mod tables;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::delivery::Stages;
use crate::load::{LoadLog, LoadStep};
use crate::play::{Timeline, Unfinished, Watch};
use crate::prelude::Prelude;
use crate::script::Script;
pub use states::prefix_to;
pub use stay::{Stayed, Why};

/// What a run comes to. Demand is in the unit of the world (kq/s where it has one).
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// All demand.
    pub demand: f64,
    /// How many sources there are.
    pub sources: u32,
    /// How things stand: first at t = 0, before the events of that instant, then after events that
    /// changed something.
    pub states: Vec<State>,
    /// What each event of the schedule did, in its order.
    pub events: Vec<EventOutcome>,
    /// Demand without service over time: from `at_us` on, `value` of it. The first step is at 0.
    pub unserved: Vec<CurveStep>,
    /// Demand times seconds without service that no event is to blame for: who had none from the
    /// start.
    pub lost_before: f64,
    /// When the run ended, in µs.
    pub end_us: i64,
}

/// How things stand at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// For each site what it serves.
    pub sites: Vec<Share>,
    /// What nobody serves.
    pub unserved: Share,
    /// Sites that are healthy and announced; where DNS steers alone, healthy.
    pub active_sites: u32,
    /// Unweighted mean of the AS path lengths of the sources with a route (models 12.4); `None` if
    /// there is no such source, or DNS steers alone.
    pub path_length_mean: Option<f64>,
}

/// A part of the demand, and how many sources it comes from. A source whose demand is split counts
/// wherever a part of it is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Share {
    /// Demand.
    pub demand: f64,
    /// Sources.
    pub sources: u32,
}

/// From a time on, a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurveStep {
    /// When, in µs.
    pub at_us: i64,
    /// The value from then on.
    pub value: f64,
}

/// What one event did. Times are in µs since the event; `None` is never.
#[derive(Debug, Clone, PartialEq)]
pub struct EventOutcome {
    /// The event as text.
    pub label: String,
    /// When it happened, in µs since the start.
    pub at_us: i64,
    /// When the next thing happened, or the run ended, in µs since the start.
    pub end_us: i64,
    /// State before it, by place in [`Outcome::states`].
    pub before: usize,
    /// State at the end of its window.
    pub after: usize,
    /// Who lost service on its account, for however short.
    pub hurt: Share,
    /// Most demand that was without service on its account at once.
    pub peak: f64,
    /// First notice by a neighbor, or by the health check of the name server.
    pub detected_us: Option<i64>,
    /// When the hurt were served again.
    pub restored: Restored,
    /// Last change of a best route anywhere: the last convergence time.
    pub converged_us: Option<i64>,
    /// When the last stale route, forwarding entry or answer was gone, [`EventOutcome::failover`]
    /// being the other clock. `None` if nothing had to go, or if some stayed.
    pub cleanup_us: Option<i64>,
    /// Announcements and withdrawals.
    pub messages: u64,
    /// Demand times seconds without service; what has none at the end of the run counts up to it.
    pub lost: f64,
    /// Demand that it left without service for good.
    pub unserved_for_good: f64,
    /// Where the time went until the hurt were served again: the mean by demand, in µs.
    pub stages: Option<StageMeans>,
    /// Where it went for those who came last.
    pub last: Option<LastRestored>,
    /// Who went where on its account, largest first.
    pub moves: Vec<Move>,
    /// Sites that had more load than they can carry in its window, in their order.
    pub overloads: Vec<Overload>,
    /// If a site returned: who had been there before it failed, and was elsewhere at the end of the
    /// window.
    pub stayed: Vec<Stayed>,
    /// If a site returned that had failed: who had been there before, left, and was there again at
    /// the end of the window.
    pub came_back: Option<Share>,
    /// Share of the hurt demand that was served again, over time since the event.
    pub recovery: Vec<CurveStep>,
}

/// When hurt demand was served again, for good as far as its event goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// The first of it.
    pub first_us: Option<i64>,
    /// Half of it.
    pub half_us: Option<i64>,
    /// 95 % of it.
    pub most_us: Option<i64>,
    /// All of it.
    pub all_us: Option<i64>,
}

/// Means of [`Stages`] by demand, in µs, over what the event itself restored.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StageMeans {
    /// See [`Stages::detection_us`].
    pub detection_us: f64,
    /// See [`Stages::propagation_us`].
    pub propagation_us: f64,
    /// See [`Stages::mrai_us`].
    pub mrai_us: f64,
    /// See [`Stages::fib_us`].
    pub fib_us: f64,
    /// See [`Stages::client_us`].
    pub client_us: f64,
    /// The demand that they are means of.
    pub demand: f64,
}

/// Who was served again last by what the event itself did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRestored {
    /// The source, by index into the delivery's.
    pub source: u32,
    /// Where its time went.
    pub stages: Stages,
}

/// Demand that changed sites. `None` stands for no service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    /// From where.
    pub from: Option<u32>,
    /// To where.
    pub to: Option<u32>,
    /// How much.
    pub moved: Share,
}

/// A site with more load than it can carry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overload {
    /// The site.
    pub site: u32,
    /// Highest ratio of load to capacity that held for a second in all, since a shorter one is over
    /// before anybody sees it; if none did, the last.
    pub utilization: f64,
    /// Probability that an attempt is lost, found the same way.
    pub loss: f64,
    /// For how long, in µs.
    pub lasted_us: i64,
    /// Whether it is so at the end of the window.
    pub stays: bool,
}

impl EventOutcome {
    /// The clock of users: when the last client that was hurt had a working site again.
    pub fn failover(&self) -> Option<i64> {
        self.restored.all_us
    }
}

impl Outcome {
    /// Reads a run.
    pub fn of(script: &Script<'_>, timeline: &Timeline) -> Outcome {
        let mut go_on = |_, _| ControlFlow::Continue(());
        let outcome = Outcome::read(script, timeline, None, &mut go_on);
        outcome.expect("what has settled once settles again")
    }

    /// The same for whoever has kept the prelude of the run, so that the routers that are asked
    /// need not start up again; at the end of the run, that they need not play it again.
    ///
    /// # Errors
    /// If the watch says so.
    pub fn with(
        script: &Script<'_>,
        timeline: &Timeline,
        prelude: &mut Prelude,
        watch: Watch<'_>,
    ) -> Result<Outcome, Unfinished> {
        Outcome::read(script, timeline, Some(prelude), watch)
    }

    fn read(
        script: &Script<'_>,
        timeline: &Timeline,
        prelude: Option<&mut Prelude>,
        watch: Watch<'_>,
    ) -> Result<Outcome, Unfinished> {
        // Sites that withdrew themselves are events like others.
        let script = &Script { schedule: &timeline.schedule, ..*script };
        let delivery = &timeline.delivery;
        let windows = windows(script, delivery.end_us);
        let (states, places) = states::states(script, timeline, &windows);
        let ledger = outages::Ledger::new(delivery, windows.len());
        let control = control_planes(timeline, windows.len());
        let (mut stayed, back) = stay::stayed(script, timeline, &windows, prelude, watch)?;
        let mut overloads = overloads(&timeline.load, &windows);
        let mut events = Vec::with_capacity(windows.len());
        for (cause, (window, (before, after))) in windows.iter().zip(places).enumerate() {
            let Window { from_us, end_us, .. } = *window;
            let since = |at_us: i64| at_us - from_us;
            let account = ledger.account(cause as u32, from_us);
            let Control { messages, changed_us, written_us, noticed_us } = control[cause];
            // Where DNS steers alone no router notices anything.
            let noticed_us = noticed_us.into_iter().chain(account.noticed_us).min();
            let gone_us = account.stale_until_us.into_iter().chain(written_us).max();
            events.push(EventOutcome {
                label: script.schedule[cause].label.clone(),
                at_us: from_us,
                end_us,
                before,
                after,
                hurt: account.hurt,
                peak: account.peak,
                detected_us: noticed_us.map(since),
                restored: account.restored,
                converged_us: changed_us.map(since),
                cleanup_us: gone_us.filter(|_| !account.stays_stale).map(since),
                messages,
                lost: account.lost,
                unserved_for_good: account.unserved_for_good,
                stages: account.stages,
                last: account.last,
                moves: account.moves,
                overloads: std::mem::take(&mut overloads[cause]),
                stayed: std::mem::take(&mut stayed[cause]),
                came_back: back[cause],
                recovery: account.recovery,
            });
        }
        Ok(Outcome {
            demand: outages::total(delivery.sources.iter().map(|source| source.weight)),
            sources: delivery.sources.len() as u32,
            states,
            events,
            unserved: outages::unserved(delivery),
            lost_before: ledger.lost_before(),
            end_us: delivery.end_us,
        })
    }

    /// Demand times seconds without service, all events together.
    pub fn lost(&self) -> f64 {
        outages::total(self.events.iter().map(|event| event.lost))
    }
}

/// The time of an event, and until when it is alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// When it happens, in µs.
    pub from_us: i64,
    /// When something else does, or the run ends, in µs.
    pub end_us: i64,
    /// Last instant that belongs to it.
    pub last_us: i64,
}

fn windows(script: &Script<'_>, end_us: i64) -> Vec<Window> {
    let schedule = script.schedule;
    let window = |occurrence: &catchment_model::schedule::Occurrence| {
        let from_us = occurrence.at.us;
        let next = schedule.partition_point(|other| other.at.us <= from_us);
        match schedule.get(next) {
            Some(next) => Window { from_us, end_us: next.at.us, last_us: next.at.us - 1 },
            None => Window { from_us, end_us: end_us.max(from_us), last_us: i64::MAX },
        }
    };
    schedule.iter().map(window).collect()
}

/// What the control plane has to say about an event. Times are since the start, in µs.
#[derive(Debug, Clone, Copy, Default)]
struct Control {
    messages: u64,
    /// Last change of a best route, and of a forwarding table.
    changed_us: Option<i64>,
    written_us: Option<i64>,
    noticed_us: Option<i64>,
}

fn control_planes(timeline: &Timeline, events: usize) -> Vec<Control> {
    let mut control = vec![Control::default(); events];
    for log in &timeline.routes {
        for (event, count) in control.iter_mut().zip(&log.counts) {
            event.messages += count.messages();
            if count.changes > 0 {
                event.changed_us = event.changed_us.max(Some(count.last_change_us));
            }
        }
        for change in &log.changes {
            if let Some(event) = control.get_mut(change.best.cause as usize) {
                event.written_us = event.written_us.max(Some(change.fib_us.max(change.at_us)));
            }
        }
        for notice in &log.notices {
            if let Some(event) = control.get_mut(notice.cause as usize) {
                event.noticed_us = event.noticed_us.into_iter().chain([notice.at_us]).min();
            }
        }
    }
    control
}

/// What is over sooner is no overload that anybody would see.
const OVERLOAD_MIN_US: i64 = 1_000_000;

/// For each event the sites with too much load in its window, for more than an instant. Events of
/// one instant share them.
fn overloads(load: &LoadLog, windows: &[Window]) -> Vec<Vec<Overload>> {
    let mut found: Vec<Vec<Overload>> = Vec::with_capacity(windows.len());
    let mut now: BTreeMap<u32, LoadStep> = BTreeMap::new();
    let mut steps = load.steps.iter().peekable();
    for (index, window) in windows.iter().enumerate() {
        if index > 0 && windows[index - 1] == *window {
            found.push(found[index - 1].clone());
            continue;
        }
        // What holds when the window opens was written before it.
        while let Some(step) = steps.next_if(|step| step.at_us <= window.from_us) {
            now.insert(step.site, *step);
        }
        let mut pieces: BTreeMap<u32, Vec<Piece>> = BTreeMap::new();
        while let Some(step) = steps.next_if(|step| step.at_us <= window.last_us) {
            if let Some(before) = now.insert(step.site, *step) {
                add_piece(&mut pieces, &before, window, step.at_us);
            }
        }
        // What is so at the end of the run stays so, also where the run ends with it.
        let is_last = window.last_us == i64::MAX;
        for step in now.values() {
            let least_us = step.at_us.max(window.from_us) + i64::from(is_last);
            add_piece(&mut pieces, step, window, window.end_us.max(least_us));
        }
        let overloads = pieces.iter().map(|(site, pieces)| {
            let stays = now[site].utilization > 1.0;
            overload_of(*site, pieces, stays, stays && is_last)
        });
        let counts = |it: &Overload| it.stays || it.lasted_us >= OVERLOAD_MIN_US;
        found.push(overloads.filter(counts).collect());
    }
    found
}

/// A part of a window in which a site had too much load of one size.
#[derive(Debug, Clone, Copy)]
struct Piece {
    utilization: f64,
    loss: f64,
    lasted_us: i64,
}

/// Adds a step that ends at a time, as far as it lies in a window.
fn add_piece(
    pieces: &mut BTreeMap<u32, Vec<Piece>>,
    step: &LoadStep,
    window: &Window,
    until_us: i64,
) {
    let LoadStep { at_us, site, utilization, loss, .. } = *step;
    let lasted_us = until_us - at_us.max(window.from_us);
    if utilization > 1.0 && lasted_us > 0 {
        pieces.entry(site).or_default().push(Piece { utilization, loss, lasted_us });
    }
}

/// The overload that pieces make up; the last of them goes on after the run if it is `for_good`.
fn overload_of(site: u32, pieces: &[Piece], stays: bool, for_good: bool) -> Overload {
    let held = |value: fn(&Piece) -> f64| {
        let mut values: Vec<(f64, i64)> =
            pieces.iter().map(|piece| (value(piece), piece.lasted_us)).collect();
        let last = values.last_mut().expect("a site has a piece, or no entry");
        let last_value = last.0;
        last.1 = if for_good { OVERLOAD_MIN_US } else { last.1 };
        values.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut sum_us = 0;
        let held = values.iter().find(|(_, lasted_us)| {
            sum_us += lasted_us;
            sum_us >= OVERLOAD_MIN_US
        });
        held.map_or(last_value, |(value, _)| *value)
    };
    Overload {
        site,
        utilization: held(|piece| piece.utilization),
        loss: held(|piece| piece.loss),
        lasted_us: pieces.iter().map(|piece| piece.lasted_us).sum(),
        stays,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000;

    fn step(at_s: i64, utilization: f64) -> LoadStep {
        LoadStep {
            at_us: at_s * S,
            site: 3,
            legit_kqps: 0.0,
            legit_gbps: 0.0,
            attack_kqps: 0.0,
            attack_gbps: 0.0,
            offered_kqps: 0.0,
            offered_gbps: 0.0,
            utilization,
            loss: (1.0 - 1.0 / utilization).max(0.0),
            served: 1.0,
        }
    }

    fn window(from_s: i64, end_s: i64, last: bool) -> Window {
        let last_us = if last { i64::MAX } else { end_s * S - 1 };
        Window { from_us: from_s * S, end_us: end_s * S, last_us }
    }

    #[test]
    fn overloads_count_in_the_windows_that_they_lie_in() {
        let load = LoadLog {
            steps: vec![step(0, 0.5), step(10, 2.0), step(70, 4.0), step(80, 0.5)],
            end_us: 100 * S,
        };
        let windows = [window(10, 20, false), window(20, 100, true), window(20, 100, true)];
        let told: Vec<Vec<(f64, i64, bool)>> = overloads(&load, &windows)
            .iter()
            .map(|of| of.iter().map(|it| (it.utilization, it.lasted_us / S, it.stays)).collect())
            .collect();
        assert_eq!(told, [vec![(2.0, 10, true)], vec![(4.0, 60, false)], vec![(4.0, 60, false)]]);
    }

    #[test]
    fn an_overload_of_an_instant_is_none_and_one_at_the_end_lasts() {
        let mut load = LoadLog { steps: vec![step(0, 9.0)], end_us: 0 };
        assert!(overloads(&load, &[window(0, 0, true)])[0][0].stays);
        load.steps = vec![step(0, 0.5), step(5, 9.0)];
        load.steps.push(LoadStep { at_us: 5 * S + S / 2, ..step(0, 0.5) });
        assert_eq!(overloads(&load, &[window(5, 50, true)]), [vec![]]);
    }

    #[test]
    fn a_peak_of_an_instant_does_not_stand_for_the_overload() {
        let at = |at_us: i64, utilization: f64| LoadStep { at_us, ..step(0, utilization) };
        let mut load =
            LoadLog { steps: vec![at(0, 0.5), at(S, 6.4), at(S + 10_000, 4.6)], end_us: S };
        let told = |load: &LoadLog, window: Window| overloads(load, &[window])[0][0].utilization;
        // Whether the run goes on, or ends with the last change.
        assert_eq!(told(&load, window(1, 600, false)), 4.6);
        assert_eq!(told(&load, Window { end_us: S + 10_000, ..window(1, 1, true) }), 4.6);
        // Two peaks that make up a second are one.
        load.steps.extend([at(9 * S, 6.4), at(10 * S, 4.6)]);
        assert_eq!(told(&load, window(1, 600, false)), 6.4);
    }
}
