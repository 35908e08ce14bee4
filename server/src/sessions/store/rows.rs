//! The rows of sessions, as the session library reads and writes them.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bandstand_domain::Millis;
use serde_json::Value;
use sqlx::Row;
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

use super::super::{ACCOUNT, BEGUN, DEVICE, EPOCH, NAME, QUARTER, USED, cookies::GONE};
use crate::{
    clock,
    crypto::{random, secret_hash::SecretHash},
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Absolute timeout of a session, however much it is used, in milliseconds.
const MAX_AGE: i64 = 180 * 24 * Millis::HOUR;
/// Time for which an ended session is told to other processes, in milliseconds.
const REMEMBERED: i64 = Millis::HOUR;

/// Decides whether a session with an account may begin.
#[async_trait]
pub trait SessionGate: fmt::Debug + Send + Sync {
    /// Locks `account` until `write` ends; false when `epoch`, in which its person proved who they are,
    /// is over.
    async fn admits(
        &self,
        write: &mut Write,
        account: &AccountId,
        epoch: i64,
    ) -> Result<bool, DatabaseError>;
}

/// Sessions in the database.
#[derive(Clone, Debug)]
pub struct SqlSessionStore {
    database: Database,
    gate: Arc<dyn SessionGate>,
}

impl SqlSessionStore {
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
        write.commit_unrevised().await.map_err(backend)?;
        Ok(done.rows_affected())
    }
}

/// Under which a session is kept: who reads the database can't make the cookie from it.
fn key(id: &Id) -> SecretHash {
    random::hash(id.0.to_le_bytes())
}

fn backend(error: impl Into<DatabaseError>) -> session_store::Error {
    session_store::Error::Backend(error.into().to_string())
}

#[async_trait]
impl SessionStore for SqlSessionStore {
    /// Writes a new session. One of an account whose epoch has ended since its person proved who they
    /// are is not written, and comes back empty.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut write = self.database.begin().await.map_err(backend)?;
        if let Some(account) = record.data.get(ACCOUNT).and_then(Value::as_str) {
            let epoch = record.data.get(EPOCH).and_then(Value::as_i64).unwrap_or_default();
            if !self
                .gate
                .admits(&mut write, &AccountId::new(account), epoch)
                .await
                .map_err(backend)?
            {
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
        .bind(now - MAX_AGE)
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
        write.commit_unrevised().await.map_err(backend)
    }
}

/// Deletes sessions that have run out, and forgets what was ended long ago.
pub async fn sweep(database: &Database) -> Result<u64, DatabaseError> {
    let now = clock::now().0;
    let mut write = database.begin().await?;
    let done = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR begun_at <= $2")
        .bind(now)
        .bind(now - MAX_AGE)
        .execute(&mut *write)
        .await?;
    sqlx::query("DELETE FROM ended_sessions WHERE at <= $1")
        .bind(now - REMEMBERED)
        .execute(&mut *write)
        .await?;
    write.commit().await?;
    Ok(done.rows_affected())
}
