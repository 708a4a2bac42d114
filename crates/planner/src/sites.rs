//! Which of the sites that could be had to open, and what one more session is worth (models 8.4).
//!
//! Up to twelve candidates all sets are looked at, and the answer is exact. Beyond, sites are added
//! one at a time and then swapped. Nothing is proved by that, since BGP can send clients further
//! away when a site opens; but what is found is compared with a relaxation that no network beats:
//! every client at the site with the shortest way to it.

mod answer;
mod bound;
mod lanes;
mod search;

use std::collections::BTreeMap;

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::Service;
use catchment_model::service::Announcement;

use crate::brief::Brief;
use crate::load::{Load, Loads};
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
    let lanes = lanes::Lanes::new(brief);
    choose(brief, question, lanes.as_ref(), watch)
}

/// The same by lanes, if there are any.
fn choose(
    brief: &Brief<'_>,
    question: &SitesQuestion,
    lanes: Option<&lanes::Lanes<'_>>,
    watch: Watch<'_>,
) -> Result<SitesPlan, Unplanned> {
    let kept: Vec<u32> =
        brief.active_sites().into_iter().filter(|it| !question.candidates.contains(it)).collect();
    let mut sets = Sets::new(brief, question, kept, lanes)?;
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

/// Tries sets of candidates. Whoever searches asks here, and says before which sets it will ask
/// for, so that many solves become one batch in one place.
///
/// A set is written as the candidates in it, ascending, and then as the sites that stay and have
/// failed.
pub(crate) struct Sets<'b> {
    pub brief: &'b Brief<'b>,
    pub question: &'b SitesQuestion,
    pub kept: Vec<u32>,
    asker: Option<lanes::Asker<'b, 'b>>,
    steady: Option<Steady<'b>>,
    /// Merit of each set that was asked for; `None` where nothing settles.
    known: BTreeMap<Vec<u32>, Option<Known>>,
    /// The same of sets that nobody has asked for yet.
    foreseen: BTreeMap<Vec<u32>, Option<Known>>,
    has_capacities: bool,
    /// All demand, in kq/s.
    total: f64,
}

/// A merit without the many sites that have no load: a search keeps thousands.
struct Known {
    merit: Merit,
    sites: Box<[(u32, Load)]>,
}

impl Known {
    fn new(mut merit: Merit) -> Known {
        let loads = (0..).zip(std::mem::take(&mut merit.loads.sites));
        let sites = loads.filter(|(_, load)| *load != Load::default()).collect();
        Known { merit, sites }
    }

    fn merit(&self, site_count: usize) -> Merit {
        let mut merit = self.merit.clone();
        merit.loads.sites.resize(site_count, Load::default());
        for (site, load) in &self.sites {
            merit.loads.sites[*site as usize] = *load;
        }
        merit
    }
}

/// Sets that are asked for at once: a few blocks of lanes.
const ASKED_AT_ONCE: usize = 256;

/// What decides between sets, weightiest first; whole numbers, as in steering.
pub(crate) type Score = (u64, u64, u64, u64);

