//! Joins a relationship graph with tables of addresses, countries, cities and presence.
//!
//! - The weight of an AS is the number of addresses in its ranges; without such a table it is 1.
//! - Its country is the one of most of them.
//! - It has a router in each city where a presence table sees it; points within a metropolitan
//!   area are one city ([`super::metros`]).
//! - An AS that no table sees has one router in the most populous city of its country, and one
//!   that has no country either has one router that is nowhere. That puts many small networks
//!   into capitals; what would change our mind is a free table of where small networks are.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::{Asn, LatLon, Place, Relation, World};

use super::metros::{Metros, coded_place};
use super::spread::Spread;

/// Addresses that an AS announces, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// Lowest IPv4 address.
    pub first: u32,
    /// Highest.
    pub last: u32,
    /// The AS.
    pub asn: Asn,
}

/// Addresses that are used in a country, both ends included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryRange {
    /// Lowest IPv4 address.
    pub first: u32,
    /// Highest.
    pub last: u32,
    /// Two letters (ISO 3166).
    pub country: String,
}

/// A city of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedCity {
    /// Name for people.
    pub name: String,
    /// Two letters (ISO 3166).
    pub country: String,
    /// Where it is.
    pub at: LatLon,
    /// People.
    pub population: u64,
}

/// An AS seen in a city.
#[derive(Debug, Clone, PartialEq)]
pub struct Presence {
    /// The AS.
    pub asn: Asn,
    /// Name of the city, as the table has it.
    pub city: String,
    /// Two letters (ISO 3166); empty if unknown.
    pub country: String,
    /// Where it is.
    pub at: LatLon,
}

/// What a world is made from, beside its links. Every table may be empty; order is free.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PublicData {
    /// Addresses by AS.
    pub addresses: Vec<AddressRange>,
    /// Addresses by country.
    pub countries: Vec<CountryRange>,
    /// Cities.
    pub cities: Vec<ListedCity>,
    /// Where ASes are.
    pub presence: Vec<Presence>,
    /// Names of ASes.
    pub names: Vec<(Asn, String)>,
}

/// How well the tables met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JoinReport {
    /// ASes with routers where a presence table sees them.
    pub ases_seen: usize,
    /// ASes placed in the largest city of their country.
    pub ases_in_capital: usize,
    /// ASes that are nowhere.
    pub ases_nowhere: usize,
    /// ASes without addresses; their weight is 0.
    pub ases_without_addresses: usize,
    /// Addresses of ASes that the graph does not have.
    pub addresses_unused: u64,
    /// Presence of ASes that the graph does not have.
    pub presence_unused: usize,
    /// Presence with impossible coordinates.
    pub presence_without_place: usize,
    /// Presence in no listed city, which made a city of its own.
    pub presence_off_list: usize,
}

/// A world with places and weights from the graph of a relationship list, as
/// [`super::from_links`] makes it.
pub fn join(name: &str, graph: &World, data: &PublicData) -> (World, JoinReport) {
    assert!(graph.has_one_router_per_as(), "the graph has places already");
    let mut report = JoinReport::default();
    let weights = addresses_by_as(graph, data, &mut report);
    let countries = country_by_as(graph, data);
    let mut map = Map::new(&data.cities);
    let mut presence = presence_by_as(graph, data, &mut map, &mut report);
    let largest = largest_cities(&data.cities);
    for (as_index, places) in presence.iter_mut().enumerate() {
        if !places.is_empty() {
            report.ases_seen += 1;
            continue;
        }
        match countries[as_index].as_ref().and_then(|country| largest.get(country.as_str())) {
            Some(city) => {
                places.insert(map.listed(*city));
                report.ases_in_capital += 1;
            }
            None => report.ases_nowhere += 1,
        }
    }
    let (places, populations, number_of) = map.finish();
    let renumbered = |found: &BTreeSet<u32>| {
        let mut numbers: Vec<u32> = found.iter().map(|at| number_of[*at as usize]).collect();
        numbers.sort_unstable();
        numbers
    };
    let mut links = Vec::with_capacity(graph.session_count() / 2);
    for router in 0..graph.router_count() as u32 {
        for relation in Relation::ALL {
            let group = graph.group(router, relation);
            let row = &graph.neighbors[group.start as usize..group.end as usize];
            let above = row.iter().filter(|neighbor| router < **neighbor);
            links.extend(above.map(|neighbor| (router, *neighbor, relation)));
        }
    }
    let spread = Spread {
        name,
        places,
        populations,
        asns: graph.asns.clone(),
        presence: presence.iter().map(renumbered).collect(),
        weights: weights.iter().map(|addresses| *addresses as f64).collect(),
        homes: countries,
        names: data.names.clone(),
        links,
    };
    (spread.build(), report)
}

fn as_index(graph: &World, asn: Asn) -> Option<usize> {
    graph.as_indices(asn).next().map(|index| index as usize)
}

/// Addresses in a range; none if its ends are the wrong way round.
fn length(first: u32, last: u32) -> u64 {
    (u64::from(last) + 1).saturating_sub(u64::from(first))
}

fn addresses_by_as(graph: &World, data: &PublicData, report: &mut JoinReport) -> Vec<u64> {
    if data.addresses.is_empty() {
        return vec![1; graph.as_count()];
    }
    let mut addresses = vec![0_u64; graph.as_count()];
    for range in &data.addresses {
        let length = length(range.first, range.last);
        match as_index(graph, range.asn) {
            Some(index) => addresses[index] += length,
            None => report.addresses_unused += length,
        }
    }
    report.ases_without_addresses = addresses.iter().filter(|count| **count == 0).count();
    addresses
}

