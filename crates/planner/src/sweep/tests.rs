//! Tests of sweeps: rows are functions of their number, draws meet the exact shares, what is
//! lost and added is what was asked for.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use catchment_dynamics::{Outcome, Script};
use catchment_model::relation::Relation;
use catchment_model::scenario::{Change, GeoDns, Steering};
use catchment_model::service::{Announcement, Reach};
use catchment_model::world::WorldParts;
use catchment_model::{Asn, World};
use catchment_routing::{Situation, Ties, solve};
use catchment_testkit::random::{Case, Draws, Kind, case};
use catchment_testkit::story::{Story, situation, story};

use super::certainty::{Certainty, Landed, Landing, Sureness};
use super::coins::{Coins, drawn};
use super::disturb::{extra_links, lose_links};
use super::lanes::{Found, Ground, loosest};
use super::measure::{RowSites, measures, of_outcome, of_placement};
use super::summary::Summary;
use super::*;
use crate::brief::Brief;
use crate::load::Loads;
use crate::oracle::{Method, Oracle};

fn question() -> Question {
    Question {
        axes: vec![
            Axis::parse("rules.oldest_rule=none,timestamp").unwrap(),
            Axis::parse("site.fra.capacity.kqps = 100, 200, 300").unwrap(),
        ],
        draws: vec![Draw::parse("geodns.ttl=30..300s").unwrap()],
        repeats: 4,
        seed: 7,
        ties: false,
        missing_links: 0.0,
        extra_links: 0.0,
        policy_noise: None,
    }
}

struct Bound {
    geodns: GeoDns,
    none: BTreeMap<String, u16>,
    gbps: BTreeMap<u32, f64>,
    residency: BTreeMap<String, Vec<String>>,
}

impl Bound {
    fn new() -> Bound {
        Bound {
            geodns: GeoDns::default(),
            none: BTreeMap::new(),
            gbps: BTreeMap::new(),
            residency: BTreeMap::new(),
        }
    }

    fn brief<'a>(&'a self, situation: Situation<'a>) -> Option<Brief<'a>> {
        let script = Script {
            situation,
            schedule: &[],
            steering: Steering::Anycast,
            prefix: 0,
            geodns: &self.geodns,
            regional: &self.none,
            client_gbps: &self.gbps,
            senders: None,
            bystanders: false,
        };
        Brief::new(script, &self.residency).ok()
    }
}

fn eight(more: &str) -> Story {
    story(&format!("[world]\nbuiltin = \"eight\"\n[rules]\noldest_rule = \"none\"\n{more}"))
}

#[test]
fn rows_are_points_times_repetitions() {
    let question = question();
    assert_eq!((question.points(), question.rows()), (6, 24));
    let row = question.row(0);
    assert_eq!((row.point, row.seed), (0, 7));
    assert_eq!(row.settings[0], ("rules.oldest_rule".to_owned(), "none".to_owned()));
    let last = question.row(23);
    assert_eq!(last.point, 5);
    assert_eq!(last.settings[1].1, "300");
    // Equal repetitions share their luck, others do not.
    assert_eq!(question.row(1).seed, question.row(21).seed);
    assert_eq!(question.row(1).settings[2], question.row(21).settings[2]);
    assert_ne!(question.row(1).seed, question.row(2).seed);
    assert_eq!(question.row(13), question.row(13));
    assert_eq!(question.point_text(4), "rules.oldest_rule=timestamp, site.fra.capacity.kqps=200");
}

#[test]
fn values_are_drawn_evenly_between_their_ends() {
    let value = |text: &str, seed: u64| Draw::parse(text).unwrap().value(seed);
    let mut counts = [0; 3];
    for seed in 0..3000 {
        counts[value("x=1..3", seed).parse::<usize>().unwrap() - 1] += 1;
        let real: f64 = value("x=0.5..1", seed).parse().unwrap();
        assert!((0.5..=1.0).contains(&real));
        let time = value("x=30..60s", seed);
        assert!((30..=60).contains(&time.strip_suffix('s').unwrap().parse::<i32>().unwrap()));
        assert!(["a", "[1, 2]"].contains(&&*value("x=a,[1, 2]", seed)));
    }
    assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
}

