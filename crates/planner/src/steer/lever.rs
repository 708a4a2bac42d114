//! What an operator can turn: what a site says on a session, what it says on all of them, and
//! which prefixes it announces.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::rules::MedScope;
use catchment_model::service::{Announcement, Reach, Site};
use catchment_model::{Asn, Community, Service, World};
use catchment_routing::{Catchment, Change, Situation, solve};

use crate::brief::Brief;
use crate::oracle::Unplanned;

/// Most prepends that are tried: longer paths are filtered, and move nobody who has not moved.
pub const PREPEND_MAX: u8 = 5;
/// Sites with more sessions are steered as a whole: an operator turns no thousand levers.
const SESSIONS_MAX: usize = 32;
/// Networks behind a neighbor of which it is asked not to tell: those that bring most demand.
const HIDDEN_FROM_MAX: usize = 4;
/// A MED that loses against one that is absent (models 1.2).
const MED_TRIED: u32 = 100;

/// Which levers a search may turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeverKinds {
    /// Most prepends that are tried, 0 to [`PREPEND_MAX`]; 0 turns none.
    pub prepend_max: u8,
    /// Announcing on a session or not.
    pub sessions: bool,
    /// Communities that a neighbor acts on: do not export, do not tell peers, do not tell an AS.
    pub communities: bool,
    /// MED, where one neighbor AS hears several sites.
    pub med: bool,
    /// Regional prefixes that a site announces or not, where DNS picks regions.
    pub prefixes: bool,
    /// The sites whose levers are turned, ascending; all if empty.
    pub sites: Vec<u32>,
}

impl Default for LeverKinds {
    fn default() -> LeverKinds {
        LeverKinds {
            prepend_max: 3,
            sessions: true,
            communities: true,
            med: true,
            prefixes: true,
            sites: Vec::new(),
        }
    }
}

/// One thing that can be turned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lever {
    /// The site that turns it.
    pub site: u32,
    /// What it turns.
    pub what: What,
    /// Where it can stand; the first is where it stands today.
    pub options: Vec<Setting>,
}

/// What a lever acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// One session.
    Session(u32),
    /// All sessions of the site.
    Site,
    /// One prefix, by index.
    Prefix(u16),
}

/// Where a lever stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// The site says this on the session; nothing if `None`.
    Says(Option<Announcement>),
    /// The site adds its number so much more often on all its sessions.
    PrependsAll(u8),
    /// Whether the site announces the prefix.
    Announces(bool),
}

/// Where all levers stand: an index into the options of each.
pub(crate) type Config = Vec<u16>;

/// How many levers do not stand where they stand today.
pub(crate) fn turned(config: &[u16]) -> usize {
    config.iter().filter(|option| **option != 0).count()
}

/// All levers of the kinds asked for.
///
/// # Errors
/// If the routing does not settle.
pub fn levers(brief: &Brief<'_>, kinds: &LeverKinds) -> Result<Vec<Lever>, Unplanned> {
    let Situation { world, service, .. } = brief.situation();
    let hidden = match kinds.communities {
        true => behind(brief)?,
        false => BTreeMap::new(),
    };
    let heard_twice = heard_twice(brief);
    let mut found = Vec::new();
    for (index, site) in (0..).zip(&service.sites) {
        if !site.active || !(kinds.sites.is_empty() || kinds.sites.contains(&index)) {
            continue;
        }
        let sessions = sessions_of(world, site);
        let announced = sessions.iter().filter(|it| said(site, **it).is_some()).count();
        if sessions.len() <= SESSIONS_MAX {
            for session in &sessions {
                let asn = world.asn_of(world.neighbors[*session as usize]);
                let nobody = Vec::new();
                let behind = hidden.get(&(index, *session)).unwrap_or(&nobody);
                let med = kinds.med && heard_twice.contains(&(asn, site.asn));
                let options = session_options(site, *session, kinds, behind, med, announced);
                if options.len() > 1 {
                    found.push(Lever { site: index, what: What::Session(*session), options });
                }
            }
        }
        // With one session both levers would be the same.
        if kinds.prepend_max > 0 && (announced > 1 || sessions.len() > SESSIONS_MAX) {
            let options = (0..=kinds.prepend_max).map(Setting::PrependsAll).collect();
            found.push(Lever { site: index, what: What::Site, options });
        }
        if kinds.prefixes {
            let mut regional: Vec<u16> = brief.script.regional.values().copied().collect();
            regional.sort_unstable();
            regional.dedup();
            for prefix in regional {
                let today = site.prefixes.contains(&prefix);
                let options = vec![Setting::Announces(today), Setting::Announces(!today)];
                found.push(Lever { site: index, what: What::Prefix(prefix), options });
            }
        }
    }
    Ok(found)
}

