//! Many configurations of one prefix at once: which sites announce, with which prepends, over which
//! sessions, with which links lost and which ties broken how.
//!
//! A sweep asks one question ([`Worker::sweep`]) and gets, for each configuration in turn, the
//! demand of each site, and if wanted the site of each router. Behind it are two ways:
//!
//! - *lanes* ([`lanes`]): 64 configurations in one pass over the graph, in vector instructions,
//!   where class, length and lowest identifier are all there is to a decision. Where they are close
//!   to one configuration, only what differs from it is solved ([`changes`]);
//! - *one by one* ([`single`]): everything else, by [`Solver`].
//!
//! The answers are those of [`crate::solve`], for every router, whichever way they came
//! ([`Batch::is_lanes`] tells). Totals are whole numbers ([`Demand`]), so that they are the same
//! bit for bit in whatever order they were summed.
//!
//! Nothing here starts threads. A [`Batch`] is shared; each thread has a [`Worker`] of its own,
//! whose memory does not grow with the number of configurations.

mod block;
mod changes;
mod configuration;
mod demand;
mod dispatch;
mod graph;
mod lanes;
mod single;
mod totals;

use std::sync::OnceLock;

use self::block::Block;
use self::changes::{Base, Listeners, Marks};
pub use self::configuration::{
    Configuration, MorePrepends, Sites, double_failures, failures, single_failures,
};
pub use self::demand::Demand;
pub use self::dispatch::Instructions;
use self::dispatch::Work;
use self::graph::Graph;
pub use self::graph::NotLanes;
use self::lanes::{LANES, Lanes, Layout, Pass, Word};
use self::single::{Landed, NOWHERE};
use crate::catchment::PATH_LENGTH_MAX;
use crate::policy::Situation;
use crate::solver::{Solver, Unsolved};

/// One prefix of a service in a world, prepared for sweeps. Linear in the size of the world to
/// make, so made once.
#[derive(Debug)]
pub struct Batch<'w> {
    situation: Situation<'w>,
    prefix_index: u16,
    graph: Result<Graph, NotLanes>,
    listeners: OnceLock<Listeners>,
    /// By AS, for draws.
    as_keys: OnceLock<Vec<u32>>,
    demand: Demand,
    instructions: Instructions,
}

/// What a sweep wants to know of each configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The demand at each site.
    Totals,
    /// That, and the site and path length of every router.
    Routers,
}

impl<'w> Batch<'w> {
    /// Prepares sweeps over the sites of a service. Sites that are not active now can be made so
    /// by a [`Configuration`]; those that do not announce the prefix cannot.
    ///
    /// # Panics
    /// If the service has no such prefix.
    pub fn new(situation: Situation<'w>, prefix_index: u16) -> Batch<'w> {
        let count = situation.service.prefixes.len();
        assert!(usize::from(prefix_index) < count, "prefix {prefix_index} of {count}");
        let mut batch = Batch {
            situation,
            prefix_index,
            graph: Graph::new(situation, prefix_index),
            listeners: OnceLock::new(),
            as_keys: OnceLock::new(),
            demand: Demand::new(&[]),
            instructions: Instructions::available(),
        };
        batch.demand = batch.demand_of(&situation.world.weights);
        batch
    }

    /// Lets sweeps use at most these instructions. For benches and tests: the answers are the same.
    #[must_use]
    pub fn with_at_most(mut self, instructions: Instructions) -> Batch<'w> {
        self.instructions = instructions.min(Instructions::available());
        self
    }

