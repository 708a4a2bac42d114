//! Sites as edges before an origin: how long clients wait for the first byte (models 5.6), and what
//! a move costs the origin while caches are cold (models 8.5).
//!
//! A client connects to the site that serves it. What the site has in its cache it answers; for
//! the rest it asks the origin, over a connection that it keeps open. [`EdgeReport::of`] reads that
//! off a [`Timeline`] for the start and for the state after each event.
//!
//! Round trips: between client and site along the path that BGP chose; to the origin, and to a site
//! that DNS named, by distance (`stretch_e2e`), since no path is known. Left out: the access line,
//! time in the servers beyond `t_server`, losses of overloaded sites, and what a cache still knows
//! of clients who come back: whoever moves finds a cold one.

use catchment_model::scenario::{Handshake, Steering};
use catchment_model::{LatLon, Rules, World};
use catchment_routing::link_rtt_ms;

use crate::delivery::Fate;
use crate::engine::adjacency::Adjacency;
use crate::engine::{Best, NO_SLOT, OWN};
use crate::outcome::Outcome;
use crate::overload::Cache;
use crate::play::Timeline;
use crate::script::Script;

/// Time until the answer to the first request, straight from a server at this round-trip time or
/// from the cache of an edge (models 5.6), in µs.
pub const fn first_answer_us(handshake: Handshake, rtt_us: i64) -> i64 {
    handshake.round_trips() * rtt_us + rtt_us
}

/// The same through an edge that has a connection to the origin open, in µs.
pub const fn through_edge_us(handshake: Handshake, edge_rtt_us: i64, origin_rtt_us: i64) -> i64 {
    first_answer_us(handshake, edge_rtt_us) + origin_rtt_us
}

/// What a service has behind its sites.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Origin {
    /// Where it is.
    pub at: LatLon,
    /// How clients connect.
    pub handshake: Handshake,
}

/// The waits of the clients of one stream, in µs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstByte {
    /// The stream, by index into the delivery's.
    pub stream: u32,
    /// The site that serves it.
    pub site: u32,
    /// Asking the origin itself.
    pub direct_us: i64,
    /// Through the site, which asks the origin.
    pub through_us: i64,
    /// From the cache of the site.
    pub cached_us: i64,
}

/// Mean and median by demand, in µs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// Mean.
    pub mean_us: f64,
    /// The wait that half of the demand does not exceed.
    pub median_us: i64,
}

/// How things stand at the start, or after an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeState {
    /// Streams that are served and whose places are known, ascending.
    pub clients: Vec<FirstByte>,
    /// Asking the origin itself. `None` in all three if nobody is served.
    pub direct: Option<Wait>,
    /// Through the site, which asks the origin.
    pub through: Option<Wait>,
    /// From the cache of the site.
    pub cached: Option<Wait>,
    /// Demand that the event sent to another site, where it finds a cold cache.
    pub moved: f64,
    /// Demand that is served.
    pub served: f64,
}

impl EdgeState {
    /// What is asked of the origin, `age_s` after the move, as a multiple of what it would be with
    /// warm caches; 1 if nobody is served.
    pub fn origin_factor(&self, cache: Cache, age_s: f64) -> f64 {
        if self.served <= 0.0 {
            return 1.0;
        }
        let stayed = self.served - self.moved;
        (stayed + self.moved * cache.origin_factor(age_s)) / self.served
    }
}

/// The edge over a run.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeReport {
    /// What is behind the sites.
    pub origin: Origin,
    /// Caches of the sites.
    pub cache: Cache,
    /// Before the first event.
    pub start: EdgeState,
    /// At the end of the window of each event, in the order of the outcome.
    pub events: Vec<EdgeState>,
}

