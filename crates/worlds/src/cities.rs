//! Cities by airport code, the way network operators name their sites: `WAW`, `FRA`, `GRU`.
//!
//! Codes, positions and countries come from the `airport-data` crate (CC BY 4.0, see
//! `docs/data-licences.md`) at build time; names and populations of the large metropolitan areas
//! are our own table, [`metros::METROS`]. Airports in use count, airfields do not: all large and
//! medium ones, and small ones with scheduled flights.

pub mod metros;

/// A place that has an airport code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct City {
    /// Airport code of three capital letters (IATA).
    pub iata: &'static str,
    /// The city for large metropolitan areas, else the airport without the word "Airport".
    pub name: &'static str,
    /// Degrees north of the equator (WGS 84).
    pub lat: f64,
    /// Degrees east of Greenwich (WGS 84).
    pub lon: f64,
    /// Country, two capital letters (ISO 3166-1 alpha-2).
    pub country: &'static str,
}

static CITIES: &[City] = &include!(concat!(env!("OUT_DIR"), "/airports.rs"));

/// All cities, ascending by code.
pub fn all() -> &'static [City] {
    CITIES
}

/// Other codes in use: of cities with several airports, and those that an airport had before.
/// Ascending; each with the code in the table.
const ALIASES: &[(&str, &str)] = &[
    ("BJS", "PEK"),
    ("BUE", "EZE"),
    ("BUH", "OTP"),
    ("CHI", "ORD"),
    ("DTT", "DTW"),
    ("FRU", "BSZ"),
    ("JKT", "CGK"),
    ("KIV", "RMO"),
    ("LON", "LHR"),
    ("MIL", "MXP"),
    ("MOW", "SVO"),
    ("NYC", "JFK"),
    ("OSA", "KIX"),
    ("RIO", "GIG"),
    ("ROM", "FCO"),
    ("SAO", "GRU"),
    ("SEL", "ICN"),
    ("STO", "ARN"),
    ("TSE", "NQZ"),
    ("TYO", "NRT"),
    ("WAS", "IAD"),
    ("YMQ", "YUL"),
    ("YTO", "YYZ"),
];

/// The city with this airport code, in capitals or not. A code of a whole city (`LON`, `NYC`) or
/// one that was replaced (`KIV`) gives the airport that stands for it, whose code differs.
pub fn by_iata(code: &str) -> Option<&'static City> {
    let code = code.to_ascii_uppercase();
    let listed = |code: &str| CITIES.binary_search_by(|city| city.iata.cmp(code)).ok();
    let alias =
        |code: &str| ALIASES.iter().find(|(alias, _)| *alias == code).map(|(_, code)| *code);
    listed(&code).or_else(|| listed(alias(&code)?)).map(|at| &CITIES[at])
}

/// What the user may have meant by `text`, which is no code: for the help of an error message.
///
/// A city of that name comes first, then a name that begins so, then the code with the fewest
/// wrong letters. Large metropolitan areas win over the rest, and the larger over the smaller.
pub fn nearest_name(text: &str) -> Option<&'static City> {
    let wanted = text.trim().to_lowercase();
    if wanted.is_empty() {
        return None;
    }
    let population = |city: &City| {
        let metro = metros::METROS.iter().find(|metro| metro.iata == city.iata);
        metro.map_or(0, |metro| metro.population_100k)
    };
    CITIES
        .iter()
        .filter_map(|city| {
            let name = city.name.to_lowercase();
            let code = city.iata.to_lowercase();
            let wrong = code.chars().zip(wanted.chars()).filter(|(a, b)| a != b).count();
            let distance = match () {
                () if name == wanted => 0,
                () if name.starts_with(&wanted) => 1,
                () if code.chars().count() == wanted.chars().count() && wrong < 2 => 2,
                () => return None,
            };
            Some((distance, std::cmp::Reverse(population(city)), city.iata, city))
        })
        .min_by_key(|&(distance, population, code, _)| (distance, population, code))
        .map(|(.., city)| city)
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, CITIES, all, by_iata, metros::METROS, nearest_name};

    #[test]
    fn codes_ascend_so_that_they_can_be_searched() {
        assert!(all().len() > 3000, "{} cities", all().len());
        assert!(CITIES.is_sorted_by(|a, b| a.iata < b.iata));
    }

    #[test]
    fn every_metropolitan_area_is_a_city() {
        for metro in METROS {
            let city = by_iata(metro.iata).unwrap_or_else(|| panic!("no {}", metro.iata));
            assert_eq!(city.name, metro.name);
            assert!(city.lat.abs() < 90.0 && city.lon.abs() <= 180.0, "{city:?}");
        }
    }

    #[test]
    fn a_city_is_found_by_code_in_any_case() {
        let warsaw = by_iata("waw").unwrap();
        assert_eq!((warsaw.iata, warsaw.name, warsaw.country), ("WAW", "Warsaw", "PL"));
        assert!((warsaw.lat - 52.17).abs() < 0.02 && (warsaw.lon - 20.97).abs() < 0.02);
        assert_eq!(by_iata("XXX"), None);
        assert_eq!(by_iata(""), None);
    }

    #[test]
    fn an_alias_stands_for_an_airport_that_is_listed() {
        assert!(ALIASES.is_sorted());
        for (alias, code) in ALIASES {
            assert!(CITIES.iter().all(|city| city.iata != *alias), "{alias} is listed itself");
            assert_eq!(by_iata(alias).map(|city| city.iata), Some(*code));
        }
    }

    #[test]
    fn a_wrong_code_gets_a_suggestion() {
        let nearest = |text| nearest_name(text).map(|city| city.iata);
        assert_eq!(nearest("Warsaw"), Some("WAW"));
        assert_eq!(nearest("frankfurt"), Some("FRA"));
        assert_eq!(nearest("new y"), Some("JFK"));
        assert_eq!(nearest("WAX"), nearest("wax"));
        assert_eq!(nearest("FRX").and_then(by_iata).map(|city| city.name), Some("Frankfurt"));
        assert_eq!(nearest(""), None);
        assert_eq!(nearest("no such place"), None);
    }
}
