//! After the last timer the event engine says what `solve` says, on random worlds to which random
//! things happen. A failure names the seed; `played(seed)` repeats it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::agenda::Course;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::engine::{Count, NO_SLOT, OWN};
use catchment_dynamics::play::play_prefix;
use catchment_dynamics::script::Script;
use catchment_model::rules::Decision;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::{Asn, Overlay, Service};
use catchment_routing::fixpoint::{self, Order};
use catchment_routing::{Situation, Via, solve};
use catchment_testkit::happenings::{happenings, pace};
use catchment_testkit::random::{Case, Draws, Kind, case};

/// Worlds that are played.
const WORLDS: u64 = 6_000;

fn script<'a>(
    case: &'a Case,
    schedule: &'a [Occurrence],
    geodns: &'a GeoDns,
    regional: &'a BTreeMap<String, u16>,
    client_gbps: &'a BTreeMap<u32, f64>,
) -> Script<'a> {
    Script {
        situation: case.situation(),
        schedule,
        steering: Steering::Anycast,
        prefix: 0,
        geodns,
        regional,
        client_gbps,
        senders: None,
        bystanders: false,
    }
}

/// Sites whose router is dead at the end.
fn dead_sites(schedule: &[Occurrence], service: &Service) -> Vec<u32> {
    let mut dead = vec![false; service.sites.len()];
    for occurrence in schedule {
        match occurrence.deed {
            // A dead router stays what it is.
            Deed::Fail { how: FailureKind::Drain, .. } => {}
            Deed::Fail { site, how } => {
                let kills = matches!(
                    how,
                    FailureKind::Interface | FailureKind::Bfd | FailureKind::HoldTimer
                );
                dead[site as usize] = kills && service.sites[site as usize].own_router;
            }
            Deed::Restore { site } => dead[site as usize] = false,
            _ => {}
        }
    }
    (0..dead.len() as u32).filter(|site| dead[*site as usize]).collect()
}

/// Compares the end of a course with a solution of what it ended in. Returns whether there was one
/// answer to compare with.
fn compare(course: &Course<'_>, dead: &[u32], what: &str) -> bool {
    let Situation { world, service, overlay, .. } = course.situation();
    let (mut service, mut overlay): (Service, Overlay) = (service.clone(), overlay.clone());
    for site in dead {
        let router = service.sites[*site as usize].router;
        service.sites[*site as usize].active = false;
        for session in world.sessions(router) {
            overlay.set_link(router, world.neighbors[session as usize], false);
        }
    }
    let situation = Situation { service: &service, overlay: &overlay, ..course.situation() };
    let prefix = course.prefix();
    let answer = solve(situation, prefix).expect("regular worlds settle");
    let other = fixpoint::solve(situation, prefix, Order::Descending).expect("it settles");
    let up = fixpoint::solve(situation, prefix, Order::Ascending).expect("it settles");
    if up != other {
        return false;
    }
    for router in 0..world.router_count() as u32 {
        if dead.iter().any(|site| service.sites[*site as usize].router == router) {
            continue;
        }
        let best = course.engine.best(router);
        let via = match best.slot {
            NO_SLOT => None,
            OWN => Some(Via::Own),
            slot => {
                let peer = course.adjacency().peer(slot);
                Some(match world.asn_of(peer) == world.asn_of(router) {
                    true => Via::Internal(peer),
                    false => Via::External(peer),
                })
            }
        };
        let route = answer.route(router);
        let islands = world.has_islands() && via.is_some_and(|via| matches!(via, Via::Internal(_)));
        if !islands {
            assert_eq!(via, route.map(|it| it.via), "{what}, router {router}");
        }
        if let Some(route) = route {
            let told = best.told;
            assert_eq!(told.class(), route.class, "{what}, router {router}");
            let path: Vec<Asn> = course.engine.paths().asns(told.path()).map(Asn).collect();
            assert_eq!(Some(path), answer.as_path(world, router), "{what}, router {router}");
        }
    }
    true
}

fn case_of(seed: u64) -> (Case, Draws) {
    let mut draws = Draws::new(seed ^ 0x5e77);
    let mut case = case(seed, if draws.chance(30) { Kind::Plain } else { Kind::Regular });
    pace(&mut case.rules, &mut draws);
    // Suppressed and stuck routes let go in the end.
    case.rules.rfd_share = *draws.pick(&[0.0, 0.0, 1.0]);
    case.rules.zombie_p = *draws.pick(&[0.0, 0.0, 0.02, 0.3]);
    (case, draws)
}

#[test]
fn the_end_is_what_solve_says() {
    let (mut compared, mut several, mut messages) = (0_u64, 0_u64, 0_u64);
    for seed in 0..WORLDS {
        let (case, mut draws) = case_of(seed);
        let schedule = happenings(&case, &mut draws);
        let adjacency = Adjacency::new(&case.world, &case.rules);
        let (geodns, regional, gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
        let script = script(&case, &schedule, &geodns, &regional, &gbps);
        for prefix in 0..case.service.prefixes.len() as u16 {
            let what = format!("seed {seed}, prefix {prefix}");
            // Textbook rules keep the route in use once t = 0 has come.
            if case.rules.decision == Decision::Textbook {
                let mut course = Course::new(&script, &adjacency, prefix);
                course.announce(120_000_000);
                course.advance(-1);
                if case.rules.mrai_ebgp == case.rules.mrai_ibgp {
                    compared += u64::from(compare(&course, &[], &what));
                }
                continue;
            }
            let mut go_on = |_, _| ControlFlow::Continue(());
            let (log, course) = play_prefix(&script, &adjacency, prefix, &mut go_on)
                .unwrap_or_else(|error| panic!("{what}: {error}"));
            messages += log.counts.iter().map(Count::messages).sum::<u64>();
            match compare(&course, &dead_sites(&schedule, &case.service), &what) {
                true => compared += 1,
                false => several += 1,
            }
        }
    }
    assert!(compared > WORLDS, "only {compared} were compared");
    assert!(several * 100 < compared, "{several} had several stable states");
    assert!(messages > 10 * WORLDS, "only {messages} messages");
}
