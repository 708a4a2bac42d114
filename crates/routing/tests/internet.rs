//! The real AS graphs: every answer equal to that of independent engines, every path sound.
//!
//! They run where `CATCHMENT_DATA` says the data lies, and say loudly where it does not.

use catchment_model::relation::{Class, Relation};
use catchment_model::rng::fnv1a64;
use catchment_model::rules::OldestRule;
use catchment_model::{Asn, Overlay, Rules, World};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Catchment, Change, Situation, Solver, Via, solve};
use catchment_testkit::real;

fn without_history() -> Rules {
    Rules { oldest_rule: Some(OldestRule::None), med_deterministic: Some(true), ..Rules::default() }
}

/// The two digests of an answer, as the peers' results define them: over `asn,site` and over
/// `asn,site,rel,pathlen`, where the path length counts both ends.
fn digests(world: &World, origins: &[Asn], catchment: &Catchment) -> (u64, u64) {
    let (mut sites, mut routes) = (String::new(), String::new());
    for router in 0..world.router_count() as u32 {
        let asn = world.asn_of(router);
        match catchment.route(router) {
            None => {
                sites += &format!("{asn},\n");
                routes += &format!("{asn},,,,\n");
            }
            Some(route) => {
                let site = origins[route.site as usize];
                let class = match route.class {
                    Class::Origin => "origin",
                    Class::Customer => "customers",
                    Class::Peer => "peers",
                    Class::Provider => "providers",
                };
                sites += &format!("{asn},{site}\n");
                routes += &format!("{asn},{site},{class},{}\n", route.path_length + 1);
            }
        }
    }
    (fnv1a64(sites.as_bytes()), fnv1a64(routes.as_bytes()))
}

fn digest_table_agrees(sites: &str, digest_file: &str) {
    let Some(world) = real::as_rel_world("as-relationships/20180101.as-rel.txt.bz2") else {
        return;
    };
    let origins = real::asn_list(sites).unwrap();
    let service = real::service_of(&world, &origins);
    let (overlay, rules) = (Overlay::default(), without_history());
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let mut solver = Solver::new(situation, 0).unwrap();
    let index = |asn: &str| {
        let asn: Asn = asn.parse().unwrap();
        origins.iter().position(|origin| *origin == asn).unwrap() as u32
    };
    let mut checked = 0;
    for line in real::text(digest_file).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [kind, parameter, by_site, by_route, unreached] = fields[..] else {
            panic!("{line}");
        };
        let answer = match kind {
            "all" => solver.catchment().clone(),
            "minus" => {
                solver.resolve(&Change::Withdraw(index(parameter))).unwrap();
                let answer = solver.catchment().clone();
                assert!(solver.undo());
                answer
            }
            "subset" => {
                let chosen: Vec<u32> =
                    parameter.split(['/', ' ', ';', '+', '|']).map(index).collect();
                let mut subset = solver.clone();
                subset.choose_sites(|site| chosen.contains(&site)).unwrap();
                subset.catchment().clone()
            }
            _ => panic!("{line}"),
        };
        let missing =
            (0..world.router_count() as u32).filter(|router| answer.route(*router).is_none());
        assert_eq!(missing.count().to_string(), unreached, "{kind} {parameter}");
        let (sites, routes) = digests(&world, &origins, &answer);
        assert_eq!(format!("{sites:016x}"), by_site, "{kind} {parameter}: sites");
        assert_eq!(format!("{routes:016x}"), by_route, "{kind} {parameter}: routes");
        checked += 1;
    }
    assert!(checked > 8, "{checked}");
}

/// P1 of the performance reference.
#[test]
fn digests_of_2018_agree_with_8_sites() {
    digest_table_agrees("peer-results/R18.sites8.txt", "peer-results/R18.k8.digests.csv");
}

/// P1: all, every single failure, and 120 random subsets.
#[test]
fn digests_of_2018_agree_with_300_sites() {
    digest_table_agrees("peer-results/R18.sites300.txt", "peer-results/R18.k300.digests.csv");
}

