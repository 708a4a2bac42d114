//! `catchment plan sites`: which of the sites that could be had to open.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use catchment_formats::candidates::{self, Candidate};
use catchment_formats::scenario::{self, Syntax};
use catchment_model::geo::Place;
use catchment_model::scenario::{NeighborSpec, PlaceRef, Scenario, SiteSpec};
use catchment_model::{Asn, Relation, SiteName};
use catchment_planner::sites::{EXACT_MAX, Objective, SitesQuestion, sites};
use catchment_planner::steer::Measure;
use catchment_planner::{Brief, Unplanned};
use catchment_worlds::BaseWorld;
use clap::{Args, ValueEnum};

use super::{Beside, PlanArgs, steer};
use crate::commands::world::build::read;
use crate::input::ScenarioArgs;
use crate::report::{Failure, count, note};

/// Which sites to open, out of candidates, and what one more session is worth
///
/// Up to twelve candidates all sets are looked at and the answer is exact; beyond, it says how far
/// from the best it can be. Sites of the scenario stay unless `--replace` is given.
#[derive(Debug, Args)]
pub struct SitesArgs {
    #[command(flatten)]
    pub plan: PlanArgs,
    /// CSV of candidates: `site`, `city` or `lat` and `lon`, `asn`, `neighbors` (such as
    /// `1299 3356:peer`), `options` (neighbors not used yet), `region`, `kqps`, `gbps`; or TOML
    /// with `[[site]]` blocks as scenarios have them
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// CSV of the candidates' neighbors: `site`, `asn`, `type`
    #[arg(long, value_name = "FILE")]
    neighbors: Option<PathBuf>,
    /// Candidates without neighbors announce to the networks that are present in their city, as to
    /// this: for tables of places such as lists of points of presence
    #[arg(long, value_name = "RELATION", requires = "candidates")]
    present: Option<Present>,
    /// AS of the candidates that name none
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// How many to open
    #[arg(long, value_name = "K")]
    choose: usize,
    /// What is wanted
    #[arg(long, value_name = "WHAT", default_value = "rtt")]
    objective: Wanted,
    /// Sites of the scenario are candidates too
    #[arg(long)]
    replace: bool,
    /// Sets that are tried at most where not all are
    #[arg(long, value_name = "N", default_value_t = 4000,
        value_parser = clap::value_parser!(u64).range(1..))]
    trials: u64,
    /// Searches again from so many other starts, where not all sets are tried
    #[arg(long, value_name = "N", default_value_t = 2)]
    restarts: u32,
}

/// What networks in a city are to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Present {
    /// Those with customers are its providers
    Provider,
    /// All are its peers
    Peer,
}

/// Routers of a city are no farther from each other, nor from its airport, in km.
const CITY_KM: f64 = 50.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// A short mean round trip
    Rtt,
    /// A short round trip for 95 % of demand
    P95,
    /// A low load of the fullest site after any single failure
    WorstLoad,
    /// Little demand served outside the regions allowed for it
    Residency,
}

/// Runs the command.
///
/// # Errors
/// If there is no answer, or it cannot be written.
pub fn run(args: &SitesArgs) -> Result<(), Failure> {
    if args.candidates.is_none() && !args.replace {
        return Err(Failure::bad_input("there are no candidates to choose from").help(
            "name a file of them with `--candidates`, or let the sites of the scenario be \
             candidates with `--replace`",
        ));
    }
    if args.neighbors.is_some() && args.candidates.is_none() {
        return Err(Failure::bad_input("`--neighbors` needs `--candidates`")
            .help("candidates have names and places; the table of neighbors has neither"));
    }
    let names = RefCell::new(BTreeSet::new());
    let inputs = args.candidates.iter().chain(&args.neighbors).cloned().collect();
    super::plan_of(
        &args.plan,
        Beside { inputs, output: None },
        |scenario, base, progress| {
            let Some(path) = &args.candidates else { return Ok(()) };
            let is_toml = path.extension().is_some_and(|it| it.eq_ignore_ascii_case("toml"));
            let mut offers = match is_toml {
                true => of_toml(path, scenario)?,
                false => of_table(read(path, progress, candidates::read)?)?,
            };
            if let Some(path) = &args.neighbors {
                let neighbors = read(path, progress, candidates::read_neighbors)?;
                join(&mut offers, &neighbors);
            }
            if let Some(present) = args.present {
                meet(&mut offers, scenario, base, present);
            }
            names.replace(add(scenario, base, offers, args)?);
            Ok(())
        },
        |brief, watch| {
            let names = names.borrow();
            let found = names.iter().map(|name| steer::site(brief, name.as_str()));
            let mut candidates = found.collect::<Result<Vec<u32>, _>>()?;
            if args.replace {
                candidates.extend(brief.active_sites());
            }
            candidates.sort_unstable();
            candidates.dedup();
            Ok(sites(brief, &question(brief, args, candidates)?, watch)?.answer(brief))
        },
    )
}

