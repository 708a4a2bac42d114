//! Looks for the configuration that comes nearest to a goal: all of them where they are few, else
//! step by step, with swaps, and again from other starts.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::play::{Unfinished, Watch};
use catchment_model::rng;

use crate::oracle::Unplanned;
use crate::steer::lever::{Config, Lever, turned};
use crate::steer::trial::{Score, Trials};

/// Purpose of the draws of starts.
const STARTS: u64 = 0x5354_4545;

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Most levers that a plan may turn.
    pub turned_max: usize,
    /// Configurations that are tried, at most. A space that is no larger is searched wholly.
    pub trials_max: u64,
    /// Searches step by step from other starts.
    pub restarts: u32,
    /// Seed of those starts.
    pub seed: u64,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { turned_max: 4, trials_max: 4000, restarts: 4, seed: 1 }
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub config: Config,
    /// Whether none of all configurations is better.
    pub exact: bool,
    /// Whether it ended for lack of trials.
    pub cut_short: bool,
}

/// How many configurations turn at most so many levers; as many as can be counted.
pub(crate) fn space(levers: &[Lever], turned_max: usize) -> u128 {
    // Ways to turn exactly so many of the levers seen so far.
    let mut ways = vec![0u128; turned_max.min(levers.len()) + 1];
    ways[0] = 1;
    for lever in levers {
        let others = lever.options.len() as u128 - 1;
        for count in (1..ways.len()).rev() {
            ways[count] = ways[count].saturating_add(ways[count - 1].saturating_mul(others));
        }
    }
    ways.into_iter().fold(0, u128::saturating_add)
}

/// Searches.
pub(crate) fn search(
    trials: &mut Trials<'_>,
    effort: &Effort,
    watch: Watch<'_>,
) -> Result<Found, Unplanned> {
    let space = space(trials.levers(), effort.turned_max);
    let exact = space <= u128::from(effort.trials_max);
    let start: Config = vec![0; trials.levers().len()];
    let score = trials.score_of(&start, trials.base());
    // Met without a change, and everybody is served: nothing decides against that.
    if trials.is_met(&score) {
        return Ok(Found { config: start, exact: true, cut_short: false });
    }
    let total = if exact { space as u64 } else { effort.trials_max };
    let mut memory = Memory {
        trials,
        known: BTreeMap::from([(start.clone(), Some(score))]),
        left: total,
        total,
        best: (score, start.clone()),
        watch,
    };
    if exact {
        memory.all(&mut start.clone(), 0, effort.turned_max)?;
    } else {
        memory.climb(&start, effort)?;
        for restart in 0..effort.restarts {
            if memory.left == 0 {
                break;
            }
            let from = random(memory.trials.levers(), effort, restart);
            memory.climb(&from, effort)?;
        }
    }
    let cut_short = !exact && memory.left == 0;
    let (_, config) = memory.best;
    Ok(Found { config, exact, cut_short })
}

/// A configuration with some levers turned.
fn random(levers: &[Lever], effort: &Effort, restart: u32) -> Config {
    let mut config = vec![0; levers.len()];
    let draw = |key: u64| rng::draw(effort.seed, STARTS, u64::from(restart) << 32 | key);
    let most = effort.turned_max.min(levers.len()) as u64;
    for nth in 0..draw(0) % most.max(1) + u64::from(most > 0) {
        let lever = (draw(2 * nth + 1) % levers.len() as u64) as usize;
        config[lever] = (draw(2 * nth + 2) % levers[lever].options.len() as u64) as u16;
    }
    config
}

/// What is known of configurations.
struct Memory<'m, 'b, 'w> {
    trials: &'m mut Trials<'b>,
    known: BTreeMap<Config, Option<Score>>,
    left: u64,
    total: u64,
    best: (Score, Config),
    watch: &'w mut dyn FnMut(u64, u64) -> ControlFlow<()>,
}

impl Memory<'_, '_, '_> {
    /// The score of a configuration; `None` where nothing settles, or nothing may be tried any
    /// more.
    fn score(&mut self, config: &Config) -> Result<Option<Score>, Unplanned> {
        if let Some(known) = self.known.get(config) {
            return Ok(*known);
        }
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if let ControlFlow::Break(()) = (self.watch)(self.total - self.left, self.total) {
            return Err(Unfinished::Cancelled.into());
        }
        let score = self.trials.score(config)?;
        self.known.insert(config.clone(), score);
        if let Some(score) = score
            && (score, config) < (self.best.0, &self.best.1)
        {
            self.best = (score, config.clone());
        }
        Ok(score)
    }

    /// Tries every configuration that turns at most `left` of the levers from `lever` on.
    fn all(&mut self, config: &mut Config, lever: usize, left: usize) -> Result<(), Unplanned> {
        if lever == config.len() || left == 0 {
            return self.score(config).map(drop);
        }
        for option in 0..self.trials.levers()[lever].options.len() as u16 {
            config[lever] = option;
            self.all(config, lever + 1, left - usize::from(option != 0))?;
        }
        config[lever] = 0;
        Ok(())
    }

    /// Turns the lever that helps most, again and again; where none helps, swaps two.
    fn climb(&mut self, from: &Config, effort: &Effort) -> Result<(), Unplanned> {
        let mut here = from.clone();
        let Some(mut score) = self.score(&here)? else { return Ok(()) };
        loop {
            let mut next: Option<(Score, Config)> = None;
            for config in self.steps(&here, effort.turned_max) {
                let better = |at: Score| next.as_ref().is_none_or(|(best, _)| at < *best);
                if let Some(at) = self.score(&config)?
                    && at < score
                    && better(at)
                {
                    next = Some((at, config));
                }
            }
            if next.is_none() {
                // The first that helps: there are many, and the steps above go on from there.
                for config in self.swaps(&here) {
                    if let Some(at) = self.score(&config)?
                        && at < score
                    {
                        next = Some((at, config));
                        break;
                    }
                }
            }
            let Some((at, config)) = next else { return Ok(()) };
            (score, here) = (at, config);
        }
    }

    /// Configurations that differ in one lever.
    fn steps(&self, here: &Config, turned_max: usize) -> Vec<Config> {
        let mut steps = Vec::new();
        for (lever, at) in here.iter().enumerate() {
            for option in 0..self.trials.levers()[lever].options.len() as u16 {
                let mut step = here.clone();
                step[lever] = option;
                if option != *at && turned(&step) <= turned_max {
                    steps.push(step);
                }
            }
        }
        steps
    }

    /// Configurations in which one lever is back where it stands today, and another is turned.
    fn swaps(&self, here: &Config) -> Vec<Config> {
        let mut swaps = Vec::new();
        for back in (0..here.len()).filter(|lever| here[*lever] != 0) {
            for lever in (0..here.len()).filter(|lever| *lever != back) {
                for option in 1..self.trials.levers()[lever].options.len() as u16 {
                    let mut swap = here.clone();
                    swap[back] = 0;
                    swap[lever] = option;
                    if option != here[lever] {
                        swaps.push(swap);
                    }
                }
            }
        }
        swaps
    }
}
