//! The exact body: one sweep over ASes in the order in which export rules settle them.
//!
//! Under Gao–Rexford preferences the pair (class, length) of an AS, its *key*, depends only on
//! neighbors with smaller keys: customer routes climb, cross at most one peer link, and descend,
//! and every step makes the path longer. So ASes settle in ascending key, as in Dijkstra's
//! algorithm; when an AS settles, the remaining steps of RFC 4271 (MED, eBGP over iBGP, IGP cost,
//! identifiers) pick a route for each of its routers. Textbook rules order by length alone.
//!
//! The same sweep is incremental (Ramalingam and Reps 1996, "dynamic SWSF-FP"): a change puts the
//! ASes that hear it into the queue; an AS whose route got worse first loses it, so that nobody
//! relies on it, and comes back at its new key. A fresh solve is the change "the origins appear".

use std::collections::BTreeMap;

use catchment_model::relation::{Class, Relation};
use catchment_model::rules::Decision;
use catchment_model::{Rules, World};

use crate::catchment::{Catchment, PATH_LENGTH_MAX, Route, Word, link_rtt_ms};
use crate::decision::{Candidate, Via, select, weighs_rtt};
use crate::fixpoint::{Oscillation, entered_by, rtt_us, tie_key};
use crate::policy::{Policy, class_local_pref};

/// Order of settling: class and length, or length alone. [`Key::NONE`] is "no route".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u32);

impl Key {
    const NONE: Key = Key(u32::MAX);

    fn class_rank(self) -> u32 {
        self.0 >> 16
    }
}

/// Lower than every key at which an AS could be told to wait.
const SETTLED: Key = Key(0);

/// IGP costs between the routers of each AS that has several, computed once.
#[derive(Debug, Clone, Default)]
pub(crate) struct IgpCosts {
    /// Where each AS's square matrix starts in `costs`; empty if no AS has several routers.
    starts: Vec<u32>,
    costs: Vec<u32>,
}

impl IgpCosts {
    pub(crate) fn new(world: &World) -> IgpCosts {
        if world.has_one_router_per_as() {
            return IgpCosts::default();
        }
        let mut igp = IgpCosts { starts: Vec::with_capacity(world.as_count()), costs: Vec::new() };
        // Many ASes meet in the same cities.
        let mut known: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        let mut cost = |a: u32, b: u32| {
            let (place_a, place_b) =
                (world.router_places[a as usize], world.router_places[b as usize]);
            let pair = (place_a.min(place_b), place_a.max(place_b));
            *known.entry(pair).or_insert_with(|| world.igp_cost(a, b))
        };
        for as_index in 0..world.as_count() as u32 {
            let start = igp.costs.len();
            igp.starts.push(start as u32);
            let routers = world.routers_of(as_index);
            let width = routers.len();
            if width < 2 {
                continue;
            }
            igp.costs.resize(start + width * width, 0);
            for a in 0..width {
                for b in 0..a {
                    let km = cost(routers.start + a as u32, routers.start + b as u32);
                    igp.costs[start + a * width + b] = km;
                    igp.costs[start + b * width + a] = km;
                }
            }
        }
        igp
    }

    fn cost(&self, world: &World, as_index: u32, a: u32, b: u32) -> u32 {
        let routers = world.routers_of(as_index);
        let (row, column) = ((a - routers.start) as usize, (b - routers.start) as usize);
        self.costs[self.starts[as_index as usize] as usize + row * routers.len() + column]
    }
}

/// Old values of what a change wrote, newest last, so that it can be undone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    words: Vec<(u32, Word)>,
    keys: Vec<(u32, Key)>,
}

impl Log {
    /// Routers whose word differs from before the change, ascending.
    pub(crate) fn changed(&self, catchment: &Catchment) -> Vec<u32> {
        let mut first: Vec<(u32, usize)> = self
            .words
            .iter()
            .enumerate()
            .map(|(position, (router, _))| (*router, position))
            .collect();
        first.sort_unstable();
        first.dedup_by_key(|(router, _)| *router);
        first
            .into_iter()
            .filter(|(router, position)| {
                catchment.words[*router as usize] != self.words[*position].1
            })
            .map(|(router, _)| router)
            .collect()
    }
}

