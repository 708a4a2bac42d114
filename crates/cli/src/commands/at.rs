//! `--at T`: the network of a scenario at one time, for `simulate` and `explain`.

use std::ops::ControlFlow;

use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::history::{self, History};
use catchment_dynamics::play::Unfinished;
use catchment_dynamics::script::Script;
use catchment_dynamics::state::{At, Moment, Options, schedule_of};
use catchment_model::Table;
use catchment_model::scenario::Steering;
use catchment_model::schedule::Occurrence;
use catchment_worlds::{Assembled, schedule};
use clap::Args;

use super::solve::situation;
use crate::exit::Exit;
use crate::input::Loaded;
use crate::report::{Failure, note};

/// Options of `simulate` that ask about one time.
#[derive(Debug, Clone, Args)]
pub struct AtArgs {
    /// Show what every network uses at this time, in the columns of `solve`: `30s`, or `start` for
    /// the time before the first announcement
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
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
pub fn state_at(script: &Script<'_>, at: At, options: Options) -> Result<Table, Failure> {
    on_stage(script, |script, adjacency| {
        let moment = Moment::reach(script, adjacency, at, &mut |_, _| ControlFlow::Continue(()))?;
        Ok(moment.table(options))
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
) -> Result<History, Failure> {
    let schedule =
        schedule(assembled, &loaded.scenario).map_err(|mistakes| loaded.mistakes(mistakes))?;
    let script = script(loaded, assembled, &schedule);
    on_stage(&script, |script, adjacency| {
        let mut go_on = |_, _| ControlFlow::Continue(());
        history::history(script, adjacency, router, prefix, at, &mut go_on)
    })
}

/// What the event engine is asked.
fn script<'a>(
    loaded: &'a Loaded,
    assembled: &'a Assembled,
    schedule: &'a [Occurrence],
) -> Script<'a> {
    Script {
        situation: situation(assembled),
        schedule,
        steering: loaded.scenario.steering,
        prefix: 0,
        geodns: &loaded.scenario.geodns,
        regional: &assembled.regional,
        client_gbps: &assembled.client_gbps,
        senders: None,
    }
}

/// Lets `act` see the script with everything that will happen in it.
fn on_stage<T>(
    script: &Script<'_>,
    act: impl FnOnce(&Script<'_>, &Adjacency) -> Result<T, Unfinished>,
) -> Result<T, Failure> {
    if script.steering != Steering::Anycast {
        note(
            "`steering` is not anycast; the state at a time says where BGP alone takes each \
             network, prefix by prefix, whatever DNS would answer",
        );
    }
    let play = || {
        let schedule = schedule_of(script, &mut |_, _| ControlFlow::Continue(()))?;
        let script = Script { schedule: &schedule, ..*script };
        act(&script, &Adjacency::new(script.situation.world, script.situation.rules))
    };
    play().map_err(|error| match error {
        Unfinished::Oscillation { .. } => Failure::new(Exit::No, error.to_string()).help(
            "their preferences contradict each other; look at LOCAL_PREF overrides, leaks and \
             `rules.policy_noise`",
        ),
        Unfinished::Cancelled => Failure::silent(Exit::No),
    })
}
