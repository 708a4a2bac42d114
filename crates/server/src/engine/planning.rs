//! Plans: a scenario, a question, an answer.

use catchment_formats::scenario::write_json;
use catchment_model::botnet::{BadBotnet, Botnet};
use catchment_model::scenario::Action;
use catchment_model::table::{Values, count};
use catchment_model::{Scenario, Table};
use catchment_planner::answer::{Answer, Chart, ChartKind};
use catchment_planner::attack::{AttackQuestion, Family, Size, attack};
use catchment_planner::capacity::fate::Fate;
use catchment_planner::capacity::{CapacityQuestion, Pairs, capacity};
use catchment_planner::diff::diff;
use catchment_planner::residency::residency;
use catchment_planner::steer::{Effort, Goal, LeverKinds, Measure, SteerQuestion, steer};
use catchment_planner::{Brief, Unplanned, Verdict};
use catchment_worlds::{Assembled, assemble, botnets_of, resolve_botnet};
use serde_json::Value;

use super::playing::script;
use super::problems::{mistakes, problem, unfinished, unsolved};
use super::worlds::{Worlds, hex};
use super::{SCENARIO_FILE, VERSION, Watch};
use crate::api::Problem;
use crate::api::plan::{
    BarInfo, ChartInfo, ChartKindInfo, ColumnInfo, CurveInfo, PlanAnswer, PlanQuestion,
    SectionInfo, SteerGoal,
};

/// Double failures that a table shows.
const PAIRS_SHOWN: usize = 20;
/// Tables of more rows are fetched on their own.
const ROWS_INSIDE: usize = 2000;

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
    question: &Question,
    watch: Watch<'_>,
) -> Result<Planned, Problem> {
    let world = worlds.get(&scenario.world, watch)?;
    let assembled = assemble(&world.base, scenario).map_err(mistakes)?;
    let answer = match &question.before {
        None => ask(scenario, &assembled, &question.asked, watch).map_err(unplanned)?,
        Some(before) => {
            let other = worlds.get(&before.world, watch)?;
            let other = assemble(&other.base, before).map_err(mistakes)?;
            compare((before, &other), (scenario, &assembled), watch).map_err(unplanned)?
        }
    };
    let hash = hash(scenario, question, &world.identity);
    let tables = answer.sections.iter().map(|it| (it.name, it.table.clone())).collect();
    Ok(Planned { answer: answer_info(answer, question, assembled.notes, hash), tables })
}

/// A question whose scenarios were read.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked.
    pub asked: PlanQuestion,
    /// The scenario to compare with, if it is a difference that is asked for.
    pub before: Option<Scenario>,
}

impl Question {
    /// All of it as one text, equal if and only if the same is asked.
    pub fn text(&self) -> String {
        let before = self.before.as_ref().map(write_json);
        format!("{:?}\n{before:?}", self.asked)
    }
}

fn brief<'a>(scenario: &'a Scenario, assembled: &'a Assembled) -> Result<Brief<'a>, Unplanned> {
    Brief::new(script(scenario, assembled, &[], scenario.steering), &scenario.residency)
}

fn compare(
    before: (&Scenario, &Assembled),
    after: (&Scenario, &Assembled),
    watch: Watch<'_>,
) -> Result<Answer, Unplanned> {
    let (a, b) = (brief(before.0, before.1)?, brief(after.0, after.1)?);
    let steps = &mut |done, total| watch("comparing", done, total);
    Ok(diff(&a, &b, steps)?.answer(["A", "B"]))
}

fn ask(
    scenario: &Scenario,
    assembled: &Assembled,
    question: &PlanQuestion,
    watch: Watch<'_>,
) -> Result<Answer, Unplanned> {
    let brief = brief(scenario, assembled)?;
    let steps = &mut |done, total| watch("planning", done, total);
    match question {
        PlanQuestion::Capacity { groups, day } => {
            let question = CapacityQuestion {
                groups: groups.iter().map(|it| group(&brief, it)).collect::<Result<_, _>>()?,
                pairs: Pairs::Worst(PAIRS_SHOWN),
                day: *day,
            };
            Ok(capacity(&brief, &question, steps)?.answer(&brief))
        }
        PlanQuestion::Attack { from, mqps, gbps } => {
            let question = attack_question(scenario, assembled, from, *mqps, *gbps)?;
            Ok(attack(&brief, &question, steps)?.answer(&brief))
        }
        PlanQuestion::Residency {} => {
            Ok(residency(&brief, &scenario.residency, steps)?.answer(&brief))
        }
        PlanQuestion::Steer { goal } => {
            let question = SteerQuestion {
                goal: goal_of(&brief, goal)?,
                kinds: LeverKinds::default(),
                effort: Effort { seed: brief.situation().seed, ..Effort::default() },
            };
            Ok(steer(&brief, &question, steps)?.answer(&brief))
        }
        PlanQuestion::Diff { .. } => Err(Unplanned::question(
            "there is nothing to compare with",
            "give the scenario before the change",
        )),
    }
}

