//! Ties are data: which sites a router could reach if it and every router behind it broke their
//! ties either way, and how likely each is if they toss fair coins (design section 5).
//!
//! A draw picks uniformly among the tied candidate sessions, independently at each router. The
//! share of a site is then the mean of its shares at the tied neighbors: exact, as no path visits
//! a router twice.

use crate::catchment::{Catchment, Word};
use crate::choice::choice_at;
use crate::decision::Via;
use crate::fixpoint::drops;
use crate::policy::{Policy, Situation};

/// Routers between two looks at whether somebody wants to know no more.
const ROUTERS_AT_ONCE: usize = 4096;

/// For each router the sites it could reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Ties {
    /// Site and probability, ascending by site; empty without a route. They sum to less than 1
    /// where some way ends in a network that drops the packets (RFC 7999). By router.
    pub shares: Vec<Vec<(u32, f64)>>,
}

impl Ties {
    /// Computes them for one prefix by itself.
    pub fn new(situation: Situation<'_>, prefix_index: u16, catchment: &Catchment) -> Ties {
        Ties::along(&[(Policy::new(situation, prefix_index), catchment)])
    }

    /// Computes them for packets that each router forwards by the first of `chain` to which it has
    /// a route: covering prefixes, longest first.
    pub fn along(chain: &[(Policy<'_>, &Catchment)]) -> Ties {
        Ties::along_while(chain, &mut || true).expect("somebody wants to know")
    }

    /// The same for whoever may lose patience: `goes_on` is asked now and then, and there is no
    /// answer once it has said no.
    pub fn along_while(
        chain: &[(Policy<'_>, &Catchment)],
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Option<Ties> {
        let count = chain.first().map_or(0, |(_, catchment)| catchment.router_count());
        let mut shares: Vec<Vec<(u32, f64)>> = vec![Vec::new(); count];
        // A neighbor that told a route has it too, one ASN shorter, or a longer prefix; and the
        // routers that tell a route inside have it from outside. So in this order everyone comes
        // after those it depends on. Overridden LOCAL_PREFs do not change that: a path is longer
        // than each of its tails.
        let mut order: Vec<(usize, u32, u8, u32)> = (0..count as u32)
            .filter_map(|router| {
                let word = |entry: &(Policy<'_>, &Catchment)| entry.1.words[router as usize];
                let position = chain.iter().position(|entry| word(entry) != Word::NONE)?;
                let route = word(&chain[position]).unpack()?;
                let inside = u8::from(matches!(route.via, Via::Internal(_)));
                Some((position, route.path_length, inside, router))
            })
            .collect();
        order.sort_unstable();
        let mut done = vec![false; count];
        // A stack, as a router of the same AS may have to go first where textbook rules tie a
        // route from outside with one from inside.
        let mut stack: Vec<(usize, u32)> = Vec::new();
        let mut mixed: Vec<(u32, f64)> = Vec::new();
        for (place, (position, _, _, router)) in order.into_iter().enumerate() {
            if place % ROUTERS_AT_ONCE == 0 && !goes_on() {
                return None;
            }
            stack.push((position, router));
            while let Some((position, router)) = stack.pop() {
                if std::mem::replace(&mut done[router as usize], true) {
                    continue;
                }
                let (policy, catchment) = &chain[position];
                if drops(policy, catchment, router) {
                    continue;
                }
                let choice = choice_at(policy, catchment, router).expect("it has a route");
                let first = choice.tied.iter().find_map(|via| match via {
                    Via::Internal(other) if !done[*other as usize] => Some(*other),
                    _ => None,
                });
                if let Some(other) = first {
                    done[router as usize] = false;
                    stack.push((position, router));
                    stack.push((position, other));
                    assert!(stack.len() <= count, "routers of an AS wait for each other");
                    continue;
                }
                mixed.clear();
                let part = 1.0 / choice.tied.len() as f64;
                for via in &choice.tied {
                    match via {
                        Via::Own => mixed.extend(catchment.site(router).map(|site| (site, 1.0))),
                        Via::External(other) | Via::Internal(other) => {
                            let theirs = &shares[*other as usize];
                            mixed.extend(theirs.iter().map(|(site, share)| (*site, share * part)));
                        }
                    }
                }
                shares[router as usize] = merged(&mut mixed);
            }
        }
        Some(Ties { shares })
    }
}

/// One entry for each site, ascending, with the sum of its parts.
fn merged(parts: &mut [(u32, f64)]) -> Vec<(u32, f64)> {
    parts.sort_by_key(|(site, _)| *site);
    let mut merged: Vec<(u32, f64)> = Vec::new();
    for (site, share) in parts {
        match merged.last_mut() {
            Some((last, sum)) if last == site => *sum += *share,
            _ => merged.push((*site, *share)),
        }
    }
    merged
}

/// The sites that each router could reach.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TieSets {
    /// Words of 64 sites for each router.
    pub width: usize,
    /// The sets, router by router.
    pub sets: Vec<u64>,
}

impl TieSets {
    /// The sites with a share.
    pub(crate) fn from_ties(ties: &Ties, site_count: usize) -> TieSets {
        let width = site_count.div_ceil(64).max(1);
        let mut sets = vec![0; width * ties.shares.len()];
        for (router, shares) in ties.shares.iter().enumerate() {
            for (site, _) in shares {
                sets[width * router + *site as usize / 64] |= 1 << (site % 64);
            }
        }
        TieSets { width, sets }
    }

    /// The sites in the set of a router, ascending.
    pub fn sites(&self, router: u32) -> impl Iterator<Item = u32> + '_ {
        let set = &self.sets[self.width * router as usize..self.width * (router as usize + 1)];
        set.iter().enumerate().flat_map(|(block, word)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| block as u32 * 64 + bit)
        })
    }

    /// How many sites are in the set of a router.
    pub fn count(&self, router: u32) -> u32 {
        let set = &self.sets[self.width * router as usize..self.width * (router as usize + 1)];
        set.iter().map(|word| word.count_ones()).sum()
    }
}
