//! Variants side by side: one screen.

use std::fmt::Write as _;

use catchment_dynamics::outcome::EventOutcome;
use catchment_dynamics::outcome::tables::broken;
use catchment_model::Scenario;

use super::text::{clients, grid, stays, steering_name};
use super::words::{number, seconds, seconds_or_never};
use super::{Played, edge};
use crate::report::count;

/// Events of the first variant that are told.
const EVENTS_SHOWN: usize = 4;
/// Clients that are named for a variant.
const NAMED: usize = 3;
/// Longest heading of a column.
const HEADING_MAX: usize = 18;

/// The comparison, for people.
pub fn text(scenario: &Scenario, played: &[Played]) -> String {
    let mut out = String::new();
    let _ = match scenario.question.is_empty() {
        true => writeln!(out, "{}", scenario.name),
        false => writeln!(out, "{}: {}", scenario.name, scenario.question),
    };
    let mut cells = vec![row("", played, |it| shortened(&it.variant.name))];
    cells.push(row("steering", played, |it| steering_name(it.variant.scenario.steering).into()));
    // Variants may have other events: then they are compared by their place.
    let events = played.iter().map(|it| it.outcome.events.len()).max().unwrap_or(0);
    for cause in 0..events.min(EVENTS_SHOWN) {
        cells.push(row("", played, |_| String::new()));
        event_rows(played, cause, &mut cells);
    }
    cells.push(row("", played, |_| String::new()));
    cells.push(row("lost in all", played, |it| number(it.outcome.lost())));
    let first_bytes = edge::compared(played);
    if !first_bytes.is_empty() {
        cells.push(row("", played, |_| String::new()));
        cells.extend(first_bytes);
    }
    out.push('\n');
    grid(&cells, &mut out);
    if events > EVENTS_SHOWN {
        let left = count((events - EVENTS_SHOWN) as u64, "more event", "more events");
        let _ = writeln!(out, "… {left}; --format csv has them all");
    }
    out.push_str("\nlost: demand × seconds without service; flows: broken, needed / unneeded\n");
    not_back(played, &mut out);
    out
}

fn row(name: &str, played: &[Played], value: impl Fn(&Played) -> String) -> Vec<String> {
    std::iter::once(name.to_owned()).chain(played.iter().map(value)).collect()
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= HEADING_MAX {
        return name.to_owned();
    }
    name.chars().take(HEADING_MAX - 1).chain(['…']).collect()
}

fn event_rows(played: &[Played], cause: usize, cells: &mut Vec<Vec<String>>) {
    let events: Vec<_> = played.iter().map(|it| it.outcome.events.get(cause)).collect();
    // How a site fails may differ between variants; each says so in its column.
    let first = events.iter().flatten().next();
    let title = first
        .map_or(String::new(), |event| format!("{}  {}", seconds(event.at_us), base(&event.label)));
    let how = |it: &Played| {
        let event = it.outcome.events.get(cause);
        event
            .and_then(|event| event.label.split_once(" ("))
            .map_or(String::new(), |(_, how)| how.trim_end_matches(')').to_owned())
    };
    cells.push(row(&title, played, how));
    let mut push = |name: &str, value: &dyn Fn(&EventOutcome) -> String| {
        let of = |it: &Played| it.outcome.events.get(cause).map_or(String::new(), value);
        cells.push(row(name, played, of));
    };
    if events.iter().flatten().any(|event| event.hurt.sources > 0) {
        let mark = |event: &EventOutcome, at_us: Option<i64>| match event.hurt.sources {
            0 => "-".to_owned(),
            _ => seconds_or_never(at_us),
        };
        push("  demand hurt", &|event| number(event.hurt.demand));
        push("  50 % served", &|event| mark(event, event.restored.half_us));
        push("  95 % served", &|event| mark(event, event.restored.most_us));
        push("  100 % served", &|event| mark(event, event.restored.all_us));
        push("  lost", &|event| number(event.lost));
    }
    if events.iter().flatten().any(|event| !event.stayed.is_empty()) {
        push("  not back", &|event| clients(event.stayed.len() as u32));
    }
    let flows = |it: &Played| {
        let broken = broken(&it.flows, cause as u32);
        format!("{} / {}", number(broken.needed), number(broken.unneeded))
    };
    cells.push(row("  flows", played, flows));
}

/// A label without what is in brackets.
fn base(label: &str) -> &str {
    label.split_once(" (").map_or(label, |(base, _)| base)
}

/// Who stayed away, and why: once for all variants that agree.
fn not_back(played: &[Played], out: &mut String) {
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for it in played {
        let stayed = it.outcome.events.iter().flat_map(|event| &event.stayed);
        for entry in stayed.take(NAMED) {
            let text = stays(it, entry).join(":\n  ");
            match said.iter_mut().find(|(known, _)| *known == text) {
                Some((_, variants)) => variants.push(&it.variant.name),
                None => said.push((text, vec![&it.variant.name])),
            }
        }
    }
    for (text, variants) in said {
        let who =
            if variants.len() == played.len() { "all".to_owned() } else { variants.join(", ") };
        let _ = writeln!(out, "not back ({who}): {text}");
    }
}
