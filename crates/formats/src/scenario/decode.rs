//! Takes values out of a tree, one kind at a time, and notes every mistake with its place.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use catchment_model::mistake::nearest_help;
use catchment_model::rules::Setting;
use catchment_model::{Asn, Duration, Mistake, Prefix, SiteName};

use super::overrides::Override;
use super::tree::{Node, Origin, Table, Value, below};

/// Collects mistakes.
pub(super) struct Decoder<'a> {
    pub mistakes: Vec<Mistake>,
    overrides: &'a [Override],
}

/// A table that is being read, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n> {
    pub path: &'n str,
    table: &'n Table,
    origin: &'n Origin,
}

impl<'n> Fields<'n> {
    /// The whole file.
    pub fn root(table: &'n Table) -> Fields<'n> {
        Fields { path: "", table, origin: &Origin::Unknown }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        self.table.get(key)
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether there is any key but these: a typo may be all that is wrong.
    pub fn has_others(&self, known: &[&str]) -> bool {
        self.entries().any(|(key, _)| !known.contains(&key))
    }

    /// The path of a key.
    pub fn path_of(&self, key: &str) -> String {
        below(self.path, key)
    }

    /// Keys and values that are there, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&'n str, &'n Node)> {
        let there = self.table.entries.iter().filter(|entry| entry.node.value != Value::Null);
        there.map(|entry| (&*entry.key, &entry.node))
    }
}

impl<'a> Decoder<'a> {
    pub fn new(overrides: &'a [Override]) -> Decoder<'a> {
        Decoder { mistakes: Vec::new(), overrides }
    }

    /// Notes a mistake.
    pub fn report(
        &mut self,
        code: &'static str,
        path: impl Into<String>,
        origin: &Origin,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut mistake = Mistake::new(code, path, message).help(help);
        match origin {
            Origin::Unknown => {}
            Origin::Bytes(span) => mistake.span = Some(span.clone()),
            Origin::Override(index) => {
                if let Some(change) = self.overrides.get(*index) {
                    mistake = change.blame(mistake);
                }
            }
        }
        self.mistakes.push(mistake);
    }

    /// Notes a mistake in the value of a key; in the table if the key is missing.
    pub fn report_at(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        code: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let origin = fields.get(key).map_or(fields.origin, |node| &node.origin);
        self.report(code, fields.path_of(key), origin, message, help);
    }

    /// Notes that a key is missing.
    pub fn report_missing(&mut self, fields: &Fields<'_>, key: &str, help: &str) {
        let message = match fields.path {
            "" => format!("`{key}` is missing"),
            path => format!("`{path}` has no `{key}`"),
        };
        self.report("scenario::missing_key", fields.path, fields.origin, message, help);
    }

    /// Notes that a value has the wrong type.
    pub fn report_type(&mut self, path: &str, node: &Node, expected: &str, help: &str) {
        let message = format!("`{}` must be {expected}, not {}", shown(path), node.value.kind());
        self.report("scenario::wrong_type", path, &node.origin, message, help);
    }

    /// The table at a node, its keys checked against `known`; no `known` allows any.
    pub fn table<'n>(
        &mut self,
        node: &'n Node,
        path: &'n str,
        known: &[&str],
    ) -> Option<Fields<'n>> {
        let Value::Table(table) = &node.value else {
            self.report_type(path, node, "a table", "");
            return None;
        };
        let fields = Fields { path, table, origin: &node.origin };
        self.check_keys(&fields, known);
        Some(fields)
    }

    /// Reports keys that nobody knows.
    pub fn check_keys(&mut self, fields: &Fields<'_>, known: &[&str]) {
        if known.is_empty() {
            return;
        }
        for entry in &fields.table.entries {
            let key = &*entry.key;
            if !known.contains(&key) {
                let message = match fields.path {
                    "" => format!("unknown key `{key}`"),
                    path => format!("unknown key `{key}` in `{path}`"),
                };
                let help = nearest_help(key, known.iter().copied());
                let path = fields.path_of(key);
                self.report("scenario::unknown_key", path, &entry.key_origin, message, help);
            }
        }
    }

