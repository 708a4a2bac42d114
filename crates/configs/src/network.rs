//! Every router of a world as one router's BGP: networks, their clients and sites alike, so that
//! real daemons can play a whole scenario.
//!
//! The policy is the one that `routing::policy` solves with, said in terms that routers have. A
//! router marks what it takes with the class of the neighbor, in a large community of its own AS
//! ([`MARK`]), and iBGP carries the mark, so that every router of the AS exports alike (models
//! 1.7). Marks and all communities end at the border, as in the model; but a sibling is told the
//! class, under its own number, since routes keep it there. What the AS originates has an empty
//! path and needs no mark; inside the AS its LOCAL_PREF is the highest there is.
//!
//! What is left out: what is drawn from a seed ([`Unconfigurable::Drawn`]), and round-trip time
//! and hashes as tie-breaks, which no daemon weighs (a remark says so). Links that are down at the
//! start have no session. Files are of one moment: where a site changes what it announces, they are
//! rendered again. Communities that the model carries without an effect have it here too, unless
//! both daemons know them (65535:65283).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use catchment_model::rules::{Decision, MedMissing, MedScope, OldestRule, Role, TieBreak};
use catchment_model::service::Validity;
use catchment_model::{Asn, Class, Community, Prefix, Relation, SiteName};

use crate::router::{
    Accepted, Attributes, Export, Family, Import, Kind, LocalPrefs, Process, RouterConfig,
    RouterName, Session, Timers, Told,
};
use crate::site::{
    Ground, Names, Unconfigurable, ascii, check_size, restart_s, said_by, seconds, symbol, timers,
};

/// Function of the large communities that mark routes: `AS:1:1` from a customer, `AS:1:2` from a
/// peer, `AS:1:3` from a provider (in the form of RFC 8195).
pub const MARK: u32 = 1;

/// LOCAL_PREF of own routes inside the AS: nothing that was learned comes before them.
pub const LOCAL_PREF_OWN: u32 = u32::MAX;

/// LOCAL_PREF of everything where the rules do not weigh it: what daemons have by themselves.
const LOCAL_PREF_PLAIN: u32 = 100;

/// The routers of a world, in its order, each with its sessions in the world's order and then
/// those inside its AS, in order of routers.
///
/// `link` gives our address and the neighbor's for a session of the world, and `mesh` for a router
/// and another one of its AS; what they give is taken for real. They are of one family, and
/// prefixes of the other are left out, which a remark says.
///
/// # Errors
/// If no real router could do what the scenario says.
///
/// # Panics
/// If the two addresses of a session are of different families.
pub fn network_routers(
    ground: Ground<'_>,
    link: &mut dyn FnMut(u32) -> (IpAddr, IpAddr),
    mesh: &mut dyn FnMut(u32, u32) -> (IpAddr, IpAddr),
) -> Result<Vec<RouterConfig>, Unconfigurable> {
    refuse_draws(ground)?;
    let names = router_names(ground);
    let routers = (0..).zip(names);
    routers.map(|(router, name)| network_router(ground, router, name, link, mesh)).collect()
}

