//! A catchment as a map, for the documents: the sites of a story, and each client in the colour
//! and shape of the site that it reaches.
//!
//! Drawn by the same code path as any answer, so that the picture cannot show what the tool does
//! not say. The outline of the land is our own and coarse on purpose (`land`): it tells where
//! one is, and nothing else. Not here: the maps of the user interface, which knows zoom and time.

mod land;

use std::f64::consts::PI;
use std::fmt::Write as _;

use catchment_model::LatLon;

use crate::story::Story;

/// Size of the drawing, in its own units. Texts of 15 units are readable from 800 pixels on.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 640.0;
/// The part of the drawing that is map, between title and legend.
const MAP_TOP: f64 = 64.0;
const MAP_BOTTOM: f64 = 570.0;
/// Longitudes of the left and right edge, latitude of the upper edge.
const WEST: f64 = -142.0;
const EAST: f64 = 175.0;
const NORTH: f64 = 70.5;

const SITE_RADIUS: f64 = 11.0;
const CLIENT_RADIUS: f64 = 6.0;
/// From a site to a client of its own city, which would lie under it.
const ASIDE: f64 = 24.0;

/// Colour on light and on dark ground, and corners with the depth of the notches between them, of
/// each site. No two sites of a kind: who cannot tell the colours can tell the shapes.
const MARKS: [(&str, &str, Shape); 8] = [
    ("#0b62b5", "#5aa9f0", Shape::Circle),
    ("#c2410c", "#f58a4b", Shape::Polygon { corners: 4, turn: 0.5 }),
    ("#0f7d4f", "#41c98c", Shape::Polygon { corners: 3, turn: 0.0 }),
    ("#a3227e", "#ee7fcd", Shape::Polygon { corners: 4, turn: 0.0 }),
    ("#6b3fc0", "#ad8cf7", Shape::Star { corners: 5 }),
    ("#8a5a00", "#dba63a", Shape::Polygon { corners: 6, turn: 0.0 }),
    ("#b3152f", "#ff7d8a", Shape::Polygon { corners: 3, turn: 0.5 }),
    ("#0a7380", "#41c4d3", Shape::Star { corners: 4 }),
];

#[derive(Debug, Clone, Copy)]
enum Shape {
    Circle,
    /// Corners, and by what part of the angle between two of them it is turned.
    Polygon {
        corners: u32,
        turn: f64,
    },
    Star {
        corners: u32,
    },
}

/// A place on the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    x: f64,
    y: f64,
}

/// Mercator: the latitudes where most networks are get most room.
fn project(at: LatLon) -> Point {
    let scale = WIDTH / (EAST - WEST);
    let mercator = |lat: f64| libm::log(libm::tan(PI / 4.0 + lat * PI / 360.0)) * 180.0 / PI;
    Point { x: (at.lon - WEST) * scale, y: MAP_TOP + (mercator(NORTH) - mercator(at.lat)) * scale }
}

/// Where a label stands, seen from its mark.
#[derive(Debug, Clone, Copy)]
enum Side {
    Right,
    Left,
    Above,
    Below,
    AboveRight,
    BelowRight,
}

/// Where clients that share a city with a site step aside to, and on which side names stand:
/// chosen by eye for `eight`, so that nothing overlaps. Others stand to the right.
const PLACING: [(&str, f64, f64, Side); 17] = [
    ("New York-A", 1.0, 0.4, Side::Right),
    ("New York-B", 0.0, -1.1, Side::Left),
    ("San Francisco", 0.0, 0.0, Side::Below),
    ("Miami", 1.0, 0.4, Side::Right),
    ("Bogota", 0.0, 0.0, Side::Below),
    ("Sao Paulo", 0.5, 1.0, Side::Below),
    ("London", -1.0, -0.2, Side::Left),
    ("Berlin", 0.0, 0.0, Side::AboveRight),
    ("Moscow", 0.0, 0.0, Side::Right),
    ("Istanbul", 0.0, 0.0, Side::Below),
    ("Mumbai", -1.0, 0.3, Side::Left),
    ("Johannesburg", 0.0, 0.0, Side::Below),
    ("Singapore", -0.8, -0.8, Side::Left),
    ("Tokyo-A", 0.6, -1.0, Side::Right),
    ("Tokyo-B", 1.1, 0.1, Side::Right),
    ("Seoul", 0.0, 0.0, Side::Above),
    ("Sydney", 0.0, 0.0, Side::Below),
];

