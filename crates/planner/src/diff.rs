//! What a change does to whom: two scenarios, side by side.
//!
//! Sources are matched by AS and city, not by their places in arrays, so that worlds may differ;
//! sites are matched by name. What is in one scenario only is counted apart and moves nowhere. A
//! source whose flows are spread keeps what both sides have at a site; the rest moves from the
//! sites that lost to those that gained, in proportion.

use std::collections::{BTreeMap, BTreeSet};

use catchment_dynamics::Source;
use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::table::Values;
use catchment_model::{Asn, Relation, Table, World};

use crate::answer::{Answer, Bar, Chart, ChartKind, Curve, Section, Verdict};
use crate::brief::Brief;
use crate::oracle::{Method, Oracle, Unplanned};
use crate::quantile::Weighted;

/// Round trips that differ by less are the same to whoever waits, in ms.
pub const SAME_MS: f64 = 1.0;
/// Sources that the table of movers names.
const MOVERS: usize = 50;
/// Quantiles that the table of round trips has, in percent.
const PERCENTS: [u32; 9] = [5, 10, 25, 50, 75, 90, 95, 99, 100];
/// Bars of flows that are drawn.
const FLOWS_DRAWN: usize = 20;

/// Two scenarios side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct DiffPlan {
    /// Who said where demand lands, in A and in B.
    pub methods: [Method; 2],
    /// All sources of both.
    pub pairs: Vec<Pair>,
    /// Demand at each site by name, in A and in B, ascending; `None` where there is no such site.
    pub sites: Vec<(String, [Option<f64>; 2])>,
    /// Demand from where to where, most first; the empty name is nobody. Demand as in B.
    pub flows: Vec<Flow>,
}

/// A source in both scenarios.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Its AS.
    pub asn: Asn,
    /// Its city; empty if it has none.
    pub city: String,
    /// Two letters of its country; empty if it is not known.
    pub country: String,
    /// 1 for a network that buys from nobody, 3 for one that sells to nobody, else 2.
    pub tier: u8,
    /// Name for people.
    pub name: String,
    /// As it is in A and in B; `None` where there is no such source.
    pub sides: [Option<Side>; 2],
    /// Demand that lands elsewhere, as in B.
    pub moved: f64,
}

/// A source in one scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its demand, in the unit of the world.
    pub demand: f64,
    /// Share of it by name of the site, in order of share; the empty name is nobody.
    pub sites: Vec<(String, f64)>,
    /// Mean round trip of what is served, in ms, without access delay; `None` if nothing is, or
    /// a place is not known.
    pub rtt_ms: Option<f64>,
}

/// Demand that changed sites.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// From where; empty is nobody.
    pub from: String,
    /// To where; empty is nobody.
    pub to: String,
    /// How much, as in B.
    pub demand: f64,
    /// Sources that it comes from.
    pub sources: u32,
    /// ASes that they are in.
    pub ases: u32,
    /// Change of the round trip in ms, mean by demand; `None` if no source has one on both sides.
    pub change_ms: Option<f64>,
}

/// A row for each source.
fn source_table(pairs: &[&Pair]) -> Table {
    let text = |of: &dyn Fn(&Pair) -> Option<String>| {
        let texts: Vec<Option<String>> = pairs.iter().map(|pair| of(pair)).collect();
        Values::from_texts(texts.iter().map(Option::as_deref))
    };
    let rtt_ms =
        |side: usize| decimal(3, pairs.iter().map(move |pair| pair.sides[side].as_ref()?.rtt_ms));
    let mut table = Table::default();
    let asns = pairs.iter().map(|pair| Some(pair.asn.0.into())).collect();
    table.push("asn", "", Values::Integer(asns));
    table.push("name", "", text(&|pair| Some(pair.name.clone())));
    table.push("city", "", text(&|pair| Some(pair.city.clone()).filter(|it| !it.is_empty())));
    table.push("country", "", text(&|pair| Some(pair.country.clone()).filter(|it| !it.is_empty())));
    let tiers = pairs.iter().map(|pair| Some(i64::from(pair.tier))).collect();
    table.push("tier", "", Values::Integer(tiers));
    table.push("demand", "kq/s", decimal(3, pairs.iter().map(|pair| Some(pair.demand()))));
    table.push("site_a", "", text(&|pair| pair.site_text(0)));
    table.push("site_b", "", text(&|pair| pair.site_text(1)));
    table.push("moved", "kq/s", decimal(3, pairs.iter().map(|pair| Some(pair.moved))));
    table.push("rtt_a_ms", "ms", rtt_ms(0));
    table.push("rtt_b_ms", "ms", rtt_ms(1));
    table.push("change_ms", "ms", decimal(3, pairs.iter().map(|pair| pair.change_ms())));
    table
}

