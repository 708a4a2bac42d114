//! One router's BGP as plain data: what all daemons are told, each in its own words.
//!
//! Not here: where it comes from ([`crate::site`], [`crate::network`]) and how a daemon writes it
//! ([`crate::bird`], [`crate::frr`]).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Deref;

use catchment_model::{Asn, Class, Community, Prefix, Relation, SiteName};

/// One router's BGP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterConfig {
    /// The site that it serves, or what it is called as a router of a network.
    pub site: RouterName,
    /// Its AS.
    pub asn: Asn,
    /// Code of its city; empty where the world has no places.
    pub city: String,
    /// BGP identifier (RFC 6286: unique in its AS, not 0). Neighbors whose other routes tie compare
    /// it, so it is the world's.
    pub identifier: Ipv4Addr,
    /// All prefixes of the service: nobody outside has a say in them.
    pub service: Vec<Prefix>,
    /// Those that this router originates. Each needs a route of its own, which stands as long as
    /// the daemon runs.
    pub originated: Vec<Prefix>,
    /// Its sessions, in the world's order: an AS that a neighbor is in may have several.
    pub sessions: Vec<Session>,
    /// How it decides; none for the ways of the daemon.
    pub process: Option<Process>,
    /// What it costs to reach the other routers of its AS, by their addresses on its iBGP sessions.
    /// Both daemons take the metric of the kernel's route to such an address for it, so whoever
    /// starts them puts those routes there: a router learns no interior route by itself.
    pub igp: Vec<(IpAddr, u32)>,
    /// Whether addresses are placeholders, in lines that say so.
    pub placeholders: bool,
    /// Timers of all its sessions.
    pub timers: Timers,
    /// BFD on its external sessions, if it is used.
    pub bfd: Option<Bfd>,
    /// Seconds for which neighbors are asked to keep its routes while it restarts (RFC 4724); none
    /// if they are not.
    pub restart_s: Option<u16>,
    /// What somebody who uses the file should know besides: one line each.
    pub remarks: Vec<String>,
}

/// Whose router it is, by name. Names differ within a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouterName {
    /// A site's.
    Site(SiteName),
    /// A network's: such as `as1299-fra`, made by the rules for names of sites.
    Network(SiteName),
}

impl RouterName {
    /// The name.
    pub fn name(&self) -> &SiteName {
        match self {
            RouterName::Site(name) | RouterName::Network(name) => name,
        }
    }
}

/// Whoever asked for sites has routers of sites alone, and goes on reading their names.
impl Deref for RouterName {
    type Target = SiteName;

    fn deref(&self) -> &SiteName {
        self.name()
    }
}

impl fmt::Display for RouterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

/// How a router decides between routes, as far as a daemon can be told (models 1.2, 1.4, 1.5).
///
/// Of an oldest-route rule each daemon has its own. With `prefers_older` FRR keeps the neighbor
/// that is selected while it ties, and goes by router id if that is gone: `selected_peer`. BIRD
/// keeps it too, and if it is gone takes the neighbor that came first among those that tie: between
/// `selected_peer` and `timestamp`. Neither does `timestamp` to the letter, which gives up a
/// neighbor that replaces its route by an equal one. Without it both go by router id: `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Whether age comes before the router id between external routes (RFC 5004).
    pub prefers_older: bool,
    /// Whether MEDs of different neighbor ASes are compared.
    pub med_always: bool,
    /// Whether MEDs are compared group by group.
    pub med_deterministic: bool,
    /// Whether no MED is the worst, and not the best.
    pub med_missing_worst: bool,
    /// How often the own number may stand in a received path.
    pub own_as_max: u32,
}

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4 unicast.
    V4,
    /// IPv6 unicast.
    V6,
}

impl Family {
    /// Both.
    pub const ALL: [Family; 2] = [Family::V4, Family::V6];

    /// The family of a prefix.
    pub fn of(prefix: &Prefix) -> Family {
        if prefix.is_ipv4() { Family::V4 } else { Family::V6 }
    }

    /// The digit of its name.
    pub fn digit(self) -> u8 {
        match self {
            Family::V4 => 4,
            Family::V6 => 6,
        }
    }

    /// The default route.
    pub fn default_route(self) -> &'static str {
        match self {
            Family::V4 => "0.0.0.0/0",
            Family::V6 => "::/0",
        }
    }

    /// Bits of an address.
    pub fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// The longest prefix that networks commonly take (models 7.3).
    pub fn length_max(self) -> u8 {
        match self {
            Family::V4 => 24,
            Family::V6 => 48,
        }
    }
}

