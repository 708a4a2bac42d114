//! What came of a run as columns: see [`crate::columns`] for what each means.

use std::ops::ControlFlow;

use catchment_dynamics::engine::{Best, NO_SLOT};
use catchment_dynamics::play::{RouteLog, Timeline, covering, targets};
use catchment_dynamics::rtt::best_ms;
use catchment_dynamics::{Delivery, Fate, FateChange, Outcome, Script};
use catchment_model::relation::Relation;
use catchment_model::scenario::Steering;
use catchment_model::world::NO_PLACE as PLACELESS;
use catchment_model::{Asn, World};
use catchment_routing::{Policy, Ties, solve};

use super::problems::{cancelled, unsolved};
use super::ways::{RoundTrips, active_sites, first_prefix, layers, prefix_of};
use super::{Played, Run, Watch};
use crate::api::Problem;
use crate::columns::{Columns, NO_EVENT, NO_LENGTH, NO_PLACE, fate_code, name};

/// The columns of `/world`.
pub fn world(world: &World) -> Vec<u8> {
    let routers = 0..world.router_count() as u32;
    let place = |place: &u32| if *place == PLACELESS { NO_PLACE } else { *place };
    let mut columns = Columns::default();
    let asns: Vec<u32> = routers.clone().map(|router| world.asn_of(router).0).collect();
    columns.push(name::ASN, asns);
    columns.push(name::PLACE, world.router_places.iter().map(place).collect::<Vec<_>>());
    columns.push(name::WEIGHT, weights(world));
    columns.push(name::TIER, tiers(world));
    let at = |of: fn(&catchment_model::LatLon) -> f64| -> Vec<f32> {
        world.places.iter().map(|place| of(&place.at) as f32).collect()
    };
    columns.push(name::PLACE_LAT, at(|at| at.lat));
    columns.push(name::PLACE_LON, at(|at| at.lon));
    columns.encode()
}

/// Demand of each dot: that of its clients, where the world names any.
pub fn weights(world: &World) -> Vec<f64> {
    if world.clients.is_empty() {
        return world.weights.clone();
    }
    let mut weights = vec![0.0; world.router_count()];
    for client in &world.clients {
        weights[client.router as usize] += client.weight;
    }
    weights
}

/// How high in the hierarchy the AS of each dot is: 3 without customers, else 1 without providers
/// and 2 with them.
pub fn tiers(world: &World) -> Vec<u8> {
    let mut tiers = Vec::with_capacity(world.router_count());
    let mut from = 0;
    // Islands of one AS have one standing.
    for island in world.asns.chunk_by(|a: &Asn, b: &Asn| a == b) {
        let to = from + island.len();
        let routers = world.first_router[from]..world.first_router[to];
        let has = |relation: Relation| {
            routers.clone().any(|router| !world.group(router, relation).is_empty())
        };
        let tier = match (has(Relation::Customer), has(Relation::Provider)) {
            (false, _) => 3,
            (true, false) => 1,
            (true, true) => 2,
        };
        tiers.extend(routers.clone().map(|_| tier));
        from = to;
    }
    tiers
}

/// The columns of `/timeline`.
pub fn timeline(script: &Script<'_>, timeline: &Timeline, outcome: &Outcome) -> Vec<u8> {
    let Timeline { delivery, bystanders, .. } = timeline;
    let mut columns = Columns::default();
    push_streams(&mut columns, [delivery, bystanders]);
    push_fates(&mut columns, script, [delivery, bystanders]);
    push_routes(&mut columns, script, timeline);
    let unserved = &outcome.unserved;
    columns.push(name::UNSERVED_AT, unserved.iter().map(|it| it.at_us as f64).collect::<Vec<_>>());
    columns.push(name::UNSERVED, unserved.iter().map(|it| it.value).collect::<Vec<_>>());
    let steps = &timeline.load.steps;
    columns.push(name::LOAD_AT, steps.iter().map(|it| it.at_us as f64).collect::<Vec<_>>());
    columns.push(name::LOAD_SITE, steps.iter().map(|it| it.site as u16).collect::<Vec<_>>());
    columns.push(name::LOAD_LEGIT, steps.iter().map(|it| it.legit_kqps).collect::<Vec<_>>());
    columns.push(name::LOAD_OFFERED, steps.iter().map(|it| it.offered_kqps).collect::<Vec<_>>());
    columns.push(name::LOAD_GBPS, steps.iter().map(|it| it.offered_gbps).collect::<Vec<_>>());
    columns.push(name::LOAD_USED, steps.iter().map(|it| it.utilization).collect::<Vec<_>>());
    columns.push(name::LOAD_LOSS, steps.iter().map(|it| it.loss).collect::<Vec<_>>());
    columns.encode()
}

