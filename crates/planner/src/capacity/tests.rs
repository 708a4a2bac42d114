//! Capacity in the world of models 12.4.

use std::ops::ControlFlow;

use catchment_testkit::random::{self, Case, Kind};
use expect_test::{Expect, expect};

use super::answer::even_spread;
use super::fate::FateKind;
use super::*;
use crate::answer::Verdict;
use crate::load::day::diurnal;
use crate::load::tests::{Bare, brief, eight, said, scenario};

fn question() -> CapacityQuestion {
    CapacityQuestion { groups: Vec::new(), pairs: Pairs::Worst(20), day: false }
}

fn plan(brief: &Brief<'_>, question: &CapacityQuestion) -> CapacityPlan {
    capacity(brief, question, &mut |_, _| ControlFlow::Continue(())).unwrap()
}

/// `site base worst (cause) headroom`, as models 8.1 writes it.
#[track_caller]
fn check(rules: &str, expected: &Expect) {
    let story = eight(rules);
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let mut text = String::new();
    for site in &plan.sites {
        let need = plan.need(&brief, *site, Unit::Kqps);
        let cause = need.cause.map_or("none".to_owned(), |cause| brief.site_name(cause));
        let (name, headroom) = (brief.site_name(*site), need.headroom().unwrap());
        let line = format!("{name} {} {} ({cause}) {headroom:.2}\n", need.load, need.worst);
        text.push_str(&line);
    }
    expected.assert_eq(&text);
}

