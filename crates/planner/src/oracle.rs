//! Who lands where: at the start, after failures, after changes; and who says so.
//!
//! Two bodies answer. [`Method::Solve`] asks the steady state, which has no past: fast, for worlds
//! of any size. [`Method::Simulate`] plays the announcements in their order and then the failures:
//! the only right answer where routers keep the older of two equal routes (models 1.5), and
//! affordable in small worlds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::play::{RouteLog, Unfinished, Watch, covering, play_with};
use catchment_dynamics::rtt::{Way, ways};
use catchment_dynamics::{Prelude, Script, Source, Stream};
use catchment_model::rules::{OldestRule, Overload, Role};
use catchment_model::scenario::FailureKind;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::Announcement;
use catchment_model::{Duration, Rules};
use catchment_routing::{Catchment, Change, Situation, Solver, Unsolved, Via, link_rtt_ms};
use thiserror::Error;

use crate::brief::Brief;

/// Worlds with more routers are not played, since a plan plays them many times.
const PLAYED_ROUTERS_MAX: usize = 1000;
/// Between two failures that are played everything settles: more than the longest hold timer.
const APART_S: i64 = 3600;

/// A plan without an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unplanned {
    /// The steady state has none.
    #[error(transparent)]
    Unsolved(#[from] Unsolved),
    /// A run has none, or whoever asked gave up.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    /// The question makes no sense for this scenario.
    #[error("{message}")]
    Question {
        /// What is wrong with it.
        message: String,
        /// What to ask instead.
        help: String,
    },
    /// What was asked for cannot be.
    #[error("{constraint}")]
    Impossible {
        /// The constraint that cannot be met, and by how much.
        constraint: String,
        /// What would make it possible.
        help: String,
    },
}

impl Unplanned {
    /// A question that makes no sense here.
    pub fn question(message: impl Into<String>, help: impl Into<String>) -> Unplanned {
        Unplanned::Question { message: message.into(), help: help.into() }
    }

    /// A constraint that cannot be met.
    pub fn impossible(constraint: impl Into<String>, help: impl Into<String>) -> Unplanned {
        Unplanned::Impossible { constraint: constraint.into(), help: help.into() }
    }
}

/// Who says where demand lands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The steady state.
    Solve,
    /// A run, with the announcements in their order.
    Simulate,
}

impl Method {
    /// Name in tables: `solve`, `simulate`.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Solve => "solve",
            Method::Simulate => "simulate",
        }
    }

    /// The one that suits a brief.
    pub fn of(brief: &Brief<'_>) -> Method {
        let Situation { world, rules, .. } = brief.situation();
        let has_past = rules.oldest_rule_of(Role::Network) != OldestRule::None;
        match has_past && world.router_count() <= PLAYED_ROUTERS_MAX {
            true => Method::Simulate,
            false => Method::Solve,
        }
    }
}

/// Where demand lands. A source whose flows are spread has several streams.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Parts of the sources' demand, ascending by source.
    pub streams: Vec<Stream>,
    /// The site where each stream is served, by index; `None` where nobody answers.
    pub sites: Vec<Option<u32>>,
    /// Round trip of each stream in ms, without access delay; `None` where nobody answers, or a
    /// place on the way is not known.
    pub rtt_ms: Vec<Option<f64>>,
}

impl Placement {
    /// Streams with their sites.
    pub fn iter(&self) -> impl Iterator<Item = (Stream, Option<u32>)> + '_ {
        self.streams.iter().copied().zip(self.sites.iter().copied())
    }
}

/// Answers who lands where, as often as it is asked.
#[derive(Debug)]
pub struct Oracle<'a> {
    brief: &'a Brief<'a>,
    body: Body<'a>,
}

#[derive(Debug)]
enum Body<'a> {
    Steady(Steady<'a>),
    Played(Box<Played>),
}

