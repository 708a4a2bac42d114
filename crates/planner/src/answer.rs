//! What a plan returns, whatever was asked: sentences for people, tables for programs, charts for
//! whoever would rather look.

use catchment_model::Table;

/// The answer to a plan's question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Whether it holds.
    pub verdict: Verdict,
    /// What came out, in one sentence.
    pub headline: String,
    /// What else a reader should know, a sentence each; most important first.
    pub findings: Vec<String>,
    /// Tables; the first is the answer itself.
    pub sections: Vec<Section>,
    /// Pictures of it; the first says most.
    pub charts: Vec<Chart>,
}

/// Whether what was asked about holds: a command ends with 0 or with 1 by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It does, or nothing was to hold.
    Holds,
    /// It does not.
    Fails,
}

/// A table of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Name, as `--table` takes it: lower case, words joined by `-`.
    pub name: &'static str,
    /// What it shows, as a heading.
    pub title: String,
    /// The table.
    pub table: Table,
}

/// A picture of an answer, as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How.
    pub kind: ChartKind,
}

/// Forms of charts. Numbers that are not finite are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum ChartKind {
    /// Bars of parts one after the other.
    Bars {
        /// Unit of all values.
        unit: &'static str,
        /// Names of the parts.
        parts: Vec<String>,
        /// The bars, top to bottom.
        bars: Vec<Bar>,
    },
    /// A field of cells.
    Heat {
        /// Unit of the cells.
        unit: &'static str,
        /// What the rows are.
        row_title: String,
        /// What the columns are.
        column_title: String,
        /// Names of the rows, top to bottom.
        rows: Vec<String>,
        /// Names of the columns, left to right.
        columns: Vec<String>,
        /// Row by row; `None` where there is nothing to say.
        cells: Vec<Option<f64>>,
        /// Values above it are marked.
        limit: Option<f64>,
    },
    /// Curves over a common axis.
    Lines {
        /// Title and unit of the axis to the right.
        x_title: String,
        /// Title and unit of the axis upwards.
        y_title: String,
        /// The curves, each with its points by ascending x.
        lines: Vec<Curve>,
    },
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Lengths of its parts.
    pub parts: Vec<f64>,
    /// A mark to hold it against, such as a capacity.
    pub tick: Option<f64>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

impl Answer {
    /// The table of this name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }
}
