//! The graph as lanes walk it: what can hold own or customer routes of the service's sites, whom
//! such ASes tell, and everybody else folded by whom they listen to.
//!
//! Unlike the packed body's graph this one belongs to a set of sites. That is what makes the peer
//! step short: only peers above some site are in its rows, and an AS whose peers are all elsewhere
//! folds as if it had none.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use catchment_model::relation::Relation;
use catchment_model::rules::{Decision, TieBreak};
use catchment_model::service::Reach;
use catchment_model::world::Transit;
use catchment_model::{Service, World};

use crate::packed::Rows;
use crate::policy::{Policy, Situation};

/// No cone place, no site, no member.
pub(super) const NOBODY: u32 = u32::MAX;

/// Where a word from a neighbor is read: in whose row, and where in it. In the order in which a
/// sweep comes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge {
    /// False in the way up, where `unit` is a cone place; true after, where it is a node.
    pub down: bool,
    pub unit: u32,
    /// AS index of a folded receiver, else [`NOBODY`].
    pub member: u32,
    /// Among the providers, else among the peers; in the way up, among the customers.
    pub of_provider: bool,
    pub position: u32,
}

/// How an edge differs from a plain one, by lane where that can be. Lanes are bits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Special {
    /// Lanes in which nothing comes over it.
    pub closed: u64,
    /// The site whose own route comes over it, or [`NOBODY`]. What follows is about that route.
    pub site: u32,
    /// Lanes in which the sender does not tell its own route.
    pub own_closed: u64,
    /// Length that every route gains.
    pub added: u32,
    /// Length that the sender's own route gains in all lanes.
    pub own_added: u32,
    /// The same on top, by lane; empty if none does.
    pub own_added_by_lane: Vec<u32>,
}

/// See the head of the file. *Nodes* are, in this order: ASes with customers in topological order,
/// providers first; other ASes that are looked at one by one; classes of ASes that listen to the
/// same neighbors. *Cone places* number the ASes above some site, customers first.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    /// Node of each AS.
    pub node_of: Vec<u32>,
    pub transit_count: u32,
    /// Nodes that are one AS.
    pub single_count: u32,
    /// Nodes, for each node.
    pub providers: Rows,
    /// Cone places, for each node.
    pub peers: Rows,
    /// Cone place of each node, or [`NOBODY`].
    pub cone_of: Vec<u32>,
    /// Node of each cone place.
    pub cone: Vec<u32>,
    /// Site at each cone place, or [`NOBODY`].
    pub site_of: Vec<u32>,
    /// Cone place of each site, or [`NOBODY`] if it does not announce the prefix.
    pub place_of_site: Vec<u32>,
    /// Cone places, for each cone place.
    pub customers: Rows,
    /// ASes that are peers of the AS at a cone place, in rows named by `told_of`.
    pub told: Rows,
    /// Row in `told` of each cone place.
    pub told_of: Vec<u32>,
    /// ASes of each node.
    pub members: Rows,
    /// The node whose site this node always shares, as it listens to no other; else [`NOBODY`].
    pub leader_of: Vec<u32>,
    /// What is special in the situation itself, ascending.
    pub specials: Vec<(Edge, Special)>,
    /// No path is longer, but for prepends of sites; see [`Graph::longest`].
    longest: OnceLock<u32>,
    /// The most prepends that each site says on some session.
    pub prepend_max: Vec<u8>,
}

/// Why lanes cannot answer, for people who wonder about the time that a sweep takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLanes {
    /// Some AS has several routers, or a sibling.
    World,
    /// Relationships go round in circles.
    Cycle,
    /// A rule other than class, length and lowest identifier: other rules of decision or ties,
    /// overridden LOCAL_PREFs, leaks, noise, filters by origin or prefix length.
    Rules,
    /// A site says more than prepends: MEDs or communities.
    Announcements,
    /// Several sites in one AS, or islands of an AS that carries others.
    Origins,
    /// More sites than 65 535.
    Size,
    /// Nobody wants them ([`super::Batch::one_by_one`]).
    Unwanted,
}

