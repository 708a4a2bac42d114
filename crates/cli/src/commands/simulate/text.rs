//! One run for people: what each event did to whom, and for how long.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use catchment_dynamics::flows::Broken;
use catchment_dynamics::outcome::tables::broken;
use catchment_dynamics::outcome::{EventOutcome, Share, Stayed, Why};
use catchment_dynamics::{Outcome, Stages};
use catchment_model::scenario::Steering;

use super::words::{mean_seconds, names, number, percent, seconds, seconds_or_never};
use super::{Played, edge};
use crate::report::count;

/// Events that are told one by one; the others are in `--format csv`.
const EVENTS_SHOWN: usize = 20;
/// Moves, sites and reasons that are named for an event.
const NAMED: usize = 10;
/// Clients that are named for an event.
const STAYED_NAMED: usize = 5;
/// Sites of the table at the end.
const SITES_SHOWN: usize = 40;
/// Events that have a column in it.
const COLUMNS_SHOWN: usize = 8;

/// How a run is told.
pub fn text(played: &Played) -> String {
    let mut out = String::new();
    head(played, &mut out);
    let events = &played.outcome.events;
    for (cause, event) in (0..).zip(events.iter().take(EVENTS_SHOWN)) {
        out.push('\n');
        tell(played, cause, event, &mut out);
    }
    if events.len() > EVENTS_SHOWN {
        let left = count((events.len() - EVENTS_SHOWN) as u64, "more event", "more events");
        let _ = writeln!(out, "\n… {left}; --format csv has them all");
    }
    out.push('\n');
    sites(played, &mut out);
    if played.flows.classes.iter().any(|it| it.broken.total() > 0.0) {
        out.push('\n');
        grid(&flow_kinds(played), &mut out);
    }
    if let Some(cells) = edge::cells(played) {
        out.push('\n');
        grid(&cells, &mut out);
        out.push_str(edge::LEGEND);
    }
    out
}

/// The name of a way of steering.
pub fn steering_name(steering: Steering) -> &'static str {
    match steering {
        Steering::Anycast => "anycast",
        Steering::GeoDns => "GeoDNS",
        Steering::Hybrid => "hybrid",
    }
}

fn head(played: &Played, out: &mut String) {
    let scenario = &played.variant.scenario;
    let outcome = &played.outcome;
    let _ = match scenario.question.is_empty() {
        true => writeln!(out, "{}", scenario.name),
        false => writeln!(out, "{}: {}", scenario.name, scenario.question),
    };
    let start = &outcome.states[0];
    let _ = write!(
        out,
        "{}; {} with a demand of {}; {} of {} sites active",
        steering_name(scenario.steering),
        clients(outcome.sources),
        number(outcome.demand),
        start.active_sites,
        start.sites.len(),
    );
    let _ = match start.path_length_mean {
        Some(mean) => writeln!(out, "; AS paths of {mean:.4} on average"),
        None => writeln!(out),
    };
    if start.unserved.demand > 0.0 {
        let share = share(played, &start.unserved);
        let _ = writeln!(out, "without service from the start: {share}");
    }
}

/// A number of sources.
pub fn clients(count: u32) -> String {
    format!("{} {}", number(count.into()), if count == 1 { "client" } else { "clients" })
}

fn share(played: &Played, share: &Share) -> String {
    let Share { demand, sources } = *share;
    let percent = percent(demand, played.outcome.demand);
    let clients = clients(sources);
    format!("{} of demand ({percent}), {clients}", number(demand))
}

