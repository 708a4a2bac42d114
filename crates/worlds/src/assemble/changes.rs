//! Changes of topology and policy: one mechanism for standing corrections and for events.
//!
//! A change first finds what it is about ([`resolve`]), which fails with the user's words, and
//! then acts. Links that a scenario adds at some time are in the world from the start, and down.

use std::collections::BTreeSet;

use catchment_model::scenario::{Change, NeighborSpec, Scenario};
use catchment_model::service::{Announcement, Reach};
use catchment_model::{Asn, Community, Mistake, Relation, SiteName, World};

use super::draft::Draft;
use super::lookup::{neighbor_router, routers_in_city, unknown_as};
use super::sites::{PlacedSite, announcement};
use super::{Assembled, unknown_site};

/// What a change does, in indices.
enum Deed {
    SetLinks { pairs: Vec<(u32, u32)>, up: bool },
    SetPolicy { entries: Vec<u32>, neighbor: Asn, sessions: Vec<u32> },
    Announce { site: usize, sessions: Vec<u32> },
}

/// Applies a change: a correction before the start, or an event at its time.
///
/// # Errors
/// If it names a site, AS, city or link that is not there. The path of the mistake is relative to
/// the change: `link.a`, `as_policy.neighbor`. A link that is new to the world comes up only if
/// the scenario that was assembled names it, in a correction or an event; any other would need
/// another world.
pub fn apply_change(assembled: &mut Assembled, change: &Change) -> Result<(), Mistake> {
    match (resolve(assembled, change)?, change) {
        (Deed::SetLinks { pairs, up }, _) => {
            for (a, b) in pairs {
                assembled.overlay.set_link(a, b, up);
            }
        }
        (
            Deed::SetPolicy { entries, neighbor, sessions },
            Change::AsPolicy { local_pref, prepend, export, .. },
        ) => {
            let setting = (*local_pref, *prepend, *export);
            set_policy(assembled, (&entries, neighbor), &sessions, setting);
        }
        (Deed::Announce { site, sessions }, Change::Announce { neighbor, .. }) => {
            announce(assembled, site, &sessions, neighbor);
        }
        _ => unreachable!("`resolve` answers in kind"),
    }
    Ok(())
}

/// Whether a change could be applied now.
pub(super) fn check(assembled: &Assembled, change: &Change) -> Result<(), Mistake> {
    resolve(assembled, change).map(|_| ())
}

fn resolve(assembled: &Assembled, change: &Change) -> Result<Deed, Mistake> {
    let world = &assembled.world;
    match change {
        Change::Link { a, b, city, up, .. } => {
            let pairs = linked_routers(world, "link", (*a, *b), city.as_deref())?;
            Ok(Deed::SetLinks { pairs, up: *up })
        }
        Change::Session { a, b, city, up } => {
            let pairs = linked_routers(world, "session", (*a, *b), city.as_deref())?;
            Ok(Deed::SetLinks { pairs, up: *up })
        }
        Change::AsPolicy { asn, neighbor, local_pref, prepend, export } => {
            if local_pref.is_none() && prepend.is_none() && export.is_none() {
                let message = format!("nothing changes between AS{asn} and AS{neighbor}");
                return Err(Mistake::new("scenario::empty_change", "as_policy", message)
                    .help("set `local_pref`, `prepend` or `export`"));
            }
            let pairs = linked_routers(world, "as_policy", (*asn, *neighbor), None)?;
            let session = |(a, b): (u32, u32)| {
                world.session_to(a, b).expect("`linked_routers` answers with linked routers")
            };
            let entries = world.as_indices(*asn).collect();
            let sessions = pairs.into_iter().map(session).collect();
            Ok(Deed::SetPolicy { entries, neighbor: *neighbor, sessions })
        }
        Change::Announce { site, neighbor } => {
            let index = assembled
                .service
                .site_index(site)
                .ok_or_else(|| unknown_site(&assembled.service, site, "announce.site"))?;
            let sessions = announced_sessions(assembled, index as usize, neighbor)?;
            Ok(Deed::Announce { site: index as usize, sessions })
        }
    }
}

fn names(block: &str) -> (String, String) {
    match block {
        "as_policy" => ("as_policy.asn".to_owned(), "as_policy.neighbor".to_owned()),
        _ => (format!("{block}.a"), format!("{block}.b")),
    }
}

