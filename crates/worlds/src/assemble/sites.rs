//! Sites: those of the base world as the file changes them, then the file's own; each with its
//! router and its sessions.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{NeighborSpec, Scenario, SiteSpec};
use catchment_model::service::{Announcement, Capacity};
use catchment_model::world::NO_PLACE;
use catchment_model::{Asn, Community, Mistake, Relation, SiteName};

use super::draft::Draft;
use super::lookup::{find_place, neighbor_router, place_key, router_at, unknown_as};
use crate::BaseWorld;

/// A site with all its keys, and where the file speaks of it.
pub(super) struct MergedSite<'a> {
    pub spec: SiteSpec,
    /// Position in the file's list, and the entry.
    file: Option<(usize, &'a SiteSpec)>,
    /// Its position among the sites of the base world, if it comes from there.
    base_index: Option<usize>,
}

impl MergedSite<'_> {
    /// Path of a key: of its value if the file gives one, else of the site's entry.
    pub(super) fn path(&self, key: &str) -> String {
        let Some((index, entry)) = self.file else { return String::new() };
        let key = match &entry.place {
            Some(place) if key == "city" => place_key(place),
            _ => key,
        };
        let given = match key {
            "asn" => entry.asn.is_some(),
            "city" | "at" => entry.place.is_some(),
            "region" => entry.region.is_some(),
            "backbone" => entry.backbone.is_some(),
            "prefixes" => entry.prefixes.is_some(),
            "neighbors" => entry.neighbors.is_some(),
            "name" => true,
            _ => false,
        };
        if given { format!("site.{index}.{key}") } else { format!("site.{index}") }
    }

    fn neighbor_path(&self, number: usize) -> String {
        let path = self.path("neighbors");
        if path.ends_with("neighbors") { format!("{path}.{number}") } else { path }
    }
}

/// Base sites in order, changed by name, then new ones in file order.
pub(super) fn merge<'a>(
    base: &BaseWorld,
    scenario: &'a Scenario,
    mistakes: &mut Vec<Mistake>,
) -> Vec<MergedSite<'a>> {
    let mut sites: Vec<MergedSite<'a>> = base
        .sites
        .iter()
        .enumerate()
        .map(|(index, spec)| MergedSite { spec: spec.clone(), file: None, base_index: Some(index) })
        .collect();
    let mut seen: BTreeSet<&SiteName> = BTreeSet::new();
    let mut removed: BTreeSet<SiteName> = BTreeSet::new();
    for (index, entry) in scenario.sites.iter().enumerate() {
        if !seen.insert(&entry.name) {
            let message = format!("site `{}` is there twice", entry.name);
            let path = format!("site.{index}.name");
            mistakes.push(
                Mistake::new("scenario::duplicate_site", path, message)
                    .help("names are matched without case; join the two entries, or rename one"),
            );
            continue;
        }
        match sites.iter_mut().find(|site| site.spec.name == entry.name) {
            Some(_) if entry.remove => {
                removed.insert(entry.name.clone());
            }
            Some(site) => {
                overwrite(&mut site.spec, entry);
                site.file = Some((index, entry));
            }
            // Of the file itself, and whole: somebody asks what would be without it.
            None if entry.remove && entry.asn.is_some() => {}
            None if entry.remove => {
                let message = format!("there is no site `{}` to remove", entry.name);
                let path = format!("site.{index}.name");
                let known = base.sites.iter().map(|site| site.name.as_str());
                mistakes.push(
                    Mistake::new("scenario::unknown_site", path, message)
                        .help(nearest_help(entry.name.as_str(), known)),
                );
            }
            None => sites.push(MergedSite {
                spec: entry.clone(),
                file: Some((index, entry)),
                base_index: None,
            }),
        }
    }
    sites.retain(|site| !removed.contains(&site.spec.name));
    sites
}

