//! The answer as a table: the columns that design section 8 promises to other programs.

use catchment_model::relation::Class;
use catchment_model::table::{Kind, Values};
use catchment_model::{Asn, Table, World};

use crate::catchment::{Catchment, Route, Word, link_rtt_ms};
use crate::choice::settled_by;
use crate::decision::Step;
use crate::fixpoint::drops;
use crate::policy::{Policy, Situation};
use crate::ties::Ties;

/// Which rows and columns to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// A row for each router instead of one for each AS.
    pub routers: bool,
    /// Fill in `tied_sites` and `tied_shares`.
    pub tie_sets: bool,
}

/// The table of `solve`: one row per AS (or router), and prefix if there are several, sorted by
/// ASN. `catchments` holds the answer for each prefix of the service, in order.
///
/// # Panics
/// If `catchments` are not of this situation.
pub fn solve_table(situation: Situation<'_>, catchments: &[Catchment], options: Options) -> Table {
    let world = situation.world;
    let prefix_count = situation.service.prefixes.len();
    assert_eq!(catchments.len(), prefix_count, "one catchment for each prefix");
    let views: Vec<View<'_>> =
        (0..prefix_count).map(|prefix| View::new(situation, catchments, prefix, options)).collect();
    let routers = shown_routers(situation, options);

    let mut columns = Columns::new(situation, options, routers.len() * prefix_count);
    let names: Vec<String> =
        situation.service.sites.iter().map(|site| site.name.to_string()).collect();
    let mut pasts: Vec<Pasts> =
        views.iter().map(|_| Pasts { known: vec![None; world.router_count()] }).collect();
    for router in &routers {
        for (prefix, (view, past)) in views.iter().zip(&mut pasts).enumerate() {
            columns.open(situation, *router, prefix as u32);
            view.fill(&mut columns, past, *router, &names);
        }
    }
    columns.finish(situation, names)
}

/// What a row says about a router that has a route.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Where its packets end, by index into the service's sites; `None` if nowhere.
    pub site: Option<u32>,
    /// From whom its AS has the route.
    pub class: Class,
    /// AS_PATH, nearest neighbor first.
    pub as_path: Vec<Asn>,
    /// Round-trip time in ms, without access delay.
    pub rtt_ms: Option<f64>,
    /// The last step that removed a candidate; `None` for an own route or a single candidate.
    pub decided_by: Option<Step>,
}

/// A table of the same form whose rows come from elsewhere: `row` is asked for each router shown
/// and each prefix, by index, in the order of the rows; `None` is no route.
pub fn table_from_rows(
    situation: Situation<'_>,
    options: Options,
    mut row: impl FnMut(u32, u16) -> Option<Row>,
) -> Table {
    let prefix_count = situation.service.prefixes.len() as u16;
    let routers = shown_routers(situation, options);
    let rows = routers.len() * usize::from(prefix_count);
    let mut columns = Columns::new(situation, Options { tie_sets: false, ..options }, rows);
    for router in routers {
        for prefix in 0..prefix_count {
            columns.open(situation, router, prefix.into());
            match row(router, prefix) {
                Some(row) => columns.row(&row),
                None => columns.no_route(),
            }
        }
    }
    let names = situation.service.sites.iter().map(|site| site.name.to_string()).collect();
    columns.finish(situation, names)
}

/// Values of `decided_by`: these two, then the names of the steps.
const BEFORE_STEPS: [&str; 2] = ["only", "history"];
const ONLY: u32 = 0;
const HISTORY: u32 = 1;
const EMPTY: u32 = u32::MAX;

/// The routers of the rows, sorted by ASN, then index.
fn shown_routers(situation: Situation<'_>, options: Options) -> Vec<u32> {
    let world = situation.world;
    if options.routers {
        return (0..world.router_count() as u32).collect();
    }
    if world.has_one_router_per_as() && !world.has_islands() {
        return (0..world.router_count() as u32).collect();
    }
    let mut shown = Vec::with_capacity(world.as_count());
    let mut as_index = 0;
    while (as_index as usize) < world.as_count() {
        // Islands of one AS share a row.
        let entries = world.as_indices(world.asns[as_index as usize]);
        let routers =
            world.first_router[entries.start as usize]..world.first_router[entries.end as usize];
        shown.push(world.shown_router(routers));
        as_index = entries.end;
    }
    shown
}

