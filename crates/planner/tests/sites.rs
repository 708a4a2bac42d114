//! Choosing sites: T12.5 by name, and a brute-force twin on random worlds.

mod common;

use std::ops::ControlFlow;

use catchment_model::world::NO_PLACE;
use catchment_model::{Asn, Service};
use catchment_planner::sites::{Objective, SitesPlan, SitesQuestion, sites};
use catchment_planner::steer::{Measure, Proof};
use catchment_planner::{Brief, Unplanned};
use catchment_routing::{Situation, solve};
use catchment_testkit::random::{Kind, case};
use catchment_testkit::real::service_of;
use common::{brief_of_case, folded, ground};
use expect_test::expect;

fn ask(brief: &Brief<'_>, question: &SitesQuestion) -> Result<SitesPlan, Unplanned> {
    sites(brief, question, &mut |_, _| ControlFlow::Continue(()))
}

fn question(candidates: Vec<u32>, choose: usize, objective: Objective) -> SitesQuestion {
    SitesQuestion { candidates, choose, objective, trials_max: 5000, restarts: 2, seed: 1 }
}

#[test]
fn t12_5_a_session_of_tokyo_with_tata_brings_tokyo_b() {
    let eight = ground(
        "[world]\nbuiltin = \"eight\"\n[[site]]\nname = \"nrt\"\nneighbors = [{ asn = 2914 }, \
         { asn = 6453 }]\n[[correction]]\nannounce = { site = \"nrt\", neighbor = 6453, withdraw \
         = true }",
    );
    let brief = eight.brief();
    let nrt = eight.site("nrt");
    let plan = ask(&brief, &question(vec![nrt], 1, Objective::Rtt(Measure::Mean))).unwrap();
    assert_eq!(plan.sessions.len(), 1);
    let [flow] = &plan.sessions[0].flows[..] else { panic!("{:?}", plan.sessions) };
    let who: Vec<&str> =
        flow.sources.iter().map(|it| brief.sources[*it as usize].name.as_str()).collect();
    let name = |site: Option<u32>| brief.site_name(site.unwrap());
    assert_eq!(
        (name(flow.from), name(flow.to), who),
        ("sin".into(), "nrt".into(), vec!["Tokyo-B"])
    );
    assert!(plan.sessions[0].gain > 0.0);
}

