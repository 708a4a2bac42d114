//! Plays a script: control plane, data plane, and what clients see of both.

use std::ops::ControlFlow;

use catchment_model::scenario::Steering;
use catchment_model::service::Site;
use catchment_model::{Asn, Community};
use thiserror::Error;

use crate::agenda::{ANNOUNCED_APART_US, Course, Notice};
use crate::delivery::{Delivery, NO_CAUSE};
use crate::engine::adjacency::Adjacency;
use crate::engine::paths::Paths;
use crate::engine::{Best, Count, NO_SLOT, OWN, Pause, RouteChange};
use crate::plane::{self, Forwarding, Ground, Hop, HopChange};
use crate::script::Script;

/// A run that was given up, or given back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfinished {
    /// Some routers go on changing their minds, and would for ever.
    #[error(
        "the routing does not settle: after {messages} messages, at {at_s} s, {} keep changing \
         their best route", list(.ases)
    )]
    Oscillation {
        /// Who changed most often, ascending.
        ases: Vec<Asn>,
        /// Messages since the last event.
        messages: u64,
        /// Simulated time in whole seconds.
        at_s: i64,
    },
    /// Whoever asked does not want to know any more.
    #[error("cancelled")]
    Cancelled,
}

fn list(ases: &[Asn]) -> String {
    let mut names: Vec<String> = ases.iter().take(10).map(|asn| format!("AS{asn}")).collect();
    if ases.len() > names.len() {
        names.push(format!("{} more", ases.len() - names.len()));
    }
    names.join(", ")
}

/// How far a run is: (steps done, steps in all). Answers whether it should go on.
pub type Watch<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

/// Control plane of one prefix over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteLog {
    /// The prefix, by index into the service's.
    pub prefix: u16,
    /// Best routes at t = 0, before the events of that instant.
    pub start: Vec<Best>,
    /// Changes of best routes after that, ascending by time.
    pub changes: Vec<RouteChange>,
    /// For each occurrence of the schedule, what was counted for it.
    pub counts: Vec<Count>,
    /// What was counted for the start-up.
    pub startup: Count,
    /// Who noticed what, ascending by time.
    pub notices: Vec<Notice>,
    /// The paths that the best routes name.
    pub paths: Paths,
}

impl RouteLog {
    /// Best routes at a time, all changes of that instant applied.
    pub fn at(&self, at_us: i64) -> Vec<Best> {
        let mut best = self.start.clone();
        for change in &self.changes[..self.changes.partition_point(|it| it.at_us <= at_us)] {
            best[change.router as usize] = change.best;
        }
        best
    }
}

/// What a run produced.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// Control plane of each prefix that was played; none where DNS alone steers.
    pub routes: Vec<RouteLog>,
    /// What became of the clients' packets.
    pub delivery: Delivery,
}

/// Plays a script from before the first announcement to the last timer.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn play(script: &Script<'_>, watch: Watch<'_>) -> Result<Timeline, Unfinished> {
    let Script { situation, .. } = *script;
    if script.steering == Steering::GeoDns {
        unimplemented!();
    }
    let adjacency = Adjacency::new(situation.world, situation.rules);
    let mut routes = Vec::new();
    let mut layers = Vec::new();
    let mut ground = None;
    for prefix in covering(script, script.prefix) {
        let (log, course) = play_prefix(script, &adjacency, prefix, watch)?;
        layers.push(forwarding(script, &course, &log));
        ground.get_or_insert((course.site_changes.clone(), course.wire_changes.clone()));
        routes.push(log);
    }
    let (sites, wires) = ground.expect("a prefix covers itself");
    let cut: Vec<(u32, u32)> = situation.overlay.down.iter().copied().collect();
    let ground = Ground {
        ends: &ends(script, script.prefix),
        cut: &cut,
        sites: &sites,
        site_count: situation.service.sites.len(),
        wires: &wires,
        notices: &routes[0].notices,
        schedule: script.schedule,
    };
    let mut delivery = plane::deliver(&layers, &ground, script.sources());
    for log in &routes {
        let last_us = log.changes.last().map_or(0, |change| change.fib_us);
        delivery.end_us = delivery.end_us.max(last_us);
    }
    if let Some(last) = script.schedule.last() {
        delivery.end_us = delivery.end_us.max(last.at.us);
    }
    Ok(Timeline { routes, delivery })
}

