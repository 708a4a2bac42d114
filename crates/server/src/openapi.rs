//! The API as an OpenAPI document. `docs/openapi.json` is the same; a test holds them equal, and
//! the types of the user interface are generated from it.

use utoipa::openapi::{OpenApi as Document, RefOr};
use utoipa::{Modify, OpenApi};

use crate::problem::PROBLEM_JSON;
use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Catchment",
        description = "Plays scenarios of anycast services, and says who lands where, when and why",
        license(name = "Apache-2.0 OR MIT")
    ),
    modifiers(&Refusals),
    paths(
        routes::info,
        routes::openapi_json,
        routes::cities,
        routes::scenarios,
        routes::scenario,
        routes::read_scenario,
        routes::write_scenario,
        routes::start_run,
        routes::run_state,
        routes::cancel_run,
        routes::run_events,
        routes::start_plan,
        routes::plan,
        routes::plan_table,
        routes::configs,
        routes::result,
        routes::world,
        routes::places,
        routes::nearest,
        routes::search,
        routes::dot,
        routes::timeline,
        routes::why,
        routes::rtt,
        routes::ties,
        routes::events_table,
        routes::catchment_table,
    )
)]
struct Description;

/// Whatever is refused is refused with a problem, which has a media type of its own.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Document) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                operation.tags = None;
                for (status, response) in &mut operation.responses.responses {
                    if let RefOr::T(response) = response
                        && status.starts_with(['4', '5'])
                        && let Some(content) = response.content.shift_remove("application/json")
                    {
                        response.content.insert(PROBLEM_JSON.to_owned(), content);
                    }
                }
            }
        }
    }
}

/// The document, as JSON.
pub fn document() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("the description is JSON");
    text.push('\n');
    text
}
