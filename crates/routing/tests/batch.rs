//! Sweeps against one solve for each configuration, on random worlds full of ties and on the graph
//! of April 2026. A failure names the seed.

use std::collections::{BTreeMap, BTreeSet};

use catchment_model::rules::OldestRule;
use catchment_model::service::{Announcement, Reach, Site};
use catchment_model::{Asn, Overlay, Relation, Rules, WorldBuilder};
use catchment_routing::{
    Answer, Batch, Change, Configuration, Demand, Instructions, MorePrepends, NotLanes, Sites,
    Situation, Solver, Ties, Wanted, Worker, failures, single_failures, solve,
};
use catchment_testkit::random::{Case, Draws, Kind, case};
use catchment_testkit::real;

/// A plain case with what lanes take besides: prepends, restricted sessions, sites that are off,
/// closed and prepended sessions of others.
fn almost_plain(seed: u64) -> Case {
    let mut case = case(seed, Kind::Plain);
    let mut draws = Draws::new(seed ^ 0xba7c);
    let world = &case.world;
    for site in &mut case.service.sites {
        site.active = draws.chance(80);
        if draws.chance(40) {
            continue;
        }
        if draws.chance(40) {
            site.reach = Reach::Listed;
        }
        for session in world.sessions(site.router) {
            if draws.chance(60) {
                let prepend = if draws.chance(40) { draws.below(4) as u8 } else { 0 };
                let said = Announcement { prepend, ..Announcement::default() };
                site.announcements.insert(session, said);
            }
        }
    }
    if world.session_count() > 0 && draws.chance(60) {
        for _ in 0..draws.below(4) {
            let session = draws.below(world.session_count() as u64) as u32;
            match draws.below(3) {
                0 => {
                    let router = world.router_of_session(session);
                    case.overlay.set_link(router, world.neighbors[session as usize], false);
                }
                1 => {
                    case.overlay.prepends.insert(session, 1 + draws.below(3) as u8);
                }
                _ => {
                    case.overlay.closed.insert(session);
                }
            }
        }
    }
    case
}

/// A random configuration of a case.
fn configuration(draws: &mut Draws, case: &Case) -> Configuration {
    let sites = &case.service.sites;
    let share = 20 + draws.below(80);
    let mut active = Sites::none(sites.len());
    (0..sites.len() as u32).for_each(|site| active.set(site, draws.chance(share)));
    let mut configuration = Configuration::of_sites(active);
    let sessions = case.world.session_count() as u64;
    if draws.chance(50) || sessions == 0 {
        return configuration;
    }
    let session_of = |draws: &mut Draws, site: u32| {
        let row: Vec<u32> = case.world.sessions(sites[site as usize].router).collect();
        (!row.is_empty()).then(|| *draws.pick(&row))
    };
    for _ in 0..draws.below(4) {
        let site = draws.below(sites.len() as u64) as u32;
        let session = session_of(draws, site).filter(|_| draws.chance(60));
        let count = draws.below(4) as u8;
        configuration.prepends.push(MorePrepends { site, session, count });
    }
    for _ in 0..draws.below(3) {
        let site = draws.below(sites.len() as u64) as u32;
        configuration.silent.extend(session_of(draws, site).map(|session| (site, session)));
    }
    for _ in 0..draws.below(4) {
        let session = draws.below(sessions) as u32;
        let router = case.world.router_of_session(session);
        configuration.lost_links.push((router, case.world.neighbors[session as usize]));
    }
    for _ in 0..draws.below(3) {
        configuration.closed.push(draws.below(sessions) as u32);
    }
    configuration
}

fn configurations(seed: u64, case: &Case, count: usize) -> Vec<Configuration> {
    let mut draws = Draws::new(seed ^ 0xc0f1);
    (0..count).map(|_| configuration(&mut draws, case)).collect()
}

/// Site and path length of each router.
type Landed = Vec<Option<(u32, u32)>>;

fn landed(answer: &Answer<'_>, routers: usize) -> Landed {
    let of = |router| answer.site(router).map(|site| (site, answer.path_length(router).unwrap()));
    (0..routers as u32).map(of).collect()
}

/// Where routers land by a fresh solve.
fn fresh(batch: &Batch<'_>, configuration: &Configuration) -> Landed {
    let (service, overlay) = configuration.applied(batch.situation());
    let situation = Situation { service: &service, overlay: &overlay, ..batch.situation() };
    let catchment = solve(situation, 0).unwrap();
    (0..catchment.router_count() as u32)
        .map(|router| catchment.route(router).map(|route| (route.site, route.path_length)))
        .collect()
}

