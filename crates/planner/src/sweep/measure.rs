//! What one row of a sweep is measured by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use catchment_dynamics::outcome::EventOutcome;
use catchment_dynamics::play::covering;
use catchment_dynamics::{Outcome, Stream};
use catchment_model::rng::draw;
use catchment_routing::{Catchment, Policy, Unsolved, Via, choice_at, link_rtt_ms, solve};

use super::{below, stream};
use crate::brief::Brief;
use crate::load::Loads;
use crate::oracle::{Placement, Unplanned};
use crate::quantile::Weighted;

/// A measure of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Name of its column.
    pub name: Cow<'static, str>,
    /// Its unit; empty for counts.
    pub unit: &'static str,
    /// Digits behind the point in text.
    pub decimals: u8,
}

impl Measure {
    fn new(name: impl Into<Cow<'static, str>>, unit: &'static str, decimals: u8) -> Measure {
        Measure { name: name.into(), unit, decimals }
    }
}

/// Measures of every row, in order: `settled`, the load of each site, and what all come to. With
/// `outcome` also what the events of the scenario did.
pub fn measures(sites: &[String], outcome: bool) -> Vec<Measure> {
    let mut measures = vec![Measure::new("settled", "", 0)];
    measures.extend(sites.iter().map(|site| Measure::new(format!("load_{site}"), "kq/s", 3)));
    measures.extend([
        Measure::new("unserved", "kq/s", 3),
        Measure::new("utilization_max", "%", 2),
        Measure::new("rtt_mean_ms", "ms", 3),
        Measure::new("rtt_p50_ms", "ms", 3),
        Measure::new("rtt_p95_ms", "ms", 3),
    ]);
    if outcome {
        measures.extend([
            Measure::new("hurt_max", "kq/s", 3),
            Measure::new("lost", "kq", 3),
            Measure::new("served_95_max_s", "s", 3),
            Measure::new("failover_max_s", "s", 3),
            Measure::new("converged_max_s", "s", 3),
            Measure::new("unserved_for_good", "kq/s", 3),
            Measure::new("stayed_away", "kq/s", 3),
            Measure::new("messages", "", 0),
        ]);
    }
    measures
}

/// Measures of a row before its events: as many as [`measures`] names without outcome. `sites`
/// are the columns; a site that the row does not have is no number.
///
/// # Errors
/// If the row has a site that is none of `sites`.
pub fn of_placement(
    brief: &Brief<'_>,
    placement: &Placement,
    sites: &[String],
) -> Result<Vec<f64>, Unplanned> {
    let loads = Loads::of(brief, placement);
    let mut values = vec![1.0];
    values.resize(1 + sites.len(), f64::NAN);
    for (index, load) in loads.sites.iter().enumerate() {
        let name = brief.site_name(index as u32);
        let column = sites.iter().position(|site| *site == name).ok_or_else(|| {
            Unplanned::question(
                format!("the settings together make a site `{name}` that none makes alone"),
                "name the site in the scenario, and vary what it does",
            )
        })?;
        values[1 + column] = load.kqps;
    }
    values.push(loads.unserved.kqps);
    let utilization = loads.sites.iter().zip(&brief.service().sites);
    let utilization = utilization.filter_map(|(load, site)| load.utilization(site.capacity));
    values.push(100.0 * utilization.fold(f64::NAN, f64::max));
    let timed = placement.streams.iter().zip(&placement.rtt_ms).filter_map(|(stream, rtt_ms)| {
        let weight = brief.sources[stream.source as usize].weight * stream.share;
        Some(((*rtt_ms)?, weight))
    });
    let rtts = Weighted::new(timed);
    let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
    values.extend([or_nan(rtts.mean()), or_nan(rtts.at(0.5)), or_nan(rtts.at(0.95))]);
    Ok(values)
}

/// What the events of a row did: as many as [`measures`] adds with outcome. Times are the longest
/// of all events; one that has no end is no number.
pub fn of_outcome(outcome: &Outcome) -> Vec<f64> {
    let hurt = || outcome.events.iter().filter(|event| event.hurt.demand > 0.0);
    let longest = |times: &mut dyn Iterator<Item = Option<i64>>| {
        let mut longest = 0.0;
        for time in times {
            let Some(us) = time else { return f64::NAN };
            longest = f64::max(longest, us as f64 / 1e6);
        }
        longest
    };
    let stayed = outcome.events.iter().flat_map(|event| &event.stayed);
    vec![
        hurt().map(|event| event.hurt.demand).fold(0.0, f64::max),
        outcome.lost(),
        longest(&mut hurt().map(|event| event.restored.most_us)),
        longest(&mut hurt().map(EventOutcome::failover)),
        longest(&mut outcome.events.iter().filter_map(|event| event.converged_us).map(Some)),
        outcome.events.iter().map(|event| event.unserved_for_good).sum(),
        stayed.map(|stayed| stayed.demand).sum(),
        outcome.events.iter().map(|event| event.messages).sum::<u64>() as f64,
    ]
}