/// Compares two scenarios.
///
/// # Errors
/// If the routing of one does not settle, or the watch says so.
pub fn diff(a: &Brief<'_>, b: &Brief<'_>, watch: Watch<'_>) -> Result<DiffPlan, Unplanned> {
    let mut methods = [Method::Solve; 2];
    let mut sources: [BTreeMap<Key, Vec<Found>>; 2] = Default::default();
    let mut loads: BTreeMap<String, [Option<f64>; 2]> = BTreeMap::new();
    for (place, brief) in [a, b].into_iter().enumerate() {
        if watch(place as u64, 2).is_break() {
            return Err(Unfinished::Cancelled.into());
        }
        let mut oracle = Oracle::new(brief)?;
        methods[place] = oracle.method();
        sources[place] = found(brief, &mut oracle)?;
        for site in &brief.service().sites {
            loads.entry(site.name.to_string()).or_default()[place] = Some(0.0);
        }
        for it in sources[place].values().flatten() {
            for (site, share) in &it.side.sites {
                if let Some(load) = loads.get_mut(site).and_then(|loads| loads[place].as_mut()) {
                    *load += it.side.demand * share;
                }
            }
        }
    }
    let [in_a, mut in_b] = sources;
    let mut pairs = Vec::new();
    for (key, list) in in_a {
        let others = in_b.remove(&key).unwrap_or_default();
        for (one, other) in matched(list, others) {
            pairs.push(pair(&key, one, other));
        }
    }
    for (key, list) in in_b {
        pairs.extend(list.into_iter().map(|found| pair(&key, None, Some(found))));
    }
    pairs.sort_by(|x, y| (x.asn, &x.city, &x.name).cmp(&(y.asn, &y.city, &y.name)));
    let flows = flows(&pairs);
    Ok(DiffPlan { methods, pairs, sites: loads.into_iter().collect(), flows })
}

/// What sources are matched by.
type Key = (Asn, String);

/// A source of one side.
struct Found {
    name: String,
    country: String,
    tier: u8,
    side: Side,
}

fn found(
    brief: &Brief<'_>,
    oracle: &mut Oracle<'_>,
) -> Result<BTreeMap<Key, Vec<Found>>, Unplanned> {
    let placement = oracle.base()?;
    let mut sides: Vec<Side> = brief
        .sources
        .iter()
        .map(|source| Side { demand: source.weight, sites: Vec::new(), rtt_ms: None })
        .collect();
    let mut timed: Vec<(f64, f64)> = vec![(0.0, 0.0); sides.len()];
    for ((stream, site), rtt_ms) in placement.iter().zip(&placement.rtt_ms) {
        let side = &mut sides[stream.source as usize];
        let name = site.map_or(String::new(), |site| brief.site_name(site));
        match side.sites.iter_mut().find(|(known, _)| *known == name) {
            Some((_, share)) => *share += stream.share,
            None => side.sites.push((name, stream.share)),
        }
        if let Some(rtt_ms) = rtt_ms {
            let (sum, share) = &mut timed[stream.source as usize];
            *sum += rtt_ms * stream.share;
            *share += stream.share;
        }
    }
    let world = brief.situation().world;
    let mut by_key: BTreeMap<Key, Vec<Found>> = BTreeMap::new();
    for ((source, mut side), (sum, share)) in brief.sources.iter().zip(sides).zip(timed) {
        side.rtt_ms = (share > 0.0).then(|| sum / share);
        side.sites.sort_by(|x, y| y.1.total_cmp(&x.1).then_with(|| x.0.cmp(&y.0)));
        let country = world.place(source.router).map_or("", |place| &place.country).to_owned();
        let tier = tier(world, source.router);
        let found = Found { name: source.name.clone(), country, tier, side };
        by_key.entry(key(brief, source)).or_default().push(found);
    }
    Ok(by_key)
}

