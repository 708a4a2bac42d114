//! Draws the charts of plans: bars with ticks, fields of cells, curves.
//!
//! To be read in print and by people of all kinds of sight: no part is told by its color alone
//! (every second one is hatched, curves have dashes), and what is over a limit has a frame and a
//! triangle.

use catchment_planner::answer::{Bar, Chart, ChartKind, Curve};

use super::canvas::{Anchor, Canvas, INK, Line, PAPER, Rect, Style, Text};
use super::{FAINT, GRID, MARGIN, STYLES, WIDTH, cut, pixels};

/// More bars than that are counted, not drawn; rows of a field likewise.
const ROWS_MAX: usize = 60;
/// More columns of a field than that are counted, not drawn.
const COLUMNS_MAX: usize = 40;
/// More points of a curve than that do not fit into a picture.
const POINTS_MAX: usize = 1000;
/// Rooms for names at the left.
const NAME_WIDTH_MAX: f64 = 260.0;
const BAR: f64 = 18.0;
const BAR_STEP: f64 = 27.0;
const CELL_HEIGHT: f64 = 24.0;
const CELL_WIDTH_MAX: f64 = 96.0;
/// Cells that are narrower have no room for their value.
const CELL_WIDTH_MIN: f64 = 30.0;
const CURVES_HEIGHT: f64 = 320.0;
const SMALL: f64 = 12.5;
/// What is over a limit.
const OVER: &str = "#d55e00";
const NOTHING: &str = "#eceef1";

/// Fill and hatching of the parts of a bar, light enough that hatching shows.
const FILLS: [(&str, Option<&str>); 6] = [
    ("#0072b2", None),
    ("#f6c9a4", Some("#a84a00")),
    ("#009e73", None),
    ("#e9c6d9", Some("#8c3f6c")),
    ("#56b4e9", None),
    ("#e3d9a8", Some("#6f5600")),
];

/// All charts of an answer, one below the other.
pub fn charts(title: &str, charts: &[Chart]) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, 0.0, title);
    let mut top = MARGIN;
    for line in wrapped(title, 19.0, WIDTH - 2.0 * MARGIN) {
        canvas.text(Text::new(MARGIN, top + 18.0, 19.0, INK, &line));
        top += 25.0;
    }
    for chart in charts {
        top = draw(&mut canvas, top + 20.0, chart);
    }
    if charts.is_empty() {
        canvas.text(Text::new(MARGIN, top + 30.0, 14.0, FAINT, "There is nothing to draw."));
        top += 40.0;
    }
    canvas.height = top + MARGIN;
    canvas
}

/// One chart alone.
pub fn chart(chart: &Chart) -> Canvas {
    let mut canvas = Canvas::new(WIDTH, 0.0, &chart.title);
    canvas.height = draw(&mut canvas, 4.0, chart) + 8.0;
    canvas
}

/// Draws a chart from `top` on, and says where it ends.
fn draw(canvas: &mut Canvas, top: f64, chart: &Chart) -> f64 {
    let title = cut(&chart.title, 15.0, WIDTH - 2.0 * MARGIN);
    canvas.text(Text::new(MARGIN, top + 16.0, 15.0, INK, &title));
    let top = top + 28.0;
    match &chart.kind {
        ChartKind::Bars { unit, parts, bars } => draw_bars(canvas, top, unit, parts, bars),
        ChartKind::Heat { unit, row_title, column_title, rows, columns, cells, limit } => {
            let field = Field { unit, rows, columns, cells, limit: *limit };
            draw_field(canvas, top, &field, row_title, column_title)
        }
        ChartKind::Lines { x_title, y_title, lines } => {
            draw_curves(canvas, top, x_title, y_title, lines)
        }
    }
}

fn thin(color: &'static str) -> Style {
    Style { color, width: 1.0, dash: &[] }
}

fn swatch(canvas: &mut Canvas, rect: &Rect, part: usize) {
    let (fill, hatch) = FILLS[part % FILLS.len()];
    canvas.rect(Rect { fill: fill.into(), ..rect.clone() });
    if let Some(color) = hatch {
        canvas.hatch(rect, 6.0, Style { color, width: 1.2, dash: &[] });
        canvas.frame(rect, thin(color));
    }
}

