//! `catchment plan`: questions that take many solves or runs, each with its answer as tables, a
//! picture and a verdict.
//!
//! Each question is a file below here, which says what it takes; all that they have in common is
//! here: reading, progress, printing, drawing, the exit code.

mod answer;
mod attack;
mod capacity;
mod diff;
mod report;
mod residency;
mod sites;
mod steer;
mod sweep;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::rc::Rc;

use catchment_dynamics::play::Watch;
use catchment_dynamics::script::Script;
use catchment_model::Scenario;
use catchment_planner::{Answer, Brief, Unplanned};
use catchment_worlds::{Assembled, BaseWorld};
use clap::{Args, Subcommand};

use super::at::unfinished;
use super::solve::{script, unsolved};
use crate::exit::Exit;
use crate::input::{Loaded, ScenarioArgs, world};
use crate::output::Target;
use crate::progress::Progress;
use crate::report::{Failure, note};
use answer::{AnswerArgs, Outlet};

/// Will it hold: capacity, attacks, residency, steering, sites
///
/// Each answer is a table; `--table` chooses another one of the answer, `--plot` draws it. The
/// exit code is 1 where the answer is "no".
#[derive(Debug, Subcommand)]
pub enum PlanCommand {
    Capacity(capacity::CapacityArgs),
    Attack(attack::AttackArgs),
    Residency(residency::ResidencyArgs),
    Steer(steer::SteerArgs),
    Sites(sites::SitesArgs),
    Diff(diff::DiffArgs),
    Sweep(sweep::SweepArgs),
    Report(report::ReportArgs),
}

/// What all plans take.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    #[command(flatten)]
    answer: AnswerArgs,
    /// Who takes the answer, if it is not to be written.
    #[arg(skip)]
    sink: Option<Sink>,
}

/// Takes an answer that is to be part of a page.
#[derive(Debug, Clone, Default)]
pub struct Sink(Rc<RefCell<Option<Answer>>>);

impl Sink {
    /// The answer, if there was one.
    fn take(&self) -> Option<Answer> {
        self.0.borrow_mut().take()
    }
}

impl PlanCommand {
    /// What it has in common with others; `None` for those that have not.
    fn plan_args(&mut self) -> Option<&mut PlanArgs> {
        match self {
            PlanCommand::Capacity(args) => Some(&mut args.plan),
            PlanCommand::Attack(args) => Some(&mut args.plan),
            PlanCommand::Residency(args) => Some(&mut args.plan),
            PlanCommand::Steer(args) => Some(&mut args.plan),
            PlanCommand::Sites(args) => Some(&mut args.plan),
            PlanCommand::Diff(_) | PlanCommand::Sweep(_) | PlanCommand::Report(_) => None,
        }
    }
}

impl PlanCommand {
    /// An option that was given and says where the answer, or what belongs to it, is to go.
    fn own_place(&mut self) -> Option<&'static str> {
        let letters = match self {
            PlanCommand::Steer(args) => args.letters.is_some(),
            _ => false,
        };
        let AnswerArgs { table, plot, output } = &self.plan_args()?.answer;
        let given = [
            ("--out", output.out.is_some()),
            ("--format", output.format.is_some()),
            ("--table", table.is_some()),
            ("--plot", plot.is_some()),
            ("--letters", letters),
        ];
        given.into_iter().find_map(|(option, is_given)| is_given.then_some(option))
    }
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(command: &PlanCommand) -> Result<(), Failure> {
    match command {
        PlanCommand::Capacity(args) => capacity::run(args),
        PlanCommand::Attack(args) => attack::run(args),
        PlanCommand::Residency(args) => residency::run(args),
        PlanCommand::Steer(args) => steer::run(args),
        PlanCommand::Sites(args) => sites::run(args),
        PlanCommand::Diff(args) => diff::run(args),
        PlanCommand::Sweep(args) => sweep::run(args),
        PlanCommand::Report(args) => report::run(args),
    }
}

/// A scenario, joined with its world.
pub struct Ready {
    scenario: Scenario,
    assembled: Assembled,
}