#[test]
fn what_cannot_be_varied_says_why() {
    let bad = |text: &str| Draw::parse(text).unwrap_err();
    assert!(bad("x=5..1").contains("wrong way round"));
    assert!(bad("x=1s..2m").contains("two units, `s` and `m`"));
    assert!(bad("x=a..b").contains("two numbers"));
    assert!(Axis::parse("x").unwrap_err().contains("write a path"));
    assert!(Axis::parse("x=1,,2").unwrap_err().contains("no value between"));
    let refused = |question: Question| question.check().unwrap_err().to_string();
    let nothing = Question { axes: Vec::new(), draws: Vec::new(), repeats: 1, ..question() };
    assert!(refused(nothing).contains("nothing varies"));
    let axis = |text: &str| Axis::parse(text).unwrap();
    let seeds = Question { axes: vec![axis("seed=1,2")], ..question() };
    assert!(refused(seeds).contains("seed of its own"));
    let twice = Question { axes: vec![axis("a=1"), axis("a=2")], ..question() };
    assert!(refused(twice).contains("`a` is varied twice"));
    let noise = axis("rules.policy_noise=0,0.1");
    let noise = Question { axes: vec![noise], policy_noise: Some(0.2), ..question() };
    assert!(refused(noise).contains("`rules.policy_noise` is varied twice"));
    assert!(refused(Question { repeats: u64::MAX, ..question() }).contains("rows"));
    assert!(refused(Question { seed: u64::MAX, ..question() }).contains("too large"));
    assert_eq!(question().check(), Ok(()));
}

#[test]
fn columns_have_the_type_of_all_values() {
    let question = question();
    let measures = measures(&["fra".to_owned()], false);
    let records = vec![1.5; measures.len() * 2];
    let table = question.table(22, &measures, &records);
    let print = |name: &str, row| table.column(name).unwrap().values.print(row).unwrap();
    assert_eq!(print("row", 1), "23");
    assert_eq!(print("site.fra.capacity.kqps", 0), "300");
    assert_eq!(print("rules.oldest_rule", 0), "timestamp");
    assert_eq!(print("load_fra", 0), "1.500");
    let kind = |name: &str| table.column(name).unwrap().values.kind();
    assert_eq!(kind("site.fra.capacity.kqps"), catchment_model::table::Kind::Integer);
    assert_eq!(kind("geodns.ttl"), catchment_model::table::Kind::Text);
}

#[test]
fn istanbul_tosses_a_coin_between_frankfurt_and_mumbai() {
    let (story, bound) = (eight(""), Bound::new());
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let sites: Vec<String> = (0..8).map(|site| brief.site_name(site)).collect();
    let mut certainty = Certainty::new(&brief);
    let row_sites = RowSites::new(brief.service(), &sites).unwrap();
    let mut coins = Coins::new(&brief).unwrap();
    for seed in 0..1000 {
        let placement = coins.toss(seed);
        certainty.add(&certainty.places(&brief).landed(&placement, &row_sites));
    }
    let table = certainty.table(&sites);
    let print = |name: &str, row| table.column(name).unwrap().values.print(row).unwrap();
    let row = (0..17).find(|row| print("asn", *row) == "65545").unwrap();
    assert_eq!(print("sureness", row), "toss-up");
    let share: f64 = print("share", row).parse().unwrap();
    assert!((50.0..55.0).contains(&share), "{share}");
    let berlin = (0..17).find(|row| print("name", *row) == "Berlin").unwrap();
    assert_eq!((&*print("sureness", berlin), &*print("site", berlin)), ("certain", "fra"));
}