/// Names with a mark before each, over as many lines as it takes; says where they end.
fn legend(
    canvas: &mut Canvas,
    top: f64,
    names: &[&str],
    mut mark: impl FnMut(&mut Canvas, usize, f64, f64),
) -> f64 {
    let (mut x, mut y) = (MARGIN, top);
    for (index, name) in names.iter().enumerate() {
        let name = cut(name, 13.0, 400.0);
        let width = 44.0 + pixels::text_width(&name, 13.0) + 26.0;
        if x + width > WIDTH - MARGIN && x > MARGIN {
            (x, y) = (MARGIN, y + 22.0);
        }
        mark(canvas, index, x, y);
        canvas.text(Text::new(x + 42.0, y + 13.0, 13.0, INK, &name));
        x += width;
    }
    y + 26.0
}

fn draw_bars(canvas: &mut Canvas, top: f64, unit: &str, parts: &[String], bars: &[Bar]) -> f64 {
    let has_ticks = bars.iter().any(|bar| bar.tick.is_some());
    let mut names: Vec<&str> = if parts.len() > 1 { part_names(parts) } else { Vec::new() };
    if has_ticks {
        names.push("the mark to hold it against, such as a capacity");
    }
    let mut y = top;
    if !names.is_empty() {
        let tick = names.len() - usize::from(has_ticks);
        y = legend(canvas, top, &names, |canvas, part, x, y| match part < tick {
            true => swatch(canvas, &rect(x, y + 1.0, 32.0, 14.0), part),
            false => draw_tick(canvas, x + 16.0, y + 8.0),
        });
    }
    let sum = |bar: &Bar| bar.parts.iter().filter(|it| it.is_finite()).sum::<f64>();
    let shown = &bars[..bars.len().min(ROWS_MAX)];
    let tick = |bar: &Bar| bar.tick.filter(|tick| tick.is_finite());
    let longest =
        shown.iter().map(|bar| sum(bar).max(tick(bar).unwrap_or(0.0))).fold(0.0, f64::max);
    let scale = Scale::new(0.0, longest);
    let labels = shown.iter().map(|bar| pixels::text_width(&bar.label, 13.0));
    let left = MARGIN + labels.fold(40.0, f64::max).min(NAME_WIDTH_MAX) + 10.0;
    // Room for the value behind the longest bar.
    let right = WIDTH - MARGIN - 90.0;
    let at = |value: f64| left + (right - left) * scale.share(value);
    let bottom = y + BAR_STEP * shown.len() as f64;
    for value in scale.ticks() {
        let x = at(value);
        canvas.line(Line { points: vec![(x, y), (x, bottom)], style: thin(GRID) });
        let label = scale.label(value);
        canvas.text(Text::new(x, bottom + 18.0, SMALL, INK, &label).anchor(Anchor::Middle));
    }
    for (index, bar) in shown.iter().enumerate() {
        let upper = y + BAR_STEP * index as f64 + (BAR_STEP - BAR) / 2.0;
        let over = tick(bar).is_some_and(|tick| sum(bar) > tick);
        let baseline = upper + BAR / 2.0 + 4.5;
        let label = cut(&bar.label, 13.0, NAME_WIDTH_MAX);
        let label = Text::new(left - 9.0, baseline, 13.0, INK, &label);
        canvas.text(label.anchor(Anchor::End));
        let mut from = 0.0;
        for (part, length) in bar.parts.iter().enumerate() {
            if !(length.is_finite() && *length > 0.0) {
                continue;
            }
            let (start, end) = (at(from), at(from + length));
            swatch(canvas, &rect(start, upper, end - start, BAR), part);
            if from > 0.0 {
                let edge = vec![(start, upper - 0.5), (start, upper + BAR + 0.5)];
                canvas.line(Line { points: edge, style: Style { width: 1.5, ..thin(PAPER) } });
            }
            from += length;
        }
        if let Some(tick) = tick(bar) {
            draw_tick(canvas, at(tick), upper + BAR / 2.0);
        }
        let mark = if over { "▲ " } else { "" };
        let text = format!("{mark}{}", shown_value(sum(bar)));
        // Behind the bar, unless the tick is there.
        let (end, width) = (at(from), pixels::text_width(&text, SMALL) + 18.0);
        let tick_at = tick(bar).map(at).filter(|tick| (end - 3.0..end + width).contains(tick));
        let end = tick_at.unwrap_or(end);
        let color = if over { OVER } else { INK };
        canvas.text(Text::new(end + 9.0, baseline, SMALL, color, &text));
    }
    canvas.line(Line { points: vec![(left, y), (left, bottom)], style: thin(INK) });
    canvas.text(
        Text::new((left + right) / 2.0, bottom + 36.0, SMALL, FAINT, unit).anchor(Anchor::Middle),
    );
    more(canvas, bottom + 36.0, bars.len() - shown.len());
    bottom + 46.0
}

