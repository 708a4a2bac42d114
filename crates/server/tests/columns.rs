//! Columns say what the timeline says, number by number.

mod common;

use std::collections::BTreeMap;

use catchment_dynamics::engine::NO_SLOT;
use catchment_dynamics::outcome::Outcome;
use catchment_dynamics::play::Timeline;
use catchment_model::scenario::Steering;
use catchment_server::columns::{NO_EVENT, fate_code};
use common::{Reference, decode, library, play, played, steered};

/// Compares the columns of a scenario with a run of its own. Returns them.
#[track_caller]
fn check(name: &str, steering: Steering) -> (BTreeMap<String, Vec<f64>>, Timeline, Reference) {
    let scenario = steered(name, steering);
    let columns = decode(&play(scenario.clone(), &[]).unwrap().timeline(0).unwrap());
    let reference = Reference::new(scenario);
    let timeline = reference.timeline(true);
    let deliveries = [&timeline.delivery, &timeline.bystanders];
    let all = |value: &dyn Fn(&catchment_dynamics::Delivery) -> Vec<f64>| -> Vec<f64> {
        deliveries.iter().flat_map(|delivery| value(delivery)).collect()
    };
    let dots = all(&|it| {
        let router = |source: u32| f64::from(it.sources[source as usize].router);
        it.streams.iter().map(|stream| router(stream.source)).collect()
    });
    assert_eq!(columns["stream_dot"], dots);
    // Every dot has a stream, and its shares sum to 1.
    let mut shares = vec![0.0; reference.assembled.world.router_count()];
    for (dot, share) in dots.iter().zip(&columns["stream_share"]) {
        shares[*dot as usize] += share;
    }
    assert!(shares.iter().all(|share| (share - 1.0).abs() < 1e-6), "{shares:?}");
    let start = all(&|it| it.start.iter().map(|fate| f64::from(fate_code(*fate))).collect());
    assert_eq!(columns["stream_start"], start);

    let offset = timeline.delivery.streams.len() as u32;
    let mut changes: Vec<[f64; 6]> = Vec::new();
    for (delivery, offset) in deliveries.into_iter().zip([0, offset]) {
        changes.extend(delivery.changes.iter().map(|it| {
            [
                it.at_us as f64,
                f64::from(it.stream + offset),
                f64::from(fate_code(it.fate)),
                it.cause.min(u32::from(NO_EVENT)).into(),
                it.stages.detection_us as f64,
                it.stages.client_us as f64,
            ]
        }));
    }
    changes.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    assert!(!changes.is_empty());
    let mut names = vec!["fate_at", "fate_stream", "fate", "fate_cause"];
    assert_eq!(columns.contains_key("fate_noticed"), steering != Steering::Anycast);
    if steering != Steering::Anycast {
        names.extend(["fate_noticed", "fate_cached"]);
    }
    for (index, name) in names.into_iter().enumerate() {
        let column: Vec<f64> = changes.iter().map(|change| change[index]).collect();
        assert_eq!(columns[name], column, "{name}");
    }

    let outcome = Outcome::of(&reference.script(true), &timeline);
    let unserved = outcome.unserved.iter().map(|it| it.value).collect::<Vec<_>>();
    assert_eq!(columns["unserved"], unserved);
    let steps = &timeline.load.steps;
    assert_eq!(columns["load_at"].len(), steps.len());
    assert_eq!(columns["load_used"], steps.iter().map(|it| it.utilization).collect::<Vec<_>>());
    (columns, timeline, reference)
}

#[test]
fn columns_of_anycast_are_those_of_the_timeline() {
    for name in ["hello", "four-cities", "restore-surprise", "frankfurt-fails"] {
        let (columns, timeline, _) = check(name, Steering::Anycast);
        let [log] = &timeline.routes[..] else { panic!("one prefix") };
        let length = |best: &catchment_dynamics::engine::Best| match best.slot {
            NO_SLOT => 255.0,
            _ => f64::from(log.paths.length(best.told.path())),
        };
        assert_eq!(columns["length"], log.start.iter().map(length).collect::<Vec<_>>());
        let changes = &log.changes;
        let at = changes.iter().map(|it| it.at_us as f64).collect::<Vec<_>>();
        assert_eq!(columns["route_at"], at);
        let dots = changes.iter().map(|it| f64::from(it.router)).collect::<Vec<_>>();
        assert_eq!(columns["route_dot"], dots);
        let lengths = changes.iter().map(|it| length(&it.best)).collect::<Vec<_>>();
        assert_eq!(columns["route_length"], lengths);
    }
}

#[test]
fn columns_of_dns_say_how_long_it_took_to_notice_and_to_forget() {
    let (columns, ..) = check("hello", Steering::GeoDns);
    assert!(columns["fate_cached"].iter().any(|us| *us > 0.0));
    assert!(columns["length"].is_empty() && columns["route_at"].is_empty());
}

