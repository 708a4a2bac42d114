//! Why a dot lands where it does, what moves it, and who is found.

mod common;

use catchment_formats::scenario::{Syntax, read, write_json};
use catchment_model::Scenario;
use catchment_server::api::{SteeringName, Why};
use catchment_server::engine::Played;
use common::{go_on, library, play, played};
use serde_json::{Value, json};

const ISTANBUL: u32 = 65545;

fn why(played: &Played, run: usize, asn: u32, at_s: i64) -> Why {
    let clients = &played.result.clients;
    let dot = clients.iter().find(|client| client.asn == asn).unwrap().dot;
    played.why(run, dot, at_s * 1_000_000, &go_on).unwrap()
}

fn site(played: &Played, site: Option<u32>) -> &str {
    site.map_or("-", |site| &played.result.sites[site as usize].name)
}

#[test]
fn istanbul_is_told_from_before_the_failure_to_after_the_return() {
    let played = played("hello", &[]);
    let before = why(&played, 0, ISTANBUL, 0);
    assert_eq!(site(&played, before.site), "fra");
    let verdict = "AS65545 Istanbul, IST takes the shorter round trip: 39.3 ms through AS1299 to \
                   fra, not 102.2 ms through AS6453 to bom";
    assert_eq!(before.verdict, verdict);
    assert_eq!((before.asn, before.hops.len()), (ISTANBUL, 4));
    assert_eq!(before.hops[0].steps[..2], ["path-length", "oldest"]);
    assert_eq!(before.hops[0].options[0].lost_at, None);
    assert!(before.hops[0].options[1].lost_at.is_some());
    assert!(before.hops[0].options[0].rtt_ms.is_some());
    assert_eq!(before.command, "catchment explain SCENARIO.toml --as 65545 --at 0s");
    let during = why(&played, 0, ISTANBUL, 60);
    assert_eq!(site(&played, during.site), "bom");
    assert!(during.nearest.iter().all(|near| site(&played, Some(near.site)) != "fra"));
    let after = why(&played, 0, ISTANBUL, 900);
    assert_eq!(site(&played, after.site), "bom");
    let verdict = "AS65545 Istanbul, IST keeps the older route, to bom through AS6453 (in use \
                   since 10.051 s): the other, to fra through AS1299, is no better";
    assert_eq!(after.verdict, verdict);
    let fates: Vec<&str> = after.packets.iter().map(|packet| &*packet.text).collect();
    assert_eq!((fates[0], fates[fates.len() - 1]), ("served by fra", "served by bom"));
    assert_eq!(after.changes.last().unwrap().site, after.site);
    // The nearest is Frankfurt, and no way is faster than straight through fibre.
    assert_eq!(site(&played, Some(after.nearest[0].site)), "fra");
    let best = after.nearest.iter().map(|near| near.rtt_ms).fold(f64::INFINITY, f64::min);
    assert!(after.rtt_ms.unwrap() > best);
}

#[test]
fn the_story_is_that_of_the_command_line() {
    // What the routers of the way did is found by one run with a walk that another run knows.
    let played = played("restore-surprise", &[]);
    for client in &played.result.clients {
        for at_us in [0, 10_050_000, 30_000_000, 1_000_000_000] {
            let why = played.why(0, client.dot, at_us, &go_on).unwrap();
            let expected = common::history("restore-surprise", client.dot, at_us);
            let labels: Vec<&str> = why.hops.iter().map(|hop| &*hop.label).collect();
            let known: Vec<&str> = expected.hops.iter().map(|hop| &*hop.hop.label).collect();
            assert_eq!(labels, known);
            let told: Vec<&str> = why.packets.iter().map(|it| &*it.text).collect();
            let known: Vec<&str> = expected.packets.iter().map(|it| &*it.text).collect();
            assert_eq!(told, known);
            let told: Vec<i64> = why.changes.iter().map(|it| it.at_us).collect();
            let known: Vec<i64> = expected.pasts[0].changes.iter().map(|it| it.at_us).collect();
            assert_eq!(told, known);
        }
    }
}