fn question(
    brief: &Brief<'_>,
    args: &SitesArgs,
    candidates: Vec<u32>,
) -> Result<SitesQuestion, Unplanned> {
    if args.objective == Wanted::Residency && brief.residency.is_empty() {
        return Err(Unplanned::question(
            "nobody says who may be served where",
            "give the scenario a `[residency]`",
        ));
    }
    if candidates.len() > EXACT_MAX {
        note(&format!(
            "{} candidates are more than the {EXACT_MAX} of which all sets are looked at",
            candidates.len()
        ));
    }
    Ok(SitesQuestion {
        candidates,
        choose: args.choose,
        objective: match args.objective {
            Wanted::Rtt => Objective::Rtt(Measure::Mean),
            Wanted::P95 => Objective::Rtt(Measure::P95),
            Wanted::WorstLoad => Objective::WorstLoad,
            Wanted::Residency => Objective::Residency,
        },
        trials_max: args.trials,
        restarts: args.restarts,
        seed: args.plan.scenario.seed.unwrap_or(brief.situation().seed),
    })
}

/// A candidate: a site as a scenario would have it, with what it announces to apart from that.
struct Offer {
    spec: SiteSpec,
    /// Whom it would announce to.
    used: Vec<NeighborSpec>,
    /// Whom it could announce to besides.
    options: Vec<NeighborSpec>,
}

/// Candidates of a table. Rows of one name are one candidate with the neighbors of all.
fn of_table(candidates: Vec<Candidate>) -> Result<Vec<Offer>, Failure> {
    let neighbors = |listed: Vec<(Asn, Relation)>| -> Vec<NeighborSpec> {
        listed.into_iter().map(|(asn, relation)| neighbor(asn, relation)).collect()
    };
    let mut offers: Vec<Offer> = Vec::with_capacity(candidates.len());
    let mut places: BTreeMap<SiteName, usize> = BTreeMap::new();
    for candidate in candidates {
        let spec = SiteSpec {
            place: candidate.place,
            asn: candidate.asn,
            capacity: Some(candidate.capacity),
            region: (!candidate.region.is_empty()).then_some(candidate.region),
            ..empty(candidate.name)
        };
        let (used, options) = (neighbors(candidate.neighbors), neighbors(candidate.options));
        match places.get(&spec.name) {
            None => {
                places.insert(spec.name.clone(), offers.len());
                offers.push(Offer { spec, used, options });
            }
            Some(at) if offers[*at].spec == spec => {
                offers[*at].used.extend(used);
                offers[*at].options.extend(options);
            }
            Some(_) => {
                let message = format!("candidate `{}` stands there twice, and differs", spec.name);
                return Err(Failure::bad_input(message).help(
                    "give one of them another name; only neighbors may be on several lines",
                ));
            }
        }
    }
    Ok(offers)
}

