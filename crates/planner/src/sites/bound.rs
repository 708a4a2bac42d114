//! How good a set of sites can be at all, whatever BGP does.
//!
//! Round trips: every client goes to the site with the shortest way, which no routing beats. With
//! that, choosing sites is a facility location, whose savings are submodular: what k sites save is
//! at most what a set saves already, plus the k highest savings of one more site each (Nemhauser,
//! Wolsey and Fisher 1978). BGP's own savings are not submodular, so that nothing is said of them
//! directly.

use crate::brief::Brief;
use crate::sites::{Objective, SitesQuestion};
use crate::steer::Measure;
use crate::steer::bound::shortest_ms;
use crate::steer::trial::{mean, percentile};

/// Candidates times sources for which single ways are worked out.
const WAYS_MAX: usize = 8_000_000;

/// The lowest value of the objective that any set of the size could have, if all demand is served.
pub(super) fn lowest(brief: &Brief<'_>, question: &SitesQuestion, kept: &[u32]) -> Option<f64> {
    let total: f64 = brief.sources.iter().map(|source| source.weight).sum();
    if total <= 0.0 {
        return None;
    }
    let sites = &brief.service().sites;
    match question.objective {
        Objective::Rtt(measure) => round_trip(brief, question, kept, measure),
        Objective::WorstLoad => {
            // After a failure the others carry all: the fullest is at least as full as the mean.
            let count = kept.len() + question.choose;
            let mut room: Vec<f64> = Vec::new();
            let all = kept.iter().chain(&question.candidates);
            let capacities: Vec<Option<f64>> =
                all.map(|site| sites[*site as usize].capacity.kqps).collect();
            let has_gbps = kept
                .iter()
                .chain(&question.candidates)
                .any(|site| sites[*site as usize].capacity.gbps.is_some());
            if capacities.iter().all(Option::is_none) && !has_gbps {
                room.extend(vec![total; capacities.len()]);
            } else {
                // A site without a limit could take everything.
                room.extend(capacities.into_iter().collect::<Option<Vec<f64>>>()?);
            }
            room.sort_by(|a, b| b.total_cmp(a));
            let left: f64 = room.iter().take(count.saturating_sub(1).max(1)).sum();
            (left > 0.0).then_some(total / left)
        }
        Objective::Residency => {
            let nobody_may = |region: &str| {
                brief.residency.get(region).is_some_and(|allowed| {
                    let mut all = kept.iter().chain(&question.candidates);
                    all.all(|site| !allowed.contains(&sites[*site as usize].region))
                })
            };
            let outside: f64 = brief
                .sources
                .iter()
                .filter(|source| nobody_may(&source.region))
                .map(|source| source.weight)
                .sum();
            Some(outside / total)
        }
    }
}

fn round_trip(
    brief: &Brief<'_>,
    question: &SitesQuestion,
    kept: &[u32],
    measure: Measure,
) -> Option<f64> {
    let sites = &brief.service().sites;
    let routers =
        |of: &[u32]| -> Vec<u32> { of.iter().map(|site| sites[*site as usize].router).collect() };
    let all: Vec<u32> = kept.iter().chain(&question.candidates).copied().collect();
    let shortest = shortest_ms(brief.situation(), &routers(&all))?;
    let sources: Vec<_> = brief.sources.iter().filter(|source| source.weight > 0.0).collect();
    let trips: Vec<(f64, f64)> =
        sources.iter().map(|source| (shortest[source.router as usize], source.weight)).collect();
    let relaxed = match measure {
        Measure::P95 => percentile(trips, 0.95)?,
        Measure::Mean => mean(&trips)?,
    };
    if !relaxed.is_finite() {
        return None;
    }
    let ways = question.candidates.len().saturating_mul(sources.len());
    if measure == Measure::P95 || ways > WAYS_MAX {
        return Some(relaxed);
    }
    // Where no candidate is, clients are at the sites that stay; where none stays, at the worst of
    // all ways, which is further than any set sends them.
    let from_each: Vec<Vec<f64>> = question
        .candidates
        .iter()
        .map(|site| {
            let times = shortest_ms(brief.situation(), &routers(&[*site]))?;
            Some(sources.iter().map(|source| times[source.router as usize]).collect())
        })
        .collect::<Option<_>>()?;
    let furthest = from_each.iter().flatten().copied().filter(|it| it.is_finite());
    let furthest = furthest.fold(0.0, f64::max);
    let mut here: Vec<f64> = match kept.is_empty() {
        true => vec![furthest; sources.len()],
        false => {
            let times = shortest_ms(brief.situation(), &routers(kept))?;
            sources.iter().map(|source| times[source.router as usize].min(furthest)).collect()
        }
    };
    let weight: f64 = sources.iter().map(|source| source.weight).sum();
    let saved = |here: &[f64], ways: &[f64]| -> f64 {
        let each = sources.iter().zip(here).zip(ways);
        each.map(|((source, now), way)| source.weight * (now - way).max(0.0)).sum()
    };
    let value = |here: &[f64]| -> f64 {
        let each = sources.iter().zip(here);
        each.map(|(source, now)| source.weight * now).sum::<f64>() / weight
    };
    let mut lowest = relaxed;
    for _ in 0..=question.choose {
        let mut savings: Vec<f64> = from_each.iter().map(|ways| saved(&here, ways)).collect();
        let best = (0..savings.len()).max_by(|a, b| savings[*a].total_cmp(&savings[*b]));
        let next = best.map(|at| &from_each[at]);
        savings.sort_by(|a, b| b.total_cmp(a));
        let most: f64 = savings.iter().take(question.choose).sum();
        // Holds for every set that stands here, so that the highest counts.
        lowest = lowest.max(value(&here) - most / weight);
        let Some(next) = next else { break };
        here.iter_mut().zip(next).for_each(|(now, way)| *now = now.min(*way));
    }
    Some(lowest)
}
