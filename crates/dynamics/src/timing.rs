//! How long things take: the closed forms of models 2.2 to 2.7, and the defaults of real routers.
//!
//! Nothing here draws or keeps state. A delay that depends on chance takes `u`, a value of U(0, 1)
//! that its caller drew; at `u = 0` a failure comes just after a sign of life. The event engine
//! asks here; [`crate::damping`] has what routes remember.

use catchment_model::Rules;
use catchment_model::rules::{Role, VendorProfile};
use catchment_model::scenario::FailureKind;

/// Microseconds in a second.
const SECOND_US: i64 = 1_000_000;

/// Time in which a router sees its own interface go down (models 2.3, fast external failover with
/// some carrier delay), in µs.
pub const INTERFACE_DETECTION_US: i64 = 10_000;

/// Shortest hold time but 0, in µs (RFC 4271 §4.2).
pub const HOLD_US_MIN: i64 = 3 * SECOND_US;

/// BGP timers of one router, all in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timers {
    /// Between two of its keepalives, if its own hold time is agreed on; 0 sends none.
    pub keepalive_us: i64,
    /// Silence after which it gives a neighbor up; 0 never does.
    pub hold_us: i64,
    /// Longest wait until it tries a lost session again; the wait is U(0, 1) of it.
    pub connect_retry_us: i64,
    /// Between two announcements of a prefix over an eBGP session; 0 for no wait.
    pub mrai_ebgp_us: i64,
    /// The same over an iBGP session.
    pub mrai_ibgp_us: i64,
}

impl Timers {
    /// Defaults of a vendor (models 2.4).
    ///
    /// Where that table gives a range or several releases: Junos retries after 20 to 32 s, here
    /// 26; Cisco holds back iBGP for 5 s in old releases, here 0; FRR is its traditional profile.
    /// BIRD and GoBGP do not implement MRAI, whatever their configuration says.
    pub const fn of_vendor(profile: VendorProfile) -> Timers {
        // Keepalive, hold, connect retry, MRAI over eBGP, over iBGP; in seconds.
        let [keepalive, hold, retry, ebgp, ibgp] = match profile {
            VendorProfile::Rfc => [30, 90, 120, 30, 5],
            VendorProfile::Cisco => [60, 180, 120, 30, 0],
            VendorProfile::Junos => [30, 90, 26, 0, 0],
            VendorProfile::Frr => [60, 180, 30, 0, 0],
            VendorProfile::Bird => [80, 240, 120, 0, 0],
            VendorProfile::Gobgp => [30, 90, 120, 0, 0],
        };
        Timers {
            keepalive_us: keepalive * SECOND_US,
            hold_us: hold * SECOND_US,
            connect_retry_us: retry * SECOND_US,
            mrai_ebgp_us: ebgp * SECOND_US,
            mrai_ibgp_us: ibgp * SECOND_US,
        }
    }

    /// Timers of a router: what the rules set, else the defaults of its vendor. A hold time that
    /// is set without a keepalive interval brings a third of itself (RFC 4271 §4.4); one of less
    /// than 3 s becomes 3 s, as a neighbor would refuse it (RFC 4271 §6.2).
    pub fn of(rules: &Rules, role: Role) -> Timers {
        let vendor = Timers::of_vendor(rules.profile(role));
        let hold_us = rules.hold.map_or(vendor.hold_us, |hold| match hold.us {
            0 => 0,
            us => us.max(HOLD_US_MIN),
        });
        let keepalive_us = match (rules.keepalive, rules.hold) {
            (Some(keepalive), _) => keepalive.us,
            (None, Some(_)) => hold_us / 3,
            (None, None) => vendor.keepalive_us,
        };
        Timers {
            keepalive_us,
            hold_us,
            connect_retry_us: rules.connect_retry.map_or(vendor.connect_retry_us, |it| it.us),
            mrai_ebgp_us: rules.mrai_ebgp.map_or(vendor.mrai_ebgp_us, |it| it.us),
            mrai_ibgp_us: rules.mrai_ibgp.map_or(vendor.mrai_ibgp_us, |it| it.us),
        }
    }

