//! Sets of sites by the block, where the world is plain and no round trip is known.
//!
//! A [`Batch`] solves 64 sets at once and hands out demand by site in whole units ([`Demand`]), so
//! that nobody looks at routers one by one. Loads differ from those of [`crate::load::Loads::of`]
//! by half a unit at most for each router that a site serves, and a unit is at most the sum of all
//! demand times 2^-51; whole numbers, halves, quarters are exact in both.

use catchment_routing::{Batch, Configuration, Demand, Sites, Unsolved, Wanted, Worker};

use super::Merit;
use crate::brief::Brief;
use crate::load::{Load, Loads};
use crate::sweep::lanes::plain_prefix;

/// What is counted of a set.
#[derive(Debug)]
pub(super) struct Lanes<'b> {
    brief: &'b Brief<'b>,
    batch: Batch<'b>,
    kqps: Demand,
    /// `None` where nobody says.
    gbps: Option<Demand>,
    sources: Demand,
    /// Demand of each region that may not be served everywhere, and by site whether it may not be
    /// served there.
    regions: Vec<(Demand, Vec<bool>)>,
}

impl<'b> Lanes<'b> {
    /// Those of a brief; `None` where each set must be asked for by itself.
    pub fn new(brief: &'b Brief<'b>) -> Option<Lanes<'b>> {
        let prefix = plain_prefix(brief)?;
        let demand: f64 = brief.sources.iter().map(|source| source.weight + source.gbps).sum();
        // Neither endless nor no number, nor so much that units would overflow.
        if !(0.0..1e290).contains(&demand) {
            return None;
        }
        let batch = Batch::new(brief.situation(), prefix);
        if !batch.is_lanes() {
            return None;
        }
        let demand_of = |amount: &dyn Fn(&catchment_dynamics::Source) -> f64| {
            let mut weights = vec![0.0; brief.situation().world.router_count()];
            for source in &brief.sources {
                weights[source.router as usize] += amount(source);
            }
            weights.iter().any(|weight| *weight > 0.0).then(|| batch.demand_of(&weights))
        };
        let regions = brief.residency.iter().filter_map(|(region, allowed)| {
            let of_region = |source: &catchment_dynamics::Source| {
                if source.region == *region { source.weight } else { 0.0 }
            };
            let sites = brief.service().sites.iter();
            let outside = sites.map(|site| !allowed.contains(&site.region)).collect();
            Some((demand_of(&of_region)?, outside))
        });
        let (regions, gbps) = (regions.collect(), demand_of(&|source| source.gbps));
        let kqps = demand_of(&|source| source.weight)?;
        let sources = demand_of(&|_| 1.0)?;
        Some(Lanes { brief, batch, kqps, gbps, sources, regions })
    }

    /// Asks, in one thread.
    pub fn asker(&self) -> Asker<'_, 'b> {
        Asker { lanes: self, worker: self.batch.worker() }
    }
}

/// Asks for sets of sites.
pub(super) struct Asker<'l, 'b> {
    lanes: &'l Lanes<'b>,
    worker: Worker<'l, 'b>,
}

impl Asker<'_, '_> {
    /// What sets are worth; `None` where nothing settles.
    ///
    /// # Errors
    /// If a set has no answer for another reason.
    pub fn ask(&mut self, sets: &[Sites]) -> Result<Vec<Option<Merit>>, Unsolved> {
        let Lanes { brief, kqps, gbps, sources, regions, .. } = self.lanes;
        let site_count = brief.service().sites.len();
        let nothing = || {
            let sites = vec![Load::default(); site_count];
            Merit {
                loads: Loads { sites, unserved: Load::default() },
                unserved: 0.0,
                rtt_mean_ms: None,
                rtt_p95_ms: None,
                violation: 0.0,
            }
        };
        let mut merits: Vec<Option<Merit>> = sets.iter().map(|_| Some(nothing())).collect();
        let total = kqps.in_weights(kqps.total());
        self.count(sets, kqps, &mut merits, |merit, site, kqps| match site {
            Some(site) => merit.loads.sites[site].kqps = kqps,
            None => {
                merit.loads.unserved.kqps = kqps;
                merit.unserved = kqps / total;
            }
        })?;
        if let Some(gbps) = gbps {
            self.count(sets, gbps, &mut merits, |merit, site, gbps| match site {
                Some(site) => merit.loads.sites[site].gbps = gbps,
                None => merit.loads.unserved.gbps = gbps,
            })?;
        }
        self.count(sets, sources, &mut merits, |merit, site, count| match site {
            Some(site) => merit.loads.sites[site].sources = count as u32,
            None => merit.loads.unserved.sources = count as u32,
        })?;
        for (demand, outside) in regions {
            self.count(sets, demand, &mut merits, |merit, site, kqps| {
                if site.is_some_and(|site| outside[site]) {
                    merit.violation += kqps;
                }
            })?;
        }
        merits.iter_mut().flatten().for_each(|merit| merit.violation /= total);
        Ok(merits)
    }

    /// Hands out the demand of each site of each set, and of none.
    fn count(
        &mut self,
        sets: &[Sites],
        demand: &Demand,
        merits: &mut [Option<Merit>],
        mut add: impl FnMut(&mut Merit, Option<usize>, f64),
    ) -> Result<(), Unsolved> {
        let configurations = sets.iter().cloned().map(Configuration::of_sites);
        let mut outcome = Ok(());
        self.worker.sweep(configurations, demand, Wanted::Totals, |at, answer| match answer {
            Ok(answer) => {
                let Some(merit) = &mut merits[at] else { return };
                let (sites, unreached) = (answer.totals(), answer.unreached());
                for (site, units) in sites[..sites.len() - 1].iter().enumerate() {
                    add(merit, Some(site), demand.in_weights(*units));
                }
                add(merit, None, demand.in_weights(unreached));
            }
            Err(Unsolved::Oscillation(_)) => merits[at] = None,
            Err(unsolved) => outcome = Err(unsolved),
        });
        outcome
    }
}
