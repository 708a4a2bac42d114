//! Plans over HTTP.

use super::client::{Running, eight, in_file};
use serde_json::{Value, json};

/// Asks, waits, and fetches the answer.
fn planned(server: &Running, scenario: &Value, question: &Value) -> Value {
    let body = json!({ "scenario": scenario, "question": question });
    let run = server.post("/api/v1/plans", &body);
    assert_eq!(run.status, 201, "{}", run.text());
    let end = server.ended(run.json()["id"].as_str().unwrap());
    assert_eq!(end["phase"], "done", "{end}");
    server.get(&format!("/api/v1/plans/{}", end["result"].as_str().unwrap())).json()
}

#[test]
fn a_plan_is_asked_followed_and_fetched() {
    let server = Running::start();
    let own = server.get("/api/v1/scenarios/eight").json()["scenario"].clone();
    let answer = planned(&server, &own, &json!({ "plan": "capacity" }));
    assert_eq!(answer["command"], "catchment plan capacity eight");
    let sites = &answer["sections"][0];
    assert_eq!((&sites["name"], &sites["columns"][0]["name"]), (&json!("sites"), &json!("site")));
    assert_eq!(sites["columns"][0]["values"].as_array().unwrap().len(), 8);
    assert!(answer["charts"][0]["kind"]["form"].is_string(), "{answer}");

    let hash = answer["hash"].as_str().unwrap();
    let table = server.get(&format!("/api/v1/plans/{hash}/tables/sites"));
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(table.text().lines().count(), 9, "{}", table.text());
    assert_eq!(server.get(&format!("/api/v1/plans/{hash}/tables/none")).status, 404);

    // The same question has its answer already; another scenario has another.
    assert_eq!(planned(&server, &own, &json!({ "plan": "capacity" })), answer);
    let other = planned(&server, &eight(7), &json!({ "plan": "capacity" }));
    assert_ne!(other["hash"], answer["hash"]);
    assert_eq!(other["command"], "catchment plan capacity SCENARIO.toml");
}

#[test]
fn a_plan_that_is_none_is_refused() {
    let server = Running::start();
    let ask = |body: &Value| server.post("/api/v1/plans", body);
    assert_eq!(ask(&json!({ "scenario": eight(1) })).problem(), "bad-request");
    let question = json!({ "plan": "weather" });
    assert_eq!(
        ask(&json!({ "scenario": eight(1), "question": question })).problem(),
        "bad-request"
    );
    let question = json!({ "plan": "capacity", "mood": 1 });
    assert_eq!(
        ask(&json!({ "scenario": eight(1), "question": question })).problem(),
        "bad-request"
    );
    let question = json!({ "plan": "capacity" });
    let mistaken = json!({ "scenario": { "format": 1 }, "question": question });
    assert_eq!(ask(&mistaken).problem(), "scenario-mistakes");
    let mut by_dns = eight(1);
    by_dns["steering"] = json!("geodns");
    let run = ask(&json!({ "scenario": by_dns, "question": question })).json();
    let end = server.ended(run["id"].as_str().unwrap());
    assert_eq!(end["problem"]["type"], "bad-question", "{end}");
    assert_eq!(server.get("/api/v1/plans/none").problem(), "gone");
}

#[test]
fn a_plan_is_given_up_like_a_run() {
    let server = Running::start();
    let body = json!({ "scenario": in_file("slow"), "question": { "plan": "capacity" } });
    let run = server.post("/api/v1/plans", &body).json();
    let id = run["id"].as_str().unwrap();
    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
    assert_eq!(server.ended(id)["phase"], "cancelled");
}
