//! `catchment plan attack`: who survives which attack, and what to do about it.

use std::path::{Path, PathBuf};

use catchment_formats::bots;
use catchment_model::Asn;
use catchment_model::botnet::BadBotnet;
use catchment_model::scenario::{Action, Attack, Botnet};
use catchment_model::schedule::Bots;
use catchment_planner::attack::{AttackQuestion, Family, Size, attack};
use catchment_planner::{Brief, Unplanned};
use catchment_worlds::{botnets_of, resolve_botnet};
use clap::Args;

use super::{Beside, PlanArgs, Ready};
use crate::commands::world::build::read;
use crate::progress::Progress;
use crate::report::{Failure, note};

/// Who survives which attack, and what to do about it
///
/// Compares botnets at several sizes. Tables: `map`, `families`, `playbook`, `sites`, `estimate`.
/// The answer is "no" where a site goes over its capacity. Filters and retries are those of the
/// scenario (`--set rules.filtering=true`).
#[derive(Debug, Args)]
pub struct AttackArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// Where the bots are: `by_users`, `uniform`, `region=eu`, `country=DE`, `ases=64500,64501`,
    /// `zipf=1`, or `file=BOTS.csv` with columns `asn` and `share`; can be repeated [default: by
    /// users, uniform, each region, zipf=1, and the attacks of the scenario]
    #[arg(long, value_name = "WHERE", value_parser = place)]
    from: Vec<Place>,
    /// How large the attack is, in million queries a second; a list compares several, and
    /// responses are worked out for the first [default: the scenario's attack, or `u_target`
    /// of what the sites have to spare, and multiples of it]
    #[arg(long, value_name = "MQPS", value_delimiter = ',', value_parser = amount)]
    mqps: Vec<f64>,
    /// The same in gigabits a second
    #[arg(long, value_name = "GBPS", value_delimiter = ',', value_parser = amount)]
    gbps: Vec<f64>,
    /// Share of its usual traffic that a site still sees, such as `fra=0.25`: tells the size of
    /// the attack; can be repeated
    #[arg(long, value_name = "SITE=SHARE", value_parser = seen)]
    seen: Vec<(String, f64)>,
}

/// Where bots are, as an option says it.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Botnet(Botnet),
    File(PathBuf),
}

fn place(text: &str) -> Result<Place, String> {
    match text.split_once('=') {
        Some(("file", path)) if !path.trim().is_empty() => Ok(Place::File(path.trim().into())),
        Some(("file", _)) => Err("write what it is, as in `file=BOTS.csv`".to_owned()),
        _ => text.parse().map(Place::Botnet).map_err(|BadBotnet(help)| help),
    }
}

fn amount(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(amount) if amount > 0.0 && amount <= 1e9 => Ok(amount),
        _ => Err("write a number above 0, and 1e9 at most".into()),
    }
}

fn seen(text: &str) -> Result<(String, f64), String> {
    let wrong = || "write a site, `=` and a share, such as `fra=0.25`".to_owned();
    let (site, share) = text.split_once('=').ok_or_else(wrong)?;
    let (number, divisor) = match share.trim().strip_suffix('%') {
        Some(percent) => (percent.trim(), 100.0),
        None => (share.trim(), 1.0),
    };
    let share: f64 = number.parse().map_err(|_| wrong())?;
    Ok((site.trim().to_owned(), share / divisor))
}

/// The attacks of a scenario.
fn attacks(ready: &Ready) -> impl Iterator<Item = &Attack> {
    ready.scenario.events.iter().filter_map(|event| match &event.action {
        Action::Attack(attack) => Some(attack),
        _ => None,
    })
}

/// Who sends how much, of a botnet.
fn resolve(ready: &Ready, botnet: &Botnet) -> Result<Bots, Unplanned> {
    resolve_botnet(&ready.assembled, botnet)
        .map_err(|mistake| Unplanned::question(mistake.message, mistake.help))
}

