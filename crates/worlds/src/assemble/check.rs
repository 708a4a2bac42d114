//! Names in the parts of a scenario that act later: leaks, residency, events.
//!
//! What an event must be to make sense is said where it is played, in `schedule.rs`.

use std::collections::BTreeSet;

use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{Action, Botnet, Change, Scenario, Steering};
use catchment_model::{Asn, Mistake, SiteName};

use super::lookup::unknown_as;
use super::schedule::Play;
use super::sites::MergedSite;
use super::{Assembled, MISTAKES_MAX};
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

    /// What is missing from the assembled scenario.
    pub(super) fn failed(&self, assembled: &Assembled) -> Failed {
        let made: BTreeSet<&SiteName> =
            assembled.service.sites.iter().map(|site| &site.name).collect();
        let regions: BTreeSet<&str> = regions_of(assembled).collect();
        let is_missing = |asn: &&Asn| assembled.world.as_indices(**asn).is_empty();
        let is_nowhere = |region: &&String| !regions.contains(region.as_str());
        Failed {
            sites: self.sites.iter().filter(|name| !made.contains(name)).cloned().collect(),
            asns: self.asns.iter().filter(is_missing).copied().collect(),
            regions: self.regions.iter().filter(is_nowhere).cloned().collect(),
        }
    }
}

/// What the scenario means to have and could not be made, each for a reason that was reported.
pub(super) struct Failed {
    sites: BTreeSet<SiteName>,
    asns: BTreeSet<Asn>,
    regions: BTreeSet<String>,
}

impl Failed {
    /// Whether a change is about something that was reported already.
    pub(super) fn touches(&self, change: &Change) -> bool {
        let has = |asn: &Asn| self.asns.contains(asn);
        match change {
            Change::Link { a, b, .. } | Change::Session { a, b, .. } => has(a) || has(b),
            Change::AsPolicy { asn, neighbor, .. } => has(asn) || has(neighbor),
            Change::Announce { site, neighbor } => {
                self.sites.contains(site) || neighbor.asn.as_ref().is_some_and(has)
            }
        }
    }

    /// The same for an event.
    fn touches_action(&self, action: &Action) -> bool {
        match action {
            Action::Fail(site, _)
            | Action::Restore(site)
            | Action::Drain(site)
            | Action::Capacity { site, .. } => self.sites.contains(site),
            Action::Change(change) => self.touches(change),
            Action::Igp { asn, .. } => self.asns.contains(asn),
            Action::Attack(attack) => match &attack.from {
                Botnet::Region(region) => self.regions.contains(region),
                Botnet::Ases(asns) => asns.iter().any(|asn| self.asns.contains(asn)),
                // Without its sites and networks a scenario may have nobody there.
                _ => !self.sites.is_empty() || !self.asns.is_empty(),
            },
        }
    }
}

/// Puts the leaking ASes into the overlay.
pub(super) fn leaks(
    assembled: &mut Assembled,
    scenario: &Scenario,
    failed: &Failed,
    mistakes: &mut Vec<Mistake>,
) {
    for (index, asn) in scenario.leaks.iter().enumerate() {
        let entries = assembled.world.as_indices(*asn);
        if entries.is_empty() && !failed.asns.contains(asn) {
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

/// Whether clients can be steered as the scenario says.
pub(super) fn steering(scenario: &Scenario, mistakes: &mut Vec<Mistake>) {
    if scenario.steering == Steering::Hybrid && scenario.regional.is_empty() {
        let message = "hybrid steering picks a region's prefix, and no region has one";
        mistakes.push(Mistake::new("scenario::no_regional_prefix", "steering", message).help(
            "give each region its own: `[service.regional]`, then `eu = \"198.51.100.0/24\"`",
        ));
    }
}

/// Regions of sites, clients, and sites of the base world that the file has removed.
fn all_regions<'a>(
    assembled: &'a Assembled,
    base: &'a BaseWorld,
    known: &'a Known,
) -> BTreeSet<&'a str> {
    let removed = base.sites.iter().filter_map(|site| site.region.as_deref());
    let named = known.regions.iter().map(String::as_str);
    named.chain(regions_of(assembled)).chain(removed).filter(|region| !region.is_empty()).collect()
}

/// Regions of sites and clients.
pub(super) fn regions_of(assembled: &Assembled) -> impl Iterator<Item = &str> {
    let clients = assembled.world.clients.iter().map(|client| client.region.as_str());
    let sites = assembled.service.sites.iter().map(|site| site.region.as_str());
    sites.chain(clients).filter(|region| !region.is_empty())
}

/// Plays the events, which finds what is wrong with them. What follows from another mistake is
/// passed over.
pub(super) fn events(
    assembled: &Assembled,
    scenario: &Scenario,
    failed: &Failed,
    mistakes: &mut Vec<Mistake>,
) {
    let reported: BTreeSet<usize> = mistakes.iter().filter_map(event_of).collect();
    if reported.len() >= MISTAKES_MAX {
        return;
    }
    let is_known =
        |index: usize, action: &Action| reported.contains(&index) || failed.touches_action(action);
    if let Err(found) = Play::new(assembled).all(scenario, is_known, |_, _, _| {}) {
        mistakes.extend(found);
    }
}

/// The event that a mistake is about.
fn event_of(mistake: &Mistake) -> Option<usize> {
    mistake.path.strip_prefix("event.")?.split('.').next()?.parse().ok()
}