/// Where a network stands among its neighbors, all its routers together.
fn tier(world: &World, router: u32) -> u8 {
    let routers = world.routers_of(world.router_as[router as usize]);
    let has = |relation| routers.clone().any(|router| !world.group(router, relation).is_empty());
    match (has(Relation::Provider), has(Relation::Customer)) {
        (false, true) => 1,
        (_, true) => 2,
        (_, false) => 3,
    }
}

fn key(brief: &Brief<'_>, source: &Source) -> Key {
    let world = brief.situation().world;
    let city = world.place(source.router).map_or(String::new(), |place| place.code.clone());
    (world.asn_of(source.router), city)
}

/// Sources of one AS in one city: by name, and what is left in order.
fn matched(a: Vec<Found>, mut b: Vec<Found>) -> Vec<(Option<Found>, Option<Found>)> {
    let mut pairs = Vec::with_capacity(a.len().max(b.len()));
    let mut left = Vec::new();
    for one in a {
        match b.iter().position(|other| other.name == one.name) {
            Some(at) => pairs.push((Some(one), Some(b.remove(at)))),
            None => left.push(one),
        }
    }
    let mut b = b.into_iter();
    pairs.extend(left.into_iter().map(|one| (Some(one), b.next())));
    pairs.extend(b.map(|other| (None, Some(other))));
    pairs
}

fn pair(key: &Key, a: Option<Found>, b: Option<Found>) -> Pair {
    let known = b.as_ref().or(a.as_ref());
    let name = known.map_or(String::new(), |found| found.name.clone());
    let country = known.map_or(String::new(), |found| found.country.clone());
    let tier = known.map_or(0, |found| found.tier);
    let sides = [a.map(|found| found.side), b.map(|found| found.side)];
    let moved = match &sides {
        [Some(a), Some(b)] => b.demand * exchanges(a, b).iter().map(|it| it.2).sum::<f64>(),
        _ => 0.0,
    };
    Pair { asn: key.0, city: key.1.clone(), country, tier, name, sides, moved }
}

/// Shares of a source that change sites: from, to, share.
fn exchanges<'a>(a: &'a Side, b: &'a Side) -> Vec<(&'a str, &'a str, f64)> {
    let share = |side: &Side, name: &str| {
        side.sites.iter().find(|(site, _)| site == name).map_or(0.0, |(_, share)| *share)
    };
    let excess = |of: &'a Side, over: &Side| -> Vec<(&'a str, f64)> {
        let more = of.sites.iter().map(|(name, part)| (&**name, part - share(over, name)));
        more.filter(|(_, part)| *part > 1e-12).collect()
    };
    let (lost, gained) = (excess(a, b), excess(b, a));
    let total: f64 = gained.iter().map(|(_, part)| part).sum();
    let mut moves = Vec::new();
    for (from, out) in &lost {
        for (to, into) in &gained {
            moves.push((*from, *to, out * into / total));
        }
    }
    moves
}

