//! A world: ASes, their routers, the sessions between them, places and demand.
//!
//! Stored as flat arrays with 32-bit indices (compressed rows), built once, immutable. What a
//! scenario changes is either a rebuilt world ([`WorldBuilder::from_world`]: new ASes, new
//! links) or a thin [`Overlay`] (lost links, per-session policy), so that thousands of what-ifs
//! share one world.
//!
//! An entry of `asns` is one iBGP mesh: an AS whose sites are islands (no backbone) has one entry
//! for each island, all with the same number. Everything else has one entry per AS.

mod builder;
mod links;
mod overlay;

use std::ops::{Deref, Range};

use thiserror::Error;

pub use builder::{BuiltWorld, ConflictingLinks, RouterHandle, WorldBuilder};
pub use links::{Link, LinkProblem, LinkProblemKind};
pub use overlay::Overlay;

use crate::geo::Place;
use crate::rng::splitmix64;
use crate::{Asn, Relation};

/// Highest weight of a router or client, in the unit of the world: sums of them stay exact enough
/// and finite whatever is done to them.
pub const WEIGHT_MAX: f64 = 1e12;

/// Stands for "no place known" in [`WorldParts::router_places`].
pub const NO_PLACE: u32 = u32::MAX;

/// The arrays of a world. Indices: *AS index* into `asns`, *router* into `router_as`, *session*
/// into `neighbors` (directed: each BGP session has two entries, one in each router's row).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorldParts {
    /// Name for people.
    pub name: String,
    /// AS numbers, ascending; equal numbers are islands of one AS.
    pub asns: Vec<Asn>,
    /// First router of each AS, and the router count at the end. No AS is without a router.
    pub first_router: Vec<u32>,
    /// AS index of each router.
    pub router_as: Vec<u32>,
    /// Place of each router, or [`NO_PLACE`].
    pub router_places: Vec<u32>,
    /// BGP identifier of each router (RFC 4271 §4.2).
    pub router_ids: Vec<u32>,
    /// Demand at each router, in the unit of the world (kq/s, users, or 1 per AS).
    pub weights: Vec<f64>,
    /// Start of each router's four groups of sessions, by [`Relation`] of the neighbor, and the
    /// session count at the end: group `g` of router `r` is `rows[4r + g]..rows[4r + g + 1]`.
    pub rows: Vec<u32>,
    /// Neighbor router of each session; each group ascends by (BGP identifier, router).
    pub neighbors: Vec<u32>,
    /// Cities.
    pub places: Vec<Place>,
    /// Names of ASes for people, ascending by AS index; many have none.
    pub as_names: Vec<(u32, String)>,
    /// Named sources of demand, in creation order; empty where every AS counts alike.
    pub clients: Vec<Client>,
}

/// A named source of demand: an AS at a router.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// Name for people.
    pub name: String,
    /// The router where its packets start.
    pub router: u32,
    /// Region for residency and hybrid steering; empty if none.
    pub region: String,
    /// Demand, in kq/s where the world has a unit.
    pub weight: f64,
}

/// A world whose arrays fit together. Reading goes through `Deref` to [`WorldParts`].
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    parts: WorldParts,
    /// Whether some AS number has several entries (islands), so that loop checks must look.
    has_islands: bool,
    /// Whether some session is with a sibling.
    has_siblings: bool,
    /// Whether BGP identifiers ascend with the routers, so that rows ascend by router too.
    ids_ascend: bool,
    /// See [`World::transit`].
    transit: Option<Vec<Transit>>,
}

/// A router with customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transit {
    /// The router.
    pub router: u32,
    /// The most hops up from it, from customer to provider.
    pub depth: u32,
}

