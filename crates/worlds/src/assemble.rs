//! Joins a scenario and a world into what the solver takes.
//!
//! The world is shared if the scenario adds no AS, no link and no demand. All mistakes of a
//! scenario are reported at once, each with the path of the value that is wrong.
//!
//! Corrections act here. Events are played once to find their mistakes, and leave no trace:
//! [`schedule()`] plays them again for whoever asks what happens when. Both go by one mechanism,
//! of which [`apply_change`] is the part that a correction needs.

mod bots;
mod changes;
mod check;
mod clients;
mod draft;
mod edge;
mod lookup;
mod schedule;
mod service;
mod sites;
mod steering;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catchment_model::mistake::nearest_help;
use catchment_model::rules::TieBreak;
use catchment_model::scenario::{Action, Change, Scenario, SiteSpec};
use catchment_model::{LatLon, Mistake, Overlay, Rules, Service, SiteName, World};

use crate::BaseWorld;
pub use bots::{botnets_of, resolve_botnet};
pub use changes::apply_change;
use draft::Draft;
pub use schedule::schedule;

/// Most mistakes that events may make: nobody reads on, and advice on each takes time.
const MISTAKES_MAX: usize = 1000;

/// A scenario, resolved against its world.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// The world, with the ASes and links that the scenario adds.
    pub world: Arc<World>,
    /// Corrections, leaks, and links that come up later.
    pub overlay: Overlay,
    /// What is announced.
    pub service: Service,
    /// How routers decide.
    pub rules: Rules,
    /// Seed of every draw.
    pub seed: u64,
    /// What the user may want to know and did not ask: a lower-case fragment each.
    pub notes: Vec<String>,
    /// Where each site of the service comes from, in the same order.
    pub origins: Vec<SiteOrigin>,
    /// Demand in gigabits a second of the clients that say it, by index into `world.clients`.
    pub client_gbps: BTreeMap<u32, f64>,
    /// Hybrid steering: the prefix of each region, by index into `service.prefixes`.
    pub regional: BTreeMap<String, u16>,
    /// Where the origin behind the sites is, if there is one and the world has places.
    pub origin: Option<LatLon>,
    /// Links, as pairs of routers, that are down because a site opens the session later.
    pending_links: BTreeSet<(u32, u32)>,
}

/// Where a site comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteOrigin {
    /// All its keys: those of the base world, overwritten by those of the file.
    pub spec: SiteSpec,
    /// Whether its router is its own. If not, it is a router of an AS of the world.
    pub own_router: bool,
}

/// Resolves a scenario against a world.
///
/// # Errors
/// All mistakes of the scenario, in the order in which they were found. A mistake that follows
/// from another is left out.
pub fn assemble(base: &BaseWorld, scenario: &Scenario) -> Result<Assembled, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut notes = Vec::new();
    let rules = settle_rules(base, scenario, &mut mistakes);

    let mut draft = Draft::new(&base.world);
    let merged = sites::merge(base, scenario, &mut mistakes);
    let known = check::Known::new(&merged, scenario);
    let prefixes = service::Prefixes::new(scenario, &merged, &mut mistakes);
    let placed = sites::place(&mut draft, base, merged, &mut mistakes);
    let clients = clients::place(&mut draft, scenario, &mut mistakes);
    let sessions = sites::link(&mut draft, &placed, &mut mistakes);
    clients::link(&mut draft, &clients, &mut mistakes);
    let pending = changes::add_links(&mut draft, scenario, &placed, &mut mistakes);
    sites::check_heard(&placed, &pending, &mut mistakes);
    for (site, sessions) in placed.iter().zip(&sessions) {
        service::note_surprises(&draft, site, sessions, &mut notes);
    }

    let origin = edge::origin(&draft, scenario, &mut mistakes, &mut notes);

    let built = draft.build();
    note_tie_break(&rules, &built.world, &mut notes);
    let (world, client_gbps) = clients::demand(&built, &clients, &mut notes);
    let service = service::resolve(&built, scenario, &placed, sessions, prefixes, &mut mistakes);
    let origin_of = |placed: sites::PlacedSite<'_>| SiteOrigin {
        spec: placed.site.spec,
        own_router: placed.own_router,
    };
    let regional = service::regional(scenario, &service.prefixes);
    let mut assembled = Assembled {
        world,
        overlay: Overlay::default(),
        service,
        rules,
        seed: scenario.seed,
        notes,
        origins: placed.into_iter().map(origin_of).collect(),
        client_gbps,
        regional,
        origin,
        pending_links: BTreeSet::new(),
    };
    for (a, b) in pending {
        let (a, b) = (built.router_of(a), built.router_of(b));
        assembled.overlay.set_link(a, b, false);
        assembled.pending_links.insert((a.min(b), a.max(b)));
    }
    let failed = known.failed(&assembled);
    check::leaks(&mut assembled, scenario, &failed, &mut mistakes);
    check::regions(&assembled, base, scenario, &known, &mut mistakes);
    check::steering(scenario, &mut mistakes);
    for (index, correction) in scenario.corrections.iter().enumerate() {
        let path = format!("correction.{index}");
        if failed.touches(&correction.change) || is_reported(&mistakes, &path) {
            continue;
        }
        if let Err(mistake) = apply_change(&mut assembled, &correction.change) {
            mistakes.push(within(&path, mistake));
        }
    }
    check::events(&assembled, scenario, &failed, &mut mistakes);
    if mistakes.is_empty() { Ok(assembled) } else { Err(mistakes) }
}

