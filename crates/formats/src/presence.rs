//! Where ASes are present: CSV tables with the columns `ASN`, `LATITUDE`, `LONGITUDE` and, if they
//! are there, `STANDARD_LATITUDE`, `STANDARD_LONGITUDE`, `STANDARD_CITY`, `STANDARD_COUNTRY`.
//!
//! Rows of one AS may repeat a city, under several sources; nothing is merged here.

use std::io::BufRead;

use catchment_model::{Asn, LatLon};

pub use crate::delimited::DataError;
use crate::delimited::{self, Column};
use crate::skipped::Skipped;

/// An AS in a city.
#[derive(Debug, Clone, PartialEq)]
pub struct Presence {
    /// The AS.
    pub asn: Asn,
    /// Where it is: the city, if the table gives its coordinates, else as reported.
    pub at: LatLon,
    /// Name of the city; may be empty.
    pub city: String,
    /// Two letters (ISO 3166), empty if unknown.
    pub country: String,
}

const COLUMNS: [Column; 7] = [
    Column { names: &["ASN"], needed: true },
    Column { names: &["LATITUDE", "lat"], needed: true },
    Column { names: &["LONGITUDE", "lon"], needed: true },
    Column { names: &["STANDARD_LATITUDE"], needed: false },
    Column { names: &["STANDARD_LONGITUDE"], needed: false },
    Column { names: &["STANDARD_CITY", "city"], needed: false },
    Column { names: &["STANDARD_COUNTRY", "country"], needed: false },
];

/// Reads a table of presences, in file order, and what it skipped.
///
/// # Errors
/// What the reader returns, or a needed column is missing.
pub fn read<R: BufRead>(reader: R) -> Result<(Vec<Presence>, Skipped), DataError> {
    let mut found = Vec::new();
    let skipped = delimited::read_table(reader, &COLUMNS, |fields| {
        let asn = delimited::asn(fields.needed(0)?)?;
        let at = fields.lat_lon(3, 4).or_else(|_| fields.lat_lon(1, 2))?;
        found.push(Presence {
            asn,
            at,
            city: fields.get(5).to_owned(),
            country: delimited::country(fields.get(6)),
        });
        Ok(())
    })?;
    Ok((found, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::skipped::Reason;

    #[test]
    fn the_standard_city_counts_where_there_is_one() {
        let text = "\
ASN,LATITUDE,LONGITUDE,SOURCE,STANDARD_LATITUDE,STANDARD_LONGITUDE,STANDARD_CITY,STANDARD_COUNTRY
1200,52.3,4.77,PCH,52.35,4.92,Amsterdam,NL
1200,52.3,4.77,PCH,,,,
0,52.3,4.77,PCH,,,,
4294967296,1,1,,,,,
-7,1,1,,,,,
9,91,1,,,,,
9,x,1,,,,,
9,,1,,,,,
";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].at.lat, &*found[0].city, &*found[0].country),
            (52.35, "Amsterdam", "NL")
        );
        assert_eq!((found[1].at.lat, &*found[1].city), (52.3, ""));
        let reasons = [
            (Reason::AsnZero, 1),
            (Reason::AsnTooLarge, 1),
            (Reason::AsnNegative, 1),
            (Reason::BadCoordinates, 2),
            (Reason::FieldMissing, 1),
        ];
        for (reason, count) in reasons {
            assert_eq!(skipped.count_of(reason), count, "{reason}");
        }
    }
}