/// A BGP session. Each carries one address family, as operators have it: if one family's session
/// fails, the other's stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Name, unique at this router and family: lower-case letters, digits and `_`.
    pub name: String,
    /// The neighbor's AS.
    pub neighbor: Asn,
    /// What the neighbor is.
    pub kind: Kind,
    /// Name of the neighbor for people; may be empty. ASCII.
    pub neighbor_name: String,
    /// Code of the neighbor's city; may be empty. ASCII.
    pub neighbor_city: String,
    /// What it carries.
    pub family: Family,
    /// Our address.
    pub local: IpAddr,
    /// The neighbor's address.
    pub remote: IpAddr,
    /// What is taken.
    pub import: Import,
    /// What is told.
    pub export: Export,
}

impl Session {
    /// Name with the family: unique at the router.
    pub fn full_name(&self) -> String {
        format!("{}_v{}", self.name, self.family.digit())
    }

    /// The neighbor in words, such as `AS1299 Arelion, provider, in FRA`.
    pub fn about(&self) -> String {
        let mut text = format!("AS{}", self.neighbor);
        if !self.neighbor_name.is_empty() {
            text.push_str(&format!(" {}", self.neighbor_name));
        }
        text.push_str(&format!(", {}", self.kind));
        if !self.neighbor_city.is_empty() {
            text.push_str(&format!(", in {}", self.neighbor_city));
        }
        text
    }
}

/// What a neighbor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A router of another AS.
    External(Relation),
    /// Another router of the same AS: iBGP.
    Mesh,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::External(relation) => relation.fmt(f),
            Kind::Mesh => f.write_str("iBGP"),
        }
    }
}

/// What is taken from a neighbor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Import {
    /// Nothing.
    Nothing,
    /// The default route, for the way back to clients.
    Default {
        /// LOCAL_PREF, if the scenario sets one.
        local_pref: Option<u32>,
    },
    /// The neighbor's routes, but no default, none of the service, and none too long to be
    /// accepted anywhere.
    Routes {
        /// How many at most.
        limit: u32,
    },
    /// The prefixes of the service, from another router of the AS.
    Service,
    /// The prefixes of the service, as a network takes them from another.
    Network(Accepted),
    /// What another router of the network has: all about the service that it learned outside or
    /// originates.
    Mesh,
}

/// What a network takes from a neighbor, and what it makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the neighbor is: routes are marked with their class, so that every router of the AS
    /// knows to whom they may be told ([`crate::network`]).
    pub from: Relation,
    /// The prefixes, in the order of the service.
    pub prefixes: Vec<Prefix>,
    /// What origin validation drops (RFC 6811): these prefixes of these origins.
    pub invalid: Vec<(Prefix, Asn)>,
    /// LOCAL_PREF.
    pub local_prefs: LocalPrefs,
    /// Whether GRACEFUL_SHUTDOWN makes it 0 (RFC 8326).
    pub honors_shutdown: bool,
    /// Whether MEDs are passed over.
    pub ignores_med: bool,
}

/// LOCAL_PREF of routes from each class. One session has several classes with siblings alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalPrefs {
    /// Own routes of a sibling, and routes from customers.
    pub customer: u32,
    /// Routes from peers.
    pub peer: u32,
    /// Routes from providers.
    pub provider: u32,
}

impl LocalPrefs {
    /// That of a class.
    pub fn of(&self, class: Class) -> u32 {
        match class {
            Class::Origin | Class::Customer => self.customer,
            Class::Peer => self.peer,
            Class::Provider => self.provider,
        }
    }
}

/// Received routes above which a neighbor that should send the default route alone is reported.
pub const DEFAULT_RECEIVED_MAX: u32 = 10;

/// What is told to a neighbor. What a site learned is told to nobody: only networks pass on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// Nothing: the session stands, and no route is on it.
    Nothing,
    /// The originated prefixes.
    Originated(Attributes),
    /// The prefixes of the service, as a network tells them to another.
    Network(Told),
    /// What was learned outside or is originated, with all that is known about it, to another
    /// router of the network.
    Mesh,
}

