//! Which of the sites that could be had to open, and what one more session is worth (models 8.4).
//!
//! Up to twelve candidates all sets are looked at, and the answer is exact. Beyond, sites are added
//! one at a time and then swapped. Nothing is proved by that, since BGP can send clients further
//! away when a site opens; but what is found is compared with a relaxation that no network beats:
//! every client at the site with the shortest way to it.

mod answer;
mod bound;
mod search;

use std::collections::BTreeMap;

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::Service;
use catchment_model::service::Announcement;

use crate::brief::Brief;
use crate::load::Loads;
use crate::oracle::{Method, Placement, Steady, Unplanned};
use crate::steer::trial::{self, Flow, flows, mean, percentile, trips};
use crate::steer::{Measure, Proof, said, sessions_of};

/// Candidates of which all sets are looked at.
pub const EXACT_MAX: usize = 12;

/// What is asked. All sites are part of the service of the brief, as if they announced.
#[derive(Debug, Clone, PartialEq)]
pub struct SitesQuestion {
    /// Sites that may be chosen, by index, ascending. Other sites that announce stay.
    pub candidates: Vec<u32>,
    /// How many of them are chosen.
    pub choose: usize,
    /// What is wanted.
    pub objective: Objective,
    /// Sets that are tried at most where not all are.
    pub trials_max: u64,
    /// Searches from other starts where not all sets are tried.
    pub restarts: u32,
    /// Seed of those starts.
    pub seed: u64,
}

/// What is wanted of a set of sites. Demand that no site serves weighs more than any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Short round trips.
    Rtt(Measure),
    /// A low load of the fullest site after any single failure (models 8.1).
    WorstLoad,
    /// Little demand served outside the regions allowed for it (models 8.6), then short round
    /// trips.
    Residency,
}

impl Objective {
    /// Name in texts.
    pub const fn name(self) -> &'static str {
        match self {
            Objective::Rtt(measure) => measure.name(),
            Objective::WorstLoad => "worst load",
            Objective::Residency => "residency violation",
        }
    }

    /// Unit of its values.
    pub const fn unit(self) -> &'static str {
        match self {
            Objective::Rtt(_) => "ms",
            Objective::WorstLoad | Objective::Residency => "%",
        }
    }
}

/// How a set of sites does.
#[derive(Debug, Clone, PartialEq)]
pub struct Merit {
    /// Demand by site.
    pub loads: Loads,
    /// Demand that no site serves, as a share of all.
    pub unserved: f64,
    /// Mean round trip of what is served, in ms.
    pub rtt_mean_ms: Option<f64>,
    /// Round trip that 95 % of what is served do not exceed, in ms.
    pub rtt_p95_ms: Option<f64>,
    /// Demand served outside the regions allowed for it, as a share of all.
    pub violation: f64,
}

/// The fullest site of a set after any single failure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worst {
    /// Its load: over its capacity where sites have capacities, else over all demand.
    pub load: f64,
    /// The site.
    pub site: u32,
    /// The failure that causes it; `None` where its own load is the highest.
    pub failed: Option<u32>,
    /// Demand without a site after the worst failure for that, as a share of all.
    pub unserved: f64,
}

/// A set of candidates with what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The candidates chosen, ascending.
    pub chosen: Vec<u32>,
    /// With the sites that stay.
    pub merit: Merit,
    /// After any single failure.
    pub worst: Worst,
}

/// What one more session is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionWorth {
    /// The site.
    pub site: u32,
    /// The session, over which it announces nothing yet.
    pub session: u32,
    /// By how much the objective falls, in its unit (shares as shares); negative where it rises.
    pub gain: f64,
    /// Mean round trip with the session, in ms.
    pub rtt_mean_ms: Option<f64>,
    /// Who moves.
    pub flows: Vec<Flow>,
}

/// Which sites to open.
#[derive(Debug, Clone, PartialEq)]
pub struct SitesPlan {
    /// Who said where demand lands.
    pub method: Method,
    /// What was asked.
    pub question: SitesQuestion,
    /// Sites that stay.
    pub kept: Vec<u32>,
    /// Sets that were tried, with those that failures leave.
    pub trials: u64,
    /// How good the choice is.
    pub proof: Proof,
    /// The sites that stay, without any candidate; `None` where none stays.
    pub before: Option<Choice>,
    /// The best set found.
    pub best: Choice,
    /// Sets of which none is better in everything: number of sites, unserved demand, mean round
    /// trip, worst load, residency. Of all sets where the proof is exact and they are few, else of
    /// the best that were looked at.
    pub pareto: Vec<Choice>,
    /// Sessions that the chosen sites and those that stay could use and do not.
    pub sessions: Vec<SessionWorth>,
}

