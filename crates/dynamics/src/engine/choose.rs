//! Which of its routes a router uses: the decision process of [`catchment_routing::decision`] in a
//! form that looks at one number for each route.
//!
//! Steps that are an order of single routes (LOCAL_PREF, length, eBGP, IGP cost) are packed into a
//! rank when a route comes in; only what is equal there is looked at again. MED is no such order
//! (models 1.2), so routers that have heard one run the whole process.

use catchment_model::Asn;
use catchment_model::relation::Class;
use catchment_model::rng::fnv1a64;
use catchment_model::rules::{OldestRule, Role, TieBreak};
use catchment_routing::decision::{History, Selection, Step, select_with_history};
use catchment_routing::policy::class_local_pref;
use catchment_routing::{Candidate, Policy, Via};

use super::adjacency::INTERNAL;
use super::{Engine, NO_SLOT, OWN, Told, UNUSABLE};

/// IGP costs are below this (formats allow 500 000).
const IGP_BITS: u32 = 19;
const LENGTH_BITS: u32 = 12;

/// A route that a router could use, as `explain` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The slot where it came in.
    pub slot: u32,
    /// The route.
    pub told: Told,
    /// With all that is weighed. Its `site` is not known here and is 0.
    pub candidate: Candidate,
    /// When it came in, in µs; 0 where no rule asks.
    pub received_us: i64,
}

