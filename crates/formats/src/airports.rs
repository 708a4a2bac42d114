//! Airports, whose IATA codes name the cities of anycast sites: CSV with the columns `iata`,
//! `lat`, `lon`, `country` and `city`.
//!
//! Most airports of the world have no IATA code; they are left out without a word.

use std::io::BufRead;

use catchment_model::LatLon;

pub use crate::delimited::DataError;
use crate::delimited::{self, Column};
use crate::skipped::{Reason, Skipped};

/// An airport with an IATA code.
#[derive(Debug, Clone, PartialEq)]
pub struct Airport {
    /// Three letters, upper case.
    pub iata: String,
    /// The city that it serves.
    pub city: String,
    /// Two letters (ISO 3166), empty if unknown.
    pub country: String,
    /// Where it is.
    pub at: LatLon,
}

const COLUMNS: [Column; 5] = [
    Column { names: &["iata", "iata_code"], needed: true },
    Column { names: &["lat", "latitude"], needed: true },
    Column { names: &["lon", "lng", "longitude"], needed: true },
    Column { names: &["country", "iso_country", "cca2"], needed: true },
    Column { names: &["city", "municipality"], needed: true },
];

/// Reads a table of airports, in file order, and what it skipped.
///
/// # Errors
/// What the reader returns, or a needed column is missing.
pub fn read<R: BufRead>(reader: R) -> Result<(Vec<Airport>, Skipped), DataError> {
    let mut found = Vec::new();
    let skipped = delimited::read_table(reader, &COLUMNS, |fields| {
        let iata = fields.get(0);
        if iata.is_empty() {
            return Ok(());
        }
        if iata.len() != 3 || !iata.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(Reason::Malformed);
        }
        found.push(Airport {
            iata: iata.to_ascii_uppercase(),
            city: fields.get(4).to_owned(),
            country: delimited::country(fields.get(3)),
            at: fields.lat_lon(1, 2)?,
        });
        Ok(())
    })?;
    Ok((found, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn airports_without_code_are_no_mistake() {
        let text = "\"icao\",\"iata\",\"city\",\"country\",\"lat\",\"lon\"\n\
            \"EDDF\",\"FRA\",\"Frankfurt, am Main\",\"DE\",50.0264,8.5431\n\
            \"00AA\",\"\",\"Leoti\",\"US\",38.7,-101.4\n\
            \"X\",\"TOOLONG\",\"\",\"US\",38.7,-101.4\n";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].iata, &*found[0].city), ("FRA", "Frankfurt, am Main"));
        assert_eq!(skipped.count(), 1);
    }
}
