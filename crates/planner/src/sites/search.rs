//! All sets where they are few; else sites are added one at a time, and then swapped.

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::rng;

use crate::oracle::Unplanned;
use crate::sites::{Choice, EXACT_MAX, Score, Sets};

/// Purpose of the draws of starts.
const STARTS: u64 = 0x5349_5445;
/// Sets that are solved side by side.
const BLOCK: usize = 64;
/// Sets of which the Pareto set is made where not all were looked at.
const LOOKED_AT: usize = 8;

/// What a search found.
pub(super) struct Found {
    pub chosen: Vec<u32>,
    /// Whether all sets of the size were tried.
    pub exact: bool,
    /// Sets of the size asked for, by what they are worth.
    tried: Vec<(Score, Vec<u32>)>,
}

/// How many sets of `choose` there are of `count`; as many as can be counted.
pub(super) fn sets_of(count: usize, choose: usize) -> u128 {
    (0..choose.min(count) as u128)
        .fold(1u128, |sets, nth| sets.saturating_mul(count as u128 - nth) / (nth + 1))
}

/// Searches; nothing where no set settles.
pub(super) fn search(sets: &mut Sets<'_>, watch: Watch<'_>) -> Result<Option<Found>, Unplanned> {
    let question = sets.question;
    let (count, choose) = (question.candidates.len(), question.choose);
    let all = sets_of(count, choose);
    let exact = count <= EXACT_MAX || all <= u128::from(question.trials_max);
    let total = if exact { all.min(u128::from(u64::MAX)) as u64 } else { question.trials_max };
    let mut search = Search { sets, watch, left: total, total, tried: Vec::new() };
    if exact {
        search.all(&mut Vec::new(), 0, &mut Vec::with_capacity(BLOCK))?;
    } else {
        let start = search.grow()?;
        if let Some(start) = start {
            search.swap(start)?;
        }
        for restart in 0..question.restarts {
            let start = random(&question.candidates, choose, question.seed, restart);
            search.swap(start)?;
        }
    }
    let mut tried = search.tried;
    tried.sort();
    tried.dedup();
    let Some((_, chosen)) = tried.first().cloned() else { return Ok(None) };
    Ok(Some(Found { chosen, exact, tried }))
}

/// A set, drawn.
fn random(candidates: &[u32], choose: usize, seed: u64, restart: u32) -> Vec<u32> {
    let draw = |site: &u32| rng::draw(seed, STARTS, u64::from(restart) << 32 | u64::from(*site));
    let mut by_draw = candidates.to_vec();
    by_draw.sort_by_key(|site| (draw(site), *site));
    by_draw.truncate(choose);
    by_draw.sort_unstable();
    by_draw
}

struct Search<'s, 'b, 'w> {
    sets: &'s mut Sets<'b>,
    watch: Watch<'w>,
    left: u64,
    total: u64,
    tried: Vec<(Score, Vec<u32>)>,
}

impl Search<'_, '_, '_> {
    /// The score of a set; `None` where nothing settles, or nothing may be tried any more.
    fn score(&mut self, chosen: &[u32]) -> Result<Option<Score>, Unplanned> {
        let is_new = !self.sets.knows(chosen);
        if is_new {
            if self.left == 0 {
                return Ok(None);
            }
            self.left -= 1;
        }
        if (self.watch)(self.total - self.left, self.total).is_break() {
            return Err(Unfinished::Cancelled.into());
        }
        let score = self.sets.score(chosen)?;
        if let Some(score) = score
            && chosen.len() == self.sets.question.choose
        {
            self.tried.push((score, chosen.to_vec()));
        }
        Ok(score)
    }

    /// Tries all sets with `chosen` and some of the candidates from `from` on. `waiting` are those
    /// that wait for others.
    fn all(
        &mut self,
        chosen: &mut Vec<u32>,
        from: usize,
        waiting: &mut Vec<Vec<u32>>,
    ) -> Result<(), Unplanned> {
        let question = self.sets.question;
        if chosen.len() < question.choose {
            let missing = question.choose - chosen.len();
            for index in from..=question.candidates.len() - missing {
                chosen.push(question.candidates[index]);
                self.all(chosen, index + 1, waiting)?;
                chosen.pop();
            }
        } else {
            waiting.push(chosen.clone());
        }
        // Behind the last set all are wanted.
        if waiting.len() < BLOCK && !chosen.is_empty() {
            return Ok(());
        }
        self.sets.foresee(&*waiting, false)?;
        for set in waiting.drain(..) {
            // Failures may have tried it already: it counts all the same.
            self.left = self.left.max(1);
            self.score(&set)?;
        }
        Ok(())
    }

    /// As many sets as may still be tried, side by side.
    fn foresee(&mut self, sets: &[Vec<u32>]) -> Result<(), Unplanned> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        self.sets.foresee(sets.iter().take(left), false)
    }

    /// Adds the site that helps most, again and again. Lazily: a site that helped less than
    /// another helps now is not asked again, which is right where help diminishes; BGP does not
    /// promise that, and the swaps make up for it.
    fn grow(&mut self) -> Result<Option<Vec<u32>>, Unplanned> {
        let question = self.sets.question;
        let mut chosen: Vec<u32> = Vec::new();
        let mut here = match self.sets.kept.is_empty() {
            true => f64::INFINITY,
            false => self.score(&[])?.map_or(f64::INFINITY, cost),
        };
        // Last known gain of each candidate; all are asked in the first round.
        let mut gains: Vec<(f64, u32)> =
            question.candidates.iter().map(|site| (f64::INFINITY, *site)).collect();
        while chosen.len() < question.choose {
            let mut fresh = vec![false; gains.len()];
            if gains.iter().all(|(gain, _)| *gain == f64::INFINITY) {
                let with = |site: u32| with(&chosen, site);
                let all: Vec<Vec<u32>> = gains.iter().map(|(_, site)| with(*site)).collect();
                self.foresee(&all)?;
            }
            let best = loop {
                let order = |a: &(usize, &(f64, u32)), b: &(usize, &(f64, u32))| {
                    a.1.0.total_cmp(&b.1.0).then(b.1.1.cmp(&a.1.1))
                };
                let Some((at, (gain, site))) = gains.iter().enumerate().max_by(order) else {
                    return Ok(None);
                };
                if fresh[at] {
                    if *gain == f64::NEG_INFINITY {
                        return Ok(None);
                    }
                    break at;
                }
                let score = self.score(&with(&chosen, *site))?;
                fresh[at] = true;
                // From nothing every set is an infinite gain: the lower cost is the higher gain.
                let base = if here.is_finite() { here } else { 0.0 };
                gains[at].0 = score.map_or(f64::NEG_INFINITY, |score| base - cost(score));
            };
            let (gain, site) = gains.swap_remove(best);
            gains.sort_by_key(|(_, site)| *site);
            let base = if here.is_finite() { here } else { 0.0 };
            if !here.is_finite() {
                // Gains over nothing say nothing about gains over something.
                gains.iter_mut().for_each(|(gain, _)| *gain = f64::INFINITY);
            }
            here = base - gain;
            chosen.push(site);
            chosen.sort_unstable();
        }
        Ok(Some(chosen))
    }

    /// Swaps a chosen site for another, as long as that helps.
    fn swap(&mut self, mut chosen: Vec<u32>) -> Result<(), Unplanned> {
        let question = self.sets.question;
        let Some(mut score) = self.score(&chosen)? else { return Ok(()) };
        'again: loop {
            for out in 0..chosen.len() {
                let mut left = chosen.clone();
                left.remove(out);
                let others: Vec<Vec<u32>> = question
                    .candidates
                    .iter()
                    .filter(|site| !chosen.contains(site))
                    .map(|site| with(&left, *site))
                    .collect();
                // The first that helps is taken: those behind it are in vain.
                for some in others.chunks(BLOCK / 2) {
                    self.foresee(some)?;
                    for other in some {
                        if let Some(at) = self.score(other)?
                            && at < score
                        {
                            (score, chosen) = (at, other.clone());
                            continue 'again;
                        }
                    }
                }
            }
            return Ok(());
        }
    }
}

