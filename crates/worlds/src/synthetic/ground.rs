//! What all steps of the generator share: the question, the standing of the ASes, the cities.

use super::peering::is_hub;
use super::standing::Standing;
use super::{Purpose, SyntheticSpec};
use crate::cities::metros::{METROS, Metro, Region};
use crate::cities::{City, by_iata};
use crate::random::Stream;

/// The ground on which a synthetic Internet is built.
#[derive(Debug)]
pub(super) struct Ground {
    pub spec: SyntheticSpec,
    pub standing: Standing,
    /// The cities to which networks come most, in the order of [`METROS`]: all of them from some
    /// 900 ASes on, one for every four ASes below.
    pub metros: Vec<Metro>,
    /// The same, as the rest of the product knows them.
    pub cities: Vec<City>,
}

impl Ground {
    pub fn new(spec: &SyntheticSpec) -> Ground {
        let mut busiest: Vec<usize> = (0..METROS.len()).collect();
        busiest.sort_by_key(|&at| (std::cmp::Reverse(pull(&METROS[at])), at));
        busiest.truncate(spec.ases as usize / 4);
        busiest.sort_unstable();
        let metros: Vec<Metro> = busiest.into_iter().map(|at| METROS[at]).collect();
        let city = |metro: &Metro| *by_iata(metro.iata).expect("a test looks up every metro");
        let cities = metros.iter().map(city).collect();
        Ground { spec: *spec, standing: Standing::new(spec), metros, cities }
    }

    /// The random numbers of a subject (mostly the rank of an AS) for a purpose.
    pub fn stream(&self, purpose: Purpose, subject: u32) -> Stream {
        stream(&self.spec, purpose, subject)
    }

    /// How many networks have their home in a city, in arbitrary units.
    pub fn networks_of(&self, city: usize) -> u64 {
        networks(&self.metros[city])
    }

    /// How strongly a city draws networks from elsewhere, in arbitrary units.
    pub fn pull_of(&self, city: usize) -> u64 {
        pull(&self.metros[city])
    }
}

/// As [`Ground::stream`], before there is a ground.
pub(super) fn stream(spec: &SyntheticSpec, purpose: Purpose, subject: u32) -> Stream {
    Stream::new(spec.seed, purpose as u64, u64::from(subject))
}

fn networks(metro: &Metro) -> u64 {
    u64::from(metro.population_100k) * networks_per_person(metro.region)
}

/// By the square root, as a large city is one place all the same; more where they meet others.
fn pull(metro: &Metro) -> u64 {
    networks(metro).isqrt() * if is_hub(metro.iata) { 3 } else { 1 }
}

/// Networks for the same number of people, by region, in arbitrary units: Europe and North America
/// have many small networks, Asia few large ones.
fn networks_per_person(region: Region) -> u64 {
    match region {
        Region::Europe | Region::Oceania => 12,
        Region::NorthAmerica => 9,
        Region::LatinAmerica => 6,
        Region::MiddleEast => 4,
        Region::SouthAsia | Region::EastAsia => 2,
        Region::Africa => 1,
    }
}