fn part_names(parts: &[String]) -> Vec<&str> {
    parts.iter().map(String::as_str).collect()
}

/// Says how many are not drawn.
fn more(canvas: &mut Canvas, y: f64, count: usize) {
    if count > 0 {
        let text = format!("and {count} more, in the table");
        canvas.text(Text::new(MARGIN, y, SMALL, FAINT, &text));
    }
}

fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
    Rect { x, y, width, height, fill: INK.into() }
}

fn draw_tick(canvas: &mut Canvas, x: f64, middle: f64) {
    let half = BAR / 2.0 + 3.5;
    let points = vec![(x, middle - half), (x, middle + half)];
    // Seen on bars of any fill, also where a page turns ink and paper round.
    let halo = Style { color: PAPER, width: 5.6, dash: &[] };
    canvas.line(Line { points: points.clone(), style: halo });
    canvas.line(Line { points, style: Style { color: INK, width: 2.6, dash: &[] } });
}

/// What a field of cells shows.
struct Field<'a> {
    unit: &'a str,
    rows: &'a [String],
    columns: &'a [String],
    cells: &'a [Option<f64>],
    limit: Option<f64>,
}

fn draw_field(
    canvas: &mut Canvas,
    top: f64,
    field: &Field<'_>,
    row_title: &str,
    column_title: &str,
) -> f64 {
    let rows = &field.rows[..field.rows.len().min(ROWS_MAX)];
    let columns = &field.columns[..field.columns.len().min(COLUMNS_MAX)];
    let cell = |row: usize, column: usize| {
        let value = field.cells.get(row * field.columns.len() + column).copied().flatten();
        value.filter(|value| value.is_finite())
    };
    let values = || (0..rows.len()).flat_map(|row| (0..columns.len()).map(move |it| (row, it)));
    let values = || values().filter_map(|(row, column)| cell(row, column));
    let highest = field.limit.unwrap_or_else(|| values().fold(0.0, f64::max));
    let over = |value: f64| field.limit.is_some_and(|limit| value > limit);
    let labels = rows.iter().map(|name| pixels::text_width(name, 13.0));
    let titles = pixels::text_width(row_title, SMALL);
    let left = MARGIN + labels.fold(titles, f64::max).min(NAME_WIDTH_MAX) + 12.0;
    let names = columns.iter().map(|name| pixels::text_width(name, SMALL) + 12.0);
    let wanted = names.fold(56.0, f64::max).min(CELL_WIDTH_MAX);
    let width = wanted.min((WIDTH - MARGIN - left) / columns.len().max(1) as f64);
    let y = top + 40.0;
    canvas.text(Text::new(left, top + 14.0, SMALL, FAINT, column_title));
    canvas.text(Text::new(MARGIN, y - 8.0, SMALL, FAINT, &cut(row_title, SMALL, left - MARGIN)));
    for (column, name) in columns.iter().enumerate() {
        let x = left + width * (column as f64 + 0.5);
        let name = cut(name, SMALL, width - 2.0);
        canvas.text(Text::new(x, y - 8.0, SMALL, INK, &name).anchor(Anchor::Middle));
    }
    for (row, name) in rows.iter().enumerate() {
        let upper = y + CELL_HEIGHT * row as f64;
        let name = cut(name, 13.0, NAME_WIDTH_MAX);
        let label = Text::new(left - 9.0, upper + 16.5, 13.0, INK, &name);
        canvas.text(label.anchor(Anchor::End));
        for column in 0..columns.len() {
            let x = left + width * column as f64;
            let area = rect(x + 0.75, upper + 0.75, width - 1.5, CELL_HEIGHT - 1.5);
            let Some(value) = cell(row, column) else {
                canvas.rect(Rect { fill: NOTHING.into(), ..area });
                continue;
            };
            let depth = if highest > 0.0 { (value / highest).clamp(0.0, 1.0) } else { 0.0 };
            let fill = if over(value) { "#ffd9bd".to_owned() } else { blue(depth) };
            let ink = if over(value) || depth < 0.72 { "#000000" } else { "#fffffe" };
            canvas.rect(Rect { fill: fill.into(), ..area.clone() });
            if over(value) {
                let edge = rect(x + 2.0, upper + 2.0, width - 4.0, CELL_HEIGHT - 4.0);
                canvas.frame(&edge, Style { color: OVER, width: 2.5, dash: &[] });
            }
            if width >= CELL_WIDTH_MIN {
                let mark = if over(value) { "▲" } else { "" };
                let text = format!("{mark}{}", shown_value(value));
                let size = if pixels::text_width(&text, 12.0) > width - 8.0 { 10.0 } else { 12.0 };
                let text = Text::new(x + width / 2.0, upper + 16.5, size, ink, &text);
                canvas.text(text.anchor(Anchor::Middle));
            }
        }
    }
    let bottom = y + CELL_HEIGHT * rows.len() as f64;
    let limit = field
        .limit
        .map(|limit| format!("; a frame and ▲: over {} {}", shown_value(limit), field.unit));
    let key = format!("cells: {}{}", field.unit, limit.unwrap_or_default());
    canvas.text(Text::new(left, bottom + 20.0, SMALL, FAINT, &key));
    let left_out = field.rows.len() - rows.len() + field.columns.len() - columns.len();
    more(canvas, bottom + 38.0, left_out);
    bottom + if left_out > 0 { 46.0 } else { 28.0 }
}

