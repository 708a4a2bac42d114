//! Blocks whose lanes are all close to one configuration, the *base*: failures of one site or two
//! out of many, or small moves of a search. Only what a change can reach is solved; everything
//! else has the base's words, and its demand is in the base's totals.
//!
//! Improvements travel as well as losses (performance reference 5.5), so that "who was at the
//! failed site" would be too few. A node is solved again if a neighbor's word differs in some
//! lane, unless both what that neighbor told and what it tells are worse than what the node has.

use super::graph::{Edge, Graph, NOBODY, Special};
use super::lanes::{
    Deepest, LANES, Lanes, Pass, Row, Word, climb, decide, keep, lead_off, over, take,
};
use super::totals::Totals;
use crate::packed::Rows;

/// A solved configuration.
#[derive(Debug, Clone)]
pub(super) struct Base<W> {
    /// Own routes by site.
    own: Vec<W>,
    /// Own and customer routes by cone place.
    up: Vec<W>,
    /// By node.
    pub last: Vec<W>,
    /// By node, 0 for own and customer routes, 1 for peer routes, 2 for the rest.
    rank: Vec<u8>,
    /// The longest path that others were told of, in ASNs.
    pub longest: u32,
    /// Demand by slot.
    pub totals: Vec<u64>,
}

impl<W: Word> Base<W> {
    /// Solves the first lane of a block whose special edges all end in nodes that are one AS. Of
    /// its own, as a pass over all lanes costs as much for one as for 64.
    pub(super) fn solve(pass: &Pass<'_>, own: &[Row<W>]) -> Base<W> {
        let graph = pass.graph;
        let mut base = Base {
            own: own.iter().map(|words| words.0[0]).collect(),
            up: Vec::with_capacity(graph.cone.len()),
            last: Vec::with_capacity(graph.node_count()),
            rank: Vec::with_capacity(graph.node_count()),
            longest: 0,
            totals: Vec::new(),
        };
        let mut rest = &pass.block.specials[..];
        for (place, site) in graph.site_of.iter().enumerate() {
            let place = place as u32;
            let special = take(&mut rest, |edge| (edge.down, edge.unit) == (false, place));
            let told = match *site {
                NOBODY => W::NONE,
                site => base.own[site as usize],
            };
            base.up.push(match told < W::NONE {
                true => told,
                false => hear(pass, &base.up, graph.customers.row(place), special, own),
            });
        }
        for node in 0..graph.node_count() as u32 {
            let special = take(&mut rest, |edge| (edge.down, edge.unit) == (true, node));
            let cut = special.partition_point(|(edge, _)| !edge.of_provider);
            let mut word = match graph.cone_of[node as usize] {
                NOBODY => W::NONE,
                place => base.up[place as usize],
            };
            let mut rank = 0;
            if word == W::NONE {
                (word, rank) =
                    (hear(pass, &base.up, graph.peers.row(node), &special[..cut], own), 1);
            }
            if word == W::NONE {
                let providers = graph.providers.row(node);
                (word, rank) = (hear(pass, &base.last, providers, &special[cut..], own), 2);
            }
            base.last.push(word);
            base.rank.push(rank);
        }
        debug_assert!(rest.is_empty(), "a special edge was passed by");
        let told = base.up.iter().chain(&base.last[..graph.transit_count as usize]);
        let longest = told.copied().filter(|word| *word < W::NONE).max();
        base.longest = longest.map_or(0, |word| pass.layout.path_length(word));
        base
    }

    /// Writes the base to all lanes, for [`run`] to start from.
    pub(super) fn spread(&self, graph: &Graph, lanes: &mut Lanes<W>) {
        let wide = |words: &[W], into: &mut Vec<Row<W>>| {
            into.clear();
            into.extend(words.iter().map(|word| Row([*word; LANES])));
        };
        wide(&self.up, &mut lanes.up);
        wide(&self.last[..graph.transit_count as usize], &mut lanes.last);
    }
}

