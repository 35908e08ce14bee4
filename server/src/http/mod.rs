//! HTTP as every feature needs it: connections, limits, security headers, logging. It knows no feature.

pub mod client;
pub mod connections;
pub mod encoding;
pub mod forwarded;
pub mod language;
pub mod limits;
pub mod listener;
pub mod log;
pub mod page_cache;
pub mod security;
pub mod timed_stream;
pub mod user_agent;

use axum::{
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::{Refusal, refusal::Reason};

pub use log::note_panics;

use listener::ConnectionPermit;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Does what a request asks for to its end, though its client may hang up before: what follows a commit,
/// such as waking those who wait for it, would be lost then. The venue waits for it when it closes.
/// Nothing cuts `work` short: a body that it reads, it reads in bounded time. Until then the `permit` of its
/// connection is held, so there is never more under way than there may be connections.
pub async fn run_detached(
    requests: &TaskTracker,
    permit: Option<ConnectionPermit>,
    work: impl Future<Output = Response> + Send + 'static,
) -> Response {
    let whole = async move {
        let response = work.await;
        drop(permit);
        response
    };
    let done = requests.spawn(whole.in_current_span()).await;
    // It panicked, which is noted already.
    done.unwrap_or_else(|_| refusal(StatusCode::INTERNAL_SERVER_ERROR, "\"Broken\""))
}

/// Answers a request that is no server function's with a feature's refusal: its status, `body`, and
/// `Retry-After` when a rate limit was met.
pub fn refused<E: Reason>(refusal: &Refusal<E>, body: impl IntoResponse) -> Response {
    let status = StatusCode::from_u16(refusal.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, body).into_response();
    if let Refusal::TooMany { retry_after } = refusal {
        response.headers_mut().insert(header::RETRY_AFTER, (*retry_after).into());
    }
    response
}

/// A refusal that no feature makes, as the pages read it.
pub fn refusal(status: StatusCode, refusal: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], refusal).into_response()
}

/// Tells whether a header that is a list has this entry, in whatever case.
pub fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name);
    let mut entries = values.iter().filter_map(|it| it.to_str().ok()).flat_map(|it| it.split(','));
    entries.any(|entry| entry.trim().eq_ignore_ascii_case(token))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_list_of_tokens_is_searched_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.append("connection", HeaderValue::from_static("keep-alive, Upgrade"));
        headers.append("upgrade", HeaderValue::from_static("WebSocket"));
        assert!(has_token(&headers, header::CONNECTION, "upgrade"));
        assert!(has_token(&headers, header::UPGRADE, "websocket"));
        assert!(!has_token(&headers, header::UPGRADE, "upgrade"));
    }
}
