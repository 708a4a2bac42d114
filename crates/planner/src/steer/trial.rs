//! One configuration tried: where demand lands, and what that is worth. Whoever searches asks
//! here, and nowhere else, so that many solves can become one batch in one place.

use std::collections::BTreeMap;

use catchment_dynamics::Script;
use catchment_dynamics::play::Unfinished;
use catchment_model::Service;
use catchment_model::service::Capacity;
use catchment_model::world::NO_PLACE;
use catchment_routing::{Change, Situation, Unsolved};

use crate::brief::Brief;
use crate::load::{Load, Loads};
use crate::oracle::{Method, Oracle, Placement, Steady, Unplanned};
use crate::steer::lever::{Config, Lever, applied, changes, turned};

/// What a search is after.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Sites that get a share of all demand.
    Shares {
        /// Site and share, 0 to 1.
        targets: Vec<(u32, f64)>,
        /// How far a share may be off, 0 to 1.
        within: f64,
    },
    /// No site gets more than it should.
    Ceiling {
        /// By site; absent is unlimited.
        ceilings: Vec<Capacity>,
    },
    /// Shorter round trips.
    Latency(Measure),
}

impl Goal {
    /// No site above a share of its capacity.
    pub fn of_capacities(brief: &Brief<'_>, share: f64) -> Goal {
        let times = |capacity: Option<f64>| capacity.map(|it| it * share);
        let ceilings = brief.service().sites.iter().map(|site| Capacity {
            kqps: times(site.capacity.kqps),
            gbps: times(site.capacity.gbps),
        });
        Goal::Ceiling { ceilings: ceilings.collect() }
    }
}

/// Which round trip counts, of all demand that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The mean, weighted by demand.
    Mean,
    /// That which 95 % of demand do not exceed.
    P95,
}

impl Measure {
    /// Name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::Mean => "mean RTT",
            Measure::P95 => "p95 RTT",
        }
    }
}

/// How a configuration does.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Demand by site.
    pub loads: Loads,
    /// Demand that reaches no site, as a share of all.
    pub unserved: f64,
    /// Mean round trip of what is served, in ms.
    pub rtt_mean_ms: Option<f64>,
    /// Round trip that 95 % of what is served do not exceed, in ms.
    pub rtt_p95_ms: Option<f64>,
    /// How far it is from the goal: the sum over sites of the share beyond the tolerance, the share
    /// of demand above the ceilings, or the round trip in ms. 0 is a goal that is met.
    pub miss: f64,
}

/// What decides between configurations, weightiest first. Whole numbers, so that sums in another
/// order do not change a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score {
    /// Unserved demand, in 10⁻⁹ of all.
    pub unserved: u64,
    /// The miss, in 10⁻⁹.
    pub miss: u64,
    /// Levers turned.
    pub turned: u64,
    /// Demand that lands elsewhere than today, in 10⁻⁹ of all.
    pub moved: u64,
}

impl Score {
    /// Whether it is nearer to the goal, whatever it takes.
    pub fn is_nearer(&self, other: &Score) -> bool {
        (self.unserved, self.miss) < (other.unserved, other.miss)
    }
}

/// A number as [`Score`] has it.
pub(crate) fn billionths(value: f64) -> u64 {
    // `as` is exact enough and never panics: what is too large is the largest.
    libm::round(value.max(0.0) * 1e9) as u64
}

/// Demand that goes from one site to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Site before; `None` where nobody answered.
    pub from: Option<u32>,
    /// Site after; `None` where nobody answers.
    pub to: Option<u32>,
    /// Demand, in the unit of the world.
    pub kqps: f64,
    /// Who: indices of sources, ascending.
    pub sources: Vec<u32>,
}

/// Tries configurations of the levers of a brief.
pub(crate) struct Trials<'b> {
    brief: &'b Brief<'b>,
    levers: &'b [Lever],
    goal: &'b Goal,
    /// The steady state that small changes start from; none where runs answer.
    steady: Option<Steady<'b>>,
    base: Placement,
    /// How many were tried.
    pub count: u64,
}