fn push_streams(columns: &mut Columns, deliveries: [&Delivery; 2]) {
    let count = deliveries.iter().map(|delivery| delivery.streams.len()).sum();
    let mut dots: Vec<u32> = Vec::with_capacity(count);
    let mut shares: Vec<f32> = Vec::with_capacity(count);
    let mut start: Vec<u16> = Vec::with_capacity(count);
    for delivery in deliveries {
        let router = |source: u32| delivery.sources[source as usize].router;
        dots.extend(delivery.streams.iter().map(|stream| router(stream.source)));
        shares.extend(delivery.streams.iter().map(|stream| stream.share as f32));
        start.extend(delivery.start.iter().map(|fate| fate_code(*fate)));
    }
    columns.push(name::STREAM_DOT, dots);
    columns.push(name::STREAM_SHARE, shares);
    columns.push(name::STREAM_START, start);
}

/// Changes of two deliveries as one list, ascending by time, then stream. The streams of the second
/// follow those of the first.
fn merged(deliveries: [&Delivery; 2]) -> impl Iterator<Item = FateChange> {
    let [first, second] = deliveries;
    let offset = first.streams.len() as u32;
    let mut left = first.changes.iter().copied().peekable();
    let later = move |change: &FateChange| FateChange { stream: change.stream + offset, ..*change };
    let mut right = second.changes.iter().map(later).peekable();
    std::iter::from_fn(move || match (left.peek(), right.peek()) {
        (Some(a), Some(b)) if b.at_us < a.at_us => right.next(),
        (Some(_), _) => left.next(),
        (None, _) => right.next(),
    })
}

fn push_fates(columns: &mut Columns, script: &Script<'_>, deliveries: [&Delivery; 2]) {
    let count = deliveries.iter().map(|delivery| delivery.changes.len()).sum();
    let mut at: Vec<f64> = Vec::with_capacity(count);
    let mut streams: Vec<u32> = Vec::with_capacity(count);
    let mut fates: Vec<u16> = Vec::with_capacity(count);
    let mut causes: Vec<u16> = Vec::with_capacity(count);
    let asks_dns = script.steering != Steering::Anycast;
    let dns_count = if asks_dns { count } else { 0 };
    let mut noticed: Vec<f64> = Vec::with_capacity(dns_count);
    let mut cached: Vec<f64> = Vec::with_capacity(dns_count);
    for change in merged(deliveries) {
        at.push(change.at_us as f64);
        streams.push(change.stream);
        fates.push(fate_code(change.fate));
        causes.push(u16::try_from(change.cause).unwrap_or(NO_EVENT));
        if asks_dns {
            noticed.push(change.stages.detection_us as f64);
            cached.push(change.stages.client_us as f64);
        }
    }
    columns.push(name::FATE_AT, at);
    columns.push(name::FATE_STREAM, streams);
    columns.push(name::FATE, fates);
    columns.push(name::FATE_CAUSE, causes);
    if asks_dns {
        columns.push(name::FATE_NOTICED, noticed);
        columns.push(name::FATE_CACHED, cached);
    }
}

/// Path lengths of the best routes that packets follow: of the longest prefix that a router has a
/// route to. Under hybrid steering, where several go by, those to the prefix that DNS names to the
/// first part of a dot.
struct Lengths<'a> {
    logs: &'a [RouteLog],
    best: Vec<Vec<Best>>,
    /// For each prefix in use its logs, longest first.
    layers: Vec<(u16, Vec<usize>)>,
    /// Place in `layers` of the prefix that each dot sends to.
    follows: Vec<u8>,
}

