//! Rows made by several threads, handed out in their order.
//!
//! A thread takes a chunk of rows at a time: one at first, then as many as take it a quarter of a
//! second, up to a block of lanes. Which thread makes a row, and with which others, changes nothing
//! about it; and whoever takes rows takes them one after the other, so that what is done is always
//! all rows up to one. None runs far ahead of a slow one, so that memory does not grow.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// Rows of a chunk: as many as go through a batch at once.
const CHUNK_MAX: u64 = 64;
/// A chunk that took less may be followed by a larger one.
const CHUNK_TIME: Duration = Duration::from_millis(250);
/// How long nobody looks up while nothing comes.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Chunks that are made, and may be.
struct Gate {
    state: Mutex<State>,
    moved: Condvar,
    end: u64,
    /// No row is begun that is so far behind the first that was not taken.
    window: u64,
}

struct State {
    next: u64,
    taken: u64,
    is_over: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the gate in hand")
    }

    /// Waits for the next chunk of at most `count` rows; `None` if there is nothing left to do.
    fn claim(&self, count: u64) -> Option<Range<u64>> {
        let is_far = |state: &mut State| {
            !state.is_over && state.next < self.end && state.next >= state.taken + self.window
        };
        let state = self.moved.wait_while(self.state(), is_far);
        let mut state = state.expect("nobody panics with the gate in hand");
        if state.is_over || state.next == self.end {
            return None;
        }
        let room = state.taken + self.window - state.next;
        let chunk = state.next..self.end.min(state.next + count.min(room));
        state.next = chunk.end;
        Some(chunk)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.moved.notify_all();
    }
}

/// Ends the work of all when somebody leaves.
struct Leaving<'g> {
    gate: &'g Gate,
    /// Whether only a panic is a reason.
    only_panics: bool,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if !self.only_panics || thread::panicking() {
            self.gate.change(|state| state.is_over = true);
        }
    }
}

/// Makes rows by so many threads. Each has a maker of its own, which makes all rows of a range, or
/// those up to one behind which none will be wanted. `take` is given each in its order; if it
/// returns an error, that is the end. `look_up` is called with the number of the next row before
/// each, and now and then while one is waited for.
///
/// # Errors
/// What `take` or `look_up` returned.
///
/// # Panics
/// If a maker does, or makes too few rows.
pub fn in_order<T: Send, E, M: FnMut(Range<u64>) -> Vec<T>>(
    threads: usize,
    rows: Range<u64>,
    maker: impl Fn() -> M + Sync,
    mut look_up: impl FnMut(u64) -> Result<(), E>,
    mut take: impl FnMut(u64, T) -> Result<(), E>,
) -> Result<(), E> {
    let gate = Gate {
        state: Mutex::new(State { next: rows.start, taken: rows.start, is_over: false }),
        moved: Condvar::new(),
        end: rows.end,
        window: CHUNK_MAX * (threads as u64 + 1),
    };
    let work = |results: mpsc::Sender<(u64, Vec<T>)>| {
        let _leaving = Leaving { gate: &gate, only_panics: true };
        let mut make = maker();
        let mut count = 1;
        while let Some(chunk) = gate.claim(count) {
            let started = Instant::now();
            let (first, made) = (chunk.start, make(chunk));
            if started.elapsed() < CHUNK_TIME / 2 {
                count = CHUNK_MAX.min(2 * count);
            } else if started.elapsed() > 2 * CHUNK_TIME {
                count = 1.max(count / 2);
            }
            if results.send((first, made)).is_err() {
                break;
            }
        }
    };
    thread::scope(|scope| {
        let _leaving = Leaving { gate: &gate, only_panics: false };
        let (sender, results) = mpsc::channel();
        let spawn = |sender| scope.spawn(|| work(sender));
        let crew: Vec<_> = (0..threads).map(|_| spawn(sender.clone())).collect();
        drop(sender);
        let mut early: BTreeMap<u64, Vec<T>> = BTreeMap::new();
        let mut next = rows.start;
        while next < rows.end {
            let Some(made) = early.remove(&next) else {
                look_up(next)?;
                match results.recv_timeout(LOOK_UP) {
                    Ok((first, made)) => drop(early.insert(first, made)),
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => {
                        let failed = crew.into_iter().find_map(|thread| thread.join().err());
                        resume_unwind(failed.expect("a thread that ends early panicked"));
                    }
                }
                continue;
            };
            for row in made {
                look_up(next)?;
                take(next, row)?;
                next += 1;
            }
            gate.change(|state| state.taken = next);
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

    use super::*;

    #[test]
    fn rows_come_in_their_order_whoever_made_them() {
        for threads in [1, 2, 5] {
            let mut taken = Vec::new();
            let maker = || {
                |rows: Range<u64>| {
                    // Some take longer than those behind them.
                    rows.map(|row| {
                        thread::sleep(Duration::from_micros(row * 7919 % 13 * 100));
                        row * row
                    })
                    .collect::<Vec<u64>>()
                }
            };
            let take = |row: u64, made: u64| {
                taken.push((row, made));
                Ok::<_, ()>(())
            };
            in_order(threads, 3..700, maker, |_| Ok(()), take).unwrap();
            assert_eq!(taken, (3..700).map(|row| (row, row * row)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nobody_runs_far_ahead_of_a_slow_row() {
        let furthest = AtomicU64::new(0);
        let maker = || {
            |rows: Range<u64>| {
                furthest.fetch_max(rows.end, SeqCst);
                if rows.start == 0 {
                    thread::sleep(Duration::from_millis(300));
                }
                rows.collect::<Vec<u64>>()
            }
        };
        let mut looked_up = 0;
        let look_up = |row: u64| {
            if row == 0 {
                looked_up += 1;
                assert!(furthest.load(SeqCst) <= 3 * CHUNK_MAX);
            }
            Ok::<_, ()>(())
        };
        in_order(2, 0..100_000, maker, look_up, |_, _| Ok(())).unwrap();
        assert!(looked_up >= 3, "nobody looked up for 300 ms");
        assert_eq!(furthest.load(SeqCst), 100_000);
    }

    #[test]
    fn the_first_error_in_order_is_the_end() {
        let maker = || |rows: Range<u64>| rows.collect::<Vec<u64>>();
        for threads in [1, 3] {
            let mut taken = 0;
            let take = |row: u64, _| {
                taken += 1;
                if row < 500 { Ok(()) } else { Err(row) }
            };
            let ended = in_order(threads, 0..u64::MAX - 1000, maker, |_| Ok(()), take);
            assert_eq!((ended, taken), (Err(500), 501));
        }
    }

    #[test]
    fn a_panic_of_one_thread_is_one_of_all() {
        let maker = || {
            |rows: Range<u64>| {
                assert!(!rows.contains(&90), "row 90");
                rows.collect::<Vec<u64>>()
            }
        };
        let ended = std::panic::catch_unwind(|| {
            in_order(2, 0..u64::MAX - 1000, maker, |_| Ok::<_, ()>(()), |_, _| Ok(()))
        });
        let message = *ended.unwrap_err().downcast::<&str>().unwrap();
        assert_eq!(message, "row 90");
    }
}