/// The sessions over which a site could announce, ascending.
pub(crate) fn sessions_of(world: &World, site: &Site) -> Vec<u32> {
    let routers = match site.own_router {
        true => site.router..site.router + 1,
        false => world.routers_of(world.router_as[site.router as usize]),
    };
    routers.flat_map(|router| world.sessions(router)).collect()
}

/// What a site says on a session; `None` where it does not announce.
pub(crate) fn said(site: &Site, session: u32) -> Option<Announcement> {
    let listed = site.announcements.get(&session).cloned();
    match site.reach {
        Reach::Listed => listed,
        Reach::Everyone => Some(listed.unwrap_or_default()),
    }
}

fn session_options(
    site: &Site,
    session: u32,
    kinds: &LeverKinds,
    behind: &[Asn],
    med: bool,
    announced: usize,
) -> Vec<Setting> {
    let today = said(site, session);
    let mut options = vec![today.clone()];
    if today.is_none() && !kinds.sessions {
        return Vec::new();
    }
    let plain = today.clone().unwrap_or_default();
    for prepend in 0..=kinds.prepend_max.min(PREPEND_MAX) {
        options.push(Some(Announcement { prepend, ..plain.clone() }));
    }
    let with = |community: Community| {
        let mut said = plain.clone();
        said.communities.push(community);
        said.communities.sort_unstable();
        said.communities.dedup();
        Some(said)
    };
    if kinds.communities {
        options.extend([with(Community::NoExport), with(Community::NoPeer)]);
        options.extend(behind.iter().map(|asn| with(Community::NoAnnounce(*asn))));
    }
    if med {
        options.push(Some(Announcement { med: Some(MED_TRIED), ..plain.clone() }));
    }
    if kinds.sessions && (today.is_none() || announced > 1) {
        options.push(None);
    }
    let mut distinct: Vec<Setting> = Vec::with_capacity(options.len());
    for option in options.into_iter().map(Setting::Says) {
        if !distinct.contains(&option) {
            distinct.push(option);
        }
    }
    distinct
}

/// Neighbors that compare the MEDs of several sessions, with the AS that they hear there: the same
/// AS on all of them, or any where MEDs of different ASes are compared (models 1.2).
fn heard_twice(brief: &Brief<'_>) -> BTreeSet<(Asn, Asn)> {
    let Situation { world, service, rules, .. } = brief.situation();
    let mut heard: BTreeMap<Asn, Vec<Asn>> = BTreeMap::new();
    for site in service.sites.iter().filter(|site| site.active) {
        for session in sessions_of(world, site) {
            if said(site, session).is_some() {
                let neighbor = world.asn_of(world.neighbors[session as usize]);
                heard.entry(neighbor).or_default().push(site.asn);
            }
        }
    }
    let mut found = BTreeSet::new();
    for (neighbor, origins) in heard {
        for origin in &origins {
            let same = |other: &&Asn| match rules.med_scope {
                MedScope::Always => true,
                MedScope::SameNeighborAs => *other == origin,
                MedScope::Never => false,
            };
            if origins.iter().filter(same).count() > 1 {
                found.insert((neighbor, *origin));
            }
        }
    }
    found
}

