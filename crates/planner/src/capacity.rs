//! Will the other sites carry the load? Every single failure, pairs, and what shares a fate
//! (models 8.1); over the day (8.2); and what overloaded sites do to the others (6.4).
//!
//! [`capacity`] asks, [`CapacityPlan`] holds what came out; [`answer`] says it in words and tables.
//! Load is held against `u_target` of a capacity, not all of it: required = worst / `u_target`.
//!
//! What is left out: what a shift costs behind the sites (cold caches, models 8.5), and how long
//! the network takes to get there.

pub mod answer;
mod counted;
pub mod fate;
pub mod heirs;

use std::ops::ControlFlow;

use catchment_dynamics::load::Offered;
use catchment_dynamics::play::{Unfinished, Watch};
use catchment_routing::Change;

use crate::brief::Brief;
use crate::load::cascade::{Cascade, Round, Stand, is_over};
use crate::load::day::{Day, HOURS};
use crate::load::moves::moves;
use crate::load::{Load, Loads};
use crate::oracle::{Method, Oracle, Placement, Unplanned};
use counted::Counter;
use fate::Fate;
use heirs::{Distances, Heir, heirs};

/// What is asked beside the single failures.
#[derive(Debug, Clone, PartialEq)]
pub struct CapacityQuestion {
    /// Groups of sites that the user says fail together.
    pub groups: Vec<Fate>,
    /// Which double failures are wanted.
    pub pairs: Pairs,
    /// Whether each site is held against its worst hour of the day, with the demand as given as
    /// daily mean; if not, against the demand as given.
    pub day: bool,
}

/// Which double failures are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairs {
    /// None: they are not asked for at all.
    None,
    /// All are asked for, and so many of the worst are kept.
    Worst(usize),
    /// All.
    All,
}

/// What failures do to the load of the sites.
#[derive(Debug, Clone, PartialEq)]
pub struct CapacityPlan {
    /// Who said where demand lands.
    pub method: Method,
    /// Load over capacity that the plan aims at.
    pub target: f64,
    /// Whether sites are held against their worst hour.
    pub day: bool,
    /// Sites that announce, ascending: rows and columns of everything.
    pub sites: Vec<u32>,
    /// Load before anything fails.
    pub base: Day,
    /// Each single failure, in the order of `sites`.
    pub singles: Vec<Failure>,
    /// What shares a fate: transit, cities, the user's groups.
    pub groups: Vec<Failure>,
    /// Double failures, worst first.
    pub pairs: Vec<PairFailure>,
    /// How many double failures were looked at.
    pub pair_count: usize,
    /// How many of them set off withdrawals.
    pub pairs_falling: usize,
    /// That of them after whose withdrawals least is served, whether it is kept or not.
    pub deepest_fall: Option<PairFall>,
}

/// What one failure does.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What fails.
    pub fate: Fate,
    /// Load of the sites then.
    pub day: Day,
    /// Who inherits what, most first.
    pub heirs: Vec<Heir>,
    /// The hour of the day (UTC) that what follows is about, if hours were asked for: that at
    /// which least is served.
    pub hour: Option<u32>,
    /// Share of demand that is served if all sites stay, retries included, 0 to 1.
    pub served: f64,
    /// Who withdraws, if overloaded sites do, in turn.
    pub rounds: Vec<Round>,
}

/// What a double failure does.
#[derive(Debug, Clone, PartialEq)]
pub struct PairFailure {
    /// The sites, in the order of their failures.
    pub sites: [u32; 2],
    /// The site that is then fullest: by capacity where there is one, else by load.
    pub worst: u32,
    /// Its load.
    pub load: Load,
    /// The same over its capacity, if it has one.
    pub utilization: Option<f64>,
    /// Sites above their capacity.
    pub over: Vec<u32>,
    /// Demand that nobody serves.
    pub unserved: Load,
    /// As in [`Failure`].
    pub hour: Option<u32>,
    /// As in [`Failure`].
    pub served: f64,
    /// As in [`Failure`].
    pub rounds: Vec<Round>,
}

/// Where the withdrawals end that a double failure sets off.
#[derive(Debug, Clone, PartialEq)]
pub struct PairFall {
    /// The sites, in the order of their failures.
    pub sites: [u32; 2],
    /// Share of demand that is served if all sites stay, 0 to 1.
    pub served: f64,
    /// Who withdraws, in turn.
    pub rounds: Vec<Round>,
}

