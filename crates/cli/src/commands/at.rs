//! `--at T`: the network of a scenario at one time, for `simulate` and `explain`.

use std::ops::ControlFlow;

use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::history::{self, History};
use catchment_dynamics::play::{Unfinished, Watch};
use catchment_dynamics::script::Script;
use catchment_dynamics::state::{At, Moment, Options, schedule_of};
use catchment_model::Table;
use catchment_model::scenario::Steering;
use catchment_worlds::{Assembled, schedule};
use clap::Args;

use super::solve::script;
use crate::exit::Exit;
use crate::input::Loaded;
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Options of `simulate` that ask about one time.
#[derive(Debug, Clone, Args)]
pub struct AtArgs {
    /// Show what every network uses at this time, in the columns of `solve`: `30s`, or `start` for
    /// the time before the first announcement
    #[arg(
        long,
        value_name = "T",
        allow_hyphen_values = true,
        conflicts_with_all = ["compare", "trace", "plot"]
    )]
    pub at: Option<At>,
    /// Add the column `state`: what becomes of its packets by the forwarding tables of that time
    #[arg(long, requires = "at")]
    data_plane: bool,
    /// One row per router (an AS in a city) instead of one per AS
    #[arg(long, requires = "at")]
    routers: bool,
}

impl AtArgs {
    /// Which rows and columns to make.
    pub fn options(&self) -> Options {
        Options { routers: self.routers, data_plane: self.data_plane }
    }
}

/// The network of a script at a time, as a table.
///
/// # Errors
/// If the routing does not settle.
pub fn state_at(
    script: &Script<'_>,
    at: At,
    options: Options,
    progress: &Progress,
) -> Result<Table, Failure> {
    on_stage(script, progress, |script, adjacency, watch| {
        Ok(Moment::reach(script, adjacency, at, watch)?.table(options))
    })
}

/// How a router came to use what it uses at a time.
///
/// # Errors
/// If the scenario has mistakes, or the routing does not settle.
pub fn history_at(
    loaded: &Loaded,
    assembled: &Assembled,
    router: u32,
    prefix: u16,
    at: At,
    progress: &Progress,
) -> Result<History, Failure> {
    let schedule =
        schedule(assembled, &loaded.scenario).map_err(|mistakes| loaded.mistakes(mistakes))?;
    let script = script(&loaded.scenario, assembled, &schedule);
    on_stage(&script, progress, |script, adjacency, watch| {
        history::history(script, adjacency, router, prefix, at, watch)
    })
}

/// Lets `act` see the script with everything that will happen in it.
pub fn on_stage<T>(
    script: &Script<'_>,
    progress: &Progress,
    act: impl FnOnce(&Script<'_>, &Adjacency, Watch<'_>) -> Result<T, Unfinished>,
) -> Result<T, Failure> {
    if script.steering != Steering::Anycast {
        note(
            "`steering` is not anycast; the state at a time says where BGP alone takes each \
             network, prefix by prefix, whatever DNS would answer",
        );
    }
    let steps = progress.counting("playing");
    let mut watch = |done, total| {
        steps.tell(done, total);
        ControlFlow::Continue(())
    };
    let play = || {
        let schedule = schedule_of(script, &mut watch)?;
        let script = Script { schedule: &schedule, ..*script };
        let adjacency = Adjacency::new(script.situation.world, script.situation.rules);
        act(&script, &adjacency, &mut watch)
    };
    play().map_err(unfinished)
}

/// A run without an end, as the user sees it.
pub fn unfinished(error: Unfinished) -> Failure {
    match error {
        Unfinished::Oscillation { .. } => Failure::new(Exit::No, error.to_string()).help(
            "their preferences contradict each other; look at LOCAL_PREF overrides, leaks and \
             `rules.policy_noise`",
        ),
        Unfinished::Cancelled => Failure::silent(Exit::No),
    }
}