    /// What a session between two routers agrees on (RFC 4271 §4.2), as the first of them needs it
    /// to notice the silence of the second: the lower hold time, 0 if either wants none, and the
    /// keepalive interval of the silent one, at most a third of that.
    pub fn agree(&self, silent: &Timers) -> Hold {
        let hold_us = self.hold_us.min(silent.hold_us);
        // One that sends no keepalives of its own accord still has to, to keep the session up.
        let wanted = if silent.keepalive_us == 0 { hold_us / 3 } else { silent.keepalive_us };
        Hold { hold_us, keepalive_us: wanted.min(hold_us / 3) }
    }
}

/// Hold time of a session and the keepalives that it waits for, in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Agreed hold time; 0 if the session never expires.
    pub hold_us: i64,
    /// Between two keepalives of the watched side.
    pub keepalive_us: i64,
}

/// Least and most of a delay, both in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayRange {
    /// Not reached for hold timers, whose range is open below.
    pub min_us: i64,
    /// The longest.
    pub max_us: i64,
}

impl DelayRange {
    /// A delay without chance.
    pub const fn exactly(us: i64) -> DelayRange {
        DelayRange { min_us: us, max_us: us }
    }

    /// The mean of a delay that is uniform over the range.
    pub const fn mean_us(self) -> i64 {
        self.min_us.midpoint(self.max_us)
    }

    /// The range of this delay and a fixed one after it.
    #[must_use]
    pub const fn and_then(self, us: i64) -> DelayRange {
        DelayRange { min_us: self.min_us + us, max_us: self.max_us + us }
    }
}

/// `u` of a span, rounded to the microsecond.
fn part_us(span_us: i64, u: f64) -> i64 {
    libm::round(span_us as f64 * u) as i64
}

/// Range of [`hold_detection_us`]: (H − K, H] (models 2.3).
pub const fn hold_range(hold_us: i64, keepalive_us: i64) -> DelayRange {
    DelayRange { min_us: hold_us - keepalive_us, max_us: hold_us }
}

/// Time from a silent death to the expiry of the hold timer: H less the age of the last keepalive
/// (models 2.3). Not for a hold time of 0, which never expires.
pub fn hold_detection_us(hold_us: i64, keepalive_us: i64, u: f64) -> i64 {
    hold_us - part_us(keepalive_us, u)
}

/// How long a peer may keep our TCP window closed before its session is given up (RFC 9687),
/// in µs.
pub fn send_hold_us(hold_us: i64) -> i64 {
    (480 * SECOND_US).max(2 * hold_us)
}

/// What one system says about itself in BFD (RFC 5880 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bfd {
    /// Desired Min TX Interval, in µs.
    pub min_tx_us: i64,
    /// Required Min RX Interval, in µs.
    pub min_rx_us: i64,
    /// Detect Mult.
    pub multiplier: u32,
}

impl Bfd {
    /// Defaults of the vendors that have any (models 2.4).
    pub const fn of_vendor(profile: VendorProfile) -> Option<Bfd> {
        let (min_tx_ms, min_rx_ms, multiplier) = match profile {
            VendorProfile::Junos | VendorProfile::Frr => (300, 300, 3),
            VendorProfile::Bird => (100, 10, 5),
            VendorProfile::Rfc | VendorProfile::Cisco | VendorProfile::Gobgp => return None,
        };
        Some(Bfd { min_tx_us: min_tx_ms * 1_000, min_rx_us: min_rx_ms * 1_000, multiplier })
    }

    /// What the rules say that all routers use.
    pub fn of(rules: &Rules) -> Bfd {
        let interval_us = rules.bfd_interval.us;
        Bfd { min_tx_us: interval_us, min_rx_us: interval_us, multiplier: rules.bfd_multiplier }
    }

    /// Between two packets from `remote` to us (RFC 5880 §6.8.2), in µs.
    pub fn interval_us(&self, remote: &Bfd) -> i64 {
        self.min_rx_us.max(remote.min_tx_us)
    }

    /// Silence of `remote` after which we give it up (RFC 5880 §6.8.4), in µs: the remote
    /// multiplier times the interval.
    pub fn detection_us(&self, remote: &Bfd) -> i64 {
        i64::from(remote.multiplier) * self.interval_us(remote)
    }
}

/// Range of [`bfd_detection_us`].
pub const fn bfd_range(interval_us: i64, multiplier: u32) -> DelayRange {
    let max_us = interval_us * multiplier as i64;
    DelayRange { min_us: max_us - interval_us, max_us }
}

