//! JSON: an array of objects, one for each row, with the column names as keys.

use std::io::{self, Write};

use catchment_model::Table;
use catchment_model::table::{Values, count};

use super::csv::text_of;
use super::number::{put_decimal, put_integer};
use super::{BUFFER, pass_on};

/// Writes an array of objects, a row on each line. Empty fields are null, numbers are numbers.
///
/// # Errors
/// What the writer returns.
pub fn write_json<W: Write>(table: &Table, mut out: W) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(2 * BUFFER);
    // The brace or comma before each value, with its key.
    let keys: Vec<Vec<u8>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let mut key = vec![if index == 0 { b'{' } else { b',' }];
            put_string(&mut key, &column.name);
            key.push(b':');
            key
        })
        .collect();
    buffer.push(b'[');
    for row in 0..table.row_count() {
        buffer.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
        for (column, key) in table.columns.iter().zip(&keys) {
            buffer.extend_from_slice(key);
            put_value(&mut buffer, &column.values, row);
        }
        buffer.push(b'}');
        pass_on(&mut buffer, &mut out)?;
    }
    buffer.extend_from_slice(if table.row_count() > 0 { b"\n]\n" } else { b"]\n" });
    out.write_all(&buffer)?;
    out.flush()
}

fn put_value(buffer: &mut Vec<u8>, values: &Values, row: usize) {
    let text = match values {
        Values::Empty { .. } => None,
        Values::Count { values, empty } => match count(values[row], *empty) {
            Some(value) => return put_integer(buffer, value),
            None => None,
        },
        Values::Integer(values) => match values[row] {
            Some(value) => return put_integer(buffer, value),
            None => None,
        },
        Values::Decimal { decimals, values } => {
            match values[row].filter(|value| value.is_finite()) {
                Some(value) => return put_decimal(buffer, value, *decimals),
                None => None,
            }
        }
        Values::Word { texts, rows } => texts.get(rows[row] as usize).map(String::as_str),
        Values::Text { bytes, ends } => text_of(bytes, ends, row),
    };
    match text {
        Some(text) => put_string(buffer, text),
        None => buffer.extend_from_slice(b"null"),
    }
}

fn put_string(buffer: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(buffer, text).expect("a vector takes all bytes");
}