/// Measures of a row whose routing does not settle.
pub fn unsettled(measures: &[Measure]) -> Vec<f64> {
    let mut values = vec![f64::NAN; measures.len()];
    values[0] = 0.0;
    values
}

/// Where demand lands if every router breaks its ties by a coin of its own: a draw picks evenly
/// among the tied candidate sessions, independently per router (design section 5).
///
/// # Errors
/// If the routing does not settle.
pub fn drawn(brief: &Brief<'_>, seed: u64) -> Result<Placement, Unsolved> {
    let situation = brief.situation();
    let mut solved: BTreeMap<u16, (Policy<'_>, Catchment)> = BTreeMap::new();
    let mut roads: BTreeMap<u16, Roads> = BTreeMap::new();
    let mut sites = Vec::with_capacity(brief.sources.len());
    let mut rtt_ms = Vec::with_capacity(brief.sources.len());
    for source in &brief.sources {
        let target = brief.prefix_of(source);
        let layers = covering(&brief.script, target);
        for prefix in &layers {
            if !solved.contains_key(prefix) {
                let answer = (Policy::new(situation, *prefix), solve(situation, *prefix)?);
                solved.insert(*prefix, answer);
            }
        }
        let count = situation.world.router_count();
        let roads = roads.entry(target).or_insert_with(|| Roads { ends: vec![None; count] });
        let layers: Vec<(u16, &Policy<'_>, &Catchment)> = layers
            .iter()
            .map(|prefix| {
                let (policy, catchment) = &solved[prefix];
                (*prefix, policy, catchment)
            })
            .collect();
        let (site, rtt) = roads.end(&layers, source.router, seed);
        sites.push(site);
        rtt_ms.push(rtt);
    }
    let stream = |source: usize| Stream { source: source as u32, share: 1.0 };
    Ok(Placement { streams: (0..brief.sources.len()).map(stream).collect(), sites, rtt_ms })
}

/// A site and a round trip to it.
type End = (Option<u32>, Option<f64>);

/// Where packets end, router by router.
struct Roads {
    ends: Vec<Option<End>>,
}

impl Roads {
    fn end(&mut self, layers: &[(u16, &Policy<'_>, &Catchment)], router: u32, seed: u64) -> End {
        let Some((_, policy, _)) = layers.first() else { return (None, None) };
        let (world, rules) = (policy.world(), policy.rules());
        let mut here = router;
        let mut passed: Vec<u32> = Vec::new();
        while self.ends[here as usize].is_none() {
            let found = layers.iter().find_map(|(prefix, policy, catchment)| {
                Some((prefix, catchment.route(here)?, policy, catchment))
            });
            let Some((prefix, route, policy, catchment)) = found else {
                self.ends[here as usize] = Some((None, None));
                break;
            };
            let choice = choice_at(policy, catchment, here).expect("it has a route");
            let key = u64::from(*prefix) << 32 | u64::from(here);
            let word = draw(seed, stream::TIES, key);
            let count = choice.tied.len();
            let picked = below(word, count as u64) as usize;
            let mut via = choice.tied.get(picked).copied().unwrap_or(route.via);
            // Routers of one AS that each prefer the other's tied way would send packets round:
            // then the way that the solve chose is taken, which ends.
            if let Via::Internal(next) = via
                && passed.contains(&next)
            {
                via = route.via;
            }
            match via {
                Via::Own => {
                    let rtt_ms = world.place(here).map(|_| rules.t_server);
                    self.ends[here as usize] = Some((Some(route.site), rtt_ms));
                }
                Via::External(next) | Via::Internal(next) => {
                    passed.push(here);
                    here = next;
                    if passed.len() > self.ends.len() {
                        self.ends[here as usize] = Some((None, None));
                    }
                }
            }
        }
        while let Some(before) = passed.pop() {
            let (site, rtt_ms) = self.ends[here as usize].unwrap_or_default();
            let link = || link_rtt_ms(world, rules, before, here);
            let rtt_ms = rtt_ms.and_then(|rest| Some(rest + link()?));
            self.ends[before as usize] = Some((site, rtt_ms));
            here = before;
        }
        self.ends[router as usize].unwrap_or_default()
    }
}
