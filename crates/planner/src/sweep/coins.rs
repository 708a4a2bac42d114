//! Where demand lands if every router breaks its ties by a coin of its own: a draw picks evenly
//! among the tied candidate sessions, independently per router (design section 5).
//!
//! Coins change no route, only which of several equal ones packets take. So the routing is solved
//! once, what a router could choose from is found when packets first come by, and every further
//! draw only follows the packets.

use std::collections::BTreeMap;

use catchment_dynamics::play::covering;
use catchment_dynamics::{Script, Stream};
use catchment_model::rng::draw;
use catchment_model::service::Site;
use catchment_routing::{Catchment, Policy, Situation, Unsolved, Via, choice_at};
use catchment_routing::{link_rtt_ms, solve};

use super::{below, stream};
use crate::brief::Brief;
use crate::oracle::Placement;

/// Tosses coins for one brief, as often as it is asked.
#[derive(Debug)]
pub struct Coins<'a> {
    script: Script<'a>,
    /// Each prefix that matters, with its answer.
    solved: BTreeMap<u16, (Policy<'a>, Catchment)>,
    targets: Vec<Target>,
    /// By source: which of `targets` it sends to, and its router.
    sources: Vec<(usize, u32)>,
}

/// An address, and what routers can do with packets to it.
#[derive(Debug)]
struct Target {
    /// The prefixes that cover it, longest first: each router forwards by the first for which it
    /// has a route.
    layers: Vec<u16>,
    /// By router.
    choices: Vec<Choice>,
    /// Candidates of all routers.
    tied: Vec<Via>,
}

/// What one router can do.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// Nobody came by.
    Unknown,
    /// Nothing: it has no route.
    None,
    /// It has `count` candidates from `first` on, and chose `via` without a coin.
    Tied { prefix: u16, site: u32, via: Via, first: u32, count: u32 },
}

/// A site and a round trip to it.
type End = (Option<u32>, Option<f64>);

impl<'a> Coins<'a> {
    /// Solves what the sources of a brief send to.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn new(brief: &Brief<'a>) -> Result<Coins<'a>, Unsolved> {
        let situation = brief.situation();
        let mut solved = BTreeMap::new();
        let mut targets: Vec<Target> = Vec::new();
        let mut places: BTreeMap<u16, usize> = BTreeMap::new();
        let mut sources = Vec::with_capacity(brief.sources.len());
        for source in &brief.sources {
            let prefix = brief.prefix_of(source);
            let place = match places.get(&prefix) {
                Some(place) => *place,
                None => {
                    let layers = covering(&brief.script, prefix);
                    for layer in &layers {
                        if !solved.contains_key(layer) {
                            let policy = Policy::new(situation, *layer);
                            solved.insert(*layer, (policy, solve(situation, *layer)?));
                        }
                    }
                    let choices = vec![Choice::Unknown; situation.world.router_count()];
                    targets.push(Target { layers, choices, tied: Vec::new() });
                    places.insert(prefix, targets.len() - 1);
                    targets.len() - 1
                }
            };
            sources.push((place, source.router));
        }
        Ok(Coins { script: brief.script, solved, targets, sources })
    }

    /// Whether draws for another script with the same sources are those of this one: what can
    /// differ are capacities, regions and a seed that no rule draws from.
    pub fn answers_for(&self, other: &Script<'_>) -> bool {
        let (ours, theirs) = (self.script.situation, other.situation);
        let is_same_site = |(a, b): (&Site, &Site)| {
            let same = Site { capacity: b.capacity, region: b.region.clone(), ..a.clone() };
            same == *b
        };
        self.script.steering == other.steering
            && self.script.prefix == other.prefix
            && self.script.regional == other.regional
            && self.script.client_gbps == other.client_gbps
            && (ours.seed == theirs.seed || !draws_by_seed(ours))
            && ours.rules == theirs.rules
            && ours.overlay == theirs.overlay
            && ours.service.prefixes == theirs.service.prefixes
            && ours.service.roas == theirs.service.roas
            && ours.service.sites.len() == theirs.service.sites.len()
            && ours.service.sites.iter().zip(&theirs.service.sites).all(is_same_site)
            && (std::ptr::eq(ours.world, theirs.world) || ours.world == theirs.world)
    }

    /// Where demand lands in a draw.
    pub fn toss(&mut self, seed: u64) -> Placement {
        let Coins { script, solved, targets, sources } = self;
        let situation = script.situation;
        let count = situation.world.router_count();
        let mut ends: Vec<Vec<Option<End>>> = vec![vec![None; count]; targets.len()];
        let mut passed = Vec::new();
        let mut sites = Vec::with_capacity(sources.len());
        let mut rtt_ms = Vec::with_capacity(sources.len());
        for (place, router) in sources {
            let (target, ends) = (&mut targets[*place], &mut ends[*place]);
            let (site, rtt) = target.end(situation, solved, *router, seed, ends, &mut passed);
            sites.push(site);
            rtt_ms.push(rtt);
        }
        let stream = |source: usize| Stream { source: source as u32, share: 1.0 };
        Placement { streams: (0..sites.len()).map(stream).collect(), sites, rtt_ms }
    }
}