    /// Never answers by lanes. For benches and tests: the answers are the same.
    #[must_use]
    pub fn one_by_one(mut self) -> Batch<'w> {
        self.graph = Err(NotLanes::Unwanted);
        self
    }

    /// Whether lanes answer, but for configurations whose paths do not fit into words.
    pub fn is_lanes(&self) -> bool {
        self.graph.is_ok()
    }

    /// Why lanes do not answer, if they do not.
    pub fn not_lanes(&self) -> Option<NotLanes> {
        self.graph.as_ref().err().copied()
    }

    /// What this is about.
    pub fn situation(&self) -> Situation<'w> {
        self.situation
    }

    /// The configuration of the situation itself, to be varied.
    pub fn as_it_is(&self) -> Configuration {
        Configuration::of_sites(Sites::active(self.situation.service))
    }

    /// The active sites that announce the prefix: those that can fail.
    pub fn announcing(&self) -> Sites {
        let sites = &self.situation.service.sites;
        Sites::of(sites.len(), |site| {
            let site = &sites[site as usize];
            site.active && site.prefixes.contains(&self.prefix_index)
        })
    }

    /// The demand of the world.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Other demand, as that of an hour, by router.
    ///
    /// # Panics
    /// If there is not one weight for each router, or a weight is negative or no finite number.
    pub fn demand_of(&self, weights: &[f64]) -> Demand {
        let count = self.situation.world.router_count();
        assert_eq!(weights.len(), count, "one weight for each router");
        let demand = Demand::new(weights);
        match &self.graph {
            Ok(graph) => demand.on(graph),
            Err(_) => demand,
        }
    }

    /// What a thread needs to sweep.
    pub fn worker(&self) -> Worker<'_, 'w> {
        Worker {
            batch: self,
            narrow: Sweeper::default(),
            wide: Sweeper::default(),
            solver: None,
            landed: Landed::default(),
            totals: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Totals of these configurations, by the world's demand: a row for each, as
    /// [`Answer::totals`].
    ///
    /// # Errors
    /// That of the first configuration without an answer.
    pub fn totals(
        &self,
        configurations: impl IntoIterator<Item = Configuration>,
    ) -> Result<Vec<Vec<u64>>, Unsolved> {
        let mut rows = Vec::new();
        self.worker().sweep(configurations, &self.demand, Wanted::Totals, |_, answer| {
            rows.push(answer.map(|answer| answer.totals().to_vec()));
        });
        rows.into_iter().collect()
    }

    fn listeners(&self, graph: &Graph) -> &Listeners {
        self.listeners.get_or_init(|| Listeners::new(graph))
    }

    fn as_keys(&self) -> &[u32] {
        self.as_keys.get_or_init(|| {
            let seed = self.situation.seed;
            self.situation.world.asns.iter().map(|asn| block::as_key(seed, asn.0)).collect()
        })
    }

    fn way(&self, configuration: &Configuration) -> Way {
        match &self.graph {
            Ok(graph) if block::counts(graph, configuration) => match configuration.draw {
                None => Way::Lanes,
                Some(_) => Way::Draws,
            },
            _ => Way::Single,
        }
    }
}

/// How a configuration is solved. Those that wait together go the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Lanes,
    Draws,
    Single,
}

/// Sweeps over the configurations of a [`Batch`], in one thread.
#[derive(Debug)]
pub struct Worker<'b, 'w> {
    batch: &'b Batch<'w>,
    narrow: Sweeper<i16>,
    wide: Sweeper<i32>,
    solver: Option<Solver<'w>>,
    landed: Landed,
    /// Demand of one configuration by site, then of who reaches none.
    totals: Vec<u64>,
    waiting: Vec<Configuration>,
}

/// What becomes of one configuration.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// What was asked.
    pub configuration: &'a Configuration,
    totals: &'a [u64],
    words: Words<'a>,
}

/// Where the words of routers are.
#[derive(Debug, Clone, Copy)]
enum Words<'a> {
    NotWanted,
    Narrow(InLane<'a, i16>),
    Wide(InLane<'a, i32>),
    Landed(&'a Landed),
}

impl<'a> From<InLane<'a, i16>> for Words<'a> {
    fn from(words: InLane<'a, i16>) -> Words<'a> {
        Words::Narrow(words)
    }
}

impl<'a> From<InLane<'a, i32>> for Words<'a> {
    fn from(words: InLane<'a, i32>) -> Words<'a> {
        Words::Wide(words)
    }
}

#[derive(Debug, Clone, Copy)]
struct InLane<'a, W: Word> {
    lanes: &'a Lanes<W>,
    layout: Layout,
    lane: usize,
    situation: Situation<'a>,
}

impl<W: Word> InLane<'_, W> {
    /// Site and path length of a router.
    fn of(&self, router: u32) -> Option<(u32, u32)> {
        let row = self.lanes.row_of[router as usize];
        let word = self.lanes.last[row as usize].0[self.lane];
        if word == W::NONE {
            return None;
        }
        let site = self.layout.site(word);
        // The word has what it tells others: its prepends are in there.
        let is_own = self.situation.service.sites[site as usize].router == router;
        Some((site, if is_own { 0 } else { self.layout.path_length(word) }))
    }
}