/// The demand of each of so many sites, and of none.
fn totals(demand: &Demand, landed: &Landed, sites: usize) -> Vec<u64> {
    let mut totals = vec![0; sites + 1];
    for (router, landed) in landed.iter().enumerate() {
        totals[landed.map_or(sites, |(site, _)| site as usize)] += demand.of_router(router as u32);
    }
    totals
}

/// Compares a sweep with fresh solves, with totals alone and with routers.
fn sweep_equals_fresh(batch: &Batch<'_>, configurations: &[Configuration], what: &str) {
    worker_equals_fresh(batch, &mut batch.worker(), configurations, what);
}

/// The same by a worker that may have swept before.
fn worker_equals_fresh(
    batch: &Batch<'_>,
    worker: &mut Worker<'_, '_>,
    configurations: &[Configuration],
    what: &str,
) {
    let expected: Vec<_> = configurations.iter().map(|it| fresh(batch, it)).collect();
    let hour: Vec<f64> = (0..batch.situation().world.router_count())
        .map(|router| (router % 7) as f64 / 3.0)
        .collect();
    let hour = batch.demand_of(&hour);
    let sweeps = [
        (Wanted::Totals, batch.demand()),
        (Wanted::Routers, batch.demand()),
        (Wanted::Totals, &hour),
    ];
    for (wanted, demand) in sweeps {
        let mut next = 0;
        worker.sweep(configurations.iter().cloned(), demand, wanted, |index, answer| {
            let answer = answer.unwrap();
            let what = format!("{what}, {wanted:?}, {index}: {:?}", configurations[index]);
            assert_eq!(index, next, "{what}");
            next += 1;
            assert_eq!(answer.configuration, &configurations[index], "{what}");
            let routers = &expected[index];
            if wanted == Wanted::Routers {
                assert_eq!(&landed(&answer, routers.len()), routers, "{what}");
            }
            let sites = batch.situation().service.sites.len();
            assert_eq!(answer.totals(), totals(demand, routers, sites), "{what}");
            assert_eq!(answer.unreached(), answer.totals()[sites], "{what}");
            assert_eq!(answer.totals().iter().sum::<u64>(), demand.total(), "{what}");
        });
        assert_eq!(next, configurations.len(), "{what}");
    }
}

fn origins(case: &Case) -> usize {
    case.service.sites.len()
}

#[test]
fn sweeps_of_plain_worlds_equal_fresh_solves() {
    let mut lanes = 0;
    for seed in 0..4_000 {
        let case = almost_plain(seed);
        let batch = Batch::new(case.situation(), 0);
        lanes += u64::from(batch.is_lanes());
        let count = 1 + (seed % 11) as usize;
        sweep_equals_fresh(&batch, &configurations(seed, &case, count), &format!("seed {seed}"));
    }
    assert!(lanes > 3_900, "{lanes}");
}

#[test]
fn sweeps_of_any_world_equal_fresh_solves() {
    let (mut lanes, mut reasons) = (0, BTreeMap::new());
    for seed in 0..1_500 {
        let case = case(seed, Kind::Regular);
        let batch = Batch::new(case.situation(), 0);
        lanes += u64::from(batch.is_lanes());
        if let Some(reason) = batch.not_lanes() {
            *reasons.entry(format!("{reason:?}")).or_insert(0) += 1;
        }
        sweep_equals_fresh(&batch, &configurations(seed, &case, 4), &format!("seed {seed}"));
    }
    assert!(lanes > 20, "{lanes}");
    let reasons: Vec<String> = reasons.into_keys().collect();
    assert_eq!(reasons, ["Announcements", "Cycle", "Origins", "Rules", "World"]);
}

#[test]
fn all_instructions_give_the_same_bytes() {
    for seed in 0..500 {
        let case = almost_plain(seed);
        let mut configurations = configurations(seed, &case, 20);
        configurations.iter_mut().skip(10).for_each(|it| it.draw = Some(seed));
        let answer = |instructions| {
            let batch = Batch::new(case.situation(), 0).with_at_most(instructions);
            batch.totals(configurations.iter().cloned()).unwrap()
        };
        let portable = answer(Instructions::Portable);
        assert_eq!(portable, answer(Instructions::Avx2), "seed {seed}");
        assert_eq!(portable, answer(Instructions::Avx512), "seed {seed}");
    }
}

