//! What all rows of a sweep come to: quantiles of each measure, and how sure each source's site is.

use catchment_model::Table;
use catchment_model::table::Values;

use super::Question;
use super::certainty::{Certainty, Sureness};
use super::measure::Measure;
use crate::answer::{Answer, Bar, Chart, ChartKind, Curve, Section, Verdict};
use crate::quantile::Weighted;

/// Quantiles of a measure, in percent.
const PERCENTS: [u32; 5] = [5, 25, 50, 75, 95];
/// Points of a grid that are told apart in the table of quantiles.
const POINTS_MAX: u64 = 200;
/// Curves in one picture.
const CURVES_MAX: usize = 7;

/// One measure over the rows of one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The point of the grid; `None` for all rows.
    pub point: Option<u64>,
    /// The measure, by place.
    pub measure: usize,
    /// Rows in which it is a number.
    pub rows: u64,
    /// Its mean over them; `None` without any.
    pub mean: Option<f64>,
    /// Its quantiles of 0, 1, … 100 %; empty without any. Not all values: rows may be many.
    pub percentiles: Vec<f64>,
}

impl Spread {
    fn of(point: Option<u64>, measure: usize, values: &[f64]) -> Spread {
        let weighted = Weighted::new(values.iter().map(|value| (*value, 1.0)));
        let percentiles = (0..=100).filter_map(|it| weighted.at(f64::from(it) / 100.0)).collect();
        let rows = weighted.total() as u64;
        Spread { point, measure, rows, mean: weighted.mean(), percentiles }
    }

    /// The quantile of so many percent, 0 to 100; `None` without any row.
    pub fn at(&self, percent: u32) -> Option<f64> {
        self.percentiles.get(percent as usize).copied()
    }
}

/// What all rows come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Names of the sites that have columns.
    pub sites: Vec<String>,
    /// All measures.
    pub measures: Vec<Measure>,
    /// Their spread: over all rows, and over the rows of each point.
    pub spreads: Vec<Spread>,
    /// Rows whose routing did not settle.
    pub unsettled: u64,
    /// How sure each source's site is.
    pub certainty: Certainty,
}

impl Summary {
    /// Reads all rows. `column` gives the values of one measure, row by row; it is asked for one
    /// at a time, so that whoever has many rows need not hold all.
    ///
    /// # Errors
    /// What `column` returns.
    pub fn read<E>(
        question: &Question,
        sites: Vec<String>,
        measures: Vec<Measure>,
        certainty: Certainty,
        mut column: impl FnMut(usize) -> Result<Vec<f64>, E>,
    ) -> Result<Summary, E> {
        let points = question.points();
        let apart = points > 1 && points <= POINTS_MAX;
        let mut spreads = Vec::new();
        let mut unsettled = 0;
        for measure in 0..measures.len() {
            let values = column(measure)?;
            if measure == 0 {
                unsettled = values.iter().filter(|value| **value == 0.0).count() as u64;
                continue;
            }
            let all = Spread::of(None, measure, &values);
            // What is the same everywhere need not be said point by point.
            let varies = all.at(0) != all.at(100) || all.rows < question.rows();
            spreads.push(all);
            if apart && varies {
                for (point, rows) in (0..).zip(values.chunks(question.repeats as usize)) {
                    spreads.push(Spread::of(Some(point), measure, rows));
                }
            }
        }
        // All rows first, then point by point.
        spreads.sort_by_key(|spread| spread.point);
        Ok(Summary { sites, measures, spreads, unsettled, certainty })
    }

    /// A measure over all rows.
    pub fn over_all(&self, name: &str) -> Option<&Spread> {
        let at = self.measures.iter().position(|measure| measure.name == name)?;
        let found = |spread: &&Spread| spread.point.is_none() && spread.measure == at;
        self.spreads.iter().find(found)
    }

