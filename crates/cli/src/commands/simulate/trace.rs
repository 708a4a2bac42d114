//! `--trace`: every change of a best route and of a client's fate, as columns.

use std::path::Path;

use catchment_dynamics::Fate;
use catchment_dynamics::delivery::NO_CAUSE;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::engine::{Best, NO_SLOT, OWN};
use catchment_formats::table::Format;
use catchment_model::Table;
use catchment_model::table::Values;

use super::Played;
use crate::output::{Output, OutputArgs, Target};
use crate::report::Failure;

/// Where a trace goes.
pub struct TraceFile(Output);

impl TraceFile {
    /// Settles place and form.
    ///
    /// # Errors
    /// If there cannot be a file, or its name says nothing of its form.
    pub fn settle(path: &Path) -> Result<TraceFile, Failure> {
        let args = OutputArgs { format: None, out: Some(path.to_owned()) };
        let output = args.settle()?;
        if output.format == Format::Csv
            && path.extension().is_none_or(|it| !it.eq_ignore_ascii_case("csv"))
        {
            let message = format!("cannot tell from its name what `{}` should be", path.display());
            return Err(Failure::bad_input(message)
                .help("end the name of the trace in `.parquet`, `.csv`, `.json` or `.txt`"));
        }
        Ok(TraceFile(output))
    }

    /// The place.
    pub fn target(&self) -> &Target {
        self.0.target()
    }

    /// Writes the trace of a run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, played: &Played) -> Result<(), Failure> {
        self.0.table(&table(played))
    }
}

/// A row before it is spread over columns.
struct Row {
    at_us: i64,
    /// The log of routes, or `None` for a change of fate.
    log: Option<usize>,
    router: u32,
    source: Option<u32>,
    /// How much demand goes there, if it is a change of fate.
    demand: Option<f64>,
    from: Option<String>,
    to: Option<String>,
    best: Option<Best>,
    state: &'static str,
    cause: u32,
}

/// Columns of texts are stored one text behind the other, with ends of 32 bits.
fn texts(values: impl Iterator<Item = Option<String>>) -> Values {
    let values: Vec<Option<String>> = values.collect();
    Values::from_texts(values.iter().map(Option::as_deref))
}

fn table(played: &Played) -> Table {
    let assembled = &played.variant.assembled;
    let (world, service) = (&*assembled.world, &assembled.service);
    let logs = &played.timeline.routes;
    let rows = rows(played);
    let mut table = Table::default();
    let times = rows.iter().map(|row| Some(row.at_us as f64 / 1e6)).collect();
    table.push("time_s", "s", Values::Decimal { decimals: 6, values: times });
    let planes = rows.iter().map(|row| u32::from(row.log.is_none())).collect();
    let names = ["control", "data"].map(str::to_owned).to_vec();
    table.push("plane", "", Values::Word { texts: names, rows: planes });
    let prefixes = service.prefixes.iter().map(ToString::to_string).collect();
    let prefix = |row: &Row| row.log.map_or(u32::MAX, |log| logs[log].prefix.into());
    let prefix_rows = rows.iter().map(prefix).collect();
    table.push("prefix", "", Values::Word { texts: prefixes, rows: prefix_rows });
    let asns = rows.iter().map(|row| Some(world.asn_of(row.router).0.into())).collect();
    table.push("asn", "", Values::Integer(asns));
    let city = |row: &Row| world.place(row.router).map(|place| place.code.clone());
    table.push("city", "", texts(rows.iter().map(city)));
    let clients = played.timeline.delivery.sources.iter().map(|it| it.name.clone()).collect();
    let client_rows = rows.iter().map(|row| row.source.unwrap_or(u32::MAX)).collect();
    table.push("client", "", Values::Word { texts: clients, rows: client_rows });
    table.push("from", "", texts(rows.iter().map(|row| row.from.clone())));
    table.push("to", "", texts(rows.iter().map(|row| row.to.clone())));
    let path = |row: &Row| {
        let best = row.best.filter(|best| best.slot != NO_SLOT)?;
        Some((&logs[row.log?].paths, best.told.path()))
    };
    let length = |row: &Row| path(row).map(|(paths, path)| paths.length(path).into());
    table.push("path_length", "ASNs", Values::Integer(rows.iter().map(length).collect()));
    let as_path = |row: &Row| {
        let (paths, path) = path(row)?;
        let asns: Vec<String> = paths.asns(path).map(|asn| asn.to_string()).collect();
        Some(asns.join(" "))
    };
    table.push("as_path", "", texts(rows.iter().map(as_path)));
    table.push("state", "", texts(rows.iter().map(|row| Some(row.state.to_owned()))));
    let cause = |row: &Row| (row.cause != NO_CAUSE).then_some(i64::from(row.cause));
    table.push("cause", "", Values::Integer(rows.iter().map(cause).collect()));
    let demand = rows.iter().map(|row| row.demand).collect();
    table.push("demand", "demand", Values::Decimal { decimals: 6, values: demand });
    table
}

/// All changes, ascending by time; of one instant those of routes come first, which the others
/// follow from.
fn rows(played: &Played) -> Vec<Row> {
    let assembled = &played.variant.assembled;
    let (world, service) = (&*assembled.world, &assembled.service);
    let adjacency = Adjacency::new(world, &assembled.rules);
    let neighbor = |best: &Best| match best.slot {
        NO_SLOT => None,
        OWN => Some("own".to_owned()),
        slot => Some(world.asn_of(adjacency.peer(slot)).to_string()),
    };
    let mut rows = Vec::new();
    for (index, log) in played.timeline.routes.iter().enumerate() {
        let mut best = log.start.clone();
        for change in &log.changes {
            let before = std::mem::replace(&mut best[change.router as usize], change.best);
            rows.push(Row {
                at_us: change.at_us,
                log: Some(index),
                router: change.router,
                source: None,
                demand: None,
                from: neighbor(&before),
                to: neighbor(&change.best),
                best: Some(change.best),
                state: match change.best.slot {
                    NO_SLOT => "no-route",
                    _ => "route",
                },
                cause: change.best.cause,
            });
        }
    }
    let delivery = &played.timeline.delivery;
    let site = |fate: Fate| fate.site().map(|site| service.sites[site as usize].name.to_string());
    let mut fates = delivery.start.clone();
    for change in &delivery.changes {
        let before = std::mem::replace(&mut fates[change.stream as usize], change.fate);
        let source = delivery.streams[change.stream as usize].source;
        rows.push(Row {
            at_us: change.at_us,
            log: None,
            router: delivery.sources[source as usize].router,
            source: Some(source),
            demand: Some(delivery.weight(change.stream)),
            from: site(before),
            to: site(change.fate),
            best: None,
            state: change.fate.name(),
            cause: change.cause,
        });
    }
    rows.sort_by_key(|row| row.at_us);
    rows
}
