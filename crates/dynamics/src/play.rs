//! Plays a script: control plane, data plane, what clients see of both, and what the sites carry.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use catchment_model::rules::Overload;
use catchment_model::scenario::{FailureKind, Steering};
use catchment_model::schedule::{Bots, Deed, Occurrence};
use catchment_model::{Asn, Duration, Rules};
use thiserror::Error;

use crate::agenda::{Course, Notice, SiteChange, WireChange};
use crate::delivery::{Delivery, FateChange, NO_CAUSE, Source};
use crate::engine::adjacency::Adjacency;
use crate::engine::paths::Paths;
use crate::engine::{Best, Count, Pause, RouteChange, SpreadChange};
use crate::forwarding::Routes;
use crate::geodns;
use crate::hybrid;
use crate::load::{self, Demand, LoadLog};
use crate::plane::{self, Forwarding, Ground};
use crate::prelude::{self, Prelude};
use crate::script::Script;
use crate::spread::Buckets;

/// A run that was given up, or given back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfinished {
    /// Some routers go on changing their minds, and would for ever.
    #[error(
        "the routing does not settle: after {} million messages, {}, {} keep changing their best \
         route", millions(.messages), when(.at_s), list(.ases)
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

/// The budgets of messages lie between a million and a hundred.
fn millions(messages: &u64) -> u64 {
    messages.div_ceil(1_000_000)
}

fn when(at_s: &i64) -> String {
    match at_s {
        ..0 => "while the sites are announced".to_owned(),
        at_s => format!("at {}", Duration::from_s(*at_s)),
    }
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
#[derive(Debug, Clone)]
pub struct RouteLog {
    /// The prefix, by index into the service's.
    pub prefix: u16,
    /// All paths that the routes name.
    pub paths: Arc<Paths>,
    /// Best routes at t = 0, before the events of that instant.
    pub start: Vec<Best>,
    /// Changes of best routes after that, ascending by time.
    pub changes: Vec<RouteChange>,
    /// Equal routes of routers at t = 0, by router, where flows are spread (models 5.4).
    pub start_spread: BTreeMap<u32, Vec<u32>>,
    /// Changes of those, ascending by time.
    pub spreads: Vec<SpreadChange>,
    /// For each occurrence of the schedule, what was counted for it.
    pub counts: Vec<Count>,
    /// What was counted for the start-up.
    pub startup: Count,
    /// Who noticed what, ascending by time.
    pub notices: Vec<Notice>,
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
    /// What happened: the schedule of the script, and sites that withdrew themselves under load.
    /// Causes are places in it.
    pub schedule: Vec<Occurrence>,
    /// Control plane of each prefix that was played, ascending; none where DNS alone steers.
    pub routes: Vec<RouteLog>,
    /// What became of the clients' packets.
    pub delivery: Delivery,
    /// What became of the packets of all other routers, if the script asks for them; else empty.
    pub bystanders: Delivery,
    /// What became of the packets of each attack that comes from routers, by its place in the
    /// schedule. Weights are shares of the attack.
    pub bots: BTreeMap<u32, Delivery>,
    /// What the sites were offered, and what they could answer.
    pub load: LoadLog,
}

/// Plays a script from before the first announcement to the last timer.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn play(script: &Script<'_>, watch: Watch<'_>) -> Result<Timeline, Unfinished> {
    // Who plays once has no use for a start-up that is kept.
    let again = script.situation.rules.overload == Overload::Withdraw
        && script.steering != Steering::GeoDns;
    let mut prelude = again.then(|| Prelude::new(script.situation));
    play_rounds(script, prelude.as_mut(), watch)
}

/// The same for whoever plays several scripts: goes on from start-ups that an earlier run has left
/// behind, if its situation was the same, and leaves its own.
///
/// # Errors
/// If the routing does not settle, or the watch says so.
pub fn play_with(
    script: &Script<'_>,
    prelude: &mut Prelude,
    watch: Watch<'_>,
) -> Result<Timeline, Unfinished> {
    if !prelude.fits(script.situation) {
        *prelude = Prelude::new(script.situation);
    }
    play_rounds(script, Some(prelude), watch)
}