/// Both ASes, or what is wrong with them.
fn check_pair(world: &World, block: &str, (a, b): (Asn, Asn)) -> Result<(), Mistake> {
    let (path_a, path_b) = names(block);
    for (asn, path) in [(a, &path_a), (b, &path_b)] {
        if world.as_indices(asn).is_empty() {
            return Err(unknown_as(world, asn, path.as_str()));
        }
    }
    if a == b {
        let message = format!("AS{a} is given at both ends");
        return Err(Mistake::new("scenario::own_neighbor", path_b, message));
    }
    Ok(())
}

fn is_in(world: &World, router: u32, city: &str) -> bool {
    world.place(router).is_some_and(|place| place.code.eq_ignore_ascii_case(city))
}

/// Pairs of linked routers of two ASes; in a city if at least one end is there.
fn linked_routers(
    world: &World,
    block: &str,
    (a, b): (Asn, Asn),
    city: Option<&str>,
) -> Result<Vec<(u32, u32)>, Mistake> {
    check_pair(world, block, (a, b))?;
    let all = pairs_of(world, a, b);
    if all.is_empty() {
        let message = format!("AS{a} and AS{b} have no link");
        let help = match block {
            "link" => "state = \"up\" with `relation` makes one".to_owned(),
            _ => String::new(),
        };
        return Err(Mistake::new("scenario::not_linked", block, message).help(help));
    }
    let Some(city) = city else { return Ok(all) };
    let here: Vec<(u32, u32)> = all
        .iter()
        .copied()
        .filter(|(a, b)| is_in(world, *a, city) || is_in(world, *b, city))
        .collect();
    if here.is_empty() {
        let mut cities: Vec<&str> = all
            .iter()
            .flat_map(|(a, b)| [world.place(*a), world.place(*b)])
            .flatten()
            .map(|place| place.code.as_str())
            .collect();
        cities.sort_unstable();
        cities.dedup();
        let message = format!("AS{a} and AS{b} have no link in `{city}`");
        return Err(Mistake::new("scenario::not_linked", format!("{block}.city"), message)
            .help(format!("they have one in {}", cities.join(", "))));
    }
    Ok(here)
}

fn pairs_of(world: &World, a: Asn, b: Asn) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for from in world.routers_of_asn(a) {
        let linked = world.routers_of_asn(b).filter(|to| world.session_to(from, *to).is_some());
        pairs.extend(linked.map(|to| (from, to)));
    }
    pairs
}

fn set_policy(
    assembled: &mut Assembled,
    (entries, neighbor): (&[u32], Asn),
    sessions: &[u32],
    (local_pref, prepend, export): (Option<u32>, Option<u8>, Option<bool>),
) {
    let overlay = &mut assembled.overlay;
    if let Some(local_pref) = local_pref {
        for entry in entries {
            overlay.local_prefs.insert((*entry, neighbor), local_pref);
        }
    }
    for session in sessions {
        match prepend {
            Some(0) => _ = overlay.prepends.remove(session),
            Some(prepend) => _ = overlay.prepends.insert(*session, prepend),
            None => {}
        }
        match export {
            Some(false) => _ = overlay.closed.insert(*session),
            Some(true) => _ = overlay.closed.remove(session),
            None => {}
        }
    }
}

/// All sessions over which a site may announce: of its own router, or of its AS of the world.
pub(super) fn sessions_of_site(world: &World, router: u32, own_router: bool) -> Vec<u32> {
    if own_router {
        return world.sessions(router).collect();
    }
    let entry = world.router_as[router as usize];
    world.routers_of(entry).flat_map(|router| world.sessions(router)).collect()
}

