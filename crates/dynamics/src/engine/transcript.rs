//! What came in and what was decided, as it happened, in so few words that a whole start-up can be
//! kept: to look over the shoulder of routers afterwards, as [`super::witness`] does at the time.
//!
//! Only the slots of the routers that somebody asks about are filled again; of all others no more
//! is known than where they send packets. Damping changes routes by timers that are not written
//! down here, so that an engine with damping makes no transcript.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::slice::Iter;

use catchment_model::relation::Class;
use catchment_routing::Policy;

use super::paths::EMPTY;
use super::{Best, Engine, NO_SLOT, OWN, Slot, Told, UNUSABLE};

/// Marks of [`Line::at`]: a decision of a router, and one that no message led to.
const DECIDED: u32 = 1 << 31;
const BY_ITSELF: u32 = 1 << 30;
/// Nothing happened for more than an hour.
const SILENCE: u32 = u32::MAX;

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Time since the line before, in µs; before the first one counts from the beginning.
    later_us: u32,
    /// The slot where something came in; or the router that decided, marked.
    at: u32,
    /// What came in; or the slot of the best route from here on.
    word: u32,
}

/// What was written down, from a time on.
#[derive(Debug, Clone)]
pub(crate) struct Transcript {
    from_us: i64,
    now_us: i64,
    lines: Vec<Line>,
    /// Lines of messages that had waited for MRAI timers, and how long.
    waits: Vec<(u32, u32)>,
    /// Lines of routes that were refused, so that none took the place of the one before.
    refused: Vec<u32>,
}

impl Transcript {
    fn new(now_us: i64) -> Transcript {
        let (lines, waits, refused) = (Vec::new(), Vec::new(), Vec::new());
        Transcript { from_us: now_us, now_us, lines, waits, refused }
    }

    fn write(&mut self, now_us: i64, at: u32, word: u32) {
        let mut later_us = now_us - self.now_us;
        while later_us > i64::from(u32::MAX) {
            self.lines.push(Line { later_us: u32::MAX, at: SILENCE, word: 0 });
            later_us -= i64::from(u32::MAX);
        }
        self.lines.push(Line { later_us: later_us as u32, at, word });
        self.now_us = now_us;
    }

    /// Bytes that it fills, about.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.lines[..]) + size_of_val(&self.waits[..])
    }
}

/// How far somebody has read.
pub(crate) struct Reading<'t> {
    transcript: &'t Transcript,
    next: usize,
    now_us: i64,
    waits: Peekable<Iter<'t, (u32, u32)>>,
    refused: Peekable<Iter<'t, u32>>,
    is_watched: Vec<bool>,
    /// The slot of a watched router where something came in last, and how long that had waited.
    last: (u32, u32),
    /// What the engine has to come back to: time, cause and refusal; slots, and best routes.
    now: (i64, u32, (u32, i64)),
    slots: Vec<(u32, Slot, Option<i64>)>,
    best: Vec<Best>,
}

