//! Sites that could be had: CSV tables with a column `site` (or `colo`, `pop`, `name`) and, if they
//! are there, `city` (IATA code), `lat`, `lon`, `asn`, `neighbors`, `options`, `region`, `kqps`,
//! `gbps`; and tables of their neighbors with the columns `site` and `asn` and, if it is there,
//! `type` (`provider`, `peer`, `route_server_peer`, `customer`).
//!
//! A list of neighbors in one field is separated by spaces: `1299 3356:peer`, a provider if nothing
//! else is said. `options` are neighbors that the site could have and does not use.

use std::io::BufRead;

use catchment_model::scenario::PlaceRef;
use catchment_model::service::Capacity;
use catchment_model::{Asn, Relation, SiteName};

pub use crate::delimited::DataError;
use crate::delimited::{self, Column, Fields};
use crate::skipped::{Reason, Skipped};

/// A site that could be had.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its name.
    pub name: SiteName,
    /// Where it is: coordinates if the table gives them, else the city.
    pub place: Option<PlaceRef>,
    /// The AS that would originate.
    pub asn: Option<Asn>,
    /// Whom it would announce to, and what each is to it.
    pub neighbors: Vec<(Asn, Relation)>,
    /// Whom it could announce to besides.
    pub options: Vec<(Asn, Relation)>,
    /// Region; empty if none.
    pub region: String,
    /// What it could carry.
    pub capacity: Capacity,
}

/// A neighbor that a site could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    /// The site, as written.
    pub site: String,
    /// The neighbor.
    pub asn: Asn,
    /// What it is to the site.
    pub relation: Relation,
}

const SITE: Column = Column { names: &["site", "colo", "pop", "name"], needed: true };

const COLUMNS: [Column; 10] = [
    SITE,
    Column { names: &["iata", "city"], needed: false },
    Column { names: &["lat", "latitude"], needed: false },
    Column { names: &["lon", "longitude"], needed: false },
    Column { names: &["asn"], needed: false },
    Column { names: &["neighbors"], needed: false },
    Column { names: &["options"], needed: false },
    Column { names: &["region", "continent"], needed: false },
    Column { names: &["kqps"], needed: false },
    Column { names: &["gbps"], needed: false },
];

const NEIGHBOR_COLUMNS: [Column; 3] = [
    SITE,
    Column { names: &["asn", "neighbor"], needed: true },
    Column { names: &["type", "relation"], needed: false },
];

/// Reads a table of candidates, in file order, and what it skipped.
///
/// # Errors
/// What the reader returns, or a needed column is missing.
pub fn read<R: BufRead>(reader: R) -> Result<(Vec<Candidate>, Skipped), DataError> {
    let mut found = Vec::new();
    let skipped = delimited::read_table(reader, &COLUMNS, |fields| {
        let name = fields.needed(0)?.parse().map_err(|_| Reason::Malformed)?;
        let has_place = !fields.get(2).is_empty() || !fields.get(3).is_empty();
        let city = fields.get(1);
        let place = match (has_place, city.is_empty()) {
            (true, _) => Some(PlaceRef::At(fields.lat_lon(2, 3)?)),
            (false, false) => Some(PlaceRef::City(city.to_ascii_uppercase())),
            (false, true) => None,
        };
        let asn = match fields.get(4) {
            "" => None,
            text => Some(delimited::asn(text)?),
        };
        let capacity = Capacity { kqps: amount(fields, 8)?, gbps: amount(fields, 9)? };
        found.push(Candidate {
            name,
            place,
            asn,
            neighbors: list(fields.get(5))?,
            options: list(fields.get(6))?,
            region: fields.get(7).to_lowercase(),
            capacity,
        });
        Ok(())
    })?;
    Ok((found, skipped))
}

