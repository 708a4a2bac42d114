//! `--set path=value`, and the settings of variants: changes of the tree before it is decoded.

use std::ops::Range;

use catchment_model::rules::Setting;
use catchment_model::{Mistake, SiteName};

use super::toml;
use super::tree::{Node, Origin, Table, Value};

/// One change.
#[derive(Debug, Clone)]
pub(super) struct Override {
    pub path: String,
    pub value: Value,
    /// What was written, before it was taken as a value: a text field takes it as it is.
    pub written: String,
    from: From,
}

#[derive(Debug, Clone)]
enum From {
    /// An option of the command line.
    Option,
    /// A variant of the scenario.
    Variant { index: usize, span: Option<Range<usize>> },
}

impl Override {
    /// A change from `--set path=value`.
    pub fn from_option(path: &str, written: &str) -> Override {
        let value = match toml::parse_value(written) {
            // `60s` is no TOML, and what looks like a date is meant as a text.
            None | Some(Value::Other(..)) => Value::Text(written.to_owned()),
            Some(value) => value,
        };
        let (path, written) = (path.to_owned(), written.to_owned());
        Override { path, value, written, from: From::Option }
    }

    /// A change from an entry of `[[compare]]`.
    pub fn from_variant(
        index: usize,
        path: &str,
        setting: &Setting,
        span: Option<Range<usize>>,
    ) -> Override {
        let value = match setting {
            Setting::Integer(value) => Value::Integer((*value).into()),
            Setting::Float(value) => Value::Float(*value),
            Setting::Bool(value) => Value::Bool(*value),
            // As for `--set`, a list or table may be written as a text.
            Setting::Text(text) => match toml::parse_value(text) {
                Some(value @ (Value::List(_) | Value::Table(_))) => value,
                _ => Value::Text(text.clone()),
            },
        };
        let (path, written) = (path.to_owned(), setting.to_string());
        Override { path, value, written, from: From::Variant { index, span } }
    }

    /// Says in a mistake where it comes from.
    pub fn blame(&self, mut mistake: Mistake) -> Mistake {
        match &self.from {
            From::Option => {
                let Override { path, written, .. } = self;
                mistake.message = format!("{} (from `--set {path}={written}`)", mistake.message);
                mistake.span = None;
            }
            From::Variant { index, span } => {
                mistake.path = format!("compare.{index}.set.{}", self.path);
                mistake.span = span.clone();
            }
        }
        mistake
    }
}

/// Lists of tables of a scenario, with the key that names their entries.
const NAMED_LISTS: [(&str, &str); 7] = [
    ("site", "name"),
    ("client", "asn"),
    ("event", ""),
    ("compare", "name"),
    ("roa", ""),
    ("leak", "asn"),
    ("correction", ""),
];

/// Keys of which one takes the place of the others.
const ALTERNATIVES: [&[&str]; 2] = [&["builtin", "as_rel", "file", "synthetic"], &["city", "at"]];

const SEGMENTS_MAX: usize = 16;

