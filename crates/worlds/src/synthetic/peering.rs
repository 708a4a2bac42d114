//! Who peers with whom: the clique, exchange points, and networks with an open policy.

use super::places::Place;
use super::standing::REFERENCE_ASES;
use super::{Ground, Purpose};
use crate::cities::metros::Metro;
use std::collections::BTreeSet;

/// An exchange point, as large as it would be in an Internet of [`REFERENCE_ASES`].
struct Exchange {
    /// Airport code of its city.
    iata: &'static str,
    /// Members of its route server.
    members: u64,
    /// Percent of the pairs of members that peer.
    density: u64,
    /// Percent of the members that have customers.
    transit: u64,
}

const fn exchange(iata: &'static str, members: u64, density: u64, transit: u64) -> Exchange {
    Exchange { iata, members, density, transit }
}

/// The exchange points. Sizes and densities of the first two are those of the two large
/// near-cliques that show in the real graph; the others are fitted to its degrees. The cities are
/// where large exchange points are, but which is which is invented.
const EXCHANGES: &[Exchange] = &[
    exchange("GRU", 640, 82, 75),
    exchange("FRA", 420, 62, 15),
    exchange("AMS", 250, 55, 75),
    exchange("LHR", 200, 50, 75),
    exchange("IAD", 160, 50, 75),
    exchange("SIN", 130, 50, 75),
    exchange("JNB", 110, 50, 75),
    exchange("SVO", 100, 50, 75),
    exchange("HKG", 90, 50, 75),
    exchange("JFK", 80, 50, 75),
    exchange("CDG", 70, 50, 75),
    exchange("CGK", 60, 50, 75),
    exchange("MXP", 50, 50, 75),
    exchange("LAX", 50, 50, 75),
    exchange("SYD", 40, 50, 75),
    exchange("WAW", 40, 50, 75),
    exchange("NRT", 30, 60, 75),
    exchange("EZE", 30, 60, 75),
    exchange("ARN", 30, 60, 75),
    exchange("BOM", 30, 60, 75),
];

/// True for a city with an exchange point: networks come there from afar.
pub(super) fn is_hub(iata: &str) -> bool {
    EXCHANGES.iter().any(|exchange| exchange.iata == iata)
}

/// Networks with an open policy in an Internet of [`REFERENCE_ASES`].
const OPEN_NETWORKS: u64 = 150;

/// With what share of the peering ASes the networks with an open policy peer, in ppm, by their
/// position: rows of `(position, share)`, straight in between.
const OPEN: &[(u64, u64)] = &[
    (0, 640_000),
    (1, 500_000),
    (4, 330_000),
    (9, 270_000),
    (19, 185_000),
    (29, 145_000),
    (49, 120_000),
    (99, 85_000),
    (OPEN_NETWORKS, 60_000),
];

/// Pairs of ranks, the lower first, ascending; none of them is in `bought`.
pub(super) fn peer(ground: &Ground, places: &[Place], bought: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for a in 0..ground.standing.clique {
        pairs.extend((a + 1..ground.standing.clique).map(|b| (a, b)));
    }
    let participants: Vec<u32> = (ground.standing.clique..ground.spec.ases)
        .filter(|&rank| participates(ground, rank))
        .collect();
    top_peering(ground, &mut pairs);
    exchanges(ground, places, &participants, &mut pairs);
    open_peering(ground, &participants, &mut pairs);

    let mut sold: Vec<(u32, u32)> = bought.to_vec();
    sold.sort_unstable();
    pairs.sort_unstable();
    pairs.dedup();
    pairs.retain(|pair| sold.binary_search(pair).is_err());
    pairs
}

/// Whether an AS has peers at all: one stub in seven, and the more of the transit ASes the larger.
fn participates(ground: &Ground, rank: u32) -> bool {
    let share = match ground.standing.customers_milli.get(rank as usize).map(|milli| milli / 1000) {
        None => 135_000,
        Some(0..=1) => 420_000,
        Some(2..=3) => 580_000,
        Some(4..=7) => 700_000,
        Some(8..=15) => 800_000,
        Some(16..=31) => 840_000,
        Some(_) => 910_000,
    };
    ground.stream(Purpose::Participation, rank).chance_ppm(share)
}

/// `count` of an Internet of [`REFERENCE_ASES`], for one of `ases`: by the square root, since a
/// small Internet would have no peering to speak of otherwise.
fn scaled(count: u64, ases: u32) -> u64 {
    let wide = count * count * u64::from(ases) / u64::from(REFERENCE_ASES);
    wide.isqrt().max(1)
}

/// The clique peers with some large networks that are not its customers.
fn top_peering(ground: &Ground, pairs: &mut Vec<(u32, u32)>) {
    let large = u64::from(ground.standing.transit - ground.standing.clique)
        .min(scaled(400, ground.spec.ases));
    for member in 0..ground.standing.clique {
        let mut draw = ground.stream(Purpose::TopPeering, member);
        let count = scaled(10 + draw.below(70), ground.spec.ases);
        pairs.extend(
            (0..count).map(|_| (member, ground.standing.clique + draw.below(large) as u32)),
        );
    }
}