/// Time from a death to its detection by BFD: the detection time less the age of the last packet
/// (design section 6). We leave out the jitter of RFC 5880 §6.8.7, which shortens it a little.
pub fn bfd_detection_us(interval_us: i64, multiplier: u32, u: f64) -> i64 {
    interval_us * i64::from(multiplier) - part_us(interval_us, u)
}

/// Range of [`health_check_us`].
pub const fn health_check_range(interval_us: i64, fall: u32, timeout_us: i64) -> DelayRange {
    let min_us = (fall as i64 - 1) * interval_us + timeout_us;
    DelayRange { min_us, max_us: min_us + interval_us }
}

/// Time from a death to the last of `fall` failed checks (models 2.2 and 4.3): the rest of an
/// interval, `fall` − 1 more, and the time until the last one counts as failed. `fall` is at
/// least 1.
pub fn health_check_us(interval_us: i64, fall: u32, timeout_us: i64, u: f64) -> i64 {
    (i64::from(fall) - 1) * interval_us + part_us(interval_us, u) + timeout_us
}

/// Time from a site's failure until its neighbor, or the site itself, acts on it (the table of
/// design section 6); `None` if nobody ever does. `hold` is that of the session, as the neighbor
/// sees it. A drain acts at once: its withdrawal comes `gshut_wait` later.
pub fn detection_us(how: FailureKind, hold: Hold, rules: &Rules, u: f64) -> Option<i64> {
    match how {
        FailureKind::Withdraw | FailureKind::Drain | FailureKind::Unannounced => Some(0),
        FailureKind::Interface => Some(INTERFACE_DETECTION_US),
        FailureKind::Bfd => Some(bfd_detection_us(rules.bfd_interval.us, rules.bfd_multiplier, u)),
        FailureKind::HoldTimer if hold.hold_us == 0 => None,
        FailureKind::HoldTimer => Some(hold_detection_us(hold.hold_us, hold.keepalive_us, u)),
        FailureKind::HealthCheck => Some(health_check_us(rules.hc_interval.us, rules.fall, 0, u)),
        FailureKind::Silent => None,
    }
}

/// Time from the return of a site until it announces again, where its own health check decides
/// (models 2.2): `rise` good checks, the first at a uniform instant, and the wait after them.
pub fn rise_us(rules: &Rules, u: f64) -> i64 {
    health_check_us(rules.hc_interval.us, rules.rise, 0, u) + rules.hold_up.us
}

/// Time until a lost session is up again, from the moment it could be (models 2.4).
pub fn reconnect_us(connect_retry_us: i64, u: f64) -> i64 {
    part_us(connect_retry_us, u)
}

/// One interval of an MRAI timer with its jitter (RFC 4271 §10): the factor is U(`jitter`, 1).
pub fn mrai_us(mrai_us: i64, jitter: f64, u: f64) -> i64 {
    part_us(mrai_us, 1.0 - (1.0 - jitter) * u)
}

/// A neighbor that keeps the routes of a restarting router (RFC 4724 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Helper {
    /// Longest time that it keeps them, in µs.
    pub restart_us: i64,
    /// The N-bit (RFC 8538): whether it does so after its hold timer has expired too.
    pub notification: bool,
}

impl Helper {
    /// The helper that the rules ask for, if any.
    pub fn of(rules: &Rules) -> Option<Helper> {
        let restart_us = rules.restart_time.us;
        rules.gr_helper.then_some(Helper { restart_us, notification: rules.gr_notification })
    }

    /// How long it keeps the routes of a session that ended so, in µs, from the end of the
    /// session; 0 if it drops them at once. `back_us`: when a new session is up, if ever.
    pub fn keeps_us(&self, end: SessionEnd, back_us: Option<i64>) -> i64 {
        let keeps = match end {
            SessionEnd::Reset => true,
            SessionEnd::Silence => self.notification,
        };
        let restart_us = if keeps { self.restart_us } else { 0 };
        restart_us.min(back_us.unwrap_or(i64::MAX))
    }
}

/// How a session ends whose router is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// TCP reset, without a NOTIFICATION.
    Reset,
    /// The hold timer expires.
    Silence,
}