/// Prepends that need wider words, and more of them than anybody can say. Sites that announce
/// another prefix leave five bits for lengths in narrow words.
#[test]
fn long_paths_are_not_cut() {
    for seed in 0..300 {
        let mut case = if seed % 5 == 0 { wide(seed) } else { almost_plain(seed) };
        for said in case.service.sites.iter_mut().flat_map(|site| site.announcements.values_mut()) {
            said.prepend = if seed % 2 == 0 { 200 } else { 5 * said.prepend };
        }
        let other = Site { prefixes: Vec::new(), ..case.service.sites[0].clone() };
        case.service.sites.extend(std::iter::repeat_n(other, 600));
        let batch = Batch::new(case.situation(), 0);
        let mut draws = Draws::new(seed);
        let all: Vec<Configuration> = [0, 0, 5, 20, 23, 24, 25, 26, 27, 55, 56, 250, 255]
            .map(|count| {
                let mut configuration = configuration(&mut draws, &case);
                configuration.prepends.retain(|more| more.site < 20);
                configuration.silent.retain(|(site, _)| *site < 20);
                configuration.prepends.push(MorePrepends { site: 0, session: None, count });
                configuration
            })
            .into();
        // Alone, as one long path takes its whole block to wider words.
        for one in all.chunks(1) {
            sweep_equals_fresh(&batch, one, &format!("seed {seed}"));
        }
        sweep_equals_fresh(&batch, &all, &format!("seed {seed}"));
    }
}

/// Islands with one number have their own route or none.
#[test]
fn islands_are_lanes_if_they_carry_nobody() {
    let (mut seen, mut lanes) = (0, 0);
    for seed in 0..6_000 {
        let mut case = case(seed, Kind::Regular);
        if !case.world.has_islands() || !case.world.has_one_router_per_as() {
            continue;
        }
        seen += 1;
        case.service.sites.iter_mut().flat_map(|site| site.announcements.values_mut()).for_each(
            |said| {
                said.med = None;
                said.communities.clear();
            },
        );
        case.service.roas.clear();
        case.rules = Rules { oldest_rule: Some(OldestRule::None), ..Rules::default() };
        let batch = Batch::new(case.situation(), 0);
        lanes += u64::from(batch.is_lanes());
        sweep_equals_fresh(&batch, &configurations(seed, &case, 5), &format!("seed {seed}"));
    }
    assert!(seen > 100 && lanes > 20, "{seen}, {lanes}");
}

/// 60 to 100 ASes and 12 to 20 sites: enough for most of the graph to stay as it is when a site
/// fails, so that only what changes is solved.
fn wide(seed: u64) -> Case {
    let mut draws = Draws::new(seed ^ 0x91de);
    let mut case = case(seed, Kind::Plain);
    let mut builder = WorldBuilder::new("wide");
    let count = 60 + draws.below(40) as usize;
    // Numbers in no order, so that the lowest neighbor is any of them.
    let mut numbers: Vec<u32> = (1..=count as u32).collect();
    for index in (1..count).rev() {
        numbers.swap(index, draws.below(index as u64 + 1) as usize);
    }
    let ases: Vec<_> = numbers.iter().map(|number| builder.router(Asn(*number), None)).collect();
    let transit = 12 + draws.below(12);
    let mut linked = BTreeSet::new();
    for (index, handle) in ases.iter().enumerate() {
        builder.weight(*handle, draws.below(3) as f64 / 4.0);
        for _ in 0..1 + draws.below(3) {
            let other = draws.below(transit.min(index as u64)) as usize;
            if other < index && linked.insert((other, index)) {
                builder.link(*handle, ases[other], Relation::Provider);
            }
        }
        if draws.chance(40) {
            let other = draws.below(count as u64) as usize;
            if other != index && linked.insert((other.min(index), other.max(index))) {
                builder.link(*handle, ases[other], Relation::Peer);
            }
        }
    }
    case.world = builder.build().expect("each pair is linked once").world;
    let mut origins: Vec<Asn> = Vec::new();
    while origins.len() < 12 + (seed % 9) as usize {
        let asn = *draws.pick(&case.world.asns);
        if !origins.contains(&asn) {
            origins.push(asn);
        }
    }
    case.service = real::service_of(&case.world, &origins);
    case
}

