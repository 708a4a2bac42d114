//! Looks over the shoulder of some routers: what came in when they changed their mind, and how the
//! decision went. For whoever asks why; off, it costs one look at an `Option` per change.

use std::collections::BTreeSet;

use catchment_routing::decision::{Step, select};
use catchment_routing::{Candidate, Policy};

use super::choose::Heard;
use super::{Best, DOWN, Engine, NO_SLOT, OWN, Task, Told};

/// What made a router look at its routes again. Slots are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// A neighbor announced a route.
    Announced(u32),
    /// A neighbor withdrew its route.
    Withdrawn(u32),
    /// A neighbor announced a route that may not be used (loop, filter), where it had one that
    /// could.
    Refused(u32),
    /// The session at a slot is gone.
    SessionLost(u32),
    /// A neighbor that restarts has not repeated, or not in time, what it said before (RFC 4724).
    StaleSwept(u32),
    /// Damping lets a route go (RFC 2439).
    Reused(u32),
    /// A withdrawal that was lost inside the router takes effect (models 2.7).
    Unstuck(u32),
    /// The router died.
    Died,
    /// Its own announcement, rules or IGP costs changed.
    Own,
}

impl Prompt {
    /// The slot that it came from, if it came from a neighbor.
    pub fn slot(self) -> Option<u32> {
        match self {
            Prompt::Announced(slot)
            | Prompt::Withdrawn(slot)
            | Prompt::Refused(slot)
            | Prompt::SessionLost(slot)
            | Prompt::StaleSwept(slot)
            | Prompt::Reused(slot)
            | Prompt::Unstuck(slot) => Some(slot),
            Prompt::Died | Prompt::Own => None,
        }
    }
}

/// One change of the best route of a router that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When, in µs.
    pub at_us: i64,
    /// Where.
    pub router: u32,
    /// What it used.
    pub before: Best,
    /// What it uses from here on.
    pub best: Best,
    /// What made it look.
    pub prompt: Prompt,
    /// How many usable routes it had to choose from; an own one does not count.
    pub candidates: u32,
    /// The last step that removed one; `None` for an own route, a single one or none.
    pub decided_by: Option<Step>,
    /// The step at which the route from the neighbor that was used before lost, if that neighbor
    /// still offers one and is not the winner.
    pub beaten_at: Option<Step>,
    /// The site where its packets end by best routes at this instant; `None` if nowhere.
    pub site: Option<u32>,
}

/// Who is watched, and what was seen.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    routers: BTreeSet<u32>,
    turns: Vec<Turn>,
}

/// How a router came to use one of its routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// All usable routes.
    pub heard: Vec<Heard>,
    /// Position of the one in use.
    pub best: usize,
    /// Position of each other with the step at which it lost, in order of losing.
    pub lost: Vec<(usize, Step)>,
}

impl Verdict {
    /// The last step that removed a candidate; `None` if there was only one.
    pub fn decided_by(&self) -> Option<Step> {
        self.lost.last().map(|(_, step)| *step)
    }
}

