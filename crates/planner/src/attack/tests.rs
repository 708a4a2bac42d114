//! Attacks: the figures of models 6, a story, and brute force.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::overload::zipf_shares;
use catchment_dynamics::{Script, Source};
use catchment_model::rules::Setting;
use catchment_model::scenario::{Action as EventAction, Attack, Botnet, Event, GeoDns, Steering};
use catchment_model::schedule::{Bots, Deed};
use catchment_model::service::{Capacity, Reach, Service, Site};
use catchment_model::{Asn, Duration, Overlay, Relation, Rules, World, WorldBuilder};
use catchment_routing::Situation;
use catchment_testkit::random::{self, Draws, Kind};
use catchment_testkit::story::Story;
use expect_test::expect;

use super::estimate::best_fit;
use super::field::with_bots;
use super::playbook::Search;
use super::*;
use crate::answer::Verdict;
use crate::load::tests::{Bare, brief, eight, said, scenario};

const KQPS: Size = Size { kqps: 30.0, gbps: 0.0 };

fn family(name: &str, bots: Bots) -> Family {
    Family { name: name.to_owned(), bots }
}

fn asked(families: Vec<Family>, sizes: &[Size]) -> AttackQuestion {
    AttackQuestion { families, sizes: sizes.to_vec(), seen: Vec::new() }
}

fn plan(brief: &Brief<'_>, question: &AttackQuestion) -> Result<AttackPlan, Unplanned> {
    attack(brief, question, &mut |_, _| ControlFlow::Continue(()))
}

/// A botnet of a scenario.
fn bots(story: &Story, from: Botnet) -> Bots {
    let mut scenario = story.scenario.clone();
    let attack = Attack { gbps: None, mqps: Some(1.0), from, lasts: None };
    let action = EventAction::Attack(attack);
    scenario.events = vec![Event { at: Duration::default(), action }];
    let schedule = Story { scenario, ..story.clone() }.schedule();
    match &schedule[0].deed {
        Deed::Attack { bots, .. } => bots.clone(),
        other => panic!("{other:?}"),
    }
}

/// Sites A, B, C behind networks X, Y, Z, with clients of 2, 2 and 6 and bots behind X
/// (models 6.4). X hears B before C where it peers with Y.
struct Abc {
    world: World,
    service: Service,
    rules: Rules,
    overlay: Overlay,
    geodns: GeoDns,
    regional: BTreeMap<String, u16>,
    client_gbps: BTreeMap<u32, f64>,
    residency: BTreeMap<String, Vec<String>>,
    bot: u32,
}

impl Abc {
    fn new(x_hears_b: bool, capacity_of_c: f64) -> Abc {
        let mut builder = WorldBuilder::new("abc");
        let [x, y, z] = [10, 20, 30].map(|asn| builder.router(Asn(asn), None));
        if x_hears_b {
            builder.link(x, y, Relation::Peer);
        }
        builder.link(x, z, Relation::Peer);
        builder.link(y, z, Relation::Peer);
        let homes = [(x, 11, 2.0), (y, 21, 2.0), (z, 31, 6.0)];
        for (network, asn, weight) in homes {
            let client = builder.router(Asn(asn), None);
            builder.link(client, network, Relation::Provider);
            builder.client(&format!("at {asn}"), client, "", weight);
        }
        let bot = builder.router(Asn(12), None);
        builder.link(bot, x, Relation::Provider);
        let sites = [(x, 64500), (y, 64501), (z, 64502)].map(|(network, asn)| {
            let router = builder.router(Asn(asn), None);
            builder.link(router, network, Relation::Provider);
            router
        });
        let built = builder.build().unwrap();
        let capacities = [10.0, 10.0, capacity_of_c];
        let site = |(index, (handle, kqps)): (usize, (_, f64))| {
            let handle: catchment_model::world::RouterHandle = handle;
            let router = built.router_of[handle.0 as usize];
            Site {
                name: ["a", "b", "c"][index].parse().unwrap(),
                asn: built.world.asn_of(router),
                router,
                own_router: true,
                active: true,
                prefixes: vec![0],
                reach: Reach::Everyone,
                announcements: BTreeMap::new(),
                capacity: Capacity { kqps: Some(kqps), gbps: None },
                region: String::new(),
            }
        };
        let sites = sites.into_iter().zip(capacities).enumerate().map(site).collect();
        let prefixes = vec!["192.0.2.0/24".parse().unwrap()];
        let mut rules = Rules::default();
        rules.set("oldest_rule", &Setting::Text("none".into())).unwrap();
        rules.retries = 0;
        Abc {
            bot: built.router_of[bot.0 as usize],
            service: Service { prefixes, sites, roas: Vec::new() },
            world: built.world,
            rules,
            overlay: Overlay::default(),
            geodns: GeoDns::default(),
            regional: BTreeMap::new(),
            client_gbps: BTreeMap::new(),
            residency: BTreeMap::new(),
        }
    }