/// What differs from a base is enough, in the totals too: failures, and small moves of prepends,
/// sessions and links, on and off a base that moves itself.
#[test]
fn sweeps_close_to_one_configuration_equal_fresh_solves() {
    for seed in 0..250 {
        let case = wide(seed);
        let batch = Batch::new(case.situation(), 0);
        assert!(batch.is_lanes());
        let mut draws = Draws::new(seed);
        let mut active = batch.announcing();
        let mut all: Vec<Configuration> = Vec::new();
        for step in 0..4 {
            // The last two blocks are far from how it is, and close to each other.
            if step == 2 {
                active = Sites::of(case.service.sites.len(), |site| site % 2 == seed as u32 % 2);
            }
            for _ in 0..64 {
                let mut one = configuration(&mut draws, &case);
                one.active = active.clone();
                let lost = one.lost_links.len() + one.closed.len();
                if one.prepends.len() + one.silent.len() + lost > 1 {
                    one = Configuration::of_sites(active.clone());
                }
                if draws.chance(50) {
                    let site = draws.below(2) as u32;
                    one.active.set(site, !active.contains(site));
                }
                all.push(one);
            }
        }
        sweep_equals_fresh(&batch, &all, &format!("seed {seed}"));
        // What a block leaves behind must not show in the next one.
        let all: Vec<Configuration> = failures(&batch.announcing()).collect();
        let mut worker = batch.worker();
        for few in all.chunks(3) {
            worker_equals_fresh(&batch, &mut worker, few, &format!("seed {seed}, failures"));
        }
        for one in all.iter().step_by(5) {
            let one = std::slice::from_ref(one);
            let all = one.iter().cloned();
            worker.sweep(all, batch.demand(), Wanted::Totals, |_, answer| {
                let expected = totals(batch.demand(), &fresh(&batch, &one[0]), origins(&case));
                assert_eq!(answer.unwrap().totals(), expected, "seed {seed}, {one:?}");
            });
        }
    }
}

/// Three peers who each prefer what the next one tells to their own customer never agree (the "bad
/// gadget" of Griffin, Shepherd and Wilfong 2002). Of two sites only one is that customer.
#[test]
fn configurations_that_do_not_settle_stop_nobody() {
    let mut builder = WorldBuilder::new("bad gadget");
    let router: Vec<_> =
        [10, 20, 30, 40, 50].iter().map(|asn| builder.router(Asn(*asn), None)).collect();
    for index in 0..3 {
        builder.link(router[index], router[(index + 1) % 3], Relation::Peer);
        builder.link(router[index], router[3], Relation::Customer);
        builder.weight(router[index], 1.0);
    }
    builder.link(router[0], router[4], Relation::Customer);
    let mut case = case(1, Kind::Plain);
    case.world = builder.build().unwrap().world;
    case.service = real::service_of(&case.world, &[Asn(40), Asn(50)]);
    for (index, next) in [(0, 20), (1, 30), (2, 10)] {
        case.overlay.local_prefs.insert((index, Asn(next)), 500);
    }
    let batch = Batch::new(case.situation(), 0);
    assert_eq!(batch.not_lanes(), Some(NotLanes::Rules));
    let only = |site| Configuration::of_sites(Sites::of(2, |other| other == site));
    let mut seen = Vec::new();
    let all = [only(0), only(1), only(0)];
    batch.worker().sweep(all.clone(), batch.demand(), Wanted::Totals, |index, answer| {
        assert_eq!(index, seen.len());
        seen.push(answer.map(|answer| answer.totals().to_vec()));
    });
    let error = seen[0].clone().unwrap_err();
    assert!(error.to_string().contains("AS10"), "{error}");
    assert_eq!(seen[1], Ok(totals(batch.demand(), &fresh(&batch, &all[1]), 2)));
    assert_eq!(seen[2], Err(error.clone()));
    assert_eq!(batch.totals(all), Err(error));
}

/// Worlds that only iteration solves.
#[test]
fn sweeps_of_irregular_worlds_equal_fresh_solves() {
    for seed in 0..400 {
        let case = case(seed, Kind::Irregular);
        let batch = Batch::new(case.situation(), 0);
        sweep_equals_fresh(&batch, &configurations(seed, &case, 4), &format!("seed {seed}"));
    }
}

fn draws_of(configuration: &Configuration, count: u64) -> Vec<Configuration> {
    (0..count).map(|draw| Configuration { draw: Some(draw), ..configuration.clone() }).collect()
}