/// For each session of a site the networks that bring demand over its neighbor, most first.
fn behind(brief: &Brief<'_>) -> Result<BTreeMap<(u32, u32), Vec<Asn>>, Unplanned> {
    let situation = brief.situation();
    let world = situation.world;
    let mut catchments: BTreeMap<u16, Catchment> = BTreeMap::new();
    let mut demand: BTreeMap<(u32, u32), BTreeMap<Asn, f64>> = BTreeMap::new();
    for source in &brief.sources {
        let prefix = brief.prefix_of(source);
        if let std::collections::btree_map::Entry::Vacant(entry) = catchments.entry(prefix) {
            entry.insert(solve(situation, prefix)?);
        }
        let catchment = &catchments[&prefix];
        let Some(site) = catchment.site(source.router) else { continue };
        let way: Vec<u32> = catchment.walk(source.router).collect();
        let leaves = |pair: &&[u32]| world.asn_of(pair[0]) != world.asn_of(pair[1]);
        let mut borders = way.windows(2).rev().filter(leaves);
        let (Some(last), Some(before)) = (borders.next(), borders.next()) else { continue };
        let Some(session) = world.session_to(last[1], last[0]) else { continue };
        let from = world.asn_of(before[0]);
        *demand.entry((site, session)).or_default().entry(from).or_default() += source.weight;
    }
    let most = |of: BTreeMap<Asn, f64>| {
        let mut of: Vec<(Asn, f64)> = of.into_iter().collect();
        of.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        of.into_iter().take(HIDDEN_FROM_MAX).map(|(asn, _)| asn).collect()
    };
    Ok(demand.into_iter().map(|(at, of)| (at, most(of))).collect())
}

/// The service with the levers where a configuration has them.
pub(crate) fn applied(
    world: &World,
    service: &Service,
    levers: &[Lever],
    config: &[u16],
) -> Service {
    let mut changed = service.clone();
    let stands = || levers.iter().zip(config).map(|(it, at)| (it, &it.options[usize::from(*at)]));
    let moved = |at: &u16| *at != 0;
    for ((lever, setting), _) in stands().zip(config).filter(|(_, at)| moved(at)) {
        let site = &mut changed.sites[lever.site as usize];
        match (lever.what, setting) {
            (What::Session(session), Setting::Says(Some(announcement))) => {
                site.announcements.insert(session, announcement.clone());
            }
            (What::Session(session), Setting::Says(None)) => {
                if site.reach == Reach::Everyone {
                    // All but this one: from here on the site lists its sessions.
                    for other in sessions_of(world, site) {
                        site.announcements.entry(other).or_default();
                    }
                    site.reach = Reach::Listed;
                }
                site.announcements.remove(&session);
            }
            (What::Prefix(prefix), Setting::Announces(announces)) => {
                site.prefixes.retain(|it| *it != prefix);
                if *announces {
                    site.prefixes.push(prefix);
                    site.prefixes.sort_unstable();
                }
            }
            _ => {}
        }
    }
    // On top of what each session says by itself.
    for ((lever, setting), _) in stands().zip(config).filter(|(_, at)| moved(at)) {
        let Setting::PrependsAll(count) = setting else { continue };
        let site = &mut changed.sites[lever.site as usize];
        for session in sessions_of(world, site) {
            if site.reach == Reach::Everyone || site.announcements.contains_key(&session) {
                let said = site.announcements.entry(session).or_default();
                said.prepend = said.prepend.saturating_add(*count);
            }
        }
    }
    changed
}

/// The differences of two services as small changes of a solver of one prefix; `None` if they
/// cannot be said so.
pub(crate) fn changes(before: &Service, after: &Service, prefix: u16) -> Option<Vec<Change>> {
    let mut changes = Vec::new();
    for (site, (old, new)) in (0..).zip(before.sites.iter().zip(&after.sites)) {
        if old.reach != new.reach {
            return None;
        }
        let (was, is) = (old.prefixes.contains(&prefix), new.prefixes.contains(&prefix));
        match (was, is) {
            (true, false) => changes.push(Change::Withdraw(site)),
            // A solver withdraws a site, and takes that back, but does not give it a prefix.
            (false, true) => return None,
            _ => {}
        }
        let sessions: BTreeSet<u32> =
            old.announcements.keys().chain(new.announcements.keys()).copied().collect();
        for session in sessions {
            let announcement = new.announcements.get(&session).cloned();
            if old.announcements.get(&session) != announcement.as_ref() {
                changes.push(Change::Say { site, session, announcement });
            }
        }
    }
    Some(changes)
}

