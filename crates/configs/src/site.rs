//! A site of a service as one router's BGP.
//!
//! The router is the one that originates. Where the site is an AS of the world with more routers,
//! what those announce is counted in a remark and stands in no file.
//!
//! What is taken from neighbors is what an anycast site needs: a default route from providers for
//! the way back, and nothing from others, unless there is no provider. What was learned is told to
//! nobody, so no site can leak.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use catchment_model::scenario::{Action, FailureKind};
use catchment_model::service::{Announcement, Reach, Site};
use catchment_model::{
    Asn, Duration, Overlay, Prefix, Relation, Rules, Scenario, Service, SiteName, World,
};
use thiserror::Error;

use crate::address::Addresses;
use crate::router::{
    Attributes, Bfd, Export, Family, Import, Kind, RouterConfig, RouterName, Session, Timers,
};

/// Routes taken from a peer or customer where there is no provider.
const ROUTES_MAX: u32 = 1000;
/// Prepends on one session. FRR's command takes 252 numbers.
const PREPENDS_MAX: usize = 200;
/// Communities on one announcement. A line of FRR's takes somewhat fewer than 200 long ones.
const COMMUNITIES_MAX: usize = 100;
/// Characters of a name that a file shows.
const NAME_MAX: usize = 40;

/// Where a router is: everything that its configuration depends on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The world.
    pub world: &'a World,
    /// Changes laid over it.
    pub overlay: &'a Overlay,
    /// What is announced.
    pub service: &'a Service,
    /// Timers.
    pub rules: &'a Rules,
}

/// A router of a scenario that no real router could be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unconfigurable {
    /// BGP identifier 0.
    #[error("the router of {router} has BGP identifier 0, which a router refuses (RFC 6286)")]
    NoIdentifier {
        /// The router, such as ``site `fra` ``.
        router: String,
    },
    /// More links than there are placeholders.
    #[error("site `{site}` has more links than there are addresses to stand for theirs")]
    NoAddress {
        /// The site.
        site: SiteName,
    },
    /// More prepends or communities than a line of configuration takes.
    #[error("{router} has {count} {what} towards AS{neighbor}; {max} can be configured")]
    TooMany {
        /// The router, such as ``site `fra` ``.
        router: String,
        /// The neighbor.
        neighbor: Asn,
        /// `prepends` or `communities`.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A policy that depends on the seed.
    #[error(
        "which networks `rules.{parameter}` means is drawn from the seed, and configuration knows \
         no seed"
    )]
    Drawn {
        /// The parameter.
        parameter: &'static str,
    },
}

/// Whether a scenario has BFD on the sessions of a site: an event lets the site fail in the way
/// that BFD notices (models 2.3).
pub fn has_bfd(scenario: &Scenario, site: &SiteName) -> bool {
    let by_bfd =
        |action: &Action| matches!(action, Action::Fail(name, FailureKind::Bfd) if name == site);
    scenario.events.iter().any(|event| by_bfd(&event.action))
}

/// The routers of all sites that are wanted, in the order of the service.
///
/// # Errors
/// If no real router could do what the scenario says.
pub fn routers(
    ground: Ground<'_>,
    scenario: &Scenario,
    all_bfd: bool,
    addresses: &mut Addresses,
    is_wanted: impl Fn(&SiteName) -> bool,
) -> Result<Vec<RouterConfig>, Unconfigurable> {
    let sites = (0..).zip(&ground.service.sites).filter(|(_, site)| is_wanted(&site.name));
    let router = |(index, site): (u32, &Site)| {
        site_router(ground, index, all_bfd || has_bfd(scenario, &site.name), addresses)
    };
    sites.map(router).collect()
}

