//! Scenarios into TOML and JSON: blocks and keys in a fixed order, defaults left out.

use std::fmt::Write;

use catchment_model::Scenario;
use catchment_model::rules::Setting;
use catchment_model::scenario::{
    Action, Botnet, Change, ClientSpec, Edge, Event, FORMAT, FailureKind, GeoDns, Handshake,
    NeighborSpec, PlaceRef, SiteSpec, Steering, WorldSource,
};
use catchment_model::service::Capacity;

use super::tree::{Node, Table, Value, below};

/// Writes TOML that reads back as an equal scenario.
pub fn write_toml(scenario: &Scenario) -> String {
    let tree = tree_of(scenario);
    let mut out = String::new();
    let is_block = |node: &Node| match &node.value {
        Value::Table(_) => true,
        Value::List(list) => list.iter().all(|node| node.table().is_some()),
        _ => false,
    };
    for entry in tree.entries.iter().filter(|entry| !is_block(&entry.node)) {
        put_pair(&mut out, &entry.key, &entry.node);
    }
    for entry in tree.entries.iter().filter(|entry| is_block(&entry.node)) {
        match &entry.node.value {
            Value::Table(table) => put_block(&mut out, &entry.key, table),
            Value::List(list) => {
                for table in list.iter().filter_map(Node::table) {
                    let _ = writeln!(out, "\n[[{}]]", entry.key);
                    table.entries.iter().for_each(|e| put_pair(&mut out, &e.key, &e.node));
                }
            }
            _ => {}
        }
    }
    out
}

/// Writes JSON that reads back as an equal scenario.
pub fn write_json(scenario: &Scenario) -> String {
    let mut out = String::new();
    put_json(&mut out, &Node::new(Value::Table(tree_of(scenario))), 0);
    out.push('\n');
    out
}

/// `[path]` with its pairs, then the one kind of table that has a block of its own inside.
fn put_block(out: &mut String, path: &str, table: &Table) {
    let inner = |key: &str| path == "service" && key == "regional";
    let _ = writeln!(out, "\n[{path}]");
    for entry in table.entries.iter().filter(|entry| !inner(&entry.key)) {
        put_pair(out, &entry.key, &entry.node);
    }
    for entry in table.entries.iter().filter(|entry| inner(&entry.key)) {
        if let Some(table) = entry.node.table() {
            put_block(out, &below(path, &entry.key), table);
        }
    }
}

fn put_pair(out: &mut String, key: &str, node: &Node) {
    put_key(out, key);
    out.push_str(" = ");
    match &node.value {
        // A line for each neighbor.
        Value::List(list) if list.len() > 1 && list.iter().all(|node| node.table().is_some()) => {
            out.push_str("[\n");
            for node in list {
                out.push_str("  ");
                put_inline(out, node);
                out.push_str(",\n");
            }
            out.push(']');
        }
        _ => put_inline(out, node),
    }
    out.push('\n');
}

fn put_key(out: &mut String, key: &str) {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) {
        out.push_str(key);
    } else {
        put_text(out, key);
    }
}

/// A basic string of TOML. Nearly JSON's, but for the delete character.
fn put_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn put_inline(out: &mut String, node: &Node) {
    match &node.value {
        Value::Null => out.push_str("\"\""),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Integer(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => {
            let _ = write!(out, "{value:?}");
        }
        Value::Text(text) | Value::Other(_, text) => put_text(out, text),
        Value::List(list) => {
            out.push('[');
            for (index, node) in list.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                put_inline(out, node);
            }
            out.push(']');
        }
        Value::Table(table) if table.entries.is_empty() => out.push_str("{}"),
        Value::Table(table) => {
            for (index, entry) in table.entries.iter().enumerate() {
                out.push_str(if index == 0 { "{ " } else { ", " });
                put_key(out, &entry.key);
                out.push_str(" = ");
                put_inline(out, &entry.node);
            }
            out.push_str(" }");
        }
    }
}

