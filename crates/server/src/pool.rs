//! Where blocking work is done: on threads of its own, so many at once, with a queue that ends.
//!
//! Work looks at its [`Brake`] as often as it can. A panic in it is a problem of whoever asked, and
//! of nobody else.

use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{Notify, Semaphore};

use crate::api::Problem;
use crate::problem::{self, CANCELLED, problem};

/// Threads for one kind of work.
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    size: usize,
    waiting: Arc<AtomicUsize>,
    waiting_max: usize,
    time: Duration,
}

/// A place in the queue. It is given up when it is dropped.
pub(crate) struct Ticket {
    waiting: Arc<AtomicUsize>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Relaxed);
    }
}

impl Pool {
    /// A pool for `size` works at once, `waiting_max` more that wait, each for at most `time`.
    pub(crate) fn new(size: usize, waiting_max: usize, time: Duration) -> Pool {
        let size = size.max(1);
        Pool {
            permits: Arc::new(Semaphore::new(size)),
            size,
            waiting: Arc::default(),
            waiting_max,
            time,
        }
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Relaxed)
    }

    /// How many are at work.
    pub(crate) fn busy(&self) -> usize {
        self.size - self.permits.available_permits().min(self.size)
    }

    /// Takes a place in the queue.
    ///
    /// # Errors
    /// If it is full.
    pub(crate) fn queue(&self) -> Result<Ticket, Problem> {
        let waiting = self.waiting.fetch_add(1, Relaxed);
        let ticket = Ticket { waiting: Arc::clone(&self.waiting) };
        if waiting >= self.waiting_max + self.permits.available_permits() {
            return Err(problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                format!("{waiting} others are waiting already"),
                "try again in a few seconds",
            ));
        }
        Ok(ticket)
    }

    /// Does work when its turn comes.
    ///
    /// # Errors
    /// Those of the work; or it was cancelled, took too long, or has a bug.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        ticket: Ticket,
        brake: Arc<Brake>,
        job: impl FnOnce(&Brake) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = tokio::select! {
            permit = Arc::clone(&self.permits).acquire_owned() => permit,
            () = brake.pulled() => return Err(problem::cancelled()),
        };
        drop(ticket);
        let permit = permit.map_err(|_| problem::cancelled())?;
        let time = self.time;
        let work = move || {
            let _permit = permit;
            let _ = brake.deadline.set(Instant::now() + time);
            let done = panic::catch_unwind(AssertUnwindSafe(|| job(&brake)));
            done.unwrap_or_else(|_| Err(problem::bug())).map_err(|problem| {
                if problem.kind == CANCELLED && !brake.is_pulled() && brake.is_late() {
                    return too_long(time);
                }
                problem
            })
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(problem::bug()))
    }
}

fn too_long(time: Duration) -> Problem {
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-long",
        format!("this took longer than {} s, and was given up", time.as_secs_f64()),
        "use a smaller world or fewer events, or raise the limit with `--run-seconds`",
    )
}

/// Stops work: because somebody asked for it, or because its time is over.
#[derive(Default)]
pub(crate) struct Brake {
    is_pulled: AtomicBool,
    deadline: OnceLock<Instant>,
    notify: Notify,
}

impl Brake {
    /// Asks the work to stop.
    pub(crate) fn pull(&self) {
        self.is_pulled.store(true, Relaxed);
        self.notify.notify_one();
    }

    fn is_pulled(&self) -> bool {
        self.is_pulled.load(Relaxed)
    }

    fn is_late(&self) -> bool {
        self.deadline.get().is_some_and(|deadline| Instant::now() >= *deadline)
    }

    /// Whether the work should go on.
    pub(crate) fn check(&self) -> ControlFlow<()> {
        if self.is_pulled() || self.is_late() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    async fn pulled(&self) {
        while !self.is_pulled() {
            self.notify.notified().await;
        }
    }
}

/// Pulls the brake when whoever waits for an answer goes away.
pub(crate) struct Seat(pub(crate) Arc<Brake>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.pull();
    }
}
