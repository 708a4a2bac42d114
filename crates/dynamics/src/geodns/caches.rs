//! Caches over time: when each entry takes over what the authoritative server says.
//!
//! An entry is refreshed the instant it expires, since somebody always asks. Most refreshes bring
//! the same answer, so none is simulated: when the server's answer for an entry changes, the next
//! expiry after that is computed from the last one. Serve-stale (RFC 8767) plays no part, since the
//! authoritative server always answers.

use super::answers::Authority;
use super::resolvers::Cache;
use catchment_model::service::Capacity;

/// Something that the authoritative server learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shift {
    /// When, in µs.
    pub at_us: i64,
    /// The site that it is about.
    pub site: u32,
    /// What it learns.
    pub news: News,
    /// The occurrence that led to it, by place in the schedule.
    pub cause: u32,
    /// When that occurred, in µs.
    pub since_us: i64,
}

/// What it learns of a site.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum News {
    /// It may be answered, or may not any more.
    Offered(bool),
    /// Its capacity.
    Capacity(Capacity),
}

impl Shift {
    /// Tells it to the server.
    pub fn tell(&self, authority: &mut Authority<'_>) {
        let target = &mut authority.targets[self.site as usize];
        match self.news {
            News::Offered(offered) => target.offered = offered && target.listed,
            News::Capacity(capacity) => target.capacity = capacity,
        }
    }
}

/// An entry gets another answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When, in µs.
    pub at_us: i64,
    /// The entry.
    pub cache: u32,
    /// Its answer from here on; `None` if there is none.
    pub answer: Option<u32>,
    /// Why.
    pub reason: Reason,
}

/// Why an entry's answer is out of date: the first event since which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The occurrence, by place in the schedule.
    pub cause: u32,
    /// When it occurred, in µs.
    pub since_us: i64,
    /// When the authoritative server changed its answer, in µs.
    pub noticed_us: i64,
}

/// The answers that all entries hold, over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The answer of each entry at t = 0, before the events of that instant.
    pub start: Vec<Option<u32>>,
    /// All changes, ascending by (entry, time); none changes twice at an instant.
    pub turns: Vec<Turn>,
}

impl Held {
    /// The changes of one entry.
    pub fn turns_of(&self, cache: u32) -> &[Turn] {
        let start = self.turns.partition_point(|turn| turn.cache < cache);
        let len = self.turns[start..].partition_point(|turn| turn.cache == cache);
        &self.turns[start..start + len]
    }
}

/// When an entry expires: at `last_us` and every `every_us` after.
#[derive(Debug, Clone, Copy)]
struct Expiry {
    last_us: i64,
    every_us: i64,
}

impl Expiry {
    /// At the start, with this answer.
    fn first(cache: &Cache, answer: Option<u32>) -> Expiry {
        match answer {
            Some(_) => Expiry { last_us: cache.first_us, every_us: cache.ttl_us },
            None => Expiry { last_us: cache.negative_first_us, every_us: cache.negative_ttl_us },
        }
    }

    /// After a refresh that brought this answer.
    fn after(cache: &Cache, answer: Option<u32>, now_us: i64) -> Expiry {
        let every_us = if answer.is_some() { cache.ttl_us } else { cache.negative_ttl_us };
        Expiry { last_us: now_us, every_us }
    }

    /// The first expiry that is not before a time. An entry with a TTL of 0 is never kept: it
    /// follows at once.
    fn next_us(self, now_us: i64) -> i64 {
        if now_us <= self.last_us {
            return self.last_us;
        }
        if self.every_us == 0 {
            return now_us;
        }
        // Rounded up.
        let rounds = (now_us - self.last_us - 1) / self.every_us + 1;
        self.last_us + rounds * self.every_us
    }
}

