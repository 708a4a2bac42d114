//! A real server on a port of its own, and a client that says exactly what a test wants said.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use catchment_formats::scenario::{Syntax, read};
use catchment_model::scenario::WorldSource;
use catchment_server::engine::{Engine, Watch, WorldFiles};
use catchment_server::serve::{Server, Settings, Stop};
use catchment_server::{LibraryScenario, Limits, Token};
use catchment_worlds::BaseWorld;
use serde_json::{Value, json};

/// Longer than anything here takes on the slowest machine: stops a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A small scenario with an event.
pub const EIGHT: &str = "format = 1\nname = \"eight\"\n[world]\nbuiltin = \"eight\"\n\
                         [service]\nprefixes = [\"192.0.2.0/24\"]\n\
                         [[event]]\nat = \"0s\"\nfail = \"fra\"\n";

/// Worlds in files that are none: `slow` is read until it is cancelled, `panic` has a bug.
struct Files;

impl WorldFiles for Files {
    fn open(&self, source: &WorldSource, watch: Watch<'_>) -> Result<BaseWorld, String> {
        assert_ne!(*source, file("panic"), "a bug, on purpose");
        let mut done = 0;
        while watch("reading slowly", done, 0) == ControlFlow::Continue(()) {
            done += 1;
            thread::sleep(Duration::from_millis(5));
        }
        Err("cancelled".to_owned())
    }
}

fn file(name: &str) -> WorldSource {
    WorldSource::File(name.to_owned())
}

/// A server that ends with its test.
pub struct Running {
    pub address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// A server as it is by default.
    pub fn start() -> Running {
        Running::with(Limits::default(), None)
    }

    /// A server with other bounds, or with a token.
    pub fn with(limits: Limits, token: Option<&str>) -> Running {
        let scenario = read(EIGHT, Syntax::Toml, &[]).unwrap().scenario;
        let settings = Settings {
            engine: Engine::new(Arc::new(Files), vec![file("slow"), file("panic")]),
            library: vec![LibraryScenario {
                scenario,
                toml: EIGHT.into(),
                argument: Some("eight".to_owned()),
                unavailable: None,
            }],
            first: "eight".to_owned(),
            first_is_chosen: false,
            token: token.map(|text| Token::new(text).unwrap()),
            limits,
        };
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), settings).unwrap();
        let (address, stop) = (server.address(), server.stop());
        let thread = Some(thread::spawn(move || server.run().unwrap()));
        Running { address, stop, thread }
    }

    /// Asks for the end and waits for it.
    pub fn end(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    /// A connection.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request line, headers and a body, and reads the answer to its end.
    pub fn ask(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut head = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head += &format!("Host: {}\r\n", self.address);
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !line.starts_with("GET") {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        let mut request = (head + "\r\n").into_bytes();
        request.extend_from_slice(body);
        self.raw(&request)
    }

    /// Sends bytes as they are. A server may answer and hang up before all are sent.
    pub fn raw(&self, request: &[u8]) -> Reply {
        let mut stream = self.connect();
        let _ = stream.write_all(request);
        Reply::read(&mut stream)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path}"), &[], b"")
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_text(path, body.to_string().as_bytes())
    }

    pub fn post_text(&self, path: &str, body: &[u8]) -> Reply {
        self.ask(&format!("POST {path}"), &[("Content-Type", "application/json")], body)
    }

    pub fn delete(&self, path: &str) -> Reply {
        self.ask(&format!("DELETE {path}"), &[], b"")
    }

    /// Starts a run, and says how far it is.
    pub fn run(&self, scenario: &Value) -> Value {
        let reply = self.post("/api/v1/runs", &json!({ "scenario": scenario }));
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    /// Waits until the counters have a line.
    pub fn counts(&self, line: &str) {
        for _ in 0..1000 {
            if self.get("/metrics").text().contains(line) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("{line} is not in\n{}", self.get("/metrics").text());
    }

    /// Waits for the end of a run.
    pub fn ended(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/v1/runs/{id}/events"));
        let text = reply.text();
        let last = text.rsplit("data: ").next().unwrap();
        serde_json::from_str(last.trim()).unwrap_or_else(|error| panic!("{error} in {text}"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

/// A scenario on the small world, with a seed.
pub fn eight(seed: u64) -> Value {
    json!({
        "format": 1, "name": "eight", "seed": seed, "world": {"builtin": "eight"},
        "service": {"prefixes": ["192.0.2.0/24"]},
        "event": [{"at": "0s", "fail": "fra"}]
    })
}

/// A scenario on one of [`Files`].
pub fn in_file(name: &str) -> Value {
    json!({
        "format": 1, "name": name, "world": {"file": name},
        "service": {"prefixes": ["192.0.2.0/24"]}
    })
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// 0 if the server hung up without one.
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    fn read(stream: &mut TcpStream) -> Reply {
        let mut bytes = Vec::new();
        // A server that hangs up on us is an answer too.
        let _ = stream.read_to_end(&mut bytes);
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let Some(end) = end else { return Reply { status: 0, headers: vec![], body: bytes } };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut reply = Reply { status, headers, body: bytes[end + 4..].to_vec() };
        if reply.header("transfer-encoding") == Some("chunked") {
            reply.body = unchunked(&reply.body);
        }
        reply
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}", self.text()))
    }

    /// The kind of the problem that this is.
    pub fn problem(&self) -> String {
        let content_type = self.header("content-type");
        assert_eq!(content_type, Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["type"].as_str().unwrap().to_owned()
    }
}

fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let from = end + 2;
        let to = (from + size).min(body.len());
        whole.extend_from_slice(&body[from..to]);
        if size == 0 || to + 2 > body.len() {
            break;
        }
        body = &body[to + 2..];
    }
    whole
}
