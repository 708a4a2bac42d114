//! What came of runs: as JSON, as columns, as tables.
#![expect(unused_qualifications, reason = "utoipa qualifies what its attributes name")]

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use catchment_formats::table::{Format, write};
use catchment_model::{Scenario, Table};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Answer, Asked, COLUMNS, Place, blocking, bytes};
use crate::api::{Found, Nearest, PlaceInfo, Problem, RunResult, Why};
use crate::app::App;
use crate::engine::{Played, SCENARIO_FILE, shell_word};
use crate::pool::Brake;
use crate::problem::{Refusal, bug, of_status, problem};

/// No network has a longer name.
const SEARCH_BYTES_MAX: usize = 200;

/// A dot at a time.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WhyQuery {
    /// The dot.
    dot: u32,
    /// When, in µs.
    #[serde(default)]
    at_us: i64,
}

/// A time.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimeQuery {
    /// When, in µs.
    #[serde(default)]
    at_us: i64,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TableFormat {
    /// Comma-separated values.
    #[default]
    Csv,
    /// An array of objects.
    Json,
}

/// A form of a table.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FormatQuery {
    /// How it is written.
    #[serde(default)]
    #[param(inline)]
    pub(super) format: TableFormat,
}

/// A form of a table, and a time.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CatchmentQuery {
    /// When, in µs.
    #[serde(default)]
    at_us: i64,
    /// How it is written.
    #[serde(default)]
    #[param(inline)]
    format: TableFormat,
}

/// A point on Earth.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PointQuery {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lon: f64,
    /// AS number of a client that moves there: it is no model of itself, and its name is free.
    except: Option<u32>,
}

/// Words to search for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// AS number, name of an AS, of a city or of a client.
    q: String,
}

/// Everything that a run came to, but for arrays.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}",
    params(("hash" = String, Path, description = "Hash of the result")),
    responses((status = 200, body = RunResult), (status = 404, body = Problem))
)]
pub(crate) async fn result(State(app): State<Arc<App>>, Place(hash): Place<String>) -> Answer {
    answer(&app, &hash, |played, _| written(&played.result)).await
}

/// Dots and places, as columns.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/world",
    params(("hash" = String, Path, description = "Hash of the result")),
    responses(
        (status = 200, description = "Columns", content_type = COLUMNS, body = Vec<u8>),
        (status = 404, body = Problem)
    )
)]
pub(crate) async fn world(State(app): State<Arc<App>>, Place(hash): Place<String>) -> Answer {
    answer(&app, &hash, |played, _| Ok((COLUMNS, played.world()))).await
}

/// Names of places, in the order of their columns.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/places",
    params(("hash" = String, Path, description = "Hash of the result")),
    responses((status = 200, body = [PlaceInfo]), (status = 404, body = Problem))
)]
pub(crate) async fn places(State(app): State<Arc<App>>, Place(hash): Place<String>) -> Answer {
    answer(&app, &hash, |played, _| written(&played.places())).await
}

/// Who stands for a new client at a place.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/nearest",
    params(("hash" = String, Path, description = "Hash of the result"), PointQuery),
    responses((status = 200, body = Nearest), (status = "4XX", body = Problem))
)]
pub(crate) async fn nearest(
    State(app): State<Arc<App>>,
    Place(hash): Place<String>,
    Asked(PointQuery { lat, lon, except }): Asked<PointQuery>,
) -> Answer {
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return Err(bad_query("this is no point on Earth", "-90 to 90, and -180 to 180 degrees"));
    }
    answer(&app, &hash, move |played, _| written(&played.nearest(lat, lon, except)?)).await
}

/// Networks that fit a search, at most 20.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/search",
    params(("hash" = String, Path, description = "Hash of the result"), SearchQuery),
    responses((status = 200, body = [Found]), (status = "4XX", body = Problem))
)]
pub(crate) async fn search(
    State(app): State<Arc<App>>,
    Place(hash): Place<String>,
    Asked(SearchQuery { q }): Asked<SearchQuery>,
) -> Answer {
    if q.len() > SEARCH_BYTES_MAX {
        return Err(bad_query("this is too long to search for", "no name has 200 characters"));
    }
    answer(&app, &hash, move |played, _| written(&played.search(&q))).await
}

/// One dot for people.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/dots/{dot}",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("dot" = u32, Path, description = "The dot")
    ),
    responses((status = 200, body = Found), (status = 404, body = Problem))
)]
pub(crate) async fn dot(
    State(app): State<Arc<App>>,
    Place((hash, dot)): Place<(String, u32)>,
) -> Answer {
    answer(&app, &hash, move |played, _| written(&played.dot(dot).ok_or_else(nothing)?)).await
}

/// What happens to whom and when, as columns.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/timeline",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`")
    ),
    responses(
        (status = 200, description = "Columns", content_type = COLUMNS, body = Vec<u8>),
        (status = 404, body = Problem)
    )
)]
pub(crate) async fn timeline(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
) -> Answer {
    answer(&app, &hash, move |played, _| Ok((COLUMNS, played.timeline(n).ok_or_else(nothing)?)))
        .await
}

