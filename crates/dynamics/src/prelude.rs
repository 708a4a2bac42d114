//! What runs on one network have in common, whatever happens in them: who talks to whom, and how
//! things stand at t = 0. Kept, it spares the next run the start-up, which takes longer than most
//! events.
//!
//! A prelude belongs to one [`Situation`], and knows it again: whoever gives it another gets the
//! same answers, only later. Nothing in it depends on the schedule, on how clients are steered or
//! on how much they ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catchment_model::rng::mix;
use catchment_model::schedule::Occurrence;
use catchment_model::{Overlay, Rules, Service, World};
use catchment_routing::Situation;

use crate::agenda::kept::{KeptCourse, StartUp};
use crate::agenda::{ANNOUNCED_APART_US, Course};
use crate::engine::adjacency::Adjacency;
use crate::play::{Unfinished, Watch, drive};
use crate::script::Script;

/// A prelude that holds more bytes takes no more in: what is not kept is played again. Some
/// prefixes on an Internet.
const ROOM: usize = 384 << 20;

/// A situation to know again.
#[derive(Debug, Clone, PartialEq)]
struct Identity {
    world: [u64; 2],
    overlay: Overlay,
    service: Service,
    rules: Rules,
    seed: u64,
}

/// Who talks to whom in a situation, and the start-ups of the prefixes that were played there.
/// Clones share what they hold.
#[derive(Debug, Clone)]
pub struct Prelude {
    identity: Arc<Identity>,
    adjacency: Arc<Adjacency>,
    start_ups: BTreeMap<u16, Arc<StartUp>>,
    /// How the last run ended, with its schedule, by prefix: whoever measures it asks the routers
    /// once more, and takes it.
    ends: BTreeMap<u16, (Vec<Occurrence>, KeptCourse)>,
}

impl Prelude {
    /// That of a situation in which nothing was played yet.
    pub fn new(situation: Situation<'_>) -> Prelude {
        let Situation { world, overlay, service, rules, seed } = situation;
        let identity = Identity {
            world: fingerprint(world),
            overlay: overlay.clone(),
            service: service.clone(),
            rules: rules.clone(),
            seed,
        };
        Prelude {
            identity: Arc::new(identity),
            adjacency: Arc::new(Adjacency::new(world, rules)),
            start_ups: BTreeMap::new(),
            ends: BTreeMap::new(),
        }
    }

    /// Whether this is the prelude of a situation.
    pub fn fits(&self, situation: Situation<'_>) -> bool {
        let Situation { world, overlay, service, rules, seed } = situation;
        let identity = &*self.identity;
        identity.seed == seed
            && identity.rules == *rules
            && identity.overlay == *overlay
            && identity.service == *service
            && identity.world == fingerprint(world)
    }

    /// Whether two preludes are of one situation.
    pub fn is_of_one_situation_with(&self, other: &Prelude) -> bool {
        Arc::ptr_eq(&self.identity, &other.identity) || self.identity == other.identity
    }

    /// Takes over the start-ups that another prelude of the same situation knows.
    ///
    /// # Panics
    /// If it is of another situation.
    pub fn learn(&mut self, other: &Prelude) {
        assert!(self.is_of_one_situation_with(other), "start-ups stay in their situation");
        for (prefix, start_up) in &other.start_ups {
            self.start_ups.entry(*prefix).or_insert_with(|| Arc::clone(start_up));
        }
    }

    /// Who talks to whom.
    pub fn adjacency(&self) -> &Arc<Adjacency> {
        &self.adjacency
    }

    /// How many prefixes have been started up.
    pub fn start_ups(&self) -> usize {
        self.start_ups.len()
    }

    /// Bytes that it holds, about.
    pub fn bytes(&self) -> usize {
        let of_start_ups = self.start_ups.values().map(|start_up| start_up.bytes());
        let of_ends = self.ends.values().map(|(_, end)| end.bytes());
        self.adjacency.bytes() + of_start_ups.chain(of_ends).sum::<usize>()
    }

