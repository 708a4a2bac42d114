//! The answer: for every router its best route, and the site where its packets end.

use catchment_model::relation::Class;
use catchment_model::{Asn, World};

use crate::decision::Via;

/// The longest AS path that a route can have. A BGP message holds 4096 octets (RFC 4271 §4.1), so
/// that longer paths do not exist; a route that would get longer is dropped.
pub const PATH_LENGTH_MAX: u32 = 4094;

/// The best route of a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// From whom the AS learned it.
    pub class: Class,
    /// ASNs in AS_PATH; 0 for an own route.
    pub path_length: u32,
    /// From where the router has it.
    pub via: Via,
    /// Site where it leads, by index into the service's sites.
    pub site: u32,
}

/// A route in one word, so that whole catchments copy fast and the packed body can take integer
/// minima: class (2 bits), path length (12), kind of `via` (2), its router (24), site (24).
/// [`Word::NONE`], all ones, is "no route" and greater than every route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Word(pub u64);

/// Routers and sites are numbered with 24 bits in the word that holds a route.
pub const INDEX_MAX: u32 = (1 << 24) - 2;

impl Word {
    pub(crate) const NONE: Word = Word(u64::MAX);
    /// Lower words are own routes.
    pub(crate) const LEAST_LEARNED: Word = Word(1 << Word::CLASS_SHIFT);
    /// Lower words are own and customer routes.
    pub(crate) const LEAST_FROM_PEERS: Word = Word((Class::Peer as u64) << Word::CLASS_SHIFT);
    pub(crate) const CLASS_SHIFT: u32 = 62;
    pub(crate) const LENGTH_SHIFT: u32 = 50;
    pub(crate) const KIND_SHIFT: u32 = 48;
    pub(crate) const VIA_SHIFT: u32 = 24;
    pub(crate) const SITE_MASK: u64 = (1 << 24) - 1;
    pub(crate) const LENGTH_MASK: u64 = 0xfff << Word::LENGTH_SHIFT;

    pub(crate) fn pack(route: &Route) -> Word {
        let (kind, via) = match route.via {
            Via::Own => (0, 0),
            Via::External(router) => (1, router),
            Via::Internal(router) => (2, router),
        };
        debug_assert!(via <= INDEX_MAX && route.site <= INDEX_MAX);
        debug_assert!(route.path_length <= PATH_LENGTH_MAX);
        Word(
            (route.class as u64) << Word::CLASS_SHIFT
                | u64::from(route.path_length) << Word::LENGTH_SHIFT
                | kind << Word::KIND_SHIFT
                | u64::from(via) << Word::VIA_SHIFT
                | u64::from(route.site),
        )
    }

    pub(crate) fn unpack(self) -> Option<Route> {
        if self == Word::NONE {
            return None;
        }
        let router = (self.0 >> Word::VIA_SHIFT & Word::SITE_MASK) as u32;
        Some(Route {
            class: Class::ALL[(self.0 >> Word::CLASS_SHIFT) as usize],
            path_length: self.path_length(),
            via: match self.0 >> Word::KIND_SHIFT & 3 {
                0 => Via::Own,
                1 => Via::External(router),
                _ => Via::Internal(router),
            },
            site: self.site(),
        })
    }

    pub(crate) fn path_length(self) -> u32 {
        (self.0 >> Word::LENGTH_SHIFT) as u32 & 0xfff
    }

    pub(crate) fn site(self) -> u32 {
        (self.0 & Word::SITE_MASK) as u32
    }

    /// The router one step towards the site, of this or another AS; `None` for an own route and
    /// for no route.
    pub(crate) fn next_router(self) -> Option<u32> {
        let told = matches!(self.0 >> Word::KIND_SHIFT & 3, 1 | 2);
        told.then_some((self.0 >> Word::VIA_SHIFT & Word::SITE_MASK) as u32)
    }
}

