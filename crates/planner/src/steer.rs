//! What to announce differently, so that sites get the shares, the loads or the round trips that
//! are wanted (models 7, 8.4).
//!
//! The levers are those that an operator has: prepends, sessions, communities that neighbors act
//! on, MED, regional prefixes. Where the configurations are few, all are tried and the answer is
//! exact; else the search goes step by step and says how far from the best it can be, or that it
//! does not know. Every step comes with all whom it moves: padding has collateral effects.

mod answer;
pub(crate) mod bound;
mod lever;
mod search;
pub(crate) mod trial;

use catchment_dynamics::play::Watch;
use catchment_model::Service;
use catchment_model::service::Capacity;

use crate::border::{Border, border};
use crate::brief::Brief;
use crate::letters::{Letter, letters};
use crate::oracle::{Method, Oracle, Placement, Unplanned};

pub use lever::{Lever, LeverKinds, PREPEND_MAX, Setting, What, corrections, levers};
pub(crate) use lever::{neighbor_text, said, sessions_of};
pub use search::Effort;
pub use trial::{Flow, Goal, Measure, Score, Standing};
use trial::{Trials, flows, percentile, standing};

/// Single turns that are listed at most: beyond, the list is left out.
const SINGLES_MAX: usize = 1000;
/// Border clients that are looked into.
const BORDER_MAX: usize = 10;
/// The same in worlds with more routers than [`LARGE_ROUTERS`], where a LOCAL_PREF takes seconds:
/// only iteration solves it.
const BORDER_LARGE_MAX: usize = 2;
/// From here on a world is large.
const LARGE_ROUTERS: usize = 10_000;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct SteerQuestion {
    /// What is wanted.
    pub goal: Goal,
    /// What may be turned.
    pub kinds: LeverKinds,
    /// How far to search.
    pub effort: Effort,
}

/// How good the best that was found is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Proof {
    /// All configurations were tried: none is better.
    Exact,
    /// The goal is met; a plan with fewer changes may exist.
    Met,
    /// No announcement whatsoever has a miss below this.
    AtLeast(f64),
    /// Nothing is known of what was not tried.
    NoBound,
}

/// A way to the goal.
#[derive(Debug, Clone, PartialEq)]
pub struct SteerPlan {
    /// Who said where demand lands.
    pub method: Method,
    /// What is wanted.
    pub goal: Goal,
    /// What could be turned.
    pub levers: Vec<Lever>,
    /// How many configurations there are, with the changes that were allowed.
    pub space: u128,
    /// How many of them were tried.
    pub trials: u64,
    /// Whether the search ended for lack of trials.
    pub cut_short: bool,
    /// How good the plan is.
    pub proof: Proof,
    /// How things stand today.
    pub before: Standing,
    /// What to do, in the order in which it helps most.
    pub steps: Vec<Step>,
    /// The service after all steps.
    pub service: Service,
    /// What each lever alone would do; empty where there are too many.
    pub singles: Vec<Single>,
    /// Prepends of today that move nobody.
    pub idle: Vec<IdlePrepend>,
    /// Who does not come back after a site has failed and come back.
    pub astray: Vec<Astray>,
    /// Demand between sites, with the plan in place.
    pub border: Border,
    /// What to send to whom.
    pub letters: Vec<Letter>,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The lever, by index.
    pub lever: usize,
    /// Where it is set, by index into its options.
    pub option: usize,
    /// Who moves by it, the steps before it being in place.
    pub flows: Vec<Flow>,
    /// How things stand after it.
    pub after: Standing,
}

/// One lever turned, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Single {
    /// The lever, by index.
    pub lever: usize,
    /// Where it is set, by index into its options.
    pub option: usize,
    /// Who moves; nobody where it is useless. `None` where nothing settles.
    pub flows: Option<Vec<Flow>>,
    /// How things stand after it.
    pub after: Option<Standing>,
    /// Whether it does just what a lever with fewer prepends does.
    pub repeats: bool,
}

