//! What runs came to, as JSON.

use std::collections::BTreeMap;

use catchment_dynamics::engine::NO_SLOT;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::flows::FlowReport;
use catchment_dynamics::outcome::tables::broken;
use catchment_dynamics::outcome::{EventOutcome, Share, StageMeans, State, Stayed};
use catchment_dynamics::play::Timeline;
use catchment_model::scenario::{ClientSpec, FailureKind, PlaceRef, Steering};
use catchment_model::schedule::{Deed, Occurrence};
use catchment_model::service::{Reach, Site};
use catchment_model::{Rules, Scenario, World};
use catchment_worlds::Assembled;

use super::playing::{name_of, script};
use super::standing::{capacities, standings};
use super::ways::RoundTrips;
use super::{Run, VERSION, arrays, worlds};
use crate::api::{
    ClientInfo, EventInfo, FlowsInfo, MoveInfo, NeighborInfo, OverloadInfo, RuleInfo, RunReport,
    RunResult, ShareInfo, SiteInfo, StagesInfo, StateInfo, StayedInfo, WorldInfo,
};

/// Names of who did not come back, for one event.
const STAYED_NAMED: usize = 50;

/// Everything but arrays. How long it took is for the caller to say.
pub fn result(
    scenario: &Scenario,
    assembled: &Assembled,
    runs: &[Run],
    adjacency: &Adjacency,
    hash: String,
) -> RunResult {
    let Assembled { world, service, rules, .. } = assembled;
    RunResult {
        hash,
        engine: VERSION.to_owned(),
        name: scenario.name.clone(),
        question: scenario.question.clone(),
        look_for: scenario.look_for.clone(),
        seed: assembled.seed,
        world: world_info(world),
        rules: rule_infos(rules),
        prefixes: service.prefixes.iter().map(ToString::to_string).collect(),
        sites: service.sites.iter().map(|site| site_info(world, site)).collect(),
        clients: client_infos(scenario, world),
        runs: runs.iter().map(|run| run_report(scenario, assembled, run, adjacency)).collect(),
        notes: notes(scenario, assembled, runs),
        engine_ms: 0.0,
    }
}

/// What the command line would note.
fn notes(scenario: &Scenario, assembled: &Assembled, runs: &[Run]) -> Vec<String> {
    let policy = scenario.geodns.policy;
    let blind = runs.iter().find_map(|run| assembled.blind_note(run.steering, policy));
    let idle = runs.iter().find_map(|run| assembled.idle_note(run.steering));
    assembled.notes.iter().cloned().chain(blind).chain(idle).collect()
}

fn world_info(world: &World) -> WorldInfo {
    WorldInfo {
        id: worlds::hex(&blake3::hash(&arrays::world(world))),
        name: world.name.clone(),
        ases: world.as_count() as u32,
        dots: world.router_count() as u32,
        links: (world.session_count() / 2) as u32,
        has_places: !world.places.is_empty(),
        has_clients: !world.clients.is_empty(),
    }
}

fn rule_infos(rules: &Rules) -> Vec<RuleInfo> {
    let values = rules.values().into_iter().zip(Rules::default().values());
    let rule = |(parameter, (value, default)): (&catchment_model::rules::ParameterInfo, _)| {
        let (value, default): (
            catchment_model::rules::ParameterValue,
            catchment_model::rules::ParameterValue,
        ) = (value, default);
        RuleInfo {
            name: parameter.name.to_owned(),
            value: value.text,
            default: default.text,
            text: parameter.text(),
        }
    };
    Rules::PARAMETERS.iter().zip(values).map(rule).collect()
}

fn site_info(world: &World, site: &Site) -> SiteInfo {
    let place = world.place(site.router);
    SiteInfo {
        name: site.name.to_string(),
        city: place.map_or(site.name.to_string(), |place| place.name.clone()),
        asn: site.asn.0,
        lat: place.map(|place| place.at.lat),
        lon: place.map(|place| place.at.lon),
        dot: site.router,
        region: site.region.clone(),
        is_active: site.active,
        kqps: site.capacity.kqps,
        gbps: site.capacity.gbps,
        neighbors: neighbor_infos(world, site),
    }
}

