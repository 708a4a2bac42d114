//! The event queue: a wheel of buckets for what comes soon, a heap for what comes late.
//!
//! Events are taken in order of (time, insertion). A heap for all of them would cost six times as
//! much: most events are messages that arrive within milliseconds, and a bucket of a wheel is
//! sorted once, when its time comes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Width of a bucket in µs. Delays of worlds without places are whole milliseconds, so that all
/// events of a bucket then have one time and need no sorting.
const BUCKET_US: i64 = 1_000;
/// Buckets of the wheel: about two seconds.
const BUCKETS: usize = 1 << 11;

/// Something that will happen at a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When, in µs.
    pub at_us: i64,
    /// The slot at which it happens.
    pub slot: u32,
    /// What arrives, or which kind of timer ends: see `engine`.
    pub word: u32,
    /// MRAI waits on the causal path, in µs.
    pub waited_us: u32,
    /// What it goes back to.
    pub cause: u32,
}

/// Events in order of (time, insertion).
#[derive(Debug, Clone)]
pub struct Queue {
    /// Bucket `b` of time is `wheel[b % BUCKETS]`, for the `BUCKETS` buckets from `current` on.
    wheel: Vec<Vec<Event>>,
    /// Emptied buffers: a bucket takes one when it gets its first event, so that there are as many
    /// as buckets that hold something at one time.
    spare: Vec<Vec<Event>>,
    /// Events in the wheel, the open bucket not counted.
    in_wheel: usize,
    /// The bucket that is open.
    current: i64,
    /// What was in the open bucket when it was opened, sorted.
    open: Vec<Event>,
    /// How much of it is done.
    done: usize,
    /// What was put into the open bucket, or before it, since. All of it came later than what is
    /// in `open`.
    late: BinaryHeap<Reverse<(i64, u64, Event)>>,
    /// What lies beyond the wheel.
    far: BinaryHeap<Reverse<(i64, u64, Event)>>,
    sequence: u64,
}

impl Queue {
    /// An empty queue.
    pub fn new() -> Queue {
        Queue {
            wheel: vec![Vec::new(); BUCKETS],
            spare: Vec::new(),
            in_wheel: 0,
            current: i64::MIN / (2 * BUCKET_US),
            open: Vec::new(),
            done: 0,
            late: BinaryHeap::new(),
            far: BinaryHeap::new(),
            sequence: 0,
        }
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event) {
        let bucket = event.at_us.div_euclid(BUCKET_US);
        let ahead = bucket - self.current;
        if ahead > 0 && ahead < BUCKETS as i64 {
            self.put(bucket, event);
            return;
        }
        self.sequence += 1;
        let entry = Reverse((event.at_us, self.sequence, event));
        if ahead <= 0 { self.late.push(entry) } else { self.far.push(entry) }
    }

    /// Puts an event into a bucket of the wheel.
    fn put(&mut self, bucket: i64, event: Event) {
        let bucket = &mut self.wheel[bucket as usize & (BUCKETS - 1)];
        if bucket.capacity() == 0 {
            *bucket = self.spare.pop().unwrap_or_default();
        }
        bucket.push(event);
        self.in_wheel += 1;
    }

    /// Takes the first event if it comes before `end_us`.
    pub fn pop_before(&mut self, end_us: i64) -> Option<Event> {
        loop {
            let opened = self.open.get(self.done);
            let late = self.late.peek().map(|Reverse((at_us, ..))| *at_us);
            let next = match (opened, late) {
                (Some(event), Some(late_us)) if late_us < event.at_us => Err(late_us),
                (Some(event), _) => Ok(*event),
                (None, Some(late_us)) => Err(late_us),
                (None, None) => {
                    if !self.open_next(end_us) {
                        return None;
                    }
                    continue;
                }
            };
            return match next {
                Ok(event) if event.at_us < end_us => {
                    self.done += 1;
                    Some(event)
                }
                Err(late_us) if late_us < end_us => {
                    let Reverse((_, _, event)) = self.late.pop().expect("it was seen");
                    Some(event)
                }
                _ => None,
            };
        }
    }

    /// The event so many places behind the next, if that is in the open bucket.
    pub fn ahead(&self, places: usize) -> Option<&Event> {
        self.open.get(self.done + places)
    }