impl<'a> Oracle<'a> {
    /// That of a brief, by the method that suits it.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn new(brief: &'a Brief<'a>) -> Result<Oracle<'a>, Unplanned> {
        Oracle::by(Method::of(brief), brief)
    }

    /// That of a brief, by a method of the caller's choice.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn by(method: Method, brief: &'a Brief<'a>) -> Result<Oracle<'a>, Unplanned> {
        let body = match method {
            Method::Solve => Body::Steady(Steady::new(brief)?),
            Method::Simulate => Body::Played(Box::new(Played::new(brief))),
        };
        Ok(Oracle { brief, body })
    }

    /// Who answers.
    pub fn method(&self) -> Method {
        match self.body {
            Body::Steady(_) => Method::Solve,
            Body::Played(_) => Method::Simulate,
        }
    }

    /// Where demand lands before anything fails.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn base(&mut self) -> Result<Placement, Unplanned> {
        self.without(&[])
    }

    /// Where demand lands after sites have failed one after the other.
    ///
    /// # Errors
    /// If the routing does not settle.
    ///
    /// # Panics
    /// If there is no such site.
    pub fn without(&mut self, failed: &[u32]) -> Result<Placement, Unplanned> {
        let steps: Vec<Vec<Change>> =
            failed.iter().map(|site| vec![Change::Withdraw(*site)]).collect();
        self.after(&steps)
    }

    /// Where demand lands after several steps, each of changes that happen at once. All of them are
    /// taken back.
    ///
    /// # Errors
    /// If the routing does not settle.
    ///
    /// # Panics
    /// If a change names a site or session that does not exist.
    pub fn after(&mut self, steps: &[Vec<Change>]) -> Result<Placement, Unplanned> {
        match &mut self.body {
            Body::Steady(steady) => steady.after(self.brief, &steps.concat()),
            Body::Played(played) => played.after(self.brief, steps),
        }
    }

    /// Where demand lands after a site has failed and come back. It differs from [`Oracle::base`]
    /// only where routers keep the older of two equal routes.
    ///
    /// # Errors
    /// If the routing does not settle.
    ///
    /// # Panics
    /// If there is no such site.
    pub fn restored(&mut self, site: u32) -> Result<Placement, Unplanned> {
        match &mut self.body {
            Body::Steady(steady) => steady.after(self.brief, &[]),
            Body::Played(played) => {
                let fail = Deed::Fail { site, how: FailureKind::Withdraw };
                played.play(self.brief, vec![(0, fail), (1, Deed::Restore { site })])
            }
        }
    }
}

/// The steady state of all prefixes that matter.
#[derive(Debug)]
pub struct Steady<'a> {
    /// Prefixes by index, with their answers; longest first.
    solvers: Vec<(u16, Solver<'a>)>,
}

