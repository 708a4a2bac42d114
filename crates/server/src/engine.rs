//! Who answers: plays scenarios, keeps what came of it, and answers questions about it.
//!
//! Everything here blocks and knows no HTTP; the handlers call it off the async threads.
//!
//! One file for each question: `worlds` (where it happens), `preludes` (what was there before
//! anything happened), `playing` (what comes of it), `planning` (plans), `configuring` (what to
//! type into routers), `report` (runs as JSON), `standing` (how sites stand), `arrays` (runs as
//! columns), `ways` (where packets are under way), `why` and `flips` (why a dot lands where it
//! does, and what would move it), `nearest` (who is at a place, or of a name). What goes wrong is
//! put into words by `problems`.

mod arrays;
mod configuring;
mod flips;
mod nearest;
mod planning;
mod playing;
mod preludes;
mod problems;
mod report;
mod standing;
mod ways;
mod why;
mod worlds;

use std::ops::ControlFlow;
use std::sync::Arc;

use catchment_dynamics::edge::EdgeReport;
use catchment_dynamics::flows::FlowReport;
use catchment_dynamics::outcome::tables::events_table;
use catchment_dynamics::play::Timeline;
use catchment_dynamics::state::{At, Moment, Options};
use catchment_dynamics::{Outcome, Prelude, Script};
use catchment_model::scenario::{Steering, WorldSource};
use catchment_model::{Asn, Duration, Scenario, Table};
use catchment_routing::Situation;
use catchment_worlds::{Assembled, BaseWorld};

use crate::api::plan::{DaemonName, SiteConfig};
use crate::api::{Found, Nearest, PlaceInfo, Problem, RunResult, SteeringName, Why};
use crate::columns::SITES_MAX;
pub use planning::{Planned, Question};
use preludes::Preludes;
use problems::{no_such_run, problem, unfinished};
pub use why::shell_word;
use worlds::Worlds;

/// Version of the engine: equal questions to equal versions have equal answers.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Stands for the scenario in commands. The engine knows what a scenario says, and not where it
/// lies: whoever does writes [`shell_word`] of that in its place.
pub const SCENARIO_FILE: &str = "SCENARIO.toml";

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

/// Plays scenarios. Worlds that were used last are kept, and start-ups.
pub struct Engine {
    worlds: Worlds,
    preludes: Arc<Preludes>,
}

impl Engine {
    /// An engine that may open these worlds in files, and no others.
    pub fn new(files: Arc<dyn WorldFiles>, allowed: Vec<WorldSource>) -> Engine {
        Engine { worlds: Worlds::new(files, allowed), preludes: Arc::default() }
    }

    /// Plays a scenario once for each steering, all ending together; as written if there is none.
    /// A steering that is named twice is played once.
    ///
    /// # Errors
    /// If it has mistakes (kind `scenario-mistakes`), its world cannot be had (`forbidden-world`,
    /// `bad-world`), its routing does not settle (`oscillation`), it has more sites than
    /// columns have room for (`too-large`), or the watch says so (`cancelled`).
    pub fn play(
        &self,
        scenario: Scenario,
        steering: &[SteeringName],
        watch: Watch<'_>,
    ) -> Result<Played, Problem> {
        let played = playing::play(&self.worlds, &self.preludes, scenario, steering, watch)?;
        let count = played.assembled.service.sites.len();
        if count > SITES_MAX {
            let title = format!("there are {count} sites, and columns have room for {SITES_MAX}");
            return Err(problem("too-large", 422, title, "`catchment simulate` plays more"));
        }
        Ok(played)
    }

    /// Answers a plan's question about a scenario as it stands before its events.
    ///
    /// # Errors
    /// As [`Engine::play`]; or the question makes no sense for it (`bad-question`), or cannot be
    /// met (`impossible`).
    pub fn plan(
        &self,
        scenario: &Scenario,
        question: &Question,
        watch: Watch<'_>,
    ) -> Result<Planned, Problem> {
        planning::plan(&self.worlds, scenario, question, watch)
    }

    /// Configuration of all sites' routers, or of what changes between two scenarios.
    ///
    /// # Errors
    /// As [`Engine::play`]; or no real router could do it (`unconfigurable`).
    pub fn config(
        &self,
        before: Option<&Scenario>,
        after: &Scenario,
        daemon: DaemonName,
        watch: Watch<'_>,
    ) -> Result<Vec<SiteConfig>, Problem> {
        configuring::config(&self.worlds, before, after, daemon, watch)
    }
}

/// A scenario with everything that came of it.
pub struct Played {
    /// What travels as JSON.
    pub result: RunResult,
    scenario: Scenario,
    assembled: Assembled,
    runs: Vec<Run>,
    /// Where start-ups are kept, for as long as there is room.
    preludes: Arc<Preludes>,
}

/// What came of one way of steering.
struct Run {
    steering: Steering,
    timeline: Timeline,
    outcome: Outcome,
    flows: FlowReport,
    edge: Option<EdgeReport>,
}