fn put_json(out: &mut String, node: &Node, depth: usize) {
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let put_string = |out: &mut String, text: &str| {
        out.push_str(&serde_json::to_string(text).expect("a text is JSON"));
    };
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Float(value) if !value.is_finite() => out.push_str("null"),
        Value::Text(text) | Value::Other(_, text) => put_string(out, text),
        Value::Bool(_) | Value::Integer(_) | Value::Float(_) => put_inline(out, node),
        Value::List(list) if list.is_empty() => out.push_str("[]"),
        Value::List(list) => {
            // Lists of texts and numbers stay on one line.
            let nested = list.iter().any(|node| node.table().is_some());
            out.push('[');
            for (index, node) in list.iter().enumerate() {
                match (index, nested) {
                    (0, false) => {}
                    (0, true) => indent(out, depth + 1),
                    (_, false) => out.push_str(", "),
                    (_, true) => {
                        out.push(',');
                        indent(out, depth + 1);
                    }
                }
                put_json(out, node, depth + 1);
            }
            if nested {
                indent(out, depth);
            }
            out.push(']');
        }
        Value::Table(table) if table.entries.is_empty() => out.push_str("{}"),
        Value::Table(table) => {
            out.push('{');
            for (index, entry) in table.entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                put_string(out, &entry.key);
                out.push_str(": ");
                put_json(out, &entry.node, depth + 1);
            }
            indent(out, depth);
            out.push('}');
        }
    }
}

// Values of a tree.

fn text(value: impl ToString) -> Node {
    Node::text(value.to_string())
}

fn whole(value: impl Into<i128>) -> Node {
    Node::new(Value::Integer(value.into()))
}

/// A number as people write it: `300`, not `300.0`.
fn number(value: f64) -> Node {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return whole(value as i64);
    }
    Node::new(Value::Float(value))
}

fn flag(value: bool) -> Node {
    Node::new(Value::Bool(value))
}

fn list(nodes: impl IntoIterator<Item = Node>) -> Node {
    Node::new(Value::List(nodes.into_iter().collect()))
}

fn table<'k>(entries: impl IntoIterator<Item = (&'k str, Option<Node>)>) -> Node {
    let mut table = Table::default();
    for (key, node) in entries {
        if let Some(node) = node {
            table.put(key, node);
        }
    }
    Node::new(Value::Table(table))
}

fn setting(setting: &Setting) -> Node {
    match setting {
        Setting::Integer(value) => whole(*value),
        Setting::Float(value) => Node::new(Value::Float(*value)),
        Setting::Bool(value) => flag(*value),
        Setting::Text(value) => text(value),
    }
}

fn name_of<T: Copy + PartialEq>(names: &[(&str, T)], value: T) -> Node {
    text(names.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name))
}

/// A list of tables, left out if it is empty.
fn entries<T>(items: &[T], node: impl Fn(&T) -> Node) -> Option<Node> {
    (!items.is_empty()).then(|| list(items.iter().map(node)))
}

/// The tree of a scenario, defaults left out.
pub(super) fn tree_of(scenario: &Scenario) -> Table {
    let s = scenario;
    let nonempty = |value: &str| (!value.is_empty()).then(|| text(value));
    let mut rules: Vec<(&str, Option<Node>)> = vec![("preset", s.preset.map(text))];
    rules.extend(s.rules.iter().map(|(name, value)| (&**name, Some(setting(value)))));
    let regional = s.regional.iter().map(|(region, prefix)| (&**region, Some(text(prefix))));
    let residency = s
        .residency
        .iter()
        .map(|(region, regions)| (&**region, Some(list(regions.iter().map(text)))));
    let geodns = geodns(&s.geodns);
    let node = table([
        ("format", Some(whole(FORMAT))),
        ("name", Some(text(&s.name))),
        ("question", nonempty(&s.question)),
        ("look_for", nonempty(&s.look_for)),
        ("seed", (s.seed != 1).then(|| whole(s.seed))),
        (
            "steering",
            (s.steering != Steering::Anycast).then(|| name_of(&Steering::NAMES, s.steering)),
        ),
        ("world", Some(world(&s.world))),
        ("rules", (s.preset.is_some() || !s.rules.is_empty()).then(|| table(rules))),
        (
            "service",
            Some(table([
                ("prefixes", Some(list(s.prefixes.iter().map(text)))),
                ("regional", (!s.regional.is_empty()).then(|| table(regional))),
            ])),
        ),
        ("residency", (!s.residency.is_empty()).then(|| table(residency))),
        ("geodns", geodns.table().is_some_and(|t| !t.entries.is_empty()).then_some(geodns)),
        ("edge", s.edge.as_ref().map(edge)),
        ("site", entries(&s.sites, site)),
        ("client", entries(&s.clients, client)),
        (
            "roa",
            entries(&s.roas, |roa| {
                table([
                    ("prefix", Some(text(roa.prefix))),
                    ("max_length", roa.max_length.map(whole)),
                    ("asn", Some(whole(roa.asn.0))),
                ])
            }),
        ),
        ("leak", entries(&s.leaks, |asn| table([("asn", Some(whole(asn.0)))]))),
        (
            "correction",
            entries(&s.corrections, |correction| {
                let (kind, node) = change(&correction.change);
                table([("source", nonempty(&correction.source)), (kind, Some(node))])
            }),
        ),
        ("event", entries(&s.events, event)),
        (
            "compare",
            entries(&s.compare, |variant| {
                let set = variant.set.iter().map(|(path, value)| (&**path, Some(setting(value))));
                table([("name", Some(text(&variant.name))), ("set", Some(table(set)))])
            }),
        ),
    ]);
    match node.value {
        Value::Table(table) => table,
        _ => Table::default(),
    }
}

