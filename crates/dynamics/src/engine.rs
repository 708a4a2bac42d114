//! BGP, message by message: speakers that receive, decide and tell (models 2.1).
//!
//! An [`Engine`] holds one prefix of one world. What the network is made to do (sites that come and
//! go, sessions that break) is done *to* it by [`mod@crate::agenda`]; between those instants
//! [`Engine::run`] delivers messages and timers in order of (time, insertion).
//!
//! The inner loop touches four things for each message: the slot where it arrives, the paths that
//! it names, the router's best route, and the slots that hear of a change. Everything that most
//! worlds do not use (timestamps, MRAI, damping) lies in arrays of its own that are empty then.

pub mod adjacency;
pub mod choose;
mod conduct;
mod kept;
mod multipath;
mod oscillation;
pub mod paths;
mod queue;
mod sessions;
mod tell;
mod timers;
mod transcript;
pub mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catchment_model::relation::{Class, Relation};
use catchment_model::rng;
use catchment_model::rules::Role;
use catchment_model::{Asn, Rules, World};
use catchment_routing::{PATH_LENGTH_MAX, Policy, Situation};

use crate::damping::{Damping, Penalty};
use crate::timing;
use adjacency::{Adjacency, INTERNAL};
use conduct::Conduct;
use paths::{EMPTY, PathId, Paths};
use queue::{Event, Queue};
pub(crate) use transcript::Transcript;
use witness::Witness;

/// A route as it is told: a path, with the class that it has at the receiver.
///
/// One word, so that "is this what I said before?" is one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told(u32);

impl Told {
    /// No route: a withdrawal, or nothing there.
    pub const NONE: Told = Told(u32::MAX);
    /// Words of events that are no messages.
    const MRAI: u32 = u32::MAX - 1;
    const TASK: u32 = u32::MAX - 2;

    fn new(class: Class, path: PathId) -> Told {
        Told((class as u32) << 30 | path)
    }

    /// From whom the receiver's AS has it.
    pub fn class(self) -> Class {
        Class::ALL[(self.0 >> 30) as usize]
    }

    /// The path.
    pub fn path(self) -> PathId {
        self.0 & ((1 << 30) - 1)
    }
}

/// Best route of a router: an own one.
pub const OWN: u32 = u32::MAX - 1;
/// Best route of a router: none.
pub const NO_SLOT: u32 = u32::MAX;
/// No route, or one that may not be used, ranks below all.
const UNUSABLE: u64 = u64::MAX;

/// One end of a session.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// What came in (Adj-RIB-In), usable or not.
    heard: Told,
    /// What went out (Adj-RIB-Out).
    said: Told,
    /// Order of what came in, through the steps that are an order of single routes; lowest is best.
    rank: u64,
    /// The router that it belongs to. Here, not only in [`Adjacency`], so that a message finds all
    /// that it needs of its slot in one place.
    owner: u32,
    /// [`DOWN`], [`ARMED`], [`STALE`], [`BUSY`].
    flags: u8,
}

/// What a router uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Best {
    /// The slot it came in at, [`OWN`] or [`NO_SLOT`].
    pub slot: u32,
    /// The route.
    pub told: Told,
    /// MRAI waits on the causal path, in µs.
    pub waited_us: u32,
    /// Occurrence that it goes back to.
    pub cause: u32,
}

/// A change of a router's best route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteChange {
    /// When, in µs.
    pub at_us: i64,
    /// Where.
    pub router: u32,
    /// What it uses from here on.
    pub best: Best,
    /// When its forwarding table follows, in µs.
    pub fib_us: i64,
}

/// A change of the equal routes over which a router spreads flows (models 5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpreadChange {
    /// When, in µs.
    pub at_us: i64,
    /// Where.
    pub router: u32,
    /// Slots that it uses from here on, ascending; none if its best route is alone.
    pub slots: Vec<u32>,
    /// MRAI waits on the causal path, in µs.
    pub waited_us: u32,
    /// Occurrence that it goes back to.
    pub cause: u32,
    /// When its forwarding table follows, in µs.
    pub fib_us: i64,
}

