//! Shapes of a picture, and their form as SVG.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Color of the ground.
pub const PAPER: &str = "#ffffff";
/// Color of what is to be read.
pub const INK: &str = "#1c2126";

/// A picture: shapes in the order in which they are drawn. Lengths are in points of SVG.
#[derive(Debug, Clone)]
pub struct Canvas {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    title: String,
    /// What is drawn.
    pub shapes: Vec<Shape>,
}

/// Something drawn.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A line with corners.
    Line(Line),
    /// A text.
    Text(Text),
    /// A filled rectangle.
    Rect(Rect),
}

/// A filled rectangle.
#[derive(Debug, Clone)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its upper edge.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// As `#rrggbb`.
    pub fill: Cow<'static, str>,
}

/// A line through points.
#[derive(Debug, Clone)]
pub struct Line {
    /// The points, (right, down).
    pub points: Vec<(f64, f64)>,
    /// How it looks.
    pub style: Style,
}

/// How a line looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// As `#rrggbb`.
    pub color: &'static str,
    /// Thickness.
    pub width: f64,
    /// Lengths of dashes and gaps; a whole line if empty.
    pub dash: &'static [f64],
}

/// A text on one line.
#[derive(Debug, Clone)]
pub struct Text {
    /// Where it is anchored, to the right.
    pub x: f64,
    /// Where its letters stand, down.
    pub y: f64,
    /// Size of the letters.
    pub size: f64,
    /// As `#rrggbb`.
    pub color: &'static str,
    /// Which end of it is at `x`.
    pub anchor: Anchor,
    /// What it says.
    pub text: String,
}

/// Which part of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Text {
    /// A text that starts at a place.
    pub fn new(x: f64, y: f64, size: f64, color: &'static str, text: &str) -> Text {
        // No control characters: they are not allowed in SVG, and nothing to be drawn.
        let text = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Text { x, y, size, color, anchor: Anchor::Start, text }
    }

    /// The same, anchored otherwise.
    #[must_use]
    pub fn anchor(self, anchor: Anchor) -> Text {
        Text { anchor, ..self }
    }
}

impl Canvas {
    /// An empty picture. The title is for those who cannot see it.
    pub fn new(width: f64, height: f64, title: &str) -> Canvas {
        Canvas { width, height, title: title.to_owned(), shapes: Vec::new() }
    }

    /// Draws a line.
    pub fn line(&mut self, line: Line) {
        self.shapes.push(Shape::Line(line));
    }

    /// Draws a rectangle.
    pub fn rect(&mut self, rect: Rect) {
        self.shapes.push(Shape::Rect(rect));
    }

    /// Draws the edges of a rectangle.
    pub fn frame(&mut self, rect: &Rect, style: Style) {
        let (left, right) = (rect.x, rect.x + rect.width);
        let (top, bottom) = (rect.y, rect.y + rect.height);
        let points = vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.line(Line { points, style });
    }

    /// Draws oblique lines across a rectangle, `apart` from each other along its upper edge, for
    /// whoever cannot tell its color from another.
    pub fn hatch(&mut self, rect: &Rect, apart: f64, style: Style) {
        let (width, height) = (rect.width, rect.height);
        let mut start = apart / 2.0;
        while start < width + height {
            // From the upper edge down to the left, cut where the rectangle ends.
            let upper = (start.min(width), (start - width).max(0.0));
            let lower = ((start - height).max(0.0), start.min(height));
            let at = |(x, y): (f64, f64)| (rect.x + x, rect.y + y);
            self.line(Line { points: vec![at(upper), at(lower)], style });
            start += apart;
        }
    }

    /// Draws a text.
    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// The picture as an SVG document.
    pub fn to_svg(&self) -> String {
        let mut out = String::new();
        let (width, height) = (number(self.width), number(self.height));
        let mut put = |line: std::fmt::Arguments<'_>| {
            writeln!(out, "{line}").expect("strings take all");
        };
        put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\">"
        ));
        put(format_args!("<title>{}</title>", escaped(&self.title)));
        put(format_args!("<rect width=\"100%\" height=\"100%\" fill=\"{PAPER}\"/>"));
        for shape in &self.shapes {
            match shape {
                Shape::Line(line) => put(format_args!("{}", line_svg(line))),
                Shape::Text(text) => put(format_args!("{}", text_svg(text))),
                Shape::Rect(rect) => put(format_args!("{}", rect_svg(rect))),
            }
        }
        out.push_str("</svg>\n");
        out
    }
}

fn line_svg(line: &Line) -> String {
    let Style { color, width, dash } = line.style;
    let points: Vec<String> =
        line.points.iter().map(|(x, y)| format!("{},{}", number(*x), number(*y))).collect();
    let dash = match dash.is_empty() {
        true => String::new(),
        false => {
            let dash: Vec<String> = dash.iter().map(|length| number(*length)).collect();
            format!(" stroke-dasharray=\"{}\"", dash.join(" "))
        }
    };
    format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{}\" \
         stroke-linejoin=\"round\"{dash}/>",
        points.join(" "),
        number(width)
    )
}

fn rect_svg(rect: &Rect) -> String {
    let Rect { x, y, width, height, fill } = rect;
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{fill}\"/>",
        number(*x),
        number(*y),
        number(*width),
        number(*height)
    )
}

fn text_svg(text: &Text) -> String {
    let anchor = match text.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    format!(
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\" fill=\"{}\"{anchor}>{}</text>",
        number(text.x),
        number(text.y),
        number(text.size),
        text.color,
        escaped(&text.text)
    )
}

/// A length with two decimals at most: no picture needs more, and no machine rounds otherwise.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