impl Answer<'_> {
    /// Demand by site, in units of the [`Demand`] asked for, and at the end that of the routers
    /// that reach no site. The sum is [`Demand::total`].
    pub fn totals(&self) -> &[u64] {
        self.totals
    }

    /// Demand that reaches no site, in units.
    pub fn unreached(&self) -> u64 {
        self.totals[self.totals.len() - 1]
    }

    /// Whether lanes answered.
    pub fn is_lanes(&self) -> bool {
        !matches!(self.words, Words::Landed(_))
    }

    /// The site where the packets of a router end. With a draw, also none where they come to a
    /// network that drops them (RFC 7999), as in [`crate::Ties`].
    ///
    /// # Panics
    /// If the sweep wanted no more than totals.
    pub fn site(&self, router: u32) -> Option<u32> {
        self.of(router).map(|(site, _)| site)
    }

    /// The length of the AS path of a router, prepends counted; 0 for an own route.
    ///
    /// # Panics
    /// If the sweep wanted no more than totals.
    pub fn path_length(&self, router: u32) -> Option<u32> {
        self.of(router).map(|(_, length)| length)
    }

    fn of(&self, router: u32) -> Option<(u32, u32)> {
        match &self.words {
            Words::NotWanted => panic!("the sweep wanted totals only, not routers"),
            Words::Narrow(words) => words.of(router),
            Words::Wide(words) => words.of(router),
            Words::Landed(landed) => {
                let site = landed.site[router as usize];
                (site != NOWHERE).then(|| (site, landed.path_length[router as usize]))
            }
        }
    }
}

