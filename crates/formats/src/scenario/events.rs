//! Events, and corrections, which are events without a time.

use catchment_model::Relation;
use catchment_model::mistake::nearest_help;
use catchment_model::scenario::{Action, Attack, Botnet, Change, Correction, Event, FailureKind};

use super::blocks::NEIGHBOR;
use super::decode::{Decoder, Fields};
use super::tree::{Node, Value, below};

/// What an event can do; it does exactly one of these.
const KINDS: [&str; 10] = [
    "fail",
    "restore",
    "drain",
    "link",
    "session",
    "as_policy",
    "announce",
    "igp",
    "attack",
    "capacity",
];
/// What can also stand as a correction.
const CHANGES: [&str; 4] = ["link", "session", "as_policy", "announce"];
/// A year: the latest that anything may happen.
const YEAR_S: i64 = 366 * 86_400;
/// Most Gbit/s or Mq/s of an attack: a thousand times what the Internet carries.
const ATTACK_MAX: f64 = 1e9;
/// Twelve times around the Earth, in km.
const IGP_COST_MAX: u32 = 500_000;

/// Reads an entry of `[[event]]`.
pub(super) fn event(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Event> {
    let known = [&["at", "how"][..], &KINDS].concat();
    let fields = decoder.table(node, path, &known)?;
    if !fields.has("at") {
        decoder.report_missing(&fields, "at", "say when, such as `at = \"30s\"`");
    }
    let at = decoder.duration(&fields, "at", 0..=YEAR_S);
    let kind = the_one(decoder, node, &fields, &known, &KINDS, "event");
    let how = decoder.choice(&fields, "how", &FailureKind::NAMES);
    if fields.has("how") && !fields.has("fail") {
        let message = "`how` says how a site fails, and none does";
        decoder.report_at(&fields, "how", "scenario::contradiction", message, "add `fail`");
    }
    let kind = kind?;
    let action = match kind {
        "fail" => Action::Fail(decoder.site(&fields, kind)?, how.unwrap_or_default()),
        "restore" => Action::Restore(decoder.site(&fields, kind)?),
        "drain" => Action::Drain(decoder.site(&fields, kind)?),
        "igp" => igp(decoder, fields.get(kind)?, &fields.path_of(kind))?,
        "attack" => Action::Attack(attack(decoder, fields.get(kind)?, &fields.path_of(kind))?),
        "capacity" => {
            let path = fields.path_of(kind);
            let inner = decoder.table(fields.get(kind)?, &path, &["site", "kqps", "gbps"])?;
            let site = decoder.needed_site(&inner, "site");
            let capacity = decoder.capacity(&inner);
            Action::Capacity { site: site?, capacity }
        }
        _ => Action::Change(change(decoder, &fields, kind)?),
    };
    Some(Event { at: at?, action })
}

/// Reads an entry of `[[correction]]`.
pub(super) fn correction(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Correction> {
    let known = [&["source"][..], &CHANGES].concat();
    let fields = decoder.table(node, path, &known)?;
    let source = decoder.text(&fields, "source").unwrap_or_default();
    let kind = the_one(decoder, node, &fields, &known, &CHANGES, "correction")?;
    Some(Correction { source, change: change(decoder, &fields, kind)? })
}

/// The one kind that is given.
fn the_one<'k>(
    decoder: &mut Decoder<'_>,
    node: &Node,
    fields: &Fields<'_>,
    known: &[&str],
    kinds: &[&'k str],
    what: &str,
) -> Option<&'k str> {
    let given: Vec<&'k str> = kinds.iter().copied().filter(|kind| fields.has(kind)).collect();
    let list: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    match given[..] {
        [kind] => Some(kind),
        [] if fields.has_others(known) => None,
        [] => {
            let message = format!("this {what} does nothing");
            let help = format!("add one of {}", list.join(", "));
            decoder.report("scenario::no_action", fields.path, &node.origin, message, help);
            None
        }
        [first, second, ..] => {
            let message = format!("this {what} does two things, `{first}` and `{second}`");
            let help = format!("write a second `[[{what}]]`");
            decoder.report_at(fields, second, "scenario::two_actions", message, help);
            None
        }
    }
}

/// Reads one of the changes of topology or policy.
fn change(decoder: &mut Decoder<'_>, fields: &Fields<'_>, kind: &str) -> Option<Change> {
    let (node, path) = (fields.get(kind)?, fields.path_of(kind));
    match kind {
        "link" => {
            let known = ["a", "b", "city", "state", "relation"];
            let inner = decoder.table(node, &path, &known)?;
            let names: Vec<(String, Relation)> =
                Relation::ALL.iter().map(|relation| (relation.to_string(), *relation)).collect();
            let names: Vec<(&str, Relation)> =
                names.iter().map(|(name, relation)| (&**name, *relation)).collect();
            let relation = decoder.choice(&inner, "relation", &names);
            let ends = ends(decoder, &inner);
            let (city, up) = (decoder.city(&inner, "city"), state(decoder, &inner));
            let (a, b) = ends?;
            Some(Change::Link { a, b, city, up: up?, relation })
        }
        "session" => {
            let inner = decoder.table(node, &path, &["a", "b", "city", "state"])?;
            let ends = ends(decoder, &inner);
            let (city, up) = (decoder.city(&inner, "city"), state(decoder, &inner));
            let (a, b) = ends?;
            Some(Change::Session { a, b, city, up: up? })
        }
        "as_policy" => {
            let known = ["asn", "neighbor", "local_pref", "prepend", "export"];
            let inner = decoder.table(node, &path, &known)?;
            let asn = decoder.needed_asn(&inner, "asn");
            let neighbor = decoder.needed_asn(&inner, "neighbor");
            let local_pref = decoder.whole(&inner, "local_pref", 0..=u32::MAX);
            let prepend = decoder.prepend(&inner);
            let export = decoder.flag(&inner, "export");
            if !known[2..].iter().any(|key| inner.has(key)) {
                let help = "add `local_pref`, `prepend` or `export`";
                let message = "this `as_policy` changes nothing";
                decoder.report("scenario::no_action", &*path, &node.origin, message, help);
            }
            Some(Change::AsPolicy { asn: asn?, neighbor: neighbor?, local_pref, prepend, export })
        }
        _ => {
            let mut known = vec!["site", "neighbor", "withdraw"];
            known.extend(NEIGHBOR.iter().filter(|key| **key != "asn"));
            let inner = decoder.table(node, &path, &known)?;
            let site = decoder.needed_site(&inner, "site");
            let asn = decoder.needed_asn(&inner, "neighbor");
            let neighbor = decoder.neighbor(&inner, asn);
            if !known[2..].iter().any(|key| *key != "at" && inner.has(key)) {
                let help = "add a key of a neighbor, such as `prepend`, or `withdraw = true`";
                let message = "this `announce` changes nothing";
                decoder.report("scenario::no_action", &*path, &node.origin, message, help);
            }
            Some(Change::Announce { site: site?, neighbor: neighbor? })
        }
    }
}

/// The two ASes of a link or session.
fn ends(
    decoder: &mut Decoder<'_>,
    fields: &Fields<'_>,
) -> Option<(catchment_model::Asn, catchment_model::Asn)> {
    let (a, b) = (decoder.needed_asn(fields, "a"), decoder.needed_asn(fields, "b"));
    let (a, b) = (a?, b?);
    if a == b {
        let message = format!("AS{a} has no link with itself");
        decoder.report_at(fields, "b", "scenario::self_link", message, "");
        return None;
    }
    Some((a, b))
}

/// `state = "up"` or `"down"`.
fn state(decoder: &mut Decoder<'_>, fields: &Fields<'_>) -> Option<bool> {
    if !fields.has("state") {
        decoder.report_missing(fields, "state", "write `state = \"down\"` or `state = \"up\"`");
    }
    decoder.choice(fields, "state", &[("up", true), ("down", false)])
}

fn igp(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Action> {
    let inner = decoder.table(node, path, &["asn", "a", "b", "cost"])?;
    for key in ["a", "b", "cost"] {
        if !inner.has(key) {
            decoder.report_missing(&inner, key, "");
        }
    }
    let asn = decoder.needed_asn(&inner, "asn");
    let (a, b) = (decoder.city(&inner, "a"), decoder.city(&inner, "b"));
    let cost = decoder.whole(&inner, "cost", 0..=IGP_COST_MAX);
    if a.is_some() && a == b {
        let message = "`a` and `b` are one city";
        decoder.report_at(&inner, "b", "scenario::self_link", message, "");
    }
    Some(Action::Igp { asn: asn?, a: a?, b: b?, cost: cost? })
}

fn attack(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Attack> {
    let inner = decoder.table(node, path, &["gbps", "mqps", "from", "lasts"])?;
    if !inner.has("gbps") && !inner.has("mqps") {
        let message = "this attack sends nothing";
        let help = "add `gbps` or `mqps`";
        decoder.report("scenario::no_action", path, &node.origin, message, help);
    }
    let gbps = decoder.number(&inner, "gbps", 0.0..=ATTACK_MAX);
    let mqps = decoder.number(&inner, "mqps", 0.0..=ATTACK_MAX);
    let lasts = decoder.duration(&inner, "lasts", 0..=YEAR_S);
    let from = match inner.get("from") {
        None => Botnet::Uniform,
        Some(node) => botnet(decoder, node, &inner.path_of("from"))?,
    };
    Some(Attack { gbps, mqps, from, lasts })
}

/// `"uniform"`, `"by_users"`, or a table with one of `region`, `country`, `ases`, `zipf`.
fn botnet(decoder: &mut Decoder<'_>, node: &Node, path: &str) -> Option<Botnet> {
    if let Value::Text(text) = &node.value {
        return match &**text {
            "uniform" => Some(Botnet::Uniform),
            "by_users" => Some(Botnet::ByUsers),
            _ => {
                let message = format!("`{text}` is no place of bots");
                let known = ["uniform", "by_users", "region", "country", "ases", "zipf"];
                let help = match nearest_help(text, known) {
                    help if help.contains("region") || help.contains("country") => {
                        format!("{help}; write it as a table, such as `{{ region = \"eu\" }}`")
                    }
                    help => help,
                };
                decoder.report("scenario::unknown_value", path, &node.origin, message, help);
                None
            }
        };
    }
    let kinds = ["region", "country", "ases", "zipf"];
    let fields = decoder.table(node, path, &kinds)?;
    let given: Vec<&str> = kinds.into_iter().filter(|kind| fields.has(kind)).collect();
    let [kind] = given[..] else {
        let message = "`from` must say one thing";
        let help = "one of `region`, `country`, `ases` or `zipf`";
        decoder.report("scenario::bad_botnet", path, &node.origin, message, help);
        return None;
    };
    match kind {
        "region" => decoder.name(&fields, kind).map(Botnet::Region),
        "country" => {
            let country = decoder.name(&fields, kind)?;
            if country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
                return Some(Botnet::Country(country.to_ascii_uppercase()));
            }
            let message = format!("`{country}` is not a country");
            let help = "write its two letters (ISO 3166), such as `DE`";
            decoder.report_at(&fields, kind, "scenario::bad_country", message, help);
            None
        }
        "ases" => {
            let nodes = decoder.list(&fields, kind)?;
            let path = fields.path_of(kind);
            if nodes.is_empty() {
                let message = "`ases` is empty";
                decoder.report_at(&fields, kind, "scenario::empty", message, "");
            }
            let nodes = nodes.iter().enumerate();
            let ases = nodes.filter_map(|(i, node)| decoder.asn_of(node, &below(&path, i)));
            Some(Botnet::Ases(ases.collect()))
        }
        _ => decoder.number(&fields, kind, 0.0..=10.0).map(Botnet::Zipf),
    }
}