#[test]
fn flips_move_the_dot_when_their_events_happen() {
    let mut kinds = std::collections::BTreeSet::new();
    let eight: Value = serde_json::from_str(&write_json(&library("eight"))).unwrap();
    let mut wider = eight.clone();
    // A site with a choice of whom to tell, and something said already.
    let neighbors = json!([{ "asn": 1299 }, { "asn": 2914, "prepend": 1 }]);
    wider["site"] = json!([{ "name": "fra", "neighbors": neighbors }]);
    for base in [eight, wider] {
        let played = play(of_json(&base), &[]).unwrap();
        for client in &played.result.clients {
            let why = played.why(0, client.dot, 0, &go_on).unwrap();
            for flip in &why.flips {
                assert!(!flip.events.is_empty(), "{}", flip.action);
                assert_ne!(flip.lands_at, why.site, "{}", flip.action);
                kinds.insert(kind(&flip.action));
                let at = |event: &Value| {
                    let mut event = event.clone();
                    event["at"] = json!("5s");
                    event
                };
                let mut changed = base.clone();
                changed["event"] = flip.events.iter().map(at).collect();
                let moved = play(of_json(&changed), &[]);
                let moved = moved.unwrap_or_else(|it| panic!("{}: {it:?}", flip.action));
                let then = moved.why(0, client.dot, 900_000_000, &go_on).unwrap();
                let told = (&*client.name, &*flip.action, site(&moved, then.site));
                assert_eq!(told.2, site(&moved, flip.lands_at), "{told:?}");
            }
        }
    }
    let all = ["prepend to all", "prepend to one", "say nothing to one", "withdraw"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all);
}

#[test]
fn there_are_no_flips_where_the_steady_state_has_the_dot_elsewhere() {
    let played = play(failing_at_1s(), &[]).unwrap();
    let clients = &played.result.clients;
    let dot = clients.iter().find(|client| client.asn == ISTANBUL).unwrap().dot;
    let at = |at_us| played.why(0, dot, at_us, &go_on).unwrap();
    let sites = |why: &Why| (site(&played, why.site).to_owned(), why.settled_site);
    let bom = played.result.sites.iter().position(|site| site.name == "bom").unwrap() as u32;
    // Before, and when all has settled, both are one, and something would move it.
    for at_us in [0, 900_000_000] {
        let why = at(at_us);
        assert_eq!(why.settled_site, why.site, "{at_us}");
        assert!(!why.flips.is_empty());
    }
    // On its way to Mumbai it is at London for a while.
    let under_way = at(1_020_000);
    assert_eq!(sites(&under_way), ("lhr".to_owned(), Some(bom)));
    assert!(under_way.flips.is_empty(), "{:?}", under_way.flips);
    // In the story as it is, age keeps it there after Frankfurt has returned.
    let hello = self::played("hello", &[]);
    let after = why(&hello, 0, ISTANBUL, 900);
    let settled = site(&hello, after.settled_site).to_owned();
    assert_eq!((site(&hello, after.site), &*settled), ("bom", "fra"));
    assert!(after.flips.is_empty());
}

/// The scenario `hello`, where Frankfurt fails a second after the start.
fn failing_at_1s() -> Scenario {
    let mut scenario: Value = serde_json::from_str(&write_json(&library("hello"))).unwrap();
    scenario["event"] = json!([{ "at": "1s", "fail": "fra" }]);
    of_json(&scenario)
}

fn of_json(scenario: &Value) -> Scenario {
    read(&scenario.to_string(), Syntax::Json, &[]).unwrap().scenario
}

fn kind(action: &str) -> &'static str {
    match action {
        _ if action.contains("towards all") => "prepend to all",
        _ if action.starts_with("prepend") => "prepend to one",
        _ if action.starts_with("stop announcing to ") => "say nothing to one",
        _ => "withdraw",
    }
}

#[test]
fn dns_is_told_by_its_answers() {
    let played = played("hello", &[SteeringName::Geodns]);
    let before = why(&played, 0, ISTANBUL, 0);
    assert_eq!(site(&played, before.site), "fra");
    let verdict = "AS65545 Istanbul, IST: its resolver answers with fra, the nearest healthy site \
                   (1837 km)";
    assert_eq!(before.verdict, verdict);
    assert!(before.hops.is_empty() && before.flips.is_empty());
    let during = why(&played, 0, ISTANBUL, 20);
    let verdict = "AS65545 Istanbul, IST: its resolver still answers with fra, which has been gone \
                   since 10 s";
    assert_eq!(during.verdict, verdict);
    assert_eq!(during.site, None);
    assert!(why(&played, 0, ISTANBUL, 500).site.is_some());
}