/// The twin: shares of many draws, and the exact ones of [`Ties`].
#[test]
fn draws_meet_the_exact_shares_of_ties() {
    const DRAWS: u64 = 200;
    let mut tied = 0;
    for seed in 0..700 {
        let case = case(seed, Kind::Regular);
        let bound = Bound::new();
        let Some(brief) = bound.brief(case.situation()) else { continue };
        if brief.service().prefixes.len() > 1 {
            continue;
        }
        let Ok(catchment) = solve(case.situation(), 0) else { continue };
        let ties = Ties::new(case.situation(), 0, &catchment);
        let mut counts: Vec<BTreeMap<u32, u64>> = vec![BTreeMap::new(); brief.sources.len()];
        for draw in 0..DRAWS {
            let placement = drawn(&brief, draw).unwrap();
            for (counts, site) in counts.iter_mut().zip(&placement.sites) {
                if let Some(site) = site {
                    *counts.entry(*site).or_default() += 1;
                }
            }
        }
        for (source, counts) in brief.sources.iter().zip(counts) {
            let exact = &ties.shares[source.router as usize];
            // Where a network on the way drops packets, shares do not sum to 1.
            if exact.iter().map(|it| it.1).sum::<f64>() < 0.999 {
                continue;
            }
            tied += usize::from(exact.len() > 1);
            for (site, share) in exact {
                let found = counts.get(site).copied().unwrap_or(0) as f64;
                let expected = share * DRAWS as f64;
                let deviation = 5.0 * libm::sqrt(expected * (1.0 - share)) + 1e-6;
                let off = (found - expected).abs();
                assert!(off <= deviation, "seed {seed}: {found} draws to {site}, not {expected}");
            }
            let known = |site: &u32| exact.iter().any(|entry| entry.0 == *site);
            assert!(counts.keys().all(known), "seed {seed}: {counts:?}, {exact:?}");
        }
    }
    assert!(tied > 50, "{tied}");
}

#[test]
fn links_are_lost_by_their_share_and_never_the_own() {
    let story = story("[world]\nsynthetic = { ases = 600, seed = 1 }\n");
    let world = &story.assembled.world;
    let service = eight("").assembled.service;
    let mut own = service.clone();
    // One that has neighbors before it and behind it.
    let middle = (0..world.as_count() as u32).find(|as_index| {
        let routers = world.routers_of(*as_index);
        let sessions = || routers.clone().flat_map(|router| world.sessions(router));
        let neighbor = |session: u32| world.neighbors[session as usize];
        sessions().any(|it| neighbor(it) < routers.start)
            && sessions().any(|it| neighbor(it) >= routers.end)
    });
    let middle = world.asns[middle.unwrap() as usize];
    own.sites.iter_mut().for_each(|site| site.asn = middle);
    let lost = |share: f64, seed: u64| {
        let mut overlay = catchment_model::Overlay::default();
        let count = lose_links(world, &own, &mut overlay, share, seed);
        (count, overlay)
    };
    let pairs = |overlay: &catchment_model::Overlay| overlay.down.len();
    assert_eq!(lost(0.0, 1).0, 0);
    let (all, everything) = lost(1.0, 1);
    let is_own = |router: u32| world.asn_of(router) == middle;
    assert!(everything.down.iter().all(|(a, b)| !is_own(*a) && !is_own(*b)));
    let (some, overlay) = lost(0.1, 1);
    let share = some as f64 / all as f64;
    assert!((0.08..0.12).contains(&share), "{share}");
    assert_eq!(overlay, lost(0.1, 1).1);
    assert_ne!(overlay, lost(0.1, 2).1);
    // More is lost of the same.
    assert!(overlay.down.is_subset(&lost(0.2, 1).1.down));
    assert!(pairs(&everything) as u64 >= all);
}