/// Plays until no site is left that has to go. The prelude is that of the script's situation.
fn play_rounds(
    script: &Script<'_>,
    mut prelude: Option<&mut Prelude>,
    watch: Watch<'_>,
) -> Result<Timeline, Unfinished> {
    let rules = script.situation.rules;
    let mut schedule = script.schedule.to_vec();
    let mut gone = Vec::new();
    loop {
        let script = Script { schedule: &schedule, ..*script };
        let timeline = play_once(&script, prelude.as_deref_mut(), watch)?;
        let overloaded = match rules.overload {
            Overload::Absorb => None,
            Overload::Withdraw => first_overload(rules, &timeline.load, &gone),
        };
        let Some((site, at_us)) = overloaded else { return Ok(timeline) };
        // What comes before it stays as it was, so that the next run goes at least as far.
        gone.push((site, at_us));
        let withdrawal = withdrawal(&script, site, at_us);
        schedule = timeline.schedule;
        let at = schedule.partition_point(|it| it.at.us <= at_us);
        schedule.insert(at, withdrawal);
    }
}

/// When an event is over, but for what follows from it, in µs.
fn ends_us(occurrence: &Occurrence) -> i64 {
    let lasts_us = match &occurrence.deed {
        Deed::Attack { lasts: Some(lasts), .. } => lasts.us,
        _ => 0,
    };
    occurrence.at.us + lasts_us
}

/// A site withdraws itself because it has more load than it can carry (models 6.4).
fn withdrawal(script: &Script<'_>, site: u32, at_us: i64) -> Occurrence {
    let name = &script.situation.service.sites[site as usize].name;
    Occurrence {
        at: Duration { us: at_us },
        index: u32::MAX,
        deed: Deed::Fail { site, how: FailureKind::Unannounced },
        label: format!("{name} withdraws itself, overloaded"),
    }
}

/// Which site is the first to have too much load for too long, and when. Not those that are gone.
fn first_overload(rules: &Rules, load: &LoadLog, gone: &[(u32, i64)]) -> Option<(u32, i64)> {
    let after_us = i64::from(rules.fall) * rules.hc_interval.us;
    // What is so at the end stays so.
    let for_ever = LoadLog { end_us: i64::MAX, ..load.clone() };
    load::first_overload(&for_ever, rules.shed_threshold, after_us, gone)
}

/// Plays a script in which no site withdraws itself but by its schedule.
fn play_once(
    script: &Script<'_>,
    mut prelude: Option<&mut Prelude>,
    watch: Watch<'_>,
) -> Result<Timeline, Unfinished> {
    let Script { situation, schedule, .. } = *script;
    let adjacency = match (script.steering, &prelude) {
        (Steering::GeoDns, _) => None,
        (_, Some(prelude)) => Some(Arc::clone(prelude.adjacency())),
        (_, None) => Some(Arc::new(Adjacency::new(situation.world, situation.rules))),
    };
    let sources = script.sources();
    let buckets = Buckets::new(situation.rules, situation.seed, sources.len());
    let mut network = Network::default();
    if let Some(adjacency) = &adjacency {
        for prefix in targets(script) {
            network.play(script, adjacency, prelude.as_deref_mut(), prefix, &buckets, watch)?;
        }
    }
    network.look_up(watch)?;
    let is_anycast = script.steering == Steering::Anycast && buckets.count() == 1;
    let (mut delivery, bystanders) = match script.bystanders {
        true if is_anycast => network.deliver_to_all(script, sources, &buckets),
        true => {
            let delivery = network.deliver(script, &buckets);
            network.look_up(watch)?;
            let others = script.bystanders(&sources);
            let others = Script { senders: Some(&others), ..*script };
            (delivery, network.deliver(&others, &buckets))
        }
        false => (network.deliver(script, &buckets), Delivery::default()),
    };
    // A run lasts as long as its attacks do, though nothing else may happen when they end.
    delivery.end_us = schedule.iter().map(ends_us).fold(delivery.end_us, i64::max);
    network.look_up(watch)?;
    let bots: BTreeMap<u32, Delivery> = (0..)
        .zip(schedule)
        .filter_map(|(place, occurrence)| {
            let Deed::Attack { bots: Bots::Routers(shares), .. } = &occurrence.deed else {
                return None;
            };
            let senders = senders(script, shares);
            Some((place, network.deliver(&Script { senders: Some(&senders), ..*script }, &buckets)))
        })
        .collect();
    let demand = Demand {
        delivery: &delivery,
        service: situation.service,
        schedule,
        rules: situation.rules,
        bots: &bots,
        filtering: situation.rules.filtering,
    };
    let load = load::load(&demand);
    let schedule = schedule.to_vec();
    network.look_up(watch)?;
    let routes = network.logs.into_values().collect();
    Ok(Timeline { schedule, routes, delivery, bystanders, bots, load })
}

