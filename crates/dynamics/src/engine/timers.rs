//! What routers do late: routes that are damped, that stick, or that are kept for a neighbor which
//! restarts.

use catchment_model::rng;
use catchment_routing::Policy;

use super::adjacency::INTERNAL;
use super::{DOWN, Engine, Event, STALE, Task, Told, UNUSABLE, stream, uniform};
use crate::damping::Flap;

/// Median of the time for which a route sticks (models 2.7); its sigma is 1.
const STICKS_MEDIAN_S: f64 = 600.0;

impl Engine<'_> {
    /// Penalises a flap (RFC 2439 §4.4.2). A first announcement is none.
    pub(super) fn damp(&mut self, slot: u32, before: Told, told: Told) {
        if before == Told::NONE && !self.penalties.contains_key(&slot) {
            return;
        }
        let Some(damping) = &self.damping else { return };
        if self.adjacency.kind[slot as usize] == INTERNAL {
            return;
        }
        let flap = match (before, told) {
            (_, Told::NONE) => Some(Flap::Withdrawal),
            (Told::NONE, _) => None,
            _ => Some(Flap::Change),
        };
        let penalty = self.penalties.entry(slot).or_default();
        if let Some(flap) = flap {
            let state = damping.penalise(penalty, self.now_us, flap);
            if let Some(at_us) = state.reuse_at_us {
                self.schedule(slot, Task::Reuse, at_us.max(self.now_us + 1));
            }
        }
        if self.is_suppressed(slot) {
            self.slots[slot as usize].rank = UNUSABLE;
        }
    }

    pub(super) fn is_suppressed(&self, slot: u32) -> bool {
        let (Some(damping), Some(penalty)) = (&self.damping, self.penalties.get(&slot)) else {
            return false;
        };
        damping.is_suppressed(penalty, self.now_us)
    }

    /// Whether a withdrawal gets lost in a router for a while (models 2.7).
    pub(super) fn sticks(&mut self, router: u32, slot: u32) -> bool {
        // What is stuck is not withdrawn once more (by a path that loops, say).
        if self.stuck.contains_key(&slot) {
            return true;
        }
        // At the start of a run nothing is withdrawn but by path hunting, which is no failure.
        if self.conduct.zombie_p == 0.0 || self.now_us < 0 {
            return false;
        }
        let key = self.draw_key(self.asn[router as usize]);
        if !rng::falls_in(self.conduct.zombie_p, self.seed, stream::STICKS, key) {
            return false;
        }
        let draw = |key: u64| uniform(self.seed, stream::STICKS_FOR, key);
        let normal = rng::normal(draw(2 * key), draw(2 * key + 1));
        let for_s = STICKS_MEDIAN_S * libm::exp(normal);
        let at_us = self.now_us + libm::round(for_s * 1e6) as i64;
        self.stuck.insert(slot, at_us);
        self.schedule(slot, Task::Unstick, at_us);
        true
    }

    pub(super) fn schedule(&mut self, slot: u32, task: Task, at_us: i64) {
        let number = self.tasks.len() as u32;
        self.tasks.push(task);
        let event = Event { at_us, slot, word: Told::TASK, waited_us: number, cause: self.cause };
        self.queue.push(event);
    }

    pub(super) fn task_ends(&mut self, policy: &Policy<'_>, event: Event, task: Task) {
        let slot = event.slot;
        let at = slot as usize;
        let router = self.slots[at].owner;
        self.cause = event.cause;
        match task {
            Task::Reuse => {
                let heard = self.slots[at].heard;
                // If it is suppressed still, it was penalised again, and a later timer runs.
                if self.is_suppressed(slot) || heard == Told::NONE {
                    return;
                }
                self.slots[at].rank = self.rank(policy, router, slot, heard);
                self.decide(policy, router, Some(slot), 0);
            }
            Task::Unstick => {
                if self.stuck.get(&slot) == Some(&self.now_us) {
                    self.replace(policy, router, slot, Told::NONE, 0);
                }
            }
            Task::StaleEnds(lost_us) => {
                // Timers of an earlier restart are void.
                if self.reset_us.get(&slot) == Some(&lost_us) {
                    self.sweep(policy, slot);
                }
            }
            Task::SweepStale => {
                // The marker is a message, and gets lost with its session.
                if self.slots[at].flags & DOWN == 0 && !self.is_lost(slot) {
                    self.sweep(policy, slot);
                }
            }
        }
    }

    /// Drops a route that was kept for a neighbor that restarts.
    pub(super) fn sweep(&mut self, policy: &Policy<'_>, slot: u32) {
        let at = slot as usize;
        if self.slots[at].flags & STALE == 0 {
            return;
        }
        self.slots[at].flags &= !STALE;
        if self.slots[at].heard != Told::NONE {
            self.replace(policy, self.slots[at].owner, slot, Told::NONE, 0);
        }
    }
}