/// Which of the two capacities is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Requests: kq/s.
    Kqps,
    /// Link: Gb/s.
    Gbps,
}

/// What a site needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// The site.
    pub site: u32,
    /// Load without a failure.
    pub load: f64,
    /// Highest load under any single failure; its own where none brings more.
    pub worst: f64,
    /// The first failure that causes it.
    pub cause: Option<u32>,
    /// Hour of the day (UTC) of the worst, if hours were asked for.
    pub hour: Option<u32>,
    /// What it has; `None` is unlimited, or not known.
    pub capacity: Option<f64>,
    /// What it needs: worst over target.
    pub required: f64,
    /// What is missing; `None` if enough is there. All of it where no capacity is known.
    pub missing: Option<f64>,
}

impl Need {
    /// Worst load over load (models 8.1); `None` for a site without load.
    pub fn headroom(&self) -> Option<f64> {
        (self.load > 0.0).then(|| self.worst / self.load)
    }

    /// Worst load over capacity.
    pub fn utilization(&self) -> Option<f64> {
        self.capacity.map(|it| if self.worst > 0.0 { self.worst / it } else { 0.0 })
    }

    /// Whether the site has a capacity, and not enough of it.
    pub fn is_short(&self) -> bool {
        self.capacity.is_some() && self.missing.is_some()
    }
}

/// Asks for failures: of a batch where the world is plain, else of the oracle, one by one.
///
/// # Errors
/// If the routing does not settle, or the watch says so; or if no site announces anything.
pub fn capacity(
    brief: &Brief<'_>,
    question: &CapacityQuestion,
    watch: Watch<'_>,
) -> Result<CapacityPlan, Unplanned> {
    if brief.active_sites().is_empty() {
        return Err(Unplanned::question(
            "no site announces anything, so that no load lands anywhere",
            "give the scenario a `[[site]]`",
        ));
    }
    match Counter::new(brief) {
        Some(mut counter) => ask(brief, question, &mut counter, watch),
        None => ask(brief, question, &mut OneByOne::new(brief)?, watch),
    }
}

/// Whoever says what failures do.
trait Asked {
    fn method(&self) -> Method;

    /// Load before anything fails.
    fn base(&self) -> Day;

    /// Each failure, in order; by its worst hour, or the demand as given.
    fn failures(
        &mut self,
        fates: Vec<Fate>,
        by_day: bool,
        tick: Tick<'_>,
    ) -> Result<Vec<Failure>, Unplanned>;

    /// All double failures of the active sites.
    fn pairs(&mut self, by_day: bool, worst: &mut Worst, tick: Tick<'_>) -> Result<(), Unplanned>;
}

/// Called before each failure; an error if whoever asked gave up.
type Tick<'t> = &'t mut dyn FnMut() -> Result<(), Unplanned>;

fn ask(
    brief: &Brief<'_>,
    question: &CapacityQuestion,
    asked: &mut dyn Asked,
    watch: Watch<'_>,
) -> Result<CapacityPlan, Unplanned> {
    let sites = brief.active_sites();
    let mut groups = fate::shared(brief);
    groups.extend(question.groups.iter().cloned());
    let pair_count = match question.pairs {
        Pairs::None => 0,
        Pairs::Worst(_) | Pairs::All => sites.len() * (sites.len() - 1) / 2,
    };
    let total = (sites.len() + groups.len() + pair_count) as u64;
    let mut done = 0;
    let mut tick = || match watch(done, total) {
        ControlFlow::Break(()) => Err(Unplanned::from(Unfinished::Cancelled)),
        ControlFlow::Continue(()) => {
            done += 1;
            Ok(())
        }
    };
    let singles = sites.iter().map(|site| Fate::site(*site)).collect();
    let singles = asked.failures(singles, question.day, &mut tick)?;
    let groups = asked.failures(groups, question.day, &mut tick)?;
    let mut worst = Worst::new(question.pairs);
    if pair_count > 0 {
        asked.pairs(question.day, &mut worst, &mut tick)?;
    }
    Ok(CapacityPlan {
        method: asked.method(),
        target: brief.situation().rules.u_target,
        day: question.day,
        sites,
        base: asked.base(),
        singles,
        groups,
        pairs: worst.pairs,
        pair_count,
        pairs_falling: worst.falling,
        deepest_fall: worst.deepest,
    })
}

/// Shares of demand that differ by less are one share, summed in another order.
const SAME_SHARE: f64 = 1e-9;

/// The double failures that are kept, so that memory does not grow with how many are looked at.
struct Worst {
    keep: usize,
    pairs: Vec<PairFailure>,
    falling: usize,
    deepest: Option<PairFall>,
}

impl Worst {
    fn new(wanted: Pairs) -> Worst {
        let keep = match wanted {
            Pairs::Worst(keep) => keep,
            Pairs::All => usize::MAX,
            Pairs::None => 0,
        };
        Worst { keep, pairs: Vec::new(), falling: 0, deepest: None }
    }

