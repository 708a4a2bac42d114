//! Where the values of a scenario stand in its text.

use std::collections::BTreeMap;
use std::ops::Range;

use catchment_model::Mistake;

use super::tree::{Node, Origin, Table, Value, below};

/// Dotted paths of values to their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceMap {
    places: BTreeMap<String, Places>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Places {
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
}

impl SourceMap {
    pub(super) fn new(tree: &Table) -> SourceMap {
        let mut map = SourceMap::default();
        map.add_table(tree, "");
        map
    }

    /// Bytes of the value at a path such as `site.2.neighbors.0.asn`; if it has none (a key that
    /// is missing, a value from `--set`), those of the nearest value around it that has.
    pub fn locate(&self, path: &str) -> Option<Range<usize>> {
        self.nearest(path, |places| places.value.clone().or_else(|| places.key.clone()))
    }

    /// The same for the key.
    pub fn locate_key(&self, path: &str) -> Option<Range<usize>> {
        self.nearest(path, |places| places.key.clone().or_else(|| places.value.clone()))
    }

    /// Fills in the bytes of mistakes that have a path only.
    pub fn place(&self, mistakes: &mut [Mistake]) {
        for mistake in mistakes.iter_mut().filter(|mistake| mistake.span.is_none()) {
            mistake.span = self.locate(&mistake.path);
        }
    }

    fn nearest(
        &self,
        path: &str,
        choose: impl Fn(&Places) -> Option<Range<usize>>,
    ) -> Option<Range<usize>> {
        let mut path = path;
        loop {
            if let Some(span) = self.places.get(path).and_then(&choose) {
                return Some(span);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    fn add_table(&mut self, table: &Table, path: &str) {
        for entry in &table.entries {
            self.add(&entry.node, below(path, &entry.key), bytes(&entry.key_origin));
        }
    }

    fn add(&mut self, node: &Node, path: String, key: Option<Range<usize>>) {
        match &node.value {
            Value::Table(table) => self.add_table(table, &path),
            Value::List(nodes) => {
                for (index, node) in nodes.iter().enumerate() {
                    self.add(node, below(&path, index), None);
                }
            }
            _ => {}
        }
        let value = bytes(&node.origin);
        if key.is_some() || value.is_some() {
            self.places.insert(path, Places { key, value });
        }
    }
}

fn bytes(origin: &Origin) -> Option<Range<usize>> {
    match origin {
        Origin::Bytes(span) => Some(span.clone()),
        _ => None,
    }
}

/// Bytes of a setting of a variant.
pub(super) fn variant_origin(tree: &Table, variant: usize, path: &str) -> Option<Range<usize>> {
    let Value::List(variants) = &tree.get("compare")?.value else { return None };
    let set = variants.get(variant)?.table()?.get("set")?;
    let mut found = None;
    find_setting(set, "", path, &mut found);
    found.or_else(|| bytes(&set.origin))
}

/// Settings may be nested tables as well as dotted paths.
fn find_setting(node: &Node, at: &str, path: &str, found: &mut Option<Range<usize>>) {
    match &node.value {
        Value::Table(table) => {
            for entry in &table.entries {
                find_setting(&entry.node, &below(at, &entry.key), path, found);
            }
        }
        _ if at == path => *found = bytes(&node.origin),
        _ => {}
    }
}
