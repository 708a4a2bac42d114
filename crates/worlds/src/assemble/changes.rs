//! Changes of topology and policy: one mechanism for standing corrections and for events.
//!
//! A change is first resolved into a [`Deed`], which fails with the user's words, and the deed then
//! acts ([`apply`]). `schedule.rs` does the same with all other events. Links that a scenario adds
//! at some time are in the world from the start, and down.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use catchment_model::scenario::{Change, NeighborSpec, Scenario};
use catchment_model::schedule::Deed;
use catchment_model::service::{Announcement, Reach};
use catchment_model::{Asn, Community, Mistake, Relation, SiteName, World};

use super::draft::Draft;
use super::lookup::{linked_pairs, neighbor_router, routers_in_city, unknown_as};
use super::sites::{PlacedSite, announcement};
use super::{Assembled, MISTAKES_MAX, unknown_site};

/// Applies a change: a correction before the start, or an event at its time.
///
/// # Errors
/// If it names a site, AS, city or link that is not there. The path of the mistake is relative to
/// the change: `link.a`, `as_policy.neighbor`. A link that is new to the world comes up only if
/// the scenario that was assembled names it, in a correction or an event; any other would need
/// another world.
pub fn apply_change(assembled: &mut Assembled, change: &Change) -> Result<(), Mistake> {
    let deed = resolve(assembled, change)?;
    apply(assembled, &deed);
    Ok(())
}

/// What a change does, if it is made now.
pub(super) fn resolve(assembled: &Assembled, change: &Change) -> Result<Deed, Mistake> {
    let world = &assembled.world;
    match change {
        Change::Link { a, b, city, up, .. } => {
            let pairs = linked_routers(world, "link", (*a, *b), city.as_deref())?;
            Ok(Deed::Link { pairs, up: *up, wire: true })
        }
        Change::Session { a, b, city, up } => {
            let pairs = linked_routers(world, "session", (*a, *b), city.as_deref())?;
            Ok(Deed::Link { pairs, up: *up, wire: false })
        }
        Change::AsPolicy { asn, neighbor, local_pref, prepend, export } => {
            policy(world, (*asn, *neighbor), (*local_pref, *prepend, *export))
        }
        Change::Announce { site, neighbor } => {
            let index = assembled
                .service
                .site_index(site)
                .ok_or_else(|| unknown_site(&assembled.service, site, "announce.site"))?;
            announce(assembled, index, neighbor)
        }
    }
}

/// Makes a deed part of the scenario, as if it had been so from the start. A deed that only time
/// can play (failures, attacks, IGP costs) changes nothing here.
pub(super) fn apply(assembled: &mut Assembled, deed: &Deed) {
    let Assembled { overlay, service, pending_links, .. } = assembled;
    let mut set_link = |(a, b): (u32, u32), up: bool| {
        if up {
            // From here on it is a link like any other, which an announcement does not open.
            pending_links.remove(&(a.min(b), a.max(b)));
        }
        overlay.set_link(a, b, up);
    };
    match deed {
        Deed::Link { pairs, up, .. } => pairs.iter().for_each(|pair| set_link(*pair, *up)),
        Deed::Policy { local_prefs, prepends, closed } => {
            let prefs = local_prefs.iter().map(|(entry, from, value)| ((*entry, *from), *value));
            overlay.local_prefs.extend(prefs);
            for (session, prepend) in prepends {
                match prepend {
                    0 => _ = overlay.prepends.remove(session),
                    _ => _ = overlay.prepends.insert(*session, *prepend),
                }
            }
            for (session, is_closed) in closed {
                match is_closed {
                    true => _ = overlay.closed.insert(*session),
                    false => _ = overlay.closed.remove(session),
                }
            }
        }
        Deed::Announce { site, reach, announcements, opened } => {
            opened.iter().for_each(|pair| set_link(*pair, true));
            let site = &mut service.sites[*site as usize];
            site.reach = *reach;
            site.announcements.clone_from(announcements);
        }
        Deed::Capacity { site, capacity } => {
            service.sites[*site as usize].capacity = *capacity;
        }
        Deed::Fail { .. } | Deed::Restore { .. } | Deed::Igp { .. } | Deed::Attack { .. } => {}
    }
}

