//! Who buys transit from whom.

use super::places::networks_of;
use super::standing::Standing;
use super::{Purpose, SyntheticSpec, stream};
use crate::cities::metros::METROS;
use crate::random::Stream;

/// The transit ASes of one city, by rank, with partial sums of how likely each is to be drawn.
#[derive(Debug, Default, Clone)]
struct Market {
    ranks: Vec<u32>,
    cumulative: Vec<u64>,
}

impl Market {
    fn offer(&mut self, rank: u32, weight: u64) {
        let sum = self.cumulative.last().copied().unwrap_or(0);
        self.ranks.push(rank);
        self.cumulative.push(sum + weight);
    }

    /// One of the ASes above `rank`, by weight.
    fn draw_above(&self, rank: u32, draw: &mut Stream) -> Option<u32> {
        let above = self.ranks.partition_point(|&offered| offered < rank);
        draw.weighted(&self.cumulative[..above]).map(|at| self.ranks[at])
    }
}

/// How much more a member of the clique is to the taste of transit ASes than of stubs, in percent.
const CLIQUE_FOR_TRANSIT: u64 = 150;
const CLIQUE_FOR_STUBS: u64 = 85;

/// Tries to find another provider before an AS makes do with fewer.
const TRIES: u32 = 12;

/// Pairs `(provider, customer)` of ranks, ascending by customer, no pair twice.
pub(super) fn buy(
    spec: &SyntheticSpec,
    standing: &Standing,
    presence: &[Vec<u16>],
) -> Vec<(u32, u32)> {
    let (for_transit, for_stubs) = markets(standing, presence);
    let anchors = anchors(spec, standing, presence);
    let mut links = Vec::with_capacity(spec.ases as usize * 21 / 10);
    let mut providers: Vec<u32> = Vec::new();
    for rank in standing.clique..spec.ases {
        let mut draw = stream(spec, Purpose::Providers, rank);
        let (market, wanted) = if standing.is_transit(rank) {
            (&for_transit, transit_providers(standing, rank, &mut draw))
        } else {
            (&for_stubs, stub_providers(&mut draw))
        };
        let cities = &presence[rank as usize];
        providers.clear();
        providers.extend(anchors.get(rank as usize).copied().flatten());
        let mut tries = 0;
        while (providers.len() as u64) < wanted && tries < TRIES + wanted as u32 {
            tries += 1;
            let city = cities[draw.below(cities.len() as u64) as usize];
            let found = market[usize::from(city)].draw_above(rank, &mut draw);
            providers.extend(found.filter(|found| !providers.contains(found)));
        }
        if providers.is_empty() {
            providers.push(draw.below(u64::from(standing.clique)) as u32);
        }
        links.extend(providers.iter().map(|&provider| (provider, rank)));
    }
    links
}

/// Fills the markets of all cities, for transit ASes and for stubs.
fn markets(standing: &Standing, presence: &[Vec<u16>]) -> (Vec<Market>, Vec<Market>) {
    let mut for_transit = vec![Market::default(); METROS.len()];
    let mut for_stubs = for_transit.clone();
    let everywhere: u64 = (0..METROS.len()).map(networks_of).sum();
    for rank in 0..standing.transit {
        let cities = &presence[rank as usize];
        let here: u64 = cities.iter().map(|&city| networks_of(usize::from(city))).sum();
        // One customer comes as an anchor, the rest by drawing. Who is present in a small part of
        // the world must be drawn the more often there.
        let wanted = standing.customers_milli[rank as usize].saturating_sub(1_000);
        let weight = wanted * everywhere / here.max(1);
        let (to_transit, to_stubs) = if rank < standing.clique {
            (CLIQUE_FOR_TRANSIT, CLIQUE_FOR_STUBS)
        } else {
            (100, 100)
        };
        for &city in cities {
            for_transit[usize::from(city)].offer(rank, weight * to_transit);
            for_stubs[usize::from(city)].offer(rank, weight * to_stubs);
        }
    }
    (for_transit, for_stubs)
}

/// A first customer for each transit AS outside the clique, mostly a stub in one of its cities.
/// Gives the provider by rank of the customer.
fn anchors(spec: &SyntheticSpec, standing: &Standing, presence: &[Vec<u16>]) -> Vec<Option<u32>> {
    let mut free: Vec<Vec<u32>> = vec![Vec::new(); METROS.len()];
    for rank in standing.transit..spec.ases {
        free[usize::from(presence[rank as usize][0])].push(rank);
    }
    let mut anchors = vec![None; spec.ases as usize];
    let mut anywhere = standing.transit..spec.ases;
    for rank in standing.clique..standing.transit {
        let mut draw = stream(spec, Purpose::Anchors, rank);
        let cities = &presence[rank as usize];
        let city = usize::from(cities[draw.below(cities.len() as u64) as usize]);
        let customer = match free[city].len() as u64 {
            0 => anywhere.by_ref().find(|&stub| anchors[stub as usize].is_none()),
            left => Some(free[city].swap_remove(draw.below(left) as usize))
                .filter(|&stub| anchors[stub as usize].is_none())
                .or_else(|| anywhere.by_ref().find(|&stub| anchors[stub as usize].is_none())),
        };
        let customer = customer.expect("stubs outnumber transit ASes");
        anchors[customer as usize] = Some(rank);
    }
    anchors
}

/// Number of providers of a stub, from the real distribution; in thousandths.
fn stub_providers(draw: &mut Stream) -> u64 {
    match draw.below(1000) {
        0..470 => 1,
        470..826 => 2,
        826..933 => 3,
        933..969 => 4,
        969..983 => 5,
        983..990 => 6,
        990..995 => 8,
        995..998 => 12,
        _ => 20,
    }
}

/// Number of providers of a transit AS: one, and the failures of two runs of coin tosses.
fn transit_providers(standing: &Standing, rank: u32, draw: &mut Stream) -> u64 {
    // Mean number, in hundredths, by customers: from 2.4 for one to 6.7 for a hundred.
    let customers = standing.customers_milli[rank as usize] / 1000;
    let mean = 235 + 62 * u64::from(customers.max(1).ilog2());
    let each = (mean - 100) / 2;
    let more = 1_000_000 * each / (100 + each);
    1 + (0..2).map(|_| (0..40).take_while(|_| draw.chance_ppm(more)).count() as u64).sum::<u64>()
}