/// Whom a site announces to: each AS once, with the fewest prepends that it hears.
fn neighbor_infos(world: &World, site: &Site) -> Vec<NeighborInfo> {
    let prepend = |session: u32| site.announcements.get(&session).map_or(0, |said| said.prepend);
    let sessions: Vec<u32> = match site.reach {
        Reach::Listed => site.announcements.keys().copied().collect(),
        Reach::Everyone => {
            let entry = world.router_as[site.router as usize];
            world.routers_of(entry).flat_map(|router| world.sessions(router)).collect()
        }
    };
    let mut found: BTreeMap<u32, NeighborInfo> = BTreeMap::new();
    for session in sessions {
        let router = world.neighbors[session as usize];
        let asn = world.asn_of(router).0;
        let neighbor = found.entry(asn).or_insert_with(|| {
            let name = world.as_name(world.router_as[router as usize]).unwrap_or_default();
            NeighborInfo { asn, name: name.to_owned(), prepend: u8::MAX }
        });
        neighbor.prepend = neighbor.prepend.min(prepend(session));
    }
    found.into_values().collect()
}

fn client_infos(scenario: &Scenario, world: &World) -> Vec<ClientInfo> {
    let info = |client: &catchment_model::world::Client| {
        let place = world.place(client.router);
        let asn = world.asn_of(client.router);
        // An AS may have clients in several cities; then the place says which is meant.
        let is_meant = |spec: &ClientSpec| match (&spec.place, place) {
            (Some(PlaceRef::City(code)), Some(place)) => place.code.eq_ignore_ascii_case(code),
            (Some(PlaceRef::At(at)), Some(place)) => place.at.distance_km(at) < 1.0,
            _ => true,
        };
        let ours = || (0..).zip(&scenario.clients).filter(|(_, spec)| spec.asn == asn);
        let index = match ours().count() {
            0 | 1 => ours().next(),
            _ => ours().find(|(_, spec)| is_meant(spec)),
        };
        ClientInfo {
            name: client.name.clone(),
            dot: client.router,
            asn: asn.0,
            lat: place.map(|place| place.at.lat),
            lon: place.map(|place| place.at.lon),
            region: client.region.clone(),
            weight: client.weight,
            index: index.map(|(index, _)| index),
        }
    };
    world.clients.iter().map(info).collect()
}

fn run_report(
    scenario: &Scenario,
    assembled: &Assembled,
    run: &Run,
    adjacency: &Adjacency,
) -> RunReport {
    let Run { steering, timeline, outcome, flows, .. } = run;
    let script = script(scenario, assembled, &timeline.schedule, *steering);
    let adjacency = (*steering != Steering::GeoDns).then_some(adjacency);
    let delivery = &timeline.delivery;
    let before = RoundTrips::new(&script, timeline, adjacency, i64::MIN);
    let after = RoundTrips::new(&script, timeline, adjacency, i64::MAX);
    let tried = paths_tried(timeline);
    let events = (0..).zip(&outcome.events).zip(tried);
    RunReport {
        steering: name_of(*steering),
        end_us: outcome.end_us,
        demand: outcome.demand,
        sources: outcome.sources,
        lost: outcome.lost(),
        lost_before: outcome.lost_before,
        states: outcome.states.iter().map(state_info).collect(),
        events: events
            .map(|((cause, event), paths_tried)| {
                let event = event_info(timeline, flows, cause, event);
                EventInfo { paths_tried, ..event }
            })
            .collect(),
        standing: standings(&assembled.service, timeline, *steering),
        capacities: capacities(timeline),
        flows: flows
            .classes
            .iter()
            .map(|class| FlowsInfo {
                name: class.name.to_owned(),
                open: class.open,
                needed: class.broken.needed,
                unneeded: class.broken.unneeded,
                survival_run: class.survival_run,
            })
            .collect(),
        rtt_before_ms: before.median(delivery, &delivery.start),
        rtt_after_ms: after.median(delivery, &delivery.at(i64::MAX)),
    }
}

fn share_info(share: &Share) -> ShareInfo {
    ShareInfo { demand: share.demand, sources: share.sources }
}

fn state_info(state: &State) -> StateInfo {
    StateInfo {
        sites: state.sites.iter().map(share_info).collect(),
        unserved: share_info(&state.unserved),
        active_sites: state.active_sites,
        path_length_mean: state.path_length_mean,
    }
}

