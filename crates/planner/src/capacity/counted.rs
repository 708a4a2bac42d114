//! Failures by the block, where one plain prefix is all that matters.
//!
//! A [`Batch`] solves 64 failures at once and hands out demand by site in whole units
//! ([`Demand`]): sums are the same in whatever order, and those of one failure are those of the
//! base, less what has moved. Routers are looked at one by one only for single failures and groups,
//! whose heirs are shown; double failures and cascades need totals alone.
//!
//! Loads differ from those of [`crate::load::Loads::of`] by half a unit at most for each router
//! that a site serves, and a unit is at most the sum of all demand times 2^-51. Whole numbers,
//! halves, quarters are exact in both.

use catchment_dynamics::play::covering;
use catchment_routing::{Batch, Configuration, Demand, Sites, Unsolved, Wanted, Worker};

use super::fate::{Fate, FateKind, neighbor};
use super::heirs::{Distances, heirs};
use super::{Asked, Failure, Fall, PairFailure, Tick, Worst, loads_at, stand};
use crate::brief::Brief;
use crate::load::day::{Day, phase};
use crate::load::moves::Move;
use crate::load::{Load, Loads};
use crate::oracle::{Method, Unplanned};

/// Configurations whose totals are held at once.
const CHUNK: usize = 256;

/// What is counted of the sources: everything that a [`Day`] is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantity {
    Kqps,
    Gbps,
    Sources,
    /// Waves of the day, as w (1 + cosine) and w (1 + sine), as demand is never below zero.
    KqpsCosine,
    KqpsSine,
    GbpsCosine,
    GbpsSine,
}

impl Quantity {
    const COUNT: usize = 7;
    const ALL: [Quantity; Quantity::COUNT] = [
        Quantity::Kqps,
        Quantity::Gbps,
        Quantity::Sources,
        Quantity::KqpsCosine,
        Quantity::KqpsSine,
        Quantity::GbpsCosine,
        Quantity::GbpsSine,
    ];

    /// What double failures are judged by and cascades need: loads, and over the day their waves.
    fn loads(by_day: bool) -> &'static [Quantity] {
        match by_day {
            true => &[
                Quantity::Kqps,
                Quantity::Gbps,
                Quantity::KqpsCosine,
                Quantity::KqpsSine,
                Quantity::GbpsCosine,
                Quantity::GbpsSine,
            ],
            false => &[Quantity::Kqps, Quantity::Gbps],
        }
    }
}

/// By quantity, and then by site, who reaches none last; empty where a quantity is not counted.
type Totals = [Vec<u64>; Quantity::COUNT];

/// Stands for "no site".
const NOWHERE: u32 = u32::MAX;

/// Counts demand of many failures.
pub(super) struct Counter<'a> {
    brief: &'a Brief<'a>,
    batch: Batch<'a>,
    /// `None` where a quantity is zero everywhere.
    demands: [Option<Demand>; Quantity::COUNT],
    /// The first source of each router, so that no router is counted twice.
    is_first: Vec<bool>,
    /// Site of each router before anything fails, or [`NOWHERE`].
    base_sites: Vec<u32>,
    base: Totals,
}