/// What a network tells a neighbor: own routes as said, routes from customers to everybody, all
/// others to customers and siblings (models 1.7). Communities act at the network that an origin
/// tells, and go no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the neighbor is.
    pub to: Relation,
    /// Whether all is told to everybody: a leak (RFC 7908).
    pub leaks: bool,
    /// How often the own number is added to what was learned.
    pub prepend: u32,
    /// What is said about own prefixes, and about which; others that the AS originates are not
    /// told.
    pub own: Vec<(Attributes, Vec<Prefix>)>,
}

/// What an announcement carries besides the prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attributes {
    /// How often the own number is added to the path.
    pub prepend: u32,
    /// MED.
    pub med: Option<u32>,
    /// Communities, ascending.
    pub communities: Vec<Community>,
    /// Whether the neighbor agreed to take longer prefixes than others do.
    pub takes_longer: bool,
}

/// Timers of sessions, in seconds; what is not given is the daemon's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timers {
    /// Hold time: 0 for off, else at least 3 (RFC 4271 §4.2).
    pub hold_s: Option<u16>,
    /// Keepalive interval: at least 1, and 0 only with a hold time of 0.
    pub keepalive_s: Option<u16>,
    /// Time between attempts to connect, at least 1.
    pub connect_retry_s: Option<u16>,
    /// Least time between two announcements of a prefix on an external session (MRAI). BIRD has
    /// none.
    pub mrai_s: Option<u16>,
    /// The same inside the AS.
    pub mesh_mrai_s: Option<u16>,
    /// Whether sessions are tried again at once, whatever `connect_retry_s` says: for labs, not for
    /// networks.
    pub quick: bool,
}

impl Timers {
    /// Hold time and keepalive interval for a daemon with this default hold time; none if neither
    /// is set. A keepalive interval that is not set is a third of the hold time, and never more.
    pub fn hold_and_keepalive(&self, default_hold_s: u16) -> Option<(u16, u16)> {
        if self.hold_s.is_none() && self.keepalive_s.is_none() {
            return None;
        }
        let hold = self.hold_s.unwrap_or(default_hold_s);
        if hold == 0 {
            return Some((0, 0));
        }
        let third = (hold / 3).max(1);
        Some((hold, self.keepalive_s.unwrap_or(third).clamp(1, third)))
    }
}

/// Bidirectional Forwarding Detection, asynchronous mode (RFC 5880).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bfd {
    /// Interval in ms, in both directions.
    pub interval_ms: u16,
    /// Lost packets until the session counts as down.
    pub multiplier: u8,
}

impl RouterConfig {
    /// The prefixes of a family that it originates.
    pub fn originated_of(&self, family: Family) -> Vec<&Prefix> {
        self.originated.iter().filter(|prefix| Family::of(prefix) == family).collect()
    }

    /// The prefixes of the service of a family.
    pub fn service_of(&self, family: Family) -> Vec<&Prefix> {
        self.service.iter().filter(|prefix| Family::of(prefix) == family).collect()
    }

    /// Whether it does anything in a family.
    pub fn uses(&self, family: Family) -> bool {
        !self.originated_of(family).is_empty() || self.sessions_of(family).next().is_some()
    }

    /// Its sessions of a family.
    pub fn sessions_of(&self, family: Family) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(move |session| session.family == family)
    }

    /// The router in words, such as `site fra: AS64500 in FRA` or `AS1299 in FRA`.
    pub fn about(&self) -> String {
        let city = if self.city.is_empty() { String::new() } else { format!(" in {}", self.city) };
        match &self.site {
            RouterName::Site(site) => format!("site {site}: AS{}{city}", self.asn),
            RouterName::Network(_) => format!("AS{}{city}", self.asn),
        }
    }

    /// Whether it is one of a network, which may tell what it learned.
    pub(crate) fn is_network(&self) -> bool {
        self.sessions.iter().any(|session| {
            matches!(session.import, Import::Network(_) | Import::Mesh)
                || matches!(session.export, Export::Network(_) | Export::Mesh)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keepalives_come_thrice_in_a_hold_time() {
        let timers = |hold_s, keepalive_s| Timers { hold_s, keepalive_s, ..Timers::default() };
        assert_eq!(timers(None, None).hold_and_keepalive(240), None);
        assert_eq!(timers(Some(9), None).hold_and_keepalive(240), Some((9, 3)));
        assert_eq!(timers(None, Some(10)).hold_and_keepalive(240), Some((240, 10)));
        assert_eq!(timers(Some(3), Some(30)).hold_and_keepalive(240), Some((3, 1)));
        assert_eq!(timers(Some(0), Some(30)).hold_and_keepalive(240), Some((0, 0)));
    }
}