fn tell(played: &Played, cause: u32, event: &EventOutcome, out: &mut String) {
    let _ = writeln!(out, "{}  {}", seconds(event.at_us), event.label);
    let mut line = |key: &str, text: &str| {
        let _ = writeln!(out, "  {key:11}{text}");
    };
    if event.hurt.sources == 0 {
        // Whose requests a site loses has a site all the same.
        line(
            "hurt",
            if event.overloads.is_empty() { "nobody" } else { "nobody, but see overload" },
        );
    } else {
        line("hurt", &share(played, &event.hurt));
    }
    if let Some(detected_us) = event.detected_us {
        line("noticed", &format!("after {}", seconds(detected_us)));
    }
    if event.hurt.sources > 0 {
        let restored = event.restored;
        let marks = [
            ("first", restored.first_us),
            ("50 %", restored.half_us),
            ("95 %", restored.most_us),
            ("all", restored.all_us),
        ];
        let marks = marks.map(|(name, at_us)| format!("{name} {}", seconds_or_never(at_us)));
        line("served", &format!("again: {}", marks.join(", ")));
        stages(played, event, &mut line);
        let mut lost = format!("{} (demand × seconds without service)", number(event.lost));
        if event.unserved_for_good > 0.0 {
            let left = number(event.unserved_for_good);
            lost += &format!(" by the end of the run; {left} of demand is cut off for good");
        }
        line("lost", &lost);
    }
    if let Some(converged_us) = event.converged_us {
        let converged = seconds(converged_us);
        let messages = number(event.messages as f64);
        line("converged", &format!("after {converged}, with {messages} messages"));
    }
    if event.cleanup_us.is_some() || event.hurt.sources > 0 {
        let failover = match event.hurt.sources {
            0 => "not needed".to_owned(),
            _ => seconds_or_never(event.failover()),
        };
        let cleanup = seconds_or_never(event.cleanup_us);
        line("clocks", &format!("failover {failover}, cleanup {cleanup}"));
    }
    let Broken { needed, unneeded } = broken(&played.flows, cause);
    if needed + unneeded > 0.0 {
        let (needed, unneeded) = (number(needed), number(unneeded));
        line("flows", &format!("broken: {needed} needed, {unneeded} unneeded"));
    }
    let flows = played.flows.events.iter().find(|it| it.cause == cause);
    if let Some(flows) = flows.filter(|it| it.stale_reads >= 0.0005) {
        let share = percent(flows.stale_reads, 1.0);
        line("reads", &format!("{share} of the first after the move miss the last write"));
    }
    moves(played, event, &mut line);
    overloads(played, event, &mut line);
    not_back(played, event, &mut line);
    let after = &played.outcome.states[event.after];
    let before = &played.outcome.states[event.before];
    if (after.active_sites, after.path_length_mean)
        != (before.active_sites, before.path_length_mean)
    {
        let sites = after.active_sites;
        let paths = after.path_length_mean;
        let paths = paths.map_or(String::new(), |mean| format!(", AS paths of {mean:.4}"));
        line("then", &format!("{sites} active sites{paths}"));
    }
}

/// What became of the kinds of flows (models 5): how many survived the run, and how many a calm
/// time of their own length.
fn flow_kinds(played: &Played) -> Vec<Vec<String>> {
    let head = ["flows", "open", "needed", "unneeded", "survive", "in calm times"];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for flows in &played.flows.classes {
        cells.push(vec![
            flows.name.to_owned(),
            number(flows.open),
            number(flows.broken.needed),
            number(flows.broken.unneeded),
            percent(flows.survival_run, 1.0),
            percent(flows.survival_calm, 1.0),
        ]);
    }
    cells
}

fn stages(played: &Played, event: &EventOutcome, line: &mut impl FnMut(&str, &str)) {
    if let Some(means) = &event.stages {
        let parts = [
            ("detection", means.detection_us),
            ("propagation", means.propagation_us),
            ("MRAI", means.mrai_us),
            ("FIB", means.fib_us),
            ("clients", means.client_us),
        ];
        let parts = parts.map(|(name, us)| format!("{name} {}", mean_seconds(us)));
        line("stages", &format!("{} (mean)", parts.join(", ")));
    }
    if let Some(last) = &event.last {
        let Stages { detection_us, propagation_us, mrai_us, fib_us, client_us } = last.stages;
        let parts = [detection_us, propagation_us, mrai_us, fib_us, client_us].map(seconds);
        let name = &played.timeline.delivery.sources[last.source as usize].name;
        line("", &format!("{} ({name}, the last)", parts.join(", ")));
    }
}

fn site_name(played: &Played, site: Option<u32>) -> &str {
    let sites = &played.variant.assembled.service.sites;
    site.map_or("nowhere", |site| sites[site as usize].name.as_str())
}

fn moves(played: &Played, event: &EventOutcome, line: &mut impl FnMut(&str, &str)) {
    let moves: Vec<String> = event
        .moves
        .iter()
        .map(|it| {
            let (from, to) = (site_name(played, it.from), site_name(played, it.to));
            format!("{from} → {to} {}", number(it.moved.demand))
        })
        .collect();
    if !moves.is_empty() {
        line("moves", &names(moves, NAMED));
    }
}

fn overloads(played: &Played, event: &EventOutcome, line: &mut impl FnMut(&str, &str)) {
    let is_last = !played.outcome.events.iter().any(|other| other.at_us > event.at_us);
    let overloads = event.overloads.iter().map(|it| {
        let name = site_name(played, Some(it.site));
        let load = match it.utilization.is_finite() {
            true => format!("at {} of capacity", percent(it.utilization, 1.0)),
            false => "without any capacity".to_owned(),
        };
        let loss = percent(it.loss, 1.0);
        let lasts = match (it.stays, is_last) {
            (true, true) => "to the end of the run".to_owned(),
            (true, false) => "until the next event".to_owned(),
            (false, _) => format!("for {}", seconds(it.lasted_us)),
        };
        format!("{name} {load} loses {loss} of attempts, {lasts}")
    });
    for (index, text) in overloads.take(NAMED).enumerate() {
        line(if index == 0 { "overload" } else { "" }, &text);
    }
    if event.overloads.len() > NAMED {
        line("", &format!("… {} more", event.overloads.len() - NAMED));
    }
}

