//! Who is served outside the regions that may serve them: now, and after each single failure
//! (models 8.6); and what would keep them inside.
//!
//! Anycast alone cannot promise it: whoever loses the last site inside goes to the next one
//! wherever that is. What can is a prefix for each region that only its own sites announce (hybrid,
//! models 7.4), and it has a price: longer ways now, and nobody who answers when all of the
//! region's sites fail, or a covering prefix, and then they are outside again.
//!
//! What is left out: mistakes of DNS about where a client is (models 7.4), which break the promise
//! for the share that it gets wrong.

mod answer;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use catchment_dynamics::Script;
use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::Service;
use catchment_model::mistake::nearest_help;
use catchment_routing::{Change, Situation};

use crate::brief::Brief;
use crate::load::Loads;
use crate::oracle::{Method, Oracle, Placement, Unplanned};

/// Prepending more than this is not seen in practice, and moves nobody that this does not.
pub const PREPENDS_MAX: u8 = 5;

/// For each region, the regions whose sites may serve its clients.
pub type Residency = BTreeMap<String, Vec<String>>;

/// What becomes of all regions that have a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct ResidencyPlan {
    /// Who said where demand lands.
    pub method: Method,
    /// Sites that announce: the single failures, ascending.
    pub sites: Vec<u32>,
    /// The regions, by name.
    pub regions: Vec<RegionPlan>,
}

/// One region with a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionPlan {
    /// The region of the clients.
    pub region: String,
    /// The regions whose sites may serve them.
    pub allowed: Vec<String>,
    /// Those sites that announce, ascending.
    pub inside: Vec<u32>,
    /// Demand of the clients, in kq/s.
    pub kqps: f64,
    /// Where they are served now.
    pub now: Held,
    /// Where they are served after each single failure, in the order of the plan's sites.
    pub after: Vec<Held>,
    /// Share that no announcement of the service's prefix would serve inside: even if no site
    /// outside announced at all, they would reach nobody.
    pub cannot: f64,
    /// The same after each single failure.
    pub cannot_after: Vec<f64>,
    /// Share that is outside if every site outside prepends [`PREPENDS_MAX`] times.
    pub prepended: f64,
    /// What a prefix of their own would do; `None` where no site inside announces.
    pub regional: Option<Regional>,
}

/// Where the clients of a region are served.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Share of their demand that is served outside, 0 to 1.
    pub outside: f64,
    /// Share that nobody serves.
    pub unserved: f64,
    /// Where those outside land, with their shares, most first.
    pub at: Vec<(u32, f64)>,
    /// Mean round trip of whoever is served, in ms; `None` where places are not known.
    pub rtt_ms: Option<f64>,
}

/// A prefix for the region that only the sites inside announce.
#[derive(Debug, Clone, PartialEq)]
pub struct Regional {
    /// Where its clients are served then.
    pub now: Held,
    /// Share that nobody serves after each single failure of a site inside: (site, share).
    pub unserved_after: Vec<(u32, f64)>,
    /// Where they land if all sites inside fail, and a covering prefix is announced everywhere.
    /// Without one nobody serves them.
    pub covered: Held,
    /// The site inside that is then fullest, with its load over its capacity.
    pub fullest: Option<(u32, f64)>,
}

