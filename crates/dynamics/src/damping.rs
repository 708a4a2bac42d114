//! Route-flap damping of one route of one peer (RFC 2439; models 2.5).
//!
//! Each flap adds to a penalty that halves every half-life. Above one line the route is not used,
//! and not again until the penalty is below another, lower one. Who damps, and which messages are
//! flaps, the event engine decides.

use catchment_model::Rules;

/// Penalty of a withdrawal (models 2.5, as in FRR).
pub const WITHDRAWAL_PENALTY: f64 = 1000.0;

/// Penalty of an announcement with other attributes than the one before. Announcing again after a
/// withdrawal costs nothing.
pub const CHANGE_PENALTY: f64 = 500.0;

/// What a peer did to its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flap {
    /// It withdrew it.
    Withdrawal,
    /// It announced it with other attributes.
    Change,
}

impl Flap {
    const fn penalty(self) -> f64 {
        match self {
            Flap::Withdrawal => WITHDRAWAL_PENALTY,
            Flap::Change => CHANGE_PENALTY,
        }
    }
}

/// What a router remembers of a route's past. Without a past: the default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Penalty {
    /// The figure at `at_us`; no unit.
    pub value: f64,
    /// When it was last changed, in µs.
    pub at_us: i64,
    /// Whether the route was suppressed then. Between the two lines only the past can tell.
    pub suppressed: bool,
}

/// Whether a route may be used, after a flap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether it may not.
    pub suppressed: bool,
    /// From when it may again if it does not flap any more, in µs; `None` if it may now.
    pub reuse_at_us: Option<i64>,
}

/// The settings of a router that damps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Damping {
    /// Time in which a penalty halves, in µs.
    half_us: f64,
    /// Penalty below which a route is used again.
    reuse: f64,
    /// Penalty above which it is suppressed.
    suppress: f64,
    /// Highest penalty: no route waits longer than the longest suppression.
    ceiling: f64,
}

impl Damping {
    /// As the rules say. If `rfd_max` is so short that the ceiling lies below `rfd_suppress`,
    /// nothing is ever suppressed; real routers have the same trap.
    pub fn new(rules: &Rules) -> Damping {
        let half_us = rules.rfd_half.us as f64;
        let reuse = f64::from(rules.rfd_reuse);
        Damping {
            half_us,
            reuse,
            suppress: f64::from(rules.rfd_suppress),
            ceiling: reuse * libm::exp2(rules.rfd_max.us as f64 / half_us),
        }
    }

    /// The highest penalty: reuse × 2^(max / half).
    pub fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// The penalty at a time, not before its last change.
    pub fn value_at(&self, penalty: &Penalty, now_us: i64) -> f64 {
        // What never flapped has no past, and a run begins before t = 0.
        if penalty.value == 0.0 {
            return 0.0;
        }
        assert!(now_us >= penalty.at_us, "a penalty was asked for its past");
        penalty.value * libm::exp2(-((now_us - penalty.at_us) as f64) / self.half_us)
    }

    /// Adds a flap and says what follows.
    pub fn penalise(&self, penalty: &mut Penalty, now_us: i64, flap: Flap) -> State {
        let before = self.is_suppressed(penalty, now_us);
        let value = (self.value_at(penalty, now_us) + flap.penalty()).min(self.ceiling);
        let suppressed = before || value > self.suppress;
        *penalty = Penalty { value, at_us: now_us, suppressed };
        State { suppressed, reuse_at_us: self.reuse_at_us(penalty) }
    }

    /// Whether the route may not be used at a time, not before its last flap.
    pub fn is_suppressed(&self, penalty: &Penalty, now_us: i64) -> bool {
        self.reuse_at_us(penalty).is_some_and(|reuse_at_us| now_us < reuse_at_us)
    }