/// What an engine counts, for each cause and in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Announcements sent.
    pub announcements: u64,
    /// Withdrawals sent.
    pub withdrawals: u64,
    /// Changes of a best route.
    pub changes: u64,
    /// Time of the last change, in µs.
    pub last_change_us: i64,
}

impl Count {
    /// Announcements and withdrawals.
    pub fn messages(&self) -> u64 {
        self.announcements + self.withdrawals
    }
}

/// How an engine's run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// The time that was asked for has come.
    Reached,
    /// As many events as were asked for have been handled, and there are more.
    Underway,
    /// The budget of messages is used up: whoever changed its mind most often.
    Exhausted(Vec<Asn>),
}

/// A timer that is no MRAI timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// A suppressed route may be used again (RFC 2439).
    Reuse,
    /// A stuck route lets go (models 2.7).
    Unstick,
    /// A neighbor whose session was lost at this time, in µs, to restart, has not come back in
    /// time (RFC 4724 §4.2).
    StaleEnds(i64),
    /// It has come back and told everything: what it did not repeat is gone.
    SweepStale,
}

/// How many messages ahead a slot is read, and its router.
const FAR_AHEAD: usize = 8;
const NEAR_AHEAD: usize = 4;

/// Per slot: the session is down.
const DOWN: u8 = 1;
/// Per slot: an MRAI timer will ask again.
const ARMED: u8 = 2;
/// Per slot: the route is kept for a neighbor that restarts.
const STALE: u8 = 4;
/// Per slot: other prefixes keep the MRAI timer running.
const BUSY: u8 = 8;

/// What waits for an MRAI timer, and since when.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// In µs; [`NOT_HELD`] if nothing waits.
    since_us: i64,
    /// What it is.
    told: Told,
    /// Occurrence that it goes back to.
    cause: u32,
}

/// Stands for "it does not wait" in [`Held::since_us`].
const NOT_HELD: i64 = i64::MIN;
const NOTHING_HELD: Held = Held { since_us: NOT_HELD, told: Told::NONE, cause: u32::MAX };

/// Streams of draws.
mod stream {
    pub const MRAI: u64 = 0x6d72_6169;
    pub const IS_BUSY: u64 = 0x6973_6275;
    pub const BUSY_PERIOD: u64 = 0x6275_7379;
    pub const BUSY_PHASE: u64 = 0x7068_6173;
    pub const DAMPS: u64 = 0x6461_6d70;
    pub const STICKS: u64 = 0x7374_6963;
    pub const STICKS_FOR: u64 = 0x7374_6666;
    pub const FIB_POSITION: u64 = 0x6669_6270;
}

/// Prefixes of a full table (models 2.6).
const FULL_TABLE: f64 = 1_000_000.0;

/// One prefix of a world in motion.
#[derive(Debug, Clone)]
pub struct Engine<'w> {
    world: &'w World,
    adjacency: &'w Adjacency,
    rules: &'w Rules,
    state: EngineState,
    draw_keys: Vec<u32>,
    log: Option<Vec<RouteChange>>,
    spread_log: Vec<SpreadChange>,
    /// Who is watched, the timer that is being handled, and the last message that was refused:
    /// its slot and time.
    witness: Option<Box<Witness>>,
    transcript: Option<Box<Transcript>>,
    task: Option<Task>,
    refused: (u32, i64),
}