/// Defaults, then what the world carries, then the preset, then what the file says.
fn settle_rules(base: &BaseWorld, scenario: &Scenario, mistakes: &mut Vec<Mistake>) -> Rules {
    let mut rules = Rules::default();
    for (name, setting) in &base.rules {
        rules.set(name, setting).expect("a world carries settings that exist");
    }
    if let Some(preset) = scenario.preset {
        rules.apply_preset(preset);
    }
    for (name, setting) in &scenario.rules {
        if let Err(bad) = rules.set(name, setting) {
            let path = format!("rules.{name}");
            mistakes.push(Mistake::new("scenario::bad_setting", path, bad.message).help(bad.help));
        }
    }
    for (name, message) in rules.contradictions() {
        // The value that the file gives is the one to look at.
        let of_three = ["lp_customer", "lp_peer", "lp_provider"];
        let given = of_three.into_iter().find(|other| scenario.rules.contains_key(*other));
        let name = if of_three.contains(&name) { given.unwrap_or(name) } else { name };
        let path = format!("rules.{name}");
        mistakes.push(Mistake::new("scenario::contradiction", path, message));
    }
    rules
}

/// Says so if `tie_break` is set and cannot act in this world (models 1.9).
fn note_tie_break(rules: &Rules, world: &World, notes: &mut Vec<String>) {
    let needs_places = matches!(rules.tie_break, TieBreak::IgpGeo | TieBreak::Rtt);
    let why = match rules.tie_break {
        TieBreak::AsnLowest => return,
        _ if !world.has_one_router_per_as() => "it acts only in worlds with one router per AS",
        _ if needs_places && world.places.is_empty() => {
            "this world does not know where its routers are"
        }
        _ => return,
    };
    notes.push(format!("`rules.tie_break` has no effect: {why}"));
}

/// All changes of a scenario with the path of the entry and kind: corrections, then events.
fn all_changes(scenario: &Scenario) -> impl Iterator<Item = (String, &Change)> {
    let corrections = scenario.corrections.iter().enumerate().map(|(index, correction)| {
        (format!("correction.{index}.{}", kind(&correction.change)), &correction.change)
    });
    let events = scenario.events.iter().enumerate().filter_map(|(index, event)| {
        let Action::Change(change) = &event.action else { return None };
        Some((format!("event.{index}.{}", kind(change)), change))
    });
    corrections.chain(events)
}

/// The key of a change in a file.
fn kind(change: &Change) -> &'static str {
    match change {
        Change::Link { .. } => "link",
        Change::Session { .. } => "session",
        Change::AsPolicy { .. } => "as_policy",
        Change::Announce { .. } => "announce",
    }
}

/// A mistake of a part, seen from the whole.
fn within(path: &str, mut mistake: Mistake) -> Mistake {
    mistake.path = match mistake.path.as_str() {
        "" => path.to_owned(),
        inner => format!("{path}.{inner}"),
    };
    mistake
}

/// Whether something inside `path` is reported already.
fn is_reported(mistakes: &[Mistake], path: &str) -> bool {
    let inside = |mistake: &Mistake| {
        mistake.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    mistakes.iter().any(inside)
}

fn unknown_site(service: &Service, site: &SiteName, path: impl Into<String>) -> Mistake {
    let known = service.sites.iter().map(|site| site.name.as_str());
    let message = format!("scenario has no site `{site}`");
    Mistake::new("scenario::unknown_site", path, message).help(nearest_help(site.as_str(), known))
}
