//! Equal routes that a router uses at once (models 5.4): those that tie with its best route
//! through IGP cost, over eBGP.

use catchment_routing::Policy;

use super::adjacency::INTERNAL;
use super::{Engine, OWN, SpreadChange};

impl Engine<'_> {
    /// Brings the set of equal routes of a router up to date.
    pub(super) fn spread_again(&mut self, policy: &Policy<'_>, router: u32, waited_us: u32) {
        let Some(relaxed) = self.state.conduct.multipath else { return };
        let slots = self.equal_slots(policy, router, relaxed);
        self.set_spread(router, slots, waited_us);
    }

    /// A router that died uses none.
    pub(super) fn forget_spread(&mut self, router: u32) {
        self.set_spread(router, Vec::new(), 0);
    }

    fn set_spread(&mut self, router: u32, slots: Vec<u32>, waited_us: u32) {
        let before = self.state.spread.get(&router);
        if before.map_or(&[][..], |it| it) == slots {
            return;
        }
        match slots.len() {
            0 => _ = self.state.spread.remove(&router),
            _ => _ = self.state.spread.insert(router, slots.clone()),
        }
        if self.log.is_some() {
            let fib_us = self.state.now_us + self.state.conduct.fib_us;
            let (at_us, cause) = (self.state.now_us, self.state.cause);
            let change = SpreadChange { at_us, router, slots, waited_us, cause, fib_us };
            self.spread_log.push(change);
        }
    }

    /// The slots of routes that tie with the best one, itself included; none if it is alone.
    fn equal_slots(&self, policy: &Policy<'_>, router: u32, relaxed: bool) -> Vec<u32> {
        let best = self.state.best[router as usize].slot;
        if best >= OWN || self.adjacency.kind[best as usize] == INTERNAL {
            return Vec::new();
        }
        let equal: Vec<u32> = if self.state.heard_meds.contains(&router) {
            self.equal_with_meds(policy, router)
        } else {
            let rank = self.state.slots[best as usize].rank;
            let is_equal = |slot: &u32| self.state.slots[*slot as usize].rank == rank;
            self.adjacency.slots(router).filter(is_equal).collect()
        };
        let neighbor =
            |slot: u32| self.state.paths.head(self.state.slots[slot as usize].heard.path());
        let slots: Vec<u32> =
            equal.into_iter().filter(|slot| relaxed || neighbor(*slot) == neighbor(best)).collect();
        if slots.len() > 1 { slots } else { Vec::new() }
    }

    /// The same where MEDs count, which ranks do not have: what is left after IGP cost.
    fn equal_with_meds(&self, policy: &Policy<'_>, router: u32) -> Vec<u32> {
        let heard = self.heard(policy, router);
        let Some(selection) = self.select(router, &heard) else { return Vec::new() };
        selection.tied.iter().map(|position| heard[*position].slot).collect()
    }
}
