//! Round trips along the routes in use, of all routers at once (models 3.1), and the least that any
//! route could take.

use catchment_model::geo::FIBRE_KM_PER_MS;
use catchment_model::{LatLon, Rules, World};
use catchment_routing::link_rtt_ms;

use crate::edge::distance_rtt_ms;
use crate::engine::NO_SLOT;
use crate::engine::adjacency::Adjacency;
use crate::forwarding::Routes;
use crate::plane::Hop;
use crate::play::RouteLog;
use crate::script::Script;

/// Where packets of a router end by best routes, and how long that takes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Way {
    /// The site; `None` if they end nowhere.
    pub site: Option<u32>,
    /// Round trip in ms, without access delay; `None` if they end nowhere, or where a place on
    /// the way is not known.
    pub rtt_ms: Option<f64>,
}

/// The ways of all routers at a time, by router. `layers` are the prefixes that cover an address,
/// longest first: each router uses the first that it has a route to.
pub fn ways(
    script: &Script<'_>,
    adjacency: &Adjacency,
    layers: &[&RouteLog],
    at_us: i64,
) -> Vec<Way> {
    let (world, rules) = (script.situation.world, script.situation.rules);
    let sites = &script.situation.service.sites;
    let tables: Vec<_> = layers.iter().map(|log| log.at(at_us)).collect();
    let hop = |router: u32| {
        for (log, table) in layers.iter().zip(&tables) {
            let best = &table[router as usize];
            if best.slot != NO_SLOT {
                return Routes::of_log(sites, adjacency, log).hop(router, best);
            }
        }
        Hop::None
    };
    let count = world.router_count();
    let mut ways = vec![Way::default(); count];
    // Also where packets go round: whoever is met twice leads nowhere.
    let mut is_known = vec![false; count];
    let mut passed: Vec<u32> = Vec::new();
    for router in 0..count as u32 {
        let mut here = router;
        while !std::mem::replace(&mut is_known[here as usize], true) {
            match hop(here) {
                Hop::To(next) => {
                    passed.push(here);
                    here = next;
                }
                Hop::Own(site) => {
                    let rtt_ms = world.place(here).map(|_| rules.t_server);
                    ways[here as usize] = Way { site: Some(site), rtt_ms };
                }
                Hop::None | Hop::Drop => {}
            }
        }
        while let Some(before) = passed.pop() {
            let Way { site, rtt_ms } = ways[here as usize];
            let link = || link_rtt_ms(world, rules, before, here);
            let rtt_ms = rtt_ms.and_then(|rest| Some(rest + link()?));
            ways[before as usize] = Way { site, rtt_ms };
            here = before;
        }
    }
    ways
}

/// The routers that packets of one pass at a time, itself first, up to where they end or come back
/// to. `layers` as in [`ways`].
pub fn walk(
    script: &Script<'_>,
    adjacency: &Adjacency,
    layers: &[&RouteLog],
    router: u32,
    at_us: i64,
) -> impl Iterator<Item = u32> {
    let tables: Vec<_> = layers.iter().map(|log| log.at(at_us)).collect();
    let sites = &script.situation.service.sites;
    let mut passed = vec![router];
    while let Some(here) = passed.last()
        && let Some((log, best)) = layers
            .iter()
            .zip(&tables)
            .map(|(log, table)| (log, &table[*here as usize]))
            .find(|(_, best)| best.slot != NO_SLOT)
        && let Hop::To(next) = Routes::of_log(sites, adjacency, log).hop(*here, best)
        && !passed.contains(&next)
    {
        passed.push(next);
    }
    passed.into_iter()
}

/// Round trip to a site that has an address of its own, in ms: no path is known, so the usual
/// detour is added to the distance.
pub fn unicast_ms(world: &World, rules: &Rules, from: u32, to: u32) -> Option<f64> {
    Some(distance_rtt_ms(rules, world.place(from)?.at, world.place(to)?.at))
}

/// The least that any route between two places could take, in ms: straight through fibre, with the
/// lesser of the two stretches that the rules have.
pub fn best_ms(rules: &Rules, a: LatLon, b: LatLon) -> f64 {
    let stretch = rules.stretch_e2e.min(rules.stretch_link);
    2.0 * stretch * a.distance_km(&b) / FIBRE_KM_PER_MS + rules.t_server
}