/// The router of a site, by index into the service's sites.
///
/// # Errors
/// If no real router could do what the scenario says.
///
/// # Panics
/// If there is no such site.
pub fn site_router(
    ground: Ground<'_>,
    site_index: u32,
    has_bfd: bool,
    addresses: &mut Addresses,
) -> Result<RouterConfig, Unconfigurable> {
    let Ground { world, service, rules, .. } = ground;
    let site = &service.sites[site_index as usize];
    let identifier = world.router_ids[site.router as usize];
    if identifier == 0 {
        return Err(Unconfigurable::NoIdentifier { router: format!("site `{}`", site.name) });
    }
    let prefixes = || site.prefixes.iter().map(|index| service.prefixes[usize::from(*index)]);
    let originated: Vec<Prefix> = if site.active { prefixes().collect() } else { Vec::new() };
    let mut families: BTreeSet<Family> = prefixes().map(|prefix| Family::of(&prefix)).collect();
    if families.is_empty() {
        families = service.prefixes.iter().map(Family::of).collect();
    }
    let place = |router: u32| world.place(router).map_or("", |place| &place.code);

    let neighbors = neighbors(ground, site_index);
    let has_provider =
        neighbors.iter().any(|neighbor| neighbor.kind == Kind::External(Relation::Provider));
    let mut names = Names::default();
    let mut sessions = Vec::new();
    for neighbor in &neighbors {
        let asn = world.asn_of(neighbor.router);
        let there = place(neighbor.router);
        let unique = names.of(neighbor.kind, asn, place(site.router), there);
        let export = match &neighbor.said {
            Some(said) if !originated.is_empty() => Export::Originated(said.clone()),
            _ => Export::Nothing,
        };
        if let Export::Originated(said) = &export {
            check_size(said, &format!("site `{}`", site.name), asn)?;
        }
        for family in &families {
            let exhausted = || Unconfigurable::NoAddress { site: site.name.clone() };
            let (local, remote) =
                addresses.link(&site.name, &unique, *family).ok_or_else(exhausted)?;
            // A prefix of the other family is nothing to this session.
            let export = match &export {
                Export::Originated(_) if !originated.iter().any(|it| Family::of(it) == *family) => {
                    Export::Nothing
                }
                export => export.clone(),
            };
            sessions.push(Session {
                name: unique.clone(),
                neighbor: asn,
                kind: neighbor.kind,
                neighbor_name: ascii(
                    world.as_name(world.router_as[neighbor.router as usize]).unwrap_or_default(),
                ),
                neighbor_city: ascii(there),
                family: *family,
                local,
                remote,
                import: import(ground, site_index, neighbor, has_provider),
                export,
            });
        }
    }
    Ok(RouterConfig {
        site: RouterName::Site(site.name.clone()),
        asn: site.asn,
        city: ascii(place(site.router)),
        identifier: Ipv4Addr::from(identifier),
        service: service.prefixes.clone(),
        remarks: remarks(ground, site_index, &originated, has_provider),
        originated,
        sessions,
        process: None,
        igp: Vec::new(),
        placeholders: true,
        timers: timers(rules),
        bfd: has_bfd.then(|| bfd(rules)),
        restart_s: restart_s(rules),
    })
}

/// A neighbor of a site's router.
struct Neighbor {
    router: u32,
    kind: Kind,
    /// What it is told, if anything.
    said: Option<Attributes>,
}

fn neighbors(ground: Ground<'_>, site_index: u32) -> Vec<Neighbor> {
    let Ground { world, overlay, service, .. } = ground;
    let site = &service.sites[site_index as usize];
    let mut neighbors = Vec::new();
    for relation in Relation::ALL {
        for session in world.group(site.router, relation) {
            let router = world.neighbors[session as usize];
            if overlay.is_down(site.router, router) {
                continue;
            }
            let said = said(ground, session);
            // An AS of the world has sessions that are not about the service.
            if said.is_none() && !site.own_router && site.reach == Reach::Listed {
                continue;
            }
            neighbors.push(Neighbor { router, kind: Kind::External(relation), said });
        }
    }
    let mesh = world.routers_of(world.router_as[site.router as usize]);
    neighbors.extend(mesh.filter(|router| *router != site.router).map(|router| Neighbor {
        router,
        kind: Kind::Mesh,
        said: Some(Attributes::default()),
    }));
    neighbors
}

/// What is said on a session, unless it is closed.
fn said(ground: Ground<'_>, session: u32) -> Option<Attributes> {
    match ground.overlay.closed.contains(&session) {
        true => None,
        false => said_by(ground, session, |_| true),
    }
}

/// What the sites that are meant say on a session: what an active one of the mesh lists for it,
/// else the plain announcement if one of them tells everyone (`routing::policy` reads it so too).
pub(crate) fn said_by(
    ground: Ground<'_>,
    session: u32,
    is_meant: impl Fn(&Site) -> bool,
) -> Option<Attributes> {
    let Ground { world, overlay, service, .. } = ground;
    let mesh = world.router_as[world.router_of_session(session) as usize];
    let speaks = |site: &&Site| {
        site.active && world.router_as[site.router as usize] == mesh && is_meant(site)
    };
    let sites = || service.sites.iter().filter(speaks);
    let plain = Announcement::default();
    let listed = sites().find_map(|site| site.announcements.get(&session));
    let tells_all = || sites().any(|site| site.reach == Reach::Everyone).then_some(&plain);
    let said = listed.or_else(tells_all)?;
    let added = overlay.prepends.get(&session).copied().unwrap_or(0);
    Some(Attributes {
        prepend: u32::from(said.prepend) + u32::from(added),
        med: said.med,
        communities: said.communities.clone(),
        takes_longer: said.takes_longer,
    })
}

fn import(ground: Ground<'_>, site_index: u32, neighbor: &Neighbor, has_provider: bool) -> Import {
    let Ground { world, overlay, service, .. } = ground;
    let site = &service.sites[site_index as usize];
    match neighbor.kind {
        Kind::Mesh => Import::Service,
        // A network of the world has a policy of its own for everything else that it carries.
        Kind::External(_) if !site.own_router => Import::Nothing,
        Kind::External(Relation::Provider) => {
            let of = (world.router_as[site.router as usize], world.asn_of(neighbor.router));
            Import::Default { local_pref: overlay.local_prefs.get(&of).copied() }
        }
        Kind::External(_) if has_provider => Import::Nothing,
        Kind::External(_) => Import::Routes { limit: ROUTES_MAX },
    }
}