fn flows(pairs: &[Pair]) -> Vec<Flow> {
    #[derive(Default)]
    struct Sum {
        demand: f64,
        sources: u32,
        ases: BTreeSet<Asn>,
        timed: (f64, f64),
    }
    let mut sums: BTreeMap<(&str, &str), Sum> = BTreeMap::new();
    for pair in pairs {
        let [Some(a), Some(b)] = &pair.sides else { continue };
        for (from, to, share) in exchanges(a, b) {
            let sum = sums.entry((from, to)).or_default();
            let demand = b.demand * share;
            sum.demand += demand;
            sum.sources += 1;
            sum.ases.insert(pair.asn);
            if let Some(change_ms) = pair.change_ms() {
                sum.timed.0 += change_ms * demand;
                sum.timed.1 += demand;
            }
        }
    }
    let flow = |((from, to), sum): ((&str, &str), Sum)| Flow {
        from: from.to_owned(),
        to: to.to_owned(),
        demand: sum.demand,
        sources: sum.sources,
        ases: sum.ases.len() as u32,
        change_ms: (sum.timed.1 > 0.0).then(|| sum.timed.0 / sum.timed.1),
    };
    let mut flows: Vec<Flow> = sums.into_iter().map(flow).collect();
    flows.sort_by(|x, y| y.demand.total_cmp(&x.demand));
    flows
}

impl Pair {
    /// Round trip in B less that in A, in ms; `None` if one is not known.
    pub fn change_ms(&self) -> Option<f64> {
        let [Some(a), Some(b)] = &self.sides else { return None };
        Some(b.rtt_ms? - a.rtt_ms?)
    }

    /// Demand of it that is served on a side.
    fn served(&self, side: usize) -> f64 {
        let Some(side) = &self.sides[side] else { return 0.0 };
        let nobody = side.sites.iter().find(|(site, _)| site.is_empty());
        side.demand * (1.0 - nobody.map_or(0.0, |(_, share)| *share))
    }

    /// Its demand in B, or in A if it is there only.
    fn demand(&self) -> f64 {
        let [a, b] = &self.sides;
        b.as_ref().or(a.as_ref()).map_or(0.0, |side| side.demand)
    }

    /// Its sites on a side as text: `fra`, or `bom|fra` where flows are spread.
    fn site_text(&self, side: usize) -> Option<String> {
        let sites = &self.sides[side].as_ref()?.sites;
        let known: Vec<&str> =
            sites.iter().map(|(site, _)| &**site).filter(|site| !site.is_empty()).collect();
        (!known.is_empty()).then(|| known.join("|"))
    }
}

/// A class of sources.
struct Class {
    name: &'static str,
    is_in: fn(&Pair) -> bool,
}

/// What the summary counts.
const CLASSES: [Class; 9] = [
    Class { name: "in both", is_in: is_in_both },
    Class { name: "moved", is_in: |pair| pair.moved > 0.0 },
    Class { name: "faster", is_in: |pair| pair.change_ms().is_some_and(|ms| ms <= -SAME_MS) },
    Class { name: "slower", is_in: |pair| pair.change_ms().is_some_and(|ms| ms >= SAME_MS) },
    Class { name: "same", is_in: |pair| pair.change_ms().is_some_and(|ms| ms.abs() < SAME_MS) },
    Class { name: "newly unserved", is_in: |pair| is_in_both(pair) && lost(pair, 0, 1) },
    Class { name: "newly served", is_in: |pair| is_in_both(pair) && lost(pair, 1, 0) },
    Class { name: "only in A", is_in: |pair| pair.sides[1].is_none() },
    Class { name: "only in B", is_in: |pair| pair.sides[0].is_none() },
];

fn is_in_both(pair: &Pair) -> bool {
    pair.sides.iter().all(Option::is_some)
}

fn lost(pair: &Pair, from: usize, to: usize) -> bool {
    pair.served(from) > 0.0 && pair.served(to) == 0.0
}

impl DiffPlan {
    /// Round trips of a side (0 is A), by demand.
    pub fn rtts(&self, side: usize) -> Weighted {
        let timed = self.pairs.iter().filter_map(|pair| {
            let rtt_ms = pair.sides[side].as_ref()?.rtt_ms?;
            Some((rtt_ms, pair.served(side)))
        });
        Weighted::new(timed)
    }

