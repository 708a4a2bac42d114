//! The twin of lanes: the same plans, one set at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::Script;
use catchment_model::Asn;
use catchment_model::scenario::{GeoDns, Steering};
use catchment_model::world::WorldParts;
use catchment_testkit::random::{Draws, Kind, case};
use catchment_testkit::real::service_of;

use super::lanes::Lanes;
use super::*;

#[test]
fn plans_by_lanes_are_those_of_one_by_one() {
    let (mut exact, mut climbed, mut failed_kept, mut outside) = (0, 0, 0, 0);
    for seed in 0..300 {
        let mut draws = Draws::new(seed ^ 0x517e5);
        let mut case = case(seed, Kind::Plain);
        let mut origins: Vec<Asn> = case.world.asns.clone();
        origins.truncate(13);
        case.service = service_of(&case.world, &origins);
        let mut parts = WorldParts::clone(&case.world);
        // Quarters, which both ways add up exactly.
        parts.weights.iter_mut().for_each(|it| *it = draws.below(40) as f64 / 4.0);
        case.world = catchment_model::World::from_parts(parts).unwrap();
        let has_capacities = draws.chance(50);
        for site in &mut case.service.sites {
            site.region = ["eu", "us"][draws.below(2) as usize].to_owned();
            site.capacity.kqps = has_capacities.then(|| 1.0 + draws.below(20) as f64);
        }
        let (geodns, regional, gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
        let allowed = ["eu", "us"].map(|it| (it.to_owned(), vec![it.to_owned()]));
        let residency: BTreeMap<String, Vec<String>> = allowed.into();
        let script = Script {
            situation: case.situation(),
            schedule: &[],
            steering: Steering::Anycast,
            prefix: 0,
            geodns: &geodns,
            regional: &regional,
            client_gbps: &gbps,
            senders: None,
            bystanders: false,
        };
        let Ok(mut brief) = Brief::new(script, &residency) else { continue };
        for source in &mut brief.sources {
            source.region = ["eu", "us", "asia"][draws.below(3) as usize].to_owned();
            source.gbps = draws.below(9) as f64 / 8.0;
        }
        let Some(lanes) = Lanes::new(&brief) else { continue };
        let count = case.service.sites.len();
        // Some stay, if there are enough.
        let kept = draws.below((count as u64 / 3).max(1)) as u32;
        let candidates: Vec<u32> = (kept..count as u32).collect();
        for objective in [Objective::WorstLoad, Objective::Residency] {
            let choose_count = candidates.len().min(1 + draws.below(3) as usize);
            let question = SitesQuestion {
                candidates: candidates.clone(),
                choose: choose_count,
                objective,
                // Few enough that not all sets of many candidates are tried.
                trials_max: 5 + draws.below(60),
                restarts: 2,
                seed,
            };
            let plan = |lanes: Option<&Lanes<'_>>| {
                choose(&brief, &question, lanes, &mut |_, _| ControlFlow::Continue(()))
            };
            let (by_lanes, one_by_one) = (plan(Some(&lanes)), plan(None));
            assert!(by_lanes == one_by_one, "seed {seed}, {objective:?}");
            let Ok(plan) = by_lanes else { continue };
            exact += usize::from(plan.proof == Proof::Exact);
            climbed += usize::from(plan.proof != Proof::Exact);
            let by = plan.best.worst.failed;
            failed_kept += usize::from(by.is_some_and(|site| plan.kept.contains(&site)));
            outside += usize::from(plan.best.merit.violation > 0.0);
        }
    }
    assert!(exact > 300 && climbed > 10, "{exact} {climbed}");
    assert!(failed_kept > 20 && outside > 100, "{failed_kept} {outside}");
}

/// A set that was foreseen was not tried until somebody asks; then it is known once and for all.
#[test]
fn what_is_foreseen_is_no_trial() {
    let case = (0..).map(|seed| case(seed, Kind::Plain)).find(|it| it.service.sites.len() == 4);
    let case = case.unwrap();
    let (geodns, regional, gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
    let residency = BTreeMap::new();
    let script = Script {
        situation: case.situation(),
        schedule: &[],
        steering: Steering::Anycast,
        prefix: 0,
        geodns: &geodns,
        regional: &regional,
        client_gbps: &gbps,
        senders: None,
        bystanders: false,
    };
    let brief = Brief::new(script, &residency).unwrap();
    let lanes = Lanes::new(&brief).unwrap();
    let question = SitesQuestion {
        candidates: vec![1, 2, 3],
        choose: 2,
        objective: Objective::WorstLoad,
        trials_max: 100,
        restarts: 0,
        seed: 1,
    };
    let mut sets = Sets::new(&brief, &question, vec![0], Some(&lanes)).unwrap();
    sets.foresee(&[vec![1, 2], vec![2, 3]], false).unwrap();
    let foreseen: Vec<&[u32]> = sets.foreseen.keys().map(Vec::as_slice).collect();
    assert_eq!(foreseen, [&[1][..], &[1, 2], &[1, 2, 0], &[2], &[2, 3], &[2, 3, 0], &[3]]);
    assert!(sets.known.is_empty());
    sets.worst(&[1, 2]).unwrap();
    assert_eq!((sets.known.len(), sets.foreseen.len()), (4, 3));
    sets.foresee(&[vec![1, 2]], false).unwrap();
    assert!(sets.foreseen.is_empty(), "what is known is not solved again, the rest is forgotten");
}
