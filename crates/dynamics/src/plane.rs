//! The data plane: where packets end at each instant, found by walking the forwarding tables.
//!
//! Forwarding to one address is a graph in which every router has one way on. When some of the ways
//! change, only the routers behind them (whose packets pass them) get another fate, and all routers
//! behind one share its fate; so each instant costs as much as it moves.

use catchment_model::schedule::Occurrence;

use crate::agenda::{Notice, SiteChange, WireChange};
use crate::delivery::{Delivery, Fate, FateChange, NO_CAUSE, Source, Stages, Stream};

/// What a router does with packets to a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hop {
    /// It has no route.
    None,
    /// It was asked to drop them (RFC 7999).
    Drop,
    /// A site is here.
    Own(u32),
    /// They go to another router.
    To(u32),
}

/// One write into a forwarding table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HopChange {
    /// When the table has it, in µs.
    pub at_us: i64,
    /// The router.
    pub router: u32,
    /// What it does from here on.
    pub hop: Hop,
    /// When the router decided, in µs.
    pub decided_us: i64,
    /// MRAI waits on the causal path, in µs.
    pub waited_us: u32,
    /// Occurrence that it goes back to.
    pub cause: u32,
}

/// Forwarding to one prefix over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forwarding {
    /// What each router does at t = 0, before the events of that instant.
    pub start: Vec<Hop>,
    /// Writes, ascending by time.
    pub changes: Vec<HopChange>,
}

/// What else decides over packets.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// For each router that belongs to a site: the router, the site, and whether the router is all
    /// there is of its AS, so that packets end there.
    pub ends: &'a [(u32, u32, bool)],
    /// Links that are down at t = 0, as pairs of routers, lower index first.
    pub cut: &'a [(u32, u32)],
    /// Sites that stop and start answering, ascending by time.
    pub sites: &'a [SiteChange],
    /// How many sites there are; all answer at t = 0.
    pub site_count: usize,
    /// Links that go down and come up, ascending by time.
    pub wires: &'a [WireChange],
    /// Who noticed what, ascending by time.
    pub notices: &'a [Notice],
    /// What happens.
    pub schedule: &'a [Occurrence],
}

const NOBODY: u32 = u32::MAX;

/// Follows the streams of `sources` through time. `layers` are the prefixes that cover the
/// address, longest first: each router uses the first that it has a route to.
pub fn deliver(layers: &[&Forwarding], ground: &Ground<'_>, sources: Vec<Source>) -> Delivery {
    let routers = layers.first().map_or(0, |layer| layer.start.len());
    let mut plane = Plane::new(layers, ground, routers);
    let mut streams_at = vec![Vec::new(); routers];
    let mut streams = Vec::with_capacity(sources.len());
    for (index, source) in (0..).zip(&sources) {
        streams_at[source.router as usize].push(index);
        streams.push(Stream { source: index, share: 1.0 });
    }
    let start: Vec<Fate> =
        sources.iter().map(|source| plane.fates[source.router as usize]).collect();
    let mut changes = Vec::new();
    let mut happened = happenings(layers, ground);
    happened.sort_by_key(Happening::at_us);
    let mut at = 0;
    while at < happened.len() {
        let at_us = happened[at].at_us();
        let end = at + happened[at..].partition_point(|it| it.at_us() == at_us);
        plane.apply(&happened[at..end], ground);
        at = end;
        let first = changes.len();
        for (router, before) in plane.take_moved() {
            let fate = plane.fates[router as usize];
            if fate == before {
                continue;
            }
            let (cause, stages) = plane.reasons[plane.reason_of[router as usize] as usize];
            for stream in &streams_at[router as usize] {
                let (stream, answer) = (*stream, false);
                changes.push(FateChange { at_us, stream, fate, cause, stages, answer });
            }
        }
        changes[first..].sort_unstable_by_key(|change| change.stream);
    }
    let end_us = changes.last().map_or(0, |change| change.at_us);
    Delivery { sources, streams, start, changes, end_us }
}

/// What becomes of the packets of each router at a time, everything up to it applied.
pub fn fates_at(layers: &[&Forwarding], ground: &Ground<'_>, at_us: i64) -> Vec<Fate> {
    let routers = layers.first().map_or(0, |layer| layer.start.len());
    let mut plane = Plane::new(layers, ground, routers);
    let mut happened = happenings(layers, ground);
    happened.retain(|happening| happening.at_us() <= at_us);
    happened.sort_by_key(Happening::at_us);
    // The last word on each router, site and link counts, so that all is one instant.
    plane.apply(&happened, ground);
    plane.fates
}

/// Something that changes what becomes of packets.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Hop(usize, HopChange),
    Site(SiteChange),
    Wire(WireChange),
}

