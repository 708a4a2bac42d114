//! The shapes of a picture as PNG: lines by tiny-skia, letters as the outlines of a font that is
//! in the binary, so that every machine draws the same.

use tiny_skia::{
    Color, FillRule, LineJoin, Paint, PathBuilder, Pixmap, Rect as PixelRect, Stroke, StrokeDash,
    Transform,
};
use ttf_parser::{Face, OutlineBuilder};

use super::canvas::{Anchor, Canvas, Line, PAPER, Rect, Shape, Text};

/// Pixels for each point of SVG: as sharp as today's screens.
const SCALE: f32 = 2.0;

fn face() -> Face<'static> {
    Face::parse(dejavu::sans::regular(), 0).expect("the font in the binary is one")
}

/// Width of a text, in the unit of its size.
pub fn text_width(text: &str, size: f64) -> f64 {
    let face = face();
    let units: f64 = text.chars().map(|c| advance(&face, c)).sum();
    units * size / f64::from(face.units_per_em())
}

fn advance(face: &Face<'_>, c: char) -> f64 {
    let glyph = face.glyph_index(c).unwrap_or_default();
    f64::from(face.glyph_hor_advance(glyph).unwrap_or(0))
}

/// The picture as a PNG file.
pub fn to_png(canvas: &Canvas) -> Vec<u8> {
    let (width, height) = (f64::from(SCALE) * canvas.width, f64::from(SCALE) * canvas.height);
    let mut pixmap =
        Pixmap::new(width.ceil() as u32, height.ceil() as u32).expect("a picture has a size");
    pixmap.fill(color(PAPER));
    let face = face();
    for shape in &canvas.shapes {
        match shape {
            Shape::Line(line) => draw_line(&mut pixmap, line),
            Shape::Text(text) => draw_text(&mut pixmap, &face, text),
            Shape::Rect(rect) => draw_rect(&mut pixmap, rect),
        }
    }
    pixmap.encode_png().expect("memory takes it")
}

/// A color as `#rrggbb`.
fn color(written: &str) -> Color {
    let part = |at: usize| u8::from_str_radix(&written[at..at + 2], 16).expect("it is a color");
    Color::from_rgba8(part(1), part(3), part(5), 255)
}

fn paint(written: &str) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(color(written));
    paint
}

fn draw_line(pixmap: &mut Pixmap, line: &Line) {
    let mut builder = PathBuilder::new();
    for (index, (x, y)) in line.points.iter().enumerate() {
        match index {
            0 => builder.move_to(*x as f32, *y as f32),
            _ => builder.line_to(*x as f32, *y as f32),
        }
    }
    let Some(path) = builder.finish() else { return };
    let dash = line.style.dash.iter().map(|length| *length as f32);
    // An odd number of lengths counts twice, as in SVG.
    let dash: Vec<f32> = match line.style.dash.len() % 2 {
        0 => dash.collect(),
        _ => dash.clone().chain(dash).collect(),
    };
    let stroke = Stroke {
        width: line.style.width as f32,
        line_join: LineJoin::Round,
        dash: StrokeDash::new(dash, 0.0),
        ..Stroke::default()
    };
    let scale = Transform::from_scale(SCALE, SCALE);
    pixmap.stroke_path(&path, &paint(line.style.color), &stroke, scale, None);
}

fn draw_rect(pixmap: &mut Pixmap, rect: &Rect) {
    let Rect { x, y, width, height, fill } = rect;
    let (x, y, width, height) = (*x as f32, *y as f32, *width as f32, *height as f32);
    // One without extent is nothing to be seen.
    let Some(area) = PixelRect::from_xywh(x, y, width, height) else { return };
    pixmap.fill_rect(area, &paint(fill), Transform::from_scale(SCALE, SCALE), None);
}

fn draw_text(pixmap: &mut Pixmap, face: &Face<'_>, text: &Text) {
    let width = text_width(&text.text, text.size);
    let start = match text.anchor {
        Anchor::Start => text.x,
        Anchor::Middle => text.x - width / 2.0,
        Anchor::End => text.x - width,
    };
    let scale = text.size / f64::from(face.units_per_em());
    let mut outline = Outline { builder: PathBuilder::new(), x: start, y: text.y, scale };
    for c in text.text.chars() {
        // A letter that the font does not have is drawn as its box for that.
        face.outline_glyph(face.glyph_index(c).unwrap_or_default(), &mut outline);
        outline.x += advance(face, c) * scale;
    }
    let Some(path) = outline.builder.finish() else { return };
    let scale = Transform::from_scale(SCALE, SCALE);
    pixmap.fill_path(&path, &paint(text.color), FillRule::Winding, scale, None);
}

/// Puts the outlines of letters where they stand; those of fonts count upwards.
struct Outline {
    builder: PathBuilder,
    x: f64,
    y: f64,
    scale: f64,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = (f64::from(x) * self.scale, f64::from(y) * self.scale);
        ((self.x + x) as f32, (self.y - y) as f32)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.builder.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.builder.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.builder.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.builder.close();
    }
}
