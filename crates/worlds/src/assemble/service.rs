//! The service: prefixes, what each site says, and route origin authorisations.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::mistake::nearest_help;
use catchment_model::scenario::Scenario;
use catchment_model::service::{Announcement, Reach, Roa, Site};
use catchment_model::{Community, Mistake, Prefix, Service};

use super::changes::sessions_of_site;
use super::draft::{Built, Draft};
use super::sites::{MergedSite, PlacedSite, Sessions};

/// The prefixes of a service: the plain ones, then those of regions that are not among them.
pub(super) struct Prefixes {
    all: Vec<Prefix>,
    /// Regions of the prefixes that are not for everyone.
    regions: BTreeMap<Prefix, BTreeSet<String>>,
}

impl Prefixes {
    pub(super) fn new(
        scenario: &Scenario,
        sites: &[MergedSite<'_>],
        mistakes: &mut Vec<Mistake>,
    ) -> Prefixes {
        let mut all: Vec<Prefix> = Vec::new();
        if scenario.prefixes.is_empty() {
            let message = "the service has no prefix";
            mistakes.push(
                Mistake::new("scenario::no_prefix", "service.prefixes", message)
                    .help("write prefixes = [\"192.0.2.0/24\"]"),
            );
        }
        for (index, prefix) in scenario.prefixes.iter().enumerate() {
            if all.contains(prefix) {
                let path = format!("service.prefixes.{index}");
                let message = format!("`{prefix}` is there twice");
                mistakes.push(Mistake::new("scenario::duplicate_prefix", path, message));
            } else {
                all.push(*prefix);
            }
        }
        let mut regions: BTreeMap<Prefix, BTreeSet<String>> = BTreeMap::new();
        for (region, prefix) in &scenario.regional {
            let in_region = |site: &MergedSite<'_>| site.spec.region.as_ref() == Some(region);
            if !sites.iter().any(in_region) {
                let known: BTreeSet<&str> =
                    sites.iter().filter_map(|site| site.spec.region.as_deref()).collect();
                let message = format!("no site is in region `{region}`");
                let path = format!("service.regional.{region}");
                mistakes.push(
                    Mistake::new("scenario::unknown_region", path, message)
                        .help(nearest_help(region, known)),
                );
            }
            regions.entry(*prefix).or_default().insert(region.clone());
            if !all.contains(prefix) {
                all.push(*prefix);
            }
        }
        if all.len() > usize::from(u16::MAX) {
            let message = format!("{} prefixes are too many", all.len());
            mistakes.push(
                Mistake::new("scenario::too_many_prefixes", "service.prefixes", message)
                    .help(format!("a service has at most {}", u16::MAX)),
            );
            all.truncate(usize::from(u16::MAX));
        }
        Prefixes { all, regions }
    }

    fn may_announce(&self, prefix: &Prefix, region: &str) -> bool {
        self.regions.get(prefix).is_none_or(|regions| regions.contains(region))
    }

    /// Indices of the prefixes that a site announces, ascending.
    fn of_site(&self, site: &MergedSite<'_>, mistakes: &mut Vec<Mistake>) -> Vec<u16> {
        let region = site.spec.region.as_deref().unwrap_or_default();
        if let Some(list) = &site.spec.prefixes {
            for (number, prefix) in list.iter().enumerate() {
                let path = format!("{}.{number}", site.path("prefixes"));
                let name = &site.spec.name;
                if !self.all.contains(prefix) {
                    let known: Vec<String> = self.all.iter().map(Prefix::to_string).collect();
                    let message = format!("`{prefix}` of site `{name}` is not of the service");
                    mistakes.push(
                        Mistake::new("scenario::unknown_prefix", path, message).help(nearest_help(
                            &prefix.to_string(),
                            known.iter().map(String::as_str),
                        )),
                    );
                } else if !self.may_announce(prefix, region) {
                    let regions: Vec<&str> =
                        self.regions[prefix].iter().map(String::as_str).collect();
                    let message = format!("site `{name}` is not in the region of `{prefix}`");
                    mistakes.push(
                        Mistake::new("scenario::wrong_region", path, message)
                            .help(format!("sites of region {} announce it", regions.join(", "))),
                    );
                }
            }
        }
        let listed =
            |prefix: &Prefix| site.spec.prefixes.as_ref().is_none_or(|list| list.contains(prefix));
        (0..)
            .zip(&self.all)
            .filter(|(_, prefix)| listed(prefix) && self.may_announce(prefix, region))
            .map(|(index, _)| index)
            .collect()
    }
}

/// Says where a site's neighbor is, if that is another city, and which key has no effect.
pub(super) fn note_surprises(
    draft: &Draft<'_>,
    placed: &PlacedSite<'_>,
    sessions: &Sessions,
    notes: &mut Vec<String>,
) {
    let name = &placed.site.spec.name;
    if placed.site.spec.backbone.is_some() && !placed.own_router {
        let asn = placed.asn;
        notes.push(format!("site `{name}` is in AS{asn} of the world: `backbone` has no effect"));
    }
    let is_backbone = placed.site.spec.backbone == Some(true);
    if sessions.as_ref().is_some_and(Vec::is_empty) && !is_backbone {
        notes.push(format!("site `{name}` announces to nobody"));
    }
    for session in sessions.iter().flatten() {
        let place = draft.place_index_of(session.from);
        let km = draft.distance_km(place, session.to);
        if let (Some(km), Some(there)) = (km, draft.place_of(session.to))
            && km > 0.0
        {
            let (asn, code) = (draft.asn_of(session.to), &there.code);
            notes.push(format!("site `{name}` meets AS{asn} in {code}, {km:.0} km away"));
        }
    }
}

/// Index of the prefix of each region. A region without one was reported.
pub(super) fn regional(scenario: &Scenario, prefixes: &[Prefix]) -> BTreeMap<String, u16> {
    let index: BTreeMap<Prefix, u16> = prefixes.iter().copied().zip(0..).collect();
    let of_region =
        |(region, prefix): (&String, &Prefix)| Some((region.clone(), *index.get(prefix)?));
    scenario.regional.iter().filter_map(of_region).collect()
}

/// The service in terms of the finished world.
pub(super) fn resolve(
    built: &Built,
    scenario: &Scenario,
    placed: &[PlacedSite<'_>],
    sessions: Vec<Sessions>,
    prefixes: Prefixes,
    mistakes: &mut Vec<Mistake>,
) -> Service {
    let mut sites = Vec::with_capacity(placed.len());
    for (placed, sessions) in placed.iter().zip(sessions) {
        let spec = &placed.site.spec;
        let router = built.router_of(placed.router);
        let world = &built.world;
        let (reach, announcements) = match sessions {
            Some(sessions) => {
                let index = |from, to| {
                    let (from, to) = (built.router_of(from), built.router_of(to));
                    world.session_to(from, to).expect("the draft has linked them")
                };
                let listed = sessions
                    .into_iter()
                    .map(|session| (index(session.from, session.to), session.announcement));
                (Reach::Listed, listed.collect())
            }
            None if spec.local == Some(true) => {
                let communities = vec![Community::NoExport];
                let local = Announcement { communities, ..Announcement::default() };
                let all = sessions_of_site(world, router, placed.own_router);
                let listed = all.into_iter().map(|session| (session, local.clone()));
                (Reach::Everyone, listed.collect())
            }
            None => (Reach::Everyone, BTreeMap::new()),
        };
        sites.push(Site {
            name: spec.name.clone(),
            asn: placed.asn,
            router,
            own_router: placed.own_router,
            active: true,
            prefixes: prefixes.of_site(&placed.site, mistakes),
            reach,
            announcements,
            capacity: spec.capacity.unwrap_or_default(),
            region: spec.region.clone().unwrap_or_default(),
        });
    }
    Service { prefixes: prefixes.all, sites, roas: roas(scenario, mistakes) }
}

fn roas(scenario: &Scenario, mistakes: &mut Vec<Mistake>) -> Vec<Roa> {
    let mut roas = Vec::with_capacity(scenario.roas.len());
    for (index, roa) in scenario.roas.iter().enumerate() {
        let shortest = roa.prefix.length();
        let longest = if roa.prefix.is_ipv4() { 32 } else { 128 };
        let max_length = roa.max_length.unwrap_or(shortest);
        if !(shortest..=longest).contains(&max_length) {
            let message = format!("`{max_length}` cannot be the `max_length` of {}", roa.prefix);
            let path = format!("roa.{index}.max_length");
            mistakes.push(
                Mistake::new("scenario::bad_max_length", path, message)
                    .help(format!("it must lie between {shortest} and {longest}")),
            );
            continue;
        }
        roas.push(Roa { prefix: roa.prefix, max_length, asn: roa.asn });
    }
    roas
}
