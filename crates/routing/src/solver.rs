//! Who lands where: one question, three bodies behind it, and small changes of the question.

use catchment_model::service::{Announcement, Site};
use catchment_model::{Asn, Overlay, Rules, Service, World};
use thiserror::Error;

use crate::bucket::{Bucket, Log};
use crate::catchment::{Catchment, INDEX_MAX};
use crate::fixpoint::{self, Order, Oscillation};
use crate::packed::{Packed, PackedLog, TieScratch};
use crate::policy::{Policy, Situation};
use crate::ties::{TieSets, Ties};

/// A question without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unsolved {
    /// Nothing settles.
    #[error(transparent)]
    Oscillation(#[from] Oscillation),
    /// More routers or sites than 24 bits number.
    #[error("{count} {what} are more than the {INDEX_MAX} that a solve can number")]
    TooLarge {
        /// How many there are.
        count: usize,
        /// Of what.
        what: &'static str,
    },
}

/// Solves one prefix of a service: the best route of every router (design section 5).
///
/// # Errors
/// If the routing does not settle, or the world is too large.
pub fn solve(situation: Situation<'_>, prefix_index: u16) -> Result<Catchment, Unsolved> {
    check_size(&situation)?;
    let policy = Policy::new(situation, prefix_index);
    if !policy.is_regular() {
        return Ok(fixpoint::iterate(&policy, Order::Ascending)?);
    }
    // Once only: packing the graph costs more than the sweep.
    let mut bucket = Bucket::new(situation.world);
    bucket.solve(&policy)?;
    Ok(bucket.catchment)
}

fn check_size(situation: &Situation<'_>) -> Result<(), Unsolved> {
    let limit = INDEX_MAX as usize;
    let routers = situation.world.router_count();
    let sites = situation.service.sites.len();
    if routers > limit {
        return Err(Unsolved::TooLarge { count: routers, what: "routers" });
    }
    if sites > limit {
        return Err(Unsolved::TooLarge { count: sites, what: "sites" });
    }
    Ok(())
}

/// A small change of the question. Sites, routers and sessions are indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A site stops announcing.
    Withdraw(u32),
    /// A site announces again.
    Announce(u32),
    /// A site says something else on a session, or nothing special (`None`). With
    /// [`catchment_model::service::Reach::Listed`], `None` takes the session out.
    Say {
        /// The site.
        site: u32,
        /// The session, from a router of its AS.
        session: u32,
        /// What it says.
        announcement: Option<Announcement>,
    },
    /// A link goes down or up.
    Link {
        /// One router.
        a: u32,
        /// The other.
        b: u32,
        /// Whether it is up afterwards.
        up: bool,
    },
    /// The router of a session prepends on it; 0 for no more.
    Prepend {
        /// The session.
        session: u32,
        /// How often.
        count: u8,
    },
    /// The router of a session stops or starts exporting over it.
    Close {
        /// The session.
        session: u32,
        /// Whether it is closed afterwards.
        closed: bool,
    },
    /// An AS gives a neighbor's routes another LOCAL_PREF, or the one of their class (`None`).
    LocalPref {
        /// The AS, by index.
        as_index: u32,
        /// The neighbor.
        neighbor: Asn,
        /// The LOCAL_PREF.
        local_pref: Option<u32>,
    },
}

/// A solved prefix that can be changed a little at a time, and changed back.
#[derive(Debug, Clone)]
pub struct Solver<'w> {
    question: Question<'w>,
    body: Body,
    undo: Vec<Undo>,
    tie_scratch: TieScratch,
    tie_sets: TieSets,
}

/// What a solver was asked, as it stands after its changes.
#[derive(Debug, Clone)]
struct Question<'w> {
    world: &'w World,
    overlay: Overlay,
    service: Service,
    rules: Rules,
    seed: u64,
    prefix_index: u16,
}

impl Question<'_> {
    fn situation(&self) -> Situation<'_> {
        let Question { world, overlay, service, rules, seed, .. } = self;
        Situation { world, overlay, service, rules, seed: *seed }
    }
}

#[derive(Debug, Clone)]
enum Body {
    Packed(Box<Packed>),
    Bucket(Box<Bucket>),
    /// A scenario that only iteration can solve: every change is a fresh solve.
    Fixpoint(Catchment),
}

/// How to take back one change.
#[derive(Debug, Clone)]
struct Undo {
    inverse: Change,
    state: UndoState,
}

#[derive(Debug, Clone)]
enum UndoState {
    Packed(PackedLog),
    Bucket(Log),
    Whole(Body),
}

