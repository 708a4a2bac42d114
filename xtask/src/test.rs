//! `cargo xtask test`: everything CI checks, one named step after the other.
//!
//! The quick steps come first. The first failure stops the run and names the command that
//! repeats its step alone. Adding a check means adding a [`Step`].

use std::env;
use std::time::Instant;

use clap::builder::PossibleValuesParser;

use crate::setup;
use crate::shell::{Failure, call, cargo, program, root};
use crate::{examples, fuzz, tidy, ui};

/// Run what CI runs: format, tidy, clippy, tests, the page in a browser, docs, licences.
#[derive(clap::Args)]
pub struct Args {
    /// Run this step only (may be given several times).
    #[arg(long, value_name = "STEP", value_parser = step_names())]
    only: Vec<String>,
    /// List the steps.
    #[arg(long)]
    list: bool,
}

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<(), Failure>,
}

const STEPS: [Step; 10] = [
    Step { name: "format", about: "rustfmt would change nothing", run: format },
    Step { name: "tidy", about: "the house rules hold", run: tidy::run },
    Step {
        name: "ui",
        about: "the user interface is well formed, typed, tested in parts, and small",
        run: ui::check,
    },
    Step { name: "clippy", about: "no lint fires, in any target", run: clippy },
    Step { name: "test", about: "all tests and doc tests pass", run: tests },
    Step {
        name: "examples",
        about: "README and docs show what really happens",
        run: examples::run,
    },
    Step {
        name: "browser",
        about: "the simulator does in a browser what it promises",
        run: ui::browser,
    },
    Step { name: "doc", about: "the documentation builds without warnings", run: doc },
    Step { name: "fuzz", about: "the fuzz targets compile (none is run)", run: fuzz::check },
    Step { name: "deny", about: "licences, bans and sources of dependencies", run: deny },
];

fn step_names() -> PossibleValuesParser {
    PossibleValuesParser::new(STEPS.map(|step| step.name))
}

pub fn run(args: &Args) -> Result<(), Failure> {
    if args.list {
        for step in STEPS {
            println!("{:10} {}", step.name, step.about);
        }
        return Ok(());
    }
    let chosen = |step: &Step| args.only.is_empty() || args.only.iter().any(|it| it == step.name);
    let start = Instant::now();
    for step in STEPS.iter().filter(|step| chosen(step)) {
        println!("== {}: {}", step.name, step.about);
        let step_start = Instant::now();
        let result = (step.run)();
        let seconds = step_start.elapsed().as_secs_f64();
        result.map_err(|failure| repeatable(failure, step.name, seconds))?;
        println!("== {}: ok, {seconds:.1} s\n", step.name);
    }
    println!("all steps passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Says which step failed and how to run it alone.
fn repeatable(failure: Failure, step: &str, seconds: f64) -> Failure {
    let repeat = format!("repeat this step with `cargo xtask test --only {step}`");
    let help = if failure.help.is_empty() { repeat } else { failure.help + "\n" + &repeat };
    let what = format!("step `{step}` failed after {seconds:.1} s: {}", failure.what);
    Failure { what, help, exit: failure.exit }
}

fn format() -> Result<(), Failure> {
    setup::component("rustfmt", "fmt")?;
    for more in ["", " --manifest-path fuzz/Cargo.toml"] {
        let mut command = cargo();
        command.args(["fmt", "--all", "--check"]).args(more.split_whitespace());
        call(&mut command).map_err(|failure| Failure {
            help: format!("`cargo fmt --all{more}` puts it right"),
            ..failure
        })?;
    }
    Ok(())
}

fn clippy() -> Result<(), Failure> {
    setup::c_compiler()?;
    setup::component("clippy", "clippy")?;
    call(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn tests() -> Result<(), Failure> {
    setup::c_compiler()?;
    if env::var_os("CATCHMENT_DATA").is_none() {
        println!("CATCHMENT_DATA is not set: tests on real topologies will not run");
    }
    let mut command = cargo();
    match setup::bgp_daemons() {
        // From here on a test that finds no daemon fails.
        Ok(()) => {
            let path = env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{path}:{}", setup::DAEMONS)).env("CATCHMENT_DAEMONS", "1");
        }
        Err(failure) => println!("tests with real BGP daemons will not run:\n{failure}"),
    }
    call(command.args(["test", "--workspace"]))
}

fn doc() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    call(&mut command)
}

fn deny() -> Result<(), Failure> {
    let cargo_deny = setup::cargo_deny()?;
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        println!("{manifest}:");
        let mut command = program(&cargo_deny.to_string_lossy());
        command.arg("--manifest-path").arg(root().join(manifest));
        command.arg("--config").arg(root().join("deny.toml"));
        command.args(["check", "bans", "licenses", "sources"]);
        call(&mut command).map_err(|failure| Failure {
            help: "take another dependency, or change deny.toml and say there why".to_owned(),
            ..failure
        })?;
    }
    Ok(())
}
