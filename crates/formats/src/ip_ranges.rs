//! Tables of IPv4 ranges: `start,end,asn,name` and `start,end,country`, without a header.
//!
//! Both ends belong to a range; they are addresses or plain numbers. A first line that is no range
//! and names columns is a header. Ranges come back ascending and without overlap: what two have in
//! common belongs to the one that starts first, and the other is noted as skipped, though the rest
//! of it counts.

use std::collections::BTreeMap;
use std::io::{self, BufRead};
use std::net::Ipv4Addr;

use catchment_model::Asn;

use crate::delimited::{self, Record};
use crate::lines::for_each_line;
use crate::skipped::{Reason, Skipped};

/// A range of IPv4 addresses and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange<T> {
    /// First address.
    pub first: u32,
    /// Last address.
    pub last: u32,
    /// Whose they are.
    pub of: T,
}

impl<T> IpRange<T> {
    /// How many addresses there are.
    pub fn address_count(&self) -> u64 {
        u64::from(self.last) - u64::from(self.first) + 1
    }
}

/// Two letters (ISO 3166-1), upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country(pub [u8; 2]);

impl Country {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("")
    }
}

/// Reads ranges of ASes, and what it skipped. Names of ASes are not kept.
///
/// # Errors
/// What the reader returns.
pub fn read_asns<R: BufRead>(reader: R) -> io::Result<(Vec<IpRange<Asn>>, Skipped)> {
    read(reader, delimited::asn)
}

/// Reads ranges of countries, and what it skipped.
///
/// # Errors
/// What the reader returns.
pub fn read_countries<R: BufRead>(reader: R) -> io::Result<(Vec<IpRange<Country>>, Skipped)> {
    read(reader, |field| match delimited::country(field).as_bytes() {
        [a, b] => Ok(Country([*a, *b])),
        _ => Err(Reason::Malformed),
    })
}

fn read<R: BufRead, T: Copy>(
    reader: R,
    owner: impl Fn(&str) -> Result<T, Reason>,
) -> io::Result<(Vec<IpRange<T>>, Skipped)> {
    let mut skipped = Skipped::default();
    let mut record = Record::default();
    let mut found: Vec<(IpRange<T>, u64)> = Vec::new();
    for_each_line(reader, |number, line| {
        let (line, range) = match line {
            Ok([] | [b'#', ..]) => return,
            Ok(line) => (line, record.cut(line).and_then(|()| parse_range(&record, &owner))),
            Err(beginning) => (beginning, Err(Reason::LineTooLong)),
        };
        match range {
            Ok(range) => found.push((range, number)),
            Err(Reason::BadAddress) if number == 1 && is_header(line) => {}
            Err(reason) => skipped.note(reason, number, line),
        }
    })?;
    // Stable: of two ranges that start at one address the first in the file stays.
    found.sort_by_key(|(range, _)| range.first);
    let mut ranges: Vec<IpRange<T>> = Vec::with_capacity(found.len());
    for (mut range, number) in found {
        if let Some(taken) = ranges.last().map(|range| range.last)
            && range.first <= taken
        {
            let (first, last) = (Ipv4Addr::from(range.first), Ipv4Addr::from(range.last));
            skipped.note(Reason::Overlap, number, format!("{first},{last}").as_bytes());
            if range.last <= taken {
                continue;
            }
            range.first = taken + 1;
        }
        ranges.push(range);
    }
    Ok((ranges, skipped))
}

fn parse_range<T>(
    record: &Record,
    owner: impl Fn(&str) -> Result<T, Reason>,
) -> Result<IpRange<T>, Reason> {
    if record.len() < 3 {
        return Err(Reason::Malformed);
    }
    let address = |index| {
        let field = record.needed(index)?;
        let address = field.parse::<Ipv4Addr>().map(u32::from);
        address.or_else(|_| field.parse::<u32>()).map_err(|_| Reason::BadAddress)
    };
    let (first, last) = (address(0)?, address(1)?);
    if first > last {
        return Err(Reason::BadAddress);
    }
    Ok(IpRange { first, last, of: owner(record.needed(2)?)? })
}

/// Whether a line without any digit stands where a header may.
fn is_header(line: &[u8]) -> bool {
    line.is_ascii() && !line.iter().any(u8::is_ascii_digit)
}

/// How many addresses each AS has.
pub fn addresses_by_asn(ranges: &[IpRange<Asn>]) -> BTreeMap<Asn, u64> {
    let mut counts = BTreeMap::new();
    for range in ranges {
        *counts.entry(range.of).or_insert(0) += range.address_count();
    }
    counts
}

/// How many addresses each AS has in each country; addresses in no country are left out.
///
/// Both tables must ascend without overlap, as the readers give them.
pub fn addresses_by_asn_and_country(
    asns: &[IpRange<Asn>],
    countries: &[IpRange<Country>],
) -> BTreeMap<(Asn, Country), u64> {
    let mut counts = BTreeMap::new();
    let mut start = 0;
    for range in asns {
        while countries.get(start).is_some_and(|country| country.last < range.first) {
            start += 1;
        }
        for country in countries[start..].iter().take_while(|c| c.first <= range.last) {
            let (first, last) = (range.first.max(country.first), range.last.min(country.last));
            if first <= last {
                let common = u64::from(last) - u64::from(first) + 1;
                *counts.entry((range.of, country.of)).or_insert(0) += common;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_sorted_and_overlaps_cut_off() {
        let text = "start,end,asn,name\n\
            10.0.0.0,10.0.0.255,64501,\"Second, Inc.\"\n\
            1.0.0.0,1.0.0.255,64500,First\n\
            1.0.0.128,1.0.1.255,64502,Overlaps\n\
            1.0.1.3,1.0.1.9,64503,Inside\n\
            1.0.2.9,1.0.2.1,64500,Backwards\n\
            1.0.3.0,1.0.3.256,64500,No address\n\
            1.0.4.0,1.0.4.9,0,Zero\n\
            0,255,AS64500,Numbers\n\
            x\n";
        let (ranges, skipped) = read_asns(text.as_bytes()).unwrap();
        let shown: Vec<_> = ranges.iter().map(|r| (r.first, r.address_count(), r.of.0)).collect();
        assert_eq!(
            shown,
            [
                (0, 256, 64500),
                (0x0100_0000, 256, 64500),
                (0x0100_0100, 256, 64502),
                (0x0a00_0000, 256, 64501)
            ]
        );
        assert_eq!(addresses_by_asn(&ranges)[&Asn(64500)], 512);
        let reasons = [
            (Reason::Overlap, 2),
            (Reason::BadAddress, 2),
            (Reason::AsnZero, 1),
            (Reason::Malformed, 1),
        ];
        for (reason, count) in reasons {
            assert_eq!(skipped.count_of(reason), count, "{reason}");
        }
    }

    #[test]
    fn ases_and_countries_are_joined_by_address() {
        let asns = "0.0.0.0,0.0.0.99,1\n0.0.0.200,255.255.255.255,2\n";
        let countries = "0.0.0.50,0.0.0.79,DE\n0.0.0.90,0.0.0.209,us\n1.0.0.0,1.0.0.0,FR\n";
        let (asns, _) = read_asns(asns.as_bytes()).unwrap();
        let (countries, _) = read_countries(countries.as_bytes()).unwrap();
        let joined = addresses_by_asn_and_country(&asns, &countries);
        let joined: Vec<_> = joined.iter().map(|((a, c), n)| (a.0, c.as_str(), *n)).collect();
        assert_eq!(joined, [(1, "DE", 30), (1, "US", 10), (2, "FR", 1), (2, "US", 10)]);
    }
}