/// The state of a solve: answers, keys, and the queue while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) catchment: Catchment,
    keys: Vec<Key>,
    igp: IgpCosts,
    /// ASes by the key at which they wait: one list per length for each class.
    waiting: [Vec<Vec<u32>>; 4],
    /// Lowest key at which each AS waits, [`Key::NONE`] if it does not. During a fresh solve,
    /// [`SETTLED`] keeps those away who need not wait again.
    waits_at: Vec<Key>,
    /// ASes with providers only. Nobody depends on them, so that a fresh solve need not order
    /// them: they come last, in the order in which their rows lie in memory.
    is_leaf: Vec<bool>,
    scratch: Scratch,
    /// Sessions (in one direction) looked at since the last fresh solve began.
    pub(crate) touched_sessions: u64,
}

/// What an AS finds when it asks around; reused between ASes.
#[derive(Debug, Clone, Default)]
struct Scratch {
    heard: Vec<Heard>,
    chosen: Vec<Word>,
}

/// A route that a router of the settling AS hears from outside, at the best key.
#[derive(Debug, Clone, Copy)]
struct Heard {
    router: u32,
    neighbor: u32,
    class: Class,
    path_length: u32,
    site: u32,
    /// Identifier of the neighbor, then its index: steps f and g.
    rank: (u32, u32),
}

impl Bucket {
    /// A state without any routes.
    pub(crate) fn new(world: &World) -> Bucket {
        Bucket {
            catchment: Catchment::empty(world.router_count()),
            keys: vec![Key::NONE; world.as_count()],
            igp: IgpCosts::new(world),
            waiting: Default::default(),
            waits_at: vec![Key::NONE; world.as_count()],
            is_leaf: (0..world.as_count() as u32).map(|index| is_leaf(world, index)).collect(),
            scratch: Scratch::default(),
            touched_sessions: 0,
        }
    }

    /// Solves from nothing.
    ///
    /// # Errors
    /// If the MEDs inside an AS leave no stable state.
    pub(crate) fn solve(&mut self, policy: &Policy<'_>) -> Result<(), Oscillation> {
        let world = policy.world();
        self.touched_sessions = 0;
        self.catchment.words.fill(Word::NONE);
        self.keys.fill(Key::NONE);
        for (as_index, waits_at) in self.waits_at.iter_mut().enumerate() {
            let is_leaf = self.is_leaf[as_index] && !policy.is_origin(as_index as u32);
            *waits_at = if is_leaf { SETTLED } else { Key::NONE };
        }
        let origins: Vec<u32> =
            policy.own_routes().map(|(router, _)| world.router_as[router as usize]).collect();
        for as_index in origins {
            self.enqueue(as_index, Key(0));
        }
        let mut settled = self.sweep(policy, None);
        for as_index in 0..world.as_count() as u32 {
            if self.is_leaf[as_index as usize] && !policy.is_origin(as_index) {
                if let Some((key, word)) = self.listen_as_leaf(policy, as_index) {
                    self.touched_sessions +=
                        world.sessions(world.first_router[as_index as usize]).len() as u64;
                    self.keys[as_index as usize] = key;
                    self.catchment.words[world.first_router[as_index as usize] as usize] = word;
                    continue;
                }
                match self.ask_around(policy, as_index, None) {
                    Ok(key) => self.keys[as_index as usize] = key,
                    Err(error) => settled = Err(error),
                }
                for (position, router) in world.routers_of(as_index).enumerate() {
                    self.catchment.words[router as usize] = self.scratch.chosen[position];
                }
            }
        }
        self.waits_at.fill(Key::NONE);
        settled
    }

    /// Brings the state up to date after something changed that `heard_by` hear of directly.
    ///
    /// # Errors
    /// As [`Bucket::solve`]; the log still undoes what was written.
    pub(crate) fn update(
        &mut self,
        policy: &Policy<'_>,
        heard_by: impl IntoIterator<Item = u32>,
    ) -> (Log, Result<(), Oscillation>) {
        let mut log = Log::default();
        let mut failed = Ok(());
        for as_index in heard_by {
            match self.ask_around(policy, as_index, None) {
                Ok(key) => self.enqueue(as_index, key.min(self.keys[as_index as usize])),
                Err(error) => failed = Err(error),
            }
        }
        let swept = self.sweep(policy, Some(&mut log));
        (log, failed.and(swept))
    }