fn world(source: &WorldSource) -> Node {
    table([match source {
        WorldSource::Builtin(name) => ("builtin", Some(text(name))),
        WorldSource::AsRel(path) => ("as_rel", Some(text(path))),
        WorldSource::File(path) => ("file", Some(text(path))),
        WorldSource::Synthetic { ases, seed } => {
            let inner = [("ases", Some(whole(*ases))), ("seed", Some(whole(*seed)))];
            ("synthetic", Some(table(inner)))
        }
    }])
}

fn geodns(geodns: &GeoDns) -> Node {
    let default = GeoDns::default();
    let time = |value, default| (value != default).then(|| text(value));
    let share = |value: f64, default: f64| (value != default).then(|| number(value));
    let check = [
        ("interval", time(geodns.check_interval, default.check_interval)),
        ("fall", (geodns.check_fall != default.check_fall).then(|| whole(geodns.check_fall))),
        ("timeout", time(geodns.check_timeout, default.check_timeout)),
    ];
    let checked = check.iter().any(|(_, node)| node.is_some());
    table([
        ("ttl", time(geodns.ttl, default.ttl)),
        (
            "policy",
            (geodns.policy != default.policy)
                .then(|| name_of(&catchment_model::scenario::AnswerPolicy::NAMES, geodns.policy)),
        ),
        ("health_check", checked.then(|| table(check))),
        ("ecs_share", share(geodns.ecs_share, default.ecs_share)),
        ("ttl_stretch_share", share(geodns.ttl_stretch_share, default.ttl_stretch_share)),
        ("min_ttl_share", share(geodns.min_ttl_share, default.min_ttl_share)),
        ("min_ttl", time(geodns.min_ttl, default.min_ttl)),
        ("negative_ttl", time(geodns.negative_ttl, default.negative_ttl)),
        ("resolver_km", geodns.resolver_km.map(number)),
        ("public_share", geodns.public_share.map(number)),
    ])
}

fn edge(edge: &Edge) -> Node {
    let Edge { origin, handshake } = edge;
    let origin = match origin {
        PlaceRef::City(code) => text(code),
        PlaceRef::At(at) => list([number(at.lat), number(at.lon)]),
    };
    let said = (*handshake != Handshake::default()).then(|| name_of(&Handshake::NAMES, *handshake));
    table([("origin", Some(origin)), ("handshake", said)])
}

fn place(place: &Option<PlaceRef>) -> (&'static str, Option<Node>) {
    match place {
        None => ("city", None),
        Some(PlaceRef::City(code)) => ("city", Some(text(code))),
        Some(PlaceRef::At(at)) => ("at", Some(list([number(at.lat), number(at.lon)]))),
    }
}