impl Engine<'_> {
    /// The place of a route in the order of the steps that are an order; lowest is best.
    pub(super) fn rank(&self, policy: &Policy<'_>, router: u32, slot: u32, told: Told) -> u64 {
        let length = u64::from(self.state.paths.length(told.path()));
        if self.state.conduct.textbook {
            return length;
        }
        let local_pref = u64::from(u32::MAX - self.local_pref(policy, router, slot, told));
        let internal = u64::from(self.adjacency.kind[slot as usize] == INTERNAL);
        let igp_cost = u64::from(self.igp_cost(slot).min((1 << IGP_BITS) - 1));
        local_pref << (LENGTH_BITS + 1 + IGP_BITS)
            | length << (1 + IGP_BITS)
            | internal << IGP_BITS
            | igp_cost
    }

    fn local_pref(&self, policy: &Policy<'_>, router: u32, slot: u32, told: Told) -> u32 {
        let (class, path) = (told.class(), told.path());
        if self.adjacency.kind[slot as usize] == INTERNAL {
            // A route of its own beats every learned one (models 2.1), at all routers of the AS.
            if class == Class::Origin {
                return u32::MAX;
            }
            let given =
                self.state.paths.is_tagged(path).then(|| self.state.paths.tag(path).local_pref);
            return given.flatten().unwrap_or_else(|| class_local_pref(self.rules, class));
        }
        if policy.has_plain_local_prefs() && !self.state.paths.is_tagged(path) {
            return class_local_pref(self.rules, class);
        }
        policy.local_pref(router, self.peer(slot), class, self.state.paths.announcement(path))
    }

    fn igp_cost(&self, slot: u32) -> u32 {
        let is_inside = self.adjacency.kind[slot as usize] == INTERNAL;
        let changed = match is_inside && !self.state.igp_costs.is_empty() {
            true => self.state.igp_costs.get(&slot).copied(),
            false => None,
        };
        changed.unwrap_or_else(|| self.adjacency.igp_cost(slot))
    }

    /// What a router uses now: slot and route.
    pub(super) fn choose(
        &self,
        policy: &Policy<'_>,
        router: u32,
        changed: Option<u32>,
    ) -> (u32, Told) {
        if self.role(router) == Role::Site as usize && policy.own_site(router).is_some() {
            return (OWN, Told::new(Class::Origin, super::EMPTY));
        }
        let best = self.state.best[router as usize].slot;
        let chosen = if !self.state.heard_meds.is_empty() && self.state.heard_meds.contains(&router)
        {
            self.choose_whole(policy, router)
        } else {
            match changed {
                // Everything else is as it was, and was no better than the best.
                Some(slot) if best < OWN && slot != best => {
                    if self.is_better(router, slot, best) {
                        slot
                    } else {
                        best
                    }
                }
                Some(slot) if best == NO_SLOT => {
                    if self.state.slots[slot as usize].rank == UNUSABLE { NO_SLOT } else { slot }
                }
                _ => self.scan(router),
            }
        };
        match chosen {
            NO_SLOT => (NO_SLOT, Told::NONE),
            slot => (slot, self.state.slots[slot as usize].heard),
        }
    }

    /// The best of all slots.
    fn scan(&self, router: u32) -> u32 {
        let slots = self.adjacency.slots(router);
        let row = &self.state.slots[slots.start as usize..slots.end as usize];
        let best_rank = row.iter().map(|slot| slot.rank).min().unwrap_or(UNUSABLE);
        if best_rank == UNUSABLE {
            return NO_SLOT;
        }
        let mut tied = slots.filter(|slot| self.state.slots[*slot as usize].rank == best_rank);
        let first = tied.next().expect("some slot has the lowest rank");
        tied.fold(first, |best, slot| if self.is_better(router, slot, best) { slot } else { best })
    }

    /// Whether the route at `slot` is better than the one at `other`. A total order.
    fn is_better(&self, router: u32, slot: u32, other: u32) -> bool {
        let (rank, other_rank) =
            (self.state.slots[slot as usize].rank, self.state.slots[other as usize].rank);
        if rank != other_rank {
            return rank < other_rank;
        }
        let selected = self.state.best[router as usize].slot;
        let is_external = self.adjacency.kind[slot as usize] != INTERNAL;
        match self.oldest_rule(router) {
            OldestRule::Timestamp if is_external => {
                let received = |slot: u32| self.state.received_us[slot as usize];
                if received(slot) != received(other) {
                    return received(slot) < received(other);
                }
            }
            // By textbook rules also inside an AS: see `oldest_rule`.
            OldestRule::SelectedPeer
                if (is_external || self.state.conduct.textbook)
                    && (slot == selected || other == selected) =>
            {
                return slot == selected;
            }
            _ => {}
        }
        if self.state.conduct.weighs_rtt {
            let rtt_us = |slot: u32| self.rtt_us(router, slot);
            if rtt_us(slot) != rtt_us(other) {
                return rtt_us(slot) < rtt_us(other);
            }
        }
        if !matches!(self.state.conduct.tie_break, TieBreak::AsnLowest | TieBreak::Rtt) {
            let key = |slot: u32| self.tie_key(router, slot);
            if key(slot) != key(other) {
                return key(slot) < key(other);
            }
        }
        // Slots ascend by identifier, then address.
        slot < other
    }

    /// The oldest-route rule at a router. Textbook rules keep the route in use, but not before
    /// t = 0 (design section 5).
    fn oldest_rule(&self, router: u32) -> OldestRule {
        if self.state.conduct.textbook {
            let past = self.state.now_us >= 0;
            return if past { OldestRule::SelectedPeer } else { OldestRule::None };
        }
        self.state.conduct.oldest[self.role(router)]
    }

    /// Round-trip time of the route at a slot in whole µs; what is not known loses.
    fn rtt_us(&self, router: u32, slot: u32) -> u64 {
        let told = self.state.slots[slot as usize].heard;
        self.rtt_ms(router, slot, told).map_or(u64::MAX, |ms| libm::round(ms * 1000.0) as u64)
    }

    /// The key of `tie_break` (models 1.9).
    fn tie_key(&self, router: u32, slot: u32) -> u64 {
        let peer = self.peer(slot);
        match self.state.conduct.tie_break {
            TieBreak::Hash => {
                let pair = format!("{},{}", self.world.asn_of(router), self.world.asn_of(peer));
                fnv1a64(pair.as_bytes())
            }
            TieBreak::IgpGeo => u64::from(self.world.igp_cost(router, peer)),
            TieBreak::AsnLowest | TieBreak::Rtt | TieBreak::Oldest => 0,
        }
    }

    /// All usable routes of a router, in order of slots.
    pub fn heard(&self, policy: &Policy<'_>, router: u32) -> Vec<Heard> {
        let usable = |slot: &u32| self.state.slots[*slot as usize].rank != UNUSABLE;
        let heard = |slot: u32| {
            let (told, peer) = (self.state.slots[slot as usize].heard, self.peer(slot));
            let path = told.path();
            let internal = self.adjacency.kind[slot as usize] == INTERNAL;
            let candidate = Candidate {
                via: if internal { Via::Internal(peer) } else { Via::External(peer) },
                class: told.class(),
                local_pref: self.local_pref(policy, router, slot, told),
                path_length: self.state.paths.length(path),
                origin: 0,
                med: self.state.paths.announcement(path).and_then(|said| said.med),
                neighbor_as: self.state.paths.asns(path).next().map(Asn),
                igp_cost: self.igp_cost(slot),
                rtt_us: if self.state.conduct.weighs_rtt { self.rtt_us(router, slot) } else { 0 },
                tie_key: if internal { 0 } else { self.tie_key(router, slot) },
                router_id: self.world.router_ids[peer as usize],
                cluster_list: 0,
                neighbor_address: peer,
                site: 0,
            };
            let received_us = self.state.received_us.get(slot as usize).copied().unwrap_or(0);
            Heard { slot, told, candidate, received_us }
        };
        self.adjacency.slots(router).filter(usable).map(heard).collect()
    }

    /// Runs the whole decision process on routes of a router.
    pub fn select(&self, router: u32, heard: &[Heard]) -> Option<Selection> {
        let candidates: Vec<Candidate> = heard.iter().map(|it| it.candidate.clone()).collect();
        let received_us: Vec<i64> = heard.iter().map(|it| it.received_us).collect();
        let best = self.state.best[router as usize].slot;
        let selected = heard.iter().position(|it| it.slot == best);
        let oldest_rule = self.oldest_rule(router);
        let history = History { oldest_rule, received_us: &received_us, selected };
        select_with_history(&candidates, self.rules, history)
    }

    /// The last step that removed a candidate of a router as it stands; `None` for an own route, a
    /// single candidate or none.
    pub fn decided_by(&self, policy: &Policy<'_>, router: u32) -> Option<Step> {
        if self.state.best[router as usize].slot >= OWN {
            return None;
        }
        self.select(router, &self.heard(policy, router))?.decided_by()
    }

    fn choose_whole(&self, policy: &Policy<'_>, router: u32) -> u32 {
        let mut heard = self.heard(policy, router);
        if heard.is_empty() {
            return NO_SLOT;
        }
        if !self.state.conduct.scans_meds[self.role(router)] {
            let selection = self.select(router, &heard).expect("there are routes");
            return heard[selection.best].slot;
        }
        // Pairs in order of arrival, each against the best so far: not the RFC's process, and not
        // an order (models 1.2).
        heard.sort_by_key(|it| (it.received_us, it.slot));
        let mut best = heard[0].clone();
        for other in &heard[1..] {
            let pair = [best.clone(), other.clone()];
            let selection = self.select(router, &pair).expect("there are two");
            best = pair[selection.best].clone();
        }
        best.slot
    }
}
