//! Comma-separated values (RFC 4180, with a line feed at line ends).

use std::io::{self, Write};

use catchment_model::Table;
use catchment_model::table::{Values, count};

use super::number::{put_decimal, put_integer};
use super::{BUFFER, pass_on};

/// Writes a header of column names and a line for each row. A field is quoted if it must be.
///
/// # Errors
/// What the writer returns.
pub fn write_csv<W: Write>(table: &Table, mut out: W) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(2 * BUFFER);
    for (index, column) in table.columns.iter().enumerate() {
        if index > 0 {
            buffer.push(b',');
        }
        put_field(&mut buffer, &column.name);
    }
    buffer.push(b'\n');
    let columns: Vec<Prepared<'_>> =
        table.columns.iter().map(|column| Prepared::new(&column.values)).collect();
    for row in 0..table.row_count() {
        let line_start = buffer.len();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                buffer.push(b',');
            }
            column.put(&mut buffer, row);
        }
        // An empty line would be no row at all.
        if buffer.len() == line_start {
            buffer.extend_from_slice(b"\"\"");
        }
        buffer.push(b'\n');
        pass_on(&mut buffer, &mut out)?;
    }
    out.write_all(&buffer)?;
    out.flush()
}

/// Bytes of a word that counts as short.
const SHORT: usize = 16;

/// A column with what can be done once for all rows.
enum Prepared<'a> {
    Empty,
    Integer(&'a [Option<i64>]),
    Count(&'a [u32], Option<u32>),
    Decimal(u8, &'a [Option<f64>]),
    /// Words as they stand in the file.
    Word(Vec<Vec<u8>>, &'a [u32]),
    /// The same where all are short, with their lengths: copied at a fixed size, which takes a
    /// third of the time.
    ShortWord(Vec<([u8; SHORT], usize)>, &'a [u32]),
    /// Texts of which none needs quotes.
    Plain(&'a str, &'a [(u32, bool)]),
    /// Texts of which some do.
    Text(&'a str, &'a [(u32, bool)]),
}

impl<'a> Prepared<'a> {
    fn new(values: &'a Values) -> Prepared<'a> {
        match values {
            Values::Empty { .. } => Prepared::Empty,
            Values::Integer(values) => Prepared::Integer(values),
            Values::Count { values, empty } => Prepared::Count(values, *empty),
            Values::Decimal { decimals, values } => Prepared::Decimal(*decimals, values),
            Values::Word { texts, rows } => {
                let quoted = texts.iter().map(|text| {
                    let mut bytes = Vec::new();
                    put_field(&mut bytes, text);
                    bytes
                });
                let quoted: Vec<Vec<u8>> = quoted.collect();
                if quoted.iter().any(|word| word.len() > SHORT) {
                    return Prepared::Word(quoted, rows);
                }
                let padded = quoted.into_iter().map(|word| {
                    let mut short = [0; SHORT];
                    short[..word.len()].copy_from_slice(&word);
                    (short, word.len())
                });
                Prepared::ShortWord(padded.collect(), rows)
            }
            Values::Text { bytes, ends } if needs_quotes(bytes) => Prepared::Text(bytes, ends),
            Values::Text { bytes, ends } => Prepared::Plain(bytes, ends),
        }
    }

    fn put(&self, buffer: &mut Vec<u8>, row: usize) {
        match self {
            Prepared::Empty => {}
            Prepared::Integer(values) => {
                if let Some(value) = values[row] {
                    put_integer(buffer, value);
                }
            }
            Prepared::Count(values, empty) => {
                if let Some(value) = count(values[row], *empty) {
                    put_integer(buffer, value);
                }
            }
            Prepared::Decimal(decimals, values) => {
                if let Some(value) = values[row].filter(|value| value.is_finite()) {
                    put_decimal(buffer, value, *decimals);
                }
            }
            Prepared::Word(words, rows) => {
                if let Some(word) = words.get(rows[row] as usize) {
                    buffer.extend_from_slice(word);
                }
            }
            Prepared::ShortWord(words, rows) => {
                if let Some((word, length)) = words.get(rows[row] as usize) {
                    let end = buffer.len() + length;
                    buffer.extend_from_slice(word);
                    buffer.truncate(end);
                }
            }
            Prepared::Plain(bytes, ends) => {
                buffer.extend_from_slice(text_of(bytes, ends, row).unwrap_or("").as_bytes());
            }
            Prepared::Text(bytes, ends) => {
                put_field(buffer, text_of(bytes, ends, row).unwrap_or(""));
            }
        }
    }
}

/// The text of a row, if it has one.
pub(super) fn text_of<'a>(bytes: &'a str, ends: &[(u32, bool)], row: usize) -> Option<&'a str> {
    let start = if row == 0 { 0 } else { ends[row - 1].0 };
    let (end, present) = ends[row];
    present.then(|| &bytes[start as usize..end as usize])
}

fn needs_quotes(text: &str) -> bool {
    memchr::memchr3(b',', b'"', b'\n', text.as_bytes()).is_some()
        || memchr::memchr(b'\r', text.as_bytes()).is_some()
}

fn put_field(buffer: &mut Vec<u8>, text: &str) {
    if needs_quotes(text) {
        buffer.push(b'"');
        buffer.extend_from_slice(text.replace('"', "\"\"").as_bytes());
        buffer.push(b'"');
    } else {
        buffer.extend_from_slice(text.as_bytes());
    }
}
