//! A course without the world that it runs in, to go on from later: at t = 0, when the sites have
//! been announced and nothing has happened yet, for runs of other events; or at its end, for
//! whoever has a question to the routers.
//!
//! Nothing in a start-up comes from a schedule. Events lie at t = 0 or later, so that until then
//! the only steps are the announcements; draws are keyed by occurrences, and there is none.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::schedule::Occurrence;
use catchment_model::{Overlay, Service};
use catchment_routing::{Policy, Situation};

use super::{
    ANNOUNCED_APART_US, Course, Notice, SiteChange, SiteState, Step, WireChange, announcements,
};
use crate::engine::adjacency::Adjacency;
use crate::engine::{EngineState, Transcript};
use crate::script::Script;

/// All that a course owns, but for its steps that are still to come.
#[derive(Debug, Clone)]
pub(crate) struct KeptCourse {
    engine: EngineState,
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
}

impl KeptCourse {
    /// Keeps a course between two steps.
    pub(crate) fn of(course: Course<'_>) -> KeptCourse {
        let steps = course.steps_done();
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
            steps: _,
            step_count: _,
            site_changes,
            wire_changes,
            notices,
        } = course;
        KeptCourse {
            engine: EngineState::of(engine),
            overlay,
            service,
            sites,
            cut,
            shut,
            given,
            steps,
            site_changes,
            wire_changes,
            notices,
        }
    }

    /// The course as it was, with no step to come. The situation must be the one that it ran in:
    /// see [`crate::prelude`].
    pub(crate) fn revive<'a>(
        self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
    ) -> Course<'a> {
        let Situation { world, rules, seed, .. } = script.situation;
        Course {
            world,
            adjacency,
            rules,
            schedule: script.schedule,
            seed,
            prefix,
            engine: self.engine.revive(script.situation, adjacency),
            overlay: self.overlay,
            service: self.service,
            sites: self.sites,
            cut: self.cut,
            shut: self.shut,
            given: self.given,
            steps: BTreeMap::new(),
            step_count: self.steps,
            site_changes: self.site_changes,
            wire_changes: self.wire_changes,
            notices: self.notices,
        }
    }

    /// Bytes that it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.engine.bytes()
    }
}

/// The start-up of one prefix, done.
#[derive(Debug, Clone)]
pub(crate) struct StartUp {
    course: KeptCourse,
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
        let is_event = |(step, _): &(Step, u32)| matches!(step, Step::Occurrence(_));
        assert!(course.steps.values().all(is_event), "only events follow the start-up");
        StartUp { course: KeptCourse::of(course.clone()), transcript }
    }

    /// Lets a course that goes on from here see every change of the best routes of the routers that
    /// it watches, until t = 0. Answers whether that was taken down.
    pub(crate) fn recount(&self, course: &mut Course<'_>, watched: &BTreeSet<u32>) -> bool {
        let Some(transcript) = &self.transcript else { return false };
        let Course { world, rules, seed, prefix, .. } = *course;
        let (mut service, overlay) = (course.service.clone(), course.overlay.clone());
        let announced = announcements(&service, ANNOUNCED_APART_US);
        announced.iter().for_each(|(_, site)| service.sites[*site as usize].active = false);
        let mut reading = course.engine.begin_reading(transcript, watched);
        let mut read = |service: &Service, end_us: i64| {
            let situation = Situation { world, overlay: &overlay, service, rules, seed };
            let policy = Policy::new(situation, prefix);
            course.engine.read_on(&policy, &mut reading, end_us);
        };
        for (at_us, site) in announced {
            // Who is asked at the same instant knows of it.
            read(&service, at_us);
            service.sites[site as usize].active = true;
        }
        read(&service, i64::MAX);
        course.engine.end_reading(reading);
        true
    }

    /// A course at t = 0 with the events of a script before it. The situation must be the one that
    /// the start-up was made in: see [`crate::prelude`].
    pub(crate) fn resume<'a>(
        &self,
        script: &Script<'a>,
        adjacency: &'a Adjacency,
        prefix: u16,
    ) -> Course<'a> {
        let mut course = self.course.clone().revive(script, adjacency, prefix);
        // Events are known before announcements.
        let announced = std::mem::take(&mut course.step_count);
        course.expect_events();
        course.step_count += announced;
        course
    }

    /// Bytes that it holds, about.
    pub(crate) fn bytes(&self) -> usize {
        self.course.bytes() + self.transcript.as_ref().map_or(0, Transcript::bytes)
    }
}
