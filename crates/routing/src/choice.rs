//! What a router had to choose from in a settled catchment, and which step settled it.
//!
//! Asked for tens of thousands of routers at a time, so that nothing is looked at that cannot
//! matter: if several candidates share the best class and length, the others are not needed.

use catchment_model::relation::{Class, Relation};
use catchment_model::rules::{Decision, TieBreak};

use crate::catchment::{Catchment, Route, Word};
use crate::decision::{Candidate, Step, Via, select};
use crate::fixpoint::{candidates_at, external_candidate, internal_candidates};
use crate::policy::{Policy, Situation};

/// The choice of one router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The last step that removed a candidate; `None` with one candidate and for an own route.
    pub decided_by: Option<Step>,
    /// From where the candidates came that were equal after IGP cost, the winner's included.
    pub tied: Vec<Via>,
    /// Whether a rule about the past of this router could have decided otherwise (design
    /// section 5): several eBGP routes tied and it has an oldest-route rule, or it compares MEDs
    /// in order of arrival.
    pub history: bool,
}

/// What a router had to choose from in a solved prefix, and which step settled it; `None` if it
/// has no route.
pub fn choice(
    situation: Situation<'_>,
    prefix_index: u16,
    catchment: &Catchment,
    router: u32,
) -> Option<Choice> {
    choice_at(&Policy::new(situation, prefix_index), catchment, router)
}

/// The same with the policy at hand.
pub fn choice_at(policy: &Policy<'_>, catchment: &Catchment, router: u32) -> Option<Choice> {
    let route = catchment.route(router)?;
    if route.via == Via::Own {
        return Some(Choice { decided_by: None, tied: vec![Via::Own], history: false });
    }
    Some(if is_plain(policy) {
        plain_choice(policy, catchment, router, &route)
    } else if policy.is_regular() {
        regular_choice(policy, catchment, router, &route)
    } else {
        let candidates = candidates_at(policy, catchment, router);
        of_candidates(policy, router, &candidates)
    })
}

/// What settled the choice of a router that has a route, and whether a rule about its past could
/// have decided otherwise: [`Choice`] without the list of ties.
pub(crate) fn settled_by(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
    route: &Route,
) -> (Option<Step>, bool) {
    if route.via == Via::Own {
        return (None, false);
    }
    if !is_plain(policy) {
        let choice = choice_at(policy, catchment, router).expect("it has a route");
        return (choice.decided_by, choice.history);
    }
    let mut tied = 0;
    let second_stops = |_| {
        tied += 1;
        tied < 2
    };
    let decided_by = plain_step(policy, catchment, router, route, second_stops);
    (decided_by, tied > 1 && policy.has_oldest_rule(router))
}

/// Whether class, length and identifier are all there is to a decision.
fn is_plain(policy: &Policy<'_>) -> bool {
    policy.is_plain_graph() && policy.rules().tie_break == TieBreak::AsnLowest
}

/// Runs the decision process on candidates of which the router chose one.
pub(crate) fn of_candidates(policy: &Policy<'_>, router: u32, candidates: &[Candidate]) -> Choice {
    let selection = select(candidates, policy.rules()).expect("a router with a route had one");
    let tied: Vec<Via> = selection.tied.iter().map(|position| candidates[*position].via).collect();
    let externals = tied.iter().filter(|via| matches!(via, Via::External(_))).count();
    let by_age = externals > 1 && policy.has_oldest_rule(router);
    let by_arrival = selection.meds_compared && policy.scans_meds(router);
    let has_past = policy.rules().decision == Decision::Policy;
    let history = has_past && (by_age || by_arrival);
    Choice { decided_by: selection.decided_by(), tied, history }
}

