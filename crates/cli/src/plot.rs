//! Draws runs: how much of the demand had no service after each event, and how much of it was
//! served again, for several variants in one picture. `charts` draws the answers of plans.
//!
//! The time axis counts from the event and is stretched near it, so that a BGP failover of 0.1 s
//! and a DNS answer of 300 s can both be read. `canvas` has the shapes and writes SVG, `pixels`
//! writes PNG; both from the same shapes, and equal runs give equal bytes.

mod canvas;
mod charts;
mod pixels;

use std::path::Path;

use catchment_dynamics::Outcome;
use catchment_dynamics::outcome::{CurveStep, EventOutcome};

use crate::output::Target;
use crate::report::Failure;
pub use canvas::Canvas;
use canvas::{Anchor, INK, Line, Style, Text};
pub use charts::{chart, charts};

/// Events that have a row of their own; the first that hurt anybody.
const ROWS_MAX: usize = 4;
/// Names in the legend are cut here.
const NAME_MAX: usize = 40;

const WIDTH: f64 = 1160.0;
const MARGIN: f64 = 24.0;
/// Room for numbers and the title of an axis.
const AXIS_LEFT: f64 = 62.0;
const GAP: f64 = 40.0;
const PANEL_HEIGHT: f64 = 210.0;
/// Room above panels for the title of the row and those of the axes.
const HEAD: f64 = 54.0;
/// From one row of panels to the next.
const ROW_HEIGHT: f64 = HEAD + PANEL_HEIGHT + 64.0;
const LEGEND_LINE: f64 = 22.0;

const GRID: &str = "#d9dde2";
const FAINT: &str = "#5b6570";

/// Colors of Okabe and Ito, which people of all kinds of sight can tell apart, and dashes for
/// whoever sees none.
const STYLES: [(&str, &[f64]); 7] = [
    ("#0072b2", &[]),
    ("#d55e00", &[9.0, 4.0]),
    ("#009e73", &[2.5, 3.5]),
    ("#cc79a7", &[11.0, 3.5, 2.5, 3.5]),
    ("#56b4e9", &[5.0, 2.5]),
    ("#b58900", &[14.0, 5.0]),
    ("#000000", &[1.5, 2.5]),
];

/// A run with its name.
pub struct Curve<'a> {
    /// Name for the legend.
    pub name: &'a str,
    /// The run.
    pub outcome: &'a Outcome,
}

/// Where a picture goes, and in what form.
#[derive(Debug)]
pub struct PlotFile {
    target: Target,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Svg,
    Png,
}

impl PlotFile {
    /// Settles place and form.
    ///
    /// # Errors
    /// If there cannot be a file, or its name asks for no form that we write.
    pub fn settle(path: &Path) -> Result<PlotFile, Failure> {
        let extension = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
        let form = match extension.as_deref() {
            Some("svg") => Form::Svg,
            Some("png") => Form::Png,
            _ => {
                let message = format!("cannot draw `{}`: its name says no form", path.display());
                return Err(Failure::bad_input(message)
                    .help("end the name of the picture in `.svg` or `.png`"));
            }
        };
        Ok(PlotFile { target: Target::new(Some(path))?, form })
    }

    /// The place.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Draws.
    ///
    /// # Errors
    /// If the picture cannot be written.
    pub fn write(&self, picture: &Canvas) -> Result<(), Failure> {
        let bytes = match self.form {
            Form::Svg => picture.to_svg().into_bytes(),
            Form::Png => pixels::to_png(picture),
        };
        self.target.write(|out| out.write_all(&bytes))
    }
}

/// One row: an event, as each run had it.
struct Row<'a> {
    title: String,
    /// For each curve its event; `None` where a variant has no such event.
    events: Vec<Option<&'a EventOutcome>>,
}

fn rows<'a>(curves: &[Curve<'a>]) -> Vec<Row<'a>> {
    let count = curves.iter().map(|curve| curve.outcome.events.len()).max().unwrap_or(0);
    let row = |index: usize| {
        let events: Vec<Option<&EventOutcome>> =
            curves.iter().map(|curve| curve.outcome.events.get(index)).collect();
        let first = events.iter().flatten().next()?;
        let hurts = events.iter().flatten().any(|event| event.hurt.demand > 0.0);
        // How a site fails may differ between variants.
        let same = events.iter().flatten().all(|event| event.label == first.label);
        let label = if same { &*first.label } else { first.label.split(" (").next()? };
        let title = format!("{label}, at {}", time_label(first.at_us as f64 / 1e6));
        hurts.then_some(Row { title, events })
    };
    (0..count).filter_map(row).take(ROWS_MAX).collect()
}