/// A prepend that moves nobody: it makes the path longer, and that is all (models 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdlePrepend {
    /// The site.
    pub site: u32,
    /// The session.
    pub session: u32,
    /// How often it prepends today.
    pub count: u8,
}

/// Who is not won back when a site fails and comes back (models 12.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Astray {
    /// The site that failed and came back.
    pub failed: u32,
    /// From where it was before, to where it ends.
    pub flows: Vec<Flow>,
    /// Whether today's announcements do the same.
    pub as_today: bool,
}

/// Searches for a way to the goal.
///
/// # Errors
/// If the goal makes no sense for the brief, cannot be met by anyone, the routing does not settle,
/// or the watch says so.
pub fn steer(
    brief: &Brief<'_>,
    question: &SteerQuestion,
    watch: Watch<'_>,
) -> Result<SteerPlan, Unplanned> {
    check(brief, &question.goal)?;
    let levers = levers(brief, &question.kinds)?;
    if levers.is_empty() {
        return Err(Unplanned::question(
            "there is no lever to turn: no site that announces has a session to turn it on",
            "name other sites, or allow more kinds of levers",
        ));
    }
    let mut trials = Trials::new(brief, &levers, &question.goal)?;
    let found = search::search(&mut trials, &question.effort, watch)?;
    let before = standing(brief, &question.goal, trials.base());
    let steps = in_order(&mut trials, &found.config)?;
    let service = trials.service(&found.config);
    let count = trials.count;
    let singles = singles(&mut trials)?;
    let idle = idle(brief, trials.base())?;
    let astray = astray(brief, &service, watch)?;
    let is_large = brief.situation().world.router_count() > LARGE_ROUTERS;
    let most = if is_large { BORDER_LARGE_MAX } else { BORDER_MAX };
    let border = trial::with(brief, &service, |changed| border(changed, most, watch))?;
    let after = steps.last().map_or(&before, |step| &step.after);
    let proof = match lowest(brief, &question.goal) {
        _ if found.exact => Proof::Exact,
        _ if met(&question.goal, after) => Proof::Met,
        // A mean over fewer clients may be lower than one over all.
        Some(miss) if after.unserved == 0.0 => Proof::AtLeast(miss),
        _ => Proof::NoBound,
    };
    let mut plan = SteerPlan {
        method: Method::of(brief),
        goal: question.goal.clone(),
        space: search::space(&levers, question.effort.turned_max),
        trials: count,
        cut_short: found.cut_short,
        proof,
        before,
        steps,
        service,
        singles,
        idle,
        astray,
        border,
        letters: Vec::new(),
        levers,
    };
    plan.letters = letters(brief, &plan.service, &plan.purpose(brief));
    Ok(plan)
}

/// Whether nothing is left to wish for. A round trip can always be shorter.
fn met(goal: &Goal, standing: &Standing) -> bool {
    !matches!(goal, Goal::Latency(_)) && trial::billionths(standing.miss) == 0
}