    fn brief(&self) -> Brief<'_> {
        let Abc { world, service, rules, overlay, geodns, regional, client_gbps, .. } = self;
        let situation = Situation { world, overlay, service, rules, seed: 1 };
        let script = Script {
            situation,
            schedule: &[],
            steering: Steering::Anycast,
            prefix: 0,
            geodns,
            regional,
            client_gbps,
            senders: None,
            bystanders: false,
        };
        Brief::new(script, &self.residency).unwrap()
    }

    fn question(&self) -> AttackQuestion {
        asked(vec![family("x", Bots::Routers(vec![(self.bot, 1.0)]))], &[KQPS, KQPS.times(2.0)])
    }
}

fn shown(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

#[test]
fn t6_1_and_t6_2_dispersion() {
    let mut text = String::from("[world]\nsynthetic = { ases = 300 }\n");
    for index in 0..300 {
        let capacity = if index == 0 { "capacity = { gbps = 1000 }\n" } else { "" };
        text.push_str(&format!(
            "[[site]]\nname = \"s{index}\"\nasn = {}\ncity = \"FRA\"\n\
             neighbors = [{{ asn = 1000001 }}]\n{capacity}",
            64_512 + index
        ));
    }
    let story = scenario(&text);
    let brief = brief(&story);
    let by = |exponent: f64| Bots::Sites((0..).zip(zipf_shares(300, exponent)).collect());
    let families = vec![family("even", by(0.0)), family("zipf", by(1.0))];
    let size = Size { kqps: 0.0, gbps: 1000.0 };
    let plan = plan(&brief, &asked(families, &[size, size.times(2.0)])).unwrap();
    let at = |family: usize, site: usize| {
        format!("{:.2}", plan.map[family][plan.main].stand.sites[site].attack_gbps)
    };
    assert_eq!([at(0, 0), at(0, 299), at(1, 0), at(1, 149)], ["3.33", "3.33", "159.17", "1.06"]);
    assert_eq!(format!("{:.2}", 1000.0 * plan.claims[1].even), "3.33");
    // Nobody knows where else such bots would land, so nothing is advised.
    assert_eq!(plan.playbooks, []);
}

#[test]
fn t6_3_absorb_or_withdraw() {
    // The catchment of A goes to C.
    let abc = Abc::new(false, 100.0);
    let brief = abc.brief();
    let found = plan(&brief, &abc.question()).unwrap();
    assert_eq!(shown(found.map[0][0].served), "86.25");
    let book = &found.playbooks[0];
    let withdrawn = &book.plays[1];
    assert_eq!(withdrawn.actions, [Action::Withdraw(0)]);
    assert_eq!((shown(withdrawn.served).as_str(), withdrawn.over.len()), ("100.00", 0));
    assert_eq!(found.best_response(0), [Action::Withdraw(0)]);
    assert_eq!(withdrawn.moved_kqps, 2.0);

    // It goes to B, which is worse than to absorb; and B then hands it on to C.
    let abc = Abc::new(true, 100.0);
    let brief = abc.brief();
    let found = plan(&brief, &abc.question()).unwrap();
    let cell = &found.map[0][0];
    let rounds: Vec<(u32, String)> =
        cell.rounds.iter().map(|it| (it.site, shown(it.served))).collect();
    assert_eq!(rounds, [(0, "71.76".to_owned()), (1, "100.00".to_owned())]);
    let book = &found.playbooks[0];
    assert_eq!(shown(book.plays[1].served), "71.76");
    // Only A is over, and with A alone nothing helps: the best of those is to absorb, but what the
    // sites do by themselves is better.
    let best = &book.plays[book.best];
    assert!(best.by_itself);
    assert_eq!(shown(best.served), "100.00");

    let abc = Abc::new(true, 30.0);
    let brief = abc.brief();
    let found = plan(&brief, &abc.question()).unwrap();
    let cell = &found.map[0][0];
    assert_eq!(shown(cell.rounds[1].served), "75.00");
}

/// One site with this capacity, at a demand of 2 of each kind.
fn stand(capacity: Capacity, attack: f64, rules: &Rules, legit: f64) -> Stand {
    let abc = Abc::new(false, 1.0);
    let mut service = abc.service.clone();
    service.sites.truncate(1);
    service.sites[0].capacity = capacity;
    let offered = catchment_dynamics::load::Offered {
        legit_kqps: legit,
        legit_gbps: legit,
        attack_kqps: attack,
        attack_gbps: attack,
    };
    Stand::of(&service, rules, &[offered], (0.0, 0.0))
}

#[test]
fn t6_4_filter() {
    let capacity = |link, server| Capacity { kqps: Some(server), gbps: Some(link) };
    let plain = Rules { retries: 0, ..Rules::default() };
    let filtering = Rules { filtering: true, ..plain.clone() };
    assert_eq!(shown(stand(capacity(40.0, 10.0), 38.0, &plain, 2.0).served()), "25.00");
    assert_eq!(shown(stand(capacity(40.0, 10.0), 38.0, &filtering, 2.0).served()), "99.00");
    assert_eq!(shown(stand(capacity(10.0, 10.0), 198.0, &plain, 2.0).served()), "5.00");
}

#[test]
fn t6_5_retries() {
    let rules = Rules { retries: 2, ..Rules::default() };
    let capacity = Capacity { kqps: Some(10.0), gbps: None };
    let site = stand(capacity, 0.0, &rules, 12.0).sites[0];
    assert_eq!(format!("{:.4} {:.2}", site.loss, site.offered_kqps), "0.5503 22.24");
}

#[test]
fn t6_6_attack_estimate() {
    let abc = Abc::new(false, 100.0);
    let brief = abc.brief();
    let question = AttackQuestion { seen: vec![(0, 0.25)], ..abc.question() };
    let found = plan(&brief, &question).unwrap();
    let it = &found.estimates[0];
    assert_eq!((it.expected, it.offered, it.attack), (2.0, 40.0, 38.0));
    assert_eq!(it.totals, [Some(38.0)]);
    assert_eq!(best_fit(&found.estimates), None);
    let answer = found.answer(&brief);
    assert_eq!(answer.section("estimate").unwrap().table.row_count(), 1);
    for seen in [0.0, 1.0, -1.0, f64::NAN] {
        let question = AttackQuestion { seen: vec![(0, seen)], ..abc.question() };
        assert!(matches!(plan(&brief, &question), Err(Unplanned::Question { .. })), "{seen}");
    }
}

/// Several sites together tell which family it is.
#[test]
fn what_several_sites_see_tells_the_family() {
    let story = eight("");
    let brief = brief(&story);
    let families = vec![
        family("by_users", bots(&story, Botnet::ByUsers)),
        family("asia", bots(&story, Botnet::Region("asia".to_owned()))),
    ];
    let size = Size { kqps: 2000.0, gbps: 0.0 };
    let found = plan(&brief, &asked(families.clone(), &[size])).unwrap();
    // What an attack from Asia of that size leaves, read backwards, without retries.
    let site = |name| brief.site_named(name).unwrap();
    let seen = |site: u32| {
        let step = &found.map[1][found.main].stand.sites[site as usize];
        let capacity = brief.service().sites[site as usize].capacity.kqps.unwrap();
        (site, capacity / (step.legit_kqps + step.attack_kqps))
    };
    let seen = vec![seen(site("bom")), seen(site("nrt"))];
    let found = plan(&brief, &AttackQuestion { families, sizes: vec![size], seen }).unwrap();
    let (fits, ratio) = best_fit(&found.estimates).unwrap();
    assert_eq!(fits, 1);
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
    let total = found.estimates[0].totals[1].unwrap();
    assert!((total - 2000.0).abs() < 1e-6, "{total}");
}

/// The same size: absorbed where it is spread as users are, three sites over from one region.
#[test]
fn where_bots_are_decides() {
    let story = eight("");
    let brief = brief(&story);
    let families = vec![
        family("by_users", bots(&story, Botnet::ByUsers)),
        family("asia", bots(&story, Botnet::Region("asia".to_owned()))),
    ];
    let found = plan(&brief, &asked(families, &[])).unwrap();
    let over = |family: usize| -> Vec<String> {
        let cell = &found.map[family][found.main];
        cell.over.iter().map(|site| brief.site_name(*site)).collect()
    };
    assert_eq!(found.sizes[found.main], Size { kqps: 944.0, gbps: 0.0 });
    assert_eq!(over(0), [""; 0]);
    assert_eq!(over(1), ["bom", "nrt", "sin"]);
    // Spread as users are, each site has as much to spare as it needs: all of that fits.
    assert!((found.claims[0].absorbed.unwrap() - 1.25).abs() < 1e-6);
    let book = &found.playbooks[0];
    assert_eq!(book.search, Search::Exact(125));
    let answer = found.answer(&brief);
    assert_eq!(answer.verdict, Verdict::Fails);
    expect![[r#"
        944 kq/s from `by_users` are absorbed; from `asia` they put 3 sites over
            capacity: bom, nrt and sin
        `asia` puts bom, nrt and sin over capacity: 96.9 % of demand is served if they
            absorb it; if overloaded sites withdrew, all 8 would go, which leaves 0 %
            served; that is best: no action serves more (the best of all 125
            combinations)
        an even split of 944 kq/s over 8 sites predicts 118 kq/s each; `asia` puts 616
            kq/s on bom
        absorbed up to: `by_users` 1180 kq/s (jfk is full first)
    "#]]
    .assert_eq(&said(&answer));
}

/// Prepending twice does no more than once, and the table says so.
#[test]
fn a_smaller_action_that_does_as_much_is_named() {
    let story = eight("");
    let brief = brief(&story);
    let families = vec![family("eu", bots(&story, Botnet::Region("eu".to_owned())))];
    let found = plan(&brief, &asked(families, &[Size { kqps: 944.0, gbps: 0.0 }])).unwrap();
    let book = &found.playbooks[0];
    let fra = brief.site_named("fra").unwrap();
    let at = |action: &Action| {
        book.plays.iter().position(|it| it.actions == std::slice::from_ref(action)).unwrap()
    };
    let (once, twice) = (at(&Action::Prepend(fra, 1)), at(&Action::Prepend(fra, 2)));
    assert_eq!((book.best, book.plays[once].smaller), (once, None));
    assert_eq!(book.plays[twice].smaller, Some(once));
    // To withdraw is worse than to absorb.
    assert_eq!(book.plays[at(&Action::Withdraw(fra))].smaller, Some(0));
    assert_eq!((book.plays[once].moved_kqps, book.plays[once].moved_clients), (70.0, 1));
    assert!(book.plays[once].rtt_change_ms.unwrap() > 0.0);
}

/// On random worlds: the best response of all, found by a field that remembers, is the best that
/// fresh solves and a plain sum find.
#[test]
fn the_best_of_all_is_the_best_of_brute_force() {
    let bare = Bare::default();
    let (mut compared, mut helped) = (0, 0);
    for seed in 0..300 {
        let mut case = random::case(seed, Kind::Regular);
        let mut draws = Draws::new(seed ^ 0xa77ac);
        for site in &mut case.service.sites {
            site.capacity.kqps = Some(1.0 + draws.below(6) as f64);
        }
        case.rules.retries = 0;
        let Ok(brief) = bare.brief(&case) else { continue };
        let bot = draws.below(case.world.router_count() as u64) as u32;
        let families = vec![family("one", Bots::Routers(vec![(bot, 1.0)]))];
        let size = Size { kqps: 4.0 + draws.below(8) as f64, gbps: 0.0 };
        let Ok(found) = plan(&brief, &asked(families.clone(), &[size])) else { continue };
        let Some(book) = found.playbooks.first() else { continue };
        let Search::Exact(count) = book.search else { continue };
        let mut options: Vec<Vec<Option<Action>>> = Vec::new();
        for site in &found.map[0][found.main].over {
            let of = book.plays.iter().filter(|it| it.actions.len() == 1 && !it.by_itself);
            let of = of.filter(|it| it.actions[0].site() == *site);
            let mut all: Vec<Option<Action>> = of.map(|it| Some(it.actions[0].clone())).collect();
            all.push(None);
            options.push(all);
        }
        let combined = with_bots(&brief, &families);
        let mut best = 0.0_f64;
        for number in 0..count {
            let mut rest = number;
            let mut actions = Vec::new();
            for all in &options {
                actions.extend(all[rest % all.len()].clone());
                rest /= all.len();
            }
            let mut fresh = Field::new(&brief, &combined, &families).unwrap();
            best = best.max(served(&brief, fresh.effect(&actions).unwrap(), size));
        }
        let own: Vec<&playbook::Play> = book.plays.iter().filter(|it| !it.by_itself).collect();
        let most = own.iter().map(|it| it.served).fold(0.0, f64::max);
        assert!((most - best).abs() < 1e-9, "seed {seed}: {most}, not {best}");
        compared += 1;
        helped += u32::from(most > own[0].served + 1e-9);
    }
    assert!(compared > 40 && helped > 10, "{compared} compared, {helped} helped");
}

/// Fair drop, by hand.
fn served(brief: &Brief<'_>, effect: &field::Effect, size: Size) -> f64 {
    let all: f64 = brief.sources.iter().map(|source: &Source| source.weight).sum();
    let sites = effect.legit.sites.iter().zip(&effect.shares[0]).zip(&brief.service().sites);
    let served = sites.map(|((load, share), site)| {
        let offered = load.kqps + size.kqps * share;
        load.kqps * (site.capacity.kqps.unwrap() / offered).min(1.0)
    });
    served.filter(|it| it.is_finite()).sum::<f64>() / all
}

#[test]
fn what_cannot_be_asked_is_said() {
    let story = eight("");
    let brief = brief(&story);
    let families = vec![family("by_users", bots(&story, Botnet::ByUsers))];
    let nothing = Size { kqps: 0.0, gbps: 0.0 };
    for question in [asked(Vec::new(), &[]), asked(families.clone(), &[nothing])] {
        assert!(matches!(plan(&brief, &question), Err(Unplanned::Question { .. })));
    }
    let mut abc = Abc::new(false, 1.0);
    abc.service.sites.iter_mut().for_each(|site| site.capacity = Capacity::default());
    let found = plan(&abc.brief(), &abc.question());
    assert!(matches!(found, Err(Unplanned::Question { .. })));
    let cancelled = attack(&brief, &asked(families, &[]), &mut |_, _| ControlFlow::Break(()));
    assert_eq!(cancelled, Err(Unfinished::Cancelled.into()));
}

/// Where a law says what reaches each site, nobody knows where the bots of a site go that
/// withdraws: they do not vanish with it.
#[test]
fn bots_by_a_law_do_not_vanish_when_a_site_withdraws() {
    let story = eight("");
    let brief = brief(&story);
    let shares = zipf_shares(8, 1.0);
    let law = family("zipf", Bots::Sites((0..).zip(shares).collect()));
    let sizes = [200.0, 944.0].map(|kqps| Size { kqps, gbps: 0.0 });
    let plan = plan(&brief, &asked(vec![law], &sizes)).unwrap();
    let [small, large] = &plan.map[0][..] else { panic!("{:?}", plan.sizes) };
    assert_eq!((small.served_withdrawn, large.served_withdrawn), (Some(1.0), None));
    assert!(large.rounds.is_empty() && !large.over.is_empty());
    let answer = plan.answer(&brief);
    let column = |name: &str| {
        let table = &answer.section("map").unwrap().table;
        let column = table.columns.iter().find(|it| it.name == name).unwrap();
        [0, 1].map(|row| column.values.print(row))
    };
    assert_eq!(column("served_then"), [Some("100.0".to_owned()), None]);
    assert_eq!(column("then_withdraw"), [None, None]);
}

/// An attack in a unit in which no site has a limit is not one that all of them have absorbed.
#[test]
fn a_unit_without_capacities_has_no_answer() {
    let story = eight("");
    let brief = brief(&story);
    let families = || vec![family("users", bots(&story, Botnet::ByUsers))];
    let refused = plan(&brief, &asked(families(), &[Size { kqps: 0.0, gbps: 100.0 }])).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "no site has a capacity in Gb/s, so that no attack in Gb/s is too large"
    );
    plan(&brief, &asked(families(), &[Size { kqps: 1.0, gbps: 100.0 }])).unwrap();
}