    /// Takes back what a change wrote.
    pub(crate) fn undo(&mut self, log: Log) {
        for (router, word) in log.words.into_iter().rev() {
            self.catchment.words[router as usize] = word;
        }
        for (as_index, key) in log.keys.into_iter().rev() {
            self.keys[as_index as usize] = key;
        }
    }

    fn enqueue(&mut self, as_index: u32, key: Key) {
        let waits_at = &mut self.waits_at[as_index as usize];
        if key >= *waits_at {
            return;
        }
        *waits_at = key;
        let lists = &mut self.waiting[key.class_rank() as usize];
        let length = (key.0 & 0xffff) as usize;
        if lists.len() <= length {
            lists.resize_with(length + 1, Vec::new);
        }
        lists[length].push(as_index);
    }

    /// Settles everyone who waits, in ascending key.
    fn sweep(&mut self, policy: &Policy<'_>, mut log: Option<&mut Log>) -> Result<(), Oscillation> {
        let mut failed = Ok(());
        for class_rank in 0..4 {
            let mut length = 0;
            while length < self.waiting[class_rank].len() {
                // Nobody is added to the list at hand: every step makes a key greater.
                let list = std::mem::take(&mut self.waiting[class_rank][length]);
                let key = Key((class_rank as u32) << 16 | length as u32);
                for as_index in &list {
                    if self.waits_at[*as_index as usize] == key {
                        self.waits_at[*as_index as usize] = Key::NONE;
                        let settled = self.settle(policy, *as_index, key, log.as_deref_mut());
                        failed = failed.and(settled);
                    }
                }
                if self.waiting[class_rank][length].is_empty() {
                    // Keep the allocation for the next sweep.
                    self.waiting[class_rank][length] = list;
                    self.waiting[class_rank][length].clear();
                    length += 1;
                }
            }
        }
        failed
    }

    /// One AS whose turn has come: it takes its best routes, or loses those it had.
    fn settle(
        &mut self,
        policy: &Policy<'_>,
        as_index: u32,
        turn: Key,
        log: Option<&mut Log>,
    ) -> Result<(), Oscillation> {
        let best = self.ask_around(policy, as_index, Some(turn))?;
        let had = self.keys[as_index as usize];
        if best == turn {
            if log.is_none() {
                self.waits_at[as_index as usize] = SETTLED;
            }
            self.write(policy, as_index, best, log);
        } else if had == turn {
            // What it had is gone, and what is left is worse: lose it first.
            self.scratch.chosen.fill(Word::NONE);
            self.write(policy, as_index, Key::NONE, log);
            self.enqueue(as_index, best);
        } else {
            self.enqueue(as_index, best.min(had));
        }
        Ok(())
    }

    /// Writes the chosen routes of an AS, and wakes up whoever might care.
    fn write(&mut self, policy: &Policy<'_>, as_index: u32, key: Key, log: Option<&mut Log>) {
        let world = policy.world();
        let mut log = log;
        if self.keys[as_index as usize] != key {
            if let Some(log) = &mut log {
                log.keys.push((as_index, self.keys[as_index as usize]));
            }
            self.keys[as_index as usize] = key;
        }
        let one_router = world.has_one_router_per_as();
        let routers = world.routers_of(as_index);
        let differs = |(position, router): (usize, u32)| {
            self.catchment.words[router as usize] != self.scratch.chosen[position]
        };
        // A router keeps its word when the router that told it inside gets its route under other
        // communities, but what it may tell changes.
        let all_tell = policy.is_scoped() && routers.clone().enumerate().any(differs);
        for (position, router) in routers.enumerate() {
            let (old, new) = (self.catchment.words[router as usize], self.scratch.chosen[position]);
            if old == new && !all_tell {
                continue;
            }
            if let Some(log) = &mut log {
                log.words.push((router, old));
            }
            self.catchment.words[router as usize] = new;
            let (before, after) = (old.unpack(), new.unpack());
            for relation in Relation::ALL {
                let group = world.group(router, relation);
                if group.is_empty() {
                    continue;
                }
                // The least key that the neighbor can have had or can get through this session.
                let through = |route: &Option<Route>| match route {
                    Some(route) if route.class.may_be_told_to(relation) => {
                        let class = route.class.at_receiver(relation.reversed());
                        key_of(policy.rules(), class, route.path_length + 1)
                    }
                    _ => Key::NONE,
                };
                let least = through(&before).min(through(&after));
                if least == Key::NONE {
                    continue;
                }
                for neighbor in &world.neighbors[group.start as usize..group.end as usize] {
                    let neighbor_as = match one_router {
                        true => *neighbor,
                        false => world.router_as[*neighbor as usize],
                    };
                    // In a fresh solve nobody has a key who is not settled for good.
                    if log.is_none() || least <= self.keys[neighbor_as as usize] {
                        self.enqueue(neighbor_as, least);
                    }
                }
            }
        }
    }