impl Played {
    /// What was played.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Bytes that it holds, roughly, for whoever keeps many.
    pub fn bytes(&self) -> usize {
        let world = &self.assembled.world;
        // What a router and a session take in the world, and in the adjacency.
        let of_world = 100 * world.router_count() + 16 * world.session_count();
        let of_run = |run: &Run| {
            let Timeline { routes, delivery, bystanders, load, .. } = &run.timeline;
            let logs = routes.iter().map(|log| {
                let paths = 40 * log.paths.count();
                paths + size_of_val(&log.start[..]) + size_of_val(&log.changes[..])
            });
            let deliveries = [delivery, bystanders].map(|it| {
                120 * it.sources.len() + 32 * it.streams.len() + size_of_val(&it.changes[..])
            });
            let edge = run.edge.as_ref().map_or(0, |edge| {
                edge.events.iter().map(|state| size_of_val(&state.clients[..])).sum()
            });
            logs.sum::<usize>()
                + deliveries.iter().sum::<usize>()
                + size_of_val(&load.steps[..])
                + edge
        };
        of_world + self.runs.iter().map(of_run).sum::<usize>()
    }

    /// The columns of `/world`.
    pub fn world(&self) -> Vec<u8> {
        arrays::world(&self.assembled.world)
    }

    /// Code, name and country of each place.
    pub fn places(&self) -> Vec<PlaceInfo> {
        let places = self.assembled.world.places.iter();
        let info = |place: &catchment_model::Place| PlaceInfo {
            code: place.code.clone(),
            name: place.name.clone(),
            country: place.country.clone(),
        };
        places.map(info).collect()
    }

    /// The columns of `/timeline`; `None` if there is no such run.
    pub fn timeline(&self, run: usize) -> Option<Vec<u8>> {
        let run = self.runs.get(run)?;
        Some(arrays::timeline(&self.script(run), &run.timeline, &run.outcome))
    }

    /// Why packets of a dot go where they go.
    ///
    /// # Errors
    /// If there is no such run or dot, the time is before the start, or the watch says so.
    pub fn why(&self, run: usize, dot: u32, at_us: i64, watch: Watch<'_>) -> Result<Why, Problem> {
        why::why(self, self.run(run)?, dot, at_us, watch)
    }

    /// The columns of `/layers/rtt`.
    ///
    /// # Errors
    /// If there is no such run, or the watch says so.
    pub fn rtt(&self, run: usize, at_us: i64, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
        arrays::rtt(self, self.run(run)?, at_us, watch)
    }

    /// The columns of `/layers/ties`: of the steady state before the first event. Where DNS alone
    /// steers nothing is tied.
    ///
    /// # Errors
    /// If there is no such run, the routing does not settle, or the watch says so.
    pub fn ties(&self, run: usize, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
        arrays::ties(self, self.run(run)?, watch)
    }

    /// What `catchment simulate` prints: one row for each event.
    ///
    /// # Errors
    /// If there is no such run.
    pub fn events_table(&self, run: usize) -> Result<Table, Problem> {
        let Run { timeline, outcome, flows, edge, .. } = self.run(run)?;
        Ok(events_table(&[catchment_dynamics::outcome::tables::Run {
            variant: "as written",
            outcome,
            sources: &timeline.delivery.sources,
            service: &self.assembled.service,
            flows,
            edge: edge.as_ref(),
        }]))
    }

    /// What `catchment simulate --at` prints: one row for each AS.
    ///
    /// # Errors
    /// If there is no such run, or the watch says so.
    pub fn catchment_table(
        &self,
        run: usize,
        at_us: i64,
        watch: Watch<'_>,
    ) -> Result<Table, Problem> {
        let script = self.script(self.run(run)?);
        let at = At::Time(Duration { us: at_us });
        let mut steps = |done, total| watch("playing", done, total);
        let prelude = self.prelude();
        let moment = Moment::reach_with(&script, &prelude, at, &mut steps);
        Ok(moment.map_err(unfinished)?.table(Options::default()))
    }

    /// Who stands for a new client at a place, or for the one of this AS if it moves there.
    ///
    /// # Errors
    /// If the world has no places, or the place is none.
    pub fn nearest(&self, lat: f64, lon: f64, except: Option<u32>) -> Result<Nearest, Problem> {
        nearest::nearest(&self.scenario, &self.assembled.world, (lat, lon), except.map(Asn))
    }

    /// Networks that fit a search, at most 20, best first.
    pub fn search(&self, text: &str) -> Vec<Found> {
        nearest::search(self.situation(), text)
    }

    /// One dot for people.
    pub fn dot(&self, dot: u32) -> Option<Found> {
        let is_known = (dot as usize) < self.assembled.world.router_count();
        is_known.then(|| nearest::found(self.situation(), dot))
    }

    fn run(&self, run: usize) -> Result<&Run, Problem> {
        self.runs.get(run).ok_or_else(|| no_such_run(run, self.runs.len()))
    }

    fn situation(&self) -> Situation<'_> {
        playing::situation(&self.assembled)
    }

    /// What a run was asked, with the sites that withdrew themselves.
    fn script<'a>(&'a self, run: &'a Run) -> Script<'a> {
        let schedule = &run.timeline.schedule;
        playing::script(&self.scenario, &self.assembled, schedule, run.steering)
    }

    fn prelude(&self) -> Prelude {
        self.preludes.of(self.situation())
    }
}
