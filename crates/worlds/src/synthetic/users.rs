//! How many users an AS has.

use super::standing::Standing;
use super::{Purpose, SyntheticSpec, stream};
use crate::cities::metros::{METROS, Region};

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
/// in proportion to a heavy-tailed appeal, so that a few serve most.
pub(super) fn deal(spec: &SyntheticSpec, standing: &Standing, presence: &[Vec<u16>]) -> Vec<u64> {
    let appeal: Vec<u64> = (0..spec.ases).map(|rank| appeal(spec, standing, rank)).collect();
    let mut in_city = vec![0u64; METROS.len()];
    for (cities, appeal) in presence.iter().zip(&appeal) {
        for &city in cities {
            in_city[usize::from(city)] += appeal;
        }
    }
    presence
        .iter()
        .zip(&appeal)
        .map(|(cities, &appeal)| {
            let of_city = |&city: &u16| {
                let metro = METROS[usize::from(city)];
                let users = u64::from(metro.population_100k) * 1_000 * users_percent(metro.region);
                users * appeal / in_city[usize::from(city)].max(1)
            };
            cities.iter().map(of_city).sum()
        })
        .collect()
}

/// How many users an AS draws where it is, in arbitrary units. Four stubs in ten are companies or
/// content, and the clique sells to networks: no users.
fn appeal(spec: &SyntheticSpec, standing: &Standing, rank: u32) -> u64 {
    let mut draw = stream(spec, Purpose::Users, rank);
    if rank < standing.clique || draw.below(10) < 4 {
        return 0;
    }
    // Pareto with exponent 1: twice the appeal is half as likely.
    let pareto = 1_000_000 / (1 + draw.below(1_000_000)).max(50);
    // Access networks that sell transit too are the larger ones, as incumbents are.
    let customers = standing.customers_milli.get(rank as usize).map_or(0, |milli| milli / 1_000);
    (pareto.max(1)) * (1 + customers.min(60))
}