/// Regular worlds: all candidates that can be chosen share class and length (or, by textbook
/// rules, length), and the rest only tells whether they beat anybody.
fn regular_choice(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
    route: &Route,
) -> Choice {
    let world = policy.world();
    let by_class = policy.rules().decision == Decision::Policy;
    let rank =
        |class: Class, path_length: u32| (if by_class { class as u32 } else { 0 }, path_length);
    let own_rank = rank(route.class, route.path_length);
    let mut best: Vec<Candidate> = internal_candidates(policy, catchment, router);
    // Sessions whose candidate, if there is one, is worse; the class comes first.
    let mut worse: Vec<(bool, u32, Relation)> = Vec::new();
    for relation in Relation::ALL {
        for session in world.group(router, relation) {
            let neighbor = world.neighbors[session as usize];
            let Some(theirs) = catchment.route(neighbor) else { continue };
            let class = theirs.class.at_receiver(relation);
            if rank(class, theirs.path_length + 1) > own_rank {
                worse.push((rank(class, 0) > rank(route.class, 0), neighbor, relation));
            } else if let Some(candidate) =
                external_candidate(policy, catchment, router, neighbor, relation)
            {
                let candidate_rank = rank(candidate.class, candidate.path_length);
                if candidate_rank > own_rank {
                    worse.push((candidate.class != route.class, neighbor, relation));
                } else {
                    best.push(candidate);
                }
            }
        }
    }
    let mut choice = of_candidates(policy, router, &best);
    if choice.decided_by.is_some() {
        return choice;
    }
    let exists = |(_, neighbor, relation): &&(bool, u32, Relation)| {
        external_candidate(policy, catchment, router, *neighbor, *relation).is_some()
    };
    let is_longer = |(other_class, ..): &&(bool, u32, Relation)| !by_class || !other_class;
    if worse.iter().filter(is_longer).any(|session| exists(&session)) {
        choice.decided_by = Some(Step::PathLength);
    } else if worse.iter().any(|session| exists(&session)) {
        choice.decided_by = Some(Step::LocalPref);
    }
    choice
}

/// Plain worlds: the same by export rule and length alone.
fn plain_choice(policy: &Policy<'_>, catchment: &Catchment, router: u32, route: &Route) -> Choice {
    let mut tied = Vec::new();
    let collect = |neighbor| {
        tied.push(Via::External(neighbor));
        true
    };
    let decided_by = plain_step(policy, catchment, router, route, collect);
    let history = tied.len() > 1 && policy.has_oldest_rule(router);
    Choice { decided_by, tied, history }
}

/// What settled the choice in a plain world. `tie` gets each tied neighbor, in order, and says
/// whether to go on; it may stop at the second, as more do not matter here.
fn plain_step(
    policy: &Policy<'_>,
    catchment: &Catchment,
    router: u32,
    route: &Route,
    mut tie: impl FnMut(u32) -> bool,
) -> Option<Step> {
    let world = policy.world();
    let told = |neighbor: u32, relation: Relation| {
        let word = catchment.words[neighbor as usize];
        // The export rule, as the receiver sees it: customers and peers tell own and customer
        // routes only. No route is greater than all of them, but providers must be asked.
        let is_told = match relation {
            Relation::Provider => word != Word::NONE,
            _ => word < Word::LEAST_FROM_PEERS,
        };
        is_told.then(|| word.path_length() + 1)
    };
    // No candidate leads through the router itself.
    let free = |neighbor: u32| catchment.walk(neighbor).all(|passed| passed != router);
    let relation = match route.class {
        Class::Customer => Relation::Customer,
        Class::Peer => Relation::Peer,
        Class::Origin | Class::Provider => Relation::Provider,
    };
    let row = |relation: Relation| {
        let group = world.group(router, relation);
        &world.neighbors[group.start as usize..group.end as usize]
    };
    let (mut tied, mut longer) = (0, false);
    for neighbor in row(relation) {
        match told(*neighbor, relation) {
            Some(length) if length == route.path_length => {
                tied += 1;
                if !tie(*neighbor) {
                    break;
                }
            }
            Some(_) => longer = longer || tied < 2 && free(*neighbor),
            None => {}
        }
    }
    if tied > 1 {
        return Some(Step::RouterId);
    }
    if longer {
        return Some(Step::PathLength);
    }
    let worse = |relation: Relation| {
        let told = |neighbor: &&u32| told(**neighbor, relation).is_some() && free(**neighbor);
        row(relation).iter().any(|neighbor| told(&neighbor))
    };
    let others = Relation::ALL.into_iter().filter(|other| *other > relation);
    others.into_iter().any(worse).then_some(Step::LocalPref)
}
