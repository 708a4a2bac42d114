//! The slow, obvious body: routers with whole AS paths decide again and again until nothing
//! changes.
//!
//! It runs the full decision process on complete route objects and knows nothing of classes being
//! settled in order. So it is the one body for scenarios that break that order (LOCAL_PREF
//! overrides, leaks, policy noise), and the twin against which the fast bodies are tested.

use std::rc::Rc;

use catchment_model::relation::{Class, Relation};
use catchment_model::rng;
use catchment_model::rules::TieBreak;
use catchment_model::service::Announcement;
use catchment_model::{Asn, Community};
use thiserror::Error;

use crate::catchment::{Catchment, PATH_LENGTH_MAX, Route, Word, link_rtt_ms};
use crate::decision::{Candidate, Via, select, weighs_rtt};
use crate::policy::{Policy, Situation};

/// Rounds until a world without fixpoint is given up. Each round lets every router decide once,
/// so that routes travel at least one AS further; real paths end long before.
const ROUND_LIMIT: u32 = 1000;
/// Whoever still changes in this many last rounds is named.
const ROUNDS_WATCHED: u32 = 64;

/// No fixpoint: some ASes go on changing their minds (a dispute wheel).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the routing does not settle: {} keep changing their best route", list(.ases))]
pub struct Oscillation {
    /// The ASes that still changed when the solver gave up, ascending.
    pub ases: Vec<Asn>,
}

fn list(ases: &[Asn]) -> String {
    let mut names: Vec<String> = ases.iter().take(10).map(|asn| format!("AS{asn}")).collect();
    if ases.len() > names.len() {
        names.push(format!("{} more", ases.len() - names.len()));
    }
    names.join(", ")
}

/// In which order routers decide within a round. The result does not depend on it but where
/// MEDs leave several stable states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Lowest router first.
    Ascending,
    /// Highest router first.
    Descending,
}

/// A route as a router holds it.
struct Held<'a> {
    candidate: Candidate,
    path: Rc<[Asn]>,
    /// The announcement by which it came into this AS, if from its origin.
    entered_by: Option<&'a Announcement>,
    rtt_ms: Option<f64>,
}

/// Solves one prefix of a situation by iteration.
///
/// # Errors
/// If there is no fixpoint within the round limit.
pub fn solve(
    situation: Situation<'_>,
    prefix_index: u16,
    order: Order,
) -> Result<Catchment, Oscillation> {
    iterate(&Policy::new(situation, prefix_index), order)
}

pub(crate) fn iterate(policy: &Policy<'_>, order: Order) -> Result<Catchment, Oscillation> {
    let world = policy.world();
    let count = world.router_count();
    let mut held: Vec<Option<Held<'_>>> = (0..count).map(|_| None).collect();
    let mut dirty = vec![false; count];
    for (router, _) in policy.own_routes() {
        dirty[router as usize] = true;
    }
    let mut last_change = vec![0_u32; count];
    for round in 1..=ROUND_LIMIT {
        if !dirty.contains(&true) {
            return Ok(Catchment { words: held.iter().map(word_of).collect() });
        }
        for position in 0..count {
            let router = match order {
                Order::Ascending => position,
                Order::Descending => count - 1 - position,
            };
            if !std::mem::replace(&mut dirty[router], false) {
                continue;
            }
            let best = decide(policy, &held, router as u32);
            if same(&best, &held[router]) {
                continue;
            }
            held[router] = best;
            last_change[router] = round;
            for session in world.sessions(router as u32) {
                dirty[world.neighbors[session as usize] as usize] = true;
            }
            for other in world.routers_of(world.router_as[router]) {
                dirty[other as usize] |= other as usize != router;
            }
        }
    }
    let unsettled = |router: &usize| last_change[*router] + ROUNDS_WATCHED > ROUND_LIMIT;
    let mut ases: Vec<Asn> =
        (0..count).filter(unsettled).map(|router| world.asn_of(router as u32)).collect();
    ases.dedup();
    Err(Oscillation { ases })
}

/// Whether every router, told by its neighbors what `catchment` says, would decide as it says.
pub fn is_stable(situation: Situation<'_>, prefix_index: u16, catchment: &Catchment) -> bool {
    let policy = Policy::new(situation, prefix_index);
    let world = policy.world();
    let held: Vec<Option<Held<'_>>> =
        (0..world.router_count() as u32).map(|router| hold(&policy, catchment, router)).collect();
    (0..world.router_count() as u32)
        .all(|router| word_of(&decide(&policy, &held, router)) == catchment.words[router as usize])
}

/// All candidates that a router has in a settled catchment, as the decision process sees them;
/// the own route, which beats them all, is not among them.
pub(crate) fn candidates_at(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
) -> Vec<Candidate> {
    let look = |other: u32| hold(policy, catchment, other).map(Rc::new);
    candidates(policy, look, router).into_iter().map(|held| held.candidate).collect()
}

/// The one that it has over eBGP from `neighbor`, which is its `relation`.
pub(crate) fn external_candidate(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
    neighbor: u32,
    relation: Relation,
) -> Option<Candidate> {
    let theirs = hold(policy, catchment, neighbor)?;
    Some(heard(policy, &theirs, neighbor, router, relation)?.candidate)
}