    /// Demand that moved, as in B.
    pub fn moved(&self) -> f64 {
        self.pairs.iter().map(|pair| pair.moved).sum()
    }

    /// Sources that moved or whose round trip changed, those first that matter most: by demand
    /// times change, then by demand.
    pub fn movers(&self) -> Vec<&Pair> {
        let weight = |pair: &Pair| pair.demand() * pair.change_ms().map_or(0.0, f64::abs);
        let changed = |pair: &&Pair| {
            pair.moved > 0.0 || pair.change_ms().is_some_and(|ms| ms.abs() >= SAME_MS)
        };
        let mut movers: Vec<&Pair> = self.pairs.iter().filter(changed).collect();
        movers.sort_by(|x, y| {
            weight(y).total_cmp(&weight(x)).then(y.demand().total_cmp(&x.demand()))
        });
        movers
    }

    /// The plan as an answer. `names` are those of A and B.
    pub fn answer(&self, names: [&str; 2]) -> Answer {
        let total: f64 = self.pairs.iter().map(Pair::demand).sum();
        let percent = |part: f64| if total > 0.0 { 100.0 * part / total } else { 0.0 };
        let moved = self.moved();
        let count = self.pairs.iter().filter(|pair| pair.moved > 0.0).count();
        let sources = if count == 1 { "source" } else { "sources" };
        let headline = match count {
            0 => "nobody lands elsewhere".to_owned(),
            _ => format!(
                "{count} {sources} with {:.2} % of the demand ({moved:.1} kq/s) land elsewhere",
                percent(moved)
            ),
        };
        Answer {
            verdict: Verdict::Holds,
            headline,
            findings: self.findings(names, percent),
            sections: vec![
                Section {
                    name: "summary",
                    title: format!("From A ({}) to B ({})", names[0], names[1]),
                    table: self.summary(percent),
                },
                Section {
                    name: "flows",
                    title: "Who goes from where to where".to_owned(),
                    table: self.flow_table(percent),
                },
                Section {
                    name: "movers",
                    title: format!("The {MOVERS} that matter most, by demand times change"),
                    table: self.mover_table(),
                },
                Section {
                    name: "sites",
                    title: "Load of the sites".to_owned(),
                    table: self.site_table(),
                },
                Section {
                    name: "rtt",
                    title: "Round trips by demand".to_owned(),
                    table: self.rtt_table(),
                },
                Section {
                    name: "networks",
                    title: "Networks".to_owned(),
                    table: source_table(&self.pairs.iter().collect::<Vec<_>>()),
                },
            ],
            charts: self.charts(names),
        }
    }

