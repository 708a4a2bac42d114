//! How xtask runs other programs, and the one kind of failure that its commands return.
//!
//! Nothing here knows a particular command. Programs inherit our output, so that what a person
//! or CI sees is what the program printed.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A check said no.
pub const EXIT_CHECK: u8 = 1;
/// The command line cannot be obeyed.
pub const EXIT_USAGE: u8 = 2;
/// This machine lacks something, and we could not install it.
pub const EXIT_ENVIRONMENT: u8 = 3;

/// Why a command stopped. `main` prints it once and exits with `exit`.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    /// What to do about it. May be empty when `what` says all.
    pub help: String,
    pub exit: u8,
}

impl Failure {
    pub fn check(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), exit: EXIT_CHECK }
    }

    pub fn usage(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), exit: EXIT_USAGE }
    }

    pub fn environment(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), exit: EXIT_ENVIRONMENT }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", self.help.replace('\n', "\n        "))?;
        }
        Ok(())
    }
}

/// The repository's root. Cargo says where we are; run by hand, the build remembers.
pub fn root() -> PathBuf {
    let xtask =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let mut root = PathBuf::from(xtask);
    root.pop();
    root
}

/// A program, started in the repository's root, without input.
///
/// The variables that `cargo run` set for xtask are taken out again: build scripts that watch
/// them would otherwise run anew each time one changes between a terminal and `cargo xtask`.
pub fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    for (key, _) in env::vars_os() {
        if key.to_str().is_some_and(set_by_cargo_run) {
            command.env_remove(key);
        }
    }
    command
}

/// The cargo that runs us, ready for arguments.
pub fn cargo() -> Command {
    program(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
}

fn set_by_cargo_run(key: &str) -> bool {
    key.starts_with("CARGO_PKG_")
        || key.starts_with("CARGO_MANIFEST_")
        || matches!(key, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE")
}

/// The command as a person would type it. The toolchain's path of cargo is shortened.
pub fn typed(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args()).map(|word| {
        let word = word.to_string_lossy();
        if word.is_empty() || word.contains([' ', '\'', '"', '$', '*']) {
            format!("'{}'", word.replace('\'', r"'\''"))
        } else {
            word.into_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Runs a program with our output; its failure is ours.
pub fn call(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| not_started(command, &error))?;
    if status.success() {
        return Ok(());
    }
    let how = match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "a signal".to_owned(),
    };
    Err(Failure::check(format!("`{}` ended with {how}", typed(command)), ""))
}

/// Whether a program starts and succeeds. What it prints is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|it| it.success())
}

/// What a program writes to stdout. Its stderr is ours.
pub fn read(command: &mut Command) -> Result<String, Failure> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| not_started(command, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Failure::check(format!("`{}` failed", typed(command)), ""))
}

fn not_started(command: &Command, error: &std::io::Error) -> Failure {
    Failure::environment(format!("`{}` does not start: {error}", typed(command)), "")
}

/// Whether `name` is on the PATH.
pub fn on_path(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file())
}

/// Builds the `catchment` binary and says where it is.
pub fn build_catchment(release: bool) -> Result<PathBuf, Failure> {
    let mut command = cargo();
    command.args(["build", "--package", "catchment-cli", "--bin", "catchment"]);
    command.arg("--message-format=json-render-diagnostics");
    if release {
        command.arg("--release");
    }
    let messages = read(&mut command)?;
    executable_in(&messages).ok_or_else(|| {
        Failure::check("cargo built no binary `catchment`", "see [[bin]] in crates/cli/Cargo.toml")
    })
}

/// The path of the `catchment` binary in cargo's messages, one JSON object per line.
fn executable_in(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "catchment")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/toolchain/bin/cargo");
        command.args(["test", "--", "it's", "a b"]);
        assert_eq!(typed(&command), r"cargo test -- 'it'\''s' 'a b'");
    }

    #[test]
    fn the_binary_is_found_among_cargos_messages() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"name":"clap"},"executable":null}
            {"reason":"compiler-artifact","target":{"name":"catchment"},"executable":"/t/catchment"}
        "#;
        assert_eq!(executable_in(messages), Some(PathBuf::from("/t/catchment")));
        assert_eq!(executable_in("not json"), None);
    }

    #[test]
    fn help_of_a_failure_is_indented() {
        let failure = Failure::check("no `cc`", "one\ntwo");
        assert_eq!(failure.to_string(), "error: no `cc`\n  help: one\n        two");
    }
}