impl Worker<'_, '_> {
    /// Solves configurations in their order, and hands out the answer of each with its number, or
    /// why there is none: one that does not settle does not stop the others. To stop a sweep, end
    /// the iterator: at most a block of 64 is read ahead.
    ///
    /// # Panics
    /// If the demand is that of another batch, or a configuration names what does not exist.
    pub fn sweep(
        &mut self,
        configurations: impl IntoIterator<Item = Configuration>,
        demand: &Demand,
        wanted: Wanted,
        mut visit: impl FnMut(usize, Result<Answer<'_>, Unsolved>),
    ) {
        let routers = self.batch.situation.world.router_count();
        assert_eq!(demand.of_routers.len(), routers, "the demand is that of another world");
        if let Ok(graph) = &self.batch.graph {
            assert_eq!(demand.of_nodes.len(), graph.node_count(), "the demand is another batch's");
        }
        self.narrow.begin();
        self.wide.begin();
        let mut index = 0;
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut way = Way::Single;
        for configuration in configurations {
            let next = self.batch.way(&configuration);
            if next != way || waiting.len() == LANES {
                self.flush(way, &mut waiting, demand, wanted, &mut index, &mut visit);
                way = next;
            }
            waiting.push(configuration);
        }
        self.flush(way, &mut waiting, demand, wanted, &mut index, &mut visit);
        self.waiting = waiting;
    }

    fn flush(
        &mut self,
        way: Way,
        waiting: &mut Vec<Configuration>,
        demand: &Demand,
        wanted: Wanted,
        index: &mut usize,
        visit: &mut impl FnMut(usize, Result<Answer<'_>, Unsolved>),
    ) {
        if waiting.is_empty() {
            return;
        }
        let Batch { situation, graph, .. } = self.batch;
        let site_count = situation.service.sites.len();
        self.totals.clear();
        self.totals.resize(site_count + 1, 0);
        let block = match graph {
            Ok(graph) if way != Way::Single => {
                Some((graph, Block::new(graph, *situation, waiting)))
            }
            _ => None,
        };
        let layout = Layout::new(site_count);
        let Worker { batch, narrow, wide, totals, .. } = self;
        if let Some((graph, block)) = block {
            let asked = Asked { batch, graph, block: &block, waiting, demand, wanted, way, layout };
            if narrow.solve(&asked) {
                narrow.hand_out(&asked, totals, index, visit);
                waiting.clear();
                return;
            }
            if graph.longest() + block.gained_max <= PATH_LENGTH_MAX && wide.solve(&asked) {
                wide.hand_out(&asked, totals, index, visit);
                waiting.clear();
                return;
            }
        }
        for configuration in waiting.drain(..) {
            let result = single::land(
                *situation,
                self.batch.prefix_index,
                &configuration,
                &mut self.solver,
                &mut self.landed,
            );
            visit(
                *index,
                result.map(|()| {
                    self.totals.fill(0);
                    for (site, units) in self.landed.site.iter().zip(&demand.of_routers) {
                        self.totals[(*site as usize).min(site_count)] += units;
                    }
                    Answer {
                        configuration: &configuration,
                        totals: &self.totals,
                        words: Words::Landed(&self.landed),
                    }
                }),
            );
            *index += 1;
        }
    }
}

/// A block, and what is wanted of it.
struct Asked<'a, 'w> {
    batch: &'a Batch<'w>,
    graph: &'a Graph,
    block: &'a Block<'a>,
    waiting: &'a [Configuration],
    demand: &'a Demand,
    wanted: Wanted,
    way: Way,
    layout: Layout,
}

/// So many blocks with too long paths, and a worker tries no more.
const TOO_LONG_MAX: u32 = 8;

/// Lanes of one width, and the base that they vary.
#[derive(Debug, Default)]
struct Sweeper<W: Word> {
    lanes: Lanes<W>,
    marks: Marks,
    base: Option<Based<W>>,
    /// Whether the lanes hold the base now.
    is_spread: bool,
    /// What most lanes of the last block that was far from the base had in common.
    last_common: Option<Sites>,
    /// Blocks whose paths were too long for the words.
    too_long: u32,
}

/// A base, and what tells how far a block is from it.
#[derive(Debug)]
struct Based<W> {
    sites: Sites,
    base: Base<W>,
    /// How many nodes each site has.
    nodes_at: Vec<usize>,
    /// Whether its totals are of the demand of this sweep.
    is_counted: bool,
    /// Whether the words held all its paths. If not, nothing may be near it.
    holds: bool,
}

impl<W: Word> Sweeper<W> {
    /// Another sweep, perhaps with another demand.
    fn begin(&mut self) {
        if let Some(based) = &mut self.base {
            based.is_counted = false;
        }
    }

    /// Solves a block, if these words can hold its paths.
    fn solve(&mut self, asked: &Asked<'_, '_>) -> bool {
        // A sweep of a world with long paths should not try each block twice.
        if self.too_long > TOO_LONG_MAX || !self.holds(asked.block, asked.layout, 0) {
            return false;
        }
        let keeps_words = asked.wanted == Wanted::Routers;
        let is_near = asked.way == Way::Lanes && !keeps_words && self.find_base(asked);
        asked.block.write_own(asked.graph, asked.layout, asked.waiting, &mut self.lanes.own);
        let pass = asked.pass(asked.block, keeps_words);
        let instructions = asked.batch.instructions;
        match &mut self.base {
            Some(based) if is_near => {
                based.count(asked);
                if !std::mem::replace(&mut self.is_spread, true) {
                    based.base.spread(asked.graph, &mut self.lanes);
                }
                let listeners = asked.batch.listeners(asked.graph);
                let work = Work::Changes(&based.base, listeners, &mut self.marks);
                dispatch::run(instructions, work, &pass, &mut self.lanes);
            }
            _ => {
                self.is_spread = false;
                let work = if asked.way == Way::Draws { Work::Draws } else { Work::All };
                dispatch::run(instructions, work, &pass, &mut self.lanes);
            }
        }
        let length = self.lanes.deepest.length(asked.layout);
        let holds = self.holds(asked.block, asked.layout, length);
        self.too_long += u32::from(!holds);
        holds
    }

    /// Whether words can hold what is told of routes of this length, and of any own route.
    fn holds(&self, block: &Block<'_>, layout: Layout, length: u32) -> bool {
        let told = length.max(block.gained_max) + block.gained_max + block.added_max + 1;
        told <= layout.longest::<W>()
    }

    /// Hands out the answers to a block.
    fn hand_out(
        &self,
        asked: &Asked<'_, '_>,
        row: &mut [u64],
        index: &mut usize,
        visit: &mut impl FnMut(usize, Result<Answer<'_>, Unsolved>),
    ) where
        for<'x> Words<'x>: From<InLane<'x, W>>,
    {
        let none = asked.layout.slots() - 1;
        let Batch { situation, .. } = asked.batch;
        for (lane, configuration) in asked.waiting.iter().enumerate() {
            let (by_site, unreached) = row.split_at_mut(row.len() - 1);
            for (site, units) in by_site.iter_mut().enumerate() {
                *units = self.lanes.totals.at(lane, site);
            }
            unreached[0] = self.lanes.totals.at(lane, none);
            let words = match asked.wanted {
                Wanted::Totals => Words::NotWanted,
                Wanted::Routers => Words::from(InLane {
                    lanes: &self.lanes,
                    layout: asked.layout,
                    lane,
                    situation: *situation,
                }),
            };
            visit(*index, Ok(Answer { configuration, totals: row, words }));
            *index += 1;
        }
    }

    /// Whether there is a base of which most of the graph stays as it is in all lanes.
    fn find_base(&mut self, asked: &Asked<'_, '_>) -> bool {
        if self.base.as_ref().is_some_and(|based| based.is_near(asked)) {
            return true;
        }
        let as_it_is = Sites::active(asked.batch.situation.service);
        let is_half = |sites: &Sites| 2 * asked.moved_from(sites).count() < sites.count();
        let sites = if self.base.is_none() && is_half(&as_it_is) {
            as_it_is
        } else {
            let common = asked.common();
            // A base costs a block, so that one must be good for several.
            let again = self.last_common.replace(common.clone()).is_some_and(|last| last == common);
            if !again || !is_half(&common) {
                return false;
            }
            common
        };
        if self.base.as_ref().is_some_and(|based| based.sites == sites) {
            return false;
        }
        let based = self.solve_base(asked, sites);
        self.base.insert(based).is_near(asked)
    }

    fn solve_base(&mut self, asked: &Asked<'_, '_>, sites: Sites) -> Based<W> {
        let graph = asked.graph;
        let configuration = [Configuration::of_sites(sites.clone())];
        let block = Block::new(graph, asked.batch.situation, &configuration);
        block.write_own(graph, asked.layout, &configuration, &mut self.lanes.own);
        let base = Base::solve(&asked.pass(&block, false), &self.lanes.own);
        self.is_spread = false;
        let holds = self.holds(&block, asked.layout, base.longest);
        let mut nodes_at = vec![0; asked.layout.slots()];
        base.last.iter().for_each(|word| nodes_at[asked.layout.site(*word) as usize] += 1);
        Based { sites, base, nodes_at, is_counted: false, holds }
    }
}

impl<W: Word> Based<W> {
    fn is_near(&self, asked: &Asked<'_, '_>) -> bool {
        let node_count = asked.graph.node_count();
        let links: usize =
            asked.waiting.iter().map(|lane| lane.lost_links.len() + lane.closed.len()).sum();
        let moved = asked.moved_from(&self.sites);
        // A site that is new may take twice its part.
        let part = 2 * node_count / (self.sites.count() + 1);
        let reached =
            |site: u32| if self.sites.contains(site) { self.nodes_at[site as usize] } else { part };
        self.holds && 2 * (moved.iter().map(reached).sum::<usize>() + 64 * links) < node_count
    }

    fn count(&mut self, asked: &Asked<'_, '_>) {
        if std::mem::replace(&mut self.is_counted, true) {
            return;
        }
        let totals = &mut self.base.totals;
        totals.clear();
        totals.resize(asked.layout.slots(), 0);
        for (word, units) in self.base.last.iter().zip(&asked.demand.of_nodes) {
            totals[asked.layout.site(*word) as usize] += units;
        }
    }
}

impl Asked<'_, '_> {
    fn pass<'a>(&'a self, block: &'a Block<'a>, keeps_words: bool) -> Pass<'a> {
        Pass {
            graph: self.graph,
            block,
            layout: self.layout,
            nodes: &self.demand.of_nodes,
            led: &self.demand.led,
            routers: &self.demand.of_routers,
            as_keys: if self.way == Way::Draws { self.batch.as_keys() } else { &[] },
            keeps_words,
            has_many_registers: self.batch.instructions > Instructions::Portable,
        }
    }

    /// Sites that say something else in some lane than in a configuration of these sites alone.
    fn moved_from(&self, sites: &Sites) -> Sites {
        let count = self.batch.situation.service.sites.len();
        let mut moved = Sites::none(count);
        for lane in self.waiting {
            moved.join_differences(sites, &lane.active);
            let said = lane.prepends.iter().map(|more| more.site);
            for site in said.chain(lane.silent.iter().map(|(site, _)| *site)) {
                moved.set(site, true);
            }
        }
        moved
    }

    /// The sites that are on in most lanes.
    fn common(&self) -> Sites {
        let count = self.batch.situation.service.sites.len();
        let mut lanes_with = vec![0; count];
        for lane in self.waiting {
            lane.active.iter().for_each(|site| lanes_with[site as usize] += 1);
        }
        Sites::of(count, |site| 2 * lanes_with[site as usize] > self.waiting.len())
    }
}