impl<'b> Trials<'b> {
    pub fn new(
        brief: &'b Brief<'b>,
        levers: &'b [Lever],
        goal: &'b Goal,
    ) -> Result<Trials<'b>, Unplanned> {
        let steady = match Method::of(brief) {
            Method::Solve => Some(Steady::new(brief)?),
            Method::Simulate => None,
        };
        let base = match &steady {
            Some(steady) => steady.placement(brief),
            None => Oracle::new(brief)?.base()?,
        };
        Ok(Trials { brief, levers, goal, steady, base, count: 0 })
    }

    pub fn brief(&self) -> &'b Brief<'b> {
        self.brief
    }

    pub fn levers(&self) -> &'b [Lever] {
        self.levers
    }

    /// Whether nothing is left to wish for.
    pub fn is_met(&self, score: &Score) -> bool {
        !matches!(self.goal, Goal::Latency(_)) && score.unserved == 0 && score.miss == 0
    }

    pub fn goal(&self) -> &'b Goal {
        self.goal
    }

    /// Where demand lands today.
    pub fn base(&self) -> &Placement {
        &self.base
    }

    /// The service in a configuration.
    pub fn service(&self, config: &[u16]) -> Service {
        applied(self.brief.situation().world, self.brief.service(), self.levers, config)
    }

    /// Where demand lands in a configuration; `None` if nothing settles there.
    pub fn placement(&mut self, config: &[u16]) -> Result<Option<Placement>, Unplanned> {
        self.count += 1;
        let service = self.service(config);
        if let Some(steady) = &mut self.steady {
            let all: Option<Vec<(u16, Vec<Change>)>> = steady
                .prefixes()
                .map(|it| Some((it, changes(self.brief.service(), &service, it)?)))
                .collect();
            if let Some(all) = all {
                let of = |prefix: u16| {
                    let of = all.iter().find(|(it, _)| *it == prefix);
                    of.map_or(&[][..], |(_, changes)| changes)
                };
                return settled(steady.after_each(self.brief, of));
            }
        }
        let method = if self.steady.is_some() { Method::Solve } else { Method::Simulate };
        settled(place(self.brief, &service, method))
    }

    /// The same with what it is worth.
    pub fn score(&mut self, config: &Config) -> Result<Option<Score>, Unplanned> {
        let Some(placement) = self.placement(config)? else { return Ok(None) };
        Ok(Some(self.score_of(config, &placement)))
    }

    pub fn score_of(&self, config: &[u16], placement: &Placement) -> Score {
        let standing = standing(self.brief, self.goal, placement);
        let total: f64 = self.brief.sources.iter().map(|source| source.weight).sum();
        let moved = demand_of(&flows(self.brief, &self.base, placement));
        Score {
            unserved: billionths(standing.unserved),
            miss: billionths(standing.miss),
            turned: turned(config) as u64,
            moved: billionths(if total > 0.0 { moved / total } else { 0.0 }),
        }
    }
}

/// Where demand lands with another service.
pub(crate) fn place(
    brief: &Brief<'_>,
    service: &Service,
    method: Method,
) -> Result<Placement, Unplanned> {
    with(brief, service, |changed| Oracle::by(method, changed)?.base())
}