impl Lever {
    /// What an operator does who sets it so, such as `bom prepends 1 towards AS6453 in BOM`.
    pub fn describe(&self, brief: &Brief<'_>, setting: &Setting) -> String {
        let world = brief.situation().world;
        let site = brief.site_name(self.site);
        let session = match self.what {
            What::Session(session) => session,
            What::Site => {
                let Setting::PrependsAll(count) = setting else {
                    unreachable!("a lever of a site prepends")
                };
                return format!("{site} prepends {count} towards everyone");
            }
            What::Prefix(prefix) => {
                let prefix = brief.service().prefixes[usize::from(prefix)];
                return match setting {
                    Setting::Announces(true) => format!("{site} announces {prefix} too"),
                    _ => format!("{site} stops announcing {prefix}"),
                };
            }
        };
        let to = neighbor_text(world, session);
        let Setting::Says(says) = setting else { unreachable!("a session says something") };
        let today = said(&brief.service().sites[self.site as usize], session);
        let Some(says) = says else { return format!("{site} stops announcing to {to}") };
        let mut parts = Vec::new();
        let was = today.clone().unwrap_or_default();
        if today.is_none() {
            parts.push(format!("announces to {to} too"));
        }
        if says.prepend != was.prepend {
            parts.push(match says.prepend {
                0 => format!("prepends no more towards {to}"),
                count => format!("prepends {count} towards {to}"),
            });
        }
        for community in says.communities.iter().filter(|it| !was.communities.contains(it)) {
            parts.push(format!("sends {to} the community {community}"));
        }
        if let (true, Some(med)) = (says.med != was.med, says.med) {
            parts.push(format!("sends {to} MED {med}"));
        }
        format!("{site} {}", parts.join(" and "))
    }

    /// Whether the setting asks something of the neighbor, and not only of the site.
    pub fn needs_neighbor(&self, brief: &Brief<'_>, setting: &Setting) -> bool {
        let (What::Session(session), Setting::Says(Some(says))) = (self.what, setting) else {
            return false;
        };
        let today = said(&brief.service().sites[self.site as usize], session);
        let was = today.clone().unwrap_or_default();
        today.is_none() || says.communities != was.communities || says.med != was.med
    }
}

/// The other end of a session as text: `AS6453 in BOM`.
pub(crate) fn neighbor_text(world: &World, session: u32) -> String {
    let neighbor = world.neighbors[session as usize];
    match world.place(neighbor) {
        Some(place) => format!("AS{} in {}", world.asn_of(neighbor), place.code),
        None => format!("AS{}", world.asn_of(neighbor)),
    }
}

/// What turns today's service into another, as lines of a scenario: values of `[[correction]]`,
/// and keys of sites.
pub fn corrections(brief: &Brief<'_>, after: &Service) -> Vec<String> {
    let world = brief.situation().world;
    let mut lines = Vec::new();
    for (old, new) in brief.service().sites.iter().zip(&after.sites) {
        let site = &old.name;
        let sessions = sessions_of(world, old);
        for session in &sessions {
            let (was, is) = (said(old, *session), said(new, *session));
            if was == is {
                continue;
            }
            let neighbor = world.neighbors[*session as usize];
            let asn = world.asn_of(neighbor);
            // The city, where the site has several sessions with the neighbor.
            let same = |it: &&u32| world.asn_of(world.neighbors[**it as usize]) == asn;
            let at = match world.place(neighbor) {
                Some(place) if sessions.iter().filter(same).count() > 1 => {
                    format!(", at = \"{}\"", place.code)
                }
                _ => String::new(),
            };
            let keys = match is {
                None => "withdraw = true".to_owned(),
                Some(says) => {
                    let mut keys = vec![format!("prepend = {}", says.prepend)];
                    keys.extend(says.med.map(|med| format!("med = {med}")));
                    if !says.communities.is_empty() {
                        let list = says.communities.iter().map(|it| format!("\"{it}\""));
                        keys.push(format!("communities = [{}]", join(list, ", ")));
                    }
                    keys.join(", ")
                }
            };
            lines.push(format!("announce = {{ site = \"{site}\", neighbor = {asn}{at}, {keys} }}"));
        }
        if old.prefixes != new.prefixes {
            let prefix = |it: &u16| format!("\"{}\"", after.prefixes[usize::from(*it)]);
            let list = join(new.prefixes.iter().map(prefix), ", ");
            lines.push(format!("site.{site}.prefixes = [{list}]"));
        }
    }
    lines
}

fn join(texts: impl Iterator<Item = String>, separator: &str) -> String {
    texts.collect::<Vec<String>>().join(separator)
}