    /// Finds the best key that an AS can have now, and what each of its routers would choose,
    /// in `scratch.chosen`. `turn` is the key that it is expected to have, and none is below it.
    fn ask_around(
        &mut self,
        policy: &Policy<'_>,
        as_index: u32,
        turn: Option<Key>,
    ) -> Result<Key, Oscillation> {
        let world = policy.world();
        let routers = world.routers_of(as_index);
        self.scratch.chosen.clear();
        self.scratch.chosen.resize(routers.len(), Word::NONE);
        if policy.is_origin(as_index) {
            self.choose_own(policy, as_index);
            return Ok(Key(0));
        }
        let mut heard = std::mem::take(&mut self.scratch.heard);
        heard.clear();
        let floor = turn.unwrap_or(Key(0));
        // Most find what their turn promises; who does not looks at everything.
        let mut best = floor;
        if turn.is_some() {
            for router in routers.clone() {
                self.listen(policy, router, floor, &mut best, &mut heard);
            }
        }
        if heard.is_empty() {
            best = Key::NONE;
            for router in routers {
                self.listen(policy, router, floor, &mut best, &mut heard);
            }
            if heard.is_empty() {
                best = Key::NONE;
            }
        }
        let chosen = if best == Key::NONE {
            Ok(())
        } else if policy.needs_whole_process()
            || policy.has_meds() && self.is_told_by_origin(&heard)
        {
            self.choose_slowly(policy, as_index, &heard)
        } else {
            self.choose(policy, as_index, &heard);
            Ok(())
        };
        self.scratch.heard = heard;
        chosen.map(|()| best)
    }

    /// The route of an AS with one router and providers only, where the export rule is all there
    /// is to it: the shortest, and the first of those in the row. `None` if more must be asked.
    fn listen_as_leaf(&self, policy: &Policy<'_>, as_index: u32) -> Option<(Key, Word)> {
        let world = policy.world();
        let routers = world.routers_of(as_index);
        if routers.len() != 1 || !policy.is_simple() || policy.needs_whole_process() {
            return None;
        }
        let mut best: Option<(u32, u32, Word)> = None;
        let group = world.group(routers.start, Relation::Provider);
        for neighbor in &world.neighbors[group.start as usize..group.end as usize] {
            let word = self.catchment.words[*neighbor as usize];
            if word == Word::NONE {
                continue;
            }
            if word < Word::LEAST_LEARNED {
                return None;
            }
            let path_length = word.path_length() + 1;
            if best.is_none_or(|(shortest, ..)| path_length < shortest) {
                best = Some((path_length, *neighbor, word));
            }
        }
        let Some((path_length, neighbor, word)) = best else {
            return Some((Key::NONE, Word::NONE));
        };
        if path_length > PATH_LENGTH_MAX || world.has_islands() {
            return None;
        }
        let route = Route {
            class: Class::Provider,
            path_length,
            via: Via::External(neighbor),
            site: word.site(),
        };
        Some((key_of(policy.rules(), Class::Provider, path_length), Word::pack(&route)))
    }

    /// Whether some of the routes come from the AS that originates them: no others have a MED.
    fn is_told_by_origin(&self, heard: &[Heard]) -> bool {
        heard
            .iter()
            .any(|route| self.catchment.words[route.neighbor as usize] < Word::LEAST_LEARNED)
    }

