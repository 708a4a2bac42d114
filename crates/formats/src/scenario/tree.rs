//! What TOML and JSON have in common: a tree of values that know where they stand.

use std::ops::Range;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum Origin {
    /// Made here, or from a text whose bytes are not known.
    #[default]
    Unknown,
    /// These bytes of the text.
    Bytes(Range<usize>),
    /// The override with this number.
    Override(usize),
}

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub value: Value,
    pub origin: Origin,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// JSON's null: as if the key were not there.
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A date or time of TOML, or a number beyond all numbers: nothing that a scenario has.
    Other(&'static str, String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys and values, in the order in which they were put in.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Table {
    pub entries: Vec<Entry>,
}

/// One key of a table with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub key_origin: Origin,
    pub node: Node,
}

impl Value {
    /// What it is, as an end of "must be …, not …".
    pub fn kind(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("`{value}`"),
            Value::Integer(value) => format!("`{value}`"),
            Value::Float(value) => format!("`{value}`"),
            Value::Text(_) => "a text".to_owned(),
            Value::Other(kind, text) => format!("the {kind} `{text}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }
}

impl Node {
    /// A value that was made here.
    pub fn new(value: Value) -> Node {
        Node { value, origin: Origin::Unknown }
    }

    /// A text that was made here.
    pub fn text(text: impl Into<String>) -> Node {
        Node::new(Value::Text(text.into()))
    }

    /// The table, if it is one.
    pub fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }
}

impl Table {
    /// The entry of a key. Null counts as nothing.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key && entry.node.value != Value::Null)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        Some(&self.entry(key)?.node)
    }

    /// Puts a value in, in place of the one that was there.
    pub fn put(&mut self, key: &str, node: Node) {
        let key_origin = node.origin.clone();
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(entry) => entry.node = node,
            None => self.entries.push(Entry { key: key.to_owned(), key_origin, node }),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.key != key);
    }
}

/// The path of an entry below `path`.
pub(super) fn below(path: &str, key: impl std::fmt::Display) -> String {
    if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
}
