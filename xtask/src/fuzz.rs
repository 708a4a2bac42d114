//! `cargo xtask fuzz`: coverage-guided fuzzing of everything that reads bytes from outside.
//!
//! Plain nightly Rust and libFuzzer; `cargo fuzz` need not be installed. The targets are a
//! workspace of their own under `fuzz/` (see the README there), because they are built with
//! flags, and a toolchain, that nothing else should be built with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use toml::de::DeTable;

use crate::setup;
use crate::shell::{Failure, call, cargo, program, read, root, typed};

/// Coverage that libFuzzer can follow, and memory errors that do not pass unseen.
///
/// `--cfg fuzzing` lets code leave out what no fuzzer gets past, such as checksums. Debug
/// assertions and overflow checks come from the profile in `fuzz/Cargo.toml`.
const RUSTFLAGS: &str = "-Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Zsanitizer=address \
    --cfg fuzzing";

const MANIFEST: &str = "fuzz/Cargo.toml";

/// Fuzz each target under fuzz/ for a while, or TARGET alone.
#[derive(clap::Args)]
pub struct Args {
    /// How long each target runs.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u32,
    /// Run this input once instead of fuzzing: to repeat a crash.
    #[arg(long, value_name = "FILE", requires = "target")]
    input: Option<PathBuf>,
    /// The name of a target; without it, all.
    target: Option<String>,
}

pub fn run(args: &Args) -> Result<(), Failure> {
    let all = targets(&read_manifest()?)?;
    let targets = match &args.target {
        Some(name) if all.contains(name) => vec![name.clone()],
        Some(name) => {
            let known = if all.is_empty() { "none yet".to_owned() } else { all.join(", ") };
            return Err(Failure::usage(
                format!("there is no fuzz target `{name}`"),
                format!("{MANIFEST} has: {known}"),
            ));
        }
        None => all,
    };
    if targets.is_empty() {
        println!("there is no fuzz target yet: fuzz/README.md says how to add one");
        return Ok(());
    }
    setup::cxx_compiler()?;
    setup::nightly()?;
    let host = host()?;
    for target in targets {
        let executable = build(&target, &host)?;
        match &args.input {
            Some(input) => repeat(&executable, input)?,
            None => fuzz(&target, &executable, args.seconds)?,
        }
    }
    Ok(())
}

/// Checks with the ordinary toolchain that all targets still compile. Without the feature `link`
/// libFuzzer itself is not built, so that this needs no C++ compiler and takes seconds.
pub fn check() -> Result<(), Failure> {
    setup::component("clippy", "clippy")?;
    let mut command = cargo();
    command.args(["clippy", "--manifest-path", MANIFEST, "--no-default-features"]);
    command.args(["--all-targets", "--", "-D", "warnings"]);
    call(&mut command)
}

fn read_manifest() -> Result<String, Failure> {
    fs::read_to_string(root().join(MANIFEST))
        .map_err(|error| Failure::environment(format!("`{MANIFEST}` cannot be read: {error}"), ""))
}

/// The names of the `[[bin]]` entries of a manifest.
fn targets(manifest: &str) -> Result<Vec<String>, Failure> {
    let manifest = DeTable::parse(manifest)
        .map_err(|error| Failure::check(format!("`{MANIFEST}` is not TOML: {error}"), ""))?;
    let bins = manifest.get_ref().get("bin").and_then(|it| it.get_ref().as_array());
    let names = bins.into_iter().flatten().filter_map(|bin| bin.get_ref().get("name"));
    Ok(names.filter_map(|name| name.get_ref().as_str()).map(str::to_owned).collect())
}

/// The platform we build for. Naming it keeps the flags away from build scripts and macros.
fn host() -> Result<String, Failure> {
    let verbose = read(program("rustup").args(["run", "nightly", "rustc", "-vV"]))?;
    let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::environment("`rustc -vV` does not name the host platform", ""))
}

fn build(target: &str, host: &str) -> Result<PathBuf, Failure> {
    println!("== {target}: build");
    let mut command = program("rustup");
    command.args(["run", "nightly", "cargo", "build", "--release", "--manifest-path", MANIFEST]);
    command.args(["--bin", target, "--target", host, "--target-dir", "fuzz/target"]);
    command.env("RUSTFLAGS", RUSTFLAGS);
    // xtask's own cargo must not leak in: it is that of another toolchain.
    command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTUP_TOOLCHAIN");
    call(&mut command)?;
    Ok(root().join("fuzz/target").join(host).join("release").join(target))
}

/// Runs libFuzzer for some seconds. What it found before is kept in `fuzz/corpus`, inputs that
/// are worth committing are in `fuzz/seeds`.
fn fuzz(target: &str, executable: &Path, seconds: u32) -> Result<(), Failure> {
    println!("== {target}: {seconds} s");
    let fuzz = root().join("fuzz");
    let [corpus, seeds, artifacts] =
        ["corpus", "seeds", "artifacts"].map(|folder| fuzz.join(folder).join(target));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::environment(format!("`{}` cannot be made: {error}", folder.display()), "")
        })?;
    }
    let mut command = program(&executable.to_string_lossy());
    command.arg(&corpus);
    if seeds.is_dir() {
        command.arg(&seeds);
    }
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg("-print_final_stats=1");
    call(&mut command).map_err(|_| {
        Failure::check(
            format!("fuzz target `{target}` found an input that fails"),
            format!(
                "the input is the newest file in fuzz/artifacts/{target}; repeat it with\n\
                 `cargo xtask fuzz {target} --input FILE`, then make it a named test"
            ),
        )
    })
}

fn repeat(executable: &Path, input: &Path) -> Result<(), Failure> {
    let input = input.canonicalize().map_err(|error| {
        Failure::usage(format!("`{}` cannot be read: {error}", input.display()), "")
    })?;
    let mut command: Command = program(&executable.to_string_lossy());
    command.arg(input);
    println!("$ {}", typed(&command));
    call(&mut command).map_err(|failure| Failure { what: "the input fails".to_owned(), ..failure })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_bins() {
        let manifest = "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"asn\"\n[[bin]]\nname = \"b\"";
        assert_eq!(targets(manifest).unwrap(), ["asn", "b"]);
        assert!(targets("[package]").unwrap().is_empty());
        assert_eq!(targets("[").unwrap_err().exit, 1);
    }
}
