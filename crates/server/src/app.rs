//! What all requests share, and the bounds on what they may ask.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use catchment_model::Scenario;
use tokio::sync::watch;

use crate::api::{Info, LimitsInfo};
use crate::engine::{Engine, Planned, Played};
use crate::metrics::Metrics;
use crate::pool::Pool;
use crate::results::Results;
use crate::runs::Runs;

/// A scenario that the server offers.
#[derive(Debug, Clone)]
pub struct LibraryScenario {
    /// The scenario.
    pub scenario: Scenario,
    /// Its text.
    pub toml: String,
    /// What the command line calls it: its name, or the path of its file; `None` if it is neither.
    pub argument: Option<String>,
    /// Why it cannot be opened here, such as missing data.
    pub unavailable: Option<String>,
}

/// Bounds on what may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of a request's body.
    pub body_bytes: usize,
    /// Longest time that a body takes to arrive.
    pub body_time: Duration,
    /// Longest time that the head of a request takes to arrive.
    pub head_time: Duration,
    /// Longest time that a client takes nothing of what is sent.
    pub stall_time: Duration,
    /// Most connections at once; more wait to be accepted.
    pub connections: usize,
    /// Most events of a scenario.
    pub events: u32,
    /// Most sites that a scenario names.
    pub sites: u32,
    /// Most prefixes of a service.
    pub prefixes: u32,
    /// Most clients that a scenario names.
    pub clients: u32,
    /// Most runs at once; 0: one for each core.
    pub runs_at_once: usize,
    /// Most runs that wait.
    pub runs_waiting: usize,
    /// Longest run.
    pub run_time: Duration,
    /// Runs that are remembered after their end.
    pub runs_kept: usize,
    /// Most results that are kept.
    pub results: usize,
    /// Most bytes of results; answers of plans take an eighth of it besides.
    pub results_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 4 << 20,
            body_time: Duration::from_secs(30),
            head_time: Duration::from_secs(15),
            stall_time: Duration::from_secs(30),
            connections: 1024,
            events: 1000,
            sites: 4096,
            prefixes: 256,
            clients: 20_000,
            runs_at_once: 0,
            runs_waiting: 64,
            run_time: Duration::from_secs(120),
            runs_kept: 256,
            results: 64,
            results_bytes: 1 << 30,
        }
    }
}

/// Questions about results that wait: they are short.
const QUESTIONS_WAITING: usize = 1024;

/// What all requests share.
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
    pub(crate) library: Vec<LibraryScenario>,
    pub(crate) info: Info,
    pub(crate) limits: Limits,
    pub(crate) runs: Runs,
    pub(crate) results: Results<Played>,
    /// Answers of plans.
    pub(crate) plans: Results<Planned>,
    /// Where scenarios are played.
    pub(crate) plays: Pool,
    /// Where everything else is done that blocks, so that a question does not wait for a run.
    pub(crate) questions: Pool,
    pub(crate) metrics: Metrics,
    /// Whether the server is about to end.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl App {
    pub(crate) fn new(
        engine: Engine,
        library: Vec<LibraryScenario>,
        first: (String, bool),
        limits: Limits,
        salt: u32,
        stopping: watch::Receiver<bool>,
    ) -> App {
        let cores = available_parallelism().map_or(1, Into::into);
        let at_once = if limits.runs_at_once == 0 { cores } else { limits.runs_at_once };
        let info = Info {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            first: first.0,
            first_is_chosen: first.1,
            limits: LimitsInfo {
                body_bytes: limits.body_bytes as u64,
                events: limits.events,
                sites: limits.sites,
                prefixes: limits.prefixes,
                clients: limits.clients,
                run_seconds: u32::try_from(limits.run_time.as_secs()).unwrap_or(u32::MAX),
            },
        };
        App {
            engine: Arc::new(engine),
            library,
            info,
            limits,
            runs: Runs::new(limits.runs_kept, salt),
            results: Results::new(limits.results_bytes, limits.results),
            plans: Results::new(limits.results_bytes / 8, limits.results),
            plays: Pool::new(at_once, limits.runs_waiting, limits.run_time),
            questions: Pool::new(cores.max(2), QUESTIONS_WAITING, limits.run_time),
            metrics: Metrics::new(),
            stopping,
        }
    }
}