#[test]
fn hybrid_steering_asks_about_the_prefix_that_dns_names() {
    let played = played("regional-geodns", &[]);
    let prefixes = &played.result.prefixes;
    let mut asked = std::collections::BTreeSet::new();
    for client in &played.result.clients {
        let why = played.why(0, client.dot, 0, &go_on).unwrap();
        let start = why.packets.iter().find(|packet| packet.at_us == 0).unwrap();
        assert_eq!(why.site, Some(u32::from(start.fate)), "{}", client.name);
        assert!(!why.hops.is_empty());
        asked.extend(prefixes.iter().find(|prefix| why.command.contains(*prefix)));
    }
    assert!(asked.len() > 1, "{asked:?}");
}

#[test]
fn who_is_near_can_be_added_to_the_scenario() {
    let played = played("hello", &[]);
    let near = played.nearest(48.8566, 2.3522, None).unwrap();
    let client = near.client.clone().unwrap();
    assert_eq!(client["at"], json!([48.86, 2.35]));
    assert_eq!(client["name"], json!("Paris"));
    assert_eq!((near.asn, &client["asn"]), (4_200_000_000, &json!(4_200_000_000_u32)));
    let mut scenario: Value = serde_json::from_str(&write_json(&library("hello"))).unwrap();
    scenario["client"] = json!([client]);
    let with = play(of_json(&scenario), &[]).unwrap();
    let added = with.result.clients.last().unwrap();
    assert_eq!((&*added.name, added.asn, added.index), ("Paris", 4_200_000_000, Some(0)));
    assert_eq!((added.weight, &*added.region), (1.0, "uk"));
    // London is nearest, and its provider serves Paris too.
    assert!(near.text.contains("London"), "{}", near.text);
    // The next one gets another number, and coordinates where no city is.
    let next = with.nearest(0.0, -30.0, None).unwrap().client.unwrap();
    assert_eq!(
        (&next["asn"], &next["name"]),
        (&json!(4_200_000_001_u32), &json!("Client at 0.0 N, 30.0 W"))
    );
    assert_eq!(played.nearest(91.0, 0.0, None).unwrap_err().status, 422);
}

#[test]
fn whoever_moves_is_no_model_of_itself_and_names_are_unique() {
    let hello: Value = serde_json::from_str(&write_json(&library("hello"))).unwrap();
    let mut scenario = hello.clone();
    let add = |scenario: &mut Value, at: (f64, f64)| {
        let near = play(of_json(scenario), &[]).unwrap().nearest(at.0, at.1, None).unwrap();
        let client = near.client.unwrap();
        let mut clients = scenario["client"].as_array().cloned().unwrap_or_default();
        clients.push(client.clone());
        scenario["client"] = json!(clients);
        client["name"].as_str().unwrap().to_owned()
    };
    let madrid = (40.42, -3.70);
    let names: Vec<String> = (0..3).map(|_| add(&mut scenario, madrid)).collect();
    assert_eq!(names, ["Madrid", "Madrid 2", "Madrid 3"]);
    let at_sea: Vec<String> = (0..2).map(|_| add(&mut scenario, (0.0, -30.0))).collect();
    assert_eq!(at_sea, ["Client at 0.0 N, 30.0 W", "Client at 0.0 N, 30.0 W 2"]);
    // One that moves keeps its name within its city, and takes somebody else for a model.
    let mut scenario = hello;
    assert_eq!(add(&mut scenario, madrid), "Madrid");
    let played = play(of_json(&scenario), &[]).unwrap();
    let model = |except| {
        let near = played.nearest(madrid.0 + 0.1, madrid.1, except).unwrap();
        (near.text.clone(), near.client.unwrap()["name"].as_str().unwrap().to_owned())
    };
    let (text, name) = model(None);
    assert!(text.contains("as Madrid is") && name == "Madrid 2", "{text} {name}");
    let (text, name) = model(Some(4_200_000_000));
    assert!(!text.contains("as Madrid is") && name == "Madrid", "{text} {name}");
}

#[test]
fn a_search_finds_numbers_names_and_cities() {
    let played = played("hello", &[]);
    let first = |text: &str| {
        let found = played.search(text);
        found.first().map_or(String::new(), |found| found.label.clone())
    };
    assert_eq!(first("istanbul"), "AS65545 Istanbul, IST");
    assert!(first("1299").starts_with("AS1299 Arelion"));
    assert!(first("as1299").starts_with("AS1299 Arelion"));
    assert!(first("tELx").starts_with("AS12956 Telxius"));
    assert_eq!(first("fra"), "AS64500, FRA");
    assert!(first("ist").ends_with("IST"));
    assert_eq!(played.search("frankfurt").len(), 5);
    assert!(played.search("zzz").is_empty() && played.search("  ").is_empty());
    assert!(played.search("6").len() <= 20);
}