/// The picture of runs.
pub fn runs(title: &str, curves: &[Curve<'_>]) -> Canvas {
    let rows = rows(curves);
    let legend = if curves.len() > 1 { legend_lines(curves) } else { Vec::new() };
    let top = MARGIN + 34.0 + LEGEND_LINE * legend.len() as f64;
    let height = top + ROW_HEIGHT * rows.len().max(1) as f64 + 8.0;
    let mut canvas = Canvas::new(WIDTH, height, title);
    canvas.text(Text::new(MARGIN, MARGIN + 16.0, 19.0, INK, &fitted(title, 19.0)));
    for (line, entries) in legend.iter().enumerate() {
        let y = MARGIN + 44.0 + LEGEND_LINE * line as f64;
        for (curve, x) in entries {
            let ends = vec![(*x, y - 4.5), (x + 34.0, y - 4.5)];
            canvas.line(Line { points: ends, style: style(*curve, curves.len()) });
            canvas.text(Text::new(x + 42.0, y, 13.0, INK, &short(curves[*curve].name)));
        }
    }
    if rows.is_empty() {
        let text = "No event left anybody without service.";
        canvas.text(Text::new(MARGIN, top + 30.0, 14.0, FAINT, text));
    }
    for (index, row) in rows.iter().enumerate() {
        draw_row(&mut canvas, top + ROW_HEIGHT * index as f64, row, curves);
    }
    canvas
}

/// A title that stays within the picture.
fn fitted(text: &str, size: f64) -> String {
    cut(text, size, WIDTH - 2.0 * MARGIN)
}

/// A text that is not wider than `room`.
fn cut(text: &str, size: f64, room: f64) -> String {
    if pixels::text_width(text, size) <= room {
        return text.to_owned();
    }
    let mut cut = text.to_owned();
    while !cut.is_empty() && pixels::text_width(&format!("{cut}…"), size) > room {
        cut.pop();
    }
    format!("{}…", cut.trim_end())
}

fn short(name: &str) -> String {
    match name.chars().count() > NAME_MAX {
        true => name.chars().take(NAME_MAX - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

/// Where each name of the legend stands: lines of (curve, x).
fn legend_lines(curves: &[Curve<'_>]) -> Vec<Vec<(usize, f64)>> {
    let mut lines: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    let mut x = MARGIN;
    for (index, curve) in curves.iter().enumerate() {
        let width = 42.0 + pixels::text_width(&short(curve.name), 13.0) + 28.0;
        if x + width > WIDTH - MARGIN && x > MARGIN {
            lines.push(Vec::new());
            x = MARGIN;
        }
        lines.last_mut().expect("there is a line").push((index, x));
        x += width;
    }
    lines
}

/// Curves that cover each other show all the same: each is thinner than the one below.
fn style(curve: usize, count: usize) -> Style {
    let (color, dash) = STYLES[curve % STYLES.len()];
    let below = (count - 1 - curve).min(4) as f64;
    Style { color, width: 2.0 + 0.8 * below, dash }
}

/// A rectangle of the picture with its two scales.
struct Panel {
    left: f64,
    top: f64,
    width: f64,
    /// Last time that is shown, in s.
    until_s: f64,
    /// Highest value, in percent.
    high: f64,
}

/// Times up to this one are about evenly apart, longer ones by their number of digits.
const KNEE_S: f64 = 0.02;

/// Place of a time on a scale that is stretched near 0.
fn stretched(s: f64) -> f64 {
    libm::log10(1.0 + s.max(0.0) / KNEE_S)
}

impl Panel {
    fn x(&self, s: f64) -> f64 {
        let share = stretched(s.min(self.until_s)) / stretched(self.until_s);
        self.left + self.width * share
    }

    fn y(&self, percent: f64) -> f64 {
        self.top + PANEL_HEIGHT * (1.0 - percent / self.high)
    }
}

fn draw_row(canvas: &mut Canvas, top: f64, row: &Row<'_>, curves: &[Curve<'_>]) {
    canvas.text(Text::new(MARGIN, top + 16.0, 15.0, INK, &fitted(&row.title, 15.0)));
    let width = (WIDTH - 2.0 * MARGIN - 2.0 * AXIS_LEFT - GAP) / 2.0;
    let until_s = until_s(row);
    let unserved: Vec<Vec<(f64, f64)>> = row
        .events
        .iter()
        .zip(curves)
        .map(|(event, curve)| event.map_or(Vec::new(), |event| unserved(event, curve.outcome)))
        .collect();
    let highest = unserved.iter().flatten().map(|step| step.1).fold(0.0, f64::max);
    let first = Panel {
        left: MARGIN + AXIS_LEFT,
        top: top + HEAD,
        width,
        until_s,
        high: nice_ceiling(highest),
    };
    let second = Panel {
        left: MARGIN + 2.0 * AXIS_LEFT + width + GAP,
        top: top + HEAD,
        width,
        until_s,
        high: 100.0,
    };
    axes(canvas, &first, "without service, % of demand");
    axes(canvas, &second, "served again, % of those hurt");
    for (index, steps) in unserved.iter().enumerate() {
        staircase(canvas, &first, steps, style(index, curves.len()));
    }
    for (index, event) in row.events.iter().enumerate() {
        let Some(event) = event.filter(|event| event.hurt.demand > 0.0) else { continue };
        let rise = event.recovery.iter().map(|step| (seconds(step), 100.0 * step.value));
        let steps: Vec<(f64, f64)> = std::iter::once((0.0, 0.0)).chain(rise).collect();
        staircase(canvas, &second, &steps, style(index, curves.len()));
    }
}

fn seconds(step: &CurveStep) -> f64 {
    step.at_us as f64 / 1e6
}

/// Steps of (seconds since the event, percent of demand without service), on whosever account.
fn unserved(event: &EventOutcome, outcome: &Outcome) -> Vec<(f64, f64)> {
    let percent = |demand: f64| match outcome.demand > 0.0 {
        true => 100.0 * demand / outcome.demand,
        false => 0.0,
    };
    let curve = &outcome.unserved;
    let first = curve.partition_point(|step| step.at_us < event.at_us);
    let before = first.checked_sub(1).map_or(0.0, |at| curve[at].value);
    let later = curve[first..].iter();
    let later = later.map(|step| ((step.at_us - event.at_us) as f64 / 1e6, percent(step.value)));
    std::iter::once((0.0, percent(before))).chain(later).collect()
}

/// What the time axis must show: until the last was served again, and some more; to the end of
/// the window where somebody never was.
fn until_s(row: &Row<'_>) -> f64 {
    let of = |event: &EventOutcome| {
        let window_s = (event.end_us - event.at_us) as f64 / 1e6;
        match event.failover() {
            Some(all_us) => 1.3 * all_us as f64 / 1e6,
            None if event.hurt.demand > 0.0 => window_s,
            None => 0.0,
        }
    };
    row.events.iter().flatten().map(|event| of(event)).fold(1.0, f64::max)
}

/// Round ends of an axis in percent, each with the number of parts that are round too.
const CEILINGS: [(f64, u8); 12] = [
    (0.1, 5),
    (0.2, 4),
    (0.5, 5),
    (1.0, 5),
    (2.0, 4),
    (5.0, 5),
    (10.0, 5),
    (20.0, 4),
    (25.0, 5),
    (40.0, 4),
    (50.0, 5),
    (100.0, 4),
];

/// A round number at or above a value, in percent.
fn nice_ceiling(percent: f64) -> f64 {
    let mut nice = CEILINGS.into_iter().map(|(high, _)| high);
    nice.find(|high| *high >= percent * 1.04).unwrap_or(100.0)
}

/// A curve that stays until it changes.
fn staircase(canvas: &mut Canvas, panel: &Panel, steps: &[(f64, f64)], style: Style) {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(2 * steps.len() + 1);
    let mut y = match steps.first() {
        Some(first) => panel.y(first.1),
        None => return,
    };
    for (s, value) in steps.iter().filter(|step| step.0 <= panel.until_s) {
        let x = panel.x(*s);
        let next = panel.y(*value);
        // Many steps within a tenth of a point are one to the eye.
        if let Some(last) = points.last()
            && x - last.0 < 0.1
            && points.len() > 2
            && next == y
        {
            continue;
        }
        points.push((x, y));
        points.push((x, next));
        y = next;
    }
    points.push((panel.left + panel.width, y));
    canvas.line(Line { points, style });
}

/// Ticks of the time axis, in s.
const TICKS_S: [f64; 13] = [
    0.0,
    0.01,
    0.1,
    1.0,
    10.0,
    60.0,
    300.0,
    1800.0,
    3600.0,
    21_600.0,
    86_400.0,
    604_800.0,
    2_592_000.0,
];

fn time_label(s: f64) -> String {
    let (value, unit) = match s {
        0.0 => (0.0, "s"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s if s < 60.0 => (s, "s"),
        s if s < 3600.0 => (s / 60.0, "min"),
        s if s < 86_400.0 => (s / 3600.0, "h"),
        s => (s / 86_400.0, "d"),
    };
    let text = format!("{value:.1}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

fn axes(canvas: &mut Canvas, panel: &Panel, title: &str) {
    let (left, right) = (panel.left, panel.left + panel.width);
    let bottom = panel.top + PANEL_HEIGHT;
    let thin = |color| Style { color, width: 1.0, dash: &[] };
    let parts = CEILINGS.iter().find(|(high, _)| *high == panel.high).map_or(4, |it| it.1);
    for step in 0..=parts {
        let value = panel.high * f64::from(step) / f64::from(parts);
        let y = panel.y(value);
        canvas.line(Line { points: vec![(left, y), (right, y)], style: thin(GRID) });
        let label = format!("{value:.3}");
        let label = label.trim_end_matches('0').trim_end_matches('.');
        canvas.text(Text::new(left - 8.0, y + 4.5, 12.5, INK, label).anchor(Anchor::End));
    }
    let mut free_from = f64::MIN;
    for tick_s in TICKS_S.into_iter().filter(|tick_s| *tick_s <= panel.until_s) {
        let x = panel.x(tick_s);
        let label = time_label(tick_s);
        let half = pixels::text_width(&label, 12.5) / 2.0;
        if x - half < free_from {
            continue;
        }
        free_from = x + half + 9.0;
        canvas.line(Line { points: vec![(x, panel.top), (x, bottom)], style: thin(GRID) });
        canvas.line(Line { points: vec![(x, bottom), (x, bottom + 5.0)], style: thin(INK) });
        canvas.text(Text::new(x, bottom + 20.0, 12.5, INK, &label).anchor(Anchor::Middle));
    }
    let frame = vec![(left, panel.top), (left, bottom), (right, bottom)];
    canvas.line(Line { points: frame, style: thin(INK) });
    canvas.text(Text::new(left, panel.top - 9.0, 12.5, FAINT, title));
    let middle = (left + right) / 2.0;
    let caption = "time since the event (stretched near 0)";
    canvas.text(Text::new(middle, bottom + 40.0, 12.5, FAINT, caption).anchor(Anchor::Middle));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_reads_best() {
        let labels = [0.0, 0.01, 0.1, 1.0, 10.0, 90.0, 300.0, 21_600.0].map(time_label);
        assert_eq!(labels, ["0 s", "10 ms", "100 ms", "1 s", "10 s", "1.5 min", "5 min", "6 h"]);
    }

    #[test]
    fn both_a_tenth_of_a_second_and_five_minutes_can_be_read() {
        let panel = Panel { left: 0.0, top: 0.0, width: 100.0, until_s: 400.0, high: 100.0 };
        assert!((15.0..25.0).contains(&panel.x(0.1)), "{}", panel.x(0.1));
        assert!((90.0..99.0).contains(&panel.x(300.0)), "{}", panel.x(300.0));
        assert_eq!((panel.x(0.0), panel.x(400.0), panel.y(100.0)), (0.0, 100.0, 0.0));
    }

    #[test]
    fn axes_end_at_round_numbers() {
        assert_eq!([0.0, 3.9, 20.3, 99.0].map(nice_ceiling), [0.1, 5.0, 25.0, 100.0]);
    }

    #[test]
    fn a_picture_is_the_same_each_time_in_both_forms() {
        let outcome = Outcome {
            demand: 10.0,
            sources: 1,
            states: Vec::new(),
            events: Vec::new(),
            unserved: Vec::new(),
            lost_before: 0.0,
            end_us: 0,
        };
        let curves = [Curve { name: "a < b & \"c\"", outcome: &outcome }];
        let picture = runs("São Paulo & others", &curves);
        let svg = picture.to_svg();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(svg.contains("São Paulo &amp; others"), "{svg}");
        assert!(svg.contains(canvas::PAPER), "{svg}");
        let png = pixels::to_png(&picture);
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        assert_eq!(png, pixels::to_png(&runs("São Paulo & others", &curves)));
    }
}