/// Arrays that do not fit together, as in a damaged file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the arrays of the world do not fit together: {0}")]
pub struct BrokenWorld(pub &'static str);

impl Deref for World {
    type Target = WorldParts;

    fn deref(&self) -> &WorldParts {
        &self.parts
    }
}

impl World {
    /// Takes arrays from outside.
    ///
    /// # Errors
    /// If an index is out of bounds, a row is not sorted, or a session has no other end.
    pub fn from_parts(parts: WorldParts) -> Result<World, BrokenWorld> {
        check(&parts)?;
        Ok(World::trusted(parts))
    }

    /// Takes arrays that this crate has just built.
    fn trusted(parts: WorldParts) -> World {
        let has_islands = parts.asns.windows(2).any(|pair| pair[0] == pair[1]);
        let ids_ascend = parts.router_ids.windows(2).all(|pair| pair[0] <= pair[1]);
        let is_sibling =
            |row: &[u32]| row[Relation::Sibling as usize] != row[Relation::Peer as usize];
        let has_siblings = parts.rows.chunks_exact(4).any(is_sibling);
        let mut world = World { parts, has_islands, has_siblings, ids_ascend, transit: None };
        world.transit = world.find_transit();
        world
    }

    /// Routers with customers, all providers of each before it. `None` if relationships go round
    /// in circles: somebody is above itself.
    pub fn transit(&self) -> Option<&[Transit]> {
        self.transit.as_deref()
    }

    /// By taking away who has no provider left (Kahn 1962).
    fn find_transit(&self) -> Option<Vec<Transit>> {
        let routers = 0..self.router_count() as u32;
        // Looked up for each session, and most sessions are those of stubs.
        let carries: Vec<bool> = routers
            .clone()
            .map(|router| !self.group(router, Relation::Customer).is_empty())
            .collect();
        let mut open: Vec<u32> = routers
            .clone()
            .map(|router| self.group(router, Relation::Provider).len() as u32)
            .collect();
        let is_top = |router: &u32| open[*router as usize] == 0 && carries[*router as usize];
        let mut found: Vec<Transit> =
            routers.filter(is_top).map(|router| Transit { router, depth: 0 }).collect();
        let mut done = 0;
        while let Some(Transit { router, depth }) = found.get(done).copied() {
            done += 1;
            let group = self.group(router, Relation::Customer);
            let customers = &self.parts.neighbors[group.start as usize..group.end as usize];
            for customer in customers.iter().filter(|customer| carries[**customer as usize]) {
                open[*customer as usize] -= 1;
                // The last of its providers is the deepest, as they are found by depth.
                if open[*customer as usize] == 0 {
                    found.push(Transit { router: *customer, depth: depth + 1 });
                }
            }
        }
        let count = carries.iter().filter(|carries| **carries).count();
        (found.len() == count).then_some(found)
    }

    /// Entries of `asns`: ASes, islands counted apart.
    pub fn as_count(&self) -> usize {
        self.asns.len()
    }

    /// Routers.
    pub fn router_count(&self) -> usize {
        self.router_as.len()
    }

    /// Directed sessions: twice the number of BGP sessions between ASes.
    pub fn session_count(&self) -> usize {
        self.neighbors.len()
    }

    /// Whether each AS has one router.
    pub fn has_one_router_per_as(&self) -> bool {
        self.as_count() == self.router_count()
    }

    /// Whether some AS number stands for several islands.
    pub fn has_islands(&self) -> bool {
        self.has_islands
    }

    /// Whether some session is with a sibling.
    pub fn has_siblings(&self) -> bool {
        self.has_siblings
    }

    /// AS indices of this number: none, one, or one for each island.
    pub fn as_indices(&self, asn: Asn) -> Range<u32> {
        let start = self.asns.partition_point(|other| *other < asn);
        let end = start + self.asns[start..].partition_point(|other| *other == asn);
        start as u32..end as u32
    }

    /// Routers of an AS index.
    pub fn routers_of(&self, as_index: u32) -> Range<u32> {
        self.first_router[as_index as usize]..self.first_router[as_index as usize + 1]
    }

    /// Routers of all entries of this number.
    pub fn routers_of_asn(&self, asn: Asn) -> Range<u32> {
        let entries = self.as_indices(asn);
        self.first_router[entries.start as usize]..self.first_router[entries.end as usize]
    }

    /// AS number of a router.
    pub fn asn_of(&self, router: u32) -> Asn {
        self.asns[self.router_as[router as usize] as usize]
    }

    /// Sessions of a router, all groups.
    pub fn sessions(&self, router: u32) -> Range<u32> {
        self.rows[4 * router as usize]..self.rows[4 * router as usize + 4]
    }

    /// Sessions of a router with neighbors of one relation.
    pub fn group(&self, router: u32, relation: Relation) -> Range<u32> {
        let slot = 4 * router as usize + relation as usize;
        self.rows[slot]..self.rows[slot + 1]
    }

    /// What the neighbor of this session of `router` is to it.
    ///
    /// # Panics
    /// If the session is not in the router's row.
    pub fn relation(&self, router: u32, session: u32) -> Relation {
        *Relation::ALL
            .iter()
            .find(|relation| self.group(router, **relation).contains(&session))
            .expect("the session is in the router's row")
    }

    /// The session from `router` to `neighbor`.
    pub fn session_to(&self, router: u32, neighbor: u32) -> Option<u32> {
        let key = |r: u32| (self.router_ids[r as usize], r);
        Relation::ALL.into_iter().find_map(|relation| {
            let group = self.group(router, relation);
            let row = &self.neighbors[group.start as usize..group.end as usize];
            let at = match self.ids_ascend {
                true => row.binary_search(&neighbor).ok()?,
                false => row.binary_search_by_key(&key(neighbor), |n| key(*n)).ok()?,
            };
            Some(group.start + at as u32)
        })
    }

    /// The router in whose row a session stands.
    pub fn router_of_session(&self, session: u32) -> u32 {
        (self.rows.partition_point(|start| *start <= session) as u32 - 1) / 4
    }

    /// The place of a router, if known.
    pub fn place(&self, router: u32) -> Option<&Place> {
        self.places.get(self.router_places[router as usize] as usize)
    }

    /// Great-circle km between two routers; 0 in one city; `None` if a place is missing.
    pub fn distance_km(&self, a: u32, b: u32) -> Option<f64> {
        let (place_a, place_b) = (self.place(a)?, self.place(b)?);
        if self.router_places[a as usize] == self.router_places[b as usize] {
            return Some(0.0);
        }
        Some(place_a.at.distance_km(&place_b.at))
    }

    /// IGP cost between two routers of one AS: whole km, rounded down; 0 if a place is missing
    /// (RFC 4271 §9.1.2.2 e skips the step if no cost can be found).
    pub fn igp_cost(&self, a: u32, b: u32) -> u32 {
        self.distance_km(a, b).map_or(0, |km| libm::floor(km) as u32)
    }

    /// The router of an AS that stands for it in tables: largest weight, then lowest index.
    pub fn shown_router(&self, routers: Range<u32>) -> u32 {
        let weight = |router: u32| self.weights[router as usize];
        routers
            .reduce(|best, router| if weight(router) > weight(best) { router } else { best })
            .expect("an AS has a router")
    }

    /// The name of an AS for people, if it has one.
    pub fn as_name(&self, as_index: u32) -> Option<&str> {
        let at = self.as_names.binary_search_by_key(&as_index, |(index, _)| *index).ok()?;
        Some(&self.as_names[at].1)
    }
}

/// Everything that [`World`] promises. Linear in the size of the world.
fn check(parts: &WorldParts) -> Result<(), BrokenWorld> {
    let broken = |reason| Err(BrokenWorld(reason));
    let (as_count, router_count) = (parts.asns.len(), parts.router_as.len());
    if parts.asns.windows(2).any(|pair| pair[0] > pair[1]) || parts.asns.first() == Some(&Asn(0)) {
        return broken("AS numbers do not ascend from 1");
    }
    let steps_up = |starts: &[u32], len: usize, end: usize| {
        starts.len() == len + 1
            && starts[0] == 0
            && starts[len] as usize == end
            && starts.windows(2).all(|pair| pair[0] <= pair[1])
    };
    if !steps_up(&parts.first_router, as_count, router_count) {
        return broken("routers are not cut into ASes");
    }
    for (as_index, bounds) in parts.first_router.windows(2).enumerate() {
        let routers = bounds[0] as usize..bounds[1] as usize;
        if routers.is_empty() {
            return broken("an AS has no router");
        }
        if parts.router_as[routers].iter().any(|owner| *owner as usize != as_index) {
            return broken("a router names another AS than the one it stands in");
        }
    }
    if [parts.router_places.len(), parts.router_ids.len(), parts.weights.len()]
        .iter()
        .any(|len| *len != router_count)
    {
        return broken("an array has not one entry for each router");
    }
    let place_known = |place: &u32| *place == NO_PLACE || (*place as usize) < parts.places.len();
    if !parts.router_places.iter().all(place_known) {
        return broken("a router is in a place that does not exist");
    }
    let is_weight = |weight: f64| (0.0..=WEIGHT_MAX).contains(&weight);
    if !parts.weights.iter().all(|weight| is_weight(*weight)) {
        return broken("a weight is no number, negative, or beyond 1e12");
    }
    if parts.places.iter().any(|place| !place.at.is_valid()) {
        return broken("a place has impossible coordinates");
    }
    if !steps_up(&parts.rows, 4 * router_count, parts.neighbors.len()) {
        return broken("sessions are not cut into rows");
    }
    if parts.neighbors.iter().any(|neighbor| *neighbor as usize >= router_count) {
        return broken("a session leads to a router that does not exist");
    }
    if parts.router_ids.is_sorted() {
        check_sessions_in_router_order(parts)?;
    } else {
        check_sessions(parts)?;
    }
    if parts.as_names.windows(2).any(|pair| pair[0].0 >= pair[1].0)
        || parts.as_names.last().is_some_and(|(index, _)| *index as usize >= as_count)
    {
        return broken("names of ASes are not in order");
    }
    let client_fits =
        |client: &Client| (client.router as usize) < router_count && is_weight(client.weight);
    if !parts.clients.iter().all(client_fits) {
        return broken("a client is at a router that does not exist, or has no possible weight");
    }
    Ok(())
}

/// Whether rows are in order and each session has its other end, where BGP identifiers ascend with
/// the routers, as they do in large worlds: then a row is in order if its neighbors ascend.
///
/// Exact. Routers are visited in order, so a row is asked for its lower neighbors in its own order:
/// the next one that it has not been asked for must be the one that asks.
fn check_sessions_in_router_order(parts: &WorldParts) -> Result<(), BrokenWorld> {
    let broken = |reason| Err(BrokenWorld(reason));
    let (rows, neighbors) = (&parts.rows[..], &parts.neighbors[..]);
    let one_router_each = parts.asns.len() == parts.router_as.len();
    // For each group, the position of the first neighbor that has not asked.
    let mut next = rows.to_vec();
    for slot in 0..rows.len() - 1 {
        let router = (slot / 4) as u32;
        let reversed = Relation::ALL[slot % 4].reversed() as usize;
        let asked = next[slot] as usize;
        // More asked than the group has neighbors: some asked those of the group behind it.
        let Some(group) = neighbors.get(asked..rows[slot + 1] as usize) else {
            return broken("a session has no other end");
        };
        // All lower neighbors have asked, so what is left must lie above.
        let mut last = router;
        for neighbor in group {
            if *neighbor <= last {
                return broken(if *neighbor < router {
                    "a session has no other end"
                } else if *neighbor == router {
                    "an AS has a session with itself"
                } else {
                    "the neighbors of a router are not in order"
                });
            }
            last = *neighbor;
            let other = 4 * *neighbor as usize + reversed;
            // Whether that is still in the group is seen when its router's turn comes.
            let position = next[other];
            if neighbors.get(position as usize) != Some(&router) {
                return broken("a session has no other end");
            }
            next[other] = position + 1;
        }
        if !one_router_each {
            let owner = parts.router_as[router as usize];
            if group.iter().any(|neighbor| parts.router_as[*neighbor as usize] == owner) {
                return broken("an AS has a session with itself");
            }
        }
    }
    Ok(())
}

/// The same for any order of BGP identifiers.
fn check_sessions(parts: &WorldParts) -> Result<(), BrokenWorld> {
    let broken = |reason| Err(BrokenWorld(reason));
    let id_key = |router: u32| (parts.router_ids[router as usize], router);
    let mut ends = [0_usize; 4];
    for (slot, bounds) in parts.rows.windows(2).enumerate() {
        let group = &parts.neighbors[bounds[0] as usize..bounds[1] as usize];
        ends[slot % 4] += group.len();
        if group.windows(2).any(|pair| id_key(pair[0]) >= id_key(pair[1])) {
            return broken("the neighbors of a router are not in order");
        }
        let owner = parts.router_as[slot / 4];
        if group.iter().any(|neighbor| parts.router_as[*neighbor as usize] == owner) {
            return broken("an AS has a session with itself");
        }
    }
    let [customers, siblings, peers, providers] = ends;
    if customers != providers || siblings % 2 != 0 || peers % 2 != 0 {
        return broken("a session has no other end");
    }
    check_other_ends(parts)
}

/// Each session must stand in the row of its other end too, under the reversed relation.
///
/// Order-independent sums of hashes of (router, neighbor, relation) from both ends are equal if
/// and (but for one chance in 2^64) only if that is so; sorting would cost ten times as much.
fn check_other_ends(parts: &WorldParts) -> Result<(), BrokenWorld> {
    let mut difference: u64 = 0;
    for (slot, bounds) in parts.rows.windows(2).enumerate() {
        let router = (slot / 4) as u64;
        let relation = Relation::ALL[slot % 4];
        for neighbor in &parts.neighbors[bounds[0] as usize..bounds[1] as usize] {
            let neighbor = u64::from(*neighbor);
            // Mixed well, since in a sum of weak hashes two damages can cancel each other.
            let mix = |low: u64, high: u64, relation: Relation| {
                splitmix64((low << 32 | high) ^ ((relation as u64) << 62))
            };
            // Both ends name the session from the lower one, and one of them takes it off again.
            difference = if router < neighbor {
                difference.wrapping_add(mix(router, neighbor, relation))
            } else {
                difference.wrapping_sub(mix(neighbor, router, relation.reversed()))
            };
        }
    }
    if difference == 0 { Ok(()) } else { Err(BrokenWorld("a session has no other end")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::draw;

    /// The fast check and the plain one agree on worlds with one broken entry or none.
    #[test]
    fn both_checks_of_sessions_agree() {
        let mut drawn = 0;
        let mut below = |bound: u64| {
            drawn += 1;
            draw(1, 0, drawn) % bound
        };
        let (mut sound, mut broken) = (0, 0);
        for _ in 0..4000 {
            let asn = |number: u64| Asn(1 + number as u32);
            let links: Vec<Link> = (0..below(12))
                .map(|_| Link {
                    a: asn(below(6)),
                    b: asn(below(6)),
                    relation: Relation::ALL[below(4) as usize],
                })
                .collect();
            let (world, _) = World::from_links("x", &links);
            let mut parts = world.parts;
            assert_eq!(check(&parts), Ok(()));
            let count = parts.neighbors.len() as u64;
            if count == 0 {
                continue;
            }
            let at = below(count) as usize;
            match below(4) {
                0 => parts.neighbors[at] = below(parts.asns.len() as u64) as u32,
                1 => parts.neighbors.swap(at, below(count) as usize),
                2 => {
                    // Moves the border between two groups.
                    let slot = 1 + below(parts.rows.len() as u64 - 2) as usize;
                    parts.rows[slot] = parts.rows[slot - 1];
                }
                _ => {}
            }
            let verdicts =
                (check_sessions_in_router_order(&parts).is_ok(), check_sessions(&parts).is_ok());
            assert_eq!(verdicts.0, verdicts.1, "{parts:?}");
            if verdicts.0 { sound += 1 } else { broken += 1 }
        }
        assert!(sound > 500 && broken > 500, "{sound} sound, {broken} broken");
    }

    /// 1 carries 2 and 3, both carry 4, and 4 carries 5; whoever is in a circle is above itself.
    #[test]
    fn transit_comes_providers_first() {
        let carries = |provider, customer| Link {
            a: Asn(provider),
            b: Asn(customer),
            relation: Relation::Customer,
        };
        let mut links = vec![carries(4, 5), carries(3, 4), carries(2, 4), carries(1, 3)];
        links.push(carries(1, 2));
        let (world, _) = World::from_links("x", &links);
        let found = world.transit().expect("nobody is above itself");
        let found: Vec<(u32, u32)> = found
            .iter()
            .map(|transit| (world.asns[transit.router as usize].0, transit.depth))
            .collect();
        assert_eq!(found, [(1, 0), (2, 1), (3, 1), (4, 2)]);
        links.push(carries(4, 1));
        assert_eq!(World::from_links("x", &links).0.transit(), None);
    }
}
