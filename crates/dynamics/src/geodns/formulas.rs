//! GeoDNS failover in closed form (models 4.3, 7.4): what the simulation must agree with on
//! average, for people who want the number and not the run.
//!
//! Times are seconds since the failure. The formulas assume a name that is always cached and
//! caches whose remaining times to live are spread evenly.

/// How long a health check takes to notice (models 2.2, 4.3): `(fall − 1)·i + U(0, i) + timeout`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// At least, in s.
    pub min_s: f64,
    /// On average, in s.
    pub mean_s: f64,
    /// At most, in s.
    pub max_s: f64,
}

/// The time until a site is taken out of the answers. An interval of 0 stands for an ideal check,
/// which notices at once.
pub fn detection(interval_s: f64, fall: u32, timeout_s: f64) -> Detection {
    if interval_s == 0.0 {
        return Detection { min_s: 0.0, mean_s: 0.0, max_s: 0.0 };
    }
    let min_s = f64::from(fall.saturating_sub(1)) * interval_s + timeout_s;
    Detection { min_s, mean_s: min_s + interval_s / 2.0, max_s: min_s + interval_s }
}

/// The share of clients that are still sent to the dead site `t_s` after its failure:
/// F(t) of models 4.3. `stretch_share` of the resolvers use `stretched_ttl_s` for their TTL.
pub fn still_on_dead_site(
    t_s: f64,
    detection_s: f64,
    ttl_s: f64,
    stretch_share: f64,
    stretched_ttl_s: f64,
) -> f64 {
    if t_s < detection_s {
        return 1.0;
    }
    let left = |ttl_s: f64| match ttl_s > 0.0 {
        true => (1.0 - (t_s - detection_s) / ttl_s).max(0.0),
        false => 0.0,
    };
    (1.0 - stretch_share) * left(ttl_s) + stretch_share * left(stretched_ttl_s)
}

/// The mean outage of clients whose resolvers keep to the TTL, in s: D + TTL/2.
pub fn outage_mean_s(detection_mean_s: f64, ttl_s: f64) -> f64 {
    detection_mean_s + ttl_s / 2.0
}

/// The longest outage of clients whose resolvers keep to the TTL, in s: D + TTL. The answer hands
/// out the remaining TTL, so a chain of honest caches never exceeds it (models 4.2).
pub fn outage_max_honest_s(detection_max_s: f64, ttl_s: f64) -> f64 {
    detection_max_s + ttl_s
}

/// F(t) of few resolvers, where the share falls in steps: each entry is the share of clients that
/// one resolver has, and the TTL in s that it still holds when the site is taken out. All clients
/// of a resolver switch at the same instant (models 4.2).
pub fn still_after_steps(t_s: f64, detection_s: f64, resolvers: &[(f64, f64)]) -> f64 {
    let waits = |remaining_s: f64| t_s < detection_s + remaining_s;
    resolvers.iter().filter(|(_, remaining_s)| waits(*remaining_s)).map(|(share, _)| share).sum()
}

/// The share of clients at their best site under hybrid steering, if DNS names the right region
/// for `dns_right` of them, BGP picks the right site there for `bgp_right`, the two err
/// independently, and no site of a wrong region is ever best (models 7.4).
pub fn hybrid_optimal(dns_right: f64, bgp_right: f64) -> f64 {
    dns_right * bgp_right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 5e-5, "{value} is not {expected}");
    }

    #[test]
    fn t4_1_thirty_seconds_three_times() {
        let found = detection(30.0, 3, 0.0);
        assert_eq!(found, Detection { min_s: 60.0, mean_s: 75.0, max_s: 90.0 });
        close(outage_mean_s(found.mean_s, 60.0), 105.0);
        close(outage_max_honest_s(found.max_s, 60.0), 150.0);
    }

    #[test]
    fn t4_2_share_still_on_the_dead_site() {
        close(still_on_dead_site(105.0, 75.0, 60.0, 0.0, 0.0), 0.5);
        close(still_on_dead_site(105.0, 75.0, 60.0, 0.0874, 3600.0), 0.5430);
        close(still_on_dead_site(74.9, 75.0, 60.0, 0.0874, 3600.0), 1.0);
        close(still_on_dead_site(135.0, 75.0, 60.0, 0.0, 0.0), 0.0);
        close(still_on_dead_site(75.0, 75.0, 0.0, 0.0, 0.0), 0.0);
    }

    #[test]
    fn t4_3_ten_seconds_and_long_ttls() {
        let found = detection(10.0, 3, 0.0);
        close(found.mean_s, 25.0);
        close(outage_mean_s(found.mean_s, 60.0), 55.0);
        close(outage_max_honest_s(found.max_s, 60.0), 90.0);
        let found = detection(30.0, 3, 0.0);
        close(outage_mean_s(found.mean_s, 300.0), 225.0);
        close(outage_max_honest_s(found.max_s, 300.0), 390.0);
    }

    #[test]
    fn t4_4_two_resolvers_switch_in_steps() {
        let resolvers = [(0.7, 10.0), (0.3, 40.0)];
        let still = |t_s: f64| still_after_steps(t_s, 75.0, &resolvers);
        for (t_s, expected) in [(0.0, 1.0), (84.9, 1.0), (85.0, 0.3), (114.9, 0.3), (115.0, 0.0)] {
            close(still(t_s), expected);
        }
    }

    #[test]
    fn t7_4_errors_of_both_stages_multiply() {
        close(hybrid_optimal(0.9, 0.95), 0.855);
    }

    #[test]
    fn an_ideal_check_notices_at_once() {
        assert_eq!(detection(0.0, 3, 4.0).max_s, 0.0);
    }
}
