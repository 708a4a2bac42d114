//! Which sites live, and since when, as DNS and its health checks read it from the schedule.
//!
//! The engine, load, flows and outcomes follow the schedule themselves: each asks for something
//! else (sessions, attacks, open connections, marks), step by step.
//!
//! Only [`Deed::Fail`] and [`Deed::Restore`] speak of it. Failures add up until the site is
//! restored: a dead site that is drained stays dead. What the neighbors and the health checks
//! notice of it, and when, is not said here: see the table in design section 6.

use catchment_model::Service;
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};

use crate::delivery::NO_CAUSE;

/// What a site is like from one instant on, until its next phase begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    /// When it begins, in µs. The first phase of a site begins at `i64::MIN`.
    pub from_us: i64,
    /// The occurrence that began it, by place in the schedule, or [`NO_CAUSE`].
    pub cause: u32,
    /// The latest failure that has not been undone.
    pub failure: Option<FailureKind>,
    /// Whether the service is dead: packets that arrive are lost.
    pub dead: bool,
    /// Whether the site is out of the routing while its service may be fine.
    pub unannounced: bool,
    /// Whether its operator sends clients away. It serves those who still come.
    pub drained: bool,
}

impl Phase {
    /// Whether packets to an address that only this site has are answered: nobody else announces
    /// it, so without a route they never arrive.
    pub fn is_reachable(&self) -> bool {
        !self.dead && !self.unannounced
    }

    /// The same with a failure added.
    fn failed(self, how: FailureKind) -> Phase {
        let serves = matches!(how, FailureKind::Drain | FailureKind::Unannounced);
        Phase {
            failure: Some(how),
            dead: self.dead || !serves,
            unannounced: self.unannounced || how == FailureKind::Unannounced,
            drained: self.drained || how == FailureKind::Drain,
            ..self
        }
    }

    /// A site without a failure.
    fn sound(from_us: i64, cause: u32) -> Phase {
        let (dead, unannounced, drained) = (false, false, false);
        Phase { from_us, cause, failure: None, dead, unannounced, drained }
    }

    /// Whether both say the same of the site.
    fn says_the_same(&self, other: &Phase) -> bool {
        *self == Phase { from_us: self.from_us, cause: self.cause, ..*other }
    }
}

/// The phases of all sites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lives {
    /// For each site its phases, ascending by time and no two at one instant. Neighbors differ.
    phases: Vec<Vec<Phase>>,
}

impl Lives {
    /// Reads the schedule. A site that is not active begins as one that has withdrawn.
    ///
    /// # Panics
    /// If the schedule names a site that the service does not have.
    pub fn new(service: &Service, schedule: &[Occurrence]) -> Lives {
        let begin = |active: bool| {
            let sound = Phase::sound(i64::MIN, NO_CAUSE);
            vec![if active { sound } else { sound.failed(FailureKind::Withdraw) }]
        };
        let mut phases: Vec<Vec<Phase>> =
            service.sites.iter().map(|site| begin(site.active)).collect();
        for (cause, occurrence) in (0..).zip(schedule) {
            let (site, failure) = match occurrence.deed {
                Deed::Fail { site, how } => (site, Some(how)),
                Deed::Restore { site } => (site, None),
                _ => continue,
            };
            let of_site = &mut phases[site as usize];
            let last = of_site[of_site.len() - 1];
            let sound = Phase::sound(occurrence.at.us, cause);
            let next = match failure {
                Some(how) => Phase { from_us: sound.from_us, cause, ..last.failed(how) },
                None => sound,
            };
            if next.says_the_same(&last) {
                continue;
            }
            // Several deeds of one instant make one phase, or none if they undo each other.
            if last.from_us == next.from_us {
                of_site.pop();
            }
            if of_site.last().is_none_or(|before| !before.says_the_same(&next)) {
                of_site.push(next);
            }
        }
        Lives { phases }
    }

