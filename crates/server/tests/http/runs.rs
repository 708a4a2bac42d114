//! Runs, seen from outside: their events, their ends, many of them at once.

use std::io::Read;
use std::thread;

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
    let run = server.run(&in_file("slow"));
    assert_eq!(run["phase"], "running");
    let id = run["id"].as_str().unwrap();
    thread::scope(|scope| {
        let stream = scope.spawn(|| server.get(&format!("/api/v1/runs/{id}/events")));
        // It has told something, since it counts.
        while server.get(&format!("/api/v1/runs/{id}")).json()["done"] == json!(0) {}
        assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
        let reply = stream.join().unwrap();
        assert_eq!(reply.header("content-type"), Some("text/event-stream"));
        let (names, last) = events(&reply.text());
        let (end, before) = names.split_last().unwrap();
        assert!(end == "end" && before.iter().all(|name| name == "progress"), "{names:?}");
        assert_eq!(last["phase"], "cancelled");
    });
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
    let server = Running::start();
    let run = server.run(&in_file("slow"));
    let id = run["id"].as_str().unwrap();
    for _ in 0..50 {
        use std::io::Write;
        let mut stream = server.connect();
        let request =
            format!("GET /api/v1/runs/{id}/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    assert_eq!(server.get(&format!("/api/v1/runs/{id}")).json()["phase"], "running");
    assert_eq!(server.delete(&format!("/api/v1/runs/{id}")).status, 204);
}

#[test]
fn the_end_is_in_order() {
    let mut server = Running::start();
    let run = server.run(&in_file("slow"));
    let id = run["id"].as_str().unwrap().to_owned();
    let mut idle = server.connect();
    let mut following = server.connect();
    {
        use std::io::Write;
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
