//! How many users an AS has.

use super::places::Place;
use super::{Ground, Purpose};
use crate::cities::metros::Region;

/// Users for each inhabitant of a metropolitan area, in percent. The table of areas holds about
/// one human in six; those around it are counted with it, less those who are offline.
fn users_percent(region: Region) -> u64 {
    match region {
        Region::Europe => 420,
        Region::NorthAmerica => 170,
        Region::LatinAmerica => 260,
        Region::Oceania => 180,
        Region::MiddleEast => 330,
        Region::Africa => 420,
        Region::SouthAsia => 560,
        Region::EastAsia => 500,
    }
}

/// The users of each AS by rank, in people. In each city they are dealt to the ASes present there
/// in proportion to a heavy-tailed appeal, so that a few serve most. An AS sells access in the
/// country of its home only.
pub(super) fn deal(ground: &Ground, places: &[Place]) -> Vec<u64> {
    let country = |city: u16| ground.cities[usize::from(city)].country;
    let served = |place: &Place| -> Vec<usize> {
        let at_home = place.cities.iter().filter(|&&city| country(city) == country(place.home));
        at_home.map(|&city| usize::from(city)).collect()
    };
    let appeal: Vec<u64> = (0..ground.spec.ases).map(|rank| appeal(ground, rank)).collect();
    let mut in_city = vec![0u64; ground.metros.len()];
    for (place, appeal) in places.iter().zip(&appeal) {
        for city in served(place) {
            in_city[city] += appeal;
        }
    }
    let users_of = |city: usize| {
        let metro = ground.metros[city];
        u64::from(metro.population_100k) * 1_000 * users_percent(metro.region)
    };
    let dealt = |(place, &appeal): (&Place, &u64)| {
        served(place).into_iter().map(|city| users_of(city) * appeal / in_city[city].max(1)).sum()
    };
    places.iter().zip(&appeal).map(dealt).collect()
}

/// How many users an AS draws where it is, in arbitrary units. Four stubs in ten are companies or
/// content, and the clique sells to networks: no users.
fn appeal(ground: &Ground, rank: u32) -> u64 {
    let mut draw = ground.stream(Purpose::Users, rank);
    if rank < ground.standing.clique || draw.below(10) < 4 {
        return 0;
    }
    // Pareto with exponent 1: twice the appeal is half as likely.
    let pareto = 1_000_000 / (1 + draw.below(1_000_000)).max(200);
    // Access networks that sell transit too are the larger ones, as incumbents are.
    let customers =
        ground.standing.customers_milli.get(rank as usize).map_or(0, |milli| milli / 1_000);
    pareto * (1 + customers.min(15))
}