/// The best of what the neighbors in a row tell in the first lane, one hop longer.
#[inline(always)]
fn hear<W: Word>(
    pass: &Pass<'_>,
    words: &[W],
    row: &[u32],
    mut special: &[(Edge, Special)],
    own: &[Row<W>],
) -> W {
    let mask = pass.layout.length_mask();
    let mut best = W::NONE;
    for (position, index) in row.iter().enumerate() {
        let mut word = words[*index as usize];
        if let Some(((edge, here), rest)) = special.split_first()
            && edge.position as usize == position
        {
            word = over(here, word, 0, own, pass.layout);
            special = rest;
        }
        best = if word < best.and(mask) { word } else { best };
    }
    best.longer(pass.layout.length(1))
}

/// Who listens to whom, against the direction of a [`Graph`]'s rows. Peers are in the graph.
#[derive(Debug, Clone)]
pub(super) struct Listeners {
    /// Cone places, for each cone place: providers.
    above: Rows,
    /// Nodes, for each transit node: customers.
    below: Rows,
}

impl Listeners {
    pub(super) fn new(graph: &Graph) -> Listeners {
        Listeners {
            above: graph.customers.transposed(graph.cone.len()),
            below: graph.providers.transposed(graph.transit_count as usize),
        }
    }
}

/// What is to be solved again. Empty between passes.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    places: Vec<u64>,
    nodes: Vec<u64>,
    /// What was written, to be put back.
    touched_places: Vec<u32>,
    touched_nodes: Vec<u32>,
}

#[inline(always)]
fn mark(bits: &mut [u64], index: u32) {
    bits[index as usize / 64] |= 1 << (index % 64);
}

/// Takes the lowest mark off a block of 64.
#[inline(always)]
fn next(bits: &mut [u64], block: usize) -> Option<u32> {
    let word = bits[block];
    bits[block] = word & word.wrapping_sub(1);
    (word != 0).then(|| block as u32 * 64 + word.trailing_zeros())
}

/// Solves what differs from the base, which must have been spread over the lanes, and puts the
/// base back. The totals stay.
#[inline(always)]
pub(super) fn run<W: Word>(
    pass: &Pass<'_>,
    base: &Base<W>,
    listeners: &Listeners,
    marks: &mut Marks,
    lanes: &mut Lanes<W>,
) {
    let graph = pass.graph;
    marks.places.resize(graph.cone.len().div_ceil(64), 0);
    marks.nodes.resize(graph.node_count().div_ceil(64), 0);
    lanes.deepest = Deepest::default();
    lanes.totals.spread(&base.totals);
    for (site, (own, held)) in lanes.own.iter().zip(&base.own).enumerate() {
        if graph.place_of_site[site] != NOBODY && own.differs(*held) {
            mark(&mut marks.places, graph.place_of_site[site]);
        }
    }
    for edge in &pass.block.changed {
        mark(if edge.down { &mut marks.nodes } else { &mut marks.places }, edge.unit);
    }
    // Customers come before providers among places, and after them among nodes, so that what is
    // marked on the way lies ahead.
    for block in 0..marks.places.len() {
        while let Some(place) = next(&mut marks.places, block) {
            climb::<W, false>(pass, lanes, place, special(pass, false, place));
            climbed(pass, base, listeners, marks, lanes, place);
        }
    }
    for block in 0..marks.nodes.len() {
        while let Some(node) = next(&mut marks.nodes, block) {
            descend(pass, base, listeners, marks, lanes, node);
        }
    }
    for place in marks.touched_places.drain(..) {
        lanes.up[place as usize] = Row([base.up[place as usize]; LANES]);
    }
    for node in marks.touched_nodes.drain(..) {
        lanes.last[node as usize] = Row([base.last[node as usize]; LANES]);
    }
}

/// The special edges of a unit.
#[inline(always)]
fn special<'a>(pass: &Pass<'a>, down: bool, unit: u32) -> &'a [(Edge, Special)] {
    let specials = &pass.block.specials[..];
    if specials.is_empty() {
        return specials;
    }
    let before = specials.partition_point(|(edge, _)| (edge.down, edge.unit) < (down, unit));
    let mut rest = &specials[before..];
    take(&mut rest, |edge| (edge.down, edge.unit) == (down, unit))
}

