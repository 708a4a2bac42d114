//! What the authoritative server answers: one site for each cache entry, by policy, as a pure
//! function of which sites it may offer and of their capacities.
//!
//! It has no memory: the same sites and capacities give the same answers, whatever happened
//! before. So a restored site gets its clients back, as caches expire.
//!
//! - *Nearest*: the nearest site on offer by great circle. Ties go to the lowest site index; so
//!   does everything where the place of the asker is unknown, and a site whose own place is
//!   unknown comes last.
//! - *Weighted*: drawn by capacity, once for each entry. Real servers draw again for each query,
//!   so that clients wander among healthy sites at every expiry; here an entry keeps its site
//!   while that is on offer, and gets another only if it must (rendezvous hashing). The capacity
//!   is that in kq/s if some site states one, else that in Gb/s. A site without one counts as the
//!   largest of those that have one; if none has, all count alike. A capacity of 0 is never drawn
//!   unless nothing else is on offer.
//! - *Load-aware*: the nearest that has room. Entries whose home, the nearest of all sites, is on
//!   offer choose first, then all others, each group in the order of sources; so those whom a
//!   failure displaces take only what is left. If no site has room, it is the nearest all the same:
//!   a server must answer something.
//! - *Tier*: entries with at least the median demand of all entries get the nearest site, room or
//!   not; the others get the nearest with the room that these leave, as above. A server tells
//!   resolvers apart, not the clients behind them, so entries have tiers.

use std::cmp::Ordering;

use catchment_model::scenario::AnswerPolicy;
use catchment_model::service::Capacity;

use super::draws::{Draws, Purpose};
use super::resolvers::{Cache, Point};

/// How much more than its capacity a site may carry before it counts as full: sums of shares are
/// off by some ulps.
const ROUNDING: f64 = 1.0 + 1e-9;

/// A site, as the authoritative server sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where it is, if known.
    pub place: Option<Point>,
    /// Hash of its name, for draws.
    pub key: u64,
    /// What it can carry.
    pub capacity: Capacity,
    /// Whether it belongs to the service that is asked for at all.
    pub listed: bool,
    /// Whether it may be answered now.
    pub offered: bool,
}

/// The authoritative server, and who asks it.
#[derive(Debug, Clone, PartialEq)]
pub struct Authority<'a> {
    /// How it picks.
    policy: AnswerPolicy,
    /// Seed of its draws.
    seed: u64,
    /// Who asks.
    pub caches: &'a [Cache],
    /// The sites, in the order of the service. What of them never changes: their places, and
    /// which are listed.
    pub targets: Vec<Target>,
    /// The nearest of all listed sites, healthy or not, for each entry, where policy asks for it.
    homes: Vec<Option<u32>>,
}

