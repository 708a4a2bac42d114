//! Names of ASes: lines such as `1:LVLT-1, US`.

use std::io::{self, BufRead};

use catchment_model::Asn;

use crate::delimited;
use crate::lines::for_each_line;
use crate::skipped::{Reason, Skipped};

/// The name of an AS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsName {
    /// The AS.
    pub asn: Asn,
    /// Its name.
    pub name: String,
    /// Two letters (ISO 3166), empty if unknown.
    pub country: String,
}

/// Reads names, by ASN, and what it skipped. Of several names for one AS the first counts.
///
/// The line for AS 0 (`0:-Reserved AS-, ZZ`) is skipped like any other wrong number.
///
/// # Errors
/// What the reader returns.
pub fn read<R: BufRead>(reader: R) -> io::Result<(Vec<AsName>, Skipped)> {
    let (mut found, mut skipped) = (Vec::new(), Skipped::default());
    for_each_line(reader, |number, line| {
        let taken = match line {
            Ok([] | [b'#', ..]) => return,
            Ok(line) => parse_line(line).map_err(|reason| (reason, line)),
            Err(beginning) => Err((Reason::LineTooLong, beginning)),
        };
        match taken {
            Ok(name) => found.push(name),
            Err((reason, line)) => skipped.note(reason, number, line),
        }
    })?;
    found.sort_by_key(|name: &AsName| name.asn);
    found.dedup_by_key(|name| name.asn);
    Ok((found, skipped))
}

fn parse_line(line: &[u8]) -> Result<AsName, Reason> {
    let text = str::from_utf8(line).map_err(|_| Reason::NotUtf8)?;
    let (asn, name) = text.split_once(':').ok_or(Reason::Malformed)?;
    let asn = delimited::asn(asn.trim())?;
    let (name, country) = match name.rsplit_once(", ") {
        Some((name, country)) if !delimited::country(country.trim()).is_empty() => {
            (name, delimited::country(country.trim()))
        }
        _ => (name, String::new()),
    };
    Ok(AsName { asn, name: name.trim().to_owned(), country })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_letters_are_the_country() {
        let text =
            "0:-Reserved AS-, ZZ\n3:MIT, Cambridge, US\n1:LVLT-1, US\n1:AGAIN, DE\n7:plain\nx\n";
        let (found, skipped) = read(text.as_bytes()).unwrap();
        let found: Vec<String> =
            found.iter().map(|n| format!("{} {} {}", n.asn, n.name, n.country)).collect();
        assert_eq!(found, ["1 LVLT-1 US", "3 MIT, Cambridge US", "7 plain "]);
        assert_eq!(skipped.count_of(Reason::AsnZero), 1);
        assert_eq!(skipped.count_of(Reason::Malformed), 1);
    }
}