/// How long a dead site's catchment is lost at a neighbor (models 2.3, T2.2): from the death of
/// control and data plane until the neighbor drops the route, if no new session comes up.
pub fn outage_range(end: SessionEnd, hold: Hold, helper: Option<Helper>) -> DelayRange {
    let detection = match end {
        SessionEnd::Reset => DelayRange::exactly(0),
        SessionEnd::Silence => hold_range(hold.hold_us, hold.keepalive_us),
    };
    detection.and_then(helper.map_or(0, |it| it.keeps_us(end, None)))
}

/// Time from a decision to a flat forwarding table (models 2.6), in µs: a base, and all prefixes
/// before ours at `rate` writes a second. `position` is the number of those; `rate` is at least 1.
pub fn flat_fib_us(base_us: i64, position: f64, rate: f64) -> i64 {
    base_us + libm::round(position / rate * 1e6) as i64
}

/// The quick model of convergence (models 2.7), where the event engine costs too much: of `hops`
/// routers on the way, each holds the news back with probability `q` for U(0, M), with M the
/// MRAI times U(`jitter`, 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuickModel {
    /// AS hops between the failed site's upstream and the client's AS, 1 to 8.
    pub hops: u32,
    /// Share of hops with a running timer, 0 to 1.
    pub q: f64,
    /// MRAI of those hops, in µs.
    pub mrai_us: i64,
    /// Lower end of the factor on it, above 0 and up to 1.
    pub jitter: f64,
}

impl QuickModel {
    /// As the rules say; the timers that run are those of RFC 4271 unless `mrai_ebgp` is set.
    pub fn of(rules: &Rules) -> QuickModel {
        QuickModel {
            hops: rules.hops,
            q: rules.q_mrai,
            mrai_us: rules.mrai_ebgp.map_or(30 * SECOND_US, |it| it.us),
            jitter: rules.mrai_jitter,
        }
    }

    /// Mean of all waits together, in µs.
    pub fn wait_mean_us(&self) -> f64 {
        let interval_mean_us = self.mrai_us as f64 * (1.0 + self.jitter) / 2.0;
        f64::from(self.hops) * self.q * interval_mean_us / 2.0
    }

    /// P(ΣW ≤ `bound_us`), where the closed form holds: up to the shortest possible interval,
    /// 22.5 s of a 30 s timer. Beyond that `None`.
    pub fn wait_within(&self, bound_us: i64) -> Option<f64> {
        if bound_us < 0 {
            return Some(0.0);
        }
        if self.mrai_us == 0 || self.q == 0.0 {
            return Some(1.0);
        }
        if bound_us as f64 > self.mrai_us as f64 * self.jitter {
            return None;
        }
        // Density of one wait below that bound: E(1/M), the `a` of models 2.7.
        let spread = self.mrai_us as f64 * (1.0 - self.jitter);
        let density = if self.jitter == 1.0 {
            1.0 / self.mrai_us as f64
        } else {
            libm::log(1.0 / self.jitter) / spread
        };
        // k waits in an order fill a simplex: (a x)^k / k!. Binomial weights step from k to k + 1.
        let (mut sum, mut simplex) = (0.0, 1.0);
        for k in 0..=self.hops {
            sum += self.binomial(k) * simplex;
            simplex *= density * bound_us as f64 / f64::from(k + 1);
        }
        Some(sum)
    }

    /// P(total ≤ `bound_us`), with `fixed_us` for detection, propagation and FIB together
    /// (models 2.7, T2.5). `None` where [`Self::wait_within`] has none.
    pub fn total_within(&self, bound_us: i64, fixed_us: i64) -> Option<f64> {
        self.wait_within(bound_us - fixed_us)
    }

    /// Probability that just `k` of the hops hold back.
    fn binomial(&self, k: u32) -> f64 {
        let ways = (0..k).fold(1.0, |ways, i| ways * f64::from(self.hops - i) / f64::from(i + 1));
        ways * libm::pow(self.q, f64::from(k)) * libm::pow(1.0 - self.q, f64::from(self.hops - k))
    }
}

#[cfg(test)]
mod tests {
    use catchment_model::Duration;

    use super::*;

    const S: i64 = SECOND_US;
    const MS: i64 = 1_000;

