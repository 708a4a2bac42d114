//! `catchment solve`: who lands where.

use catchment_dynamics::script::Script;
use catchment_model::scenario::Steering;
use catchment_model::schedule::Occurrence;
use catchment_model::table::Values;
use catchment_model::{Scenario, Table};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Catchment, Situation, Unsolved, solve};
use catchment_worlds::Assembled;
use clap::Args;

use crate::exit::Exit;
use crate::input::{ScenarioArgs, world};
use crate::output::OutputArgs;
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Who lands where: one row per AS, with its site, its path and what decided
#[derive(Debug, Args)]
pub struct SolveArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Fill in the columns `tied_sites` and `tied_shares`: where else an AS could land
    #[arg(long)]
    tie_sets: bool,
    /// One row per router (an AS in a city) instead of one per AS
    #[arg(long)]
    routers: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, or it cannot be written.
pub fn run(args: &SolveArgs) -> Result<(), Failure> {
    let output = args.output.settle()?;
    let progress = Progress::start("reading");
    let loaded = args.scenario.load()?;
    output.spare(&world::inputs_of(&loaded))?;
    let base = world::of_scenario(&loaded, &progress)?;
    progress.phase("building");
    let assembled = loaded.assemble(&base)?;
    progress.phase("solving");
    let catchments = catchments(&assembled)?;
    let options = Options { routers: args.routers, tie_sets: args.tie_sets };
    let table = solve_table(situation(&assembled), &catchments, options);
    progress.phase("writing");
    output.table(&table)?;
    drop(progress);
    if loaded.scenario.steering != Steering::Anycast {
        note(
            "`steering` is not anycast; `solve` says where BGP alone takes each network, prefix \
             by prefix, whatever DNS would answer",
        );
    }
    if names_history(&table) {
        note(
            "some choices fall to the oldest route or to the order of arrival (rows with \
             `decided_by` = `history`); a steady state has no past, so the answer is the one \
             without such rules",
        );
    }
    // The program ends here: the system takes memory back faster than we can hand it back.
    std::mem::forget((base, assembled, catchments, table));
    Ok(())
}

/// The question as the solver takes it.
pub fn situation(assembled: &Assembled) -> Situation<'_> {
    Situation {
        world: &assembled.world,
        overlay: &assembled.overlay,
        service: &assembled.service,
        rules: &assembled.rules,
        seed: assembled.seed,
    }
}

/// A scenario and what happens in it, as the players take it.
pub fn script<'a>(
    scenario: &'a Scenario,
    assembled: &'a Assembled,
    schedule: &'a [Occurrence],
) -> Script<'a> {
    Script {
        situation: situation(assembled),
        schedule,
        steering: scenario.steering,
        prefix: 0,
        geodns: &scenario.geodns,
        regional: &assembled.regional,
        client_gbps: &assembled.client_gbps,
        senders: None,
        bystanders: false,
    }
}

/// The answer for each prefix.
///
/// # Errors
/// If the routing does not settle, or the world is too large.
pub fn catchments(assembled: &Assembled) -> Result<Vec<Catchment>, Failure> {
    let prefixes = 0..assembled.service.prefixes.len() as u16;
    prefixes.map(|prefix| solve(situation(assembled), prefix).map_err(unsolved)).collect()
}

/// A question without an answer, as the user sees it.
pub fn unsolved(error: Unsolved) -> Failure {
    match error {
        Unsolved::Oscillation(oscillation) => Failure::new(Exit::No, oscillation.to_string()).help(
            "their preferences contradict each other; look at LOCAL_PREF overrides, leaks and \
                 `rules.policy_noise`",
        ),
        other @ Unsolved::TooLarge { .. } => Failure::bad_input(other.to_string()),
    }
}

fn names_history(table: &Table) -> bool {
    let Some(column) = table.column("decided_by") else { return false };
    let Values::Word { texts, rows } = &column.values else { return false };
    let history = texts.iter().position(|text| text == "history");
    history.is_some_and(|history| rows.contains(&(history as u32)))
}
