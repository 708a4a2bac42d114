//! The fast bodies against the slow, obvious one, on random worlds full of ties; and small changes
//! against fresh solves. A failure names the seed; `case(seed, kind)` repeats it.

use std::collections::BTreeMap;

use catchment_model::Community;
use catchment_model::rules::OldestRule;
use catchment_model::service::{Announcement, Reach};
use catchment_routing::explain::explain;
use catchment_routing::fixpoint::{self, Order};
use catchment_routing::table::{Options, solve_table};
use catchment_routing::{Catchment, Change, Situation, Solver, Ties, Via, choice, solve};
use catchment_testkit::random::{Case, Draws, Kind, case};

/// Worlds per law: enough that a slip which one world in a thousand shows is seen many times.
const WORLDS: u64 = 20_000;

/// What the slow body says, or `None` where MEDs leave several stable states, so that there is no
/// one answer.
fn slow(situation: Situation<'_>, prefix: u16) -> Option<Catchment> {
    let up = fixpoint::solve(situation, prefix, Order::Ascending).expect("it settles");
    let down = fixpoint::solve(situation, prefix, Order::Descending).expect("it settles");
    (up == down).then_some(up)
}

#[test]
fn bucket_equals_fixpoint() {
    let (mut compared, mut tied) = (0_u64, 0_u64);
    for seed in 0..WORLDS {
        let case = case(seed, Kind::Regular);
        for prefix in 0..case.service.prefixes.len() as u16 {
            let fast = solve(case.situation(), prefix).unwrap();
            assert!(
                fixpoint::is_stable(case.situation(), prefix, &fast),
                "seed {seed}, prefix {prefix}: the answer is no fixpoint"
            );
            match slow(case.situation(), prefix) {
                Some(slow) => {
                    compared += 1;
                    assert_eq!(fast, slow, "seed {seed}, prefix {prefix}");
                }
                None => tied += 1,
            }
        }
    }
    assert!(compared > WORLDS, "only {compared} were compared");
    assert!(tied * 200 < compared, "{tied} had several stable states");
}

#[test]
fn packed_equals_bucket_and_fixpoint() {
    for seed in 0..WORLDS {
        let case = case(seed, Kind::Plain);
        let packed = Solver::new(case.situation(), 0).unwrap();
        let bucket = solve(case.situation(), 0).unwrap();
        assert_eq!(packed.catchment(), &bucket, "seed {seed}");
        assert_eq!(Some(bucket), slow(case.situation(), 0), "seed {seed}");
    }
}

/// Draws of a tie-break at every router, followed to the site: what `Ties` says without drawing.
fn drawn_shares(case: &Case, answer: &Catchment, router: u32, draws: u64) -> BTreeMap<u32, f64> {
    let mut shares = BTreeMap::new();
    let mut random = Draws::new(case.seed ^ 0x71e5);
    for _ in 0..draws {
        let mut here = router;
        let site = loop {
            let choice = choice(case.situation(), 0, answer, here).expect("it has a route");
            match random.pick(&choice.tied) {
                Via::Own => break answer.site(here).expect("it originates"),
                Via::External(next) | Via::Internal(next) => here = *next,
            }
        };
        *shares.entry(site).or_default() += 1.0 / draws as f64;
    }
    shares
}

