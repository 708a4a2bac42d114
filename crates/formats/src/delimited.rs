//! Comma-separated data sets, with or without a header: columns found by name, lines that do not
//! fit skipped.
//!
//! A record is one line. Quoted line ends, which RFC 4180 allows and none of our sources uses,
//! make a record malformed: so one stray quote costs one line, not the rest of the file, and no
//! record is larger than a line may be. That is why this is not the `csv` crate.

use std::io::{self, BufRead};

use catchment_model::mistake::nearest_help;
use catchment_model::{Asn, LatLon};
use thiserror::Error;

use crate::as_rel;
use crate::lines::for_each_line;
use crate::skipped::{Reason, Skipped};

/// Why a data set cannot be read at all.
#[derive(Debug, Error)]
pub enum DataError {
    /// The reader failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// There is no header.
    #[error("the file has no first line that names its columns; needed: {needed}")]
    HeaderMissing {
        /// The columns that are needed.
        needed: String,
    },
    /// A needed column is missing.
    #[error("the first line names no column `{column}` ({help})")]
    ColumnMissing {
        /// The column.
        column: &'static str,
        /// The nearest column, or all of them.
        help: String,
    },
}

/// The fields of one line.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// All fields one behind the other, without quotes.
    text: String,
    ends: Vec<usize>,
}

