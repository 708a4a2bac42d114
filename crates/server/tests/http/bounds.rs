//! Too much, too slow, too many, too long.

use std::io::Write;
use std::thread;
use std::time::Duration;

use catchment_server::Limits;

use super::client::{Running, eight, in_file};
use serde_json::json;

#[test]
fn a_body_that_is_too_large_is_refused() {
    let server = Running::with(Limits { body_bytes: 1000, ..Limits::default() }, None);
    let body = vec![b' '; 1001];
    let reply = server.post_text("/api/v1/runs", &body);
    assert_eq!((reply.status, reply.problem().as_str()), (413, "too-large"));
    // Its length is not known beforehand.
    let head = format!(
        "POST /api/v1/runs HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.address
    );
    let chunk = format!("3e9\r\n{}\r\n0\r\n\r\n", " ".repeat(1001));
    let reply = server.raw((head + &chunk).as_bytes());
    assert_eq!((reply.status, reply.problem().as_str()), (413, "too-large"));
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let limits = Limits { body_time: Duration::from_millis(200), ..Limits::default() };
    let server = Running::with(limits, None);
    let reply = server.raw(
        format!(
            "POST /api/v1/runs HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
            server.address
        )
        .as_bytes(),
    );
    assert_eq!((reply.status, reply.problem().as_str()), (408, "too-slow"));
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let limits = Limits { head_time: Duration::from_millis(200), ..Limits::default() };
    let server = Running::with(limits, None);
    // It returns: the server hangs up.
    assert_ne!(server.raw(b"GET /healthz HTTP/1.1\r\nX: ").status, 200);
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_client_who_does_not_read_is_not_waited_for() {
    let limits = Limits {
        connections: 1,
        head_time: Duration::from_secs(3600),
        stall_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Running::with(limits, None);
    let request = format!("GET /api/v1/openapi.json HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    // Their answers are more than the system keeps for a client who does not take them.
    let mut silent = server.connect();
    silent.write_all(request.repeat(600).as_bytes()).unwrap();
    // There is room for one connection only.
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn connections_beyond_the_bound_wait() {
    let server = Running::with(Limits { connections: 2, ..Limits::default() }, None);
    let held = [server.connect(), server.connect()];
    thread::scope(|scope| {
        let third = scope.spawn(|| server.get("/healthz").status);
        for mut stream in held {
            let _ = stream.write_all(b"nonsense\r\n\r\n");
        }
        assert_eq!(third.join().unwrap(), 200);
    });
}

#[test]
fn the_queue_ends() {
    let limits = Limits { runs_at_once: 1, runs_waiting: 2, ..Limits::default() };
    let server = Running::with(limits, None);
    let phase = |id: &str| server.get(&format!("/api/v1/runs/{id}")).json()["phase"].clone();
    let start = || server.run(&in_file("slow"))["id"].as_str().unwrap().to_owned();
    // Only what is at work leaves the queue, and it does so when it gets there.
    let first = start();
    while phase(&first) != "running" {
        thread::sleep(Duration::from_millis(1));
    }
    let ids = [first, start(), start()];
    let reply = server.post("/api/v1/runs", &json!({ "scenario": in_file("slow") }));
    assert_eq!((reply.status, reply.problem().as_str()), (503, "busy"));
    assert!(reply.header("retry-after").is_some());
    assert_eq!([0, 1, 2].map(|at: usize| phase(&ids[at])), ["running", "queued", "queued"]);
    // The last first: none comes to work while the others are looked at.
    for id in ids.iter().rev() {
        assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
        assert_eq!(server.ended(id)["phase"], "cancelled");
    }
    assert_eq!(server.ended(server.run(&eight(1))["id"].as_str().unwrap())["phase"], "done");
}

#[test]
fn a_run_that_takes_too_long_is_given_up() {
    let limits = Limits { run_time: Duration::from_millis(200), ..Limits::default() };
    let server = Running::with(limits, None);
    let run = server.run(&in_file("slow"));
    let end = server.ended(run["id"].as_str().unwrap());
    assert_eq!((&end["phase"], &end["problem"]["type"]), (&json!("failed"), &json!("too-long")));
}

#[test]
fn a_scenario_with_too_many_events_is_refused() {
    let server = Running::with(Limits { events: 2, ..Limits::default() }, None);
    let mut scenario = eight(1);
    let event = scenario["event"][0].clone();
    scenario["event"] = json!([event, event, event]);
    let reply = server.post("/api/v1/runs", &json!({ "scenario": scenario }));
    assert_eq!((reply.status, reply.problem().as_str()), (422, "too-large"));
}

#[test]
fn a_scenario_with_too_many_of_anything_is_refused() {
    let limits = Limits { sites: 2, prefixes: 2, clients: 2, ..Limits::default() };
    let server = Running::with(limits, None);
    let told = server.get("/api/v1/info").json()["limits"].clone();
    assert_eq!([&told["sites"], &told["prefixes"], &told["clients"]], [2, 2, 2]);
    let with = |count: u32| {
        let site = |index| json!({ "name": format!("s{index}"), "asn": 1299 });
        let client = |index| json!({ "asn": 65536 + index, "weight": 1 });
        let prefix = |index| json!(format!("192.0.{index}.0/24"));
        let each = |value: &dyn Fn(u32) -> serde_json::Value| (0..count).map(value).collect();
        let all: [(&str, Vec<serde_json::Value>); 3] =
            [("site", each(&site)), ("prefixes", each(&prefix)), ("client", each(&client))];
        all.map(|(key, values)| {
            let mut scenario = eight(1);
            match key {
                "prefixes" => scenario["service"][key] = json!(values),
                key => scenario[key] = json!(values),
            }
            (key, server.post("/api/v1/runs", &json!({ "scenario": scenario })))
        })
    };
    for (key, reply) in with(3) {
        assert_eq!(reply.status, 422, "{key}: {}", reply.text());
        assert_eq!(reply.problem(), "too-large", "{key}");
    }
    for (key, reply) in with(2) {
        assert_eq!(reply.status, 201, "{key}: {}", reply.text());
    }
    let usual = Running::start().get("/api/v1/info").json()["limits"].clone();
    let told = ["sites", "prefixes", "clients", "events"].map(|key| usual[key].clone());
    assert_eq!(told, [4096, 256, 20_000, 1000]);
}

/// What was dropped is gone, and memory is not held by what ended.
#[cfg(target_os = "linux")]
#[test]
fn memory_comes_back() {
    use std::env;
    use std::fs::read_to_string;
    use std::process::Command;

    const AGAIN: &str = "CATCHMENT_TEST_MEMORY";
    if env::var_os(AGAIN).is_none() {
        // In a process of its own, since tests share theirs.
        let output = Command::new(env::current_exe().unwrap())
            .args(["bounds::memory_comes_back", "--exact", "--nocapture"])
            .env(AGAIN, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        return;
    }
    let pages = || -> usize {
        let text = read_to_string("/proc/self/statm").unwrap();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    };
    let limits = Limits { results: 4, runs_kept: 16, ..Limits::default() };
    let server = Running::with(limits, None);
    let play = |seeds: std::ops::Range<u64>| {
        for seed in seeds {
            let run = server.run(&eight(seed));
            server.ended(run["id"].as_str().unwrap());
        }
    };
    play(0..100);
    let before = pages();
    play(100..500);
    let grown = pages().saturating_sub(before) * 4096;
    assert!(grown < 32 << 20, "{grown} bytes more after 400 runs");
}