    fn findings(&self, names: [&str; 2], percent: impl Fn(f64) -> f64) -> Vec<String> {
        let mut findings = Vec::new();
        if let Some(flow) = self.flows.first() {
            let change = flow.change_ms.map(|ms| format!(", {ms:+.1} ms in the mean"));
            findings.push(format!(
                "most goes from {} to {}: {:.1} kq/s ({:.2} %) of {} in {}{}",
                place(&flow.from),
                place(&flow.to),
                flow.demand,
                percent(flow.demand),
                counted(flow.sources as usize, "source"),
                counted(flow.ases as usize, "AS"),
                change.unwrap_or_default()
            ));
        }
        let [a, b] = [0, 1].map(|side| self.rtts(side));
        if let (Some(mean_a), Some(mean_b)) = (a.mean(), b.mean())
            && let (Some(high_a), Some(high_b)) = (a.at(0.95), b.at(0.95))
        {
            // Means over other demand say nothing about a change.
            let is_alike = self.pairs.iter().all(|pair| pair.sides.iter().all(Option::is_some));
            let each = if is_alike { "" } else { "; each over all of its own demand" };
            findings.push(format!(
                "mean round trip {mean_a:.1} ms in A, {mean_b:.1} ms in B; 95 % within \
                 {high_a:.1} ms in A, {high_b:.1} ms in B{each}"
            ));
        }
        if let Some(pair) = self.movers().first()
            && let Some(change) = pair.change_ms()
        {
            let from = pair.site_text(0).unwrap_or_default();
            let to = pair.site_text(1).unwrap_or_default();
            findings.push(format!(
                "it matters most to {} ({} kq/s): {} → {}, {change:+.1} ms",
                pair.name,
                pair.demand(),
                place(&from),
                place(&to)
            ));
        }
        for (side, name) in names.iter().enumerate() {
            let only = |pair: &&Pair| pair.sides[1 - side].is_none();
            let count = self.pairs.iter().filter(only).count();
            if count > 0 {
                let demand: f64 = self.pairs.iter().filter(only).map(Pair::demand).sum();
                findings.push(format!(
                    "{} with {demand:.1} kq/s only in {} ({name}), by AS and city; they are not \
                     compared",
                    counted(count, "source"),
                    ["A", "B"][side]
                ));
            }
            let served: f64 = self.pairs.iter().map(|pair| pair.served(side)).sum();
            let timed = self.rtts(side).total();
            // The same demand summed in another order differs in its last digits.
            if timed < served * (1.0 - 1e-9) {
                findings.push(format!(
                    "round trips are known for {timed:.1} of {served:.1} kq/s in {}; elsewhere a \
                     place on the way is missing",
                    ["A", "B"][side]
                ));
            }
        }
        let [a, b] = self.methods.map(Method::name);
        findings.push(match a == b {
            true => format!("where demand lands was asked of `{a}`"),
            false => format!("where demand lands was asked of `{a}` in A and of `{b}` in B"),
        });
        findings
    }

    fn summary(&self, percent: impl Fn(f64) -> f64) -> Table {
        let of = |class: &Class| -> Vec<&Pair> {
            self.pairs.iter().filter(|pair| (class.is_in)(pair)).collect()
        };
        let members: Vec<Vec<&Pair>> = CLASSES.iter().map(of).collect();
        let demand = |class: &Class, pairs: &[&Pair]| -> f64 {
            // Of whoever moved in part, that part counts.
            let part = |pair: &&Pair| match class.name {
                "moved" => pair.moved,
                _ => pair.demand(),
            };
            pairs.iter().map(part).sum()
        };
        let demands: Vec<f64> =
            CLASSES.iter().zip(&members).map(|(class, pairs)| demand(class, pairs)).collect();
        let ases = |pairs: &Vec<&Pair>| {
            pairs.iter().map(|pair| pair.asn).collect::<BTreeSet<Asn>>().len() as i64
        };
        let mut table = Table::default();
        table.push("class", "", Values::from_texts(CLASSES.iter().map(|it| Some(it.name))));
        let counts = members.iter().map(|pairs| Some(pairs.len() as i64)).collect();
        table.push("sources", "", Values::Integer(counts));
        table.push("ases", "", Values::Integer(members.iter().map(|it| Some(ases(it))).collect()));
        table.push("demand", "kq/s", decimal(3, demands.iter().map(|it| Some(*it))));
        table.push("share", "%", decimal(2, demands.iter().map(|it| Some(percent(*it)))));
        table
    }

    fn flow_table(&self, percent: impl Fn(f64) -> f64) -> Table {
        let flows = &self.flows;
        let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let from: Vec<Option<String>> = flows.iter().map(|flow| name(&flow.from)).collect();
        let to: Vec<Option<String>> = flows.iter().map(|flow| name(&flow.to)).collect();
        let mut table = Table::default();
        table.push("from", "", Values::from_texts(from.iter().map(Option::as_deref)));
        table.push("to", "", Values::from_texts(to.iter().map(Option::as_deref)));
        let sources = flows.iter().map(|flow| Some(flow.sources.into())).collect();
        table.push("sources", "", Values::Integer(sources));
        let ases = flows.iter().map(|flow| Some(flow.ases.into())).collect();
        table.push("ases", "", Values::Integer(ases));
        table.push("demand", "kq/s", decimal(3, flows.iter().map(|flow| Some(flow.demand))));
        let share = |flow: &Flow| Some(percent(flow.demand));
        table.push("share", "%", decimal(2, flows.iter().map(share)));
        table.push("change_ms", "ms", decimal(3, flows.iter().map(|flow| flow.change_ms)));
        table
    }