/// Those that it has over iBGP.
pub(crate) fn internal_candidates(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
) -> Vec<Candidate> {
    let others = policy.world().routers_of(policy.world().router_as[router as usize]);
    others
        .filter(|other| *other != router)
        .filter_map(|other| {
            let theirs = hold(policy, catchment, other)?;
            Some(heard_inside(policy, &theirs, other, router)?.candidate)
        })
        .collect()
}

fn word_of(held: &Option<Held<'_>>) -> Word {
    held.as_ref().map_or(Word::NONE, |held| {
        let Candidate { class, path_length, via, site, .. } = held.candidate;
        Word::pack(&Route { class, path_length, via, site })
    })
}

fn same(a: &Option<Held<'_>>, b: &Option<Held<'_>>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.candidate == b.candidate && a.path == b.path,
        (None, None) => true,
        _ => false,
    }
}

fn decide<'a>(policy: &Policy<'a>, held: &[Option<Held<'a>>], router: u32) -> Option<Held<'a>> {
    if let Some(site) = policy.own_site(router) {
        return Some(own_route(policy, router, site));
    }
    let mut candidates = candidates(policy, |other| held[other as usize].as_ref(), router);
    let bare: Vec<Candidate> = candidates.iter().map(|held| held.candidate.clone()).collect();
    let selection = select(&bare, policy.rules())?;
    Some(candidates.swap_remove(selection.best))
}

fn own_route<'a>(policy: &Policy<'a>, router: u32, site: u32) -> Held<'a> {
    Held {
        candidate: Candidate {
            via: Via::Own,
            class: Class::Origin,
            local_pref: u32::MAX,
            path_length: 0,
            origin: 0,
            med: None,
            neighbor_as: None,
            igp_cost: 0,
            rtt_us: 0,
            tie_key: 0,
            router_id: policy.world().router_ids[router as usize],
            cluster_list: 0,
            neighbor_address: router,
            site,
        },
        path: Rc::new([]),
        entered_by: None,
        rtt_ms: policy.world().place(router).map(|_| policy.rules().t_server),
    }
}

/// Everything that neighbors and the other routers of the AS tell `router`. `look` gives the best
/// route of another router.
fn candidates<'a, H>(
    policy: &Policy<'a>,
    look: impl Fn(u32) -> Option<H>,
    router: u32,
) -> Vec<Held<'a>>
where
    H: std::ops::Deref,
    H::Target: AsHeld<'a>,
{
    let world = policy.world();
    let mut found = Vec::new();
    for relation in Relation::ALL {
        for session in world.group(router, relation) {
            let neighbor = world.neighbors[session as usize];
            if let Some(theirs) = look(neighbor) {
                found.extend(heard(policy, theirs.as_held(), neighbor, router, relation));
            }
        }
    }
    for other in world.routers_of(world.router_as[router as usize]) {
        if other != router
            && let Some(theirs) = look(other)
        {
            found.extend(heard_inside(policy, theirs.as_held(), other, router));
        }
    }
    found
}

/// Lets [`candidates`] take both borrowed and freshly made routes.
trait AsHeld<'a> {
    fn as_held(&self) -> &Held<'a>;
}

impl<'a> AsHeld<'a> for Held<'a> {
    fn as_held(&self) -> &Held<'a> {
        self
    }
}

/// The candidate that `router` gets over eBGP from `neighbor`, which is its `relation`.
fn heard<'a>(
    policy: &Policy<'a>,
    theirs: &Held<'a>,
    neighbor: u32,
    router: u32,
    relation: Relation,
) -> Option<Held<'a>> {
    let (world, rules) = (policy.world(), policy.rules());
    let best = &theirs.candidate;
    if rules.split_horizon && best.via == Via::External(router) {
        return None;
    }
    let offer =
        policy.export(neighbor, router, relation.reversed(), best.class, theirs.entered_by)?;
    let path_length = best.path_length + offer.added;
    let own_asn = world.asn_of(router);
    let repetitions = theirs.path.iter().filter(|asn| **asn == own_asn).count() as u32;
    // An island may hear another island of its AS directly (its own number is then the sender's).
    let sender_is_own = world.asn_of(neighbor) == own_asn;
    if repetitions + u32::from(sender_is_own) > rules.allow_own_as
        || path_length > PATH_LENGTH_MAX
        || !policy.takes(router, &offer, best.site)
    {
        return None;
    }
    let mut path = vec![world.asn_of(neighbor); offer.added as usize];
    path.extend(theirs.path.iter());
    let rtt_ms = if weighs_rtt(world, rules) {
        theirs.rtt_ms.and_then(|rtt| Some(rtt + link_rtt_ms(world, rules, neighbor, router)?))
    } else {
        None
    };
    Some(Held {
        candidate: Candidate {
            via: Via::External(neighbor),
            class: offer.class,
            local_pref: policy.local_pref(router, neighbor, offer.class, offer.announcement),
            path_length,
            origin: 0,
            med: offer.announcement.and_then(|said| said.med),
            neighbor_as: Some(world.asn_of(neighbor)),
            igp_cost: 0,
            rtt_us: rtt_us(policy, rtt_ms),
            tie_key: tie_key(policy, router, neighbor),
            router_id: world.router_ids[neighbor as usize],
            cluster_list: 0,
            neighbor_address: neighbor,
            site: best.site,
        },
        path: path.into(),
        entered_by: offer.announcement,
        rtt_ms,
    })
}

