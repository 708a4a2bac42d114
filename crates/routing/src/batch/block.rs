//! Configurations laid side by side: what each lane of a block says and loses.

use std::borrow::Cow;
use std::collections::BTreeMap;

use catchment_model::rng;

use super::configuration::Configuration;
use super::graph::{Edge, Graph, NOBODY, Special};
use super::lanes::{LANES, Layout, Row, Word};
use crate::policy::Situation;

/// Streams of the hashes of (seed, AS) and of (seed, draw) whose mix is the coin of an AS.
const AS_STREAM: u64 = 0x7469_6531;
const DRAW_STREAM: u64 = 0x7469_6532;

/// Up to [`LANES`] configurations, ready to be solved; lanes beyond them repeat the last one.
#[derive(Debug, Clone)]
pub(super) struct Block<'g> {
    /// Special edges of the situation and of the lanes, ascending.
    pub specials: Cow<'g, [(Edge, Special)]>,
    /// Those of the lanes alone.
    pub changed: Vec<Edge>,
    /// One for each lane, of its draw.
    pub draw_keys: [u32; LANES],
    /// Prepends of each site that has more of them on all its sessions, by lane.
    prepends: BTreeMap<u32, [u32; LANES]>,
    /// No own route gains more than this in any lane.
    pub gained_max: u32,
    /// No other route gains more than this over any edge, the hop itself not counted.
    pub added_max: u32,
}

/// The share of an AS in its coins.
pub(super) fn as_key(seed: u64, asn: u32) -> u32 {
    rng::draw(seed, AS_STREAM, u64::from(asn)) as u32
}

/// The share of a draw in all its coins.
pub(super) fn draw_key(seed: u64, draw: u64) -> u32 {
    rng::draw(seed, DRAW_STREAM, draw) as u32
}

/// Whether a configuration says nothing that `u8` cannot count: lanes add prepends up where a
/// scenario stops at 255.
pub(super) fn counts(graph: &Graph, configuration: &Configuration) -> bool {
    configuration.prepends.iter().all(|more| {
        let same = configuration.prepends.iter().filter(|other| other.site == more.site);
        let said = u32::from(graph.prepend_max[more.site as usize]);
        said + same.map(|other| u32::from(other.count)).sum::<u32>() <= u32::from(u8::MAX)
    })
}

impl<'g> Block<'g> {
    /// The configurations must be in one count of draws or none, and [`counts`] hold for each.
    pub(super) fn new(
        graph: &'g Graph,
        situation: Situation<'_>,
        configurations: &[Configuration],
    ) -> Block<'g> {
        assert!((1..=LANES).contains(&configurations.len()), "a block is not empty");
        let world = situation.world;
        let mut block = Block {
            specials: Cow::Borrowed(&graph.specials),
            changed: Vec::new(),
            draw_keys: [0; LANES],
            prepends: BTreeMap::new(),
            gained_max: 0,
            added_max: 0,
        };
        let origin = |site: u32| {
            let announces = graph.place_of_site[site as usize] != NOBODY;
            announces.then(|| situation.service.sites[site as usize].router)
        };
        let mut changed: BTreeMap<Edge, Special> = BTreeMap::new();
        let found = |edge: Edge| {
            let at = graph.specials.binary_search_by_key(&edge, |(edge, _)| *edge);
            at.map_or_else(|_| Special::new(), |at| graph.specials[at].1.clone())
        };
        let mut more_max = 0;
        for (lane, configuration) in lanes_of(configurations) {
            block.draw_keys[lane] =
                configuration.draw.map_or(0, |draw| draw_key(situation.seed, draw));
            let mut gained = 0;
            for more in &configuration.prepends {
                gained += u32::from(more.count);
                let Some(origin) = origin(more.site) else { continue };
                let Some(session) = more.session else {
                    let by_lane = block.prepends.entry(more.site).or_insert([0; LANES]);
                    by_lane[lane] += u32::from(more.count);
                    continue;
                };
                let receiver = world.neighbors[session as usize];
                if world.router_of_session(session) == origin
                    && let Some(edge) = graph.edge(world, receiver, origin)
                {
                    let special = changed.entry(edge).or_insert_with(|| found(edge));
                    special.site = more.site;
                    special.own_added_by_lane.resize(LANES, 0);
                    special.own_added_by_lane[lane] += u32::from(more.count);
                }
            }
            more_max = more_max.max(gained);
            for (site, session) in &configuration.silent {
                let Some(origin) = origin(*site) else { continue };
                let receiver = world.neighbors[*session as usize];
                if world.router_of_session(*session) == origin
                    && let Some(edge) = graph.edge(world, receiver, origin)
                {
                    let special = changed.entry(edge).or_insert_with(|| found(edge));
                    special.site = *site;
                    special.own_closed |= 1 << lane;
                }
            }
            for (a, b) in &configuration.lost_links {
                for (receiver, sender) in [(*a, *b), (*b, *a)] {
                    if let Some(edge) = graph.edge(world, receiver, sender) {
                        changed.entry(edge).or_insert_with(|| found(edge)).closed |= 1 << lane;
                    }
                }
            }
            for session in &configuration.closed {
                let (receiver, sender) =
                    (world.neighbors[*session as usize], world.router_of_session(*session));
                if let Some(edge) = graph.edge(world, receiver, sender) {
                    changed.entry(edge).or_insert_with(|| found(edge)).closed |= 1 << lane;
                }
            }
        }
        let said_max = graph.prepend_max.iter().max().map_or(0, |most| u32::from(*most));
        block.gained_max = said_max + more_max;
        let added = graph.specials.iter().map(|(_, special)| special.added);
        block.added_max = added.max().unwrap_or(0);
        if !changed.is_empty() {
            block.changed = changed.keys().copied().collect();
            let specials = block.specials.to_mut();
            specials.retain(|(edge, _)| !changed.contains_key(edge));
            specials.extend(changed);
            specials.sort_unstable_by_key(|(edge, _)| *edge);
        }
        block
    }

    /// Own routes by site, as each lane tells them.
    pub(super) fn write_own<W: Word>(
        &self,
        graph: &Graph,
        layout: Layout,
        configurations: &[Configuration],
        own: &mut Vec<Row<W>>,
    ) {
        own.clear();
        own.resize(graph.place_of_site.len(), Row::NONE);
        for (lane, configuration) in lanes_of(configurations) {
            for site in configuration.active.iter() {
                // Of a set that was made for another service, or a site without the prefix.
                if graph.place_of_site.get(site as usize).is_none_or(|place| *place == NOBODY) {
                    continue;
                }
                let prepends = self.prepends.get(&site).map_or(0, |by_lane| by_lane[lane]);
                own[site as usize].0[lane] = layout.own(site, prepends);
            }
        }
    }
}

/// Each lane with its configuration.
fn lanes_of(configurations: &[Configuration]) -> impl Iterator<Item = (usize, &Configuration)> {
    let last = configurations.len() - 1;
    (0..LANES).map(move |lane| (lane, &configurations[lane.min(last)]))
}
