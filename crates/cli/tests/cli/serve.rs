//! `catchment serve` as a user meets it: what it prints, whom it answers, how it ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use expect_test::expect;

use super::{Folder, check};

/// A server that has said where it is.
struct Serving {
    child: Child,
    stderr: BufReader<ChildStderr>,
    /// Address and port.
    host: String,
    /// What it printed.
    line: String,
}

impl Serving {
    fn start(folder: &Folder, args: &[&str]) -> Serving {
        Serving::at("127.0.0.1:0", folder, args)
    }

    fn at(listen: &str, folder: &Folder, args: &[&str]) -> Serving {
        let mut command = folder.command(&["serve", "--listen", listen]);
        let mut child = command.args(args).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        let host = line.trim().strip_prefix("Catchment is at http://").unwrap_or_else(|| {
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).unwrap();
            panic!("{line}{rest}")
        });
        let host = host.split('/').next().unwrap().to_owned();
        Serving { child, stderr, host, line }
    }

    /// The answer to a request, head and body.
    fn ask(&self, line: &str, more: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: application/json\r\n{more}\r\n",
            self.host
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path}"), "", "")
    }

    /// Sends a signal. Answers with the exit code and what was logged.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        // Twice, as from a terminal and from a program around it.
        let kill = format!("kill -s {signal} {0} && kill -s {signal} {0}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let mut log = String::new();
        self.stderr.read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_answers_and_ends_in_order() {
    for signal in ["INT", "TERM"] {
        let folder = Folder::new(&format!("serve-{signal}"));
        let serving = Serving::start(&folder, &["frankfurt-fails"]);
        assert!(serving.line.starts_with("Catchment is at http://127.0.0.1:"), "{}", serving.line);
        assert_eq!(serving.get("/healthz").lines().last(), Some("ok"));
        let info = serving.get("/api/v1/info");
        assert!(info.contains("\"first\":\"frankfurt-fails\",\"first_is_chosen\":true"), "{info}");
        let names = serving.get("/api/v1/scenarios");
        assert!(names.contains("\"name\":\"eight\"") && names.contains("\"name\":\"hello\""));
        assert_eq!(serving.end(signal), (Some(0), String::new()));
        assert!(folder.files().is_empty());
    }
}

#[test]
fn a_scenario_of_the_library_that_lacks_its_data_says_so() {
    let serving = Serving::start(&Folder::new("serve-data"), &[]);
    let cards = serving.get("/api/v1/scenarios");
    assert!(cards.contains("needs the variable `CATCHMENT_DATA`"), "{cards}");
}

#[test]
fn a_world_is_opened_with_an_empty_service() {
    let folder = Folder::new("serve-world");
    folder.put("tiny.txt", "1|2|-1\n2|3|-1\n").put("other.txt", "1|2|-1\n");
    let serving = Serving::start(&folder, &["tiny.txt"]);
    let file = serving.get("/api/v1/scenarios/tiny");
    assert!(file.contains("\"as_rel\":\"tiny.txt\""), "{file}");
    let run = |file: &str| {
        let body = format!(
            "{{\"scenario\": {{\"format\": 1, \"name\": \"x\", \"world\": {{\"as_rel\": {file:?}}},
               \"service\": {{\"prefixes\": [\"192.0.2.0/24\"]}}}}}}"
        );
        let answer = serving.ask("POST /api/v1/runs", "", &body);
        let start = answer.find("\"id\":\"").unwrap_or_else(|| panic!("{answer}")) + 6;
        let id = answer[start..].split('"').next().unwrap();
        serving.get(&format!("/api/v1/runs/{id}/events"))
    };
    let done = run("tiny.txt");
    assert!(done.contains("\"phase\":\"done\""), "{done}");
    // It is there, and nobody named it.
    let refused = run("other.txt");
    assert!(refused.contains("\"phase\":\"failed\""), "{refused}");
    assert!(refused.contains("forbidden-world"), "{refused}");
}

#[test]
fn a_token_that_is_made_up_is_part_of_the_address() {
    let serving = Serving::at("0.0.0.0:0", &Folder::new("serve-made-up"), &[]);
    let (_, token) = serving.line.trim().split_once("/?token=").unwrap();
    assert!(serving.get("/api/v1/info").starts_with("HTTP/1.1 401"));
    let known = format!("Authorization: Bearer {token}\r\n");
    let known = serving.ask("GET /api/v1/info", &known, "");
    assert!(known.starts_with("HTTP/1.1 200"), "{known}");
}

#[test]
fn a_token_that_was_given_is_not_shown() {
    let folder = Folder::new("serve-token");
    folder.put("token", "0123456789abcdefghij\n").put("short", "abc\n");
    let serving = Serving::start(&folder, &["--token-file", "token"]);
    assert_eq!(serving.line.trim(), format!("Catchment is at http://{}", serving.host));
    assert!(serving.get("/api/v1/info").starts_with("HTTP/1.1 401"));
    let known =
        serving.ask("GET /api/v1/info", "Authorization: Bearer 0123456789abcdefghij\r\n", "");
    assert!(known.starts_with("HTTP/1.1 200"), "{known}");
    let (_, log) = serving.end("TERM");
    assert!(log.contains("whoever opens it needs the token that was given"), "{log}");
    assert!(!log.contains("0123456789abcdefghij"), "{log}");
    check(
        &folder.run(&["serve", "--token-file", "short"]).failed(2),
        &expect![[r#"
            × the token in `short` is none: a token has 16 to 256 letters, digits and `-._~`
        "#]],
    );
}

#[test]
fn an_address_that_is_taken_is_the_environments_fault() {
    let folder = Folder::new("serve-taken");
    let serving = Serving::start(&folder, &[]);
    let err = folder.run(&["serve", "--listen", &serving.host]).failed(3);
    check(
        &err.replace(&serving.host, "ADDRESS"),
        &expect![[r#"
            × cannot answer at ADDRESS: another program does
            help: `--listen 127.0.0.1:0` picks a free port
        "#]],
    );
    folder.run(&["serve", "nowhere"]).failed(2);
    folder.run(&["serve", "--log", "loudly"]).failed(2);
}

#[test]
fn the_log_is_json_where_no_terminal_is() {
    let serving = Serving::start(&Folder::new("serve-log"), &["--log", "debug"]);
    serving.get("/healthz");
    let (code, log) = serving.end("INT");
    assert_eq!(code, Some(0));
    assert!(log.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{log}");
    assert!(log.contains("\"path\":\"/healthz\",\"status\":200"), "{log}");
}