fn network_router(
    ground: Ground<'_>,
    router: u32,
    name: RouterName,
    link: &mut dyn FnMut(u32) -> (IpAddr, IpAddr),
    mesh: &mut dyn FnMut(u32, u32) -> (IpAddr, IpAddr),
) -> Result<RouterConfig, Unconfigurable> {
    let Ground { world, overlay, service, rules } = ground;
    let asn = world.asn_of(router);
    let place = |router: u32| world.place(router).map_or("", |place| &place.code);
    let words = match &name {
        RouterName::Site(site) => format!("site `{site}`"),
        RouterName::Network(_) => format!("AS{asn}"),
    };
    let identifier = world.router_ids[router as usize];
    if identifier == 0 {
        return Err(Unconfigurable::NoIdentifier { router: words });
    }
    let mut names = Names::default();
    let mut session = |kind: Kind, other: u32, (local, remote): (IpAddr, IpAddr)| {
        assert_eq!(local.is_ipv4(), remote.is_ipv4(), "a link has addresses of two families");
        Session {
            name: names.of(kind, world.asn_of(other), place(router), place(other)),
            neighbor: world.asn_of(other),
            kind,
            neighbor_name: ascii(
                world.as_name(world.router_as[other as usize]).unwrap_or_default(),
            ),
            neighbor_city: ascii(place(other)),
            family: if local.is_ipv4() { Family::V4 } else { Family::V6 },
            local,
            remote,
            import: Import::Mesh,
            export: Export::Mesh,
        }
    };
    let (mut sessions, mut igp, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for relation in Relation::ALL {
        for index in world.group(router, relation) {
            let neighbor = world.neighbors[index as usize];
            if overlay.is_down(router, neighbor) {
                continue;
            }
            if world.asn_of(neighbor) == asn {
                remarks.push(format!(
                    "a session with another island of AS{asn} is not here: as an external one no \
                     router takes it, and in the model it carries nothing"
                ));
                continue;
            }
            let mut session = session(Kind::External(relation), neighbor, link(index));
            session.import = import(ground, router, neighbor, relation, session.family);
            session.export = export(ground, index, relation, session.family);
            if let Export::Network(told) = &session.export {
                let learned = Attributes { prepend: told.prepend, ..Attributes::default() };
                for said in told.own.iter().map(|(said, _)| said).chain([&learned]) {
                    check_size(said, &words, session.neighbor)?;
                }
            }
            sessions.push(session);
        }
    }
    for other in world.routers_of(world.router_as[router as usize]) {
        if other != router {
            let addresses = mesh(router, other);
            sessions.push(session(Kind::Mesh, other, addresses));
            igp.push((addresses.1, world.igp_cost(router, other)));
        }
    }
    remarks.dedup();
    remarks.extend(what_is_left_out(ground, &sessions));
    let here = |site: &&catchment_model::service::Site| site.active && site.router == router;
    let originated: BTreeSet<u16> =
        service.sites.iter().filter(here).flat_map(|site| site.prefixes.iter().copied()).collect();
    Ok(RouterConfig {
        site: name,
        asn,
        city: ascii(place(router)),
        identifier: Ipv4Addr::from(identifier),
        service: service.prefixes.clone(),
        originated: originated.iter().map(|at| service.prefixes[usize::from(*at)]).collect(),
        sessions,
        process: Some(process(ground, router)),
        igp,
        placeholders: false,
        timers: Timers {
            mesh_mrai_s: rules
                .mrai_ibgp
                .filter(|time| time.us > 0)
                .map(|time| seconds(time, 1, 600)),
            quick: true,
            ..timers(rules)
        },
        bfd: None,
        restart_s: restart_s(rules),
        remarks,
    })
}

/// Policies that depend on the seed.
fn refuse_draws(ground: Ground<'_>) -> Result<(), Unconfigurable> {
    let Ground { rules, service, .. } = ground;
    // A share of none or all is no draw.
    let is_drawn = |share: f64| share > 0.0 && share < 1.0;
    let some_invalid = service.sites.iter().any(|site| {
        let prefixes = site.prefixes.iter().map(|at| &service.prefixes[usize::from(*at)]);
        site.active && prefixes.into_iter().any(|prefix| is_invalid(ground, prefix, site.asn))
    });
    let some_longer = service.prefixes.iter().any(|prefix| is_longer(ground, prefix));
    for (is_drawn, parameter) in [
        // What everybody draws still differs for each pair of networks.
        (rules.policy_noise > 0.0, "policy_noise"),
        (is_drawn(rules.peer_over_customer_share), "peer_over_customer_share"),
        (rules.hybrid_link_share > 0.0, "hybrid_link_share"),
        (some_longer && is_drawn(rules.longer_share), "longer_share"),
        (some_invalid && is_drawn(rules.rov_share), "rov_share"),
    ] {
        if is_drawn {
            return Err(Unconfigurable::Drawn { parameter });
        }
    }
    Ok(())
}

fn is_invalid(ground: Ground<'_>, prefix: &Prefix, origin: Asn) -> bool {
    ground.service.validity(prefix, origin) == Validity::Invalid
}

/// Whether a prefix is longer than networks take without agreement (models 7.3).
fn is_longer(ground: Ground<'_>, prefix: &Prefix) -> bool {
    let max = match prefix.is_ipv4() {
        true => ground.rules.max_length_v4,
        false => ground.rules.max_length_v6,
    };
    u32::from(prefix.length()) > max
}

/// A name for each router that no other has.
fn router_names(ground: Ground<'_>) -> Vec<RouterName> {
    let Ground { world, service, .. } = ground;
    let mut taken: BTreeSet<SiteName> =
        service.sites.iter().map(|site| site.name.clone()).collect();
    let mut name = |router: u32| {
        let sites = || service.sites.iter().filter(|site| site.router == router);
        if let Some(site) = sites().find(|site| site.active).or_else(|| sites().next()) {
            return RouterName::Site(site.name.clone());
        }
        let city = world.place(router).map_or(String::new(), |place| symbol(&place.code));
        let stem = format!("as{}{}", world.asn_of(router), city.replace('_', "-"));
        let numbered = (2..).map(|number| format!("{stem}-{number}"));
        let mut names = [stem.clone()].into_iter().chain(numbered).map(|name| {
            name.parse::<SiteName>().expect("letters, digits and `-` of no great length")
        });
        let name = names.find(|name| taken.insert(name.clone())).expect("numbers do not end");
        RouterName::Network(name)
    };
    (0..world.router_count() as u32).map(&mut name).collect()
}

/// What an AS says about one of its own prefixes on a session, or nothing.
fn said(ground: Ground<'_>, prefix: u16, session: u32) -> Option<Attributes> {
    said_by(ground, session, |site| site.prefixes.contains(&prefix))
}

/// The prefixes of a family, with their indices.
fn prefixes_of(ground: Ground<'_>, family: Family) -> impl Iterator<Item = (u16, Prefix)> + '_ {
    let prefixes = (0..).zip(ground.service.prefixes.iter().copied());
    prefixes.filter(move |(_, prefix)| Family::of(prefix) == family)
}

fn export(ground: Ground<'_>, session: u32, to: Relation, family: Family) -> Export {
    let Ground { world, overlay, .. } = ground;
    if overlay.closed.contains(&session) {
        return Export::Nothing;
    }
    let mut own: Vec<(Attributes, Vec<Prefix>)> = Vec::new();
    for (index, prefix) in prefixes_of(ground, family) {
        let Some(said) = said(ground, index, session) else { continue };
        match own.iter_mut().find(|(other, _)| *other == said) {
            Some((_, prefixes)) => prefixes.push(prefix),
            None => own.push((said, vec![prefix])),
        }
    }
    Export::Network(Told {
        to,
        leaks: overlay.leaks.contains(&world.router_as[world.router_of_session(session) as usize]),
        prepend: u32::from(overlay.prepends.get(&session).copied().unwrap_or(0)),
        own,
    })
}

fn import(
    ground: Ground<'_>,
    router: u32,
    neighbor: u32,
    from: Relation,
    family: Family,
) -> Import {
    let Ground { world, service, rules, .. } = ground;
    let theirs = world.session_to(neighbor, router).expect("a session has two ends");
    // Longer ones by agreement with the origin; a blackhole is wanted long (RFC 7999 §3.3).
    let is_agreed = |index: u16| {
        said(ground, index, theirs).is_some_and(|said| {
            said.takes_longer || said.communities.contains(&Community::Blackhole)
        })
    };
    let takes = |(index, prefix): &(u16, Prefix)| {
        !is_longer(ground, prefix) || rules.longer_share >= 1.0 || is_agreed(*index)
    };
    let prefixes: Vec<Prefix> =
        prefixes_of(ground, family).filter(takes).map(|(_, prefix)| prefix).collect();
    let origins: BTreeSet<Asn> = service.sites.iter().map(|site| site.asn).collect();
    let invalid = prefixes
        .iter()
        .flat_map(|prefix| origins.iter().map(move |origin| (*prefix, *origin)))
        .filter(|(prefix, origin)| rules.rov_share >= 1.0 && is_invalid(ground, prefix, *origin))
        .collect();
    Import::Network(Accepted {
        from,
        prefixes,
        invalid,
        local_prefs: local_prefs(ground, router, neighbor),
        honors_shutdown: rules.decision == Decision::Policy,
        ignores_med: rules.med_scope == MedScope::Never || rules.decision == Decision::Textbook,
    })
}

/// LOCAL_PREF of what a router takes from a neighbor (models 1.3).
fn local_prefs(ground: Ground<'_>, router: u32, neighbor: u32) -> LocalPrefs {
    let Ground { world, overlay, rules, .. } = ground;
    let all =
        |local_pref| LocalPrefs { customer: local_pref, peer: local_pref, provider: local_pref };
    if rules.decision == Decision::Textbook {
        return all(LOCAL_PREF_PLAIN);
    }
    let of = (world.router_as[router as usize], world.asn_of(neighbor));
    if let Some(local_pref) = overlay.local_prefs.get(&of) {
        return all(*local_pref);
    }
    let peer = match rules.peer_over_customer_share >= 1.0 {
        true => rules.lp_customer.saturating_add(1),
        false => rules.lp_peer,
    };
    LocalPrefs { customer: rules.lp_customer, peer, provider: rules.lp_provider }
}

fn process(ground: Ground<'_>, router: u32) -> Process {
    let Ground { service, rules, .. } = ground;
    let role = match service.sites.iter().any(|site| site.router == router) {
        true => Role::Site,
        false => Role::Network,
    };
    Process {
        prefers_older: rules.oldest_rule_of(role) != OldestRule::None,
        med_always: rules.med_scope == MedScope::Always,
        med_deterministic: rules.med_deterministic_of(role),
        med_missing_worst: rules.med_missing == MedMissing::Worst,
        own_as_max: rules.allow_own_as,
    }
}

/// What a real router does otherwise than the rules, and what is not here.
fn what_is_left_out(ground: Ground<'_>, sessions: &[Session]) -> Vec<String> {
    let Ground { world, service, rules, .. } = ground;
    let mut remarks = Vec::new();
    if rules.decision == Decision::Textbook {
        remarks.push(
            "the rules weigh round-trip time, which no router knows: here RFC 4271 decides, with \
             one LOCAL_PREF for all"
                .to_owned(),
        );
    } else if world.has_one_router_per_as() && rules.tie_break != TieBreak::AsnLowest {
        remarks.push(format!(
            "the rules settle ties by `{}`, which no router knows: here router ids do",
            rules.tie_break
        ));
    }
    for prefix in &service.prefixes {
        let has_session = sessions.iter().any(|session| session.family == Family::of(prefix));
        if !has_session && !sessions.is_empty() {
            remarks.push(format!("no session carries {prefix}: addresses are of another family"));
        }
    }
    remarks
}

/// The value of the mark of a class; own routes have none.
pub(crate) fn mark_of(class: Class) -> u32 {
    match class {
        Class::Origin => unreachable!("own routes have an empty path instead"),
        Class::Customer => 1,
        Class::Peer => 2,
        Class::Provider => 3,
    }
}