    fn mover_table(&self) -> Table {
        let mut movers = self.movers();
        movers.truncate(MOVERS);
        source_table(&movers)
    }

    fn site_table(&self) -> Table {
        let mut table = Table::default();
        let names = self.sites.iter().map(|(name, _)| Some(&**name));
        table.push("site", "", Values::from_texts(names));
        table.push("a", "kq/s", decimal(3, self.sites.iter().map(|(_, loads)| loads[0])));
        table.push("b", "kq/s", decimal(3, self.sites.iter().map(|(_, loads)| loads[1])));
        let change = |(_, [a, b]): &(String, [Option<f64>; 2])| {
            Some(b.unwrap_or_default() - a.unwrap_or_default())
        };
        table.push("change", "kq/s", decimal(3, self.sites.iter().map(change)));
        table
    }

    fn rtt_table(&self) -> Table {
        let sides = [0, 1].map(|side| self.rtts(side));
        let row = |of: &dyn Fn(&Weighted) -> Option<f64>| [of(&sides[0]), of(&sides[1])];
        let mut names = vec!["mean".to_owned()];
        let mut rows = vec![row(&Weighted::mean)];
        for percent in PERCENTS {
            names.push(format!("p{percent}"));
            rows.push(row(&|it| it.at(f64::from(percent) / 100.0)));
        }
        let mut table = Table::default();
        let names = names.iter().map(|name| Some(&**name));
        table.push("quantile", "", Values::from_texts(names));
        table.push("a_ms", "ms", decimal(3, rows.iter().map(|row| row[0])));
        table.push("b_ms", "ms", decimal(3, rows.iter().map(|row| row[1])));
        let change = |row: &[Option<f64>; 2]| Some(row[1]? - row[0]?);
        table.push("change_ms", "ms", decimal(3, rows.iter().map(change)));
        table
    }

    fn charts(&self, names: [&str; 2]) -> Vec<Chart> {
        let curve = |side: usize| Curve {
            name: format!("{}: {}", ["A", "B"][side], names[side]),
            points: self.rtts(side).curve(),
        };
        let mut charts = vec![Chart {
            title: "Round trips".to_owned(),
            kind: ChartKind::Lines {
                x_title: "round trip, ms, without access delay".to_owned(),
                y_title: "% of the demand that is served, at or below".to_owned(),
                lines: vec![curve(0), curve(1)],
            },
        }];
        if !self.flows.is_empty() {
            let bar = |flow: &Flow| Bar {
                label: format!("{} → {}", place(&flow.from), place(&flow.to)),
                parts: vec![flow.demand],
                tick: None,
            };
            charts.push(Chart {
                title: "Demand that goes elsewhere".to_owned(),
                kind: ChartKind::Bars {
                    unit: "kq/s",
                    parts: vec!["demand".to_owned()],
                    bars: self.flows.iter().take(FLOWS_DRAWN).map(bar).collect(),
                },
            });
        }
        charts
    }
}

fn place(site: &str) -> &str {
    if site.is_empty() { "nobody" } else { site }
}

fn counted(count: usize, one: &str) -> String {
    match (count, one) {
        (1, _) => format!("1 {one}"),
        (_, "AS") => format!("{count} ASes"),
        _ => format!("{count} {one}s"),
    }
}

fn decimal(decimals: u8, values: impl Iterator<Item = Option<f64>>) -> Values {
    // The sum of nothing is -0.0.
    Values::Decimal { decimals, values: values.map(|value| Some(value? + 0.0)).collect() }
}

#[cfg(test)]
mod tests;
