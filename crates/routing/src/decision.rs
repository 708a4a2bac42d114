//! The decision process of one router (RFC 4271 §9.1.2, models 1.1): which of its candidates it
//! uses, and the step at which each of the others lost.
//!
//! The tables [`POLICY`] and [`TEXTBOOK`] *are* the process: they can be read aloud in order.
//! Step e′ (models 1.5) needs a past, which the steady state does not have: [`select`] passes over
//! it, [`select_with_history`] takes it. Cisco's weight, AIGP and confederations are left out; no
//! scenario can set them.

use std::fmt;

use catchment_model::relation::Class;
use catchment_model::rules::{Decision, MedMissing, MedScope, OldestRule, Rules, TieBreak};
use catchment_model::{Asn, World};

/// From where a router has a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// It originates it: a site is here.
    Own,
    /// From a router of another AS.
    External(u32),
    /// From a router of its own AS, over iBGP.
    Internal(u32),
}

/// A route that a router may choose, with everything the steps weigh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// From where it has it.
    pub via: Via,
    /// From whom the AS learned it.
    pub class: Class,
    /// LOCAL_PREF: highest wins.
    pub local_pref: u32,
    /// ASNs in AS_PATH (an AS_SET counts one; T1.5 is in the tests of [`PathSegment`]).
    pub path_length: u32,
    /// ORIGIN: IGP 0 < EGP 1 < INCOMPLETE 2.
    pub origin: u8,
    /// MED as received.
    pub med: Option<u32>,
    /// First AS of AS_PATH; `None` for an empty path.
    pub neighbor_as: Option<Asn>,
    /// IGP cost to the next hop; 0 for eBGP (next-hop-self).
    pub igp_cost: u32,
    /// Round-trip time along the path in µs; 0 where no step weighs it.
    pub rtt_us: u64,
    /// What `tie_break` weighs in place of the router id; 0 where it does not.
    pub tie_key: u64,
    /// BGP identifier of the router it came from, or ORIGINATOR_ID (RFC 4456).
    pub router_id: u32,
    /// Length of CLUSTER_LIST; 0 in a full mesh.
    pub cluster_list: u32,
    /// Stands in for the peer address: the index of the router it came from.
    pub neighbor_address: u32,
    /// Site where the path ends, by index.
    pub site: u32,
}

/// A step of the decision process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Highest LOCAL_PREF (§9.1.2).
    LocalPref,
    /// Fewest ASNs in AS_PATH (§9.1.2.2 a).
    PathLength,
    /// Lowest ORIGIN (b).
    Origin,
    /// Lowest MED among routes from the same neighboring AS (c): a group elimination.
    Med,
    /// eBGP before iBGP (d).
    Ebgp,
    /// Lowest IGP cost to the next hop (e): hot potato.
    IgpCost,
    /// Keep the older or the selected eBGP route (RFC 5004, models 1.5).
    Oldest,
    /// Lowest round-trip time. Not in BGP: textbook rules and `tie_break = "rtt"`.
    Rtt,
    /// Lowest key of `tie_break = "hash"` or `"igp_geo"`. Not in BGP.
    TieBreak,
    /// Lowest BGP identifier or ORIGINATOR_ID (f).
    RouterId,
    /// Shortest CLUSTER_LIST (RFC 4456 §9).
    ClusterList,
    /// Lowest peer address (g).
    NeighborAddress,
}

/// The rule set `policy`.
pub const POLICY: [Step; 12] = [
    Step::LocalPref,
    Step::PathLength,
    Step::Origin,
    Step::Med,
    Step::Ebgp,
    Step::IgpCost,
    Step::Oldest,
    // The next two replace f and g where `tie_break` says so; their keys are all 0 otherwise.
    Step::Rtt,
    Step::TieBreak,
    Step::RouterId,
    Step::ClusterList,
    Step::NeighborAddress,
];

/// The rule set `textbook` (design section 5). Its past is the route in use, which stays while it
/// is as short as any.
pub const TEXTBOOK: [Step; 5] =
    [Step::PathLength, Step::Oldest, Step::Rtt, Step::RouterId, Step::NeighborAddress];

/// The step after which only sessions are left to choose from: what is equal here is *tied*.
fn last_before_ties(rules: &Rules) -> Step {
    match rules.decision {
        Decision::Policy => Step::IgpCost,
        Decision::Textbook => Step::Rtt,
    }
}

