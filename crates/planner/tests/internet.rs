//! All failures of 339 cities on the Internet of April 2026, where `CATCHMENT_DATA` says it is: by
//! the batch, by small changes and by fresh solves. Says loudly when it did not run.

mod common;

use std::ops::ControlFlow;

use catchment_model::rules::OldestRule;
use catchment_model::{Overlay, Rules, Service, World};
use catchment_planner::capacity::{CapacityQuestion, Pairs, capacity};
use catchment_planner::load::Loads;
use catchment_planner::{Method, Oracle};
use catchment_routing::{
    Batch, Catchment, Change, Demand, Situation, Solver, single_failures, solve,
};
use catchment_testkit::colos::colos_2026;
use common::brief_of;

struct Colos {
    world: World,
    service: Service,
    overlay: Overlay,
    rules: Rules,
}

impl Colos {
    fn new() -> Option<Colos> {
        let (world, service) = colos_2026()?;
        let rules = Rules {
            oldest_rule: Some(OldestRule::None),
            med_deterministic: Some(true),
            ..Rules::default()
        };
        Some(Colos { world, service, overlay: Overlay::default(), rules })
    }

    fn situation(&self) -> Situation<'_> {
        let Colos { world, service, overlay, rules } = self;
        Situation { world, overlay, service, rules, seed: 1 }
    }
}

fn totals_of(catchment: &Catchment, demand: &Demand, site_count: usize) -> Vec<u64> {
    let mut totals = vec![0; site_count + 1];
    for router in 0..catchment.router_count() as u32 {
        let site = catchment.site(router).map_or(site_count, |site| site as usize);
        totals[site] += demand.of_router(router);
    }
    totals
}

#[test]
fn failures_of_339_cities_are_alike_however_they_are_solved() {
    let Some(colos) = Colos::new() else { return };
    let count = colos.service.sites.len();
    assert_eq!(count, 339);
    let batch = Batch::new(colos.situation(), 0);
    assert!(batch.is_lanes(), "{:?}", batch.not_lanes());
    let by_batch = batch.totals(single_failures(&batch.announcing())).unwrap();
    let mut solver = Solver::new(colos.situation(), 0).unwrap();
    let before = totals_of(solver.catchment(), batch.demand(), count);
    let mut moved = 0;
    for (site, totals) in (0..).zip(&by_batch) {
        solver.resolve(&Change::Withdraw(site)).unwrap();
        assert_eq!(totals_of(solver.catchment(), batch.demand(), count), *totals, "site {site}");
        assert_eq!(totals[site as usize], 0);
        solver.undo();
        moved += usize::from(*totals != before);
    }
    assert!(moved > 200, "{moved} failures move somebody");
    for site in (0..count).step_by(40) {
        let mut service = colos.service.clone();
        service.sites[site].active = false;
        let fresh = solve(Situation { service: &service, ..colos.situation() }, 0).unwrap();
        assert_eq!(totals_of(&fresh, batch.demand(), count), by_batch[site], "site {site}");
    }
}

#[test]
fn a_plan_of_339_cities_is_that_of_the_oracle() {
    let Some(colos) = Colos::new() else { return };
    let brief = brief_of(colos.situation()).unwrap();
    let question = CapacityQuestion { groups: Vec::new(), pairs: Pairs::None, day: false };
    let plan = capacity(&brief, &question, &mut |_, _| ControlFlow::Continue(())).unwrap();
    assert_eq!((plan.method, plan.singles.len()), (Method::Solve, 339));
    assert!(plan.groups.len() > 10, "{} groups", plan.groups.len());
    let mut oracle = Oracle::by(Method::Solve, &brief).unwrap();
    assert_eq!(*plan.base.mean(), Loads::of(&brief, &oracle.base().unwrap()));
    let groups = plan.groups.iter().step_by(plan.groups.len() / 4);
    for failure in plan.singles.iter().step_by(40).chain(groups) {
        let placement = oracle.after(&failure.fate.steps(&brief)).unwrap();
        assert_eq!(*failure.day.mean(), Loads::of(&brief, &placement), "{:?}", failure.fate);
        let moved: f64 = failure.heirs.iter().map(|heir| heir.kqps).sum();
        assert!(moved > 0.0 || failure.day.mean() == plan.base.mean(), "{:?}", failure.fate);
    }
}