impl<'a> Lengths<'a> {
    fn new(script: &Script<'_>, timeline: &'a Timeline) -> Lengths<'a> {
        let logs = &timeline.routes[..];
        let layers = targets(script).into_iter().map(|it| (it, layers(script, timeline, it)));
        let count = script.situation.world.router_count();
        let mut lengths = Lengths {
            logs,
            best: logs.iter().map(|log| log.start.clone()).collect(),
            layers: layers.collect(),
            follows: vec![0; count],
        };
        for delivery in [&timeline.delivery, &timeline.bystanders] {
            for (stream, fate) in (0..).zip(&delivery.start) {
                if let Some(router) = leader(delivery, stream) {
                    lengths.send(script, router, *fate);
                }
            }
        }
        lengths
    }

    /// Lets a dot send to the prefix that a fate speaks of. Returns whether that is another one.
    fn send(&mut self, script: &Script<'_>, router: u32, fate: Fate) -> bool {
        let Some(prefix) = prefix_of(script, fate) else { return false };
        let Some(place) = self.layers.iter().position(|(it, _)| *it == prefix) else {
            return false;
        };
        let follows = &mut self.follows[router as usize];
        std::mem::replace(follows, place as u8) != place as u8
    }

    fn of(&self, router: u32) -> u8 {
        let Some((_, layers)) = self.layers.get(usize::from(self.follows[router as usize])) else {
            return NO_LENGTH;
        };
        let used = layers.iter().find_map(|layer| {
            let best = self.best[*layer][router as usize];
            (best.slot != NO_SLOT).then(|| self.logs[*layer].paths.length(best.told.path()))
        });
        used.map_or(NO_LENGTH, |length| length.min(u32::from(NO_LENGTH) - 1) as u8)
    }
}

/// The router of a stream that is the first of its source, and so stands for it.
fn leader(delivery: &Delivery, stream: u32) -> Option<u32> {
    let source = delivery.streams[stream as usize].source;
    let before = stream.checked_sub(1).map(|before| delivery.streams[before as usize].source);
    (before != Some(source)).then(|| delivery.sources[source as usize].router)
}

fn push_routes(columns: &mut Columns, script: &Script<'_>, timeline: &Timeline) {
    let logs = &timeline.routes;
    let count = logs.iter().map(|log| log.changes.len()).sum();
    let mut at: Vec<f64> = Vec::with_capacity(count);
    let mut dots: Vec<u32> = Vec::with_capacity(count);
    let mut route_lengths: Vec<u8> = Vec::with_capacity(count);
    let mut start: Vec<u8> = Vec::new();
    if !logs.is_empty() {
        let mut lengths = Lengths::new(script, timeline);
        start = (0..script.situation.world.router_count() as u32)
            .map(|router| lengths.of(router))
            .collect();
        let mut push = |at_us: i64, router: u32, lengths: &Lengths<'_>| {
            at.push(at_us as f64);
            dots.push(router);
            route_lengths.push(lengths.of(router));
        };
        let deliveries = [&timeline.delivery, &timeline.bystanders];
        let offset = timeline.delivery.streams.len() as u32;
        let is_hybrid = script.steering == Steering::Hybrid;
        let mut fates = is_hybrid.then(|| merged(deliveries).peekable());
        let mut next = vec![0; logs.len()];
        loop {
            let time = |log: &usize| logs[*log].changes.get(next[*log]).map(|it| it.at_us);
            let log = (0..logs.len()).filter(|log| time(log).is_some()).min_by_key(time);
            let until_us = log.and_then(|log| time(&log)).unwrap_or(i64::MAX);
            // DNS first: a change of that instant is a change of the route that is followed.
            let fate = fates.as_mut().and_then(|it| it.next_if(|fate| fate.at_us <= until_us));
            if let Some(change) = fate {
                let (delivery, stream) = match change.stream.checked_sub(offset) {
                    Some(stream) => (deliveries[1], stream),
                    None => (deliveries[0], change.stream),
                };
                if let Some(router) = leader(delivery, stream)
                    && lengths.send(script, router, change.fate)
                {
                    push(change.at_us, router, &lengths);
                }
                continue;
            }
            let Some(log) = log else { break };
            let change = &logs[log].changes[next[log]];
            next[log] += 1;
            lengths.best[log][change.router as usize] = change.best;
            let follows = usize::from(lengths.follows[change.router as usize]);
            if lengths.layers[follows].1.contains(&log) {
                push(change.at_us, change.router, &lengths);
            }
        }
    }
    columns.push(name::LENGTH, start);
    columns.push(name::ROUTE_AT, at);
    columns.push(name::ROUTE_DOT, dots);
    columns.push(name::ROUTE_LENGTH, route_lengths);
}