/// A set with one site more.
fn with(chosen: &[u32], site: u32) -> Vec<u32> {
    let mut with = chosen.to_vec();
    with.insert(with.partition_point(|it| *it < site), site);
    with
}

/// A score as one number, to compare gains.
fn cost(score: Score) -> f64 {
    let (first, second, third, last) = score;
    1e9 * first as f64 + second as f64 + 1e-6 * third as f64 + 1e-12 * last as f64
}

impl Sets<'_> {
    /// Sets that no other beats in everything.
    pub(super) fn pareto(
        &mut self,
        found: &Found,
        watch: Watch<'_>,
    ) -> Result<Vec<Choice>, Unplanned> {
        let candidates = &self.question.candidates;
        let mut looked_at: Vec<Vec<u32>> = Vec::new();
        if candidates.len() <= EXACT_MAX {
            for bits in 1u32..1 << candidates.len() {
                if bits.count_ones() as usize <= self.question.choose {
                    let is_in = |at: &usize| bits >> at & 1 == 1;
                    let set = (0..candidates.len()).filter(is_in).map(|at| candidates[at]);
                    looked_at.push(set.collect());
                }
            }
        } else {
            let first = found.tried.iter().take(LOOKED_AT);
            looked_at.extend(first.map(|(_, chosen)| chosen.clone()));
        }
        let mut choices = Vec::new();
        for (done, chosen) in looked_at.iter().enumerate() {
            if done % BLOCK == 0 {
                self.foresee(looked_at[done..].iter().take(BLOCK), true)?;
            }
            if watch(done as u64, looked_at.len() as u64).is_break() {
                return Err(Unfinished::Cancelled.into());
            }
            choices.extend(self.choice(chosen)?);
        }
        let keys: Vec<[u64; 5]> = choices.iter().map(key).collect();
        let beats = |a: &[u64; 5], b: &[u64; 5]| a != b && a.iter().zip(b).all(|(a, b)| a <= b);
        let is_beaten = |at: usize| keys.iter().any(|other| beats(other, &keys[at]));
        // Of sets that are equal in everything the first is kept.
        let is_repeated = |at: usize| keys[..at].contains(&keys[at]);
        let left: Vec<bool> =
            (0..choices.len()).map(|at| !is_beaten(at) && !is_repeated(at)).collect();
        let mut left = left.into_iter();
        choices.retain(|_| left.next().expect("one for each"));
        choices.sort_by_key(|choice| (key(choice), choice.chosen.clone()));
        Ok(choices)
    }
}

/// What a set is judged by, lower is better.
fn key(choice: &Choice) -> [u64; 5] {
    use crate::steer::trial::billionths;
    [
        choice.chosen.len() as u64,
        billionths(choice.merit.unserved.max(choice.worst.unserved)),
        billionths(choice.merit.rtt_mean_ms.unwrap_or(0.0)),
        billionths(choice.worst.load),
        billionths(choice.merit.violation),
    ]
}