/// The members of each exchange point, and who of them peers with whom.
fn exchanges(ground: &Ground, places: &[Place], participants: &[u32], pairs: &mut Vec<(u32, u32)>) {
    for (number, exchange) in EXCHANGES.iter().enumerate() {
        // A small Internet has few cities and not all exchange points.
        let here = |metro: &Metro| metro.iata == exchange.iata;
        let Some(city) = ground.metros.iter().position(here) else { continue };
        let size = scaled(exchange.members, ground.spec.ases).min(participants.len() as u64 / 3);
        // Who is there comes first, then who is in the region, then the world.
        let mut transit: Vec<(u64, u32)> = Vec::new();
        let mut stubs: Vec<(u64, u32)> = Vec::new();
        for &rank in participants {
            let mut draw = ground.stream(Purpose::Exchanges, rank ^ ((number as u32) << 20));
            let late =
                draw.below(1_000_000) * distance(ground, &places[rank as usize].cities, city);
            let list = if ground.standing.is_transit(rank) { &mut transit } else { &mut stubs };
            list.push((late, rank));
        }
        transit.sort_unstable();
        stubs.sort_unstable();
        let of_transit = (size * exchange.transit / 100) as usize;
        let mut members: Vec<u32> = transit.iter().take(of_transit).map(|&(_, r)| r).collect();
        members.extend(stubs.iter().take(size as usize - of_transit).map(|&(_, r)| r));
        members.sort_unstable();
        let mut draw = ground.stream(Purpose::Exchanges, u32::MAX - number as u32);
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                if draw.chance_ppm(exchange.density * 10_000) {
                    pairs.push((a, b));
                }
            }
        }
    }
}

/// How unlikely an AS is to come to an exchange point in `city`.
fn distance(ground: &Ground, cities: &[u16], city: usize) -> u64 {
    if cities.contains(&(city as u16)) {
        return 1;
    }
    let region = ground.metros[city].region;
    let near = cities.iter().any(|&other| ground.metros[usize::from(other)].region == region);
    if near { 8 } else { 100 }
}

/// Networks with an open policy, and the participants that say yes to them.
fn open_peering(ground: &Ground, participants: &[u32], pairs: &mut Vec<(u32, u32)>) {
    // Most sell transit and are above the middle, one in eight is content.
    let transit_end = participants.partition_point(|&rank| ground.standing.is_transit(rank));
    let upper = (transit_end / 2).max(1) as u64;
    let stubs = (participants.len() - transit_end) as u64;
    let wanted = scaled(OPEN_NETWORKS, ground.spec.ases).min(participants.len() as u64 / 3);
    let mut open: Vec<u32> = Vec::new();
    let mut chosen = BTreeSet::new();
    for number in 0..wanted {
        let mut draw = ground.stream(Purpose::OpenPeering, number as u32);
        let at = if number % 8 != 3 || stubs == 0 {
            draw.below(upper) as usize
        } else {
            transit_end + draw.below(stubs) as usize
        };
        if chosen.insert(participants[at]) {
            open.push(participants[at]);
        }
    }
    // They nearly all peer with each other.
    for (at, &a) in open.iter().enumerate() {
        let mut draw = ground.stream(Purpose::OpenPeering, a | 1 << 30);
        let met = open[at + 1..].iter().filter(|_| draw.chance_ppm(850_000));
        pairs.extend(met.map(|&b| (a.min(b), a.max(b))));
    }
    for &rank in participants {
        let mut draw = ground.stream(Purpose::OpenPeering, rank | 1 << 31);
        // How eager this AS is to peer, in percent.
        let eager = match draw.below(100) {
            0..25 => 10,
            25..50 => 40,
            50..75 => 110,
            75..95 => 160,
            _ => 250,
        };
        let before = pairs.len();
        for (position, &other) in open.iter().enumerate() {
            let position = position as u64 * OPEN_NETWORKS / wanted.max(1);
            let share = (open_share_ppm(position) * eager / 100).min(950_000);
            if draw.chance_ppm(share) && other != rank {
                pairs.push((rank.min(other), rank.max(other)));
            }
        }
        if pairs.len() == before && !open.is_empty() {
            // Whoever peers has one peer at least.
            let other = open[draw.below(open.len().min(8) as u64) as usize];
            if other != rank {
                pairs.push((rank.min(other), rank.max(other)));
            }
        }
    }
}

/// [`OPEN`] at `position`.
fn open_share_ppm(position: u64) -> u64 {
    let after = OPEN.partition_point(|&(known, _)| known <= position);
    let (x0, y0) = OPEN[after - 1];
    OPEN.get(after).map_or(y0, |&(x1, y1)| y0 - (y0 - y1) * (position - x0) / (x1 - x0))
}
