//! A history as a story, for people.

use std::fmt;

use catchment_routing::decision::Step;
use catchment_routing::explain::{path_text, reason};

use super::{AgedHop, Change, Ending, History, Past};
use crate::state::At;

/// Changes of each router on the way that are told, the last ones; the table holds all.
const CHANGES_TOLD: usize = 12;

/// A time in seconds with three decimals, such as `-480.000` or `10.086`.
pub(super) fn seconds(us: i64) -> String {
    // Rounded to whole ms first, so that no float is asked.
    let ms = (us.unsigned_abs() + 500) / 1_000;
    let sign = if us < 0 && ms > 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", ms / 1_000, ms % 1_000)
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_summary(f)?;
        for (position, past) in self.pasts.iter().enumerate() {
            writeln!(f)?;
            match position {
                0 => writeln!(f, "What {} used:", past.label)?,
                1 => writeln!(f, "On its way, {} used:", past.label)?,
                _ => writeln!(f, "Then {}:", past.label)?,
            }
            let left_out = if position == 0 { 0 } else { left_out(past) };
            fmt_past(f, past, left_out)?;
        }
        if !self.packets.is_empty() {
            writeln!(f, "\nWhat became of its packets:")?;
            for change in &self.packets {
                let cause = match &change.cause {
                    Some(cause) => format!("  ({cause})"),
                    None => String::new(),
                };
                writeln!(f, "{:>13} s  {}{cause}", seconds(change.at_us), change.text)?;
            }
        }
        if self.hops.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{} they are sent this way:", self.when())?;
        for (position, AgedHop { hop, ages }) in self.hops.iter().enumerate() {
            writeln!(f)?;
            hop.write(f, position + 1, |option| match ages.get(option).map(String::as_str) {
                None | Some("") => String::new(),
                Some(age) => format!("  {age}"),
            })?;
        }
        match &self.ending {
            Ending::Arrived => self.fmt_decisive(f),
            Ending::Dropped => writeln!(f, "\nThere they are dropped, as was asked for."),
            Ending::NoRoute(router) => writeln!(f, "\nThen they come to {router}: no route."),
            Ending::Loop(router) => {
                writeln!(f, "\nThen they come back to {router}: they go round in a loop.")
            }
        }
    }
}

impl History {
    /// The time, as the beginning of a sentence.
    fn when(&self) -> String {
        match self.at {
            At::Start => "Before the first announcement".to_owned(),
            At::Time(time) => format!("At {time}"),
        }
    }

    fn fmt_summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, when, prefix) = (&self.subject, self.when(), self.prefix);
        let Some(AgedHop { hop, .. }) = self.hops.first() else {
            return writeln!(f, "{when} {subject} has no route to {prefix}.");
        };
        match &self.site {
            Some(site) => write!(f, "{when} {subject} lands at {site}")?,
            None => write!(f, "{when} {subject} has a route to {prefix} that leads nowhere")?,
        }
        match hop.options.first() {
            None => writeln!(f, ": it originates the prefix itself.")?,
            Some(chosen) => {
                let count = chosen.as_path.len();
                let ases = if count == 1 { "ASN" } else { "ASNs" };
                writeln!(f, " over {count} {ases}: {}", path_text(&chosen.as_path))?;
            }
        }
        if hop.prefix != self.prefix {
            writeln!(f, "It has no route to {prefix}, so it uses the covering {}.", hop.prefix)?;
        }
        Ok(())
    }

    /// The first router at which another site was on offer, and why this one won.
    fn fmt_decisive(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(site) = &self.site else { return Ok(()) };
        let other = self.hops.iter().find_map(|AgedHop { hop, ages }| {
            let mut options = hop.options.iter().enumerate();
            let is_other = |site: &String| site != "nowhere" && *site != hop.options[0].site;
            let (position, other) = options.find(|(_, option)| is_other(&option.site))?;
            Some((hop, ages, position, other, other.lost_at?))
        });
        let Some((hop, ages, position, other, step)) = other else {
            return writeln!(f, "\nNo router on the way was offered another site.");
        };
        let why = reason(step, &hop.options[0].candidate, &other.candidate);
        write!(
            f,
            "\nDecided at {}, step {step}: {site} won over {} because {why}",
            hop.label, other.site
        )?;
        match (step, ages.first(), ages.get(position)) {
            (Step::Oldest, Some(winner), Some(loser)) if !loser.is_empty() => {
                writeln!(f, " ({winner}; {} {loser}).", other.site)
            }
            (Step::Oldest, Some(winner), _) if !winner.is_empty() => writeln!(f, " ({winner})."),
            _ => writeln!(f, "."),
        }
    }
}

/// How many changes of a router on the way are not told: what it settled for in the start-up is
/// enough to know, and the last changes after that.
fn left_out(past: &Past) -> usize {
    let startup = past.changes.partition_point(|change| change.at_us < 0);
    startup.saturating_sub(1).max(past.changes.len().saturating_sub(CHANGES_TOLD))
}

fn fmt_past(f: &mut fmt::Formatter<'_>, past: &Past, left_out: usize) -> fmt::Result {
    if past.changes.is_empty() {
        return writeln!(f, "     nothing");
    }
    match left_out {
        0 => {}
        1 => writeln!(f, "               … 1 change before")?,
        _ => writeln!(f, "               … {left_out} changes before")?,
    }
    for change in &past.changes[left_out..] {
        fmt_change(f, change)?;
    }
    Ok(())
}

fn fmt_change(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    let at = seconds(change.at_us);
    match &change.to {
        None => writeln!(f, "{at:>13} s  no route")?,
        Some(to) => {
            let site = change.site.as_deref().unwrap_or("nowhere");
            let path = path_text(&change.as_path);
            let path = if path.is_empty() { path } else { format!("  {path}") };
            writeln!(f, "{at:>13} s  {to}  →  {site}{path}")?;
        }
    }
    let indent = " ".repeat(17);
    writeln!(f, "{indent}{}: {}; {}", change.cause, change.came_in, change.verdict)?;
    if change.waited_us > 0 {
        let waited = seconds(i64::from(change.waited_us));
        writeln!(f, "{indent}of which {waited} s were waits for MRAI timers")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_to_ms() {
        let texts = [0, 10_086_499, 10_086_500, -480_000_000, -500, -499].map(seconds);
        assert_eq!(texts, ["0.000", "10.086", "10.087", "-480.000", "-0.001", "0.000"]);
    }
}
