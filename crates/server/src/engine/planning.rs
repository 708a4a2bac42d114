//! Plans: a scenario, a question, an answer.

use catchment_formats::scenario::write_json;
use catchment_model::table::{Values, count};
use catchment_model::{Scenario, Table};
use catchment_planner::answer::{Answer, Chart, ChartKind};
use catchment_planner::capacity::capacity;
use catchment_planner::{Brief, Unplanned, Verdict};
use catchment_worlds::{Assembled, assemble};
use serde_json::Value;

use super::playing::script;
use super::problems::{mistakes, problem, unfinished, unsolved};
use super::worlds::{Worlds, hex};
use super::{SCENARIO_FILE, VERSION, Watch};
use crate::api::Problem;
use crate::api::plan::{
    BarInfo, ChartInfo, ChartKindInfo, ColumnInfo, CurveInfo, PlanAnswer, PlanQuestion, SectionInfo,
};

/// An answer with its tables, for whoever wants them as files.
pub struct Planned {
    /// What travels as JSON.
    pub answer: PlanAnswer,
    tables: Vec<(&'static str, Table)>,
}

impl Planned {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|(known, _)| *known == name).map(|(_, table)| table)
    }

    /// Bytes that it holds, roughly.
    pub fn bytes(&self) -> usize {
        let fields = self.tables.iter().map(|(_, it)| it.row_count() * it.columns.len());
        64 * fields.sum::<usize>()
    }
}

/// Answers a question about a scenario.
pub fn plan(
    worlds: &Worlds,
    scenario: &Scenario,
    question: &PlanQuestion,
    watch: Watch<'_>,
) -> Result<Planned, Problem> {
    let world = worlds.get(&scenario.world, watch)?;
    let assembled = assemble(&world.base, scenario).map_err(mistakes)?;
    let answer = ask(scenario, &assembled, question, watch).map_err(unplanned)?;
    let hash = hash(scenario, question, &world.identity);
    let tables = answer.sections.iter().map(|it| (it.name, it.table.clone())).collect();
    Ok(Planned { answer: answer_info(answer, question, assembled.notes, hash), tables })
}

fn ask(
    scenario: &Scenario,
    assembled: &Assembled,
    question: &PlanQuestion,
    watch: Watch<'_>,
) -> Result<Answer, Unplanned> {
    let script = script(scenario, assembled, &[], scenario.steering);
    let brief = Brief::new(script, &scenario.residency)?;
    let steps = &mut |done, total| watch("planning", done, total);
    match question {
        PlanQuestion::Capacity {} => Ok(capacity(&brief, steps)?.answer(&brief)),
    }
}

/// The words of the command line that ask the same.
fn words(question: &PlanQuestion) -> String {
    match question {
        PlanQuestion::Capacity {} => format!("capacity {SCENARIO_FILE}"),
    }
}

fn hash(scenario: &Scenario, question: &PlanQuestion, world: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in [VERSION, world, &write_json(scenario), &format!("{question:?}")] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hex(&hasher.finalize())
}

/// A plan without an answer.
fn unplanned(error: Unplanned) -> Problem {
    match error {
        Unplanned::Unsolved(error) => unsolved(error),
        Unplanned::Unfinished(error) => unfinished(error),
        Unplanned::Question { message, help } => problem("bad-question", 422, message, &help),
        Unplanned::Impossible { constraint, help } => problem("impossible", 422, constraint, &help),
    }
}

fn answer_info(
    answer: Answer,
    question: &PlanQuestion,
    notes: Vec<String>,
    hash: String,
) -> PlanAnswer {
    let section = |section: &catchment_planner::Section| SectionInfo {
        name: section.name.to_owned(),
        title: section.title.clone(),
        columns: section.table.columns.iter().map(column_info).collect(),
    };
    PlanAnswer {
        hash,
        engine: VERSION.to_owned(),
        holds: answer.verdict == Verdict::Holds,
        headline: answer.headline,
        findings: answer.findings,
        sections: answer.sections.iter().map(section).collect(),
        charts: answer.charts.into_iter().map(chart_info).collect(),
        notes,
        command: format!("catchment plan {}", words(question)),
    }
}

fn column_info(column: &catchment_model::table::Column) -> ColumnInfo {
    let (decimals, values) = match &column.values {
        Values::Decimal { decimals, values } => {
            (Some(*decimals), values.iter().map(|it| it.map_or(Value::Null, Value::from)).collect())
        }
        Values::Integer(values) => {
            (None, values.iter().map(|it| it.map_or(Value::Null, Value::from)).collect())
        }
        Values::Count { values, empty } => {
            let number = |it: &u32| count(*it, *empty).map_or(Value::Null, Value::from);
            (None, values.iter().map(number).collect())
        }
        other => {
            let text = |row| other.print(row).map_or(Value::Null, Value::from);
            (None, (0..other.len()).map(text).collect())
        }
    };
    ColumnInfo { name: column.name.to_owned(), unit: column.unit.to_owned(), decimals, values }
}

fn chart_info(chart: Chart) -> ChartInfo {
    let kind = match chart.kind {
        ChartKind::Bars { unit, parts, bars } => ChartKindInfo::Bars {
            unit: unit.to_owned(),
            parts,
            bars: bars
                .into_iter()
                .map(|bar| BarInfo { label: bar.label, parts: bar.parts, tick: bar.tick })
                .collect(),
        },
        ChartKind::Heat { unit, row_title, column_title, rows, columns, cells, limit } => {
            let unit = unit.to_owned();
            ChartKindInfo::Heat { unit, row_title, column_title, rows, columns, cells, limit }
        }
        ChartKind::Lines { x_title, y_title, lines } => ChartKindInfo::Lines {
            x_title,
            y_title,
            lines: lines
                .into_iter()
                .map(|line| CurveInfo {
                    name: line.name,
                    points: line.points.into_iter().map(|(x, y)| [x, y]).collect(),
                })
                .collect(),
        },
    };
    ChartInfo { title: chart.title, kind }
}
