//! What holds in every network, whatever happens to it: laws on random worlds. A failure names the
//! seed, which is the whole bug report.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use catchment_dynamics::Fate;
use catchment_dynamics::agenda::{Course, SiteChange, WireChange};
use catchment_dynamics::delivery::NO_CAUSE;
use catchment_dynamics::engine::{NO_SLOT, OWN};
use catchment_dynamics::play::{RouteLog, play_prefix};
use catchment_model::rules::Decision;
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Asn, Community, Duration};
use catchment_testkit::happenings::{happenings, pace};
use catchment_testkit::random::{Draws, Kind, case};
use common::net::{Net, Run};

/// A random network in which random things happen, with timers of all sorts.
fn drawn(seed: u64, kind: Kind) -> (Net, Vec<Occurrence>, Draws) {
    let mut draws = Draws::new(seed ^ 0x6c61_7773);
    let mut case = case(seed, kind);
    pace(&mut case.rules, &mut draws);
    case.rules.fib_delay =
        *draws.pick(&[None, Some(Duration::from_s(0)), Some(Duration::from_s(2))]);
    case.rules.pic = draws.chance(70);
    let schedule = happenings(&case, &mut draws);
    (Net::of_case(&case), schedule, draws)
}

fn played<'n>(net: &'n Net, schedule: &[Occurrence], seed: u64) -> Run<'n> {
    net.try_play_schedule(schedule.to_vec()).unwrap_or_else(|error| panic!("seed {seed}: {error}"))
}

#[test]
fn equal_scripts_give_equal_runs() {
    for seed in 0..300 {
        let (net, schedule, _) = drawn(seed, Kind::Regular);
        let text = |run: &Run<'_>| {
            let log = run.log();
            let routes = (&log.start, &log.changes, &log.counts, &log.startup, &log.notices);
            format!("{routes:?} {:?} {:?}", run.timeline.delivery, run.timeline.load)
        };
        let [one, two] = [0, 1].map(|_| played(&net, &schedule, seed));
        assert_eq!(text(&one), text(&two), "seed {seed}");
    }
}

#[test]
fn stages_sum_to_the_time_since_the_event() {
    let (mut changes, mut with_mrai, mut with_fib) = (0, 0, 0);
    for seed in 0..2_000 {
        let (net, schedule, _) = drawn(seed, Kind::Regular);
        let run = played(&net, &schedule, seed);
        for change in &run.timeline.delivery.changes {
            if change.cause == NO_CAUSE {
                // Held since the start-up: there is no event that it could be counted from.
                continue;
            }
            let it = change.stages;
            let parts = [it.detection_us, it.propagation_us, it.mrai_us, it.fib_us, it.client_us];
            let since_us = change.at_us - schedule[change.cause as usize].at.us;
            assert!(parts.iter().all(|part| *part >= 0), "seed {seed}: {change:?}");
            assert_eq!(parts.iter().sum::<i64>(), since_us, "seed {seed}: {change:?}");
            changes += 1;
            with_mrai += u64::from(it.mrai_us > 0);
            with_fib += u64::from(it.fib_us > 0);
        }
    }
    assert!(
        changes > 5_000 && with_mrai > 100 && with_fib > 1_000,
        "{changes} {with_mrai} {with_fib}"
    );
}

/// What a deed touches: sites and links. Two that touch nothing in common can change places.
fn touches(net: &Net, deed: &Deed) -> BTreeSet<(u32, u32)> {
    let world = &net.world;
    let link = |session: &u32| {
        let (a, b) = (world.router_of_session(*session), world.neighbors[*session as usize]);
        (a.min(b), a.max(b))
    };
    // A site is its router and all its links: whether it lives decides about them.
    let site = |site: &u32| {
        let router = net.service.sites[*site as usize].router;
        let links: Vec<u32> = world.sessions(router).collect();
        links.iter().map(link).chain([(router, router)]).collect::<BTreeSet<_>>()
    };
    match deed {
        Deed::Fail { site: it, .. }
        | Deed::Restore { site: it }
        | Deed::Announce { site: it, .. } => site(it),
        Deed::Link { pairs, .. } => pairs.iter().map(|(a, b)| (*a.min(b), *a.max(b))).collect(),
        Deed::Policy { prepends, closed, .. } => {
            let prepended = prepends.iter().map(|(session, _)| link(session));
            prepended.chain(closed.iter().map(|(session, _)| link(session))).collect()
        }
        _ => BTreeSet::new(),
    }
}