/// The shortest of the words and of the one that was there, as others hear it.
#[inline(always)]
fn told<W: Word>(pass: &Pass<'_>, words: &Row<W>, held: W) -> W {
    let mut least = held;
    for lane in 0..LANES {
        least = least.min(words.0[lane]);
    }
    least.longer(pass.layout.length(1)).and(pass.layout.length_mask())
}

/// Marks whom the new words of a place concern.
#[inline(always)]
fn climbed<W: Word>(
    pass: &Pass<'_>,
    base: &Base<W>,
    listeners: &Listeners,
    marks: &mut Marks,
    lanes: &Lanes<W>,
    place: u32,
) {
    let (words, held) = (&lanes.up[place as usize], base.up[place as usize]);
    if !words.differs(held) {
        return;
    }
    marks.touched_places.push(place);
    mark(&mut marks.nodes, pass.graph.cone[place as usize]);
    let told = told(pass, words, held);
    for provider in listeners.above.row(place) {
        if told <= base.up[*provider as usize] {
            mark(&mut marks.places, *provider);
        }
    }
    for peer in pass.graph.told.row(pass.graph.told_of[place as usize]) {
        let node = pass.graph.node_of[*peer as usize];
        let matters = match base.rank[node as usize] {
            0 => false,
            1 => told <= base.last[node as usize],
            _ => true,
        };
        if matters {
            mark(&mut marks.nodes, node);
        }
    }
}

/// Solves a node again, moves its demand, and marks whom its new words concern.
#[inline(always)]
fn descend<W: Word>(
    pass: &Pass<'_>,
    base: &Base<W>,
    listeners: &Listeners,
    marks: &mut Marks,
    lanes: &mut Lanes<W>,
    node: u32,
) {
    let graph = pass.graph;
    let held = base.last[node as usize];
    let members = graph.members.row(node);
    let specials = special(pass, true, node);
    if node < graph.single_count {
        let words = decide::<W, false>(pass, lanes, node, specials, members[0]);
        if !specials.is_empty() {
            lead_off(pass, lanes, node, &words, pass.led[node as usize]);
        }
        if !words.differs(held) {
            return;
        }
        shift(pass, &mut lanes.totals, &words, held, pass.nodes[node as usize]);
        if node >= graph.transit_count {
            return;
        }
        keep(lanes, node, &words);
        marks.touched_nodes.push(node);
        let told = told(pass, &words, held);
        for customer in listeners.below.row(node) {
            let listens = base.rank[*customer as usize] > 1;
            if listens && told <= base.last[*customer as usize] {
                mark(&mut marks.nodes, *customer);
            }
        }
        return;
    }
    let mut demand = pass.nodes[node as usize];
    let mut rest = specials;
    while let Some((edge, _)) = rest.first() {
        let member = edge.member;
        let own = take(&mut rest, |edge| edge.member == member);
        let words = decide::<W, false>(pass, lanes, node, own, member);
        let part = pass.routers[member as usize];
        if graph.leader_of[node as usize] == NOBODY {
            shift(pass, &mut lanes.totals, &words, held, part);
            demand -= part;
        } else {
            lead_off(pass, lanes, node, &words, part);
        }
    }
    if demand == 0 {
        return;
    }
    let words = decide::<W, false>(pass, lanes, node, &[], members[0]);
    if words.differs(held) {
        shift(pass, &mut lanes.totals, &words, held, demand);
    }
}

/// Moves demand from the site of the base to those of the lanes.
#[inline(always)]
fn shift<W: Word>(pass: &Pass<'_>, totals: &mut Totals, words: &Row<W>, held: W, demand: u64) {
    if demand == 0 {
        return;
    }
    // Few lanes differ, so that they are found first.
    let mut differing = 0_u64;
    for lane in 0..LANES {
        differing |= u64::from(words.0[lane] != held) << lane;
    }
    let from = pass.layout.site(held) as usize;
    while differing != 0 {
        let lane = differing.trailing_zeros() as usize;
        differing &= differing - 1;
        totals.shift(lane, from, pass.layout.site(words.0[lane]) as usize, demand);
    }
}