/// From nearly white to a deep blue, ever darker, so that it survives a copier.
fn blue(depth: f64) -> String {
    let (from, to) = ([0xf2, 0xf6, 0xfa], [0x08, 0x4a, 0x7d]);
    let mixed = |at: usize| {
        let (from, to) = (f64::from(from[at]), f64::from(to[at]));
        (from + (to - from) * depth) as u8
    };
    format!("#{:02x}{:02x}{:02x}", mixed(0), mixed(1), mixed(2))
}

fn draw_curves(
    canvas: &mut Canvas,
    top: f64,
    x_title: &str,
    y_title: &str,
    curves: &[Curve],
) -> f64 {
    let finite = |point: &&(f64, f64)| point.0.is_finite() && point.1.is_finite();
    let points = || curves.iter().flat_map(|curve| curve.points.iter().filter(finite));
    let extent = |of: fn(&(f64, f64)) -> f64| {
        let low = points().map(of).fold(f64::INFINITY, f64::min);
        let high = points().map(of).fold(f64::NEG_INFINITY, f64::max);
        if low <= high { Scale::new(low, high) } else { Scale::new(0.0, 1.0) }
    };
    let (along, upwards) = (extent(|point| point.0), extent(|point| point.1));
    let mut y = top;
    if curves.len() > 1 {
        let names: Vec<&str> = curves.iter().map(|curve| &*curve.name).collect();
        y = legend(canvas, top, &names, |canvas, curve, x, y| {
            let ends = vec![(x, y + 8.0), (x + 34.0, y + 8.0)];
            canvas.line(Line { points: ends, style: style_of(curve) });
        });
    }
    canvas.text(Text::new(MARGIN, y + 14.0, SMALL, FAINT, y_title));
    let y = y + 24.0;
    let (left, right, bottom) = (MARGIN + 62.0, WIDTH - MARGIN - 20.0, y + CURVES_HEIGHT);
    let at = |point: &(f64, f64)| {
        let x = left + (right - left) * along.share(point.0);
        (x, bottom - CURVES_HEIGHT * upwards.share(point.1))
    };
    for value in upwards.ticks() {
        let height = bottom - CURVES_HEIGHT * upwards.share(value);
        canvas.line(Line { points: vec![(left, height), (right, height)], style: thin(GRID) });
        let label = Text::new(left - 8.0, height + 4.5, SMALL, INK, &upwards.label(value));
        canvas.text(label.anchor(Anchor::End));
    }
    for value in along.ticks() {
        let x = left + (right - left) * along.share(value);
        canvas.line(Line { points: vec![(x, y), (x, bottom)], style: thin(GRID) });
        let label = Text::new(x, bottom + 18.0, SMALL, INK, &along.label(value));
        canvas.text(label.anchor(Anchor::Middle));
    }
    let frame = vec![(left, y), (left, bottom), (right, bottom)];
    canvas.line(Line { points: frame, style: thin(INK) });
    for (index, curve) in curves.iter().enumerate() {
        let points: Vec<&(f64, f64)> = curve.points.iter().filter(finite).collect();
        let step = points.len().div_ceil(POINTS_MAX).max(1);
        let last = points.last().copied();
        let kept = points.iter().step_by(step).copied().chain(last);
        let points: Vec<(f64, f64)> = kept.map(at).collect();
        canvas.line(Line { points, style: style_of(index) });
    }
    let middle = (left + right) / 2.0;
    canvas.text(Text::new(middle, bottom + 38.0, SMALL, FAINT, x_title).anchor(Anchor::Middle));
    bottom + 48.0
}

