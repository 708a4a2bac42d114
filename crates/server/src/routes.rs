//! The paths: which handler answers which, and what all handlers share.
//!
//! Handlers are thin. What blocks goes to a [`crate::pool`]; what comes in is refused here, as a
//! problem, before an engine sees it.

mod plans;
mod results;
mod runs;
mod scenarios;

pub(crate) use self::plans::*;
pub(crate) use self::results::*;
pub(crate) use self::runs::*;
pub(crate) use self::scenarios::*;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use catchment_worlds::cities::{self, City};
use futures_util::StreamExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::api::{CityInfo, Info, Problem};
use crate::app::{App, Limits};
use crate::assets::{self, MayCompress};
use crate::openapi;
use crate::pool::{Brake, Seat};
use crate::problem::{Refusal, bug, of_status, problem};

/// What every handler under `/api` returns.
pub(crate) type Answer = Result<Response, Refusal>;

/// The media type of [`crate::columns`].
pub(crate) const COLUMNS: &str = "application/vnd.catchment.columns";

/// All paths, without what stands around them.
pub(crate) fn router(app: Arc<App>) -> Router {
    let results = Router::new()
        .route("/", get(result))
        .route("/world", get(world))
        .route("/places", get(places))
        .route("/nearest", get(nearest))
        .route("/search", get(search))
        .route("/dots/{dot}", get(dot))
        .route("/runs/{n}/timeline", get(timeline))
        .route("/runs/{n}/why", get(why))
        .route("/runs/{n}/layers/rtt", get(rtt))
        .route("/runs/{n}/layers/ties", get(ties))
        .route("/runs/{n}/tables/events", get(events_table))
        .route("/runs/{n}/tables/catchment", get(catchment_table));
    Router::new()
        .route("/api/v1/info", get(info))
        .route("/api/v1/openapi.json", get(openapi_json))
        .route("/api/v1/cities", get(cities))
        .route("/api/v1/scenarios", get(scenarios))
        .route("/api/v1/scenarios/read", post(read_scenario))
        .route("/api/v1/scenarios/write", post(write_scenario))
        .route("/api/v1/scenarios/{name}", get(scenario))
        .route("/api/v1/runs", post(start_run))
        .route("/api/v1/runs/{id}", get(run_state).delete(cancel_run))
        .route("/api/v1/runs/{id}/events", get(run_events))
        .route("/api/v1/plans", post(start_plan))
        .route("/api/v1/plans/{hash}", get(plan))
        .route("/api/v1/plans/{hash}/tables/{name}", get(plan_table))
        .route("/api/v1/configs", post(configs))
        .nest("/api/v1/results/{hash}", results)
        .route("/healthz", get(async || "ok"))
        .route("/metrics", get(metrics))
        .fallback(elsewhere)
        .method_not_allowed_fallback(async || {
            Refusal::from(of_status(StatusCode::METHOD_NOT_ALLOWED))
        })
        .with_state(app)
}

/// What this server is.
#[utoipa::path(get, path = "/api/v1/info", responses((status = 200, body = Info)))]
pub(crate) async fn info(State(app): State<Arc<App>>) -> Answer {
    Ok(json(StatusCode::OK, &app.info))
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json"))
)]
pub(crate) async fn openapi_json() -> Answer {
    Ok(bytes("application/json", openapi::document().into_bytes()))
}

/// Every city that scenarios can name, so that people find theirs in worlds that do not have it.
#[utoipa::path(get, path = "/api/v1/cities", responses((status = 200, body = [CityInfo])))]
pub(crate) async fn cities() -> Answer {
    let city = |city: &City| CityInfo {
        code: city.iata.to_owned(),
        name: city.name.to_owned(),
        country: city.country.to_owned(),
        lat: city.lat,
        lon: city.lon,
    };
    let all: Vec<CityInfo> = cities::all().iter().map(city).collect();
    Ok(json(StatusCode::OK, &all))
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    bytes(OPENMETRICS, app.metrics.encode(&app).into_bytes())
}

