//! What the data may have wrong: links that are not there, and links that it does not show.
//!
//! Relationship files miss most peer links and hold some that are gone (models 1.8). What an
//! operator knows for sure, the sessions of its own sites, stays.

use std::collections::BTreeSet;

use catchment_model::relation::Relation;
use catchment_model::rng::{draw, falls_in};
use catchment_model::scenario::{Action, Change, Correction, Scenario};
use catchment_model::{Asn, Overlay, Service, World};

use super::{below, stream};

/// Attempts to find the other end of a link that is added.
const ATTEMPTS: u64 = 30;

/// Takes down a share of the links between ASes, all sessions of a pair together, but for those
/// of the service's own ASes. Which ones depends on the seed and the two ASNs alone, so that the
/// same are lost at every point of a grid. Returns how many pairs of ASes lost their link.
pub fn lose_links(
    world: &World,
    service: &Service,
    overlay: &mut Overlay,
    share: f64,
    seed: u64,
) -> u64 {
    if share <= 0.0 {
        return 0;
    }
    let own: BTreeSet<Asn> = service.sites.iter().map(|site| site.asn).collect();
    let mut lost = BTreeSet::new();
    for router in 0..world.router_count() as u32 {
        let asn = world.asn_of(router);
        if own.contains(&asn) {
            continue;
        }
        for session in world.sessions(router) {
            let neighbor = world.neighbors[session as usize];
            let other = world.asn_of(neighbor);
            if neighbor < router || own.contains(&other) {
                continue;
            }
            let (low, high) = (asn.min(other), asn.max(other));
            if falls_in(share, seed, stream::MISSING, key(low, high)) {
                overlay.set_link(router, neighbor, false);
                lost.insert((low, high));
            }
        }
    }
    lost.len() as u64
}

fn key(low: Asn, high: Asn) -> u64 {
    u64::from(low.0) << 32 | u64::from(high.0)
}

/// Peer links that nobody has seen: so many as `share` of the pairs of ASes that peer, between
/// networks that peer already, more often between those that peer much, and in a city where both
/// are if the world has places. As corrections, to be laid over the scenario.
pub fn extra_links(world: &World, scenario: &Scenario, share: f64, seed: u64) -> Vec<Correction> {
    if share <= 0.0 {
        return Vec::new();
    }
    // Every end of every peer session: whoever has many is drawn as often.
    let mut ends: Vec<u32> = Vec::new();
    let mut pairs: BTreeSet<(Asn, Asn)> = BTreeSet::new();
    for router in 0..world.router_count() as u32 {
        for session in world.group(router, Relation::Peer) {
            ends.push(router);
            let (asn, other) =
                (world.asn_of(router), world.asn_of(world.neighbors[session as usize]));
            pairs.insert((asn.min(other), asn.max(other)));
        }
    }
    let place = |router: u32| world.router_places[router as usize];
    let mut by_place = ends.clone();
    by_place.sort_by_key(|router| place(*router));
    let named = named_pairs(scenario);
    let mut taken: BTreeSet<(Asn, Asn)> = BTreeSet::new();
    let mut corrections = Vec::new();
    let wanted = libm::round(share * pairs.len() as f64) as u64;
    for link in 0..wanted {
        for attempt in 0..ATTEMPTS {
            let pick = |list: &[u32], end: u64| {
                let word = draw(seed, stream::EXTRA, (link * ATTEMPTS + attempt) << 1 | end);
                list[below(word, list.len() as u64) as usize]
            };
            let a = pick(&ends, 0);
            let start = by_place.partition_point(|router| place(*router) < place(a));
            let end = by_place.partition_point(|router| place(*router) <= place(a));
            let b = pick(&by_place[start..end], 1);
            let (one, other) = (world.asn_of(a), world.asn_of(b));
            let pair = (one.min(other), one.max(other));
            if one == other || named.contains(&pair) || taken.contains(&pair) || linked(world, pair)
            {
                continue;
            }
            taken.insert(pair);
            corrections.push(Correction {
                source: "sweep: a peer link that the data may miss".to_owned(),
                change: Change::Link {
                    a: pair.0,
                    b: pair.1,
                    city: world.place(a).map(|place| place.code.clone()),
                    up: true,
                    relation: Some(Relation::Peer),
                },
            });
            break;
        }
    }
    corrections
}

/// Pairs whose link is a matter of the scenario.
fn named_pairs(scenario: &Scenario) -> BTreeSet<(Asn, Asn)> {
    let corrections = scenario.corrections.iter().map(|correction| &correction.change);
    let events = scenario.events.iter().filter_map(|event| match &event.action {
        Action::Change(change) => Some(change),
        _ => None,
    });
    let pair = |change: &Change| match change {
        Change::Link { a, b, .. } | Change::Session { a, b, .. } => Some((*a.min(b), *a.max(b))),
        _ => None,
    };
    corrections.chain(events).filter_map(pair).collect()
}

/// Whether two ASes have a session, of any kind.
fn linked(world: &World, (a, b): (Asn, Asn)) -> bool {
    world.routers_of_asn(a).any(|router| {
        let mut sessions = world.sessions(router);
        sessions.any(|session| world.asn_of(world.neighbors[session as usize]) == b)
    })
}