#[test]
fn links_that_are_added_are_new_and_meet_in_a_city() {
    let story = story("[world]\nsynthetic = { ases = 600, seed = 1 }\n");
    let world = &story.assembled.world;
    let peers = |asn: Asn| {
        let routers = world.routers_of_asn(asn);
        routers.map(|router| world.group(router, Relation::Peer).len()).sum::<usize>()
    };
    let links = extra_links(world, &story.scenario, 0.05, 3);
    assert!(links.len() > 20, "{}", links.len());
    assert_eq!(links, extra_links(world, &story.scenario, 0.05, 3));
    assert_ne!(links, extra_links(world, &story.scenario, 0.05, 4));
    for link in &links {
        let Change::Link { a, b, city, up: true, relation: Some(Relation::Peer) } = &link.change
        else {
            panic!("{link:?}")
        };
        assert!(peers(*a) > 0 && peers(*b) > 0);
        let city = city.as_deref().unwrap();
        for asn in [a, b] {
            let mut routers = world.routers_of_asn(*asn);
            assert!(routers.any(|router| world.place(router).is_some_and(|it| it.code == city)));
        }
        let linked = world.routers_of_asn(*a).any(|router| {
            world.sessions(router).any(|it| world.asn_of(world.neighbors[it as usize]) == *b)
        });
        assert!(!linked, "AS{a} and AS{b} are linked already");
    }
    assert!(extra_links(world, &story.scenario, 0.0, 3).is_empty());
    // The assembler takes them.
    let mut text = String::from("[world]\nsynthetic = { ases = 600, seed = 1 }\n");
    for link in &links {
        let Change::Link { a, b, city, .. } = &link.change else { unreachable!() };
        let city = city.as_deref().unwrap();
        text.push_str(&format!(
            "[[correction]]\nlink = {{ a = {a}, b = {b}, city = \"{city}\", state = \"up\", \
             relation = \"peer\" }}\n"
        ));
    }
    let with = catchment_testkit::story::story(&text);
    let count = with.assembled.world.session_count();
    assert_eq!(count, world.session_count() + 2 * links.len());
}

#[test]
fn measures_are_those_of_the_placement() {
    let (story, bound) = (eight(""), Bound::new());
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let mut sites: Vec<String> = (0..8).map(|site| brief.site_name(site)).collect();
    sites.push("waw".to_owned());
    let placement = crate::oracle::Steady::new(&brief).unwrap().placement(&brief);
    let row_sites = RowSites::new(brief.service(), &sites).unwrap();
    let values = of_placement(&brief, &placement, &row_sites);
    let names = measures(&sites, false);
    assert_eq!(values.len(), names.len());
    let of = |name: &str| values[names.iter().position(|it| it.name == name).unwrap()];
    let loads = Loads::of(&brief, &placement);
    assert_eq!(of("load_fra"), loads.sites[4].kqps);
    assert!(of("load_waw").is_nan());
    assert_eq!((of("settled"), of("unserved")), (1.0, 0.0));
    // By hand: the mean of all round trips, by weight.
    let (mut sum, mut weight) = (0.0, 0.0);
    for (source, rtt_ms) in brief.sources.iter().zip(&placement.rtt_ms) {
        sum += source.weight * rtt_ms.unwrap();
        weight += source.weight;
    }
    assert!((of("rtt_mean_ms") - sum / weight).abs() < 1e-9);
    let error = RowSites::new(brief.service(), &sites[1..]).unwrap_err();
    assert!(error.to_string().contains("site `jfk`"), "{error}");
}

#[test]
fn an_outcome_has_as_many_measures_as_names() {
    let story = eight("[[event]]\nat = \"0s\"\nfail = \"fra\"\nhow = \"bfd\"\n");
    let bound = Bound::new();
    let schedule = story.schedule();
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let script = Script { schedule: &schedule, ..brief.script };
    let watch: catchment_dynamics::play::Watch<'_> = &mut |_, _| ControlFlow::Continue(());
    let timeline = catchment_dynamics::play::play(&script, watch).unwrap();
    let values = of_outcome(&Outcome::of(&script, &timeline));
    assert_eq!(values.len(), measures(&[], true).len() - measures(&[], false).len());
    // Without an oldest rule New York-B is at Frankfurt too, which then carries 280 kq/s;
    // BFD at 300 ms x 3 notices within a second.
    assert_eq!(values[0], 280.0);
    assert!((0.5..2.0).contains(&values[3]), "{values:?}");
}