/// Takes the keys that an entry gives.
fn overwrite(site: &mut SiteSpec, entry: &SiteSpec) {
    let SiteSpec {
        name: _,
        remove: _,
        place,
        asn,
        capacity,
        region,
        backbone,
        local,
        prefixes,
        neighbors,
    } = entry.clone();
    site.place = place.or(site.place.take());
    site.asn = asn.or(site.asn);
    if let Some(new) = capacity {
        let old = site.capacity.unwrap_or_default();
        let capacity = Capacity { kqps: new.kqps.or(old.kqps), gbps: new.gbps.or(old.gbps) };
        site.capacity = Some(capacity);
    }
    site.region = region.or(site.region.take());
    site.backbone = backbone.or(site.backbone);
    site.local = local.or(site.local);
    site.prefixes = prefixes.or(site.prefixes.take());
    site.neighbors = neighbors.or(site.neighbors.take());
}

/// A site with its router.
pub(super) struct PlacedSite<'a> {
    pub site: MergedSite<'a>,
    pub asn: Asn,
    /// Handle of the router that originates.
    pub router: u32,
    /// Whether the router is the site's own. If not, it is one of an AS of the world.
    pub own_router: bool,
}

/// Gives each site its router, and drops the routers that sites of the base world leave behind.
pub(super) fn place<'a>(
    draft: &mut Draft<'_>,
    base: &BaseWorld,
    sites: Vec<MergedSite<'a>>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<PlacedSite<'a>> {
    let own_asns = asns_of_base_sites(base);
    check_backbones(draft, &own_asns, &sites, mistakes);
    let mut kept: BTreeSet<u32> = BTreeSet::new();
    let mut wanted = Vec::with_capacity(sites.len());
    let mut failed = Vec::new();
    for site in sites {
        match find_router(draft, base, &own_asns, &site, &kept) {
            Ok(found) => {
                if let Found::Reused(router) = found {
                    kept.insert(router);
                }
                wanted.push((site, found));
            }
            Err(mistake) => {
                mistakes.push(mistake);
                failed.push(site);
            }
        }
    }
    // What base sites leave behind goes before new routers come, so that these find the AS empty.
    for router in own_asns.iter().flat_map(|asn| base.world.routers_of_asn(*asn)) {
        let is_client = base.world.clients.iter().any(|client| client.router == router);
        if !kept.contains(&router) && !is_client {
            draft.drop_router(router);
        }
    }
    let mut taken: BTreeMap<u32, SiteName> = BTreeMap::new();
    let mut placed = Vec::with_capacity(wanted.len());
    for (site, found) in wanted {
        let asn = site.spec.asn.expect("`find_router` refuses a site without");
        let own_router = !matches!(found, Found::OfTheWorld(_));
        let router = match found {
            Found::Reused(router) | Found::OfTheWorld(router) => router,
            Found::New { place, island, id } => {
                let same_city = draft
                    .routers_of_asn(asn)
                    .into_iter()
                    .find(|router| place.is_some() && Some(draft.place_index_of(*router)) == place);
                same_city.unwrap_or_else(|| draft.add_router(asn, place, island, id))
            }
        };
        if let Some(other) = taken.get(&router) {
            let message = format!("sites `{other}` and `{}` share one router", site.spec.name);
            mistakes.push(
                Mistake::new("scenario::same_router", site.path("asn"), message)
                    .help("an AS has one router in a city; give the sites two cities or two ASes"),
            );
            continue;
        }
        taken.insert(router, site.spec.name.clone());
        placed.push(PlacedSite { site, asn, router, own_router });
    }
    failed.iter().for_each(|site| check_neighbors(draft, site, &failed, mistakes));
    placed
}