impl<'a> Steady<'a> {
    /// That of a brief.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn new(brief: &Brief<'a>) -> Result<Steady<'a>, Unplanned> {
        let mut prefixes: Vec<u16> = Vec::new();
        let mut sends_to: Vec<u16> =
            brief.sources.iter().map(|source| brief.prefix_of(source)).collect();
        sends_to.sort_unstable();
        sends_to.dedup();
        for prefix in sends_to {
            for it in covering(&brief.script, prefix) {
                if !prefixes.contains(&it) {
                    prefixes.push(it);
                }
            }
        }
        let solver = |prefix: u16| Ok((prefix, Solver::new(brief.situation(), prefix)?));
        let solvers = prefixes.into_iter().map(solver).collect::<Result<_, Unsolved>>()?;
        Ok(Steady { solvers })
    }

    /// Where demand lands after changes, which are taken back.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn after(&mut self, brief: &Brief<'_>, changes: &[Change]) -> Result<Placement, Unplanned> {
        self.after_each(brief, |_| changes)
    }

    /// The same with changes that differ by prefix.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn after_each<'c>(
        &mut self,
        brief: &Brief<'_>,
        changes: impl Fn(u16) -> &'c [Change],
    ) -> Result<Placement, Unplanned> {
        let mut outcome = Ok(());
        let mut done = Vec::with_capacity(self.solvers.len());
        'all: for (prefix, solver) in &mut self.solvers {
            done.push(0);
            for change in changes(*prefix) {
                if let Err(unsolved) = solver.resolve(change) {
                    outcome = Err(unsolved);
                    break 'all;
                }
                *done.last_mut().expect("pushed above") += 1;
            }
        }
        let placement = self.placement(brief);
        for ((_, solver), count) in self.solvers.iter_mut().zip(done) {
            (0..count).for_each(|_| {
                solver.undo();
            });
        }
        Ok(outcome.map(|()| placement)?)
    }

    /// Lets exactly the sites for which `active` is true announce, from now on.
    ///
    /// # Errors
    /// If the routing does not settle.
    pub fn choose_sites(&mut self, active: impl Fn(u32) -> bool) -> Result<(), Unplanned> {
        for (_, solver) in &mut self.solvers {
            solver.choose_sites(&active)?;
        }
        Ok(())
    }

    /// The prefixes that matter, by index; longest first.
    pub fn prefixes(&self) -> impl Iterator<Item = u16> + '_ {
        self.solvers.iter().map(|(prefix, _)| *prefix)
    }

    /// Where demand lands as things stand.
    pub fn placement(&self, brief: &Brief<'_>) -> Placement {
        let mut roads: BTreeMap<u16, Roads<'_>> = BTreeMap::new();
        let ways: Vec<Way> = brief
            .sources
            .iter()
            .map(|source| {
                let target = brief.prefix_of(source);
                let roads = roads.entry(target).or_insert_with(|| self.roads(brief, target));
                roads.way(source.router)
            })
            .collect();
        let stream = |source: usize| Stream { source: source as u32, share: 1.0 };
        Placement {
            streams: (0..ways.len()).map(stream).collect(),
            sites: ways.iter().map(|way| way.site).collect(),
            rtt_ms: ways.iter().map(|way| way.rtt_ms).collect(),
        }
    }

    fn roads<'r>(&'r self, brief: &Brief<'r>, target: u16) -> Roads<'r> {
        let layers = covering(&brief.script, target);
        let known = |prefix: &u16| self.solvers.iter().find(|(known, _)| known == prefix);
        Roads {
            situation: brief.situation(),
            layers: layers.iter().filter_map(known).map(|(_, solver)| solver.catchment()).collect(),
            ways: vec![None; brief.situation().world.router_count()],
            passed: Vec::new(),
        }
    }
}

/// Where packets end, router by router, each looked at once.
struct Roads<'a> {
    situation: Situation<'a>,
    /// The prefixes that cover the address, longest first: each router on the way forwards by the
    /// first for which it has a route, so that packets may leave the route that the first chose.
    layers: Vec<&'a Catchment>,
    ways: Vec<Option<Way>>,
    passed: Vec<u32>,
}

impl Roads<'_> {
    fn way(&mut self, router: u32) -> Way {
        let Situation { world, rules, .. } = self.situation;
        let mut here = router;
        while self.ways[here as usize].is_none() {
            // Whoever is met twice leads nowhere.
            self.ways[here as usize] = Some(Way::default());
            let Some(route) = self.layers.iter().find_map(|layer| layer.route(here)) else { break };
            match route.via {
                Via::Own => {
                    let rtt_ms = world.place(here).map(|_| rules.t_server);
                    self.ways[here as usize] = Some(Way { site: Some(route.site), rtt_ms });
                }
                Via::External(next) | Via::Internal(next) => {
                    self.passed.push(here);
                    here = next;
                }
            }
        }
        while let Some(before) = self.passed.pop() {
            let Way { site, rtt_ms } = self.ways[here as usize].unwrap_or_default();
            let link = || link_rtt_ms(world, rules, before, here);
            let rtt_ms = rtt_ms.and_then(|rest| Some(rest + link()?));
            self.ways[before as usize] = Some(Way { site, rtt_ms });
            here = before;
        }
        self.ways[router as usize].unwrap_or_default()
    }
}

/// Runs of one scenario with different failures.
#[derive(Debug)]
struct Played {
    rules: Rules,
    prelude: Option<Prelude>,
}

impl Played {
    fn new(brief: &Brief<'_>) -> Played {
        // Sites that go under load are the plan's own business.
        let rules = Rules { overload: Overload::Absorb, ..brief.situation().rules.clone() };
        Played { rules, prelude: None }
    }