impl Ready {
    /// Joins both, and says what plans leave out.
    fn new(loaded: &Loaded, base: &BaseWorld) -> Result<Ready, Failure> {
        if !loaded.scenario.events.is_empty() {
            note("plans do not play events; they ask about the state before the first");
        }
        Ready::quiet(loaded, base)
    }

    /// Joins both.
    fn quiet(loaded: &Loaded, base: &BaseWorld) -> Result<Ready, Failure> {
        Ok(Ready { assembled: loaded.assemble(base)?, scenario: loaded.scenario.clone() })
    }

    /// What plans start from.
    fn brief(&self) -> Result<Brief<'_>, Failure> {
        Brief::new(self.script(), &self.scenario.residency).map_err(unplanned)
    }

    fn script(&self) -> Script<'_> {
        script(&self.scenario, &self.assembled, &[])
    }
}

/// Reads, asks, and writes.
fn plan(
    args: &PlanArgs,
    ask: impl FnOnce(&Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    plan_ready(args, Beside::default(), |_, brief, watch| ask(brief, watch))
}

/// Files that a plan reads and writes beside its scenario and its answer.
#[derive(Debug, Default)]
struct Beside {
    inputs: Vec<PathBuf>,
    /// With what it has, for people.
    output: Option<(Target, &'static str)>,
}

impl Beside {
    /// Refuses to write one file twice, or one that is read.
    fn check(&self, outlet: &Outlet, mut inputs: Vec<PathBuf>) -> Result<(), Failure> {
        inputs.extend_from_slice(&self.inputs);
        outlet.spare(&inputs)?;
        let Some((target, what)) = &self.output else { return Ok(()) };
        target.spare(&inputs)?;
        match outlet.targets().find_map(|other| target.clash(other)) {
            Some(name) => Err(Failure::bad_input(format!("cannot write {name} twice"))
                .help(format!("give the answer and {what} two names"))),
            None => Ok(()),
        }
    }
}

/// The same for whoever has names to look up in the scenario.
fn plan_ready(
    args: &PlanArgs,
    beside: Beside,
    ask: impl FnOnce(&Ready, &Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    plan_whole(args, beside, |_, _, _| Ok(()), ask)
}

/// The same with a scenario that the options of the command add to before it meets its world.
fn plan_of(
    args: &PlanArgs,
    beside: Beside,
    add: impl FnOnce(&mut Scenario, &BaseWorld, &Progress) -> Result<(), Failure>,
    ask: impl FnOnce(&Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    plan_whole(args, beside, add, |_, brief, watch| ask(brief, watch))
}

fn plan_whole(
    args: &PlanArgs,
    beside: Beside,
    add: impl FnOnce(&mut Scenario, &BaseWorld, &Progress) -> Result<(), Failure>,
    ask: impl FnOnce(&Ready, &Brief<'_>, Watch<'_>) -> Result<Answer, Unplanned>,
) -> Result<(), Failure> {
    let outlet = args.answer.settle()?;
    let progress = Progress::start("reading");
    let mut loaded = args.scenario.load()?;
    beside.check(&outlet, world::inputs_of(&loaded))?;
    let base = world::of_scenario(&loaded, &progress)?;
    add(&mut loaded.scenario, &base, &progress)?;
    progress.phase("building");
    let ready = match args.sink {
        // Whoever makes the page has said it.
        Some(_) => Ready::quiet(&loaded, &base)?,
        None => Ready::new(&loaded, &base)?,
    };
    let brief = ready.brief()?;
    let answer = watched(&progress, |watch| ask(&ready, &brief, watch))?;
    if let Some(Sink(sink)) = &args.sink {
        sink.replace(Some(answer));
        return Ok(());
    }
    progress.phase("writing");
    outlet.write(&answer, &loaded.scenario.name)?;
    drop(progress);
    answer::end(&answer)
}

/// Lets `ask` say how far it is.
fn watched<T>(
    progress: &Progress,
    ask: impl FnOnce(Watch<'_>) -> Result<T, Unplanned>,
) -> Result<T, Failure> {
    let steps = progress.counting("planning");
    ask(&mut |done, total| {
        steps.tell(done, total);
        ControlFlow::Continue(())
    })
    .map_err(unplanned)
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