/// How the edges of the world differ for everybody.
struct Changes {
    /// (receiver, sender) of edges over which nothing comes.
    closed: BTreeSet<(u32, u32)>,
    added: BTreeMap<(u32, u32), u8>,
    /// Whether an AS discards every route, as each has its own number in it; empty if none does.
    deaf: Vec<bool>,
}

impl Changes {
    fn hears(&self, receiver: u32, sender: u32) -> bool {
        self.closed.is_empty() || !self.closed.contains(&(receiver, sender))
    }

    /// Neighbors of an AS from which something comes to it, by AS index.
    fn heard<'w>(&self, world: &'w World, index: u32, relation: Relation) -> Cow<'w, [u32]> {
        let group = world.group(index, relation);
        let row = &world.neighbors[group.start as usize..group.end as usize];
        if self.deaf.get(index as usize) == Some(&true) {
            return Cow::Borrowed(&[]);
        }
        if self.closed.is_empty() {
            return Cow::Borrowed(row);
        }
        row.iter().copied().filter(|sender| self.hears(index, *sender)).collect()
    }
}

impl Graph {
    pub(super) fn new(situation: Situation<'_>, prefix_index: u16) -> Result<Graph, NotLanes> {
        let Situation { world, service, .. } = situation;
        check_rules(situation, prefix_index)?;
        let origins = origins(world, service, prefix_index)?;
        let changes = changes(situation, deaf(world, &origins)?);
        let transit = world.transit().ok_or(NotLanes::Cycle)?;
        let said = said(situation, &origins);
        let mut graph = lay_out(world, service, &origins, &changes, &said, transit);
        graph.prepend_max = vec![0; service.sites.len()];
        for (site, _, prepend) in &said {
            let most = &mut graph.prepend_max[*site as usize];
            *most = (*most).max(prepend.unwrap_or(0));
        }
        let mut specials: BTreeMap<Edge, Special> = BTreeMap::new();
        for ((receiver, sender), added) in &changes.added {
            if let Some(edge) = graph.edge(world, *receiver, *sender) {
                specials.entry(edge).or_insert_with(plain).added = u32::from(*added);
            }
        }
        for (site, receiver, prepend) in &said {
            let sender = world.router_as[service.sites[*site as usize].router as usize];
            if let Some(edge) = graph.edge(world, *receiver, sender) {
                let special = specials.entry(edge).or_insert_with(plain);
                special.site = *site;
                special.own_closed = if prepend.is_none() { u64::MAX } else { 0 };
                special.own_added = u32::from(prepend.unwrap_or(0));
            }
        }
        graph.specials = specials.into_iter().collect();
        graph.leader_of = (0..graph.node_count() as u32).map(|node| graph.leader(node)).collect();
        Ok(graph)
    }

    fn leader(&self, node: u32) -> u32 {
        let here = |(edge, _): &(Edge, Special)| (edge.down, edge.unit).cmp(&(true, node));
        match self.providers.row(node) {
            [provider]
                if self.peers.row(node).is_empty()
                    && self.cone_of[node as usize] == NOBODY
                    && self.specials.binary_search_by(here).is_err() =>
            {
                *provider
            }
            _ => NOBODY,
        }
    }

    pub(super) fn node_count(&self) -> usize {
        self.providers.len()
    }

    /// Where the receiver reads what the sender tells it; `None` if that is never anything.
    pub(super) fn edge(&self, world: &World, receiver: u32, sender: u32) -> Option<Edge> {
        // Routers are ASes here.
        let relation = world.relation(receiver, world.session_to(receiver, sender)?);
        let node = self.node_of[receiver as usize];
        let sender_node = self.node_of[sender as usize];
        let sender_place = self.cone_of[sender_node as usize];
        let member = if node < self.single_count { NOBODY } else { receiver };
        let edge = |down, unit, of_provider, row: &[u32], wanted| {
            let position = row.iter().position(|value| *value == wanted)? as u32;
            Some(Edge { down, unit, member, of_provider, position })
        };
        match relation {
            Relation::Customer if sender_place != NOBODY => {
                let place = self.cone_of[node as usize];
                // Over a closed session nobody is above anybody.
                if place == NOBODY {
                    return None;
                }
                edge(false, place, false, self.customers.row(place), sender_place)
            }
            Relation::Peer if sender_place != NOBODY => {
                edge(true, node, false, self.peers.row(node), sender_place)
            }
            Relation::Provider => edge(true, node, true, self.providers.row(node), sender_node),
            _ => None,
        }
    }

