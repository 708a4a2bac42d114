//! Equal routes that a router uses at once (models 5.4): those that tie with its best route
//! through IGP cost, over eBGP.

use super::adjacency::INTERNAL;
use super::{Engine, OWN, SpreadChange, UNUSABLE};

impl Engine<'_> {
    /// Brings the set of equal routes of a router up to date.
    pub(super) fn spread_again(&mut self, router: u32, waited_us: u32) {
        let Some(relaxed) = self.conduct.multipath else { return };
        let slots = self.equal_slots(router, relaxed);
        let before = self.spread.get(&router);
        if before.map_or(&[][..], |it| it) == slots {
            return;
        }
        match slots.len() {
            0 => _ = self.spread.remove(&router),
            _ => _ = self.spread.insert(router, slots.clone()),
        }
        if self.log.is_some() {
            let fib_us = self.now_us + self.conduct.fib_us;
            let (at_us, cause) = (self.now_us, self.cause);
            let change = SpreadChange { at_us, router, slots, waited_us, cause, fib_us };
            self.spread_log.push(change);
        }
    }

    /// The slots of routes that tie with the best one, itself included; none if it is alone.
    fn equal_slots(&self, router: u32, relaxed: bool) -> Vec<u32> {
        let best = self.best[router as usize].slot;
        if best >= OWN || self.adjacency.kind[best as usize] == INTERNAL {
            return Vec::new();
        }
        let rank = self.slots[best as usize].rank;
        let neighbor = |slot: u32| self.paths.head(self.slots[slot as usize].heard.path());
        let is_equal = |slot: &u32| {
            let equal = self.slots[*slot as usize].rank;
            equal == rank && equal != UNUSABLE && (relaxed || neighbor(*slot) == neighbor(best))
        };
        let slots: Vec<u32> = self.adjacency.slots(router).filter(is_equal).collect();
        if slots.len() > 1 { slots } else { Vec::new() }
    }
}
