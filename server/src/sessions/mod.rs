//! Sessions: who a browser belongs to, kept in the database under a key that opens nothing by itself; and whose
//! address a player has.

mod cookies;
pub mod open_sessions;
pub mod personal_data;
mod store;

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bandstand_domain::Millis;
use tower_sessions::{Expiry, Session, SessionManagerLayer, cookie::SameSite, session};

pub use cookies::{note_end, settle_cookies};
pub use store::{
    PlayerSession, SessionGate, SqlSessionStore, account_of_player, begin_player, end, end_all,
    end_named, end_player, ended_since, guests_among, is_of, is_open, list, note, player, sweep,
};

use crate::{clock, crypto::random, ids::SessionName};

/// Idle timeout of a session.
const LASTS: time::Duration = time::Duration::days(30);
/// Precision of a session's time of last use, in milliseconds.
const QUARTER: i64 = 15 * Millis::MINUTE;
/// The session's value that holds the account's private id.
pub const ACCOUNT: &str = "account";
/// The session's value that holds in which epoch of the account its person proved who they are.
pub const EPOCH: &str = "epoch";
/// The session's value that holds its name. It stays when the cookie changes, and opens nothing.
const NAME: &str = "name";
/// The session's value that says in what it is.
const DEVICE: &str = "device";
/// The session's value that holds when it began.
const BEGUN: &str = "begun";
/// The session's value that holds the quarter of an hour in which it was last used.
const USED: &str = "used";

/// The name of a session's cookie. Over TLS it has the prefix that keeps other hosts and plain HTTP from
/// setting it; over plain HTTP browsers wouldn't take such a cookie.
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-bandstand" } else { "bandstand" }
}

/// Gives each request its session.
pub fn layer(store: SqlSessionStore, secure: bool) -> SessionManagerLayer<SqlSessionStore> {
    SessionManagerLayer::new(store)
        .with_name(cookie_name(secure))
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(LASTS))
}

/// Prolongs the session, once in a quarter of an hour at most, so that reading pages writes little. Not with an
/// answer that caches may give to others, which must have no cookie.
pub async fn keep(session: Session, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let cached = response.headers().get(header::CACHE_CONTROL);
    if cached.is_some_and(|it| it.as_bytes().starts_with(b"public")) {
        return response;
    }
    match prolong(&session).await {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(%error, "a session could not be prolonged");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn prolong(session: &Session) -> Result<(), session::Error> {
    if session.id().is_none() {
        return Ok(());
    }
    let now = clock::now().0 / QUARTER;
    let used = session.get::<i64>(USED).await?;
    // Reading it has told whether there still is such a session.
    if session.id().is_some() && used != Some(now) {
        session.insert(USED, now).await?;
        // A guest's session begins with its first use.
        if session.get::<i64>(BEGUN).await?.is_none() {
            session.insert(BEGUN, clock::now().0).await?;
        }
    }
    Ok(())
}

/// The name of a session, given to it when it has none yet.
pub async fn name(session: &Session) -> Result<SessionName, session::Error> {
    if let Some(name) = session.get::<SessionName>(NAME).await? {
        return Ok(name);
    }
    rename(session).await
}

/// The name of a session that has one.
pub async fn name_of(session: &Session) -> Result<Option<SessionName>, session::Error> {
    if session.id().is_none() { Ok(None) } else { session.get(NAME).await }
}

/// Gives a session a new name: from now on it is another one.
pub async fn rename(session: &Session) -> Result<SessionName, session::Error> {
    let name = SessionName::new(random::secret());
    session.insert(NAME, &name).await?;
    Ok(name)
}

/// Notes that a session begins now, in `device`.
pub async fn begin(session: &Session, device: &str) -> Result<(), session::Error> {
    let now = clock::now().0;
    session.insert(DEVICE, device).await?;
    session.insert(BEGUN, now).await?;
    session.insert(USED, now / QUARTER).await
}

/// Returns the start of a session: the last login of its person.
pub async fn begun(session: &Session) -> Result<Option<Millis>, session::Error> {
    Ok(session.get::<i64>(BEGUN).await?.map(Millis))
}