/// Texts in the making.
struct Texts {
    bytes: Vec<u8>,
    ends: Vec<(u32, bool)>,
}

impl Texts {
    fn with_capacity(rows: usize, bytes: usize) -> Texts {
        Texts { bytes: Vec::with_capacity(rows * bytes), ends: Vec::with_capacity(rows) }
    }

    fn end(&mut self, present: bool) {
        let end = u32::try_from(self.bytes.len()).expect("a column of texts is below 4 GiB");
        self.ends.push((end, present));
    }

    fn finish(self) -> Values {
        let bytes = String::from_utf8(self.bytes).expect("only texts and digits went in");
        Values::Text { bytes, ends: self.ends }
    }
}

struct Columns {
    asn: Vec<u32>,
    /// `None` where there is one.
    prefix: Option<Vec<u32>>,
    /// `None` unless routers are shown.
    place: Option<Vec<u32>>,
    site: Vec<u32>,
    class: Vec<u32>,
    path_length: Vec<u32>,
    as_path: Texts,
    /// `None` in a world without places.
    rtt_ms: Option<Vec<Option<f64>>>,
    /// Names and shares, where asked for.
    ties: Option<(Texts, Texts)>,
    decided_by: Vec<u32>,
}

impl Columns {
    fn new(situation: Situation<'_>, options: Options, rows: usize) -> Columns {
        let has_rtt = !situation.world.places.is_empty();
        let has_prefixes = situation.service.prefixes.len() > 1;
        Columns {
            asn: Vec::with_capacity(rows),
            prefix: has_prefixes.then(|| Vec::with_capacity(rows)),
            place: options.routers.then(|| Vec::with_capacity(rows)),
            site: Vec::with_capacity(rows),
            class: Vec::with_capacity(rows),
            path_length: Vec::with_capacity(rows),
            // An AS path of the Internet has some four numbers of six digits.
            as_path: Texts::with_capacity(rows, 28),
            rtt_ms: has_rtt.then(|| Vec::with_capacity(rows)),
            ties: options
                .tie_sets
                .then(|| (Texts::with_capacity(rows, 16), Texts::with_capacity(rows, 16))),
            decided_by: Vec::with_capacity(rows),
        }
    }

    /// Begins a row.
    fn open(&mut self, situation: Situation<'_>, router: u32, prefix: u32) {
        let world = situation.world;
        self.asn.push(world.asn_of(router).0);
        if let Some(prefixes) = &mut self.prefix {
            prefixes.push(prefix);
        }
        if let Some(places) = &mut self.place {
            places.push(world.router_places[router as usize]);
        }
    }

    /// Ends a row of a router without route.
    fn no_route(&mut self) {
        self.site.push(EMPTY);
        self.class.push(EMPTY);
        self.path_length.push(EMPTY);
        self.as_path.end(false);
        self.rtt_ms.iter_mut().for_each(|values| values.push(None));
        if let Some((sites, shares)) = &mut self.ties {
            sites.end(false);
            shares.end(false);
        }
        self.decided_by.push(EMPTY);
    }

    /// Ends a row of which nothing is known of ties.
    fn row(&mut self, row: &Row) {
        self.site.push(row.site.unwrap_or(EMPTY));
        self.class.push(row.class as u32);
        self.path_length.push(row.as_path.len() as u32);
        for (position, asn) in row.as_path.iter().enumerate() {
            if position > 0 {
                self.as_path.bytes.push(b' ');
            }
            push_number(&mut self.as_path.bytes, asn.0);
        }
        self.as_path.end(true);
        self.rtt_ms.iter_mut().for_each(|values| values.push(row.rtt_ms));
        self.decided_by.push(row.decided_by.map_or(ONLY, word_of));
    }

