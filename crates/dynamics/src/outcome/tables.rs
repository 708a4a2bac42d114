//! An [`Outcome`] as columns.

use catchment_model::Table;
use catchment_model::service::Service;
use catchment_model::table::Values;

use crate::delivery::Source;
use crate::edge::{EdgeReport, EdgeState, Wait};
use crate::flows::{Broken, FlowReport};

use super::outages::total;
use super::{EventOutcome, Outcome, Share, StageMeans, State};

/// One run among several that are compared.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Name of the variant.
    pub variant: &'a str,
    /// What it came to.
    pub outcome: &'a Outcome,
    /// Who sent.
    pub sources: &'a [Source],
    /// The sites.
    pub service: &'a Service,
    /// What it did to flows.
    pub flows: &'a FlowReport,
    /// What is behind its sites, if something is.
    pub edge: Option<&'a EdgeReport>,
}

struct Row<'a> {
    run: &'a Run<'a>,
    place: usize,
    event: &'a EventOutcome,
}

impl Row<'_> {
    fn after(&self) -> &State {
        &self.run.outcome.states[self.event.after]
    }

    fn broken(&self) -> Broken {
        broken(self.run.flows, self.place as u32)
    }
}

/// What an event did to flows.
pub fn broken(flows: &FlowReport, cause: u32) -> Broken {
    let place = flows.events.binary_search_by_key(&cause, |event| event.cause);
    place.map_or(Broken::default(), |place| flows.events[place].broken)
}

fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

fn decimals(values: impl Iterator<Item = Option<f64>>) -> Values {
    Values::Decimal { decimals: 6, values: values.collect() }
}