    fn hold_of(profile: VendorProfile) -> Hold {
        let timers = Timers::of_vendor(profile);
        timers.agree(&timers)
    }

    /// Range and mean, in seconds.
    fn seconds(range: DelayRange) -> (f64, f64, f64) {
        let s = |us: i64| us as f64 / 1e6;
        (s(range.min_us), s(range.max_us), s(range.mean_us()))
    }

    #[test]
    fn t2_1_health_check() {
        assert_eq!(seconds(health_check_range(S, 3, 0)), (2.0, 3.0, 2.5));
        assert_eq!(health_check_us(S, 3, 0, 0.0), 2 * S);
        assert_eq!(health_check_us(S, 3, 0, 0.5), 2_500 * MS);
        assert_eq!(health_check_us(S, 3, 4 * S, 1.0), 7 * S);
    }

    #[test]
    fn t2_2_graceful_restart() {
        let hold = hold_of(VendorProfile::Rfc);
        let helper = |notification| Some(Helper { restart_us: 120 * S, notification });
        let range = |end, helper| {
            let (min, max, _) = seconds(outage_range(end, hold, helper));
            (min, max)
        };
        assert_eq!(range(SessionEnd::Silence, helper(true)), (180.0, 210.0));
        assert_eq!(range(SessionEnd::Silence, helper(false)), (60.0, 90.0));
        assert_eq!(range(SessionEnd::Silence, None), (60.0, 90.0));
        assert_eq!(range(SessionEnd::Reset, helper(true)), (120.0, 120.0));
        assert_eq!(range(SessionEnd::Reset, helper(false)), (120.0, 120.0));
        assert_eq!(range(SessionEnd::Reset, None), (0.0, 0.0));
        // A router that is back earlier ends it earlier.
        assert_eq!(helper(true).unwrap().keeps_us(SessionEnd::Reset, Some(5 * S)), 5 * S);
    }

    #[test]
    fn t2_3_hold() {
        let range = |hold: Hold| seconds(hold_range(hold.hold_us, hold.keepalive_us));
        assert_eq!(range(hold_of(VendorProfile::Rfc)), (60.0, 90.0, 75.0));
        assert_eq!(range(hold_of(VendorProfile::Cisco)), (120.0, 180.0, 150.0));
        assert_eq!(range(hold_of(VendorProfile::Bird)), (160.0, 240.0, 200.0));
        // FRR's datacenter profile, as a user would ask for it.
        let mut rules = Rules::default();
        (rules.hold, rules.keepalive) = (Some(Duration::from_s(9)), Some(Duration::from_s(3)));
        let datacenter = Timers::of(&rules, Role::Network);
        assert_eq!(range(datacenter.agree(&datacenter)), (6.0, 9.0, 7.5));

        let (bird, junos) = (VendorProfile::Bird, VendorProfile::Junos);
        let agreed = Timers::of_vendor(junos).agree(&Timers::of_vendor(bird));
        assert_eq!(agreed, Hold { hold_us: 90 * S, keepalive_us: 30 * S });
        assert_eq!(hold_detection_us(agreed.hold_us, agreed.keepalive_us, 0.25), 82_500 * MS);
    }

    #[test]
    fn a_hold_time_of_0_is_off_and_short_ones_are_refused() {
        let timers = |hold: i64| {
            let rules = Rules { hold: Some(Duration::from_s(hold)), ..Rules::default() };
            Timers::of(&rules, Role::Site)
        };
        let agreed = timers(0).agree(&timers(90));
        assert_eq!(agreed, Hold { hold_us: 0, keepalive_us: 0 });
        let detection = |how| detection_us(how, agreed, &Rules::default(), 0.5);
        assert_eq!(detection(FailureKind::HoldTimer), None);
        assert_eq!(detection(FailureKind::Silent), None);
        assert_eq!(detection(FailureKind::Interface), Some(10 * MS));
        assert_eq!(timers(1).hold_us, 3 * S);
        assert_eq!(send_hold_us(90 * S), 480 * S);
        assert_eq!(send_hold_us(300 * S), 600 * S);
    }

