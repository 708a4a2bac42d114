//! Tests of [`super`]: the fixture by hand, laws, and a twin on random worlds.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::Script;
use catchment_model::Rules;
use catchment_model::scenario::{GeoDns, Steering};
use catchment_routing::{Situation, solve};
use catchment_testkit::random::{Draws, Kind, case};
use catchment_testkit::story::{Story, situation, story};
use expect_test::expect;

use super::*;

fn script<'a>(
    situation: Situation<'a>,
    geodns: &'a GeoDns,
    regional: &'a BTreeMap<String, u16>,
    client_gbps: &'a BTreeMap<u32, f64>,
) -> Script<'a> {
    Script {
        situation,
        schedule: &[],
        steering: Steering::Anycast,
        prefix: 0,
        geodns,
        regional,
        client_gbps,
        senders: None,
        bystanders: false,
    }
}

fn compare(a: &Story, b: &Story) -> DiffPlan {
    let (geodns, none, residency) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
    let (a, b) = (&a.assembled, &b.assembled);
    let (situation_a, situation_b) = (situation(a), situation(b));
    let (gbps_a, gbps_b) = (&a.client_gbps, &b.client_gbps);
    let a = Brief::new(script(situation_a, &geodns, &none, gbps_a), &residency).unwrap();
    let b = Brief::new(script(situation_b, &geodns, &none, gbps_b), &residency).unwrap();
    diff(&a, &b, &mut |_, _| ControlFlow::Continue(())).unwrap()
}

fn eight(more: &str) -> Story {
    story(&format!("[world]\nbuiltin = \"eight\"\n{more}"))
}

fn csv(table: &Table) -> String {
    let mut text = String::new();
    let names: Vec<&str> = table.columns.iter().map(|column| &*column.name).collect();
    text.push_str(&names.join(","));
    for row in 0..table.row_count() {
        let cell = |column: &catchment_model::table::Column| column.values.print(row);
        let cells = table.columns.iter().map(|column| cell(column).unwrap_or_default());
        text.push('\n');
        text.push_str(&cells.collect::<Vec<_>>().join(","));
    }
    text
}