    fn push(&mut self, pair: PairFailure) {
        if let Some(end) = pair.rounds.last() {
            self.falling += 1;
            // Of those that end alike it is the one that costs more if all sites stay.
            let is_deeper = |(end, served): (f64, f64), (than_end, than): (f64, f64)| {
                end < than_end - SAME_SHARE
                    || (end < than_end + SAME_SHARE && served < than - SAME_SHARE)
            };
            let deepest = self
                .deepest
                .as_ref()
                .map(|it| (it.rounds.last().map_or(it.served, |round| round.served), it.served));
            if deepest.is_none_or(|deepest| is_deeper((end.served, pair.served), deepest)) {
                let PairFailure { sites, served, .. } = pair;
                self.deepest = Some(PairFall { sites, served, rounds: pair.rounds.clone() });
            }
        }
        self.pairs.push(pair);
        if self.pairs.len() >= self.keep.max(64).saturating_mul(2) {
            self.sort();
        }
    }

    /// The worst first, and no more than wanted.
    fn sort(&mut self) {
        let key = |pair: &PairFailure| (pair.utilization.unwrap_or(0.0), pair.load.kqps);
        self.pairs.sort_by(|a, b| {
            let ((a_full, a_load), (b_full, b_load)) = (key(a), key(b));
            b_full.total_cmp(&a_full).then(b_load.total_cmp(&a_load)).then(a.sites.cmp(&b.sites))
        });
        self.pairs.truncate(self.keep);
    }
}

/// Asks the oracle, one by one, with what is known before anything fails.
struct OneByOne<'a> {
    brief: &'a Brief<'a>,
    oracle: Oracle<'a>,
    base: Placement,
    base_day: Day,
    distances: Distances<'a>,
}

impl<'a> OneByOne<'a> {
    fn new(brief: &'a Brief<'a>) -> Result<OneByOne<'a>, Unplanned> {
        let mut oracle = Oracle::new(brief)?;
        let base = oracle.base()?;
        let base_day = Day::of(brief, &base);
        Ok(OneByOne { brief, oracle, base, base_day, distances: Distances::new(brief) })
    }

    fn failure(&mut self, fate: Fate, by_day: bool) -> Result<Failure, Unplanned> {
        let brief = self.brief;
        let steps = fate.steps(brief);
        let placement = self.oracle.after(&steps)?;
        let moves = moves(&self.base, &placement);
        let heirs = heirs(brief, &moves, &mut self.distances, |site| fate.takes(site));
        let day = Day::of(brief, &placement);
        let Fall { hour, served, cascade } = self.fall(&steps, Fall::of(brief, &day, by_day))?;
        Ok(Failure { fate, day, heirs, hour, served, rounds: cascade.end().0 })
    }

    /// Lets overloaded sites withdraw in turn after steps that have been taken.
    fn fall(&mut self, steps: &[Vec<Change>], mut fall: Fall) -> Result<Fall, Unplanned> {
        while let Some(gone) = fall.cascade.fall() {
            let mut all = steps.to_vec();
            all.extend(gone.iter().map(|site| vec![Change::Withdraw(*site)]));
            let placement = self.oracle.after(&all)?;
            let loads = match fall.hour {
                Some(hour) => Day::of(self.brief, &placement).loads(hour),
                None => Loads::of(self.brief, &placement),
            };
            fall.cascade.settle(stand(self.brief, &loads));
        }
        Ok(fall)
    }
}

