//! `catchment plan capacity`: will the other sites carry the load?

use catchment_planner::capacity::capacity;
use clap::Args;

use super::PlanArgs;
use crate::report::Failure;

/// Will the other sites carry the load? Every single failure, and what each site needs
#[derive(Debug, Args)]
pub struct CapacityArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, or it cannot be written.
pub fn run(args: &CapacityArgs) -> Result<(), Failure> {
    super::plan(&args.plan, |brief, watch| Ok(capacity(brief, watch)?.answer(brief)))
}
