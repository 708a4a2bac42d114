//! `cargo xtask run`: from a fresh clone to a first answer.
//!
//! It builds with the `dev` profile, which optimises our crates a little and their dependencies
//! fully: the first answer comes soonest that way, and xtask has built half of the dependencies
//! already. `--release` takes longer to build and is for large worlds.

use std::process::{ExitCode, Stdio};

use crate::setup;
use crate::shell::{Failure, build_catchment, program};

/// What runs when no arguments are given: the built-in world with eight sites.
const FIRST_ANSWER: [&str; 2] = ["solve", "eight"];

/// Build `catchment` and run it: `solve eight`, or with ARGS whatever they say.
#[derive(clap::Args)]
pub struct Args {
    /// Build with all optimisations: for large worlds.
    #[arg(long)]
    release: bool,
    /// The arguments of `catchment`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    setup::c_compiler()?;
    let catchment = build_catchment(args.release)?;
    let words: Vec<&str> = if args.args.is_empty() {
        FIRST_ANSWER.to_vec()
    } else {
        args.args.iter().map(String::as_str).collect()
    };
    eprintln!("$ catchment {}", words.join(" "));
    let mut command = program(&catchment.to_string_lossy());
    // Unlike a check, this is the person's own session: their folder, their keyboard.
    if let Ok(folder) = std::env::current_dir() {
        command.current_dir(folder);
    }
    let status = command.args(words).stdin(Stdio::inherit()).status().map_err(|error| {
        Failure::environment(format!("`{}` does not start: {error}", catchment.display()), "")
    })?;
    // No code means a signal: 1, so that nobody takes the run for a success.
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1).into())
}