/// Chooses.
///
/// # Errors
/// If the question makes no sense for the brief, the routing does not settle with any set, or the
/// watch says so.
pub fn sites(
    brief: &Brief<'_>,
    question: &SitesQuestion,
    watch: Watch<'_>,
) -> Result<SitesPlan, Unplanned> {
    let count = question.candidates.len();
    if count == 0 {
        return Err(Unplanned::question(
            "there are no candidates",
            "name a file of them with `--candidates`, or let all sites be candidates with \
             `--replace`",
        ));
    }
    if question.choose == 0 || question.choose > count {
        return Err(Unplanned::question(
            format!("{} of {count} candidates cannot be chosen", question.choose),
            format!("choose from 1 to {count}"),
        ));
    }
    if let Objective::Rtt(_) = question.objective {
        trial::check_places(brief, "another objective, such as the load after a failure")?;
    }
    let kept: Vec<u32> =
        brief.active_sites().into_iter().filter(|it| !question.candidates.contains(it)).collect();
    let mut sets = Sets::new(brief, question, kept)?;
    let found = search::search(&mut sets, watch)?;
    let Some(found) = found else {
        return Err(Unplanned::impossible(
            "the routing settles with none of the sets that were tried",
            "`catchment solve` names the networks that keep changing their minds",
        ));
    };
    let before = match sets.kept.is_empty() {
        true => None,
        false => sets.choice(&[])?,
    };
    let best = sets.choice(&found.chosen)?.expect("it was tried and settled");
    let pareto = sets.pareto(&found, watch)?;
    let trials = sets.known.len() as u64;
    let sessions = sessions(&mut sets, &best, watch)?;
    let proof = match bound::lowest(brief, question, &sets.kept) {
        _ if found.exact => Proof::Exact,
        // Means over fewer clients can be lower than means over all.
        Some(lowest) if best.merit.unserved == 0.0 => Proof::AtLeast(lowest),
        _ => Proof::NoBound,
    };
    Ok(SitesPlan {
        method: Method::of(brief),
        question: question.clone(),
        kept: sets.kept,
        trials,
        proof,
        before,
        best,
        pareto,
        sessions,
    })
}

/// Tries sets of candidates. Whoever searches asks here, so that many solves can become one batch
/// in one place.
pub(crate) struct Sets<'b> {
    pub brief: &'b Brief<'b>,
    pub question: &'b SitesQuestion,
    pub kept: Vec<u32>,
    steady: Option<Steady<'b>>,
    /// Merit of each set; `None` where nothing settles.
    pub known: BTreeMap<Vec<u32>, Option<Merit>>,
    has_capacities: bool,
}

/// What decides between sets, weightiest first; whole numbers, as in steering.
pub(crate) type Score = (u64, u64, u64, u64);

