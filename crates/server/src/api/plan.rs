//! What plans are asked and answer, as JSON. Numbers of tables are numbers; `null` is an empty
//! field.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A scenario to plan with, and the question.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct PlanRequest {
    /// The scenario as JSON, in the form that the command line reads. Its events are not played.
    #[schema(value_type = Object)]
    pub scenario: Value,
    /// What is asked.
    pub question: PlanQuestion,
}

/// What a plan is asked, by its name on the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "plan", rename_all = "lowercase", deny_unknown_fields)]
pub enum PlanQuestion {
    /// Will the other sites carry the load?
    Capacity {
        /// Sites that fail together, by name.
        #[serde(default)]
        groups: Vec<Vec<String>>,
        /// Whether each site is held against its worst hour of the day.
        #[serde(default)]
        day: bool,
    },
    /// Who survives which attack, and what to do about it?
    Attack {
        /// Where the bots are, as `--from` takes it: `by_users`, `region=eu`. Empty: several kinds.
        #[serde(default)]
        from: Vec<String>,
        /// Size in million queries a second.
        #[serde(default)]
        mqps: Option<f64>,
        /// Size in gigabits a second.
        #[serde(default)]
        gbps: Option<f64>,
    },
    /// Who is served outside the regions that may serve them?
    Residency {},
    /// What to announce differently?
    Steer {
        /// What for.
        goal: SteerGoal,
    },
    /// What does a change do to whom?
    Diff {
        /// The scenario before (A), as JSON; the scenario of the request is the one after (B).
        #[schema(value_type = Object)]
        before: Value,
    },
}

/// What a search for other announcements is after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "after", rename_all = "lowercase", deny_unknown_fields)]
pub enum SteerGoal {
    /// Shares of all demand by site.
    Shares {
        /// Site and share, 0 to 1.
        targets: Vec<(String, f64)>,
        /// How far a share may be off, 0 to 1.
        within: f64,
    },
    /// No site above its capacity times `rules.u_target`.
    Ceiling {},
    /// Shorter round trips, in the mean.
    Mean {},
    /// Shorter round trips, for those who wait longest.
    P95 {},
}

/// Configuration of real routers that is wanted.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ConfigRequest {
    /// The scenario as JSON.
    #[schema(value_type = Object)]
    pub scenario: Value,
    /// The scenario before a change: if given, the lines of the change are wanted.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The routers' software.
    pub daemon: DaemonName,
}

/// BGP daemons that configuration is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DaemonName {
    /// BIRD 2.
    Bird,
    /// FRR.
    Frr,
}

/// Texts for the router of one site.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SiteConfig {
    /// The site.
    pub site: String,
    /// What changes, a line each; empty where whole files are wanted.
    pub what: Vec<String>,
    /// The main file, or the lines to paste.
    pub text: String,
    /// What to run afterwards; `LINES` stands for a file with the text.
    pub commands: Vec<String>,
    /// The lines that take a change back; empty where whole files are wanted.
    pub undo: String,
}

/// The answer to a plan's question.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlanAnswer {
    /// Names everything that can change the answer.
    pub hash: String,
    /// Version of the engine.
    pub engine: String,
    /// Whether it holds, or nothing was to hold.
    pub holds: bool,
    /// What came out, in one sentence.
    pub headline: String,
    /// What else a reader should know, a sentence each.
    pub findings: Vec<String>,
    /// Tables; the first is the answer itself.
    pub sections: Vec<SectionInfo>,
    /// Pictures of it; the first says most.
    pub charts: Vec<ChartInfo>,
    /// What the command line would note.
    pub notes: Vec<String>,
    /// The command that gives the same.
    pub command: String,
}

/// A table of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SectionInfo {
    /// Name, as `--table` takes it.
    pub name: String,
    /// What it shows, as a heading.
    pub title: String,
    /// How many rows it has.
    pub rows: u32,
    /// The columns, left to right, of equal length. A table of very many rows has none of them
    /// here: it is fetched by its name.
    pub columns: Vec<ColumnInfo>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ColumnInfo {
    /// Name, as in a CSV header.
    pub name: String,
    /// Unit of the values; empty for names and counts.
    pub unit: String,
    /// Digits behind the point where the values are decimal numbers.
    pub decimals: Option<u8>,
    /// Numbers or texts, one for each row; `null` is an empty field.
    #[schema(value_type = Vec<Option<Object>>)]
    pub values: Vec<Value>,
}

/// A picture of an answer, as data.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChartInfo {
    /// What it shows.
    pub title: String,
    /// How.
    pub kind: ChartKindInfo,
}

/// Forms of charts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "form", rename_all = "lowercase")]
pub enum ChartKindInfo {
    /// Bars of parts one after the other.
    Bars {
        /// Unit of all values.
        unit: String,
        /// Names of the parts.
        parts: Vec<String>,
        /// The bars, top to bottom.
        bars: Vec<BarInfo>,
    },
    /// A field of cells.
    Heat {
        /// Unit of the cells.
        unit: String,
        /// What the rows are.
        row_title: String,
        /// What the columns are.
        column_title: String,
        /// Names of the rows, top to bottom.
        rows: Vec<String>,
        /// Names of the columns, left to right.
        columns: Vec<String>,
        /// Row by row; `null` where there is nothing to say.
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
        /// The curves.
        lines: Vec<CurveInfo>,
    },
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BarInfo {
    /// Its name.
    pub label: String,
    /// Lengths of its parts.
    pub parts: Vec<f64>,
    /// A mark to hold it against, such as a capacity.
    pub tick: Option<f64>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CurveInfo {
    /// Its name.
    pub name: String,
    /// Its points by ascending first number.
    pub points: Vec<[f64; 2]>,
}