    /// From when a suppressed route may be used again, in µs: the first microsecond in which its
    /// penalty is below the line. `None` if it was not suppressed.
    pub fn reuse_at_us(&self, penalty: &Penalty) -> Option<i64> {
        if !penalty.suppressed {
            return None;
        }
        let halvings = libm::log2(penalty.value / self.reuse).max(0.0);
        Some(penalty.at_us + libm::floor(halvings * self.half_us) as i64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use catchment_model::Duration;
    use catchment_model::rng::draw;

    use super::*;

    const S: i64 = 1_000_000;

    #[test]
    fn routes_flap_before_the_start_too() {
        let damping = Damping::new(&Rules::default());
        let mut penalty = Penalty::default();
        damping.penalise(&mut penalty, -240 * S, Flap::Withdrawal);
        assert_eq!((penalty.value, penalty.at_us), (1000.0, -240 * S));
        assert!(damping.value_at(&penalty, 0) < 1000.0);
    }

    /// Three withdrawals, two minutes apart: the penalties and what follows from the last.
    fn three(damping: &Damping) -> (String, State, Penalty) {
        let mut penalty = Penalty::default();
        let mut values = Vec::new();
        let mut state = None;
        for at_s in [0, 120, 240] {
            let so_far = damping.penalise(&mut penalty, at_s * S, Flap::Withdrawal);
            values.push(format!("{:.2}", penalty.value));
            assert_eq!(so_far.suppressed, so_far.reuse_at_us.is_some());
            assert!(at_s == 240 || !so_far.suppressed);
            state = Some(so_far);
        }
        (values.join(" "), state.unwrap(), penalty)
    }

    #[test]
    fn t2_8_three_withdrawals() {
        let damping = Damping::new(&Rules::default());
        assert_eq!(format!("{:.0}", damping.ceiling()), "12000");
        let (values, state, penalty) = three(&damping);
        assert_eq!(values, "1000.00 1911.72 2742.96");
        assert!(state.suppressed);
        let reuse_at_us = state.reuse_at_us.unwrap();
        assert_eq!(format!("{:.1}", (reuse_at_us - 240 * S) as f64 / 1e6), "1683.7");
        assert!(damping.is_suppressed(&penalty, reuse_at_us - 1));
        assert!(!damping.is_suppressed(&penalty, reuse_at_us));

        let junos = Damping::new(&Rules { rfd_suppress: 3000, ..Rules::default() });
        let (values, state, _) = three(&junos);
        assert_eq!(values, "1000.00 1911.72 2742.96");
        assert_eq!(state, State { suppressed: false, reuse_at_us: None });
    }

    #[test]
    fn between_the_lines_the_past_decides() {
        let damping = Damping::new(&Rules::default());
        let (_, state, mut penalty) = three(&damping);
        // Half-way down, at about 1 400: suppressed still, and a small flap prolongs it.
        let state_then = damping.penalise(&mut penalty, 1_140 * S, Flap::Change);
        assert!((750.0..2000.0).contains(&penalty.value), "{}", penalty.value);
        assert!(state_then.reuse_at_us > state.reuse_at_us);
        // The same figure without that past.
        let fresh = Penalty { suppressed: false, ..penalty };
        assert!(!damping.is_suppressed(&fresh, 1_141 * S));
        // Once used again, it takes the upper line to suppress it once more.
        let after_us = state_then.reuse_at_us.unwrap();
        assert!(!damping.penalise(&mut penalty, after_us, Flap::Change).suppressed);
    }

    #[test]
    fn penalties_are_bounded_and_no_route_waits_longer_than_the_longest() {
        for seed in 0..200 {
            let rules = Rules {
                rfd_half: Duration::from_s(60 + (draw(seed, 0, 0) % 2_640) as i64),
                rfd_max: Duration::from_s(3_000 + (draw(seed, 0, 1) % 9_000) as i64),
                ..Rules::default()
            };
            let damping = Damping::new(&rules);
            let (mut penalty, mut now_us) = (Penalty::default(), 0);
            for step in 0..100 {
                now_us += (draw(seed, 1, step) % 300_000_000) as i64;
                let before = damping.value_at(&penalty, now_us);
                let flap = [Flap::Withdrawal, Flap::Change][(draw(seed, 2, step) % 2) as usize];
                let state = damping.penalise(&mut penalty, now_us, flap);
                assert!(penalty.value >= before, "seed {seed}: a flap lowered the penalty");
                assert!(penalty.value <= damping.ceiling(), "seed {seed}: above the ceiling");
                let wait_us = state.reuse_at_us.map_or(0, |at_us| at_us - now_us);
                assert!(wait_us <= rules.rfd_max.us + 1, "seed {seed}: waits {wait_us} µs");
                let later = damping.value_at(&penalty, now_us + S);
                assert!(later < penalty.value, "seed {seed}: no decay");
            }
        }
    }
}