/// Reads a table of neighbors, in file order, and what it skipped.
///
/// # Errors
/// What the reader returns, or a needed column is missing.
pub fn read_neighbors<R: BufRead>(reader: R) -> Result<(Vec<Neighbor>, Skipped), DataError> {
    let mut found = Vec::new();
    let skipped = delimited::read_table(reader, &NEIGHBOR_COLUMNS, |fields| {
        found.push(Neighbor {
            site: fields.needed(0)?.to_lowercase(),
            asn: delimited::asn(fields.needed(1)?)?,
            relation: relation(fields.get(2))?,
        });
        Ok(())
    })?;
    Ok((found, skipped))
}

/// A number that is not negative; nothing for an empty field.
fn amount(fields: &Fields<'_>, column: usize) -> Result<Option<f64>, Reason> {
    match fields.get(column) {
        "" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(amount) if (0.0..=1e12).contains(&amount) => Ok(Some(amount)),
            _ => Err(Reason::BadNumber),
        },
    }
}

fn list(field: &str) -> Result<Vec<(Asn, Relation)>, Reason> {
    let one = |text: &str| match text.split_once(':') {
        Some((asn, what)) => Ok((delimited::asn(asn)?, relation(what)?)),
        None => Ok((delimited::asn(text)?, Relation::Provider)),
    };
    field.split_whitespace().map(one).collect()
}

fn relation(text: &str) -> Result<Relation, Reason> {
    match text.to_ascii_lowercase().as_str() {
        "" | "provider" => Ok(Relation::Provider),
        "peer" | "route_server_peer" => Ok(Relation::Peer),
        "customer" => Ok(Relation::Customer),
        _ => Err(Reason::UnknownCode),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_read_with_what_they_have() {
        let text = "\
name,city,asn,neighbors,options,region,kqps,gbps
WAW,waw,64510,1299 AS3356:peer,174:customer,EU,300,
two words,WAW,,,,,,
mad,MAD,0,,,,,
lis,LIS,64511,12x,,,,
cph,CPH,64512,1299:friend,,,,
osl,OSL,64513,1299,,,-1,
bru,,,,,,,
";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0],
            Candidate {
                name: "waw".parse().unwrap(),
                place: Some(PlaceRef::City("WAW".to_owned())),
                asn: Some(Asn(64510)),
                neighbors: vec![(Asn(1299), Relation::Provider), (Asn(3356), Relation::Peer)],
                options: vec![(Asn(174), Relation::Customer)],
                region: "eu".to_owned(),
                capacity: Capacity { kqps: Some(300.0), gbps: None },
            }
        );
        assert_eq!((found[1].place.clone(), found[1].asn), (None, None));
        let reasons = [
            (Reason::Malformed, 2),
            (Reason::AsnZero, 1),
            (Reason::UnknownCode, 1),
            (Reason::BadNumber, 1),
        ];
        for (reason, count) in reasons {
            assert_eq!(skipped.count_of(reason), count, "{reason}");
        }
    }

    #[test]
    fn tables_of_others_are_read_too() {
        // Public lists of points of presence name their columns in other ways.
        let text = "colo,name,city,lat,lon\nAMS,\"Amsterdam, Netherlands\",Amsterdam,52.3,4.8\n\
                    X,,,91,0\n";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        assert_eq!(found[0].name.as_str(), "ams");
        assert!(matches!(found[0].place, Some(PlaceRef::At(at)) if at.lat == 52.3));
        assert_eq!(skipped.count_of(Reason::BadCoordinates), 1);
        let text = "pop,asn,type\ndallas,13830,route_server_peer\nDallas,1299,provider\nx,1,y\n";
        let (found, skipped) = read_neighbors(text.as_bytes()).unwrap();
        let known: Vec<(&str, u32, Relation)> =
            found.iter().map(|it| (it.site.as_str(), it.asn.0, it.relation)).collect();
        assert_eq!(
            known,
            [("dallas", 13830, Relation::Peer), ("dallas", 1299, Relation::Provider)]
        );
        assert_eq!(skipped.count_of(Reason::UnknownCode), 1);
    }
}