#[test]
fn counts_go_to_bytes_and_back() {
    let (story, bound) = (eight(""), Bound::new());
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let sites: Vec<String> = (0..8).map(|site| brief.site_name(site)).collect();
    let row_sites = RowSites::new(brief.service(), &sites).unwrap();
    let mut certainty = Certainty::new(&brief);
    for seed in 0..5 {
        let placement = drawn(&brief, seed).unwrap();
        certainty.add(&certainty.places(&brief).landed(&placement, &row_sites));
    }
    let bytes = certainty.to_bytes();
    let mut other = Certainty::new(&brief);
    assert_eq!(other.restore(&bytes), Some(()));
    assert_eq!(other, certainty);
    for bad in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat(), &[]] {
        assert_eq!(other.restore(bad), None);
    }
    assert_eq!(other, certainty);
    assert_eq!(
        [0.95, 0.949, 0.6, 0.59].map(Sureness::of),
        [Sureness::Certain, Sureness::Likely, Sureness::Likely, Sureness::TossUp]
    );
    // A row with other sources counts for those that are known.
    let fewer = Brief { sources: brief.sources[3..].to_vec(), ..brief.clone() };
    let placement = drawn(&fewer, 1).unwrap();
    let landed = certainty.places(&fewer).landed(&placement, &row_sites);
    let Landed::Parts(landings) = &landed else { panic!("{landed:?}") };
    assert_eq!(landings.first().map(|it| it.source), Some(3));
    assert_eq!(landings.len(), fewer.sources.len());
}