impl Step {
    /// The steps of the rules.
    pub fn order(rules: &Rules) -> &'static [Step] {
        match rules.decision {
            Decision::Policy => &POLICY,
            Decision::Textbook => &TEXTBOOK,
        }
    }

    /// All of them, in the order of the type.
    pub const ALL: [Step; 12] = POLICY;

    /// Name in tables (design section 8).
    pub const fn name(self) -> &'static str {
        match self {
            Step::LocalPref => "local-pref",
            Step::PathLength => "path-length",
            Step::Origin => "origin",
            Step::Med => "med",
            Step::Ebgp => "ebgp",
            Step::IgpCost => "igp-cost",
            Step::Oldest => "oldest",
            Step::Rtt => "rtt",
            Step::TieBreak => "tie-break",
            Step::RouterId => "router-id",
            Step::ClusterList => "cluster-list",
            Step::NeighborAddress => "neighbor-address",
        }
    }

    /// What this step weighs; the lowest cost stays. `None` for MED and age, which
    /// are no order of single routes.
    fn cost(self, candidate: &Candidate) -> Option<u64> {
        Some(match self {
            Step::LocalPref => u64::from(u32::MAX - candidate.local_pref),
            Step::PathLength => u64::from(candidate.path_length),
            Step::Origin => u64::from(candidate.origin),
            Step::Med | Step::Oldest => return None,
            Step::Ebgp => u64::from(matches!(candidate.via, Via::Internal(_))),
            Step::IgpCost => u64::from(candidate.igp_cost),
            Step::Rtt => candidate.rtt_us,
            Step::TieBreak => candidate.tie_key,
            Step::RouterId => u64::from(candidate.router_id),
            Step::ClusterList => u64::from(candidate.cluster_list),
            Step::NeighborAddress => u64::from(candidate.neighbor_address),
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a router chose, and why not the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Position of the winner among the candidates.
    pub best: usize,
    /// Position of each loser with the step at which it lost, in order of losing.
    pub lost: Vec<(usize, Step)>,
    /// Positions of all that were equal after IGP cost (by textbook rules, after round-trip time),
    /// the winner included, ascending.
    pub tied: Vec<usize>,
    /// Whether candidates of one neighbor AS differed in MED when that step came: then a router
    /// with `med_deterministic = false` could have chosen by order of arrival (models 1.2).
    pub meds_compared: bool,
}

impl Selection {
    /// The last step that removed a candidate; `None` if there was only one.
    pub fn decided_by(&self) -> Option<Step> {
        self.lost.last().map(|(_, step)| *step)
    }
}

/// What a router remembers when it decides (models 1.5).
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Its oldest-route rule.
    pub oldest_rule: OldestRule,
    /// When each candidate was received, in µs.
    pub received_us: &'a [i64],
    /// Position of the candidate from the peer that is selected now, if it still has one.
    pub selected: Option<usize>,
}

/// Selects the route a router uses, or `None` without candidates. An own route beats all others
/// (models 2.1), so it must not be among them.
///
/// # Panics
/// If two candidates came from the same router.
pub fn select(candidates: &[Candidate], rules: &Rules) -> Option<Selection> {
    let no_past = History { oldest_rule: OldestRule::None, received_us: &[], selected: None };
    select_with_history(candidates, rules, no_past)
}

/// The same with a past. MEDs are compared group by group all the same.
///
/// # Panics
/// As [`select`], and if a timestamp is missing where the rule needs one.
pub fn select_with_history(
    candidates: &[Candidate],
    rules: &Rules,
    history: History<'_>,
) -> Option<Selection> {
    if candidates.is_empty() {
        return None;
    }
    let mut alive: Vec<usize> = (0..candidates.len()).collect();
    let mut lost = Vec::new();
    let mut tied = None;
    let mut meds_compared = false;
    for step in Step::order(rules) {
        if *step > last_before_ties(rules) && tied.is_none() {
            tied = Some(alive.clone());
        }
        if alive.len() == 1 {
            continue;
        }
        let losers: Vec<usize> = match step {
            Step::Med => {
                let losers = med_losers(candidates, &alive, rules);
                meds_compared = !losers.is_empty();
                losers
            }
            Step::Oldest => younger(candidates, &alive, rules, history),
            _ => {
                let cost = |position: &usize| step.cost(&candidates[*position]);
                let best = alive.iter().map(cost).min().expect("one is alive");
                alive.iter().copied().filter(|position| cost(position) != best).collect()
            }
        };
        alive.retain(|position| !losers.contains(position));
        lost.extend(losers.into_iter().map(|position| (position, *step)));
    }
    assert_eq!(alive.len(), 1, "two candidates came from the same router");
    Some(Selection {
        best: alive[0],
        lost,
        tied: tied.expect("each rule set has ties"),
        meds_compared,
    })
}

/// Everyone for whom a route of the same group has a lower MED (models 1.1 c, 1.2).
fn med_losers(candidates: &[Candidate], alive: &[usize], rules: &Rules) -> Vec<usize> {
    let med = |position: usize| {
        candidates[position].med.unwrap_or(match rules.med_missing {
            MedMissing::Zero => 0,
            MedMissing::Worst => u32::MAX,
        })
    };
    let comparable = |a: usize, b: usize| match rules.med_scope {
        MedScope::Always => true,
        MedScope::Never => false,
        MedScope::SameNeighborAs => {
            let neighbor_as = candidates[a].neighbor_as;
            neighbor_as.is_some() && neighbor_as == candidates[b].neighbor_as
        }
    };
    let beaten = |a: &usize| alive.iter().any(|b| comparable(*a, *b) && med(*b) < med(*a));
    alive.iter().copied().filter(beaten).collect()
}

/// Who loses by age. The rule holds between eBGP routes only; by textbook rules, which know no
/// iBGP, between all.
fn younger(
    candidates: &[Candidate],
    alive: &[usize],
    rules: &Rules,
    history: History<'_>,
) -> Vec<usize> {
    let is_external = |position: &usize| matches!(candidates[*position].via, Via::External(_));
    let all_external = rules.decision == Decision::Textbook || alive.iter().all(is_external);
    let keeps = |position: &usize| match history.oldest_rule {
        OldestRule::None => true,
        OldestRule::Timestamp => {
            let received = |position: &usize| history.received_us[*position];
            Some(received(position)) == alive.iter().map(received).min()
        }
        OldestRule::SelectedPeer => match history.selected {
            Some(selected) if alive.contains(&selected) => *position == selected,
            _ => true,
        },
    };
    if !all_external {
        return Vec::new();
    }
    alive.iter().copied().filter(|position| !keeps(position)).collect()
}

/// Whether the rules give [`Candidate::rtt_us`] a meaning in this world (models 1.9).
pub fn weighs_rtt(world: &World, rules: &Rules) -> bool {
    rules.decision == Decision::Textbook
        || rules.tie_break == TieBreak::Rtt && world.has_one_router_per_as()
}

/// A segment of an AS_PATH (RFC 4271 §4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// AS_SEQUENCE.
    Sequence(Vec<Asn>),
    /// AS_SET: counts one, whatever its size (§9.1.2.2 a).
    Set(Vec<Asn>),
}