    /// A course at t = 0, before the events of that instant.
    ///
    /// # Errors
    /// If the start-up does not settle, or the watch says so.
    pub(crate) fn start<'a>(
        &self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
        watch: Watch<'_>,
    ) -> Result<Course<'a>, Unfinished> {
        match self.start_ups.get(&prefix).filter(|_| StartUp::precedes(script.schedule)) {
            Some(start_up) => Ok(start_up.resume(script, adjacency, prefix)),
            None => start_up(script, adjacency, prefix, watch),
        }
    }

    /// The same, and keeps it for the next time if there is room.
    ///
    /// # Errors
    /// If the start-up does not settle, or the watch says so.
    pub(crate) fn start_and_keep<'a>(
        &mut self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
        watch: Watch<'_>,
    ) -> Result<Course<'a>, Unfinished> {
        if self.start_ups.contains_key(&prefix)
            || !StartUp::precedes(script.schedule)
            || !self.has_room()
        {
            return self.start(script, adjacency, prefix, watch);
        }
        let mut course = Course::new(script, adjacency, prefix);
        course.announce(ANNOUNCED_APART_US);
        course.engine.take_down(course.next_step_us().unwrap_or(0));
        drive(&mut course, -1, watch)?;
        let transcript = course.engine.take_transcript();
        self.start_ups.insert(prefix, Arc::new(StartUp::of(&course, transcript)));
        Ok(course)
    }

    /// Keeps a course that has come to its end, if there is room.
    pub(crate) fn keep_end(&mut self, course: Course<'_>) {
        let (prefix, schedule) = (course.prefix(), course.schedule().to_vec());
        self.ends.remove(&prefix);
        if self.has_room() {
            self.ends.insert(prefix, (schedule, KeptCourse::of(course)));
        }
    }

    fn has_room(&self) -> bool {
        self.bytes() < ROOM
    }

    /// Takes the end of the last run out, if that was a run of this script.
    pub(crate) fn take_end<'a>(
        &mut self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
    ) -> Option<Course<'a>> {
        let (schedule, _) = self.ends.get(&prefix)?;
        if schedule != script.schedule {
            return None;
        }
        let (_, end) = self.ends.remove(&prefix)?;
        Some(end.revive(script, adjacency, prefix))
    }

    /// The same for other runs, without the end of the last.
    pub fn for_others(&self) -> Prelude {
        let Prelude { identity, adjacency, start_ups, ends: _ } = self;
        let (identity, adjacency) = (Arc::clone(identity), Arc::clone(adjacency));
        Prelude { identity, adjacency, start_ups: start_ups.clone(), ends: BTreeMap::new() }
    }

    /// A course at t = 0 that watches some routers, and has watched them all the while; `None` if
    /// what they did until then is not known.
    pub(crate) fn start_watching<'a>(
        &self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
        watched: &BTreeSet<u32>,
    ) -> Option<Course<'a>> {
        let start_up =
            self.start_ups.get(&prefix).filter(|_| StartUp::precedes(script.schedule))?;
        let mut course = start_up.resume(script, adjacency, prefix);
        course.engine.watch(watched.clone());
        start_up.recount(&mut course, watched).then_some(course)
    }
}

/// Announces all sites, and waits until t = 0.
pub(crate) fn start_up<'a>(
    script: &Script<'a>,
    adjacency: &'a Adjacency,
    prefix: u16,
    watch: Watch<'_>,
) -> Result<Course<'a>, Unfinished> {
    let mut course = Course::new(script, adjacency, prefix);
    course.announce(ANNOUNCED_APART_US);
    drive(&mut course, -1, watch)?;
    Ok(course)
}

/// A hash of all in a world that decides routes, or how long messages take: not of names and
/// demand.
fn fingerprint(world: &World) -> [u64; 2] {
    let mut lanes = [0x6361_7463_686d_656e, 0x7072_656c_7564_6521];
    let mut put = |word: u64| {
        lanes[0] = mix(lanes[0] ^ word);
        lanes[1] = mix(lanes[1].rotate_left(23).wrapping_add(word));
    };
    let arrays = [
        &world.first_router,
        &world.router_as,
        &world.router_places,
        &world.router_ids,
        &world.rows,
        &world.neighbors,
    ];
    for numbers in arrays {
        put(numbers.len() as u64);
        for pair in numbers.chunks(2) {
            put(u64::from(pair[0]) << 32 | u64::from(pair.get(1).copied().unwrap_or(0)));
        }
    }
    put(world.asns.len() as u64);
    world.asns.iter().for_each(|asn| put(u64::from(asn.0)));
    put(world.places.len() as u64);
    for place in &world.places {
        put(place.at.lat.to_bits());
        put(place.at.lon.to_bits());
    }
    lanes
}