    /// The longest path that there could be if every AS took its longest, prepends of sites not
    /// counted. Found when it is first asked for: few sweeps have such long paths.
    pub(super) fn longest(&self) -> u32 {
        *self.longest.get_or_init(|| self.find_longest())
    }

    fn find_longest(&self) -> u32 {
        // ASes that hear prepends of an overlay are not folded.
        let added_to = |down, unit, of_provider, position: usize| {
            let edge = Edge { down, unit, member: NOBODY, of_provider, position: position as u32 };
            let found = self.specials.binary_search_by_key(&edge, |(edge, _)| *edge);
            found.map_or(0, |at| self.specials[at].1.added)
        };
        let has_added = self.specials.iter().any(|(_, special)| special.added > 0);
        let over = |row: &[u32], lengths: &[u32], down, unit, of_provider| -> u32 {
            let hops = row.iter().enumerate().map(|(position, sender)| {
                let added = match has_added {
                    true => added_to(down, unit, of_provider, position),
                    false => 0,
                };
                lengths[*sender as usize] + 1 + added
            });
            hops.max().unwrap_or(0)
        };
        let mut up = vec![0; self.cone.len()];
        for place in 0..self.cone.len() as u32 {
            up[place as usize] = over(self.customers.row(place), &up, false, place, false);
        }
        let mut last = vec![0; self.node_count()];
        for node in 0..self.node_count() as u32 {
            let place = self.cone_of[node as usize];
            let own = if place == NOBODY { 0 } else { up[place as usize] };
            let beside = over(self.peers.row(node), &up, true, node, false);
            let above = over(self.providers.row(node), &last, true, node, true);
            last[node as usize] = own.max(beside).max(above);
        }
        last.into_iter().max().unwrap_or(0)
    }
}

fn plain() -> Special {
    Special { site: NOBODY, ..Special::default() }
}

impl Special {
    /// A plain edge, to be made special.
    pub(super) fn new() -> Special {
        plain()
    }
}

/// Whether class, length and lowest identifier decide, whichever sites are on.
fn check_rules(situation: Situation<'_>, prefix_index: u16) -> Result<(), NotLanes> {
    let Situation { world, overlay, service, rules, .. } = situation;
    if !world.has_one_router_per_as() || world.has_siblings() {
        return Err(NotLanes::World);
    }
    let announces = |site: &&catchment_model::service::Site| site.prefixes.contains(&prefix_index);
    let says =
        || service.sites.iter().filter(announces).flat_map(|site| site.announcements.values());
    if says().any(|said| said.med.is_some() || !said.communities.is_empty()) {
        return Err(NotLanes::Announcements);
    }
    let mut all = service.clone();
    all.sites.iter_mut().for_each(|site| site.active = true);
    let policy = Policy::new(Situation { service: &all, ..situation }, prefix_index);
    let fits = policy.is_regular()
        && policy.takes_all()
        && rules.decision == Decision::Policy
        && rules.tie_break == TieBreak::AsnLowest
        && rules.hybrid_link_share == 0.0
        && overlay.local_prefs.is_empty()
        && overlay.leaks.is_empty();
    if !fits {
        return Err(NotLanes::Rules);
    }
    if service.sites.len() >= 1 << 16 {
        return Err(NotLanes::Size);
    }
    Ok(())
}

