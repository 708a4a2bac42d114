//! `catchment plan steer`: what to announce differently.

use std::path::PathBuf;

use catchment_model::mistake::nearest_help;
use catchment_model::service::Capacity;
use catchment_planner::letters::Letter;
use catchment_planner::steer::{
    Effort, Goal, LeverKinds, Measure, PREPEND_MAX, SteerQuestion, steer,
};
use catchment_planner::{Brief, Unplanned};
use clap::{Args, ValueEnum};

use super::{Beside, PlanArgs};
use crate::output::Target;
use crate::report::{Failure, note};

/// What to announce differently, for shares of demand, ceilings of load, or shorter round trips
///
/// Tries prepends, sessions, communities, MED and regional prefixes, and shows whom each step
/// moves. Exact where the configurations are few (see `--changes` and `--trials`).
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("goal").required(true).args(["target", "ceiling", "lower"])))]
pub struct SteerArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Shares of demand that sites should get, such as `fra=30%,lhr=20%`
    #[arg(long, value_name = "SITE=SHARE,...", value_delimiter = ',', value_parser = target)]
    target: Vec<(String, f64)>,
    /// How far a share may be off
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = share)]
    within: f64,
    /// Keep every site below its capacity times `rules.u_target`, times FACTOR, or below kq/s by
    /// site
    #[arg(long, value_name = "FACTOR|SITE=KQPS,...", num_args = 0..=1, default_missing_value = "")]
    ceiling: Option<String>,
    /// Lower the round trip of all demand
    #[arg(long, value_name = "MEASURE")]
    lower: Option<Lower>,
    /// Only these sites change what they announce [default: all]
    #[arg(long, value_name = "SITE,...", value_delimiter = ',')]
    sites: Vec<String>,
    /// What may be changed
    #[arg(
        long,
        value_name = "KIND,...",
        value_delimiter = ',',
        default_value = "prepend,session,community,med,prefix"
    )]
    levers: Vec<LeverKind>,
    /// Most prepends on a session
    #[arg(long, value_name = "N", default_value_t = 3,
        value_parser = clap::value_parser!(u8).range(1..=i64::from(PREPEND_MAX)))]
    prepends: u8,
    /// Most changes of a plan
    #[arg(long, value_name = "N", default_value_t = 3)]
    changes: usize,
    /// Configurations that are tried at most
    #[arg(long, value_name = "N", default_value_t = 4000,
        value_parser = clap::value_parser!(u64).range(1..))]
    trials: u64,
    /// Searches again from so many other starts, where not all can be tried
    #[arg(long, value_name = "N", default_value_t = 4)]
    restarts: u32,
    /// Write letters to the neighbors whose help the plan needs
    #[arg(long, value_name = "FILE")]
    pub letters: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lower {
    /// Its mean
    Mean,
    /// That which 95 % of demand do not exceed
    P95,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LeverKind {
    /// Prepends towards a neighbor, or everyone
    Prepend,
    /// Announcing to a neighbor or not
    Session,
    /// Communities that neighbors act on
    Community,
    /// MED towards neighbors that hear several sites
    Med,
    /// Regional prefixes of sites, with hybrid steering
    Prefix,
}

/// `30%`, or `0.3`.
fn share(text: &str) -> Result<f64, String> {
    let wrong = || "write a share such as `30%` or `0.3`".to_owned();
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.trim().parse::<f64>().map_err(|_| wrong())?,
    };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong()) }
}

