//! JSON text into a tree. Values do not know their bytes; mistakes have a path only.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use catchment_model::Mistake;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::tree::{Entry, Node, Origin, Table, Value, below};

/// Reads a document, or says what is wrong with its syntax.
pub(super) fn parse(text: &str) -> Result<Table, Vec<Mistake>> {
    let repeated = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = NodeSeed { path: String::new(), repeated: &repeated };
    let node = seed
        .deserialize(&mut reader)
        .and_then(|node| reader.end().map(|()| node))
        .map_err(|error| vec![mistake(text, &error)])?;
    let repeated = repeated.into_inner();
    if !repeated.is_empty() {
        return Err(repeated);
    }
    match node.value {
        Value::Table(table) => Ok(table),
        other => {
            let message = format!("a scenario must be an object, not {}", other.kind());
            Err(vec![Mistake::new("scenario::wrong_type", "", message)])
        }
    }
}

fn mistake(text: &str, error: &serde_json::Error) -> Mistake {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(&*words, |(words, _)| words);
    let mut mistake = Mistake::new("scenario::syntax", "", words).help("this is not JSON");
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The column counts bytes up to and with the offending one.
    let mut start = (line_start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let width = text[start..].chars().next().map_or(0, char::len_utf8);
    mistake.span = Some(start..start + width);
    mistake
}

struct NodeSeed<'a> {
    path: String,
    /// Keys that stand twice in one object: which of them counts is anyone's guess.
    repeated: &'a RefCell<Vec<Mistake>>,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Node, D::Error> {
        reader.deserialize_any(self).map(Node::new)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(NodeSeed {
            path: below(&self.path, nodes.len()),
            repeated: self.repeated,
        })? {
            nodes.push(node);
        }
        Ok(Value::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut table = Table::default();
        let mut seen = BTreeSet::new();
        while let Some(key) = object.next_key::<String>()? {
            let path = below(&self.path, &key);
            if !seen.insert(key.clone()) {
                let message = format!("`{key}` stands twice in one object");
                let mistake = Mistake::new("scenario::duplicate_key", path.clone(), message)
                    .help("keep one of them");
                self.repeated.borrow_mut().push(mistake);
            }
            let node = object.next_value_seed(NodeSeed { path, repeated: self.repeated })?;
            table.entries.push(Entry { key, key_origin: Origin::Unknown, node });
        }
        // The order in which TOML gives keys.
        table.entries.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Value::Table(table))
    }
}
