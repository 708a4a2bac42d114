//! The fast body for plain worlds: one router per AS, whole ASes as origins, nothing special.
//!
//! A route is one 64-bit word whose integer order *is* the decision process (class, length,
//! lowest neighbor), so that every step is a minimum without branches:
//!
//! 1. own and customer routes climb from the sites, level by level (hundreds of ASes);
//! 2. those ASes tell their peers (most of the work: one minimum per peer link);
//! 3. everyone else takes the minimum of its providers, in topological order, without a queue.
//!
//! ASes without customers and peers are folded by their set of providers: three quarters of the
//! Internet, a third as many classes. All working state fits into a second-level cache.
//!
//! Changing a site on or off redoes the same three phases on the nodes that can change, with a
//! log to take it back. Improvements travel as well as losses: an AS that loses a customer route
//! may fall back to a shorter one, and its customers then hear something better.

use std::collections::{BinaryHeap, HashMap};

use catchment_model::World;
use catchment_model::relation::{Class, Relation};
use catchment_model::rules::TieBreak;

use crate::catchment::{Catchment, Route, Word};
use crate::decision::Via;
use crate::policy::Situation;
use crate::ties::TieSets;

const NONE: u64 = Word::NONE.0;
/// What a route keeps when it is told on: its length and site.
const KEPT: u64 = Word::LENGTH_MASK | Word::SITE_MASK;
/// Words below this are own, customer or peer routes.
const PROVIDER: u64 = (Class::Provider as u64) << Word::CLASS_SHIFT;
/// Chains of providers longer than this leave the packed length field too little room.
const DEPTH_MAX: u32 = 1000;