    fn finish(self, situation: Situation<'_>, names: Vec<String>) -> Table {
        let world = situation.world;
        let mut table = Table::default();
        table.push("asn", "", Values::Count { values: self.asn, empty: None });
        if let Some(rows) = self.prefix {
            let texts = situation.service.prefixes.iter().map(ToString::to_string).collect();
            table.push("prefix", "", Values::Word { texts, rows });
        }
        if let Some(rows) = self.place {
            let texts = world.places.iter().map(|place| place.code.to_uppercase()).collect();
            table.push("city", "", Values::Word { texts, rows });
        }
        let classes = ["origin", "customer", "peer", "provider"].map(str::to_owned).to_vec();
        table.push("site", "", Values::Word { texts: names, rows: self.site });
        table.push("class", "", Values::Word { texts: classes, rows: self.class });
        let path_length = Values::Count { values: self.path_length, empty: Some(EMPTY) };
        table.push("path_length", "", path_length);
        let rows = table.row_count();
        table.push("as_path", "", self.as_path.finish());
        let rtt_ms = match self.rtt_ms {
            Some(values) => Values::Decimal { decimals: 3, values },
            None => Values::Empty { rows, kind: Kind::Decimal },
        };
        table.push("rtt_ms", "ms", rtt_ms);
        let (tied_sites, tied_shares) = match self.ties {
            Some((sites, shares)) => (sites.finish(), shares.finish()),
            None => {
                let empty = Values::Empty { rows, kind: Kind::Text };
                (empty.clone(), empty)
            }
        };
        table.push("tied_sites", "", tied_sites);
        table.push("tied_shares", "", tied_shares);
        let steps = Step::ALL.iter().map(|step| step.name());
        let texts = BEFORE_STEPS.into_iter().chain(steps).map(str::to_owned).collect();
        table.push("decided_by", "", Values::Word { texts, rows: self.decided_by });
        table
    }
}

/// A step as a value of `decided_by`.
fn word_of(step: Step) -> u32 {
    BEFORE_STEPS.len() as u32 + step as u32
}

/// Which routers have a past that could have decided, as far as it was asked.
struct Pasts {
    known: Vec<Option<bool>>,
}

/// Forwarding to one prefix: each router uses its route to the longest covering prefix that it
/// has a route to (models 1.1: longest-prefix match is the FIB's business, router by router).
pub(crate) struct View<'a> {
    /// Catchments of the prefixes that cover this one, longest first, itself included.
    pub(crate) chain: Vec<(Policy<'a>, &'a Catchment)>,
    /// Ties along that forwarding, where asked for.
    ties: Option<Ties>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        situation: Situation<'a>,
        catchments: &'a [Catchment],
        prefix: usize,
        options: Options,
    ) -> View<'a> {
        let prefixes = &situation.service.prefixes;
        let mut covering: Vec<usize> = (0..prefixes.len())
            .filter(|other| prefixes[*other].contains(&prefixes[prefix]))
            .collect();
        covering.sort_by_key(|other| std::cmp::Reverse(prefixes[*other].length()));
        let chain: Vec<(Policy<'a>, &Catchment)> = covering
            .into_iter()
            .map(|other| (Policy::new(situation, other as u16), &catchments[other]))
            .collect();
        let ties = options.tie_sets.then(|| Ties::along(&chain));
        View { chain, ties }
    }

    /// The route that a router uses, and its position in the chain.
    fn used(&self, router: u32) -> Option<(usize, Word)> {
        let word = |(_, catchment): &(Policy<'a>, &Catchment)| catchment.words[router as usize];
        let position = self.chain.iter().position(|entry| word(entry) != Word::NONE)?;
        Some((position, word(&self.chain[position])))
    }

    /// The routers that a packet passes, `router` first, with the route each uses.
    pub(crate) fn walk(&self, router: u32) -> impl Iterator<Item = (u32, usize, Word)> + '_ {
        let at = |router: u32| self.used(router).map(|(position, word)| (router, position, word));
        std::iter::successors(at(router), move |(_, _, word)| at(word.next_router()?))
    }

    /// The site where packets of `router` end, if none drops them.
    pub(crate) fn site(&self, router: u32) -> Option<u32> {
        let simple = self.chain.len() == 1 && !self.chain[0].0.is_scoped();
        if simple {
            return self.chain[0].1.site(router);
        }
        let mut site = None;
        for (passed, position, word) in self.walk(router) {
            let (policy, catchment) = &self.chain[position];
            if drops(policy, catchment, passed) {
                return None;
            }
            site = Some(word.site());
        }
        site
    }

    fn rtt_ms(&self, router: u32) -> Option<f64> {
        let (policy, _) = &self.chain[0];
        let (world, rules) = (policy.world(), policy.rules());
        world.place(router)?;
        let mut rtt_ms = rules.t_server;
        for (passed, _, word) in self.walk(router) {
            if let Some(next) = word.next_router() {
                rtt_ms += link_rtt_ms(world, rules, passed, next)?;
            }
        }
        Some(rtt_ms)
    }

    fn fill(&self, columns: &mut Columns, pasts: &mut Pasts, router: u32, names: &[String]) {
        let used = self.used(router);
        let route = used.and_then(|(position, word)| Some((position, word.unpack()?)));
        let Some((position, route)) = route else {
            columns.no_route();
            return;
        };
        let Route { class, path_length, .. } = route;
        let (policy, catchment) = &self.chain[position];
        let site = self.site(router);
        columns.site.push(site.unwrap_or(EMPTY));
        columns.class.push(class as u32);
        columns.path_length.push(path_length);
        let one_prefix = columns.prefix.is_none();
        push_path(&mut columns.as_path, policy.world(), catchment, router, one_prefix);
        columns.as_path.end(true);
        if let Some(values) = &mut columns.rtt_ms {
            values.push(site.and_then(|_| self.rtt_ms(router)));
        }
        if let (Some(columns), Some(ties)) = (&mut columns.ties, &self.ties) {
            push_ties(columns, &ties.shares[router as usize], names);
        }
        let (step, history) = settled_by(policy, catchment, router, &route);
        pasts.known[router as usize] = Some(history);
        let decided_by = match step {
            _ if policy.may_have_past() && self.has_past(pasts, router) => HISTORY,
            None => ONLY,
            Some(step) => word_of(step),
        };
        columns.decided_by.push(decided_by);
    }

    /// Whether a rule about the past applies at any router on the path.
    fn has_past(&self, pasts: &mut Pasts, router: u32) -> bool {
        self.walk(router).any(|(passed, position, word)| {
            let known = &mut pasts.known[passed as usize];
            *known.get_or_insert_with(|| {
                let (policy, catchment) = &self.chain[position];
                word.unpack().is_some_and(|route| settled_by(policy, catchment, passed, &route).1)
            })
        })
    }
}

