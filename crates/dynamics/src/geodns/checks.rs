//! Health checks: when the authoritative server takes a site out of its answers and puts it back
//! (models 4.3).
//!
//! The checkers are one: they agree at once, and what they find reaches all servers at once.

use catchment_model::Service;
use catchment_model::rng::fnv1a64;
use catchment_model::scenario::GeoDns;

use super::draws::{Draws, Purpose};
use crate::sites::{Lives, Phase};

/// A site leaves the answers or comes back to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// When, in µs.
    pub at_us: i64,
    /// The site.
    pub site: u32,
    /// Whether it may be answered from here on.
    pub offered: bool,
    /// The occurrence that led to it, by place in the schedule.
    pub cause: u32,
    /// When that occurred, in µs.
    pub since_us: i64,
}

/// Whether a site is among the answers before anything happens.
pub fn is_offered_at_start(lives: &Lives, site: u32) -> bool {
    let first = lives.of(site)[0];
    first.is_reachable() && !first.drained
}

/// All changes of what may be answered, ascending by (time, site).
///
/// - A failure is noticed `(fall − 1)·i + U(0, i) + timeout` later, a return `(fall − 1)·i +
///   U(0, i)` later: as many checks in a row must agree, but one that succeeds has no timeout to
///   wait for. Each is drawn by site and turn. An interval of 0 is an ideal check, which notices
///   both at once.
/// - What is over before it is noticed is never noticed.
/// - A drain acts on the answers at the instant, in both directions.
pub fn verdicts(lives: &Lives, service: &Service, geodns: &GeoDns, seed: u64) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (index, site) in (0..).zip(&service.sites) {
        let draws = Draws { seed, key: fnv1a64(site.name.as_str().as_bytes()) };
        let mut check = Check::new(geodns, draws, index, &lives.of(index)[0]);
        for pair in lives.of(index).windows(2) {
            check.meet(&pair[0], &pair[1], &mut verdicts);
        }
        check.finish_until(i64::MAX, &mut verdicts);
    }
    verdicts.sort_by_key(|verdict| (verdict.at_us, verdict.site));
    verdicts
}

/// The check of one site.
struct Check<'a> {
    geodns: &'a GeoDns,
    draws: Draws,
    site: u32,
    /// What the checks say.
    healthy: bool,
    /// What the operator says.
    drained: bool,
    /// What the checks will say, if nothing comes between.
    pending: Option<Pending>,
    /// How often the site has failed or returned.
    turns: u64,
}

/// A change that the checks are about to notice.
struct Pending {
    at_us: i64,
    cause: u32,
    since_us: i64,
}

