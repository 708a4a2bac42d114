//! Aligned columns for a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use catchment_model::Table;
use catchment_model::table::{Column, Kind, Values, count};
use unicode_width::UnicodeWidthStr;

use super::number::{put_decimal, put_integer};

/// Writes a table for people: numbers to the right, units in the header.
///
/// Of more than `rows_max` rows the first are shown, and a last line says how many are left.
///
/// # Errors
/// What the writer returns.
pub fn write_text<W: Write>(table: &Table, rows_max: Option<usize>, out: W) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let shown = table.row_count().min(rows_max.unwrap_or(usize::MAX));
    let cells: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|column| {
            let rows = (0..shown).map(|row| cell(&column.values, row));
            std::iter::once(header(column)).chain(rows).collect()
        })
        .collect();
    let widths: Vec<usize> = cells
        .iter()
        .map(|column| column.iter().map(|text| text.width()).max().unwrap_or(0))
        .collect();
    for row in 0..=shown {
        let mut line = String::new();
        for ((column, cells), width) in table.columns.iter().zip(&cells).zip(&widths) {
            let text = &cells[row];
            let padding = " ".repeat(width - text.width());
            if !line.is_empty() || !std::ptr::eq(column, &table.columns[0]) {
                line.push_str("  ");
            }
            let is_text = column.values.kind() == Kind::Text;
            if !is_text {
                line.push_str(&padding);
            }
            line.push_str(text);
            if is_text {
                line.push_str(&padding);
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    let left = table.row_count() - shown;
    if left > 0 {
        let rows = if left == 1 { "row" } else { "rows" };
        writeln!(out, "… {} more {rows}; --format csv prints all", grouped(left))?;
    }
    out.flush()
}

/// A column's name, with its unit unless the name ends in it.
pub(super) fn header(column: &Column) -> String {
    if column.unit.is_empty() || column.name.ends_with(&format!("_{}", column.unit)) {
        column.name.to_string()
    } else {
        format!("{} ({})", column.name, column.unit)
    }
}

/// A value on one line.
pub(super) fn cell(values: &Values, row: usize) -> String {
    let mut digits = Vec::new();
    let text = match values {
        Values::Integer(values) => {
            if let Some(value) = values[row] {
                put_integer(&mut digits, value);
            }
            String::from_utf8(digits).unwrap_or_default()
        }
        Values::Count { values, empty } => {
            if let Some(value) = count(values[row], *empty) {
                put_integer(&mut digits, value);
            }
            String::from_utf8(digits).unwrap_or_default()
        }
        Values::Decimal { decimals, values } => {
            if let Some(value) = values[row].filter(|value| value.is_finite()) {
                put_decimal(&mut digits, value, *decimals);
            }
            String::from_utf8(digits).unwrap_or_default()
        }
        _ => values.print(row).unwrap_or_default(),
    };
    one_line(&text).into_owned()
}

/// Control characters would move the cursor or worse.
fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        Cow::Owned(text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Digits in groups of three with narrow spaces.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
