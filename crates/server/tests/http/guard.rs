//! Who may ask, and what a browser is told to do with the answers.

use super::client::{Running, eight};
use serde_json::json;

const TOKEN: &str = "a-token-of-the-tests-0123456789";

#[test]
fn every_answer_has_its_headers() {
    let server = Running::start();
    let replies = [
        server.get("/"),
        server.get("/nothing"),
        server.get("/healthz"),
        server.get("/metrics"),
        server.get("/api/v1/info"),
        server.get("/api/v1/nothing"),
        server.delete("/api/v1/info"),
        server.ask("GET /", &[("Host", "evil.example")], b""),
    ];
    for reply in replies {
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("same-origin"));
        assert!(reply.header("permissions-policy").is_some());
    }
}

#[test]
fn another_name_is_not_ours() {
    let server = Running::start();
    let port = server.address.port();
    let status = |host: &str| server.ask("GET /api/v1/info", &[("Host", host)], b"").status;
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"] {
        assert_eq!(status(&format!("{host}:{port}")), 200, "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "192.0.2.1", "127.0.0.1.evil.example"] {
        assert_eq!(status(&format!("{host}:{port}")), 403, "{host}");
    }
    assert_eq!(status("localhost"), 403, "another port");
    assert_eq!(status("localhost:1"), 403, "another port");
    assert_eq!(status(""), 403);
    let refused = server.ask("GET /api/v1/info", &[("Host", "evil.example")], b"");
    assert_eq!(refused.problem(), "wrong-host");
    assert_eq!(server.raw(b"GET /api/v1/info HTTP/1.0\r\n\r\n").status, 403);
}

#[test]
fn a_page_of_another_server_changes_nothing() {
    let server = Running::start();
    let body = json!({ "scenario": eight(1) }).to_string();
    let post = |name: &str, value: &str| {
        let headers = [("Content-Type", "application/json"), (name, value)];
        server.ask("POST /api/v1/runs", &headers, body.as_bytes())
    };
    let own = format!("http://{}", server.address);
    assert_eq!(post("Origin", &own).status, 201);
    assert_eq!(post("Sec-Fetch-Site", "same-origin").status, 201);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:1", ""] {
        assert_eq!(post("Origin", origin).problem(), "foreign-origin", "{origin}");
    }
    assert_eq!(post("Sec-Fetch-Site", "cross-site").problem(), "foreign-origin");
    assert_eq!(post("Sec-Fetch-Site", "same-site").problem(), "foreign-origin");
    let delete = [("Origin", "http://evil.example")];
    assert_eq!(server.ask("DELETE /api/v1/runs/0", &delete, b"").problem(), "foreign-origin");
}

#[test]
fn a_token_is_wanted_and_taken() {
    let server = Running::with(Default::default(), Some(TOKEN));
    assert_eq!(server.get("/healthz").status, 200);
    for path in ["/", "/metrics", "/?token=wrong", "/?token="] {
        let reply = server.get(path);
        assert_eq!(reply.status, 401, "{path}");
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
        assert!(reply.header("set-cookie").is_none());
    }
    assert_eq!(server.get("/api/v1/info").problem(), "no-token");
    let in_query = server.get(&format!("/api/v1/info?token={TOKEN}"));
    assert_eq!(in_query.problem(), "no-token", "addresses end up in logs");

    let bearer = |token: &str| {
        let value = format!("Bearer {token}");
        server.ask("GET /api/v1/info", &[("Authorization", &value)], b"").status
    };
    assert_eq!(bearer(TOKEN), 200);
    assert_eq!(bearer(&TOKEN[1..]), 401);
    assert_eq!(bearer(&format!("{TOKEN}x")), 401);

    let welcome = server.get(&format!("/?token={TOKEN}"));
    assert_eq!((welcome.status, welcome.header("location")), (303, Some("/")));
    let cookie = welcome.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let pair = cookie.split(';').next().unwrap();
    let cookies = format!("other=1; {pair}");
    let reply = server.ask("GET /api/v1/info", &[("Cookie", &cookies)], b"");
    assert_eq!(reply.status, 200);
    assert_eq!(server.ask("GET /", &[("Cookie", pair)], b"").status, 200);
    let wrong = format!("{pair}x");
    assert_eq!(server.ask("GET /", &[("Cookie", &wrong)], b"").status, 401);
}