impl<'b> Sets<'b> {
    fn new(
        brief: &'b Brief<'b>,
        question: &'b SitesQuestion,
        kept: Vec<u32>,
    ) -> Result<Sets<'b>, Unplanned> {
        let steady = match Method::of(brief) {
            Method::Solve => Some(Steady::new(brief)?),
            Method::Simulate => None,
        };
        let of_use = |site: &u32| {
            let capacity = brief.service().sites[*site as usize].capacity;
            capacity.kqps.is_some() || capacity.gbps.is_some()
        };
        let has_capacities = kept.iter().chain(&question.candidates).any(of_use);
        Ok(Sets { brief, question, kept, steady, known: BTreeMap::new(), has_capacities })
    }

    /// The service in which the sites that stay and some candidates announce.
    pub fn service(&self, chosen: &[u32]) -> Service {
        let mut service = self.brief.service().clone();
        for (index, site) in (0..).zip(&mut service.sites) {
            site.active = self.kept.contains(&index) || chosen.contains(&index);
        }
        service
    }

    /// Where demand lands with a set.
    pub fn placement(&mut self, chosen: &[u32]) -> Result<Option<Placement>, Unplanned> {
        let placement = match &mut self.steady {
            Some(steady) => {
                let kept = &self.kept;
                steady
                    .choose_sites(|site| kept.contains(&site) || chosen.contains(&site))
                    .map(|()| steady.placement(self.brief))
            }
            None => trial::place(self.brief, &self.service(chosen), Method::Simulate),
        };
        trial::settled(placement)
    }

    /// What a set is worth before any failure; `None` where nothing settles.
    pub fn merit(&mut self, chosen: &[u32]) -> Result<Option<Merit>, Unplanned> {
        if let Some(known) = self.known.get(chosen) {
            return Ok(known.clone());
        }
        let placement = self.placement(chosen)?;
        let merit = placement.map(|placement| merit(self.brief, &placement));
        self.known.insert(chosen.to_vec(), merit.clone());
        Ok(merit)
    }

    /// The fullest site after any single failure, as if the failed site had never announced.
    pub fn worst(&mut self, chosen: &[u32]) -> Result<Option<Worst>, Unplanned> {
        let Some(merit) = self.merit(chosen)? else { return Ok(None) };
        let sites: Vec<u32> = self.kept.iter().chain(chosen).copied().collect();
        let mut worst = Worst { load: -1.0, site: sites[0], failed: None, unserved: 0.0 };
        self.fill(&mut worst, &sites, &merit, None);
        // Without a single site there is nothing left to be full.
        if sites.len() == 1 {
            worst.unserved = 1.0;
            return Ok(Some(worst));
        }
        for failed in &sites {
            let left: Vec<u32> = chosen.iter().copied().filter(|it| it != failed).collect();
            let merit = match left.len() < chosen.len() {
                true => self.merit(&left)?,
                false => self.without_kept(*failed, chosen)?,
            };
            let Some(merit) = merit else { return Ok(None) };
            self.fill(&mut worst, &sites, &merit, Some(*failed));
        }
        Ok(Some(worst))
    }

    fn fill(&self, worst: &mut Worst, sites: &[u32], merit: &Merit, failed: Option<u32>) {
        worst.unserved = worst.unserved.max(merit.unserved);
        for site in sites.iter().filter(|site| Some(**site) != failed) {
            let load = self.fullness(*site, merit);
            // A billionth is rounding: the first failure that causes it is named.
            if load > worst.load + 1e-9 {
                (worst.load, worst.site, worst.failed) = (load, *site, failed);
            }
        }
    }

    /// The load of a site in the measure of [`Worst`].
    pub fn fullness(&self, site: u32, merit: &Merit) -> f64 {
        let load = &merit.loads.sites[site as usize];
        if self.has_capacities {
            let capacity = self.brief.service().sites[site as usize].capacity;
            return load.utilization(capacity).unwrap_or(0.0);
        }
        let total: f64 = self.brief.sources.iter().map(|source| source.weight).sum();
        if total > 0.0 { load.kqps / total } else { 0.0 }
    }

    /// A set in which one of the sites that stay has failed.
    fn without_kept(&mut self, failed: u32, chosen: &[u32]) -> Result<Option<Merit>, Unplanned> {
        // A site that stays cannot be chosen, so that its index marks the set.
        let mut key = chosen.to_vec();
        key.push(failed);
        if let Some(known) = self.known.get(&key) {
            return Ok(known.clone());
        }
        let kept = self.kept.clone();
        self.kept.retain(|site| *site != failed);
        let placement = self.placement(chosen);
        self.kept = kept;
        let merit = placement?.map(|placement| merit(self.brief, &placement));
        self.known.insert(key, merit.clone());
        Ok(merit)
    }

    /// A set with all that is known of it; `None` where nothing settles.
    pub fn choice(&mut self, chosen: &[u32]) -> Result<Option<Choice>, Unplanned> {
        let Some(merit) = self.merit(chosen)? else { return Ok(None) };
        let Some(worst) = self.worst(chosen)? else { return Ok(None) };
        Ok(Some(Choice { chosen: chosen.to_vec(), merit, worst }))
    }

    /// What decides; `None` where nothing settles.
    pub fn score(&mut self, chosen: &[u32]) -> Result<Option<Score>, Unplanned> {
        let Some(merit) = self.merit(chosen)? else { return Ok(None) };
        let worst = match self.question.objective {
            Objective::WorstLoad => self.worst(chosen)?,
            _ => None,
        };
        let rtt = trial::billionths(merit.rtt_mean_ms.unwrap_or(0.0));
        let unserved = trial::billionths(merit.unserved);
        Ok(match (self.question.objective, worst) {
            (Objective::Rtt(Measure::Mean), _) => Some((unserved, rtt, 0, 0)),
            (Objective::Rtt(Measure::P95), _) => {
                Some((unserved, trial::billionths(merit.rtt_p95_ms.unwrap_or(0.0)), rtt, 0))
            }
            (Objective::Residency, _) => {
                Some((unserved, trial::billionths(merit.violation), rtt, 0))
            }
            (Objective::WorstLoad, Some(worst)) => Some((
                unserved,
                trial::billionths(worst.unserved),
                trial::billionths(worst.load),
                rtt,
            )),
            (Objective::WorstLoad, None) => None,
        })
    }
}