    /// Collects what one router hears from outside at the best key; nothing above `best` counts,
    /// and `best` falls with what is found.
    fn listen(
        &mut self,
        policy: &Policy<'_>,
        router: u32,
        floor: Key,
        best: &mut Key,
        heard: &mut Vec<Heard>,
    ) {
        let world = policy.world();
        let rules = policy.rules();
        let by_class = rules.decision == Decision::Policy;
        let simple = policy.is_simple();
        // Groups ascend by (identifier, router), steps f and g. So of equal keys the first heard
        // wins here, unless other steps come before or siblings mix groups of one class.
        let first_wins = !policy.needs_whole_process()
            && !policy.has_meds()
            && world.group(router, Relation::Sibling).is_empty();
        let mut has_one = false;
        for relation in Relation::ALL {
            let class_rank = Class::Origin.at_receiver(relation) as u32;
            let keeps_class = relation == Relation::Sibling;
            if by_class && !keeps_class {
                if class_rank < floor.class_rank() {
                    continue;
                }
                if *best != Key::NONE && class_rank > best.class_rank() {
                    break;
                }
            }
            let least_class = if by_class && !keeps_class { class_rank } else { 0 };
            let group = world.group(router, relation);
            self.touched_sessions += group.len() as u64;
            for neighbor in &world.neighbors[group.start as usize..group.end as usize] {
                let neighbor = *neighbor;
                let word = self.catchment.words[neighbor as usize];
                // Before anything else, as most fail here: the key cannot be lower than this.
                let least = least_class << 16 | (word.path_length() + 1);
                if least + u32::from(has_one) > best.0 || word == Word::NONE {
                    continue;
                }
                let theirs = word.unpack().expect("it is a route");
                let (class, path_length) = if simple && theirs.class != Class::Origin {
                    if !theirs.class.may_be_told_to(relation.reversed()) {
                        continue;
                    }
                    (theirs.class.at_receiver(relation), theirs.path_length + 1)
                } else {
                    match self.offer(policy, neighbor, router, relation, &theirs) {
                        Some(offer) => offer,
                        None => continue,
                    }
                };
                let key = key_of(rules, class, path_length);
                let is_beaten = key > *best || has_one && key == *best;
                if is_beaten || path_length > PATH_LENGTH_MAX {
                    continue;
                }
                if world.has_islands() && self.passes_own_asn(world, router, neighbor) {
                    continue;
                }
                if key < *best {
                    *best = key;
                    heard.clear();
                }
                let rank = (world.router_ids[neighbor as usize], neighbor);
                let site = theirs.site;
                heard.push(Heard { router, neighbor, class, path_length, site, rank });
                if first_wins && key == floor {
                    return;
                }
                has_one = first_wins;
            }
        }
    }

    /// The full export and import rules: class and length at the receiver.
    fn offer(
        &self,
        policy: &Policy<'_>,
        neighbor: u32,
        router: u32,
        relation: Relation,
        theirs: &Route,
    ) -> Option<(Class, u32)> {
        let entered = match policy.is_scoped() {
            true => entered_by(policy, &self.catchment, neighbor),
            false => None,
        };
        let offer = policy.export(neighbor, router, relation.reversed(), theirs.class, entered)?;
        policy
            .takes(router, &offer, theirs.site)
            .then_some((offer.class, theirs.path_length + offer.added))
    }

    /// Receiver's loop check (RFC 4271 §9.1.2), needed only where an AS number has islands: other
    /// ASes never hear themselves from someone who has settled before them.
    fn passes_own_asn(&self, world: &World, router: u32, neighbor: u32) -> bool {
        let own = world.asn_of(router);
        world.asn_of(neighbor) == own
            || self.catchment.walk(neighbor).any(|other| world.asn_of(other) == own)
    }