/// The AS path of a router as text. Where rows are routers, the path behind a lower neighbor has
/// been written already, and is copied. With one prefix, a row has the number of its router only if
/// that is so for all rows above it; with several, it may be chance.
fn push_path(
    texts: &mut Texts,
    world: &World,
    catchment: &Catchment,
    router: u32,
    one_prefix: bool,
) {
    let word = catchment.words[router as usize];
    let rows_are_routers = one_prefix && texts.ends.len() == router as usize;
    if let Some(next) = word.next_router().filter(|next| rows_are_routers && *next < router) {
        let behind = catchment.words[next as usize].path_length();
        let asn = world.asn_of(next).0;
        for position in behind..word.path_length() {
            if position > behind {
                texts.bytes.push(b' ');
            }
            push_number(&mut texts.bytes, asn);
        }
        if behind > 0 {
            if word.path_length() > behind {
                texts.bytes.push(b' ');
            }
            let start = if next == 0 { 0 } else { texts.ends[next as usize - 1].0 as usize };
            texts.bytes.extend_from_within(start..texts.ends[next as usize].0 as usize);
        }
        return;
    }
    let start = texts.bytes.len();
    catchment.extend_as_path(world, router, |asn| {
        if texts.bytes.len() > start {
            texts.bytes.push(b' ');
        }
        push_number(&mut texts.bytes, asn.0);
    });
}

fn push_ties(columns: &mut (Texts, Texts), shares: &[(u32, f64)], names: &[String]) {
    let (sites, numbers) = columns;
    let mut sorted: Vec<(&str, f64)> =
        shares.iter().map(|(site, share)| (names[*site as usize].as_str(), *share)).collect();
    sorted.sort_by(|a, b| a.0.cmp(b.0));
    for (position, (name, share)) in sorted.into_iter().enumerate() {
        if position > 0 {
            sites.bytes.push(b'|');
            numbers.bytes.push(b'|');
        }
        sites.bytes.extend_from_slice(name.as_bytes());
        numbers.bytes.extend_from_slice(format!("{share:.6}").as_bytes());
    }
    sites.end(true);
    numbers.end(true);
}

/// Appends decimal digits, without the formatting machinery and with one copy of fixed size, as
/// paths are most of a large table.
fn push_number(text: &mut Vec<u8>, number: u32) {
    let count = number.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut digits = [0_u8; 16];
    let mut rest = number;
    for digit in digits[..count].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let end = text.len() + count;
    text.extend_from_slice(&digits);
    text.truncate(end);
}