/// For each event how many routers tried one, two, … best routes on its account. Prefixes count
/// apart; who lost the route and found no other tried none.
fn paths_tried(timeline: &Timeline) -> Vec<Vec<u32>> {
    let mut tried: Vec<Vec<u32>> = vec![Vec::new(); timeline.schedule.len()];
    for log in &timeline.routes {
        let mut turns: Vec<(u32, u32)> = log
            .changes
            .iter()
            .filter(|change| change.best.slot != NO_SLOT)
            .map(|change| (change.best.cause, change.router))
            .collect();
        turns.sort_unstable();
        for same in turns.chunk_by(|a, b| a == b) {
            let Some(counts) = tried.get_mut(same[0].0 as usize) else { continue };
            if counts.len() < same.len() {
                counts.resize(same.len(), 0);
            }
            counts[same.len() - 1] += 1;
        }
    }
    tried
}

/// A deed in a word, the site that it happened to, and how it failed.
fn deed(occurrence: &Occurrence) -> (&'static str, Option<u32>, Option<&'static str>) {
    match &occurrence.deed {
        Deed::Fail { site, how } => {
            let name = FailureKind::NAMES.iter().find(|(_, known)| known == how);
            ("fail", Some(*site), name.map(|(name, _)| *name))
        }
        Deed::Restore { site } => ("restore", Some(*site), None),
        Deed::Link { .. } => ("link", None, None),
        Deed::Policy { .. } => ("policy", None, None),
        Deed::Announce { site, .. } => ("announce", Some(*site), None),
        Deed::Igp { .. } => ("igp", None, None),
        Deed::Attack { .. } => ("attack", None, None),
        Deed::Capacity { site, .. } => ("capacity", Some(*site), None),
    }
}

fn event_info(
    timeline: &Timeline,
    flows: &FlowReport,
    cause: u32,
    event: &EventOutcome,
) -> EventInfo {
    let occurrence = &timeline.schedule[cause as usize];
    let (deed, site, how) = deed(occurrence);
    let broken = broken(flows, cause);
    let stages = event.stages.map(|means: StageMeans| StagesInfo {
        detection_us: means.detection_us,
        propagation_us: means.propagation_us,
        mrai_us: means.mrai_us,
        fib_us: means.fib_us,
        client_us: means.client_us,
    });
    let stayed = event.came_back.map(|_| ShareInfo {
        demand: event.stayed.iter().map(|it| it.demand).sum(),
        sources: event.stayed.len() as u32,
    });
    EventInfo {
        index: (occurrence.index != u32::MAX).then_some(occurrence.index),
        label: event.label.clone(),
        deed: deed.to_owned(),
        site,
        how: how.map(str::to_owned),
        at_us: event.at_us,
        end_us: event.end_us,
        before: event.before as u32,
        after: event.after as u32,
        hurt: share_info(&event.hurt),
        peak: event.peak,
        detected_us: event.detected_us,
        first_us: event.restored.first_us,
        half_us: event.restored.half_us,
        most_us: event.restored.most_us,
        all_us: event.restored.all_us,
        converged_us: event.converged_us,
        cleanup_us: event.cleanup_us,
        messages: event.messages,
        lost: event.lost,
        unserved_for_good: event.unserved_for_good,
        stages,
        moves: event
            .moves
            .iter()
            .map(|it| MoveInfo { from: it.from, to: it.to, moved: share_info(&it.moved) })
            .collect(),
        overloads: event
            .overloads
            .iter()
            .map(|it| OverloadInfo {
                site: it.site,
                utilization: it.utilization.is_finite().then_some(it.utilization),
                loss: it.loss,
                lasted_us: it.lasted_us,
                stays: it.stays,
            })
            .collect(),
        came_back: event.came_back.as_ref().map(share_info),
        stayed,
        stayed_who: event
            .stayed
            .iter()
            .take(STAYED_NAMED)
            .map(|entry| stayed_info(timeline, entry))
            .collect(),
        broken_needed: broken.needed,
        broken_unneeded: broken.unneeded,
        paths_tried: Vec::new(),
    }
}

fn stayed_info(timeline: &Timeline, stayed: &Stayed) -> StayedInfo {
    let source = &timeline.delivery.sources[stayed.source as usize];
    StayedInfo {
        name: source.name.clone(),
        dot: source.router,
        demand: stayed.demand,
        now: stayed.fate.site(),
        why: stayed.why.as_ref().map(ToString::to_string),
        reason: stayed.why.as_ref().map(|why| why.name().to_owned()),
    }
}
