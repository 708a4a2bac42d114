//! The API as an OpenAPI document. `docs/openapi.json` is the same; a test holds them equal, and
//! the types of the user interface are generated from it.

use utoipa::OpenApi;

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Catchment",
        description = "Plays scenarios of anycast services, and says who lands where, when and why",
        license(name = "Apache-2.0 OR MIT")
    ),
    paths(
        routes::info,
        routes::openapi_json,
        routes::scenarios,
        routes::scenario,
        routes::read_scenario,
        routes::write_scenario,
        routes::start_run,
        routes::run_state,
        routes::cancel_run,
        routes::run_events,
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

/// The document, as JSON.
pub fn document() -> String {
    let mut text = Description::openapi().to_pretty_json().expect("the description is JSON");
    text.push('\n');
    text
}
