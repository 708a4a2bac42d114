//! Who is at a place, and who has a name.

use std::collections::BTreeSet;

use catchment_model::relation::Relation;
use catchment_model::{Asn, LatLon, Scenario, World};
use catchment_routing::Situation;
use catchment_routing::explain::label;
use catchment_worlds::cities::{self, metros::METROS};
use serde_json::{Value, json};

use super::arrays::{tiers, weights};
use super::problems::problem;
use crate::api::{Found, Nearest, Problem};

/// The first private AS number of four bytes (RFC 6996).
const PRIVATE_FIRST: u32 = 4_200_000_000;
/// A city this near gives its name to a place.
const CITY_KM: f64 = 60.0;
/// Most that a search answers.
const FOUND_MAX: usize = 20;

/// Who stands for a new client at a place. A client that moves is `except`: it is no model of
/// itself, unless nobody else is there.
pub fn nearest(
    scenario: &Scenario,
    world: &World,
    (lat, lon): (f64, f64),
    except: Option<Asn>,
) -> Result<Nearest, Problem> {
    let at = LatLon { lat, lon };
    if !at.is_valid() {
        let help = "degrees north are -90 to 90, degrees east -180 to 180";
        return Err(problem("bad-place", 422, format!("there is no place {lat}, {lon}"), help));
    }
    let km = |router: u32| world.place(router).map(|place| place.at.distance_km(&at));
    let placeless = || {
        let help = "places are known in built-in and synthetic worlds";
        problem("no-places", 422, "nobody in this world has a place", help)
    };
    if !world.clients.is_empty() {
        let all = world
            .clients
            .iter()
            .enumerate()
            .filter_map(|(index, client)| Some((km(client.router)?, index)));
        let moves = |index: usize| except == Some(world.asn_of(world.clients[index].router));
        let (km, index) = all
            .min_by(|a, b| moves(a.1).cmp(&moves(b.1)).then(a.0.total_cmp(&b.0)))
            .ok_or_else(placeless)?;
        return Ok(new_client(scenario, world, at, (km, index), except));
    }
    let (weights, tiers) = (weights(world), tiers(world));
    let with_users = (0..world.router_count() as u32).filter(|it| weights[*it as usize] > 0.0);
    let all = with_users.filter_map(|router| Some((km(router)?, router)));
    // At one place those at the edge come first, then those with most users.
    let rank = |router: u32| (tiers[router as usize] != 3, -weights[router as usize]);
    let (km, dot) = all
        .min_by(|a, b| {
            let (of_a, of_b) = (rank(a.1), rank(b.1));
            a.0.total_cmp(&b.0).then(of_a.0.cmp(&of_b.0)).then(of_a.1.total_cmp(&of_b.1))
        })
        .ok_or_else(placeless)?;
    let asn = world.asn_of(dot).0;
    let city = world.place(dot).map_or("", |place| place.name.as_str());
    let text = format!(
        "AS{asn} in {city}, {km:.0} km away, is the nearest network with users; of those in its \
         city the one with most"
    );
    Ok(Nearest { client: None, dot, asn, text })
}

/// A client at a place, connected as the nearest one is.
fn new_client(
    scenario: &Scenario,
    world: &World,
    at: LatLon,
    (km, index): (f64, usize),
    except: Option<Asn>,
) -> Nearest {
    let model = &world.clients[index];
    let entry = world.router_as[model.router as usize];
    let mut neighbors = neighbors_of(world, entry, Some(Relation::Provider));
    if neighbors.is_empty() {
        neighbors = neighbors_of(world, entry, None);
    }
    let is_free = |asn: &u32| {
        let asn = Asn(*asn);
        let listed = scenario.clients.iter().any(|client| client.asn == asn)
            || scenario.sites.iter().any(|site| site.asn == Some(asn));
        !listed && world.as_indices(asn).is_empty()
    };
    let asn = (PRIVATE_FIRST..u32::MAX).find(is_free).unwrap_or(u32::MAX - 1);
    let hundredth = |degrees: f64| (degrees * 100.0).round() / 100.0;
    let place = LatLon { lat: hundredth(at.lat), lon: hundredth(at.lon) };
    // The name of whoever moves is free for them.
    let others = world.clients.iter();
    let others = others.filter(|client| except != Some(world.asn_of(client.router)));
    let mut taken: BTreeSet<&str> = others.map(|client| client.name.as_str()).collect();
    let listed = scenario.clients.iter().filter(|client| except != Some(client.asn));
    taken.extend(listed.filter_map(|client| client.name.as_deref()));
    let name = unique(city_near(&place).unwrap_or_else(|| coordinates(&place)), &taken);
    let providers: Vec<String> = neighbors
        .iter()
        .map(|asn| {
            let entry = world.as_indices(*asn).start;
            world.as_name(entry).map_or(format!("AS{asn}"), |name| format!("AS{asn} {name}"))
        })
        .collect();
    let connected = match &providers[..] {
        [] => "without a provider".to_owned(),
        providers => format!("connected to {}", providers.join(" and ")),
    };
    let text = format!(
        "A new client, {connected} as {} is, the nearest client ({km:.0} km away)",
        model.name
    );
    let mut client = json!({
        "asn": asn,
        "name": name,
        "at": [place.lat, place.lon],
        "weight": 1,
        "neighbors": neighbors.iter().map(|asn| json!({ "asn": asn.0 })).collect::<Vec<Value>>(),
    });
    if !model.region.is_empty() {
        client["region"] = json!(model.region);
    }
    Nearest { client: Some(client), dot: model.router, asn, text }
}