#[test]
fn t7_1_a_prepend_at_frankfurt_moves_istanbul_only() {
    let prepended =
        eight("[[correction]]\nannounce = { site = \"fra\", neighbor = 1299, prepend = 1 }\n");
    let plan = compare(&eight(""), &prepended);
    let answer = plan.answer(["eight", "fra prepends"]);
    expect!["1 source with 5.93 % of the demand (70.0 kq/s) land elsewhere"]
        .assert_eq(&answer.headline);
    expect![[r#"
        from,to,sources,ases,demand,share,change_ms
        fra,bom,1,1,70.000,5.93,62.963"#]]
    .assert_eq(&csv(&answer.section("flows").unwrap().table));
    let movers = &answer.section("movers").unwrap().table;
    assert_eq!(movers.row_count(), 1);
}

#[test]
fn who_is_lost_is_not_slower_but_newly_unserved() {
    let all = ["jfk", "mia", "gru", "lhr", "bom", "nrt", "sin"];
    let gone: String =
        all.iter().map(|name| format!("[[site]]\nname = \"{name}\"\nremove = true\n")).collect();
    let only_fra = eight(&gone);
    let none = eight(&format!("{gone}[[site]]\nname = \"fra\"\nremove = true\n"));
    let plan = compare(&only_fra, &none);
    let answer = plan.answer(["fra", "none"]);
    let summary = csv(&answer.section("summary").unwrap().table);
    assert!(summary.contains("newly unserved,17,17,1180.000,100.00"), "{summary}");
    assert!(summary.contains("slower,0,0,0.000,0.00"), "{summary}");
    assert_eq!(plan.flows.len(), 1);
    assert_eq!((&*plan.flows[0].from, &*plan.flows[0].to), ("fra", ""));
}

#[test]
fn other_worlds_are_compared_by_as_and_city() {
    let more = eight(
        "[[client]]\nname = \"Warsaw\"\nasn = 65599\ncity = \"WAW\"\nweight = 10\n\
         neighbors = [{ asn = 1299 }]\n",
    );
    let plan = compare(&eight(""), &more);
    assert_eq!(plan.moved(), 0.0);
    let answer = plan.answer(["eight", "with Warsaw"]);
    let said = answer
        .findings
        .iter()
        .any(|text| text.starts_with("1 source with 10.0 kq/s only in B (with Warsaw)"));
    assert!(said, "{:?}", answer.findings);
    let means = answer.findings.iter().find(|text| text.starts_with("mean round trip")).unwrap();
    assert!(means.ends_with("; each over all of its own demand"), "{means}");
}

#[test]
fn spread_flows_keep_what_both_have() {
    let side = |sites: &[(&str, f64)]| Side {
        demand: 10.0,
        sites: sites.iter().map(|(name, share)| ((*name).to_owned(), *share)).collect(),
        rtt_ms: None,
    };
    let (a, b) = (side(&[("fra", 0.5), ("bom", 0.5)]), side(&[("fra", 0.25), ("sin", 0.75)]));
    assert_eq!(exchanges(&a, &b), [("fra", "sin", 0.25), ("bom", "sin", 0.5)]);
    assert_eq!(exchanges(&a, &a), []);
    let (c, d) = (side(&[("a", 1.0)]), side(&[("b", 0.25), ("", 0.75)]));
    assert_eq!(exchanges(&c, &d), [("a", "b", 0.25), ("a", "", 0.75)]);
}

/// The twin: two solves of a random world, where one site is gone in the second, compared router
/// by router.
#[test]
fn on_random_worlds_it_is_what_two_solves_say() {
    let mut moved_cases = 0;
    for seed in 0..400 {
        let mut case = case(seed, Kind::Regular);
        case.rules = Rules {
            oldest_rule: Some(catchment_model::rules::OldestRule::None),
            ..case.rules.clone()
        };
        let before = case.clone();
        let active: Vec<usize> =
            (0..case.service.sites.len()).filter(|site| case.service.sites[*site].active).collect();
        let Some(gone) = active.first() else { continue };
        let gone = active[(Draws::new(seed).below(active.len() as u64)) as usize].max(*gone);
        case.service.sites[gone].active = false;
        let (geodns, none, gbps) = (GeoDns::default(), BTreeMap::new(), BTreeMap::new());
        let residency = BTreeMap::new();
        let of = |case: &'_ catchment_testkit::random::Case| solve(case.situation(), 0);
        let (Ok(first), Ok(second)) = (of(&before), of(&case)) else { continue };
        let a = Brief::new(script(before.situation(), &geodns, &none, &gbps), &residency);
        let b = Brief::new(script(case.situation(), &geodns, &none, &gbps), &residency);
        let (Ok(a), Ok(b)) = (a, b) else { continue };
        if a.service().prefixes.len() > 1 {
            continue;
        }
        let plan = diff(&a, &b, &mut |_, _| ControlFlow::Continue(())).unwrap();
        let changed = |source: &&Source| first.site(source.router) != second.site(source.router);
        let expected: f64 = a.sources.iter().filter(changed).map(|it| it.weight).sum();
        let (one, other) = (plan.moved(), expected);
        // ASes with two routers in one city may be matched crosswise.
        let mut keys: Vec<Key> = a.sources.iter().map(|source| key(&a, source)).collect();
        keys.sort();
        if keys.windows(2).any(|pair| pair[0] == pair[1]) {
            continue;
        }
        assert!((one - other).abs() < 1e-9, "seed {seed}: {one} moved, not {other}");
        moved_cases += usize::from(other > 0.0);
    }
    assert!(moved_cases > 50, "only {moved_cases} cases moved anybody");
}