fn check(brief: &Brief<'_>, goal: &Goal) -> Result<(), Unplanned> {
    let percent = |share: f64| format!("{:.4}", 100.0 * share);
    let percent =
        |share: f64| percent(share).trim_end_matches('0').trim_end_matches('.').to_owned();
    match goal {
        Goal::Latency(_) => trial::check_places(brief, "another goal"),
        Goal::Shares { targets, within } => {
            for (site, _) in targets {
                if !brief.service().sites[*site as usize].active {
                    let name = brief.site_name(*site);
                    return Err(Unplanned::question(
                        format!("site `{name}` announces nothing, so that nothing steers to it"),
                        "name a site that announces",
                    ));
                }
            }
            let sum: f64 = targets.iter().map(|(_, share)| share).sum();
            let slack = within * targets.len() as f64;
            if sum - slack > 1.0 + 1e-9 {
                return Err(Unplanned::impossible(
                    format!(
                        "the targets add up to {} % of demand, {} % more than there is",
                        percent(sum),
                        percent(sum - 1.0)
                    ),
                    "lower some of the targets",
                ));
            }
            let named = |site: &u32| targets.iter().any(|(it, _)| it == site);
            if brief.active_sites().iter().all(named) && sum + slack < 1.0 - 1e-9 {
                return Err(Unplanned::impossible(
                    format!(
                        "the targets of all sites add up to {} % of demand: {} % would have no \
                         site",
                        percent(sum),
                        percent(1.0 - sum)
                    ),
                    "raise some of the targets, or leave out a site that takes the rest",
                ));
            }
            Ok(())
        }
        Goal::Ceiling { ceilings } => {
            let active: Vec<Capacity> =
                brief.active_sites().iter().map(|site| ceilings[*site as usize]).collect();
            if active.iter().all(|it| it.kqps.is_none() && it.gbps.is_none()) {
                return Err(Unplanned::question(
                    "no site has a capacity, so that there is no ceiling to keep",
                    "give the sites a `capacity`, or set a ceiling with `--ceiling`",
                ));
            }
            let room =
                |of: fn(&Capacity) -> Option<f64>| active.iter().map(of).sum::<Option<f64>>();
            let demand = |of: fn(&catchment_dynamics::Source) -> f64| -> f64 {
                brief.sources.iter().map(of).sum()
            };
            let needs = [
                (demand(|it| it.weight), room(|it| it.kqps), "kq/s"),
                (demand(|it| it.gbps), room(|it| it.gbps), "Gbit/s"),
            ];
            for (demand, room, unit) in needs {
                if let Some(room) = room
                    && demand > room * (1.0 + 1e-9)
                {
                    return Err(Unplanned::impossible(
                        format!(
                            "all ceilings together are {room:.1} {unit}, {:.1} {unit} less than \
                             the demand of {demand:.1} {unit}",
                            demand - room
                        ),
                        format!(
                            "no announcement makes room: add {:.1} {unit} of capacity, or raise \
                             the ceilings",
                            demand - room
                        ),
                    ));
                }
            }
            Ok(())
        }
    }
}

/// The lowest round trip that any announcement could have, if that can be said.
fn lowest(brief: &Brief<'_>, goal: &Goal) -> Option<f64> {
    let Goal::Latency(measure) = goal else { return None };
    let sites = &brief.service().sites;
    let ends: Vec<u32> =
        brief.active_sites().iter().map(|site| sites[*site as usize].router).collect();
    let shortest = bound::shortest_ms(brief.situation(), &ends)?;
    let trips: Vec<(f64, f64)> = brief
        .sources
        .iter()
        .filter(|source| source.weight > 0.0)
        .map(|source| (shortest[source.router as usize], source.weight))
        .collect();
    let lowest = match measure {
        Measure::Mean => trial::mean(&trips),
        Measure::P95 => percentile(trips, 0.95),
    };
    lowest.filter(|it| it.is_finite())
}

/// The turned levers of a configuration, each time the one that comes nearest to the goal.
fn in_order(trials: &mut Trials<'_>, config: &[u16]) -> Result<Vec<Step>, Unplanned> {
    let (brief, goal) = (trials.brief(), trials.goal());
    let mut here = vec![0; config.len()];
    let mut before = trials.base().clone();
    let mut left: Vec<usize> = (0..config.len()).filter(|lever| config[*lever] != 0).collect();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let mut best: Option<(Score, usize, Placement)> = None;
        for (at, lever) in left.iter().enumerate() {
            let mut next = here.clone();
            next[*lever] = config[*lever];
            let Some(placement) = trials.placement(&next)? else { continue };
            let score = trials.score_of(&next, &placement);
            if best.as_ref().is_none_or(|(known, ..)| score < *known) {
                best = Some((score, at, placement));
            }
        }
        // Where nothing settles half way, all that is left is done at once.
        let Some((_, at, placement)) = best else {
            let Some(placement) = trials.placement(config)? else { break };
            for lever in left.drain(..) {
                steps.push(Step {
                    lever,
                    option: usize::from(config[lever]),
                    flows: flows(brief, &before, &placement),
                    after: standing(brief, goal, &placement),
                });
                before = placement.clone();
            }
            break;
        };
        let lever = left.remove(at);
        here[lever] = config[lever];
        steps.push(Step {
            lever,
            option: usize::from(config[lever]),
            flows: flows(brief, &before, &placement),
            after: standing(brief, goal, &placement),
        });
        before = placement;
    }
    Ok(steps)
}