impl Asked for OneByOne<'_> {
    fn method(&self) -> Method {
        self.oracle.method()
    }

    fn base(&self) -> Day {
        self.base_day.clone()
    }

    fn failures(
        &mut self,
        fates: Vec<Fate>,
        by_day: bool,
        tick: Tick<'_>,
    ) -> Result<Vec<Failure>, Unplanned> {
        let mut failures = Vec::with_capacity(fates.len());
        for fate in fates {
            tick()?;
            failures.push(self.failure(fate, by_day)?);
        }
        Ok(failures)
    }

    fn pairs(&mut self, by_day: bool, worst: &mut Worst, tick: Tick<'_>) -> Result<(), Unplanned> {
        let sites = self.brief.active_sites();
        for (place, a) in sites.iter().enumerate() {
            for b in &sites[place + 1..] {
                tick()?;
                let steps = Fate::pair(*a, *b).steps(self.brief);
                let day = Day::of(self.brief, &self.oracle.after(&steps)?);
                let fall = self.fall(&steps, Fall::of(self.brief, &day, by_day))?;
                worst.push(PairFailure::of(self.brief, &sites, [*a, *b], &day, fall));
            }
        }
        worst.sort();
        Ok(())
    }
}

impl PairFailure {
    /// What it comes to, with the loads then. `active` are the sites before it.
    fn of(
        brief: &Brief<'_>,
        active: &[u32],
        sites: [u32; 2],
        day: &Day,
        fall: Fall,
    ) -> PairFailure {
        let capacity = |site: u32| brief.service().sites[site as usize].capacity;
        let utilization = |site: u32| {
            let of = |load: &Load| load.utilization(capacity(site)).unwrap_or(0.0);
            match fall.hour {
                Some(_) => day.peak(site, of).0,
                None => of(&day.mean().sites[site as usize]),
            }
        };
        let left = || active.iter().copied().filter(|it| !sites.contains(it));
        let load = |site: u32| day.mean().sites[site as usize];
        let key = |site: u32| (utilization(site), load(site).kqps);
        let fuller = |a: ((f64, f64), u32), b: ((f64, f64), u32)| if b.0 > a.0 { b } else { a };
        let worst = left().map(|site| (key(site), site)).reduce(fuller);
        let worst = worst.map_or(sites[0], |(_, site)| site);
        PairFailure {
            sites,
            worst,
            load: load(worst),
            utilization: load(worst).utilization(capacity(worst)).map(|_| utilization(worst)),
            over: left().filter(|it| is_over(utilization(*it))).collect(),
            unserved: day.mean().unserved,
            hour: fall.hour,
            served: fall.served,
            rounds: fall.cascade.end().0,
        }
    }
}

/// Withdrawals that a failure may set off.
struct Fall {
    /// The hour of the day that they are about, if hours were asked for.
    hour: Option<u32>,
    /// Share of demand that is served before the first.
    served: f64,
    cascade: Cascade,
}

impl Fall {
    /// Before the first. A day is judged by the hour at which least is served, then by that at
    /// which a site is fullest; by the first of equals.
    fn of(brief: &Brief<'_>, day: &Day, by_day: bool) -> Fall {
        let at = |hour: Option<u32>| {
            let stand = stand(brief, &loads_at(day, hour));
            let fullest = stand.sites.iter().map(|site| site.utilization).fold(0.0, f64::max);
            (hour, stand.served(), fullest, stand)
        };
        let (hour, served, _, first) = match by_day {
            false => at(None),
            true => (1..HOURS).map(|hour| at(Some(hour))).fold(at(Some(0)), |worst, next| {
                let (less, more) = (worst.1 - SAME_SHARE, worst.1 + SAME_SHARE);
                let is_fuller = next.2 > worst.2 * (1.0 + SAME_SHARE);
                match next.1 < less || (next.1 < more && is_fuller) {
                    true => next,
                    false => worst,
                }
            }),
        };
        let threshold = brief.situation().rules.shed_threshold;
        Fall { hour, served, cascade: Cascade::new(first, threshold) }
    }
}