/// Changes the tree.
pub(super) fn apply(tree: &mut Table, index: usize, change: &Override) -> Result<(), Mistake> {
    let segments: Vec<&str> = change.path.split('.').collect();
    let bad = |message: String| Mistake::new("scenario::bad_path", change.path.clone(), message);
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(bad(format!("`{}` is no path of a setting", change.path))
            .help("write the keys with points between them, such as `geodns.ttl`"));
    }
    let origin = Origin::Override(index);
    // Deeper than any key, and shallow enough for whoever walks the tree.
    if segments.len() > SEGMENTS_MAX {
        return Err(bad(format!("a path has at most {SEGMENTS_MAX} keys")));
    }
    let mut node = Node::new(change.value.clone());
    mark(&mut node, &origin);

    // The list or table where the next segment leads, and what it is called there.
    let mut table = tree;
    let mut rest = &segments[..];
    let mut inside = "";
    loop {
        let (segment, after) = rest.split_first().expect("the loop ends with the last segment");
        if after.is_empty() {
            let others = ALTERNATIVES.iter().filter(|keys| keys.contains(segment));
            // `at` is also the time of an event and the city of a neighbor's router.
            if matches!(inside, "world" | "site" | "client") {
                others.flat_map(|keys| keys.iter()).for_each(|key| table.remove(key));
            }
            table.put(segment, node);
            return Ok(());
        }
        if table.get(segment).is_none() {
            // Those of a site of the world are not in the file, so that none can be changed alone.
            if *segment == "neighbors" {
                let (whole, _) = change.path.split_once(".neighbors").expect("it is a segment");
                return Err(bad(format!("the file lists no neighbors of `{whole}`")).help(
                    format!(
                        "give the whole list: `{whole}.neighbors=[{{ asn = 1299, prepend = 1 }}]`"
                    ),
                ));
            }
            let is_list = inside.is_empty() && NAMED_LISTS.iter().any(|(name, _)| name == segment);
            let empty =
                if is_list { Value::List(Vec::new()) } else { Value::Table(Table::default()) };
            table.put(segment, Node { value: empty, origin: origin.clone() });
        }
        let next = table.entries.iter_mut().find(|entry| entry.key == *segment);
        let next = &mut next.expect("it was just put in").node;
        inside = segment;
        rest = after;
        table = match &mut next.value {
            Value::Table(table) => table,
            Value::List(list) => {
                let (entry, after) = rest.split_first().expect("a segment is left");
                rest = after;
                let position =
                    find(list, inside, entry, &origin).map_err(|message| bad(message.clone()))?;
                if after.is_empty() {
                    list[position] = node;
                    return Ok(());
                }
                match &mut list[position].value {
                    Value::Table(table) => table,
                    other => {
                        let kind = other.kind();
                        return Err(bad(format!("`{inside}.{entry}` is {kind}, not a table")));
                    }
                }
            }
            other => return Err(bad(format!("`{segment}` is {}, not a table", other.kind()))),
        };
    }
}

/// The entry of a list that a segment means: by name or ASN, else by number; new if it can be.
fn find(list: &mut Vec<Node>, name: &str, segment: &str, origin: &Origin) -> Result<usize, String> {
    let key = match name {
        "neighbors" => "asn",
        _ => NAMED_LISTS.iter().find(|(list, _)| *list == name).map_or("", |(_, key)| key),
    };
    let is_named = |node: &Node| match node.table().and_then(|table| table.get(key)) {
        Some(Node { value: Value::Text(text), .. }) => text.eq_ignore_ascii_case(segment),
        Some(Node { value: Value::Integer(number), .. }) => segment.parse() == Ok(*number),
        _ => false,
    };
    if let Some(position) = list.iter().position(is_named) {
        return Ok(position);
    }
    if let Some(position) = segment.parse().ok().filter(|position| *position < list.len()) {
        return Ok(position);
    }
    let new = match name {
        "site" if segment.parse::<usize>().is_err() && segment.parse::<SiteName>().is_ok() => {
            Node::text(segment)
        }
        "client" => match segment.parse() {
            Ok(asn) => Node::new(Value::Integer(asn)),
            Err(_) => return Err(format!("`{segment}` is neither a client's ASN nor its number")),
        },
        _ => {
            return Err(match list.len() {
                0 => format!("`{name}` has no entries, so there is no `{name}.{segment}`"),
                1 => format!("`{name}` has one entry, `{name}.0`, and no `{name}.{segment}`"),
                count => format!(
                    "`{name}` has entries `{name}.0` to `{name}.{}`, and no `{name}.{segment}`",
                    count - 1
                ),
            });
        }
    };
    let mut table = Table::default();
    table.put(key, Node { value: new.value, origin: origin.clone() });
    list.push(Node { value: Value::Table(table), origin: origin.clone() });
    Ok(list.len() - 1)
}

/// Everything inside a value of an override comes from it too.
fn mark(node: &mut Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        Value::List(nodes) => nodes.iter_mut().for_each(|inner| mark(inner, origin)),
        Value::Table(table) => {
            for entry in &mut table.entries {
                entry.key_origin = origin.clone();
                mark(&mut entry.node, origin);
            }
        }
        _ => {}
    }
}
