//! Who answers: plays scenarios, keeps what came of it, and answers questions about it.
//!
//! Everything here blocks and knows no HTTP; the handlers call it off the async threads.

use std::ops::ControlFlow;
use std::sync::Arc;

use catchment_model::Scenario;
use catchment_model::scenario::WorldSource;
use catchment_worlds::BaseWorld;

use crate::api::{Found, Nearest, Problem, RunResult, SteeringName, Why};

/// Whom long work tells how far it is: what it does, steps done, steps in all (0: not known).
/// Answers whether it should go on.
pub type Watch<'a> = &'a dyn Fn(&str, u64, u64) -> ControlFlow<()>;

/// Opens worlds that lie in files; the engine builds all others itself.
pub trait WorldFiles: Send + Sync {
    /// Reads the world of a scenario of the library.
    ///
    /// # Errors
    /// What is wrong and what to do, for people.
    fn open(&self, source: &WorldSource, watch: Watch<'_>) -> Result<BaseWorld, String>;
}

/// Plays scenarios. Worlds that were used last are kept.
pub struct Engine {
    #[expect(dead_code, reason = "not yet written")]
    files: Arc<dyn WorldFiles>,
}

impl Engine {
    /// An engine that may open these worlds in files, and no others.
    pub fn new(files: Arc<dyn WorldFiles>, allowed: Vec<WorldSource>) -> Engine {
        let _ = allowed;
        Engine { files }
    }

    /// Plays a scenario once for each steering, all ending together; as written if there is none.
    ///
    /// # Errors
    /// If it has mistakes, its world cannot be had, its routing does not settle, or the watch says
    /// so (kind `cancelled`).
    pub fn play(
        &self,
        scenario: Scenario,
        steering: &[SteeringName],
        watch: Watch<'_>,
    ) -> Result<Played, Problem> {
        let _ = (scenario, steering, watch);
        unimplemented!()
    }
}

/// A scenario with everything that came of it.
pub struct Played {
    /// What travels as JSON.
    pub result: RunResult,
}

impl Played {
    /// Bytes that it holds, roughly, for whoever keeps many.
    pub fn bytes(&self) -> usize {
        unimplemented!()
    }

    /// The columns of `/world`.
    pub fn world(&self) -> Vec<u8> {
        unimplemented!()
    }

    /// Code, name and country of each place.
    pub fn places(&self) -> Vec<crate::api::PlaceInfo> {
        unimplemented!()
    }

    /// The columns of `/timeline`; `None` if there is no such run.
    pub fn timeline(&self, run: usize) -> Option<Vec<u8>> {
        let _ = run;
        unimplemented!()
    }

    /// Why packets of a dot go where they go.
    ///
    /// # Errors
    /// If there is no such run or dot.
    pub fn why(&self, run: usize, dot: u32, at_us: i64, watch: Watch<'_>) -> Result<Why, Problem> {
        let _ = (run, dot, at_us, watch);
        unimplemented!()
    }

    /// The columns of `/layers/rtt`.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn rtt(&self, run: usize, at_us: i64, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
        let _ = (run, at_us, watch);
        unimplemented!()
    }

    /// The columns of `/layers/ties`.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn ties(&self, run: usize, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
        let _ = (run, watch);
        unimplemented!()
    }

    /// What `catchment simulate` prints: one row for each event.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn events_table(&self, run: usize) -> Result<catchment_model::Table, Problem> {
        let _ = run;
        unimplemented!()
    }

    /// What `catchment simulate --at` prints: one row for each AS.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn catchment_table(
        &self,
        run: usize,
        at_us: i64,
        watch: Watch<'_>,
    ) -> Result<catchment_model::Table, Problem> {
        let _ = (run, at_us, watch);
        unimplemented!()
    }

    /// Who stands for a new client at a place.
    ///
    /// # Errors
    /// If the world has no places.
    pub fn nearest(&self, lat: f64, lon: f64) -> Result<Nearest, Problem> {
        let _ = (lat, lon);
        unimplemented!()
    }

    /// Networks that fit a search, at most 20.
    pub fn search(&self, text: &str) -> Vec<Found> {
        let _ = text;
        unimplemented!()
    }

    /// One dot for people.
    pub fn dot(&self, dot: u32) -> Option<Found> {
        let _ = dot;
        unimplemented!()
    }
}
