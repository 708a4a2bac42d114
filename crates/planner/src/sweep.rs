//! Many scenarios that differ in a few settings: which they are, what each is measured by, and how
//! sure the whole makes anybody.
//!
//! A sweep is cut in two. Here is what can be said of it without a file: [`Question`] tells which
//! settings and which seed row `i` has, a pure function of both; [`disturb`] loses and adds links;
//! [`measure`] measures one row, [`lanes`] and [`coins`] answer many at once; [`certainty`] and
//! [`summary`] say what all rows come to. The shell has the rest (`plan sweep` of `cli`): it lays
//! the settings over the scenario, joins it with its world, which this crate may not know how to
//! do, shares the rows among threads, and keeps what is done on disk.
//!
//! Rows are the points of a grid, each repeated with seeds of its own. Equal repetitions of two
//! points share a seed, so that what differs between them is the setting and not the luck.

pub mod certainty;
pub mod coins;
pub mod disturb;
pub mod lanes;
pub mod measure;
pub mod summary;

use std::fmt::Write as _;

use catchment_model::Table;
use catchment_model::rng::{draw, fnv1a64};
use catchment_model::table::Values;

use crate::oracle::Unplanned;

use self::measure::Measure;

/// Streams of draws of a sweep.
pub(crate) mod stream {
    /// Seeds of repetitions.
    pub const SEED: u64 = 0x5357_0001;
    /// Values of settings.
    pub const VALUE: u64 = 0x5357_0002;
    /// Links that are lost.
    pub const MISSING: u64 = 0x5357_0003;
    /// Links that are added.
    pub const EXTRA: u64 = 0x5357_0004;
    /// Choices among ties.
    pub const TIES: u64 = 0x5357_0005;
}

/// Seeds above are not whole in programs that hold numbers as doubles.
const SEED_MAX: u64 = (1 << 53) - 1;
/// Rows that somebody may have meant.
const ROWS_MAX: u64 = 100_000_000;

/// What a sweep asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Settings with their values: the grid, first setting slowest.
    pub axes: Vec<Axis>,
    /// Settings that are drawn for each row.
    pub draws: Vec<Draw>,
    /// Rows for each point of the grid.
    pub repeats: u64,
    /// Seed of the first repetition; those of others are drawn from it.
    pub seed: u64,
    /// Whether ties are broken by fair coins, router by router.
    pub ties: bool,
    /// Share of the links between ASes that are lost, 0 to 1.
    pub missing_links: f64,
    /// Peer links that are added, as a share of those there are.
    pub extra_links: f64,
    /// `rules.policy_noise` of each row, if not that of the scenario.
    pub policy_noise: Option<f64>,
}

/// A setting with its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// Values as they are written.
    pub values: Vec<String>,
}

/// A setting whose value is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// Its path, as `--set` takes it.
    pub path: String,
    /// From what.
    pub from: From,
}

/// From what a value is drawn, evenly.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// Whole numbers, ends included.
    Whole {
        /// The least.
        low: i64,
        /// The greatest.
        high: i64,
        /// What is written behind the number, such as `s`.
        unit: String,
    },
    /// Numbers.
    Real {
        /// The least.
        low: f64,
        /// None is greater.
        high: f64,
        /// What is written behind the number.
        unit: String,
    },
    /// One of these.
    List(Vec<String>),
}

/// One row of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number, from 0.
    pub index: u64,
    /// Its point of the grid, from 0.
    pub point: u64,
    /// Its seed: of its draws, and of the scenario.
    pub seed: u64,
    /// Its settings, in the order of axes, then draws.
    pub settings: Vec<(String, String)>,
}

/// A number below `count`, evenly from a word.
fn below(word: u64, count: u64) -> u64 {
    ((u128::from(word) * u128::from(count)) >> 64) as u64
}

/// Cuts `path=rest`.
fn split(text: &str) -> Result<(String, &str), String> {
    match text.split_once('=') {
        Some((path, rest)) if !path.trim().is_empty() && !rest.trim().is_empty() => {
            Ok((path.trim().to_owned(), rest.trim()))
        }
        _ => Err("write a path, `=` and values, such as `rules.policy_noise=0,0.1,0.2`".into()),
    }
}

/// Values between commas, but for commas inside brackets and quotes.
fn values(text: &str) -> Vec<String> {
    let (mut depth, mut quoted) = (0_i32, false);
    let mut values = vec![String::new()];
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth <= 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values.last_mut().expect("there is one").push(c);
    }
    values.into_iter().map(|value| value.trim().to_owned()).collect()
}

impl Axis {
    /// From `path=v1,v2,v3`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Axis, String> {
        let (path, rest) = split(text)?;
        let values = values(rest);
        match values.iter().find(|value| value.is_empty()) {
            Some(_) => Err(format!("there is no value between two commas of `{rest}`")),
            None => Ok(Axis { path, values }),
        }
    }
}