/// Who lands where: the best route of each router to one prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catchment {
    pub(crate) words: Vec<Word>,
}

impl Catchment {
    pub(crate) fn empty(router_count: usize) -> Catchment {
        Catchment { words: vec![Word::NONE; router_count] }
    }

    /// The best route of a router; `None` if it has none.
    pub fn route(&self, router: u32) -> Option<Route> {
        self.words[router as usize].unpack()
    }

    /// The site where the packets of a router end, by index into the service's sites.
    pub fn site(&self, router: u32) -> Option<u32> {
        let word = self.words[router as usize];
        (word != Word::NONE).then(|| word.site())
    }

    /// How many routers the catchment speaks of.
    pub fn router_count(&self) -> usize {
        self.words.len()
    }

    /// The routers that a packet from `router` passes, itself first, the site's router last.
    /// Empty without a route.
    pub fn walk(&self, router: u32) -> impl Iterator<Item = u32> + '_ {
        let start = (self.words[router as usize] != Word::NONE).then_some(router);
        std::iter::successors(start, |router| self.words[*router as usize].next_router())
    }

    /// AS_PATH as `router` has it: nearest neighbor first, origin last, prepends repeated.
    /// `None` without a route; empty for an AS's own route.
    pub fn as_path(&self, world: &World, router: u32) -> Option<Vec<Asn>> {
        let mut path = Vec::new();
        self.extend_as_path(world, router, |asn| path.push(asn)).then_some(path)
    }

    /// The same, ASN by ASN, without a list. Returns whether there is a route.
    pub fn extend_as_path(&self, world: &World, router: u32, mut push: impl FnMut(Asn)) -> bool {
        let mut word = self.words[router as usize];
        if word == Word::NONE {
            return false;
        }
        while let Some(next) = word.next_router() {
            let next_word = self.words[next as usize];
            // Within an AS the length does not change; between two it grows by one and the
            // prepends, which are repetitions of the sender's number.
            for _ in next_word.path_length()..word.path_length() {
                push(world.asn_of(next));
            }
            word = next_word;
        }
        true
    }

    /// Round-trip time along the path, in ms, without access delay (models 3.1); `None` without a
    /// route or where a place on the path is missing. An origin's own is `t_server`.
    pub fn rtt_ms(
        &self,
        world: &World,
        rules: &catchment_model::Rules,
        router: u32,
    ) -> Option<f64> {
        if self.words[router as usize] == Word::NONE {
            return None;
        }
        world.place(router)?;
        let mut rtt_ms = rules.t_server;
        let mut here = router;
        while let Some(next) = self.words[here as usize].next_router() {
            rtt_ms += link_rtt_ms(world, rules, here, next)?;
            here = next;
        }
        Some(rtt_ms)
    }
}

/// Round-trip time of one link in ms: 2 × stretch × km / 200 + t_hop (models 3.1).
pub fn link_rtt_ms(world: &World, rules: &catchment_model::Rules, a: u32, b: u32) -> Option<f64> {
    let km = world.distance_km(a, b)?;
    Some(2.0 * rules.stretch_link * km / catchment_model::geo::FIBRE_KM_PER_MS + rules.t_hop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_routes_and_order() {
        let route = Route {
            class: Class::Peer,
            path_length: 4094,
            via: Via::Internal(INDEX_MAX),
            site: INDEX_MAX,
        };
        assert_eq!(Word::pack(&route).unpack(), Some(route));
        assert!(Word::pack(&route) < Word::NONE);
        let own = Route { class: Class::Origin, path_length: 0, via: Via::Own, site: 3 };
        assert_eq!(Word::pack(&own).unpack(), Some(own));
        let short = Route { path_length: 1, via: Via::External(9), ..route };
        let low = Route { via: Via::External(8), ..short };
        assert!(Word::pack(&short) < Word::pack(&route));
        assert!(Word::pack(&low) < Word::pack(&short));
    }
}
