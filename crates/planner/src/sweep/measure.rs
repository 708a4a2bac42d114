//! What one row of a sweep is measured by.

use std::borrow::Cow;

use catchment_dynamics::Outcome;
use catchment_dynamics::outcome::EventOutcome;
use catchment_model::Service;
use catchment_model::service::{Capacity, Site};

use crate::brief::Brief;
use crate::load::{Load, Loads};
use crate::oracle::{Placement, Unplanned};
use crate::quantile::Weighted;

/// A measure of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Name of its column.
    pub name: Cow<'static, str>,
    /// Its unit; empty for counts.
    pub unit: &'static str,
    /// Digits behind the point in text.
    pub decimals: u8,
}

impl Measure {
    fn new(name: impl Into<Cow<'static, str>>, unit: &'static str, decimals: u8) -> Measure {
        Measure { name: name.into(), unit, decimals }
    }
}

/// Measures of every row, in order: `settled`, the load of each site, and what all come to. With
/// `outcome` also what the events of the scenario did.
pub fn measures(sites: &[String], outcome: bool) -> Vec<Measure> {
    let mut measures = vec![Measure::new("settled", "", 0)];
    measures.extend(sites.iter().map(|site| Measure::new(format!("load_{site}"), "kq/s", 3)));
    measures.extend([
        Measure::new("unserved", "kq/s", 3),
        Measure::new("utilization_max", "%", 2),
        Measure::new("rtt_mean_ms", "ms", 3),
        Measure::new("rtt_p50_ms", "ms", 3),
        Measure::new("rtt_p95_ms", "ms", 3),
    ]);
    if outcome {
        measures.extend([
            Measure::new("hurt_max", "kq/s", 3),
            Measure::new("lost", "kq", 3),
            Measure::new("served_95_max_s", "s", 3),
            Measure::new("failover_max_s", "s", 3),
            Measure::new("converged_max_s", "s", 3),
            Measure::new("unserved_for_good", "kq/s", 3),
            Measure::new("stayed_away", "kq/s", 3),
            Measure::new("messages", "", 0),
        ]);
    }
    measures
}

/// The sites of a row among the columns of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSites {
    /// Column and capacity of each site, by index.
    sites: Vec<(u32, Capacity)>,
    /// How many columns there are.
    column_count: usize,
}

impl RowSites {
    /// Those of a service; `columns` are names.
    ///
    /// # Errors
    /// If the service has a site that is none of them.
    pub fn new(service: &Service, columns: &[String]) -> Result<RowSites, Unplanned> {
        let site = |site: &Site| {
            let name = site.name.as_str();
            let column = columns.iter().position(|it| *it == name).ok_or_else(|| {
                Unplanned::question(
                    format!("the settings together make a site `{name}` that none makes alone"),
                    "name the site in the scenario, and vary what it does",
                )
            })?;
            Ok((column as u32, site.capacity))
        };
        let sites = service.sites.iter().map(site).collect::<Result<_, Unplanned>>()?;
        Ok(RowSites { sites, column_count: columns.len() })
    }

    /// The column of a site.
    pub fn column(&self, site: u32) -> u32 {
        self.sites[site as usize].0
    }

    /// Measures of a row before its events: as many as [`measures`] names without outcome. `load`
    /// is that of a site, by index; a site that the row does not have is no number.
    pub(super) fn measures(
        &self,
        load: impl Fn(u32) -> Load,
        unserved: Load,
        rtts: &Weighted,
    ) -> Vec<f64> {
        let mut values = vec![1.0];
        values.resize(1 + self.column_count, f64::NAN);
        let mut utilization_max = f64::NAN;
        for (site, (column, capacity)) in (0..).zip(&self.sites) {
            let load = load(site);
            values[1 + *column as usize] = load.kqps;
            if let Some(utilization) = load.utilization(*capacity) {
                utilization_max = f64::max(utilization_max, utilization);
            }
        }
        values.push(unserved.kqps);
        values.push(100.0 * utilization_max);
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        values.extend([or_nan(rtts.mean()), or_nan(rtts.at(0.5)), or_nan(rtts.at(0.95))]);
        values
    }
}

/// Measures of a row before its events, by where its demand lands.
pub fn of_placement(brief: &Brief<'_>, placement: &Placement, sites: &RowSites) -> Vec<f64> {
    let loads = Loads::of(brief, placement);
    let timed = placement.streams.iter().zip(&placement.rtt_ms).filter_map(|(stream, rtt_ms)| {
        let weight = brief.sources[stream.source as usize].weight * stream.share;
        Some(((*rtt_ms)?, weight))
    });
    sites.measures(|site| loads.sites[site as usize], loads.unserved, &Weighted::new(timed))
}

/// What the events of a row did: as many as [`measures`] adds with outcome. Times are the longest
/// of all events; one that has no end is no number.
pub fn of_outcome(outcome: &Outcome) -> Vec<f64> {
    let hurt = || outcome.events.iter().filter(|event| event.hurt.demand > 0.0);
    let longest = |times: &mut dyn Iterator<Item = Option<i64>>| {
        let mut longest = 0.0;
        for time in times {
            let Some(us) = time else { return f64::NAN };
            longest = f64::max(longest, us as f64 / 1e6);
        }
        longest
    };
    let stayed = outcome.events.iter().flat_map(|event| &event.stayed);
    vec![
        hurt().map(|event| event.hurt.demand).fold(0.0, f64::max),
        outcome.lost(),
        longest(&mut hurt().map(|event| event.restored.most_us)),
        longest(&mut hurt().map(EventOutcome::failover)),
        longest(&mut outcome.events.iter().filter_map(|event| event.converged_us).map(Some)),
        outcome.events.iter().map(|event| event.unserved_for_good).sum(),
        stayed.map(|stayed| stayed.demand).sum(),
        outcome.events.iter().map(|event| event.messages).sum::<u64>() as f64,
    ]
}

/// Measures of a row whose routing does not settle.
pub fn unsettled(measures: &[Measure]) -> Vec<f64> {
    let mut values = vec![f64::NAN; measures.len()];
    values[0] = 0.0;
    values
}
