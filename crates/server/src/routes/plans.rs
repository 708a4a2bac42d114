//! Plans: asked like runs, and followed and given up as those are.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use catchment_formats::scenario::write_json;
use catchment_model::Scenario;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::results::{FormatQuery, argument_of, table, written};
use super::runs::{Job, check_size, free, start};
use super::scenarios::of_json;
use super::{Answer, Asked, Place, blocking, bytes, json, parse, read_json};
use crate::api::plan::{
    ConfigRequest, DaemonName, PlanAnswer, PlanQuestion, PlanRequest, SiteConfig,
};
use crate::api::{LimitsInfo, Problem, RunState};
use crate::app::App;
use crate::engine::{Planned, Question, SCENARIO_FILE, shell_word};
use crate::problem::{Refusal, bug, of_status, problem};

#[derive(Deserialize)]
struct PlanBody<'a> {
    #[serde(borrow)]
    scenario: &'a RawValue,
    question: PlanQuestion,
}

/// Asks a plan. Waits up to 100 ms for its answer; it is followed and given up as a run.
#[utoipa::path(
    post,
    path = "/api/v1/plans",
    request_body = PlanRequest,
    responses(
        (status = 201, body = RunState),
        (status = 422, description = "The scenario has mistakes", body = Problem),
        (status = 503, description = "Too many wait already", body = Problem),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn start_plan(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = read_json(&app, request).await?;
    let limits = app.info.limits;
    let (scenario, question) = blocking(&app, move |_| {
        let PlanBody { scenario, question: asked } = parse(&body)?;
        let scenario = of_json(scenario)?;
        check_size(&scenario, &limits)?;
        let before = match &asked {
            PlanQuestion::Diff { before } => Some(of_value(before, &limits)?),
            _ => None,
        };
        Ok((scenario, Question { asked, before }))
    })
    .await?;
    let text = format!("{}\n{}", question.text(), write_json(&scenario));
    let known = app.plans.find(&text);
    let name = scenario.name.clone();
    let (engine, kept) = (Arc::clone(&app.engine), Arc::clone(&app));
    let job: Job = Box::new(move |watch| {
        let mut planned = engine.plan(&scenario, &question, watch)?;
        if let Some(argument) = argument_of(&kept, &scenario) {
            let command = &mut planned.answer.command;
            *command = command.replacen(SCENARIO_FILE, &shell_word(argument), 1);
        }
        let (hash, bytes) = (planned.answer.hash.clone(), planned.bytes());
        free(kept.plans.put(hash.clone(), text, Arc::new(planned), bytes));
        Ok(hash)
    });
    start(&app, name, known, job).await
}

/// A scenario inside a question.
fn of_value(value: &Value, limits: &LimitsInfo) -> Result<Scenario, Problem> {
    let text = RawValue::from_string(value.to_string()).map_err(|_| bug())?;
    let scenario = of_json(&text)?;
    check_size(&scenario, limits)?;
    Ok(scenario)
}

#[derive(Deserialize)]
struct ConfigBody<'a> {
    #[serde(borrow)]
    scenario: &'a RawValue,
    #[serde(borrow, default)]
    before: Option<&'a RawValue>,
    daemon: DaemonName,
}

/// Writes configuration for the sites' routers, or the lines of a change.
#[utoipa::path(
    post,
    path = "/api/v1/configs",
    request_body = ConfigRequest,
    responses((status = 200, body = [SiteConfig]), (status = "4XX", body = Problem))
)]
pub(crate) async fn configs(State(app): State<Arc<App>>, request: Request) -> Answer {
    let body = read_json(&app, request).await?;
    let limits = app.info.limits;
    let engine = Arc::clone(&app.engine);
    let found = blocking(&app, move |brake| {
        let ConfigBody { scenario, before, daemon } = parse(&body)?;
        let scenario = of_json(scenario)?;
        check_size(&scenario, &limits)?;
        let before = before.map(of_json).transpose()?;
        before.iter().try_for_each(|before| check_size(before, &limits))?;
        engine.config(before.as_ref(), &scenario, daemon, &|_, _, _| brake.check())
    })
    .await?;
    Ok(json(StatusCode::OK, &found))
}

/// What came of a plan.
#[utoipa::path(
    get,
    path = "/api/v1/plans/{hash}",
    params(("hash" = String, Path, description = "Hash of the answer")),
    responses((status = 200, body = PlanAnswer), (status = 404, body = Problem))
)]
pub(crate) async fn plan(State(app): State<Arc<App>>, Place(hash): Place<String>) -> Answer {
    let (content_type, content) = written(&find(&app, &hash)?.answer)?;
    Ok(bytes(content_type, content))
}

/// A table of a plan, as `catchment plan … --table` writes it.
#[utoipa::path(
    get,
    path = "/api/v1/plans/{hash}/tables/{name}",
    params(
        ("hash" = String, Path, description = "Hash of the answer"),
        ("name" = String, Path, description = "Name of the table"),
        FormatQuery
    ),
    responses(
        (status = 200, description = "Text", content_type = "text/csv", body = String),
        (status = "4XX", body = Problem)
    )
)]
pub(crate) async fn plan_table(
    State(app): State<Arc<App>>,
    Place((hash, name)): Place<(String, String)>,
    Asked(FormatQuery { format }): Asked<FormatQuery>,
) -> Answer {
    let planned = find(&app, &hash)?;
    let found = planned.table(&name).ok_or_else(|| of_status(StatusCode::NOT_FOUND))?;
    let (content_type, content) = table(found, format)?;
    Ok(bytes(content_type, content))
}

fn find(app: &App, hash: &str) -> Result<Arc<Planned>, Refusal> {
    app.plans.get(hash).ok_or_else(|| {
        let help = "only the last answers are kept: ask again";
        problem(StatusCode::NOT_FOUND, "gone", "there is no such answer", help).into()
    })
}
