//! What is done to a network from outside: sessions that break and come back, routers that fall
//! silent, rules that change.

use catchment_routing::Policy;

use super::{
    ARMED, BUSY, Best, DOWN, Engine, NO_SLOT, NOTHING_HELD, RouteChange, STALE, Task, Told,
    UNUSABLE,
};

impl Engine<'_> {
    /// The router of a slot notices that the session is gone. Its routes are dropped, or kept for
    /// `keep_us` in case the neighbor restarts (RFC 4724 §4.2).
    pub(crate) fn lose_session(&mut self, policy: &Policy<'_>, slot: u32, keep_us: i64) {
        let at = slot as usize;
        if self.state.slots[at].flags & DOWN != 0 {
            return;
        }
        let router = self.state.slots[at].owner;
        self.state.slots[at].flags |= DOWN;
        self.state.slots[at].said = Told::NONE;
        self.state.reset_us.insert(slot, self.state.now_us);
        if keep_us > 0 && self.state.slots[at].heard != Told::NONE {
            self.state.slots[at].flags |= STALE;
            self.schedule(slot, Task::StaleEnds(self.state.now_us), self.state.now_us + keep_us);
        } else if self.state.slots[at].heard != Told::NONE {
            self.replace(policy, router, slot, Told::NONE, 0);
        }
    }

    /// A session is up again, seen from both ends: each tells the other what it has.
    pub(crate) fn regain_session(&mut self, policy: &Policy<'_>, slot: u32) {
        let ends = [slot, self.adjacency.reverse[slot as usize]];
        for end in ends {
            let at = end as usize;
            // The timer of the old session may still end; what waits for the new one has its own.
            self.state.slots[at].flags &= !(DOWN | ARMED);
            self.state.slots[at].said = Told::NONE;
            // What an end that died and came back did not notice is of the old session too.
            self.state.reset_us.insert(end, self.state.now_us - 1);
        }
        for end in ends {
            let at = end as usize;
            // A new session tells all it has at once; MRAI is for what changes later.
            let busy = self.state.slots[at].flags & BUSY;
            self.state.slots[at].flags &= !BUSY;
            if self.state.conduct.any_mrai {
                self.state.next_allowed_us[at] = i64::MIN;
                self.state.held[at] = NOTHING_HELD;
            }
            self.want(policy, self.state.slots[at].owner, end);
            self.state.slots[at].flags |= busy;
        }
        // What a restarted neighbor does not repeat is swept after its end-of-RIB marker.
        for end in ends {
            if self.state.slots[end as usize].flags & STALE != 0 {
                let delay_us = i64::from(self.adjacency.delay_us[end as usize]);
                let at_us = self.state.now_us + delay_us + self.state.conduct.proc_us;
                self.schedule(end, Task::SweepStale, at_us);
            }
        }
    }

    /// Whether a session is down, seen from a slot.
    pub(crate) fn is_down(&self, slot: u32) -> bool {
        self.state.slots[slot as usize].flags & DOWN != 0
    }

    /// A session is down from the start.
    pub(crate) fn mark_down(&mut self, slot: u32) {
        self.state.slots[slot as usize].flags |= DOWN;
    }

    /// Brings the neighbor at a slot up to date.
    pub(crate) fn want_now(&mut self, policy: &Policy<'_>, slot: u32) {
        self.want(policy, self.state.slots[slot as usize].owner, slot);
    }

    /// A router dies: it forgets all, and says nothing about it.
    pub(crate) fn silence(&mut self, router: u32) {
        for slot in self.adjacency.slots(router) {
            let at = slot as usize;
            let slot_now = &mut self.state.slots[at];
            slot_now.flags = slot_now.flags & (ARMED | BUSY) | DOWN;
            (slot_now.heard, slot_now.said) = (Told::NONE, Told::NONE);
            slot_now.rank = UNUSABLE;
            self.state.reset_us.insert(slot, self.state.now_us);
            self.state.stuck.remove(&slot);
            self.state.penalties.remove(&slot);
        }
        self.state.heard_meds.remove(&router);
        self.forget_spread(router);
        let best = Best { slot: NO_SLOT, told: Told::NONE, waited_us: 0, cause: self.state.cause };
        self.witness_death(router, best);
        self.state.best[router as usize] = best;
        if let Some(log) = &mut self.log {
            log.push(RouteChange {
                at_us: self.state.now_us,
                router,
                best,
                fib_us: self.state.now_us,
            });
        }
    }

    /// The rules by which a router takes routes have changed: it looks at all of them again, and
    /// tells everyone what follows.
    pub(crate) fn reconsider(&mut self, policy: &Policy<'_>, router: u32) {
        for slot in self.adjacency.slots(router) {
            let heard = self.state.slots[slot as usize].heard;
            if heard != Told::NONE && !self.is_suppressed(slot) {
                self.state.slots[slot as usize].rank = self.rank(policy, router, slot, heard);
            }
        }
        self.decide(policy, router, None, 0);
        self.refresh(policy, router);
    }

    /// The rules by which a router tells its routes have changed.
    pub(crate) fn refresh(&mut self, policy: &Policy<'_>, router: u32) {
        for slot in self.adjacency.slots(router) {
            self.want(policy, router, slot);
        }
    }

    /// Sets the IGP cost between two routers of one AS, in both directions.
    pub(crate) fn set_igp_cost(&mut self, a: u32, b: u32, cost: u32) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(slot) = self.adjacency.slot_to(from, to) {
                self.state.igp_costs.insert(slot, cost);
            }
        }
    }

    /// Other prefixes keep the MRAI timers of a share of all sessions running (models 2.7).
    pub(crate) fn make_busy(&mut self, share: f64) {
        for slot in 0..self.state.slots.len() {
            let is_external = self.adjacency.kind[slot] != super::INTERNAL;
            let draws = (self.state.seed, super::stream::IS_BUSY, slot as u64);
            if is_external && catchment_model::rng::falls_in(share, draws.0, draws.1, draws.2) {
                self.state.slots[slot].flags |= BUSY;
            }
        }
    }
}