/// The country of most addresses of each AS; ties go to the first in the alphabet.
fn country_by_as(graph: &World, data: &PublicData) -> Vec<Option<String>> {
    let mut of_ases: Vec<&AddressRange> =
        data.addresses.iter().filter(|range| range.first <= range.last).collect();
    of_ases.sort_by_key(|range| (range.first, range.last, range.asn));
    let mut of_countries: Vec<&CountryRange> =
        data.countries.iter().filter(|range| range.first <= range.last).collect();
    of_countries.sort_by_key(|range| (range.first, range.last));
    let mut shares: BTreeMap<(usize, &str), u64> = BTreeMap::new();
    let mut start = 0;
    for range in of_ases {
        let Some(index) = as_index(graph, range.asn) else { continue };
        // Ranges of one table do not overlap, but for a few that repeat; those count twice.
        while of_countries.get(start).is_some_and(|country| country.last < range.first) {
            start += 1;
        }
        for country in of_countries[start..].iter().take_while(|c| c.first <= range.last) {
            let (first, last) = (country.first.max(range.first), country.last.min(range.last));
            let share = length(first, last);
            if share > 0 {
                *shares.entry((index, country.country.as_str())).or_default() += share;
            }
        }
    }
    let mut countries: Vec<Option<String>> = vec![None; graph.as_count()];
    let mut best = vec![0_u64; graph.as_count()];
    for ((index, country), share) in shares {
        if share > best[index] {
            best[index] = share;
            countries[index] = Some(country.to_uppercase());
        }
    }
    countries
}

/// Places of each AS, as numbers of the map.
fn presence_by_as(
    graph: &World,
    data: &PublicData,
    map: &mut Map<'_>,
    report: &mut JoinReport,
) -> Vec<BTreeSet<u32>> {
    let metros = Metros::new(&data.cities);
    let mut places = vec![BTreeSet::new(); graph.as_count()];
    let mut order: Vec<&Presence> = data.presence.iter().collect();
    order.sort_by(|a, b| {
        let by_place = a.at.lat.total_cmp(&b.at.lat).then(a.at.lon.total_cmp(&b.at.lon));
        by_place.then_with(|| (&a.country, &a.city, a.asn).cmp(&(&b.country, &b.city, b.asn)))
    });
    for row in order {
        let Some(index) = as_index(graph, row.asn) else {
            report.presence_unused += 1;
            continue;
        };
        if !row.at.is_valid() {
            report.presence_without_place += 1;
            continue;
        }
        let place = match metros.city_of(row.at) {
            Some(city) => map.listed(city),
            None => {
                report.presence_off_list += 1;
                map.off_list(row)
            }
        };
        places[index].insert(place);
    }
    places
}

/// The most populous city of each country; ties go to the first of the list.
fn largest_cities(cities: &[ListedCity]) -> BTreeMap<String, u32> {
    let mut largest: BTreeMap<String, u32> = BTreeMap::new();
    for (index, city) in cities.iter().enumerate().filter(|(_, city)| city.at.is_valid()) {
        let entry = largest.entry(city.country.to_uppercase()).or_insert(index as u32);
        if city.population > cities[*entry as usize].population {
            *entry = index as u32;
        }
    }
    largest
}

/// The cities that are used.
struct Map<'a> {
    listed: &'a [ListedCity],
    used: Vec<ListedCity>,
    number_of_listed: BTreeMap<u32, u32>,
    number_of_off_list: BTreeMap<(String, String), u32>,
}

impl Map<'_> {
    fn new(listed: &[ListedCity]) -> Map<'_> {
        Map {
            listed,
            used: Vec::new(),
            number_of_listed: BTreeMap::new(),
            number_of_off_list: BTreeMap::new(),
        }
    }

    fn listed(&mut self, city: u32) -> u32 {
        *self.number_of_listed.entry(city).or_insert_with(|| {
            self.used.push(self.listed[city as usize].clone());
            self.used.len() as u32 - 1
        })
    }

    /// A city that no list has. Rows of one name and country are one city.
    fn off_list(&mut self, row: &Presence) -> u32 {
        let key = (row.country.to_uppercase(), row.city.to_lowercase());
        *self.number_of_off_list.entry(key).or_insert_with(|| {
            self.used.push(ListedCity {
                name: row.city.clone(),
                country: row.country.to_uppercase(),
                at: row.at,
                population: 0,
            });
            self.used.len() as u32 - 1
        })
    }

    /// Places, most populous first, with their people, and the place of each number.
    fn finish(self) -> (Vec<Place>, Vec<u64>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.used.len() as u32).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&self.used[*a as usize], &self.used[*b as usize]);
            let by_name = (&a.country, &a.name).cmp(&(&b.country, &b.name));
            let by_place = a.at.lat.total_cmp(&b.at.lat).then(a.at.lon.total_cmp(&b.at.lon));
            b.population.cmp(&a.population).then(by_name).then(by_place)
        });
        let mut taken = BTreeSet::new();
        let mut number_of = vec![0; order.len()];
        let (mut places, mut populations) = (Vec::new(), Vec::new());
        for (number, at) in order.into_iter().enumerate() {
            let city = &self.used[at as usize];
            number_of[at as usize] = number as u32;
            places.push(coded_place(&city.name, &city.country, city.at, &mut taken));
            populations.push(city.population);
        }
        (places, populations, number_of)
    }
}
