//! Random numbers that are the same on every machine: SplitMix64 as a function of a counter.
//!
//! A [`Stream`] belongs to one purpose and one subject ("the providers of AS 17"), so a change to
//! one step of a generator does not shift the numbers of the others. Not for cryptography.

use catchment_model::rng::{GOLDEN_GAMMA, mix};

/// A sequence of random numbers, fixed by seed, purpose and subject.
#[derive(Debug, Clone)]
pub struct Stream {
    key: u64,
    counter: u64,
}

impl Stream {
    /// The stream of `subject` (an index) for `purpose` (any constant) under `seed`.
    pub fn new(seed: u64, purpose: u64, subject: u64) -> Stream {
        let key = mix(seed.wrapping_add(GOLDEN_GAMMA));
        let key = mix(key ^ purpose.wrapping_mul(GOLDEN_GAMMA));
        Stream { key: mix(key.wrapping_add(subject.wrapping_mul(GOLDEN_GAMMA))), counter: 0 }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(GOLDEN_GAMMA);
        mix(self.key.wrapping_add(self.counter))
    }

    /// A number in `0..bound`, by multiplication; the bias is below `bound / 2^64`.
    ///
    /// # Panics
    ///
    /// When `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "no number lies below 0");
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// True `share` times in a million.
    pub fn chance_ppm(&mut self, share: u64) -> bool {
        self.below(1_000_000) < share
    }

    /// Index into `cumulative` (ascending partial sums), drawn by weight; `None` if they sum to 0.
    pub fn weighted(&mut self, cumulative: &[u64]) -> Option<usize> {
        let total = cumulative.last().copied().filter(|&total| total > 0)?;
        let point = self.below(total);
        Some(cumulative.partition_point(|&sum| sum <= point))
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;

    #[test]
    fn a_stream_is_fixed_by_its_three_keys() {
        let first = |seed, purpose, subject| Stream::new(seed, purpose, subject).bits();
        assert_eq!(first(1, 2, 3), first(1, 2, 3));
        assert_ne!(first(1, 2, 3), first(2, 2, 3));
        assert_ne!(first(1, 2, 3), first(1, 3, 3));
        assert_ne!(first(1, 2, 3), first(1, 2, 4));
    }

    #[test]
    fn weights_of_zero_are_never_drawn() {
        let mut stream = Stream::new(1, 0, 0);
        for _ in 0..1000 {
            assert_eq!(stream.weighted(&[0, 0, 5, 5]), Some(2));
        }
        assert_eq!(stream.weighted(&[0, 0]), None);
        assert_eq!(stream.weighted(&[]), None);
    }
}