impl<'a> Counter<'a> {
    /// That of a brief; `None` where something else must be asked: where the past matters, where
    /// packets follow several prefixes, or where the batch would go one by one too.
    pub fn new(brief: &'a Brief<'a>) -> Option<Counter<'a>> {
        if Method::of(brief) != Method::Solve {
            return None;
        }
        let target = brief.prefix_of(brief.sources.first()?);
        if brief.sources.iter().any(|source| brief.prefix_of(source) != target) {
            return None;
        }
        let [prefix] = covering(&brief.script, target)[..] else { return None };
        let demand: f64 = brief.sources.iter().map(|source| source.weight + source.gbps).sum();
        // Neither endless nor no number, nor so much that units would overflow.
        if !(0.0..1e290).contains(&demand) {
            return None;
        }
        let batch = Batch::new(brief.situation(), prefix);
        if !batch.is_lanes() {
            return None;
        }
        let demands = Quantity::ALL.map(|quantity| demand_of(brief, &batch, quantity));
        let mut seen = vec![false; brief.situation().world.router_count()];
        let sources = brief.sources.iter();
        let is_first = sources
            .map(|source| !std::mem::replace(&mut seen[source.router as usize], true))
            .collect();
        let mut counter = Counter {
            brief,
            batch,
            demands,
            is_first,
            base_sites: Vec::new(),
            base: Totals::default(),
        };
        counter.find_base().ok()?;
        Some(counter)
    }

    fn find_base(&mut self) -> Result<(), Unplanned> {
        let Counter { brief, batch, demands, base_sites, .. } = self;
        let mut worker = batch.worker();
        let routers = 0..brief.situation().world.router_count() as u32;
        let all = [batch.as_it_is()];
        let site = |answer: &catchment_routing::Answer<'_>, router| answer.site(router);
        let mut outcome = Ok(());
        let visit = |_, answer: Result<catchment_routing::Answer<'_>, Unsolved>| match answer {
            Ok(answer) => {
                base_sites.extend(routers.clone().map(|it| site(&answer, it).unwrap_or(NOWHERE)));
            }
            Err(unsolved) => outcome = Err(unsolved),
        };
        worker.sweep(all.iter().cloned(), batch.demand(), Wanted::Routers, visit);
        outcome?;
        let site_count = brief.service().sites.len();
        self.base = demands.each_ref().map(|demand| {
            let Some(demand) = demand else { return Vec::new() };
            let mut totals = vec![0; site_count + 1];
            for (router, site) in (0..).zip(&*base_sites) {
                totals[(*site as usize).min(site_count)] += demand.of_router(router);
            }
            totals
        });
        Ok(())
    }

    /// The configuration in which something has failed.
    fn failed(&self, fate: &Fate) -> Configuration {
        let mut left = self.batch.as_it_is();
        match fate.kind {
            FateKind::Transit(asn) => {
                let sessions = fate.sites.iter().flat_map(|site| self.brief.sessions_of(*site));
                left.closed = sessions.filter(|it| neighbor(self.brief, *it) == asn).collect();
            }
            _ => fate.sites.iter().for_each(|site| left.active.set(*site, false)),
        }
        left
    }

    /// Totals of configurations, a row for each, of the quantities asked for.
    fn rows(
        &self,
        worker: &mut Worker<'_, 'a>,
        configurations: &[Configuration],
        quantities: &[Quantity],
    ) -> Result<Totals, Unsolved> {
        let mut rows = Totals::default();
        for quantity in quantities {
            let Some(demand) = &self.demands[*quantity as usize] else { continue };
            let row = &mut rows[*quantity as usize];
            let mut outcome = Ok(());
            worker.sweep(configurations.iter().cloned(), demand, Wanted::Totals, |_, answer| {
                match answer {
                    Ok(answer) => row.extend_from_slice(answer.totals()),
                    Err(unsolved) => outcome = Err(unsolved),
                }
            });
            outcome?;
        }
        Ok(rows)
    }

    /// Loads over the day of one row of totals.
    fn day(&self, totals: &Totals, row: usize) -> Day {
        let site_count = self.brief.service().sites.len();
        let amount = |quantity: Quantity, site: usize| {
            let demand = self.demands[quantity as usize].as_ref();
            let units = totals[quantity as usize].get(row * (site_count + 1) + site);
            demand.zip(units).map(|(demand, units)| demand.in_weights(*units))
        };
        let load = |site: usize| Load {
            kqps: amount(Quantity::Kqps, site).unwrap_or(0.0),
            gbps: amount(Quantity::Gbps, site).unwrap_or(0.0),
            sources: amount(Quantity::Sources, site).unwrap_or(0.0) as u32,
        };
        let mean = Loads { sites: (0..site_count).map(load).collect(), unserved: load(site_count) };
        let wave = |quantity, mean: f64, site| amount(quantity, site).map_or(0.0, |it| it - mean);
        let waves: Vec<[(f64, f64); 2]> = (0..)
            .zip(mean.sites.iter().chain([&mean.unserved]))
            .map(|(site, Load { kqps, gbps, .. })| {
                let (kqps, gbps) = (*kqps, *gbps);
                [
                    (wave(Quantity::KqpsCosine, kqps, site), wave(Quantity::KqpsSine, kqps, site)),
                    (wave(Quantity::GbpsCosine, gbps, site), wave(Quantity::GbpsSine, gbps, site)),
                ]
            })
            .collect();
        Day::of_sums(self.brief, mean, &waves)
    }

    /// What has moved from where the base has it, and all totals then.
    fn moved(&self, site: impl Fn(u32) -> Option<u32>) -> (Vec<Move>, Totals) {
        let mut moves = Vec::new();
        let mut totals = self.base.clone();
        let none = self.brief.service().sites.len();
        let known = |site: u32| (site != NOWHERE).then_some(site);
        for ((index, source), is_first) in (0..).zip(&self.brief.sources).zip(&self.is_first) {
            let was = self.base_sites[source.router as usize];
            let is = site(source.router).unwrap_or(NOWHERE);
            if was == is {
                continue;
            }
            moves.push(Move { source: index, from: known(was), to: known(is), share: 1.0 });
            if !is_first {
                continue;
            }
            for (totals, demand) in totals.iter_mut().zip(&self.demands) {
                let Some(demand) = demand else { continue };
                let units = demand.of_router(source.router);
                totals[(was as usize).min(none)] -= units;
                totals[(is as usize).min(none)] += units;
            }
        }
        (moves, totals)
    }

    /// Lets overloaded sites withdraw, in all failures side by side: a sweep for each round.
    fn fall(
        &self,
        worker: &mut Worker<'_, 'a>,
        failed: &[Configuration],
        falls: &mut [Fall],
    ) -> Result<(), Unplanned> {
        let by_day = falls.iter().any(|fall| fall.hour.is_some());
        loop {
            let mut falling: Vec<usize> = Vec::new();
            let mut left: Vec<Configuration> = Vec::new();
            for (place, fall) in falls.iter_mut().enumerate() {
                let Some(gone) = fall.cascade.fall() else { continue };
                let mut configuration = failed[place].clone();
                gone.iter().for_each(|site| configuration.active.set(*site, false));
                falling.push(place);
                left.push(configuration);
            }
            if falling.is_empty() {
                return Ok(());
            }
            let rows = self.rows(worker, &left, Quantity::loads(by_day))?;
            for (row, place) in falling.into_iter().enumerate() {
                let Fall { hour, cascade, .. } = &mut falls[place];
                cascade.settle(stand(self.brief, &loads_at(&self.day(&rows, row), *hour)));
            }
        }
    }
}

