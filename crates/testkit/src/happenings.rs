//! Random things that happen to a random world, for tests of the event engine.

use std::collections::BTreeMap;

use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::Reach;
use catchment_model::{Duration, Rules};

use crate::random::{Case, Draws};

/// Up to twelve events within two minutes, some of them at one instant, ascending by time.
///
/// Nothing in them breaks what keeps classes settled in order, so that a case of a regular kind
/// still has one steady state afterwards (but for MEDs).
pub fn happenings(case: &Case, draws: &mut Draws) -> Vec<Occurrence> {
    let mut schedule: Vec<Occurrence> = Vec::new();
    let mut at_us = 0;
    for index in 0..draws.below(13) as u32 {
        // From one instant to the next, inside convergence, or long after it.
        at_us += *draws.pick(&[0, 0, 1, 3_000, 40_000, 700_000, 20_000_000, 120_000_000]);
        schedule.push(Occurrence {
            at: Duration { us: at_us },
            index,
            deed: deed(case, draws),
            label: String::new(),
        });
    }
    schedule
}

fn deed(case: &Case, draws: &mut Draws) -> Deed {
    let site = draws.below(case.service.sites.len() as u64) as u32;
    let session_count = case.world.session_count() as u64;
    let kind = if session_count == 0 { draws.below(6) } else { draws.below(10) };
    match kind {
        0..=2 => Deed::Fail { site, how: draws.pick(&FailureKind::NAMES).1 },
        3..=5 => Deed::Restore { site },
        6 => {
            let session = draws.below(session_count) as u32;
            let from = case.world.router_of_session(session);
            let pairs = vec![(from, case.world.neighbors[session as usize])];
            Deed::Link { pairs, up: draws.chance(60), wire: draws.chance(50) }
        }
        7 | 8 => {
            let mut session = || draws.below(session_count) as u32;
            let (prepended, closed) = (session(), session());
            Deed::Policy {
                local_prefs: Vec::new(),
                prepends: vec![(prepended, draws.below(3) as u8)],
                closed: vec![(closed, draws.chance(40))],
            }
        }
        _ => {
            let spec = &case.service.sites[site as usize];
            let mut announcements: BTreeMap<_, _> = spec.announcements.clone();
            for said in announcements.values_mut() {
                said.prepend = draws.below(3) as u8;
            }
            if spec.reach == Reach::Listed && draws.chance(30) {
                announcements.pop_first();
            }
            Deed::Announce { site, reach: spec.reach, announcements, opened: Vec::new() }
        }
    }
}

/// Random timers and habits that change when things happen, and not how they end.
pub fn pace(rules: &mut Rules, draws: &mut Draws) {
    let seconds = [Duration::from_s(0), Duration::from_s(5), Duration::from_s(30)];
    rules.mrai_ebgp = Some(*draws.pick(&seconds));
    rules.mrai_ibgp = Some(*draws.pick(&seconds));
    rules.mrai_busy = Some(*draws.pick(&[0.0, 0.3]));
    rules.wrate = draws.chance(30);
    rules.ssld = Some(draws.chance(50));
    rules.split_horizon = draws.chance(80);
    rules.connect_retry = Some(*draws.pick(&seconds));
    rules.gr_helper = draws.chance(30);
    rules.gr_notification = draws.chance(50);
    rules.proc_delay = Duration::from_ms(*draws.pick(&[0, 10, 200]));
    rules.link_delay = *draws.pick(&[None, None, Some(Duration::from_s(0))]);
}
