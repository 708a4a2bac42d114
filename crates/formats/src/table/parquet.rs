//! Apache Parquet, for tables that other programs load by the million rows.
//!
//! Columns are optional INT64, DOUBLE and UTF-8. Units are in the file's key-value metadata, as
//! `unit.<column>`. Nothing in a file says when or by which build it was written.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use catchment_model::Table;
use catchment_model::table::{Column, Kind, Values, count};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::csv::text_of;

/// Rows that are written at once.
const GROUP_ROWS: usize = 1 << 20;

/// Writes a Parquet file, compressed with Snappy.
///
/// # Errors
/// What the writer returns, and `InvalidInput` for a table without columns, which Parquet lacks.
pub fn write_parquet<W: Write + Send>(table: &Table, out: W) -> io::Result<()> {
    if table.columns.is_empty() {
        let message = "a Parquet file needs at least one column";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let mut file = ParquetRows::new(table, out)?;
    file.push(table)?;
    file.finish()
}

/// A Parquet file that is written some rows at a time, so that they need not all be in memory.
#[derive(Debug)]
pub struct ParquetRows<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> ParquetRows<W> {
    /// Begins a file with the columns of a table, whose rows are not written.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn new(columns: &Table, out: W) -> io::Result<ParquetRows<W>> {
        begin(columns, out).map(ParquetRows).map_err(plain)
    }

    /// Writes the rows of a table with the same columns. Each call begins a group of rows: make
    /// them large.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn push(&mut self, table: &Table) -> io::Result<()> {
        write_groups(table, &mut self.0).map_err(plain)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// What the writer returns.
    pub fn finish(self) -> io::Result<()> {
        self.0.close().map(|_| ()).map_err(plain)
    }
}

/// The error of the writer below, if it was one.
fn plain(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

fn begin<W: Write + Send>(table: &Table, out: W) -> Result<SerializedFileWriter<W>, ParquetError> {
    let fields: Vec<TypePtr> = table.columns.iter().map(field).collect::<Result<_, _>>()?;
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
    let units = table.columns.iter().filter(|column| !column.unit.is_empty());
    let units: Vec<KeyValue> = units
        .map(|column| KeyValue::new(format!("unit.{}", column.name), column.unit.to_owned()))
        .collect();
    let properties = WriterProperties::builder()
        .set_created_by("catchment".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata((!units.is_empty()).then_some(units))
        .build();
    SerializedFileWriter::new(out, schema, Arc::new(properties))
}

fn write_groups<W: Write + Send>(
    table: &Table,
    writer: &mut SerializedFileWriter<W>,
) -> Result<(), ParquetError> {
    for start in (0..table.row_count()).step_by(GROUP_ROWS) {
        let rows = start..table.row_count().min(start + GROUP_ROWS);
        let mut group = writer.next_row_group()?;
        for column in &table.columns {
            write_column(&mut group, &column.values, rows.clone())?;
        }
        group.close()?;
    }
    Ok(())
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let (physical, logical) = match column.values.kind() {
        Kind::Integer => (Physical::INT64, None),
        Kind::Decimal => (Physical::DOUBLE, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    Ok(Arc::new(builder.build()?))
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &Values,
    rows: Range<usize>,
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns than the table".into()));
    };
    // A level of 1 says that the row has a value.
    let mut levels = Vec::with_capacity(rows.len());
    match values {
        Values::Empty { kind, .. } => {
            levels.resize(rows.len(), 0);
            let levels = Some(&*levels);
            match kind {
                Kind::Integer => column.typed::<Int64Type>().write_batch(&[], levels, None)?,
                Kind::Decimal => column.typed::<DoubleType>().write_batch(&[], levels, None)?,
                Kind::Text => column.typed::<ByteArrayType>().write_batch(&[], levels, None)?,
            };
        }
        Values::Count { values, empty } => {
            let value = |entry: &u32| count(*entry, *empty);
            let present = present(&values[rows], &mut levels, value);
            column.typed::<Int64Type>().write_batch(&present, Some(&levels), None)?;
        }
        Values::Integer(values) => {
            let present = present(&values[rows], &mut levels, |value| *value);
            column.typed::<Int64Type>().write_batch(&present, Some(&levels), None)?;
        }
        Values::Decimal { values, .. } => {
            let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
            let present = present(&values[rows], &mut levels, finite);
            column.typed::<DoubleType>().write_batch(&present, Some(&levels), None)?;
        }
        Values::Word { texts, rows: words } => {
            let texts: Vec<ByteArray> = texts.iter().map(|text| ByteArray::from(&**text)).collect();
            let text = |word: &u32| texts.get(*word as usize).cloned();
            let present = present(&words[rows], &mut levels, text);
            column.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None)?;
        }
        Values::Text { bytes, ends } => {
            let indices: Vec<usize> = rows.collect();
            let text = |row: &usize| text_of(bytes, ends, *row).map(ByteArray::from);
            let present = present(&indices, &mut levels, text);
            column.typed::<ByteArrayType>().write_batch(&present, Some(&levels), None)?;
        }
    }
    column.close()
}

/// The values that are there, and for each row whether it has one.
fn present<T, U>(rows: &[T], levels: &mut Vec<i16>, value: impl Fn(&T) -> Option<U>) -> Vec<U> {
    let mut present = Vec::with_capacity(rows.len());
    for row in rows {
        let value = value(row);
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    present
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    use super::super::tests::sample;
    use super::*;

    fn bytes_of(table: &Table) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_parquet(table, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_reader_finds_types_values_and_units() {
        let mut table = sample();
        table.push("load", "kq/s", Values::Integer(vec![Some(1); 4]));
        let bytes = bytes_of(&table);
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let metadata = reader.metadata().file_metadata().clone();
        let units = metadata.key_value_metadata().unwrap();
        assert_eq!(units.len(), 2);
        assert_eq!(units[1], KeyValue::new("unit.load".to_owned(), "kq/s".to_owned()));
        assert_eq!(metadata.created_by(), Some("catchment"));
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect())
            .collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0][0], Field::Long(174));
        assert_eq!(rows[1][1], Field::Str("a,\"b\"".to_owned()));
        assert_eq!(rows[0][2], Field::Double(1.0005));
        assert_eq!(rows[1][2], Field::Null);
        assert_eq!(rows[1][3], Field::Str("東京".to_owned()));
        assert_eq!(rows[2][3], Field::Null);
        assert_eq!(rows[3][0], Field::Null);
    }

    #[test]
    fn equal_tables_give_equal_bytes() {
        assert_eq!(bytes_of(&sample()), bytes_of(&sample()));
    }

    #[test]
    fn rows_may_come_in_parts() {
        let table = sample();
        let mut bytes = Vec::new();
        let mut file = ParquetRows::new(&table, &mut bytes).unwrap();
        file.push(&table.rows(0..3)).unwrap();
        file.push(&table.rows(3..4)).unwrap();
        file.finish().unwrap();
        let rows = |bytes: Vec<u8>| {
            let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
            let rows: Vec<String> =
                reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
            rows
        };
        assert_eq!(rows(bytes), rows(bytes_of(&table)));
    }

    #[test]
    fn a_table_without_columns_is_refused() {
        assert!(write_parquet(&Table::default(), Vec::new()).is_err());
    }
}