impl EdgeReport {
    /// Reads a run.
    pub fn of(
        script: &Script<'_>,
        timeline: &Timeline,
        outcome: &Outcome,
        origin: Origin,
    ) -> EdgeReport {
        let rules = script.situation.rules;
        let cache = Cache { hit_share: rules.cache_h, fill_s: rules.cache_tau.us as f64 / 1e6 };
        let reader = Reader::new(script, timeline, origin);
        let start = reader.state(i64::MIN, &timeline.delivery.start, &timeline.delivery.start);
        // Events of one instant share their window, and so what comes before and after it.
        let mut before = timeline.delivery.start.clone();
        let mut events: Vec<EdgeState> = Vec::with_capacity(outcome.events.len());
        let last_us = outcome.events.last().map_or(0, |event| event.at_us);
        for (index, event) in outcome.events.iter().enumerate() {
            if index > 0 && outcome.events[index - 1].at_us == event.at_us {
                events.push(events[index - 1].clone());
                continue;
            }
            let until_us = if event.at_us == last_us { i64::MAX } else { event.end_us - 1 };
            let after = timeline.delivery.at(until_us);
            events.push(reader.state(until_us, &before, &after));
            before = after;
        }
        EdgeReport { origin, cache, start, events }
    }
}

struct Reader<'a> {
    script: &'a Script<'a>,
    timeline: &'a Timeline,
    origin: Origin,
    /// None where DNS steers alone.
    adjacency: Option<Adjacency>,
}

