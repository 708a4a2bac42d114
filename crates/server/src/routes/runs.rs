//! Runs: started, followed, given up.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use catchment_formats::scenario::write_json;
use catchment_model::Scenario;
use futures_util::stream;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::watch::Receiver;
use tokio::time::timeout;

use super::scenarios::of_json;
use super::{Answer, Place, blocking, json, parse, read_json};
use crate::api::{LimitsInfo, Problem, RunRequest, RunState, SteeringName};
use crate::app::App;
use crate::engine::Watch;
use crate::pool::{Brake, Ticket};
use crate::problem::{Refusal, problem};
use crate::runs::{Run, is_ended};

/// How long a client waits for a run that may end at once.
const QUICK: Duration = Duration::from_millis(100);
/// Progress is told no more often.
const PACE: Duration = Duration::from_millis(100);
/// Progress is noted no more often.
const NOTED: Duration = Duration::from_millis(25);
/// A silent connection says that it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Ways to find a site that one run may compare.
const STEERING_MAX: usize = 3;

#[derive(Deserialize)]
struct RunBody<'a> {
    #[serde(borrow)]
    scenario: &'a RawValue,
    #[serde(default)]
    steering: Vec<SteeringName>,
}

/// What is to be played.
struct Play {
    scenario: Scenario,
    steering: Vec<SteeringName>,
    /// All of it as one text, equal if and only if the same is asked for.
    text: String,
}

/// Starts a run. Waits up to 100 ms for its end.
#[utoipa::path(
    post,
    path = "/api/v1/runs",
    request_body = RunRequest,
    responses(
        (status = 201, body = RunState),
        (status = 422, description = "The scenario has mistakes", body = Problem),
        (status = 503, description = "Too many wait already", body = Problem),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn start_run(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = read_json(&app, request).await?;
    let limits = app.info.limits;
    let play = blocking(&app, move |_| read_play(&body, &limits)).await?;
    let known = app.results.find(&play.text);
    let Play { scenario, steering, text } = play;
    let name = scenario.name.clone();
    let (engine, kept) = (Arc::clone(&app.engine), Arc::clone(&app));
    let job: Job = Box::new(move |watch| {
        let played = engine.play(scenario, &steering, watch)?;
        let (hash, bytes) = (played.result.hash.clone(), played.bytes());
        free(kept.results.put(hash.clone(), text, Arc::new(played), bytes));
        Ok(hash)
    });
    start(&app, name, known, job).await
}

/// Frees what had to go, elsewhere: a large one takes longer than the run may wait for it.
pub(super) fn free<T: Send + Sync + 'static>(gone: Vec<Arc<T>>) {
    if !gone.is_empty() {
        tokio::task::spawn_blocking(move || drop(gone));
    }
}

/// What a run does on a thread of its own: it makes something, keeps it, and names it by hash.
pub(super) type Job =
    Box<dyn for<'w> FnOnce(Watch<'w>) -> Result<String, Problem> + Send + 'static>;

/// Starts a run of a scenario of this name, unless its result is known, and waits a moment for its
/// end.
pub(super) async fn start(app: &Arc<App>, name: String, known: Option<String>, job: Job) -> Answer {
    let run = if let Some(hash) = known {
        let run = app.runs.add();
        run.end(Ok(hash));
        run
    } else {
        let ticket = app.plays.queue()?;
        let run = app.runs.add();
        if *app.stopping.borrow() {
            run.cancel();
        }
        tokio::spawn(work(Arc::clone(app), Arc::clone(&run), ticket, name, job));
        run
    };
    // Whoever goes away before they know its id could never give it up.
    let mut unknown = Unknown(Some(Arc::clone(&run)));
    let _ = timeout(QUICK, run.follow().wait_for(is_ended)).await;
    let state = run.state();
    let mut response = json(StatusCode::CREATED, &state);
    if let Ok(place) = HeaderValue::from_str(&format!("/api/v1/runs/{}", state.id)) {
        response.headers_mut().insert(LOCATION, place);
    }
    unknown.0 = None;
    Ok(response)
}

/// A run whose id nobody has been told. It is given up when this is dropped.
struct Unknown(Option<Arc<Run>>);

impl Drop for Unknown {
    fn drop(&mut self) {
        if let Some(run) = &self.0 {
            run.cancel();
        }
    }
}

