//! Demand by site and lane.

use super::lanes::{LANES, Layout, Row, Word};

/// Slots of a lane where no more are needed. Their number is known to the compiler then, which
/// makes adding a fifth faster: it need not test whether a slot is there.
pub(super) const SLOTS_MIN: usize = 512;
/// Between the slots of one lane and of the next, so that they are not of one cache set.
const GAP: usize = 8;
/// From one lane to the next where there are [`SLOTS_MIN`] slots.
const STRIDE_MIN: usize = SLOTS_MIN + GAP;
/// Lanes that are counted together: their slots fit into a first-level cache.
const TOGETHER: usize = 8;

/// Demand by lane and slot (see [`Layout::slots`]).
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    units: Vec<u64>,
    stride: usize,
}

impl Totals {
    /// Nothing in any slot.
    pub(super) fn clear(&mut self, layout: Layout) {
        self.stride = layout.slots() + GAP;
        self.units.clear();
        self.units.resize(LANES * self.stride, 0);
    }

    /// The same in all lanes.
    pub(super) fn spread(&mut self, by_slot: &[u64]) {
        self.stride = by_slot.len() + GAP;
        self.units.clear();
        for _ in 0..LANES {
            self.units.extend_from_slice(by_slot);
            self.units.extend([0; GAP]);
        }
    }

    #[inline(always)]
    pub(super) fn at(&self, lane: usize, slot: usize) -> u64 {
        self.units[lane * self.stride + slot]
    }

    /// Moves demand from a slot to another. Less than nothing may be left, wrapped around, until
    /// everything is added.
    #[inline(always)]
    pub(super) fn shift(&mut self, lane: usize, from: usize, to: usize, demand: u64) {
        let left = &mut self.units[lane * self.stride + from];
        *left = left.wrapping_sub(demand);
        let gained = &mut self.units[lane * self.stride + to];
        *gained = gained.wrapping_add(demand);
    }

    /// Adds the demand of each row to the sites of its lanes: some lanes of all rows, then others,
    /// so that what is written stays in the first-level cache.
    #[inline(always)]
    pub(super) fn add<W: Word>(&mut self, rows: &[(Row<W>, u64)], layout: Layout) {
        if self.stride == STRIDE_MIN {
            let lanes = self.units.as_chunks_mut::<STRIDE_MIN>().0;
            for (part, totals) in lanes.as_chunks_mut::<TOGETHER>().0.iter_mut().enumerate() {
                for (words, demand) in rows {
                    let words = &words.0.as_chunks::<TOGETHER>().0[part];
                    for lane in 0..TOGETHER {
                        let slot = words[lane].bits() as usize % SLOTS_MIN;
                        totals[lane][slot] = totals[lane][slot].wrapping_add(*demand);
                    }
                }
            }
            return;
        }
        for (part, totals) in self.units.chunks_exact_mut(TOGETHER * self.stride).enumerate() {
            for (words, demand) in rows {
                let words = &words.0.as_chunks::<TOGETHER>().0[part];
                for lane in 0..TOGETHER {
                    let total = &mut totals[lane * self.stride + layout.site(words[lane]) as usize];
                    *total = total.wrapping_add(*demand);
                }
            }
        }
    }
}