fn not_back(played: &Played, event: &EventOutcome, line: &mut impl FnMut(&str, &str)) {
    let stayed = &event.stayed;
    if stayed.len() > STAYED_NAMED {
        let demand = stayed.iter().map(|it| it.demand).sum();
        let share = share(played, &Share { demand, sources: stayed.len() as u32 });
        line("not back", &format!("{share}: {}", reasons(stayed)));
    }
    for entry in stayed.iter().take(STAYED_NAMED) {
        line("not back", &stays(played, entry).join(": "));
    }
    if stayed.len() > STAYED_NAMED {
        let left = number((stayed.len() - STAYED_NAMED) as f64);
        line("", &format!("… {left} more; --format csv names them all"));
    }
}

/// How many stayed away for which reason, the most frequent first.
fn reasons(stayed: &[Stayed]) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in stayed {
        *counts.entry(entry.why.as_ref().map_or("not asked", Why::name)).or_default() += 1;
    }
    let mut counts: Vec<(&str, u32)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let counts = counts.iter().map(|(name, count)| format!("{} {name}", number((*count).into())));
    names(counts.collect(), NAMED)
}

/// Who stayed away and where, and why if that is known.
pub fn stays(played: &Played, entry: &Stayed) -> Vec<String> {
    let name = &played.timeline.delivery.sources[entry.source as usize].name;
    let place = match entry.fate.site() {
        Some(site) => format!("stays at {}", site_name(played, Some(site))),
        None => format!("has no service ({})", entry.fate.name()),
    };
    let why = entry.why.as_ref().map(ToString::to_string);
    std::iter::once(format!("{name} {place}")).chain(why).collect()
}

/// Headings of columns for the start and for how things stand after events, with the event.
pub fn state_columns(outcome: &Outcome) -> Vec<(String, Option<usize>)> {
    let mut columns = vec![("start".to_owned(), None)];
    let mut last_us = -1;
    for (index, event) in outcome.events.iter().enumerate() {
        // Events of one instant share a state.
        let heading = format!("from {}", seconds(event.at_us));
        if event.at_us != last_us && columns.len() <= COLUMNS_SHOWN {
            columns.push((heading, Some(index)));
        }
        last_us = event.at_us;
    }
    columns
}

/// What each site serves between the events.
fn sites(played: &Played, out: &mut String) {
    let outcome = &played.outcome;
    let service = &played.variant.assembled.service;
    let columns: Vec<(String, usize)> = state_columns(outcome)
        .into_iter()
        .map(|(heading, event)| (heading, event.map_or(0, |event| outcome.events[event].after)))
        .collect();
    let value = |place: usize, row: Option<usize>| {
        let state = &outcome.states[place];
        row.map_or(state.unserved, |site| state.sites[site])
    };
    let mut rows: Vec<(&str, Option<usize>)> = Vec::new();
    for (index, site) in service.sites.iter().enumerate() {
        rows.push((site.name.as_str(), Some(index)));
    }
    // The busiest, in their order.
    let mut busiest: Vec<usize> = (0..rows.len()).collect();
    let peak = |site: usize| {
        columns.iter().map(|(_, place)| value(*place, Some(site)).demand).fold(0.0, f64::max)
    };
    busiest.sort_by(|a, b| peak(*b).total_cmp(&peak(*a)).then(a.cmp(b)));
    busiest.truncate(SITES_SHOWN);
    busiest.sort_unstable();
    let hidden = rows.len() - busiest.len();
    let mut rows: Vec<(&str, Option<usize>)> = busiest.into_iter().map(|at| rows[at]).collect();
    rows.push(("nowhere", None));
    let mut cells = vec![vec!["demand at".to_owned()]];
    cells[0].extend(columns.iter().map(|(heading, _)| heading.clone()));
    for (name, row) in rows {
        let mut line = vec![name.to_owned()];
        line.extend(columns.iter().map(|(_, place)| number(value(*place, row).demand)));
        cells.push(line);
    }
    grid(&cells, out);
    if hidden > 0 {
        let _ = writeln!(out, "… {hidden} smaller sites");
    }
}

/// Cells in columns: the first to the left, the others to the right.
pub fn grid(cells: &[Vec<String>], out: &mut String) {
    let columns = cells.first().map_or(0, Vec::len);
    let width = |column: usize| {
        cells.iter().map(|row| console::measure_text_width(&row[column])).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in cells {
        let mut line = String::new();
        for (column, (text, width)) in row.iter().zip(&widths).enumerate() {
            let padding = " ".repeat(width - console::measure_text_width(text));
            match column {
                0 => line = format!("{text}{padding}"),
                _ => line = format!("{line}  {padding}{text}"),
            }
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