impl<'a> Authority<'a> {
    /// A server.
    pub fn new(
        policy: AnswerPolicy,
        seed: u64,
        caches: &'a [Cache],
        targets: Vec<Target>,
    ) -> Authority<'a> {
        let mut server = Authority { policy, seed, caches, targets, homes: Vec::new() };
        if matches!(policy, AnswerPolicy::LoadAware | AnswerPolicy::Tier) {
            let listed = |site: u32| server.targets[site as usize].listed;
            let home = |cache: &Cache| server.cheapest_of(listed, |site| server.cost(cache, site));
            server.homes = caches.iter().map(home).collect();
        }
        server
    }

    /// The site that each entry would get now; `None` if there is none on offer.
    pub fn answers(&self) -> Vec<Option<u32>> {
        let caches = self.caches.iter();
        match self.policy {
            AnswerPolicy::Nearest => {
                caches.map(|cache| self.cheapest(|site| self.cost(cache, site))).collect()
            }
            AnswerPolicy::Weighted => {
                let weights = self.weights();
                let turn = |cache: &Cache, site| self.turn(cache, site, &weights);
                caches.map(|cache| self.cheapest(|site| turn(cache, site))).collect()
            }
            AnswerPolicy::LoadAware => self.by_room(f64::INFINITY),
            AnswerPolicy::Tier => self.by_room(median(self.caches)),
        }
    }

    /// The same after the sites in `touched` came or went, or (`resized`) some site's capacity
    /// changed, from the answers before. Where every entry is on its own, only those are asked
    /// again whom that can concern.
    pub fn answers_after(
        &self,
        before: &[Option<u32>],
        touched: &[u32],
        resized: bool,
    ) -> Vec<Option<u32>> {
        let nearest = self.policy == AnswerPolicy::Nearest;
        if !nearest && (resized || self.policy != AnswerPolicy::Weighted) {
            return self.answers();
        }
        let weights = self.weights();
        let cost = |cache: &Cache, site: u32| match nearest {
            true => self.cost(cache, site),
            false => self.turn(cache, site, &weights),
        };
        let again = |(cache, before): (&Cache, &Option<u32>)| {
            let Some(held) = before.filter(|site| self.targets[*site as usize].offered) else {
                return self.cheapest(|site| cost(cache, site));
            };
            let came = touched.iter().filter(|site| self.targets[**site as usize].offered);
            let better = |best: u32, site: u32| {
                let key = |site: u32| (cost(cache, site), site);
                if compare(key(site), key(best)).is_lt() { site } else { best }
            };
            Some(came.fold(held, |best, site| better(best, *site)))
        };
        self.caches.iter().zip(before).map(again).collect()
    }

    /// The site on offer with the lowest cost; the first of several.
    fn cheapest(&self, cost: impl Fn(u32) -> f64) -> Option<u32> {
        self.cheapest_of(|site| self.targets[site as usize].offered, cost)
    }

    fn cheapest_of(
        &self,
        eligible: impl Fn(u32) -> bool,
        cost: impl Fn(u32) -> f64,
    ) -> Option<u32> {
        let sites = (0..self.targets.len() as u32).filter(|site| eligible(*site));
        let with_costs = sites.map(|site| (cost(site), site));
        with_costs.min_by(|a, b| compare(*a, *b)).map(|(_, site)| site)
    }

    /// How far a site is, as something that ascends with the distance.
    fn cost(&self, cache: &Cache, site: u32) -> f64 {
        match (&cache.place, &self.targets[site as usize].place) {
            (None, _) => 0.0,
            (Some(_), None) => f64::INFINITY,
            (Some(here), Some(there)) => here.chord2(there),
        }
    }

    /// Weights of the sites. What is stated for a site counts whether or not it is on offer, so
    /// that a failure changes no weight.
    fn weights(&self) -> Vec<f64> {
        let listed = || self.targets.iter().filter(|target| target.listed);
        let in_kqps = listed().any(|target| target.capacity.kqps.is_some());
        let stated = |target: &Target| match in_kqps {
            true => target.capacity.kqps,
            false => target.capacity.gbps,
        };
        let largest = listed().filter_map(stated).reduce(f64::max).unwrap_or(1.0);
        self.targets.iter().map(|target| stated(target).unwrap_or(largest)).collect()
    }

    /// When a site's turn comes in a race of exponential clocks: the first wins with a chance in
    /// proportion to its weight, and the order of the others does not depend on it.
    fn turn(&self, cache: &Cache, site: u32, weights: &[f64]) -> f64 {
        let draws = Draws { seed: self.seed, key: cache.key };
        let key = self.targets[site as usize].key;
        let wait = -libm::log(1.0 - draws.unit_for(Purpose::Weighted, key));
        let weight = weights[site as usize];
        if weight > 0.0 { wait / weight } else { f64::INFINITY }
    }

    /// The nearest with room, where entries with at least `first_class` of demand need none.
    fn by_room(&self, first_class: f64) -> Vec<Option<u32>> {
        let mut used = vec![(0.0, 0.0); self.targets.len()];
        let mut answers = vec![None; self.caches.len()];
        let mut give = |index: usize, site: Option<u32>, used: &mut [(f64, f64)]| {
            if let Some(site) = site {
                used[site as usize].0 += self.caches[index].weight;
                used[site as usize].1 += self.caches[index].gbps;
            }
            answers[index] = site;
        };
        let offered = |site: u32| self.targets[site as usize].offered;
        let home = |index: usize| self.homes[index].filter(|site| offered(*site));
        let nearest = |index: usize| {
            home(index).or_else(|| self.cheapest(|site| self.cost(&self.caches[index], site)))
        };
        let (first, mut others): (Vec<usize>, Vec<usize>) =
            (0..self.caches.len()).partition(|index| self.caches[*index].weight >= first_class);
        for index in first {
            give(index, nearest(index), &mut used);
        }
        others.retain(|index| {
            let roomy = |site: &u32| self.has_room(&used, &self.caches[*index], *site);
            let stays = home(*index).filter(roomy);
            if stays.is_some() {
                give(*index, stays, &mut used);
            }
            stays.is_none()
        });
        for index in others {
            let cache = &self.caches[index];
            let roomy = |site: u32| offered(site) && self.has_room(&used, cache, site);
            let site = self.cheapest_of(roomy, |site| self.cost(cache, site));
            give(index, site.or_else(|| nearest(index)), &mut used);
        }
        answers
    }

    /// Whether a site can carry an entry besides what it carries already. Demand in the unit of
    /// the world is held against the capacity in kq/s.
    fn has_room(&self, used: &[(f64, f64)], cache: &Cache, site: u32) -> bool {
        let Capacity { kqps, gbps } = self.targets[site as usize].capacity;
        let fits = |demand: f64, room: Option<f64>| room.is_none_or(|it| demand <= it * ROUNDING);
        let (used_kqps, used_gbps) = used[site as usize];
        fits(used_kqps + cache.weight, kqps) && fits(used_gbps + cache.gbps, gbps)
    }
}

