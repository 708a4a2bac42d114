//! The library, and scenarios as text.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use catchment_formats::scenario::{Syntax, read, write_json, write_toml};
use catchment_model::Scenario;
use catchment_model::scenario::{Steering, WorldSource};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Answer, Place, blocking, json, parse, read_json};
use crate::api::{Problem, ScenarioCard, ScenarioFile, ScenarioText, SteeringName};
use crate::app::{App, LibraryScenario};
use crate::problem::{bug, mistakes, of_status};

/// A synthetic world with more ASes takes its time.
const ASES_SMALL: u32 = 10_000;

/// A scenario to be written as TOML.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what `WriteBody` reads")]
pub(crate) struct ScenarioJson {
    /// The scenario as JSON, in the form that the command line reads.
    #[schema(value_type = Object)]
    scenario: serde_json::Value,
}

#[derive(Deserialize)]
struct WriteBody<'a> {
    #[serde(borrow)]
    scenario: &'a RawValue,
}

/// The library.
#[utoipa::path(get, path = "/api/v1/scenarios", responses((status = 200, body = [ScenarioCard])))]
pub(crate) async fn scenarios(State(app): State<Arc<App>>) -> Answer {
    let cards: Vec<ScenarioCard> = app.library.iter().map(card).collect();
    Ok(json(StatusCode::OK, &cards))
}

/// One scenario of the library.
#[utoipa::path(
    get,
    path = "/api/v1/scenarios/{name}",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = ScenarioFile), (status = 404, body = Problem))
)]
pub(crate) async fn scenario(State(app): State<Arc<App>>, Place(name): Place<String>) -> Answer {
    let known = app.library.iter().find(|known| known.scenario.name == name);
    let known = known.ok_or_else(|| of_status(StatusCode::NOT_FOUND))?;
    Ok(json(StatusCode::OK, &file(&known.scenario, known.toml.clone())?))
}

/// Reads a scenario in TOML or JSON.
#[utoipa::path(
    post,
    path = "/api/v1/scenarios/read",
    request_body = ScenarioText,
    responses((status = 200, body = ScenarioFile), (status = "4XX", body = Problem))
)]
pub(crate) async fn read_scenario(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = read_json(&app, request).await?;
    let found = blocking(&app, move |_| {
        let ScenarioText { text } = parse(&body)?;
        let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        let syntax = if is_json { Syntax::Json } else { Syntax::Toml };
        // A byte order mark, which some editors write, is no part of the text.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let reading = read(text, syntax, &[]).map_err(|found| mistakes(&found, Some(text)))?;
        let toml = if is_json { write_toml(&reading.scenario) } else { text.to_owned() };
        file(&reading.scenario, toml)
    });
    Ok(json(StatusCode::OK, &found.await?))
}

/// Writes a scenario as TOML.
#[utoipa::path(
    post,
    path = "/api/v1/scenarios/write",
    request_body = ScenarioJson,
    responses((status = 200, body = ScenarioFile), (status = "4XX", body = Problem))
)]
pub(crate) async fn write_scenario(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = read_json(&app, request).await?;
    let found = blocking(&app, move |_| {
        let WriteBody { scenario } = parse(&body)?;
        let scenario = of_json(scenario)?;
        file(&scenario, write_toml(&scenario))
    });
    Ok(json(StatusCode::OK, &found.await?))
}

/// Reads a scenario that came as a JSON value: its mistakes have paths, and no lines.
pub(super) fn of_json(scenario: &RawValue) -> Result<Scenario, Problem> {
    let reading = read(scenario.get(), Syntax::Json, &[]);
    Ok(reading.map_err(|found| mistakes(&found, None))?.scenario)
}

fn file(scenario: &Scenario, toml: String) -> Result<ScenarioFile, Problem> {
    let value = serde_json::from_str(&write_json(scenario)).map_err(|_| bug())?;
    Ok(ScenarioFile { scenario: value, toml })
}

fn card(known: &LibraryScenario) -> ScenarioCard {
    let scenario = &known.scenario;
    let (world, is_large) = match &scenario.world {
        WorldSource::Builtin(name) => (name.clone(), false),
        WorldSource::AsRel(path) | WorldSource::File(path) => {
            (path.rsplit('/').next().unwrap_or(path).to_owned(), true)
        }
        WorldSource::Synthetic { ases, .. } => {
            (format!("synthetic, {} ASes", grouped(*ases)), *ases > ASES_SMALL)
        }
    };
    ScenarioCard {
        name: scenario.name.clone(),
        question: scenario.question.clone(),
        look_for: scenario.look_for.clone(),
        world,
        steering: steering_name(scenario.steering),
        events: u32::try_from(scenario.events.len()).unwrap_or(u32::MAX),
        is_large,
        unavailable: known.unavailable.clone(),
    }
}

fn steering_name(steering: Steering) -> SteeringName {
    match steering {
        Steering::Anycast => SteeringName::Anycast,
        Steering::GeoDns => SteeringName::Geodns,
        Steering::Hybrid => SteeringName::Hybrid,
    }
}

/// Digits in groups of three: `80 000`.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let texts = [0, 999, 1000, 80_000, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "999", "1 000", "80 000", "1 234 567"]);
    }
}