fn target(text: &str) -> Result<(String, f64), String> {
    let (site, text) = text.split_once('=').ok_or("write a site and a share: `fra=30%`")?;
    Ok((site.trim().to_owned(), share(text)?))
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(args: &SteerArgs) -> Result<(), Failure> {
    let target = match &args.letters {
        Some(path) => Some(Target::new(Some(path))?),
        None => None,
    };
    let output = target.clone().map(|target| (target, "the letters"));
    let beside = Beside { inputs: Vec::new(), output };
    let seed = args.plan.scenario.seed;
    let mut letters: Vec<Letter> = Vec::new();
    let outcome = super::plan_ready(&args.plan, beside, |_, brief, watch| {
        let plan = steer(brief, &question(brief, args, seed)?, watch)?;
        letters.clone_from(&plan.letters);
        Ok(plan.answer(brief))
    });
    let Some(target) = target else { return outcome };
    match letters.is_empty() {
        false => {
            let texts: Vec<&str> = letters.iter().map(|letter| &*letter.text).collect();
            target.write(|out| out.write_all(texts.join("\n----\n\n").as_bytes()))?;
        }
        true if outcome.is_ok() => {
            note("the plan needs nobody's help, so that there is no letter to write");
        }
        true => {}
    }
    outcome
}

fn question(
    brief: &Brief<'_>,
    args: &SteerArgs,
    seed: Option<u64>,
) -> Result<SteerQuestion, Unplanned> {
    let may = |kind: LeverKind| args.levers.contains(&kind);
    let mut sites =
        args.sites.iter().map(|name| site(brief, name)).collect::<Result<Vec<u32>, _>>()?;
    sites.sort_unstable();
    sites.dedup();
    Ok(SteerQuestion {
        goal: goal(brief, args)?,
        kinds: LeverKinds {
            prepend_max: if may(LeverKind::Prepend) { args.prepends } else { 0 },
            sessions: may(LeverKind::Session),
            communities: may(LeverKind::Community),
            med: may(LeverKind::Med),
            prefixes: may(LeverKind::Prefix),
            sites,
        },
        effort: Effort {
            turned_max: args.changes,
            trials_max: args.trials,
            restarts: args.restarts,
            seed: seed.unwrap_or(brief.situation().seed),
        },
    })
}

fn goal(brief: &Brief<'_>, args: &SteerArgs) -> Result<Goal, Unplanned> {
    if let Some(lower) = args.lower {
        return Ok(Goal::Latency(match lower {
            Lower::Mean => Measure::Mean,
            Lower::P95 => Measure::P95,
        }));
    }
    if let Some(text) = &args.ceiling {
        return ceiling(brief, text);
    }
    let mut targets: Vec<(u32, f64)> = Vec::with_capacity(args.target.len());
    for (name, share) in &args.target {
        let site = site(brief, name)?;
        if targets.iter().any(|(known, _)| *known == site) {
            return Err(Unplanned::question(
                format!("site `{name}` has two targets"),
                "give each site one",
            ));
        }
        targets.push((site, *share));
    }
    Ok(Goal::Shares { targets, within: args.within })
}

fn ceiling(brief: &Brief<'_>, text: &str) -> Result<Goal, Unplanned> {
    let sites = &brief.service().sites;
    let wrong = |given: &str| {
        Unplanned::question(
            format!("`--ceiling {given}` is no ceiling"),
            "write nothing for the capacities times `rules.u_target`, a factor such as `0.9`, or \
             kq/s by site such as `fra=300,lhr=120`",
        )
    };
    let number =
        |text: &str| text.trim().parse::<f64>().ok().filter(|it| (0.0..=1e12).contains(it));
    if !text.contains('=') {
        let factor = match text {
            "" => brief.situation().rules.u_target,
            text => number(text).ok_or_else(|| wrong(text))?,
        };
        return Ok(Goal::of_capacities(brief, factor));
    }
    let mut ceilings = vec![Capacity::default(); sites.len()];
    for part in text.split(',') {
        let (name, kqps) = part.split_once('=').ok_or_else(|| wrong(text))?;
        let kqps = number(kqps).ok_or_else(|| wrong(text))?;
        let known = &mut ceilings[site(brief, name.trim())? as usize].kqps;
        if known.replace(kqps).is_some() {
            return Err(Unplanned::question(
                format!("site `{}` has two ceilings", name.trim()),
                "give each site one",
            ));
        }
    }
    Ok(Goal::Ceiling { ceilings })
}

/// The site of a name on the command line.
pub(super) fn site(brief: &Brief<'_>, name: &str) -> Result<u32, Unplanned> {
    let found = name.parse().ok().and_then(|name| brief.service().site_index(&name));
    found.ok_or_else(|| {
        let known = brief.service().sites.iter().map(|site| site.name.as_str());
        Unplanned::question(format!("scenario has no site `{name}`"), nearest_help(name, known))
    })
}
