//! `catchment plan attack`: who survives which attack, and what to do about it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use catchment_formats::bots;
use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{Action, Attack, Botnet, Event};
use catchment_model::schedule::{Bots, Deed};
use catchment_model::{Asn, Duration};
use catchment_planner::attack::{AttackQuestion, Family, Size, attack};
use catchment_planner::{Brief, Unplanned};
use catchment_worlds::schedule;
use clap::Args;

use super::{PlanArgs, Ready};
use crate::commands::world::build::read;
use crate::progress::Progress;
use crate::report::{Failure, count, note};

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

const PLACES: [&str; 7] = ["by_users", "uniform", "region", "country", "ases", "zipf", "file"];

fn place(text: &str) -> Result<Place, String> {
    let (kind, value) = match text.split_once('=') {
        Some((kind, value)) => (kind.trim(), Some(value.trim()).filter(|value| !value.is_empty())),
        None => (text.trim(), None),
    };
    let botnet = match (kind, value) {
        ("by_users", None) => Botnet::ByUsers,
        ("uniform", None) => Botnet::Uniform,
        ("region", Some(region)) => Botnet::Region(region.to_lowercase()),
        ("country", Some(country)) => {
            if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Err("write the two letters of a country, such as `country=DE`".into());
            }
            Botnet::Country(country.to_ascii_uppercase())
        }
        ("ases", Some(ases)) => {
            let asn = |text: &str| {
                let text = text.trim();
                let digits = text.strip_prefix("AS").or(text.strip_prefix("as")).unwrap_or(text);
                digits.parse::<u32>().ok().filter(|asn| *asn > 0).map(Asn)
            };
            let ases: Option<Vec<Asn>> = ases.split(',').map(asn).collect();
            Botnet::Ases(ases.ok_or("write AS numbers, such as `ases=64500,64501`")?)
        }
        ("zipf", Some(exponent)) => match exponent.parse::<f64>() {
            Ok(exponent) if (0.0..=10.0).contains(&exponent) => Botnet::Zipf(exponent),
            _ => return Err("write an exponent from 0 to 10, such as `zipf=1`".into()),
        },
        ("file", Some(path)) => return Ok(Place::File(path.into())),
        (kind, _) if PLACES.contains(&kind) => {
            return Err(match value {
                None => format!("write what it is, as in `{kind}=…`"),
                Some(_) => format!("write `{kind}` alone"),
            });
        }
        (kind, _) => return Err(nearest_help(kind, PLACES)),
    };
    Ok(Place::Botnet(botnet))
}

fn amount(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(amount) if amount > 0.0 && amount <= 1e9 => Ok(amount),
        _ => Err("write a number above 0".into()),
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

/// Name of a botnet in tables.
fn name_of(botnet: &Botnet) -> String {
    match botnet {
        Botnet::Uniform => "uniform".to_owned(),
        Botnet::ByUsers => "by_users".to_owned(),
        Botnet::Region(region) => format!("region={region}"),
        Botnet::Country(country) => format!("country={country}"),
        Botnet::Ases(ases) => {
            let names: Vec<String> = ases.iter().take(3).map(ToString::to_string).collect();
            let more = if ases.len() > 3 { ",…" } else { "" };
            format!("ases={}{more}", names.join(","))
        }
        Botnet::Zipf(exponent) => format!("zipf={exponent}"),
    }
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
    let attack = Attack { gbps: None, mqps: Some(1.0), from: botnet.clone(), lasts: None };
    let event = Event { at: Duration::default(), action: Action::Attack(attack) };
    let mut scenario = ready.scenario.clone();
    scenario.events = vec![event];
    let occurrences = schedule(&ready.assembled, &scenario).map_err(|mistakes| {
        let first = &mistakes[0];
        Unplanned::question(first.message.clone(), first.help.clone())
    })?;
    let bots = occurrences.into_iter().find_map(|occurrence| match occurrence.deed {
        Deed::Attack { bots, .. } => Some(bots),
        _ => None,
    });
    Ok(bots.expect("the only event is an attack"))
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
        let ases = count(unknown as u64, "AS", "ASes");
        note(&format!("{ases} of `{}` are not in the world, and send nothing", path.display()));
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
        let mut regions: BTreeSet<&str> =
            ready.assembled.world.clients.iter().map(|client| &*client.region).collect();
        if regions.iter().all(|region| region.is_empty()) {
            regions = ready.assembled.service.sites.iter().map(|site| &*site.region).collect();
        }
        let regions = regions.into_iter().filter(|region| !region.is_empty());
        let mut all = vec![Botnet::ByUsers, Botnet::Uniform];
        all.extend(regions.map(|region| Botnet::Region(region.to_owned())));
        all.push(Botnet::Zipf(1.0));
        for attack in attacks(ready) {
            if !all.contains(&attack.from) {
                all.push(attack.from.clone());
            }
        }
        all.into_iter().map(Place::Botnet).collect()
    }

    fn sizes(&self, ready: &Ready) -> Result<Vec<Size>, Unplanned> {
        let size = |mqps: Option<f64>, gbps: Option<f64>| Size {
            kqps: 1000.0 * mqps.unwrap_or(0.0),
            gbps: gbps.unwrap_or(0.0),
        };
        let (mqps, gbps) = (&self.mqps, &self.gbps);
        if !mqps.is_empty() && !gbps.is_empty() && mqps.len() != gbps.len() {
            return Err(Unplanned::question(
                format!("{} sizes in queries, but {} in gigabits", mqps.len(), gbps.len()),
                "give as many of both, or one kind alone",
            ));
        }
        let count = mqps.len().max(gbps.len());
        if count == 0 {
            return Ok(attacks(ready).take(1).map(|it| size(it.mqps, it.gbps)).collect());
        }
        Ok((0..count).map(|at| size(mqps.get(at).copied(), gbps.get(at).copied())).collect())
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
                    Family { name: name_of(&botnet), bots: resolve(ready, &botnet)? }
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
    super::plan_ready(&args.plan, |ready, brief, watch| {
        let question = args.question(ready, brief, &files)?;
        Ok(attack(brief, &question, watch)?.answer(brief))
    })
}