/// Lets deeds of one instant change places where they have nothing in common.
fn shuffled(net: &Net, schedule: &[Occurrence], draws: &mut Draws) -> Option<Vec<Occurrence>> {
    let mut other = schedule.to_vec();
    let mut moved = false;
    for _ in 0..4 {
        for at in 1..other.len() {
            let apart =
                touches(net, &other[at - 1].deed).is_disjoint(&touches(net, &other[at].deed));
            if other[at - 1].at == other[at].at && apart && draws.chance(50) {
                other.swap(at - 1, at);
                moved = true;
            }
        }
    }
    moved.then_some(other)
}

/// What all routers use at the end, in words that do not depend on the run.
fn end(net: &Net, schedule: &[Occurrence]) -> Vec<(u32, Vec<Asn>)> {
    net.with_script(schedule, |script, adjacency| {
        let mut go_on = |_, _| ControlFlow::Continue(());
        let (_, course) = play_prefix(script, adjacency, 0, &mut go_on).expect("it settles");
        let best = |router| course.engine.best(router);
        let path = |router| course.engine.paths().asns(best(router).told.path()).map(Asn).collect();
        let routers = 0..net.world.router_count() as u32;
        routers
            .map(|router| match best(router).slot {
                NO_SLOT => (NO_SLOT, Vec::new()),
                slot => (slot, path(router)),
            })
            .collect()
    })
}

#[test]
fn what_happens_at_once_elsewhere_may_change_places() {
    let mut compared = 0;
    for seed in 0..12_000 {
        let kind = if seed % 2 == 0 { Kind::Plain } else { Kind::Regular };
        let (net, schedule, mut draws) = drawn(seed, kind);
        // By textbook rules the past decides, and MEDs may leave several steady states.
        let has_past = net.rules.decision == Decision::Textbook
            || net
                .service
                .sites
                .iter()
                .any(|site| site.announcements.values().any(|said| said.med.is_some()));
        if has_past {
            continue;
        }
        if let Some(other) = shuffled(&net, &schedule, &mut draws) {
            assert_eq!(end(&net, &schedule), end(&net, &other), "seed {seed}\n{schedule:#?}");
            compared += 1;
        }
    }
    assert!(compared >= 1_000, "only {compared} were compared");
}

/// For each router what it wrote, and when.
type Tables = Vec<Vec<(i64, Step)>>;

/// The data plane as one would walk it by hand: each router's table at an instant, hop by hop.
struct Walker<'a> {
    net: &'a Net,
    /// The prefixes that cover the address, longest first, with what routers wrote when.
    layers: Vec<(u16, Tables)>,
    sites: Vec<SiteChange>,
    wires: Vec<WireChange>,
}

#[derive(Clone, Copy)]
enum Step {
    Nothing,
    Drop,
    Here,
    To(u32),
}