/// Every AS path is a legal way through the graph, and what the neighbors say.
fn paths_are_sound(world: &World, catchment: &Catchment, longest: u32) {
    for router in 0..world.router_count() as u32 {
        let Some(route) = catchment.route(router) else { continue };
        let path = catchment.as_path(world, router).unwrap();
        assert_eq!(path.len() as u32, route.path_length);
        assert!(route.path_length <= longest, "AS{} is {path:?} away", world.asn_of(router));
        let mut seen = path.clone();
        seen.push(world.asn_of(router));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), path.len() + 1, "AS{} has a loop", world.asn_of(router));
        let Via::External(neighbor) = route.via else {
            assert_eq!((route.via, route.path_length), (Via::Own, 0));
            continue;
        };
        assert_eq!(path[0], world.asn_of(neighbor));
        assert_eq!(path[1..], catchment.as_path(world, neighbor).unwrap()[..], "not its tail");
        assert_eq!(catchment.site(neighbor), Some(route.site));
        // Valley-free: from the site, up any number of times, across at most once, then down.
        let way: Vec<u32> = catchment.walk(router).collect();
        let mut climbing = true;
        for pair in way.windows(2).rev() {
            let session = world.session_to(pair[1], pair[0]).expect("they are neighbors");
            match world.relation(pair[1], session) {
                Relation::Provider => assert!(climbing, "AS{}: a valley", world.asn_of(router)),
                Relation::Peer => {
                    assert!(climbing, "AS{}: two peaks", world.asn_of(router));
                    climbing = false;
                }
                Relation::Customer => climbing = false,
                Relation::Sibling => panic!("the file has no siblings"),
            }
        }
    }
}

fn internet_2026_is_answered(sites: &str, longest: u32) {
    let Some(world) = real::internet_2026() else { return };
    assert_eq!(world.as_count(), 79_327);
    let origins = real::asn_list(sites).unwrap();
    let service = real::service_of(&world, &origins);
    let (overlay, rules) = (Overlay::default(), without_history());
    let situation =
        Situation { world: &world, overlay: &overlay, service: &service, rules: &rules, seed: 1 };
    let answer = solve(situation, 0).unwrap();
    paths_are_sound(&world, &answer, longest);

    // The same from run to run, from body to body, and on any number of threads.
    assert_eq!(Solver::new(situation, 0).unwrap().catchment(), &answer);
    std::thread::scope(|scope| {
        let again: Vec<_> = (0..3).map(|_| scope.spawn(move || solve(situation, 0))).collect();
        for thread in again {
            assert_eq!(thread.join().unwrap().unwrap(), answer);
        }
    });
    let table = solve_table(situation, std::slice::from_ref(&answer), Options::default());
    assert_eq!(table.row_count(), 79_327);
    assert_eq!(table, solve_table(situation, &[answer], Options::default()));
}

#[test]
fn internet_of_2026_with_8_sites() {
    internet_2026_is_answered("peer-results/R26.sites8.txt", 14);
}

#[test]
fn internet_of_2026_with_300_sites() {
    internet_2026_is_answered("peer-results/R26.sites300.txt", 14);
}

/// Sizes of the tie sets, as the reference of performance gives them (5.6).
#[test]
fn tie_sets_of_2026() {
    let Some(world) = real::internet_2026() else { return };
    let cases = [
        ("peer-results/R26.sites8.txt", [287, 21_500, 28_634, 28_906]),
        ("peer-results/R26.sites300.txt", [271, 21_903, 15_259, 41_894]),
    ];
    for (sites, expected) in cases {
        let service = real::service_of(&world, &real::asn_list(sites).unwrap());
        let (overlay, rules) = (Overlay::default(), without_history());
        let situation = Situation {
            world: &world,
            overlay: &overlay,
            service: &service,
            rules: &rules,
            seed: 1,
        };
        let mut solver = Solver::new(situation, 0).unwrap();
        let sets = solver.tie_sets().clone();
        let ties = catchment_routing::Ties::new(situation, 0, solver.catchment());
        let mut sizes = [0; 4];
        for router in 0..world.router_count() as u32 {
            let size = sets.count(router);
            sizes[match size {
                0 | 1 => size as usize,
                2 | 3 => 2,
                _ => 3,
            }] += 1;
            let shares = &ties.shares[router as usize];
            let sites: Vec<u32> = shares.iter().map(|(site, _)| *site).collect();
            assert_eq!(sites, sets.sites(router).collect::<Vec<_>>());
            let sum: f64 = shares.iter().map(|(_, share)| share).sum();
            assert!(shares.is_empty() || (sum - 1.0).abs() < 1e-9, "{sum}");
            if let Some(site) = solver.catchment().site(router) {
                assert!(sites.contains(&site));
            }
        }
        assert_eq!(sizes, expected, "{sites}");
    }
}
