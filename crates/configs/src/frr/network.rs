//! What networks take and tell, in route maps: the same policy as [`crate::bird`] writes.
//!
//! Maps are read from the top and the first that matches decides, so refusals stand above what is
//! let through.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::{Asn, Class, Prefix, Relation};

use super::{Section, attributes, ip, map_name, match_prefix};
use crate::community::NO_ANNOUNCE;
use crate::network::{LOCAL_PREF_OWN, MARK, mark_of};
use crate::router::{
    Accepted, Attributes, Export, Family, Import, LocalPrefs, RouterConfig, Session, Told,
};

/// Communities that keep a route in the AS that its origin told: no-export, no-advertise (RFC
/// 1997), blackhole (RFC 7999).
const STAYS: [&str; 3] = ["65535:65281", "65535:65282", "65535:666"];

/// The classes that are marked, with the names of their lists.
const CLASSES: [(Class, &str); 3] =
    [(Class::Customer, "CUSTOMER"), (Class::Peer, "PEER"), (Class::Provider, "PROVIDER")];

/// Lists that all sessions share.
pub(super) fn lists(router: &RouterConfig) -> Section {
    let about = "What starts in this AS has an empty path, here and at its other routers. What it \
                 learned is marked by whom it has it from.";
    let mut section = Section::new(&[], about);
    section.line("bgp as-path access-list OWN permit ^$");
    for community in STAYS {
        section.line(format!("bgp community-list standard STAYS permit {community}"));
    }
    section.line("bgp community-list standard NO-PEER permit 65535:65284");
    section.line("bgp community-list standard SHUTDOWN permit 65535:0");
    let large = "bgp large-community-list standard";
    for (class, name) in CLASSES {
        let mark = mark(router.asn, class);
        section.line(format!("{large} MARKS permit {mark}"));
        section.line(format!("{large} {name} permit {mark}"));
    }
    let told: BTreeSet<Asn> = router
        .sessions
        .iter()
        .filter(|session| matches!(session.export, Export::Network(_)))
        .map(|session| session.neighbor)
        .collect();
    for neighbor in told {
        let (asn, name) = (router.asn, not_to(neighbor));
        section.line(format!("{large} {name} permit {asn}:{NO_ANNOUNCE}:{neighbor}"));
    }
    for origin in invalid(router).keys() {
        let name = origin_list(*origin);
        section.line(format!("bgp as-path access-list {name} permit _{origin}$"));
    }
    for family in Family::ALL.into_iter().filter(|family| router.uses(*family)) {
        let digit = family.digit();
        prefix_list(&mut section, family, &format!("CARRIED{digit}"), router.service_of(family));
        for (origin, prefixes) in invalid(router) {
            let of_family = prefixes.into_iter().filter(|it| Family::of(it) == family).collect();
            let name = format!("{}{digit}", origin_list(origin));
            prefix_list(&mut section, family, &name, of_family);
        }
        for session in router.sessions_of(family) {
            if let Import::Network(accepted) = &session.import
                && let Some(name) = own_list(router, session, &accepted.prefixes, "FROM", 0)
            {
                prefix_list(&mut section, family, &name, accepted.prefixes.iter().collect());
            }
            let Export::Network(told) = &session.export else { continue };
            for (at, (_, prefixes)) in told.own.iter().enumerate() {
                if let Some(name) = own_list(router, session, prefixes, "TO", at) {
                    prefix_list(&mut section, family, &name, prefixes.iter().collect());
                }
            }
        }
    }
    section
}

fn prefix_list(section: &mut Section, family: Family, name: &str, prefixes: Vec<&Prefix>) {
    for prefix in prefixes {
        section.line(format!("{} prefix-list {name} permit {prefix}", ip(family)));
    }
}

