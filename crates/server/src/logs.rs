//! What the server says about itself, on stderr: for people on a terminal, as JSON in a log.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::LevelFilter;

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogForm {
    /// Lines for people.
    Text,
    /// A JSON object in each line.
    Json,
}

impl LogForm {
    /// What fits where stderr leads.
    pub fn fitting() -> LogForm {
        if io::stderr().is_terminal() { LogForm::Text } else { LogForm::Json }
    }
}

/// Logs from here on, down to this level: `error`, `warn`, `info`, `debug`, `trace`, `off`.
///
/// # Errors
/// If there is no such level.
pub fn start(level: &str, form: LogForm) -> Result<(), String> {
    let level: LevelFilter = level.parse().map_err(|_| {
        format!("there is no level `{level}`: take error, warn, info, debug, trace or off")
    })?;
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // Somebody who logs already in this process has their reasons.
    let _ = match form {
        LogForm::Text => log.with_target(false).try_init(),
        LogForm::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Logs a panic.
pub fn bug(message: &str, place: &str) {
    tracing::error!(panic = message, place, version = env!("CARGO_PKG_VERSION"), "this is a bug");
}
