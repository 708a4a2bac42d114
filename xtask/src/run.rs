//! `cargo xtask run`: from a fresh clone to the simulator in a browser.
//!
//! Without arguments it builds the user interface (`ui/`), then the optimised binary with the
//! interface inside, and opens it. With arguments it runs any other command of `catchment`, built
//! with the `dev` profile, which optimises our crates a little and their dependencies fully: the
//! first answer comes soonest that way. `--release` takes longer to build and is for large worlds.

use std::process::{ExitCode, Stdio};

use crate::shell::{Failure, build_catchment, program};
use crate::{setup, ui};

/// What runs when no arguments are given: the simulator.
const SIMULATOR: [&str; 2] = ["serve", "--open"];

/// Build the simulator and open it, or with ARGS run `catchment` as they say.
#[derive(clap::Args)]
pub struct Args {
    /// Build with all optimisations: for large worlds. The simulator always is.
    #[arg(long)]
    release: bool,
    /// The arguments of `catchment`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    setup::c_compiler()?;
    let words: Vec<&str> = if args.args.is_empty() {
        SIMULATOR.to_vec()
    } else {
        args.args.iter().map(String::as_str).collect()
    };
    // The interface is inside the binary, so it is built first.
    let is_simulator = words.first() == Some(&"serve");
    if is_simulator {
        ui::build()?;
    }
    let catchment = build_catchment(args.release || is_simulator)?;
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