fn landed_of(batch: &Batch<'_>, configurations: &[Configuration]) -> Vec<Landed> {
    let routers = batch.situation().world.router_count();
    let mut rows = Vec::new();
    let all = configurations.iter().cloned();
    batch.worker().sweep(all, batch.demand(), Wanted::Routers, |_, answer| {
        let answer = answer.unwrap();
        let landed = landed(&answer, routers);
        let sites = answer.totals().len() - 1;
        assert_eq!(answer.totals(), totals(batch.demand(), &landed, sites));
        rows.push(landed);
    });
    rows
}

/// Lanes toss the coins that following one router after the other tosses.
#[test]
fn draws_in_lanes_equal_draws_one_by_one() {
    let mut differ = 0;
    for seed in 0..1_000 {
        let case = if seed % 4 == 0 { wide(seed) } else { almost_plain(seed) };
        let lanes = Batch::new(case.situation(), 0);
        let singly = Batch::new(case.situation(), 0).one_by_one();
        assert_eq!(singly.not_lanes(), Some(NotLanes::Unwanted));
        let mut draws = Draws::new(seed);
        let mut all = draws_of(&configuration(&mut draws, &case), 6);
        all.extend(draws_of(&configuration(&mut draws, &case), 3));
        let rows = landed_of(&lanes, &all);
        assert_eq!(rows, landed_of(&singly, &all), "seed {seed}");
        assert_eq!(lanes.totals(all.clone()), singly.totals(all.clone()), "seed {seed}");
        assert_eq!(rows, landed_of(&lanes, &all), "seed {seed}: not the same again");
        differ += u64::from(rows[..6].windows(2).any(|pair| pair[0] != pair[1]));
        // A draw does not depend on its company.
        assert_eq!(rows[4], landed_of(&lanes, &all[4..5])[0], "seed {seed}");
    }
    assert!(differ > 300, "{differ}");
}

/// Each draw lands in the tie set, and many of them share as [`Ties`] says: no share is off by
/// more than chance could have it once in a million runs of this test (Hoeffding 1963), and all
/// together are off by what fair coins are off.
#[test]
fn draws_are_fair() {
    const DRAWS: u64 = 1_920;
    let (mut squares, mut shares) = (0.0, 0.0);
    let mut largest: f64 = 0.0;
    for seed in 0..240 {
        let case = match seed % 3 {
            0 => wide(seed),
            1 => case(seed, Kind::Plain),
            _ => case(seed, Kind::Regular),
        };
        let batch = Batch::new(case.situation(), 0);
        let mut solver = Solver::new(case.situation(), 0).unwrap();
        let ties = Ties::new(case.situation(), 0, solver.catchment());
        let sets = solver.tie_sets().clone();
        let mut seen: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); ties.shares.len()];
        let count = if batch.is_lanes() { DRAWS } else { 64 };
        for row in landed_of(&batch, &draws_of(&batch.as_it_is(), count)) {
            for (router, landed) in row.iter().enumerate() {
                let Some((site, _)) = landed else { continue };
                assert!(sets.sites(router as u32).any(|other| other == *site), "seed {seed}");
                *seen[router].entry(*site).or_default() += 1;
            }
        }
        if count < DRAWS {
            continue;
        }
        for (router, expected) in ties.shares.iter().enumerate() {
            for (site, share) in expected.iter().filter(|(_, share)| *share < 0.999_999) {
                let drawn = f64::from(seen[router].get(site).copied().unwrap_or(0)) / count as f64;
                largest = largest.max((drawn - share).abs());
                let off = drawn - share;
                squares += off * off / (share * (1.0 - share) / count as f64);
                shares += 1.0;
            }
        }
    }
    assert!(shares > 3_000.0, "{shares}");
    // P(off by more than t) < 2 exp(-2 n t^2) for each share.
    let bound = (libm::log(2.0 * shares * 1e6) / (2.0 * DRAWS as f64)).sqrt();
    assert!(largest < bound, "{largest}, bound {bound}");
    // The mean of `shares` squares of standard normals; those of one world hang together.
    let mean = squares / shares;
    assert!((0.85..1.15).contains(&mean), "{mean} of {shares}");
}