    #[test]
    fn t2_4_bfd() {
        let frr = Bfd::of_vendor(VendorProfile::Frr).unwrap();
        let bird = Bfd::of_vendor(VendorProfile::Bird).unwrap();
        assert_eq!(frr.detection_us(&frr), 900 * MS);
        assert_eq!(bird.detection_us(&bird), 500 * MS);
        assert_eq!(frr.detection_us(&bird), 1500 * MS);
        assert_eq!(bird.detection_us(&frr), 900 * MS);
        let tuned = |ms| Bfd { min_tx_us: ms * MS, min_rx_us: ms * MS, multiplier: 3 };
        assert_eq!(tuned(50).detection_us(&tuned(50)), 150 * MS);
        assert_eq!(tuned(100).detection_us(&tuned(100)), 300 * MS);
        assert_eq!(Bfd::of(&Rules::default()), frr);
        assert_eq!(seconds(bfd_range(300 * MS, 3)), (0.6, 0.9, 0.75));
        assert_eq!(bfd_detection_us(300 * MS, 3, 0.5), 750 * MS);
    }

    fn quick(q: f64) -> QuickModel {
        QuickModel { q, ..QuickModel::of(&Rules::default()) }
    }

    #[test]
    fn t2_5_bfd_shortens_detection_only() {
        let total = |q| quick(q).total_within(S, 200 * MS).unwrap();
        assert_eq!(format!("{:.4}", total(0.1)), "0.7365");
        assert_eq!(total(0.0), 1.0);
        assert_eq!(format!("{:.1e}", total(1.0)), "4.8e-6");
        assert_eq!(quick(0.1).total_within(100 * MS, 200 * MS), Some(0.0));
    }

    #[test]
    fn t2_9_flat_fib() {
        assert_eq!(flat_fib_us(0, 300_000.0, 15_000.0), 20 * S);
        assert_eq!(flat_fib_us(30 * MS, 0.0, 15_000.0), 30 * MS);
        // The last prefix of a full table: 66.7 s.
        assert_eq!(flat_fib_us(0, 1_000_000.0, 15_000.0), 66_666_667);
    }

    #[test]
    fn t2_10_quick_model() {
        let within = |q| format!("{:.4}", quick(q).wait_within(10 * S).unwrap());
        assert_eq!(within(0.1), "0.8242");
        assert_eq!(within(0.25), "0.5942");
        assert_eq!(within(1.0), "0.0094");
        let mean = |q| quick(q).wait_mean_us() / 1e6;
        assert_eq!(format!("{:.2}", mean(0.25)), "9.84");
        assert_eq!(format!("{:.1}", mean(1.0)), "39.4");
        assert_eq!(quick(0.1).wait_within(23 * S), None);
    }

    #[test]
    fn t2_10_agrees_with_draws() {
        use catchment_model::rng::draw;
        let model = quick(0.25);
        let count = 200_000;
        let within = (0..count).filter(|run: &u64| {
            let unit = |key| (draw(1, *run, key) >> 11) as f64 / 9_007_199_254_740_992.0;
            let waits = (0..u64::from(model.hops)).map(|hop| {
                if unit(3 * hop) >= model.q {
                    return 0;
                }
                let interval_us = mrai_us(model.mrai_us, model.jitter, unit(3 * hop + 1));
                reconnect_us(interval_us, unit(3 * hop + 2))
            });
            waits.sum::<i64>() <= 10 * S
        });
        let share = within.count() as f64 / count as f64;
        assert!((share - 0.5942).abs() < 0.004, "{share}");
    }

    #[test]
    fn rules_override_vendors() {
        let mut rules = Rules::default();
        let network = Timers::of(&rules, Role::Network);
        assert_eq!(network, Timers::of_vendor(VendorProfile::Cisco));
        assert_eq!(Timers::of(&rules, Role::Site), Timers::of_vendor(VendorProfile::Bird));
        rules.vendor_profile = Some(VendorProfile::Rfc);
        rules.mrai_ebgp = Some(Duration::from_s(0));
        rules.connect_retry = Some(Duration::from_s(5));
        rules.hold = Some(Duration::from_s(60));
        let timers = Timers::of(&rules, Role::Network);
        assert_eq!((timers.mrai_ebgp_us, timers.mrai_ibgp_us), (0, 5 * S));
        assert_eq!((timers.keepalive_us, timers.hold_us), (20 * S, 60 * S));
        assert_eq!(timers.connect_retry_us, 5 * S);
    }
}