impl Walker<'_> {
    fn read(course: &Course<'_>, log: &RouteLog) -> Tables {
        let step = |best: &catchment_dynamics::engine::Best| match best.slot {
            NO_SLOT => Step::Nothing,
            OWN => Step::Here,
            slot => {
                let said = log.paths.announcement(best.told.path());
                let dropped =
                    said.is_some_and(|said| said.communities.contains(&Community::Blackhole));
                if dropped { Step::Drop } else { Step::To(course.adjacency().peer(slot)) }
            }
        };
        let mut tables: Tables =
            log.start.iter().map(|best| vec![(i64::MIN, step(best))]).collect();
        for change in &log.changes {
            let table = &mut tables[change.router as usize];
            // One after the other: a write that is slow holds up those behind it.
            let at_us = change.fib_us.max(table.last().unwrap().0);
            table.push((at_us, step(&change.best)));
        }
        tables
    }

    fn state(&self, site: u32, at_us: i64) -> (bool, bool) {
        let mut ours = self.sites.iter().filter(|it| it.site == site && it.at_us <= at_us);
        ours.next_back().map_or((true, true), |it| (it.answers, it.router_up))
    }

    fn is_cut(&self, a: u32, b: u32, at_us: i64) -> bool {
        let pair = (a.min(b), a.max(b));
        let mut ours = self.wires.iter().filter(|it| (it.a, it.b) == pair && it.at_us <= at_us);
        ours.next_back().map_or(self.net.overlay.is_down(a, b), |it| !it.up)
    }

    /// Where packets from a router end.
    fn walk(&self, router: u32, at_us: i64) -> Fate {
        let (world, sites) = (&self.net.world, &self.net.service.sites);
        let answer = |site: u32| match self.state(site, at_us).0 {
            true => Fate::Served(site),
            false => Fate::Stale(Some(site)),
        };
        let mut here = router;
        for _ in 0..=world.router_count() {
            let prefixes: Vec<u16> = self.layers.iter().map(|(prefix, _)| *prefix).collect();
            let lives_here = sites.iter().position(|site| {
                let announces = site.prefixes.iter().any(|prefix| prefixes.contains(prefix));
                site.router == here && site.own_router && announces
            });
            if let Some(site) = lives_here.map(|site| site as u32) {
                if !self.state(site, at_us).1 {
                    return Fate::Stale(Some(site));
                }
                if world.routers_of(world.router_as[here as usize]).len() == 1 {
                    return answer(site);
                }
            }
            let mut steps = self.layers.iter().map(|(prefix, tables)| {
                let table = &tables[here as usize];
                (*prefix, table[table.partition_point(|it| it.0 <= at_us) - 1].1)
            });
            match steps.find(|(_, step)| !matches!(step, Step::Nothing)) {
                None | Some((_, Step::Nothing | Step::Drop)) => return Fate::NoRoute,
                Some((prefix, Step::Here)) => {
                    let is_here = |site: &catchment_model::service::Site| {
                        site.router == here && site.prefixes.contains(&prefix)
                    };
                    return answer(sites.iter().position(is_here).unwrap() as u32);
                }
                Some((_, Step::To(next))) if self.is_cut(here, next, at_us) => {
                    return Fate::Stale(None);
                }
                Some((_, Step::To(next))) => here = next,
            }
        }
        Fate::Looping
    }
}

#[test]
fn the_data_plane_is_that_of_a_walk() {
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for seed in 0..1_500 {
        let (net, schedule, mut draws) = drawn(seed, Kind::Regular);
        let run = played(&net, &schedule, seed);
        let prefixes = &net.service.prefixes;
        let mut covering: Vec<u16> = (0..prefixes.len() as u16)
            .filter(|other| prefixes[usize::from(*other)].contains(&prefixes[0]))
            .collect();
        covering.sort_by_key(|other| std::cmp::Reverse(prefixes[usize::from(*other)].length()));
        let walker = net.with_script(&schedule, |script, adjacency| {
            let (mut sites, mut wires) = (Vec::new(), Vec::new());
            let layers = covering.iter().map(|prefix| {
                let mut go_on = |_, _| ControlFlow::Continue(());
                let (log, course) = play_prefix(script, adjacency, *prefix, &mut go_on).unwrap();
                (sites, wires) = (course.site_changes.clone(), course.wire_changes.clone());
                (*prefix, Walker::read(&course, &log))
            });
            let layers = layers.collect();
            Walker { net: &net, layers, sites, wires }
        });
        let delivery = &run.timeline.delivery;
        let mut instants: Vec<i64> = (0..6).map(|_| draws.below(200_000_000) as i64).collect();
        // Around changes it is most interesting.
        for _ in 0..12 {
            if !delivery.changes.is_empty() {
                let at_us = draws.pick(&delivery.changes).at_us;
                instants.extend([at_us - 1, at_us, at_us + 1]);
            }
        }
        instants.push(1 << 50);
        for at_us in instants.into_iter().filter(|at_us| *at_us >= 0) {
            for (stream, fate) in delivery.streams.iter().zip(delivery.at(at_us)) {
                let router = delivery.sources[stream.source as usize].router;
                let walked = walker.walk(router, at_us);
                assert_eq!(fate, walked, "seed {seed}, router {router} at {at_us} µs");
                *seen.entry(fate.name()).or_default() += 1;
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert!(seen["looping"] > 50, "{seen:?}");
}