    /// An AS that originates: routers with a site use their own route, the others the nearest.
    fn choose_own(&mut self, policy: &Policy<'_>, as_index: u32) {
        let world = policy.world();
        let routers = world.routers_of(as_index);
        let own = |router: u32| policy.own_site(router);
        for (position, router) in routers.clone().enumerate() {
            let route = match own(router) {
                Some(site) => {
                    Some(Route { class: Class::Origin, path_length: 0, via: Via::Own, site })
                }
                None => {
                    let tellers = routers.clone().filter_map(|other| Some((other, own(other)?)));
                    let rank = |(other, _): &(u32, u32)| {
                        let rtt =
                            self.internal_rtt_us(policy, router, *other, policy.rules().t_server);
                        let cost = self.internal_cost(policy, as_index, router, *other);
                        (rtt, cost, world.router_ids[*other as usize], *other)
                    };
                    tellers.min_by_key(rank).map(|(other, site)| Route {
                        class: Class::Origin,
                        path_length: 0,
                        via: Via::Internal(other),
                        site,
                    })
                }
            };
            self.scratch.chosen[position] = route.as_ref().map_or(Word::NONE, Word::pack);
        }
    }

    /// IGP cost where a step weighs it.
    fn internal_cost(&self, policy: &Policy<'_>, as_index: u32, a: u32, b: u32) -> u32 {
        match policy.rules().decision {
            Decision::Policy => self.igp.cost(policy.world(), as_index, a, b),
            Decision::Textbook => 0,
        }
    }

    /// Round-trip time of a route that `other` has at `rtt_ms`, heard over iBGP, in whole µs; only
    /// textbook rules weigh it inside an AS.
    fn internal_rtt_us(&self, policy: &Policy<'_>, router: u32, other: u32, rtt_ms: f64) -> u64 {
        if policy.rules().decision != Decision::Textbook {
            return 0;
        }
        let link = link_rtt_ms(policy.world(), policy.rules(), other, router);
        link.map_or(u64::MAX, |link| libm::round((rtt_ms + link) * 1000.0) as u64)
    }

    /// Steps d to g for every router of an AS, without MEDs and other rarities: eBGP over iBGP,
    /// IGP cost, BGP identifier.
    fn choose(&mut self, policy: &Policy<'_>, as_index: u32, heard: &[Heard]) {
        let world = policy.world();
        let routers = world.routers_of(as_index);
        let first = routers.start;
        let external = |route: &Heard| {
            let Heard { class, path_length, neighbor, site, .. } = *route;
            Word::pack(&Route { class, path_length, via: Via::External(neighbor), site })
        };
        if routers.len() == 1 {
            let best = heard.iter().min_by_key(|route| route.rank).expect("something was heard");
            self.scratch.chosen[0] = external(best);
            return;
        }
        // `heard` is grouped by router: the best of each group is what that router tells inside.
        let mut tellers: Vec<(u32, Word)> = Vec::new();
        for group in heard.chunk_by(|a, b| a.router == b.router) {
            let best = group.iter().min_by_key(|route| route.rank).expect("no group is empty");
            self.scratch.chosen[(best.router - first) as usize] = external(best);
            tellers.push((best.router, external(best)));
        }
        for router in routers {
            let chosen = &mut self.scratch.chosen[(router - first) as usize];
            if *chosen != Word::NONE {
                continue;
            }
            let rank = |(teller, _): &&(u32, Word)| {
                let cost = self.igp.cost(world, as_index, router, *teller);
                (cost, world.router_ids[*teller as usize], *teller)
            };
            let (teller, word) = tellers.iter().min_by_key(rank).expect("one router has a route");
            let route = word.unpack().expect("it tells a route");
            *chosen = Word::pack(&Route { via: Via::Internal(*teller), ..route });
        }
    }

