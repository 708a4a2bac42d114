//! TOML text into a tree.

use catchment_model::Mistake;
use toml::de::{DeTable, DeValue, Error};

use super::tree::{Entry, Node, Origin, Table, Value};

/// Most mistakes of syntax that are told: what is no TOML at all has one on each line.
const ERRORS_MAX: usize = 1000;

/// Reads a document, or says all that is wrong with its syntax.
pub(super) fn parse(text: &str) -> Result<Table, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        Ok(table_of(table.get_ref()))
    } else {
        Err(super::sorted(errors.iter().take(ERRORS_MAX).map(mistake).collect()))
    }
}

/// Reads one value, as an option of a command line gives it; `None` if it is none.
pub(super) fn parse_value(text: &str) -> Option<Value> {
    Some(value_of(DeValue::parse(text).ok()?.get_ref()))
}

fn mistake(error: &Error) -> Mistake {
    let mut words = error.message().trim().trim_end_matches('.').replace('\n', ", ");
    if let Some(first) = words.get(..1).map(str::to_lowercase) {
        words.replace_range(..1, &first);
    }
    let help = match words.as_str() {
        // The one mistake of syntax that is no slip of the pen.
        "duplicate key" => "it is there already: keep one, or join the two tables",
        _ => "this is not TOML: texts stand in quotes, `key = value` on a line of its own",
    };
    let mut mistake = Mistake::new("scenario::syntax", "", words).help(help);
    mistake.span = error.span();
    mistake
}

fn table_of(table: &DeTable<'_>) -> Table {
    let entries = table.iter().map(|(key, value)| Entry {
        key: key.get_ref().to_string(),
        key_origin: Origin::Bytes(key.span()),
        node: Node { value: value_of(value.get_ref()), origin: Origin::Bytes(value.span()) },
    });
    Table { entries: entries.collect() }
}

fn value_of(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(digits) => match i128::from_str_radix(digits.as_str(), digits.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("number", digits.as_str().to_owned()),
        },
        DeValue::Float(digits) => match digits.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => Value::Other("number", digits.as_str().to_owned()),
        },
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(time) => Value::Other("date or time", time.to_string()),
        DeValue::Array(list) => Value::List(
            list.iter()
                .map(|node| Node {
                    value: value_of(node.get_ref()),
                    origin: Origin::Bytes(node.span()),
                })
                .collect(),
        ),
        DeValue::Table(table) => Value::Table(table_of(table)),
    }
}
