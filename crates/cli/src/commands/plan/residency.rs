//! `catchment plan residency`: who is served outside the regions that may serve them?

use catchment_planner::Unplanned;
use catchment_planner::residency::{Residency, residency};
use clap::Args;

use super::PlanArgs;
use crate::report::Failure;

/// Who is served outside the regions that may serve them, now and after each single failure?
///
/// Tables: `residency`, `failures`, `regional`. The answer is "no" where somebody is outside. The
/// rules are those of the scenario (`[residency]`) or of `--keep`.
#[derive(Debug, Args)]
pub struct ResidencyArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Regions whose sites may serve the clients of a region, such as `eu=eu,uk`, in place of the
    /// scenario's rules; can be repeated
    #[arg(long, value_name = "REGION=REGION,REGION", value_parser = keep)]
    keep: Vec<(String, Vec<String>)>,
}

fn keep(text: &str) -> Result<(String, Vec<String>), String> {
    let (region, allowed) = text.split_once('=').unwrap_or((text, ""));
    let allowed: Vec<String> =
        allowed.split(',').map(|it| it.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    match region.trim() {
        region if !region.is_empty() && !allowed.is_empty() => Ok((region.to_owned(), allowed)),
        _ => Err("write a region, `=` and regions, such as `eu=eu,uk`".into()),
    }
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(args: &ResidencyArgs) -> Result<(), Failure> {
    super::plan(&args.plan, |brief, watch| {
        let mut given = Residency::new();
        for (region, allowed) in &args.keep {
            if given.insert(region.clone(), allowed.clone()).is_some() {
                return Err(Unplanned::question(
                    format!("region `{region}` has two rules"),
                    format!("name all that may serve it in one: `--keep {region}=eu,uk`"),
                ));
            }
        }
        let rules = if given.is_empty() { brief.residency } else { &given };
        Ok(residency(brief, rules, watch)?.answer(brief))
    })
}
