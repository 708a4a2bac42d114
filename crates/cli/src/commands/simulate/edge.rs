//! Sites before an origin: waits for the first byte, and what the origin is asked.

use catchment_dynamics::edge::{EdgeReport, EdgeState, Wait};
use catchment_model::scenario::{Edge, Handshake, PlaceRef};

use super::Played;
use super::text::state_columns;
use super::words::number;

/// Later than a move, in s, when a second look is taken at the origin.
const LATER_S: f64 = 600.0;

/// The lines below the sites: a heading, then means and medians at the start and after each event
/// that has a column.
pub fn cells(played: &Played) -> Option<Vec<Vec<String>>> {
    let report = played.edge.as_ref()?;
    let edge = played.variant.scenario.edge.as_ref()?;
    let columns = state_columns(&played.outcome);
    let states: Vec<&EdgeState> = columns
        .iter()
        .map(|(_, event)| event.map_or(&report.start, |event| &report.events[event]))
        .collect();
    let row = |name: &str, value: &dyn Fn(&EdgeState) -> String| {
        let values = states.iter().map(|state| value(state));
        std::iter::once(name.to_owned()).chain(values).collect::<Vec<_>>()
    };
    let mut heading = vec![format!("first byte, {}", told(edge))];
    heading.extend(columns.iter().map(|(heading, _)| heading.clone()));
    let factor = |state: &EdgeState| {
        let at = |age_s| number(state.origin_factor(report.cache, age_s));
        format!("{}, {}", at(0.0), at(LATER_S))
    };
    Some(vec![
        heading,
        row("from the origin", &|state| wait(state.direct)),
        row("through the site", &|state| wait(state.through)),
        row("from its cache", &|state| wait(state.cached)),
        row("origin is asked", &factor),
    ])
}

/// What the lines mean.
pub const LEGEND: &str = "first byte: mean and median in ms, by demand; origin is asked: at once \
                          and 10 minutes later, warm caches being 1\n";

/// Lines of a comparison: means at the start.
pub fn compared(played: &[Played]) -> Vec<Vec<String>> {
    if played.iter().all(|it| it.edge.is_none()) {
        return Vec::new();
    }
    let row = |name: &str, value: &dyn Fn(&EdgeReport) -> String| {
        let values = played.iter().map(|it| it.edge.as_ref().map_or(String::new(), value));
        std::iter::once(name.to_owned()).chain(values).collect::<Vec<_>>()
    };
    let mean = |wait: Option<Wait>| wait.map_or("-".into(), |it| format!("{} ms", ms(it.mean_us)));
    vec![
        row("first byte", &|it| handshake(it.origin.handshake).to_owned()),
        row("  from the origin", &|it| mean(it.start.direct)),
        row("  through the site", &|it| mean(it.start.through)),
        row("  from its cache", &|it| mean(it.start.cached)),
    ]
}

fn told(edge: &Edge) -> String {
    let origin = match &edge.origin {
        PlaceRef::City(code) => code.clone(),
        PlaceRef::At(at) => format!("{}, {}", at.lat, at.lon),
    };
    format!("origin in {origin} ({})", handshake(edge.handshake))
}

fn handshake(handshake: Handshake) -> &'static str {
    match handshake {
        Handshake::Tcp => "TCP",
        Handshake::Tls12 => "TLS 1.2",
        Handshake::Tls13 => "TLS 1.3",
        Handshake::Quic => "QUIC",
        Handshake::QuicEarlyData => "QUIC, 0-RTT",
    }
}

fn wait(wait: Option<Wait>) -> String {
    wait.map_or("-".to_owned(), |it| format!("{}, {}", ms(it.mean_us), ms(it.median_us as f64)))
}

fn ms(us: f64) -> String {
    format!("{:.0}", us / 1000.0)
}
