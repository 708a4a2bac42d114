//! Problems as answers (RFC 9457): one way to say no, for every path under `/api`.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use catchment_model::Mistake;

use crate::api::{MistakeInfo, Problem};

/// The media type of problems.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Kind of a problem: the work was given up because somebody asked for it.
pub(crate) const CANCELLED: &str = "cancelled";

/// A problem on its way to a client.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// A problem without mistakes.
pub(crate) fn problem(
    status: StatusCode,
    kind: &str,
    title: impl Into<String>,
    help: impl Into<String>,
) -> Problem {
    Problem {
        kind: kind.to_owned(),
        title: title.into(),
        status: status.as_u16(),
        help: help.into(),
        mistakes: Vec::new(),
    }
}

/// The problem that a bare status stands for, where a library refused without words of ours.
pub(crate) fn of_status(status: StatusCode) -> Problem {
    let (kind, title) = match status {
        StatusCode::NOT_FOUND => ("not-found", "there is nothing at this path"),
        StatusCode::METHOD_NOT_ALLOWED => ("wrong-method", "this path does not take this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("too-large", "the body is too large"),
        StatusCode::REQUEST_TIMEOUT => ("too-slow", "the request took too long to arrive"),
        status if status.is_server_error() => return bug(),
        _ => ("bad-request", "the request cannot be understood"),
    };
    problem(status, kind, title, "the API is described at /api/v1/openapi.json")
}

/// Our fault.
pub(crate) fn bug() -> Problem {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "bug",
        "this is a bug in catchment, not a mistake of yours",
        "please report it with the scenario; the server goes on, and its log says where it was",
    )
}

/// Somebody asked to give the work up.
pub(crate) fn cancelled() -> Problem {
    problem(StatusCode::CONFLICT, CANCELLED, "the work was cancelled", "")
}

/// Most mistakes that are listed: nobody reads on, and each takes a walk through the text.
const MISTAKES_MAX: usize = 200;

/// Mistakes of a scenario, with lines and columns if the text is given that spans belong to.
pub(crate) fn mistakes(found: &[Mistake], text: Option<&str>) -> Problem {
    let title = match found.len() {
        1 => "the scenario has a mistake".to_owned(),
        count => format!("the scenario has {count} mistakes"),
    };
    let mut answer =
        problem(StatusCode::UNPROCESSABLE_ENTITY, "scenario-mistakes", title, String::new());
    let place = |mistake: &Mistake| position(text?, mistake.span.as_ref()?.start);
    answer.mistakes = found
        .iter()
        .take(MISTAKES_MAX)
        .map(|mistake| {
            let place = place(mistake);
            MistakeInfo {
                code: mistake.code.to_owned(),
                path: mistake.path.clone(),
                message: mistake.message.clone(),
                help: mistake.help.clone(),
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
            }
        })
        .collect();
    answer
}

/// Line and column (in characters) of a byte, both from 1.
fn position(text: &str, byte: usize) -> Option<(u32, u32)> {
    let before = text.get(..byte.min(text.len()))?;
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].chars().count() + 1;
    Some((u32::try_from(line).ok()?, u32::try_from(column).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        assert_eq!(position("one\nzwölf", 0), Some((1, 1)));
        assert_eq!(position("one\nzwölf", 8), Some((2, 4)));
        assert_eq!(position("one\nzwölf", 7), None, "inside a character");
        assert_eq!(position("", 99), Some((1, 1)));
    }
}
