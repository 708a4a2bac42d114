//! The `catchment` binary: reads the command line, runs one command, ends with its exit code.
//!
//! Thin: it finds and opens files ([`input`], [`library`]), calls the engines, and writes what
//! they return ([`output`], [`report`], [`progress`]). The commands are in [`commands`]. What is
//! *not* here: any decision about routing, and any knowledge of a file's form.

mod commands;
mod exit;
mod input;
mod library;
mod output;
mod plot;
mod progress;
mod report;
mod signals;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::hint;
use std::panic;
use std::process;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

#[cfg(target_os = "linux")]
use commands::lab;
use commands::{config, explain, manual, plan, scenario, serve, simulate, solve, world};
use exit::Exit;
use report::{Failure, to_stderr};

/// Predicts which site of an anycast service every network reaches, and why.
///
/// `catchment solve eight` answers for a small world that is built in; `catchment scenario new`
/// writes a file to start from.
#[derive(Debug, Parser)]
#[command(name = "catchment", version, after_help = exit::HELP, max_term_width = 100)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Solve(solve::SolveArgs),
    Explain(explain::ExplainArgs),
    Simulate(simulate::SimulateArgs),
    Config(config::ConfigArgs),
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    #[cfg(target_os = "linux")]
    #[command(subcommand)]
    Lab(lab::LabCommand),
    #[command(subcommand)]
    World(world::WorldCommand),
    #[command(subcommand)]
    Scenario(scenario::ScenarioCommand),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// Memory that is given back on the way stays ours for what comes next. The system's allocator
/// returns large blocks when they are freed, and every page costs again when it comes back; after
/// one block of this size was freed, it keeps smaller ones.
const KEPT_BYTES: usize = 31 << 20;

fn main() {
    drop(hint::black_box(Vec::<u8>::with_capacity(KEPT_BYTES)));
    report_bugs();
    signals::watch();
    let exit = match run() {
        Ok(()) => Exit::Done,
        Err(failure) => {
            failure.print();
            failure.exit
        }
    };
    process::exit(exit as i32);
}

fn run() -> Result<(), Failure> {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return usage(&answer),
    };
    match &arguments.command {
        Command::Serve(args) => serve::run(args),
        Command::Solve(args) => solve::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Simulate(args) => simulate::run(args),
        Command::Config(args) => config::run(args),
        Command::Plan(command) => plan::run(command),
        #[cfg(target_os = "linux")]
        Command::Lab(command) => lab::run(command),
        Command::World(command) => world::run(command),
        Command::Scenario(command) => scenario::run(command),
        Command::Completions(args) => manual::completions(args),
        Command::Man(args) => manual::man(args),
    }
}

/// What clap answers in place of arguments: help, the version, or that the usage is wrong.
fn usage(answer: &clap::Error) -> Result<(), Failure> {
    let is_help = matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let printed = answer.print();
    if is_help {
        return printed.map_err(|error| Failure::cannot_write("the standard output", &error));
    }
    Err(Failure::silent(Exit::BadInput))
}

/// Whoever meets a bug should know that it is one, and what to tell us.
fn report_bugs() {
    panic::set_hook(Box::new(|panic| {
        output::discard_pending();
        let message = panic.payload_as_str().unwrap_or("no message");
        let place = panic.location().map_or("an unknown place".to_owned(), ToString::to_string);
        let words: Vec<String> =
            std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
        to_stderr(&format!(
            "this is a bug in catchment, not a mistake of yours\n\
             please report it with the files you used and these lines:\n  \
             catchment {}\n  {place}: {message}\n  {}\n",
            env!("CARGO_PKG_VERSION"),
            report::printable(&words.join(" ")),
        ));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            to_stderr(&trace.to_string());
        }
        process::exit(Exit::Bug as i32);
    }));
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    /// Runs itself again, since a process has one hook and one end.
    #[test]
    fn a_panic_is_exit_code_70_and_says_what_to_report() {
        const AGAIN: &str = "CATCHMENT_TEST_PANICS";
        if env::var_os(AGAIN).is_some() {
            report_bugs();
            panic!("on purpose");
        }
        let output = Command::new(env::current_exe().unwrap())
            .args(["a_panic_is_exit_code_70", "--nocapture"])
            .env(AGAIN, "1")
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(70), "{err}");
        assert!(err.contains("this is a bug in catchment") && err.contains("on purpose"), "{err}");
    }
}