#[test]
fn ties_hold_the_answer_and_are_what_fair_draws_give() {
    let mut several = 0;
    for seed in 0..4_000 {
        let case = case(seed, if seed % 2 == 0 { Kind::Plain } else { Kind::Regular });
        let mut solver = Solver::new(case.situation(), 0).unwrap();
        let answer = solver.catchment().clone();
        let ties = Ties::new(case.situation(), 0, &answer);
        let sets = solver.tie_sets();
        let blackholes = case
            .service
            .sites
            .iter()
            .flat_map(|site| site.announcements.values())
            .any(|said| said.communities.contains(&Community::Blackhole));
        for (router, shares) in ties.shares.iter().enumerate() {
            let router = router as u32;
            let sites: Vec<u32> = shares.iter().map(|(site, _)| *site).collect();
            let sum: f64 = shares.iter().map(|(_, share)| share).sum();
            assert_eq!(sites, sets.sites(router).collect::<Vec<_>>(), "seed {seed}");
            assert_eq!(sites.len() as u32, sets.count(router), "seed {seed}");
            if blackholes {
                assert!(sum < 1.0 + 1e-9, "seed {seed}");
                continue;
            }
            match answer.site(router) {
                None => assert!(sites.is_empty(), "seed {seed}"),
                Some(site) => {
                    assert!(sites.contains(&site), "seed {seed}, router {router}");
                    assert!((sum - 1.0).abs() < 1e-9, "seed {seed}, router {router}: {sum}");
                }
            }
            if sites.len() > 2 && seed < 1_500 {
                several += 1;
                let drawn = drawn_shares(&case, &answer, router, 2_000);
                for (site, share) in shares {
                    let seen = drawn.get(site).copied().unwrap_or(0.0);
                    assert!((seen - share).abs() < 0.06, "seed {seed}: {drawn:?}, said {shares:?}");
                }
            }
        }
    }
    assert!(several > 20, "{several}");
}

#[test]
fn irregular_worlds_settle_or_say_who_does_not() {
    let mut unsettled = 0;
    for seed in 0..2_000 {
        let case = case(seed, Kind::Irregular);
        match solve(case.situation(), 0) {
            Ok(answer) => {
                assert!(fixpoint::is_stable(case.situation(), 0, &answer), "seed {seed}");
            }
            Err(error) => {
                unsettled += 1;
                assert!(error.to_string().contains("AS"), "seed {seed}: {error}");
            }
        }
    }
    assert!(unsettled < 200, "{unsettled}");
}

/// What a table says of a router is found by shortcuts; an explanation takes all candidates.
#[test]
fn tables_say_what_explanations_say() {
    let mut rows = 0;
    for seed in 0..300 {
        let mut case = case(seed, Kind::Regular);
        // No row then says `history`.
        case.rules.oldest_rule = Some(OldestRule::None);
        case.rules.med_deterministic = Some(true);
        let situation = case.situation();
        let prefix_count = case.service.prefixes.len();
        let answers: Vec<Catchment> =
            (0..prefix_count as u16).map(|prefix| solve(situation, prefix).unwrap()).collect();
        let options = Options { routers: seed % 2 == 0, tie_sets: false };
        let table = solve_table(situation, &answers, options);
        let cell = |name: &str, row| table.column(name).unwrap().values.print(row);
        for row in 0..table.row_count() {
            let prefix = row % prefix_count;
            let router = if options.routers {
                (row / prefix_count) as u32
            } else {
                let asn = cell("asn", row).unwrap().parse().unwrap();
                case.world.shown_router(case.world.routers_of_asn(asn))
            };
            let what = format!("seed {seed}, router {router}, prefix {prefix}");
            let why = explain(situation, &answers, router, prefix as u16).unwrap();
            assert_eq!(cell("site", row), why.site, "{what}");
            let Some(hop) = why.hops.first() else { continue };
            let chosen = hop.options.first();
            let path = chosen.map(|it| it.as_path.iter().map(ToString::to_string).collect());
            let path: Vec<String> = path.unwrap_or_default();
            assert_eq!(cell("as_path", row), Some(path.join(" ")), "{what}");
            let step = hop.decided_by.map_or("only", |step| step.name());
            assert_eq!(cell("decided_by", row).as_deref(), Some(step), "{what}");
            rows += 1;
        }
    }
    assert!(rows > 4_000, "{rows}");
}

