//! Three answers to one question: what `solve`, `simulate` and the daemons say, side by side.

use catchment_model::{Asn, Prefix, Service, Table, World};
use catchment_routing::decision::Step;

use crate::table::{From, Used};
use crate::wiring::Wiring;

/// What one of the three says of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Name of the site where its packets end; empty if they come to none.
    pub site: String,
    /// AS path, nearest neighbor first; empty for an own route.
    pub path: Vec<Asn>,
}

/// What all three say of a router; `None` is no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The router.
    pub router: u32,
    /// What `solve` says.
    pub solve: Option<Seen>,
    /// What `simulate` says.
    pub simulate: Option<Seen>,
    /// What the daemon says.
    pub daemon: Option<Seen>,
    /// Whether they agree.
    pub verdict: Verdict,
}

/// Whether three answers are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They are.
    Agrees,
    /// The two with a past agree, and somewhere on the path the oldest route decided, which
    /// `solve` knows nothing of.
    History,
    /// They are not: a bug in one of the three, or a finding.
    Differs,
}

impl Verdict {
    /// The word of a table.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Agrees => "yes",
            Verdict::History => "history",
            Verdict::Differs => "no",
        }
    }
}

/// What a table of `solve` or `simulate` says of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The route.
    pub seen: Option<Seen>,
    /// Whether the oldest route decided at this router.
    pub is_oldest: bool,
}

/// What the tables of daemons say of a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The route.
    pub seen: Option<Seen>,
    /// Routers that its packets pass, itself first.
    pub passed: Vec<u32>,
}

/// What the daemons say, by router: packets to a prefix are followed from table to table, by the
/// longest prefix that each of them has for it.
pub fn followed(
    world: &World,
    service: &Service,
    wiring: &Wiring,
    tables: &[Vec<Used>],
    prefix: Prefix,
) -> Vec<Followed> {
    let route = |router: u32| {
        let covering = tables[router as usize].iter().filter(|used| used.prefix.contains(&prefix));
        covering.max_by_key(|used| used.prefix.length())
    };
    let site_of = |router: u32| {
        let here = service.sites.iter().find(|site| site.router == router);
        here.map(|site| site.name.to_string()).unwrap_or_default()
    };
    let follow = |start: u32| {
        let mut passed = vec![start];
        let mut at = start;
        let site = loop {
            match route(at).map(|used| used.from) {
                Some(From::Here) => break site_of(at),
                Some(From::Neighbor(address)) => match wiring.router_at(address) {
                    // Who comes by twice goes round for ever.
                    Some(next) if !passed.contains(&next) => at = next,
                    _ => break String::new(),
                },
                Some(From::Nowhere) | None => break String::new(),
            }
            passed.push(at);
        };
        let seen = route(start).map(|used| Seen { site, path: used.path.clone() });
        Followed { seen, passed }
    };
    (0..world.router_count() as u32).map(follow).collect()
}

/// What a table of `solve` or `simulate` with a row for each router and prefix says of one prefix.
///
/// # Panics
/// If the table is another one.
pub fn told(table: &Table, service: &Service, prefix: u16) -> Vec<Told> {
    let text = |name: &str, row: usize| {
        let column = table.column(name).expect("tables of routers have it");
        column.values.print(row).unwrap_or_default()
    };
    let of_row = |row| {
        let path = text("as_path", row);
        let path = path.split_whitespace().filter_map(|asn| asn.parse().ok().map(Asn));
        let seen = Seen { site: text("site", row), path: path.collect() };
        Told {
            seen: (!text("class", row).is_empty()).then_some(seen),
            is_oldest: text("decided_by", row) == Step::Oldest.to_string(),
        }
    };
    let prefixes = service.prefixes.len();
    (usize::from(prefix)..table.row_count()).step_by(prefixes).map(of_row).collect()
}

/// Lays the three side by side, router by router.
///
/// # Panics
/// If they are not of one world.
pub fn rows(solve: &[Told], simulate: &[Told], daemons: &[Followed]) -> Vec<Row> {
    assert!(solve.len() == daemons.len() && simulate.len() == daemons.len(), "of one world");
    let row = |router: usize| {
        let (solve, daemon) = (solve[router].seen.clone(), daemons[router].seen.clone());
        let told = simulate[router].seen.clone();
        let has_past = || daemons[router].passed.iter().any(|at| simulate[*at as usize].is_oldest);
        let verdict = match (told == daemon, solve == daemon) {
            (true, true) => Verdict::Agrees,
            (true, false) if has_past() => Verdict::History,
            _ => Verdict::Differs,
        };
        Row { router: router as u32, solve, simulate: told, daemon, verdict }
    };
    (0..daemons.len()).map(row).collect()
}
