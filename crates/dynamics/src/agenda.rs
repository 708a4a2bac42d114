//! What is done to the network, and when: the schedule of a scenario, and what follows from it
//! (a neighbor that notices, a check that fails, a session that comes back).
//!
//! A [`Course`] is one prefix of a scenario on its way through time. Between two steps the engine
//! runs by itself; a step first changes what holds (`Overlay`, `Service`), then makes the routers
//! concerned look at it. Steps come before messages of the same instant, since they were known
//! first.

pub(crate) mod kept;

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::rules::{Role, Rules};
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::{Announcement, Reach};
use catchment_model::{Community, Overlay, Service, World};
use catchment_routing::{Policy, Situation};

use crate::engine::adjacency::Adjacency;
use crate::engine::{Engine, Pause, uniform};
use crate::script::Script;
use crate::timing::{self, Helper, Hold, SessionEnd, Timers};

/// Sites are announced in file order, this far apart, before t = 0 (design section 8).
pub const ANNOUNCED_APART_US: i64 = 120_000_000;

/// Messages that one occurrence may cause before the run is given up: this many for each session
/// of the world, within the bounds of the other two.
const MESSAGES_PER_SESSION: u64 = 500;
const MESSAGES_MIN: u64 = 1_000_000;
const MESSAGES_MAX: u64 = 100_000_000;

/// Events between two looks at whether somebody wants to know no more: well below a second.
const EVENTS_AT_ONCE: u64 = 1 << 20;

/// Streams of draws.
mod stream {
    pub const DETECTION: u64 = 0x6465_7465;
    pub const CHECK: u64 = 0x6368_6563;
    pub const RECONNECT: u64 = 0x7265_636f;
}

/// A change of what a site does with packets that reach it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SiteChange {
    /// When, in µs.
    pub at_us: i64,
    /// The site.
    pub site: u32,
    /// Whether it answers from here on.
    pub answers: bool,
    /// Whether its router lives.
    pub router_up: bool,
    /// Occurrence that it goes back to.
    pub cause: u32,
}

/// A change of a link between two routers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireChange {
    /// When, in µs.
    pub at_us: i64,
    /// One end; the lower index.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Whether packets cross from here on.
    pub up: bool,
    /// Occurrence that it goes back to.
    pub cause: u32,
}

/// When somebody noticed an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// When, in µs.
    pub at_us: i64,
    /// The occurrence.
    pub cause: u32,
}

#[derive(Debug, Clone)]
struct SiteState {
    /// Its service answers.
    answers: bool,
    /// Its router lives.
    router_up: bool,
    /// How often its router died or came back: what belongs to another life is void.
    life: u32,
    /// Whether it lives, as the last of the changes says.
    shown_up: bool,
    /// How it failed, if it has.
    failed: Option<FailureKind>,
    /// Whether its own health check has found it dead since it last returned.
    was_checked: bool,
    /// While it asks to be drained: what it said before.
    drained: Option<BTreeMap<u32, Announcement>>,
    /// How often it returned: what was planned before that is void.
    generation: u32,
}

/// Something to do at a time.
#[derive(Debug, Clone)]
enum Step {
    /// Next in the schedule.
    Occurrence(u32),
    /// A site starts to announce, or stops, unless something happened to it since.
    Announce { site: u32, active: bool, generation: u32 },
    /// The router of a slot notices that the session is gone.
    Lose { slot: u32, end: Option<SessionEnd>, life: Option<(u32, u32)> },
    /// A session is up again.
    Regain { slot: u32, life: Option<(u32, u32)> },
}

/// What the routers have to look at after a step.
enum Look {
    Decide(u32),
    Reconsider(u32),
    Refresh(u32),
    Want(u32),
}

