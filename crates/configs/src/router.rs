//! One router's BGP as plain data: what all daemons are told, each in its own words.
//!
//! Not here: where it comes from ([`crate::site`]) and how a daemon writes it ([`crate::bird`],
//! [`crate::frr`]).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use catchment_model::{Asn, Community, Prefix, Relation, SiteName};

/// One router's BGP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterConfig {
    /// The site that it serves.
    pub site: SiteName,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// Received routes above which a neighbor that should send the default route alone is reported.
pub const DEFAULT_RECEIVED_MAX: u32 = 10;

/// What is told to a neighbor. What was learned is told to nobody, whatever stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Export {
    /// Nothing: the session stands, and no route is on it.
    Nothing,
    /// The originated prefixes.
    Originated(Attributes),
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
    /// Least time between two announcements of a prefix on an external session (MRAI).
    pub mrai_s: Option<u16>,
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

    /// The router in words, such as `site fra: AS64500 in FRA`.
    pub fn about(&self) -> String {
        let city = if self.city.is_empty() { String::new() } else { format!(" in {}", self.city) };
        format!("site {}: AS{}{city}", self.site, self.asn)
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
