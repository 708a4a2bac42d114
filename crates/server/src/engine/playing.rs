//! Plays a scenario: world, assembly, one run for each steering, and what they come to.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use catchment_dynamics::edge::{EdgeReport, Origin};
use catchment_dynamics::flows::{self, FlowModel};
use catchment_dynamics::play::{Timeline, Unfinished, play_with};
use catchment_dynamics::{Outcome, Prelude, Script};
use catchment_formats::scenario::write_json;
use catchment_model::Scenario;
use catchment_model::scenario::Steering;
use catchment_model::schedule::Occurrence;
use catchment_routing::Situation;
use catchment_worlds::{Assembled, BaseWorld, assemble, schedule};

use super::preludes::Preludes;
use super::problems::{cancelled, mistakes, unfinished};
use super::worlds::{Worlds, hex};
use super::{Played, Run, VERSION, Watch, report};
use crate::api::{Problem, SteeringName};

/// Plays a scenario once for each steering, or as written.
pub fn play(
    worlds: &Worlds,
    preludes: &Arc<Preludes>,
    scenario: Scenario,
    steering: &[SteeringName],
    watch: Watch<'_>,
) -> Result<Played, Problem> {
    // No answer depends on it: it only says how long the answer took.
    let began = Instant::now();
    let go_on = |doing: &str| match watch(doing, 0, 0) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(cancelled()),
    };
    let mut asked: Vec<Steering> = Vec::new();
    for name in steering.iter().map(|name| steering_of(*name)) {
        if !asked.contains(&name) {
            asked.push(name);
        }
    }
    if asked.is_empty() {
        asked.push(scenario.steering);
    }
    go_on("building the world")?;
    let world = worlds.get(&scenario.world, watch)?;
    let (assembled, events) = assemble_all(&world.base, &scenario, &asked)?;
    let hash = hash(&scenario, &asked, &world.identity);

    let mut prelude = preludes.of(situation(&assembled));
    let mut timelines: Vec<Timeline> = Vec::with_capacity(asked.len());
    for steering in &asked {
        go_on("playing")?;
        let script = script(&scenario, &assembled, &events, *steering);
        let mut steps = |done, total| watch("playing", done, total);
        timelines.push(play_with(&script, &mut prelude, &mut steps).map_err(unfinished)?);
    }
    preludes.keep(&prelude);
    // Else the run in which nothing happens any more would lose least.
    let end_us = timelines.iter().map(|timeline| timeline.delivery.end_us).max().unwrap_or(0);
    let mut runs: Vec<Run> = Vec::with_capacity(asked.len());
    for (steering, mut timeline) in asked.into_iter().zip(timelines) {
        go_on("measuring")?;
        timeline.delivery.end_us = end_us;
        let script = script(&scenario, &assembled, &events, steering);
        let mut steps = |done, total| watch("measuring", done, total);
        let run = measure(&scenario, &assembled, &script, timeline, &mut prelude, &mut steps);
        runs.push(run.map_err(unfinished)?);
    }
    go_on("measuring")?;
    let result = report::result(&scenario, &assembled, &runs, prelude.adjacency(), hash);
    let preludes = Arc::clone(preludes);
    let mut played = Played { result, scenario, assembled, runs, preludes };
    played.result.engine_ms = began.elapsed().as_secs_f64() * 1000.0;
    Ok(played)
}

/// A steering by its name.
pub fn steering_of(name: SteeringName) -> Steering {
    match name {
        SteeringName::Anycast => Steering::Anycast,
        SteeringName::Geodns => Steering::GeoDns,
        SteeringName::Hybrid => Steering::Hybrid,
    }
}

/// The name of a steering.
pub fn name_of(steering: Steering) -> SteeringName {
    match steering {
        Steering::Anycast => SteeringName::Anycast,
        Steering::GeoDns => SteeringName::Geodns,
        Steering::Hybrid => SteeringName::Hybrid,
    }
}

/// Assembles a scenario. All its mistakes are told, whichever steering makes them.
fn assemble_all(
    base: &BaseWorld,
    scenario: &Scenario,
    asked: &[Steering],
) -> Result<(Assembled, Vec<Occurrence>), Problem> {
    // How clients find a site changes nothing that is assembled; but hybrid steering asks for
    // more than the others.
    let first = asked.iter().find(|steering| **steering == Steering::Hybrid).or(asked.first());
    let strictest = Scenario { steering: first.copied().unwrap_or_default(), ..scenario.clone() };
    let assembled = assemble(base, &strictest).map_err(mistakes)?;
    let events = schedule(&assembled, &strictest).map_err(mistakes)?;
    Ok((assembled, events))
}

/// The question as the solver takes it.
pub fn situation(assembled: &Assembled) -> Situation<'_> {
    Situation {
        world: &assembled.world,
        overlay: &assembled.overlay,
        service: &assembled.service,
        rules: &assembled.rules,
        seed: assembled.seed,
    }
}

/// The question as the engine takes it.
pub fn script<'a>(
    scenario: &'a Scenario,
    assembled: &'a Assembled,
    schedule: &'a [Occurrence],
    steering: Steering,
) -> Script<'a> {
    Script {
        situation: situation(assembled),
        schedule,
        steering,
        prefix: 0,
        geodns: &scenario.geodns,
        regional: &assembled.regional,
        client_gbps: &assembled.client_gbps,
        senders: None,
        bystanders: true,
    }
}

fn measure(
    scenario: &Scenario,
    assembled: &Assembled,
    script: &Script<'_>,
    timeline: Timeline,
    prelude: &mut Prelude,
    steps: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<Run, Unfinished> {
    let outcome = Outcome::with(script, &timeline, prelude, steps)?;
    let model = FlowModel::of(&assembled.rules, script.steering);
    let flows = flows::breaks(&timeline.delivery, &timeline.schedule, &model);
    let edge = scenario.edge.as_ref().zip(assembled.origin).map(|(edge, at)| {
        let origin = Origin { at, handshake: edge.handshake };
        EdgeReport::of(script, &timeline, &outcome, origin)
    });
    Ok(Run { steering: script.steering, timeline, outcome, flows, edge })
}

/// Names everything that can change the answer.
fn hash(scenario: &Scenario, asked: &[Steering], world: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut put = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    put(VERSION);
    put(world);
    put(&write_json(scenario));
    for steering in asked {
        let names = Steering::NAMES.iter();
        names.filter(|(_, known)| known == steering).for_each(|(name, _)| put(name));
    }
    hex(&hasher.finalize())
}
