//! Answers of plans on their way out: as text for people, as JSON with everything, as one table,
//! as a picture.

use std::path::PathBuf;

use catchment_formats::table::{self, Format};
use catchment_model::Table;
use catchment_model::table::Column;
use catchment_planner::answer::{Answer, Bar, Chart, ChartKind, Curve, Section, Verdict};
use clap::Args;
use console::Term;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::output::{Output, OutputArgs, Target};
use crate::plot::{PlotFile, charts};
use crate::report::Failure;

/// Where an answer goes, and in what forms.
#[derive(Debug, Clone, Args)]
pub struct AnswerArgs {
    /// Which table of the answer to write [default: its first; as text or JSON the whole answer]
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
    /// Draw the answer as SVG or PNG
    #[arg(long, value_name = "FILE.svg|.png")]
    pub plot: Option<PathBuf>,
    /// Where, and in what form
    #[command(flatten)]
    pub output: OutputArgs,
}

/// [`AnswerArgs`], settled before any work is done.
pub struct Outlet {
    table: Option<String>,
    plot: Option<PlotFile>,
    output: Output,
}

impl AnswerArgs {
    /// Settles forms and places.
    ///
    /// # Errors
    /// If there cannot be such files, or both are one.
    pub fn settle(&self) -> Result<Outlet, Failure> {
        let output = self.output.settle()?;
        let plot = self.plot.as_deref().map(PlotFile::settle).transpose()?;
        if let Some(plot) = &plot
            && let Some(name) = plot.target().clash(output.target())
        {
            let message = format!("cannot write {name} twice");
            return Err(Failure::bad_input(message).help("give `--out` and `--plot` two names"));
        }
        Ok(Outlet { table: self.table.clone(), plot, output })
    }
}

impl Outlet {
    /// As [`Target::spare`].
    ///
    /// # Errors
    /// If a place is that of an input.
    pub fn spare(&self, inputs: &[PathBuf]) -> Result<(), Failure> {
        let targets: Vec<&Target> = self.targets().collect();
        targets.into_iter().try_for_each(|target| target.spare(inputs))
    }

    /// All places.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        let plot = self.plot.as_ref().map(PlotFile::target);
        std::iter::once(self.output.target()).chain(plot)
    }

    /// Writes an answer in all forms that were asked for. `title` stands above the picture.
    ///
    /// # Errors
    /// If there is no such table, or it cannot be written.
    pub fn write(&self, answer: &Answer, title: &str) -> Result<(), Failure> {
        let section = match &self.table {
            None => &answer.sections[0],
            Some(name) => answer.section(name).ok_or_else(|| no_table(name, answer))?,
        };
        if let Some(plot) = &self.plot {
            plot.write(&charts(&format!("{title}: {}", answer.headline), &answer.charts))?;
        }
        match self.output.format {
            Format::Table if self.table.is_none() => {
                // Lines of a file stay whole.
                let width = match self.output.target() {
                    Target::Stdout => Term::stdout().size_checked().map(|(_, columns)| columns),
                    Target::Special(_) | Target::File(..) => None,
                };
                self.output.text(&text(answer, width.map(usize::from)))
            }
            Format::Json if self.table.is_none() => self.output.text(&json(answer)),
            _ => self.output.table(&section.table),
        }
    }
}

/// How a command ends whose answer was written.
///
/// # Errors
/// If the answer is "no".
pub fn end(answer: &Answer) -> Result<(), Failure> {
    match answer.verdict {
        Verdict::Holds => Ok(()),
        Verdict::Fails => Err(Failure::silent(Exit::No)),
    }
}

fn no_table(name: &str, answer: &Answer) -> Failure {
    let known: Vec<&str> = answer.sections.iter().map(|section| section.name).collect();
    let list = format!("it has {}", known.join(", "));
    Failure::bad_input(format!("this plan has no table `{name}`")).help(
        match catchment_model::mistake::nearest(name, known.iter().copied()) {
            Some(nearest) => format!("the nearest name is `{nearest}`; {list}"),
            None => list,
        },
    )
}