/// The columns of `/layers/rtt`.
pub fn rtt(played: &Played, run: &Run, at_us: i64, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
    let script = played.script(run);
    let Run { timeline, .. } = run;
    let prelude = (run.steering != Steering::GeoDns).then(|| played.prelude());
    let adjacency = prelude.as_ref().map(|prelude| &**prelude.adjacency());
    let trips = RoundTrips::new(&script, timeline, adjacency, at_us);
    if watch("measuring", 0, 0) == ControlFlow::Break(()) {
        return Err(cancelled());
    }
    let (delivery, bystanders) = (&timeline.delivery, &timeline.bystanders);
    let (fates, others) = (delivery.at(at_us), bystanders.at(at_us));
    let rtt = trips.of_dots([(delivery, &fates), (bystanders, &others)]);
    let world = script.situation.world;
    let active = active_sites(&script, timeline, at_us);
    let sites: Vec<_> = script
        .situation
        .service
        .sites
        .iter()
        .zip(active)
        .filter(|(_, active)| *active)
        .filter_map(|(site, _)| world.place(site.router))
        .collect();
    let of_place = |place: &catchment_model::Place| -> f32 {
        let best = sites.iter().map(|site| best_ms(script.situation.rules, place.at, site.at));
        best.reduce(f64::min).map_or(f32::NAN, |ms| ms as f32)
    };
    let of_places: Vec<f32> = world.places.iter().map(of_place).collect();
    let best: Vec<f32> = world
        .router_places
        .iter()
        .zip(&rtt)
        .map(|(place, rtt)| {
            // A site that is being taken out serves the last who come, and may have been nearer.
            of_places.get(*place as usize).map_or(f32::NAN, |best| best.min(*rtt))
        })
        .collect();
    let mut columns = Columns::default();
    columns.push(name::RTT, rtt);
    columns.push(name::BEST, best);
    Ok(columns.encode())
}

/// The columns of `/layers/ties`.
pub fn ties(played: &Played, run: &Run, watch: Watch<'_>) -> Result<Vec<u8>, Problem> {
    let script = played.script(run);
    let situation = script.situation;
    let count = situation.world.router_count();
    let mut counts = vec![0_u8; count];
    let mut follows = vec![first_prefix(&script); count];
    for delivery in [&run.timeline.delivery, &run.timeline.bystanders] {
        for (stream, fate) in (0..).zip(&delivery.start) {
            if let (Some(router), Some(prefix)) =
                (leader(delivery, stream), prefix_of(&script, *fate))
            {
                follows[router as usize] = prefix;
            }
        }
    }
    for prefix in targets(&script) {
        let mut chain = Vec::new();
        for covering in covering(&script, prefix) {
            if watch("solving", 0, 0) == ControlFlow::Break(()) {
                return Err(cancelled());
            }
            chain.push((covering, solve(situation, covering).map_err(unsolved)?));
        }
        let chain: Vec<_> = chain
            .iter()
            .map(|(covering, catchment)| (Policy::new(situation, *covering), catchment))
            .collect();
        let mut goes_on = || watch("solving", 0, 0) == ControlFlow::Continue(());
        let Some(ties) = Ties::along_while(&chain, &mut goes_on) else { return Err(cancelled()) };
        for (router, shares) in ties.shares.iter().enumerate() {
            if follows[router] == prefix {
                counts[router] = shares.len().min(usize::from(u8::MAX)) as u8;
            }
        }
    }
    let mut columns = Columns::default();
    columns.push(name::TIES, counts);
    Ok(columns.encode())
}