impl<'a> Reader<'a> {
    fn new(script: &'a Script<'a>, timeline: &'a Timeline, origin: Origin) -> Reader<'a> {
        let adjacency = (script.steering != Steering::GeoDns)
            .then(|| Adjacency::new(script.situation.world, script.situation.rules));
        Reader { script, timeline, origin, adjacency }
    }

    /// The state at a time, given what became of the streams before and what does now.
    fn state(&self, at_us: i64, before: &[Fate], now: &[Fate]) -> EdgeState {
        let delivery = &self.timeline.delivery;
        let tables: Vec<Vec<Best>> = self.timeline.routes.iter().map(|log| log.at(at_us)).collect();
        let (mut clients, mut weights) = (Vec::new(), Vec::new());
        let (mut moved, mut served) = (0.0, 0.0);
        for (stream, fate) in (0..).zip(now) {
            let Some(site) = fate.site() else { continue };
            let weight = delivery.weight(stream);
            served += weight;
            if before[stream as usize] != *fate {
                moved += weight;
            }
            if let Some(first_byte) = self.first_byte(&tables, stream, site) {
                clients.push(first_byte);
                weights.push(weight);
            }
        }
        let wait = |of: fn(&FirstByte) -> i64| {
            let waits = clients.iter().map(of).zip(weights.iter().copied());
            wait(waits.collect())
        };
        EdgeState {
            direct: wait(|it| it.direct_us),
            through: wait(|it| it.through_us),
            cached: wait(|it| it.cached_us),
            clients,
            moved,
            served,
        }
    }

    fn first_byte(&self, tables: &[Vec<Best>], stream: u32, site: u32) -> Option<FirstByte> {
        let delivery = &self.timeline.delivery;
        let (world, rules) = (self.script.situation.world, self.script.situation.rules);
        let client = delivery.sources[delivery.streams[stream as usize].source as usize].router;
        let edge = self.script.situation.service.sites[site as usize].router;
        let (client_at, edge_at) = (world.place(client)?.at, world.place(edge)?.at);
        // The prefix that leads there is the one that its packets follow.
        let path = tables.iter().find_map(|best| self.path_rtt_ms(best, client, edge));
        let edge_rtt_us = us(path.unwrap_or_else(|| distance_rtt_ms(rules, client_at, edge_at)));
        let Origin { at, handshake } = self.origin;
        let direct_rtt_us = us(distance_rtt_ms(rules, client_at, at));
        let origin_rtt_us = us(distance_rtt_ms(rules, edge_at, at));
        Some(FirstByte {
            stream,
            site,
            direct_us: first_answer_us(handshake, direct_rtt_us),
            through_us: through_edge_us(handshake, edge_rtt_us, origin_rtt_us),
            cached_us: first_answer_us(handshake, edge_rtt_us),
        })
    }

    /// Round-trip time along the routes from a router, if they lead to another; as `solve` has it.
    fn path_rtt_ms(&self, best: &[Best], from: u32, to: u32) -> Option<f64> {
        let adjacency = self.adjacency.as_ref()?;
        let Script { situation, .. } = self.script;
        let (world, rules): (&World, &Rules) = (situation.world, situation.rules);
        let mut rtt_ms = rules.t_server;
        let mut here = from;
        // In a settled network no router comes twice.
        for _ in 0..=world.router_count() {
            match best[here as usize].slot {
                OWN => return (here == to).then_some(rtt_ms),
                NO_SLOT => return None,
                slot => {
                    let next = adjacency.peer(slot);
                    rtt_ms += link_rtt_ms(world, rules, here, next)?;
                    here = next;
                }
            }
        }
        None
    }
}

/// Round-trip time where only the ends are known, in ms (models 3.1).
pub fn distance_rtt_ms(rules: &Rules, a: LatLon, b: LatLon) -> f64 {
    2.0 * rules.stretch_e2e * a.distance_km(&b) / catchment_model::geo::FIBRE_KM_PER_MS
        + rules.t_server
}

fn us(ms: f64) -> i64 {
    libm::round(ms * 1000.0) as i64
}

/// Mean and median of waits with their weights; `None` if there is no weight.
fn wait(mut waits: Vec<(i64, f64)>) -> Option<Wait> {
    waits.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let all: f64 = waits.iter().map(|(_, weight)| weight).sum();
    if all <= 0.0 {
        return None;
    }
    let mean_us = waits.iter().map(|(us, weight)| *us as f64 * weight).sum::<f64>() / all;
    let mut below = 0.0;
    let half = waits.iter().find(|(_, weight)| {
        below += weight;
        below >= all / 2.0
    });
    Some(Wait { mean_us, median_us: half.map_or(0, |(us, _)| *us) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t5_6_edge_benefit() {
        let ms = |us: i64| us / 1000;
        let tls = Handshake::Tls12;
        assert_eq!(ms(first_answer_us(tls, 200_000)), 800);
        assert_eq!(ms(through_edge_us(tls, 10_000, 200_000)), 240);
        assert_eq!(ms(first_answer_us(tls, 10_000)), 40);
        // One or two round trips less far away save more than near by.
        assert_eq!(ms(first_answer_us(Handshake::Tls13, 200_000)), 600);
        assert_eq!(ms(first_answer_us(Handshake::Quic, 200_000)), 400);
        assert_eq!(ms(first_answer_us(Handshake::QuicEarlyData, 200_000)), 200);
    }

    #[test]
    fn a_wait_has_a_mean_and_a_median_by_demand() {
        let of = |waits: &[(i64, f64)]| wait(waits.to_vec());
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(7, 0.0)]), None);
        let expected = Wait { mean_us: 25.0, median_us: 10 };
        assert_eq!(of(&[(40, 1.0), (10, 1.0)]), Some(expected));
        let expected = Wait { mean_us: 32.5, median_us: 40 };
        assert_eq!(of(&[(40, 3.0), (10, 1.0)]), Some(expected));
    }

    #[test]
    fn t8_4_cold_caches_cost_the_origin_as_much_as_moved() {
        let cache = Cache { hit_share: 0.95, fill_s: 600.0 };
        let state = |moved, served| EdgeState {
            clients: Vec::new(),
            direct: None,
            through: None,
            cached: None,
            moved,
            served,
        };
        let factor =
            |moved, age_s| format!("{:.2}", state(moved, 100.0).origin_factor(cache, age_s));
        assert_eq!(factor(100.0, 0.0), "20.00");
        assert_eq!(factor(100.0, 600.0), "7.99");
        assert_eq!(factor(10.0, 0.0), "2.90");
        assert_eq!(factor(0.0, 0.0), "1.00");
        assert_eq!(state(0.0, 0.0).origin_factor(cache, 0.0), 1.0);
    }
}
