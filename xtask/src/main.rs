//! `cargo xtask`: the commands of this repository, in Rust so that they need nothing but Rust.
//!
//! One file per command; [`tidy`] also holds the house rules that no other tool checks. The
//! commands do their own set-up ([`setup`]) and run other programs through [`shell`]. What is
//! *not* here: anything that the `catchment` binary itself does. Start with [`mod@test`], which is
//! what CI runs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool prints")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod examples;
mod fuzz;
mod run;
mod setup;
mod shell;
mod test;
mod tidy;
mod ui;

/// The commands of this repository.
///
/// Exit codes: 0 done, 1 a check failed, 2 bad usage, 3 something is missing on this machine.
/// `run` passes on the exit code of `catchment`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Test(test::Args),
    /// Check the house rules: layers, headers, line lengths, links, and more.
    Tidy,
    /// Run the benchmark figures and print one line of JSON for the history.
    Bench,
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let result = match Args::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
        Command::Bench => bench::run().map(|()| ExitCode::SUCCESS),
        Command::Fuzz(args) => fuzz::run(&args).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|failure| {
        eprintln!("{failure}");
        ExitCode::from(failure.exit)
    })
}