#[test]
fn lengths_of_hybrid_steering_are_those_to_the_prefix_that_dns_names() {
    let (columns, timeline, reference) = check("regional-geodns", Steering::Hybrid);
    // The slow way: for some times, each dot by itself.
    let script = reference.script(true);
    let end_us = timeline.delivery.end_us;
    for at_us in [0, 11_000_000, 60_000_000, 150_000_000, end_us / 2, end_us] {
        let mut read = columns["length"].clone();
        for (index, at) in columns["route_at"].iter().enumerate() {
            if *at <= at_us as f64 {
                read[columns["route_dot"][index] as usize] = columns["route_length"][index];
            }
        }
        let prefixes = &script.situation.service.prefixes;
        for delivery in [&timeline.delivery, &timeline.bystanders] {
            let fates = delivery.at(at_us);
            for (index, source) in delivery.sources.iter().enumerate() {
                let first = delivery.streams.iter().position(|it| it.source == index as u32);
                let Some(site) = fates[first.unwrap()].site() else { continue };
                let region = &script.situation.service.sites[site as usize].region;
                let wanted = prefixes[usize::from(script.regional[region])];
                let mut logs: Vec<_> = timeline.routes.iter().collect();
                logs.retain(|log| prefixes[usize::from(log.prefix)].contains(&wanted));
                logs.sort_by_key(|log| u8::MAX - prefixes[usize::from(log.prefix)].length());
                let length = logs.iter().find_map(|log| {
                    let best = log.at(at_us)[source.router as usize];
                    (best.slot != NO_SLOT).then(|| log.paths.length(best.told.path()))
                });
                let length = length.map_or(255.0, f64::from);
                assert_eq!(read[source.router as usize], length, "{} at {at_us}", source.name);
            }
        }
    }
}

#[test]
fn bystanders_change_nothing_else() {
    for (name, steering) in [
        ("hello", Steering::Anycast),
        ("hello", Steering::GeoDns),
        ("regional-geodns", Steering::Hybrid),
        ("istanbul-tie", Steering::Anycast),
        ("ddos-world", Steering::Anycast),
    ] {
        let reference = Reference::new(steered(name, steering));
        let [with, without] = [true, false].map(|bystanders| reference.timeline(bystanders));
        assert!(without.bystanders.sources.is_empty());
        assert!(!with.bystanders.sources.is_empty(), "{name}");
        assert!(with.bystanders.sources.iter().all(|source| source.weight == 0.0));
        assert_eq!(with.delivery, without.delivery, "{name}");
        assert_eq!(with.load, without.load, "{name}");
        let script = reference.script(true);
        assert_eq!(Outcome::of(&script, &with), Outcome::of(&script, &without), "{name}");
    }
}

#[test]
fn the_world_says_where_dots_are_and_what_they_weigh() {
    let played = played("hello", &[]);
    let world = decode(&played.world());
    let places = played.places();
    let result = &played.result;
    assert_eq!(world["asn"].len() as u32, result.world.dots);
    assert_eq!(world["place_lat"].len(), places.len());
    for client in &result.clients {
        let dot = client.dot as usize;
        assert_eq!(world["asn"][dot] as u32, client.asn);
        assert_eq!(world["weight"][dot], client.weight);
        assert_eq!(world["tier"][dot], 3.0);
        let lat = world["place_lat"][world["place"][dot] as usize];
        assert!((lat - client.lat.unwrap()).abs() < 1e-4);
    }
    let of_asn = |asn: f64| world["asn"].iter().position(|it| *it == asn).unwrap();
    assert_eq!(world["tier"][of_asn(1299.0)], 1.0);
    assert_eq!(world["weight"].iter().sum::<f64>(), result.runs[0].demand);
    assert_eq!(library("hello").name, result.name);
}

#[test]
fn layers_agree_with_the_table_of_the_command_line() {
    let played = played("hello", &[]);
    for at_us in [0, 10_005_000, 30_000_000, 900_000_000] {
        let layer = decode(&played.rtt(0, at_us, &common::go_on).unwrap());
        let table = played.catchment_table(0, at_us, &common::go_on).unwrap();
        let asns = table.column("asn").unwrap();
        let rtts = table.column("rtt_ms").unwrap();
        for client in &played.result.clients {
            let row = (0..table.row_count())
                .find(|row| asns.values.print(*row) == Some(client.asn.to_string()));
            let row = row.unwrap();
            let shown = rtts.values.print(row).and_then(|text| text.parse::<f64>().ok());
            let rtt = layer["rtt"][client.dot as usize];
            let best = layer["best"][client.dot as usize];
            match shown {
                Some(shown) if !rtt.is_nan() => {
                    assert!((shown - rtt).abs() < 0.001, "{}: {shown} {rtt}", client.name);
                    assert!(best <= rtt + 1e-4, "{}: {best} {rtt}", client.name);
                }
                _ => assert!(rtt.is_nan(), "{}: {shown:?} {rtt}", client.name),
            }
        }
    }
    let ties = decode(&played.ties(0, &common::go_on).unwrap());
    assert!(ties["ties"].iter().all(|count| (1.0..=8.0).contains(count)), "{ties:?}");
}