fn group(brief: &Brief<'_>, names: &[String]) -> Result<Fate, Unplanned> {
    let sites = names.iter().map(|name| brief.site_named(name)).collect::<Result<_, _>>()?;
    Ok(Fate::named(&names.join("+"), sites))
}

fn attack_question(
    scenario: &Scenario,
    assembled: &Assembled,
    from: &[String],
    mqps: Option<f64>,
    gbps: Option<f64>,
) -> Result<AttackQuestion, Unplanned> {
    let botnets: Vec<Botnet> = match from.is_empty() {
        true => botnets_of(assembled, scenario),
        false => from
            .iter()
            .map(|text| {
                let bad = |error: BadBotnet| {
                    Unplanned::question(format!("`{text}` is no botnet"), error.0)
                };
                text.parse().map_err(bad)
            })
            .collect::<Result<_, _>>()?,
    };
    let family = |botnet: &Botnet| {
        let bots = resolve_botnet(assembled, botnet)
            .map_err(|mistake| Unplanned::question(mistake.message, mistake.help))?;
        Ok(Family { name: botnet.label(), bots })
    };
    for (what, size) in [("mqps", mqps), ("gbps", gbps)] {
        if size.is_some_and(|size| !(size > 0.0 && size <= 1e9)) {
            let message = format!("`{what}` is no size of an attack");
            return Err(Unplanned::question(message, "give a number above 0"));
        }
    }
    let of_scenario = || {
        scenario.events.iter().find_map(|event| match &event.action {
            Action::Attack(attack) => Some(Size::new(attack.mqps, attack.gbps)),
            _ => None,
        })
    };
    let sizes = match mqps.or(gbps) {
        Some(_) => vec![Size::new(mqps, gbps)],
        None => of_scenario().into_iter().collect(),
    };
    let families = botnets.iter().map(family).collect::<Result<_, Unplanned>>()?;
    Ok(AttackQuestion { families, sizes, seen: Vec::new() })
}

fn goal_of(brief: &Brief<'_>, goal: &SteerGoal) -> Result<Goal, Unplanned> {
    Ok(match goal {
        SteerGoal::Shares { targets, within } => {
            let target = |(name, share): &(String, f64)| Ok((brief.site_named(name)?, *share));
            let targets = targets.iter().map(target).collect::<Result<_, Unplanned>>()?;
            Goal::Shares { targets, within: *within }
        }
        SteerGoal::Ceiling {} => Goal::of_capacities(brief, brief.situation().rules.u_target),
        SteerGoal::Mean {} => Goal::Latency(Measure::Mean),
        SteerGoal::P95 {} => Goal::Latency(Measure::P95),
    })
}

/// The words of the command line that ask the same.
fn words(question: &PlanQuestion) -> String {
    let mut words = match question {
        PlanQuestion::Capacity { groups, day } => {
            let groups = groups.iter().map(|it| format!(" --group group={}", it.join(",")));
            let day = if *day { " --day" } else { "" };
            format!("capacity {SCENARIO_FILE}{}{day}", groups.collect::<String>())
        }
        PlanQuestion::Attack { from, mqps, gbps } => {
            let mut words = format!("attack {SCENARIO_FILE}");
            from.iter().for_each(|it| words += &format!(" --from {}", super::shell_word(it)));
            mqps.iter().for_each(|it| words += &format!(" --mqps {it}"));
            gbps.iter().for_each(|it| words += &format!(" --gbps {it}"));
            words
        }
        PlanQuestion::Residency {} => format!("residency {SCENARIO_FILE}"),
        PlanQuestion::Diff { .. } => format!("diff BEFORE.toml {SCENARIO_FILE}"),
        PlanQuestion::Steer { goal } => {
            let goal = match goal {
                SteerGoal::Shares { targets, within } => {
                    let target = |(site, share): &(String, f64)| {
                        format!("{}={share}", super::shell_word(site))
                    };
                    let targets: Vec<String> = targets.iter().map(target).collect();
                    format!("--target {} --within {within}", targets.join(","))
                }
                SteerGoal::Ceiling {} => "--ceiling".to_owned(),
                SteerGoal::Mean {} => "--lower mean".to_owned(),
                SteerGoal::P95 {} => "--lower p95".to_owned(),
            };
            format!("steer {SCENARIO_FILE} {goal}")
        }
    };
    words.insert_str(0, "catchment plan ");
    words
}

fn hash(scenario: &Scenario, question: &Question, world: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in [VERSION, world, &write_json(scenario), &question.text()] {
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
    question: &Question,
    notes: Vec<String>,
    hash: String,
) -> PlanAnswer {
    let section = |section: &catchment_planner::Section| SectionInfo {
        name: section.name.to_owned(),
        title: section.title.clone(),
        rows: section.table.row_count() as u32,
        columns: match section.table.row_count() {
            0..=ROWS_INSIDE => section.table.columns.iter().map(column_info).collect(),
            _ => Vec::new(),
        },
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
        command: words(&question.asked),
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
    ColumnInfo { name: column.name.to_string(), unit: column.unit.to_owned(), decimals, values }
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
