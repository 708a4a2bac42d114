//! Cities with their population: CSV with the columns `name`, `latitude`, `longitude`,
//! `countrycode` and `population`, as GeoNames' tables have them.

use std::io::BufRead;

use catchment_model::LatLon;

pub use crate::delimited::DataError;
use crate::delimited::{self, Column};
use crate::skipped::{Reason, Skipped};

/// A city.
#[derive(Debug, Clone, PartialEq)]
pub struct City {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub at: LatLon,
    /// Two letters (ISO 3166), empty if unknown.
    pub country: String,
    /// People who live there.
    pub population: u64,
}

const COLUMNS: [Column; 5] = [
    Column { names: &["name", "asciiname", "city"], needed: true },
    Column { names: &["latitude", "lat"], needed: true },
    Column { names: &["longitude", "lon", "lng"], needed: true },
    Column { names: &["countrycode", "country_code", "country"], needed: true },
    Column { names: &["population"], needed: true },
];

/// Reads a table of cities, in file order, and what it skipped.
///
/// # Errors
/// What the reader returns, or a needed column is missing.
pub fn read<R: BufRead>(reader: R) -> Result<(Vec<City>, Skipped), DataError> {
    let mut found = Vec::new();
    let skipped = delimited::read_table(reader, &COLUMNS, |fields| {
        found.push(City {
            name: fields.needed(0)?.to_owned(),
            at: fields.lat_lon(1, 2)?,
            country: delimited::country(fields.get(3)),
            population: fields.needed(4)?.parse().map_err(|_| Reason::BadNumber)?,
        });
        Ok(())
    })?;
    Ok((found, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_read_and_impossible_ones_skipped() {
        let text = "geonameid,name,latitude,longitude,countrycode,population\n\
            1,Shanghai,31.2,121.5,CN,24874500\n\
            2,Nowhere,31.2,181,CN,5\n\
            3,Ghosts,31.2,121,CN,-5\n";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].name, found[0].population), ("Shanghai", 24_874_500));
        assert_eq!(skipped.count_of(Reason::BadCoordinates), 1);
        assert_eq!(skipped.count_of(Reason::BadNumber), 1);
    }
}