    /// The phases of a site, ascending by time.
    pub fn of(&self, site: u32) -> &[Phase] {
        &self.phases[site as usize]
    }

    /// The phase of a site at a time, the deeds of that instant done.
    pub fn at(&self, site: u32, at_us: i64) -> &Phase {
        let of_site = self.of(site);
        &of_site[of_site.partition_point(|phase| phase.from_us <= at_us) - 1]
    }

    /// Sites.
    pub fn site_count(&self) -> usize {
        self.phases.len()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use catchment_model::service::{Capacity, Reach, Site};
    use catchment_model::{Asn, Duration};
    use std::collections::BTreeMap;

    fn service(active: bool) -> Service {
        let site = Site {
            name: "a".parse().unwrap(),
            asn: Asn(64500),
            router: 0,
            own_router: true,
            active,
            prefixes: vec![0],
            reach: Reach::Everyone,
            announcements: BTreeMap::new(),
            capacity: Capacity::default(),
            region: String::new(),
        };
        Service { sites: vec![site], ..Service::default() }
    }

    /// What happens to the first site, from text such as `30 drain, 40 restore` (seconds).
    pub(crate) fn happenings(text: &str) -> Vec<Occurrence> {
        let occurrence = |(index, line): (u32, &str)| {
            let (at, word) = line.split_once(' ').unwrap();
            let how = FailureKind::NAMES.iter().find(|(name, _)| *name == word);
            let deed = match how {
                Some((_, how)) => Deed::Fail { site: 0, how: *how },
                None => Deed::Restore { site: 0 },
            };
            let at = Duration::from_s(at.parse().unwrap());
            Occurrence { at, index, deed, label: line.to_owned() }
        };
        (0..).zip(text.split(", ")).map(occurrence).collect()
    }

    /// Plays such a text.
    #[track_caller]
    fn check(active: bool, text: &str, expected: &str) {
        let schedule = happenings(text);
        let lives = Lives::new(&service(active), &schedule);
        let show = |phase: &Phase| {
            let flag = |on: bool, letter: &str| if on { letter.to_owned() } else { String::new() };
            let state = [
                flag(!phase.dead, "alive "),
                flag(phase.is_reachable(), "reachable "),
                flag(phase.drained, "drained "),
            ];
            format!("{} {}by {}", phase.from_us / 1_000_000, state.concat(), phase.cause)
        };
        let shown: Vec<String> = lives.of(0)[1..].iter().map(show).collect();
        assert_eq!(shown.join(", "), expected);
    }

    #[test]
    fn each_kind_has_its_effect() {
        check(true, "1 withdraw, 2 restore", "1 by 0, 2 alive reachable by 1");
        check(true, "1 drain, 2 restore", "1 alive reachable drained by 0, 2 alive reachable by 1");
        check(true, "1 unannounced", "1 alive by 0");
        for kind in ["interface", "bfd", "hold-timer", "health-check", "silent"] {
            check(true, &format!("1 {kind}"), "1 by 0");
        }
    }

    #[test]
    fn failures_add_up_until_the_site_is_restored() {
        check(true, "1 silent, 2 drain", "1 by 0, 2 drained by 1");
        check(true, "1 drain, 2 silent", "1 alive reachable drained by 0, 2 drained by 1");
        check(true, "1 unannounced, 2 drain, 3 restore", {
            "1 alive by 0, 2 alive drained by 1, 3 alive reachable by 2"
        });
    }

    #[test]
    fn what_changes_nothing_begins_no_phase() {
        check(true, "1 restore", "");
        check(true, "1 silent, 2 silent", "1 by 0");
        check(true, "1 silent, 1 restore", "");
        check(true, "1 silent, 5 restore, 5 drain", "1 by 0, 5 alive reachable drained by 2");
    }

    #[test]
    fn an_inactive_site_can_be_started() {
        check(false, "1 restore", "1 alive reachable by 0");
        check(false, "1 drain", "1 drained by 0");
    }
}
