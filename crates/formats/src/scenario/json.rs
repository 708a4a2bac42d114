//! JSON text into a tree whose values know their bytes.
//!
//! `serde_json` gives no positions, but it lends out the text of a value as it stands
//! ([`RawValue`]), and a piece of a text knows where it lies in it. So each level is read as raw
//! values, and each of those again.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use catchment_model::Mistake;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::tree::{Entry, Node, Origin, Table, Value, below};

/// Objects and lists inside one another; no scenario needs ten.
const DEPTH_MAX: usize = 64;

/// Reads a document, or says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Table, Vec<Mistake>> {
    // All of the syntax first, so that its mistakes have their places in the whole text.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| vec![syntax_mistake(text, &error)])?;
    let raw: &RawValue =
        serde_json::from_str(text).map_err(|error| vec![syntax_mistake(text, &error)])?;
    let mut reader = Reader { text, mistakes: Vec::new() };
    let node = reader.node(raw.get(), "", 0);
    if !reader.mistakes.is_empty() {
        return Err(reader.mistakes);
    }
    match node.value {
        Value::Table(table) => Ok(table),
        other => {
            let message = format!("a scenario must be an object, not {}", other.kind());
            Err(vec![Mistake::new("scenario::wrong_type", "", message)])
        }
    }
}

fn syntax_mistake(text: &str, error: &serde_json::Error) -> Mistake {
    let mut mistake = Mistake::new("scenario::syntax", "", words(error)).help("this is not JSON");
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

/// What an error says, without its place.
fn words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.rsplit_once(" at line ").map_or(&*words, |(words, _)| words).to_owned()
}

struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// Where a piece of the text lies in it.
    fn span(&self, piece: &str) -> Range<usize> {
        let start = (piece.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        start..start + piece.len()
    }

    fn node(&mut self, raw: &'a str, path: &str, depth: usize) -> Node {
        let value = match raw.as_bytes().first() {
            _ if depth > DEPTH_MAX => {
                Err(format!("objects and lists are nested more than {DEPTH_MAX} deep"))
            }
            Some(b'{') => serde_json::from_str(raw)
                .map(|Members(members)| Value::Table(self.table(members, path, depth)))
                .map_err(|error| words(&error)),
            Some(b'[') => serde_json::from_str(raw)
                .map(|list: Vec<&'a RawValue>| {
                    let nodes = list.into_iter().enumerate();
                    Value::List(
                        nodes
                            .map(|(index, raw)| {
                                self.node(raw.get(), &below(path, index), depth + 1)
                            })
                            .collect(),
                    )
                })
                .map_err(|error| words(&error)),
            _ => {
                serde_json::from_str(raw).map(|Scalar(value)| value).map_err(|error| words(&error))
            }
        };
        let span = self.span(raw);
        let value = value.unwrap_or_else(|message| {
            let mut mistake = Mistake::new("scenario::syntax", path, message);
            mistake.span = Some(span.clone());
            self.mistakes.push(mistake);
            Value::Null
        });
        Node { value, origin: Origin::Bytes(span) }
    }

    fn table(&mut self, members: Vec<(String, &'a RawValue)>, path: &str, depth: usize) -> Table {
        let mut table = Table::default();
        let mut seen = BTreeSet::new();
        for (key, raw) in members {
            let path = below(path, &key);
            let key_span = self.key_before(&key, self.span(raw.get()).start);
            if !seen.insert(key.clone()) {
                // Which of them counts is anyone's guess.
                let message = format!("`{key}` stands twice in one object");
                let mut mistake = Mistake::new("scenario::duplicate_key", path.clone(), message)
                    .help("keep one of them");
                mistake.span = key_span.clone();
                self.mistakes.push(mistake);
            }
            let node = self.node(raw.get(), &path, depth + 1);
            let key_origin = key_span.map_or(Origin::Unknown, Origin::Bytes);
            table.entries.push(Entry { key, key_origin, node });
        }
        // The order in which TOML gives keys.
        table.entries.sort_by(|a, b| a.key.cmp(&b.key));
        table
    }

    /// Where the key of the value that begins at `value_start` stands, if it is written plainly.
    fn key_before(&self, key: &str, value_start: usize) -> Option<Range<usize>> {
        let before = self.text.get(..value_start)?.trim_end().strip_suffix(':')?.trim_end();
        let start = before.strip_suffix('"')?.strip_suffix(key)?.strip_suffix('"')?.len();
        Some(start..before.len())
    }
}

/// The members of an object, in order.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Members<'de>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = object.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// A value that is no object and no list.
struct Scalar(Value);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Scalar, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar(Value::Null))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Value::Bool(value)))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Value::Integer(value.into())))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Value::Integer(value.into())))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Value::Float(value)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(Value::Text(text.to_owned())))
            }
        }
        reader.deserialize_any(Any)
    }
}