/// The routers of an attack as sources: weights are shares.
fn senders(script: &Script<'_>, shares: &[(u32, f64)]) -> Vec<Source> {
    let world = script.situation.world;
    let sender = |(router, share): &(u32, f64)| Source {
        name: format!("AS{}", world.asn_of(*router)),
        router: *router,
        region: String::new(),
        weight: *share,
        gbps: 0.0,
    };
    shares.iter().map(sender).collect()
}

/// The prefixes that clients send to, ascending; none where DNS steers alone.
pub fn targets(script: &Script<'_>) -> Vec<u16> {
    match script.steering {
        Steering::GeoDns => Vec::new(),
        Steering::Anycast => vec![script.prefix],
        Steering::Hybrid => {
            let mut prefixes: Vec<u16> = script.regional.values().copied().collect();
            prefixes.sort_unstable();
            prefixes.dedup();
            prefixes
        }
    }
}

/// All prefixes that were played, with what routers and sites did.
#[derive(Default)]
struct Network {
    logs: BTreeMap<u16, RouteLog>,
    forwarding: BTreeMap<u16, Vec<Forwarding>>,
    sites: Vec<SiteChange>,
    wires: Vec<WireChange>,
    /// Steps of the last prefix.
    steps: u64,
}

impl Network {
    /// Asks whether to go on, between two things that take a while.
    fn look_up(&self, watch: Watch<'_>) -> Result<(), Unfinished> {
        match watch(self.steps, self.steps) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Unfinished::Cancelled),
        }
    }

    /// Plays a prefix and those that cover it, if that was not done.
    fn play(
        &mut self,
        script: &Script<'_>,
        adjacency: &Adjacency,
        mut prelude: Option<&mut Prelude>,
        prefix: u16,
        buckets: &Buckets,
        watch: Watch<'_>,
    ) -> Result<(), Unfinished> {
        for prefix in covering(script, prefix) {
            if self.logs.contains_key(&prefix) {
                continue;
            }
            let mut course = match prelude.as_deref_mut() {
                Some(prelude) => prelude.start_and_keep(script, adjacency, prefix, watch)?,
                None => prelude::start_up(script, adjacency, prefix, watch)?,
            };
            let log = play_on(&mut course, watch)?;
            let routes = Routes::of_log(&script.situation.service.sites, adjacency, &log);
            self.forwarding.insert(prefix, routes.forwarding(buckets));
            self.logs.insert(prefix, log);
            // Sites and links do the same whichever prefix is watched.
            self.sites.clone_from(&course.site_changes);
            self.wires.clone_from(&course.wire_changes);
            self.steps = course.steps_done();
            let returns = |it: &Occurrence| matches!(it.deed, Deed::Restore { .. });
            if let Some(prelude) = prelude.as_deref_mut()
                && script.schedule.iter().any(returns)
            {
                prelude.keep_end(course);
            }
        }
        Ok(())
    }

    /// What becomes of the packets of the script's sources.
    fn deliver(&self, script: &Script<'_>, buckets: &Buckets) -> Delivery {
        match script.steering {
            Steering::GeoDns => geodns::deliver(script),
            Steering::Anycast => self.deliver_to(script, script.prefix, buckets, script.sources()),
            Steering::Hybrid => {
                let of_prefix =
                    |prefix| (prefix, self.deliver_to(script, prefix, buckets, script.sources()));
                let deliveries = targets(script).into_iter().map(of_prefix).collect();
                hybrid::combine(&geodns::regions(script), &deliveries)
            }
        }
    }

    /// The same where BGP alone steers, and each router has one way on: what becomes of the
    /// packets of `sources`, and of all other routers. The network is walked once for both.
    fn deliver_to_all(
        &self,
        script: &Script<'_>,
        mut sources: Vec<Source>,
        buckets: &Buckets,
    ) -> (Delivery, Delivery) {
        let count = sources.len() as u32;
        sources.extend(script.bystanders(&sources));
        let mut ours = self.deliver_to(script, script.prefix, buckets, sources);
        // Streams are as many as sources, and in their order.
        let of_others = |change: &FateChange| change.stream >= count;
        let later = |change: FateChange| FateChange { stream: change.stream - count, ..change };
        let mut others = Delivery {
            sources: ours.sources.split_off(count as usize),
            streams: ours.streams.split_off(count as usize),
            start: ours.start.split_off(count as usize),
            changes: ours.changes.iter().copied().filter(of_others).map(later).collect(),
            end_us: 0,
        };
        others.streams.iter_mut().for_each(|stream| stream.source -= count);
        ours.changes.retain(|change| !of_others(change));
        let written_us = self.last_write_us(script, script.prefix);
        for delivery in [&mut ours, &mut others] {
            let last = delivery.changes.last();
            delivery.end_us = last.map_or(0, |change| change.at_us).max(written_us);
        }
        (ours, others)
    }

    /// When the last forwarding table is written that packets to a prefix can meet.
    fn last_write_us(&self, script: &Script<'_>, prefix: u16) -> i64 {
        let covering = covering(script, prefix).into_iter();
        let last = covering.filter_map(|prefix| self.logs[&prefix].changes.last());
        last.map(|change| change.fib_us).fold(0, i64::max)
    }

    /// What becomes of the packets of some sources to one prefix, by BGP alone.
    fn deliver_to(
        &self,
        script: &Script<'_>,
        prefix: u16,
        buckets: &Buckets,
        sources: Vec<Source>,
    ) -> Delivery {
        let Script { situation, .. } = *script;
        let covering = covering(script, prefix);
        let cut: Vec<(u32, u32)> = situation.overlay.down.iter().copied().collect();
        let ground = Ground {
            ends: &ends(script, &covering),
            cut: &cut,
            sites: &self.sites,
            site_count: situation.service.sites.len(),
            wires: &self.wires,
            notices: &self.logs[&prefix].notices,
            schedule: script.schedule,
        };
        let mut delivery = buckets.deliver(sources, |bucket, sources| {
            let ways = |prefix: &u16| &self.forwarding[prefix][bucket as usize];
            let layers: Vec<&Forwarding> = covering.iter().map(ways).collect();
            plane::deliver(&layers, &ground, sources)
        });
        delivery.end_us = delivery.end_us.max(self.last_write_us(script, prefix));
        delivery
    }
}