/// Why packets of a dot go where they go.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/why",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`"),
        WhyQuery
    ),
    responses((status = 200, body = Why), (status = "4XX", body = Problem))
)]
pub(crate) async fn why(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
    Asked(WhyQuery { dot, at_us }): Asked<WhyQuery>,
) -> Answer {
    let known = Arc::clone(&app);
    answer(&app, &hash, move |played, brake| {
        let mut why = played.why(n, dot, at_us, &|_, _, _| brake.check())?;
        if let Some(argument) = argument_of(&known, played.scenario()) {
            why.command = why.command.replacen(SCENARIO_FILE, &shell_word(argument), 1);
        }
        written(&why)
    })
    .await
}

/// Round trips at a time, as columns.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/layers/rtt",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`"),
        TimeQuery
    ),
    responses(
        (status = 200, description = "Columns", content_type = COLUMNS, body = Vec<u8>),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn rtt(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
    Asked(TimeQuery { at_us }): Asked<TimeQuery>,
) -> Answer {
    answer(&app, &hash, move |played, brake| {
        Ok((COLUMNS, played.rtt(n, at_us, &|_, _, _| brake.check())?))
    })
    .await
}

/// How many sites each dot is tied between, as columns.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/layers/ties",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`")
    ),
    responses(
        (status = 200, description = "Columns", content_type = COLUMNS, body = Vec<u8>),
        (status = 404, body = Problem)
    )
)]
pub(crate) async fn ties(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
) -> Answer {
    answer(&app, &hash, move |played, brake| {
        Ok((COLUMNS, played.ties(n, &|_, _, _| brake.check())?))
    })
    .await
}

/// What `catchment simulate` prints: a row for each event.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/tables/events",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`"),
        FormatQuery
    ),
    responses(
        (status = 200, description = "Text", content_type = "text/csv", body = String),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn events_table(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
    Asked(FormatQuery { format }): Asked<FormatQuery>,
) -> Answer {
    answer(&app, &hash, move |played, _| table(&played.events_table(n)?, format)).await
}

/// What `catchment simulate --at` prints: a row for each AS.
#[utoipa::path(
    get,
    path = "/api/v1/results/{hash}/runs/{n}/tables/catchment",
    params(
        ("hash" = String, Path, description = "Hash of the result"),
        ("n" = u32, Path, description = "Place in `runs`"),
        CatchmentQuery
    ),
    responses(
        (status = 200, description = "Text", content_type = "text/csv", body = String),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn catchment_table(
    State(app): State<Arc<App>>,
    Place((hash, n)): Place<(String, usize)>,
    Asked(CatchmentQuery { at_us, format }): Asked<CatchmentQuery>,
) -> Answer {
    answer(&app, &hash, move |played, brake| {
        table(&played.catchment_table(n, at_us, &|_, _, _| brake.check())?, format)
    })
    .await
}

/// What the command line calls a scenario of the library that is as it is there.
pub(super) fn argument_of<'a>(app: &'a App, scenario: &Scenario) -> Option<&'a str> {
    let mut known = app.library.iter().filter(|known| known.scenario.name == scenario.name);
    known.find(|known| known.scenario == *scenario)?.argument.as_deref()
}

/// A media type and what is of it.
pub(super) type Content = (&'static str, Vec<u8>);

/// Finds a result and asks it something that may take its time.
async fn answer(
    app: &App,
    hash: &str,
    ask: impl FnOnce(&Played, &Brake) -> Result<Content, Problem> + Send + 'static,
) -> Result<Response, Refusal> {
    let played = app.results.get(hash).ok_or_else(|| {
        let help = "only the last results are kept: run again";
        problem(StatusCode::NOT_FOUND, "gone", "there is no such result", help)
    })?;
    let (content_type, content) = blocking(app, move |brake| ask(&played, brake)).await?;
    Ok(bytes(content_type, content))
}

pub(super) fn written<T: Serialize>(value: &T) -> Result<Content, Problem> {
    let text = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "an answer cannot be written as JSON");
        bug()
    })?;
    Ok(("application/json", text))
}

pub(super) fn table(table: &Table, format: TableFormat) -> Result<Content, Problem> {
    let (content_type, format) = match format {
        TableFormat::Csv => ("text/csv; charset=utf-8", Format::Csv),
        TableFormat::Json => ("application/json", Format::Json),
    };
    let mut text = Vec::new();
    write(table, format, &mut text).map_err(|_| bug())?;
    Ok((content_type, text))
}

fn nothing() -> Problem {
    of_status(StatusCode::NOT_FOUND)
}

fn bad_query(title: &str, help: &str) -> Refusal {
    problem(StatusCode::BAD_REQUEST, "bad-request", title, help).into()
}