/// One row for each run and event: marks, losses, stages. Times that end in `_s` are seconds since
/// the event, but for `time_s`, which is since the start; empty is never.
pub fn events_table(runs: &[Run<'_>]) -> Table {
    let rows: Vec<Row<'_>> = runs
        .iter()
        .flat_map(|run| {
            let events = run.outcome.events.iter().enumerate();
            events.map(move |(place, event)| Row { run, place, event })
        })
        .collect();
    let integers = |value: fn(&Row<'_>) -> i64| {
        Values::Integer(rows.iter().map(|row| Some(value(row))).collect())
    };
    let time = |value: fn(&EventOutcome) -> Option<i64>| {
        decimals(rows.iter().map(|row| value(row.event).map(seconds)))
    };
    let amount = |value: fn(&Row<'_>) -> f64| decimals(rows.iter().map(|row| Some(value(row))));
    let stage = |value: fn(&StageMeans) -> f64| {
        decimals(rows.iter().map(|row| Some(value(row.event.stages.as_ref()?) / 1e6)))
    };
    let mut table = Table::default();
    let variants = Values::from_texts(rows.iter().map(|row| Some(row.run.variant)));
    table.push("variant", "", variants);
    table.push("event", "", integers(|row| row.place as i64));
    table.push("label", "", Values::from_texts(rows.iter().map(|row| Some(&*row.event.label))));
    table.push("time_s", "s", time(|event| Some(event.at_us)));
    table.push("demand", "demand", amount(|row| row.run.outcome.demand));
    table.push("hurt_demand", "demand", amount(|row| row.event.hurt.demand));
    table.push("hurt_sources", "", integers(|row| row.event.hurt.sources.into()));
    table.push("peak_unserved", "demand", amount(|row| row.event.peak));
    table.push("detected_s", "s", time(|event| event.detected_us));
    table.push("restored_first_s", "s", time(|event| event.restored.first_us));
    table.push("restored_50_s", "s", time(|event| event.restored.half_us));
    table.push("restored_95_s", "s", time(|event| event.restored.most_us));
    table.push("failover_s", "s", time(EventOutcome::failover));
    table.push("converged_s", "s", time(|event| event.converged_us));
    table.push("cleanup_s", "s", time(|event| event.cleanup_us));
    table.push("messages", "", integers(|row| row.event.messages as i64));
    table.push("lost", "demand*s", amount(|row| row.event.lost));
    table.push("unserved_for_good", "demand", amount(|row| row.event.unserved_for_good));
    table.push("detection_s", "s", stage(|it| it.detection_us));
    table.push("propagation_s", "s", stage(|it| it.propagation_us));
    table.push("mrai_s", "s", stage(|it| it.mrai_us));
    table.push("fib_s", "s", stage(|it| it.fib_us));
    table.push("client_s", "s", stage(|it| it.client_us));
    let moved = |row: &Row<'_>| total(row.event.moves.iter().map(|it| it.moved.demand));
    table.push("moved_demand", "demand", amount(moved));
    table.push("flows_broken_needed", "flows", amount(|row| row.broken().needed));
    table.push("flows_broken_unneeded", "flows", amount(|row| row.broken().unneeded));
    let stayed = |row: &Row<'_>| total(row.event.stayed.iter().map(|it| it.demand));
    table.push("stayed_demand", "demand", amount(stayed));
    let stayed: Vec<String> = rows.iter().map(stayed_text).collect();
    let stayed = stayed.iter().map(|text| (!text.is_empty()).then_some(&**text));
    table.push("stayed", "", Values::from_texts(stayed));
    table.push("unserved_after", "demand", amount(|row| row.after().unserved.demand));
    table.push("active_sites", "", integers(|row| row.after().active_sites.into()));
    let lengths = rows.iter().map(|row| row.after().path_length_mean);
    table.push("path_length_mean", "ASNs", decimals(lengths));
    let overloaded: Vec<String> = rows.iter().map(overloaded_text).collect();
    let overloaded = overloaded.iter().map(|text| (!text.is_empty()).then_some(&**text));
    table.push("overloaded", "", Values::from_texts(overloaded));
    let losses = |row: &Row<'_>| row.event.overloads.iter().map(|it| it.loss).fold(0.0, f64::max);
    table.push("loss_max", "probability", amount(losses));
    push_edge(&mut table, runs);
    table
}

/// Columns about what is behind the sites: how things stand after each event. Runs without have
/// empty fields; without any there are no columns.
fn push_edge(table: &mut Table, runs: &[Run<'_>]) {
    if runs.iter().all(|run| run.edge.is_none()) {
        return;
    }
    let mut push = |name, unit, value: &dyn Fn(&EdgeReport, &EdgeState) -> Option<f64>| {
        let of = |run: &Run<'_>| -> Vec<Option<f64>> {
            match run.edge {
                Some(report) => report.events.iter().map(|state| value(report, state)).collect(),
                None => vec![None; run.outcome.events.len()],
            }
        };
        table.push(name, unit, decimals(runs.iter().flat_map(of)));
    };
    let mean = |wait: Option<Wait>| Some(wait?.mean_us / 1000.0);
    push("first_byte_origin_ms", "ms", &|_, state| mean(state.direct));
    push("first_byte_site_ms", "ms", &|_, state| mean(state.through));
    push("first_byte_cache_ms", "ms", &|_, state| mean(state.cached));
    push("origin_factor", "", &|report, state| Some(state.origin_factor(report.cache, 0.0)));
}

/// Names of those who stayed away, joined by `|`.
fn stayed_text(row: &Row<'_>) -> String {
    let name = |it: &super::Stayed| &*row.run.sources[it.source as usize].name;
    row.event.stayed.iter().map(name).collect::<Vec<_>>().join("|")
}

/// Names of the sites that had more load than they can carry, joined by `|`.
fn overloaded_text(row: &Row<'_>) -> String {
    let name = |it: &super::Overload| row.run.service.sites[it.site as usize].name.as_str();
    row.event.overloads.iter().map(name).collect::<Vec<_>>().join("|")
}

/// One row for each site before the first event, and after each: what it serves. The row without
/// a site is what nobody serves.
pub fn sites_table(outcome: &Outcome, service: &Service) -> Table {
    let mut rows: Vec<(Option<i64>, i64, Option<&str>, Share)> = Vec::new();
    let mut add = |event: Option<i64>, at_us: i64, place: usize| {
        let state = &outcome.states[place];
        for (site, share) in service.sites.iter().zip(&state.sites) {
            rows.push((event, at_us, Some(site.name.as_str()), *share));
        }
        rows.push((event, at_us, None, state.unserved));
    };
    add(None, 0, 0);
    for (index, event) in (0..).zip(&outcome.events) {
        add(Some(index), event.at_us, event.after);
    }
    let mut table = Table::default();
    table.push("event", "", Values::Integer(rows.iter().map(|row| row.0).collect()));
    let times = rows.iter().map(|row| Some(seconds(row.1)));
    table.push("time_s", "s", decimals(times));
    table.push("site", "", Values::from_texts(rows.iter().map(|row| row.2)));
    let demand = rows.iter().map(|row| Some(row.3.demand));
    table.push("demand", "demand", decimals(demand));
    let sources = rows.iter().map(|row| Some(row.3.sources.into())).collect();
    table.push("sources", "", Values::Integer(sources));
    table
}