/// Candidates of a file with the `[[site]]` blocks of a scenario and nothing else.
fn of_toml(path: &Path, scenario: &Scenario) -> Result<Vec<Offer>, Failure> {
    let prefixes: Vec<String> =
        scenario.prefixes.iter().map(|prefix| format!("\"{prefix}\"")).collect();
    // What every scenario must say, so that a file of sites can be read as one.
    let set = [
        ("format", "1".to_owned()),
        ("name", "candidates".to_owned()),
        ("world.builtin", "eight".to_owned()),
        ("service.prefixes", format!("[{}]", prefixes.join(", "))),
    ]
    .map(|(path, value)| (path.to_owned(), value));
    let bare = scenario::read("", Syntax::Toml, &set).expect("it says what it must").scenario;
    let name = path.display().to_string();
    let args = ScenarioArgs { scenario: name.clone(), seed: None, set: set.to_vec() };
    let mut found = args.load()?.scenario;
    let sites = std::mem::take(&mut found.sites);
    if found != bare {
        return Err(Failure::bad_input(format!("`{name}` says more than candidates can"))
            .help("leave `[[site]]` blocks in it; all else belongs into the scenario"));
    }
    if sites.is_empty() {
        return Err(Failure::bad_input(format!("`{name}` has no candidate"))
            .help("add a `[[site]]` for each"));
    }
    if let Some(site) = sites.iter().find(|site| site.remove) {
        let message = format!("candidate `{}` is to be removed", site.name);
        return Err(Failure::bad_input(message).help("leave it out of the file"));
    }
    let offer = |mut spec: SiteSpec| {
        let used = spec.neighbors.take().unwrap_or_default();
        Offer { spec, used, options: Vec::new() }
    };
    Ok(sites.into_iter().map(offer).collect())
}

fn neighbor(asn: Asn, relation: Relation) -> NeighborSpec {
    NeighborSpec { asn: Some(asn), relation: Some(relation), ..NeighborSpec::default() }
}

/// Gives candidates the neighbors that a table has for them. A name of the table stands for the
/// candidate of that name, or for the only one whose name ends with it.
fn join(offers: &mut [Offer], neighbors: &[candidates::Neighbor]) {
    let mut places: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for neighbor in neighbors {
        let name = neighbor.site.as_str();
        let place = *places.entry(name).or_insert_with(|| {
            let same = offers.iter().position(|it| it.spec.name.as_str() == name);
            let mut ends =
                (0..offers.len()).filter(|at| offers[*at].spec.name.as_str().ends_with(name));
            same.or_else(|| ends.next().filter(|_| ends.next().is_none()))
        });
        if let Some(at) = place {
            offers[at].used.push(self::neighbor(neighbor.asn, neighbor.relation));
        }
    }
    let lost: Vec<&str> =
        places.iter().filter(|(_, place)| place.is_none()).map(|(name, _)| *name).collect();
    if !lost.is_empty() {
        note(&format!("no candidate has the name of these neighbors' sites: {}", lost.join(", ")));
    }
}

/// Gives candidates that name no neighbor those that are present in their city.
fn meet(offers: &mut [Offer], scenario: &Scenario, base: &BaseWorld, present: Present) {
    let world = &base.world;
    let own: BTreeSet<Asn> =
        base.sites.iter().chain(&scenario.sites).filter_map(|site| site.asn).collect();
    let sells = |as_index: u32| {
        let mut routers = world.routers_of(as_index);
        routers.any(|router| !world.group(router, Relation::Customer).is_empty())
    };
    let (relation, may): (Relation, &dyn Fn(u32) -> bool) = match present {
        Present::Provider => (Relation::Provider, &sells),
        Present::Peer => (Relation::Peer, &|_| true),
    };
    for offer in offers.iter_mut().filter(|it| it.used.is_empty() && it.options.is_empty()) {
        let Some(place) = &offer.spec.place else { continue };
        let is_here = |known: &Place| match place {
            PlaceRef::City(code) => known.code == *code,
            PlaceRef::At(at) => known.at.distance_km(at) <= CITY_KM,
        };
        let here: Vec<bool> = world.places.iter().map(is_here).collect();
        let routers = 0..world.router_count() as u32;
        let ases: BTreeSet<Asn> = routers
            .filter(|router| {
                here.get(world.router_places[*router as usize] as usize) == Some(&true)
                    && may(world.router_as[*router as usize])
            })
            .map(|router| world.asn_of(router))
            .filter(|asn| !own.contains(asn) && offer.spec.asn != Some(*asn))
            .collect();
        offer.used = ases.into_iter().map(|asn| neighbor(asn, relation)).collect();
    }
}

