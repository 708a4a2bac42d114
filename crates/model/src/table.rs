//! Tables: what engines return beside their own types, and what `formats` writes.

use std::borrow::Cow;
use std::ops::Range;

/// Named columns of equal length.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The columns, left to right.
    pub columns: Vec<Column>,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name, as in a CSV header. Made at run time where there is a column for each site.
    pub name: Cow<'static, str>,
    /// Unit of the values, such as `ms`; empty for names and counts.
    pub unit: &'static str,
    /// The values, one for each row.
    pub values: Values,
}

/// What the fields of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Integer,
    /// Numbers with decimals.
    Decimal,
    /// Texts.
    Text,
}

/// The values of a column. `None` is an empty field.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Empty fields only: a column that nobody asked for, or of which nothing is known.
    Empty {
        /// How many.
        rows: usize,
        /// What the fields would hold.
        kind: Kind,
    },
    /// Whole numbers.
    Integer(Vec<Option<i64>>),
    /// Whole numbers of 32 bits: a quarter of the room, for the largest columns.
    Count {
        /// The numbers.
        values: Vec<u32>,
        /// The number that stands for an empty field, if one does.
        empty: Option<u32>,
    },
    /// Numbers with a fixed number of decimals in text. What is no number is an empty field.
    Decimal {
        /// Digits behind the point in text formats.
        decimals: u8,
        /// The values.
        values: Vec<Option<f64>>,
    },
    /// Texts. Many rows share few texts, so each row holds an index into `texts`.
    Word {
        /// The distinct texts.
        texts: Vec<String>,
        /// Index into `texts` for each row; `u32::MAX` is an empty field.
        rows: Vec<u32>,
    },
    /// Texts, all stored in one string.
    Text {
        /// All texts one behind the other.
        bytes: String,
        /// End of each row's text in `bytes`, with `true` if the row has a text at all.
        ends: Vec<(u32, bool)>,
    },
}

/// The number that an entry of [`Values::Count`] stands for.
pub fn count(entry: u32, empty: Option<u32>) -> Option<i64> {
    (Some(entry) != empty).then_some(entry.into())
}

impl Values {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Values::Empty { rows, .. } => *rows,
            Values::Integer(values) => values.len(),
            Values::Count { values, .. } => values.len(),
            Values::Decimal { values, .. } => values.len(),
            Values::Word { rows, .. } => rows.len(),
            Values::Text { ends, .. } => ends.len(),
        }
    }

    /// What the fields hold.
    pub fn kind(&self) -> Kind {
        match self {
            Values::Empty { kind, .. } => *kind,
            Values::Integer(_) | Values::Count { .. } => Kind::Integer,
            Values::Decimal { .. } => Kind::Decimal,
            Values::Word { .. } | Values::Text { .. } => Kind::Text,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An empty column of texts.
    pub fn text() -> Values {
        Values::Text { bytes: String::new(), ends: Vec::new() }
    }

    /// Texts from an iterator.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> Values {
        let (mut bytes, mut ends) = (String::new(), Vec::new());
        for text in texts {
            bytes.push_str(text.unwrap_or(""));
            ends.push((bytes.len() as u32, text.is_some()));
        }
        Values::Text { bytes, ends }
    }

    /// The values of some rows.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn rows(&self, range: Range<usize>) -> Values {
        match self {
            Values::Empty { rows, kind } => {
                assert!(range.end <= *rows, "there is no row {}", range.end);
                Values::Empty { rows: range.len(), kind: *kind }
            }
            Values::Integer(values) => Values::Integer(values[range].to_vec()),
            Values::Count { values, empty } => {
                Values::Count { values: values[range].to_vec(), empty: *empty }
            }
            Values::Decimal { decimals, values } => {
                Values::Decimal { decimals: *decimals, values: values[range].to_vec() }
            }
            Values::Word { texts, rows } => {
                Values::Word { texts: texts.clone(), rows: rows[range].to_vec() }
            }
            Values::Text { .. } => {
                let texts: Vec<Option<String>> = range.map(|row| self.print(row)).collect();
                Values::from_texts(texts.iter().map(Option::as_deref))
            }
        }
    }

    /// The value of `row` as text formats print it; `None` for an empty field.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn print(&self, row: usize) -> Option<String> {
        match self {
            Values::Empty { rows, .. } => {
                assert!(row < *rows, "there is no row {row}");
                None
            }
            Values::Integer(values) => values[row].map(|value| value.to_string()),
            Values::Count { values, empty } => {
                count(values[row], *empty).map(|value| value.to_string())
            }
            Values::Decimal { decimals, values } => {
                let value = values[row].filter(|value| value.is_finite());
                value.map(|value| format!("{value:.*}", usize::from(*decimals)))
            }
            Values::Word { texts, rows } => texts.get(rows[row] as usize).cloned(),
            Values::Text { bytes, ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1].0 };
                let (end, present) = ends[row];
                present.then(|| bytes[start as usize..end as usize].to_owned())
            }
        }
    }
}

impl Table {
    /// Adds a column.
    ///
    /// # Panics
    /// If its length differs from the columns already there.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, unit: &'static str, values: Values) {
        let name = name.into();
        if let Some(first) = self.columns.first() {
            assert_eq!(first.values.len(), values.len(), "column `{name}` has another length");
        }
        self.columns.push(Column { name, unit, values });
    }

    /// Some rows of the table, as a table.
    ///
    /// # Panics
    /// If there are no such rows.
    #[must_use]
    pub fn rows(&self, rows: Range<usize>) -> Table {
        let cut = |column: &Column| Column {
            name: column.name.clone(),
            unit: column.unit,
            values: column.values.rows(rows.clone()),
        };
        Table { columns: self.columns.iter().map(cut).collect() }
    }

    /// Rows of the table.
    pub fn row_count(&self) -> usize {
        self.columns.first().map_or(0, |column| column.values.len())
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
