//! In which cities an AS is present.

use super::standing::Standing;
use super::{Purpose, SyntheticSpec, stream};
use crate::cities::metros::{METROS, Region};
use crate::random::Stream;

/// Networks for the same number of people, by region, in arbitrary units: Europe and North America
/// have many small networks, Asia few large ones.
pub(super) fn networks_per_person(region: Region) -> u64 {
    match region {
        Region::Europe => 12,
        Region::NorthAmerica => 9,
        Region::LatinAmerica => 6,
        Region::Oceania => 12,
        Region::MiddleEast => 4,
        Region::Africa => 1,
        Region::SouthAsia => 2,
        Region::EastAsia => 2,
    }
}

/// How many networks a city should have, in arbitrary units.
pub(super) fn networks_of(city: usize) -> u64 {
    u64::from(METROS[city].population_100k) * networks_per_person(METROS[city].region)
}

/// Partial sums of `weight` over the cities of which `keep` is true.
fn cumulative(weight: impl Fn(usize) -> u64, keep: impl Fn(usize) -> bool) -> Vec<u64> {
    let mut sum = 0;
    (0..METROS.len())
        .map(|city| {
            sum += if keep(city) { weight(city) } else { 0 };
            sum
        })
        .collect()
}

/// The cities of each AS by rank, ascending.
pub(super) fn place(spec: &SyntheticSpec, standing: &Standing) -> Vec<Vec<u16>> {
    let homes = cumulative(networks_of, |_| true);
    let mut regions: Vec<Region> = METROS.iter().map(|metro| metro.region).collect();
    regions.sort_unstable();
    regions.dedup();
    // Where to spread: the square root, as a large city is one place all the same.
    let draw_of = |city: usize| networks_of(city).isqrt();
    let world = cumulative(draw_of, |_| true);
    let in_region: Vec<Vec<u64>> = regions
        .iter()
        .map(|&region| cumulative(draw_of, |city| METROS[city].region == region))
        .collect();
    (0..spec.ases)
        .map(|rank| {
            let mut draw = stream(spec, Purpose::Home, rank);
            let home = draw.weighted(&homes).expect("cities have people");
            let mut draw = stream(spec, Purpose::Presence, rank);
            let (near, far) = spread(standing, rank, &mut draw);
            let region = regions.binary_search(&METROS[home].region).expect("listed above");
            let mut cities = vec![home as u16];
            cities.extend((0..near).filter_map(|_| draw.weighted(&in_region[region])).map(to_u16));
            cities.extend((0..far).filter_map(|_| draw.weighted(&world)).map(to_u16));
            cities.sort_unstable();
            cities.dedup();
            cities
        })
        .collect()
}

fn to_u16(city: usize) -> u16 {
    city as u16
}

/// How often an AS draws a further city in its region, and anywhere. Cities drawn twice count
/// once, so the clique ends in about two thirds of them.
fn spread(standing: &Standing, rank: u32, draw: &mut Stream) -> (u64, u64) {
    if rank < standing.clique {
        return (20, 150 + draw.below(150));
    }
    if !standing.is_transit(rank) {
        // A few networks without customers have several offices; fewer are worldwide (content).
        return match draw.below(1000) {
            0..=3 => (5, 20 + draw.below(40)),
            4..=40 => (1 + draw.below(3), 0),
            _ => (0, 0),
        };
    }
    match standing.customers_milli[rank as usize] / 1000
        * u64::from(super::standing::REFERENCE_ASES)
        / u64::from(standing.ases)
    {
        500.. => (15 + draw.below(20), 30 + draw.below(90)),
        100.. => (8 + draw.below(20), draw.below(30)),
        25.. => (2 + draw.below(8), draw.below(4)),
        5.. => (draw.below(4), u64::from(draw.below(10) == 0)),
        _ => (u64::from(draw.below(5) == 0), 0),
    }
}