    /// The entries of a list.
    pub fn list<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<&'n [Node]> {
        let node = fields.get(key)?;
        match &node.value {
            Value::List(list) => Some(list),
            Value::Table(_) if fields.path.is_empty() => {
                let help = format!("write `[[{key}]]` above each entry");
                self.report_type(&fields.path_of(key), node, "a list of tables", &help);
                None
            }
            _ => {
                self.report_type(&fields.path_of(key), node, "a list", "");
                None
            }
        }
    }

    /// A text as it stands; a number or the like is taken as written if it comes from an option.
    pub fn text_of(&mut self, node: &Node, path: &str) -> Option<String> {
        match (&node.value, &node.origin) {
            (Value::Text(text), _) => Some(text.clone()),
            (Value::Integer(_) | Value::Float(_) | Value::Bool(_), Origin::Override(index)) => {
                self.overrides.get(*index).map(|change| change.written.clone())
            }
            _ => {
                self.report_type(path, node, "a text", "texts stand in quotes");
                None
            }
        }
    }

    /// A text.
    pub fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        self.text_of(fields.get(key)?, &fields.path_of(key))
    }

    /// A text that must say something.
    pub fn name(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let text = self.text(fields, key)?;
        if text.trim().is_empty() {
            self.report_at(fields, key, "scenario::empty", format!("`{key}` is empty"), "");
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn flag(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                self.report_type(&fields.path_of(key), node, "`true` or `false`", "");
                None
            }
        }
    }

    /// A whole number within bounds.
    pub fn whole<T: TryFrom<i128> + Display + Into<i128> + Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        bounds: RangeInclusive<T>,
    ) -> Option<T> {
        let node = fields.get(key)?;
        let Value::Integer(value) = node.value else {
            self.report_type(&fields.path_of(key), node, "a whole number", "");
            return None;
        };
        let (low, high): (i128, i128) = ((*bounds.start()).into(), (*bounds.end()).into());
        match T::try_from(value) {
            Ok(number) if (low..=high).contains(&value) => Some(number),
            _ => {
                let message = format!("`{key}` must lie between {low} and {high}, not `{value}`");
                self.report_at(fields, key, "scenario::out_of_range", message, "");
                None
            }
        }
    }

    /// A number within bounds, which are part of what is allowed.
    pub fn number(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        bounds: RangeInclusive<f64>,
    ) -> Option<f64> {
        let node = fields.get(key)?;
        self.number_of(node, &fields.path_of(key), bounds)
    }

    /// The number at a node.
    pub fn number_of(
        &mut self,
        node: &Node,
        path: &str,
        bounds: RangeInclusive<f64>,
    ) -> Option<f64> {
        let value = match node.value {
            Value::Integer(value) => value as f64,
            Value::Float(value) => value,
            _ => {
                self.report_type(path, node, "a number", "");
                return None;
            }
        };
        if value.is_finite() && bounds.contains(&value) {
            return Some(value);
        }
        let must = match (bounds.start(), bounds.end()) {
            _ if !value.is_finite() => "be a finite number".to_owned(),
            (low, high) if *low == 0.0 && *high == f64::MAX => "not be negative".to_owned(),
            (low, high) => format!("lie between {} and {}", short(*low), short(*high)),
        };
        let message = format!("`{}` must {must}, and is `{}`", shown(path), short(value));
        self.report("scenario::out_of_range", path, &node.origin, message, "");
        None
    }

    /// A time within bounds, in seconds.
    pub fn duration(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        bounds: RangeInclusive<i64>,
    ) -> Option<Duration> {
        let help = "write a number with a unit, such as `30s`, `250ms` or `10m`";
        let node = fields.get(key)?;
        let Value::Text(text) = &node.value else {
            self.report_type(&fields.path_of(key), node, "a time", help);
            return None;
        };
        let Ok(duration) = text.parse::<Duration>() else {
            let message = format!("`{text}` is not a time");
            self.report_at(fields, key, "scenario::bad_time", message, help);
            return None;
        };
        let (low, high) = (Duration::from_s(*bounds.start()), Duration::from_s(*bounds.end()));
        if (low..=high).contains(&duration) {
            return Some(duration);
        }
        let message = format!("`{key}` must lie between {low} and {high}, not `{text}`");
        self.report_at(fields, key, "scenario::out_of_range", message, "");
        None
    }

    /// An AS number, as a number or as a text such as `AS3320`.
    pub fn asn_of(&mut self, node: &Node, path: &str) -> Option<Asn> {
        let read = match &node.value {
            Value::Integer(number) => {
                let clamped =
                    i64::try_from(*number).unwrap_or(if *number < 0 { i64::MIN } else { i64::MAX });
                Asn::from_number(clamped).map_err(|mut error| {
                    error.text = number.to_string();
                    error
                })
            }
            Value::Text(text) => text.parse(),
            _ => {
                self.report_type(path, node, "an AS number", "such as 3320");
                return None;
            }
        };
        self.parsed(read, "scenario::bad_asn", node, path)
    }

    /// The AS number of a key.
    pub fn asn(&mut self, fields: &Fields<'_>, key: &str) -> Option<Asn> {
        self.asn_of(fields.get(key)?, &fields.path_of(key))
    }

    /// The AS number of a key that must be there.
    pub fn needed_asn(&mut self, fields: &Fields<'_>, key: &str) -> Option<Asn> {
        if !fields.has(key) {
            self.report_missing(fields, key, "");
        }
        self.asn(fields, key)
    }

    /// A text that is read as some type.
    pub fn parse_of<T: FromStr<Err: Display>>(
        &mut self,
        node: &Node,
        path: &str,
        code: &'static str,
    ) -> Option<T> {
        let text = self.text_of(node, path)?;
        self.parsed(text.parse(), code, node, path)
    }

    /// Notes what a parser says against a value.
    fn parsed<T, E: Display>(
        &mut self,
        read: Result<T, E>,
        code: &'static str,
        node: &Node,
        path: &str,
    ) -> Option<T> {
        let error = match read {
            Ok(value) => return Some(value),
            Err(error) => error.to_string(),
        };
        // What follows a colon in these messages is advice or a reason.
        let (message, help) = error.split_once(": ").unwrap_or((&error, ""));
        self.report(code, path, &node.origin, message, help);
        None
    }

    /// A prefix.
    pub fn prefix_of(&mut self, node: &Node, path: &str) -> Option<Prefix> {
        self.parse_of(node, path, "scenario::bad_prefix")
    }

    /// The name of a site.
    pub fn site(&mut self, fields: &Fields<'_>, key: &str) -> Option<SiteName> {
        self.parse_of(fields.get(key)?, &fields.path_of(key), "scenario::bad_site_name")
    }

    /// The name of a site that must be there.
    pub fn needed_site(&mut self, fields: &Fields<'_>, key: &str) -> Option<SiteName> {
        if !fields.has(key) {
            self.report_missing(fields, key, "");
        }
        self.site(fields, key)
    }

    /// The code of a city, in upper case.
    pub fn city(&mut self, fields: &Fields<'_>, key: &str) -> Option<String> {
        let text = self.text(fields, key)?;
        let is_code = !text.is_empty()
            && text.chars().count() <= 64
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        if is_code {
            return Some(text.to_uppercase());
        }
        let message = format!("`{text}` is not the code of a city");
        self.report_at(fields, key, "scenario::bad_city", message, "such as `FRA`");
        None
    }

    /// One of some names.
    pub fn choice<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        names: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(fields, key)?;
        if let Some((_, value)) = names.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        let message = format!("`{text}` is not a value of `{key}`");
        let help = nearest_help(&text, names.iter().map(|(name, _)| *name));
        self.report_at(fields, key, "scenario::unknown_value", message, help);
        None
    }

    /// A setting of any simple type.
    pub fn setting(&mut self, node: &Node, path: &str) -> Option<Setting> {
        match &node.value {
            Value::Bool(value) => Some(Setting::Bool(*value)),
            Value::Integer(value) => match i64::try_from(*value) {
                Ok(value) => Some(Setting::Integer(value)),
                Err(_) => {
                    let message = format!("`{value}` has more than 64 bits");
                    self.report("scenario::out_of_range", path, &node.origin, message, "");
                    None
                }
            },
            Value::Float(value) if value.is_finite() => Some(Setting::Float(*value)),
            Value::Text(text) => Some(Setting::Text(text.clone())),
            _ => {
                let expected = "a number, a text, `true` or `false`";
                self.report_type(path, node, expected, "");
                None
            }
        }
    }
}

/// A number as people write it: nobody counts the zeros of `1e300`.
fn short(value: f64) -> String {
    if value.is_finite() && value.abs() >= 1e10 { format!("{value:e}") } else { value.to_string() }
}

/// A value's name in messages: its key, and for an entry of a list its path, since a number says
/// little.
fn shown(path: &str) -> &str {
    let key = path.rsplit('.').next().unwrap_or(path);
    if key.parse::<usize>().is_ok() { path } else { key }
}