impl<'a> Check<'a> {
    fn new(geodns: &'a GeoDns, draws: Draws, site: u32, first: &Phase) -> Check<'a> {
        let (healthy, drained) = (first.is_reachable(), first.drained);
        Check { geodns, draws, site, healthy, drained, pending: None, turns: 0 }
    }

    /// The site goes from one phase to the next.
    fn meet(&mut self, before: &Phase, phase: &Phase, verdicts: &mut Vec<Verdict>) {
        let now_us = phase.from_us;
        self.finish_until(now_us, verdicts);
        if before.is_reachable() != phase.is_reachable() {
            self.pending = (phase.is_reachable() != self.healthy).then(|| Pending {
                at_us: now_us + self.delay_us(phase.is_reachable()),
                cause: phase.cause,
                since_us: now_us,
            });
            self.turns += 1;
        }
        self.change(now_us, phase.cause, now_us, self.healthy, phase.drained, verdicts);
        // An ideal check has noticed already.
        self.finish_until(now_us, verdicts);
    }

    /// Lets the checks notice what they do up to a time.
    fn finish_until(&mut self, until_us: i64, verdicts: &mut Vec<Verdict>) {
        if let Some(Pending { at_us, cause, since_us }) =
            self.pending.take_if(|pending| pending.at_us <= until_us)
        {
            self.change(at_us, cause, since_us, !self.healthy, self.drained, verdicts);
        }
    }

    fn change(
        &mut self,
        at_us: i64,
        cause: u32,
        since_us: i64,
        healthy: bool,
        drained: bool,
        verdicts: &mut Vec<Verdict>,
    ) {
        let was_offered = self.healthy && !self.drained;
        (self.healthy, self.drained) = (healthy, drained);
        let (site, offered) = (self.site, healthy && !drained);
        if was_offered == offered {
            return;
        }
        // Two changes of one instant undo each other.
        if verdicts.last().is_some_and(|last| (last.at_us, last.site) == (at_us, site)) {
            verdicts.pop();
        } else {
            verdicts.push(Verdict { at_us, site, offered, cause, since_us });
        }
    }

    /// From a failure, or a return, until the checks notice it.
    fn delay_us(&self, returns: bool) -> i64 {
        let interval_us = self.geodns.check_interval.us;
        if interval_us == 0 {
            return 0;
        }
        let fall = i64::from(self.geodns.check_fall.max(1));
        let into_us = self.draws.unit_for(Purpose::Check, self.turns) * interval_us as f64;
        let timeout_us = if returns { 0 } else { self.geodns.check_timeout.us };
        (fall - 1) * interval_us + libm::floor(into_us) as i64 + timeout_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sites::tests::happenings;
    use catchment_model::scenario::FailureKind;
    use catchment_model::schedule::{Deed, Occurrence};
    use catchment_model::service::{Capacity, Reach, Site};
    use catchment_model::{Asn, Duration};
    use std::collections::BTreeMap;

    const S: i64 = 1_000_000;

    fn service(site_count: u32) -> Service {
        let site = |index: u32| Site {
            name: format!("s{index}").parse().unwrap(),
            asn: Asn(64500),
            router: 0,
            own_router: true,
            active: true,
            prefixes: vec![0],
            reach: Reach::Everyone,
            announcements: BTreeMap::new(),
            capacity: Capacity::default(),
            region: String::new(),
        };
        Service { sites: (0..site_count).map(site).collect(), ..Service::default() }
    }

    fn geodns(interval_s: i64, timeout_s: i64) -> GeoDns {
        GeoDns {
            check_interval: Duration::from_s(interval_s),
            check_timeout: Duration::from_s(timeout_s),
            ..GeoDns::default()
        }
    }

    /// Plays lines such as `100 silent` on one site, with three checks 10 s apart and a timeout of
    /// 5 s. Each verdict must come within so many seconds of the event that caused it.
    #[track_caller]
    fn check(text: &str, expected: &[(u32, bool, std::ops::Range<i64>)]) {
        let schedule = happenings(text);
        let service = service(1);
        let lives = Lives::new(&service, &schedule);
        for seed in 0..50 {
            let found = verdicts(&lives, &service, &geodns(10, 5), seed);
            assert_eq!(found.len(), expected.len(), "{found:?}");
            for (verdict, (cause, offered, within_s)) in found.iter().zip(expected) {
                assert_eq!((verdict.cause, verdict.offered), (*cause, *offered));
                assert_eq!(verdict.since_us, schedule[*cause as usize].at.us);
                let after_us = verdict.at_us - verdict.since_us;
                let within_us = within_s.start * S..within_s.end * S;
                assert!(within_us.contains(&after_us), "{after_us} µs is not in {within_s:?} s");
            }
        }
    }

    /// A failed check waits for its timeout, one that succeeds does not.
    const FALL: std::ops::Range<i64> = 25..35;
    const RISE: std::ops::Range<i64> = 20..30;
    const AT_ONCE: std::ops::Range<i64> = 0..1;

    #[test]
    fn failures_and_returns_are_noticed_after_as_many_checks() {
        for kind in ["silent", "withdraw", "bfd", "health-check", "unannounced"] {
            let text = format!("100 {kind}, 200 restore");
            check(&text, &[(0, false, FALL), (1, true, RISE)]);
        }
    }

    #[test]
    fn what_is_over_soon_is_never_noticed() {
        check("100 silent, 124 restore", &[]);
        check("100 silent, 124 restore, 125 silent", &[(2, false, FALL)]);
        // Back for less than the checks need: it stays out, and its next return counts.
        check(
            "100 silent, 200 restore, 215 silent, 300 restore",
            &[(0, false, FALL), (3, true, RISE)],
        );
    }

    #[test]
    fn a_drain_acts_at_once() {
        check("100 drain, 200 restore", &[(0, false, AT_ONCE), (1, true, AT_ONCE)]);
        // The operator is faster than the checks, which never get to notice.
        check("100 silent, 110 drain, 120 restore", &[(1, false, AT_ONCE), (2, true, AT_ONCE)]);
        // The checks notice behind the drain: the return takes them as long.
        check("100 silent, 110 drain, 200 restore", &[(1, false, AT_ONCE), (2, true, RISE)]);
        check("100 silent, 150 drain, 200 restore", &[(0, false, FALL), (2, true, RISE)]);
    }

    /// Fails `site_count` sites at 0 s and returns when each is taken out, in s.
    fn detections_s(site_count: u32, geodns: &GeoDns) -> Vec<f64> {
        let fail = |site| Occurrence {
            at: Duration::from_s(0),
            index: site,
            deed: Deed::Fail { site, how: FailureKind::Silent },
            label: String::new(),
        };
        let schedule: Vec<Occurrence> = (0..site_count).map(fail).collect();
        let service = service(site_count);
        let found = verdicts(&Lives::new(&service, &schedule), &service, geodns, 1);
        assert_eq!(found.len(), site_count as usize);
        found.iter().map(|verdict| verdict.at_us as f64 / 1e6).collect()
    }

    #[test]
    fn t4_1_detection_is_even_between_its_bounds() {
        let found = detections_s(3000, &geodns(30, 0));
        assert!(found.iter().all(|it| (60.0..90.0).contains(it)));
        let mean = found.iter().sum::<f64>() / 3000.0;
        // Three standard errors: 3 × 30/√12 / √3000 = 0.47.
        assert!((mean - 75.0).abs() < 0.47, "{mean}");
        let early = found.iter().filter(|it| **it < 67.5).count();
        assert!(early.abs_diff(750) < 72, "{early}");
    }

    #[test]
    fn an_ideal_check_notices_at_once() {
        assert_eq!(detections_s(2, &geodns(0, 5)), [0.0, 0.0]);
    }
}
