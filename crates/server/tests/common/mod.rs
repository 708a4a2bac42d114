//! Scenarios played by the engine, and columns read back.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use catchment_dynamics::Script;
use catchment_dynamics::engine::adjacency::Adjacency;
use catchment_dynamics::history::History;
use catchment_dynamics::play::Timeline;
use catchment_dynamics::state::At;
use catchment_formats::scenario::{Syntax, read};
use catchment_model::scenario::{Steering, WorldSource};
use catchment_model::schedule::Occurrence;
use catchment_model::{Duration, Scenario};
use catchment_routing::Situation;
use catchment_server::api::{Problem, SteeringName};
use catchment_server::engine::{Engine, Played, Watch, WorldFiles};
use catchment_worlds::{Assembled, BaseWorld, assemble, builtin, schedule};
use serde_json::Value;

/// No world lies in a file.
pub struct NoFiles;

impl WorldFiles for NoFiles {
    fn open(&self, _: &WorldSource, _: Watch<'_>) -> Result<BaseWorld, String> {
        Err("there are no files".to_owned())
    }
}

/// Goes on.
pub fn go_on(_: &str, _: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// An engine without files.
pub fn engine() -> Engine {
    Engine::new(Arc::new(NoFiles), Vec::new())
}

/// A scenario of the library.
pub fn library(name: &str) -> Scenario {
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    scenario(&text)
}

/// The same with another steering.
pub fn steered(name: &str, steering: Steering) -> Scenario {
    Scenario { steering, ..library(name) }
}

/// A scenario as text.
pub fn scenario(text: &str) -> Scenario {
    read(text, Syntax::Toml, &[]).unwrap_or_else(|mistakes| panic!("{mistakes:?}")).scenario
}

/// Plays it.
pub fn play(scenario: Scenario, steering: &[SteeringName]) -> Result<Played, Problem> {
    engine().play(scenario, steering, &go_on)
}

/// Plays a scenario of the library.
pub fn played(name: &str, steering: &[SteeringName]) -> Played {
    play(library(name), steering).unwrap_or_else(|problem| panic!("{name}: {problem:?}"))
}

/// A scenario, played without the engine of the server.
pub struct Reference {
    pub scenario: Scenario,
    pub assembled: Assembled,
    pub schedule: Vec<Occurrence>,
}

impl Reference {
    pub fn new(scenario: Scenario) -> Reference {
        let WorldSource::Builtin(name) = &scenario.world else { panic!("it is built in") };
        let base = builtin(name).unwrap();
        let assembled = assemble(&base, &scenario).unwrap();
        let schedule = schedule(&assembled, &scenario).unwrap();
        Reference { scenario, assembled, schedule }
    }

    pub fn script(&self, bystanders: bool) -> Script<'_> {
        let Assembled { world, overlay, service, rules, seed, .. } = &self.assembled;
        Script {
            situation: Situation { world, overlay, service, rules, seed: *seed },
            schedule: &self.schedule,
            steering: self.scenario.steering,
            prefix: 0,
            geodns: &self.scenario.geodns,
            regional: &self.assembled.regional,
            client_gbps: &self.assembled.client_gbps,
            senders: None,
            bystanders,
        }
    }

    pub fn timeline(&self, bystanders: bool) -> Timeline {
        let script = self.script(bystanders);
        catchment_dynamics::play::play(&script, &mut |_, _| ControlFlow::Continue(())).unwrap()
    }
}

/// What `explain --at` tells.
pub fn history(name: &str, dot: u32, at_us: i64) -> History {
    let reference = Reference::new(library(name));
    let script = reference.script(false);
    let adjacency = Adjacency::new(script.situation.world, script.situation.rules);
    let at = At::Time(Duration { us: at_us });
    let mut on = |_, _| ControlFlow::Continue(());
    catchment_dynamics::history::history(&script, &adjacency, dot, 0, at, &mut on).unwrap()
}

/// Columns by name; all numbers as `f64`.
pub fn decode(body: &[u8]) -> BTreeMap<String, Vec<f64>> {
    let length = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&body[4..4 + length]).unwrap();
    let column = |column: &Value| {
        let number = |key: &str| column[key].as_u64().unwrap() as usize;
        let (offset, length) = (number("offset"), number("length"));
        assert_eq!(offset % 8, 0, "{column}");
        let values = (0..length).map(|index| {
            macro_rules! at {
                ($type:ty) => {{
                    let width = size_of::<$type>();
                    let at = offset + index * width;
                    <$type>::from_le_bytes(body[at..at + width].try_into().unwrap()) as f64
                }};
            }
            match column["type"].as_str().unwrap() {
                "u8" => at!(u8),
                "u16" => at!(u16),
                "u32" => at!(u32),
                "f32" => at!(f32),
                "f64" => at!(f64),
                other => panic!("{other}"),
            }
        });
        (column["name"].as_str().unwrap().to_owned(), values.collect())
    };
    header["columns"].as_array().unwrap().iter().map(column).collect()
}