/// Compressed rows of numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Rows {
    pub(crate) fn new() -> Rows {
        Rows { starts: vec![0], values: Vec::new() }
    }

    /// With room for so many numbers in so many rows.
    pub(crate) fn with_capacity(rows: usize, values: usize) -> Rows {
        let mut starts = Vec::with_capacity(rows + 1);
        starts.push(0);
        Rows { starts, values: Vec::with_capacity(values) }
    }

    /// For each of `count` keys, the indices of those that have it, ascending.
    pub(crate) fn by_key(keys: &[u32], count: usize) -> Rows {
        let mut starts = vec![0_u32; count + 1];
        keys.iter().for_each(|key| starts[*key as usize + 1] += 1);
        for index in 0..count {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut values = vec![0; keys.len()];
        for (index, key) in keys.iter().enumerate() {
            let slot = &mut next[*key as usize];
            values[*slot as usize] = index as u32;
            *slot += 1;
        }
        Rows { starts, values }
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = u32>) {
        self.values.extend(row);
        self.starts.push(self.values.len() as u32);
    }

    #[inline]
    pub(crate) fn row(&self, index: u32) -> &[u32] {
        &self.values[self.starts[index as usize] as usize..self.starts[index as usize + 1] as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Numbers in all rows.
    pub(crate) fn value_count(&self) -> usize {
        self.values.len()
    }

    /// All rows, one after the other.
    pub(crate) fn into_values(self) -> Vec<u32> {
        self.values
    }

    /// For each of `count` values, the rows that hold it, ascending.
    pub(crate) fn transposed(&self, count: usize) -> Rows {
        let mut starts = vec![0_u32; count + 1];
        for value in &self.values {
            starts[*value as usize + 1] += 1;
        }
        for index in 0..count {
            starts[index + 1] += starts[index];
        }
        let mut next = starts.clone();
        let mut values = vec![0; self.values.len()];
        for row in 0..self.len() as u32 {
            for value in self.row(row) {
                let slot = &mut next[*value as usize];
                values[*slot as usize] = row;
                *slot += 1;
            }
        }
        Rows { starts, values }
    }
}

/// The graph, renumbered: ASes with customers in topological order (providers first), then ASes
/// with peers only, then classes of stubs with equal providers.
#[derive(Debug, Clone)]
struct Graph {
    /// Node of each AS.
    node_of: Vec<u32>,
    /// For each node that is one AS, its index at the place of `via` in a word, with the parts
    /// that every told route has: kind `External` and one more in length.
    tells: Vec<u64>,
    /// Nodes with customers.
    transit_count: u32,
    /// Nodes that are one AS.
    core_count: u32,
    providers: Rows,
    peers: Rows,
    /// ASes of each node.
    members: Rows,
}

impl Graph {
    /// `None` if the world does not lend itself to it.
    fn new(world: &World) -> Option<Graph> {
        let count = world.as_count();
        let neighbors = |index: u32, relation: Relation| {
            let group = world.group(index, relation);
            &world.neighbors[group.start as usize..group.end as usize]
        };
        let ids_ascend = world.router_ids.windows(2).all(|pair| pair[0] < pair[1]);
        let all = 0..count as u32;
        if !world.has_one_router_per_as()
            || !ids_ascend
            || all.clone().any(|index| !neighbors(index, Relation::Sibling).is_empty())
        {
            return None;
        }
        let transit = world.transit()?;
        // What stubs hear is one hop longer.
        if transit.iter().any(|transit| transit.depth + 1 > DEPTH_MAX) {
            return None;
        }
        let has_customers = |index: &u32| !neighbors(*index, Relation::Customer).is_empty();
        let mut order: Vec<u32> = transit.iter().map(|transit| transit.router).collect();
        let transit_count = order.len() as u32;
        order.extend(all.clone().filter(|index| {
            !has_customers(index) && !neighbors(*index, Relation::Peer).is_empty()
        }));
        let core_count = order.len() as u32;

        let mut node_of = vec![u32::MAX; count];
        for (node, index) in order.iter().enumerate() {
            node_of[*index as usize] = node as u32;
        }
        let mut class_of: HashMap<&[u32], u32> = HashMap::new();
        let mut representatives: Vec<u32> = Vec::new();
        for index in all {
            if node_of[index as usize] != u32::MAX {
                continue;
            }
            let class =
                *class_of.entry(neighbors(index, Relation::Provider)).or_insert_with(|| {
                    representatives.push(index);
                    representatives.len() as u32 - 1
                });
            node_of[index as usize] = core_count + class;
        }
        let mut providers = Rows::new();
        for index in order.iter().chain(&representatives) {
            let row = neighbors(*index, Relation::Provider);
            providers.push(row.iter().map(|provider| node_of[*provider as usize]));
        }
        let mut peers = Rows::new();
        for index in &order {
            let row = neighbors(*index, Relation::Peer);
            peers.push(row.iter().map(|peer| node_of[*peer as usize]));
        }
        let tells = order.iter().map(|index| told_by(*index)).collect();
        let members = Rows::by_key(&node_of, providers.len());
        Some(Graph { node_of, tells, transit_count, core_count, providers, peers, members })
    }

    fn node_count(&self) -> usize {
        self.providers.len()
    }
}

/// The parts of a word that a route gets from its sender: kind, sender, one more in length.
fn told_by(as_index: u32) -> u64 {
    1 << Word::LENGTH_SHIFT | 1 << Word::KIND_SHIFT | u64::from(as_index) << Word::VIA_SHIFT
}

/// What the holder of `word` tells a neighbor to whom it becomes a route of `class`.
#[inline]
fn told(word: u64, tells: u64, class: Class) -> u64 {
    if word == NONE {
        return NONE;
    }
    ((class as u64) << Word::CLASS_SHIFT) + tells + (word & KEPT)
}

/// The least of the words at these positions.
#[inline]
fn least(words: &[u64], positions: &[u32]) -> u64 {
    let mut best = NONE;
    // Two at a time: this loop and the one over peers are where a solve spends its time.
    let mut pairs = positions.chunks_exact(2);
    for pair in &mut pairs {
        best = best.min(words[pair[0] as usize].min(words[pair[1] as usize]));
    }
    for position in pairs.remainder() {
        best = best.min(words[*position as usize]);
    }
    best
}

/// Rows restricted to where own and customer routes of the known sites can be, for changes.
#[derive(Debug, Clone)]
struct Cone {
    /// Customers with such routes, for each core node; stubs that originate count too, under
    /// numbers from `core_count` on (see [`Packed::up`]).
    customers: Rows,
    /// Peers with such routes, for each core node.
    peers: Rows,
    /// Customers (nodes), for each transit node.
    all_customers: Rows,
}

/// An AS that a site originates from.
#[derive(Debug, Clone, Copy)]
struct Origin {
    as_index: u32,
    /// Its place in [`Packed::up`]: a core node, or beyond those for a folded stub.
    slot: u32,
    active: bool,
}

/// The state of a solve.
#[derive(Debug, Clone)]
pub(crate) struct Packed {
    graph: Graph,
    /// By site.
    origins: Vec<Origin>,
    /// AS index of each folded stub that originates, in order of slots.
    stubs: Vec<u32>,
    /// Own and customer routes: core nodes, then the folded stubs that originate.
    up: Vec<u64>,
    /// The same with peer routes: core nodes.
    side: Vec<u64>,
    /// Final: all nodes.
    last: Vec<u64>,
    /// What transit nodes tell their customers.
    down: Vec<u64>,
    /// Nodes with own or customer routes after a solve.
    cone_nodes: Vec<u32>,
    levels: Vec<Vec<u32>>,
    cone: Option<Cone>,
    catchment: Catchment,
    dirty: Vec<u64>,
}

/// Old values of what a change wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedLog {
    site: u32,
    up: Vec<(u32, u64)>,
    side: Vec<(u32, u64)>,
    last: Vec<(u32, u64, u64)>,
    /// AS, old word. Each AS at most once.
    words: Vec<(u32, Word)>,
}

impl PackedLog {
    /// ASes (and so routers) whose best route is another now, ascending.
    pub(crate) fn changed(&self, catchment: &Catchment) -> Vec<u32> {
        let mut changed: Vec<u32> = self
            .words
            .iter()
            .filter(|(index, old)| catchment.words[*index as usize] != *old)
            .map(|(index, _)| *index)
            .collect();
        changed.sort_unstable();
        changed
    }
}

impl Packed {
    /// `None` if the world does not lend itself to it. The situation must be plain.
    pub(crate) fn new(situation: Situation<'_>, prefix_index: u16) -> Option<Packed> {
        let world = situation.world;
        if situation.rules.tie_break != TieBreak::AsnLowest {
            return None;
        }
        let graph = Graph::new(world)?;
        let mut stubs = Vec::new();
        let origins = situation
            .service
            .sites
            .iter()
            .map(|site| {
                let as_index = world.router_as[site.router as usize];
                let node = graph.node_of[as_index as usize];
                let slot = if node < graph.core_count {
                    node
                } else {
                    let stub = stubs.iter().position(|stub| *stub == as_index);
                    let stub = stub.unwrap_or_else(|| {
                        stubs.push(as_index);
                        stubs.len() - 1
                    });
                    graph.core_count + stub as u32
                };
                let active = site.active && site.prefixes.contains(&prefix_index);
                Origin { as_index, slot, active }
            })
            .collect();
        let core_count = graph.core_count as usize;
        Some(Packed {
            up: vec![NONE; core_count + stubs.len()],
            side: vec![NONE; core_count],
            last: vec![NONE; graph.node_count()],
            down: vec![NONE; graph.transit_count as usize],
            dirty: vec![0; graph.node_count().div_ceil(64)],
            catchment: Catchment::empty(world.as_count()),
            cone_nodes: Vec::new(),
            levels: Vec::new(),
            cone: None,
            origins,
            stubs,
            graph,
        })
    }

    pub(crate) fn catchment(&self) -> &Catchment {
        &self.catchment
    }

    /// Sessions (in one direction) that a solve for the active sites looks at.
    pub(crate) fn touched_sessions(&self) -> u64 {
        let graph = &self.graph;
        let climbed = self.cone_nodes.iter().map(|slot| {
            let providers = graph.providers.row(self.provider_node(*slot)).len();
            let is_core = *slot < graph.core_count;
            providers + if is_core { graph.peers.row(*slot).len() } else { 0 }
        });
        let waits = |node: &u32| self.side.get(*node as usize).is_none_or(|word| *word == NONE);
        let descended = (0..graph.node_count() as u32).filter(waits);
        let descended = descended.map(|node| graph.providers.row(node).len());
        climbed.chain(descended).sum::<usize>() as u64
    }

    /// Turns sites on and off before [`Packed::solve`]; `active` by site.
    pub(crate) fn choose(&mut self, active: impl Fn(u32) -> bool) {
        for (site, origin) in self.origins.iter_mut().enumerate() {
            origin.active = active(site as u32);
        }
    }

    /// Solves from nothing, for the sites that are active.
    pub(crate) fn solve(&mut self) {
        self.climb();
        self.cross();
        self.descend();
        self.label();
    }

    fn tells(&self, slot: u32) -> u64 {
        match self.graph.tells.get(slot as usize) {
            Some(tells) => *tells,
            None => told_by(self.stubs[(slot - self.graph.core_count) as usize]),
        }
    }

    /// Node whose provider row a slot has.
    fn provider_node(&self, slot: u32) -> u32 {
        if slot < self.graph.core_count {
            slot
        } else {
            self.graph.node_of[self.stubs[(slot - self.graph.core_count) as usize] as usize]
        }
    }

    /// Phase 1: own and customer routes, shortest first.
    fn climb(&mut self) {
        for slot in self.cone_nodes.drain(..) {
            self.up[slot as usize] = NONE;
        }
        let mut levels = std::mem::take(&mut self.levels);
        if levels.is_empty() {
            levels.push(Vec::new());
        }
        for (site, origin) in self.origins.iter().enumerate().filter(|(_, origin)| origin.active) {
            self.up[origin.slot as usize] = own_word(site as u32);
            levels[0].push(origin.slot);
        }
        let mut length = 0;
        while length < levels.len() && !levels[length].is_empty() {
            if levels.len() == length + 1 {
                levels.push(Vec::new());
            }
            let (here, above) = levels.split_at_mut(length + 1);
            for slot in here[length].drain(..) {
                self.cone_nodes.push(slot);
                let offer = told(self.up[slot as usize], self.tells(slot), Class::Customer);
                for provider in self.graph.providers.row(self.provider_node(slot)) {
                    let theirs = &mut self.up[*provider as usize];
                    if offer < *theirs {
                        if *theirs == NONE {
                            above[0].push(*provider);
                        }
                        *theirs = offer;
                    }
                }
            }
            length += 1;
        }
        self.levels = levels;
    }

    /// Phase 2: each of them tells its peers.
    fn cross(&mut self) {
        self.side.fill(NONE);
        let core = self.graph.core_count;
        for node in self.cone_nodes.iter().filter(|slot| **slot < core) {
            self.side[*node as usize] = self.side[*node as usize].min(self.up[*node as usize]);
            let offer =
                told(self.up[*node as usize], self.graph.tells[*node as usize], Class::Peer);
            let mut fours = self.graph.peers.row(*node).chunks_exact(4);
            for four in &mut fours {
                for peer in four {
                    let theirs = &mut self.side[*peer as usize];
                    *theirs = offer.min(*theirs);
                }
            }
            for peer in fours.remainder() {
                let theirs = &mut self.side[*peer as usize];
                *theirs = offer.min(*theirs);
            }
        }
    }

    /// Phase 3: everyone takes what it has, else the best of its providers.
    fn descend(&mut self) {
        let Packed { graph, side, last, down, .. } = self;
        let (transit, core) = (graph.transit_count as usize, graph.core_count as usize);
        let starts = graph.providers.starts.windows(2);
        let mut rows =
            starts.map(|bounds| &graph.providers.values[bounds[0] as usize..bounds[1] as usize]);
        let (last_transit, rest) = last.split_at_mut(transit);
        let (last_peering, last_classes) = rest.split_at_mut(core - transit);
        let transit_nodes = last_transit.iter_mut().zip(&side[..transit]).zip(&graph.tells);
        for (node, (((slot, side), tells), row)) in transit_nodes.zip(&mut rows).enumerate() {
            *slot = if *side == NONE { least(down, row) } else { *side };
            down[node] = told(*slot, *tells, Class::Provider);
        }
        for ((slot, side), row) in last_peering.iter_mut().zip(&side[transit..]).zip(&mut rows) {
            *slot = if *side == NONE { least(down, row) } else { *side };
        }
        for (slot, row) in last_classes.iter_mut().zip(&mut rows) {
            *slot = least(down, row);
        }
    }

    /// The word of every AS.
    fn label(&mut self) {
        for (word, node) in self.catchment.words.iter_mut().zip(&self.graph.node_of) {
            *word = Word(self.last[*node as usize]);
        }
        for (stub, as_index) in self.stubs.iter().enumerate() {
            let own = self.up[self.graph.core_count as usize + stub];
            if own != NONE {
                self.catchment.words[*as_index as usize] = Word(own);
            }
        }
    }

    /// Turns one site on or off, and brings everything up to date.
    pub(crate) fn set_active(&mut self, site: u32, active: bool) -> PackedLog {
        let mut log = PackedLog { site, ..PackedLog::default() };
        if self.origins[site as usize].active == active {
            return log;
        }
        if self.cone.is_none() {
            self.cone = Some(self.cone());
        }
        self.origins[site as usize].active = active;
        let cone = self.cone.take().expect("it was just made");
        self.update_up(site, &cone, &mut log);
        self.update_side(&cone, &mut log);
        self.update_last(&cone, &mut log);
        self.update_stub(site, &mut log);
        self.cone = Some(cone);
        log
    }

    /// Takes back the newest change.
    pub(crate) fn undo(&mut self, log: PackedLog) {
        for (index, word) in log.words.into_iter().rev() {
            self.catchment.words[index as usize] = word;
        }
        for (node, last, down) in log.last.into_iter().rev() {
            self.last[node as usize] = last;
            if node < self.graph.transit_count {
                self.down[node as usize] = down;
            }
        }
        for (node, word) in log.side.into_iter().rev() {
            self.side[node as usize] = word;
        }
        let toggled = !log.up.is_empty();
        for (slot, word) in log.up.into_iter().rev() {
            self.up[slot as usize] = word;
        }
        if toggled {
            let origin = &mut self.origins[log.site as usize];
            origin.active = !origin.active;
        }
    }

    /// Everything above any site, active or not.
    fn cone(&self) -> Cone {
        let graph = &self.graph;
        let core = graph.core_count;
        let mut reached = vec![false; self.up.len()];
        let mut open: Vec<u32> = self.origins.iter().map(|origin| origin.slot).collect();
        // Nodes that a solve before found are above sites too; nothing else can be.
        while let Some(slot) = open.pop() {
            if !std::mem::replace(&mut reached[slot as usize], true) {
                open.extend(graph.providers.row(self.provider_node(slot)));
            }
        }
        let mut by_provider = Rows::new();
        for slot in 0..self.up.len() as u32 {
            let row = match reached[slot as usize] {
                true => graph.providers.row(self.provider_node(slot)),
                false => &[],
            };
            by_provider.push(row.iter().copied());
        }
        let mut by_peer = Rows::new();
        for node in 0..core {
            let row = match reached[node as usize] {
                true => graph.peers.row(node),
                false => &[],
            };
            by_peer.push(row.iter().copied());
        }
        Cone {
            customers: by_provider.transposed(core as usize),
            peers: by_peer.transposed(core as usize),
            all_customers: graph.providers.transposed(graph.transit_count as usize),
        }
    }

    /// Phase 1 again, customers before providers.
    fn update_up(&mut self, site: u32, cone: &Cone, log: &mut PackedLog) {
        let start = self.origins[site as usize].slot;
        // Slots of stubs are greater than nodes, and customers greater than their providers.
        let mut open = BinaryHeap::from([start]);
        while let Some(slot) = open.pop() {
            while open.peek() == Some(&slot) {
                open.pop();
            }
            let old = self.up[slot as usize];
            let new = self.ask_customers(slot, cone);
            if new == old {
                continue;
            }
            log.up.push((slot, old));
            self.up[slot as usize] = new;
            let tells = self.tells(slot);
            let (old, new) = (told(old, tells, Class::Customer), told(new, tells, Class::Customer));
            for provider in self.graph.providers.row(self.provider_node(slot)) {
                let theirs = self.up[*provider as usize];
                if new < theirs || old == theirs {
                    open.push(*provider);
                }
            }
        }
    }

    /// The best own or customer route of a slot as things stand.
    fn ask_customers(&self, slot: u32, cone: &Cone) -> u64 {
        let here = |origin: &(usize, &Origin)| origin.1.active && origin.1.slot == slot;
        if let Some((site, _)) = self.origins.iter().enumerate().find(here) {
            return own_word(site as u32);
        }
        if slot >= self.graph.core_count {
            return NONE;
        }
        let offer = |customer: &u32| {
            told(self.up[*customer as usize], self.tells(*customer), Class::Customer)
        };
        cone.customers.row(slot).iter().map(offer).min().unwrap_or(NONE)
    }

    /// Phase 2 again, around every node whose own or customer route changed.
    fn update_side(&mut self, cone: &Cone, log: &mut PackedLog) {
        for position in 0..log.up.len() {
            let (node, old) = log.up[position];
            if node >= self.graph.core_count {
                continue;
            }
            let new = self.up[node as usize];
            let own = self.ask_peers(node, cone);
            self.write_side(node, own, log);
            let tells = self.graph.tells[node as usize];
            let (old, new) = (told(old, tells, Class::Peer), told(new, tells, Class::Peer));
            for row_position in 0..self.graph.peers.row(node).len() {
                let peer = self.graph.peers.row(node)[row_position];
                let theirs = self.side[peer as usize];
                if new < theirs {
                    self.write_side(peer, new, log);
                } else if old == theirs {
                    let again = self.ask_peers(peer, cone);
                    self.write_side(peer, again, log);
                }
            }
        }
    }

    fn ask_peers(&self, node: u32, cone: &Cone) -> u64 {
        let own = self.up[node as usize];
        if own != NONE {
            return own;
        }
        let offer = |peer: &u32| {
            told(self.up[*peer as usize], self.graph.tells[*peer as usize], Class::Peer)
        };
        cone.peers.row(node).iter().map(offer).min().unwrap_or(NONE)
    }

    fn write_side(&mut self, node: u32, word: u64, log: &mut PackedLog) {
        let slot = &mut self.side[node as usize];
        if *slot != word {
            log.side.push((node, *slot));
            *slot = word;
            self.dirty[node as usize / 64] |= 1 << (node % 64);
        }
    }

    /// Phase 3 again, over what is dirty, providers first.
    fn update_last(&mut self, cone: &Cone, log: &mut PackedLog) {
        let transit = self.graph.transit_count;
        for block in 0..self.dirty.len() {
            while self.dirty[block] != 0 {
                let node = block as u32 * 64 + self.dirty[block].trailing_zeros();
                self.dirty[block] &= self.dirty[block] - 1;
                let mut best = self.side.get(node as usize).copied().unwrap_or(NONE);
                if best == NONE {
                    for provider in self.graph.providers.row(node) {
                        best = best.min(self.down[*provider as usize]);
                    }
                }
                let old = self.last[node as usize];
                if old == best {
                    continue;
                }
                self.last[node as usize] = best;
                self.note_words(node, log);
                if node >= transit {
                    log.last.push((node, old, NONE));
                    continue;
                }
                let old_down = self.down[node as usize];
                log.last.push((node, old, old_down));
                let new_down = told(best, self.graph.tells[node as usize], Class::Provider);
                self.down[node as usize] = new_down;
                for customer in cone.all_customers.row(node) {
                    let theirs = self.last[*customer as usize];
                    if new_down < theirs || old_down == theirs {
                        self.dirty[*customer as usize / 64] |= 1 << (customer % 64);
                    }
                }
            }
        }
    }

    /// Copies the word of a node to its ASes; a stub that originates keeps its own.
    fn note_words(&mut self, node: u32, log: &mut PackedLog) {
        let word = Word(self.last[node as usize]);
        if node < self.graph.core_count {
            let as_index =
                (self.graph.tells[node as usize] >> Word::VIA_SHIFT & Word::SITE_MASK) as u32;
            log.words.push((as_index, self.catchment.words[as_index as usize]));
            self.catchment.words[as_index as usize] = word;
            return;
        }
        for as_index in self.graph.members.row(node) {
            let slot = &mut self.catchment.words[*as_index as usize];
            let originates = slot.0 < 1 << Word::CLASS_SHIFT;
            if !originates {
                log.words.push((*as_index, *slot));
                *slot = word;
            }
        }
    }

    /// The stub that was turned on or off itself.
    fn update_stub(&mut self, site: u32, log: &mut PackedLog) {
        let Origin { as_index, slot, .. } = self.origins[site as usize];
        if slot < self.graph.core_count {
            return;
        }
        let own = self.up[slot as usize];
        let node = self.graph.node_of[as_index as usize];
        let word = if own == NONE { self.last[node as usize] } else { own };
        let current = self.catchment.words[as_index as usize];
        if current.0 != word {
            // Its class may have written it a moment ago; the log keeps the oldest word.
            if !log.words.iter().any(|(index, _)| *index == as_index) {
                log.words.push((as_index, current));
            }
            self.catchment.words[as_index as usize] = Word(word);
        }
    }

    /// For each AS the set of sites that it could reach if it and every AS behind it broke their
    /// ties either way. Returns whether it did: with more sites, this form is not fast.
    pub(crate) fn tie_sets(&self, scratch: &mut TieScratch, into: &mut TieSets) -> bool {
        match self.origins.len() {
            0..=64 => self.tie_sets_of_width::<1>(scratch, into),
            65..=128 => self.tie_sets_of_width::<2>(scratch, into),
            129..=320 => self.tie_sets_of_width::<5>(scratch, into),
            321..=1024 => self.tie_sets_of_width::<16>(scratch, into),
            _ => return false,
        }
        true
    }

    fn tie_sets_of_width<const W: usize>(&self, scratch: &mut TieScratch, into: &mut TieSets) {
        let graph = &self.graph;
        let key = |word: u64| word >> Word::LENGTH_SHIFT;
        let step = 1;
        let up_sets = zeroed::<W>(&mut scratch.up, self.up.len());
        for (site, origin) in self.origins.iter().enumerate().filter(|(_, origin)| origin.active) {
            up_sets[origin.slot as usize][site / 64] |= 1 << (site % 64);
        }
        // `cone_nodes` is in order of length after a solve; changes may have disturbed it.
        let mut by_length: Vec<u32> =
            (0..self.up.len() as u32).filter(|slot| self.up[*slot as usize] != NONE).collect();
        by_length.sort_unstable_by_key(|slot| key(self.up[*slot as usize]));
        let sets = zeroed::<W>(&mut scratch.nodes, graph.node_count());
        for slot in &by_length {
            let set = up_sets[*slot as usize];
            let told = key(told(self.up[*slot as usize], 0, Class::Customer)) + step;
            for provider in graph.providers.row(self.provider_node(*slot)) {
                let ties = key(self.up[*provider as usize]) == told;
                join_if(ties, &mut up_sets[*provider as usize], &set);
            }
        }
        for slot in by_length.iter().filter(|slot| **slot < graph.core_count) {
            let set = up_sets[*slot as usize];
            sets[*slot as usize] = set;
            let told = key(told(self.up[*slot as usize], 0, Class::Peer)) + step;
            for peer in graph.peers.row(*slot) {
                let ties = key(self.side[*peer as usize]) == told;
                join_if(ties, &mut sets[*peer as usize], &set);
            }
        }
        for (node, word) in self.last.iter().copied().enumerate() {
            if word == NONE || word < PROVIDER {
                continue;
            }
            let mut set = [0; W];
            for provider in graph.providers.row(node as u32) {
                let ties = key(self.down[*provider as usize]) == key(word);
                join_if(ties, &mut set, &sets[*provider as usize]);
            }
            sets[node] = set;
        }
        into.width = W;
        into.sets.resize(W * graph.node_of.len(), 0);
        let (labels, _) = into.sets.as_chunks_mut::<W>();
        for (label, node) in labels.iter_mut().zip(&graph.node_of) {
            *label = sets[*node as usize];
        }
        for (stub, as_index) in self.stubs.iter().enumerate() {
            let slot = graph.core_count as usize + stub;
            if self.up[slot] != NONE {
                labels[*as_index as usize] = up_sets[slot];
            }
        }
    }
}

/// Room for the sets of nodes, reused from call to call: fresh pages cost as much as the work.
#[derive(Debug, Clone, Default)]
pub(crate) struct TieScratch {
    up: Vec<u64>,
    nodes: Vec<u64>,
}

/// `count` empty sets.
fn zeroed<const W: usize>(words: &mut Vec<u64>, count: usize) -> &mut [[u64; W]] {
    words.clear();
    words.resize(W * count, 0);
    words.as_chunks_mut::<W>().0
}

/// Adds `from` to `into` if they tie. Whether they do is a coin toss to the processor, so that
/// small sets are joined without a branch.
#[inline]
fn join_if<const W: usize>(ties: bool, into: &mut [u64; W], from: &[u64; W]) {
    let mask = 0_u64.wrapping_sub(u64::from(ties));
    if W > 2 && !ties {
        return;
    }
    for (into, from) in into.iter_mut().zip(from) {
        *into |= from & mask;
    }
}

fn own_word(site: u32) -> u64 {
    Word::pack(&Route { class: Class::Origin, path_length: 0, via: Via::Own, site }).0
}
