//! Which routers a lab joins, and the addresses of their links.
//!
//! Addresses are those of nobody: they exist in the lab's namespaces alone. Links are numbered;
//! link `k` is `10.0.0.0 + 2k` and the one after it (RFC 3021), and the same in `fd00::/8`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use catchment_configs::router::Family;
use catchment_model::World;
use thiserror::Error;

/// Links that there are addresses for.
const LINKS_MAX: u32 = 1 << 23;
/// Routers that one machine carries.
pub const ROUTERS_MAX: usize = 500;

/// A link between two routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The two, the lower one first.
    pub routers: [u32; 2],
}

/// All links of a world: one for each pair of routers that talk to each other, be it BGP between
/// networks or iBGP inside one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiring {
    links: Vec<Link>,
    of_pair: BTreeMap<[u32; 2], u32>,
}

/// A world that a lab cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TooLarge {
    /// Too many routers.
    #[error("{0} routers are more than the {ROUTERS_MAX} that a lab runs")]
    Routers(usize),
    /// Too many links.
    #[error("there are more links than addresses for them")]
    Links,
}

impl Wiring {
    /// The links of a world.
    ///
    /// # Errors
    /// If it has too many routers or links for one machine.
    pub fn new(world: &World) -> Result<Wiring, TooLarge> {
        let count = world.router_count();
        if count > ROUTERS_MAX {
            return Err(TooLarge::Routers(count));
        }
        let mut wiring = Wiring { links: Vec::new(), of_pair: BTreeMap::new() };
        for router in 0..count as u32 {
            let outside = world.sessions(router).map(|session| world.neighbors[session as usize]);
            let inside = world.routers_of(world.router_as[router as usize]);
            for other in outside.chain(inside).filter(|other| router < *other) {
                let routers = [router, other];
                let number = wiring.links.len() as u32;
                if *wiring.of_pair.entry(routers).or_insert(number) == number {
                    wiring.links.push(Link { routers });
                }
            }
        }
        if wiring.links.len() as u32 > LINKS_MAX { Err(TooLarge::Links) } else { Ok(wiring) }
    }

    /// All links, by number.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The link between two routers.
    pub fn between(&self, a: u32, b: u32) -> Option<u32> {
        self.of_pair.get(&[a.min(b), a.max(b)]).copied()
    }

    /// The address of a router on its link to another one.
    pub fn address(&self, router: u32, other: u32, family: Family) -> Option<IpAddr> {
        let link = self.between(router, other)?;
        let number = 2 * link + u32::from(router > other);
        Some(match family {
            Family::V4 => Ipv4Addr::from(10 << 24 | number).into(),
            Family::V6 => Ipv6Addr::from(0xfd << 120 | u128::from(number)).into(),
        })
    }

    /// The router that has this address.
    pub fn router_at(&self, address: IpAddr) -> Option<u32> {
        let number = number(address)?;
        let link = self.links.get(number as usize / 2)?;
        Some(link.routers[number as usize % 2])
    }

    /// The link that has this address at one of its ends.
    pub fn link_at(&self, address: IpAddr) -> Option<u32> {
        let link = number(address)? / 2;
        ((link as usize) < self.links.len()).then_some(link)
    }
}

/// What an address of a link counts to.
fn number(address: IpAddr) -> Option<u32> {
    match address {
        IpAddr::V4(address) => u32::from(address).checked_sub(10 << 24),
        IpAddr::V6(address) => u32::try_from(u128::from(address).checked_sub(0xfd << 120)?).ok(),
    }
}
/// The length of a link's network.
pub fn length(family: Family) -> u8 {
    family.bits() - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use catchment_model::Asn;
    use catchment_model::Relation;
    use catchment_model::world::Link as Given;

    #[test]
    fn both_ends_of_a_link_find_each_other() {
        let pair = |a, b| Given { a: Asn(a), b: Asn(b), relation: Relation::Peer };
        let (world, _) = World::from_links("x", &[pair(1, 2), pair(2, 3), pair(1, 3)]);
        let wiring = Wiring::new(&world).expect("it is small");
        assert_eq!(wiring.links().len(), 3);
        for family in Family::ALL {
            for (a, b) in [(0, 1), (1, 0), (1, 2), (2, 0)] {
                let address = wiring.address(a, b, family).expect("they are neighbors");
                assert_eq!(wiring.router_at(address), Some(a), "{address}");
            }
        }
        assert_eq!(wiring.address(0, 0, Family::V4), None);
        assert_eq!(wiring.router_at(Ipv4Addr::LOCALHOST.into()), None);
        let second = wiring.address(2, 0, Family::V4).expect("they are neighbors");
        assert_eq!(second.to_string(), "10.0.0.3");
    }
}