/// Whether some rule draws from the seed which routes there are: preferences, partial transit, who
/// takes longer prefixes, who validates origins.
fn draws_by_seed(situation: Situation<'_>) -> bool {
    let rules = situation.rules;
    let shares = [
        rules.policy_noise,
        rules.peer_over_customer_share,
        rules.hybrid_link_share,
        rules.longer_share,
    ];
    shares.iter().any(|share| *share != 0.0) || !situation.service.roas.is_empty()
}

impl Target {
    fn choice(&mut self, solved: &BTreeMap<u16, (Policy<'_>, Catchment)>, router: u32) -> Choice {
        if let known @ (Choice::None | Choice::Tied { .. }) = self.choices[router as usize] {
            return known;
        }
        let found = self.layers.iter().find_map(|prefix| {
            let (policy, catchment) = &solved[prefix];
            Some((*prefix, catchment.route(router)?, policy, catchment))
        });
        let choice = match found {
            None => Choice::None,
            Some((prefix, route, policy, catchment)) => {
                let tied = choice_at(policy, catchment, router).expect("it has a route").tied;
                let (first, count) = (self.tied.len() as u32, tied.len() as u32);
                self.tied.extend(tied);
                Choice::Tied { prefix, site: route.site, via: route.via, first, count }
            }
        };
        self.choices[router as usize] = choice;
        choice
    }

    fn end(
        &mut self,
        situation: Situation<'_>,
        solved: &BTreeMap<u16, (Policy<'_>, Catchment)>,
        router: u32,
        seed: u64,
        ends: &mut [Option<End>],
        passed: &mut Vec<u32>,
    ) -> End {
        let Situation { world, rules, .. } = situation;
        let mut here = router;
        while ends[here as usize].is_none() {
            let Choice::Tied { prefix, site, via, first, count } = self.choice(solved, here) else {
                ends[here as usize] = Some((None, None));
                break;
            };
            let key = u64::from(prefix) << 32 | u64::from(here);
            let picked = below(draw(seed, stream::TIES, key), u64::from(count));
            let tied = &self.tied[first as usize..][..count as usize];
            let mut picked = tied.get(picked as usize).copied().unwrap_or(via);
            // Routers of one AS that each prefer the other's tied way would send packets round:
            // then the way that the solve chose is taken, which ends.
            if let Via::Internal(next) = picked
                && passed.contains(&next)
            {
                picked = via;
            }
            match picked {
                Via::Own => {
                    let rtt_ms = world.place(here).map(|_| rules.t_server);
                    ends[here as usize] = Some((Some(site), rtt_ms));
                }
                Via::External(next) | Via::Internal(next) => {
                    passed.push(here);
                    here = next;
                    if passed.len() > ends.len() {
                        ends[here as usize] = Some((None, None));
                    }
                }
            }
        }
        while let Some(before) = passed.pop() {
            let (site, rtt_ms) = ends[here as usize].unwrap_or_default();
            let link = || link_rtt_ms(world, rules, before, here);
            let rtt_ms = rtt_ms.and_then(|rest| Some(rest + link()?));
            ends[before as usize] = Some((site, rtt_ms));
            here = before;
        }
        ends[router as usize].unwrap_or_default()
    }
}

/// The same for one draw.
///
/// # Errors
/// If the routing does not settle.
pub fn drawn(brief: &Brief<'_>, seed: u64) -> Result<Placement, Unsolved> {
    Ok(Coins::new(brief)?.toss(seed))
}
