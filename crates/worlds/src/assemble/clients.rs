//! Clients: changes of those that the world brings, and new ones; and what each demands.

use std::collections::BTreeMap;
use std::sync::Arc;

use catchment_model::scenario::{ClientSpec, PlaceRef, Scenario};
use catchment_model::world::{Client, WEIGHT_MAX};
use catchment_model::{Asn, Mistake, Relation, World};

use super::draft::{Built, Draft};
use super::lookup::{find_place, neighbor_router, place_key, router_at, routers_in_city};

/// A client of the file with its router.
pub(super) struct PlacedClient<'a> {
    index: usize,
    spec: &'a ClientSpec,
    /// Handle of the router where its packets start.
    router: u32,
    /// Whether its AS is new.
    is_new: bool,
}

/// Gives each client of the file its router.
pub(super) fn place<'a>(
    draft: &mut Draft<'_>,
    scenario: &'a Scenario,
    mistakes: &mut Vec<Mistake>,
) -> Vec<PlacedClient<'a>> {
    let mut placed: Vec<PlacedClient<'a>> = Vec::new();
    for (index, spec) in scenario.clients.iter().enumerate() {
        let path = format!("client.{index}");
        if spec.weight.is_some_and(|weight| !(0.0..=WEIGHT_MAX).contains(&weight)) {
            let message = format!("the client AS{} cannot have this weight", spec.asn);
            mistakes.push(
                Mistake::new("scenario::bad_weight", format!("{path}.weight"), message)
                    .help("write a number of kq/s from 0 to 1e12"),
            );
        }
        let duplicate = || {
            let message = format!("the client AS{} is there twice", spec.asn);
            Mistake::new("scenario::duplicate_client", format!("{path}.asn"), message)
                .help("join the two entries")
        };
        if placed.iter().any(|other| other.is_new && other.spec.asn == spec.asn) {
            mistakes.push(duplicate());
            continue;
        }
        match find_router(draft, spec, &path) {
            Ok((router, _)) if placed.iter().any(|other| other.router == router) => {
                mistakes.push(duplicate());
            }
            Ok((router, is_new)) => placed.push(PlacedClient { index, spec, router, is_new }),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    placed
}

fn find_router(
    draft: &mut Draft<'_>,
    spec: &ClientSpec,
    path: &str,
) -> Result<(u32, bool), Mistake> {
    let asn = spec.asn;
    let routers = draft.routers_of_asn(asn);
    if routers.is_empty() {
        let place_name = spec.name.clone().unwrap_or_else(|| format!("AS{asn}"));
        let place = match &spec.place {
            Some(place) => {
                let path = format!("{path}.{}", place_key(place));
                Some(find_place(draft, place, &place_name, &path)?)
            }
            None if draft.has_places() => {
                let message = format!("the client AS{asn} needs a city");
                return Err(Mistake::new("scenario::missing_city", path, message)
                    .help("its AS is new: write city = \"FRA\" or at = [50.03, 8.57]"));
            }
            None => None,
        };
        if spec.neighbors.is_none() {
            let message = format!("the client AS{asn} has no neighbors");
            return Err(Mistake::new("scenario::missing_neighbors", path, message)
                .help("its AS is new: say who sells it transit, as in neighbors = [{ asn = … }]"));
        }
        if let Some(name) = &spec.name {
            draft.add_name(asn, name);
        }
        return Ok((draft.add_router(asn, place, false, None), true));
    }
    if spec.neighbors.is_some() {
        let path = format!("{path}.neighbors");
        let message = format!("AS{asn} is in the world and has its sessions");
        return Err(Mistake::new("scenario::known_as", path, message)
            .help("leave `neighbors` out; a correction can add or take away a link"));
    }
    let router = match &spec.place {
        Some(PlaceRef::City(code)) if draft.has_places() => {
            let path = format!("{path}.city");
            routers_in_city(draft, asn, &routers, code, &path)?[0]
        }
        Some(place @ PlaceRef::At(_)) if draft.has_places() => {
            let place = find_place(draft, place, &format!("AS{asn}"), &format!("{path}.at"))?;
            router_at(draft, asn, Some(place))
        }
        _ => {
            let is_ours = |client: &&Client| routers.contains(&client.router);
            let known = draft.base().clients.iter().find(is_ours);
            known.map_or_else(|| router_at(draft, asn, None), |client| client.router)
        }
    };
    Ok((router, false))
}

/// Joins new clients with their neighbors.
pub(super) fn link(
    draft: &mut Draft<'_>,
    clients: &[PlacedClient<'_>],
    mistakes: &mut Vec<Mistake>,
) {
    for client in clients.iter().filter(|client| client.is_new) {
        let neighbors = client.spec.neighbors.iter().flatten().enumerate();
        let mut taken: Vec<u32> = Vec::new();
        for (number, neighbor) in neighbors {
            let path = format!("client.{}.neighbors.{number}", client.index);
            let relation = neighbor.relation.unwrap_or(Relation::Provider);
            let linked = neighbor_router(draft, client.router, neighbor, &path).and_then(|to| {
                if taken.contains(&to) {
                    let asn = draft.asn_of(to);
                    let message =
                        format!("the client AS{} has AS{asn} as a neighbor twice", client.spec.asn);
                    return Err(Mistake::new("scenario::duplicate_neighbor", &path, message)
                        .help("join the two entries, or say with `at` which router each means"));
                }
                taken.push(to);
                draft.link(client.router, to, relation, &path)
            });
            if let Err(mistake) = linked {
                mistakes.push(mistake);
            }
        }
    }
}

/// The world with the file's demand, and what clients demand in gigabits, by client.
///
/// Where a world has no clients every AS counts. With the first client only clients do.
pub(super) fn demand(
    built: &Built,
    clients: &[PlacedClient<'_>],
    notes: &mut Vec<String>,
) -> (Arc<World>, BTreeMap<u32, f64>) {
    let mut gbps = BTreeMap::new();
    if clients.is_empty() {
        return (Arc::clone(&built.world), gbps);
    }
    let mut parts = (**built.world).clone();
    if parts.clients.is_empty() {
        parts.weights.fill(0.0);
        notes.push(format!(
            "only the {} clients of the scenario count: the world has none of its own",
            clients.len()
        ));
    }
    for PlacedClient { spec, router, .. } in clients {
        let router = built.router_of(*router);
        let known = parts.clients.iter().position(|client| client.router == router);
        let at = known.unwrap_or_else(|| {
            let name = as_name(&built.world, spec.asn);
            let weight = 1.0;
            parts.weights[router as usize] += weight;
            parts.clients.push(Client { name, router, region: String::new(), weight });
            parts.clients.len() - 1
        });
        let client = &mut parts.clients[at];
        if let Some(name) = &spec.name {
            client.name.clone_from(name);
        }
        if let Some(region) = &spec.region {
            client.region.clone_from(region);
        }
        if let Some(weight) = spec.weight
            && weight.is_finite()
            && weight >= 0.0
        {
            client.weight = weight;
            // Summed anew, since taking the old weight off would leave a rounding error.
            let here = parts.clients.iter().filter(|client| client.router == router);
            parts.weights[router as usize] = here.map(|client| client.weight).sum();
        }
        if let Some(value) = spec.gbps {
            gbps.insert(at as u32, value);
        }
    }
    let world = World::from_parts(parts).expect("only demand has changed");
    (Arc::new(world), gbps)
}

fn as_name(world: &World, asn: Asn) -> String {
    let name = world.as_indices(asn).next().and_then(|index| world.as_name(index));
    name.map_or_else(|| format!("AS{asn}"), str::to_owned)
}