/// The prefixes that packets to an address of `prefix` can follow, longest first.
fn covering(script: &Script<'_>, prefix: u16) -> Vec<u16> {
    let prefixes = &script.situation.service.prefixes;
    let mut covering: Vec<u16> = (0..prefixes.len() as u16)
        .filter(|other| prefixes[usize::from(*other)].contains(&prefixes[usize::from(prefix)]))
        .collect();
    covering.sort_by_key(|other| std::cmp::Reverse(prefixes[usize::from(*other)].length()));
    covering
}

/// Routers that belong to sites: router, site, and whether it is all there is of its AS.
fn ends(script: &Script<'_>, prefix: u16) -> Vec<(u32, u32, bool)> {
    let Script { situation, .. } = *script;
    let layers = covering(script, prefix);
    (0..)
        .zip(&situation.service.sites)
        .filter(|(_, site)| {
            site.own_router && layers.iter().any(|layer| site.prefixes.contains(layer))
        })
        .map(|(index, site)| {
            let world = situation.world;
            let alone = world.routers_of(world.router_as[site.router as usize]).len() == 1;
            (site.router, index, alone)
        })
        .collect()
}

/// What forwarding tables make of a control plane.
fn forwarding(script: &Script<'_>, course: &Course<'_>, log: &RouteLog) -> Forwarding {
    let sites = &script.situation.service.sites;
    let own = |router: u32| {
        let here = |site: &&Site| site.router == router && site.prefixes.contains(&log.prefix);
        let index = sites.iter().position(|site| here(&site));
        index.map_or(Hop::None, |index| Hop::Own(index as u32))
    };
    let hop = |router: u32, best: &Best| match best.slot {
        NO_SLOT => Hop::None,
        OWN => own(router),
        slot => {
            let said = course.engine.paths().announcement(best.told.path());
            match said.is_some_and(|said| said.communities.contains(&Community::Blackhole)) {
                true => Hop::Drop,
                false => Hop::To(course.adjacency().peer(slot)),
            }
        }
    };
    let start = (0..).zip(&log.start).map(|(router, best)| hop(router, best)).collect();
    // A router writes in the order in which it decided.
    let mut written_us = vec![i64::MIN; log.start.len()];
    let mut changes: Vec<HopChange> = log
        .changes
        .iter()
        .map(|change| {
            let written_us = &mut written_us[change.router as usize];
            *written_us = change.fib_us.max(*written_us);
            HopChange {
                at_us: *written_us,
                router: change.router,
                hop: hop(change.router, &change.best),
                decided_us: change.at_us,
                waited_us: change.best.waited_us,
                cause: change.best.cause,
            }
        })
        .collect();
    changes.sort_by_key(|change| change.at_us);
    Forwarding { start, changes }
}
/// Plays the control plane of one prefix from before the first announcement to the last timer.
///
/// # Errors
/// If it does not settle, or is cancelled.
pub fn play_prefix<'a>(
    script: &Script<'a>,
    adjacency: &'a Adjacency,
    prefix: u16,
    watch: Watch<'_>,
) -> Result<(RouteLog, Course<'a>), Unfinished> {
    let mut course = Course::new(script, adjacency, prefix);
    course.announce(ANNOUNCED_APART_US);
    drive(&mut course, -1, watch)?;
    let routers = script.situation.world.router_count() as u32;
    let start = (0..routers).map(|router| course.engine.best(router)).collect();
    course.engine.record();
    drive(&mut course, i64::MAX, watch)?;
    let changes = course.engine.take_log();
    let counts =
        (0..script.schedule.len() as u32).map(|cause| course.engine.count(cause)).collect();
    let log = RouteLog {
        prefix,
        start,
        changes,
        counts,
        startup: course.engine.count(NO_CAUSE),
        notices: course.notices.clone(),
        paths: course.engine.paths().clone(),
    };
    Ok((log, course))
}

/// Advances a course step by step, so that it can be watched and cancelled.
pub(crate) fn drive(
    course: &mut Course<'_>,
    to_us: i64,
    watch: Watch<'_>,
) -> Result<(), Unfinished> {
    loop {
        if watch(course.steps_done(), course.steps_known()).is_break() {
            return Err(Unfinished::Cancelled);
        }
        let next_us = course.next_step_us().filter(|at_us| *at_us <= to_us);
        match course.advance(next_us.unwrap_or(to_us)) {
            Pause::Reached if next_us.is_none() => return Ok(()),
            Pause::Reached => {}
            Pause::Exhausted(ases) => {
                return Err(Unfinished::Oscillation {
                    ases,
                    messages: course.budget(),
                    at_s: course.engine.now_us().div_euclid(1_000_000),
                });
            }
        }
    }
}
