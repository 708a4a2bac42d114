//! Who talks to whom: for each router one slot for each of its BGP sessions, eBGP and iBGP, in
//! ascending order of the neighbor's BGP identifier, the order in which neighbors are served
//! (models 2.1).

use catchment_model::relation::Relation;
use catchment_model::rng::fnv1a64;
use catchment_model::{Rules, World};

/// What the neighbor of a slot is: [`Relation`] as a number, or [`INTERNAL`].
pub type Kind = u8;
/// A router of the same AS.
pub const INTERNAL: Kind = 4;

/// The sessions of a world, from both ends, and the delay of each.
#[derive(Debug, Clone)]
pub struct Adjacency {
    /// First slot of each router, and the slot count at the end.
    pub first: Vec<u32>,
    /// The other end's slot.
    pub reverse: Vec<u32>,
    /// The router at the other end.
    pub peer: Vec<u32>,
    /// What the neighbor is.
    pub kind: Vec<Kind>,
    /// One-way delay in µs.
    pub delay_us: Vec<u32>,
    /// IGP cost of a neighbor of the same AS, 0 of all others; empty where no AS has two routers.
    igp_costs: Vec<u32>,
}

/// One-way delay within a city (models 2.1).
const CITY_US: u32 = 1_000;

impl Adjacency {
    /// Lays out the slots of a world.
    ///
    /// # Panics
    /// If there are more than 2^31 slots.
    pub fn new(world: &World, rules: &Rules) -> Adjacency {
        let routers = world.router_count() as u32;
        let ids_ascend = world.router_ids.windows(2).all(|pair| pair[0] <= pair[1]);
        let inside = |as_index: u32| {
            let count = world.routers_of(as_index).len();
            count * (count - 1)
        };
        let slot_count =
            world.session_count() + (0..world.as_count() as u32).map(inside).sum::<usize>();
        assert!(slot_count < 1 << 31, "there are less than 2^31 slots");
        let mut first = Vec::with_capacity(routers as usize + 1);
        let mut neighbors = Vec::with_capacity(slot_count);
        let mut kind = Vec::with_capacity(slot_count);
        let mut delay_us = Vec::with_capacity(slot_count);
        let has_colleagues = slot_count > world.session_count();
        let mut igp_costs = Vec::with_capacity(if has_colleagues { slot_count } else { 0 });
        let fixed_us = rules.link_delay.map(|delay| delay.us as u32);
        let mut row: Vec<(u32, u32, Kind)> = Vec::new();
        for router in 0..routers {
            first.push(neighbors.len() as u32);
            row.clear();
            for relation in Relation::ALL {
                let group = world.group(router, relation);
                row.extend(
                    world.neighbors[group.start as usize..group.end as usize]
                        .iter()
                        .map(|peer| (world.router_ids[*peer as usize], *peer, relation as Kind)),
                );
            }
            let colleagues = world.routers_of(world.router_as[router as usize]);
            row.extend(
                colleagues
                    .filter(|other| *other != router)
                    .map(|other| (world.router_ids[other as usize], other, INTERNAL)),
            );
            row.sort_unstable();
            for (_, peer, what) in &row {
                neighbors.push(*peer);
                kind.push(*what);
                delay_us
                    .push(fixed_us.unwrap_or_else(|| link_delay_us(world, rules, router, *peer)));
                if has_colleagues {
                    let is_inside = *what == INTERNAL;
                    igp_costs.push(if is_inside { world.igp_cost(router, *peer) } else { 0 });
                }
            }
        }
        first.push(neighbors.len() as u32);
        // A row is asked by its neighbors in ascending order if identifiers ascend, so that the
        // other end is the next one that was not asked; else it is looked for.
        let mut next = first.clone();
        let mut reverse = Vec::with_capacity(slot_count);
        let key = |router: u32| (world.router_ids[router as usize], router);
        for router in 0..routers {
            for slot in first[router as usize]..first[router as usize + 1] {
                let peer = neighbors[slot as usize] as usize;
                reverse.push(if ids_ascend {
                    next[peer] += 1;
                    next[peer] - 1
                } else {
                    let row = &neighbors[first[peer] as usize..first[peer + 1] as usize];
                    let at = row.binary_search_by_key(&key(router), |other| key(*other));
                    first[peer] + at.expect("a session has two ends") as u32
                });
            }
        }
        Adjacency { first, reverse, peer: neighbors, kind, delay_us, igp_costs }
    }

    /// How many slots there are.
    pub fn slot_count(&self) -> usize {
        self.reverse.len()
    }

    /// Bytes that it holds, about.
    pub fn bytes(&self) -> usize {
        let per_slot = 13 * self.slot_count() + size_of_val(&self.igp_costs[..]);
        per_slot + size_of_val(&self.first[..])
    }

    /// The router that a slot belongs to.
    pub fn owner(&self, slot: u32) -> u32 {
        self.first.partition_point(|start| *start <= slot) as u32 - 1
    }

    /// Slots of a router.
    pub fn slots(&self, router: u32) -> std::ops::Range<u32> {
        self.first[router as usize]..self.first[router as usize + 1]
    }

    /// The router at the other end of a slot.
    pub fn peer(&self, slot: u32) -> u32 {
        self.peer[slot as usize]
    }

    /// The slot of `router` towards `peer`.
    pub fn slot_to(&self, router: u32, peer: u32) -> Option<u32> {
        self.slots(router).find(|slot| self.peer[*slot as usize] == peer)
    }

    /// IGP cost of the neighbor of a slot; 0 if it is of another AS.
    pub fn igp_cost(&self, slot: u32) -> u32 {
        self.igp_costs.get(slot as usize).copied().unwrap_or(0)
    }

    /// What the neighbor is, if it is of another AS.
    pub fn relation(&self, slot: u32) -> Option<Relation> {
        Relation::ALL.get(usize::from(self.kind[slot as usize])).copied()
    }
}

/// One-way delay between two routers in µs (models 2.1, design section 6): 1 ms in one city, else
/// stretch × km / 200 000 s; without places 5 ms and up to 94 more, fixed for each pair of ASes.
pub fn link_delay_us(world: &World, rules: &Rules, a: u32, b: u32) -> u32 {
    match world.distance_km(a, b) {
        Some(0.0) => CITY_US,
        Some(km) => libm::round(rules.stretch_link * km / 0.2) as u32,
        None => {
            let (a, b) = (world.asn_of(a).0, world.asn_of(b).0);
            (5 + (pair_hash(a.min(b), a.max(b)) % 95) as u32) * 1_000
        }
    }
}

/// FNV-1a of `low,high` in decimal digits.
fn pair_hash(low: u32, high: u32) -> u64 {
    // Written from the right: two numbers of at most ten digits and a comma.
    let mut text = [0; 21];
    let comma = write_before(&mut text, high, 21) - 1;
    text[comma] = b',';
    let start = write_before(&mut text, low, comma);
    fnv1a64(&text[start..])
}

/// Writes a number so that it ends before `end`. Returns where it starts.
fn write_before(text: &mut [u8; 21], number: u32, end: usize) -> usize {
    let (mut at, mut rest) = (end, number);
    loop {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_hashed_as_text() {
        for (low, high) in [(0, 1), (174, 3356), (4_294_967_294, u32::MAX), (10, 100)] {
            assert_eq!(pair_hash(low, high), fnv1a64(format!("{low},{high}").as_bytes()));
        }
    }
}