#[test]
fn four_of_eight() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let brief = eight.brief();
    for (objective, expected) in [
        (
            Objective::Rtt(Measure::Mean),
            expect![[r#"
                open jfk, gru, lhr, bom: mean RTT 48.04 ms
                exact: all sets of 4 of 8 candidates were looked at, and none is
                    better
                the fullest site after any single failure is lhr with 666.7 % of its
                    capacity, after bom has failed
                where demand lands was asked of `simulate`; a failed site counts as
                    if it had never announced
            "#]],
        ),
        (
            Objective::WorstLoad,
            expect![[r#"
                open gru, fra, bom, nrt: worst load 185.71 %
                exact: all sets of 4 of 8 candidates were looked at, and none is
                    better
                the fullest site after any single failure is nrt with 185.7 % of its
                    capacity, after bom has failed
                where demand lands was asked of `simulate`; a failed site counts as
                    if it had never announced
            "#]],
        ),
    ] {
        let plan = ask(&brief, &question((0..8).collect(), 4, objective)).unwrap();
        let answer = plan.answer(&brief);
        let text = format!("{}\n{}", answer.headline, answer.findings.join("\n"));
        expected.assert_eq(&folded(&text));
    }
}

#[test]
fn too_many_are_refused() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let refused = ask(&eight.brief(), &question(vec![0, 1], 3, Objective::WorstLoad));
    let Err(Unplanned::Question { message, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(message, "3 of 2 candidates cannot be chosen");
}

/// Unserved demand, mean round trip, loads as shares; worked out a second time.
fn worth(brief: &Brief<'_>, chosen: &[u32]) -> (f64, f64, Vec<f64>) {
    let mut service: Service = brief.service().clone();
    for (index, site) in (0..).zip(&mut service.sites) {
        site.active = chosen.contains(&index);
    }
    let situation = Situation { service: &service, ..brief.situation() };
    let catchment = solve(situation, 0).unwrap();
    let total: f64 = brief.sources.iter().map(|it| it.weight).sum();
    let (mut unserved, mut trip, mut known) = (0.0, 0.0, 0.0);
    let mut loads = vec![0.0; service.sites.len()];
    for source in &brief.sources {
        let Some(site) = catchment.site(source.router) else {
            unserved += source.weight / total;
            continue;
        };
        loads[site as usize] += source.weight / total;
        if let Some(rtt) = catchment.rtt_ms(situation.world, situation.rules, source.router) {
            trip += rtt * source.weight;
            known += source.weight;
        }
    }
    (unserved, if known > 0.0 { trip / known } else { 0.0 }, loads)
}

/// What decides, in the order in which it does.
fn key(brief: &Brief<'_>, chosen: &[u32], objective: Objective) -> [f64; 3] {
    let (unserved, rtt, loads) = worth(brief, chosen);
    if objective != Objective::WorstLoad {
        return [unserved, rtt, 0.0];
    }
    let (mut worst, mut cut) = (loads.iter().copied().fold(0.0, f64::max), unserved);
    for failed in chosen {
        let left: Vec<u32> = chosen.iter().copied().filter(|it| it != failed).collect();
        if left.is_empty() {
            cut = 1.0;
            break;
        }
        let (unserved, _, loads) = worth(brief, &left);
        worst = loads.iter().copied().fold(worst, f64::max);
        cut = cut.max(unserved);
    }
    [unserved, cut, worst]
}

fn sets(count: u32, choose: usize) -> Vec<Vec<u32>> {
    let of = |bits: u32| (0..count).filter(|it| bits >> it & 1 == 1).collect::<Vec<u32>>();
    (0u32..1 << count).map(of).filter(|set| set.len() == choose).collect()
}

fn is_less(a: [f64; 3], b: [f64; 3]) -> bool {
    let round = |it: [f64; 3]| it.map(|it| (it * 1e7).round());
    round(a).partial_cmp(&round(b)) == Some(std::cmp::Ordering::Less)
}

fn is_same(a: [f64; 3], b: [f64; 3]) -> bool {
    a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-6)
}

#[test]
fn choices_are_those_of_brute_force_or_keep_their_word() {
    let (mut exact, mut climbs, mut bounds, mut reached) = (0, 0, 0, 0);
    let mut refused = 0;
    for seed in 0..400 {
        let mut case = case(seed, if seed % 3 == 0 { Kind::Plain } else { Kind::Regular });
        let mut origins: Vec<Asn> = case.world.asns.clone();
        origins.dedup();
        origins.truncate(14);
        case.service = service_of(&case.world, &origins);
        let Some(brief) = brief_of_case(&case) else { continue };
        let count = case.service.sites.len();
        let few = count.min(6);
        for objective in [Objective::Rtt(Measure::Mean), Objective::WorstLoad] {
            // All sets of a few candidates; the other sites are not there at all.
            let mut small = case.clone();
            small.service.sites.truncate(few);
            let few_brief = brief_of_case(&small).unwrap();
            let asked = question((0..few as u32).collect(), 2.min(few), objective);
            let plan = match ask(&few_brief, &asked) {
                Ok(plan) => plan,
                Err(Unplanned::Question { .. }) => {
                    let nowhere = case.world.router_places.iter().all(|it| *it == NO_PLACE);
                    assert!(objective != Objective::WorstLoad && nowhere);
                    refused += 1;
                    continue;
                }
                Err(error) => panic!("seed {seed}: {error}"),
            };
            assert_eq!(plan.proof, Proof::Exact);
            let all = sets(few as u32, 2.min(few));
            let keys: Vec<[f64; 3]> =
                all.iter().map(|set| key(&few_brief, set, objective)).collect();
            let best = keys.into_iter().reduce(|a, b| if is_less(b, a) { b } else { a }).unwrap();
            let found = key(&few_brief, &plan.best.chosen, objective);
            assert!(is_same(found, best), "seed {seed}: {found:?} {best:?}");
            exact += 1;

            // Many: step by step.
            if count <= 12 {
                continue;
            }
            let mut asked = question((0..count as u32).collect(), 3, objective);
            asked.trials_max = 150;
            let plan = ask(&brief, &asked).unwrap();
            let all = sets(count as u32, 3);
            let keys: Vec<[f64; 3]> = all.iter().map(|set| key(&brief, set, objective)).collect();
            let best = keys.into_iter().reduce(|a, b| if is_less(b, a) { b } else { a }).unwrap();
            let found = key(&brief, &plan.best.chosen, objective);
            assert!(!is_less(found, best), "seed {seed}: {found:?} {best:?}");
            climbs += 1;
            reached += usize::from(is_same(found, best));
            match (plan.proof, objective) {
                (Proof::AtLeast(bound), Objective::WorstLoad) => {
                    assert!(bound <= best[2] + 1e-6 || best[1] > 1e-9, "seed {seed}: {bound}");
                    bounds += 1;
                }
                (Proof::AtLeast(bound), _) => {
                    assert!(bound <= best[1] + 1e-6, "seed {seed}: {bound} {best:?}");
                    bounds += 1;
                }
                (Proof::NoBound, _) => {}
                other => panic!("seed {seed}: {other:?}"),
            }
        }
    }
    assert!(refused > 50, "{refused}");
    assert!(exact > 300 && climbs > 20 && bounds > 5, "{exact} {climbs} {bounds}");
    assert!(reached * 100 >= climbs * 85, "{reached} of {climbs}");
}