/// Plays the caches.
///
/// `names` is what an answer says for each site: its own index if every site has an address of its
/// own, or the prefix of its region. `shifts` ascend by time; an expiry at the instant of a shift
/// already gets the new answer.
pub fn play(mut authority: Authority<'_>, shifts: &[Shift], names: &[u32]) -> Held {
    let caches = authority.caches;
    let named = |site: Option<u32>| site.map(|site| names[site as usize]);
    let mut wanted = authority.answers();
    let start: Vec<Option<u32>> = wanted.iter().map(|site| named(*site)).collect();
    let mut held = start.clone();
    let first = |(cache, answer): (&Cache, &Option<u32>)| Expiry::first(cache, *answer);
    let mut expiries: Vec<Expiry> = caches.iter().zip(&start).map(first).collect();
    let mut reasons: Vec<Option<Reason>> = vec![None; caches.len()];
    let mut turns = Vec::new();

    let mut groups = shifts.chunk_by(|a, b| a.at_us == b.at_us).peekable();
    while let Some(group) = groups.next() {
        let now_us = group[0].at_us;
        let until_us = groups.peek().map_or(i64::MAX, |next| next[0].at_us);
        group.iter().for_each(|shift| shift.tell(&mut authority));
        let touched: Vec<u32> = group.iter().map(|shift| shift.site).collect();
        let resized = group.iter().any(|shift| matches!(shift.news, News::Capacity(_)));
        let after = authority.answers_after(&wanted, &touched, resized);
        for (index, cache) in caches.iter().enumerate() {
            let answer = named(after[index]);
            if answer == held[index] {
                reasons[index] = None;
                continue;
            }
            let reason = *reasons[index]
                .get_or_insert_with(|| reason_of(group, wanted[index], after[index]));
            let at_us = expiries[index].next_us(now_us);
            if at_us < until_us {
                turns.push(Turn { at_us, cache: index as u32, answer, reason });
                held[index] = answer;
                expiries[index] = Expiry::after(cache, answer, at_us);
                reasons[index] = None;
            }
        }
        wanted = after;
    }
    turns.sort_by_key(|turn| (turn.cache, turn.at_us));
    Held { start, turns }
}

