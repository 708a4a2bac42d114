//! Turns the airports of the `airport-data` crate into a static table of cities.
//!
//! The crate carries eleven megabytes of JSON that it parses on first use (some 0.1 to 0.3 s).
//! Doing that here once costs the product nothing at run time and keeps its libraries out of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

#[path = "src/cities/metros.rs"]
mod metros;

/// What an airport is called when the city is left: the endings to cut off, longest first.
const ENDINGS: &[&str] =
    &[" International Airport", " Regional Airport", " Municipal Airport", " Airport"];

#[expect(clippy::disallowed_methods, reason = "a build script writes to the directory cargo names")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/cities/metros.rs");
    let directory = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let path = std::path::Path::new(&directory).join("airports.rs");
    std::fs::write(path, table()).expect("the output directory is writable");
}

/// The table as Rust source: an array expression, ascending by code.
fn table() -> String {
    let data = airport_data::AirportData::new();
    // Some codes are listed twice, for a closed airfield too: the larger airport keeps the code.
    let mut by_code: BTreeMap<&str, (u32, &airport_data::Airport)> = BTreeMap::new();
    for airport in data.all_airports() {
        let rank = match airport.airport_type.as_str() {
            "large_airport" => 3,
            "medium_airport" => 2,
            _ if airport.scheduled_service => 1,
            _ => continue,
        };
        let rank = rank * 2 + u32::from(airport.scheduled_service);
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
        if !is_code(&airport.iata) || airport.country_code.len() != 2 {
            continue;
        }
        let known = by_code.entry(&airport.iata).or_insert((rank, airport));
        if rank > known.0 {
            *known = (rank, airport);
        }
    }
    let mut out = String::from("[\n");
    for (code, (_, airport)) in by_code {
        let metro = metros::METROS.iter().find(|metro| metro.iata == code);
        let name = metro.map_or_else(|| short_name(&airport.airport), |metro| metro.name);
        let (lat, lon, country) = (airport.latitude, airport.longitude, &airport.country_code);
        writeln!(
            out,
            "City {{ iata: {code:?}, name: {name:?}, lat: {lat:.4}, lon: {lon:.4}, \
             country: {country:?} }},"
        )
        .expect("a String takes all");
    }
    out.push_str("]\n");
    out
}

fn short_name(airport: &str) -> &str {
    ENDINGS.iter().find_map(|ending| airport.strip_suffix(ending)).unwrap_or(airport)
}