/// What an engine goes on from. What was written down, who is watched and what happens at this
/// instant are not of it.
#[derive(Debug, Clone)]
pub(crate) struct EngineState {
    conduct: Conduct,
    seed: u64,
    now_us: i64,
    queue: Queue,
    /// Shared with logs, and copied only if the engine goes on after it was.
    paths: Arc<Paths>,
    asn: Arc<[u32]>,
    /// Part of each router in the world: 0 for a site's, 1 for any other.
    role: Arc<[u8]>,
    /// Whether a router has customers, siblings or colleagues, who hear of all its routes.
    has_listeners: Arc<[bool]>,
    slots: Vec<Slot>,
    best: Vec<Best>,
    /// When each route came in; empty if no rule asks.
    received_us: Vec<i64>,
    /// When each slot may announce again, and what waits for it; empty without MRAI.
    next_allowed_us: Vec<i64>,
    held: Vec<Held>,
    /// When a session went down: what was sent before is lost.
    reset_us: BTreeMap<u32, i64>,
    /// IGP costs that events changed, by slot.
    igp_costs: BTreeMap<u32, u32>,
    damping: Option<Damping>,
    /// Routers that damp, by draw.
    damps: Arc<BTreeSet<u32>>,
    penalties: BTreeMap<u32, Penalty>,
    /// When each stuck route lets go, in µs, by slot.
    stuck: BTreeMap<u32, i64>,
    tasks: Vec<Task>,
    /// Routers that have heard a MED, which no order of single routes settles.
    heard_meds: BTreeSet<u32>,
    /// Occurrence that what is done now goes back to.
    cause: u32,
    counts: BTreeMap<u32, Count>,
    current: Count,
    current_cause: u32,
    messages_left: u64,
    changes_of: Vec<u32>,
    /// Draws so far, so that each is another.
    draws: u64,
    /// Slots over which routers spread flows, where there are several; none without multipath.
    spread: BTreeMap<u32, Vec<u32>>,
}