/// Which of the shifts of one instant made the server change its answer: that which took the old
/// site away, else that which brought the new one, else the first.
fn reason_of(group: &[Shift], before: Option<u32>, after: Option<u32>) -> Reason {
    let about = |site: Option<u32>, offered: bool| {
        let news = News::Offered(offered);
        group.iter().find(|shift| Some(shift.site) == site && shift.news == news)
    };
    let shift = about(before, false).or_else(|| about(after, true)).unwrap_or(&group[0]);
    Reason { cause: shift.cause, since_us: shift.since_us, noticed_us: shift.at_us }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geodns::answers::Target;
    use crate::geodns::formulas::still_after_steps;
    use catchment_model::scenario::AnswerPolicy;

    const S: i64 = 1_000_000;

    fn cache(weight: f64, first_us: i64) -> Cache {
        Cache {
            key: 0,
            place: None,
            weight,
            gbps: 0.0,
            ttl_us: 60 * S,
            negative_ttl_us: 20 * S,
            first_us,
            negative_first_us: 5 * S,
        }
    }

    fn two_sites(caches: &[Cache]) -> Authority<'_> {
        let target = |key| Target {
            place: None,
            key,
            capacity: Capacity::default(),
            listed: true,
            offered: true,
        };
        Authority::new(AnswerPolicy::Nearest, 1, caches, vec![target(0), target(1)])
    }

    fn shift(at_s: i64, site: u32, offered: bool, cause: u32) -> Shift {
        let (at_us, news) = (at_s * S, News::Offered(offered));
        Shift { at_us, site, news, cause, since_us: at_us - S }
    }

    /// Turns as `seconds entry>answer`.
    fn shown(held: &Held) -> String {
        let show = |turn: &Turn| {
            let answer = turn.answer.map_or("-".to_owned(), |it| it.to_string());
            format!("{} {}>{answer} by {}", turn.at_us / S, turn.cache, turn.reason.cause)
        };
        held.turns.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn t4_4_two_resolvers_switch_in_steps() {
        // Found out at 75 s, when 10 and 40 s remain of a TTL of 60 s.
        let caches = [cache(70.0, 25 * S), cache(30.0, 55 * S)];
        let held = play(two_sites(&caches), &[shift(75, 0, false, 0)], &[0, 1]);
        assert_eq!(shown(&held), "85 0>1 by 0, 115 1>1 by 0");
        for t_us in (0..130 * S).step_by(S as usize / 2) {
            let share: f64 = (0..2)
                .filter(|cache| held.turns_of(*cache).iter().all(|turn| turn.at_us > t_us))
                .map(|cache| caches[cache as usize].weight / 100.0)
                .sum();
            let resolvers = [(0.7, 10.0), (0.3, 40.0)];
            assert_eq!(share, still_after_steps(t_us as f64 / 1e6, 75.0, &resolvers));
        }
    }

    #[test]
    fn what_is_over_before_the_expiry_never_shows() {
        let caches = [cache(1.0, 30 * S)];
        let shifts = [shift(31, 0, false, 0), shift(89, 0, true, 1)];
        assert_eq!(shown(&play(two_sites(&caches), &shifts, &[0, 1])), "");
        // At 90 s it expires, and gets what is said at that instant.
        let shifts = [shift(31, 0, false, 0), shift(90, 0, true, 1)];
        assert_eq!(shown(&play(two_sites(&caches), &shifts, &[0, 1])), "");
        let shifts = [shift(31, 0, false, 0), shift(91, 0, true, 1)];
        let held = play(two_sites(&caches), &shifts, &[0, 1]);
        assert_eq!(shown(&held), "90 0>1 by 0, 150 0>0 by 1");
    }

    #[test]
    fn the_reason_is_what_made_the_answer_wrong_first() {
        let shifts = [shift(40, 0, false, 0), shift(50, 1, false, 1), shift(60, 1, true, 2)];
        let held = play(two_sites(&[cache(1.0, 30 * S)]), &shifts, &[0, 1]);
        assert_eq!(shown(&held), "90 0>1 by 0");
        // It was right again in between, so the first failure is over.
        let shifts = [shift(40, 0, false, 0), shift(50, 0, true, 1), shift(60, 0, false, 2)];
        let held = play(two_sites(&[cache(1.0, 30 * S)]), &shifts, &[0, 1]);
        assert_eq!(shown(&held), "90 0>1 by 2");
    }

    #[test]
    fn no_answer_is_cached_for_its_own_time() {
        let shifts = [shift(31, 0, false, 0), shift(31, 1, false, 1), shift(111, 1, true, 2)];
        let held = play(two_sites(&[cache(1.0, 30 * S)]), &shifts, &[0, 1]);
        // From 90 s on it asks every 20 s: the next time after 111 s is 130 s. The TTL of the
        // answer counts from there.
        assert_eq!(shown(&held), "90 0>- by 0, 130 0>1 by 2");
        let shifts = [&shifts[..], &[shift(150, 0, true, 3)]].concat();
        let held = play(two_sites(&[cache(1.0, 30 * S)]), &shifts, &[0, 1]);
        assert_eq!(shown(&held), "90 0>- by 0, 130 0>1 by 2, 190 0>0 by 3");
    }

    #[test]
    fn without_a_ttl_answers_follow_at_once() {
        let free = Cache { ttl_us: 0, first_us: 0, ..cache(1.0, 0) };
        let held = play(two_sites(&[free]), &[shift(31, 0, false, 0)], &[0, 1]);
        assert_eq!(shown(&held), "31 0>1 by 0");
    }

    #[test]
    fn answers_of_one_name_are_one_answer() {
        let held = play(two_sites(&[cache(1.0, 30 * S)]), &[shift(31, 0, false, 0)], &[7, 7]);
        assert_eq!((shown(&held).as_str(), held.start[0]), ("", Some(7)));
    }
}
