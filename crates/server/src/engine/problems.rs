//! What goes wrong, as programs and people read it.

use catchment_dynamics::play::Unfinished;
use catchment_model::Mistake;
use catchment_routing::Unsolved;

use crate::api::{MistakeInfo, Problem};

/// A problem without mistakes.
pub fn problem(kind: &str, status: u16, title: impl Into<String>, help: &str) -> Problem {
    Problem {
        kind: kind.to_owned(),
        title: title.into(),
        status,
        help: help.to_owned(),
        mistakes: Vec::new(),
    }
}

/// Whoever asked does not want to know any more.
pub fn cancelled() -> Problem {
    problem("cancelled", 499, "cancelled", "")
}

/// Mistakes of a scenario that was not read from a text here.
pub fn mistakes(mistakes: Vec<Mistake>) -> Problem {
    let title = match &mistakes[..] {
        [only] => only.message.clone(),
        _ => format!("the scenario has {} mistakes", mistakes.len()),
    };
    let info = |mistake: Mistake| MistakeInfo {
        code: mistake.code.to_owned(),
        path: mistake.path,
        message: mistake.message,
        help: mistake.help,
        line: None,
        column: None,
    };
    let mistakes = mistakes.into_iter().map(info).collect();
    Problem { mistakes, ..problem("scenario-mistakes", 422, title, "") }
}

const SETTLE_HELP: &str = "their preferences contradict each other; look at LOCAL_PREF overrides, \
                           leaks and `rules.policy_noise`";

/// A run without an end.
pub fn unfinished(error: Unfinished) -> Problem {
    match error {
        Unfinished::Oscillation { .. } => {
            problem("oscillation", 422, error.to_string(), SETTLE_HELP)
        }
        Unfinished::Cancelled => cancelled(),
    }
}

/// A steady state that there is not.
pub fn unsolved(error: Unsolved) -> Problem {
    match error {
        Unsolved::Oscillation(oscillation) => {
            problem("oscillation", 422, oscillation.to_string(), SETTLE_HELP)
        }
        other @ Unsolved::TooLarge { .. } => problem("too-large", 422, other.to_string(), ""),
    }
}

/// A run that the result does not have.
pub fn no_such_run(run: usize, count: usize) -> Problem {
    let title = format!("there is no run {run}");
    problem("not-found", 404, title, &format!("the result has {count}, counted from 0"))
}

/// A dot that the world does not have.
pub fn no_such_dot(dot: u32, count: usize) -> Problem {
    let title = format!("there is no dot {dot}");
    problem("not-found", 404, title, &format!("the world has {count}, counted from 0"))
}