/// Loads at an hour of the day, or their mean.
fn loads_at(day: &Day, hour: Option<u32>) -> Loads {
    match hour {
        Some(hour) => day.loads(hour),
        None => day.mean().clone(),
    }
}

/// What sites make of loads without an attack.
fn stand(brief: &Brief<'_>, loads: &Loads) -> Stand {
    let offered = |load: &Load| Offered {
        legit_kqps: load.kqps,
        legit_gbps: load.gbps,
        ..Offered::default()
    };
    let offered: Vec<Offered> = loads.sites.iter().map(offered).collect();
    let unserved = (loads.unserved.kqps, loads.unserved.gbps);
    Stand::of(brief.service(), brief.situation().rules, &offered, unserved)
}

impl Load {
    fn in_unit(&self, unit: Unit) -> f64 {
        match unit {
            Unit::Kqps => self.kqps,
            Unit::Gbps => self.gbps,
        }
    }
}

impl CapacityPlan {
    /// Load of a site as the plan holds it against its capacity, with the hour if it is of one.
    fn load(&self, day: &Day, site: u32, unit: Unit) -> (f64, Option<u32>) {
        match self.day {
            true => {
                let (load, hour) = day.peak(site, |load| load.in_unit(unit));
                (load, Some(hour))
            }
            false => (day.mean().sites[site as usize].in_unit(unit), None),
        }
    }

    /// What a site needs, for its own load and any single failure of another.
    pub fn need(&self, brief: &Brief<'_>, site: u32, unit: Unit) -> Need {
        let (load, own_hour) = self.load(&self.base, site, unit);
        let others = self.singles.iter().filter(|it| !it.fate.takes(site));
        let (worst, cause, hour) =
            others.fold((load, None, own_hour), |(worst, cause, hour), failure| {
                let (load, at) = self.load(&failure.day, site, unit);
                // The same waves summed in another order differ in their last digits.
                match load > worst + 1e-9 * worst {
                    true => (load, Some(failure.fate.sites[0]), at),
                    false => (worst, cause, hour),
                }
            });
        let given = brief.service().sites[site as usize].capacity;
        let capacity = match unit {
            Unit::Kqps => given.kqps,
            Unit::Gbps => given.gbps,
        };
        let required = worst / self.target;
        let missing = required - capacity.unwrap_or(0.0);
        let missing = (missing > 1e-9 * required).then_some(missing);
        Need { site, load, worst, cause, hour, capacity, required, missing }
    }

    /// Load of every site (column) over its capacity after each single failure (row), in the order
    /// of `sites`, at the hours that the plan speaks of; `None` for the failed site itself, and
    /// where a site has no capacity.
    pub fn matrix(&self, brief: &Brief<'_>) -> Vec<Vec<Option<f64>>> {
        let cell = |failure: &Failure, site: u32| {
            let capacity = brief.service().sites[site as usize].capacity;
            let of = |load: &Load| load.utilization(capacity);
            of(&Load::default()).filter(|_| !failure.fate.takes(site))?;
            match self.day {
                true => Some(failure.day.peak(site, |load| of(load).unwrap_or(0.0)).0),
                false => of(&failure.day.mean().sites[site as usize]),
            }
        };
        let row = |failure: &Failure| self.sites.iter().map(|site| cell(failure, *site)).collect();
        self.singles.iter().map(row).collect()
    }

    /// The single failure after which a site is fullest, with that site and its load over its
    /// capacity; `None` where no site has a capacity.
    pub fn breaking(&self, brief: &Brief<'_>) -> Option<(u32, u32, f64)> {
        let mut worst: Option<(u32, u32, f64)> = None;
        for (failed, row) in self.sites.iter().zip(self.matrix(brief)) {
            for (site, cell) in self.sites.iter().zip(row) {
                if let Some(full) = cell
                    && worst.is_none_or(|(_, _, most)| full > most)
                {
                    worst = Some((*failed, *site, full));
                }
            }
        }
        worst
    }

    /// Whether somebody says how many gigabits flow, or what a link can carry.
    pub fn has_gbps(&self, brief: &Brief<'_>) -> bool {
        brief.sources.iter().any(|source| source.gbps > 0.0)
            || self
                .sites
                .iter()
                .any(|it| brief.service().sites[*it as usize].capacity.gbps.is_some())
    }
}

#[cfg(test)]
mod tests;