fn remarks(
    ground: Ground<'_>,
    site_index: u32,
    originated: &[Prefix],
    has_provider: bool,
) -> Vec<String> {
    let Ground { world, overlay, service, .. } = ground;
    let site = &service.sites[site_index as usize];
    let mut remarks = Vec::new();
    if !site.own_router {
        remarks.push(format!(
            "AS{} is a network of the world: only what concerns the service is here, not what it \
             carries for others",
            site.asn
        ));
        let mesh = world.routers_of(world.router_as[site.router as usize]);
        let others = mesh.filter(|router| *router != site.router);
        let told = |router: u32, session: u32| {
            !overlay.is_down(router, world.neighbors[session as usize])
                && said(ground, session).is_some()
        };
        let elsewhere = others
            .flat_map(|router| world.sessions(router).map(move |session| (router, session)))
            .filter(|(router, session)| told(*router, *session))
            .count();
        if elsewhere > 0 {
            remarks.push(format!(
                "sessions at other routers of AS{}, which announce the service too and are not \
                 here: {elsewhere}",
                site.asn
            ));
        }
    } else if !has_provider {
        remarks.push(
            "no neighbor is a provider, so that no default route comes in: make sure that answers \
             find their way back to all clients"
                .to_owned(),
        );
    }
    for prefix in originated {
        let (length, most) = (prefix.length(), Family::of(prefix).length_max());
        if length > most {
            remarks.push(format!(
                "{prefix} is longer than /{most}: most networks drop it, whatever stands here"
            ));
        }
    }
    remarks
}

/// What no line of a configuration takes.
pub(crate) fn check_size(
    said: &Attributes,
    router: &str,
    neighbor: Asn,
) -> Result<(), Unconfigurable> {
    for (what, count, max) in [
        ("prepends", said.prepend as usize, PREPENDS_MAX),
        ("communities", said.communities.len(), COMMUNITIES_MAX),
    ] {
        if count > max {
            let router = router.to_owned();
            return Err(Unconfigurable::TooMany { router, neighbor, what, count, max });
        }
    }
    Ok(())
}

/// Names of the sessions of one router.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    /// A name for a session between routers in these cities, which it has to itself.
    pub(crate) fn of(&mut self, kind: Kind, neighbor: Asn, here: &str, there: &str) -> String {
        let mut name = match kind {
            Kind::External(_) => format!("as{neighbor}"),
            Kind::Mesh => "mesh".to_owned(),
        };
        // Not for the router's own city: that is where one expects it.
        if there != here || kind == Kind::Mesh {
            name.push_str(&symbol(there));
        }
        let mut number = 2;
        let mut unique = name.clone();
        while !self.0.insert(unique.clone()) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        unique
    }
}

/// For how long neighbors are asked to keep routes while a router restarts, if they are.
pub(crate) fn restart_s(rules: &Rules) -> Option<u16> {
    rules.gr_helper.then(|| seconds(rules.restart_time, 1, 4095))
}

pub(crate) fn timers(rules: &Rules) -> Timers {
    let given = |time: Option<Duration>, max: i64| {
        time.filter(|time| time.us > 0).map(|time| seconds(time, 1, max))
    };
    let hold_s = rules.hold.map(|hold| match hold.us {
        0 => 0,
        _ => seconds(hold, 3, 65_535),
    });
    Timers {
        hold_s,
        keepalive_s: given(rules.keepalive, 21_845),
        connect_retry_s: given(rules.connect_retry, 65_535),
        mrai_s: given(rules.mrai_ebgp, 600),
        ..Timers::default()
    }
}

/// BFD with the intervals of the rules.
pub fn bfd(rules: &Rules) -> Bfd {
    let interval_ms = (rules.bfd_interval.us / 1000).clamp(10, 60_000) as u16;
    Bfd { interval_ms, multiplier: rules.bfd_multiplier.clamp(2, 255) as u8 }
}

/// Whole seconds, rounded up, within bounds that fit into 16 bits.
pub(crate) fn seconds(time: Duration, min: i64, max: i64) -> u16 {
    let seconds = time.us.div_euclid(1_000_000) + i64::from(time.us.rem_euclid(1_000_000) > 0);
    seconds.clamp(min, max) as u16
}

/// A name from outside in a comment or description: one line of ASCII, and nothing that a daemon
/// could read as more.
pub(crate) fn ascii(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || " .,-_/&()'".contains(c);
    let clean: String = text.chars().map(|c| if keep(c) { c } else { '_' }).collect();
    clean.trim().chars().take(NAME_MAX).collect()
}

/// The end of a name in a configuration, such as `_fra`; empty for nothing.
pub(crate) fn symbol(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric).take(16);
    let letters: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    if letters.is_empty() { letters } else { format!("_{letters}") }
}