fn policy(
    world: &World,
    (asn, neighbor): (Asn, Asn),
    (local_pref, prepend, export): (Option<u32>, Option<u8>, Option<bool>),
) -> Result<Deed, Mistake> {
    if local_pref.is_none() && prepend.is_none() && export.is_none() {
        let message = format!("nothing changes between AS{asn} and AS{neighbor}");
        return Err(Mistake::new("scenario::empty_change", "as_policy", message)
            .help("set `local_pref`, `prepend` or `export`"));
    }
    let pairs = linked_routers(world, "as_policy", (asn, neighbor), None)?;
    let session = |(a, b): (u32, u32)| {
        world.session_to(a, b).expect("`linked_routers` answers with linked routers")
    };
    let sessions: Vec<u32> = pairs.into_iter().map(session).collect();
    let entries = world.as_indices(asn);
    let local_prefs = local_pref
        .into_iter()
        .flat_map(|value| entries.clone().map(move |entry| (entry, neighbor, value)));
    let prepends =
        prepend.into_iter().flat_map(|count| sessions.iter().map(move |at| (*at, count)));
    let closed = export.into_iter().flat_map(|told| sessions.iter().map(move |at| (*at, !told)));
    Ok(Deed::Policy {
        local_prefs: local_prefs.collect(),
        prepends: prepends.collect(),
        closed: closed.collect(),
    })
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
    let all = linked_pairs(world, a, b);
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

/// All sessions over which a site may announce: of its own router, or of its AS of the world.
pub(super) fn sessions_of_site(world: &World, router: u32, own_router: bool) -> Range<u32> {
    if own_router {
        return world.sessions(router);
    }
    let routers = world.routers_of(world.router_as[router as usize]);
    world.sessions(routers.start).start..world.sessions(routers.end - 1).end
}

/// The sessions that a change of announcement is about: those in the city said; else those that
/// the site announces over now; else the one in its city, or the nearest.
fn announced_sessions(
    assembled: &Assembled,
    site_index: u32,
    neighbor: &NeighborSpec,
) -> Result<Vec<u32>, Mistake> {
    let world = &assembled.world;
    let site = &assembled.service.sites[site_index as usize];
    let Some(asn) = neighbor.asn else {
        let message = "a change of announcement needs a `neighbor`";
        return Err(Mistake::new("scenario::missing_asn", "announce", message));
    };
    if world.as_indices(asn).is_empty() {
        return Err(unknown_as(world, asn, "announce.neighbor"));
    }
    let own_router = assembled.origins[site_index as usize].own_router;
    let end = |session: u32| world.neighbors[session as usize];
    let routers = world.routers_of_asn(asn);
    let mut sessions: Vec<u32> = sessions_of_site(world, site.router, own_router)
        .filter(|session| routers.contains(&end(*session)))
        .collect();
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

/// What a site says after a change: all of it, so that a deed needs no other to be understood.
pub(super) fn announce(
    assembled: &Assembled,
    site_index: u32,
    change: &NeighborSpec,
) -> Result<Deed, Mistake> {
    let sessions = announced_sessions(assembled, site_index, change)?;
    let Assembled { world, service, origins, pending_links, .. } = assembled;
    let site = &service.sites[site_index as usize];
    let origin = &origins[site_index as usize];
    let mut announcements = site.announcements.clone();
    if change.withdraw == Some(true) {
        if site.reach == Reach::Everyone {
            // All but these: from here on the site lists its sessions.
            for session in sessions_of_site(world, site.router, origin.own_router) {
                announcements.entry(session).or_default();
            }
        }
        for session in sessions {
            announcements.remove(&session);
        }
        let reach = Reach::Listed;
        return Ok(Deed::Announce { site: site_index, reach, announcements, opened: Vec::new() });
    }
    let local = origin.spec.local.unwrap_or(false);
    let mut opened = Vec::new();
    for session in sessions {
        let from = world.router_of_session(session);
        let to = world.neighbors[session as usize];
        if pending_links.contains(&(from.min(to), from.max(to))) {
            opened.push((from, to));
        }
        let entry = announcements.entry(session).or_insert_with(|| {
            // Back after a withdrawal: what the file says of this neighbor.
            let asn = Some(world.asn_of(to));
            let listed = origin.spec.neighbors.iter().flatten().find(|n| n.asn == asn);
            let plain = NeighborSpec::default();
            announcement(listed.unwrap_or(&plain), local)
        });
        overwrite(entry, change, local);
    }
    Ok(Deed::Announce { site: site_index, reach: site.reach, announcements, opened })
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
    let own = sites.iter().filter(|placed| placed.own_router);
    let own: BTreeMap<&SiteName, &PlacedSite<'_>> =
        own.map(|placed| (&placed.site.spec.name, placed)).collect();
    let mut pending = BTreeSet::new();
    let enough = mistakes.len() + MISTAKES_MAX;
    for (path, change) in super::all_changes(scenario) {
        let added = match change {
            Change::Link { a, b, city, up: true, relation } => {
                add_link(draft, (*a, *b), city.as_deref(), *relation, &path)
            }
            Change::Announce { site, neighbor } if neighbor.withdraw != Some(true) => {
                match own.get(site) {
                    Some(placed) => add_session(draft, placed, neighbor, &path),
                    None => Ok(Vec::new()),
                }
            }
            _ => Ok(Vec::new()),
        };
        match added {
            Ok(pairs) => pending.extend(pairs.into_iter().map(|(a, b)| (a.min(b), a.max(b)))),
            Err(mistake) => mistakes.push(mistake),
        }
        if mistakes.len() >= enough {
            break;
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
    let city = city.filter(|_| draft.has_places());
    let is_there = |draft: &Draft<'_>, router: u32, code: &str| {
        draft.place_of(router).is_some_and(|place| place.code.eq_ignore_ascii_case(code))
    };
    let is_meant = |(x, y): &(u32, u32)| {
        city.is_none_or(|code| is_there(draft, *x, code) || is_there(draft, *y, code))
    };
    if draft.linked_pairs(a, b).iter().any(is_meant) {
        return Ok(Vec::new());
    }
    let (routers_a, routers_b) = (draft.routers_of_asn(a), draft.routers_of_asn(b));
    if routers_a.is_empty() || routers_b.is_empty() || a == b {
        // `check` says so.
        return Ok(Vec::new());
    }
    let pairs = match city {
        Some(code) => {
            let here =
                |routers: &[u32]| routers.iter().copied().find(|r| is_there(draft, *r, code));
            match (here(&routers_a), here(&routers_b)) {
                (Some(x), Some(y)) => vec![(x, y)],
                (Some(x), None) => vec![(x, nearest_to(draft, x, &routers_b))],
                (None, Some(y)) => vec![(nearest_to(draft, y, &routers_a), y)],
                (None, None) => {
                    let all = [routers_a, routers_b].concat();
                    routers_in_city(draft, a, &all, code, &format!("{path}.city"))?;
                    return Ok(Vec::new());
                }
            }
        }
        None => meeting_pairs(draft, &routers_a, &routers_b),
    };
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

/// Where two ASes meet: in each city where both are, else between the nearest routers.
fn meeting_pairs(draft: &Draft<'_>, routers_a: &[u32], routers_b: &[u32]) -> Vec<(u32, u32)> {
    let mut in_one_city = Vec::new();
    let mut nearest: Option<(f64, (u32, u32))> = None;
    for x in routers_a {
        for y in routers_b {
            let km = draft.distance_km(draft.place_index_of(*x), *y).unwrap_or(f64::INFINITY);
            if km == 0.0 {
                in_one_city.push((*x, *y));
            }
            if nearest.is_none_or(|(best, _)| km < best) {
                nearest = Some((km, (*x, *y)));
            }
        }
    }
    match in_one_city.is_empty() {
        true => nearest.into_iter().map(|(_, pair)| pair).collect(),
        false => in_one_city,
    }
}

fn nearest_to(draft: &Draft<'_>, router: u32, others: &[u32]) -> u32 {
    draft.nearest(draft.place_index_of(router), others).expect("the AS has a router")
}

/// The link of a session that a site opens at some time.
fn add_session(
    draft: &mut Draft<'_>,
    placed: &PlacedSite<'_>,
    neighbor: &NeighborSpec,
    path: &str,
) -> Result<Vec<(u32, u32)>, Mistake> {
    let Some(asn) = neighbor.asn else { return Ok(Vec::new()) };
    let router = placed.router;
    let linked = draft.linked_pairs(placed.asn, asn).iter().any(|(from, _)| *from == router);
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
