//! The draws of GeoDNS. Each belongs to a seed, a purpose and the name of its subject, so that one
//! more site or resolver does not change what is drawn for the others.

use catchment_model::rng::{draw, falls_in, normal, unit};

/// Keeps the purposes below apart from those of other crates.
const DNS: u64 = 0x646e_7300;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// How far a resolver is from its clients.
    ResolverDistance = 1,
    /// In which direction.
    ResolverBearing,
    /// Whether a resolver stretches TTLs.
    Stretches,
    /// How far it stretches them.
    StretchedTtl,
    /// Whether a resolver raises TTLs to a minimum.
    Raises,
    /// What remains of an entry's TTL at t = 0.
    FirstExpiry,
    /// The same for an entry that says "no answer".
    FirstNegativeExpiry,
    /// Which site a resolver gets, by weight.
    Weighted,
    /// When in its interval a health check meets a failure.
    Check,
}

/// The draws of one subject.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    /// Seed of the scenario.
    pub seed: u64,
    /// The subject.
    pub key: u64,
}

impl Draws {
    /// A number in [0, 1).
    pub fn unit(self, purpose: Purpose) -> f64 {
        unit(draw(self.seed, DNS | purpose as u64, self.key))
    }

    /// The same for an object of the subject, such as its second failure.
    pub fn unit_for(self, purpose: Purpose, object: u64) -> f64 {
        unit(draw(draw(self.seed, DNS | purpose as u64, self.key), 0, object))
    }

    /// Whether the subject belongs to the lower `share`.
    pub fn falls_in(self, purpose: Purpose, share: f64) -> bool {
        falls_in(share, self.seed, DNS | purpose as u64, self.key)
    }

    /// A lognormal number with this median and this standard deviation of its logarithm.
    pub fn lognormal(self, purpose: Purpose, median: f64, sigma: f64) -> f64 {
        let normal = normal(self.unit_for(purpose, 0), self.unit_for(purpose, 1));
        median * libm::exp(sigma * normal)
    }

    /// A time in (0, `span_us`], or 0 if the span is 0.
    pub fn time_within(self, purpose: Purpose, span_us: i64) -> i64 {
        let whole = libm::floor(self.unit(purpose) * span_us as f64) as i64;
        (whole + 1).min(span_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lognormal_has_its_median_and_spread() {
        let mut values: Vec<f64> = (0..20_000)
            .map(|key| Draws { seed: 3, key }.lognormal(Purpose::ResolverDistance, 260.0, 1.3))
            .collect();
        values.sort_by(f64::total_cmp);
        // One standard error of the median's logarithm is 1.25 × 1.3 / √20 000 = 0.012.
        assert!((250.0..270.0).contains(&values[10_000]), "{}", values[10_000]);
        // The upper quartile lies 0.6745 sigma above: 260 · e^0.877 = 625.
        assert!((595.0..655.0).contains(&values[15_000]), "{}", values[15_000]);
    }

    #[test]
    fn times_fill_their_span_and_never_are_zero() {
        let times = (0..1000).map(|key| Draws { seed: 1, key }.time_within(Purpose::Check, 3));
        let mut counts = [0; 4];
        times.for_each(|time| counts[time as usize] += 1);
        assert_eq!(counts[0], 0);
        assert!(counts[1..].iter().all(|count| (270..400).contains(count)), "{counts:?}");
        assert_eq!(Draws { seed: 1, key: 1 }.time_within(Purpose::Check, 0), 0);
    }
}