impl Engine<'_> {
    /// From this time on all is written down, if it can be.
    pub(crate) fn take_down(&mut self, from_us: i64) {
        let count = self.state.slots.len().max(self.state.best.len());
        if self.state.damping.is_none() && count < BY_ITSELF as usize {
            self.transcript = Some(Box::new(Transcript::new(from_us)));
        }
    }

    /// What was written down, and no longer is.
    pub(crate) fn take_transcript(&mut self) -> Option<Transcript> {
        self.transcript.take().map(|transcript| *transcript)
    }

    /// Writes down what came in at a slot.
    pub(super) fn write_in(&mut self, slot: u32, told: Told, waited_us: u32) {
        let (now_us, is_refused) = (self.state.now_us, self.refused == (slot, self.state.now_us));
        let Some(transcript) = &mut self.transcript else { return };
        transcript.write(now_us, slot, told.0);
        let line = transcript.lines.len() as u32 - 1;
        if waited_us > 0 {
            transcript.waits.push((line, waited_us));
        }
        if is_refused && told == Told::NONE {
            transcript.refused.push(line);
        }
    }

    /// Writes down what a router decided.
    pub(super) fn write_decision(&mut self, router: u32, changed: Option<u32>, slot: u32) {
        let now_us = self.state.now_us;
        let Some(transcript) = &mut self.transcript else { return };
        let mark = if changed.is_none() { DECIDED | BY_ITSELF } else { DECIDED };
        transcript.write(now_us, router | mark, slot);
    }

    /// Sees what concerns the routers that are watched, up to the lines of `end_us`.
    pub(crate) fn read_on(&mut self, policy: &Policy<'_>, reading: &mut Reading<'_>, end_us: i64) {
        let Reading { transcript, next, waits, refused, is_watched, last, .. } = reading;
        while let Some(line) = transcript.lines.get(*next)
            && reading.now_us + i64::from(line.later_us) < end_us
        {
            let index = *next as u32;
            *next += 1;
            reading.now_us += i64::from(line.later_us);
            self.state.now_us = reading.now_us;
            if line.at == SILENCE {
                continue;
            }
            if line.at & DECIDED == 0 {
                let (slot, told) = (line.at, Told(line.word));
                let wait = waits.next_if(|(line, _)| *line == index);
                let is_refused = refused.next_if(|line| **line == index).is_some();
                let router = self.state.slots[slot as usize].owner;
                if is_watched[router as usize] {
                    *last = (slot, wait.map_or(0, |(_, waited_us)| *waited_us));
                    if is_refused {
                        self.refused = (slot, self.state.now_us);
                    }
                    self.hear(policy, router, slot, told);
                }
                continue;
            }
            let router = line.at & !(DECIDED | BY_ITSELF);
            let mut best = Best { slot: line.word, ..self.state.best[router as usize] };
            if is_watched[router as usize] {
                let changed = (line.at & BY_ITSELF == 0).then_some(last.0);
                best.told = match best.slot {
                    NO_SLOT => Told::NONE,
                    OWN => Told::new(Class::Origin, EMPTY),
                    slot => self.state.slots[slot as usize].heard,
                };
                best.waited_us = changed.map_or(0, |_| last.1);
                self.witness_turn(policy, router, changed, best);
            }
            self.state.best[router as usize] = best;
        }
    }

    /// Goes back to where a transcript begins, whose end is how the engine stands now.
    pub(crate) fn begin_reading<'t>(
        &mut self,
        transcript: &'t Transcript,
        watched: &BTreeSet<u32>,
    ) -> Reading<'t> {
        let nothing = Best { slot: NO_SLOT, told: Told::NONE, waited_us: 0, cause: u32::MAX };
        let mut is_watched = vec![false; self.state.best.len()];
        let mut slots = Vec::new();
        for router in watched {
            is_watched[*router as usize] = true;
            for slot in self.adjacency.slots(*router) {
                let at = slot as usize;
                let received_us = self.state.received_us.get(at).copied();
                slots.push((slot, self.state.slots[at], received_us));
                (self.state.slots[at].heard, self.state.slots[at].rank) = (Told::NONE, UNUSABLE);
            }
        }
        let best = vec![nothing; self.state.best.len()];
        Reading {
            transcript,
            next: 0,
            now_us: transcript.from_us,
            waits: transcript.waits.iter().peekable(),
            refused: transcript.refused.iter().peekable(),
            is_watched,
            last: (NO_SLOT, 0),
            now: (self.state.now_us, self.state.cause, self.refused),
            slots,
            best: std::mem::replace(&mut self.state.best, best),
        }
    }

    /// Comes back from a transcript that was read to its end.
    pub(crate) fn end_reading(&mut self, reading: Reading<'_>) {
        (self.state.now_us, self.state.cause, self.refused) = reading.now;
        self.state.best = reading.best;
        for (slot, before, received_us) in reading.slots {
            self.state.slots[slot as usize] = before;
            if let Some(received_us) = received_us {
                self.state.received_us[slot as usize] = received_us;
            }
        }
    }

    /// Puts a route into a slot, without deciding.
    fn hear(&mut self, policy: &Policy<'_>, router: u32, slot: u32, told: Told) {
        let at = slot as usize;
        self.state.slots[at].heard = told;
        self.state.slots[at].rank = match told {
            Told::NONE => UNUSABLE,
            _ => self.rank(policy, router, slot, told),
        };
        if self.state.conduct.needs_age {
            self.state.received_us[at] = self.state.now_us;
        }
    }
}