/// Asks about a brief with another service.
pub(crate) fn with<T>(
    brief: &Brief<'_>,
    service: &Service,
    ask: impl FnOnce(&Brief<'_>) -> T,
) -> T {
    let situation = Situation { service, ..brief.situation() };
    let script = Script { situation, ..brief.script };
    let sources = brief.sources.clone();
    ask(&Brief { script, sources, residency: brief.residency })
}

/// What does not settle is no answer, and no failure either: nobody would announce so.
pub(crate) fn settled<T>(answer: Result<T, Unplanned>) -> Result<Option<T>, Unplanned> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(
            Unplanned::Unsolved(Unsolved::Oscillation(_))
            | Unplanned::Unfinished(Unfinished::Oscillation { .. }),
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How a placement does.
pub(crate) fn standing(brief: &Brief<'_>, goal: &Goal, placement: &Placement) -> Standing {
    let loads = Loads::of(brief, placement);
    let total: f64 = brief.sources.iter().map(|source| source.weight).sum();
    let share = |kqps: f64| if total > 0.0 { kqps / total } else { 0.0 };
    let unserved = share(loads.unserved.kqps);
    let trips = trips(brief, placement);
    let (rtt_mean_ms, rtt_p95_ms) = (mean(&trips), percentile(trips, 0.95));
    let miss = match goal {
        Goal::Shares { targets, within } => targets
            .iter()
            .map(|(site, target)| {
                let off = (share(loads.sites[*site as usize].kqps) - target).abs() - within;
                // What is within by all but rounding is within.
                if off < 1e-9 { 0.0 } else { off }
            })
            .sum(),
        Goal::Ceiling { ceilings } => {
            let gbps: f64 = brief.sources.iter().map(|source| source.gbps).sum();
            let above = loads.sites.iter().zip(ceilings);
            above.map(|(load, ceiling)| excess(load, *ceiling, (total, gbps))).sum()
        }
        Goal::Latency(Measure::Mean) => rtt_mean_ms.unwrap_or(0.0),
        Goal::Latency(Measure::P95) => rtt_p95_ms.unwrap_or(0.0),
    };
    Standing { loads, unserved, rtt_mean_ms, rtt_p95_ms, miss }
}

/// Load above a ceiling as a share of all demand, in the scarcer of the two units.
pub(crate) fn excess(load: &Load, ceiling: Capacity, (kqps, gbps): (f64, f64)) -> f64 {
    let over = |load: f64, ceiling: Option<f64>, total: f64| match ceiling {
        Some(ceiling) if total > 0.0 && load > ceiling => (load - ceiling) / total,
        _ => 0.0,
    };
    let (a, b) = (over(load.kqps, ceiling.kqps, kqps), over(load.gbps, ceiling.gbps, gbps));
    let worse = a.max(b);
    if worse < 1e-9 { 0.0 } else { worse }
}

/// Whether there are round trips at all.
pub(crate) fn check_places(brief: &Brief<'_>, instead: &str) -> Result<(), Unplanned> {
    if brief.situation().world.router_places.iter().all(|place| *place == NO_PLACE) {
        return Err(Unplanned::question(
            "this world does not know where its routers are, so that nothing is known of round \
             trips",
            format!("`catchment world build` joins places to a world; or ask for {instead}"),
        ));
    }
    Ok(())
}

/// Round trip and demand of all that is served and known.
pub(crate) fn trips(brief: &Brief<'_>, placement: &Placement) -> Vec<(f64, f64)> {
    let served = placement.streams.iter().zip(&placement.rtt_ms).zip(&placement.sites);
    let trip = |((stream, rtt_ms), site): ((&catchment_dynamics::Stream, &Option<f64>), _)| {
        let weight = brief.sources[stream.source as usize].weight * stream.share;
        let _: &u32 = Option::as_ref(site)?;
        (weight > 0.0).then_some((rtt_ms.as_ref().copied()?, weight))
    };
    served.filter_map(trip).collect()
}

/// The mean of values with weights.
pub(crate) fn mean(trips: &[(f64, f64)]) -> Option<f64> {
    let weight: f64 = trips.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = trips.iter().map(|(value, weight)| value * weight).sum();
    (weight > 0.0).then(|| sum / weight)
}

/// The lowest value that a share of the weight does not exceed.
pub(crate) fn percentile(mut trips: Vec<(f64, f64)>, share: f64) -> Option<f64> {
    trips.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = trips.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    for (value, weight) in &trips {
        sum += weight;
        // A billionth is rounding.
        if sum >= share * total * (1.0 - 1e-9) {
            return Some(*value);
        }
    }
    None
}

/// All demand of some flows. (The sum of nothing would be -0.)
pub(crate) fn demand_of(flows: &[Flow]) -> f64 {
    flows.iter().fold(0.0, |sum, flow| sum + flow.kqps)
}

/// Who lands elsewhere, by (from, to): the largest first.
pub(crate) fn flows(brief: &Brief<'_>, before: &Placement, after: &Placement) -> Vec<Flow> {
    let mut found: BTreeMap<(Option<u32>, Option<u32>), Flow> = BTreeMap::new();
    let mut add = |from: Option<u32>, to: Option<u32>, kqps: f64, source: u32| {
        let none = Flow { from, to, kqps: 0.0, sources: Vec::new() };
        let flow = found.entry((from, to)).or_insert(none);
        flow.kqps += kqps;
        if flow.sources.last() != Some(&source) {
            flow.sources.push(source);
        }
    };
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let (mut lost, mut won): (Shares, Shares) = (Vec::new(), Vec::new());
    for (index, source) in (0..).zip(&brief.sources) {
        lost.clear();
        won.clear();
        while let Some((stream, site)) = old.next_if(|(stream, _)| stream.source == index) {
            lost.push((site, stream.share));
        }
        while let Some((stream, site)) = new.next_if(|(stream, _)| stream.source == index) {
            match lost.iter_mut().find(|(it, share)| *it == site && *share > 0.0) {
                Some((_, share)) => {
                    let kept = share.min(stream.share);
                    *share -= kept;
                    won.push((site, stream.share - kept));
                }
                None => won.push((site, stream.share)),
            }
        }
        // What is left on both sides, in order: which part of a source goes where nobody can say.
        for (to, mut share) in won.iter().copied() {
            for (from, left) in &mut lost {
                let part = left.min(share);
                if part > 1e-12 && *from != to {
                    add(*from, to, source.weight * part, index);
                    *left -= part;
                    share -= part;
                }
            }
        }
    }
    let mut found: Vec<Flow> = found.into_values().collect();
    // Stable: of equal flows the one from the first site comes first.
    found.sort_by(|a, b| b.kqps.total_cmp(&a.kqps));
    found
}

type Shares = Vec<(Option<u32>, f64)>;