/// Makes candidates sites of the scenario. Returns the names of those that are new: a candidate
/// with the name of a site adds to what that could use, and to nothing else.
fn add(
    scenario: &mut Scenario,
    base: &BaseWorld,
    offers: Vec<Offer>,
    args: &SitesArgs,
) -> Result<BTreeSet<SiteName>, Failure> {
    let has_places = !base.world.places.is_empty();
    let mut names = BTreeSet::new();
    let (mut unknown, mut silent): (BTreeSet<Asn>, u64) = (BTreeSet::new(), 0);
    for Offer { spec, mut used, mut options } in offers {
        let mut is_known = |neighbor: &NeighborSpec| {
            let lost = neighbor.asn.filter(|asn| base.world.as_indices(*asn).is_empty());
            unknown.extend(lost);
            lost.is_none()
        };
        used.retain(&mut is_known);
        options.retain(&mut is_known);
        let name = spec.name.clone();
        let base_site = base.sites.iter().find(|site| site.name == name);
        let entry = scenario.sites.iter().position(|site| site.name == name);
        let listed = entry
            .and_then(|at| scenario.sites[at].neighbors.clone())
            .or_else(|| base_site.and_then(|site| site.neighbors.clone()));
        let is_site = entry.is_some() || base_site.is_some();
        if is_site && listed.is_none() {
            // It announces to all neighbors of its AS, and a list would take them away.
            continue;
        }
        // What is listed twice is kept once; what is used is no option.
        let mut neighbors: Vec<NeighborSpec> = listed.unwrap_or_default();
        let all = used.into_iter().map(|it| (it, is_site));
        for (neighbor, withdraw) in all.chain(options.into_iter().map(|it| (it, true))) {
            if !neighbors.iter().any(|known| known.asn == neighbor.asn) {
                let withdraw = withdraw.then_some(true);
                neighbors.push(NeighborSpec { withdraw, ..neighbor });
            }
        }
        if is_site {
            let known = match entry {
                Some(at) => &mut scenario.sites[at],
                None => {
                    scenario.sites.push(empty(name));
                    scenario.sites.last_mut().expect("pushed above")
                }
            };
            known.neighbors = Some(neighbors);
            continue;
        }
        let asn = spec.asn.or(args.asn).ok_or_else(|| {
            Failure::bad_input(format!("candidate `{name}` has no `asn`"))
                .help("add a column `asn` to the file, or give all of them one with `--asn`")
        })?;
        let is_of_world = !base.world.as_indices(asn).is_empty()
            && !base.sites.iter().any(|site| site.asn == Some(asn) && site.neighbors.is_some());
        if is_of_world && !neighbors.is_empty() {
            return Err(Failure::bad_input(format!(
                "candidate `{name}` cannot have neighbors: AS{asn} is in this world, with its own"
            ))
            .help("leave its `neighbors` empty to announce to all of them, or give a new `asn`"));
        }
        if !is_of_world && !neighbors.iter().any(|neighbor| neighbor.withdraw.is_none()) {
            silent += 1;
            continue;
        }
        names.insert(name.clone());
        scenario.sites.push(SiteSpec {
            place: spec.place.clone().filter(|_| has_places),
            asn: Some(asn),
            neighbors: (!is_of_world).then_some(neighbors),
            ..spec
        });
    }
    if !unknown.is_empty() {
        let count = count(unknown.len() as u64, "neighbor is", "neighbors are");
        note(&format!("of the candidates' neighbors {count} not in this world"));
    }
    if silent > 0 {
        let count = count(silent, "candidate", "candidates");
        note(&format!("left out: {count} without a neighbor in this world"));
    }
    Ok(names)
}

fn empty(name: SiteName) -> SiteSpec {
    SiteSpec {
        name,
        remove: false,
        place: None,
        asn: None,
        capacity: None,
        region: None,
        backbone: None,
        local: None,
        prefixes: None,
        neighbors: None,
    }
}