    /// As an answer.
    pub fn answer(&self, question: &Question) -> Answer {
        let demand = self.certainty.demand();
        let total: f64 = demand.iter().sum();
        let percent = |at: usize| if total > 0.0 { 100.0 * demand[at] / total } else { 0.0 };
        let rows = question.rows();
        let headline = format!(
            "over {rows} rows, where {:.1} % of the demand lands is certain, {:.1} % likely, \
             {:.1} % a toss-up",
            percent(Sureness::Certain as usize),
            percent(Sureness::Likely as usize),
            percent(Sureness::TossUp as usize)
        );
        Answer {
            verdict: Verdict::Holds,
            headline,
            findings: self.findings(),
            sections: vec![
                Section {
                    name: "quantiles",
                    title: "Each measure over the rows".to_owned(),
                    table: self.quantiles(question),
                },
                Section {
                    name: "certainty",
                    title: "How sure it is where each source lands".to_owned(),
                    table: self.certainty.table(&self.sites),
                },
            ],
            charts: self.charts(question),
        }
    }

    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let mut widest: Option<(f64, &String, &Spread)> = None;
        for site in &self.sites {
            if let Some(values) = self.over_all(&format!("load_{site}"))
                && let (Some(low), Some(high)) = (values.at(5), values.at(95))
                && widest.is_none_or(|(width, ..)| high - low > width)
            {
                widest = Some((high - low, site, values));
            }
        }
        if let Some((width, site, values)) = widest
            && width > 0.0
            && let (Some(low), Some(high)) = (values.at(5), values.at(95))
        {
            findings.push(format!(
                "least sure is the load of {site}: from {low:.1} to {high:.1} kq/s in 90 % of the \
                 rows"
            ));
        }
        for (name, what, unit) in [
            ("rtt_mean_ms", "the mean round trip is", "ms"),
            ("failover_max_s", "the last that were hurt are served again after", "s"),
        ] {
            if let Some(values) = self.over_all(name)
                && let (Some(low), Some(high)) = (values.at(5), values.at(95))
            {
                findings.push(match low == high {
                    true => format!("{what} {low:.1} {unit} in 90 % of the rows"),
                    false => format!("{what} {low:.1} to {high:.1} {unit} in 90 % of the rows"),
                });
            }
        }
        if let Some(values) = self.over_all("utilization_max")
            && let Some(high) = values.at(100)
            && high > 100.0
        {
            findings.push(format!("the fullest site reaches {high:.0} % of its capacity"));
        }
        if self.unsettled > 0 {
            let rows = if self.unsettled == 1 { "row" } else { "rows" };
            findings.push(format!(
                "in {} {rows} the routing does not settle; their measures are empty",
                self.unsettled
            ));
        }
        findings
    }

    fn quantiles(&self, question: &Question) -> Table {
        let point = |spread: &Spread| match spread.point {
            Some(point) => question.point_text(point),
            None => "all".to_owned(),
        };
        let points: Vec<String> = self.spreads.iter().map(point).collect();
        let measure = |spread: &Spread| &self.measures[spread.measure];
        let mut table = Table::default();
        if self.spreads.iter().any(|spread| spread.point.is_some()) {
            table.push("rows_with", "", Values::from_texts(points.iter().map(|it| Some(&**it))));
        }
        let names = self.spreads.iter().map(|it| Some(&*measure(it).name));
        table.push("measure", "", Values::from_texts(names));
        let units = self.spreads.iter().map(|it| Some(measure(it).unit));
        table.push("unit", "", Values::from_texts(units.map(|it| it.filter(|it| !it.is_empty()))));
        let rows = self.spreads.iter().map(|it| Some(it.rows as i64)).collect();
        table.push("rows", "", Values::Integer(rows));
        let mut push = |name: String, of: &dyn Fn(&Spread) -> Option<f64>| {
            let values = self.spreads.iter().map(of).collect();
            table.push(name, "", Values::Decimal { decimals: 3, values });
        };
        push("mean".to_owned(), &|it| it.mean);
        push("least".to_owned(), &|it| it.at(0));
        for percent in PERCENTS {
            push(format!("p{percent}"), &|it| it.at(percent));
        }
        push("most".to_owned(), &|it| it.at(100));
        table
    }

    fn charts(&self, question: &Question) -> Vec<Chart> {
        let bar = |site: &String| {
            let values = self.over_all(&format!("load_{site}"))?;
            let (low, middle, high) = (values.at(5)?, values.at(50)?, values.at(95)?);
            let parts = vec![low, middle - low, high - middle];
            Some(Bar { label: site.clone(), parts, tick: None })
        };
        let parts = ["5 % of the rows have less", "to the median", "to what 5 % exceed"];
        let mut charts = vec![Chart {
            title: "Load of the sites over the rows".to_owned(),
            kind: ChartKind::Bars {
                unit: "kq/s",
                parts: parts.map(str::to_owned).to_vec(),
                bars: self.sites.iter().filter_map(bar).collect(),
            },
        }];
        let rtt = self.measures.iter().position(|measure| measure.name == "rtt_mean_ms");
        let curve = |spread: &Spread| Curve {
            name: match spread.point {
                Some(point) => question.point_text(point),
                None => "all rows".to_owned(),
            },
            points: spread.percentiles.iter().copied().zip((0_u32..).map(f64::from)).collect(),
        };
        let lines: Vec<Curve> = self
            .spreads
            .iter()
            .filter(|spread| Some(spread.measure) == rtt && spread.rows > 1)
            .take(CURVES_MAX)
            .map(curve)
            .collect();
        if !lines.is_empty() {
            charts.push(Chart {
                title: "Mean round trip over the rows".to_owned(),
                kind: ChartKind::Lines {
                    x_title: "mean round trip of a row, ms".to_owned(),
                    y_title: "% of the rows, at or below".to_owned(),
                    lines,
                },
            });
        }
        charts
    }
}
