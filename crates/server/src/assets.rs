//! The user interface, inside the binary. A path is looked up in a table, and never on a disk.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// A file of the user interface.
struct Asset {
    /// From the root of the interface, without a slash in front: `index.html`.
    path: &'static str,
    /// Changes with the content.
    hash: &'static str,
    content: &'static [u8],
}

/// All of them, by path; none if the interface was not built before the binary was.
const ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Marks an answer that becomes smaller by compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MayCompress {
    /// Always.
    Always,
    /// Only over a network: on one machine it costs more time than it saves.
    Far,
}

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Catchment</title>
<h1>This server has no user interface</h1>
<p>It was built before the interface was. In the repository, <code>cargo xtask run</code> builds
both and opens them.</p>
<p>The API works: <a href=\"/api/v1/info\">/api/v1/info</a>,
<a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>
</html>
";

/// Answers for a path.
pub(crate) fn answer(method: &Method, path: &str, headers: &HeaderMap) -> Response {
    answer_from(ASSETS, method, path, headers)
}

fn answer_from(
    assets: &'static [Asset],
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")]).into_response();
    }
    let wanted = match path {
        "/" => "index.html",
        path => path.strip_prefix('/').unwrap_or(path),
    };
    let Some(asset) = assets.iter().find(|asset| asset.path == wanted) else {
        return if path == "/" {
            ([(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response()
        } else {
            (StatusCode::NOT_FOUND, "there is nothing at this path\n").into_response()
        };
    };
    // Weak, since compression changes bytes.
    let tag = format!("W/\"{}\"", asset.hash);
    let is_known = headers.get_all(IF_NONE_MATCH).iter().any(|known| {
        known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim() == tag))
    });
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(asset.content).into_response(),
    };
    let (content_type, is_text) = content_type(asset.path);
    // Vite puts a hash of the content into the names of all files below `assets`.
    let cached = match asset.path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cached));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(ETAG, tag);
    }
    if is_text && !is_known {
        response.extensions_mut().insert(MayCompress::Always);
    }
    response
}

/// The media type that an ending stands for, and whether it is text.
fn content_type(path: &str) -> (&'static str, bool) {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "png" => ("image/png", false),
        "ico" => ("image/x-icon", false),
        "webp" => ("image/webp", false),
        "woff2" => ("font/woff2", false),
        _ => ("application/octet-stream", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[Asset] = &[
        Asset { path: "assets/app-1a2b.js", hash: "01", content: b"run()" },
        Asset { path: "index.html", hash: "02", content: b"<!doctype html>" },
    ];

    fn get(path: &str, tag: Option<&str>) -> (StatusCode, String, String) {
        let mut headers = HeaderMap::new();
        if let Some(tag) = tag {
            headers.insert(IF_NONE_MATCH, tag.parse().unwrap());
        }
        let reply = answer_from(TWO, &Method::GET, path, &headers);
        let text = |name| {
            let value = reply.headers().get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        (reply.status(), text(CONTENT_TYPE), text(CACHE_CONTROL))
    }

    #[test]
    fn names_with_hashes_are_kept_for_good() {
        let (status, content_type, cached) = get("/assets/app-1a2b.js", None);
        assert_eq!((status, &*content_type), (StatusCode::OK, "text/javascript; charset=utf-8"));
        assert!(cached.ends_with("immutable"));
        let (status, content_type, cached) = get("/", None);
        assert_eq!((status, &*content_type), (StatusCode::OK, "text/html; charset=utf-8"));
        assert_eq!(cached, "no-cache");
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        assert_eq!(get("/", Some("\"x\", W/\"02\"")).0, StatusCode::NOT_MODIFIED);
        assert_eq!(get("/", Some("W/\"01\"")).0, StatusCode::OK);
    }

    #[test]
    fn only_what_is_in_the_table_is_there() {
        for path in ["/assets", "/assets/", "/index", "//index.html", "/assets/../index.html", ""] {
            assert_eq!(get(path, None).0, StatusCode::NOT_FOUND, "{path}");
        }
        let posted = answer_from(TWO, &Method::POST, "/", &HeaderMap::new());
        assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
