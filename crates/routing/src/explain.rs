//! Why an AS lands where it does, and what would make it land elsewhere.
//!
//! The story follows the packet hop by hop. At each router it shows every candidate with the step
//! at which it lost. The *decisive* hop is the first at which another site was on offer: before
//! it the packet had no choice of site, behind it the choice was made.
//!
//! Counterfactuals are solved, not guessed: each is a single change by the operator of the site
//! (a prepend, a session, a withdrawal), with everyone else whom it moves.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;

use catchment_model::relation::{Class, Relation};
use catchment_model::service::Reach;
use catchment_model::table::Values;
use catchment_model::{Asn, Overlay, Prefix, Service, Table};

use crate::catchment::Catchment;
use crate::decision::{Candidate, Step, Via, select};
use crate::fixpoint::candidates_at;
use crate::policy::{Policy, Situation};
use crate::solver::{Unsolved, solve};
use crate::table::View;

/// Prepends that are tried, fewest first.
const PREPENDS_TRIED: std::ops::RangeInclusive<u8> = 1..=3;
/// Losing candidates that the text names for each hop; the data holds all.
const LOSERS_NAMED: usize = 4;
/// Flows that the text names for each change.
const FLOWS_NAMED: usize = 4;

/// Why a router lands where it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The prefix that was asked for.
    pub prefix: Prefix,
    /// Routers on the way, the one asked about first; empty without a route.
    pub hops: Vec<Hop>,
    /// The AS asked about, as text for people.
    pub subject: String,
    /// The site reached, by name; `None` without a route, or where the packets are dropped.
    pub site: Option<String>,
    /// Position of the decisive hop; `None` if no other site was on offer anywhere.
    pub decisive: Option<usize>,
    /// Single changes that would move it to another site, the one with the fewest side effects
    /// first.
    pub flips: Vec<Flip>,
    /// Why there is no route, where there is none.
    pub no_route: Option<NoRoute>,
}

/// One router on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// The router.
    pub router: u32,
    /// Its AS.
    pub asn: Asn,
    /// AS number, name and city as text for people.
    pub label: String,
    /// The prefix whose route it uses.
    pub prefix: Prefix,
    /// The site is here: its own route, without candidates.
    pub originates: bool,
    /// What it could choose from: the winner first, then by how far each came.
    pub options: Vec<Choosable>,
    /// The last step that removed a candidate.
    pub decided_by: Option<Step>,
    /// Whether a rule about the past could have decided otherwise.
    pub history: bool,
}

/// One candidate of a hop.
#[derive(Debug, Clone, PartialEq)]
pub struct Choosable {
    /// The route with all that was weighed.
    pub candidate: Candidate,
    /// From whom, as text for people.
    pub from: String,
    /// Its AS_PATH.
    pub as_path: Vec<Asn>,
    /// Name of the site where it leads.
    pub site: String,
    /// The step at which it lost; `None` for the winner.
    pub lost_at: Option<Step>,
}

/// A single change that moves the router to another site.
#[derive(Debug, Clone, PartialEq)]
pub struct Flip {
    /// What the site would do.
    pub action: FlipAction,
    /// The site that would do it, by name.
    pub site: String,
    /// Where the router would land; `None`: it would lose its route.
    pub lands_at: Option<String>,
    /// Demand that moves in all, as a share of all demand.
    pub moved_share: f64,
    /// Routers that move in all.
    pub moved_routers: u32,
    /// Who moves, by (from, to), largest demand first: site names, `None` for no route; demand as
    /// a share of all; routers.
    pub flows: Vec<Flow>,
}

/// Demand that moves from one site to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Site before; `None` for no route.
    pub from: Option<String>,
    /// Site after; `None` for no route.
    pub to: Option<String>,
    /// Its share of all demand.
    pub share: f64,
    /// Its routers.
    pub routers: u32,
}

/// What a site does in a counterfactual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlipAction {
    /// Prepends towards one neighbor.
    Prepend {
        /// How often.
        count: u8,
        /// The neighbor.
        neighbor: Asn,
    },
    /// Prepends towards everyone.
    PrependAll {
        /// How often.
        count: u8,
    },
    /// Stops announcing to one neighbor.
    CloseSession {
        /// The neighbor.
        neighbor: Asn,
    },
    /// Stops announcing at all.
    Withdraw,
}