/// Orders sites by cost, then by index.
fn compare(a: (f64, u32), b: (f64, u32)) -> Ordering {
    a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
}

/// The lower median of the entries' demand; 0 if there is none.
fn median(caches: &[Cache]) -> f64 {
    let mut weights: Vec<f64> = caches.iter().map(|cache| cache.weight).collect();
    weights.sort_by(f64::total_cmp);
    weights.get((weights.len().max(1) - 1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use catchment_model::LatLon;

    fn point(lon: f64) -> Option<Point> {
        Some(Point::new(LatLon { lat: 0.0, lon }))
    }

    /// Entries on the equator: (degrees east, demand).
    fn caches(list: &[(f64, f64)]) -> Vec<Cache> {
        let cache = |(key, (lon, weight)): (u64, &(f64, f64))| Cache {
            key,
            place: point(*lon),
            weight: *weight,
            gbps: 0.0,
            ttl_us: 1,
            negative_ttl_us: 1,
            first_us: 1,
            negative_first_us: 1,
        };
        (0..).zip(list).map(cache).collect()
    }

    /// Sites on the equator: (degrees east, kq/s).
    fn authority<'a>(
        policy: AnswerPolicy,
        caches: &'a [Cache],
        sites: &[(f64, Option<f64>)],
    ) -> Authority<'a> {
        let target = |(key, (lon, kqps)): (u64, &(f64, Option<f64>))| Target {
            place: point(*lon),
            key,
            capacity: Capacity { kqps: *kqps, gbps: None },
            listed: true,
            offered: true,
        };
        Authority::new(policy, 1, caches, (0..).zip(sites).map(target).collect())
    }

    fn sites(answers: &[Option<u32>]) -> Vec<i64> {
        answers.iter().map(|answer| answer.map_or(-1, i64::from)).collect()
    }

    #[test]
    fn nearest_wins_and_ties_go_to_the_lowest_index() {
        let askers = caches(&[(1.0, 1.0), (19.0, 1.0), (150.0, 1.0)]);
        let mut server =
            authority(AnswerPolicy::Nearest, &askers, &[(0.0, None), (20.0, None), (20.0, None)]);
        assert_eq!(sites(&server.answers()), [0, 1, 1]);
        server.targets[1].offered = false;
        assert_eq!(sites(&server.answers()), [0, 2, 2]);
        server.targets[0].place = None;
        assert_eq!(sites(&server.answers()), [2, 2, 2]);
        server.targets[2].offered = false;
        assert_eq!(sites(&server.answers()), [0, 0, 0]);
        server.targets[0].offered = false;
        assert_eq!(sites(&server.answers()), [-1, -1, -1]);
    }

    #[test]
    fn who_is_nowhere_gets_the_first_site() {
        let mut askers = caches(&[(19.0, 1.0)]);
        askers[0].place = None;
        let mut server = authority(AnswerPolicy::Nearest, &askers, &[(0.0, None), (20.0, None)]);
        assert_eq!(sites(&server.answers()), [0]);
        server.targets[0].place = None;
        assert_eq!(sites(&server.answers()), [0]);
    }

    #[test]
    fn weights_draw_in_proportion_and_move_only_whom_they_must() {
        let many: Vec<(f64, f64)> = vec![(0.0, 1.0); 10_000];
        let askers = caches(&many);
        let stated = [(0.0, Some(10.0)), (0.0, Some(20.0)), (0.0, Some(0.0)), (0.0, None)];
        let mut server = authority(AnswerPolicy::Weighted, &askers, &stated);
        let before = server.answers();
        let count = |answers: &[Option<u32>], site| {
            answers.iter().filter(|answer| **answer == Some(site)).count()
        };
        // The one without a capacity counts as the largest: 10, 20, 0, 20 of 50.
        assert!(count(&before, 0).abs_diff(2000) < 120, "{}", count(&before, 0));
        assert!(count(&before, 1).abs_diff(4000) < 150, "{}", count(&before, 1));
        assert_eq!(count(&before, 2), 0);
        server.targets[1].offered = false;
        let after = server.answers();
        for (before, after) in before.iter().zip(&after) {
            assert!(before == after || *before == Some(1));
        }
        // What is drawn from is 10 and 20 now.
        assert!(count(&after, 0).abs_diff(3333) < 150, "{}", count(&after, 0));
    }

    #[test]
    fn without_capacities_all_sites_weigh_alike() {
        let askers = caches(&vec![(0.0, 1.0); 9_000]);
        let server =
            authority(AnswerPolicy::Weighted, &askers, &[(0.0, None), (90.0, None), (50.0, None)]);
        let first = server.answers().iter().filter(|it| **it == Some(0)).count();
        assert!(first.abs_diff(3000) < 140, "{first}");
    }

    #[test]
    fn load_aware_sends_the_displaced_where_room_is_left() {
        let askers = caches(&[(1.0, 40.0), (2.0, 40.0), (9.0, 40.0), (11.0, 10.0)]);
        let list = [(0.0, Some(100.0)), (10.0, Some(50.0)), (90.0, None)];
        let mut server = authority(AnswerPolicy::LoadAware, &askers, &list);
        assert_eq!(sites(&server.answers()), [0, 0, 1, 1]);
        // Site 1 is full with its own clients, though those of site 0 stand first in the list.
        server.targets[0].offered = false;
        assert_eq!(sites(&server.answers()), [2, 2, 1, 1]);
        // Nobody has room for 40: the nearest, all the same.
        server.targets[2].offered = false;
        assert_eq!(sites(&server.answers()), [1, 1, 1, 1]);
        server.targets[1].capacity.kqps = Some(80.0);
        server.targets[2].offered = true;
        assert_eq!(sites(&server.answers()), [2, 2, 1, 1]);
    }

    #[test]
    fn the_first_tier_gets_the_nearest_though_it_is_full() {
        let askers = caches(&[(1.0, 10.0), (1.0, 40.0), (1.0, 30.0), (1.0, 5.0)]);
        let server = authority(AnswerPolicy::Tier, &askers, &[(0.0, Some(50.0)), (10.0, None)]);
        // The lower median is 10: three have it, and together exceed the capacity.
        assert_eq!(sites(&server.answers()), [0, 0, 0, 1]);
    }

    #[test]
    fn answers_after_a_change_are_those_from_scratch() {
        let list: Vec<(f64, Option<f64>)> =
            (0..7).map(|site| (f64::from(site % 5) * 20.0, Some(f64::from(site % 3)))).collect();
        let askers: Vec<(f64, f64)> = (0..60).map(|it| (f64::from(it) * 3.0, 1.0)).collect();
        let askers = caches(&askers);
        for (_, policy) in AnswerPolicy::NAMES {
            let mut server = authority(policy, &askers, &list);
            let mut answers = server.answers();
            for step in 0..200 {
                let touched = [0, 1].map(|it| (catchment_model::rng::draw(5, step, it) % 7) as u32);
                for site in touched {
                    let target = &mut server.targets[site as usize];
                    target.offered = !target.offered;
                }
                answers = server.answers_after(&answers, &touched, false);
                assert_eq!(answers, server.answers(), "{policy:?} step {step}");
            }
        }
    }
}
