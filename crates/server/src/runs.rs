//! The runs that the server knows: those that wait or go on, and the last that ended.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::api::{Problem, RunPhase, RunState};
use crate::pool::Brake;
use crate::problem::CANCELLED;

/// One run.
pub(crate) struct Run {
    state: watch::Sender<RunState>,
    /// Stops it.
    pub(crate) brake: Arc<Brake>,
    /// When it was asked for.
    pub(crate) asked_at: Instant,
}

impl Run {
    /// Where it stands.
    pub(crate) fn state(&self) -> RunState {
        self.state.borrow().clone()
    }

    /// Where it stands, now and from here on.
    pub(crate) fn follow(&self) -> watch::Receiver<RunState> {
        self.state.subscribe()
    }

    /// Says how far it is.
    pub(crate) fn tell(&self, doing: &str, done: u64, total: u64) {
        self.change(|state| {
            state.phase = RunPhase::Running;
            if state.doing != doing {
                doing.clone_into(&mut state.doing);
            }
            (state.done, state.total) = (done, total);
        });
    }

    /// Gives it up. It ends for its watchers at once, and for its thread soon after.
    pub(crate) fn cancel(&self) {
        self.change(|state| state.phase = RunPhase::Cancelled);
        self.brake.pull();
    }

    /// Ends it, with the hash of the result. Answers whether it had not ended before.
    pub(crate) fn end(&self, result: Result<String, Problem>) -> bool {
        self.change(|state| match result {
            Ok(hash) => {
                state.phase = RunPhase::Done;
                state.result = Some(hash);
            }
            Err(problem) if problem.kind == CANCELLED => state.phase = RunPhase::Cancelled,
            Err(problem) => {
                state.phase = RunPhase::Failed;
                state.problem = Some(problem);
            }
        })
    }

    fn change(&self, change: impl FnOnce(&mut RunState)) -> bool {
        self.state.send_if_modified(|state| {
            let goes_on = !is_ended(state);
            if goes_on {
                change(state);
            }
            goes_on
        })
    }
}

/// Whether nothing changes any more.
pub(crate) fn is_ended(state: &RunState) -> bool {
    !matches!(state.phase, RunPhase::Queued | RunPhase::Running)
}

/// All runs by id.
pub(crate) struct Runs {
    table: Mutex<Table>,
    kept_max: usize,
    /// Part of each id, so that a page of an earlier server does not find a stranger's run.
    salt: u32,
}

#[derive(Default)]
struct Table {
    by_id: BTreeMap<String, Arc<Run>>,
    /// Ids, the oldest first.
    order: VecDeque<String>,
    next: u64,
}

impl Runs {
    /// No runs yet; keeps so many that ended.
    pub(crate) fn new(kept_max: usize, salt: u32) -> Runs {
        Runs { table: Mutex::default(), kept_max, salt }
    }

    /// Adds a run that waits, and forgets the oldest of those that ended.
    pub(crate) fn add(&self) -> Arc<Run> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let id = format!("{:08x}-{}", self.salt, table.next);
        table.next += 1;
        let state = RunState {
            id: id.clone(),
            phase: RunPhase::Queued,
            doing: String::new(),
            done: 0,
            total: 0,
            result: None,
            problem: None,
        };
        let run = Arc::new(Run {
            state: watch::Sender::new(state),
            brake: Arc::default(),
            asked_at: Instant::now(),
        });
        table.by_id.insert(id.clone(), Arc::clone(&run));
        table.order.push_back(id);
        let mut ended = table.by_id.values().filter(|run| is_ended(&run.state.borrow())).count();
        let Table { by_id, order, .. } = &mut *table;
        order.retain(|id| {
            let drop = ended > self.kept_max && is_ended(&by_id[id].state.borrow());
            if drop {
                by_id.remove(id);
                ended -= 1;
            }
            !drop
        });
        run
    }

    /// The run of this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Run>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(id).cloned()
    }

    /// Gives all up.
    pub(crate) fn cancel_all(&self) {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.by_id.values().for_each(|run| run.cancel());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::bug;

    #[test]
    fn the_oldest_that_ended_are_forgotten() {
        let runs = Runs::new(2, 7);
        let first = runs.add();
        let others: Vec<Arc<Run>> = (0..5).map(|_| runs.add()).collect();
        others.iter().for_each(|run| run.cancel());
        let last = runs.add();
        let known = |run: &Run| runs.get(&run.state().id).is_some();
        assert!(known(&first) && known(&last), "those that go on stay");
        let kept: Vec<bool> = others.iter().map(|run| known(run)).collect();
        assert_eq!(kept, [false, false, false, true, true]);
    }

    #[test]
    fn a_run_ends_once() {
        let run = Runs::new(2, 7).add();
        assert_eq!(run.state().phase, RunPhase::Queued);
        run.tell("playing", 1, 2);
        assert_eq!((run.state().phase, run.state().done), (RunPhase::Running, 1));
        run.cancel();
        assert!(!run.end(Err(bug())));
        run.tell("playing", 2, 2);
        assert_eq!((run.state().phase, run.state().done), (RunPhase::Cancelled, 1));
    }
}