fn style_of(curve: usize) -> Style {
    let (color, dash) = STYLES[curve % STYLES.len()];
    Style { color, width: 2.4, dash }
}

/// An axis that ends at round numbers.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

impl Scale {
    /// From 0, unless all values are far from it.
    fn new(low: f64, high: f64) -> Scale {
        let low =
            if low >= 0.0 && low < 0.6 * high.max(0.0) || low == high { low.min(0.0) } else { low };
        let high = if high > low { high } else { low + 1.0 };
        let span = high - low;
        let magnitude = libm::pow(10.0, libm::floor(libm::log10(span / 5.0)));
        let fits = |round: &f64| span / (round * magnitude) <= 6.0;
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(fits).unwrap_or(10.0) * magnitude;
        let low = libm::floor(low / step) * step;
        let count = libm::ceil((low + 1e-9 * span - high).abs() / step).max(1.0);
        Scale { low, high: low + count * step, step }
    }

    /// Place of a value between the ends, 0 to 1.
    fn share(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let Scale { low, high, step } = *self;
        let count = libm::round((high - low) / step) as u32;
        (0..=count).map(move |index| low + step * f64::from(index))
    }

    fn label(&self, value: f64) -> String {
        let decimals = (-libm::floor(libm::log10(self.step) + 1e-9)).clamp(0.0, 9.0) as usize;
        // A step of 2.5 has one digit more than its size says.
        let decimals = decimals + usize::from(self.step < 25.0 && is_half(self.step));
        let text = format!("{value:.decimals$}");
        if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) {
            return "0".to_owned();
        }
        text
    }
}

/// Whether a step begins with 25.
fn is_half(step: f64) -> bool {
    let magnitude = libm::pow(10.0, libm::floor(libm::log10(step) + 1e-9));
    (step / magnitude - 2.5).abs() < 1e-6
}

/// A value with three digits or so.
fn shown_value(value: f64) -> String {
    let (value, suffix) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        _ => (value, ""),
    };
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.0995 || size == 0.0 => 2,
        _ => 4,
    };
    let text = format!("{value:.decimals$}");
    let text = match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => &text,
    };
    format!("{text}{suffix}")
}

