//! Runs, seen from outside: their events, their ends, many of them at once.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

use catchment_server::Limits;

use super::client::{Running, eight, in_file};
use serde_json::{Value, json};

/// The names of the events of a stream, and the data of the last.
fn events(text: &str) -> (Vec<String>, Value) {
    let names = text.lines().filter_map(|line| line.strip_prefix("event: "));
    let last = text.lines().filter_map(|line| line.strip_prefix("data: ")).next_back().unwrap();
    (names.map(str::to_owned).collect(), serde_json::from_str(last).unwrap())
}

#[test]
fn a_small_world_answers_with_a_result() {
    let server = Running::start();
    let run = server.run(&eight(1));
    let id = run["id"].as_str().unwrap();
    let end = server.ended(id);
    assert_eq!(end["phase"], "done", "{end}");
    let hash = end["result"].as_str().unwrap();
    let result = server.get(&format!("/api/v1/results/{hash}"));
    assert_eq!((result.status, &result.json()["hash"]), (200, &json!(hash)));
    for path in ["world", "runs/0/timeline", "runs/0/layers/rtt", "runs/0/layers/ties"] {
        let reply = server.get(&format!("/api/v1/results/{hash}/{path}"));
        let content_type = reply.header("content-type");
        assert_eq!(content_type, Some("application/vnd.catchment.columns"), "{path}: {reply:?}");
    }
    let csv = server.get(&format!("/api/v1/results/{hash}/runs/0/tables/events"));
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(csv.text().lines().count(), 2, "{}", csv.text());
    let rows = format!("/api/v1/results/{hash}/runs/0/tables/catchment?at_us=1000&format=json");
    assert!(server.get(&rows).json().as_array().unwrap().len() > 10);
    assert_eq!(server.get(&format!("/api/v1/results/{hash}/runs/7/timeline")).status, 404);
}

#[test]
fn the_same_question_has_its_answer_already() {
    let server = Running::start();
    let first = server.run(&eight(1));
    let first = server.ended(first["id"].as_str().unwrap());
    let second = server.run(&eight(1));
    assert_eq!((&second["phase"], &second["result"]), (&json!("done"), &first["result"]));
    assert_ne!(first["id"], second["id"]);
    let third = server.run(&eight(2));
    assert_ne!(server.ended(third["id"].as_str().unwrap())["result"], first["result"]);
}

#[test]
fn progress_comes_before_the_end_and_the_end_is_last() {
    let server = Running::start();
    // It ends when it is told to, and not before.
    let run = server.run(&in_file("slow"));
    let id = run["id"].as_str().unwrap();
    let mut stream = server.connect();
    let request = format!(
        "GET /api/v1/runs/{id}/events HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).unwrap();
    // Read on until it has told that it goes on, however long that takes.
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while !text.contains("\"doing\":\"reading slowly\"") {
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the stream ended before the run did: {text}");
        text += std::str::from_utf8(&chunk[..count]).unwrap();
    }
    assert!(text.to_lowercase().contains("content-type: text/event-stream"), "{text}");
    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
    stream.read_to_string(&mut text).unwrap();
    let names: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("event: ")).collect();
    let (end, before) = names.split_last().unwrap();
    assert!(!before.is_empty() && before.iter().all(|name| *name == "progress"), "{names:?}");
    assert_eq!(*end, "end");
    let last = text.lines().filter_map(|it| it.strip_prefix("data: ")).next_back().unwrap();
    assert_eq!(serde_json::from_str::<Value>(last).unwrap()["phase"], "cancelled");
    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204, "no effect");
    let (names, _) = events(&server.get(&format!("/api/v1/runs/{id}/events")).text());
    assert_eq!(names, ["end"]);
}

#[test]
fn a_bug_fails_its_run_and_not_the_server() {
    let server = Running::start();
    for _ in 0..3 {
        let run = server.run(&in_file("panic"));
        let end = server.ended(run["id"].as_str().unwrap());
        assert_eq!((&end["phase"], &end["problem"]["type"]), (&json!("failed"), &json!("bug")));
    }
    let run = server.run(&eight(1));
    assert_eq!(server.ended(run["id"].as_str().unwrap())["phase"], "done");
}

