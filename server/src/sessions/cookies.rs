//! The session's cookie: only ever sent when it is right whenever it arrives.

use std::cell::Cell;

use axum::{
    extract::Request,
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

/// Marks the answer to a request that has ended its session, whose cookie the browser is to forget.
#[derive(Clone, Copy, Debug)]
struct Ended;

tokio::task_local! {
    /// Set when a session was to be saved that is gone.
    pub(super) static GONE: Cell<bool>;
}

/// Tells [`settle_cookies`] of a session that was ended on purpose.
pub async fn note_end(session: Session, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // One that the database doesn't know is empty as well, but nobody has emptied it.
    if session.is_modified() && session.is_empty().await {
        response.extensions_mut().insert(Ended);
    }
    response
}

/// Sends only cookies that are right whenever they arrive. A request may be under way while another one
/// logs in and changes the cookie: it finds its session gone, but the browser has the new cookie by then,
/// and would lose it to a removal or to the former one.
///
/// Adds `Secure` to a removal: with a `__Host-` name, browsers ignore it otherwise.
pub async fn settle_cookies(request: Request, next: Next) -> Response {
    let run = async {
        let response = next.run(request).await;
        (response, GONE.with(Cell::get))
    };
    let (mut response, gone) = GONE.scope(Cell::new(false), run).await;
    let ended = response.extensions().get::<Ended>().is_some();
    if let header::Entry::Occupied(cookies) = response.headers_mut().entry(header::SET_COOKIE) {
        let (name, cookies) = cookies.remove_entry_mult();
        let right = cookies.filter_map(|cookie| settled(cookie, ended, gone)).collect::<Vec<_>>();
        for cookie in right {
            response.headers_mut().append(&name, cookie);
        }
    }
    response
}

/// A cookie as it is to be sent; `None` for one that may be wrong when it arrives.
fn settled(cookie: HeaderValue, ended: bool, gone: bool) -> Option<HeaderValue> {
    let Ok(text) = cookie.to_str() else { return Some(cookie) };
    let removal = text.split_once('=').is_some_and(|(_, rest)| rest.starts_with(';'));
    let wrong = if removal { !ended } else { gone };
    if wrong {
        return None;
    }
    if text.starts_with("__Host-") && !text.contains("; Secure") {
        return HeaderValue::from_str(&format!("{text}; Secure")).ok();
    }
    Some(cookie)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use axum::{Router, body::Body, http::StatusCode, middleware::from_fn};
    use tower::ServiceExt;
    use tower_sessions::SessionStore;

    use super::*;
    use crate::{
        database::{Database, DatabaseError, Write},
        ids::AccountId,
        sessions::{SessionGate, SqlSessionStore, layer},
    };

    #[derive(Debug)]
    struct Open;

    #[async_trait]
    impl SessionGate for Open {
        async fn admits(
            &self,
            _: &mut Write,
            _: &AccountId,
            _: i64,
        ) -> Result<bool, DatabaseError> {
            Ok(true)
        }
    }

    #[tokio::test]
    async fn a_late_save_does_not_send_the_cookie_of_a_session_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.db"));
        let store = SqlSessionStore::new(Database::open(&url).await.unwrap(), Open);
        let session = Session::new(None, Arc::new(store.clone()), None);
        session.insert("count", 0).await.unwrap();
        session.save().await.unwrap();
        let id = session.id().unwrap();
        let late = {
            let store = store.clone();
            // Another request logs in between reading and saving.
            async move |session: Session, request: Request| {
                let count: u32 = session.get("count").await.unwrap().unwrap();
                session.insert("count", count + 1).await.unwrap();
                if request.uri().query() == Some("late") {
                    store.delete(&id).await.unwrap();
                }
            }
        };
        let app = Router::new()
            .fallback(late)
            .layer(from_fn(note_end))
            .layer(layer(store, false))
            .layer(from_fn(settle_cookies));
        for (path, cookies) in [("/", 1), ("/?late", 0)] {
            let request = Request::get(path)
                .header(header::COOKIE, format!("bandstand={id}"))
                .body(Body::empty())
                .unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
            let sent = response.headers().get_all(header::SET_COOKIE).iter().count();
            assert_eq!(sent, cookies, "{path}");
        }
    }
}