/// Bots of a file, by the router that stands for each AS.
fn of_file(brief: &Brief<'_>, path: &Path, found: &[(Asn, f64)]) -> Result<Bots, Unplanned> {
    let world = brief.situation().world;
    let mut shares: Vec<(u32, f64)> = Vec::with_capacity(found.len());
    for (asn, share) in found {
        let routers = world.routers_of_asn(*asn);
        if !routers.is_empty() {
            shares.push((world.shown_router(routers), *share));
        }
    }
    let unknown = found.len() - shares.len();
    if unknown > 0 {
        let file = path.display();
        note(&match unknown {
            1 => format!("1 AS of `{file}` is not in the world, and sends nothing"),
            many => format!("{many} ASes of `{file}` are not in the world, and send nothing"),
        });
    }
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    if shares.is_empty() {
        return Err(Unplanned::question(
            format!("the world has no AS of `{}`", path.display()),
            "name ASes that it has: `catchment solve` lists them",
        ));
    }
    shares.iter_mut().for_each(|(_, share)| *share /= sum);
    shares.sort_by_key(|(router, _)| *router);
    Ok(Bots::Routers(shares))
}

impl AttackArgs {
    fn botnets(&self, ready: &Ready) -> Vec<Place> {
        if !self.from.is_empty() {
            return self.from.clone();
        }
        let all = botnets_of(&ready.assembled, &ready.scenario);
        all.into_iter().map(Place::Botnet).collect()
    }

    fn sizes(&self, ready: &Ready) -> Result<Vec<Size>, Unplanned> {
        let (mqps, gbps) = (&self.mqps, &self.gbps);
        if !mqps.is_empty() && !gbps.is_empty() && mqps.len() != gbps.len() {
            return Err(Unplanned::question(
                format!("{} sizes in queries, but {} in gigabits", mqps.len(), gbps.len()),
                "give as many of both, or one kind alone",
            ));
        }
        let count = mqps.len().max(gbps.len());
        if count == 0 {
            return Ok(attacks(ready).take(1).map(|it| Size::new(it.mqps, it.gbps)).collect());
        }
        Ok((0..count).map(|at| Size::new(mqps.get(at).copied(), gbps.get(at).copied())).collect())
    }

    fn question(
        &self,
        ready: &Ready,
        brief: &Brief<'_>,
        files: &[(PathBuf, Vec<(Asn, f64)>)],
    ) -> Result<AttackQuestion, Unplanned> {
        let mut families = Vec::new();
        for place in self.botnets(ready) {
            families.push(match place {
                Place::Botnet(botnet) => {
                    Family { name: botnet.label(), bots: resolve(ready, &botnet)? }
                }
                Place::File(path) => {
                    let (_, found) = files.iter().find(|(it, _)| *it == path).expect("it was read");
                    let name = path.file_stem().unwrap_or_default().to_string_lossy();
                    Family { name: name.into_owned(), bots: of_file(brief, &path, found)? }
                }
            });
        }
        let seen = self.seen.iter().map(|(site, share)| Ok((brief.site_named(site)?, *share)));
        Ok(AttackQuestion {
            families,
            sizes: self.sizes(ready)?,
            seen: seen.collect::<Result<_, Unplanned>>()?,
        })
    }
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, it is "no", or it cannot be written.
pub fn run(args: &AttackArgs) -> Result<(), Failure> {
    let mut files = Vec::new();
    for place in &args.from {
        if let Place::File(path) = place {
            files.push((path.clone(), read(path, &Progress::silent(), bots::read)?));
        }
    }
    let inputs = files.iter().map(|(path, _)| path.clone()).collect();
    let beside = Beside { inputs, output: None };
    super::plan_ready(&args.plan, beside, |ready, brief, watch| {
        let question = args.question(ready, brief, &files)?;
        Ok(attack(brief, &question, watch)?.answer(brief))
    })
}
