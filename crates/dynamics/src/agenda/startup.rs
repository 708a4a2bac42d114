//! A course at t = 0, when the sites have been announced and nothing has happened yet, without the
//! world that it runs in: runs of other events go on from there.
//!
//! Nothing in it comes from a schedule. Events lie at t = 0 or later, so that until then the only
//! steps are the announcements; draws are keyed by occurrences, and there is none.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::schedule::Occurrence;
use catchment_model::{Overlay, Service};
use catchment_routing::{Policy, Situation};

use super::{
    ANNOUNCED_APART_US, Course, Notice, SiteChange, SiteState, Step, WireChange, announcements,
};
use crate::engine::adjacency::Adjacency;
use crate::engine::witness::Turn;
use crate::engine::{Engine, KeptEngine, Transcript};
use crate::script::Script;

/// The start-up of one prefix, done.
#[derive(Debug, Clone)]
pub(crate) struct StartUp {
    engine: KeptEngine,
    overlay: Overlay,
    service: Service,
    sites: Vec<SiteState>,
    cut: BTreeSet<(u32, u32)>,
    shut: BTreeSet<(u32, u32)>,
    given: BTreeSet<(u32, u32)>,
    /// Steps that were done.
    steps: u64,
    site_changes: Vec<SiteChange>,
    wire_changes: Vec<WireChange>,
    notices: Vec<Notice>,
    /// What came in at whom, and what they made of it; none where routes are damped.
    transcript: Option<Transcript>,
}

impl StartUp {
    /// Whether runs of a schedule begin with a start-up that is over when the first event comes.
    pub(crate) fn precedes(schedule: &[Occurrence]) -> bool {
        schedule.first().is_none_or(|first| first.at.us >= 0)
    }

    /// Keeps a course that has come to t = 0, with what was taken down on the way.
    ///
    /// # Panics
    /// If something else than events is still to come.
    pub(crate) fn of(course: &Course<'_>, transcript: Option<Transcript>) -> StartUp {
        let Course {
            world: _,
            adjacency: _,
            rules: _,
            schedule: _,
            seed: _,
            prefix: _,
            engine,
            overlay,
            service,
            sites,
            cut,
            shut,
            given,
            steps,
            step_count: _,
            site_changes,
            wire_changes,
            notices,
        } = course;
        let is_event = |(step, _): &(Step, u32)| matches!(step, Step::Occurrence(_));
        assert!(steps.values().all(is_event), "only events follow the start-up");
        StartUp {
            engine: KeptEngine::of(engine),
            overlay: overlay.clone(),
            service: service.clone(),
            sites: sites.clone(),
            cut: cut.clone(),
            shut: shut.clone(),
            given: given.clone(),
            steps: course.steps_done(),
            site_changes: site_changes.clone(),
            wire_changes: wire_changes.clone(),
            notices: notices.clone(),
            transcript,
        }
    }

    /// Every change of the best routes of some routers until t = 0; `None` if that was not taken
    /// down. The situation must be the one that the start-up was made in.
    pub(crate) fn turns(
        &self,
        situation: Situation<'_>,
        adjacency: &Adjacency,
        prefix: u16,
        watched: &BTreeSet<u32>,
    ) -> Option<Vec<Turn>> {
        let transcript = self.transcript.as_ref()?;
        let mut engine = Engine::new(situation, adjacency);
        let mut reading = engine.begin_reading(transcript, self.engine.paths(), watched);
        let mut service = situation.service.clone();
        let announced = announcements(&service, ANNOUNCED_APART_US);
        announced.iter().for_each(|(_, site)| service.sites[*site as usize].active = false);
        let mut read = |service: &Service, end_us: i64| {
            let policy = Policy::new(Situation { service, ..situation }, prefix);
            engine.read_on(&policy, &mut reading, end_us);
        };
        for (at_us, site) in announced {
            // Who is asked at the same instant knows of it.
            read(&service, at_us);
            service.sites[site as usize].active = true;
        }
        read(&service, i64::MAX);
        Some(engine.take_turns())
    }

    /// A course at t = 0 with the events of a script before it. The situation must be the one that
    /// the start-up was made in: see [`crate::prelude`].
    pub(crate) fn resume<'a>(
        &self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
    ) -> Course<'a> {
        let Situation { world, rules, seed, .. } = script.situation;
        let mut course = Course {
            world,
            adjacency,
            rules,
            schedule: script.schedule,
            seed,
            prefix,
            engine: self.engine.revive(script.situation, adjacency),
            overlay: self.overlay.clone(),
            service: self.service.clone(),
            sites: self.sites.clone(),
            cut: self.cut.clone(),
            shut: self.shut.clone(),
            given: self.given.clone(),
            steps: BTreeMap::new(),
            step_count: 0,
            site_changes: self.site_changes.clone(),
            wire_changes: self.wire_changes.clone(),
            notices: self.notices.clone(),
        };
        course.expect_events();
        course.step_count += self.steps;
        course
    }

    /// Bytes that it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.engine.bytes() + self.transcript.as_ref().map_or(0, Transcript::bytes)
    }
}