impl Asked for Counter<'_> {
    fn method(&self) -> Method {
        Method::Solve
    }

    fn base(&self) -> Day {
        self.day(&self.base, 0)
    }

    fn failures(
        &mut self,
        fates: Vec<Fate>,
        by_day: bool,
        tick: Tick<'_>,
    ) -> Result<Vec<Failure>, Unplanned> {
        let brief = self.brief;
        let mut worker = self.batch.worker();
        let mut distances = Distances::new(brief);
        let mut failures: Vec<Failure> = Vec::with_capacity(fates.len());
        for chunk in fates.chunks(CHUNK) {
            let failed: Vec<Configuration> = chunk.iter().map(|fate| self.failed(fate)).collect();
            let mut falls: Vec<Fall> = Vec::with_capacity(chunk.len());
            let mut outcome = Ok(());
            let demand = self.batch.demand();
            worker.sweep(failed.iter().cloned(), demand, Wanted::Routers, |index, answer| {
                if outcome.is_ok() {
                    outcome = tick();
                }
                let answer = match (&outcome, answer) {
                    (Ok(()), Ok(answer)) => answer,
                    (Ok(()), Err(unsolved)) => return outcome = Err(unsolved.into()),
                    (Err(_), _) => return,
                };
                let fate = chunk[index].clone();
                let (moves, totals) = self.moved(|router| answer.site(router));
                let heirs = heirs(brief, &moves, &mut distances, |site| fate.takes(site));
                let day = self.day(&totals, 0);
                let fall = Fall::of(brief, &day, by_day);
                let (hour, served) = (fall.hour, fall.served);
                falls.push(fall);
                failures.push(Failure { fate, day, heirs, hour, served, rounds: Vec::new() });
            });
            outcome?;
            self.fall(&mut worker, &failed, &mut falls)?;
            let from = failures.len() - chunk.len();
            for (failure, fall) in failures[from..].iter_mut().zip(falls) {
                failure.rounds = fall.cascade.end().0;
            }
        }
        Ok(failures)
    }

    fn pairs(&mut self, by_day: bool, worst: &mut Worst, tick: Tick<'_>) -> Result<(), Unplanned> {
        let brief = self.brief;
        let active = brief.active_sites();
        let all = (0..active.len())
            .flat_map(|place| active[place + 1..].iter().map(move |b| (place, *b)))
            .map(|(place, b)| [active[place], b]);
        let mut worker = self.batch.worker();
        let mut waiting: Vec<[u32; 2]> = Vec::with_capacity(CHUNK);
        let mut all = all.peekable();
        while let Some(pair) = all.next() {
            tick()?;
            waiting.push(pair);
            if waiting.len() < CHUNK && all.peek().is_some() {
                continue;
            }
            let failed = self.without(&waiting);
            let rows = self.rows(&mut worker, &failed, Quantity::loads(by_day))?;
            let days: Vec<Day> = (0..waiting.len()).map(|row| self.day(&rows, row)).collect();
            let mut falls: Vec<Fall> =
                days.iter().map(|day| Fall::of(brief, day, by_day)).collect();
            self.fall(&mut worker, &failed, &mut falls)?;
            for ((pair, day), fall) in waiting.drain(..).zip(&days).zip(falls) {
                worst.push(PairFailure::of(brief, &active, pair, day, fall));
            }
        }
        worst.sort();
        // How many sources there are is counted for those alone that are kept.
        for kept in worst.pairs.chunks_mut(CHUNK) {
            let pairs: Vec<[u32; 2]> = kept.iter().map(|pair| pair.sites).collect();
            let rows = self.rows(&mut worker, &self.without(&pairs), &[Quantity::Sources])?;
            for (row, pair) in kept.iter_mut().enumerate() {
                let day = self.day(&rows, row);
                pair.load.sources = day.mean().sites[pair.worst as usize].sources;
                pair.unserved.sources = day.mean().unserved.sources;
            }
        }
        Ok(())
    }
}