/// What is wrong with the neighbors of a site without a router, as far as that can be said: whom
/// nobody knows.
fn check_neighbors(
    draft: &Draft<'_>,
    site: &MergedSite<'_>,
    failed: &[MergedSite<'_>],
    mistakes: &mut Vec<Mistake>,
) {
    for (number, neighbor) in site.spec.neighbors.iter().flatten().enumerate() {
        let Some(asn) = neighbor.asn else { continue };
        let is_meant = failed.iter().any(|other| other.spec.asn == Some(asn));
        if !is_meant && draft.routers_of_asn(asn).is_empty() {
            let path = format!("{}.asn", site.neighbor_path(number));
            mistakes.push(unknown_as(draft.base(), asn, path));
        }
    }
}

/// ASes whose routers belong to the base world's sites: a file may move, link and drop these.
/// A base site without neighbors is an AS of the world as origin, and no such.
fn asns_of_base_sites(base: &BaseWorld) -> BTreeSet<Asn> {
    let own = |site: &&SiteSpec| site.neighbors.is_some();
    base.sites.iter().filter(own).filter_map(|site| site.asn).collect()
}

/// Sites of one AS share a mesh, or they do not.
fn check_backbones(
    draft: &Draft<'_>,
    own_asns: &BTreeSet<Asn>,
    sites: &[MergedSite<'_>],
    mistakes: &mut Vec<Mistake>,
) {
    let mut first: BTreeMap<Asn, (&SiteName, bool)> = BTreeMap::new();
    for site in sites {
        let Some(asn) = site.spec.asn else { continue };
        if !own_asns.contains(&asn) && !draft.routers_of_asn(asn).is_empty() {
            continue;
        }
        let backbone = site.spec.backbone.unwrap_or(false);
        let (other, known) = *first.entry(asn).or_insert((&site.spec.name, backbone));
        if known != backbone {
            let (with, without) =
                if known { (other, &site.spec.name) } else { (&site.spec.name, other) };
            let message =
                format!("AS{asn} has a backbone at site `{with}` and none at site `{without}`");
            mistakes.push(
                Mistake::new("scenario::mixed_backbone", site.path("backbone"), message)
                    .help("give `backbone` the same value at all sites of one AS"),
            );
        }
    }
}

enum Found {
    /// The router that the site has in the base world.
    Reused(u32),
    /// A router of an AS of the world.
    OfTheWorld(u32),
    New {
        place: Option<u32>,
        island: bool,
        id: Option<u32>,
    },
}

fn find_router(
    draft: &mut Draft<'_>,
    base: &BaseWorld,
    own_asns: &BTreeSet<Asn>,
    site: &MergedSite<'_>,
    kept: &BTreeSet<u32>,
) -> Result<Found, Mistake> {
    let spec = &site.spec;
    let Some(asn) = spec.asn else {
        let message = format!("the new site `{}` needs an `asn`", spec.name);
        let known: Vec<&str> = base.sites.iter().map(|site| site.name.as_str()).collect();
        let help = match nearest_help(spec.name.as_str(), known.iter().copied()) {
            help if help.starts_with("the nearest") => format!("{help}, if you meant to change it"),
            _ => "give the number of a new AS, or of one of the world".to_owned(),
        };
        return Err(Mistake::new("scenario::missing_asn", site.path("asn"), message).help(help));
    };
    let place = match &spec.place {
        Some(place) => Some(find_place(draft, place, spec.name.as_str(), &site.path("city"))?),
        None => None,
    };
    let is_own = own_asns.contains(&asn);
    if !is_own && !draft.routers_of_asn(asn).is_empty() {
        return Ok(Found::OfTheWorld(router_at(draft, asn, place)));
    }
    if place.is_none() && draft.has_places() {
        let message = format!("site `{}` needs a city", spec.name);
        return Err(Mistake::new("scenario::missing_city", site.path("city"), message)
            .help(format!("AS{asn} is new: write city = \"FRA\" or at = [50.03, 8.57]")));
    }
    if spec.neighbors.is_none() {
        let message = format!("site `{}` has no neighbors", spec.name);
        return Err(Mistake::new("scenario::missing_neighbors", site.path("neighbors"), message)
            .help(format!("AS{asn} is new: say who hears it, as in neighbors = [{{ asn = … }}]")));
    }
    let world = &base.world;
    let backbone = spec.backbone.unwrap_or(false);
    let fits = |router: &u32| {
        let entry = world.router_as[*router as usize];
        let fits_mesh = if backbone {
            entry == world.as_indices(asn).start
        } else {
            world.routers_of(entry).len() == 1
        };
        fits_mesh
            && !kept.contains(router)
            && world.router_places[*router as usize] == place.unwrap_or(NO_PLACE)
    };
    if is_own && let Some(router) = world.routers_of_asn(asn).find(fits) {
        return Ok(Found::Reused(router));
    }
    // A site that moves, or changes its AS, stays the same box.
    let id = site.base_index.and_then(|index| {
        let old = &base.sites[index];
        let place = match &old.place {
            Some(place) => Some(find_place(draft, place, old.name.as_str(), "").ok()?),
            None => None,
        };
        let is_old = |r: &u32| world.router_places[*r as usize] == place.unwrap_or(NO_PLACE);
        let router = world.routers_of_asn(old.asn?).find(is_old)?;
        Some(world.router_ids[router as usize])
    });
    Ok(Found::New { place, island: !backbone, id })
}

/// What a site says to one router.
pub(super) struct Session {
    /// Handle of the router of the site's AS.
    pub from: u32,
    /// Handle of the neighbor's router.
    pub to: u32,
    pub announcement: Announcement,
}

/// The sessions of one site; `None` stands for all that its AS has.
pub(super) type Sessions = Option<Vec<Session>>;

/// Joins each site with its neighbors.
pub(super) fn link(
    draft: &mut Draft<'_>,
    sites: &[PlacedSite<'_>],
    mistakes: &mut Vec<Mistake>,
) -> Vec<Sessions> {
    sites.iter().map(|placed| link_one(draft, placed, mistakes)).collect()
}

fn link_one(
    draft: &mut Draft<'_>,
    placed: &PlacedSite<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Sessions {
    let PlacedSite { site, router, own_router, .. } = placed;
    let neighbors = site.spec.neighbors.as_ref()?;
    let local = site.spec.local.unwrap_or(false);
    let mut listed: Vec<(usize, Session)> = Vec::with_capacity(neighbors.len());
    for (number, neighbor) in neighbors.iter().enumerate() {
        let path = site.neighbor_path(number);
        let ends = if *own_router {
            neighbor_router(draft, *router, neighbor, &path).map(|to| (*router, to))
        } else {
            existing_session(draft, *router, neighbor, &path)
        };
        let (from, to) = match ends {
            Ok(ends) => ends,
            Err(mistake) => {
                mistakes.push(mistake);
                continue;
            }
        };
        if listed.iter().any(|(_, session)| (session.from, session.to) == (from, to)) {
            let asn = draft.asn_of(to);
            let message = format!("site `{}` has AS{asn} as a neighbor twice", site.spec.name);
            mistakes.push(
                Mistake::new("scenario::duplicate_neighbor", path, message)
                    .help("join the two entries, or say with `at` which router each means"),
            );
            continue;
        }
        listed.push((number, Session { from, to, announcement: announcement(neighbor, local) }));
    }
    if *own_router {
        let relation = |number: usize| neighbors[number].relation.unwrap_or(Relation::Provider);
        let wanted: BTreeMap<u32, Relation> =
            listed.iter().map(|(number, session)| (session.to, relation(*number))).collect();
        replace_links(draft, *router, &wanted);
        for (number, session) in &listed {
            let path = site.neighbor_path(*number);
            if let Err(mistake) = draft.link(*router, session.to, relation(*number), &path) {
                mistakes.push(mistake);
            }
        }
    }
    listed.retain(|(number, _)| neighbors[*number].withdraw != Some(true));
    Some(listed.into_iter().map(|(_, session)| session).collect())
}

/// A new site that lists no neighbor is heard by nobody, unless it is part of a backbone or opens
/// a session later. `pending` holds the links of such sessions.
pub(super) fn check_heard(
    sites: &[PlacedSite<'_>],
    pending: &BTreeSet<(u32, u32)>,
    mistakes: &mut Vec<Mistake>,
) {
    for PlacedSite { site, router, own_router, .. } in sites {
        let lists_none = site.spec.neighbors.as_ref().is_some_and(Vec::is_empty);
        let opens_later = || pending.iter().any(|(a, b)| a == router || b == router);
        if *own_router
            && lists_none
            && site.base_index.is_none()
            && site.spec.backbone != Some(true)
            && !opens_later()
        {
            let message = format!("site `{}` has no neighbors", site.spec.name);
            mistakes.push(
                Mistake::new("scenario::missing_neighbors", site.path("neighbors"), message)
                    .help("say who hears it, as in neighbors = [{ asn = … }]"),
            );
        }
    }
}

/// Takes away the base world's links of a site's router that the site does not list.
fn replace_links(draft: &mut Draft<'_>, router: u32, wanted: &BTreeMap<u32, Relation>) {
    if router as usize >= draft.base().router_count() {
        return;
    }
    let base = draft.base();
    let old: Vec<u32> =
        base.sessions(router).map(|session| base.neighbors[session as usize]).collect();
    for neighbor in old {
        if draft.relation(router, neighbor) != wanted.get(&neighbor).copied() {
            draft.drop_link(router, neighbor);
        }
    }
}

/// The session of an AS of the world that an entry means: from any of its routers, to the
/// neighbor's router in the city said, else in the site's city, else nearest to it.
fn existing_session(
    draft: &Draft<'_>,
    router: u32,
    neighbor: &NeighborSpec,
    path: &str,
) -> Result<(u32, u32), Mistake> {
    // This finds the mistakes in the entry itself.
    neighbor_router(draft, router, neighbor, path)?;
    let asn = neighbor.asn.expect("`neighbor_router` refuses an entry without");
    let world = draft.base();
    let own = world.routers_of(world.router_as[router as usize]);
    let in_city = |to: u32| match &neighbor.at {
        Some(code) if draft.has_places() => {
            draft.place_of(to).is_some_and(|place| place.code.eq_ignore_ascii_case(code))
        }
        _ => true,
    };
    let mut ends: Vec<(u32, u32)> = Vec::new();
    for to in world.routers_of_asn(asn).filter(|to| in_city(*to)) {
        let linked = own.clone().filter(|from| draft.relation(*from, to).is_some());
        ends.extend(linked.map(|from| (from, to)));
    }
    let place = draft.place_index_of(router);
    let km = |(from, to): &(u32, u32)| {
        let hop = draft.distance_km(draft.place_index_of(*from), *to).unwrap_or(f64::INFINITY);
        (draft.distance_km(place, *to).unwrap_or(f64::INFINITY), hop)
    };
    let nearest = ends.into_iter().min_by(|a, b| {
        let (a, b) = (km(a), km(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    nearest.ok_or_else(|| {
        let own = draft.asn_of(router);
        let there = neighbor.at.as_ref().map_or(String::new(), |code| format!(" in `{code}`"));
        let message = format!("AS{own} has no session with AS{asn}{there}");
        Mistake::new("scenario::not_linked", path, message)
            .help("an AS of the world announces over its own sessions; a correction can add a link")
    })
}

/// What an entry of `neighbors` says.
pub(super) fn announcement(neighbor: &NeighborSpec, local: bool) -> Announcement {
    let mut communities = neighbor.communities.clone().unwrap_or_default();
    if local {
        communities.push(Community::NoExport);
    }
    communities.sort_unstable();
    communities.dedup();
    Announcement {
        prepend: neighbor.prepend.unwrap_or(0),
        med: neighbor.med,
        communities,
        takes_longer: neighbor.takes_longer.unwrap_or(false),
    }
}