/// The prefixes that packets to an address of `prefix` can follow, longest first.
pub fn covering(script: &Script<'_>, prefix: u16) -> Vec<u16> {
    let prefixes = &script.situation.service.prefixes;
    let mut covering: Vec<u16> = (0..prefixes.len() as u16)
        .filter(|other| prefixes[usize::from(*other)].contains(&prefixes[usize::from(prefix)]))
        .collect();
    covering.sort_by_key(|other| std::cmp::Reverse(prefixes[usize::from(*other)].length()));
    covering
}

/// Routers that belong to sites of some prefixes: router, site, and whether it is all there is of
/// its AS.
pub(crate) fn ends(script: &Script<'_>, prefixes: &[u16]) -> Vec<(u32, u32, bool)> {
    let Script { situation, .. } = *script;
    (0..)
        .zip(&situation.service.sites)
        .filter(|(_, site)| site.own_router && prefixes.iter().any(|it| site.prefixes.contains(it)))
        .map(|(index, site)| {
            let world = situation.world;
            let alone = world.routers_of(world.router_as[site.router as usize]).len() == 1;
            (site.router, index, alone)
        })
        .collect()
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
    let mut course = prelude::start_up(script, adjacency, prefix, watch)?;
    let log = play_on(&mut course, watch)?;
    Ok((log, course))
}

/// Plays a course from t = 0 to the last timer.
fn play_on(course: &mut Course<'_>, watch: Watch<'_>) -> Result<RouteLog, Unfinished> {
    let routers = course.situation().world.router_count() as u32;
    let start = (0..routers).map(|router| course.engine.best(router)).collect();
    let start_spread = course.engine.spread().clone();
    course.engine.record();
    drive(course, i64::MAX, watch)?;
    let spreads = course.engine.take_spread_log();
    let changes = course.engine.take_log();
    let counts =
        (0..course.schedule().len() as u32).map(|cause| course.engine.count(cause)).collect();
    Ok(RouteLog {
        prefix: course.prefix(),
        paths: course.engine.shared_paths(),
        start,
        changes,
        start_spread,
        spreads,
        counts,
        startup: course.engine.count(NO_CAUSE),
        notices: course.notices.clone(),
    })
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
        match course.advance_some(next_us.unwrap_or(to_us)) {
            Pause::Reached if next_us.is_none() => return Ok(()),
            Pause::Reached | Pause::Underway => {}
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