impl<'w> Solver<'w> {
    /// Solves, and keeps what is needed to change the question.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn new(situation: Situation<'w>, prefix_index: u16) -> Result<Solver<'w>, Unsolved> {
        check_size(&situation)?;
        let body = fresh_body(situation, prefix_index)?;
        let question = Question {
            world: situation.world,
            overlay: situation.overlay.clone(),
            service: situation.service.clone(),
            rules: situation.rules.clone(),
            seed: situation.seed,
            prefix_index,
        };
        Ok(Solver {
            question,
            body,
            undo: Vec::new(),
            tie_scratch: TieScratch::default(),
            tie_sets: TieSets::default(),
        })
    }

    /// Whether changes are worked in, rather than solved from nothing.
    pub(crate) fn resolves_in_place(&self) -> bool {
        match self.body {
            Body::Packed(_) | Body::Bucket(_) => !self.question.world.has_islands(),
            Body::Fixpoint(_) => false,
        }
    }

    /// The answer as it stands.
    pub fn catchment(&self) -> &Catchment {
        catchment_of(&self.body)
    }

    /// Lets exactly the sites for which `active` is true announce, and solves from nothing: for
    /// sweeps over many sets of sites. What was changed before can no longer be undone.
    ///
    /// # Errors
    /// As [`solve`]; the sites are chosen all the same, and the answer is the one before.
    pub fn choose_sites(&mut self, active: impl Fn(u32) -> bool) -> Result<(), Unsolved> {
        for (site, spec) in self.question.service.sites.iter_mut().enumerate() {
            spec.active = active(site as u32);
        }
        self.undo.clear();
        if let Body::Packed(packed) = &mut self.body {
            packed
                .choose(|site| announces(&self.question.service, site, self.question.prefix_index));
            packed.solve();
            return Ok(());
        }
        let situation = self.question.situation();
        let policy = Policy::new(situation, self.question.prefix_index);
        if let Body::Bucket(bucket) = &mut self.body
            && policy.is_regular()
        {
            return Ok(bucket.solve(&policy)?);
        }
        self.body = fresh_body(situation, self.question.prefix_index)?;
        Ok(())
    }

    /// For each router the set of sites that it could reach over tied routes; see [`Ties`] for
    /// how likely each is.
    pub fn tie_sets(&mut self) -> &TieSets {
        let found = match &self.body {
            Body::Packed(packed) => packed.tie_sets(&mut self.tie_scratch, &mut self.tie_sets),
            _ => false,
        };
        if !found {
            let ties = Ties::new(self.situation(), self.question.prefix_index, self.catchment());
            self.tie_sets = TieSets::from_ties(&ties, self.question.service.sites.len());
        }
        &self.tie_sets
    }

    /// How many sessions (in one direction) the last solve from nothing looked at; 0 where only
    /// iteration can solve. For benches, to compare times across worlds.
    pub fn touched_sessions(&self) -> u64 {
        match &self.body {
            Body::Packed(packed) => packed.touched_sessions(),
            Body::Bucket(bucket) => bucket.touched_sessions,
            Body::Fixpoint(_) => 0,
        }
    }

    /// The question as it stands.
    pub fn situation(&self) -> Situation<'_> {
        self.question.situation()
    }

    /// Changes the question and brings the answer up to date, touching only routers whose best
    /// route can change. Returns those whose best route (class, length, neighbor or site) is
    /// another now, ascending.
    ///
    /// # Errors
    /// If the routing does not settle any more; the change is then taken back.
    ///
    /// # Panics
    /// If the change names a site or session that does not exist.
    pub fn resolve(&mut self, change: &Change) -> Result<Vec<u32>, Unsolved> {
        let inverse = self.apply(change);
        let situation = self.question.situation();
        if let Body::Packed(packed) = &mut self.body
            && let Change::Withdraw(site) | Change::Announce(site) = change
        {
            let active = announces(&self.question.service, *site, self.question.prefix_index);
            let log = packed.set_active(*site, active);
            let changed = log.changed(packed.catchment());
            self.undo.push(Undo { inverse, state: UndoState::Packed(log) });
            return Ok(changed);
        }
        if let Body::Bucket(bucket) = &mut self.body
            && !self.question.world.has_islands()
        {
            let policy = Policy::new(situation, self.question.prefix_index);
            if policy.is_regular() {
                let heard_by = heard_by(self.question.world, &self.question.service, change);
                let (log, settled) = bucket.update(&policy, heard_by);
                if let Err(oscillation) = settled {
                    bucket.undo(log);
                    self.apply(&inverse);
                    return Err(oscillation.into());
                }
                let changed = log.changed(&bucket.catchment);
                self.undo.push(Undo { inverse, state: UndoState::Bucket(log) });
                return Ok(changed);
            }
        }
        match fresh_body(situation, self.question.prefix_index) {
            Ok(body) => {
                let old = std::mem::replace(&mut self.body, body);
                let before = catchment_of(&old);
                let after = self.catchment();
                let differs =
                    |router: &u32| before.words[*router as usize] != after.words[*router as usize];
                let changed =
                    (0..self.question.world.router_count() as u32).filter(differs).collect();
                self.undo.push(Undo { inverse, state: UndoState::Whole(old) });
                Ok(changed)
            }
            Err(error) => {
                self.apply(&inverse);
                Err(error)
            }
        }
    }

    /// Takes back the last change that was not taken back yet. Returns whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(Undo { inverse, state }) = self.undo.pop() else { return false };
        self.apply(&inverse);
        match (state, &mut self.body) {
            (UndoState::Packed(log), Body::Packed(packed)) => packed.undo(log),
            (UndoState::Bucket(log), Body::Bucket(bucket)) => bucket.undo(log),
            (UndoState::Whole(old), body) => *body = old,
            _ => unreachable!("a log is taken back by the body that wrote it"),
        }
        true
    }

    /// Writes a change into the question, and returns the change that takes it back.
    fn apply(&mut self, change: &Change) -> Change {
        match change {
            Change::Withdraw(site) | Change::Announce(site) => {
                let active = matches!(change, Change::Announce(_));
                let slot = &mut self.question.service.sites[*site as usize].active;
                match std::mem::replace(slot, active) {
                    true => Change::Announce(*site),
                    false => Change::Withdraw(*site),
                }
            }
            Change::Say { site, session, announcement } => {
                let said = &mut self.question.service.sites[*site as usize].announcements;
                let old = match announcement {
                    Some(announcement) => said.insert(*session, announcement.clone()),
                    None => said.remove(session),
                };
                Change::Say { site: *site, session: *session, announcement: old }
            }
            Change::Link { a, b, up } => {
                let changed = self.question.overlay.set_link(*a, *b, *up);
                Change::Link { a: *a, b: *b, up: *up != changed }
            }
            Change::Prepend { session, count } => {
                let old = match count {
                    0 => self.question.overlay.prepends.remove(session),
                    _ => self.question.overlay.prepends.insert(*session, *count),
                };
                Change::Prepend { session: *session, count: old.unwrap_or(0) }
            }
            Change::Close { session, closed } => {
                let changed = match closed {
                    true => self.question.overlay.closed.insert(*session),
                    false => self.question.overlay.closed.remove(session),
                };
                Change::Close { session: *session, closed: *closed != changed }
            }
            Change::LocalPref { as_index, neighbor, local_pref } => {
                let key = (*as_index, *neighbor);
                let old = match local_pref {
                    Some(local_pref) => self.question.overlay.local_prefs.insert(key, *local_pref),
                    None => self.question.overlay.local_prefs.remove(&key),
                };
                Change::LocalPref { as_index: *as_index, neighbor: *neighbor, local_pref: old }
            }
        }
    }
}

