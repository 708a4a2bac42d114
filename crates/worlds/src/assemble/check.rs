//! Names in the parts of a scenario that act later: leaks, residency, events.

use std::collections::BTreeSet;

use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{Action, Attack, Botnet, Change, Scenario};
use catchment_model::{Asn, Mistake, SiteName};

use super::lookup::unknown_as;
use super::sites::MergedSite;
use super::{Assembled, changes, is_reported, unknown_site, within};
use crate::BaseWorld;

/// What the scenario means to have, whether or not it could be made. A site that failed is not
/// reported a second time by each event that names it.
pub(super) struct Known {
    sites: BTreeSet<SiteName>,
    asns: BTreeSet<Asn>,
    regions: BTreeSet<String>,
}

impl Known {
    pub(super) fn new(sites: &[MergedSite<'_>], scenario: &Scenario) -> Known {
        let of_sites = sites.iter().filter_map(|site| site.spec.asn);
        let of_clients = scenario.clients.iter().map(|client| client.asn);
        let site_regions = sites.iter().filter_map(|site| site.spec.region.clone());
        let client_regions = scenario.clients.iter().filter_map(|client| client.region.clone());
        Known {
            sites: sites.iter().map(|site| site.spec.name.clone()).collect(),
            asns: of_sites.chain(of_clients).collect(),
            regions: site_regions.chain(client_regions).collect(),
        }
    }

    fn site_failed(&self, assembled: &Assembled, site: &SiteName) -> bool {
        self.sites.contains(site) && assembled.service.site_index(site).is_none()
    }

    fn as_failed(&self, assembled: &Assembled, asn: Asn) -> bool {
        self.asns.contains(&asn) && assembled.world.as_indices(asn).is_empty()
    }

    /// Whether a change is about something that was reported already.
    pub(super) fn failed_with(&self, assembled: &Assembled, change: &Change) -> bool {
        match change {
            Change::Link { a, b, .. } | Change::Session { a, b, .. } => {
                self.as_failed(assembled, *a) || self.as_failed(assembled, *b)
            }
            Change::AsPolicy { asn, neighbor, .. } => {
                self.as_failed(assembled, *asn) || self.as_failed(assembled, *neighbor)
            }
            Change::Announce { site, neighbor } => {
                self.site_failed(assembled, site)
                    || neighbor.asn.is_some_and(|asn| self.as_failed(assembled, asn))
            }
        }
    }
}

/// Puts the leaking ASes into the overlay.
pub(super) fn leaks(
    assembled: &mut Assembled,
    scenario: &Scenario,
    known: &Known,
    mistakes: &mut Vec<Mistake>,
) {
    for (index, asn) in scenario.leaks.iter().enumerate() {
        let entries = assembled.world.as_indices(*asn);
        if entries.is_empty() && !known.as_failed(assembled, *asn) {
            mistakes.push(unknown_as(&assembled.world, *asn, format!("leak.{index}.asn")));
        }
        assembled.overlay.leaks.extend(entries);
    }
}

/// Regions that the residency rules name.
pub(super) fn regions(
    assembled: &Assembled,
    base: &BaseWorld,
    scenario: &Scenario,
    known: &Known,
    mistakes: &mut Vec<Mistake>,
) {
    let regions = all_regions(assembled, base, known);
    let unknown = |region: &str, path: String| {
        let message = format!("no site and no client is in region `{region}`");
        Mistake::new("scenario::unknown_region", path, message)
            .help(nearest_help(region, regions.iter().copied()))
    };
    for (region, allowed) in &scenario.residency {
        if !regions.contains(region.as_str()) {
            mistakes.push(unknown(region, format!("residency.{region}")));
        }
        for (index, region_of_site) in allowed.iter().enumerate() {
            if !regions.contains(region_of_site.as_str()) {
                mistakes.push(unknown(region_of_site, format!("residency.{region}.{index}")));
            }
        }
    }
}

/// Regions of sites, clients, and sites of the base world that the file has removed.
fn all_regions<'a>(
    assembled: &'a Assembled,
    base: &'a BaseWorld,
    known: &'a Known,
) -> BTreeSet<&'a str> {
    let clients = assembled.world.clients.iter().map(|client| client.region.as_str());
    let removed = base.sites.iter().filter_map(|site| site.region.as_deref());
    let named = known.regions.iter().map(String::as_str);
    named.chain(clients).chain(removed).filter(|region| !region.is_empty()).collect()
}