/// A name that nobody has: with a number behind it if need be.
fn unique(name: String, taken: &BTreeSet<&str>) -> String {
    if !taken.contains(&*name) {
        return name;
    }
    let mut numbered = (2_u32..).map(|number| format!("{name} {number}"));
    let free = numbered.find(|name| !taken.contains(&**name));
    free.unwrap_or(name)
}

/// The ASes that have a relation to an AS, each once, ascending.
fn neighbors_of(world: &World, entry: u32, relation: Option<Relation>) -> Vec<Asn> {
    let mut found: Vec<Asn> = world
        .routers_of(entry)
        .flat_map(|router| match relation {
            Some(relation) => world.group(router, relation),
            None => world.sessions(router),
        })
        .map(|session| world.asn_of(world.neighbors[session as usize]))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The name of a city at a place: a large one if there is one, else any with an airport.
fn city_near(at: &LatLon) -> Option<String> {
    let km = |city: &cities::City| at.distance_km(&LatLon { lat: city.lat, lon: city.lon });
    let nearest = |all: &mut dyn Iterator<Item = &'static cities::City>| {
        let near = all.map(|city| (km(city), city)).filter(|(km, _)| *km <= CITY_KM);
        near.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, city)| city.name.to_owned())
    };
    let large = nearest(&mut METROS.iter().filter_map(|metro| cities::by_iata(metro.iata)));
    large.or_else(|| nearest(&mut cities::all().iter()))
}

fn coordinates(at: &LatLon) -> String {
    let half = |degrees: f64, names: [&str; 2]| {
        format!("{:.1} {}", degrees.abs(), names[usize::from(degrees < 0.0)])
    };
    format!("Client at {}, {}", half(at.lat, ["N", "S"]), half(at.lon, ["E", "W"]))
}

/// A dot for people.
pub fn found(situation: Situation<'_>, dot: u32) -> Found {
    Found { dot, asn: situation.world.asn_of(dot).0, label: label(situation, dot) }
}

/// How well a text fits: 0 is best.
fn fit(text: &str, wanted: &str, [same, begins, inside]: [u8; 3]) -> Option<u8> {
    match text.to_lowercase() {
        text if text == wanted => Some(same),
        text if text.starts_with(wanted) => Some(begins),
        text if text.contains(wanted) => Some(inside),
        _ => None,
    }
}

/// Networks that fit a search, best first: names of clients and sites before numbers and names of
/// ASes, these before cities; then by demand.
pub fn search(situation: Situation<'_>, text: &str) -> Vec<Found> {
    let wanted = text.trim().to_lowercase();
    if wanted.is_empty() {
        return Vec::new();
    }
    let world = situation.world;
    let number = wanted.strip_prefix("as").unwrap_or(&wanted);
    let number = number.bytes().all(|byte| byte.is_ascii_digit()).then_some(number);
    let number = number.filter(|number| !number.is_empty());
    let mut best: Vec<Option<u8>> = vec![None; world.router_count()];
    let mut add = |router: u32, score: Option<u8>| {
        let best = &mut best[router as usize];
        *best = best.iter().copied().chain(score).min();
    };
    for client in &world.clients {
        add(client.router, fit(&client.name, &wanted, [0, 1, 4]));
    }
    for site in &situation.service.sites {
        add(site.router, fit(site.name.as_str(), &wanted, [0, 1, 4]));
    }
    for (entry, name) in &world.as_names {
        if let Some(score) = fit(name, &wanted, [0, 2, 5]) {
            world.routers_of(*entry).for_each(|router| add(router, Some(score)));
        }
    }
    if let Some(number) = number {
        for (entry, asn) in (0..).zip(&world.asns) {
            let asn = asn.to_string();
            if asn.starts_with(number) {
                let score = if asn == number { 0 } else { 3 };
                world.routers_of(entry).for_each(|router| add(router, Some(score)));
            }
        }
    }
    let of_place = |place: &catchment_model::Place| {
        let name = fit(&place.name, &wanted, [2, 4, 6]);
        let code = (place.code.to_lowercase() == wanted).then_some(1);
        name.into_iter().chain(code).min()
    };
    let of_places: Vec<Option<u8>> = world.places.iter().map(of_place).collect();
    for (router, place) in (0..).zip(&world.router_places) {
        add(router, of_places.get(*place as usize).copied().flatten());
    }
    let weights = weights(world);
    let mut fits: Vec<(u8, u32)> =
        (0..).zip(best).filter_map(|(router, score)| Some((score?, router))).collect();
    fits.sort_by(|a, b| {
        let weight = |it: &(u8, u32)| weights[it.1 as usize];
        a.0.cmp(&b.0).then(weight(b).total_cmp(&weight(a))).then(a.1.cmp(&b.1))
    });
    fits.into_iter().take(FOUND_MAX).map(|(_, dot)| found(situation, dot)).collect()
}