/// Length of an AS_PATH in the decision process.
pub fn path_length(segments: &[PathSegment]) -> u32 {
    let length = |segment: &PathSegment| match segment {
        PathSegment::Sequence(asns) => asns.len() as u32,
        PathSegment::Set(asns) => u32::from(!asns.is_empty()),
    };
    segments.iter().map(length).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use catchment_model::rules::Decision;

    fn candidate(name: u32) -> Candidate {
        Candidate {
            via: Via::External(name),
            class: Class::Customer,
            local_pref: 200,
            path_length: 4,
            origin: 0,
            med: None,
            neighbor_as: Some(Asn(10)),
            igp_cost: 0,
            rtt_us: 0,
            tie_key: 0,
            router_id: name,
            cluster_list: 0,
            neighbor_address: name,
            site: name,
        }
    }

    /// A to F of T1.4, by position.
    fn t1_4() -> Vec<Candidate> {
        let rid = |last: u8| u32::from_be_bytes([10, 0, 0, last]);
        vec![
            Candidate { local_pref: 100, path_length: 1, ..candidate(0) },
            Candidate { path_length: 5, ..candidate(1) },
            Candidate { origin: 2, ..candidate(2) },
            Candidate { med: Some(50), router_id: rid(9), ..candidate(3) },
            Candidate {
                med: Some(10),
                neighbor_as: Some(Asn(20)),
                router_id: rid(2),
                ..candidate(4)
            },
            Candidate { med: Some(20), router_id: rid(1), ..candidate(5) },
        ]
    }

    #[test]
    fn t1_4_decision_order() {
        let selection = select(&t1_4(), &Rules::default()).unwrap();
        assert_eq!(selection.best, 5, "F wins by router id");
        assert_eq!(
            selection.lost,
            [
                (0, Step::LocalPref),
                (1, Step::PathLength),
                (2, Step::Origin),
                (3, Step::Med),
                (4, Step::RouterId)
            ]
        );
        assert_eq!(selection.tied, [4, 5]);
        assert!(selection.meds_compared);
        let always = Rules { med_scope: MedScope::Always, ..Rules::default() };
        assert_eq!(select(&t1_4(), &always).unwrap().best, 4, "E wins by MED");
        let never = Rules { med_scope: MedScope::Never, ..Rules::default() };
        assert_eq!(select(&t1_4(), &never).unwrap().best, 5);
    }

    #[test]
    fn t1_5_an_as_set_counts_one() {
        let asns = |numbers: &[u32]| numbers.iter().map(|number| Asn(*number)).collect();
        let with_set =
            [PathSegment::Sequence(asns(&[65001])), PathSegment::Set(asns(&[65002, 65003, 65004]))];
        assert_eq!(path_length(&with_set), 2);
        assert_eq!(path_length(&[PathSegment::Sequence(asns(&[65001, 65001, 65005]))]), 3);
    }

    #[test]
    fn t1_6_oldest() {
        const X: usize = 0;
        const Y: usize = 1;
        let x = Candidate { router_id: 0x0909_0909, ..candidate(0) };
        let y = Candidate { router_id: 0x0101_0101, ..candidate(1) };
        let candidates = [x, y];
        let best = |oldest_rule, received_us: &[i64], selected| {
            let history = History { oldest_rule, received_us, selected };
            select_with_history(&candidates, &Rules::default(), history).unwrap().best
        };
        // Y arrives at t = 50, while X (t = 0) is selected.
        assert_eq!(best(OldestRule::None, &[0, 50], Some(X)), Y);
        assert_eq!(best(OldestRule::Timestamp, &[0, 50], Some(X)), X);
        assert_eq!(best(OldestRule::SelectedPeer, &[0, 50], Some(X)), X);
        // Peer X replaces its route at t = 60 by another of equal length.
        assert_eq!(best(OldestRule::None, &[60, 50], Some(Y)), Y);
        assert_eq!(best(OldestRule::Timestamp, &[60, 50], Some(X)), Y);
        assert_eq!(best(OldestRule::SelectedPeer, &[60, 50], Some(X)), X);
        // The steady state has no past.
        assert_eq!(select(&candidates, &Rules::default()).unwrap().best, Y);
    }

    #[test]
    fn t1_7_rtt_decides_only_where_it_is_asked_for() {
        let near = Candidate { rtt_us: 18_000, router_id: 2, ..candidate(0) };
        let far = Candidate { rtt_us: 48_000, router_id: 1, ..candidate(1) };
        let selection = select(&[near.clone(), far.clone()], &Rules::default()).unwrap();
        assert_eq!((selection.best, selection.decided_by()), (0, Some(Step::Rtt)));
        // In every other mode nobody fills in `rtt_us`, so that the router id decides.
        let blind = |c: &Candidate| Candidate { rtt_us: 0, ..c.clone() };
        let selection = select(&[blind(&near), blind(&far)], &Rules::default()).unwrap();
        assert_eq!((selection.best, selection.decided_by()), (1, Some(Step::RouterId)));
    }

    #[test]
    fn missing_med_is_best_or_worst_as_told() {
        let silent = candidate(0);
        let five = Candidate { med: Some(5), router_id: 99, ..candidate(1) };
        let worst = Rules { med_missing: MedMissing::Worst, ..Rules::default() };
        assert_eq!(select(&[silent.clone(), five.clone()], &worst).unwrap().best, 1);
        assert_eq!(select(&[silent, five], &Rules::default()).unwrap().best, 0);
    }

    #[test]
    fn textbook_knows_length_time_and_identifier_only() {
        let rules = Rules { decision: Decision::Textbook, ..Rules::default() };
        let preferred = Candidate { local_pref: 300, path_length: 2, ..candidate(0) };
        let short = Candidate { local_pref: 100, path_length: 1, rtt_us: 9, ..candidate(1) };
        let near = Candidate { rtt_us: 8, via: Via::Internal(2), ..short.clone() };
        let selection = select(&[preferred, short, near], &rules).unwrap();
        assert_eq!((selection.best, selection.decided_by()), (2, Some(Step::Rtt)));
    }
}