#[test]
fn t8_1_single_failures() {
    check(
        "",
        &expect![[r#"
        jfk 150 210 (mia) 1.40
        mia 60 210 (gru) 3.50
        gru 150 150 (none) 1.00
        lhr 60 230 (fra) 3.83
        fra 240 280 (jfk) 1.17
        bom 340 410 (fra) 1.21
        nrt 140 140 (none) 1.00
        sin 40 380 (bom) 9.50
    "#]],
    );
}

#[test]
fn t8_1_selected_peer() {
    check(
        "[rules]\noldest_rule = \"selected_peer\"",
        &expect![[r#"
        jfk 150 210 (mia) 1.40
        mia 60 210 (jfk) 3.50
        gru 150 150 (none) 1.00
        lhr 60 230 (fra) 3.83
        fra 240 240 (none) 1.00
        bom 340 440 (sin) 1.29
        nrt 80 80 (none) 1.00
        sin 100 440 (bom) 4.40
    "#]],
    );
}

#[test]
fn t8_2_even_spread() {
    assert_eq!(format!("{:.3}", even_spread(8)), "1.143");
}

#[test]
fn capacities_of_the_fixture_fail_where_twice_the_load_is_too_little() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let answer = plan.answer(&brief);
    assert_eq!(answer.verdict, Verdict::Fails);
    expect![[r#"
        3 of 8 sites cannot carry what a single failure brings at 80 % of capacity:
            mia, lhr and sin
        the failure that breaks the plan is bom: sin goes to 475 % of its capacity
        sin needs 395 kq/s more than its 80: when bom fails it is asked for 380, which
            is 80 % of 475
        lhr needs 168 kq/s more than its 120: when fra fails it is asked for 230, which
            is 80 % of 288
        mia needs 142 kq/s more than its 120: when gru fails it is asked for 210, which
            is 80 % of 262
        a 2x rule fails at mia (3.50x), lhr (3.83x) and sin (9.50x); were a failed
            site's load spread evenly, 1.14x would do, but BGP hands it on in lumps
        if overloaded sites withdrew, mia, jfk, lhr, fra, bom, sin and nrt would do so
            after gru fails: 0 % of demand would still be served, against 92.4 % if
            they stay
        5 of 8 single failures would set off withdrawals
        23 of 28 double failures would set off withdrawals; most is lost after fra and
            bom fail: sin, lhr, nrt, jfk, mia and gru would go, and 0 % of demand would
            be served, against 59.3 % if they stay
        when lhr fails, 60 kq/s go to jfk, though fra is 4887 km nearer to them
        when sin fails, 40 kq/s go to bom, though nrt is 6786 km nearer to them
        when jfk fails, 40 kq/s go to fra, though mia is 4432 km nearer to them
        when fra fails, 70 kq/s go to bom, though lhr is 2347 km nearer to them
        of what shares a fate, AS6453 (bom and sin) hurts most: 79.7 % of demand is
            served, and nrt goes to 185.7 % of its capacity
        the worst double failure is bom and nrt: sin goes to 650 % of its capacity
        over the day, with the demand as daily mean, sin is fullest at 15 h UTC when
            bom fails, whose clients peak at 15 h: 689.9 % of its capacity; its own
            clients peak at 11 h
        where demand lands was played, since routers keep the older of two equal routes
            here
    "#]]
    .assert_eq(&said(&answer));
}

#[test]
fn enough_everywhere_holds() {
    let mut text = String::new();
    for (site, kqps) in [("mia", 270), ("lhr", 290), ("sin", 480)] {
        text.push_str(&format!("[[site]]\nname = \"{site}\"\ncapacity = {{ kqps = {kqps} }}\n"));
    }
    let story = eight(&text);
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    assert_eq!(plan.answer(&brief).verdict, Verdict::Holds);
}

/// The cascade is that of a run in which sites withdraw (`scenarios/cascade.toml`).
#[test]
fn a_cascade_takes_the_sites_in_the_order_of_a_run() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let bom = plan.singles.iter().find(|it| it.fate.label(&brief) == "bom").unwrap();
    let names: Vec<String> = bom.rounds.iter().map(|round| brief.site_name(round.site)).collect();
    assert_eq!(names, ["sin", "nrt", "lhr", "fra", "jfk", "mia", "gru"]);
    assert_eq!(bom.rounds[6].served, 0.0);
}

#[test]
fn what_shares_a_fate_fails_together() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let mut text = String::new();
    for failure in &plan.groups {
        let sites: Vec<String> =
            failure.fate.sites.iter().map(|site| brief.site_name(*site)).collect();
        let loads: Vec<f64> = failure.day.mean().sites.iter().map(|load| load.kqps).collect();
        let label = failure.fate.label(&brief);
        text.push_str(&format!("{label} ({}): {loads:?}\n", sites.join(" ")));
    }
    expect![[r#"
        AS3356 (jfk mia lhr): [0.0, 170.0, 150.0, 0.0, 340.0, 340.0, 140.0, 40.0]
        AS6453 (bom sin): [150.0, 60.0, 150.0, 60.0, 240.0, 0.0, 520.0, 0.0]
        AS12956 (mia gru): [150.0, 210.0, 0.0, 60.0, 240.0, 340.0, 140.0, 40.0]
    "#]]
    .assert_eq(&text);
}

#[test]
fn groups_of_the_user_fail_at_once() {
    let story = eight("");
    let brief = brief(&story);
    let site = |name| brief.site_named(name).unwrap();
    let fate = Fate::named("cable", vec![site("FRA"), site("lhr"), site("fra")]);
    assert_eq!(fate.sites.len(), 2);
    let plan = plan(&brief, &CapacityQuestion { groups: vec![fate], ..question() });
    let failure = plan.groups.last().unwrap();
    assert_eq!(failure.fate.kind, FateKind::Named("cable".to_owned()));
    let load = |name| failure.day.mean().sites[site(name) as usize].kqps;
    assert_eq!((load("fra"), load("lhr")), (0.0, 0.0));
    assert_eq!(failure.day.mean().total().kqps, 1180.0);
    assert!(brief.site_named("fro").unwrap_err().to_string().contains("no site `fro`"));
}

#[test]
fn heirs_are_named_with_what_a_map_would_say() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let answer = plan.answer(&brief);
    let table = &answer.section("heirs").unwrap().table;
    let mut text = String::new();
    for row in 0..table.row_count() {
        let fields: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.values.print(row).unwrap_or_default())
            .collect();
        text.push_str(&format!("{}\n", fields.join(",")));
    }
    expect![[r#"
        jfk,jfk,mia,110.000,73.3,2,1757,,,
        jfk,jfk,fra,40.000,26.7,1,6190,40.000,mia,4432
        mia,mia,jfk,60.000,100.0,2,1757,,,
        gru,gru,mia,150.000,100.0,1,6573,,,
        lhr,lhr,jfk,60.000,100.0,1,5541,60.000,fra,4887
        fra,fra,lhr,170.000,70.8,2,654,,,
        fra,fra,bom,70.000,29.2,1,6569,70.000,lhr,2347
        bom,bom,sin,340.000,100.0,2,3921,40.000,gru,1216
        nrt,nrt,sin,140.000,100.0,4,5357,,,
        sin,sin,bom,40.000,100.0,1,3921,40.000,nrt,6786
    "#]]
    .assert_eq(&text);
}

/// Pairs are all pairs, worst first, and keeping some keeps the worst.
#[test]
fn the_worst_pairs_are_the_worst_of_all() {
    let story = eight("");
    let brief = brief(&story);
    let all = plan(&brief, &CapacityQuestion { pairs: Pairs::All, ..question() });
    assert_eq!((all.pair_count, all.pairs.len()), (28, 28));
    let some = plan(&brief, &CapacityQuestion { pairs: Pairs::Worst(5), ..question() });
    assert_eq!(some.pairs, all.pairs[..5]);
    let full: Vec<f64> = all.pairs.iter().map(|pair| pair.utilization.unwrap()).collect();
    assert!(full.is_sorted_by(|a, b| a >= b), "{full:?}");
    let none = plan(&brief, &CapacityQuestion { pairs: Pairs::None, ..question() });
    assert_eq!((none.pair_count, none.pairs.len()), (0, 0));
}

/// Without a past, two sites that fail are one that fails where the other never was: what they
/// leave behind, who withdraws then, and where that ends.
#[test]
fn double_failures_cascade_as_single_ones_where_a_site_is_missing() {
    let rules = "[rules]\noldest_rule = \"none\"\n";
    let story = eight(rules);
    let all = brief(&story);
    let pairs = plan(&all, &CapacityQuestion { pairs: Pairs::All, ..question() });
    let named = |brief: &Brief<'_>, rounds: &[Round]| -> Vec<(String, f64)> {
        rounds.iter().map(|round| (brief.site_name(round.site), round.served)).collect()
    };
    let (mut compared, mut falling) = (0, 0);
    for gone in all.active_sites() {
        let name = all.site_name(gone);
        let story = eight(&format!("{rules}[[site]]\nname = \"{name}\"\nremove = true\n"));
        let rest = brief(&story);
        for failure in plan(&rest, &question()).singles {
            let other = all.site_named(&failure.fate.label(&rest)).unwrap();
            let both = [gone.min(other), gone.max(other)];
            let pair = pairs.pairs.iter().find(|pair| pair.sites == both).unwrap();
            assert_eq!(pair.served, failure.served, "{name}, {}", failure.fate.label(&rest));
            assert_eq!(named(&all, &pair.rounds), named(&rest, &failure.rounds));
            compared += 1;
            falling += usize::from(!pair.rounds.is_empty());
        }
    }
    assert_eq!((compared, falling), (56, 2 * pairs.pairs_falling));
    let ends = pairs.pairs.iter().filter_map(|pair| Some(pair.rounds.last()?.served));
    let least = ends.fold(1.0, f64::min);
    let deepest = pairs.deepest_fall.unwrap();
    assert_eq!(deepest.rounds.last().unwrap().served, least);
    // What is said of all pairs does not depend on how many are kept.
    let some = plan(&all, &CapacityQuestion { pairs: Pairs::Worst(1), ..question() });
    assert_eq!((some.pairs_falling, some.deepest_fall), (pairs.pairs_falling, Some(deepest)));
}

/// Over the day, a failure is judged by the hour that is worst for it: that of all plans for the
/// demand of one hour at which least is served. Who is over capacity is whoever ever is.
#[test]
fn over_the_day_failures_are_those_of_their_worst_hour() {
    let story = eight("[rules]\noldest_rule = \"none\"\n");
    let whole = brief(&story);
    let rules = whole.situation().rules;
    let question = CapacityQuestion { pairs: Pairs::All, day: true, ..question() };
    let by_day = plan(&whole, &question);
    let hours: Vec<Brief<'_>> = (0..HOURS)
        .map(|hour| {
            whole.scaled(|source| {
                let lon = whole.situation().world.place(source.router).unwrap().at.lon;
                diurnal(rules, f64::from(hour) + lon / 15.0)
            })
        })
        .collect();
    let hourly: Vec<CapacityPlan> = hours
        .iter()
        .map(|brief| plan(brief, &CapacityQuestion { day: false, ..question.clone() }))
        .collect();
    let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
    let least =
        |served: &dyn Fn(&CapacityPlan) -> f64| hourly.iter().map(served).fold(1.0, f64::min);
    let sites = |rounds: &[Round]| rounds.iter().map(|round| round.site).collect::<Vec<_>>();
    let mut later = 0;
    for (at, failure) in by_day.singles.iter().enumerate() {
        assert!(near(failure.served, least(&|plan| plan.singles[at].served)), "{failure:?}");
        let then = &hourly[failure.hour.unwrap() as usize].singles[at];
        assert!(near(failure.served, then.served), "{failure:?}");
        assert_eq!(sites(&failure.rounds), sites(&then.rounds));
        later += usize::from(!failure.rounds.is_empty());
    }
    for pair in &by_day.pairs {
        let of = |plan: &CapacityPlan| {
            plan.pairs.iter().find(|it| it.sites == pair.sites).unwrap().clone()
        };
        assert!(near(pair.served, least(&|plan| of(plan).served)), "{pair:?}");
        assert_eq!(sites(&pair.rounds), sites(&of(&hourly[pair.hour.unwrap() as usize]).rounds));
    }
    assert!(later > 4, "{later}");
    let failures = by_day.answer(&whole).section("failures").unwrap().table.clone();
    let column = |name: &str| &failures.columns.iter().find(|it| it.name == name).unwrap().values;
    for row in 0..failures.row_count() {
        let full: f64 = column("utilization").print(row).unwrap().parse().unwrap();
        assert_eq!(full > 100.0, column("over").print(row).is_some(), "row {row}: {full}");
    }
}

/// Where a failure leaves somebody without any site, enough capacity is not enough.
#[test]
fn a_site_without_which_demand_reaches_nobody_fails_the_plan() {
    let only = |kqps: u32| {
        let gone = ["mia", "gru", "lhr", "fra", "bom", "nrt", "sin"]
            .map(|name| format!("[[site]]\nname = \"{name}\"\nremove = true\n"));
        format!("[[site]]\nname = \"jfk\"\ncapacity = {{ kqps = {kqps} }}\n{}", gone.concat())
    };
    let ask = |kqps: u32| {
        let story = eight(&only(kqps));
        let brief = brief(&story);
        plan(&brief, &question()).answer(&brief)
    };
    let enough = ask(2000);
    assert_eq!(enough.verdict, Verdict::Fails);
    assert_eq!(
        enough.headline,
        "not every site may fail: without jfk, 100 % of demand reaches no site"
    );
    let small = ask(300);
    assert_eq!(small.headline, "1 of 1 site cannot carry today's load at 80 % of capacity: jfk");
    assert_eq!(small.findings[0], "when jfk fails, 100 % of demand reaches no site");
}

#[test]
fn a_capacity_of_nothing_is_no_number_of_percent() {
    let story = eight("[[site]]\nname = \"jfk\"\ncapacity = { kqps = 0 }\n");
    let brief = brief(&story);
    let findings = plan(&brief, &question()).answer(&brief).findings;
    assert!(findings[0].ends_with("jfk goes to ∞ % of its capacity"), "{findings:?}");
    assert!(!findings.iter().any(|it| it.contains("inf")), "{findings:?}");
}

/// Demand of one hour, with the sun: the worst hour of Singapore is that of Mumbai's clients.
#[test]
fn over_the_day_the_worst_hour_is_that_of_the_inheritance() {
    let story = eight("");
    let brief = brief(&story);
    let plan = plan(&brief, &CapacityQuestion { day: true, ..question() });
    let sin = plan.need(&brief, brief.site_named("sin").unwrap(), Unit::Kqps);
    let bom = plan.base.peak(brief.site_named("bom").unwrap(), |load| load.kqps);
    let own = plan.base.peak(sin.site, |load| load.kqps);
    assert_eq!((sin.cause.map(|it| brief.site_name(it)).as_deref(), own.1), (Some("bom"), 11));
    assert_eq!((sin.hour, bom.1), (Some(15), 15));
    assert!(sin.worst > 380.0 * 1.4, "{}", sin.worst);
}

/// A world without capacities still says what each site needs.
#[test]
fn sites_without_capacity_get_a_requirement() {
    let site = |name: &str, asn: u32| format!("[[site]]\nname = \"{name}\"\nasn = {asn}\n");
    let sites = [site("a", 1_000_025), site("b", 1_000_102), site("c", 1_000_211)].concat();
    let story = scenario(&format!("[world]\nsynthetic = {{ ases = 400 }}\n{sites}"));
    let brief = brief(&story);
    let plan = plan(&brief, &question());
    let answer = plan.answer(&brief);
    assert_eq!(answer.verdict, Verdict::Holds);
    assert!(answer.headline.starts_with("no site has a capacity"), "{}", answer.headline);
    for site in &plan.sites {
        let need = plan.need(&brief, *site, Unit::Kqps);
        assert!(need.required > 0.0);
        assert_eq!(need.missing, Some(need.required));
    }
}

/// On random worlds: every failure is what a world is in which it has always been so.
#[test]
fn failures_are_those_of_fresh_solves() {
    let bare = Bare::default();
    let (mut compared, mut shared) = (0, 0);
    for seed in 0..300 {
        let case = random::case(seed, Kind::Regular);
        let Ok(brief) = bare.brief(&case) else { continue };
        let Ok(plan) = capacity(&brief, &question(), &mut |_, _| ControlFlow::Continue(())) else {
            continue;
        };
        for failure in plan.singles.iter().chain(&plan.groups) {
            let mut fresh = case.clone();
            for site in &failure.fate.sites {
                match failure.fate.kind {
                    FateKind::Transit(asn) => {
                        let sessions = brief.sessions_of(*site).into_iter();
                        let lost = sessions.filter(|it| fate::neighbor(&brief, *it) == asn);
                        fresh.overlay.closed.extend(lost);
                        shared += 1;
                    }
                    _ => fresh.service.sites[*site as usize].active = false,
                }
            }
            let fresh = bare.brief(&fresh).unwrap();
            let mut oracle = Oracle::by(Method::Solve, &fresh).unwrap();
            let expected = Loads::of(&fresh, &oracle.base().unwrap());
            assert_eq!(*failure.day.mean(), expected, "seed {seed}: {:?}", failure.fate);
            compared += 1;
        }
    }
    assert!(compared > 400 && shared > 40, "{compared} compared, {shared} shared");
}

/// A random world that blocks of failures can be asked of, with capacities that some overrun.
fn plain_case(seed: u64, factor: f64) -> Case {
    let kind = if seed.is_multiple_of(2) { Kind::Plain } else { Kind::Regular };
    let mut case = random::case(seed, kind);
    let mut draws = random::Draws::new(seed);
    let mut parts = catchment_model::world::WorldParts::clone(&case.world);
    parts.weights.iter_mut().for_each(|weight| *weight *= factor);
    case.world = catchment_model::World::from_parts(parts).unwrap();
    for site in &mut case.service.sites {
        site.capacity.kqps = draws.chance(60).then(|| (1 + draws.below(4)) as f64);
    }
    case
}

/// Both ways to ask, with all pairs and a group of the user's.
fn both_ways(brief: &Brief<'_>, day: bool) -> Option<[CapacityPlan; 2]> {
    let group = Fate::named("cable", brief.active_sites().into_iter().take(2).collect());
    let question = CapacityQuestion { groups: vec![group], pairs: Pairs::All, day };
    let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
    let counted = ask(brief, &question, &mut Counter::new(brief)?, watch).unwrap();
    let watch: Watch<'_> = &mut |_, _| ControlFlow::Continue(());
    let one_by_one = ask(brief, &question, &mut OneByOne::new(brief).unwrap(), watch).unwrap();
    Some([counted, one_by_one])
}

/// A day whose mean is exact and whose waves are not, as they are of cosines.
#[track_caller]
fn same_day(one: &Day, other: &Day, seed: u64) {
    assert_eq!(one.mean(), other.mean(), "seed {seed}");
    for site in 0..one.mean().sites.len() as u32 {
        for hour in 0..24 {
            let (one, other) = (one.at(site, hour).kqps, other.at(site, hour).kqps);
            assert!((one - other).abs() < 1e-9, "seed {seed}: {one} and {other} at {hour} h");
        }
    }
}

/// On random worlds: failures by the block are failures one by one, heirs and withdrawals too.
#[test]
fn failures_by_the_block_are_those_one_by_one() {
    let bare = Bare::default();
    let (mut compared, mut by_day, mut rounds, mut pair_rounds, mut transits) = (0, 0, 0, 0, 0);
    for seed in 0..2000 {
        let case = plain_case(seed, 1.0);
        let Ok(brief) = bare.brief(&case) else { continue };
        if brief.active_sites().is_empty() {
            continue;
        }
        let Some([mut counted, mut one_by_one]) = both_ways(&brief, false) else { continue };
        same_day(&counted.base, &one_by_one.base, seed);
        let has_day = case.world.router_places.iter().any(|it| (*it as usize) < 6);
        for plan in [&mut counted, &mut one_by_one] {
            rounds += plan.singles.iter().map(|it| it.rounds.len()).sum::<usize>();
            pair_rounds += plan.pairs.iter().map(|it| it.rounds.len()).sum::<usize>();
            let is_transit = |it: &&Failure| matches!(it.fate.kind, FateKind::Transit(_));
            transits += plan.groups.iter().filter(is_transit).count();
        }
        let all = |plan: &CapacityPlan| -> Vec<Failure> {
            plan.singles.iter().chain(&plan.groups).cloned().collect()
        };
        for (one, other) in all(&counted).iter().zip(&all(&one_by_one)) {
            same_day(&one.day, &other.day, seed);
            assert_eq!(Failure { day: other.day.clone(), ..one.clone() }, *other, "seed {seed}");
        }
        assert_eq!(counted.pairs, one_by_one.pairs, "seed {seed}");
        if !has_day {
            assert_eq!(counted, one_by_one, "seed {seed}");
            let [one, other] = [&counted, &one_by_one].map(|plan| plan.answer(&brief));
            assert_eq!(format!("{one:?}"), format!("{other:?}"), "seed {seed}");
        } else {
            let [counted, one_by_one] = both_ways(&brief, true).unwrap();
            let sorted = |plan: &CapacityPlan| {
                let mut pairs = plan.pairs.clone();
                pairs.sort_by_key(|pair| pair.sites);
                pairs
            };
            for (one, other) in sorted(&counted).iter().zip(&sorted(&one_by_one)) {
                let full = [one, other].map(|pair| pair.utilization.unwrap_or(0.0));
                assert!((full[0] - full[1]).abs() < 1e-9, "seed {seed}: {one:?}, {other:?}");
            }
            by_day += 1;
        }
        compared += 1;
    }
    let found = [compared, by_day, rounds, pair_rounds, transits];
    assert!(compared > 900 && by_day > 10 && rounds > 200 && transits > 40, "{found:?}");
    assert!(pair_rounds > 200, "{found:?}");
}

/// Sums of weights that are no whole numbers differ by less than a unit for each router.
#[test]
fn loads_by_the_block_are_as_near_as_they_say() {
    let bare = Bare::default();
    let mut compared = 0;
    for seed in 0..100 {
        let case = plain_case(seed, 0.1);
        let Ok(brief) = bare.brief(&case) else { continue };
        if brief.active_sites().is_empty() {
            continue;
        }
        let Some([counted, one_by_one]) = both_ways(&brief, false) else { continue };
        let all: f64 = brief.sources.iter().map(|source| source.weight).sum();
        for (one, other) in counted.singles.iter().zip(&one_by_one.singles) {
            for (one, other) in one.day.mean().sites.iter().zip(&other.day.mean().sites) {
                let bound = f64::from(one.sources) * all * 2.0 * f64::EPSILON;
                assert!((one.kqps - other.kqps).abs() <= bound, "seed {seed}: {one:?}, {other:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared} compared");
}