    /// Opens the next bucket that holds something and begins before `end_us`.
    fn open_next(&mut self, end_us: i64) -> bool {
        let far = self.far.peek().map(|Reverse((at_us, ..))| at_us.div_euclid(BUCKET_US));
        if self.in_wheel == 0 {
            // Nothing soon: go to the first of what is far.
            let Some(bucket) = far else { return false };
            if bucket * BUCKET_US >= end_us {
                return false;
            }
            self.current = bucket;
        } else {
            let mut bucket = self.current + 1;
            while self.wheel[bucket as usize & (BUCKETS - 1)].is_empty()
                && far.is_none_or(|far| bucket < far)
            {
                bucket += 1;
            }
            if bucket * BUCKET_US >= end_us {
                return false;
            }
            self.current = bucket;
        }
        self.open.clear();
        self.done = 0;
        let bucket = &mut self.wheel[self.current as usize & (BUCKETS - 1)];
        let emptied = std::mem::replace(&mut self.open, std::mem::take(bucket));
        self.spare.push(emptied);
        self.in_wheel -= self.open.len();
        // What was far came before everything that the wheel got directly, since a bucket takes
        // events only once it is near.
        let reach = self.current + BUCKETS as i64;
        let mut from_far = Vec::new();
        while let Some(Reverse((at_us, ..))) = self.far.peek()
            && at_us.div_euclid(BUCKET_US) < reach
        {
            let Reverse((_, _, event)) = self.far.pop().expect("it was seen");
            if event.at_us.div_euclid(BUCKET_US) == self.current {
                from_far.push(event);
            } else {
                self.put(event.at_us.div_euclid(BUCKET_US), event);
            }
        }
        if !from_far.is_empty() {
            self.open.splice(0..0, from_far);
        }
        if !self.open.is_sorted_by_key(|event| event.at_us) {
            self.open.sort_by_key(|event| event.at_us);
        }
        true
    }

    /// Bytes that it fills, about.
    pub(crate) fn bytes(&self) -> usize {
        let near: usize = self.wheel.iter().map(Vec::len).sum();
        let far = self.late.len() + self.far.len();
        BUCKETS * size_of::<Vec<Event>>() + (near + self.open.len() + 2 * far) * size_of::<Event>()
    }

    /// Whether nothing will happen any more.
    pub fn is_empty(&self) -> bool {
        self.done == self.open.len()
            && self.late.is_empty()
            && self.far.is_empty()
            && self.in_wheel == 0
    }
}

#[cfg(test)]
mod tests {
    use catchment_model::rng::draw;

    use super::*;

    #[test]
    fn order_is_that_of_one_sorted_list() {
        for seed in 0..300 {
            let mut queue = Queue::new();
            let mut list: Vec<(i64, u32)> = Vec::new();
            let (mut now_us, mut count) = (-5_000_000_i64, 0_u32);
            let mut taken = Vec::new();
            let mut round = 0;
            while count < 400 || !queue.is_empty() {
                round += 1;
                let spans = [0, 1, 700, 5_000, 99_000, 1_999_000, 2_048_000, 30_000_000, 1 << 42];
                for _ in 0..draw(seed, 1, round) % 3 {
                    if count == 400 {
                        break;
                    }
                    let key = u64::from(count);
                    let span = spans[(draw(seed, 2, key) % spans.len() as u64) as usize];
                    let at_us = now_us + (draw(seed, 3, key) % (span + 1)) as i64;
                    let event = Event { at_us, slot: count, word: 0, waited_us: 0, cause: 0 };
                    queue.push(event);
                    list.push((at_us, count));
                    count += 1;
                }
                let end_us = now_us + (draw(seed, 4, round) % 3_000_000) as i64;
                match queue.pop_before(end_us) {
                    Some(event) => {
                        assert!(event.at_us < end_us && event.at_us >= now_us);
                        now_us = event.at_us;
                        taken.push((event.at_us, event.slot));
                    }
                    None => now_us = end_us,
                }
                if count == 400
                    && let Some(event) = queue.pop_before(i64::MAX)
                {
                    now_us = event.at_us;
                    taken.push((event.at_us, event.slot));
                }
            }
            list.sort_unstable();
            assert_eq!(taken, list, "seed {seed}");
        }
    }
}