/// The name of a list of these prefixes, if it is not the list of all.
fn own_list(
    router: &RouterConfig,
    session: &Session,
    prefixes: &[Prefix],
    direction: &str,
    at: usize,
) -> Option<String> {
    let is_all = router.service_of(session.family) == prefixes.iter().collect::<Vec<_>>();
    (!is_all).then(|| format!("{}-{}", map_name(direction, session), at + 1))
}

fn match_list(
    map: &mut Section,
    router: &RouterConfig,
    session: &Session,
    prefixes: &[Prefix],
    direction: &str,
    at: usize,
) {
    let all = format!("CARRIED{}", session.family.digit());
    let name = own_list(router, session, prefixes, direction, at).unwrap_or(all);
    match_prefix(map, session.family, &name);
}

fn mark(asn: Asn, class: Class) -> String {
    format!("{asn}:{MARK}:{}", mark_of(class))
}

/// The list of what an origin asked not to tell an AS.
fn not_to(neighbor: Asn) -> String {
    format!("NOT-TO-AS{neighbor}")
}

fn origin_list(origin: Asn) -> String {
    format!("INVALID-AS{origin}-V")
}

/// What some session drops as invalid, by origin.
fn invalid(router: &RouterConfig) -> BTreeMap<Asn, BTreeSet<&Prefix>> {
    let mut by_origin: BTreeMap<Asn, BTreeSet<&Prefix>> = BTreeMap::new();
    for session in &router.sessions {
        let Import::Network(accepted) = &session.import else { continue };
        for (prefix, origin) in &accepted.invalid {
            by_origin.entry(*origin).or_default().insert(prefix);
        }
    }
    by_origin
}

/// Route maps between routers of the AS.
pub(super) fn mesh_maps(router: &RouterConfig, family: Family) -> Vec<Section> {
    if !router.sessions_of(family).any(|session| session.import == Import::Mesh) {
        return Vec::new();
    }
    let carried = format!("CARRIED{}", family.digit());
    let mut input = Map::new(format!("MESH-IN-V{}", family.digit()), "");
    match_prefix(input.permit(), family, &carried);
    let about = "What starts here is the best that other routers of the AS can have.";
    let mut output = Map::new(format!("MESH-OUT-V{}", family.digit()), about);
    let own = output.permit();
    match_prefix(own, family, &carried);
    own.keyed("match as-path", "match as-path OWN");
    local_preference(own, LOCAL_PREF_OWN);
    match_prefix(output.permit(), family, &carried);
    [input.entries, output.entries].concat()
}

/// A route map that grows at its end.
struct Map {
    name: String,
    about: String,
    entries: Vec<Section>,
}

impl Map {
    fn new(name: String, about: &str) -> Map {
        Map { name, about: about.to_owned(), entries: Vec::new() }
    }

    fn permit(&mut self) -> &mut Section {
        self.entry("permit")
    }

    fn deny(&mut self) -> &mut Section {
        self.entry("deny")
    }

    fn entry(&mut self, what: &str) -> &mut Section {
        let number = 10 * (self.entries.len() + 1);
        let path = format!("route-map {} {what} {number}", self.name);
        // The comment stands above the first.
        let about = std::mem::take(&mut self.about);
        self.entries.push(Section::new(&[&path], &about));
        self.entries.last_mut().expect("one was pushed")
    }
}

fn local_preference(map: &mut Section, value: u32) {
    map.keyed("set local-preference", format!("set local-preference {value}"));
}