#[test]
fn a_file_that_nobody_named_is_not_opened() {
    let server = Running::start();
    for path in ["/etc/passwd", "../../Cargo.toml", "${HOME}/secret", "other"] {
        let run = server.run(&in_file(path));
        let end = server.ended(run["id"].as_str().unwrap());
        assert_eq!(end["phase"], "failed", "{path}");
    }
}

#[test]
fn a_hundred_cancelled_runs_leave_nothing_behind() {
    let server = Running::start();
    thread::scope(|scope| {
        // Others are served meanwhile.
        let others = scope.spawn(|| (0..100).all(|_| server.get("/api/v1/info").status == 200));
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let run = server.run(&in_file("slow"));
                    let id = run["id"].as_str().unwrap();
                    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
                }
            });
        }
        assert!(others.join().unwrap());
    });
    let run = server.run(&eight(1));
    assert_eq!(server.ended(run["id"].as_str().unwrap())["phase"], "done");
    server.counts("catchment_runs_total{end=\"cancelled\"} 100");
    server.counts("catchment_runs_waiting 0");
    server.counts("catchment_runs_at_work 0");
}

#[test]
fn two_hundred_clients_are_served_at_once() {
    let server = Running::start();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..200)
            .map(|seed| {
                let server = &server;
                scope.spawn(move || match seed % 4 {
                    0 => {
                        // More than may wait: whoever is refused comes again.
                        let body = json!({ "scenario": eight(seed) });
                        loop {
                            let reply = server.post("/api/v1/runs", &body);
                            if reply.status != 503 {
                                let id = reply.json()["id"].as_str().unwrap().to_owned();
                                break server.ended(&id)["phase"] == "done";
                            }
                        }
                    }
                    1 => server.get("/").status == 200,
                    2 => server.get("/api/v1/scenarios/eight").status == 200,
                    _ => server.get("/api/v1/results/none").status == 404,
                })
            })
            .collect();
        assert!(clients.into_iter().all(|client| client.join().unwrap()));
    });
}

#[test]
fn a_client_who_goes_away_is_forgotten() {
    // There is room for one: each is heard only when the one before is forgotten.
    let server = Running::with(Limits { connections: 1, ..Limits::default() }, None);
    let run = server.run(&in_file("slow"));
    let id = run["id"].as_str().unwrap();
    for _ in 0..50 {
        let mut stream = server.connect();
        let request =
            format!("GET /api/v1/runs/{id}/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    // The run was asked for by somebody who knows it: it goes on without them.
    let phase = server.get(&format!("/api/v1/runs/{id}")).json()["phase"].clone();
    assert!(phase == "queued" || phase == "running", "{phase}");
    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
}

#[test]
fn a_run_whose_asker_went_away_unanswered_is_given_up() {
    let server = Running::start();
    let body = json!({ "scenario": in_file("slow") }).to_string();
    let request = format!(
        "POST /api/v1/runs HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    // An answer may be on its way before we are gone, on a machine that is busy: then that run is
    // known, and goes on until the end of the test.
    let is_given_up = || {
        let mut stream = server.connect();
        stream.write_all(request.as_bytes()).unwrap();
        // It is asked for: only then is there something to give up.
        thread::sleep(Duration::from_millis(20));
        drop(stream);
        (0..100).any(|_| {
            thread::sleep(Duration::from_millis(10));
            server.get("/metrics").text().contains("catchment_runs_total{end=\"cancelled\"}")
        })
    };
    assert!((0..20).any(|_| is_given_up()));
}

#[test]
fn the_end_is_in_order() {
    let mut server = Running::start();
    let run = server.run(&in_file("slow"));
    let id = run["id"].as_str().unwrap().to_owned();
    let mut idle = server.connect();
    let mut following = server.connect();
    {
        let request =
            format!("GET /api/v1/runs/{id}/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        following.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 12];
        following.read_exact(&mut first).unwrap();
    }
    server.end();
    let mut rest = String::new();
    following.read_to_string(&mut rest).unwrap();
    let (names, last) = events(&rest);
    assert_eq!((names.last().unwrap().as_str(), &last["phase"]), ("end", &json!("cancelled")));
    assert_eq!(idle.read(&mut [0; 1]).unwrap(), 0, "the idle one was closed");
    assert!(std::net::TcpStream::connect(server.address).is_err());
}