impl Happening {
    fn at_us(&self) -> i64 {
        match self {
            Happening::Hop(_, change) => change.at_us,
            Happening::Site(change) => change.at_us,
            Happening::Wire(change) => change.at_us,
        }
    }
}

fn happenings(layers: &[&Forwarding], ground: &Ground<'_>) -> Vec<Happening> {
    let sites = ground.sites.iter().map(|change| Happening::Site(*change));
    let wires = ground.wires.iter().map(|change| Happening::Wire(*change));
    let hops = layers.iter().enumerate().flat_map(|(layer, forwarding)| {
        forwarding.changes.iter().map(move |change| Happening::Hop(layer, *change))
    });
    sites.chain(wires).chain(hops).collect()
}

struct Plane {
    /// What each router does, layer by layer.
    hops: Vec<Vec<Hop>>,
    /// The site whose router this is, and whether packets end there.
    end_at: Vec<(u32, bool)>,
    answers: Vec<bool>,
    router_up: Vec<bool>,
    cut: std::collections::BTreeSet<(u32, u32)>,
    /// The router that packets go to from here, or [`NOBODY`] where they end.
    next: Vec<u32>,
    /// Those that send their packets here, as a list through `before` and `after`.
    child: Vec<u32>,
    before: Vec<u32>,
    after: Vec<u32>,
    fates: Vec<Fate>,
    /// Which router was visited in which round.
    visited: Vec<u32>,
    round: u32,
    /// Routers that got a fate in this instant, with the one they had.
    moved: Vec<(u32, Fate)>,
    moved_in: Vec<u32>,
    instant: u32,
    /// Why: position in `reasons`.
    reason_of: Vec<u32>,
    reasons: Vec<(u32, Stages)>,
}

impl Plane {
    fn new(layers: &[&Forwarding], ground: &Ground<'_>, routers: usize) -> Plane {
        let mut end_at = vec![(NOBODY, false); routers];
        for (router, site, alone) in ground.ends {
            end_at[*router as usize] = (*site, *alone);
        }
        let mut plane = Plane {
            hops: layers.iter().map(|layer| layer.start.clone()).collect(),
            end_at,
            answers: vec![true; ground.site_count],
            router_up: vec![true; ground.site_count],
            cut: ground.cut.iter().copied().collect(),
            next: vec![NOBODY; routers],
            child: vec![NOBODY; routers],
            before: vec![NOBODY; routers],
            after: vec![NOBODY; routers],
            fates: vec![Fate::NoRoute; routers],
            visited: vec![0; routers],
            round: 0,
            moved: Vec::new(),
            moved_in: vec![0; routers],
            instant: 0,
            reason_of: vec![0; routers],
            reasons: vec![(NO_CAUSE, Stages::default())],
        };
        for router in 0..routers as u32 {
            plane.relink(router);
        }
        plane.instant = 1;
        for router in 0..routers as u32 {
            if plane.moved_in[router as usize] != plane.instant {
                plane.settle(router, 0);
            }
        }
        plane.moved.clear();
        plane
    }

    /// What a router does, all layers considered.
    fn hop(&self, router: u32) -> Hop {
        let at = router as usize;
        self.hops.iter().map(|layer| layer[at]).find(|hop| *hop != Hop::None).unwrap_or(Hop::None)
    }

    /// Fate of packets that end at a router; `None` if they go on.
    fn end(&self, router: u32) -> Option<Fate> {
        let at_site = |site: u32| match self.answers[site as usize] {
            true => Fate::Served(site),
            false => Fate::Stale(Some(site)),
        };
        let (owner, alone) = self.end_at[router as usize];
        if owner != NOBODY && !self.router_up[owner as usize] {
            return Some(Fate::Stale(Some(owner)));
        }
        if alone {
            return Some(at_site(owner));
        }
        match self.hop(router) {
            Hop::None | Hop::Drop => Some(Fate::NoRoute),
            Hop::Own(site) => Some(at_site(site)),
            Hop::To(next) if self.is_cut(router, next) => Some(Fate::Stale(None)),
            Hop::To(_) => None,
        }
    }

    fn is_cut(&self, a: u32, b: u32) -> bool {
        !self.cut.is_empty() && self.cut.contains(&(a.min(b), a.max(b)))
    }

    /// Puts a router where its packets go.
    fn relink(&mut self, router: u32) {
        let at = router as usize;
        let next = match (self.end(router), self.hop(router)) {
            (None, Hop::To(next)) => next,
            _ => NOBODY,
        };
        if next == self.next[at] {
            return;
        }
        if self.next[at] != NOBODY {
            let (before, after) = (self.before[at], self.after[at]);
            match before {
                NOBODY => self.child[self.next[at] as usize] = after,
                before => self.after[before as usize] = after,
            }
            if after != NOBODY {
                self.before[after as usize] = before;
            }
        }
        self.next[at] = next;
        self.before[at] = NOBODY;
        self.after[at] = NOBODY;
        if next != NOBODY {
            let first = self.child[next as usize];
            self.after[at] = first;
            if first != NOBODY {
                self.before[first as usize] = router;
            }
            self.child[next as usize] = router;
        }
    }

