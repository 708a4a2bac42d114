//! Writes [`Table`]s: CSV, JSON, Parquet, and text for terminals.
//!
//! Knows no engine: whatever has columns can be written. Equal tables give equal bytes in every
//! form. A number that is none (NaN, infinite) is an empty field everywhere.
//!
//! Next: [`write_csv`], [`write_json`], [`write_parquet`], [`write_text`]; for pages,
//! [`write_html`].

mod csv;
mod html;
mod json;
mod number;
#[cfg(feature = "parquet")]
mod parquet;
mod text;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use catchment_model::Table;
use catchment_model::mistake::nearest_help;

pub use self::csv::write_csv;
pub use self::html::{escaped, write_html};
pub use self::json::write_json;
#[cfg(feature = "parquet")]
pub use self::parquet::{ParquetRows, write_parquet};
pub use self::text::write_text;

/// A form of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Aligned columns for a terminal.
    Table,
    /// Comma-separated values.
    Csv,
    /// An array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
}

impl Format {
    /// All of them with their names on the command line.
    pub const NAMES: [(&str, Format); 4] = [
        ("table", Format::Table),
        ("csv", Format::Csv),
        ("json", Format::Json),
        ("parquet", Format::Parquet),
    ];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Format::NAMES.iter().find(|(_, format)| format == self).map_or("", |(name, _)| name))
    }
}

/// A text that names no form of tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no format ({help})")]
pub struct BadFormat {
    /// What was given.
    pub given: String,
    /// What to do.
    pub help: String,
}

impl FromStr for Format {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Format, BadFormat> {
        let found = Format::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, format)| *format).ok_or_else(|| BadFormat {
            given: text.to_owned(),
            help: nearest_help(text, Format::NAMES.iter().map(|(name, _)| *name)),
        })
    }
}

/// Writes a table in any form; all its rows.
///
/// # Errors
/// What the writer returns; and `Unsupported` for Parquet without the feature of that name.
pub fn write<W: Write + Send>(table: &Table, format: Format, out: W) -> io::Result<()> {
    match format {
        Format::Table => write_text(table, None, out),
        Format::Csv => write_csv(table, out),
        Format::Json => write_json(table, out),
        #[cfg(feature = "parquet")]
        Format::Parquet => write_parquet(table, out),
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => {
            let message = "this program was built without Parquet";
            Err(io::Error::new(io::ErrorKind::Unsupported, message))
        }
    }
}

/// Bytes that writers collect before they hand them on.
const BUFFER: usize = 1 << 16;

/// Hands on what was collected if it is enough.
fn pass_on<W: Write>(buffer: &mut Vec<u8>, out: &mut W) -> io::Result<()> {
    if buffer.len() >= BUFFER {
        out.write_all(buffer)?;
        buffer.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use catchment_model::table::Values;
    use expect_test::{Expect, expect};

    use super::*;

    pub(super) fn sample() -> Table {
        let mut table = Table::default();
        table.push("asn", "", Values::Integer(vec![Some(174), Some(3356), Some(-1), None]));
        table.push(
            "site",
            "",
            Values::Word {
                texts: vec!["fra".to_owned(), "a,\"b\"".to_owned()],
                rows: vec![0, 1, u32::MAX, 0],
            },
        );
        table.push(
            "rtt_ms",
            "ms",
            Values::Decimal {
                decimals: 3,
                values: vec![Some(1.0005), Some(f64::NAN), None, Some(123_456.7)],
            },
        );
        table.push(
            "name",
            "",
            Values::from_texts([Some("München"), Some("東京"), None, Some("two\nlines\t")]),
        );
        table
    }

    fn check(format: Format, expected: &Expect) {
        let mut bytes = Vec::new();
        write(&sample(), format, &mut bytes).unwrap();
        expected.assert_eq(&String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn csv() {
        check(
            Format::Csv,
            &expect![[r#"
            asn,site,rtt_ms,name
            174,fra,1.000,München
            3356,"a,""b""",,東京
            -1,,,
            ,fra,123456.700,"two
            lines	"
        "#]],
        );
    }

    #[test]
    fn json() {
        check(
            Format::Json,
            &expect![[r#"
            [
            {"asn":174,"site":"fra","rtt_ms":1.000,"name":"München"},
            {"asn":3356,"site":"a,\"b\"","rtt_ms":null,"name":"東京"},
            {"asn":-1,"site":null,"rtt_ms":null,"name":null},
            {"asn":null,"site":"fra","rtt_ms":123456.700,"name":"two\nlines\t"}
            ]
        "#]],
        );
    }

    #[test]
    fn text() {
        check(
            Format::Table,
            &expect![[r#"
             asn  site       rtt_ms  name
             174  fra         1.000  München
            3356  a,"b"              東京
              -1
                  fra    123456.700  two lines
        "#]],
        );
    }

    #[test]
    fn text_is_cut_where_asked() {
        let mut bytes = Vec::new();
        write_text(&sample(), Some(2), &mut bytes).unwrap();
        expect![[r#"
             asn  site   rtt_ms  name
             174  fra     1.000  München
            3356  a,"b"          東京
            … 2 more rows; --format csv prints all
        "#]]
        .assert_eq(&String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn tables_without_rows_or_columns_are_written() {
        let mut table = sample();
        for column in &mut table.columns {
            column.values = Values::text();
        }
        let text = |table: &Table, format| {
            let mut bytes = Vec::new();
            write(table, format, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(text(&table, Format::Csv), "asn,site,rtt_ms,name\n");
        assert_eq!(text(&table, Format::Json), "[]\n");
        assert_eq!(text(&Table::default(), Format::Csv), "\n");
        assert_eq!(text(&Table::default(), Format::Json), "[]\n");
        assert_eq!(text(&Table::default(), Format::Table), "\n");
    }

    #[test]
    fn one_empty_field_alone_is_no_empty_line() {
        let mut table = Table::default();
        table.push("site", "", Values::from_texts([Some("fra"), None]));
        let mut bytes = Vec::new();
        write_csv(&table, &mut bytes).unwrap();
        assert_eq!(bytes, b"site\nfra\n\"\"\n");
    }

    #[test]
    fn formats_are_named() {
        for (name, format) in Format::NAMES {
            assert_eq!(name.parse(), Ok(format));
            assert_eq!(format.to_string(), name);
        }
        let error = "cvs".parse::<Format>().unwrap_err().to_string();
        assert_eq!(error, "`cvs` is no format (the nearest name is `csv`)");
    }
}
