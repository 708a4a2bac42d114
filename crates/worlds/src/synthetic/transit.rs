//! Who buys transit from whom.

use super::places::Place;
use super::{Ground, Purpose};
use crate::random::Stream;
use std::ops::Range;

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

    /// One of the ASes whose rank is in `among`, by weight.
    fn draw(&self, among: Range<u32>, draw: &mut Stream) -> Option<u32> {
        let start = self.ranks.partition_point(|&offered| offered < among.start);
        let end = self.ranks.partition_point(|&offered| offered < among.end);
        let before = start.checked_sub(1).map_or(0, |last| self.cumulative[last]);
        let until = end.checked_sub(1).map_or(0, |last| self.cumulative[last]);
        let weight = until.checked_sub(before).filter(|&weight| weight > 0)?;
        let point = before + draw.below(weight);
        Some(self.ranks[self.cumulative.partition_point(|&sum| sum <= point)])
    }
}

/// How likely a member of the clique is drawn, in percent of what its size asks for. It makes up
/// for those who never buy from the clique; transit ASes buy there more often than stubs do.
const CLIQUE_FOR_TRANSIT: u64 = 350;
const CLIQUE_FOR_STUBS: u64 = 170;

/// Share of the ASes that buy from regional networks only, in ppm. In the real graph half of the
/// transit ASes have no provider in the clique and the others have several there, which makes
/// paths longer than if each provider were drawn by itself.
const REGIONAL_TRANSIT: u64 = 480_000;
const REGIONAL_STUBS: u64 = 430_000;

/// Share of the first customers that are transit ASes, in ppm.
const ANCHOR_TRANSIT: u64 = 300_000;

/// Tries to find another provider before an AS makes do with fewer.
const TRIES: u32 = 12;

/// Pairs `(provider, customer)` of ranks, ascending by customer, no pair twice.
pub(super) fn buy(ground: &Ground, places: &[Place]) -> Vec<(u32, u32)> {
    let (for_transit, for_stubs) = markets(ground, places);
    let anchors = anchors(ground, places);
    let mut links = Vec::with_capacity(ground.spec.ases as usize * 21 / 10);
    let mut providers: Vec<u32> = Vec::new();
    for rank in ground.standing.clique..ground.spec.ases {
        let mut draw = ground.stream(Purpose::Providers, rank);
        let (market, regional, wanted) = if ground.standing.is_transit(rank) {
            (&for_transit, REGIONAL_TRANSIT, transit_providers(ground, rank, &mut draw))
        } else {
            (&for_stubs, REGIONAL_STUBS, stub_providers(&mut draw))
        };
        // The few just below the clique have nobody else to buy from.
        let regional = rank > ground.standing.clique * 3 && draw.chance_ppm(regional);
        let among = if regional { ground.standing.clique..rank } else { 0..rank };
        let cities = &places[rank as usize].cities;
        providers.clear();
        providers.extend(&anchors[rank as usize]);
        let mut tries = 0;
        while (providers.len() as u64) < wanted && tries < TRIES + wanted as u32 {
            tries += 1;
            let city = cities[draw.below(cities.len() as u64) as usize];
            let found = market[usize::from(city)].draw(among.clone(), &mut draw);
            providers.extend(found.filter(|found| !providers.contains(found)));
        }
        if providers.is_empty() {
            providers.push(draw.below(u64::from(ground.standing.clique)) as u32);
        }
        links.extend(providers.iter().map(|&provider| (provider, rank)));
    }
    links
}

/// Fills the markets of all cities, for transit ASes and for stubs.
fn markets(ground: &Ground, places: &[Place]) -> (Vec<Market>, Vec<Market>) {
    let mut for_transit = vec![Market::default(); ground.metros.len()];
    let mut for_stubs = for_transit.clone();
    let everywhere: u64 = (0..ground.metros.len()).map(|city| ground.networks_of(city)).sum();
    for rank in 0..ground.standing.transit {
        let cities = &places[rank as usize].cities;
        let here: u64 = cities.iter().map(|&city| ground.networks_of(usize::from(city))).sum();
        // One customer comes as an anchor, the rest by drawing. Who is present in a small part of
        // the world must be drawn the more often there.
        let wanted = ground.standing.customers_milli[rank as usize].saturating_sub(1_000);
        let weight = wanted * everywhere / here.max(1);
        let (to_transit, to_stubs) = if rank < ground.standing.clique {
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

/// A first customer for each transit AS outside the clique: mostly a stub in one of its cities,
/// sometimes a transit AS that ranks a little lower. Gives the providers by rank of the customer.
///
/// The few small networks that sell to larger ones are what makes some customer routes of the real
/// graph long, and those are taken before shorter peer routes.
fn anchors(ground: &Ground, places: &[Place]) -> Vec<Vec<u32>> {
    let mut free: Vec<Vec<u32>> = vec![Vec::new(); ground.metros.len()];
    for rank in ground.standing.transit..ground.spec.ases {
        free[usize::from(places[rank as usize].home)].push(rank);
    }
    let mut anchors = vec![Vec::new(); ground.spec.ases as usize];
    let mut anywhere = ground.standing.transit..ground.spec.ases;
    for rank in ground.standing.clique..ground.standing.transit {
        let mut draw = ground.stream(Purpose::Anchors, rank);
        let lower = rank + 1..ground.standing.transit.min(rank + rank / 2 + 2);
        if draw.chance_ppm(ANCHOR_TRANSIT) && !lower.is_empty() {
            let customer = lower.start + draw.below(lower.len() as u64) as u32;
            anchors[customer as usize].push(rank);
            continue;
        }
        let cities = &places[rank as usize].cities;
        let here = &mut free[usize::from(cities[draw.below(cities.len() as u64) as usize])];
        let near = match here.len() as u64 {
            0 => None,
            left => Some(here.swap_remove(draw.below(left) as usize)),
        };
        let unclaimed = |stub: &u32| anchors[*stub as usize].is_empty();
        let customer = near.filter(unclaimed).or_else(|| anywhere.find(unclaimed));
        anchors[customer.expect("stubs outnumber transit ASes") as usize].push(rank);
    }
    anchors
}

/// Number of providers of a stub, from the real distribution.
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

/// Number of providers of a transit AS: one, and the sum of two geometric numbers.
fn transit_providers(ground: &Ground, rank: u32, draw: &mut Stream) -> u64 {
    // Mean number, in hundredths, by customers: from 2.4 for one to 6.7 for a hundred.
    let customers = ground.standing.customers_milli[rank as usize] / 1000;
    let mean = 235 + 62 * u64::from(customers.max(1).ilog2());
    let each = (mean - 100) / 2;
    let more = 1_000_000 * each / (100 + each);
    1 + (0..2).map(|_| (0..40).take_while(|_| draw.chance_ppm(more)).count() as u64).sum::<u64>()
}
