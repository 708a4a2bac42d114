//! Steering: the values of models 7.2 by name, stories, and a brute-force twin on random worlds.

mod common;

use std::ops::ControlFlow;

use catchment_model::service::{Capacity, Reach};
use catchment_model::{Asn, Community, Service};
use catchment_planner::steer::{
    Effort, Flow, Goal, IdlePrepend, Lever, LeverKinds, Measure, Proof, Setting, SteerPlan,
    SteerQuestion, What, levers, steer,
};
use catchment_planner::{Brief, Unplanned, Verdict};
use catchment_routing::solve;
use catchment_testkit::random::{Kind, case};
use common::{Ground, brief_of_case, folded, ground};
use expect_test::expect;

fn ask(brief: &Brief<'_>, question: &SteerQuestion) -> Result<SteerPlan, Unplanned> {
    steer(brief, question, &mut |_, _| ControlFlow::Continue(()))
}

/// No search: what each lever alone does, and how things stand.
fn look(ground: &Ground) -> (SteerPlan, Vec<(String, String)>) {
    let brief = ground.brief();
    let question = SteerQuestion {
        goal: Goal::Latency(Measure::Mean),
        kinds: LeverKinds { prepend_max: 3, ..LeverKinds::default() },
        effort: Effort { turned_max: 0, ..Effort::default() },
    };
    let plan = ask(&brief, &question).unwrap();
    let text = |flow: &Flow| {
        let site = |site: Option<u32>| site.map_or("-".to_owned(), |it| brief.site_name(it));
        let who: Vec<&str> =
            flow.sources.iter().map(|it| brief.sources[*it as usize].name.as_str()).collect();
        format!("{} to {}: {}", site(flow.from), site(flow.to), who.join(", "))
    };
    let single = |single: &catchment_planner::steer::Single| {
        let lever = &plan.levers[single.lever];
        let flows = single.flows.as_ref().unwrap();
        let flows: Vec<String> = flows.iter().map(text).collect();
        (lever.describe(&brief, &lever.options[single.option]), flows.join("; "))
    };
    let singles = plan.singles.iter().map(single).collect();
    (plan, singles)
}

#[track_caller]
fn moves(singles: &[(String, String)], change: &str, expected: &str) {
    let found = singles.iter().find(|(text, _)| text == change);
    let known: Vec<&str> = singles.iter().map(|(text, _)| text.as_str()).collect();
    let (_, flows) = found.unwrap_or_else(|| panic!("there is no `{change}` in {known:#?}"));
    assert_eq!(flows, expected, "{change}");
}

#[test]
fn t7_1_prepends_of_frankfurt_move_istanbul_alone() {
    let (plan, singles) = look(&ground("[world]\nbuiltin = \"eight\""));
    for count in 1..=3 {
        let change = format!("fra prepends {count} towards AS1299 in FRA");
        moves(&singles, &change, "fra to bom: Istanbul");
    }
    let repeats: Vec<bool> = plan
        .singles
        .iter()
        .zip(&singles)
        .filter(|(_, (text, _))| text.starts_with("fra prepends"))
        .map(|(single, _)| single.repeats)
        .collect();
    assert_eq!(repeats, [false, true, true]);
}

#[test]
fn t7_2_padding_bombay_has_collateral_effects() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let (plan, singles) = look(&eight);
    let change = "bom prepends 1 towards AS6453 in BOM";
    moves(&singles, change, "bom to sin: Mumbai, Johannesburg");
    // Without the prepend Istanbul goes to Bombay and stays there (T12.3).
    let who = |plan: &SteerPlan, brief: &Brief<'_>, failed: &str| {
        let astray = plan.astray.iter().find(|it| brief.site_name(it.failed) == failed);
        let flow = |flow: &Flow| {
            let name = |source: &u32| brief.sources[*source as usize].name.clone();
            let who: Vec<String> = flow.sources.iter().map(name).collect();
            format!("{} at {}", who.join(", "), brief.site_name(flow.to.unwrap()))
        };
        astray.map(|it| it.flows.iter().map(flow).collect::<Vec<_>>().join("; "))
    };
    let brief = eight.brief();
    assert_eq!(who(&plan, &brief, "fra").unwrap(), "Istanbul at bom");
    assert_eq!(who(&plan, &brief, "jfk").unwrap(), "New York-B at fra");
    assert_eq!(who(&plan, &brief, "gru"), None);
    let padded = ground(
        "[world]\nbuiltin = \"eight\"\n[[correction]]\n\
         announce = { site = \"bom\", neighbor = 6453, prepend = 1 }",
    );
    let (plan, _) = look(&padded);
    assert_eq!(who(&plan, &padded.brief(), "fra").unwrap(), "Istanbul at sin");
}