/// Where a plan for a region stands without rules of its own: those of the scenario.
///
/// # Errors
/// If there is no rule, or one names a region that no client or no site is in; if the routing does
/// not settle, or the watch says so.
pub fn residency(
    brief: &Brief<'_>,
    rules: &Residency,
    watch: Watch<'_>,
) -> Result<ResidencyPlan, Unplanned> {
    check(brief, rules)?;
    let sites = brief.active_sites();
    let total = ((1 + rules.len()) * (sites.len() + 1)) as u64;
    let mut done = 0;
    let mut tick = || match watch(done, total) {
        ControlFlow::Break(()) => Err(Unplanned::from(Unfinished::Cancelled)),
        ControlFlow::Continue(()) => {
            done += 1;
            Ok(())
        }
    };
    let mut oracle = Oracle::new(brief)?;
    tick()?;
    let base = oracle.base()?;
    let mut failures = Vec::with_capacity(sites.len());
    for site in &sites {
        tick()?;
        failures.push(oracle.without(&[*site])?);
    }
    let mut regions = Vec::with_capacity(rules.len());
    for (region, allowed) in rules {
        let members = Members::of(brief, region);
        let is_inside =
            |site: &u32| allowed.contains(&brief.service().sites[*site as usize].region);
        let (inside, outside): (Vec<u32>, Vec<u32>) = sites.iter().partition(|it| is_inside(it));
        let held = |placement: &Placement| members.held(brief, placement, &inside);

        let sessions = outside.iter().flat_map(|site| brief.sessions_of(*site));
        let prepend = |session| Change::Prepend { session, count: PREPENDS_MAX };
        let prepended = held(&oracle.after(&[sessions.map(prepend).collect()])?).outside;

        tick()?;
        let service = only(brief.service(), &inside);
        let alone = with_service(brief, &service);
        let mut inner = Oracle::by(oracle.method(), &alone)?;
        let within = inner.base()?;
        let now = held(&within);
        let cannot = now.unserved;
        let (mut cannot_after, mut unserved_after) = (Vec::new(), Vec::new());
        for site in &sites {
            tick()?;
            if inside.contains(site) {
                let unserved = held(&inner.without(&[*site])?).unserved;
                cannot_after.push(unserved);
                unserved_after.push((*site, unserved));
            } else {
                cannot_after.push(cannot);
            }
        }
        let all_fail: Vec<Change> = inside.iter().copied().map(Change::Withdraw).collect();
        let regional = match inside.is_empty() {
            true => None,
            false => Some(Regional {
                now,
                unserved_after,
                covered: held(&oracle.after(&[all_fail])?),
                fullest: fullest(brief, &members, &base, &within, &inside),
            }),
        };
        regions.push(RegionPlan {
            region: region.clone(),
            allowed: allowed.clone(),
            kqps: members.kqps,
            now: held(&base),
            after: failures.iter().map(held).collect(),
            cannot,
            cannot_after,
            prepended,
            regional,
            inside,
        });
    }
    Ok(ResidencyPlan { method: oracle.method(), sites, regions })
}

fn check(brief: &Brief<'_>, rules: &Residency) -> Result<(), Unplanned> {
    let of_clients: BTreeSet<&str> =
        brief.sources.iter().map(|it| it.region.as_str()).filter(|it| !it.is_empty()).collect();
    let of_sites: BTreeSet<&str> = brief
        .service()
        .sites
        .iter()
        .map(|site| site.region.as_str())
        .filter(|it| !it.is_empty())
        .collect();
    if rules.is_empty() {
        let example = of_clients.iter().find(|it| of_sites.contains(**it)).copied();
        let example = example.unwrap_or("eu");
        return Err(Unplanned::question(
            "nothing says which regions may serve which clients",
            format!("give the scenario a `[residency]`, or say `--keep {example}={example}`"),
        ));
    }
    for (region, allowed) in rules {
        if !of_clients.contains(&**region) {
            return Err(Unplanned::question(
                format!("no client is in region `{region}`"),
                nearest_help(region, of_clients.iter().copied()),
            ));
        }
        for other in allowed {
            if !of_sites.contains(&**other) && !of_clients.contains(&**other) {
                return Err(Unplanned::question(
                    format!("no site and no client is in region `{other}`"),
                    nearest_help(other, of_sites.iter().copied()),
                ));
            }
        }
    }
    Ok(())
}

/// A service of which only some sites announce.
fn only(service: &Service, sites: &[u32]) -> Service {
    let mut service = service.clone();
    for (index, site) in (0..).zip(&mut service.sites) {
        site.active &= sites.contains(&index);
    }
    service
}

fn with_service<'a>(brief: &Brief<'a>, service: &'a Service) -> Brief<'a> {
    let situation = Situation { service, ..brief.situation() };
    Brief { script: Script { situation, ..brief.script }, ..brief.clone() }
}