/// The sessions that a change of announcement is about: those in the city said; else those that
/// the site announces over now; else the one in its city, or the nearest.
fn announced_sessions(
    assembled: &Assembled,
    site_index: usize,
    neighbor: &NeighborSpec,
) -> Result<Vec<u32>, Mistake> {
    let world = &assembled.world;
    let site = &assembled.service.sites[site_index];
    let Some(asn) = neighbor.asn else {
        let message = "a change of announcement needs a `neighbor`";
        return Err(Mistake::new("scenario::missing_asn", "announce", message));
    };
    if world.as_indices(asn).is_empty() {
        return Err(unknown_as(world, asn, "announce.neighbor"));
    }
    let own_router = assembled.origins[site_index].own_router;
    let end = |session: u32| world.neighbors[session as usize];
    let mut sessions = sessions_of_site(world, site.router, own_router);
    sessions.retain(|session| world.asn_of(end(*session)) == asn);
    if sessions.is_empty() {
        let message = format!("site `{}` has no session with AS{asn}", site.name);
        return Err(Mistake::new("scenario::not_linked", "announce.neighbor", message));
    }
    if let Some(city) = &neighbor.at {
        sessions.retain(|session| is_in(world, end(*session), city));
        if sessions.is_empty() {
            let message = format!("site `{}` has no session with AS{asn} in `{city}`", site.name);
            return Err(Mistake::new("scenario::not_linked", "announce.at", message));
        }
        return Ok(sessions);
    }
    let is_announced =
        |session: &u32| site.reach == Reach::Everyone || site.announcements.contains_key(session);
    let announced: Vec<u32> = sessions.iter().copied().filter(is_announced).collect();
    if !announced.is_empty() {
        return Ok(announced);
    }
    let km = |session: u32| world.distance_km(site.router, end(session)).unwrap_or(f64::INFINITY);
    let nearest = sessions
        .into_iter()
        .min_by(|a, b| km(*a).total_cmp(&km(*b)).then_with(|| end(*a).cmp(&end(*b))));
    Ok(nearest.into_iter().collect())
}

fn announce(assembled: &mut Assembled, site_index: usize, sessions: &[u32], change: &NeighborSpec) {
    let Assembled { world, overlay, service, origins, pending_links, .. } = assembled;
    let site = &mut service.sites[site_index];
    let origin = &origins[site_index];
    let local = origin.spec.local.unwrap_or(false);
    if change.withdraw == Some(true) {
        if site.reach == Reach::Everyone {
            // All but these: from here on the site lists its sessions.
            for session in sessions_of_site(world, site.router, origin.own_router) {
                site.announcements.entry(session).or_default();
            }
            site.reach = Reach::Listed;
        }
        for session in sessions {
            site.announcements.remove(session);
        }
        return;
    }
    for session in sessions {
        let from = world.router_of_session(*session);
        let to = world.neighbors[*session as usize];
        if pending_links.remove(&(from.min(to), from.max(to))) {
            overlay.set_link(from, to, true);
        }
        let entry = site.announcements.entry(*session).or_insert_with(|| {
            // Back after a withdrawal: what the file says of this neighbor.
            let asn = Some(world.asn_of(to));
            let listed = origin.spec.neighbors.iter().flatten().find(|n| n.asn == asn);
            let plain = NeighborSpec::default();
            announcement(listed.unwrap_or(&plain), local)
        });
        overwrite(entry, change, local);
    }
}

fn overwrite(entry: &mut Announcement, change: &NeighborSpec, local: bool) {
    if let Some(prepend) = change.prepend {
        entry.prepend = prepend;
    }
    if change.med.is_some() {
        entry.med = change.med;
    }
    if let Some(takes_longer) = change.takes_longer {
        entry.takes_longer = takes_longer;
    }
    if let Some(communities) = &change.communities {
        entry.communities.clone_from(communities);
        if local {
            entry.communities.push(Community::NoExport);
        }
        entry.communities.sort_unstable();
        entry.communities.dedup();
    }
}