/// A random change that makes sense in a case.
fn change(draws: &mut Draws, case: &Case, kind: Kind) -> Change {
    let site = draws.below(case.service.sites.len() as u64) as u32;
    if kind == Kind::Plain || case.world.session_count() == 0 || draws.chance(40) {
        return match draws.chance(50) {
            true => Change::Withdraw(site),
            false => Change::Announce(site),
        };
    }
    let session = draws.below(case.world.session_count() as u64) as u32;
    let router = case.world.router_of_session(session);
    match draws.below(if kind == Kind::Irregular { 5 } else { 4 }) {
        0 => Change::Link {
            a: router,
            b: case.world.neighbors[session as usize],
            up: draws.chance(50),
        },
        1 => Change::Prepend { session, count: draws.below(3) as u8 },
        2 => Change::Close { session, closed: draws.chance(50) },
        3 => {
            let spec = &case.service.sites[site as usize];
            let listed: Vec<u32> = spec.announcements.keys().copied().collect();
            if listed.is_empty() {
                return Change::Announce(site);
            }
            let announcement = (spec.reach == Reach::Everyone || draws.chance(70)).then(|| {
                let mut said = Announcement {
                    prepend: draws.below(3) as u8,
                    med: draws.chance(30).then(|| 5 * draws.below(3) as u32),
                    ..Announcement::default()
                };
                if draws.chance(20) {
                    said.communities.push(Community::NoExport);
                }
                said
            });
            Change::Say { site, session: *draws.pick(&listed), announcement }
        }
        _ => Change::LocalPref {
            as_index: case.world.router_as[router as usize],
            neighbor: case.world.asn_of(case.world.neighbors[session as usize]),
            local_pref: draws.chance(70).then(|| 50 * draws.below(8) as u32),
        },
    }
}

fn changes_equal_fresh_solves(kind: Kind, worlds: u64) {
    let mut moved = 0;
    for seed in 0..worlds {
        let case = case(seed, kind);
        if case.service.sites.is_empty() {
            continue;
        }
        let mut draws = Draws::new(seed ^ 0xc4a6);
        let Ok(mut solver) = Solver::new(case.situation(), 0) else { continue };
        let mut states = vec![solver.catchment().clone()];
        for step in 0..6 {
            let change = change(&mut draws, &case, kind);
            let before = solver.catchment().clone();
            let Ok(changed) = solver.resolve(&change) else {
                assert_eq!(solver.catchment(), &before, "seed {seed}: a failed change stays");
                continue;
            };
            let fresh = solve(solver.situation(), 0).unwrap();
            let context = format!("seed {seed}, step {step}, {change:?}");
            // Several stable states: any of them is an answer.
            if solver.catchment() != &fresh {
                let unique = slow(solver.situation(), 0).is_some();
                let stable = fixpoint::is_stable(solver.situation(), 0, solver.catchment());
                assert!(!unique && stable, "{context}");
            }
            let differs: Vec<u32> = (0..case.world.router_count() as u32)
                .filter(|router| before.route(*router) != solver.catchment().route(*router))
                .collect();
            assert_eq!(changed, differs, "{context}");
            moved += differs.len();
            states.push(solver.catchment().clone());
        }
        while let Some(state) = states.pop() {
            assert_eq!(solver.catchment(), &state, "seed {seed}: undo to step {}", states.len());
            assert_eq!(solver.undo(), !states.is_empty(), "seed {seed}");
        }
        let situation = solver.situation();
        assert_eq!(situation.service, &case.service, "seed {seed}");
        assert_eq!(situation.overlay, &case.overlay, "seed {seed}");
    }
    assert!(moved as u64 > worlds, "hardly anything moved: {moved}");
}

#[test]
fn changes_of_plain_worlds_equal_fresh_solves() {
    changes_equal_fresh_solves(Kind::Plain, WORLDS);
}

#[test]
fn changes_of_regular_worlds_equal_fresh_solves() {
    changes_equal_fresh_solves(Kind::Regular, WORLDS);
}

#[test]
fn changes_of_irregular_worlds_equal_fresh_solves() {
    changes_equal_fresh_solves(Kind::Irregular, 2_000);
}