/// The route map of what is taken from a neighbor.
pub(super) fn accepting_map(
    session: &Session,
    accepted: &Accepted,
    router: &RouterConfig,
) -> Vec<Section> {
    let about = format!("What is taken from {}.", session.about());
    let mut map = Map::new(map_name("FROM", session), &about);
    if accepted.prefixes.is_empty() {
        map.deny();
        return map.entries;
    }
    let origins: BTreeSet<Asn> = accepted.invalid.iter().map(|(_, origin)| *origin).collect();
    for origin in origins {
        let (entry, name) = (map.deny(), origin_list(origin));
        match_prefix(entry, session.family, &format!("{name}{}", session.family.digit()));
        let line = entry.keyed("match as-path", format!("match as-path {name}"));
        line.comment = "RPKI-invalid (RFC 6811).".to_owned();
    }
    let LocalPrefs { customer, peer, provider } = accepted.local_prefs;
    let (class, local_pref) = match accepted.from {
        Relation::Customer | Relation::Sibling => (Class::Customer, customer),
        Relation::Peer => (Class::Peer, peer),
        Relation::Provider => (Class::Provider, provider),
    };
    let mut take = |list: Option<(&str, &str)>, is_marked: bool, local_pref: u32| {
        let entry = map.permit();
        match_list(entry, router, session, &accepted.prefixes, "FROM", 0);
        if let Some((what, name)) = list {
            entry.keyed(format!("match {what}"), format!("match {what} {name}"));
        }
        if !is_marked {
            entry.keyed("set large-comm-list", "set large-comm-list MARKS delete");
            let mark = mark(router.asn, class);
            entry.keyed("set large-community", format!("set large-community {mark} additive"));
        }
        local_preference(entry, local_pref);
        if accepted.ignores_med {
            entry.keyed("set metric", "set metric 0");
        }
    };
    if accepted.honors_shutdown {
        take(Some(("community", "SHUTDOWN")), false, 0);
    }
    if accepted.from == Relation::Sibling {
        // The sibling has marked what it does not have from a customer.
        take(Some(("large-community", "PEER")), true, peer);
        take(Some(("large-community", "PROVIDER")), true, provider);
    }
    take(None, false, local_pref);
    map.entries
}

/// The route map of what a neighbor is told.
pub(super) fn telling_map(session: &Session, told: &Told, router: &RouterConfig) -> Vec<Section> {
    let mut about = format!("What {} is told.", session.about());
    if told.leaks {
        about.push_str(" It leaks: all that was learned goes to everybody (RFC 7908).");
    }
    let mut map = Map::new(map_name("TO", session), &about);
    for (at, (said, prefixes)) in told.own.iter().enumerate() {
        let entry = map.permit();
        match_list(entry, router, session, prefixes, "TO", at);
        entry.keyed("match as-path", "match as-path OWN");
        attributes(entry, said, session, router);
        // FRR sends 0 where none is set.
        if said.med.is_none() && router.process.is_some_and(|it| it.med_missing_worst) {
            entry.keyed("set metric", format!("set metric {}", u32::MAX));
        }
    }
    map.deny().keyed("match as-path", "match as-path OWN");
    map.deny().keyed("match community", "match community STAYS");
    if told.to == Relation::Peer {
        map.deny().keyed("match community", "match community NO-PEER");
    }
    let not_to = not_to(session.neighbor);
    map.deny().keyed("match large-community", format!("match large-community {not_to}"));
    let learned = Attributes { prepend: told.prepend, ..Attributes::default() };
    let mut pass = |class: Option<&str>, mark: Option<String>| {
        let entry = map.permit();
        match_prefix(entry, session.family, &format!("CARRIED{}", session.family.digit()));
        if let Some(class) = class {
            entry.keyed("match large-community", format!("match large-community {class}"));
        }
        attributes(entry, &learned, session, router);
        entry.keyed("set community", "set community none");
        let mark = mark.unwrap_or_else(|| "none".to_owned());
        entry.keyed("set large-community", format!("set large-community {mark}"));
    };
    if told.to == Relation::Sibling {
        // A sibling takes a route as what it is here.
        pass(Some("PEER"), Some(mark(session.neighbor, Class::Peer)));
        pass(Some("PROVIDER"), Some(mark(session.neighbor, Class::Provider)));
    }
    let may_tell_all = told.leaks || matches!(told.to, Relation::Customer | Relation::Sibling);
    pass((!may_tell_all).then_some("CUSTOMER"), None);
    map.entries
}