fn capacity(capacity: &Capacity) -> [(&'static str, Option<Node>); 2] {
    [("kqps", capacity.kqps.map(number)), ("gbps", capacity.gbps.map(number))]
}

fn neighbors(neighbors: &Option<Vec<NeighborSpec>>) -> Option<Node> {
    let nodes = neighbors.as_ref()?.iter().map(|spec| table(neighbor("asn", spec)));
    Some(list(nodes))
}

fn neighbor(asn_key: &'static str, spec: &NeighborSpec) -> Vec<(&'static str, Option<Node>)> {
    vec![
        (asn_key, spec.asn.map(|asn| whole(asn.0))),
        ("relation", spec.relation.map(text)),
        ("at", spec.at.as_ref().map(text)),
        ("prepend", spec.prepend.map(whole)),
        ("med", spec.med.map(whole)),
        ("communities", spec.communities.as_ref().map(|all| list(all.iter().map(text)))),
        ("takes_longer", spec.takes_longer.map(flag)),
        ("withdraw", spec.withdraw.map(flag)),
    ]
}

fn site(site: &SiteSpec) -> Node {
    let prefixes = site.prefixes.as_ref().map(|prefixes| list(prefixes.iter().map(text)));
    table([
        ("name", Some(text(&site.name))),
        ("remove", site.remove.then(|| flag(true))),
        place(&site.place),
        ("asn", site.asn.map(|asn| whole(asn.0))),
        ("capacity", site.capacity.as_ref().map(|c| table(capacity(c)))),
        ("region", site.region.as_ref().map(text)),
        ("backbone", site.backbone.map(flag)),
        ("local", site.local.map(flag)),
        ("prefixes", prefixes),
        ("neighbors", neighbors(&site.neighbors)),
    ])
}

fn client(client: &ClientSpec) -> Node {
    table([
        ("asn", Some(whole(client.asn.0))),
        ("name", client.name.as_ref().map(text)),
        place(&client.place),
        ("region", client.region.as_ref().map(text)),
        ("weight", client.weight.map(number)),
        ("gbps", client.gbps.map(number)),
        ("neighbors", neighbors(&client.neighbors)),
    ])
}

fn event(event: &Event) -> Node {
    let mut how = None;
    let (kind, node) = match &event.action {
        Action::Fail(site, kind) => {
            how = (*kind != FailureKind::Withdraw).then(|| name_of(&FailureKind::NAMES, *kind));
            ("fail", text(site))
        }
        Action::Restore(site) => ("restore", text(site)),
        Action::Drain(site) => ("drain", text(site)),
        Action::Change(inner) => change(inner),
        Action::Igp { asn, a, b, cost } => (
            "igp",
            table([
                ("asn", Some(whole(asn.0))),
                ("a", Some(text(a))),
                ("b", Some(text(b))),
                ("cost", Some(whole(*cost))),
            ]),
        ),
        Action::Attack(attack) => (
            "attack",
            table([
                ("gbps", attack.gbps.map(number)),
                ("mqps", attack.mqps.map(number)),
                ("from", (attack.from != Botnet::Uniform).then(|| botnet(&attack.from))),
                ("lasts", attack.lasts.map(text)),
            ]),
        ),
        Action::Capacity { site, capacity: new } => {
            let entries = [("site", Some(text(site)))].into_iter().chain(capacity(new));
            ("capacity", table(entries))
        }
    };
    table([("at", Some(text(event.at))), (kind, Some(node)), ("how", how)])
}

fn botnet(from: &Botnet) -> Node {
    match from {
        Botnet::Uniform => text("uniform"),
        Botnet::ByUsers => text("by_users"),
        Botnet::Region(region) => table([("region", Some(text(region)))]),
        Botnet::Country(country) => table([("country", Some(text(country)))]),
        Botnet::Ases(ases) => table([("ases", Some(list(ases.iter().map(|asn| whole(asn.0)))))]),
        Botnet::Zipf(exponent) => table([("zipf", Some(number(*exponent)))]),
    }
}

fn change(change: &Change) -> (&'static str, Node) {
    let state = |up: bool| Some(text(if up { "up" } else { "down" }));
    match change {
        Change::Link { a, b, city, up, relation } => (
            "link",
            table([
                ("a", Some(whole(a.0))),
                ("b", Some(whole(b.0))),
                ("city", city.as_ref().map(text)),
                ("state", state(*up)),
                ("relation", relation.map(text)),
            ]),
        ),
        Change::Session { a, b, city, up } => (
            "session",
            table([
                ("a", Some(whole(a.0))),
                ("b", Some(whole(b.0))),
                ("city", city.as_ref().map(text)),
                ("state", state(*up)),
            ]),
        ),
        Change::AsPolicy { asn, neighbor, local_pref, prepend, export } => (
            "as_policy",
            table([
                ("asn", Some(whole(asn.0))),
                ("neighbor", Some(whole(neighbor.0))),
                ("local_pref", local_pref.map(whole)),
                ("prepend", prepend.map(whole)),
                ("export", export.map(flag)),
            ]),
        ),
        Change::Announce { site, neighbor: spec } => {
            let entries = [("site", Some(text(site)))].into_iter();
            ("announce", table(entries.chain(neighbor("neighbor", spec))))
        }
    }
}