/// Why a router has no route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoute {
    /// Neighbors in all.
    pub neighbors: u32,
    /// Neighbors that have a route, and may not or will not tell it.
    pub silent: u32,
    /// Neighbors that tell a route which is refused: its own number is in the path, an origin
    /// check fails, or the prefix is too long.
    pub refused: u32,
}

/// Explains the way of one router to one prefix. `catchments` holds the answer for each prefix.
///
/// # Errors
/// If a counterfactual cannot be solved for lack of room; one that oscillates is left out.
pub fn explain(
    situation: Situation<'_>,
    catchments: &[Catchment],
    router: u32,
    prefix_index: u16,
) -> Result<Explanation, Unsolved> {
    let explanation = explain_while(situation, catchments, router, prefix_index, &mut || true)?;
    Ok(explanation.expect("somebody wants to know"))
}

/// The same for whoever may lose patience: `goes_on` is asked before each counterfactual, and
/// there is no answer once it has said no.
///
/// # Errors
/// If a counterfactual cannot be solved for lack of room; one that oscillates is left out.
pub fn explain_while(
    situation: Situation<'_>,
    catchments: &[Catchment],
    router: u32,
    prefix_index: u16,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Explanation>, Unsolved> {
    let view = View::new(situation, catchments, usize::from(prefix_index), Default::default());
    let hops: Vec<Hop> =
        view.walk(router).map(|(passed, position, _)| hop(&view, passed, position)).collect();
    let site_name = |site: u32| situation.service.sites[site as usize].name.to_string();
    let reached = view.site(router);
    let leads_elsewhere = |hop: &Hop| {
        let site = hop.options.first().map(|option| option.candidate.site);
        hop.options.iter().any(|option| Some(option.candidate.site) != site)
    };
    let no_route = hops.is_empty().then(|| no_route(&view.chain[0].0, view.chain[0].1, router));
    let flips = match reached {
        Some(site) if !hops[0].originates => flips(&view, router, site, goes_on)?,
        _ => Some(Vec::new()),
    };
    let Some(flips) = flips else { return Ok(None) };
    Ok(Some(Explanation {
        prefix: situation.service.prefixes[usize::from(prefix_index)],
        decisive: hops.iter().position(leads_elsewhere),
        subject: label(situation, router),
        site: reached.map(site_name),
        hops,
        flips,
        no_route,
    }))
}

/// A router as text for people: AS number, name if known, and city if there is one, such as
/// `AS1299 Arelion, FRA`.
pub fn label(situation: Situation<'_>, router: u32) -> String {
    let world = situation.world;
    let mut text = format!("AS{}", world.asn_of(router));
    let client = world.clients.iter().find(|client| client.router == router);
    let name = client
        .map(|client| client.name.as_str())
        .or_else(|| world.as_name(world.router_as[router as usize]));
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        text.push(' ');
        text.push_str(name);
    }
    if let Some(place) = world.place(router) {
        text.push_str(", ");
        text.push_str(&place.code);
    }
    text
}

fn hop(view: &View<'_>, router: u32, position: usize) -> Hop {
    let (policy, catchment) = &view.chain[position];
    let situation = policy.situation;
    let route = catchment.route(router).expect("the packet came here");
    let mut hop = Hop {
        router,
        asn: situation.world.asn_of(router),
        label: label(situation, router),
        prefix: situation.service.prefixes[policy.prefix_index()],
        originates: route.via == Via::Own,
        options: Vec::new(),
        decided_by: None,
        history: false,
    };
    if hop.originates {
        return hop;
    }
    let candidates = candidates_at(policy, catchment, router);
    let selection = select(&candidates, policy.rules()).expect("it has a route");
    let choice = crate::choice::of_candidates(policy, router, &candidates);
    hop.decided_by = choice.decided_by;
    hop.history = choice.history;
    // Whoever came furthest first; of those who fell together, the shortest path.
    let mut losers = selection.lost.clone();
    losers.sort_by_key(|(loser, step)| {
        let Candidate { local_pref, path_length, router_id, .. } = candidates[*loser];
        (Reverse(*step), Reverse(local_pref), path_length, router_id)
    });
    hop.options = std::iter::once((selection.best, None))
        .chain(losers.into_iter().map(|(loser, step)| (loser, Some(step))))
        .map(|(position, lost_at)| {
            let candidate = candidates[position].clone();
            let (from, as_path) = match candidate.via {
                Via::External(other) => {
                    let added = candidate.path_length
                        - catchment.route(other).map_or(0, |theirs| theirs.path_length);
                    let mut path = vec![situation.world.asn_of(other); added as usize];
                    path.extend(catchment.as_path(situation.world, other).unwrap_or_default());
                    (label(situation, other), path)
                }
                Via::Internal(other) => (
                    format!("{} (iBGP)", label(situation, other)),
                    catchment.as_path(situation.world, other).unwrap_or_default(),
                ),
                Via::Own => unreachable!("own routes are not candidates"),
            };
            let site = situation.service.sites[candidate.site as usize].name.to_string();
            Choosable { candidate, from, as_path, site, lost_at }
        })
        .collect();
    hop
}

