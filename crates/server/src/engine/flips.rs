//! What would move a dot: single changes by the operator of its site, as events that a scenario
//! can take.

use std::collections::BTreeMap;

use catchment_model::service::{Reach, Service};
use catchment_model::{Asn, World};
use catchment_routing::explain::{Flip, FlipAction};
use serde_json::{Value, json};

use crate::api::FlipInfo;

/// Events that a change may come to; a site of a large AS has more neighbors than anybody would
/// write down.
const EVENTS_MAX: usize = 32;

/// A flip as the engine found it, for people and as events. `service` is what the sites announce
/// when it is made.
pub fn flip_info(world: &World, service: &Service, flip: &Flip) -> Option<FlipInfo> {
    let index = |name: &str| {
        let place = service.sites.iter().position(|site| site.name.as_str() == name);
        place.map(|place| place as u32)
    };
    let site = index(&flip.site)?;
    Some(FlipInfo {
        action: action(world, flip),
        site,
        lands_at: flip.lands_at.as_deref().and_then(index),
        moved_share: flip.moved_share,
        moved_routers: flip.moved_routers,
        events: events(world, service, site, &flip.action).unwrap_or_default(),
    })
}

fn named(world: &World, asn: Asn) -> String {
    let name = world.as_name(world.as_indices(asn).start);
    name.map_or(format!("AS{asn}"), |name| format!("AS{asn} {name}"))
}

fn action(world: &World, flip: &Flip) -> String {
    let site = &flip.site;
    match &flip.action {
        FlipAction::Prepend { count, neighbor } => {
            format!("prepend {count} more towards {} at {site}", named(world, *neighbor))
        }
        FlipAction::PrependAll { count } => {
            format!("prepend {count} more towards all neighbors of {site}")
        }
        FlipAction::CloseSession { neighbor } => {
            format!("stop announcing to {} at {site}", named(world, *neighbor))
        }
        FlipAction::Withdraw => format!("stop announcing {site}"),
    }
}

/// The events, as in files but without a time; `None` if they cannot say it.
fn events(world: &World, service: &Service, site: u32, action: &FlipAction) -> Option<Vec<Value>> {
    let name = service.sites[site as usize].name.as_str();
    let events: Vec<Value> = match action {
        FlipAction::Prepend { count, neighbor } => {
            let prepend = said(world, service, site).get(neighbor)?.checked_add(*count)?;
            vec![prepend_event(name, *neighbor, prepend)]
        }
        FlipAction::PrependAll { count } => {
            let said = said(world, service, site);
            let event = |(neighbor, prepend): (&Asn, &u8)| {
                Some(prepend_event(name, *neighbor, prepend.checked_add(*count)?))
            };
            said.iter().map(event).collect::<Option<_>>()?
        }
        // Another site of the same AS would go on announcing there.
        FlipAction::CloseSession { neighbor } => (0..)
            .zip(&service.sites)
            .filter(|(_, other)| other.asn == service.sites[site as usize].asn)
            .filter(|(other, _)| said(world, service, *other).contains_key(neighbor))
            .map(|(_, other)| {
                let site = other.name.as_str();
                let withdrawn = json!({ "site": site, "neighbor": neighbor.0, "withdraw": true });
                json!({ "announce": withdrawn })
            })
            .collect(),
        FlipAction::Withdraw => vec![json!({ "fail": name, "how": "unannounced" })],
    };
    (1..=EVENTS_MAX).contains(&events.len()).then_some(events)
}

fn prepend_event(site: &str, neighbor: Asn, prepend: u8) -> Value {
    json!({ "announce": { "site": site, "neighbor": neighbor.0, "prepend": prepend } })
}

/// Whom a site announces to, with the most prepends that each hears.
fn said(world: &World, service: &Service, site: u32) -> BTreeMap<Asn, u8> {
    let spec = &service.sites[site as usize];
    let sessions: Vec<u32> = match spec.reach {
        Reach::Listed => spec.announcements.keys().copied().collect(),
        Reach::Everyone => {
            let entry = world.router_as[spec.router as usize];
            world.routers_of(entry).flat_map(|router| world.sessions(router)).collect()
        }
    };
    let mut said = BTreeMap::new();
    for session in sessions {
        let neighbor = world.asn_of(world.neighbors[session as usize]);
        let prepend = spec.announcements.get(&session).map_or(0, |said| said.prepend);
        let most = said.entry(neighbor).or_insert(prepend);
        *most = prepend.max(*most);
    }
    said
}
