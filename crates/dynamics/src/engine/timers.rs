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
        if before == Told::NONE && !self.state.penalties.contains_key(&slot) {
            return;
        }
        let Some(damping) = &self.state.damping else { return };
        if self.adjacency.kind[slot as usize] == INTERNAL {
            return;
        }
        let flap = match (before, told) {
            (_, Told::NONE) => Some(Flap::Withdrawal),
            (Told::NONE, _) => None,
            _ => Some(Flap::Change),
        };
        let penalty = self.state.penalties.entry(slot).or_default();
        if let Some(flap) = flap {
            let state = damping.penalise(penalty, self.state.now_us, flap);
            if let Some(at_us) = state.reuse_at_us {
                self.schedule(slot, Task::Reuse, at_us.max(self.state.now_us + 1));
            }
        }
        if self.is_suppressed(slot) {
            self.state.slots[slot as usize].rank = UNUSABLE;
        }
    }

    pub(super) fn is_suppressed(&self, slot: u32) -> bool {
        let (Some(damping), Some(penalty)) = (&self.state.damping, self.state.penalties.get(&slot))
        else {
            return false;
        };
        damping.is_suppressed(penalty, self.state.now_us)
    }

    /// Whether a withdrawal gets lost in a router for a while (models 2.7).
    pub(super) fn sticks(&mut self, router: u32, slot: u32) -> bool {
        // What is stuck is not withdrawn once more (by a path that loops, say).
        if self.state.stuck.contains_key(&slot) {
            return true;
        }
        // At the start of a run nothing is withdrawn but by path hunting, which is no failure.
        if self.state.conduct.zombie_p == 0.0 || self.state.now_us < 0 {
            return false;
        }
        let key = self.draw_key(self.state.asn[router as usize]);
        if !rng::falls_in(self.state.conduct.zombie_p, self.state.seed, stream::STICKS, key) {
            return false;
        }
        let draw = |key: u64| uniform(self.state.seed, stream::STICKS_FOR, key);
        let normal = rng::normal(draw(2 * key), draw(2 * key + 1));
        let for_s = STICKS_MEDIAN_S * libm::exp(normal);
        let at_us = self.state.now_us + libm::round(for_s * 1e6) as i64;
        self.state.stuck.insert(slot, at_us);
        self.schedule(slot, Task::Unstick, at_us);
        true
    }

    pub(super) fn schedule(&mut self, slot: u32, task: Task, at_us: i64) {
        let number = self.state.tasks.len() as u32;
        self.state.tasks.push(task);
        let event =
            Event { at_us, slot, word: Told::TASK, waited_us: number, cause: self.state.cause };
        self.state.queue.push(event);
    }

    pub(super) fn task_ends(&mut self, policy: &Policy<'_>, event: Event, task: Task) {
        let slot = event.slot;
        let at = slot as usize;
        let router = self.state.slots[at].owner;
        self.state.cause = event.cause;
        match task {
            Task::Reuse => {
                let heard = self.state.slots[at].heard;
                // If it is suppressed still, it was penalised again, and a later timer runs.
                if self.is_suppressed(slot) || heard == Told::NONE {
                    return;
                }
                self.state.slots[at].rank = self.rank(policy, router, slot, heard);
                self.decide(policy, router, Some(slot), 0);
            }
            Task::Unstick => {
                if self.state.stuck.get(&slot) == Some(&self.state.now_us) {
                    self.replace(policy, router, slot, Told::NONE, 0);
                }
            }
            Task::StaleEnds(lost_us) => {
                // Timers of an earlier restart are void.
                if self.state.reset_us.get(&slot) == Some(&lost_us) {
                    self.sweep(policy, slot);
                }
            }
            Task::SweepStale => {
                // The marker is a message, and gets lost with its session.
                if self.state.slots[at].flags & DOWN == 0 && !self.is_lost(slot) {
                    self.sweep(policy, slot);
                }
            }
        }
    }

    /// Drops a route that was kept for a neighbor that restarts.
    pub(super) fn sweep(&mut self, policy: &Policy<'_>, slot: u32) {
        let at = slot as usize;
        if self.state.slots[at].flags & STALE == 0 {
            return;
        }
        self.state.slots[at].flags &= !STALE;
        if self.state.slots[at].heard != Told::NONE {
            self.replace(policy, self.state.slots[at].owner, slot, Told::NONE, 0);
        }
    }
}