/// P1 and performance 5.5 on the graph of April 2026: every failure of one of 300 sites by lanes,
/// with and without routers, and by changes; some solved afresh. What changes outside the failed
/// catchments is in all of them.
#[test]
fn failures_of_2026_are_alike_in_all_bodies() {
    let Some(world) = real::internet_2026() else { return };
    let origins = real::asn_list("peer-results/R26.sites300.txt").unwrap();
    let service = real::service_of(&world, &origins);
    let rules = Rules {
        oldest_rule: Some(OldestRule::None),
        med_deterministic: Some(true),
        ..Rules::default()
    };
    let overlay = Overlay::default();
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let batch = Batch::new(situation, 0);
    assert!(batch.is_lanes());
    let active = batch.announcing();
    let by_changes = batch.totals(single_failures(&active)).unwrap();
    let mut solver = Solver::new(situation, 0).unwrap();
    let base = solver.catchment().clone();
    let (mut changed, mut outside) = (0, 0);
    let mut worker = batch.worker();
    let all = single_failures(&active);
    worker.sweep(all, batch.demand(), Wanted::Routers, |failed, answer| {
        let answer = answer.unwrap();
        assert!(answer.is_lanes());
        assert_eq!(answer.totals(), by_changes[failed], "site {failed}");
        solver.resolve(&Change::Withdraw(failed as u32)).unwrap();
        let mut totals = vec![0; answer.totals().len()];
        for router in 0..world.router_count() as u32 {
            let route = solver.catchment().route(router);
            assert_eq!(answer.site(router), route.map(|it| it.site), "site {failed}, {router}");
            assert_eq!(answer.path_length(router), route.map(|it| it.path_length));
            totals[route.map_or(origins.len(), |it| it.site as usize)] +=
                batch.demand().of_router(router);
            if base.site(router) != answer.site(router) {
                changed += 1;
                outside += u32::from(base.site(router) != Some(failed as u32));
            }
        }
        assert_eq!(answer.totals(), totals, "site {failed}");
        if failed % 50 == 7 {
            assert_eq!(&solve(solver.situation(), 0).unwrap(), solver.catchment());
        }
        assert!(solver.undo());
    });
    assert_eq!((changed, outside), (79_477, 421));
}

/// Random subsets, failures of two, prepends, silence, lost links and draws on the graph of April
/// 2026, against one solve each.
#[test]
fn sweeps_of_2026_equal_fresh_solves() {
    let Some(world) = real::internet_2026() else { return };
    let mut case = case(1, Kind::Plain);
    let origins = real::asn_list("peer-results/R26.sites300.txt").unwrap();
    case.service = real::service_of(&world, &origins);
    case.world = world;
    let batch = Batch::new(case.situation(), 0);
    assert!(batch.is_lanes());
    let mut all = configurations(26, &case, 24);
    all.extend(failures(&batch.announcing()).skip(20_000).take(8));
    let mut draws = Draws::new(27);
    let moves = std::iter::repeat_with(|| Configuration {
        active: batch.announcing(),
        ..configuration(&mut draws, &case)
    });
    all.extend(moves.take(8));
    sweep_equals_fresh(&batch, &all, "2026");
    let drawn = draws_of(&all[0], 3);
    let singly = Batch::new(case.situation(), 0).one_by_one();
    assert_eq!(landed_of(&batch, &drawn), landed_of(&singly, &drawn));
}

/// All failures by the four ways to answer them.
#[test]
fn failures_are_alike_in_all_bodies() {
    for seed in 0..1_000 {
        let case = case(seed, if seed % 2 == 0 { Kind::Plain } else { Kind::Regular });
        let batch = Batch::new(case.situation(), 0);
        let active = batch.announcing();
        let all: Vec<Configuration> = failures(&active).collect();
        sweep_equals_fresh(&batch, &all, &format!("seed {seed}"));
        if case
            .service
            .sites
            .iter()
            .any(|site| site.announcements.values().any(|s| s.med.is_some()))
        {
            continue;
        }
        let totals = batch.totals(single_failures(&active)).unwrap();
        let mut solver = Solver::new(case.situation(), 0).unwrap();
        for (failed, totals) in active.iter().zip(&totals) {
            solver.resolve(&Change::Withdraw(failed)).unwrap();
            let mut incremental = vec![0; totals.len()];
            for router in 0..case.world.router_count() as u32 {
                let slot = solver.catchment().site(router).map_or(totals.len() - 1, |s| s as usize);
                incremental[slot] += batch.demand().of_router(router);
            }
            assert_eq!(&incremental, totals, "seed {seed}, site {failed}");
            assert!(solver.undo());
        }
    }
}