/// AS of each site that announces the prefix, by site.
fn origins(
    world: &World,
    service: &Service,
    prefix_index: u16,
) -> Result<Vec<Option<u32>>, NotLanes> {
    let mut seen = BTreeSet::new();
    let origin = |site: &catchment_model::service::Site| {
        if !site.prefixes.contains(&prefix_index) {
            return Ok(None);
        }
        let as_index = world.router_as[site.router as usize];
        if seen.insert(as_index) { Ok(Some(as_index)) } else { Err(NotLanes::Origins) }
    };
    service.sites.iter().map(origin).collect()
}

/// Islands: entries with one number that hear of each other only over others, and then find their
/// own number in the path (RFC 4271 §9.1.2). If that number is the origin of every route and they
/// carry nobody, they have their own route or none.
fn deaf(world: &World, origins: &[Option<u32>]) -> Result<Vec<bool>, NotLanes> {
    if !world.has_islands() {
        return Ok(Vec::new());
    }
    let mut numbers = origins.iter().flatten().map(|as_index| world.asns[*as_index as usize]);
    let number = numbers.next();
    let others = world.asns.windows(2).any(|pair| pair[0] == pair[1] && Some(pair[0]) != number);
    if others || numbers.any(|other| Some(other) != number) {
        return Err(NotLanes::Origins);
    }
    let mut islands = number.map_or(0..0, |number| world.as_indices(number));
    let mut deaf = vec![false; world.as_count()];
    deaf[islands.start as usize..islands.end as usize].fill(true);
    let carries = |as_index: u32| !world.group(as_index, Relation::Customer).is_empty();
    if islands.any(carries) { Err(NotLanes::Origins) } else { Ok(deaf) }
}

fn changes(situation: Situation<'_>, deaf: Vec<bool>) -> Changes {
    let Situation { world, overlay, .. } = situation;
    let mut changes = Changes { closed: BTreeSet::new(), added: BTreeMap::new(), deaf };
    for (a, b) in &overlay.down {
        changes.closed.extend([(*a, *b), (*b, *a)]);
    }
    let ends = |session: u32| (world.neighbors[session as usize], world.router_of_session(session));
    changes.closed.extend(overlay.closed.iter().map(|session| ends(*session)));
    changes.added.extend(overlay.prepends.iter().map(|(session, count)| (ends(*session), *count)));
    changes
}

/// Rows of more neighbors than this are as good as equally long.
const SHAPE_MAX: usize = 63;
const SHAPES: usize = (SHAPE_MAX + 1) * (SHAPE_MAX + 1);

/// ASes with customers: providers first, and then those with equally many neighbors after each
/// other. Where a row ends is then what the processor expects, which is worth a sixth of a sweep.
fn by_shape(transit: &[Transit], shape_of: impl Fn(u32) -> u32) -> Vec<u32> {
    // Whole words, as they are sorted in half the time of pairs.
    let key = |transit: &Transit| {
        u64::from(transit.depth) * SHAPES as u64 + u64::from(shape_of(transit.router))
    };
    let mut keys: Vec<u64> =
        transit.iter().map(|transit| key(transit) << 32 | u64::from(transit.router)).collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key as u32).collect()
}

/// Sessions on which a site does not say what others hear from a plain origin: site, receiving
/// AS, and its prepends, or `None` for silence.
fn said(situation: Situation<'_>, origins: &[Option<u32>]) -> Vec<(u32, u32, Option<u8>)> {
    let Situation { world, service, .. } = situation;
    let mut said = Vec::new();
    for (index, origin) in origins.iter().enumerate() {
        let (Some(origin), site) = (origin, &service.sites[index]) else { continue };
        if site.reach == Reach::Everyone && site.announcements.is_empty() {
            continue;
        }
        for session in world.sessions(*origin) {
            let prepend = match site.announcements.get(&session) {
                Some(announcement) => Some(announcement.prepend),
                None => (site.reach == Reach::Everyone).then_some(0),
            };
            if prepend != Some(0) {
                said.push((index as u32, world.neighbors[session as usize], prepend));
            }
        }
    }
    said
}

