//! Flows over equal routes (models 5.4): which of several ways the packets of a flow take.
//!
//! Flows are dealt into buckets, and at each router a bucket takes one of the ways. What is left of
//! the network for one bucket has one way on at each router, so the data plane is walked bucket by
//! bucket. A router deals its buckets evenly, each router in another order, as if it hashed with a
//! seed of its own.

use catchment_model::Rules;
use catchment_model::rng::draw;
use catchment_model::rules::Ecmp;

use crate::delivery::{Delivery, FateChange, Source, Stream};

/// Buckets where there are few sources: shares are then right to about a hundredth.
const BUCKETS: u32 = 64;
/// Buckets where there are many, whose shares even out among themselves.
const BUCKETS_MANY: u32 = 8;
/// Sources that are many.
const MANY: usize = 5_000;

mod stream {
    pub const WAY: u64 = 0x7761_7921;
    pub const DESTINATION: u64 = 0x6465_7374;
}

/// How flows are dealt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    mode: Ecmp,
    count: u32,
    seed: u64,
}

impl Buckets {
    /// As the rules say, for so many sources.
    pub fn new(rules: &Rules, seed: u64, sources: usize) -> Buckets {
        let count = match rules.ecmp {
            Ecmp::None => 1,
            _ if sources > MANY => BUCKETS_MANY,
            _ => BUCKETS,
        };
        Buckets { mode: rules.ecmp, count, seed }
    }

    /// One, where each router has one way on.
    pub(crate) fn one() -> Buckets {
        Buckets { mode: Ecmp::None, count: 1, seed: 0 }
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Which of `ways` equal ways each bucket takes at a router. As even as whole numbers allow.
    pub fn deal(&self, router: u32, ways: u32) -> Vec<u32> {
        let key = |bucket: u32| u64::from(router) << 32 | u64::from(bucket);
        let mut order: Vec<u32> = (0..self.count).collect();
        order.sort_by_key(|bucket| (draw(self.seed, stream::WAY, key(*bucket)), *bucket));
        let mut ways_of = vec![0; self.count as usize];
        for (place, bucket) in (0..).zip(order) {
            ways_of[bucket as usize] = place * ways / self.count;
        }
        ways_of
    }

    /// Which buckets a source's flows are in, and with which share. By destination, all packets of
    /// a client hash alike; else its flows (or packets) are in all buckets.
    fn of_source(&self, source: u32, router: u32) -> Vec<(u32, f64)> {
        match self.mode {
            Ecmp::None => vec![(0, 1.0)],
            Ecmp::PerDest => {
                let key = u64::from(source) << 32 | u64::from(router);
                let drawn = draw(self.seed, stream::DESTINATION, key) % u64::from(self.count);
                vec![(drawn as u32, 1.0)]
            }
            Ecmp::PerFlow | Ecmp::PerPacket => {
                (0..self.count).map(|bucket| (bucket, 1.0 / f64::from(self.count))).collect()
            }
        }
    }

    /// Puts together what becomes of each bucket's packets. `deliver` says it for one bucket, with
    /// one stream for each source, in order.
    pub fn deliver(
        &self,
        sources: Vec<Source>,
        mut deliver: impl FnMut(u32, Vec<Source>) -> Delivery,
    ) -> Delivery {
        if self.count == 1 {
            return deliver(0, sources);
        }
        let mut streams = Vec::new();
        // The stream of each source in each bucket.
        let mut index_of = vec![vec![None; sources.len()]; self.count as usize];
        for (source, spec) in (0..).zip(&sources) {
            for (bucket, share) in self.of_source(source, spec.router) {
                index_of[bucket as usize][source as usize] = Some(streams.len() as u32);
                streams.push(Stream { source, share });
            }
        }
        let mut start = vec![crate::delivery::Fate::NoRoute; streams.len()];
        let mut changes: Vec<FateChange> = Vec::new();
        let mut end_us = 0;
        for (bucket, index_of) in (0..).zip(&index_of) {
            if index_of.iter().all(Option::is_none) {
                continue;
            }
            let delivery = deliver(bucket, sources.clone());
            for (stream, fate) in index_of.iter().zip(&delivery.start) {
                if let Some(stream) = stream {
                    start[*stream as usize] = *fate;
                }
            }
            changes.extend(delivery.changes.iter().filter_map(|change| {
                let stream = index_of[change.stream as usize]?;
                Some(FateChange { stream, ..*change })
            }));
            end_us = end_us.max(delivery.end_us);
        }
        changes.sort_by_key(|change| (change.at_us, change.stream));
        Delivery { sources, streams, start, changes, end_us }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t5_4_buckets_are_dealt_evenly_and_differently() {
        let rules = Rules { ecmp: Ecmp::PerFlow, ..Rules::default() };
        let buckets = Buckets::new(&rules, 7, 17);
        for ways in 1..5 {
            let dealt = buckets.deal(3, ways);
            for way in 0..ways {
                let count = dealt.iter().filter(|it| **it == way).count() as u32;
                assert!(count.abs_diff(BUCKETS / ways) <= 1, "{ways}: {dealt:?}");
            }
        }
        assert_ne!(buckets.deal(3, 2), buckets.deal(4, 2));
        // At two routers in a row each pair of ways is taken.
        let pairs: std::collections::BTreeSet<_> =
            buckets.deal(3, 2).into_iter().zip(buckets.deal(4, 2)).collect();
        assert_eq!(pairs.len(), 4);
    }
}
