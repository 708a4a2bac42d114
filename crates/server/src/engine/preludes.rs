//! What was there before anything happened: the start-ups that were used last are kept, so that the
//! next scenario of the same service on the same world plays its events only.
//!
//! A prelude is found by the situation that it belongs to, so that nothing has to be known here of
//! what in a scenario decides about that.

use std::sync::{Mutex, PoisonError};

use catchment_dynamics::Prelude;
use catchment_routing::Situation;

/// Preludes that are kept at most, and their bytes together; the last one is kept in any case, and
/// knows its bounds.
const KEPT: usize = 4;
const BYTES_MAX: usize = 512 << 20;

/// The preludes that were used last.
#[derive(Default)]
pub struct Preludes {
    /// The last used last.
    kept: Mutex<Vec<Prelude>>,
}

impl Preludes {
    /// The prelude of a situation, with the start-ups that are known; else an empty one.
    pub fn of(&self, situation: Situation<'_>) -> Prelude {
        let known = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.clone()
        };
        let found = known.into_iter().rev().find(|prelude| prelude.fits(situation));
        found.unwrap_or_else(|| Prelude::new(situation))
    }

    /// Keeps a prelude, with what is known of the same situation, and forgets others if there are
    /// too many.
    pub fn keep(&self, prelude: &Prelude) {
        if prelude.start_ups() == 0 {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|other| other.is_of_one_situation_with(prelude));
        let mut newest = prelude.for_others();
        if let Some(known) = known {
            newest.learn(&kept.remove(known));
        }
        kept.push(newest);
        let bytes = |kept: &[Prelude]| kept.iter().map(Prelude::bytes).sum::<usize>();
        while kept.len() > KEPT || kept.len() > 1 && bytes(&kept) > BYTES_MAX {
            kept.remove(0);
        }
    }
}