/// Sides of the names of sites; others stand above.
const SITE_SIDES: [(&str, Side); 8] = [
    ("jfk", Side::Below),
    ("mia", Side::Left),
    ("gru", Side::Right),
    ("lhr", Side::Above),
    ("fra", Side::Below),
    ("bom", Side::Right),
    ("nrt", Side::BelowRight),
    ("sin", Side::Below),
];

/// Draws a story whose world has places.
///
/// # Panics
/// If a router of the story is nowhere, or there are more sites than kinds of marks.
pub fn picture(story: &Story, title: &str, description: &str) -> String {
    let world = &story.assembled.world;
    let sites = &story.assembled.service.sites;
    assert!(sites.len() <= MARKS.len(), "there are more sites than kinds of marks");
    let at = |router: u32| world.place(router).expect("every router has a place").at;

    let mut svg = String::new();
    let out = &mut svg;
    head(out, title, description);
    ground(out);

    let (mut lines, mut clients) = (String::new(), String::new());
    for client in &world.clients {
        let spot = PLACING.iter().find(|(name, ..)| *name == client.name);
        let (dx, dy, side) =
            spot.map_or((0.0, 0.0, Side::Right), |(_, dx, dy, side)| (*dx, *dy, *side));
        let home = project(at(client.router));
        let point = Point { x: home.x + dx * ASIDE, y: home.y + dy * ASIDE };
        let site = story.catchments[0].site(client.router);
        if let Some(site) = site {
            let end = at(sites[site as usize].router);
            let d = great_circle(at(client.router), end, point);
            let _ = writeln!(lines, r#"<path class="way s{site}" d="{d}"/>"#);
        }
        let class = site.map_or("none".to_owned(), |site| format!("s{site}"));
        let reached = site.map_or("no site", |site| sites[site as usize].name.as_str());
        let shape = site.map_or(Shape::Circle, |site| MARKS[site as usize].2);
        let name = &client.name;
        let _ = writeln!(clients, "<g><title>{name} reaches {reached}</title>");
        let _ =
            writeln!(clients, "{}", mark(shape, point, CLIENT_RADIUS, &format!("mark {class}")));
        label(&mut clients, name, point, CLIENT_RADIUS, side, "client");
        clients.push_str("</g>\n");
    }
    let _ = write!(out, "<g clip-path=\"url(#map)\">\n{lines}</g>\n");
    for (index, site) in sites.iter().enumerate() {
        let point = project(at(site.router));
        let name = site.name.as_str();
        let side = SITE_SIDES.iter().find(|(known, _)| *known == name);
        let side = side.map_or(Side::Above, |(_, side)| *side);
        let _ = writeln!(out, "<g><title>site {name}</title>");
        let class = format!("mark s{index}");
        let _ = writeln!(out, "{}", mark(MARKS[index].2, point, SITE_RADIUS, &class));
        label(out, &name.to_uppercase(), point, SITE_RADIUS, side, "site");
        out.push_str("</g>\n");
    }
    out.push_str(&clients);
    legend(out);
    out.push_str("</svg>\n");
    svg
}

fn head(out: &mut String, title: &str, description: &str) {
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"title desc\">"
    );
    let _ = writeln!(out, "<title id=\"title\">{title}</title>");
    let _ = writeln!(out, "<desc id=\"desc\">{description}</desc>");
    let mut light = String::from(
        "text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;\
         fill:#1f2733;paint-order:stroke;stroke:#f7f9fb;stroke-width:3.5px;\
         stroke-linejoin:round}\n\
         .title{font-size:22px;font-weight:600}.legend{font-size:15.5px}\n\
         .client{font-size:15px}.site{font-size:17px;font-weight:700}\n\
         .ground{fill:#f7f9fb;stroke:#cbd5e0}.land{fill:#e3e9ef}\n\
         .grid{fill:none;stroke:#d5dde6;stroke-width:1}\n\
         .way{fill:none;stroke-width:2.2;stroke-dasharray:6 5;stroke-linecap:round}\n\
         .mark{stroke-width:1.6;stroke:#f7f9fb}.none{fill:#1f2733}.some{fill:#5b6675}\n\
         .some-way{stroke:#5b6675}\n",
    );
    let mut dark = String::from(
        "text{fill:#e6ebf1;stroke:#10161d}.ground{fill:#10161d;stroke:#39434f}\n\
         .land{fill:#222c37}.grid{stroke:#2a3541}.mark{stroke:#10161d}.none{fill:#e6ebf1}\n\
         .some{fill:#a3adba}.some-way{stroke:#a3adba}\n",
    );
    for (index, (on_light, on_dark, _)) in MARKS.iter().enumerate() {
        let _ =
            writeln!(light, ".mark.s{index}{{fill:{on_light}}}.way.s{index}{{stroke:{on_light}}}");
        let _ = writeln!(dark, ".mark.s{index}{{fill:{on_dark}}}.way.s{index}{{stroke:{on_dark}}}");
    }
    let _ = write!(
        out,
        "<style>\n{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n</style>\n\
         <defs><clipPath id=\"map\"><rect x=\"1\" y=\"{MAP_TOP}\" width=\"{}\" height=\"{}\"/>\
         </clipPath></defs>\n\
         <rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"10\"/>\n\
         <text class=\"title\" x=\"24\" y=\"40\">{title}</text>\n",
        WIDTH - 2.0,
        MAP_BOTTOM - MAP_TOP,
        WIDTH - 1.0,
        HEIGHT - 1.0,
    );
}

