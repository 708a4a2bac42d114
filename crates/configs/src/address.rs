//! Addresses of links: placeholders from ranges that no network routes, beside the service's own.
//!
//! A scenario knows no addresses. IPv4 links are /31s (RFC 3021) of the documentation ranges
//! (RFC 5737), then of the range for benchmarks (RFC 2544); IPv6 links are /64s of 2001:db8::/32
//! (RFC 3849) or 3fff::/20 (RFC 9637). Every site numbers its links from the start again.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use catchment_model::{Prefix, Service, SiteName};

use crate::router::Family;

/// Links in a /24.
const LINKS_IN_24: u32 = 128;

/// Hands out addresses of links: the same link gets the same ones, whoever asks and how often.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Networks /24 that are not of the service, in order of use.
    v4: Vec<[u8; 3]>,
    /// Network /48.
    v6: Option<[u16; 3]>,
    /// Number of each link of a site, by name.
    links: BTreeMap<(SiteName, String), u32>,
    /// How many links a site has.
    counts: BTreeMap<SiteName, u32>,
}

impl Addresses {
    /// Addresses beside the prefixes of these services.
    pub fn beside<'a>(services: impl IntoIterator<Item = &'a Service>) -> Addresses {
        let taken: Vec<Prefix> =
            services.into_iter().flat_map(|service| service.prefixes.iter().copied()).collect();
        let is_free = |text: String| {
            let network: Prefix = text.parse().expect("it is written below");
            !taken.iter().any(|prefix| prefix.contains(&network) || network.contains(prefix))
        };
        let documentation = [[203, 0, 113], [198, 51, 100], [192, 0, 2]];
        let benchmark = (0..512_u16).map(|at| [198, 18 + (at >> 8) as u8, (at & 0xff) as u8]);
        let v4 = documentation.into_iter().chain(benchmark);
        let v4 = v4.filter(|[a, b, c]| is_free(format!("{a}.{b}.{c}.0/24"))).collect();
        let v6 = [[0x2001, 0xdb8, 0xffff], [0x2001, 0xdb8, 0xfffe], [0x3fff, 0xfff, 0xffff]];
        let v6 = v6.into_iter().find(|[a, b, c]| is_free(format!("{a:x}:{b:x}:{c:x}::/48")));
        Addresses { v4, v6, links: BTreeMap::new(), counts: BTreeMap::new() }
    }

    /// Our address and the neighbor's on a link of a site, by the link's name. `None` if the ranges
    /// are used up.
    pub fn link(
        &mut self,
        site: &SiteName,
        name: &str,
        family: Family,
    ) -> Option<(IpAddr, IpAddr)> {
        let count = self.counts.entry(site.clone()).or_default();
        let number = *self.links.entry((site.clone(), name.to_owned())).or_insert_with(|| {
            *count += 1;
            *count - 1
        });
        match family {
            Family::V4 => {
                let [a, b, c] = *self.v4.get((number / LINKS_IN_24) as usize)?;
                let low = (2 * (number % LINKS_IN_24)) as u8;
                let address = |d| IpAddr::from(Ipv4Addr::new(a, b, c, d));
                Some((address(low), address(low + 1)))
            }
            Family::V6 => {
                let [a, b, c] = self.v6?;
                let link = u16::try_from(number).ok()?;
                let address = |end| IpAddr::from(Ipv6Addr::new(a, b, c, link, 0, 0, 0, end));
                Some((address(1), address(2)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(addresses: &mut Addresses, name: &str, family: Family) -> String {
        let (local, remote) = addresses.link(&"fra".parse().unwrap(), name, family).unwrap();
        format!("{local} {remote}")
    }

    fn beside(prefixes: &[&str]) -> Addresses {
        let prefixes = prefixes.iter().map(|text| text.parse().unwrap()).collect();
        Addresses::beside([&Service { prefixes, ..Service::default() }])
    }

    #[test]
    fn a_link_keeps_its_addresses_and_shares_them_with_no_other() {
        let mut addresses = beside(&["192.0.2.0/24"]);
        assert_eq!(link(&mut addresses, "as1", Family::V4), "203.0.113.0 203.0.113.1");
        assert_eq!(link(&mut addresses, "as2", Family::V4), "203.0.113.2 203.0.113.3");
        assert_eq!(link(&mut addresses, "as1", Family::V6), "2001:db8:ffff::1 2001:db8:ffff::2");
        assert_eq!(link(&mut addresses, "as1", Family::V4), "203.0.113.0 203.0.113.1");
        let all = (0..300).map(|at| link(&mut addresses, &format!("n{at}"), Family::V4));
        assert_eq!(all.collect::<std::collections::BTreeSet<_>>().len(), 300);
    }

    #[test]
    fn links_lie_beside_the_service() {
        let mut addresses = beside(&["203.0.113.128/25", "198.51.100.0/24", "2001:db8::/32"]);
        assert_eq!(link(&mut addresses, "as1", Family::V4), "192.0.2.0 192.0.2.1");
        assert_eq!(link(&mut addresses, "as1", Family::V6), "3fff:fff:ffff::1 3fff:fff:ffff::2");
        let mut none = beside(&["0.0.0.0/0"]);
        assert_eq!(none.link(&"fra".parse().unwrap(), "as1", Family::V4), None);
    }
}
