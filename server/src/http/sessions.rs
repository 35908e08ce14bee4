//! Sessions: who a browser belongs to, kept in the database under a key that opens nothing by itself.

use std::fmt::Write as _;

use async_trait::async_trait;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bandstand_domain::Millis;
use sha2::{Digest, Sha256};
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
    database::{Database, DatabaseError},
    venue::Venue,
};

/// How long a session lasts that nobody uses.
const LASTS: time::Duration = time::Duration::days(30);
/// The session's value that holds the account's private id.
pub const ACCOUNT: &str = "account";
/// The session's value that holds the day on which it was last prolonged.
const DAY: &str = "day";

/// Gives each request its session. Over TLS the cookie has the prefix that keeps other hosts and plain
/// HTTP from setting it; over plain HTTP browsers wouldn't take such a cookie.
pub fn layer(venue: &Venue) -> SessionManagerLayer<Store> {
    let secure = venue.config.secure();
    SessionManagerLayer::new(Store(venue.database.clone()))
        .with_name(if secure { "__Host-bandstand" } else { "bandstand" })
        .with_secure(secure)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(LASTS))
}

/// Prolongs the session, once a day at most, so that reading pages writes nothing.
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
    let today = clock::now().0 / (24 * Millis::HOUR);
    let day = session.get::<i64>(DAY).await?;
    // Reading it has told whether there still is such a session.
    if session.id().is_some() && day != Some(today) {
        session.insert(DAY, today).await?;
    }
    Ok(())
}

/// Adds `Secure` to the cookie that takes a session away: with a `__Host-` name, browsers ignore it
/// otherwise.
pub async fn secure_removal(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let header::Entry::Occupied(mut cookies) = response.headers_mut().entry(header::SET_COOKIE) {
        for cookie in cookies.iter_mut() {
            if let Ok(text) = cookie.to_str()
                && text.starts_with("__Host-")
                && !text.contains("; Secure")
                && let Ok(secure) = HeaderValue::from_str(&format!("{text}; Secure"))
            {
                *cookie = secure;
            }
        }
    }
    response
}

/// Sessions in the database.
#[derive(Clone, Debug)]
pub struct Store(Database);

impl Store {
    /// A store in `database`.
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    /// Executes `statement` with a session's columns `key`, `data`, `account` and `expires_at`.
    async fn write(&self, record: &Record, statement: &'static str) -> session_store::Result<()> {
        let data = serde_json::to_string(&record.data)
            .map_err(|error| session_store::Error::Encode(error.to_string()))?;
        let mut write = self.0.begin().await.map_err(backend)?;
        sqlx::query(statement)
            .bind(key(&record.id))
            .bind(data)
            .bind(record.data.get(ACCOUNT).and_then(|id| id.as_str()))
            .bind(record.expiry_date.unix_timestamp() * Millis::SECOND)
            .execute(&mut *write)
            .await
            .map_err(backend)?;
        write.commit().await.map_err(backend)
    }
}

/// Under which a session is kept: who reads the database can't make the cookie from it.
fn key(id: &Id) -> String {
    Sha256::digest(id.0.to_le_bytes()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn backend(error: DatabaseError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.write(
            record,
            "INSERT INTO sessions (key, data, account, expires_at) VALUES ($1, $2, $3, $4)",
        )
        .await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // Never an insert: a session that ended while a request was under way stays ended.
        self.write(
            record,
            "UPDATE sessions SET data = $2, account = $3, expires_at = $4 WHERE key = $1",
        )
        .await
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row =
            sqlx::query("SELECT data, expires_at FROM sessions WHERE key = $1 AND expires_at > $2")
                .bind(key(id))
                .bind(clock::now().0)
                .fetch_optional(&self.0.read)
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
        let mut write = self.0.begin().await.map_err(backend)?;
        sqlx::query("DELETE FROM sessions WHERE key = $1")
            .bind(key(id))
            .execute(&mut *write)
            .await
            .map_err(backend)?;
        write.commit().await.map_err(backend)
    }
}

/// Deletes sessions that have run out.
///
/// # Errors
/// When the database fails.
pub async fn sweep(database: &Database) -> Result<u64, DatabaseError> {
    let mut write = database.begin().await?;
    let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(clock::now().0)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(done.rows_affected())
}
