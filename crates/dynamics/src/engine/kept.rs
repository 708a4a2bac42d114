//! An engine without the world that it runs in, to go on from later.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catchment_routing::Situation;

use super::adjacency::Adjacency;
use super::conduct::Conduct;
use super::paths::Paths;
use super::queue::Queue;
use super::{Best, Count, Engine, Held, NO_SLOT, Slot, Task};
use crate::damping::{Damping, Penalty};

/// All that an engine owns, but for what was written down and who is watched.
#[derive(Debug, Clone)]
pub(crate) struct KeptEngine {
    conduct: Conduct,
    seed: u64,
    now_us: i64,
    queue: Queue,
    paths: Arc<Paths>,
    asn: Arc<[u32]>,
    role: Arc<[u8]>,
    has_listeners: Arc<[bool]>,
    slots: Vec<Slot>,
    best: Vec<Best>,
    received_us: Vec<i64>,
    next_allowed_us: Vec<i64>,
    held: Vec<Held>,
    reset_us: BTreeMap<u32, i64>,
    igp_costs: BTreeMap<u32, u32>,
    damping: Option<Damping>,
    damps: Arc<BTreeSet<u32>>,
    penalties: BTreeMap<u32, Penalty>,
    stuck: BTreeMap<u32, i64>,
    tasks: Vec<Task>,
    heard_meds: BTreeSet<u32>,
    cause: u32,
    counts: BTreeMap<u32, Count>,
    current: Count,
    current_cause: u32,
    messages_left: u64,
    changes_of: Vec<u32>,
    draws: u64,
    spread: BTreeMap<u32, Vec<u32>>,
}

impl KeptEngine {
    /// Keeps an engine as it is between two events.
    ///
    /// # Panics
    /// If the engine is in the middle of one.
    pub(crate) fn of(engine: Engine<'_>) -> KeptEngine {
        // Each field is named, so that a new one is not forgotten. Keys of draws are those of a
        // schedule; what was refused last concerns the present instant only.
        let Engine {
            world: _,
            adjacency: _,
            rules: _,
            conduct,
            seed,
            now_us,
            queue,
            paths,
            asn,
            role,
            has_listeners,
            slots,
            best,
            received_us,
            next_allowed_us,
            held,
            reset_us,
            igp_costs,
            damping,
            damps,
            penalties,
            stuck,
            tasks,
            heard_meds,
            cause,
            draw_keys: _,
            counts,
            current,
            current_cause,
            messages_left,
            changes_of,
            draws,
            log: _,
            spread,
            spread_log: _,
            witness: _,
            transcript: _,
            task,
            refused: _,
        } = engine;
        assert!(task.is_none(), "no timer is being handled");
        KeptEngine {
            conduct,
            seed,
            now_us,
            queue,
            paths,
            asn,
            role,
            has_listeners,
            slots,
            best,
            received_us,
            next_allowed_us,
            held,
            reset_us,
            igp_costs,
            damping,
            damps,
            penalties,
            stuck,
            tasks,
            heard_meds,
            cause,
            counts,
            current,
            current_cause,
            messages_left,
            changes_of,
            draws,
            spread,
        }
    }

    /// The engine as it was, for the situation that it ran in.
    pub(crate) fn revive<'w>(
        self,
        situation: Situation<'w>,
        adjacency: &'w Adjacency,
    ) -> Engine<'w> {
        let Situation { world, rules, .. } = situation;
        let KeptEngine {
            conduct,
            seed,
            now_us,
            queue,
            paths,
            asn,
            role,
            has_listeners,
            slots,
            best,
            received_us,
            next_allowed_us,
            held,
            reset_us,
            igp_costs,
            damping,
            damps,
            penalties,
            stuck,
            tasks,
            heard_meds,
            cause,
            counts,
            current,
            current_cause,
            messages_left,
            changes_of,
            draws,
            spread,
        } = self;
        Engine {
            world,
            adjacency,
            rules,
            conduct,
            seed,
            now_us,
            queue,
            paths,
            asn,
            role,
            has_listeners,
            slots,
            best,
            received_us,
            next_allowed_us,
            held,
            reset_us,
            igp_costs,
            damping,
            damps,
            penalties,
            stuck,
            tasks,
            heard_meds,
            cause,
            draw_keys: Vec::new(),
            counts,
            current,
            current_cause,
            messages_left,
            changes_of,
            draws,
            log: None,
            spread,
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