/// A text in lines that are not wider than `room`.
fn wrapped(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if pixels::text_width(&format!("{line} {word}"), size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(cut(word, size, room)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::canvas::Shape;
    use super::*;

    fn bars(values: &[(&str, f64, Option<f64>)]) -> Chart {
        let bar = |(label, value, tick): &(&str, f64, Option<f64>)| Bar {
            label: (*label).to_owned(),
            parts: vec![*value, 1.0],
            tick: *tick,
        };
        let parts = vec!["own".to_owned(), "more".to_owned()];
        let bars = values.iter().map(bar).collect();
        Chart { title: "Load".to_owned(), kind: ChartKind::Bars { unit: "kq/s", parts, bars } }
    }

    fn texts(canvas: &Canvas) -> Vec<&str> {
        let mut texts = Vec::new();
        for shape in &canvas.shapes {
            if let Shape::Text(text) = shape {
                texts.push(&*text.text);
            }
        }
        texts
    }

    #[test]
    fn axes_end_at_round_numbers() {
        let labels = |low: f64, high: f64| {
            let scale = Scale::new(low, high);
            scale.ticks().map(|value| scale.label(value)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(labels(0.0, 1180.0), "0 200 400 600 800 1000 1200");
        assert_eq!(labels(0.0, 1.0), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(20.0, 130.0), "0 25 50 75 100 125 150");
        assert_eq!(labels(95.0, 100.0), "95 96 97 98 99 100");
        assert_eq!(labels(-3.0, 9.0), "-4 -2 0 2 4 6 8 10");
        assert_eq!(labels(0.0, 0.012), "0 0.002 0.004 0.006 0.008 0.010 0.012");
        assert_eq!(labels(0.0, 0.0), "0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(labels(7.0, 7.0), "0 2 4 6 8");
    }

    #[test]
    fn values_have_about_three_digits() {
        let shown = [0.0, 0.01234, 0.5, 9.996, 12.34, 1234.5, 2.5e6, 3e10].map(shown_value);
        assert_eq!(shown, ["0", "0.0123", "0.5", "10", "12.3", "1234", "2.5M", "30G"]);
    }

    #[test]
    fn what_is_over_its_mark_has_a_triangle_and_the_rest_has_not() {
        let canvas = chart(&bars(&[("fra", 10.0, Some(8.0)), ("bom", 5.0, Some(8.0))]));
        let texts = texts(&canvas);
        assert!(texts.contains(&"▲ 11") && texts.contains(&"6"), "{texts:?}");
    }

    #[test]
    fn cells_over_the_limit_are_framed() {
        let field = |limit| Chart {
            title: "N-1".to_owned(),
            kind: ChartKind::Heat {
                unit: "%",
                row_title: "fails".to_owned(),
                column_title: "load of".to_owned(),
                rows: vec!["fra".to_owned(), "bom".to_owned()],
                columns: vec!["fra".to_owned(), "bom".to_owned()],
                cells: vec![None, Some(120.0), Some(40.0), Some(f64::NAN)],
                limit,
            },
        };
        let lines = |canvas: &Canvas| {
            canvas.shapes.iter().filter(|shape| matches!(shape, Shape::Line(_))).count()
        };
        let (with, without) = (chart(&field(Some(100.0))), chart(&field(None)));
        assert!(texts(&with).contains(&"▲120"), "{:?}", texts(&with));
        assert!(texts(&without).contains(&"120"), "{:?}", texts(&without));
        assert_eq!((lines(&with), lines(&without)), (1, 0));
    }

    #[test]
    fn nothing_that_is_no_number_is_drawn() {
        let curve = |points: &[(f64, f64)]| Curve { name: "a".to_owned(), points: points.to_vec() };
        let lines = vec![curve(&[(0.0, 1.0), (f64::NAN, 2.0), (3.0, f64::INFINITY)]), curve(&[])];
        let kind = ChartKind::Lines { x_title: "ms".to_owned(), y_title: "%".to_owned(), lines };
        let odd = [
            Chart { title: "curves".to_owned(), kind },
            bars(&[("x", f64::NAN, Some(f64::INFINITY)), ("y", -5.0, None)]),
            bars(&[]),
        ];
        let picture = charts("odd numbers", &odd);
        let svg = picture.to_svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(pixels::to_png(&picture).starts_with(b"\x89PNG"));
    }

    #[test]
    fn hatching_stays_within_its_rectangle() {
        let mut canvas = Canvas::new(100.0, 100.0, "");
        canvas.hatch(&rect(10.0, 20.0, 30.0, 8.0), 5.0, thin(INK));
        assert!(canvas.shapes.len() > 5);
        for shape in &canvas.shapes {
            let Shape::Line(line) = shape else { panic!("{shape:?}") };
            for (x, y) in &line.points {
                assert!((10.0..=40.0).contains(x) && (20.0..=28.0).contains(y), "{line:?}");
            }
        }
    }
}