fn lay_out(
    world: &World,
    service: &Service,
    origins: &[Option<u32>],
    changes: &Changes,
    said: &[(u32, u32, Option<u8>)],
    transit: &[Transit],
) -> Graph {
    let count = world.as_count();
    let row = |index: u32, relation: Relation| changes.heard(world, index, relation);
    // Above some site.
    let mut above = vec![false; count];
    let mut open: Vec<u32> = origins.iter().copied().flatten().collect();
    while let Some(as_index) = open.pop() {
        if !std::mem::replace(&mut above[as_index as usize], true) {
            let group = world.group(as_index, Relation::Provider);
            let providers = &world.neighbors[group.start as usize..group.end as usize];
            open.extend(providers.iter().filter(|up| changes.hears(**up, as_index)));
        }
    }
    // Peers above some site, by AS, told from their side: most peers are above none.
    let high: Vec<u32> = (0..count as u32).filter(|index| above[*index as usize]).collect();
    let mut told = Rows::new();
    for sender in &high {
        let group = world.group(*sender, Relation::Peer);
        let receivers = &world.neighbors[group.start as usize..group.end as usize];
        let deaf = |receiver: u32| changes.deaf.get(receiver as usize) == Some(&true);
        let hears = |receiver: &u32| !deaf(*receiver) && changes.hears(*receiver, *sender);
        told.push(receivers.iter().copied().filter(hears));
    }
    // Numbers in `high`, by AS.
    let heard = told.transposed(count);
    let shape = |peers: usize, providers: usize| {
        (peers.min(SHAPE_MAX) * (SHAPE_MAX + 1) + providers.min(SHAPE_MAX)) as u32
    };
    let shape_of = |index: u32| shape(heard.row(index).len(), row(index, Relation::Provider).len());
    let mut order = by_shape(transit, shape_of);
    let mut node_of = vec![NOBODY; count];
    let transit_count = order.len() as u32;
    order.iter().enumerate().for_each(|(node, index)| node_of[*index as usize] = node as u32);
    let receivers = changes.added.keys().map(|(receiver, _)| *receiver);
    let alone = origins.iter().copied().flatten().chain(receivers);
    for as_index in alone.chain(said.iter().map(|(_, receiver, _)| *receiver)) {
        if node_of[as_index as usize] == NOBODY {
            node_of[as_index as usize] = order.len() as u32;
            order.push(as_index);
        }
    }
    let single_count = order.len() as u32;
    // Customers first: nodes are in topological order, and who is no transit comes after.
    let mut cone: Vec<u32> =
        (0..single_count).filter(|node| above[order[*node as usize] as usize]).collect();
    cone.reverse();
    let mut place_of = vec![NOBODY; count];
    for (place, node) in cone.iter().enumerate() {
        place_of[order[*node as usize] as usize] = place as u32;
    }
    let place_of_high: Vec<u32> = high.iter().map(|index| place_of[*index as usize]).collect();
    let mut told_of = vec![0; cone.len()];
    for (row, place) in place_of_high.iter().enumerate() {
        told_of[*place as usize] = row as u32;
    }
    let mut folding = Folding::new(count);
    for index in 0..count as u32 {
        if node_of[index as usize] == NOBODY {
            let class = folding.class_of(&row(index, Relation::Provider), heard.row(index));
            node_of[index as usize] = single_count + class;
        }
    }
    let parts =
        |class: u32| folding.rows.row(class).split_at(folding.cuts[class as usize] as usize);
    let shapes: Vec<u32> = (0..folding.rows.len() as u32)
        .map(|class| {
            let (above, beside) = parts(class);
            shape(beside.len(), above.len())
        })
        .collect();
    let sorted = Rows::by_key(&shapes, SHAPES).into_values();
    let mut place_of_class = vec![0; sorted.len()];
    for (place, class) in sorted.iter().enumerate() {
        place_of_class[*class as usize] = place as u32;
    }
    for node in node_of.iter_mut().filter(|node| **node >= single_count) {
        *node = single_count + place_of_class[(*node - single_count) as usize];
    }
    let nodes = order.len() + sorted.len();
    let mut providers = Rows::with_capacity(nodes, world.neighbors.len() / 4);
    let mut peers = Rows::with_capacity(nodes, told.value_count());
    for index in &order {
        let above = row(*index, Relation::Provider);
        providers.push(above.iter().map(|provider| node_of[*provider as usize]));
        peers.push(heard.row(*index).iter().map(|peer| place_of_high[*peer as usize]));
    }
    for class in sorted {
        let (above, beside) = parts(class);
        providers.push(above.iter().map(|provider| node_of[*provider as usize]));
        peers.push(beside.iter().map(|peer| place_of_high[*peer as usize]));
    }
    let members = Rows::by_key(&node_of, providers.len());
    let mut customers = Rows::new();
    for node in &cone {
        let below = row(order[*node as usize], Relation::Customer);
        let places = below.iter().map(|customer| place_of[*customer as usize]);
        customers.push(places.filter(|place| *place != NOBODY));
    }
    let mut cone_of = vec![NOBODY; providers.len()];
    cone.iter().enumerate().for_each(|(place, node)| cone_of[*node as usize] = place as u32);
    let mut site_of = vec![NOBODY; cone.len()];
    let mut place_of_site = vec![NOBODY; service.sites.len()];
    for (site, origin) in origins.iter().enumerate() {
        if let Some(origin) = origin {
            place_of_site[site] = place_of[*origin as usize];
            site_of[place_of[*origin as usize] as usize] = site as u32;
        }
    }
    Graph {
        node_of,
        transit_count,
        single_count,
        providers,
        peers,
        cone_of,
        cone,
        site_of,
        place_of_site,
        customers,
        told,
        told_of,
        members,
        leader_of: Vec::new(),
        specials: Vec::new(),
        longest: OnceLock::new(),
        prepend_max: Vec::new(),
    }
}