/// The candidate that `router` gets over iBGP from `other`: only what `other` has from outside
/// or originates (RFC 4271 §9.2).
fn heard_inside<'a>(
    policy: &Policy<'a>,
    theirs: &Held<'a>,
    other: u32,
    router: u32,
) -> Option<Held<'a>> {
    let world = policy.world();
    let stays = |said: &Announcement| said.communities.contains(&Community::NoAdvertise);
    if matches!(theirs.candidate.via, Via::Internal(_)) || theirs.entered_by.is_some_and(stays) {
        return None;
    }
    let rtt_ms = theirs.rtt_ms.and_then(|rtt| {
        let link = link_rtt_ms(world, policy.rules(), other, router)?;
        Some(rtt + link)
    });
    Some(Held {
        candidate: Candidate {
            via: Via::Internal(other),
            igp_cost: world.igp_cost(router, other),
            rtt_us: rtt_us(policy, rtt_ms),
            tie_key: 0,
            router_id: world.router_ids[other as usize],
            neighbor_address: other,
            ..theirs.candidate.clone()
        },
        path: theirs.path.clone(),
        entered_by: theirs.entered_by,
        rtt_ms,
    })
}

/// Round-trip time in whole µs where a step weighs it; a path of unknown length loses.
pub(crate) fn rtt_us(policy: &Policy<'_>, rtt_ms: Option<f64>) -> u64 {
    if !weighs_rtt(policy.world(), policy.rules()) {
        return 0;
    }
    rtt_ms.map_or(u64::MAX, |ms| libm::round(ms * 1000.0) as u64)
}

/// The key of `tie_break` (models 1.9) in worlds with one router per AS.
pub(crate) fn tie_key(policy: &Policy<'_>, router: u32, neighbor: u32) -> u64 {
    let world = policy.world();
    if !world.has_one_router_per_as() {
        return 0;
    }
    match policy.rules().tie_break {
        TieBreak::Hash => {
            let pair = format!("{},{}", world.asn_of(router), world.asn_of(neighbor));
            rng::fnv1a64(pair.as_bytes())
        }
        TieBreak::IgpGeo => u64::from(world.igp_cost(router, neighbor)),
        TieBreak::AsnLowest | TieBreak::Rtt | TieBreak::Oldest => 0,
    }
}

/// The route of a router in a settled catchment, made whole again.
fn hold<'a>(policy: &Policy<'a>, catchment: &Catchment, router: u32) -> Option<Held<'a>> {
    let world = policy.world();
    let route = catchment.route(router)?;
    match route.via {
        Via::Own => Some(own_route(policy, router, route.site)),
        Via::External(neighbor) => {
            let relation = world.relation(router, world.session_to(router, neighbor)?);
            // Only the neighbor's own attributes are needed, which its path and site give.
            let theirs = catchment.route(neighbor)?;
            let path = catchment.as_path(world, neighbor)?;
            let rtt_ms = catchment.rtt_ms(world, policy.rules(), neighbor);
            let entered_by = entered_by(policy, catchment, neighbor);
            let base = own_route(policy, neighbor, theirs.site);
            let candidate = Candidate {
                via: theirs.via,
                class: theirs.class,
                path_length: theirs.path_length,
                ..base.candidate
            };
            let held = Held { candidate, path: path.into(), entered_by, rtt_ms };
            heard(policy, &held, neighbor, router, relation)
        }
        Via::Internal(other) => {
            heard_inside(policy, &hold(policy, catchment, other)?, other, router)
        }
    }
}

/// The announcement by which the route of `router` came into its AS, if from its origin.
pub(crate) fn entered_by<'a>(
    policy: &Policy<'a>,
    catchment: &Catchment,
    router: u32,
) -> Option<&'a Announcement> {
    match catchment.route(router)?.via {
        Via::Own => None,
        Via::Internal(other) => entered_by(policy, catchment, other),
        Via::External(neighbor) => {
            let theirs = catchment.route(neighbor)?;
            if theirs.class != Class::Origin {
                return None;
            }
            let world = policy.world();
            let relation = world.relation(neighbor, world.session_to(neighbor, router)?);
            policy.export(neighbor, router, relation, Class::Origin, None)?.announcement
        }
    }
}

/// Whether packets are dropped at a router because its AS was asked to (RFC 7999).
pub(crate) fn drops(policy: &Policy<'_>, catchment: &Catchment, router: u32) -> bool {
    policy.is_scoped()
        && entered_by(policy, catchment, router)
            .is_some_and(|said| said.communities.contains(&Community::Blackhole))
}