impl<'b> Sets<'b> {
    fn new(
        brief: &'b Brief<'b>,
        question: &'b SitesQuestion,
        kept: Vec<u32>,
        lanes: Option<&'b lanes::Lanes<'b>>,
    ) -> Result<Sets<'b>, Unplanned> {
        let steady = match Method::of(brief) {
            Method::Solve if lanes.is_none() => Some(Steady::new(brief)?),
            Method::Solve | Method::Simulate => None,
        };
        let of_use = |site: &u32| {
            let capacity = brief.service().sites[*site as usize].capacity;
            capacity.kqps.is_some() || capacity.gbps.is_some()
        };
        let has_capacities = kept.iter().chain(&question.candidates).any(of_use);
        let asker = lanes.map(lanes::Lanes::asker);
        let (known, foreseen) = Default::default();
        let total = brief.sources.iter().map(|source| source.weight).sum();
        Ok(Sets { brief, question, kept, asker, steady, known, foreseen, has_capacities, total })
    }

    /// Whether a set was asked for.
    pub fn knows(&self, chosen: &[u32]) -> bool {
        self.known.contains_key(chosen)
    }

    /// Solves sets that will be asked for side by side, if that can be; with their failures, if
    /// `and_failures` says so or the objective needs them. What was foreseen before is forgotten.
    pub fn foresee<'c>(
        &mut self,
        sets: impl IntoIterator<Item = &'c Vec<u32>>,
        and_failures: bool,
    ) -> Result<(), Unplanned> {
        if self.asker.is_none() {
            return Ok(());
        }
        self.foreseen.clear();
        let failures = and_failures || self.question.objective == Objective::WorstLoad;
        let mut wanted: Vec<Vec<u32>> = Vec::new();
        for set in sets {
            wanted.push(set.clone());
            if failures {
                wanted.extend(self.failures(set).map(|(_, left)| left));
            }
        }
        self.solve(wanted)
    }

    /// What is left of a set after each single failure, with the site that fails. (Nothing is left
    /// of a single site, and nobody asks.)
    fn failures<'s>(&'s self, chosen: &'s [u32]) -> impl Iterator<Item = (u32, Vec<u32>)> + 's {
        let is_alone = self.kept.len() + chosen.len() < 2;
        let sites = self.kept.iter().chain(chosen).filter(move |_| !is_alone);
        sites.map(|failed| {
            let mut left: Vec<u32> = chosen.iter().copied().filter(|it| it != failed).collect();
            // A site that stays cannot be chosen, so that its index marks the set.
            if left.len() == chosen.len() {
                left.push(*failed);
            }
            (*failed, left)
        })
    }

    /// Solves sets that are not known by lanes, if there are any.
    fn solve(&mut self, mut wanted: Vec<Vec<u32>>) -> Result<(), Unplanned> {
        let Some(asker) = &mut self.asker else { return Ok(()) };
        wanted.sort_unstable();
        wanted.dedup();
        wanted.retain(|set| !self.known.contains_key(set) && !self.foreseen.contains_key(set));
        let count = self.brief.service().sites.len();
        for some in wanted.chunks(ASKED_AT_ONCE) {
            let active = |set: &Vec<u32>| {
                let mut sites = catchment_routing::Sites::none(count);
                self.kept.iter().for_each(|site| sites.set(*site, true));
                // What is written and stays has failed.
                set.iter().for_each(|site| sites.set(*site, !self.kept.contains(site)));
                sites
            };
            let sites: Vec<_> = some.iter().map(active).collect();
            let merits = asker.ask(&sites)?.into_iter().map(|merit| merit.map(Known::new));
            self.foreseen.extend(some.iter().cloned().zip(merits));
        }
        Ok(())
    }

    /// The service in which the sites that stay and some candidates announce.
    pub fn service(&self, chosen: &[u32]) -> Service {
        service_with(self.brief, |site| self.kept.contains(&site) || chosen.contains(&site))
    }

    /// Where demand lands with a set.
    fn placement_of(&mut self, set: &[u32]) -> Result<Option<Placement>, Unplanned> {
        let (failed, chosen): (Vec<u32>, Vec<u32>) =
            set.iter().partition(|site| self.kept.contains(site));
        let kept: Vec<u32> =
            self.kept.iter().copied().filter(|site| !failed.contains(site)).collect();
        let is_active = |site: u32| kept.contains(&site) || chosen.contains(&site);
        let placement = match &mut self.steady {
            Some(steady) => steady.choose_sites(is_active).map(|()| steady.placement(self.brief)),
            None => {
                let service = service_with(self.brief, is_active);
                trial::place(self.brief, &service, Method::of(self.brief))
            }
        };
        trial::settled(placement)
    }

    /// What a set is worth before any failure; `None` where nothing settles.
    pub fn merit(&mut self, chosen: &[u32]) -> Result<Option<Merit>, Unplanned> {
        let count = self.brief.service().sites.len();
        if let Some(known) = self.known.get(chosen) {
            return Ok(known.as_ref().map(|known| known.merit(count)));
        }
        self.solve(vec![chosen.to_vec()])?;
        let known = match self.foreseen.remove(chosen) {
            Some(known) => known,
            None => {
                let placement = self.placement_of(chosen)?;
                placement.map(|placement| Known::new(merit(self.brief, &placement)))
            }
        };
        let merit = known.as_ref().map(|known| known.merit(count));
        self.known.insert(chosen.to_vec(), known);
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
        let failures: Vec<(u32, Vec<u32>)> = self.failures(chosen).collect();
        self.solve(failures.iter().map(|(_, left)| left.clone()).collect())?;
        for (failed, left) in failures {
            let Some(merit) = self.merit(&left)? else { return Ok(None) };
            self.fill(&mut worst, &sites, &merit, Some(failed));
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
        if self.total > 0.0 { load.kqps / self.total } else { 0.0 }
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

/// The service of a brief in which these sites announce.
fn service_with(brief: &Brief<'_>, is_active: impl Fn(u32) -> bool) -> Service {
    let mut service = brief.service().clone();
    for (index, site) in (0..).zip(&mut service.sites) {
        site.active = is_active(index);
    }
    service
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

#[cfg(test)]
mod tests;