/// Rows of a table in a text for people; `--table NAME` has them all.
const ROWS_SHOWN: usize = 40;

/// An answer for people, in lines of a terminal if it is for one.
pub fn text(answer: &Answer, width: Option<usize>) -> String {
    let mut text = format!("{}\n", answer.headline);
    for finding in &answer.findings {
        text.push_str(&wrapped(finding, width));
    }
    for Section { name, title, table } in &answer.sections {
        text.push_str(&format!("\n{title}\n"));
        text.push_str(&text_of(&head(table)));
        let left = table.row_count().saturating_sub(ROWS_SHOWN);
        if left > 0 {
            text.push_str(&format!("… and {left} more: --table {name}\n"));
        }
    }
    text
}

/// A finding in lines that can be read.
fn wrapped(finding: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return format!("- {finding}\n") };
    let options = textwrap::Options::new(width.clamp(60, 120))
        .initial_indent("- ")
        .subsequent_indent("  ")
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::fill(finding, options) + "\n"
}

/// The first rows of a table.
fn head(table: &Table) -> Table {
    match table.row_count() > ROWS_SHOWN {
        true => table.rows(0..ROWS_SHOWN),
        false => table.clone(),
    }
}

fn text_of(table: &Table) -> String {
    let mut bytes = Vec::new();
    table::write_text(table, None, &mut bytes).expect("a vector takes everything");
    String::from_utf8(bytes).expect("a text is one")
}

/// An answer with everything that it has, for programs: verdict, headline, findings, tables with
/// the units of their columns, charts.
pub fn json(answer: &Answer) -> String {
    let sections: Vec<Value> = answer.sections.iter().map(section_json).collect();
    let whole = json!({
        "verdict": match answer.verdict {
            Verdict::Holds => "holds",
            Verdict::Fails => "fails",
        },
        "headline": answer.headline,
        "findings": answer.findings,
        "tables": sections,
        "charts": answer.charts.iter().map(chart_json).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&whole).expect("it is JSON");
    text.push('\n');
    text
}

fn section_json(section: &Section) -> Value {
    let mut bytes = Vec::new();
    table::write_json(&section.table, &mut bytes).expect("a vector takes everything");
    let rows: Value = serde_json::from_slice(&bytes).expect("what we wrote is JSON");
    let column = |Column { name, unit, .. }: &Column| json!({ "name": name, "unit": unit });
    json!({
        "name": section.name,
        "title": section.title,
        "columns": section.table.columns.iter().map(column).collect::<Vec<_>>(),
        "rows": rows,
    })
}

/// A number that is none becomes null.
fn chart_json(chart: &Chart) -> Value {
    let Chart { title, kind } = chart;
    match kind {
        ChartKind::Bars { unit, parts, bars } => {
            let bar = |it: &Bar| {
                let Bar { label, parts, tick } = it;
                json!({ "label": label, "parts": parts, "tick": tick })
            };
            let bars: Vec<Value> = bars.iter().map(bar).collect();
            json!({ "kind": "bars", "title": title, "unit": unit, "parts": parts, "bars": bars })
        }
        ChartKind::Heat { unit, row_title, column_title, rows, columns, cells, limit } => json!({
            "kind": "heat", "title": title, "unit": unit, "row_title": row_title,
            "column_title": column_title, "rows": rows, "columns": columns, "cells": cells,
            "limit": limit,
        }),
        ChartKind::Lines { x_title, y_title, lines } => {
            let line = |Curve { name, points }: &Curve| json!({ "name": name, "points": points });
            let lines: Vec<Value> = lines.iter().map(line).collect();
            json!({
                "kind": "lines", "title": title, "x_title": x_title, "y_title": y_title,
                "lines": lines,
            })
        }
    }
}
