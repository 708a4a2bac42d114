//! What a router tells its neighbors, and when: export, MRAI, and the message itself.

use catchment_model::Community;
use catchment_model::relation::{Class, Relation};
use catchment_routing::policy::class_local_pref;
use catchment_routing::{Policy, link_rtt_ms};

use super::adjacency::INTERNAL;
use super::paths::{NO_TAG, Tag};
use super::queue::Event;
use super::{
    ARMED, BUSY, Best, DOWN, Engine, Held, NO_SLOT, NOT_HELD, NOTHING_HELD, OWN, Told, stream,
    uniform,
};
use crate::timing;

/// The MRAI interval that other prefixes keep running on busy sessions (models 2.7).
const BUSY_MRAI_US: i64 = 30_000_000;

impl Engine<'_> {
    /// What a router tells on a slot about its best route, or [`Told::NONE`].
    pub(super) fn offer(&mut self, policy: &Policy<'_>, router: u32, slot: u32) -> Told {
        let best = self.state.best[router as usize];
        if best.slot == NO_SLOT || self.state.conduct.split_horizon && best.slot == slot {
            return Told::NONE;
        }
        let (class, path) = (best.told.class(), best.told.path());
        let Some(relation) = self.adjacency.relation(slot) else {
            return self.offer_inside(policy, router, best);
        };
        let peer = self.peer(slot);
        let entered_by = self.state.paths.announcement(path);
        let Some(offer) = policy.export(router, peer, relation, class, entered_by) else {
            return Told::NONE;
        };
        let said = offer.announcement.map_or(0, |said| self.paths_mut().announcement_id(said));
        let rtt_bits = self.rtt_bits(router, best);
        let tag = match (said, rtt_bits) {
            (0, None) => NO_TAG,
            _ => self.paths_mut().tag_id(Tag { said, local_pref: None, rtt_bits }),
        };
        let mut told_path = self.paths_mut().tagged(path, NO_TAG);
        let asn = self.state.asn[router as usize];
        for left in (0..offer.added).rev() {
            told_path = self.paths_mut().push(told_path, asn, if left == 0 { tag } else { NO_TAG });
        }
        Told::new(offer.class, told_path)
    }

    /// What the routers of its own AS hear: routes from outside, and its own (RFC 4271 §9.2).
    pub(super) fn offer_inside(&mut self, policy: &Policy<'_>, router: u32, best: Best) -> Told {
        let path = best.told.path();
        let is_internal = best.slot < OWN && self.adjacency.kind[best.slot as usize] == INTERNAL;
        let said = self.state.paths.announcement(path);
        if is_internal
            || said.is_some_and(|said| said.communities.contains(&Community::NoAdvertise))
        {
            return Told::NONE;
        }
        let class = best.told.class();
        let local_pref = match best.slot {
            OWN => None,
            slot => {
                let given = policy.local_pref(router, self.peer(slot), class, said);
                let usual = class_local_pref(policy.rules(), class);
                (given != usual).then_some(given)
            }
        };
        let rtt_bits = self.rtt_bits(router, best);
        let old =
            if self.state.paths.is_tagged(path) { self.state.paths.tag(path).said } else { 0 };
        let tag = self.paths_mut().tag_id(Tag { said: old, local_pref, rtt_bits });
        Told::new(class, self.paths_mut().tagged(path, tag))
    }

    /// Bits of the round-trip time of a best route, where a rule weighs it.
    pub(super) fn rtt_bits(&self, router: u32, best: Best) -> Option<u64> {
        if !self.state.conduct.weighs_rtt {
            return None;
        }
        self.rtt_ms(router, best.slot, best.told).map(f64::to_bits)
    }

    /// Round-trip time of a route that came in at a slot, in ms.
    pub(crate) fn rtt_ms(&self, router: u32, slot: u32, told: Told) -> Option<f64> {
        let rules = self.rules;
        if slot == OWN {
            return self.world.place(router).map(|_| rules.t_server);
        }
        let behind = f64::from_bits(self.state.paths.tag(told.path()).rtt_bits?);
        Some(behind + link_rtt_ms(self.world, rules, self.peer(slot), router)?)
    }

    /// Tells every neighbor, in order, what changed for it; `before` is what it used.
    pub(super) fn tell_all(&mut self, policy: &Policy<'_>, router: u32, before: Best) {
        let slots = self.adjacency.slots(router);
        let best = self.state.best[router as usize];
        let is_plain = best.slot == NO_SLOT
            || best.told.class() != Class::Origin
                && policy.is_simple()
                && !self.state.paths.is_tagged(best.told.path());
        if !is_plain || self.world.has_islands() {
            for slot in slots {
                self.want(policy, router, slot);
            }
            return;
        }
        // Most networks only buy transit, and nobody asks them where their packets go.
        let is_told_to_all =
            |best: &Best| best.slot != NO_SLOT && best.told.class() <= Class::Customer;
        if !self.state.has_listeners[router as usize]
            && !is_told_to_all(&before)
            && !is_told_to_all(&best)
        {
            return;
        }
        let by_kind = self.plain_offers(policy, router, best);
        let skipped = if self.state.conduct.split_horizon { best.slot } else { NO_SLOT };
        for slot in slots {
            let at = slot as usize;
            let mut told = by_kind[usize::from(self.adjacency.kind[at])];
            if slot == skipped {
                told = Told::NONE;
            }
            if told != self.state.slots[at].said {
                self.say(slot, told);
            }
        }
    }

    /// What goes to each kind of neighbor where only the kind matters.
    pub(super) fn plain_offers(
        &mut self,
        policy: &Policy<'_>,
        router: u32,
        best: Best,
    ) -> [Told; 5] {
        if best.slot == NO_SLOT {
            return [Told::NONE; 5];
        }
        let (class, path) = (best.told.class(), best.told.path());
        let behind = self.paths_mut().tagged(path, NO_TAG);
        let asn = self.state.asn[router as usize];
        let longer = self.paths_mut().push(behind, asn, NO_TAG);
        let mut by_kind = [Told::NONE; 5];
        for relation in Relation::ALL {
            if class.may_be_told_to(relation) {
                let class = class.at_receiver(relation.reversed());
                by_kind[relation as usize] = Told::new(class, longer);
            }
        }
        let has_colleagues = self.world.routers_of(self.world.router_as[router as usize]).len() > 1;
        if has_colleagues {
            by_kind[usize::from(INTERNAL)] = self.offer_inside(policy, router, best);
        }
        by_kind
    }

    /// Brings one neighbor up to date (`want(q)` of models 2.1).
    pub(crate) fn want(&mut self, policy: &Policy<'_>, router: u32, slot: u32) {
        let told = self.offer(policy, router, slot);
        if told != self.state.slots[slot as usize].said {
            self.say(slot, told);
        }
    }

    /// Sends a route that differs from what was said before, or waits for its turn.
    pub(super) fn say(&mut self, slot: u32, told: Told) {
        let at = slot as usize;
        if self.state.slots[at].flags & DOWN != 0 {
            return;
        }
        let mut told = told;
        if self.state.conduct.ssld && told != Told::NONE && self.adjacency.kind[at] != INTERNAL {
            let peer = self.peer(slot);
            if self.state.paths.occurrences(told.path(), self.state.asn[peer as usize]) > 0 {
                told = Told::NONE;
                if self.state.slots[at].said == Told::NONE {
                    return;
                }
            }
        }
        let waits = told != Told::NONE || self.state.conduct.wrate;
        let router = self.state.slots[at].owner;
        // A route that goes back to another occurrence has not waited for this one's sake.
        let best = self.state.best[router as usize];
        let mut waited_us = if best.cause == self.state.cause { best.waited_us } else { 0 };
        if self.state.conduct.any_mrai {
            if waits && self.state.now_us < self.next_allowed_us(slot) {
                if self.state.slots[at].flags & ARMED == 0 {
                    self.state.slots[at].flags |= ARMED;
                    let event = Event {
                        at_us: self.next_allowed_us(slot),
                        slot,
                        word: Told::MRAI,
                        waited_us: 0,
                        cause: self.state.cause,
                    };
                    self.state.queue.push(event);
                }
                // The last route wins, and waits from here on.
                if self.state.held[at].since_us == NOT_HELD || self.state.held[at].told != told {
                    self.state.held[at] =
                        Held { since_us: self.state.now_us, told, cause: self.state.cause };
                }
                return;
            }
            if waits {
                self.start_mrai(slot, router);
            }
            let held = std::mem::replace(&mut self.state.held[at], NOTHING_HELD);
            // A withdrawal passes what waits.
            if held.since_us != NOT_HELD && held.told == told {
                let held_us = self.state.now_us - held.since_us;
                waited_us = waited_us.saturating_add(u32::try_from(held_us).unwrap_or(u32::MAX));
            }
        }
        self.state.slots[at].said = told;
        let count = self.count_now();
        match told {
            Told::NONE => count.withdrawals += 1,
            _ => count.announcements += 1,
        }
        self.state.messages_left = self.state.messages_left.saturating_sub(1);
        let delay_us = i64::from(self.adjacency.delay_us[at]);
        self.state.queue.push(Event {
            at_us: self.state.now_us + delay_us + self.state.conduct.proc_us,
            slot: self.adjacency.reverse[at],
            word: told.0,
            waited_us,
            cause: self.state.cause,
        });
    }

    /// When a slot may announce again. The timers of busy sessions always run.
    pub(super) fn next_allowed_us(&self, slot: u32) -> i64 {
        let at = slot as usize;
        if self.state.slots[at].flags & BUSY == 0 || self.state.now_us < 0 {
            return self.state.next_allowed_us[at];
        }
        let key = u64::from(slot);
        let u = uniform(self.state.seed, stream::BUSY_PERIOD, key);
        let period_us = timing::mrai_us(BUSY_MRAI_US, self.state.conduct.jitter, u);
        let phase = uniform(self.state.seed, stream::BUSY_PHASE, key);
        let first_us = libm::ceil(period_us as f64 * phase) as i64;
        // The instant at which it ends is free.
        let past_us = self.state.now_us - first_us;
        if past_us.rem_euclid(period_us) == 0 {
            return self.state.now_us;
        }
        first_us + (past_us.div_euclid(period_us) + 1) * period_us
    }

    pub(super) fn start_mrai(&mut self, slot: u32, router: u32) {
        let at = slot as usize;
        let internal = usize::from(self.adjacency.kind[at] == INTERNAL);
        let interval_us = self.state.conduct.mrai_us[self.role(router)][internal];
        if interval_us > 0 {
            self.state.draws += 1;
            let key = u64::from(slot) ^ self.state.draws << 32;
            let u = uniform(self.state.seed, stream::MRAI, key);
            let wait_us = timing::mrai_us(interval_us, self.state.conduct.jitter, u);
            self.state.next_allowed_us[at] = self.state.now_us + wait_us;
        }
    }

    pub(super) fn mrai_ends(&mut self, policy: &Policy<'_>, event: Event) {
        let at = event.slot as usize;
        self.state.slots[at].flags &= !ARMED;
        let router = self.state.slots[at].owner;
        // Not that of the best route: its neighbor may wait for a policy that changed since.
        self.state.cause = self.state.held[at].cause;
        self.want(policy, router, event.slot);
        // Where another timer has begun to run, it waits on.
        if self.state.slots[at].flags & ARMED == 0 {
            self.state.held[at] = NOTHING_HELD;
        }
    }
}
