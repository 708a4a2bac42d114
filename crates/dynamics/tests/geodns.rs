//! GeoDNS on worlds that people know: the fixture of models 12.4 and the formulas of models 4.3.

use std::collections::BTreeMap;

use catchment_dynamics::geodns::{deliver, formulas, regions};
use catchment_dynamics::{Delivery, Fate, FateChange, Script, Stream};
use catchment_model::rules::Rules;
use catchment_model::scenario::{FailureKind, GeoDns, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::{Capacity, Reach, Site};
use catchment_model::{Asn, Duration, Overlay, Service, World, WorldBuilder};
use catchment_routing::Situation;
use catchment_testkit::story::{Story, situation, story};

const S: i64 = 1_000_000;

/// The settings without clamps and violators, so that bounds hold for everybody.
fn honest() -> GeoDns {
    GeoDns { ttl_stretch_share: 0.0, min_ttl_share: 0.0, ..GeoDns::default() }
}

/// Asks with everything that a script borrows.
fn with_script<T>(
    situation: Situation<'_>,
    geodns: &GeoDns,
    schedule: &[Occurrence],
    regional: &BTreeMap<String, u16>,
    ask: impl FnOnce(&Script<'_>) -> T,
) -> T {
    let (steering, client_gbps) = (Steering::GeoDns, &BTreeMap::new());
    ask(&Script {
        situation,
        schedule,
        steering,
        prefix: 0,
        geodns,
        regional,
        client_gbps,
        senders: None,
        bystanders: false,
    })
}

/// Lines such as `30 fra silent` or `90 fra restore`, in seconds.
fn schedule(service: &Service, text: &str) -> Vec<Occurrence> {
    let occurrence = |(index, line): (u32, &str)| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let site = service.site_index(&words[1].parse().unwrap()).unwrap();
        let how = FailureKind::NAMES.iter().find(|(name, _)| *name == words[2]);
        let deed = match how {
            Some((_, how)) => Deed::Fail { site, how: *how },
            None => Deed::Restore { site },
        };
        let at = Duration::from_s(words[0].parse().unwrap());
        Occurrence { at, index, deed, label: line.to_owned() }
    };
    (0..).zip(text.split(", ").filter(|line| !line.is_empty())).map(occurrence).collect()
}

/// Plays GeoDNS on a story.
fn play(story: &Story, geodns: &GeoDns, text: &str) -> Delivery {
    let schedule = schedule(&story.assembled.service, text);
    with_script(situation(&story.assembled), geodns, &schedule, &BTreeMap::new(), deliver)
}

/// The name of a site.
fn name(story: &Story, site: u32) -> &str {
    story.assembled.service.sites[site as usize].name.as_str()
}

/// The nearest site for each client but for those in `without`, by haversine.
fn nearest(story: &Story, router: u32, without: &[&str]) -> u32 {
    let world = &story.assembled.world;
    let km = |site: u32| {
        let there = story.assembled.service.sites[site as usize].router;
        world.distance_km(router, there).unwrap()
    };
    (0..story.assembled.service.sites.len() as u32)
        .filter(|site| !without.contains(&name(story, *site)))
        .min_by(|a, b| km(*a).total_cmp(&km(*b)))
        .unwrap()
}

/// Who changes, and to what: `Berlin lhr`, once for each source, in order of time.
fn moves(story: &Story, delivery: &Delivery) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &delivery.changes {
        let source = delivery.streams[change.stream as usize].source;
        let site = change.fate.site().map_or(change.fate.name(), |site| name(story, site));
        let line = format!("{} {site}", delivery.sources[source as usize].name);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

#[test]
fn eight_sends_everyone_to_the_nearest_living_site() {
    let story = story("[world]\nbuiltin = \"eight\"");
    for failed in ["", "jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"] {
        let text = if failed.is_empty() { String::new() } else { format!("0 {failed} silent") };
        let delivery = play(&story, &GeoDns::default(), &text);
        assert_eq!(delivery.sources.len(), 17);
        for (fates, without) in [(&delivery.start, ""), (&delivery.at(delivery.end_us), failed)] {
            for (stream, fate) in delivery.streams.iter().zip(fates) {
                let router = delivery.sources[stream.source as usize].router;
                assert_eq!(*fate, Fate::Served(nearest(&story, router, &[without])));
            }
        }
    }
}

#[test]
fn eight_without_fra_three_wait_for_detection_and_ttl() {
    let story = story("[world]\nbuiltin = \"eight\"");
    for seed in 0..20 {
        let mut story = story.clone();
        story.assembled.seed = seed;
        let delivery = play(&story, &honest(), "30 fra withdraw");
        let mut moved = moves(&story, &delivery);
        moved[3..].sort_unstable();
        assert_eq!(
            moved,
            [
                "Berlin stale",
                "Moscow stale",
                "Istanbul stale",
                "Berlin lhr",
                "Istanbul lhr",
                "Moscow lhr"
            ]
        );
        let (lost, back): (Vec<FateChange>, Vec<FateChange>) =
            delivery.changes.iter().copied().partition(|change| change.fate.site().is_none());
        assert!(lost.iter().all(|change| change.at_us == 30 * S));
        // One health check for all, one expiry for each entry.
        let detection_us = back[0].stages.detection_us;
        assert!((60 * S..90 * S).contains(&detection_us));
        for change in back {
            assert_eq!(change.stages.detection_us, detection_us);
            assert!((0..60 * S).contains(&change.stages.client_us));
            assert_eq!(change.at_us, 30 * S + detection_us + change.stages.client_us);
        }
    }
}

#[test]
fn eight_a_drained_site_loses_nobody() {
    let story = story("[world]\nbuiltin = \"eight\"");
    let delivery = play(&story, &honest(), "30 fra drain, 1000 fra restore");
    assert!(delivery.changes.iter().all(|change| change.fate.site().is_some()));
    assert!(delivery.changes.iter().all(|change| change.stages.detection_us == 0));
    assert!(delivery.changes.iter().all(|change| change.stages.client_us < 60 * S));
    assert_eq!(delivery.at(999 * S).len(), 34);
    assert_eq!(delivery.at(delivery.end_us), delivery.start);
    assert_eq!(moves(&story, &delivery).len(), 6);
}

#[test]
fn eight_clients_of_one_public_resolver_switch_together() {
    let story = story("[world]\nbuiltin = \"eight\"");
    let geodns = GeoDns { public_share: Some(1.0), ecs_share: 0.0, ..honest() };
    let delivery = play(&story, &geodns, "30 fra withdraw");
    let back: Vec<i64> = delivery
        .changes
        .iter()
        .filter(|change| change.fate.site().is_some())
        .map(|change| change.at_us)
        .collect();
    // Berlin, Moscow and Istanbul all ask the resolver in FRA.
    assert_eq!(back.len(), 3);
    assert!(back.iter().all(|at_us| *at_us == back[0]));
}

#[test]
fn eight_without_any_site_there_is_no_answer() {
    let story = story("[world]\nbuiltin = \"eight\"");
    let all = ["jfk", "mia", "gru", "lhr", "fra", "bom", "nrt", "sin"];
    let fails: Vec<String> = all.iter().map(|site| format!("0 {site} silent")).collect();
    let text = format!("{}, 500 sin restore", fails.join(", "));
    let delivery = play(&story, &honest(), &text);
    assert!(delivery.at(0).iter().all(|fate| matches!(fate, Fate::Stale(Some(_)))));
    assert!(delivery.at(499 * S).iter().all(|fate| *fate == Fate::NoRoute));
    let sin = story.assembled.service.site_index(&"sin".parse().unwrap()).unwrap();
    assert!(delivery.at(delivery.end_us).iter().all(|fate| *fate == Fate::Served(sin)));
    assert!(delivery.end_us < 500 * S + 90 * S + 60 * S);
}

#[test]
fn eight_in_regions_a_region_leaves_with_its_last_site() {
    let mut story = story("[world]\nbuiltin = \"eight\"");
    let tags = [("jfk", "us"), ("mia", "us"), ("lhr", "eu"), ("fra", "eu"), ("bom", "asia")];
    for site in &mut story.assembled.service.sites {
        let tag = tags.iter().find(|(name, _)| *name == site.name.as_str());
        site.region = tag.map_or(String::new(), |(_, region)| (*region).to_owned());
    }
    let regional: BTreeMap<String, u16> =
        ["us", "eu", "asia"].map(str::to_owned).into_iter().zip(0..).collect();
    let play = |text: &str| {
        let schedule = schedule(&story.assembled.service, text);
        with_script(situation(&story.assembled), &honest(), &schedule, &regional, regions)
    };
    let told = |answers: &catchment_dynamics::geodns::RegionAnswers, client: &str| {
        let stream = answers
            .streams
            .iter()
            .position(|stream| answers.sources[stream.source as usize].name == client)
            .unwrap();
        let mut changes = answers.changes.iter().filter(|change| change.stream == stream as u32);
        let last = changes.next_back().map(|change| (change.region, change.cause));
        (answers.start[stream], last)
    };
    // Berlin goes to LHR then, but that is the same region.
    let answers = play("0 fra silent");
    assert_eq!(told(&answers, "Berlin"), (Some(1), None));
    assert_eq!(told(&answers, "New York-A"), (Some(0), None));
    // Nearest to SIN, which has no region: so to the nearest that has one.
    assert_eq!(told(&answers, "Singapore"), (Some(2), None));
    // Istanbul is nearer to LHR than to BOM.
    let answers = play("0 fra silent, 200 lhr silent");
    assert_eq!(told(&answers, "London"), (Some(1), Some((Some(0), 1))));
    assert_eq!(told(&answers, "Istanbul"), (Some(1), Some((Some(2), 1))));
    assert!(answers.changes.iter().all(|change| change.at_us >= 260 * S));
}

/// Two sites in a world without places, and clients that each have a resolver of their own.
fn many(client_count: u32) -> (World, Service) {
    let mut builder = WorldBuilder::new("many");
    for index in 0..client_count + 2 {
        let router = builder.router(Asn(1 + index), None);
        builder.weight(router, if index < 2 { 0.0 } else { 1.0 });
    }
    let built = builder.build().unwrap();
    let site = |index: u32| Site {
        name: format!("s{index}").parse().unwrap(),
        asn: Asn(1 + index),
        router: built.router_of[index as usize],
        own_router: true,
        active: true,
        prefixes: vec![0],
        reach: Reach::Everyone,
        announcements: BTreeMap::new(),
        capacity: Capacity::default(),
        region: String::new(),
    };
    let service = Service { sites: vec![site(0), site(1)], ..Service::default() };
    (built.world, service)
}

/// Fails the site that all are at, 100 s after the start.
fn fail_first(client_count: u32, geodns: &GeoDns) -> Delivery {
    let (world, service) = many(client_count);
    fail_in(&world, &service, geodns)
}

fn fail_in(world: &World, service: &Service, geodns: &GeoDns) -> Delivery {
    let (overlay, rules) = (&Overlay::default(), &Rules::default());
    let schedule = schedule(service, "100 s0 silent");
    let situation = Situation { world, overlay, service, rules, seed: 5 };
    with_script(situation, geodns, &schedule, &BTreeMap::new(), deliver)
}

#[test]
fn clients_of_one_network_in_one_city_share_a_resolver() {
    let (world, service) = many(2);
    let mut builder = WorldBuilder::from_world(&world);
    let handles: Vec<_> = [3, 4]
        .into_iter()
        .flat_map(|asn| builder.routers_of_asn(Asn(asn)).collect::<Vec<_>>())
        .collect();
    builder.client("a", handles[0], "", 1.0);
    builder.client("b", handles[0], "", 2.0);
    builder.client("c", handles[1], "", 3.0);
    let world = builder.build().unwrap().world;
    let delivery = fail_in(&world, &service, &GeoDns { ecs_share: 0.25, ..honest() });
    let back_us = |source: u32, share: f64| {
        let stream = Stream { source, share };
        let index = delivery.streams.iter().position(|it| *it == stream).unwrap() as u32;
        delivery.changes.iter().rfind(|change| change.stream == index).unwrap().at_us
    };
    assert_eq!(back_us(0, 0.75), back_us(1, 0.75));
    assert_ne!(back_us(0, 0.75), back_us(2, 0.75));
    // Subnets have entries of their own.
    assert_ne!(back_us(0, 0.25), back_us(1, 0.25));
    assert_ne!(back_us(0, 0.25), back_us(0, 0.75));
}

/// One resolver each: nobody's is public, nobody's sends a subnet.
fn alone(geodns: GeoDns) -> GeoDns {
    GeoDns { public_share: Some(0.0), ecs_share: 0.0, ..geodns }
}

/// The share of streams that are sent to the dead site, `t_s` after its failure.
fn still(delivery: &Delivery, t_s: f64) -> f64 {
    let at_us = 100 * S + (t_s * 1e6) as i64;
    let stale = delivery.at(at_us).iter().filter(|fate| matches!(fate, Fate::Stale(_))).count();
    stale as f64 / delivery.streams.len() as f64
}

/// When the health check found out, in s after the failure.
fn detection_s(delivery: &Delivery) -> f64 {
    delivery.changes.last().unwrap().stages.detection_us as f64 / 1e6
}

/// Three standard errors of a share of 20 000.
const TOLERANCE: f64 = 3.0 * 0.5 / 141.4;

#[test]
fn t4_1_and_t4_2_simulated_honest_resolvers() {
    let delivery = fail_first(20_000, &alone(honest()));
    let found_s = detection_s(&delivery);
    assert!((60.0..90.0).contains(&found_s));
    for after_s in [-1.0, 0.0, 7.0, 15.0, 30.0, 45.0, 59.0, 60.1] {
        let formula = formulas::still_on_dead_site(found_s + after_s, found_s, 60.0, 0.0, 0.0);
        let simulated = still(&delivery, found_s + after_s);
        assert!((formula - simulated).abs() < TOLERANCE, "{after_s}: {formula} {simulated}");
    }
    let outages_s: Vec<f64> = delivery
        .changes
        .iter()
        .filter(|change| change.fate.site().is_some())
        .map(|change| (change.at_us - 100 * S) as f64 / 1e6)
        .collect();
    assert_eq!(outages_s.len(), 20_000);
    let mean_s = outages_s.iter().sum::<f64>() / 20_000.0;
    // Three standard errors of an even spread over 60 s: 3 × 60/√12 / √20 000 = 0.37.
    assert!((mean_s - formulas::outage_mean_s(found_s, 60.0)).abs() < 0.37, "{mean_s}");
    let longest_s = outages_s.iter().copied().fold(0.0, f64::max);
    assert!(longest_s <= formulas::outage_max_honest_s(found_s, 60.0), "{longest_s}");
    assert!(longest_s <= formulas::outage_max_honest_s(90.0, 60.0));
}

#[test]
fn t4_2_simulated_with_one_stretched_ttl() {
    // The minimum is the lever with a fixed length, as the formula has it.
    let geodns = GeoDns { min_ttl_share: 0.0874, min_ttl: Duration::from_s(3600), ..honest() };
    let delivery = fail_first(20_000, &alone(geodns));
    let found_s = detection_s(&delivery);
    for after_s in [0.0, 15.0, 30.0, 60.0, 900.0, 1800.0, 3500.0] {
        let formula =
            formulas::still_on_dead_site(found_s + after_s, found_s, 60.0, 0.0874, 3600.0);
        let simulated = still(&delivery, found_s + after_s);
        assert!((formula - simulated).abs() < TOLERANCE, "{after_s}: {formula} {simulated}");
    }
}

#[test]
fn stretched_ttls_are_lognormal_and_never_below_the_ttl() {
    let geodns = GeoDns { ttl_stretch_share: 1.0, ..honest() };
    let delivery = fail_first(20_000, &alone(geodns));
    let found_s = detection_s(&delivery);
    // The mean of the formula over the lognormal law, by its quantiles: the normal ones come from
    // bisection of erfc.
    let quantile = |share: f64| {
        let (mut low, mut high) = (-9.0, 9.0);
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            let below = 0.5 * libm::erfc(-middle / std::f64::consts::SQRT_2);
            if below < share { low = middle } else { high = middle }
        }
        low
    };
    let stretched_s: Vec<f64> = (0..2000)
        .map(|index| (1800.0 * libm::exp(quantile((f64::from(index) + 0.5) / 2000.0))).max(60.0))
        .collect();
    for after_s in [0.0, 60.0, 600.0, 1800.0, 7200.0] {
        let t_s = found_s + after_s;
        let formula = stretched_s
            .iter()
            .map(|ttl_s| formulas::still_on_dead_site(t_s, found_s, 60.0, 1.0, *ttl_s))
            .sum::<f64>()
            / 2000.0;
        let simulated = still(&delivery, t_s);
        assert!((formula - simulated).abs() < TOLERANCE, "{after_s}: {formula} {simulated}");
    }
}

#[test]
fn a_world_without_places_answers_with_the_first_site() {
    let delivery = fail_first(50, &GeoDns::default());
    assert_eq!(delivery.streams.len(), 150);
    assert!(delivery.start.iter().all(|fate| *fate == Fate::Served(0)));
    assert!(delivery.at(delivery.end_us).iter().all(|fate| *fate == Fate::Served(1)));
}
