//! In which cities an AS is present.

use super::standing::REFERENCE_ASES;
use super::{Ground, Purpose};
use crate::cities::metros::{METROS, Region};
use crate::random::Stream;

/// Where an AS is: indices into [`Ground::metros`].
#[derive(Debug)]
pub(super) struct Place {
    pub home: u16,
    /// Ascending; the home is one of them.
    pub cities: Vec<u16>,
}

/// The places of each AS by rank.
pub(super) fn place(ground: &Ground) -> Vec<Place> {
    let cumulative = |weight: &dyn Fn(usize) -> u64| -> Vec<u64> {
        let mut sum = 0;
        let sums = (0..ground.metros.len()).map(|city| {
            sum += weight(city);
            sum
        });
        sums.collect()
    };
    let region_of = |city: usize| ground.metros[city].region;
    let mut regions: Vec<Region> = (0..ground.metros.len()).map(region_of).collect();
    regions.sort_unstable();
    regions.dedup();
    let homes = cumulative(&|city| ground.networks_of(city));
    let pull = |city: usize| ground.pull_of(city);
    let world = cumulative(&pull);
    let within: Vec<Vec<u64>> = regions
        .iter()
        .map(|&region| cumulative(&|city| if region_of(city) == region { pull(city) } else { 0 }))
        .collect();
    (0..ground.spec.ases)
        .map(|rank| {
            let mut draw = ground.stream(Purpose::Home, rank);
            let home = draw.weighted(&homes).expect("every city has networks");
            let mut draw = ground.stream(Purpose::Presence, rank);
            let (near, far) = spread(ground, rank, &mut draw);
            let region = regions.binary_search(&region_of(home)).expect("all are listed");
            let mut cities = vec![home];
            cities.extend((0..near).filter_map(|_| draw.weighted(&within[region])));
            cities.extend((0..far).filter_map(|_| draw.weighted(&world)));
            cities.sort_unstable();
            cities.dedup();
            let cities = cities.into_iter().map(|city| city as u16).collect();
            Place { home: home as u16, cities }
        })
        .collect()
}

/// How often an AS draws a further city in its region, and anywhere. Cities drawn twice count
/// once, so the clique ends in about half of them.
fn spread(ground: &Ground, rank: u32, draw: &mut Stream) -> (u64, u64) {
    let standing = &ground.standing;
    let (near, far) = if rank < standing.clique {
        (20, 150 + draw.below(150))
    } else if standing.is_transit(rank) {
        // As if among the ASes of the real Internet; by the square root, as for exchange points.
        let milli = standing.customers_milli[rank as usize];
        let squared = milli * milli / u64::from(ground.spec.ases) * u64::from(REFERENCE_ASES);
        let customers = squared.isqrt() / 1_000;
        match customers {
            500.. => (15 + draw.below(20), 30 + draw.below(90)),
            100.. => (8 + draw.below(20), draw.below(30)),
            25.. => (2 + draw.below(8), draw.below(4)),
            5.. => (draw.below(4), u64::from(draw.below(10) == 0)),
            _ => (u64::from(draw.below(5) == 0), 0),
        }
    } else {
        // A few networks without customers have several offices; fewer are worldwide (content).
        match draw.below(1000) {
            0..=3 => (5, 20 + draw.below(40)),
            4..=40 => (1 + draw.below(3), 0),
            _ => (0, 0),
        }
    };
    let scaled = |count: u64| (count * ground.metros.len() as u64).div_ceil(METROS.len() as u64);
    (scaled(near), scaled(far))
}