    /// Follows the packets of a router to their end.
    fn follow(&mut self, router: u32) -> Fate {
        self.round += 1;
        let mut here = router;
        loop {
            if let Some(fate) = self.end(here) {
                return fate;
            }
            self.visited[here as usize] = self.round;
            here = self.next[here as usize];
            if self.visited[here as usize] == self.round {
                return Fate::Looping;
            }
        }
    }

    /// Gives a router, and all behind it, the fate of its packets.
    fn settle(&mut self, router: u32, reason: u32) {
        let fate = self.follow(router);
        self.round += 1;
        let mut open = vec![router];
        while let Some(here) = open.pop() {
            let at = here as usize;
            if self.visited[at] == self.round {
                continue;
            }
            self.visited[at] = self.round;
            if self.moved_in[at] != self.instant {
                self.moved_in[at] = self.instant;
                self.moved.push((here, self.fates[at]));
            }
            self.fates[at] = fate;
            self.reason_of[at] = reason;
            let mut child = self.child[at];
            while child != NOBODY {
                open.push(child);
                child = self.after[child as usize];
            }
        }
    }

    /// Applies everything that happens in one instant.
    fn apply(&mut self, happened: &[Happening], ground: &Ground<'_>) {
        self.instant += 1;
        let mut touched: Vec<(u32, u32)> = Vec::new();
        for happening in happened {
            match happening {
                Happening::Hop(layer, change) => {
                    self.hops[*layer][change.router as usize] = change.hop;
                    let reason = self.reason(change.cause, stages_of(change, ground));
                    touched.push((change.router, reason));
                }
                Happening::Site(change) => {
                    self.answers[change.site as usize] = change.answers;
                    self.router_up[change.site as usize] = change.router_up;
                    let stages = since_event(change.at_us, change.cause, ground);
                    let reason = self.reason(change.cause, stages);
                    let routers = 0..self.end_at.len() as u32;
                    let is_here = |router: &u32| {
                        self.end_at[*router as usize].0 == change.site
                            || self.hop(*router) == Hop::Own(change.site)
                    };
                    touched.extend(routers.filter(is_here).map(|router| (router, reason)));
                }
                Happening::Wire(change) => {
                    match change.up {
                        true => _ = self.cut.remove(&(change.a, change.b)),
                        false => _ = self.cut.insert((change.a, change.b)),
                    }
                    let stages = since_event(change.at_us, change.cause, ground);
                    let reason = self.reason(change.cause, stages);
                    touched.extend([(change.a, reason), (change.b, reason)]);
                }
            }
        }
        for (router, _) in &touched {
            self.relink(*router);
        }
        for (router, reason) in touched {
            self.settle(router, reason);
        }
    }

    fn reason(&mut self, cause: u32, stages: Stages) -> u32 {
        self.reasons.push((cause, stages));
        self.reasons.len() as u32 - 1
    }

    fn take_moved(&mut self) -> Vec<(u32, Fate)> {
        std::mem::take(&mut self.moved)
    }
}

fn event_us(cause: u32, ground: &Ground<'_>) -> Option<i64> {
    Some(ground.schedule.get(cause as usize)?.at.us)
}

/// What happens at the site or link itself is an event, or follows from it without anybody's doing.
fn since_event(at_us: i64, cause: u32, ground: &Ground<'_>) -> Stages {
    let detection_us = event_us(cause, ground).map_or(0, |event_us| at_us - event_us);
    Stages { detection_us, ..Stages::default() }
}

/// Where the time since the event went.
fn stages_of(change: &HopChange, ground: &Ground<'_>) -> Stages {
    let Some(event_us) = event_us(change.cause, ground) else { return Stages::default() };
    // Neighbors notice by themselves; what a router does late goes back to one that noticed late.
    let ours = |notice: &&Notice| notice.cause == change.cause && notice.at_us <= change.decided_us;
    let end = ground.notices.partition_point(|notice| notice.at_us <= change.decided_us);
    let noticed_us = ground.notices[..end].iter().rev().find(ours).map_or(event_us, |n| n.at_us);
    let mrai_us = i64::from(change.waited_us).min(change.decided_us - noticed_us);
    Stages {
        detection_us: noticed_us - event_us,
        propagation_us: change.decided_us - noticed_us - mrai_us,
        mrai_us,
        fib_us: change.at_us - change.decided_us,
        client_us: 0,
    }
}
