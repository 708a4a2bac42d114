//! An anycast service, resolved against a world: what each site says to each neighbor.

use std::collections::BTreeMap;

use crate::{Asn, Community, Prefix, SiteName};

/// One anycast service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Service {
    /// Its prefixes, in file order. Longest-prefix match decides between them (models 1.1).
    pub prefixes: Vec<Prefix>,
    /// Its sites, in announcement order.
    pub sites: Vec<Site>,
    /// Route origin authorisations (RFC 6482) that networks with ROV check against.
    pub roas: Vec<Roa>,
}

/// One site of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its name.
    pub name: SiteName,
    /// The AS that originates there.
    pub asn: Asn,
    /// The router that originates.
    pub router: u32,
    /// Whether that router is the site's alone, so that packets end there even when the site
    /// announces nothing. If not, it is a router of an AS of the world, which forwards on.
    pub own_router: bool,
    /// Whether it announces at all; a withdrawn site keeps its place in tables.
    pub active: bool,
    /// Indices of the prefixes that it announces, ascending.
    pub prefixes: Vec<u16>,
    /// Which sessions of its AS the route is told over.
    pub reach: Reach,
    /// What it says on a session (directed, from a router of its AS), where that is not plain.
    /// With [`Reach::Listed`] these are all the sessions it uses.
    pub announcements: BTreeMap<u32, Announcement>,
    /// What it can carry.
    pub capacity: Capacity,
    /// Region for residency and hybrid steering; empty if none.
    pub region: String,
}

/// Which sessions of its AS a site's route is told over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All of them: an AS of the world as origin, with all its neighbors.
    Everyone,
    /// Those with an announcement.
    Listed,
}

/// What one site says to one neighbor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Announcement {
    /// How often its own number is added to the path.
    pub prepend: u8,
    /// MED (RFC 4271 §5.1.4); absent counts as `med_missing` says.
    pub med: Option<u32>,
    /// Communities, ascending.
    pub communities: Vec<Community>,
    /// Whether the neighbor agreed to take prefixes longer than the usual limit (models 7.3).
    pub takes_longer: bool,
}

/// What a site can carry; absent is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Capacity {
    /// Thousand queries a second.
    pub kqps: Option<f64>,
    /// Gigabits a second.
    pub gbps: Option<f64>,
}

/// A route origin authorisation (RFC 6482).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roa {
    /// The covered prefix.
    pub prefix: Prefix,
    /// Longest announcement that it allows.
    pub max_length: u8,
    /// The AS that may originate.
    pub asn: Asn,
}

/// Outcome of origin validation (RFC 6811 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// A ROA covers the announcement and matches it.
    Valid,
    /// ROAs cover it and none matches.
    Invalid,
    /// No ROA covers it.
    NotFound,
}

impl Service {
    /// Origin validation of an announcement (RFC 6811 §2, models section 10).
    pub fn validity(&self, prefix: &Prefix, origin: Asn) -> Validity {
        let mut covering = self.roas.iter().filter(|roa| roa.prefix.contains(prefix)).peekable();
        if covering.peek().is_none() {
            return Validity::NotFound;
        }
        if covering.any(|roa| roa.asn == origin && prefix.length() <= roa.max_length) {
            Validity::Valid
        } else {
            Validity::Invalid
        }
    }

    /// Index of the site of this name.
    pub fn site_index(&self, name: &SiteName) -> Option<u32> {
        Some(self.sites.iter().position(|site| site.name == *name)? as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t10_1_origin_validation() {
        let prefix = |text: &str| text.parse::<Prefix>().unwrap();
        let roa = Roa { prefix: prefix("192.0.2.0/24"), max_length: 24, asn: Asn(64496) };
        let service = Service { roas: vec![roa], ..Service::default() };
        let validity = |text: &str, asn| service.validity(&prefix(text), Asn(asn));
        assert_eq!(validity("192.0.2.0/24", 64496), Validity::Valid);
        assert_eq!(validity("192.0.2.0/24", 64497), Validity::Invalid);
        assert_eq!(validity("192.0.2.0/25", 64496), Validity::Invalid);
        assert_eq!(validity("198.51.100.0/24", 64496), Validity::NotFound);
    }
}