/// Land, and a line for each thirty degrees.
fn ground(out: &mut String) {
    out.push_str("<g clip-path=\"url(#map)\">\n");
    for outline in land::OUTLINES {
        let points = outline.iter().map(|(lon, lat)| {
            let lat = f64::from(*lat).min(80.0);
            project(LatLon { lat, lon: f64::from(*lon) })
        });
        let _ = writeln!(out, "<path class=\"land\" d=\"{}Z\"/>", path(points));
    }
    let mut grid = String::new();
    for lon in (-120..=150).step_by(30) {
        let Point { x, .. } = project(LatLon { lat: 0.0, lon: f64::from(lon) });
        let _ = write!(grid, "M{x:.1} {MAP_TOP}V{MAP_BOTTOM}");
    }
    for lat in [-30, 0, 30, 60] {
        let Point { y, .. } = project(LatLon { lat: f64::from(lat), lon: 0.0 });
        let _ = write!(grid, "M1 {y:.1}H{}", WIDTH - 1.0);
    }
    let _ = writeln!(out, "<path class=\"grid\" d=\"{grid}\"/>\n</g>");
}

fn path(points: impl Iterator<Item = Point>) -> String {
    let mut d = String::new();
    for (index, Point { x, y }) in points.enumerate() {
        let _ = write!(d, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
    }
    d
}

/// The shortest way over the sphere. It is drawn from `start`, a little aside of `from`, and swings
/// in towards the end, so that ways between the same two cities stay apart.
fn great_circle(from: LatLon, to: LatLon, start: Point) -> String {
    let vector = |at: LatLon| {
        let (lat, lon) = (at.lat * PI / 180.0, at.lon * PI / 180.0);
        let level = libm::cos(lat);
        [level * libm::cos(lon), level * libm::sin(lon), libm::sin(lat)]
    };
    let (a, b) = (vector(from), vector(to));
    let cosine: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    let angle = libm::acos(cosine.clamp(-1.0, 1.0));
    if angle < 1e-6 {
        return path([start, project(to)].into_iter());
    }
    let origin = project(from);
    let aside = Point { x: start.x - origin.x, y: start.y - origin.y };
    let steps = libm::ceil(angle / 0.08) as u32;
    let points = (0..=steps).map(|step| {
        let part = f64::from(step) / f64::from(steps);
        let weights = [libm::sin((1.0 - part) * angle), libm::sin(part * angle)];
        let [x, y, z] = [0, 1, 2].map(|axis| weights[0] * a[axis] + weights[1] * b[axis]);
        let lat = libm::atan2(z, libm::sqrt(x * x + y * y)) * 180.0 / PI;
        let Point { x, y } = project(LatLon { lat, lon: libm::atan2(y, x) * 180.0 / PI });
        Point { x: x + (1.0 - part) * aside.x, y: y + (1.0 - part) * aside.y }
    });
    path(points)
}

fn mark(shape: Shape, at: Point, radius: f64, class: &str) -> String {
    let Point { x, y } = at;
    let corner = |angle: f64, radius: f64| Point {
        x: x + radius * libm::sin(angle),
        y: y - radius * libm::cos(angle),
    };
    // All shapes of one size look equally large.
    let d = match shape {
        Shape::Circle => {
            return format!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{radius:.1}"/>"#);
        }
        Shape::Polygon { corners, turn } => {
            let radius = radius * if corners == 3 { 1.35 } else { 1.2 };
            let angle = |index: u32| (f64::from(index) + turn) * 2.0 * PI / f64::from(corners);
            path((0..corners).map(|index| corner(angle(index), radius)))
        }
        Shape::Star { corners } => path((0..2 * corners).map(|index| {
            let radius = radius * if index % 2 == 0 { 1.5 } else { 0.72 };
            corner(f64::from(index) * PI / f64::from(corners), radius)
        })),
    };
    format!(r#"<path class="{class}" d="{d}Z"/>"#)
}

fn label(out: &mut String, text: &str, at: Point, radius: f64, side: Side, class: &str) {
    let gap = radius * 1.3 + 4.0;
    let (anchor, x, y) = match side {
        Side::Right => ("start", at.x + gap, at.y + 5.0),
        Side::Left => ("end", at.x - gap, at.y + 5.0),
        Side::Above => ("middle", at.x, at.y - gap - 1.0),
        Side::Below => ("middle", at.x, at.y + gap + 12.0),
        Side::AboveRight => ("start", at.x - 8.0, at.y - gap - 3.0),
        Side::BelowRight => ("start", at.x + gap * 0.7, at.y + gap + 12.0),
    };
    let _ = writeln!(
        out,
        r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#
    );
}

fn legend(out: &mut String) {
    let y = (MAP_BOTTOM + HEIGHT) / 2.0;
    let shape = Shape::Polygon { corners: 4, turn: 0.0 };
    let text = |x: f64, text: &str| {
        format!(r#"<text class="legend" x="{x}" y="{}">{text}</text>"#, y + 5.0)
    };
    let _ = writeln!(out, "{}", mark(shape, Point { x: 38.0, y }, SITE_RADIUS, "mark some"));
    let _ = writeln!(out, "{}", text(58.0, "a site"));
    let _ = writeln!(out, "{}", mark(shape, Point { x: 132.0, y }, CLIENT_RADIUS, "mark some"));
    let _ = writeln!(
        out,
        "{}",
        text(146.0, "a client, in colour and shape of the site that it reaches")
    );
    let _ = writeln!(out, r#"<path class="way some-way" d="M616 {y}H666"/>"#);
    let _ = writeln!(out, "{}", text(678.0, "which site a client reaches"));
}