    /// The same by the whole decision process: routers of the AS tell each other until nothing
    /// changes, as MEDs and round-trip times can take back what a router told.
    fn choose_slowly(
        &mut self,
        policy: &Policy<'_>,
        as_index: u32,
        heard: &[Heard],
    ) -> Result<(), Oscillation> {
        let world = policy.world();
        let routers = world.routers_of(as_index);
        let first = routers.start;
        let outside: Vec<Teller> = heard.iter().map(|route| self.outside(policy, route)).collect();
        let mut held: Vec<Option<Teller>> = vec![None; routers.len()];
        for _ in 0..4 * routers.len() + 16 {
            let mut settled = true;
            for router in routers.clone() {
                let mut options: Vec<Teller> =
                    outside.iter().filter(|teller| teller.router == router).cloned().collect();
                for other in held.iter().flatten().filter(|other| other.router != router) {
                    options.extend(self.inside(policy, as_index, router, other));
                }
                let bare: Vec<Candidate> =
                    options.iter().map(|option| option.candidate.clone()).collect();
                let best = select(&bare, policy.rules())
                    .map(|selection| options.swap_remove(selection.best));
                let slot = &mut held[(router - first) as usize];
                if slot.as_ref().map(|t| &t.candidate) != best.as_ref().map(|t| &t.candidate) {
                    settled = false;
                    *slot = best;
                }
            }
            if settled {
                for (position, teller) in held.iter().enumerate() {
                    let word = teller.as_ref().map_or(Word::NONE, |teller| {
                        let Candidate { class, path_length, via, site, .. } = teller.candidate;
                        Word::pack(&Route { class, path_length, via, site })
                    });
                    self.scratch.chosen[position] = word;
                }
                return Ok(());
            }
        }
        Err(Oscillation { ases: vec![world.asns[as_index as usize]] })
    }

    /// A route from outside with everything the decision process weighs.
    fn outside(&self, policy: &Policy<'_>, route: &Heard) -> Teller {
        let (world, rules) = (policy.world(), policy.rules());
        let Heard { router, neighbor, class, path_length, site, .. } = *route;
        let announcement = self.catchment.route(neighbor).and_then(|theirs| {
            let session = world.session_to(neighbor, router)?;
            let relation = world.relation(neighbor, session);
            policy.export(neighbor, router, relation, theirs.class, None)?.announcement
        });
        let rtt_ms = weighs_rtt(world, rules)
            .then(|| {
                let theirs = self.catchment.rtt_ms(world, rules, neighbor)?;
                Some(theirs + link_rtt_ms(world, rules, neighbor, router)?)
            })
            .flatten();
        Teller {
            router,
            rtt_ms,
            candidate: Candidate {
                via: Via::External(neighbor),
                class,
                local_pref: class_local_pref(rules, class),
                path_length,
                origin: 0,
                med: announcement.and_then(|said| said.med),
                neighbor_as: Some(world.asn_of(neighbor)),
                igp_cost: 0,
                rtt_us: rtt_us(policy, rtt_ms),
                tie_key: tie_key(policy, router, neighbor),
                router_id: world.router_ids[neighbor as usize],
                cluster_list: 0,
                neighbor_address: neighbor,
                site,
            },
        }
    }

    /// What `router` hears from another router of its AS, if that may tell it.
    fn inside(
        &self,
        policy: &Policy<'_>,
        as_index: u32,
        router: u32,
        other: &Teller,
    ) -> Option<Teller> {
        if !matches!(other.candidate.via, Via::External(_)) {
            return None;
        }
        let (world, rules) = (policy.world(), policy.rules());
        let link = link_rtt_ms(world, rules, other.router, router);
        let rtt_ms = other.rtt_ms.and_then(|rtt| Some(rtt + link?));
        Some(Teller {
            router,
            rtt_ms,
            candidate: Candidate {
                via: Via::Internal(other.router),
                igp_cost: self.igp.cost(world, as_index, router, other.router),
                rtt_us: rtt_us(policy, rtt_ms),
                tie_key: 0,
                router_id: world.router_ids[other.router as usize],
                neighbor_address: other.router,
                ..other.candidate.clone()
            },
        })
    }
}

/// A router of the settling AS with a route that it may tell the others.
#[derive(Debug, Clone)]
struct Teller {
    router: u32,
    candidate: Candidate,
    rtt_ms: Option<f64>,
}

fn key_of(rules: &Rules, class: Class, path_length: u32) -> Key {
    match rules.decision {
        Decision::Policy => Key((class as u32) << 16 | path_length),
        Decision::Textbook => Key(path_length),
    }
}

/// Whether an AS has providers only.
fn is_leaf(world: &World, as_index: u32) -> bool {
    world
        .routers_of(as_index)
        .all(|router| world.sessions(router).len() == world.group(router, Relation::Provider).len())
}