impl Engine<'_> {
    /// From here on the changes of these routers are looked at closely.
    pub fn watch(&mut self, routers: BTreeSet<u32>) {
        self.witness = Some(Box::new(Witness { routers, turns: Vec::new() }));
    }

    /// What was seen of the routers that were watched, ascending by time; they no longer are.
    pub fn take_turns(&mut self) -> Vec<Turn> {
        self.witness.take().map(|witness| witness.turns).unwrap_or_default()
    }

    /// The router that packets go to from here; `None` if they go no further.
    pub fn next_router(&self, router: u32) -> Option<u32> {
        let slot = self.state.best[router as usize].slot;
        (slot < OWN).then(|| self.peer(slot))
    }

    /// How a router came to use the route at `used`: why each other one lost. `None` if that is
    /// none of the routes that it heard.
    ///
    /// By textbook rules a router has no past up to t = 0 (design section 5); `fresh` says that it
    /// decided then.
    pub fn verdict(
        &self,
        policy: &Policy<'_>,
        router: u32,
        used: u32,
        fresh: bool,
    ) -> Option<Verdict> {
        let heard = self.heard(policy, router);
        let best = heard.iter().position(|it| it.slot == used)?;
        let selection = match fresh && self.state.conduct.textbook {
            true => {
                let candidates: Vec<Candidate> =
                    heard.iter().map(|it| it.candidate.clone()).collect();
                select(&candidates, self.rules)
                    .filter(|it| it.best == best)
                    .or_else(|| self.select(router, &heard))
            }
            false => self.select(router, &heard),
        };
        let selection = selection.expect("there are routes");
        if selection.best == best {
            return Some(Verdict { heard, best, lost: selection.lost });
        }
        // MEDs that are compared in order of arrival: no process explains the outcome as a whole,
        // but each loser was met by the winner, or by another that was.
        let mut lost: Vec<(usize, Step)> = (0..heard.len())
            .filter(|position| *position != best)
            .map(|position| {
                let pair = [heard[best].clone(), heard[position].clone()];
                let selection = self.select(router, &pair).expect("there are two");
                let step = if selection.best == 0 { selection.decided_by() } else { None };
                (position, step.unwrap_or(Step::Med))
            })
            .collect();
        lost.sort_by_key(|(_, step)| *step);
        Some(Verdict { heard, best, lost })
    }

    /// Writes down a change that is about to be made, if the router is watched.
    pub(super) fn witness_turn(
        &mut self,
        policy: &Policy<'_>,
        router: u32,
        changed: Option<u32>,
        best: Best,
    ) {
        let Some(witness) = &self.witness else { return };
        if !witness.routers.contains(&router) {
            return;
        }
        let before = self.state.best[router as usize];
        let verdict = match best.slot {
            OWN | NO_SLOT => None,
            slot => self.verdict(policy, router, slot, self.state.now_us <= 0),
        };
        let beaten_at = verdict.as_ref().and_then(|verdict| {
            let is_old = |(position, _): &&(usize, Step)| {
                before.slot < OWN && verdict.heard[*position].slot == before.slot
            };
            verdict.lost.iter().find(is_old).map(|(_, step)| *step)
        });
        let turn = Turn {
            at_us: self.state.now_us,
            router,
            before,
            best,
            prompt: changed.map_or(Prompt::Own, |slot| self.prompt(slot)),
            candidates: verdict.as_ref().map_or(0, |verdict| verdict.heard.len() as u32),
            decided_by: verdict.and_then(|verdict| verdict.decided_by()),
            beaten_at,
            site: self.site_by(policy, router, best),
        };
        if let Some(witness) = &mut self.witness {
            witness.turns.push(turn);
        }
    }

    /// Writes down that a router died, if it is watched.
    pub(super) fn witness_death(&mut self, router: u32, best: Best) {
        let (at_us, before) = (self.state.now_us, self.state.best[router as usize]);
        let Some(witness) = &mut self.witness else { return };
        if witness.routers.contains(&router) && before.slot != NO_SLOT {
            witness.turns.push(Turn {
                at_us,
                router,
                before,
                best,
                prompt: Prompt::Died,
                candidates: 0,
                decided_by: None,
                beaten_at: None,
                site: None,
            });
        }
    }

    /// What happened at a slot just now.
    fn prompt(&self, slot: u32) -> Prompt {
        let at = slot as usize;
        match self.task {
            Some(Task::Reuse) => return Prompt::Reused(slot),
            Some(Task::Unstick) => return Prompt::Unstuck(slot),
            Some(Task::StaleEnds(_) | Task::SweepStale) => return Prompt::StaleSwept(slot),
            None => {}
        }
        if self.state.slots[at].heard != Told::NONE {
            return Prompt::Announced(slot);
        }
        if self.state.slots[at].flags & DOWN != 0 {
            return Prompt::SessionLost(slot);
        }
        match self.refused == (slot, self.state.now_us) {
            true => Prompt::Refused(slot),
            false => Prompt::Withdrawn(slot),
        }
    }

    /// The site where packets of a router end if it uses `best` and all others what they use.
    fn site_by(&self, policy: &Policy<'_>, router: u32, best: Best) -> Option<u32> {
        let mut next = match best.slot {
            OWN => return policy.own_site(router),
            NO_SLOT => return None,
            slot => self.peer(slot),
        };
        // Longer than all routers there are, it is a loop.
        for _ in 0..self.state.best.len() {
            if next == router {
                return None;
            }
            match self.state.best[next as usize].slot {
                OWN => return policy.own_site(next),
                NO_SLOT => return None,
                slot => next = self.peer(slot),
            }
        }
        None
    }
}
