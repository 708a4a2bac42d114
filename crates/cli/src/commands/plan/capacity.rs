//! `catchment plan capacity`: will the other sites carry the load?

use catchment_planner::Brief;
use catchment_planner::Unplanned;
use catchment_planner::capacity::fate::Fate;
use catchment_planner::capacity::{CapacityQuestion, Pairs, capacity};
use clap::{Args, ValueEnum};

use super::PlanArgs;
use crate::report::Failure;

/// Pairs that are listed if not all are asked for.
const WORST_PAIRS: usize = 20;

/// Will the other sites carry the load? Every single failure, and what each site needs
///
/// Tables: `sites` (and `links`, where gigabits are known), `failures`, `heirs`, `matrix`, `pairs`,
/// `day`. The answer is "no" where a site with a capacity would need more of it for some single
/// failure of another, or a failure leaves demand without any site; `rules.u_target` says how full
/// a site may get. What overloaded sites would do is followed until the others can bear it: after
/// single failures, groups and pairs.
#[derive(Debug, Args)]
pub struct CapacityArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Sites that fail together, such as `cable=fra,lhr`; can be repeated
    ///
    /// Sites in one city, and those that buy transit from one network, are found without it.
    #[arg(long = "group", value_name = "NAME=SITE,SITE", value_parser = group)]
    groups: Vec<(String, Vec<String>)>,
    /// Which double failures to list
    #[arg(long, value_name = "WHICH", default_value = "worst")]
    pairs: PairsArg,
    /// Hold each site against its worst hour, and each failure too: demand is a daily mean and
    /// follows the sun
    #[arg(long)]
    day: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PairsArg {
    /// None, and none is played
    None,
    /// The worst 20
    Worst,
    /// All
    All,
}

fn group(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, sites) = text.split_once('=').unwrap_or((text, ""));
    let sites: Vec<String> =
        sites.split(',').map(|site| site.trim().to_owned()).filter(|it| !it.is_empty()).collect();
    match name.trim() {
        name if !name.is_empty() && !sites.is_empty() => Ok((name.to_owned(), sites)),
        _ => Err("write a name, `=` and sites, such as `cable=fra,lhr`".into()),
    }
}

impl CapacityArgs {
    fn question(&self, brief: &Brief<'_>) -> Result<CapacityQuestion, Unplanned> {
        let group = |(name, sites): &(String, Vec<String>)| {
            let sites = sites.iter().map(|site| brief.site_named(site));
            Ok(Fate::named(name, sites.collect::<Result<_, Unplanned>>()?))
        };
        Ok(CapacityQuestion {
            groups: self.groups.iter().map(group).collect::<Result<_, Unplanned>>()?,
            pairs: match self.pairs {
                PairsArg::None => Pairs::None,
                PairsArg::Worst => Pairs::Worst(WORST_PAIRS),
                PairsArg::All => Pairs::All,
            },
            day: self.day,
        })
    }
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(args: &CapacityArgs) -> Result<(), Failure> {
    super::plan(&args.plan, |brief, watch| {
        let question = args.question(brief)?;
        Ok(capacity(brief, &question, watch)?.answer(brief))
    })
}