/// A number and what stands behind it.
fn number(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    number.parse::<f64>().ok().filter(|value| value.is_finite())?;
    Some((number, unit.trim()))
}

impl Draw {
    /// From `path=low..high` or `path=v1,v2,v3`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Draw, String> {
        let (path, rest) = split(text)?;
        let Some((low, high)) = rest.split_once("..") else {
            let Axis { path, values } = Axis::parse(text)?;
            return Ok(Draw { path, from: From::List(values) });
        };
        let ends = number(low.trim()).zip(number(high.trim()));
        let Some(((low, unit_low), (high, unit))) = ends else {
            return Err(format!(
                "write `{rest}` as two numbers with `..` between, such as `0..0.2`"
            ));
        };
        if !unit_low.is_empty() && unit_low != unit {
            return Err(format!("the ends of `{rest}` have two units, `{unit_low}` and `{unit}`"));
        }
        let unit = unit.to_owned();
        let from = match (low.parse::<i64>(), high.parse::<i64>()) {
            (Ok(low), Ok(high)) => From::Whole { low, high, unit },
            _ => {
                let value = |text: &str| text.parse().expect("it was one above");
                From::Real { low: value(low), high: value(high), unit }
            }
        };
        let is_empty = match &from {
            From::Whole { low, high, .. } => low > high,
            From::Real { low, high, .. } => low > high,
            From::List(_) => false,
        };
        match is_empty {
            true => Err(format!("`{rest}` has its ends the wrong way round")),
            false => Ok(Draw { path, from }),
        }
    }

    /// The value of a row's seed.
    fn value(&self, seed: u64) -> String {
        let word = draw(seed, stream::VALUE, fnv1a64(self.path.as_bytes()));
        match &self.from {
            From::Whole { low, high, unit } => {
                // As many as there are, less one, may be all that 64 bits can count.
                let offset = match high.abs_diff(*low).checked_add(1) {
                    Some(count) => below(word, count),
                    None => word,
                };
                format!("{}{unit}", low.wrapping_add_unsigned(offset))
            }
            From::Real { low, high, unit } => {
                let value = low + (high - low) * catchment_model::rng::unit(word);
                // What is written is what counts: six digits, and no more.
                format!("{value:.6}{unit}")
            }
            From::List(values) => values[below(word, values.len() as u64) as usize].clone(),
        }
    }

    /// Values to try alone, so that mistakes come early: the ends, or all of a list.
    fn samples(&self) -> Vec<String> {
        match &self.from {
            From::Whole { low, high, unit } => {
                vec![format!("{low}{unit}"), format!("{high}{unit}")]
            }
            From::Real { low, high, unit } => {
                vec![format!("{low:.6}{unit}"), format!("{high:.6}{unit}")]
            }
            From::List(values) => values.clone(),
        }
    }
}