/// What a placement is worth.
fn merit(brief: &Brief<'_>, placement: &Placement) -> Merit {
    let loads = Loads::of(brief, placement);
    let total: f64 = brief.sources.iter().map(|source| source.weight).sum();
    let share = |kqps: f64| if total > 0.0 { kqps / total } else { 0.0 };
    let trips = trips(brief, placement);
    let mut outside = 0.0;
    for (stream, site) in placement.iter() {
        let source = &brief.sources[stream.source as usize];
        let Some(site) = site else { continue };
        let Some(allowed) = brief.residency.get(&source.region) else { continue };
        if !allowed.contains(&brief.service().sites[site as usize].region) {
            outside += source.weight * stream.share;
        }
    }
    Merit {
        unserved: share(loads.unserved.kqps),
        loads,
        rtt_mean_ms: mean(&trips),
        rtt_p95_ms: percentile(trips, 0.95),
        violation: share(outside),
    }
}

/// What each session that the sites of a choice do not use is worth.
fn sessions(
    sets: &mut Sets<'_>,
    best: &Choice,
    watch: Watch<'_>,
) -> Result<Vec<SessionWorth>, Unplanned> {
    let brief = sets.brief;
    let world = brief.situation().world;
    let service = sets.service(&best.chosen);
    let mut unused = Vec::new();
    for (site, spec) in (0..).zip(&service.sites).filter(|(_, spec)| spec.active) {
        let sessions = sessions_of(world, spec);
        let is_unused = |session: &u32| said(spec, *session).is_none();
        unused.extend(sessions.into_iter().filter(is_unused).map(|session| (site, session)));
    }
    if unused.is_empty() {
        return Ok(Vec::new());
    }
    let method = Method::of(brief);
    let before = trial::place(brief, &service, method)?;
    let value = |merit: &Merit| match sets.question.objective {
        Objective::Rtt(Measure::Mean) => merit.rtt_mean_ms.unwrap_or(0.0),
        Objective::Rtt(Measure::P95) => merit.rtt_p95_ms.unwrap_or(0.0),
        Objective::Residency => merit.violation,
        // Without failures: a session is judged by what it attracts.
        Objective::WorstLoad => {
            let sites = sets.kept.iter().chain(&best.chosen);
            sites.map(|site| sets.fullness(*site, merit)).fold(0.0, f64::max)
        }
    };
    let today = value(&merit(brief, &before));
    let mut found = Vec::with_capacity(unused.len());
    for (done, (site, session)) in unused.iter().enumerate() {
        if watch(done as u64, unused.len() as u64).is_break() {
            return Err(Unfinished::Cancelled.into());
        }
        let mut more = service.clone();
        let announcements = &mut more.sites[*site as usize].announcements;
        announcements.insert(*session, Announcement::default());
        let Some(after) = trial::settled(trial::place(brief, &more, method))? else { continue };
        let merit = merit(brief, &after);
        found.push(SessionWorth {
            site: *site,
            session: *session,
            gain: today - value(&merit),
            rtt_mean_ms: merit.rtt_mean_ms,
            flows: flows(brief, &before, &after),
        });
    }
    // Stable: of equal ones the first site comes first.
    found.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    Ok(found)
}