impl Record {
    /// Cuts a line into fields.
    pub fn cut(&mut self, line: &[u8]) -> Result<(), Reason> {
        let mut rest = str::from_utf8(line).map_err(|_| Reason::NotUtf8)?;
        self.text.clear();
        self.ends.clear();
        loop {
            if let Some(mut quoted) = rest.strip_prefix('"') {
                loop {
                    let (part, after) = quoted.split_once('"').ok_or(Reason::Malformed)?;
                    self.text.push_str(part);
                    match after.strip_prefix('"') {
                        Some(more) => {
                            self.text.push('"');
                            quoted = more;
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
                if !(rest.is_empty() || rest.starts_with(',')) {
                    return Err(Reason::Malformed);
                }
            } else {
                let end = rest.find(',').unwrap_or(rest.len());
                self.text.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            self.ends.push(self.text.len());
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return Ok(()),
            }
        }
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field without white space around it, empty if there is none.
    pub fn get(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text[start..*end].trim_ascii()
    }

    /// A field that must not be empty.
    pub fn needed(&self, index: usize) -> Result<&str, Reason> {
        let field = self.get(index);
        if field.is_empty() { Err(Reason::FieldMissing) } else { Ok(field) }
    }
}

/// A column that a reader looks for. The first of its names is the one that messages use.
pub(crate) struct Column {
    pub names: &'static [&'static str],
    pub needed: bool,
}

/// The fields of one line, by position in the list of columns that was looked for.
pub(crate) struct Fields<'a> {
    record: &'a Record,
    positions: &'a [Option<usize>],
}

impl Fields<'_> {
    /// A field, empty if it or its column is missing.
    pub fn get(&self, column: usize) -> &str {
        self.positions[column].map_or("", |index| self.record.get(index))
    }

    /// A field that must not be empty.
    pub fn needed(&self, column: usize) -> Result<&str, Reason> {
        let field = self.get(column);
        if field.is_empty() { Err(Reason::FieldMissing) } else { Ok(field) }
    }

    /// Coordinates in two columns.
    pub fn lat_lon(&self, lat: usize, lon: usize) -> Result<LatLon, Reason> {
        let degrees = |column| self.needed(column)?.parse().map_err(|_| Reason::BadCoordinates);
        let at = LatLon { lat: degrees(lat)?, lon: degrees(lon)? };
        if at.is_valid() { Ok(at) } else { Err(Reason::BadCoordinates) }
    }
}

/// Reads a table whose first line names its columns, in any case and order.
pub(crate) fn read_table<R: BufRead>(
    reader: R,
    columns: &[Column],
    mut take: impl FnMut(&Fields<'_>) -> Result<(), Reason>,
) -> Result<Skipped, DataError> {
    let mut positions: Option<Vec<Option<usize>>> = None;
    let mut failed = None;
    let mut record = Record::default();
    let mut skipped = Skipped::default();
    for_each_line(reader, |number, line| {
        let line = match line {
            Ok(line) => line,
            Err(beginning) => return skipped.note(Reason::LineTooLong, number, beginning),
        };
        if failed.is_some() || line.is_empty() {
            return;
        }
        let Some(positions) = &positions else {
            match find_columns(line, columns) {
                Ok(found) => positions = Some(found),
                Err(error) => failed = Some(error),
            }
            return;
        };
        let taken = record.cut(line).and_then(|()| take(&Fields { record: &record, positions }));
        if let Err(reason) = taken {
            skipped.note(reason, number, line);
        }
    })?;
    match (failed, positions) {
        (Some(error), _) => Err(error),
        (None, None) => {
            let needed = columns.iter().filter(|column| column.needed);
            let needed: Vec<String> =
                needed.map(|column| format!("`{}`", column.names[0])).collect();
            Err(DataError::HeaderMissing { needed: needed.join(", ") })
        }
        (None, Some(_)) => Ok(skipped),
    }
}

fn find_columns(header: &[u8], columns: &[Column]) -> Result<Vec<Option<usize>>, DataError> {
    let mut record = Record::default();
    // A header that cannot be cut has none of the columns.
    let header = header.strip_prefix(b"\xef\xbb\xbf").unwrap_or(header);
    if record.cut(header).is_err() {
        record = Record::default();
    }
    let given: Vec<&str> = (0..record.len()).map(|index| record.get(index)).collect();
    columns
        .iter()
        .map(|column| {
            let is_named = |name: &&str| column.names.iter().any(|n| n.eq_ignore_ascii_case(name));
            match given.iter().position(is_named) {
                None if column.needed => Err(DataError::ColumnMissing {
                    column: column.names[0],
                    help: nearest_help(column.names[0], given.iter().copied()),
                }),
                position => Ok(position),
            }
        })
        .collect()
}

/// Reads an AS number such as `3320` or `AS3320`.
pub(crate) fn asn(field: &str) -> Result<Asn, Reason> {
    let has_prefix = field.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("as"));
    as_rel::asn(if has_prefix { &field.as_bytes()[2..] } else { field.as_bytes() })
}

/// A two-letter country code (ISO 3166-1), in upper case; anything else becomes empty.
pub(crate) fn country(field: &str) -> String {
    let is_code = field.len() == 2 && field.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code { field.to_ascii_uppercase() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str) -> Result<Vec<String>, Reason> {
        let mut record = Record::default();
        record.cut(line.as_bytes())?;
        Ok((0..record.len()).map(|index| record.get(index).to_owned()).collect())
    }

    #[test]
    fn quotes_are_taken_off_and_doubled_ones_halved() {
        assert_eq!(cut("a,\"b, c\",\"d \"\"e\"\"\",").unwrap(), ["a", "b, c", "d \"e\"", ""]);
        assert_eq!(cut("").unwrap(), [""]);
        assert_eq!(cut("a\"b , c").unwrap(), ["a\"b", "c"]);
        assert_eq!(cut("\"open, and so on"), Err(Reason::Malformed));
        assert_eq!(cut("\"a\"b,c"), Err(Reason::Malformed));
    }

    const COLUMNS: [Column; 2] = [
        Column { names: &["latitude", "lat"], needed: true },
        Column { names: &["note"], needed: false },
    ];

    #[test]
    fn columns_are_found_by_any_of_their_names() {
        let text = "\u{feff}note,LAT\nx,1\n\ny,\n\"z,2\n";
        let mut found = Vec::new();
        let skipped = read_table(text.as_bytes(), &COLUMNS, |fields| {
            found.push(format!("{} {}", fields.needed(0)?, fields.get(1)));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, ["1 x"]);
        assert_eq!(skipped.count_of(Reason::FieldMissing), 1);
        assert_eq!(skipped.count_of(Reason::Malformed), 1);
        assert_eq!(skipped.groups[0].examples[0].line, 4);
    }

    #[test]
    fn a_missing_column_is_named_with_the_nearest() {
        let error =
            |text: &str| read_table(text.as_bytes(), &COLUMNS, |_| Ok(())).unwrap_err().to_string();
        assert_eq!(
            error("lattitude,lon\n"),
            "the first line names no column `latitude` (the nearest name is `lattitude`)"
        );
        assert_eq!(
            error(""),
            "the file has no first line that names its columns; needed: `latitude`"
        );
    }
}