#[test]
fn a_summary_reads_one_measure_at_a_time() {
    let question = Question { draws: Vec::new(), ..question() };
    let (story, bound) = (eight(""), Bound::new());
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let sites = vec!["fra".to_owned()];
    let names = measures(&sites, false);
    let mut asked = Vec::new();
    let summary = Summary::read(&question, sites, names, Certainty::new(&brief), |measure| {
        asked.push(measure);
        let value = |row: u64| match (measure, row) {
            (0, 5) => 0.0,
            (0, _) => 1.0,
            (_, 5) => f64::NAN,
            _ => row as f64,
        };
        Ok::<_, ()>((0..24).map(value).collect())
    });
    let summary = summary.unwrap();
    assert_eq!(asked, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(summary.unsettled, 1);
    let all = summary.over_all("load_fra").unwrap();
    assert_eq!((all.rows, all.at(100)), (23, Some(23.0)));
    let answer = summary.answer(&question);
    let table = &answer.section("quantiles").unwrap().table;
    // Six measures, over all rows and over those of each of six points.
    assert_eq!(table.row_count(), 6 * 7);
    let same = Summary::read(
        &question,
        vec!["fra".to_owned()],
        measures(&["fra".to_owned()], false),
        Certainty::new(&brief),
        |_| Ok::<_, ()>(vec![1.0; 24]),
    );
    let constant = same.unwrap().answer(&question);
    assert_eq!(constant.section("quantiles").unwrap().table.row_count(), 6);
    assert!(answer.findings.iter().any(|it| it.contains("in 1 row the routing does not settle")));
}

/// The twin: draws in a row, and each with a fresh solve. With one that is much like it, to see
/// that only equal questions share their answers.
#[test]
fn draws_in_a_row_are_those_of_fresh_solves() {
    let (mut shared, mut apart, mut moved) = (0, 0, 0);
    for seed in 0..600 {
        let kind = [Kind::Plain, Kind::Regular, Kind::Irregular][seed as usize % 3];
        let mut case = case(seed, kind);
        let bound = Bound::new();
        let Some(brief) = bound.brief(case.situation()) else { continue };
        let Ok(mut coins) = Coins::new(&brief) else { continue };
        let first = coins.toss(0);
        for draw in [7, 0, 8, 7] {
            let placement = coins.toss(draw);
            assert_eq!(placement, drawn(&brief, draw).unwrap(), "seed {seed}, draw {draw}");
            moved += usize::from(placement != first);
        }
        // Another seed, other capacities: the same draws, or it says that they are not.
        let mut other = case.clone();
        other.seed = seed + 1000;
        other.service.sites.iter_mut().for_each(|site| site.capacity.kqps = Some(3.0));
        let other_brief = bound.brief(other.situation()).unwrap();
        match coins.answers_for(&other_brief.script) {
            true => {
                shared += 1;
                let placement = coins.toss(9);
                assert_eq!(Ok(placement), drawn(&other_brief, 9), "seed {seed}");
            }
            false => apart += 1,
        }
        let coins = Coins::new(&brief).unwrap();
        assert!(coins.answers_for(&brief.script));
        let said = case.service.sites[0].active;
        let mut other = case.clone();
        other.service.sites[0].active = !said;
        assert!(!coins.answers_for(&bound.brief(other.situation()).unwrap().script));
        other = case.clone();
        other.overlay.closed.insert(u32::MAX);
        assert!(!coins.answers_for(&bound.brief(other.situation()).unwrap().script));
        drop(coins);
        case.rules.policy_noise = 0.5;
        let noisy = bound.brief(case.situation()).unwrap();
        if let Ok(coins) = Coins::new(&noisy) {
            let situation = Situation { seed: seed + 1, ..noisy.situation() };
            assert!(!coins.answers_for(&Script { situation, ..noisy.script }));
        }
    }
    assert!(shared > 150 && apart > 50 && moved > 100, "{shared} {apart} {moved}");
}

/// A row like a scenario but for what a configuration can say, and now and then for more. Returns
/// whether it can be said.
fn vary(draws: &mut Draws, case: &mut Case) -> bool {
    let world = &case.world;
    while case.service.sites.len() > 1 && draws.chance(30) {
        let gone = draws.below(case.service.sites.len() as u64) as usize;
        case.service.sites.remove(gone);
    }
    for site in &mut case.service.sites {
        site.active = draws.chance(85);
        site.capacity.kqps = draws.chance(50).then(|| 1.0 + draws.below(5) as f64);
        site.region = "eu".to_owned();
        for session in world.sessions(site.router) {
            match (draws.below(4), site.reach) {
                (0, Reach::Listed) => drop(site.announcements.remove(&session)),
                (1, Reach::Everyone) => {
                    site.announcements.entry(session).or_default().prepend = 2;
                }
                (2, _) => {
                    if let Some(said) = site.announcements.get_mut(&session) {
                        said.prepend = draws.below(4) as u8;
                    }
                }
                _ => {}
            }
        }
    }
    if world.session_count() > 0 {
        for _ in 0..draws.below(3) {
            let session = draws.below(world.session_count() as u64) as u32;
            let router = world.router_of_session(session);
            case.overlay.set_link(router, world.neighbors[session as usize], false);
            case.overlay.closed.insert(draws.below(world.session_count() as u64) as u32);
        }
    }
    let site = &mut case.service.sites[0];
    match draws.below(12) {
        0 => case.rules.rov_share = 0.3,
        1 => drop(case.overlay.leaks.insert(0)),
        2 => site.name = "other".parse().unwrap(),
        3 => {
            let Some(session) = world.sessions(site.router).next() else { return true };
            site.announcements.entry(session).or_default().med = Some(1);
        }
        _ => return true,
    }
    false
}

/// The twin: rows by lanes, and each by itself.
#[test]
fn rows_of_a_block_are_those_of_one_by_one() {
    let (mut blocks, mut said, mut apart, mut timed) = (0, 0, 0, 0);
    for seed in 0..250 {
        let mut draws = Draws::new(seed ^ 0x5eeb);
        let mut case = case(seed, Kind::Plain);
        let mut parts = WorldParts::clone(&case.world);
        // Sums in another order would be others.
        parts.weights.iter_mut().for_each(|it| *it *= 0.1 + draws.below(100) as f64 / 7.0);
        if draws.chance(30) {
            let at = draws.below(parts.router_places.len() as u64) as usize;
            parts.router_places[at] = 0;
        }
        case.world = World::from_parts(parts).unwrap();
        for site in &mut case.service.sites {
            if draws.chance(60) {
                site.reach = Reach::Listed;
                for session in case.world.sessions(site.router) {
                    let prepend = draws.below(3) as u8;
                    let it = Announcement { prepend, ..Announcement::default() };
                    site.announcements.insert(session, it);
                }
            }
        }
        let bound = Bound::new();
        let Some(brief) = bound.brief(case.situation()) else { continue };
        let service = loosest(brief.service());
        let Some(ground) = Ground::new(&brief, &service) else { continue };
        blocks += 1;
        let mut columns: Vec<String> =
            case.service.sites.iter().map(|site| site.name.to_string()).collect();
        columns.insert(1, "other".to_owned());
        let mut certainty = Certainty::new(&brief);
        let places = certainty.places(&brief);
        let (mut rows, mut expected) = (Vec::new(), Vec::new());
        for row in 0..100 {
            let mut varied = case.clone();
            let can_be_said = vary(&mut draws, &mut varied);
            let row_brief = bound.brief(varied.situation()).unwrap();
            let Some(lane) = ground.row(&row_brief.script, &columns).unwrap() else {
                assert!(!can_be_said, "seed {seed}, row {row}");
                apart += 1;
                continue;
            };
            assert!(can_be_said, "seed {seed}, row {row}");
            said += 1;
            rows.push(lane);
            let placement = Oracle::by(Method::Solve, &row_brief).unwrap().base().unwrap();
            timed += placement.rtt_ms.iter().flatten().count();
            let sites = RowSites::new(row_brief.service(), &columns).unwrap();
            let values = of_placement(&row_brief, &placement, &sites);
            expected.push((values, places.landed(&placement, &sites)));
        }
        let mut asked = 0;
        ground.asker().ask(&rows, |row, found| {
            let Found { values, landed } = found.unwrap();
            let bits = |values: &[f64]| values.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&values), bits(&expected[row].0), "seed {seed}, row {row}");
            assert_eq!(landed, expected[row].1, "seed {seed}, row {row}");
            certainty.add(&landed);
            asked += 1;
        });
        assert_eq!(asked, rows.len());
        let missing = [columns[0].clone()];
        assert!(case.service.sites.len() == 1 || ground.row(&brief.script, &missing).is_err());
    }
    assert!(blocks > 150 && said > 10_000 && apart > 3000, "{blocks} {said} {apart}");
    assert!(timed > 500, "{timed}");
}