fn read_play(body: &str, limits: &LimitsInfo) -> Result<Play, Problem> {
    let RunBody { scenario, steering } = parse(body)?;
    let scenario = of_json(scenario)?;
    check_size(&scenario, limits)?;
    if steering.len() > STEERING_MAX {
        return Err(problem(
            StatusCode::UNPROCESSABLE_ENTITY,
            "too-large",
            format!("one run compares at most {STEERING_MAX} kinds of steering"),
            "name each once",
        ));
    }
    let text = format!("{steering:?}\n{}", write_json(&scenario));
    Ok(Play { scenario, steering, text })
}

/// Refuses a scenario that names more than the server takes.
pub(super) fn check_size(scenario: &Scenario, limits: &LimitsInfo) -> Result<(), Problem> {
    for (what, count, count_max) in [
        ("events", scenario.events.len(), limits.events),
        ("sites", scenario.sites.len(), limits.sites),
        ("prefixes", scenario.prefixes.len(), limits.prefixes),
        ("clients", scenario.clients.len(), limits.clients),
    ] {
        if count > count_max as usize {
            return Err(problem(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too-large",
                format!("the scenario has {count} {what}, and this server plays {count_max}"),
                "`catchment simulate` plays more",
            ));
        }
    }
    Ok(())
}

/// Does the job when its turn comes, and ends the run.
async fn work(app: Arc<App>, run: Arc<Run>, ticket: Ticket, name: String, job: Job) {
    let id = run.state().id;
    tracing::info!(id, name, "run asked for");
    let told = Arc::clone(&run);
    let job = move |brake: &Brake| {
        told.tell("starting", 0, 0);
        let noted = Cell::new(Instant::now());
        let last = Cell::new(0);
        let watch = |doing: &str, done: u64, total: u64| {
            // The same words lie at the same place: cheaper than to compare them each time.
            let words = doing.as_ptr() as usize;
            if words != last.get() || noted.get().elapsed() >= NOTED {
                told.tell(doing, done, total);
                noted.set(Instant::now());
                last.set(words);
            }
            brake.check()
        };
        job(&watch)
    };
    let ended = app.plays.work(ticket, Arc::clone(&run.brake), job).await;
    if let Err(problem) = &ended {
        tracing::info!(id, kind = problem.kind, title = problem.title, "run came to nothing");
    }
    run.end(ended);
    let (phase, took) = (run.state().phase, run.asked_at.elapsed());
    app.metrics.run_ended(phase, took);
    tracing::info!(id, name, ?phase, ms = took.as_millis() as u64, "run ended");
}

/// How far a run is.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{id}",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = RunState), (status = 404, body = Problem))
)]
pub(crate) async fn run_state(State(app): State<Arc<App>>, Place(id): Place<String>) -> Answer {
    Ok(json(StatusCode::OK, &find(&app, &id)?.state()))
}

/// Gives a run up; without effect if it has ended.
#[utoipa::path(
    delete,
    path = "/api/v1/runs/{id}",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 204, description = "Done"), (status = 404, body = Problem))
)]
pub(crate) async fn cancel_run(State(app): State<Arc<App>>, Place(id): Place<String>) -> Answer {
    find(&app, &id)?.cancel();
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Follows a run: `progress` events with its state, at most 10 a second, then one `end`.
#[utoipa::path(
    get,
    path = "/api/v1/runs/{id}/events",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, body = RunState, content_type = "text/event-stream"),
        (status = 404, body = Problem)
    )
)]
pub(crate) async fn run_events(State(app): State<Arc<App>>, Place(id): Place<String>) -> Answer {
    let run = find(&app, &id)?;
    Ok(follow(&run))
}

fn find(app: &App, id: &str) -> Result<Arc<Run>, Refusal> {
    app.runs.get(id).ok_or_else(|| {
        let help = "runs are forgotten some time after their end: run again";
        problem(StatusCode::NOT_FOUND, "not-found", "there is no such run", help).into()
    })
}

/// A run as a stream of events.
struct Following {
    changes: Receiver<RunState>,
    /// A second one, since to wait for the end is to see all changes before it.
    end: Receiver<RunState>,
    is_first: bool,
}

fn follow(run: &Run) -> Response {
    let following = Following { changes: run.follow(), end: run.follow(), is_first: true };
    let events = stream::unfold(Some(following), async |following| {
        let mut following = following?;
        if !following.is_first {
            let _ = timeout(PACE, following.end.wait_for(is_ended)).await;
            if !is_ended(&following.changes.borrow()) {
                following.changes.changed().await.ok()?;
            }
        }
        following.is_first = false;
        let state = following.changes.borrow_and_update().clone();
        let data = serde_json::to_string(&state).ok()?;
        let (name, next) =
            if is_ended(&state) { ("end", None) } else { ("progress", Some(following)) };
        Some((Ok::<Event, Infallible>(Event::default().event(name).data(data)), next))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
