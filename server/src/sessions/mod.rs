//! Sessions: who a browser belongs to, kept in the database under a key that opens nothing by itself.

pub mod open_sessions;
mod store;

use std::{cell::Cell, fmt, sync::Arc};

use async_trait::async_trait;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bandstand_domain::Millis;
use serde_json::Value;
use sqlx::Row;
use time::OffsetDateTime;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer, SessionStore,
    cookie::SameSite,
    session::{self, Id, Record},
    session_store,
};

use crate::{
    clock,
    crypto::random,
    database::{Database, DatabaseError, Write},
};

pub use store::{end, end_all, end_named, ended_since, guests_among, is_open, list, note};

/// How long a session lasts that nobody uses.
const LASTS: time::Duration = time::Duration::days(30);
/// How long a session lasts at most, however much it is used, in milliseconds.
const LONGEST: i64 = 180 * 24 * Millis::HOUR;
/// How exactly it is known when a session was last used, in milliseconds.
const QUARTER: i64 = 15 * Millis::MINUTE;
/// How long an ended session is told to other processes, in milliseconds.
const REMEMBERED: i64 = Millis::HOUR;
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

/// Gives each request its session. Over TLS the cookie has the prefix that keeps other hosts and plain
/// HTTP from setting it; over plain HTTP browsers wouldn't take such a cookie.
pub fn layer(store: Store, secure: bool) -> SessionManagerLayer<Store> {
    SessionManagerLayer::new(store)
        .with_name(if secure { "__Host-bandstand" } else { "bandstand" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(LASTS))
}

/// Prolongs the session, once in a quarter of an hour at most, so that reading pages writes little.
pub async fn keep(session: Session, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
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
///
/// # Errors
/// When the database fails.
pub async fn name(session: &Session) -> Result<String, session::Error> {
    if let Some(name) = session.get::<String>(NAME).await? {
        return Ok(name);
    }
    rename(session).await
}

/// The name of a session that has one.
///
/// # Errors
/// When the database fails.
pub async fn name_of(session: &Session) -> Result<Option<String>, session::Error> {
    if session.id().is_none() { Ok(None) } else { session.get(NAME).await }
}

/// Gives a session a new name: from now on it is another one.
///
/// # Errors
/// When the database fails.
pub async fn rename(session: &Session) -> Result<String, session::Error> {
    let name = random::secret();
    session.insert(NAME, &name).await?;
    Ok(name)
}

/// Notes that a session begins now, in `device`.
///
/// # Errors
/// When the database fails.
pub async fn begin(session: &Session, device: &str) -> Result<(), session::Error> {
    let now = clock::now().0;
    session.insert(DEVICE, device).await?;
    session.insert(BEGUN, now).await?;
    session.insert(USED, now / QUARTER).await
}

/// When a session began: when its person last logged in.
///
/// # Errors
/// When the database fails.
pub async fn begun(session: &Session) -> Result<Option<Millis>, session::Error> {
    Ok(session.get::<i64>(BEGUN).await?.map(Millis))
}

/// Marks the answer to a request that has ended its session, whose cookie the browser is to forget.
#[derive(Clone, Copy, Debug)]
struct Ended;

tokio::task_local! {
    /// Set when a session was to be saved that is gone.
    static GONE: Cell<bool>;
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

/// Decides whether a session with an account may begin.
#[async_trait]
pub trait SessionGate: fmt::Debug + Send + Sync {
    /// Locks `account` until `write` ends; false when `epoch`, in which its person proved who they are,
    /// is over.
    async fn admits(
        &self,
        write: &mut Write,
        account: &str,
        epoch: i64,
    ) -> Result<bool, DatabaseError>;
}

/// Sessions in the database.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    gate: Arc<dyn SessionGate>,
}

impl Store {
    /// A store in `database`, in which no session begins that `gate` doesn't admit.
    pub fn new(database: Database, gate: impl SessionGate + 'static) -> Self {
        Self { database, gate: Arc::new(gate) }
    }

    /// Executes `statement` with a session's columns `key`, `data`, `account`, `expires_at`, `name`,
    /// `device`, `begun_at` and `used_at`.
    /// Answers how many rows that were.
    async fn write(
        &self,
        mut write: Write,
        record: &Record,
        statement: &'static str,
    ) -> session_store::Result<u64> {
        let data = serde_json::to_string(&record.data)
            .map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let text = |key: &str| record.data.get(key).and_then(|value| value.as_str());
        let number = |key: &str| record.data.get(key).and_then(|value| value.as_i64());
        let now = clock::now().0;
        let done = sqlx::query(statement)
            .bind(key(&record.id))
            .bind(data)
            .bind(text(ACCOUNT))
            .bind(record.expiry_date.unix_timestamp() * Millis::SECOND)
            .bind(text(NAME))
            .bind(text(DEVICE).unwrap_or_default())
            .bind(number(BEGUN).unwrap_or(now))
            .bind(number(USED).map_or(now, |quarters| quarters * QUARTER))
            .execute(&mut *write)
            .await
            .map_err(backend)?;
        write.commit().await.map_err(backend)?;
        Ok(done.rows_affected())
    }
}

/// Under which a session is kept: who reads the database can't make the cookie from it.
fn key(id: &Id) -> String {
    random::hash(id.0.to_le_bytes())
}

fn backend(error: impl Into<DatabaseError>) -> session_store::Error {
    session_store::Error::Backend(error.into().to_string())
}

#[async_trait]
impl SessionStore for Store {
    /// Writes a new session. One of an account whose epoch has ended since its person proved who they
    /// are is not written, and comes back empty.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut write = self.database.begin().await.map_err(backend)?;
        if let Some(account) = record.data.get(ACCOUNT).and_then(Value::as_str) {
            let epoch = record.data.get(EPOCH).and_then(Value::as_i64).unwrap_or_default();
            if !self.gate.admits(&mut write, account, epoch).await.map_err(backend)? {
                record.data.clear();
                return Ok(());
            }
        }
        self.write(
            write,
            record,
            "INSERT INTO sessions (key, data, account, expires_at, name, device, begun_at, used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .await
        .map(drop)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // Never an insert: a session that ended while a request was under way stays ended.
        let changed = self
            .write(
                self.database.begin().await.map_err(backend)?,
                record,
                "UPDATE sessions SET data = $2, account = $3, expires_at = $4, name = $5, \
                 device = $6, begun_at = $7, used_at = $8 WHERE key = $1",
            )
            .await?;
        if changed == 0 {
            let _ = GONE.try_with(|gone| gone.set(true));
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = clock::now().0;
        let row = sqlx::query(
            "SELECT data, expires_at FROM sessions \
             WHERE key = $1 AND expires_at > $2 AND begun_at > $3",
        )
        .bind(key(id))
        .bind(now)
        .bind(now - LONGEST)
        .fetch_optional(&self.database.read)
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        let decode =
            |error: &dyn std::error::Error| session_store::Error::Decode(error.to_string());
        let data: String = row.try_get(0).map_err(backend)?;
        let expires_at: i64 = row.try_get(1).map_err(backend)?;
        Ok(Some(Record {
            id: *id,
            data: serde_json::from_str(&data).map_err(|error| decode(&error))?,
            expiry_date: OffsetDateTime::from_unix_timestamp(expires_at / Millis::SECOND)
                .map_err(|error| decode(&error))?,
        }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut write = self.database.begin().await.map_err(backend)?;
        sqlx::query("DELETE FROM sessions WHERE key = $1")
            .bind(key(id))
            .execute(&mut *write)
            .await
            .map_err(backend)?;
        write.commit().await.map_err(backend)
    }
}

/// Deletes sessions that have run out, and forgets what was ended long ago.
///
/// # Errors
/// When the database fails.
pub async fn sweep(database: &Database) -> Result<u64, DatabaseError> {
    let now = clock::now().0;
    let mut write = database.begin().await?;
    let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR begun_at <= $2")
        .bind(now)
        .bind(now - LONGEST)
        .execute(&mut *write)
        .await?;
    sqlx::query("DELETE FROM ended_sessions WHERE at <= $1")
        .bind(now - REMEMBERED)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn};
    use tower::ServiceExt;

    use super::*;

    #[derive(Debug)]
    struct Open;

    #[async_trait]
    impl SessionGate for Open {
        async fn admits(&self, _: &mut Write, _: &str, _: i64) -> Result<bool, DatabaseError> {
            Ok(true)
        }
    }

    #[tokio::test]
    async fn a_late_save_does_not_send_the_cookie_of_a_session_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.db"));
        let store = Store::new(Database::open(&url).await.unwrap(), Open);
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