fn catchment_of(body: &Body) -> &Catchment {
    match body {
        Body::Packed(packed) => packed.catchment(),
        Body::Bucket(bucket) => &bucket.catchment,
        Body::Fixpoint(catchment) => catchment,
    }
}

fn announces(service: &Service, site: u32, prefix_index: u16) -> bool {
    let site = &service.sites[site as usize];
    site.active && site.prefixes.contains(&prefix_index)
}

fn fresh_body(situation: Situation<'_>, prefix_index: u16) -> Result<Body, Unsolved> {
    let policy = Policy::new(situation, prefix_index);
    if !policy.is_regular() {
        return Ok(Body::Fixpoint(fixpoint::iterate(&policy, Order::Ascending)?));
    }
    if policy.is_plain()
        && let Some(mut packed) = Packed::new(situation, prefix_index)
    {
        packed.solve();
        return Ok(Body::Packed(Box::new(packed)));
    }
    let mut bucket = Bucket::new(situation.world);
    bucket.solve(&policy)?;
    Ok(Body::Bucket(Box::new(bucket)))
}

/// ASes that hear of a change directly. Communities act one AS further: the neighbor's own route
/// may stay as it is, but not what it tells.
fn heard_by(world: &World, service: &Service, change: &Change) -> Vec<u32> {
    let as_of = |router: u32| world.router_as[router as usize];
    let receiver = |session: u32| as_of(world.neighbors[session as usize]);
    let neighbors = |as_index: u32| {
        world.routers_of(as_index).flat_map(|router| world.sessions(router)).map(receiver)
    };
    let mut ases = match change {
        Change::Withdraw(site) | Change::Announce(site) => {
            // The neighbors too: another site of the AS may go on, and say something else.
            let origin = as_of(service.sites[*site as usize].router);
            let has_communities = |said: &Announcement| !said.communities.is_empty();
            let of_origin = |site: &&Site| as_of(site.router) == origin;
            let mut ases: Vec<u32> = neighbors(origin).chain([origin]).collect();
            if service
                .sites
                .iter()
                .filter(of_origin)
                .any(|site| site.announcements.values().any(has_communities))
            {
                let further: Vec<u32> =
                    ases.iter().flat_map(|as_index| neighbors(*as_index)).collect();
                ases.extend(further);
            }
            ases
        }
        Change::Say { session, .. } => {
            let receiver = receiver(*session);
            neighbors(receiver).chain([receiver]).collect()
        }
        Change::Prepend { session, .. } | Change::Close { session, .. } => vec![receiver(*session)],
        Change::Link { a, b, .. } => vec![as_of(*a), as_of(*b)],
        Change::LocalPref { as_index, .. } => vec![*as_index],
    };
    ases.sort_unstable();
    ases.dedup();
    ases
}