fn no_route(policy: &Policy<'_>, catchment: &Catchment, router: u32) -> NoRoute {
    let world = policy.world();
    let mut found = NoRoute { neighbors: 0, silent: 0, refused: 0 };
    for relation in Relation::ALL {
        for session in world.group(router, relation) {
            found.neighbors += 1;
            let neighbor = world.neighbors[session as usize];
            let Some(theirs) = catchment.route(neighbor) else { continue };
            let entered_by = crate::fixpoint::entered_by(policy, catchment, neighbor);
            let told =
                policy.export(neighbor, router, relation.reversed(), theirs.class, entered_by);
            match told {
                None => found.silent += 1,
                // It has no route, so that whatever was told was refused.
                Some(_) => found.refused += 1,
            }
        }
    }
    found
}

/// The single changes at `site` that take `router` elsewhere.
fn flips(
    view: &View<'_>,
    router: u32,
    site: u32,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Vec<Flip>>, Unsolved> {
    let situation = view.chain[0].0.situation;
    let world = situation.world;
    let origin = situation.service.sites[site as usize].router;
    // The session by which the route leaves the origin's AS.
    let path: Vec<u32> = view.walk(router).map(|(passed, ..)| passed).collect();
    let leaves = path.windows(2).rev().find(|pair| world.asn_of(pair[0]) != world.asn_of(pair[1]));
    let Some([neighbor, sender]) = leaves else { return Ok(Some(Vec::new())) };
    let asn = world.asn_of(*neighbor);
    // Every session between the two ASes: an operator thinks of the neighbor, not of a city.
    let origin_as = world.router_as[*sender as usize];
    let towards: Vec<u32> = world
        .routers_of(origin_as)
        .flat_map(|router| world.sessions(router))
        .filter(|session| world.asn_of(world.neighbors[*session as usize]) == asn)
        .collect();
    let everywhere: Vec<u32> =
        world.routers_of(origin_as).flat_map(|router| world.sessions(router)).collect();
    debug_assert_eq!(world.router_as[origin as usize], origin_as);

    let (mut found, mut is_given_up) = (Vec::new(), false);
    let mut attempt = |action: FlipAction, sessions: &[u32]| -> Result<bool, Unsolved> {
        is_given_up |= !goes_on();
        if is_given_up {
            return Ok(true);
        }
        let (mut overlay, mut service) = (situation.overlay.clone(), situation.service.clone());
        act(&mut overlay, &mut service, site, &action, sessions);
        let changed = Situation { overlay: &overlay, service: &service, ..situation };
        let flip = compare(view, changed, router, site, action)?;
        let flips = flip.is_some();
        found.extend(flip);
        Ok(flips)
    };
    for count in PREPENDS_TRIED {
        if attempt(FlipAction::Prepend { count, neighbor: asn }, &towards)? {
            break;
        }
    }
    if everywhere.len() > towards.len() {
        for count in PREPENDS_TRIED {
            if attempt(FlipAction::PrependAll { count }, &everywhere)? {
                break;
            }
        }
        attempt(FlipAction::CloseSession { neighbor: asn }, &towards)?;
    }
    attempt(FlipAction::Withdraw, &[])?;
    found.sort_by(|a, b| a.moved_share.total_cmp(&b.moved_share));
    Ok((!is_given_up).then_some(found))
}

/// Writes a counterfactual into copies of the parts of a situation.
fn act(
    overlay: &mut Overlay,
    service: &mut Service,
    site: u32,
    action: &FlipAction,
    sessions: &[u32],
) {
    let spec = &mut service.sites[site as usize];
    match action {
        FlipAction::Prepend { count, .. } | FlipAction::PrependAll { count } => {
            for session in sessions {
                match spec.reach {
                    Reach::Listed => {
                        if let Some(said) = spec.announcements.get_mut(session) {
                            said.prepend = said.prepend.saturating_add(*count);
                        }
                    }
                    Reach::Everyone => {
                        let said = spec.announcements.entry(*session).or_default();
                        said.prepend = said.prepend.saturating_add(*count);
                    }
                }
            }
        }
        FlipAction::CloseSession { .. } => overlay.closed.extend(sessions),
        FlipAction::Withdraw => spec.active = false,
    }
}

/// Solves a counterfactual; `None` if the router still lands at `site`, or nothing settles.
fn compare(
    before: &View<'_>,
    changed: Situation<'_>,
    router: u32,
    site: u32,
    action: FlipAction,
) -> Result<Option<Flip>, Unsolved> {
    let mut after = Vec::new();
    for prefix_index in 0..changed.service.prefixes.len() as u16 {
        match solve(changed, prefix_index) {
            Ok(catchment) => after.push(catchment),
            Err(Unsolved::Oscillation(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let prefix = before.chain[0].0.prefix_index();
    let view = View::new(changed, &after, prefix, Default::default());
    if view.site(router) == Some(site) {
        return Ok(None);
    }
    let world = changed.world;
    let mut flows: BTreeMap<(Option<u32>, Option<u32>), (f64, u32)> = BTreeMap::new();
    let (mut total, mut moved, mut moved_routers) = (0.0, 0.0, 0);
    for other in 0..world.router_count() as u32 {
        let weight = world.weights[other as usize];
        total += weight;
        let pair = (before.site(other), view.site(other));
        if pair.0 != pair.1 {
            moved += weight;
            moved_routers += 1;
            let flow = flows.entry(pair).or_default();
            flow.0 += weight;
            flow.1 += 1;
        }
    }
    let share = |weight: f64| if total > 0.0 { weight / total } else { 0.0 };
    let name = |site: u32| changed.service.sites[site as usize].name.to_string();
    let mut flows: Vec<Flow> = flows
        .into_iter()
        .map(|((from, to), (weight, routers))| Flow {
            from: from.map(name),
            to: to.map(name),
            share: share(weight),
            routers,
        })
        .collect();
    flows.sort_by(|a, b| b.share.total_cmp(&a.share).then(b.routers.cmp(&a.routers)));
    Ok(Some(Flip {
        action,
        site: name(site),
        lands_at: view.site(router).map(name),
        moved_share: share(moved),
        moved_routers,
        flows,
    }))
}

impl Explanation {
    /// Hops and candidates as a table: one row per candidate, the chosen one of each hop first.
    pub fn to_table(&self) -> Table {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for (position, hop) in self.hops.iter().enumerate() {
            if hop.originates {
                rows.push(Row { position, hop, option: None });
            }
            let options = hop.options.iter();
            rows.extend(options.map(|option| Row { position, hop, option: Some(option) }));
        }
        let integers =
            |value: fn(&Row<'_>) -> Option<i64>| Values::Integer(rows.iter().map(value).collect());
        let texts = |value: fn(&Row<'_>) -> Option<String>| {
            let texts: Vec<Option<String>> = rows.iter().map(value).collect();
            Values::from_texts(texts.iter().map(Option::as_deref))
        };
        let mut table = Table::default();
        table.push("hop", "", integers(|row| Some(row.position as i64 + 1)));
        table.push("asn", "", integers(|row| Some(row.hop.asn.0.into())));
        table.push("router", "", texts(|row| Some(row.hop.label.clone())));
        table.push(
            "verdict",
            "",
            texts(|row| match row.option.map(|option| option.lost_at) {
                None => Some("originates".to_owned()),
                Some(None) => Some("chosen".to_owned()),
                Some(Some(step)) => Some(step.name().to_owned()),
            }),
        );
        table.push("from", "", texts(|row| Some(row.option?.from.clone())));
        table.push("site", "", texts(|row| Some(row.option?.site.clone())));
        table.push("class", "", texts(|row| Some(row.option?.candidate.class.to_string())));
        let candidate = |value: fn(&Candidate) -> u32| {
            let value = |row: &Row<'_>| Some(value(&row.option?.candidate).into());
            Values::Integer(rows.iter().map(value).collect())
        };
        table.push("local_pref", "", candidate(|candidate| candidate.local_pref));
        table.push("path_length", "", candidate(|candidate| candidate.path_length));
        table.push("as_path", "", texts(|row| Some(path_text(&row.option?.as_path))));
        table.push("igp_cost", "km", candidate(|candidate| candidate.igp_cost));
        table.push("router_id", "", candidate(|candidate| candidate.router_id));
        table
    }
}

/// A row of the table of an explanation.
struct Row<'a> {
    position: usize,
    hop: &'a Hop,
    option: Option<&'a Choosable>,
}

/// An AS path as text.
pub fn path_text(path: &[Asn]) -> String {
    path.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Why the winner beat another at a step, for somebody who reads it for the first time.
pub fn reason(step: Step, winner: &Candidate, loser: &Candidate) -> String {
    let text = match step {
        Step::LocalPref if winner.class < loser.class => {
            "business comes first: customers' routes before peers', peers' before providers'"
        }
        Step::LocalPref => {
            return format!(
                "LOCAL_PREF {} beats {}: somebody set it, as the routes' classes alone ({} and {}) \
                 would not",
                winner.local_pref, loser.local_pref, winner.class, loser.class
            );
        }
        Step::PathLength => "the path crosses fewer ASes",
        Step::Origin => "the origin code is better",
        Step::Med => "the neighbor asked for this entrance with a lower MED",
        Step::Ebgp => "the router itself has it from outside, the others know it over iBGP",
        Step::IgpCost => "hot potato: this exit is the nearest inside the AS",
        Step::Oldest => "it was there first",
        Step::Rtt => "the round trip is shorter (no router knows that: not a BGP attribute)",
        Step::TieBreak => "the tie-break that was asked for (not a BGP attribute)",
        Step::RouterId => {
            "all else was equal, so the lowest BGP identifier won: a convention, not a reason"
        }
        Step::ClusterList => "the reflection path is shorter",
        Step::NeighborAddress => "all else was equal, so the lowest peer address won",
    };
    text.to_owned()
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(no_route) = &self.no_route {
            return self.fmt_no_route(f, no_route);
        }
        self.fmt_summary(f)?;
        for (position, hop) in self.hops.iter().enumerate() {
            writeln!(f)?;
            hop.write(f, position + 1, |_| String::new())?;
        }
        writeln!(f)?;
        self.fmt_decisive(f)?;
        self.fmt_flips(f)
    }
}

impl Explanation {
    fn fmt_no_route(&self, f: &mut fmt::Formatter<'_>, no_route: &NoRoute) -> fmt::Result {
        let NoRoute { neighbors, silent, refused } = *no_route;
        writeln!(f, "{} has no route to {}.", self.subject, self.prefix)?;
        writeln!(f)?;
        match neighbors {
            0 => return writeln!(f, "It has no neighbors."),
            1 => writeln!(f, "It has one neighbor.")?,
            _ => writeln!(f, "It has {neighbors} neighbors.")?,
        }
        if silent > 0 {
            writeln!(
                f,
                "Of them, {silent} with a route may not tell it: routes from peers and providers \
                 go to customers only, and communities can stop the rest."
            )?;
        }
        if refused > 0 {
            writeln!(
                f,
                "Of them, {refused} told a route that it refuses: its own number is in the path, \
                 an origin check fails, or the prefix is too long."
            )?;
        }
        if silent + refused == 0 {
            writeln!(f, "None of them has a route.")?;
        }
        Ok(())
    }

    fn fmt_summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.hops[0];
        match &self.site {
            Some(site) => write!(f, "{} lands at {site}", self.subject)?,
            None => write!(f, "Packets of {} to {} are dropped", self.subject, self.prefix)?,
        }
        if first.originates {
            return writeln!(f, ": it originates the prefix itself.");
        }
        let chosen = &first.options[0];
        let count = chosen.candidate.path_length;
        let ases = if count == 1 { "ASN" } else { "ASNs" };
        writeln!(f, " over {count} {ases}: {}", path_text(&chosen.as_path))?;
        if first.prefix != self.prefix {
            writeln!(
                f,
                "It has no route to {}, so it uses the covering {}.",
                self.prefix, first.prefix
            )?;
        }
        Ok(())
    }

    fn fmt_decisive(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(position) = self.decisive else {
            return writeln!(f, "No router on the way was offered another site.");
        };
        let hop = &self.hops[position];
        // Another site lost at the last of these steps.
        let site = &hop.options[0].site;
        let other = hop.options.iter().find(|option| option.site != *site);
        let Some((other, step)) = other.and_then(|other| Some((other, other.lost_at?))) else {
            return Ok(());
        };
        writeln!(
            f,
            "Decided at {}, step {step}: {site} won over {} because {}.",
            hop.label,
            other.site,
            reason(step, &hop.options[0].candidate, &other.candidate)
        )?;
        if hop.history {
            writeln!(
                f,
                "This router prefers older routes or compares MEDs in order of arrival, so that \
                 in operation the order of announcements decides here."
            )?;
        }
        Ok(())
    }

    fn fmt_flips(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hops[0].originates {
            return Ok(());
        }
        writeln!(f)?;
        if self.flips.is_empty() {
            return writeln!(f, "No single change at the site would move it to another site.");
        }
        writeln!(f, "What would move it, fewest side effects first:")?;
        for flip in &self.flips {
            let action = match &flip.action {
                FlipAction::Prepend { count, neighbor } => {
                    format!("prepends {count} towards AS{neighbor}")
                }
                FlipAction::PrependAll { count } => format!("prepends {count} towards everyone"),
                FlipAction::CloseSession { neighbor } => {
                    format!("stops announcing to AS{neighbor}")
                }
                FlipAction::Withdraw => "withdraws".to_owned(),
            };
            let lands = match &flip.lands_at {
                Some(site) => format!("it lands at {site}"),
                None => "it loses its route".to_owned(),
            };
            let Flip { site, moved_share, moved_routers, .. } = flip;
            let percent = 100.0 * moved_share;
            writeln!(f, "  {site} {action}: {lands}")?;
            write!(f, "      moves {percent:.2} % of demand ({moved_routers} routers): ")?;
            let name = |site: &Option<String>| site.clone().unwrap_or_else(|| "nowhere".to_owned());
            // Routers without demand are counted above; their flows would all be 0.00 %.
            let heard_of: Vec<&Flow> = flip.flows.iter().filter(|flow| flow.share > 0.0).collect();
            if heard_of.is_empty() {
                write!(f, "routers without demand")?;
            }
            for (position, flow) in heard_of.iter().take(FLOWS_NAMED).enumerate() {
                let separator = if position == 0 { "" } else { ", " };
                let (from, to) = (name(&flow.from), name(&flow.to));
                write!(f, "{separator}{from} → {to} {:.2} %", 100.0 * flow.share)?;
            }
            match heard_of.len().saturating_sub(FLOWS_NAMED) {
                0 => writeln!(f)?,
                1 => writeln!(f, ", 1 more flow")?,
                more => writeln!(f, ", {more} more flows")?,
            }
        }
        Ok(())
    }
}

impl Hop {
    /// Writes the hop as a paragraph of a story, for people. `remark` may add something to the line
    /// of an option, by position.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(
        &self,
        f: &mut impl fmt::Write,
        number: usize,
        remark: impl Fn(usize) -> String,
    ) -> fmt::Result {
        if self.originates {
            return writeln!(f, "{number}. {} originates {}.", self.label, self.prefix);
        }
        let count = self.options.len();
        let candidates = if count == 1 { "one candidate" } else { "candidates" };
        match count {
            1 => writeln!(f, "{number}. {} has {candidates}:", self.label)?,
            _ => writeln!(f, "{number}. {} chooses from {count} {candidates}:", self.label)?,
        }
        for (position, option) in self.options.iter().take(1 + LOSERS_NAMED).enumerate() {
            let Candidate { class, local_pref, path_length, igp_cost, .. } = option.candidate;
            let sign = if option.lost_at.is_none() { '✓' } else { '✗' };
            let lost = option.lost_at.map_or(String::new(), |step| format!("  lost at {step}"));
            let class =
                if class == Class::Origin { "own AS".to_owned() } else { class.to_string() };
            let cost = match option.candidate.via {
                Via::Internal(_) => format!(", igp cost {igp_cost}"),
                _ => String::new(),
            };
            writeln!(
                f,
                "   {sign} {}  →  {}  ({class}, local-pref {local_pref}, length {path_length}\
                 {cost})  {}{lost}{}",
                option.from,
                option.site,
                path_text(&option.as_path),
                remark(position),
            )?;
        }
        if count > 1 + LOSERS_NAMED {
            let mut by_step: BTreeMap<Step, usize> = BTreeMap::new();
            for option in &self.options[1 + LOSERS_NAMED..] {
                *by_step.entry(option.lost_at.expect("only the first has won")).or_default() += 1;
            }
            let list: Vec<String> =
                by_step.iter().map(|(step, count)| format!("{count} at {step}")).collect();
            writeln!(f, "     … {} more lost: {}", count - 1 - LOSERS_NAMED, list.join(", "))?;
        }
        Ok(())
    }
}