impl<'w> Engine<'w> {
    /// An engine in which nobody has a route.
    pub fn new(situation: Situation<'w>, adjacency: &'w Adjacency) -> Engine<'w> {
        let Situation { world, rules, service, seed, .. } = situation;
        let conduct = Conduct::new(world, rules);
        let mut role = vec![Role::Network as u8; world.router_count()];
        for site in &service.sites {
            role[site.router as usize] = Role::Site as u8;
        }
        let has_listeners = (0..world.router_count() as u32)
            .map(|router| {
                world.routers_of(world.router_as[router as usize]).len() > 1
                    || !world.group(router, Relation::Customer).is_empty()
                    || !world.group(router, Relation::Sibling).is_empty()
            })
            .collect();
        let slot_count = adjacency.slot_count();
        let routers = world.router_count();
        let empty = |owner: u32| Slot {
            heard: Told::NONE,
            said: Told::NONE,
            rank: UNUSABLE,
            owner,
            flags: 0,
        };
        let mut slots = Vec::with_capacity(slot_count);
        for router in 0..routers as u32 {
            slots.resize(slots.len() + adjacency.slots(router).len(), empty(router));
        }
        let nothing = Best { slot: NO_SLOT, told: Told::NONE, waited_us: 0, cause: u32::MAX };
        let damping = (rules.rfd_share > 0.0).then(|| Damping::new(rules));
        let damps = match damping {
            Some(_) => (0..routers as u32)
                .filter(|router| {
                    let asn = u64::from(world.asn_of(*router).0);
                    world
                        .routers_of(world.router_as[*router as usize])
                        .any(|it| !world.group(it, Relation::Customer).is_empty())
                        && rng::falls_in(rules.rfd_share, seed, stream::DAMPS, asn)
                })
                .collect(),
            None => BTreeSet::new(),
        };
        let state = EngineState {
            now_us: i64::MIN,
            queue: Queue::new(),
            paths: Arc::new(Paths::with_room(4 * routers)),
            asn: (0..routers as u32).map(|router| world.asn_of(router).0).collect(),
            slots,
            best: vec![nothing; routers],
            received_us: if conduct.needs_age { vec![0; slot_count] } else { Vec::new() },
            next_allowed_us: if conduct.any_mrai { vec![i64::MIN; slot_count] } else { Vec::new() },
            held: if conduct.any_mrai { vec![NOTHING_HELD; slot_count] } else { Vec::new() },
            reset_us: BTreeMap::new(),
            igp_costs: BTreeMap::new(),
            damping,
            damps: Arc::new(damps),
            penalties: BTreeMap::new(),
            stuck: BTreeMap::new(),
            tasks: Vec::new(),
            heard_meds: BTreeSet::new(),
            cause: u32::MAX,
            counts: BTreeMap::new(),
            current: Count::default(),
            current_cause: u32::MAX,
            messages_left: u64::MAX,
            changes_of: vec![0; routers],
            draws: 0,
            spread: BTreeMap::new(),
            role: role.into(),
            has_listeners,
            conduct,
            seed,
        };
        state.revive(situation, adjacency)
    }

    /// From here on changes of best routes are written down.
    pub fn record(&mut self) {
        self.log.get_or_insert_default();
    }

    /// What was written down, and no longer is.
    pub fn take_log(&mut self) -> Vec<RouteChange> {
        self.log.take().unwrap_or_default()
    }

    /// The slots over which routers spread flows now, where there are several.
    pub fn spread(&self) -> &BTreeMap<u32, Vec<u32>> {
        &self.state.spread
    }

    /// What was written down about spreads since [`Engine::record`].
    pub fn take_spread_log(&mut self) -> Vec<SpreadChange> {
        std::mem::take(&mut self.spread_log)
    }

    /// Draws for what goes back to an occurrence are keyed by these numbers, not by its place.
    pub(crate) fn draw_by(&mut self, keys: Vec<u32>) {
        self.draw_keys = keys;
    }

    /// What draws for a subject of the present occurrence belong to.
    fn draw_key(&self, subject: u32) -> u64 {
        let index = self.draw_keys.get(self.state.cause as usize).copied().unwrap_or(u32::MAX);
        u64::from(subject) << 32 | u64::from(index)
    }

    /// Sets how many messages may still be sent until the run is given up.
    pub fn limit(&mut self, messages: u64) {
        self.state.messages_left = messages;
        self.state.changes_of.fill(0);
    }

    /// Time in µs: everything before it is done.
    pub fn now_us(&self) -> i64 {
        self.state.now_us
    }

    /// All paths that the routes of this engine name.
    pub fn paths(&self) -> &Paths {
        &self.state.paths
    }

    /// The same, to keep.
    pub fn shared_paths(&self) -> Arc<Paths> {
        Arc::clone(&self.state.paths)
    }

    fn paths_mut(&mut self) -> &mut Paths {
        Arc::make_mut(&mut self.state.paths)
    }

    /// The router at the other end of a slot.
    fn peer(&self, slot: u32) -> u32 {
        self.adjacency.peer(slot)
    }

    /// What a router uses.
    pub fn best(&self, router: u32) -> Best {
        self.state.best[router as usize]
    }

    /// Whether nothing is under way: no message, no timer.
    pub fn is_idle(&self) -> bool {
        self.state.queue.is_empty()
    }

    /// What was counted for an occurrence.
    pub fn count(&self, cause: u32) -> Count {
        let mut count = self.state.counts.get(&cause).copied().unwrap_or_default();
        if self.state.current_cause == cause {
            merge(&mut count, &self.state.current);
        }
        count
    }

    /// What is done from here on goes back to this occurrence.
    pub(crate) fn set_cause(&mut self, cause: u32) {
        self.state.cause = cause;
    }

    /// Goes to a time at which something is done to the engine.
    pub(crate) fn set_now(&mut self, now_us: i64) {
        debug_assert!(now_us >= self.state.now_us);
        self.state.now_us = now_us;
    }

    /// Delivers what comes before `end_us`, at most so many events.
    pub fn run(&mut self, policy: &Policy<'_>, end_us: i64, events: u64) -> Pause {
        for _ in 0..events {
            let Some(event) = self.state.queue.pop_before(end_us) else {
                return self.reach(end_us);
            };
            self.state.now_us = event.at_us;
            self.look_ahead();
            self.handle(policy, event);
            if self.state.messages_left == 0 {
                return Pause::Exhausted(self.restless());
            }
        }
        Pause::Underway
    }

    fn reach(&mut self, end_us: i64) -> Pause {
        if end_us != i64::MAX {
            self.state.now_us = end_us;
        }
        Pause::Reached
    }

    /// Reads what a message that comes soon will need, so that it is in cache by then: most of a
    /// message's time is waiting for memory, and messages of one instant go to unrelated places.
    fn look_ahead(&self) {
        if let Some(event) = self.state.queue.ahead(FAR_AHEAD) {
            std::hint::black_box(self.state.slots[event.slot as usize].rank);
        }
        if let Some(event) = self.state.queue.ahead(NEAR_AHEAD) {
            let router = self.state.slots[event.slot as usize].owner as usize;
            std::hint::black_box((self.state.best[router].slot, self.state.asn[router]));
        }
    }

    fn handle(&mut self, policy: &Policy<'_>, event: Event) {
        match event.word {
            Told::MRAI => self.mrai_ends(policy, event),
            Told::TASK => {
                let task = self.state.tasks[event.waited_us as usize];
                self.task = Some(task);
                self.task_ends(policy, event, task);
                self.task = None;
            }
            word => {
                self.state.cause = event.cause;
                self.receive(policy, event.slot, Told(word), event.waited_us);
            }
        }
    }

    /// A message is processed (RFC 4271 §9).
    fn receive(&mut self, policy: &Policy<'_>, slot: u32, told: Told, waited_us: u32) {
        let at = slot as usize;
        if self.state.slots[at].flags & DOWN != 0 || self.is_lost(slot) {
            return;
        }
        let router = self.state.slots[at].owner;
        let mut told = told;
        if !self.is_acceptable(policy, router, slot, told) {
            told = Told::NONE;
            self.refused = (slot, self.state.now_us);
        }
        if self.state.slots[at].flags & STALE != 0 {
            self.state.slots[at].flags &= !STALE;
        }
        if told != Told::NONE && !self.state.stuck.is_empty() {
            // Announced again, a stuck route is one like any other.
            self.state.stuck.remove(&slot);
        }
        let heard = self.state.slots[at].heard;
        if told == heard {
            return;
        }
        if told == Told::NONE && self.sticks(router, slot) {
            return;
        }
        self.replace(policy, router, slot, told, waited_us);
    }

    /// Whether a message was sent before its session broke.
    fn is_lost(&self, slot: u32) -> bool {
        if self.state.reset_us.is_empty() {
            return false;
        }
        let under_way_us =
            i64::from(self.adjacency.delay_us[slot as usize]) + self.state.conduct.proc_us;
        self.state
            .reset_us
            .get(&slot)
            .is_some_and(|reset_us| self.state.now_us - under_way_us <= *reset_us)
    }

    /// Loop check and import filters. A route that is not acceptable still takes the place of the
    /// one before (models 1.6).
    fn is_acceptable(&self, policy: &Policy<'_>, router: u32, slot: u32, told: Told) -> bool {
        if told == Told::NONE || self.adjacency.kind[slot as usize] == INTERNAL {
            return true;
        }
        let path = told.path();
        if self.state.paths.occurrences(path, self.state.asn[router as usize])
            > self.state.conduct.allow_own_as
            || self.state.paths.length(path) > PATH_LENGTH_MAX
        {
            return false;
        }
        policy.is_simple() || {
            let origin = self.state.paths.asns(path).last().map_or(Asn(0), Asn);
            policy.takes_from(router, self.state.paths.announcement(path), origin)
        }
    }

    /// Puts a route into a slot, or none, and decides.
    fn replace(&mut self, policy: &Policy<'_>, router: u32, slot: u32, told: Told, waited_us: u32) {
        let at = slot as usize;
        self.state.stuck.remove(&slot);
        if self.transcript.is_some() {
            self.write_in(slot, told, waited_us);
        }
        let before = self.state.slots[at].heard;
        self.state.slots[at].heard = told;
        self.state.slots[at].rank = match told {
            Told::NONE => UNUSABLE,
            _ => self.rank(policy, router, slot, told),
        };
        if self.state.conduct.needs_age {
            self.state.received_us[at] = self.state.now_us;
        }
        if self.state.damping.is_some() && self.state.damps.contains(&router) {
            self.damp(slot, before, told);
        }
        if policy.has_meds()
            && told != Told::NONE
            && self.state.paths.announcement(told.path()).is_some_and(|said| said.med.is_some())
        {
            self.state.heard_meds.insert(router);
        }
        self.decide(policy, router, Some(slot), waited_us);
    }

    /// Chooses again, and tells everyone if that changes anything. `changed` is the only slot
    /// that is not as it was when the router last decided; all may be if it is not given.
    pub(crate) fn decide(
        &mut self,
        policy: &Policy<'_>,
        router: u32,
        changed: Option<u32>,
        waited_us: u32,
    ) {
        let before = self.state.best[router as usize];
        let (slot, told) = self.choose(policy, router, changed);
        if (slot, told) == (before.slot, before.told) {
            self.spread_again(policy, router, waited_us);
            return;
        }
        let best = Best { slot, told, waited_us, cause: self.state.cause };
        self.witness_turn(policy, router, changed, best);
        if self.transcript.is_some() {
            self.write_decision(router, changed, slot);
        }
        self.state.best[router as usize] = best;
        self.state.changes_of[router as usize] += 1;
        self.count_now().changes += 1;
        self.state.current.last_change_us = self.state.now_us;
        if self.log.is_some() {
            let fib_us = self.state.now_us + self.fib_delay_us(router, before, best);
            let change = RouteChange { at_us: self.state.now_us, router, best, fib_us };
            if let Some(log) = &mut self.log {
                log.push(change);
            }
        }
        self.spread_again(policy, router, waited_us);
        self.tell_all(policy, router, before);
    }

    /// From decision to forwarding table (models 2.6).
    fn fib_delay_us(&mut self, router: u32, before: Best, best: Best) -> i64 {
        let lost_session = before.slot < OWN
            && self.state.slots[before.slot as usize].flags & DOWN != 0
            && best.slot != before.slot;
        // A flat table is rewritten prefix by prefix when a session with a full table is lost;
        // only providers send full tables.
        if self.state.conduct.pic
            || !lost_session
            || self.adjacency.relation(before.slot) != Some(Relation::Provider)
        {
            return self.state.conduct.fib_us;
        }
        let key = self.draw_key(router);
        let position = uniform(self.state.seed, stream::FIB_POSITION, key) * FULL_TABLE;
        timing::flat_fib_us(self.state.conduct.fib_us, position, self.state.conduct.fib_rate)
    }

    fn count_now(&mut self) -> &mut Count {
        if self.state.current_cause != self.state.cause {
            let done = std::mem::take(&mut self.state.current);
            merge(self.state.counts.entry(self.state.current_cause).or_default(), &done);
            self.state.current_cause = self.state.cause;
        }
        &mut self.state.current
    }

    /// Position of a router in arrays by role.
    fn role(&self, router: u32) -> usize {
        usize::from(self.state.role[router as usize])
    }
}

fn merge(into: &mut Count, count: &Count) {
    into.announcements += count.announcements;
    into.withdrawals += count.withdrawals;
    // Times before t = 0 are below the 0 of a count without changes.
    into.last_change_us = match (into.changes, count.changes) {
        (_, 0) => into.last_change_us,
        (0, _) => count.last_change_us,
        _ => into.last_change_us.max(count.last_change_us),
    };
    into.changes += count.changes;
}

/// A number of U(0, 1).
pub(crate) fn uniform(seed: u64, stream: u64, key: u64) -> f64 {
    rng::unit(rng::draw(seed, stream, key))
}
