//! Scenarios played by the engine, and columns read back.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use catchment_formats::scenario::{Syntax, read};
use catchment_model::Scenario;
use catchment_model::scenario::WorldSource;
use catchment_server::api::{Problem, SteeringName};
use catchment_server::engine::{Engine, Played, Watch, WorldFiles};
use catchment_worlds::BaseWorld;
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