/// Names in events: sites, ASes, cities, regions.
pub(super) fn events(
    assembled: &Assembled,
    base: &BaseWorld,
    scenario: &Scenario,
    known: &Known,
    mistakes: &mut Vec<Mistake>,
) {
    for (index, event) in scenario.events.iter().enumerate() {
        let path = format!("event.{index}");
        if is_reported(mistakes, &path) {
            continue;
        }
        let site = |name: &SiteName, key: &str| {
            if assembled.service.site_index(name).is_some() || known.sites.contains(name) {
                return Ok(());
            }
            Err(unknown_site(&assembled.service, name, key))
        };
        let checked = match &event.action {
            Action::Fail(name, _) => site(name, "fail"),
            Action::Restore(name) => site(name, "restore"),
            Action::Drain(name) => site(name, "drain"),
            Action::Capacity { site: name, .. } => site(name, "capacity.site"),
            Action::Change(change) if known.failed_with(assembled, change) => Ok(()),
            Action::Change(change) => changes::check(assembled, change),
            Action::Igp { asn, a, b, .. } => igp(assembled, *asn, [a, b]),
            Action::Attack(attack) => self::attack(assembled, base, known, attack),
        };
        if let Err(mistake) = checked {
            mistakes.push(within(&path, mistake));
        }
    }
}

/// Both cities must have a router of the AS, in one mesh.
fn igp(assembled: &Assembled, asn: Asn, cities: [&String; 2]) -> Result<(), Mistake> {
    let world = &assembled.world;
    if world.as_indices(asn).is_empty() {
        return Err(unknown_as(world, asn, "igp.asn"));
    }
    for (key, city) in ["a", "b"].into_iter().zip(cities) {
        let mut codes: Vec<&str> = world
            .routers_of_asn(asn)
            .filter_map(|router| Some(world.place(router)?.code.as_str()))
            .collect();
        codes.sort_unstable();
        if !codes.iter().any(|code| code.eq_ignore_ascii_case(city)) {
            let message = format!("AS{asn} has no router in `{city}`");
            let path = format!("igp.{key}");
            return Err(Mistake::new("scenario::not_in_city", path, message)
                .help(format!("it has one in {}", codes.join(", "))));
        }
    }
    if cities[0].eq_ignore_ascii_case(cities[1]) {
        let message = format!("`{}` is given at both ends", cities[0]);
        return Err(Mistake::new("scenario::same_router", "igp.b", message));
    }
    Ok(())
}

fn attack(
    assembled: &Assembled,
    base: &BaseWorld,
    known: &Known,
    attack: &Attack,
) -> Result<(), Mistake> {
    let world = &assembled.world;
    match &attack.from {
        Botnet::Region(region) => {
            let regions = all_regions(assembled, base, known);
            if regions.contains(region.as_str()) {
                return Ok(());
            }
            let message = format!("no site and no client is in region `{region}`");
            Err(Mistake::new("scenario::unknown_region", "attack.from.region", message)
                .help(nearest_help(region, regions)))
        }
        Botnet::Country(country) => {
            let countries: BTreeSet<&str> =
                world.places.iter().map(|place| place.country.as_str()).collect();
            if countries.iter().any(|code| code.eq_ignore_ascii_case(country)) {
                return Ok(());
            }
            let message = format!("no place of the world is in country `{country}`");
            Err(Mistake::new("scenario::unknown_country", "attack.from.country", message)
                .help("write two letters, as in `DE`"))
        }
        Botnet::Ases(asns) => {
            let is_missing = |asn: &&Asn| {
                world.as_indices(**asn).is_empty() && !known.as_failed(assembled, **asn)
            };
            match asns.iter().enumerate().find(|(_, asn)| is_missing(asn)) {
                None => Ok(()),
                Some((index, asn)) => {
                    Err(unknown_as(world, *asn, format!("attack.from.ases.{index}")))
                }
            }
        }
        Botnet::Uniform | Botnet::ByUsers | Botnet::Zipf(_) => Ok(()),
    }
}
