//! `catchment plan diff`: what a change does to whom.

use catchment_planner::diff::diff;
use clap::Args;

use super::answer::{AnswerArgs, end};
use super::{Ready, watched};
use crate::input::{ScenarioArgs, world};
use crate::progress::Progress;
use crate::report::Failure;

/// What a change does to whom: two scenarios side by side, or one with settings and without
///
/// Sources are matched by AS and city, so that the worlds may differ. `catchment plan diff eight
/// --set site.bom.remove=true` compares a scenario with itself, changed.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// A: a file, or the name of a built-in scenario
    #[arg(value_name = "A")]
    a: String,
    /// B [default: A with the settings of --set]
    #[arg(value_name = "B")]
    b: Option<String>,
    /// Seed of every draw on both sides, in place of the scenarios'
    #[arg(long, value_name = "N", value_parser = crate::input::seed)]
    seed: Option<u64>,
    /// Override a setting of B, such as `site.bom.remove=true`; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = crate::input::setting)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    answer: AnswerArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, or it cannot be written.
pub fn run(args: &DiffArgs) -> Result<(), Failure> {
    if args.b.is_none() && args.set.is_empty() {
        return Err(Failure::bad_input(format!("there is nothing to compare `{}` with", args.a))
            .help("name a second scenario, or change the first with `--set path=value`"));
    }
    let outlet = args.answer.settle()?;
    let progress = Progress::start("reading");
    let read = |scenario: &str, set: &[(String, String)]| {
        let args =
            ScenarioArgs { scenario: scenario.to_owned(), seed: args.seed, set: set.to_vec() };
        args.load()
    };
    let a = read(&args.a, &[])?;
    let b = read(args.b.as_ref().unwrap_or(&args.a), &args.set)?;
    outlet.spare(&[world::inputs_of(&a), world::inputs_of(&b)].concat())?;
    let base_a = world::of_scenario(&a, &progress)?;
    // Reading a large world twice would double the time.
    let other = match b.scenario.world == a.scenario.world && args.b.is_none() {
        true => None,
        false => Some(world::of_scenario(&b, &progress)?),
    };
    progress.phase("building");
    let ready_a = Ready::new(&a, &base_a)?;
    let ready_b = Ready::quiet(&b, other.as_ref().unwrap_or(&base_a))?;
    let (brief_a, brief_b) = (ready_a.brief()?, ready_b.brief()?);
    let plan = watched(&progress, |watch| diff(&brief_a, &brief_b, watch))?;
    let settings: Vec<String> =
        args.set.iter().map(|(path, value)| format!("{path}={value}")).collect();
    let name_b = match (&args.b, settings.is_empty()) {
        (Some(_), true) => b.scenario.name.clone(),
        (None, _) => settings.join(", "),
        (Some(_), false) => format!("{} with {}", b.scenario.name, settings.join(", ")),
    };
    let names = [&*a.scenario.name, &*name_b];
    let answer = plan.answer(names);
    progress.phase("writing");
    outlet.write(&answer, &format!("{} → {}", names[0], names[1]))?;
    drop(progress);
    end(&answer)
}
