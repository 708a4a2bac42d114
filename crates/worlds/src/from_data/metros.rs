//! From points on a map to cities with a code.
//!
//! Data sets name suburbs, airports and spellings of their own. A point belongs to the most
//! populous city within [`METRO_KM`], so that a data centre in a suburb meets those downtown.

use std::collections::BTreeSet;

use catchment_model::{LatLon, Place};

use super::join::ListedCity;
use crate::cities::{self, metros::METROS};

/// How far from its centre a city reaches.
pub(super) const METRO_KM: f64 = 40.0;

/// How far an airport of the same name may be from a city.
const AIRPORT_KM: f64 = 100.0;

/// Cities by the degree of latitude and longitude in which they lie.
pub(super) struct Metros<'a> {
    cities: &'a [ListedCity],
    cells: Vec<Vec<u32>>,
}

const COLUMNS: i32 = 360;
const ROWS: i32 = 180;

fn cell(lat: i32, lon: i32) -> Option<usize> {
    let row = lat + ROWS / 2;
    let column = (lon + COLUMNS / 2).rem_euclid(COLUMNS);
    (0..ROWS).contains(&row).then_some((row * COLUMNS + column) as usize)
}

fn degrees(value: f64) -> i32 {
    libm::floor(value) as i32
}

impl Metros<'_> {
    pub(super) fn new(cities: &[ListedCity]) -> Metros<'_> {
        let mut cells = vec![Vec::new(); (ROWS * COLUMNS) as usize];
        for (index, city) in cities.iter().enumerate().filter(|(_, city)| city.at.is_valid()) {
            if let Some(cell) = cell(degrees(city.at.lat), degrees(city.at.lon)) {
                cells[cell].push(index as u32);
            }
        }
        Metros { cities, cells }
    }

    /// The city that a point belongs to: the most populous within [`METRO_KM`], then the first.
    pub(super) fn city_of(&self, at: LatLon) -> Option<u32> {
        // A degree of longitude shrinks towards the poles; 3 of them are 40 km at 83 degrees.
        let reach = if at.lat.abs() < 60.0 { 1 } else { 3 };
        let mut best: Option<u32> = None;
        for lat in degrees(at.lat) - 1..=degrees(at.lat) + 1 {
            for lon in degrees(at.lon) - reach..=degrees(at.lon) + reach {
                let Some(cell) = cell(lat, lon) else { continue };
                for index in &self.cells[cell] {
                    let city = &self.cities[*index as usize];
                    let rank = |index: u32| {
                        (self.cities[index as usize].population, std::cmp::Reverse(index))
                    };
                    let is_better = best.is_none_or(|best| rank(*index) > rank(best));
                    if is_better && city.at.distance_km(&at) <= METRO_KM {
                        best = Some(*index);
                    }
                }
            }
        }
        best
    }
}

/// A place with a code that is not among `taken`: an airport of that name, the main one of a
/// metropolitan area, the nearest within [`METRO_KM`], or the name in capitals.
pub(super) fn coded_place(
    name: &str,
    country: &str,
    at: LatLon,
    taken: &mut BTreeSet<String>,
) -> Place {
    let near = |city: &&cities::City| {
        (city.lat - at.lat).abs() < 1.0 && city.country.eq_ignore_ascii_case(country)
    };
    let km = |city: &cities::City| at.distance_km(&LatLon { lat: city.lat, lon: city.lon });
    let rank = |city: &cities::City| match () {
        () if city.name.eq_ignore_ascii_case(name) => 0,
        () if METROS.iter().any(|metro| metro.iata == city.iata) => 1,
        () => 2,
    };
    let mut airports: Vec<(u8, f64, &str)> = cities::all()
        .iter()
        .filter(near)
        .map(|city| (rank(city), km(city), city.iata))
        .filter(|(rank, km, iata)| {
            *km <= if *rank == 0 { AIRPORT_KM } else { METRO_KM } && !taken.contains(*iata)
        })
        .collect();
    airports.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(b.2)));
    let code = match airports.first() {
        Some((_, _, iata)) => (*iata).to_owned(),
        None => free_code(name, country, taken),
    };
    taken.insert(code.clone());
    Place { code, name: name.to_owned(), country: country.to_owned(), at }
}

/// `LA-PAZ-BO`, `LA-PAZ-BO-2`, …
fn free_code(name: &str, country: &str, taken: &BTreeSet<String>) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut parts: Vec<String> = words.map(str::to_uppercase).collect();
    parts.push(country.to_uppercase());
    let base = parts.join("-");
    let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
    std::iter::once(base.clone())
        .chain(numbered)
        .find(|code| !taken.contains(code))
        .expect("numbers do not run out")
}