/// What each lever alone would do.
fn singles(trials: &mut Trials<'_>) -> Result<Vec<Single>, Unplanned> {
    let (brief, goal) = (trials.brief(), trials.goal());
    let mut found = Vec::new();
    let count: usize = trials.levers().iter().map(|lever| lever.options.len() - 1).sum();
    if count > SINGLES_MAX {
        return Ok(found);
    }
    for (lever, spec) in trials.levers().iter().enumerate() {
        let mut fewer: Option<Vec<Flow>> = None;
        for (option, setting) in spec.options.iter().enumerate().skip(1) {
            let mut config = vec![0; trials.levers().len()];
            config[lever] = option as u16;
            let placement = trials.placement(&config)?;
            let flows = placement.as_ref().map(|it| flows(brief, trials.base(), it));
            let prepends = match setting {
                Setting::PrependsAll(_) => true,
                Setting::Says(Some(says)) => {
                    let today = said(&brief.service().sites[spec.site as usize], session(spec));
                    today.is_some_and(|was| {
                        says.prepend > was.prepend
                            && says.communities == was.communities
                            && says.med == was.med
                    })
                }
                _ => false,
            };
            let repeats = prepends && flows.is_some() && flows == fewer;
            if prepends {
                fewer.clone_from(&flows);
            }
            let after = placement.map(|it| standing(brief, goal, &it));
            found.push(Single { lever, option, flows, after, repeats });
        }
    }
    Ok(found)
}

/// The session of a lever; none has this number where the lever has none.
fn session(lever: &Lever) -> u32 {
    match lever.what {
        What::Session(session) => session,
        What::Site | What::Prefix(_) => u32::MAX,
    }
}

/// Prepends of today that move nobody.
fn idle(brief: &Brief<'_>, base: &Placement) -> Result<Vec<IdlePrepend>, Unplanned> {
    let service = brief.service();
    let mut idle = Vec::new();
    for (site, spec) in (0..).zip(&service.sites).filter(|(_, spec)| spec.active) {
        for (session, says) in spec.announcements.iter().filter(|(_, says)| says.prepend > 0) {
            let mut plain = service.clone();
            let said = plain.sites[site as usize].announcements.get_mut(session);
            said.expect("it is announced").prepend = 0;
            let placement = trial::place(brief, &plain, Method::of(brief))?;
            if flows(brief, base, &placement).is_empty() {
                idle.push(IdlePrepend { site, session: *session, count: says.prepend });
            }
        }
    }
    Ok(idle)
}

/// Who is not won back by a site that fails and comes back. Only where routers have a past.
fn astray(
    brief: &Brief<'_>,
    service: &Service,
    watch: Watch<'_>,
) -> Result<Vec<Astray>, Unplanned> {
    let mut found = Vec::new();
    if Method::of(brief) == Method::Solve {
        return Ok(found);
    }
    let active = brief.active_sites();
    for (done, failed) in active.iter().enumerate() {
        if watch(done as u64, active.len() as u64).is_break() {
            return Err(catchment_dynamics::play::Unfinished::Cancelled.into());
        }
        let gone = |brief: &Brief<'_>| {
            let mut oracle = Oracle::new(brief)?;
            let base = oracle.base()?;
            Ok::<_, Unplanned>(flows(brief, &base, &oracle.restored(*failed)?))
        };
        let flows = trial::with(brief, service, gone)?;
        if !flows.is_empty() {
            let as_today = gone(brief)? == flows;
            found.push(Astray { failed: *failed, flows, as_today });
        }
    }
    Ok(found)
}