/// Everything that has no path of its own: the user interface, or nothing.
async fn elsewhere(request: Request) -> Response {
    let path = request.uri().path();
    if is_api(path) {
        return Refusal::from(of_status(StatusCode::NOT_FOUND)).into_response();
    }
    assets::answer(request.method(), path, request.headers())
}

/// Whether a path is of the API, where even mistakes are JSON.
pub(crate) fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(text) => (status, bytes("application/json", text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Refusal::from(bug()).into_response()
        }
    }
}

/// An answer that nobody but the page keeps: results are kept here.
pub(crate) fn bytes(content_type: &'static str, content: Vec<u8>) -> Response {
    let mut response = Body::from(content).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(MayCompress::Far);
    response
}

/// Does what blocks, for a client who waits for it. If they go away, it is given up.
pub(crate) async fn blocking<T: Send + 'static>(
    app: &App,
    job: impl FnOnce(&Brake) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Refusal> {
    let brake = Arc::new(Brake::default());
    let _seat = Seat(Arc::clone(&brake));
    Ok(app.questions.work(app.questions.queue()?, brake, job).await?)
}

/// The placeholders of a path.
pub(crate) struct Place<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Place<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        // A number that is none names nothing.
        found.map(|Path(value)| Place(value)).map_err(|_| of_status(StatusCode::NOT_FOUND).into())
    }
}

/// What stands after `?`.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let found = Query::<T>::from_request_parts(parts, state).await;
        found.map(|Query(value)| Asked(value)).map_err(|rejection| {
            let title = format!("the query is wrong: {}", rejection.body_text());
            let help = "the API is described at /api/v1/openapi.json";
            problem(StatusCode::BAD_REQUEST, "bad-request", title, help).into()
        })
    }
}

/// Reads a body of JSON, as text.
pub(crate) async fn read_json(app: &App, request: Request) -> Result<String, Refusal> {
    let content_type = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    if !kind.trim().eq_ignore_ascii_case("application/json") {
        return Err(problem(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "bad-request",
            "the body must be JSON",
            "send `Content-Type: application/json`",
        )
        .into());
    }
    let content = read_body(&app.limits, request).await?;
    let text = String::from_utf8(content);
    text.map_err(|_| not_json("the body is not UTF-8".to_owned()).into())
}

/// The body is not the JSON that the path takes.
pub(crate) fn not_json(title: String) -> Problem {
    let help = "the API is described at /api/v1/openapi.json";
    problem(StatusCode::BAD_REQUEST, "bad-request", title, help)
}

/// A body of the form that a path takes.
pub(crate) fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Problem> {
    serde_json::from_str(text)
        .map_err(|error| not_json(format!("the body cannot be read: {error}")))
}

async fn read_body(limits: &Limits, request: Request) -> Result<Vec<u8>, Refusal> {
    let length =
        request.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    let length: usize = length.unwrap_or(0);
    let mut stream = request.into_body().into_data_stream();
    let mut content = Vec::with_capacity(length.min(limits.body_bytes));
    let reading = async {
        if length > limits.body_bytes {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| StatusCode::BAD_REQUEST)?;
            if content.len() + chunk.len() > limits.body_bytes {
                return Err(StatusCode::PAYLOAD_TOO_LARGE);
            }
            content.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match timeout(limits.body_time, reading).await {
        Ok(Ok(())) => Ok(content),
        Ok(Err(StatusCode::PAYLOAD_TOO_LARGE)) => {
            // A client that is still writing would not see the answer, but a broken connection.
            let _ = timeout(limits.body_time, drain(&mut stream, 4 * limits.body_bytes)).await;
            let title = format!("the body is larger than {} bytes", limits.body_bytes);
            Err(problem(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title, "send less").into())
        }
        Ok(Err(status)) => Err(of_status(status).into()),
        Err(_) => Err(of_status(StatusCode::REQUEST_TIMEOUT).into()),
    }
}

/// Reads so many bytes and throws them away.
async fn drain(stream: &mut BodyDataStream, bytes_max: usize) {
    let mut drained = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        drained += chunk.len();
        if drained > bytes_max {
            break;
        }
    }
}
