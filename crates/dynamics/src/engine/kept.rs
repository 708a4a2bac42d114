//! An engine without the world that it runs in, to go on from later.

use catchment_routing::Situation;

use super::adjacency::Adjacency;
use super::{Engine, EngineState, NO_SLOT};

impl EngineState {
    /// Keeps an engine as it is between two events. Keys of draws are those of a schedule; what was
    /// refused last concerns the present instant only.
    ///
    /// # Panics
    /// If the engine is in the middle of one.
    pub(crate) fn of(engine: Engine<'_>) -> EngineState {
        assert!(engine.task.is_none(), "no timer is being handled");
        engine.state
    }

    /// The engine that goes on from here, in the situation that it ran in.
    pub(crate) fn revive<'w>(
        self,
        situation: Situation<'w>,
        adjacency: &'w Adjacency,
    ) -> Engine<'w> {
        let Situation { world, rules, .. } = situation;
        Engine {
            world,
            adjacency,
            rules,
            state: self,
            draw_keys: Vec::new(),
            log: None,
            spread_log: Vec::new(),
            witness: None,
            transcript: None,
            task: None,
            refused: (NO_SLOT, i64::MIN),
        }
    }

    /// Bytes that it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        let per_slot = [
            size_of_val(&self.slots[..]),
            size_of_val(&self.received_us[..]),
            size_of_val(&self.next_allowed_us[..]),
            size_of_val(&self.held[..]),
        ];
        // Role, number and listeners of a router, its best route and its changes.
        let per_router = (6 + 4) * self.best.len() + size_of_val(&self.best[..]);
        per_slot.iter().sum::<usize>() + per_router + self.paths.bytes() + self.queue.bytes()
    }
}