#[test]
fn what_lanes_do_not_know_is_asked_one_by_one() {
    let bound = Bound::new();
    // Routers keep what is older.
    let mut case = case(1, Kind::Plain);
    let service = loosest(&case.service);
    assert!(Ground::new(&bound.brief(case.situation()).unwrap(), &service).is_some());
    case.rules.oldest_rule = Some(catchment_model::rules::OldestRule::Timestamp);
    assert!(Ground::new(&bound.brief(case.situation()).unwrap(), &service).is_none());
    case.rules.oldest_rule = Some(catchment_model::rules::OldestRule::None);
    // Round trips are known.
    let mut parts = WorldParts::clone(&case.world);
    parts.router_places.fill(0);
    case.world = World::from_parts(parts).unwrap();
    assert!(Ground::new(&bound.brief(case.situation()).unwrap(), &service).is_none());
}

#[test]
fn more_columns_than_a_short_number_are_kept_too() {
    let (story, bound) = (eight(""), Bound::new());
    let brief = bound.brief(situation(&story.assembled)).unwrap();
    let mut certainty = Certainty::new(&brief);
    let count = certainty.source_count();
    for column in [Some(3), Some(0xffff), None, Some(70_000)] {
        certainty.add(&Landed::whole(std::iter::repeat_n(column, count)));
    }
    let mut other = Certainty::new(&brief);
    let parts = |site| (0..count as u32).map(move |source| Landing { source, site, share: 1.0 });
    for site in [3, 0xffff, u32::MAX, 70_000] {
        other.add(&Landed::Parts(parts(site).collect()));
    }
    assert_eq!(certainty, other);
}