/// The clients of a region.
struct Members {
    /// For each source whether it is one of them.
    is_member: Vec<bool>,
    kqps: f64,
}

impl Members {
    fn of(brief: &Brief<'_>, region: &str) -> Members {
        let is_member: Vec<bool> = brief.sources.iter().map(|it| it.region == *region).collect();
        let weights = brief.sources.iter().zip(&is_member).filter(|(_, is_member)| **is_member);
        Members { kqps: weights.map(|(source, _)| source.weight).sum(), is_member }
    }

    fn held(&self, brief: &Brief<'_>, placement: &Placement, inside: &[u32]) -> Held {
        let (mut outside, mut unserved) = (0.0, 0.0);
        let (mut rtt, mut rtt_weight) = (0.0, 0.0);
        let mut at: BTreeMap<u32, f64> = BTreeMap::new();
        for ((stream, site), rtt_ms) in placement.iter().zip(&placement.rtt_ms) {
            if !self.is_member[stream.source as usize] {
                continue;
            }
            let demand = brief.sources[stream.source as usize].weight * stream.share;
            match site {
                Some(site) if inside.contains(&site) => {}
                Some(site) => {
                    outside += demand;
                    *at.entry(site).or_default() += demand;
                }
                None => unserved += demand,
            }
            if let (Some(_), Some(rtt_ms)) = (site, rtt_ms) {
                rtt += demand * rtt_ms;
                rtt_weight += demand;
            }
        }
        let share = |demand: f64| if self.kqps > 0.0 { demand / self.kqps } else { 0.0 };
        let mut at: Vec<(u32, f64)> =
            at.into_iter().map(|(site, demand)| (site, share(demand))).collect();
        at.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        Held {
            outside: share(outside),
            unserved: share(unserved),
            at,
            rtt_ms: (rtt_weight > 0.0).then(|| rtt / rtt_weight),
        }
    }
}

/// The fullest site inside when the region's clients go by their own prefix, and all others as
/// before.
fn fullest(
    brief: &Brief<'_>,
    members: &Members,
    base: &Placement,
    within: &Placement,
    inside: &[u32],
) -> Option<(u32, f64)> {
    let part = |of_members: bool| {
        let sources = brief.sources.iter().zip(&members.is_member).map(|(source, is_member)| {
            let factor = f64::from(u8::from(*is_member == of_members));
            let (weight, gbps) = (source.weight * factor, source.gbps * factor);
            catchment_dynamics::Source { weight, gbps, ..source.clone() }
        });
        Brief { sources: sources.collect(), ..brief.clone() }
    };
    let (others, own) = (Loads::of(&part(false), base), Loads::of(&part(true), within));
    let full = |site: &u32| {
        let (mut load, more) = (others.sites[*site as usize], own.sites[*site as usize]);
        load.kqps += more.kqps;
        load.gbps += more.gbps;
        Some((*site, load.utilization(brief.service().sites[*site as usize].capacity)?))
    };
    inside.iter().filter_map(full).reduce(|a, b| if b.1 > a.1 { b } else { a })
}

impl RegionPlan {
    /// The single failure after which most is outside, by place among the plan's sites; `None`
    /// where none puts more outside than there are now.
    pub fn worst(&self) -> Option<usize> {
        self.worst_by(|held| held.outside)
    }

    /// The single failure after which most reaches no site, in the same way.
    pub fn worst_unserved(&self) -> Option<usize> {
        self.worst_by(|held| held.unserved)
    }

    fn worst_by(&self, share: fn(&Held) -> f64) -> Option<usize> {
        let mut worst = None;
        let mut most = share(&self.now);
        for (at, held) in self.after.iter().enumerate() {
            if share(held) > most + 1e-12 {
                (worst, most) = (Some(at), share(held));
            }
        }
        worst
    }

    /// Whether its clients are inside now and after any single failure.
    pub fn holds(&self) -> bool {
        let inside = |held: &Held| held.outside <= 0.0;
        inside(&self.now) && self.after.iter().all(inside)
    }
}

#[cfg(test)]
mod tests;