    /// Where demand lands after steps of changes, one after the other.
    fn after(&mut self, brief: &Brief<'_>, steps: &[Vec<Change>]) -> Result<Placement, Unplanned> {
        let mut deeds: Vec<(i64, Deed)> = Vec::new();
        let mut said: BTreeMap<u32, BTreeMap<u32, Announcement>> = BTreeMap::new();
        for (step, change) in
            (0..).zip(steps).flat_map(|(step, all)| all.iter().map(move |it| (step, it)))
        {
            deeds.push((step, deed(brief, change, &mut said)?));
        }
        self.play(brief, deeds)
    }

    /// Where demand lands after deeds, each with its step.
    fn play(&mut self, brief: &Brief<'_>, deeds: Vec<(i64, Deed)>) -> Result<Placement, Unplanned> {
        let occurrence = |(index, (step, deed)): (usize, (i64, Deed))| Occurrence {
            at: Duration::from_s(APART_S * step),
            index: index as u32,
            deed,
            label: String::new(),
        };
        let schedule: Vec<Occurrence> = deeds.into_iter().enumerate().map(occurrence).collect();
        let situation = Situation { rules: &self.rules, ..brief.situation() };
        let script = Script {
            situation,
            schedule: &schedule,
            senders: Some(&brief.sources),
            ..brief.script
        };
        let prelude = self.prelude.get_or_insert_with(|| Prelude::new(situation));
        let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
        let timeline = play_with(&script, prelude, watch)?;
        let delivery = timeline.delivery;
        let end_us = delivery.end_us;
        let mut roads: BTreeMap<u16, Vec<Way>> = BTreeMap::new();
        let mut way = |source: &Source| {
            let target = brief.prefix_of(source);
            let roads = roads.entry(target).or_insert_with(|| {
                let known = |prefix: &u16| timeline.routes.iter().find(|log| log.prefix == *prefix);
                let layers: Vec<&RouteLog> =
                    covering(&script, target).iter().filter_map(known).collect();
                ways(&script, prelude.adjacency(), &layers, end_us)
            });
            roads[source.router as usize]
        };
        let mut rtt_ms = Vec::with_capacity(delivery.streams.len());
        for stream in &delivery.streams {
            rtt_ms.push(way(&brief.sources[stream.source as usize]).rtt_ms);
        }
        let fates = delivery.at(end_us);
        Ok(Placement {
            sites: fates.into_iter().map(catchment_dynamics::Fate::site).collect(),
            streams: delivery.streams,
            rtt_ms,
        })
    }
}

/// A change as an event of a run. What sites say is told whole, so `said` keeps what the changes
/// before have made of it.
fn deed(
    brief: &Brief<'_>,
    change: &Change,
    said: &mut BTreeMap<u32, BTreeMap<u32, Announcement>>,
) -> Result<Deed, Unplanned> {
    let policy = |prepends: &[(u32, u8)], closed: &[(u32, bool)], local_prefs: &[_]| Deed::Policy {
        local_prefs: local_prefs.to_vec(),
        prepends: prepends.to_vec(),
        closed: closed.to_vec(),
    };
    Ok(match change {
        Change::Withdraw(site) => Deed::Fail { site: *site, how: FailureKind::Withdraw },
        Change::Announce(site) => Deed::Restore { site: *site },
        Change::Say { site, session, announcement } => {
            let spec = &brief.service().sites[*site as usize];
            let all = said.entry(*site).or_insert_with(|| spec.announcements.clone());
            match announcement {
                Some(announcement) => all.insert(*session, announcement.clone()),
                None => all.remove(session),
            };
            let (reach, announcements) = (spec.reach, all.clone());
            Deed::Announce { site: *site, reach, announcements, opened: Vec::new() }
        }
        Change::Link { a, b, up } => Deed::Link { pairs: vec![(*a, *b)], up: *up, wire: true },
        Change::Prepend { session, count } => policy(&[(*session, *count)], &[], &[]),
        Change::Close { session, closed } => policy(&[], &[(*session, *closed)], &[]),
        Change::LocalPref { as_index, neighbor, local_pref } => {
            let value = local_pref.ok_or_else(|| {
                Unplanned::question(
                    "a run cannot give the routes of a neighbor the LOCAL_PREF of their class back",
                    "ask with a value, or with `--set rules.oldest_rule=none`",
                )
            })?;
            policy(&[], &[], &[(*as_index, *neighbor, value)])
        }
    })
}