impl Counter<'_> {
    fn without(&self, pairs: &[[u32; 2]]) -> Vec<Configuration> {
        let before = Sites::active(self.brief.service());
        let left = |pair: &[u32; 2]| {
            let mut left = before.clone();
            pair.iter().for_each(|site| left.set(*site, false));
            Configuration::of_sites(left)
        };
        pairs.iter().map(left).collect()
    }
}

/// A quantity by router; `None` where there is none, or it is that of a day without places.
fn demand_of(brief: &Brief<'_>, batch: &Batch<'_>, quantity: Quantity) -> Option<Demand> {
    let mut weights = vec![0.0; brief.situation().world.router_count()];
    let (mut has_any, mut has_place) = (false, false);
    for source in &brief.sources {
        let phase = phase(brief, source.router);
        let (cosine, sine) = phase.unwrap_or_default();
        let (amount, factor) = match quantity {
            Quantity::Kqps => (source.weight, 1.0),
            Quantity::Gbps => (source.gbps, 1.0),
            Quantity::Sources => (1.0, 1.0),
            Quantity::KqpsCosine => (source.weight, 1.0 + cosine),
            Quantity::KqpsSine => (source.weight, 1.0 + sine),
            Quantity::GbpsCosine => (source.gbps, 1.0 + cosine),
            Quantity::GbpsSine => (source.gbps, 1.0 + sine),
        };
        weights[source.router as usize] += amount * factor;
        has_any |= amount > 0.0;
        has_place |= phase.is_some();
    }
    let is_wave = !matches!(quantity, Quantity::Kqps | Quantity::Gbps | Quantity::Sources);
    (has_any && (has_place || !is_wave)).then(|| batch.demand_of(&weights))
}
