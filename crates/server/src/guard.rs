//! What stands around every path: who may ask, what browsers may do with the answers, and that
//! even a refusal under `/api` is a problem in JSON.

use std::hint::black_box;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE,
    WWW_AUTHENTICATE,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::Problem;
use crate::app::App;
use crate::problem::{PROBLEM_JSON, Refusal, bug, of_status, problem};
use crate::routes::is_api;

/// Headers of every answer. Nothing comes from elsewhere, and nothing runs that is no file of ours.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
];

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// A secret that whoever asks must know.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token of this text.
    ///
    /// # Errors
    /// If it is too short to be a secret, or cannot stand in an address.
    pub fn new(text: &str) -> Result<Token, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if text.len() < 16 || text.len() > 256 || !text.bytes().all(fits) {
            return Err("a token has 16 to 256 letters, digits and `-._~`".to_owned());
        }
        Ok(Token(text.to_owned()))
    }

    /// A token that nobody can guess.
    pub fn random() -> Token {
        let mut bytes = [0; 24];
        getrandom::fill(&mut bytes).expect("every system that we build for has randomness");
        Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Compares in a time that does not tell how much was right.
    fn is(&self, given: &str) -> bool {
        let (ours, given) = (self.0.as_bytes(), given.as_bytes());
        let differ = |differ, (a, b): (&u8, &u8)| black_box(differ | (a ^ b));
        ours.len() == given.len() && ours.iter().zip(given).fold(0, differ) == 0
    }
}

/// Who may ask.
pub(crate) struct Guard {
    pub(crate) app: Arc<App>,
    pub(crate) token: Option<Token>,
    pub(crate) address: SocketAddr,
}

/// Asks the guard, then the handler, then clothes the answer.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let peer = request.extensions().get::<Peer>().copied();
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| route_of(&path).to_owned());
    let mut response = match guard.admit(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => *refusal,
    };
    let status = response.status();
    let is_refused = status.is_client_error() || status.is_server_error();
    if is_refused && is_api(&path) && content_type(&response) != Some(PROBLEM_JSON) {
        response = Refusal::from(of_status(status)).into_response();
    }
    for (name, value) in &HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if is_refused {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    guard.app.metrics.answered(&route, status);
    let (status, us) = (status.as_u16(), start.elapsed().as_micros() as u64);
    let peer = peer.map_or(String::new(), |peer| peer.0.ip().to_string());
    // Not the query: it can hold the token.
    tracing::debug!(%method, path, status, us, peer, "request");
    response
}

/// A panic of a handler, as an answer.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Refusal::from(bug()).into_response()
}

fn content_type(response: &Response) -> Option<&str> {
    response.headers().get(CONTENT_TYPE)?.to_str().ok()
}

/// The route of a path that has none, for the counters: they must stay few.
fn route_of(path: &str) -> &'static str {
    match path {
        "/" => "/",
        path if path.starts_with("/assets/") => "/assets",
        path if is_api(path) => "/api",
        _ => "other",
    }
}

type Refused = Box<Response>;

impl Guard {
    fn admit(&self, request: &Request) -> Result<(), Refused> {
        let (uri, headers) = (request.uri(), request.headers());
        // It is ours whatever the request says: a load balancer asks by address, without a token.
        if uri.path() == "/healthz" {
            return Ok(());
        }
        let host = uri.authority().map(Authority::as_str).or_else(|| text(headers, &HOST));
        if self.address.ip().is_loopback() && !host.is_some_and(|host| self.is_our_name(host)) {
            return Err(no(
                StatusCode::FORBIDDEN,
                "wrong-host",
                "this server does not answer to that name",
                format!("open http://{}", self.address),
            ));
        }
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        if !is_read && is_foreign(headers, host) {
            return Err(no(
                StatusCode::FORBIDDEN,
                "foreign-origin",
                "a page of another server may not do this",
                String::new(),
            ));
        }
        let Some(token) = &self.token else { return Ok(()) };
        if is_read && !is_api(uri.path()) {
            let given = uri
                .query()
                .unwrap_or_default()
                .split('&')
                .find_map(|pair| pair.strip_prefix("token="));
            if given.is_some_and(|given| token.is(given)) {
                return Err(Box::new(self.welcome(token)));
            }
        }
        if self.is_known(token, headers) {
            return Ok(());
        }
        let help = "open the address with `?token=` that the server printed when it started, or \
                    send `Authorization: Bearer TOKEN`";
        let what = "this server wants its token";
        let mut refusal = if is_api(uri.path()) {
            *no(StatusCode::UNAUTHORIZED, "no-token", what, help.to_owned())
        } else {
            (StatusCode::UNAUTHORIZED, format!("{what}: {help}\n")).into_response()
        };
        refusal.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        Err(Box::new(refusal))
    }

    /// Whether a `Host` names us as one on this machine would. Others are pages that made their
    /// own name point here (DNS rebinding).
    fn is_our_name(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let is_name = match bare.unwrap_or(name).parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        };
        is_name && port == Some(self.address.port())
    }

    fn is_known(&self, token: &Token, headers: &HeaderMap) -> bool {
        let bearer = text(headers, &AUTHORIZATION).and_then(|it| it.split_once(' '));
        let is_bearer = bearer.is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && token.is(given.trim())
        });
        let name = self.cookie();
        let mut cookies = headers.get_all(COOKIE).iter().filter_map(|it| it.to_str().ok());
        is_bearer
            || cookies.any(|cookies| {
                cookies.split(';').any(|cookie| {
                    cookie
                        .trim()
                        .split_once('=')
                        .is_some_and(|(key, given)| key == name && token.is(given))
                })
            })
    }

    /// The name of our cookie: cookies of one host know no ports.
    fn cookie(&self) -> String {
        format!("catchment-{}", self.address.port())
    }

    /// Lets a browser in, and takes the token out of its address bar.
    fn welcome(&self, token: &Token) -> Response {
        let cookie =
            format!("{}={}; HttpOnly; SameSite=Strict; Path=/", self.cookie(), token.text());
        let mut response = StatusCode::SEE_OTHER.into_response();
        let headers = response.headers_mut();
        headers.insert(LOCATION, HeaderValue::from_static("/"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            headers.insert(SET_COOKIE, cookie);
        }
        response
    }
}

/// Whether a browser says that a page of another server asks.
fn is_foreign(headers: &HeaderMap, host: Option<&str>) -> bool {
    let site = text(headers, &HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return true;
    }
    let Some(origin) = headers.get(ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    !origin.is_some_and(|(_, name)| host.is_some_and(|host| host.eq_ignore_ascii_case(name)))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn no(status: StatusCode, kind: &str, title: &str, help: String) -> Refused {
    let refused: Problem = problem(status, kind, title, help);
    Box::new(Refusal::from(refused).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert!(token.is("0123456789abcdef"));
        assert!(!token.is("0123456789abcdeg") && !token.is("0123456789abcde") && !token.is(""));
        assert!(Token::new("short").is_err());
        assert!(Token::new("0123456789abcdef\r\nSet-Cookie: x").is_err());
        assert_ne!(Token::random().text(), Token::random().text());
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        let check = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(HeaderName::from_static(name), value.parse().unwrap());
            }
            is_foreign(&headers, Some("127.0.0.1:8080"))
        };
        assert!(!check(&[]));
        assert!(!check(&[("origin", "http://127.0.0.1:8080")]));
        assert!(check(&[("origin", "http://127.0.0.1:8081")]));
        assert!(check(&[("origin", "null")]));
        assert!(check(&[("sec-fetch-site", "cross-site")]));
        assert!(!check(&[("sec-fetch-site", "same-origin")]));
    }
}