/// Numbers equal rows alike: a hash table of row numbers, as the standard one hashes with care for
/// adversaries that there are none of here, and costs as much as the rest of the layout.
struct Folding {
    rows: Rows,
    /// Where the providers of each end.
    cuts: Vec<u32>,
    slots: Vec<u32>,
    /// Class by provider, of those that listen to nobody else: half of all need no hash.
    of_one: Vec<u32>,
}

impl Folding {
    fn new(count: usize) -> Folding {
        // Half of all are not in there, and so many of the others fold that few collide.
        let slots = vec![NOBODY; count.next_power_of_two()];
        Folding { rows: Rows::new(), cuts: Vec::new(), slots, of_one: vec![NOBODY; count] }
    }

    /// The class of who listens to these providers and peers.
    fn class_of(&mut self, above: &[u32], beside: &[u32]) -> u32 {
        if let ([provider], []) = (above, beside) {
            let class = self.of_one[*provider as usize];
            return if class == NOBODY { self.add(above, beside) } else { class };
        }
        let mix = |hash: u64, value: &u32| {
            (hash.rotate_left(23) ^ u64::from(*value)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        };
        let hash = above.iter().chain(beside).fold(above.len() as u64, mix);
        let mask = self.slots.len() - 1;
        let mut slot = (hash >> 32) as usize & mask;
        loop {
            let class = self.slots[slot];
            if class == NOBODY {
                self.slots[slot] = self.rows.len() as u32;
                return self.add(above, beside);
            }
            if self.cuts[class as usize] as usize == above.len()
                && self.rows.row(class).split_at(above.len()) == (above, beside)
            {
                return class;
            }
            slot = (slot + 1) & mask;
        }
    }

    fn add(&mut self, above: &[u32], beside: &[u32]) -> u32 {
        let class = self.rows.len() as u32;
        if let ([provider], []) = (above, beside) {
            self.of_one[*provider as usize] = class;
        }
        self.rows.push(above.iter().chain(beside).copied());
        self.cuts.push(above.len() as u32);
        class
    }
}
