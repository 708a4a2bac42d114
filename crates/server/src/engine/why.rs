//! Why packets of a dot go where they go.
use super::problems::problem;
use super::{Played, Run, Watch};
use crate::api::{Problem, Why};

pub fn why(
    _played: &Played,
    _run: &Run,
    _dot: u32,
    _at_us: i64,
    _watch: Watch<'_>,
) -> Result<Why, Problem> {
    Err(problem("not-found", 404, "not yet", ""))
}