#[test]
fn a_prepend_that_moves_nobody_is_called_idle() {
    let idle = |site: &str, neighbor: u32| {
        let padded = ground(&format!(
            "[world]\nbuiltin = \"eight\"\n[[correction]]\n\
             announce = {{ site = \"{site}\", neighbor = {neighbor}, prepend = 2 }}"
        ));
        let (plan, _) = look(&padded);
        let brief = padded.brief();
        let text = |it: &IdlePrepend| format!("{} {}", brief.site_name(it.site), it.count);
        plan.idle.iter().map(text).collect::<Vec<_>>()
    };
    // All that MIA gets comes over AS3356.
    assert_eq!(idle("mia", 12956), ["mia 2"]);
    // Sao Paulo would land at GRU without.
    assert!(idle("gru", 12956).is_empty());
}

#[test]
fn a_regional_prefix_is_a_lever() {
    // DNS sends Europe to a prefix that FRA and LHR announce.
    let hybrid = ground(
        "steering = \"hybrid\"\n[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"\n\
         [service]\nprefixes = [\"192.0.2.0/24\"]\n\
         [service.regional]\neu = \"198.51.100.0/24\"\n\
         [[site]]\nname = \"fra\"\nregion = \"eu\"\n[[site]]\nname = \"lhr\"\nregion = \"eu\"\n\
         [[client]]\nasn = 65543\nregion = \"eu\"\n[[client]]\nasn = 65544\nregion = \"eu\"\n",
    );
    let (_, singles) = look(&hybrid);
    moves(&singles, "fra stops announcing 198.51.100.0/24", "fra to lhr: Berlin, Moscow");
    // What a lever of one prefix does, the others do not notice.
    moves(&singles, "sin announces 198.51.100.0/24 too", "");
    let brief = hybrid.brief();
    let goal = shares(&hybrid, &[("lhr", 230.0 / 1180.0)], 0.001);
    let kinds = LeverKinds {
        prepend_max: 0,
        sessions: false,
        communities: false,
        med: false,
        ..LeverKinds::default()
    };
    let question = SteerQuestion { kinds, ..question(goal, 1) };
    let plan = ask(&brief, &question).unwrap();
    let lines = catchment_planner::steer::corrections(&brief, &plan.service);
    assert_eq!(lines, ["site.fra.prefixes = [\"192.0.2.0/24\"]"]);
}

fn shares(ground: &Ground, targets: &[(&str, f64)], within: f64) -> Goal {
    let site = |name: &str| ground.site(name);
    let targets = targets.iter().map(|(name, share)| (site(name), *share)).collect();
    Goal::Shares { targets, within }
}

fn question(goal: Goal, turned_max: usize) -> SteerQuestion {
    let kinds = LeverKinds { prepend_max: 2, ..LeverKinds::default() };
    SteerQuestion { goal, kinds, effort: Effort { turned_max, ..Effort::default() } }
}

#[test]
fn istanbul_is_moved_by_one_prepend() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let brief = eight.brief();
    // 240 of 1180 today; 170 without Istanbul.
    let goal = shares(&eight, &[("fra", 170.0 / 1180.0)], 0.001);
    let plan = ask(&brief, &question(goal, 2)).unwrap();
    let answer = plan.answer(&brief);
    assert_eq!(answer.verdict, Verdict::Holds);
    let text = folded(&format!("{}\n{}", answer.headline, answer.findings.join("\n")));
    expect![[r#"
        one change meets the target shares
        1. fra prepends 1 towards AS1299 in FRA: moves 70.0 kq/s: fra → bom
            70.0 kq/s (Istanbul); mean RTT 27.06 → 30.80 ms
        exact: all 1506 configurations of 10 levers were looked at, and none
            is better
        of 57 single changes 14 move nobody; the table `levers` marks them
        60.0 kq/s (5.1 % of demand, 2 clients) lie on the border between
            sites: conventions decide where they land
        where demand lands was asked of `simulate`
    "#]]
    .assert_eq(&text);
    let lines = catchment_planner::steer::corrections(&brief, &plan.service);
    assert_eq!(lines, ["announce = { site = \"fra\", neighbor = 1299, prepend = 1 }"]);
}

/// What is said to try all configurations does, and says so.
#[test]
fn a_search_without_a_bound_says_what_would_be_one() {
    let eight = ground("[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"");
    let brief = eight.brief();
    let goal = shares(&eight, &[("fra", 0.4)], 0.001);
    let mut question = question(goal, 2);
    question.effort.trials_max = 10;
    let said = |question: &SteerQuestion| {
        let plan = ask(&brief, question).unwrap();
        (plan.space, plan.answer(&brief).findings.join("\n"))
    };
    let (space, text) = said(&question);
    assert!(
        text.contains(&format!("nobody knows; `--trials {space}` would try them all")),
        "{text}"
    );
    question.effort.trials_max = space as u64;
    let (_, text) = said(&question);
    assert!(text.contains(&format!("exact: all {space} configurations of 10 levers")), "{text}");
}

#[test]
fn what_cannot_be_is_refused_with_the_constraint() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let brief = eight.brief();
    let refused = |goal: Goal| match ask(&brief, &question(goal, 1)) {
        Err(Unplanned::Impossible { constraint, .. }) => constraint,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        refused(shares(&eight, &[("fra", 0.7), ("lhr", 0.5)], 0.01)),
        "the targets add up to 120 % of demand, 20 % more than there is"
    );
    let ceilings = vec![Capacity { kqps: Some(100.0), gbps: None }; 8];
    assert_eq!(
        refused(Goal::Ceiling { ceilings }),
        "all ceilings together are 800.0 kq/s, 380.0 kq/s less than the demand of 1180.0 kq/s"
    );
}

#[test]
fn letters_ask_for_what_the_neighbor_must_do() {
    let eight = ground("[world]\nbuiltin = \"eight\"");
    let brief = eight.brief();
    let mut service = brief.service().clone();
    let bom = eight.site("bom") as usize;
    let said = service.sites[bom].announcements.values_mut().next().unwrap();
    said.prepend = 2;
    assert_eq!(catchment_planner::letters::letters(&brief, &service, "for a test"), []);
    let said = service.sites[bom].announcements.values_mut().next().unwrap();
    said.communities = vec![Community::NoExport, Community::NoAnnounce(Asn(1299))];
    let letters = catchment_planner::letters::letters(&brief, &service, "to relieve bom");
    assert_eq!(letters.len(), 1);
    assert!(letters[0].text.lines().all(|line| line.len() <= 78));
    expect![[r#"
        To: the network operations of AS6453
        Subject: announcements of 192.0.2.0/24 to AS6453

        We are about to change how we announce 192.0.2.0/24 to you, to relieve bom. We
        ask you for:

        1. Session: our AS64501 at site bom with your AS6453 in BOM. Prefix:
           192.0.2.0/24.
           The route will carry NO_EXPORT (65535:65281, RFC 1997). Please use it and
           tell it to no other AS.
           Please do not tell this route to AS1299. If AS6453 has a community for
           that, tell us its number and we send it; if not, please filter towards
           AS1299.
           To verify: your router there shows the route without passing it on to the
           networks above.
           To undo: we announce as before on this session; nothing of yours needs to
           change back.

        Please tell us whether you support this, and when; we announce nothing new
        before you do.
    "#]]
    .assert_eq(&letters[0].text);
}

#[test]
fn border_clients_come_with_what_settles_them() {
    check_border(
        "[rules]\noldest_rule = \"none\"",
        &expect![[r#"
        Istanbul at fra
          AS65545 gives routes from AS1299 LOCAL_PREF 110: fra, 0 others move 0
          AS65545 gives routes from AS6453 LOCAL_PREF 110: bom, 0 others move 0
          fra prepends 1 more towards AS1299 in FRA: bom, 1 others move 40
        New York-B at fra
          AS65537 gives routes from AS3356 LOCAL_PREF 110: jfk, 0 others move 0
          AS65537 gives routes from AS1299 LOCAL_PREF 110: fra, 0 others move 0
          fra prepends 1 more towards AS1299 in FRA: jfk, 1 others move 70
        Seoul at nrt
          AS65551 gives routes from AS2914 LOCAL_PREF 110: nrt, 0 others move 0
          AS65551 gives routes from AS6453 LOCAL_PREF 110: sin, 0 others move 0
          nrt prepends 1 more towards AS2914 in NRT: sin, 1 others move 20
        Singapore at nrt
          AS65548 gives routes from AS2914 LOCAL_PREF 110: nrt, 0 others move 0
          AS65548 gives routes from AS6453 LOCAL_PREF 110: sin, 0 others move 0
          nrt prepends 1 more towards AS2914 in NRT: sin, 1 others move 40
    "#]],
    );
}

/// Where routers keep the older route, New York-B lands at JFK (T12.1), so that a prepend of
/// Frankfurt moves Istanbul and nobody else (T7.1).
#[test]
fn border_clients_land_where_the_past_has_put_them() {
    check_border(
        "",
        &expect![[r#"
        Istanbul at fra
          AS65545 gives routes from AS1299 LOCAL_PREF 110: fra, 0 others move 0
          fra prepends 1 more towards AS1299 in FRA: bom, 0 others move 0
          AS65545 gives routes from AS6453 LOCAL_PREF 110: bom, 0 others move 0
        New York-B at jfk
          AS65537 gives routes from AS3356 LOCAL_PREF 110: jfk, 0 others move 0
          AS65537 gives routes from AS1299 LOCAL_PREF 110: fra, 0 others move 0
          fra prepends 1 more towards AS1299 in FRA: jfk, 1 others move 70
        Seoul at nrt
          AS65551 gives routes from AS2914 LOCAL_PREF 110: nrt, 0 others move 0
          AS65551 gives routes from AS6453 LOCAL_PREF 110: sin, 0 others move 0
          nrt prepends 1 more towards AS2914 in NRT: sin, 1 others move 20
        Singapore at nrt
          AS65548 gives routes from AS2914 LOCAL_PREF 110: nrt, 0 others move 0
          AS65548 gives routes from AS6453 LOCAL_PREF 110: sin, 0 others move 0
          nrt prepends 1 more towards AS2914 in NRT: sin, 1 others move 40
    "#]],
    );
}

#[track_caller]
fn check_border(rules: &str, expected: &expect_test::Expect) {
    let eight = ground(&format!("[world]\nbuiltin = \"eight\"\n{rules}"));
    let brief = eight.brief();
    let border =
        catchment_planner::border::border(&brief, 10, &mut |_, _| ControlFlow::Continue(()))
            .unwrap();
    let mut text = String::new();
    for client in &border.clients {
        let source = &brief.sources[client.source as usize];
        text += &format!("{} at {}\n", source.name, brief.site_name(client.site));
        for it in &client.settlements {
            let how = it.how.describe(&brief);
            let site = brief.site_name(it.site);
            text +=
                &format!("  {how}: {site}, {} others move {}\n", it.moved_sources, it.moved_kqps);
        }
    }
    expected.assert_eq(&text);
}

/// The service of a configuration, written down a second time.
fn configured(brief: &Brief<'_>, levers: &[Lever], options: &[usize]) -> Service {
    let world = brief.situation().world;
    let mut service = brief.service().clone();
    let mut more: Vec<u8> = vec![0; service.sites.len()];
    for (lever, option) in levers.iter().zip(options) {
        let site = &mut service.sites[lever.site as usize];
        let all: Vec<u32> = match site.own_router {
            true => world.sessions(site.router).collect(),
            false => world
                .routers_of(world.router_as[site.router as usize])
                .flat_map(|router| world.sessions(router))
                .collect(),
        };
        match (&lever.options[*option], lever.what) {
            _ if *option == 0 => {}
            (Setting::Says(Some(says)), What::Session(session)) => {
                site.announcements.insert(session, says.clone());
            }
            (Setting::Says(None), What::Session(session)) => {
                if site.reach == Reach::Everyone {
                    for other in all {
                        site.announcements.entry(other).or_default();
                    }
                }
                site.reach = Reach::Listed;
                site.announcements.remove(&session);
            }
            (Setting::PrependsAll(count), _) => more[lever.site as usize] = *count,
            other => panic!("{other:?}"),
        }
    }
    for (site, count) in service.sites.iter_mut().zip(more).filter(|(_, count)| *count > 0) {
        if site.reach == Reach::Everyone {
            for session in world
                .routers_of(world.router_as[site.router as usize])
                .flat_map(|router| world.sessions(router))
            {
                site.announcements.entry(session).or_default();
            }
        }
        site.announcements.values_mut().for_each(|said| said.prepend += count);
    }
    service
}

/// (unserved, miss) of a service, worked out a second time, without any of the planner.
fn worth(brief: &Brief<'_>, service: &Service, goal: &Goal) -> Option<(f64, f64)> {
    let situation = catchment_routing::Situation { service, ..brief.situation() };
    let catchment = solve(situation, 0).ok()?;
    let total: f64 = brief.sources.iter().map(|it| it.weight).sum();
    let mut loads = vec![0.0; service.sites.len()];
    let (mut unserved, mut trip, mut known) = (0.0, 0.0, 0.0);
    for source in &brief.sources {
        match catchment.site(source.router) {
            None => unserved += source.weight,
            Some(site) => {
                loads[site as usize] += source.weight;
                let rtt = catchment.rtt_ms(situation.world, situation.rules, source.router);
                if let Some(rtt) = rtt {
                    trip += rtt * source.weight;
                    known += source.weight;
                }
            }
        }
    }
    let miss = match goal {
        Goal::Shares { targets, within } => targets
            .iter()
            .map(|(site, share)| ((loads[*site as usize] / total - share).abs() - within).max(0.0))
            .sum(),
        Goal::Ceiling { ceilings } => loads
            .iter()
            .zip(ceilings)
            .map(|(load, ceiling)| (load - ceiling.kqps.unwrap_or(f64::MAX)).max(0.0) / total)
            .sum(),
        Goal::Latency(_) if known > 0.0 => trip / known,
        Goal::Latency(_) => 0.0,
    };
    Some((unserved / total, miss))
}

/// The best of all configurations that turn at most `left` levers.
fn brute_force(
    brief: &Brief<'_>,
    levers: &[Lever],
    goal: &Goal,
    options: &mut Vec<usize>,
    left: usize,
) -> Option<(f64, f64)> {
    if options.len() == levers.len() {
        return worth(brief, &configured(brief, levers, options), goal);
    }
    let mut best: Option<(f64, f64)> = None;
    for option in 0..levers[options.len()].options.len() {
        if option > 0 && left == 0 {
            break;
        }
        options.push(option);
        let left = left - usize::from(option > 0);
        let at = brute_force(brief, levers, goal, options, left);
        options.pop();
        let key = |it: (f64, f64)| ((it.0 * 1e7).round(), it.1);
        best = match (best, at) {
            (Some(a), Some(b)) if key(b) < key(a) => Some(b),
            (None, b) => b,
            (a, _) => a,
        };
    }
    best
}

#[test]
fn searches_find_what_brute_force_finds_or_keep_their_word() {
    let (mut exact_count, mut climbs, mut bounds, mut reached) = (0, 0, 0, 0);
    for seed in 0..500 {
        let kind = if seed % 4 == 0 { Kind::Plain } else { Kind::Regular };
        let case = case(seed, kind);
        if case.service.prefixes.len() > 1 || case.service.sites.len() < 2 {
            continue;
        }
        let Some(brief) = brief_of_case(&case) else { continue };
        let kinds = LeverKinds { prepend_max: 2, ..LeverKinds::default() };
        let all = levers(&brief, &kinds).unwrap();
        // With at most two turned.
        let others: Vec<usize> = all.iter().map(|lever| lever.options.len() - 1).collect();
        let one: usize = others.iter().sum();
        let two = (one * one - others.iter().map(|it| it * it).sum::<usize>()) / 2;
        if all.is_empty() || two > 500 {
            continue;
        }
        let count = case.service.sites.len();
        let total: f64 = brief.sources.iter().map(|it| it.weight).sum();
        let kqps = total / count as f64;
        let goals = [
            Goal::Shares { targets: vec![(0, 0.4)], within: 0.05 },
            Goal::Ceiling { ceilings: vec![Capacity { kqps: Some(kqps), gbps: None }; count] },
            Goal::Latency(Measure::Mean),
        ];
        for goal in goals {
            let effort = Effort { turned_max: 2, trials_max: 100_000, restarts: 2, seed };
            let kinds = kinds.clone();
            let question = SteerQuestion { goal: goal.clone(), kinds, effort };
            let plan = match ask(&brief, &question) {
                Ok(plan) => plan,
                // Ceilings below demand, or a world without places.
                Err(Unplanned::Impossible { .. } | Unplanned::Question { .. }) => continue,
                Err(error) => panic!("seed {seed}: {error}"),
            };
            let best = brute_force(&brief, &all, &goal, &mut Vec::new(), 2).unwrap();
            let same = |a: (f64, f64), b: (f64, f64)| {
                (a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6 * (1.0 + b.1.abs())
            };
            let after = |plan: &SteerPlan| (plan.after().unserved, plan.after().miss);
            assert_eq!((plan.proof, plan.space), (Proof::Exact, (1 + one + two) as u128));
            assert!(same(after(&plan), best), "seed {seed} {goal:?}: {:?} {best:?}", after(&plan));
            exact_count += 1;
            // What the plan says is what its service does.
            let again = worth(&brief, &plan.service, &goal).unwrap();
            assert!(same(after(&plan), again), "seed {seed}: {:?} {again:?}", after(&plan));

            let trials_max = (plan.space - 1).min(150) as u64;
            let effort = Effort { trials_max, ..question.effort };
            let climbed = ask(&brief, &SteerQuestion { effort, ..question }).unwrap();
            let found = after(&climbed);
            assert!(climbed.steps.len() <= 2, "seed {seed}");
            assert!(found.0 >= best.0 - 1e-6, "seed {seed}: {found:?} {best:?}");
            climbs += 1;
            reached += usize::from(same(found, best));
            match climbed.proof {
                // Nothing is better than nothing to do.
                Proof::Exact => {
                    assert!(climbed.steps.is_empty() && found.0.max(found.1) < 1e-6, "{seed}");
                }
                Proof::Met => assert!(found.1.abs() < 1e-6, "seed {seed}"),
                Proof::AtLeast(bound) => {
                    assert!(bound <= best.1 + 1e-6, "seed {seed}: {bound} {best:?}");
                    bounds += 1;
                }
                Proof::NoBound => {}
            }
        }
    }
    assert!(exact_count > 100 && bounds > 10, "{exact_count} {bounds}");
    // Steps and swaps nearly always find what is best with two changes.
    assert!(reached * 100 >= climbs * 90, "{reached} of {climbs}");
}