/// One prefix of a scenario on its way through time.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    world: &'a World,
    adjacency: &'a Adjacency,
    rules: &'a Rules,
    schedule: &'a [Occurrence],
    seed: u64,
    prefix: u16,
    /// The network.
    pub engine: Engine<'a>,
    overlay: Overlay,
    service: Service,
    sites: Vec<SiteState>,
    /// Links whose cable is cut, and links whose session is shut down; the overlay has both. Of
    /// those that are `given` as down before the start nobody says why: they count as cut, and
    /// come up by the first word of either.
    cut: BTreeSet<(u32, u32)>,
    shut: BTreeSet<(u32, u32)>,
    given: BTreeSet<(u32, u32)>,
    steps: BTreeMap<(i64, u64), (Step, u32)>,
    step_count: u64,
    /// What sites do with packets, from the start on.
    pub site_changes: Vec<SiteChange>,
    /// Links that go down and come up.
    pub wire_changes: Vec<WireChange>,
    /// Who noticed what.
    pub notices: Vec<Notice>,
}

impl<'a> Course<'a> {
    /// A course before its first announcement.
    pub fn new(script: &Script<'a>, adjacency: &'a Adjacency, prefix: u16) -> Course<'a> {
        let Situation { world, overlay, service, rules, seed } = script.situation;
        let site_count = service.sites.len();
        let mut course = Course {
            world,
            adjacency,
            rules,
            schedule: script.schedule,
            seed,
            prefix,
            engine: Engine::new(script.situation, adjacency),
            overlay: overlay.clone(),
            service: service.clone(),
            sites: vec![
                SiteState {
                    answers: true,
                    router_up: true,
                    life: 0,
                    shown_up: true,
                    failed: None,
                    was_checked: false,
                    drained: None,
                    generation: 0,
                };
                site_count
            ],
            cut: overlay.down.clone(),
            given: overlay.down.clone(),
            shut: BTreeSet::new(),
            steps: BTreeMap::new(),
            step_count: 0,
            site_changes: Vec::new(),
            wire_changes: Vec::new(),
            notices: Vec::new(),
        };
        let budget = course.budget();
        course.engine.limit(budget);
        let links: Vec<(u32, u32)> = course.overlay.down.iter().copied().collect();
        for (a, b) in links {
            course.cut(a, b);
        }
        course.expect_events();
        course
    }

    /// Plans the events of the schedule.
    fn expect_events(&mut self) {
        let keys = (0..self.schedule.len() as u32).map(|cause| self.file_index(cause));
        self.engine.draw_by(keys.collect());
        for (index, occurrence) in (0..).zip(self.schedule) {
            self.plan(occurrence.at.us, index, Step::Occurrence(index));
        }
    }

    /// Plans the announcements: in the order of the file and `apart_us` apart, the last as long
    /// before t = 0; all at that time if 0.
    pub fn announce(&mut self, apart_us: i64) {
        for (at_us, site) in announcements(&self.service, apart_us) {
            self.service.sites[site as usize].active = false;
            let generation = self.sites[site as usize].generation;
            let step = Step::Announce { site, active: true, generation };
            self.plan(at_us, u32::MAX, step);
        }
        // They run from t = 0 on, for the events of that instant too.
        if let Some(share) = self.rules.mrai_busy.filter(|share| *share > 0.0) {
            self.engine.make_busy(share);
        }
    }

    fn plan(&mut self, at_us: i64, cause: u32, step: Step) {
        self.step_count += 1;
        self.steps.insert((at_us, self.step_count), (step, cause));
    }

    /// The situation as it is now.
    pub fn situation(&self) -> Situation<'_> {
        Situation {
            world: self.world,
            overlay: &self.overlay,
            service: &self.service,
            rules: self.rules,
            seed: self.seed,
        }
    }

    /// The rules of its prefix as they are now.
    pub fn policy(&self) -> Policy<'_> {
        Policy::new(self.situation(), self.prefix)
    }

    /// Who talks to whom.
    pub fn adjacency(&self) -> &'a Adjacency {
        self.adjacency
    }

    /// What happens.
    pub(crate) fn schedule(&self) -> &'a [Occurrence] {
        self.schedule
    }

    /// Which prefix of the service this is.
    pub fn prefix(&self) -> u16 {
        self.prefix
    }

    /// When the next step comes, in µs.
    pub fn next_step_us(&self) -> Option<i64> {
        self.steps.keys().next().map(|(at_us, _)| *at_us)
    }

    /// Messages that one occurrence may cause before the run is given up.
    pub fn budget(&self) -> u64 {
        let sessions = self.adjacency.slot_count() as u64;
        (sessions * MESSAGES_PER_SESSION).clamp(MESSAGES_MIN, MESSAGES_MAX)
    }

    /// Steps that were done.
    pub fn steps_done(&self) -> u64 {
        self.step_count - self.steps.len() as u64
    }

    /// Steps that are known of, done or not.
    pub fn steps_known(&self) -> u64 {
        self.step_count
    }

    /// Does everything up to and including `to_us`.
    pub fn advance(&mut self, to_us: i64) -> Pause {
        loop {
            match self.advance_some(to_us) {
                Pause::Underway => {}
                pause => return pause,
            }
        }
    }

    /// The same, with a [`Pause::Underway`] now and then where much happens.
    pub(crate) fn advance_some(&mut self, to_us: i64) -> Pause {
        let end_us = to_us.saturating_add(1);
        loop {
            let step_us = self.next_step_us().filter(|at_us| *at_us <= to_us);
            // Without anything under way there is nothing to ask the rules.
            if self.engine.is_idle() {
                if let Some(now_us) = step_us.or((end_us != i64::MAX).then_some(end_us)) {
                    self.engine.set_now(now_us);
                }
            } else {
                let until_us = step_us.unwrap_or(end_us);
                let pause =
                    self.with_policy(|engine, policy| engine.run(policy, until_us, EVENTS_AT_ONCE));
                if pause != Pause::Reached {
                    return pause;
                }
            }
            let Some(step_us) = step_us else { return Pause::Reached };
            self.do_steps(step_us);
        }
    }

    /// Does the steps of an instant, in order.
    fn do_steps(&mut self, now_us: i64) {
        while let Some(entry) = self.steps.first_entry()
            && entry.key().0 == now_us
        {
            let (step, cause) = entry.remove();
            self.engine.set_cause(cause);
            match step {
                Step::Occurrence(index) => {
                    self.engine.limit(self.budget());
                    self.occur(now_us, index);
                }
                Step::Announce { site, active, generation } => {
                    let state = &self.sites[site as usize];
                    // One that failed again meanwhile does not come up; what is to go, goes.
                    let holds = !active || state.failed.is_none();
                    if state.generation == generation && holds {
                        self.notice(now_us, cause);
                        self.set_active(site, active);
                    }
                }
                Step::Lose { slot, end, life } => {
                    if self.is_current(life) && (life.is_some() || self.is_cut(slot)) {
                        self.notice(now_us, cause);
                        let helper = Helper::of(self.rules);
                        let keep_us = match (helper, end) {
                            (Some(helper), Some(end)) => helper.keeps_us(end, None),
                            _ => 0,
                        };
                        self.with_policy(|engine, policy| {
                            engine.lose_session(policy, slot, keep_us);
                        });
                    }
                }
                Step::Regain { slot, life } => {
                    if self.is_current(life) && self.may_regain(slot) {
                        self.with_policy(|engine, policy| engine.regain_session(policy, slot));
                    }
                }
            }
        }
    }

    /// Whether a step belongs to the present life of a site's router, if it belongs to one.
    fn is_current(&self, life: Option<(u32, u32)>) -> bool {
        life.is_none_or(|(site, life)| self.sites[site as usize].life == life)
    }

    /// Whether the link of a slot is down.
    fn is_cut(&self, slot: u32) -> bool {
        self.overlay.is_down(self.adjacency.owner(slot), self.adjacency.peer(slot))
    }

    /// Whether nothing keeps the two ends of a slot apart.
    fn may_regain(&self, slot: u32) -> bool {
        let owner = self.adjacency.owner(slot);
        let peer = self.adjacency.peer(slot);
        let is_dead = |router: u32| {
            let mut sites = self.service.sites.iter().zip(&self.sites);
            sites.any(|(site, state)| site.router == router && !state.router_up)
        };
        self.engine.is_down(slot) && !self.is_cut(slot) && !is_dead(owner) && !is_dead(peer)
    }

    fn notice(&mut self, at_us: i64, cause: u32) {
        if self.notices.last().is_none_or(|last| (last.at_us, last.cause) != (at_us, cause)) {
            self.notices.push(Notice { at_us, cause });
        }
    }

    fn with_policy<T>(&mut self, act: impl FnOnce(&mut Engine<'a>, &Policy<'_>) -> T) -> T {
        let Course { engine, overlay, service, rules, world, seed, prefix, .. } = self;
        let situation = Situation { world, overlay, service, rules, seed: *seed };
        act(engine, &Policy::new(situation, *prefix))
    }

    fn look(&mut self, at: &[Look]) {
        self.with_policy(|engine, policy| {
            for look in at {
                match look {
                    Look::Decide(router) => engine.decide(policy, *router, None, 0),
                    Look::Reconsider(router) => engine.reconsider(policy, *router),
                    Look::Refresh(router) => engine.refresh(policy, *router),
                    Look::Want(slot) => engine.want_now(policy, *slot),
                }
            }
        });
    }

    /// A site starts or stops to announce.
    fn set_active(&mut self, site: u32, active: bool) {
        let spec = &mut self.service.sites[site as usize];
        if spec.active == active {
            return;
        }
        spec.active = active;
        let router = spec.router;
        let looks = match self.sites[site as usize].router_up {
            true => self.after_announcement(router),
            false => Vec::new(),
        };
        self.look(&looks);
    }

    /// Who has to look when a site at `router` says something else: the router itself; and the
    /// others of its AS, which announce for it over their sessions.
    fn after_announcement(&self, router: u32) -> Vec<Look> {
        let mut looks = vec![Look::Decide(router), Look::Refresh(router)];
        let others = self.world.routers_of(self.world.router_as[router as usize]);
        looks.extend(others.filter(|other| *other != router).map(Look::Refresh));
        looks
    }

    fn occur(&mut self, now_us: i64, index: u32) {
        match &self.schedule[index as usize].deed {
            Deed::Fail { site, how } => self.fail(now_us, index, *site, *how),
            Deed::Restore { site } => self.restore(now_us, index, *site),
            Deed::Link { pairs, up, wire } => {
                for (a, b) in pairs {
                    self.set_link(now_us, index, (*a, *b), *up, *wire);
                }
            }
            Deed::Policy { local_prefs, prepends, closed } => {
                self.notice(now_us, index);
                let mut looks = Vec::new();
                for (as_index, neighbor, local_pref) in local_prefs {
                    self.overlay.local_prefs.insert((*as_index, *neighbor), *local_pref);
                    looks.extend(self.world.routers_of(*as_index).map(Look::Reconsider));
                }
                for (session, count) in prepends {
                    match count {
                        0 => _ = self.overlay.prepends.remove(session),
                        count => _ = self.overlay.prepends.insert(*session, *count),
                    }
                    looks.push(Look::Want(self.slot_of_session(*session)));
                }
                for (session, closed) in closed {
                    match closed {
                        true => _ = self.overlay.closed.insert(*session),
                        false => _ = self.overlay.closed.remove(session),
                    }
                    looks.push(Look::Want(self.slot_of_session(*session)));
                }
                self.look(&looks);
            }
            Deed::Announce { site, reach, announcements, opened } => {
                self.notice(now_us, index);
                for (a, b) in opened {
                    self.set_link(now_us, index, (*a, *b), true, true);
                }
                let spec = &mut self.service.sites[*site as usize];
                spec.reach = *reach;
                spec.announcements.clone_from(announcements);
                if let Some(drained) = &mut self.sites[*site as usize].drained {
                    drained.clone_from(announcements);
                    ask_to_drain(&mut self.service, self.world, *site);
                }
                let router = self.service.sites[*site as usize].router;
                let looks = self.after_announcement(router);
                self.look(&looks);
            }
            Deed::Igp { a, b, cost } => {
                self.notice(now_us, index);
                self.engine.set_igp_cost(*a, *b, *cost);
                self.look(&[Look::Reconsider(*a), Look::Reconsider(*b)]);
            }
            // These change loads, not routes.
            Deed::Attack { .. } | Deed::Capacity { .. } => {}
        }
    }

    fn slot_of_session(&self, session: u32) -> u32 {
        let from = self.world.router_of_session(session);
        let to = self.world.neighbors[session as usize];
        self.adjacency.slot_to(from, to).expect("every session has a slot")
    }

    /// Marks both ends of a link as down from the start.
    fn cut(&mut self, a: u32, b: u32) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(slot) = self.adjacency.slot_to(from, to) {
                self.engine.mark_down(slot);
            }
        }
    }

    fn set_link(&mut self, now_us: i64, cause: u32, (a, b): (u32, u32), up: bool, wire: bool) {
        let pair = (a.min(b), a.max(b));
        let Some(slot) = self.adjacency.slot_to(a, b) else { return };
        let other = self.adjacency.reverse[slot as usize];
        let given = up && self.given.remove(&pair);
        let (cut, shut) = (&mut self.cut, &mut self.shut);
        let is_new = match (wire || given, up) {
            (true, false) => cut.insert(pair),
            (true, true) => cut.remove(&pair),
            (false, false) => shut.insert(pair),
            (false, true) => shut.remove(&pair),
        };
        if is_new && (wire || given) {
            let (a, b) = pair;
            self.wire_changes.push(WireChange { at_us: now_us, a, b, up, cause });
        }
        // A session needs its cable.
        let up = !self.cut.contains(&pair) && !self.shut.contains(&pair);
        if !self.overlay.set_link(a, b, up) {
            return;
        }
        if up {
            // What was not noticed yet is noticed now: the new session takes the place of the old.
            for end in [slot, other] {
                self.with_policy(|engine, policy| engine.lose_session(policy, end, 0));
            }
            let wait_us = self.reconnect_us(cause, slot, Role::Network);
            self.plan(now_us + wait_us.max(1), cause, Step::Regain { slot, life: None });
        } else {
            // A session that is shut down ends at once; a cable is missed by both interfaces.
            let (delay_us, end) = match wire {
                true => (timing::INTERFACE_DETECTION_US, Some(SessionEnd::Reset)),
                false => (0, None),
            };
            for slot in [slot, other] {
                self.plan(now_us + delay_us, cause, Step::Lose { slot, end, life: None });
            }
        }
    }

    /// What draws for a subject of an occurrence belong to: its place in the file, which stays
    /// what it is when a site withdraws itself before it; those withdrawals have none.
    fn draw_key(&self, cause: u32, subject: u32) -> u64 {
        u64::from(self.file_index(cause)) << 32 | u64::from(subject)
    }

    fn file_index(&self, cause: u32) -> u32 {
        match self.schedule[cause as usize].index {
            u32::MAX => u32::MAX - 1 - cause,
            index => index,
        }
    }

    fn reconnect_us(&self, cause: u32, slot: u32, role: Role) -> i64 {
        let key = self.draw_key(cause, slot);
        let u = uniform(self.seed, stream::RECONNECT, key);
        timing::reconnect_us(Timers::of(self.rules, role).connect_retry_us, u)
    }

    fn set_site(&mut self, at_us: i64, cause: u32, site: u32, answers: bool, router_up: bool) {
        let state = &mut self.sites[site as usize];
        if (state.answers, state.shown_up) != (answers, router_up) {
            (state.answers, state.shown_up) = (answers, router_up);
            self.site_changes.push(SiteChange { at_us, site, answers, router_up, cause });
        }
    }

    fn fail(&mut self, now_us: i64, cause: u32, site: u32, how: FailureKind) {
        let state = &mut self.sites[site as usize];
        // Nobody is left to ask for a drain.
        if how == FailureKind::Drain && !state.router_up {
            return;
        }
        let answered = state.answers;
        state.failed = Some(how);
        state.was_checked |= how == FailureKind::HealthCheck;
        let generation = state.generation;
        let own_router = self.service.sites[site as usize].own_router;
        let is_dead =
            matches!(how, FailureKind::Interface | FailureKind::Bfd | FailureKind::HoldTimer);
        // A machine that restarts and forgets to announce is well; a drain heals nobody.
        let answers = how == FailureKind::Unannounced || how == FailureKind::Drain && answered;
        self.set_site(now_us, cause, site, answers, !(is_dead && own_router));
        if is_dead && own_router {
            self.kill_router(now_us, cause, site, how);
            return;
        }
        self.revive_router(now_us, cause, site);
        match how {
            FailureKind::Withdraw | FailureKind::Unannounced => {
                self.notice(now_us, cause);
                self.set_active(site, false);
            }
            FailureKind::Silent => {}
            FailureKind::Drain => {
                self.notice(now_us, cause);
                self.drain(site);
                let at_us = now_us + self.rules.gshut_wait.us;
                self.plan(at_us, cause, Step::Announce { site, active: false, generation });
            }
            FailureKind::HealthCheck
            | FailureKind::Interface
            | FailureKind::Bfd
            | FailureKind::HoldTimer => {
                let key = self.draw_key(cause, site);
                let u = uniform(self.seed, stream::CHECK, key);
                let timers = Timers::of(self.rules, Role::Site);
                let hold = timers.agree(&timers);
                if let Some(delay_us) = timing::detection_us(how, hold, self.rules, u) {
                    let step = Step::Announce { site, active: false, generation };
                    self.plan(now_us + delay_us, cause, step);
                }
            }
        }
    }

    /// The router of a site dies; each neighbor notices by itself.
    fn kill_router(&mut self, now_us: i64, cause: u32, site: u32, how: FailureKind) {
        let router = self.service.sites[site as usize].router;
        let state = &mut self.sites[site as usize];
        if std::mem::replace(&mut state.router_up, false) {
            state.life += 1;
            self.engine.silence(router);
        }
        let life = Some((site, self.sites[site as usize].life));
        let end = match how {
            FailureKind::Interface => Some(SessionEnd::Reset),
            FailureKind::HoldTimer => Some(SessionEnd::Silence),
            // BFD says that packets do not pass, so that nothing is worth keeping (RFC 5882 §4.3).
            _ => None,
        };
        for slot in self.adjacency.slots(router) {
            let theirs = self.adjacency.reverse[slot as usize];
            if self.engine.is_down(theirs) {
                continue;
            }
            let hold = self.hold_of(self.adjacency.owner(theirs));
            let key = self.draw_key(cause, theirs);
            let u = uniform(self.seed, stream::DETECTION, key);
            if let Some(delay_us) = timing::detection_us(how, hold, self.rules, u) {
                let step = Step::Lose { slot: theirs, end, life };
                self.plan(now_us + delay_us, cause, step);
            }
        }
    }

    /// The hold time of the session of a router with a site.
    fn hold_of(&self, router: u32) -> Hold {
        let is_site = self.service.sites.iter().any(|site| site.router == router);
        let role = if is_site { Role::Site } else { Role::Network };
        Timers::of(self.rules, role).agree(&Timers::of(self.rules, Role::Site))
    }

    /// The router of a site is back: its sessions end where that was not noticed, and come up.
    fn revive_router(&mut self, now_us: i64, cause: u32, site: u32) {
        let state = &mut self.sites[site as usize];
        if std::mem::replace(&mut state.router_up, true) {
            return;
        }
        state.life += 1;
        let life = Some((site, state.life));
        let router = self.service.sites[site as usize].router;
        self.look(&[Look::Decide(router)]);
        // A neighbor that did not miss it takes the new session for a restart (RFC 4724 §4.2).
        let keep_us = Helper::of(self.rules).map_or(0, |it| it.keeps_us(SessionEnd::Reset, None));
        for slot in self.adjacency.slots(router) {
            let theirs = self.adjacency.reverse[slot as usize];
            self.with_policy(|engine, policy| engine.lose_session(policy, theirs, keep_us));
            let wait_us = self.reconnect_us(cause, slot, Role::Network);
            let step = Step::Regain { slot, life };
            self.plan(now_us + wait_us.max(1), cause, step);
        }
    }

    fn restore(&mut self, now_us: i64, cause: u32, site: u32) {
        let state = &mut self.sites[site as usize];
        state.generation += 1;
        let generation = state.generation;
        state.failed = None;
        let was_checked = std::mem::take(&mut state.was_checked);
        self.set_site(now_us, cause, site, true, true);
        self.stop_draining(site);
        self.revive_router(now_us, cause, site);
        // What its own health check took out, that check lets back in.
        let at_us = if was_checked {
            let key = self.draw_key(cause, site);
            now_us + timing::rise_us(self.rules, uniform(self.seed, stream::CHECK, key))
        } else {
            now_us
        };
        if at_us == now_us || self.service.sites[site as usize].active {
            self.notice(now_us, cause);
            self.set_active(site, true);
            let router = self.service.sites[site as usize].router;
            let looks = self.after_announcement(router);
            self.look(&looks);
        } else {
            self.plan(at_us, cause, Step::Announce { site, active: true, generation });
        }
    }

    /// Adds GRACEFUL_SHUTDOWN to what a site says, and says it (RFC 8326 §4).
    fn drain(&mut self, site: u32) {
        let said = self.service.sites[site as usize].announcements.clone();
        self.sites[site as usize].drained.get_or_insert(said);
        ask_to_drain(&mut self.service, self.world, site);
        let router = self.service.sites[site as usize].router;
        let looks = self.after_announcement(router);
        self.look(&looks);
    }

    fn stop_draining(&mut self, site: u32) {
        if let Some(said) = self.sites[site as usize].drained.take() {
            self.service.sites[site as usize].announcements = said;
        }
    }
}

/// When each site that is active is announced, in order.
fn announcements(service: &Service, apart_us: i64) -> Vec<(i64, u32)> {
    let active = (0..).zip(&service.sites).filter(|(_, site)| site.active);
    let active: Vec<u32> = active.map(|(index, _)| index).collect();
    let count = active.len() as i64;
    (0..).zip(active).map(|(position, site)| (-(count - position) * apart_us, site)).collect()
}

/// Adds GRACEFUL_SHUTDOWN to everything that a site says.
fn ask_to_drain(service: &mut Service, world: &World, site: u32) {
    let site = &mut service.sites[site as usize];
    if site.reach == Reach::Everyone {
        let entry = world.router_as[site.router as usize];
        for router in world.routers_of(entry) {
            for session in world.sessions(router) {
                site.announcements.entry(session).or_default();
            }
        }
    }
    for said in site.announcements.values_mut() {
        if !said.communities.contains(&Community::GracefulShutdown) {
            said.communities.push(Community::GracefulShutdown);
            said.communities.sort_unstable();
        }
    }
}
