//! `catchment scenario`: the library, and checks of one's own scenarios.

use std::path::PathBuf;

use catchment_formats::scenario::{Syntax, read, write_json, write_toml};
use catchment_model::Table;
use catchment_model::table::Values;
use clap::{Args, Subcommand};

use crate::exit::Exit;
use crate::input::{ScenarioArgs, world};
use crate::library;
use crate::output::{OutputArgs, Target, print, shown};
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Scenarios: list, show, check, write
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    List(ListArgs),
    Show(ShowArgs),
    Check(CheckArgs),
    New(NewArgs),
}

/// List the built-in scenarios with the question that each answers
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Print a scenario as TOML or JSON
///
/// It is printed as it was written, with its comments, unless something is changed in it.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    scenario: ScenarioArgs,
    /// Print JSON with the same content
    #[arg(long)]
    json: bool,
}

/// Report all mistakes of scenarios at once, without solving anything
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files, or names of built-in scenarios
    #[arg(value_name = "SCENARIO", required = true)]
    scenarios: Vec<String>,
}

/// Write a commented scenario to start from
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The file [default: the standard output]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
}

/// Runs the command.
///
/// # Errors
/// If it cannot be done.
pub fn run(command: &ScenarioCommand) -> Result<(), Failure> {
    match command {
        ScenarioCommand::List(args) => list(args),
        ScenarioCommand::Show(args) => show(args),
        ScenarioCommand::Check(args) => check(args),
        ScenarioCommand::New(args) => new(args),
    }
}

fn list(args: &ListArgs) -> Result<(), Failure> {
    let output = args.output.settle()?;
    let names = library::names();
    let questions: Vec<String> = names
        .iter()
        .map(|name| {
            let text = library::text(name).expect("it is listed");
            read(&text, Syntax::Toml, &[]).map_or_else(
                |_| String::new(),
                |reading| {
                    reading.scenario.question.split_whitespace().collect::<Vec<_>>().join(" ")
                },
            )
        })
        .collect();
    let mut table = Table::default();
    table.push("name", "", Values::from_texts(names.iter().map(|name| Some(*name))));
    table.push("question", "", Values::from_texts(questions.iter().map(|text| Some(&**text))));
    output.table(&table)
}

fn show(args: &ShowArgs) -> Result<(), Failure> {
    let loaded = args.scenario.load()?;
    let unchanged = args.scenario.set.is_empty() && args.scenario.seed.is_none();
    if args.json {
        return print(&write_json(&loaded.scenario));
    }
    match &loaded.toml {
        Some(text) if unchanged => print(text),
        _ => print(&write_toml(&loaded.scenario)),
    }
}

fn check(args: &CheckArgs) -> Result<(), Failure> {
    let mut worst: Option<Exit> = None;
    for given in &args.scenarios {
        match check_one(given) {
            Ok(()) => note(&format!("`{given}` has no mistakes")),
            Err(failure) => {
                failure.print();
                // What this machine forbids says nothing about the scenario: that weighs more.
                worst = Some(match worst {
                    Some(Exit::Environment) => Exit::Environment,
                    _ => failure.exit,
                });
            }
        }
    }
    match worst {
        None => Ok(()),
        Some(exit) => Err(Failure::silent(exit)),
    }
}

fn check_one(given: &str) -> Result<(), Failure> {
    let args = ScenarioArgs { scenario: given.to_owned(), seed: None, set: Vec::new() };
    let progress = Progress::start("reading");
    let loaded = args.load()?;
    let base = world::of_scenario(&loaded, &progress)?;
    progress.phase("building");
    loaded.assemble(&base)?;
    Ok(())
}

/// The file that `new` writes, but for its name.
const STARTER: &str = include_str!("starter.toml");

fn new(args: &NewArgs) -> Result<(), Failure> {
    let Some(file) = &args.file else { return print(STARTER) };
    if file.exists() && !args.force {
        return Err(Failure::bad_input(format!("{} is there already", shown(file)))
            .help("`--force` overwrites it"));
    }
    let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into());
    let name: String = stem.chars().map(|c| if c == '"' || c == '\\' { '-' } else { c }).collect();
    let text = STARTER.replacen("name = \"my-service\"", &format!("name = \"{name}\""), 1);
    if let Err(mistakes) = read(&text, Syntax::Toml, &[]) {
        let problem = mistakes.first().map_or("", |mistake| &mistake.message);
        return Err(Failure::bad_input(format!("{} gives no name: {problem}", shown(file))));
    }
    Target::new(Some(file))?.write(|out| out.write_all(text.as_bytes()))
}
