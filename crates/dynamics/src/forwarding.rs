//! What forwarding tables make of a control plane.

use std::collections::BTreeMap;

use catchment_model::Community;
use catchment_model::service::Site;

use crate::agenda::Course;
use crate::engine::adjacency::Adjacency;
use crate::engine::paths::Paths;
use crate::engine::{Best, NO_SLOT, OWN, RouteChange, SpreadChange};
use crate::plane::{Forwarding, Hop, HopChange};
use crate::play::RouteLog;
use crate::spread::Buckets;

/// Best routes of one prefix over time, and what is needed to see where they lead.
#[derive(Clone, Copy)]
pub(crate) struct Routes<'a> {
    sites: &'a [Site],
    adjacency: &'a Adjacency,
    paths: &'a Paths,
    prefix: u16,
    start: &'a [Best],
    changes: &'a [RouteChange],
    start_spread: &'a BTreeMap<u32, Vec<u32>>,
    spreads: &'a [SpreadChange],
}

static NO_SPREAD: BTreeMap<u32, Vec<u32>> = BTreeMap::new();

impl<'a> Routes<'a> {
    /// Those of a log.
    pub(crate) fn of_log(
        sites: &'a [Site],
        adjacency: &'a Adjacency,
        log: &'a RouteLog,
    ) -> Routes<'a> {
        Routes {
            sites,
            adjacency,
            paths: &log.paths,
            prefix: log.prefix,
            start: &log.start,
            changes: &log.changes,
            start_spread: &log.start_spread,
            spreads: &log.spreads,
        }
    }

    /// Those of a course, each router using its one best route.
    pub(crate) fn of_course(
        course: &'a Course<'_>,
        start: &'a [Best],
        changes: &'a [RouteChange],
    ) -> Routes<'a> {
        Routes {
            sites: &course.situation().service.sites,
            adjacency: course.adjacency(),
            paths: course.engine.paths(),
            prefix: course.prefix(),
            start,
            changes,
            start_spread: &NO_SPREAD,
            spreads: &[],
        }
    }

    /// What a router does with packets when it uses `best`.
    pub(crate) fn hop(&self, router: u32, best: &Best) -> Hop {
        match best.slot {
            NO_SLOT => Hop::None,
            OWN => {
                let is_here =
                    |site: &Site| site.router == router && site.prefixes.contains(&self.prefix);
                let site = self.sites.iter().position(is_here);
                site.map_or(Hop::None, |site| Hop::Own(site as u32))
            }
            slot => {
                let said = self.paths.announcement(best.told.path());
                match said.is_some_and(|said| said.communities.contains(&Community::Blackhole)) {
                    true => Hop::Drop,
                    false => Hop::To(self.adjacency.peer(slot)),
                }
            }
        }
    }

    /// Forwarding of each bucket of flows.
    pub(crate) fn forwarding(&self, buckets: &Buckets) -> Vec<Forwarding> {
        let mut dealt = BTreeMap::new();
        (0..buckets.count()).map(|bucket| self.of_bucket(buckets, bucket, &mut dealt)).collect()
    }

    /// Forwarding of one bucket. `dealt` keeps how routers deal over some number of ways.
    fn of_bucket(
        &self,
        buckets: &Buckets,
        bucket: u32,
        dealt: &mut BTreeMap<(u32, u32), Vec<u32>>,
    ) -> Forwarding {
        let mut way = |router: u32, slots: &[u32]| {
            let count = slots.len() as u32;
            let ways = dealt.entry((router, count)).or_insert_with(|| buckets.deal(router, count));
            Hop::To(self.adjacency.peer(slots[ways[bucket as usize] as usize]))
        };
        let mut start: Vec<Hop> =
            (0..).zip(self.start).map(|(router, best)| self.hop(router, best)).collect();
        for (router, slots) in self.start_spread {
            start[*router as usize] = way(*router, slots);
        }
        let mut best = self.start.to_vec();
        let mut spread: BTreeMap<u32, &[u32]> =
            self.start_spread.iter().map(|(router, slots)| (*router, &slots[..])).collect();
        // A router writes in the order in which it decided.
        let mut written_us = vec![i64::MIN; best.len()];
        let mut changes = Vec::with_capacity(self.changes.len());
        let mut write = |at: &Decided, hop: Hop| {
            let written_us = &mut written_us[at.router as usize];
            *written_us = at.fib_us.max(*written_us);
            changes.push(HopChange {
                at_us: *written_us,
                router: at.router,
                hop,
                decided_us: at.at_us,
                waited_us: at.waited_us,
                cause: at.cause,
            });
        };
        let mut spreads = self.spreads.iter().peekable();
        for change in self.changes {
            while let Some(before) = spreads.next_if(|it| it.at_us < change.at_us) {
                spread.insert(before.router, &before.slots);
                write(&Decided::of_spread(before), self.spread_hop(before, &best, &mut way));
            }
            best[change.router as usize] = change.best;
            // Another best route may leave the set of equal ones as it is.
            let hop = match spread.get(&change.router) {
                Some(slots) if slots.contains(&change.best.slot) => way(change.router, slots),
                _ => self.hop(change.router, &change.best),
            };
            write(&Decided::of_route(change), hop);
        }
        for last in spreads {
            write(&Decided::of_spread(last), self.spread_hop(last, &best, &mut way));
        }
        changes.sort_by_key(|change| change.at_us);
        Forwarding { start, changes }
    }

    /// What a router does after a change of its equal routes.
    fn spread_hop(
        &self,
        change: &SpreadChange,
        best: &[Best],
        way: &mut impl FnMut(u32, &[u32]) -> Hop,
    ) -> Hop {
        match &change.slots[..] {
            [] => self.hop(change.router, &best[change.router as usize]),
            slots => way(change.router, slots),
        }
    }
}

/// When and why a router decided.
struct Decided {
    at_us: i64,
    router: u32,
    waited_us: u32,
    cause: u32,
    fib_us: i64,
}

impl Decided {
    fn of_route(change: &RouteChange) -> Decided {
        let Best { waited_us, cause, .. } = change.best;
        let RouteChange { at_us, router, fib_us, .. } = *change;
        Decided { at_us, router, waited_us, cause, fib_us }
    }

    fn of_spread(change: &SpreadChange) -> Decided {
        let SpreadChange { at_us, router, waited_us, cause, fib_us, .. } = *change;
        Decided { at_us, router, waited_us, cause, fib_us }
    }
}
