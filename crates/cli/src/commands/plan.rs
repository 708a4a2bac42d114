//! `catchment plan`: questions that take many solves or runs, each with its answer as tables, a
//! picture and a verdict.
//!
//! Each question is a file below here, which says what it takes; all that they have in common is
//! here: reading, progress, printing, drawing, the exit code.

mod capacity;
mod sites;
mod steer;

use std::ops::ControlFlow;

use catchment_dynamics::play::Watch;
use catchment_dynamics::script::Script;
use catchment_formats::table::Format;
use catchment_model::Scenario;
use catchment_planner::{Answer, Brief, Unplanned, Verdict};
use catchment_worlds::{Assembled, BaseWorld};
use clap::{Args, Subcommand};

use super::at::unfinished;
use super::solve::{situation, unsolved};
use crate::exit::Exit;
use crate::input::{ScenarioArgs, world};
use crate::output::OutputArgs;
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Will it hold: capacity, attacks, residency, steering, sites
///
/// Each answer is a table; `--table` chooses another one of the answer, `--plot` draws it. The
/// exit code is 1 where the answer is "no".
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    Capacity(capacity::CapacityArgs),
    Sites(sites::SitesArgs),
    Steer(steer::SteerArgs),
}

/// What all plans take.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Which table of the answer to write [default: its first; on a terminal all]
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(command: &PlanCommand) -> Result<(), Failure> {
    match command {
        PlanCommand::Capacity(args) => capacity::run(args),
        PlanCommand::Sites(args) => sites::run(args),
        PlanCommand::Steer(args) => steer::run(args),
    }
}

/// A scenario, joined with its world.
pub struct Ready {
    scenario: Scenario,
    assembled: Assembled,
}

impl Ready {
    fn script(&self) -> Script<'_> {
        Script {
            situation: situation(&self.assembled),
            schedule: &[],
            steering: self.scenario.steering,
            prefix: 0,
            geodns: &self.scenario.geodns,
            regional: &self.assembled.regional,
            client_gbps: &self.assembled.client_gbps,
            senders: None,
            bystanders: false,
        }
    }
}

/// Reads, asks, and writes.
fn plan(
    args: &PlanArgs,
    ask: impl FnOnce(&Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    plan_of(args, |_, _, _| Ok(()), ask)
}

/// The same with a scenario that the options of the command add to before it meets its world.
fn plan_of(
    args: &PlanArgs,
    add: impl FnOnce(&mut Scenario, &BaseWorld, &Progress) -> Result<(), Failure>,
    ask: impl FnOnce(&Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    let output = args.output.settle()?;
    let progress = Progress::start("reading");
    let mut loaded = args.scenario.load()?;
    output.spare(&world::inputs_of(&loaded))?;
    let base = world::of_scenario(&loaded, &progress)?;
    add(&mut loaded.scenario, &base, &progress)?;
    progress.phase("building");
    let ready = Ready { assembled: loaded.assemble(&base)?, scenario: loaded.scenario };
    if !ready.scenario.events.is_empty() {
        note("plans do not play events; they ask about the state before the first");
    }
    let brief = Brief::new(ready.script(), &ready.scenario.residency).map_err(unplanned)?;
    let steps = progress.counting("planning");
    let watch: Watch<'_> = &mut |done, total| {
        steps.tell(done, total);
        ControlFlow::Continue(())
    };
    let answer = ask(&brief, watch).map_err(unplanned)?;
    progress.phase("writing");
    let section = match &args.table {
        None => &answer.sections[0],
        Some(name) => answer.section(name).ok_or_else(|| no_table(name, &answer))?,
    };
    match output.format {
        Format::Table if args.table.is_none() => output.text(&text(&answer))?,
        _ => output.table(&section.table)?,
    }
    drop(progress);
    match answer.verdict {
        Verdict::Holds => Ok(()),
        Verdict::Fails => Err(Failure::silent(Exit::No)),
    }
}

fn no_table(name: &str, answer: &Answer) -> Failure {
    let known: Vec<&str> = answer.sections.iter().map(|section| section.name).collect();
    Failure::bad_input(format!("this plan has no table `{name}`"))
        .help(format!("it has {}", known.join(", ")))
}

/// An answer for people.
fn text(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.headline);
    for finding in &answer.findings {
        text.push_str(&format!("- {finding}\n"));
    }
    for section in &answer.sections {
        text.push_str(&format!("\n{}\n", section.title));
        let mut table = Vec::new();
        catchment_formats::table::write_text(&section.table, None, &mut table)
            .expect("a vector takes everything");
        text.push_str(&String::from_utf8_lossy(&table));
    }
    text
}

/// A plan without an answer, as the user sees it.
pub fn unplanned(error: Unplanned) -> Failure {
    match error {
        Unplanned::Unsolved(error) => unsolved(error),
        Unplanned::Unfinished(error) => unfinished(error),
        Unplanned::Question { message, help } => Failure::bad_input(message).help(help),
        Unplanned::Impossible { constraint, help } => Failure::new(Exit::No, constraint).help(help),
    }
}