/// Adds the links that changes will bring up to the draft. Returns them as pairs of handles; they
/// are down until their change comes.
pub(super) fn add_links(
    draft: &mut Draft<'_>,
    scenario: &Scenario,
    sites: &[PlacedSite<'_>],
    mistakes: &mut Vec<Mistake>,
) -> BTreeSet<(u32, u32)> {
    let mut pending = BTreeSet::new();
    for (path, change) in super::all_changes(scenario) {
        let added = match change {
            Change::Link { a, b, city, up: true, relation } => {
                add_link(draft, (*a, *b), city.as_deref(), *relation, &path)
            }
            Change::Announce { site, neighbor } if neighbor.withdraw != Some(true) => {
                add_session(draft, sites, site, neighbor, &path)
            }
            _ => Ok(Vec::new()),
        };
        match added {
            Ok(pairs) => pending.extend(pairs.into_iter().map(|(a, b)| (a.min(b), a.max(b)))),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    pending
}

/// Pairs of routers of a link that is new; none if it is there already. As in a world made from
/// data: one session in each city where both are, else one between the nearest routers.
fn add_link(
    draft: &mut Draft<'_>,
    (a, b): (Asn, Asn),
    city: Option<&str>,
    relation: Option<Relation>,
    path: &str,
) -> Result<Vec<(u32, u32)>, Mistake> {
    let (routers_a, routers_b) = (draft.routers_of_asn(a), draft.routers_of_asn(b));
    if routers_a.is_empty() || routers_b.is_empty() || a == b {
        // `check` says so.
        return Ok(Vec::new());
    }
    let in_city = |draft: &Draft<'_>, routers: &[u32], code: &str| -> Vec<u32> {
        let is_there = |router: &u32| {
            draft.place_of(*router).is_some_and(|place| place.code.eq_ignore_ascii_case(code))
        };
        routers.iter().copied().filter(is_there).collect()
    };
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    match city {
        Some(code) if draft.has_places() => {
            let path = format!("{path}.city");
            let (here_a, here_b) =
                (in_city(draft, &routers_a, code), in_city(draft, &routers_b, code));
            let known = routers_a.iter().flat_map(|x| routers_b.iter().map(move |y| (*x, *y)));
            let touches = |x: &u32, y: &u32| here_a.contains(x) || here_b.contains(y);
            let is_linked =
                known.filter(|(x, y)| touches(x, y)).any(|(x, y)| draft.relation(x, y).is_some());
            if is_linked {
                return Ok(Vec::new());
            }
            let (x, y) = match (here_a.first(), here_b.first()) {
                (Some(x), Some(y)) => (*x, *y),
                (Some(x), None) => (*x, nearest_to(draft, *x, &routers_b)),
                (None, Some(y)) => (nearest_to(draft, *y, &routers_a), *y),
                (None, None) => {
                    let all: Vec<u32> = routers_a.iter().chain(&routers_b).copied().collect();
                    routers_in_city(draft, a, &all, code, &path)?;
                    return Ok(Vec::new());
                }
            };
            pairs.push((x, y));
        }
        _ => {
            let all = routers_a.iter().flat_map(|x| routers_b.iter().map(move |y| (*x, *y)));
            if all.clone().any(|(x, y)| draft.relation(x, y).is_some()) {
                return Ok(Vec::new());
            }
            let km = |(x, y): (u32, u32)| {
                draft.distance_km(draft.place_index_of(x), y).unwrap_or(f64::INFINITY)
            };
            pairs.extend(all.clone().filter(|pair| km(*pair) == 0.0));
            if pairs.is_empty() {
                pairs.extend(all.min_by(|p, q| km(*p).total_cmp(&km(*q))));
            }
        }
    }
    let Some(relation) = relation else {
        let message = format!("AS{a} and AS{b} have no link to bring up");
        return Err(Mistake::new("scenario::missing_relation", path, message)
            .help("a new link needs `relation`: what `b` is to `a`"));
    };
    for (x, y) in &pairs {
        draft.link(*x, *y, relation, path)?;
    }
    Ok(pairs)
}

fn nearest_to(draft: &Draft<'_>, router: u32, others: &[u32]) -> u32 {
    draft.nearest(draft.place_index_of(router), others).expect("the AS has a router")
}

/// The link of a session that a site opens at some time.
fn add_session(
    draft: &mut Draft<'_>,
    sites: &[PlacedSite<'_>],
    site: &SiteName,
    neighbor: &NeighborSpec,
    path: &str,
) -> Result<Vec<(u32, u32)>, Mistake> {
    let placed = sites.iter().find(|placed| placed.site.spec.name == *site && placed.own_router);
    let (Some(placed), Some(asn)) = (placed, neighbor.asn) else { return Ok(Vec::new()) };
    let router = placed.router;
    let linked =
        draft.routers_of_asn(asn).into_iter().any(|to| draft.relation(router, to).is_some());
    if asn == placed.asn
        || (linked && neighbor.at.is_none())
        || draft.routers_of_asn(asn).is_empty()
    {
        return Ok(Vec::new());
    }
    let to = neighbor_router(draft, router, neighbor, path)?;
    if draft.relation(router, to).is_some() {
        return Ok(Vec::new());
    }
    draft.link(router, to, neighbor.relation.unwrap_or(Relation::Provider), path)?;
    Ok(vec![(router, to)])
}