impl Question {
    /// Looks whether it can be asked.
    ///
    /// # Errors
    /// If there is nothing to vary, a setting is varied twice, or there are too many rows.
    pub fn check(&self) -> Result<(), Unplanned> {
        if self.axes.is_empty() && !self.is_drawn() && self.repeats <= 1 {
            return Err(Unplanned::question(
                "nothing varies, so that every row would be the same",
                "give `--vary path=v1,v2`, `--random path=low..high`, `--ties`, `--missing-links`, \
                 `--extra-links` or `--policy-noise`",
            ));
        }
        let noise = self.policy_noise.map(|_| "rules.policy_noise");
        let mut paths: Vec<&str> = self.paths().chain(noise).collect();
        if paths.contains(&"seed") {
            return Err(Unplanned::question(
                "`seed` cannot be varied: each repetition has a seed of its own",
                "`--rows N` repeats each point with N seeds",
            ));
        }
        paths.sort_unstable();
        if let Some(twice) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
            let message = format!("`{}` is varied twice", twice[0]);
            return Err(Unplanned::question(message, "give all its values in one option"));
        }
        if self.seed > SEED_MAX {
            let message = format!("the seed {} is too large for a sweep", self.seed);
            return Err(Unplanned::question(
                message,
                format!(
                    "give one up to {SEED_MAX}: seeds are a column that every program can read"
                ),
            ));
        }
        let rows = self.axes.iter().try_fold(self.repeats, |rows, axis| {
            rows.checked_mul(axis.values.len() as u64).filter(|rows| *rows <= ROWS_MAX)
        });
        if self.repeats == 0 || rows.is_none() {
            return Err(Unplanned::question(
                format!("a sweep has 1 to {ROWS_MAX} rows"),
                "give fewer values, or another number with `--rows`",
            ));
        }
        Ok(())
    }

    /// Whether rows of one point differ.
    pub fn is_drawn(&self) -> bool {
        let noise = self.policy_noise.is_some_and(|share| share > 0.0);
        !self.draws.is_empty()
            || self.ties
            || noise
            || self.missing_links > 0.0
            || self.extra_links > 0.0
    }

    /// Points of the grid.
    pub fn points(&self) -> u64 {
        self.axes.iter().map(|axis| axis.values.len() as u64).product()
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.points() * self.repeats
    }

    /// Paths of all settings that vary.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let axes = self.axes.iter().map(|axis| &*axis.path);
        axes.chain(self.draws.iter().map(|draw| &*draw.path))
    }

    /// Settings of a point of the grid.
    pub fn point(&self, point: u64) -> Vec<(String, String)> {
        let mut rest = point;
        let mut settings: Vec<(String, String)> = Vec::with_capacity(self.axes.len());
        for axis in self.axes.iter().rev() {
            let count = axis.values.len() as u64;
            settings.push((axis.path.clone(), axis.values[(rest % count) as usize].clone()));
            rest /= count;
        }
        settings.reverse();
        settings
    }

    /// Row `index`: a function of the question and the number alone.
    pub fn row(&self, index: u64) -> Row {
        let (point, repeat) = (index / self.repeats, index % self.repeats);
        // The first is the scenario's own, so that a grid without draws is what `solve --set` says.
        let seed = match repeat {
            0 => self.seed,
            _ => draw(self.seed, stream::SEED, repeat) & SEED_MAX,
        };
        let mut settings = self.point(point);
        settings.extend(self.draws.iter().map(|it| (it.path.clone(), it.value(seed))));
        if let Some(share) = self.policy_noise {
            settings.push(("rules.policy_noise".to_owned(), share.to_string()));
        }
        Row { index, point, seed, settings }
    }

    /// Every value of every setting, each alone: if these are no mistakes, hardly any row is.
    pub fn samples(&self) -> Vec<(String, String)> {
        let of_axis =
            |axis: &Axis| axis.values.iter().map(|it| (axis.path.clone(), it.clone())).collect();
        let of_draw =
            |draw: &Draw| draw.samples().into_iter().map(|it| (draw.path.clone(), it)).collect();
        let axes = self.axes.iter().flat_map(|axis| -> Vec<(String, String)> { of_axis(axis) });
        axes.chain(self.draws.iter().flat_map(|draw| -> Vec<(String, String)> { of_draw(draw) }))
            .collect()
    }

    /// A point of the grid as text; empty where there is one only.
    pub fn point_text(&self, point: u64) -> String {
        let mut text = String::new();
        for (path, value) in self.point(point) {
            let comma = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{comma}{path}={value}");
        }
        text
    }

    /// Rows with their measures as a table. `records` has the measures of the rows from `first`
    /// on, row by row; what is no number is an empty field.
    ///
    /// # Panics
    /// If `records` is not a whole number of rows.
    pub fn table(&self, first: u64, measures: &[Measure], records: &[f64]) -> Table {
        assert!(records.len().is_multiple_of(measures.len()), "a row is cut");
        let count = (records.len() / measures.len()) as u64;
        let rows: Vec<Row> = (first..first + count).map(|index| self.row(index)).collect();
        let mut table = Table::default();
        let whole = |value: u64| Some(value as i64);
        table.push("row", "", Values::Integer(rows.iter().map(|row| whole(row.index)).collect()));
        table.push("seed", "", Values::Integer(rows.iter().map(|row| whole(row.seed)).collect()));
        for (place, path) in self.paths().enumerate() {
            let texts = rows.iter().map(|row| &*row.settings[place].1);
            // By the question, not by the rows at hand: all groups of a file have one type.
            table.push(path.to_owned(), "", self.column(place, texts));
        }
        for (place, measure) in measures.iter().enumerate() {
            let values = records.iter().skip(place).step_by(measures.len());
            let values = values.map(|value| Some(*value)).collect();
            let values = Values::Decimal { decimals: measure.decimals, values };
            table.push(measure.name.clone(), measure.unit, values);
        }
        table
    }

    /// Values of the setting at `place` of [`Question::paths`]: numbers if all that it can have
    /// are.
    fn column<'a>(&self, place: usize, texts: impl Iterator<Item = &'a str>) -> Values {
        let all: Vec<String> = match self.axes.get(place) {
            Some(axis) => axis.values.clone(),
            None => self.draws[place - self.axes.len()].samples(),
        };
        let is_whole = |text: &String| text.parse::<i64>().is_ok();
        let is_number = |text: &String| text.parse::<f64>().is_ok_and(f64::is_finite);
        if all.iter().all(is_whole) {
            return Values::Integer(texts.map(|text| text.parse().ok()).collect());
        }
        if all.iter().all(is_number) {
            let values = texts.map(|text| text.parse().ok()).collect();
            return Values::Decimal { decimals: 6, values };
        }
        Values::from_texts(texts.map(Some))
    }
}

#[cfg(test)]
mod tests;
