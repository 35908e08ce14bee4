//! An account's sessions, in browsers and in players: which there are, and ending them.
//!
//! **Invariant:** a session ends by its row being deleted and its name being noted in one
//! transaction. The live part of each process reads those names, and cuts what they hold open.

mod players;
mod rows;

use std::collections::HashSet;

use bandstand_domain::{Millis, accounts::OwnSession};
use sqlx::Row;

pub use players::{PlayerSession, account_of_player, begin_player, end_player, player};
pub use rows::{SessionGate, SqlSessionStore, sweep};

use crate::{
    clock,
    database::{Database, DatabaseError, Write},
    ids::{AccountId, SessionName},
};

/// The sessions of `account`, the one named `current` first.
pub async fn list(
    database: &Database,
    account: &AccountId,
    current: Option<&SessionName>,
) -> Result<Vec<OwnSession>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT name, device, begun_at, used_at FROM sessions \
         WHERE account = $1 AND name IS NOT NULL AND expires_at > $2 \
         ORDER BY used_at DESC, begun_at DESC",
    )
    .bind(account)
    .bind(clock::now().0)
    .fetch_all(&database.read)
    .await?;
    let mut sessions = rows
        .iter()
        .map(|row| {
            let name: String = row.try_get(0)?;
            Ok(OwnSession {
                current: current.is_some_and(|it| it.as_str() == name),
                device: row.try_get(1)?,
                begun_at: Millis(row.try_get(2)?),
                used_at: Millis(row.try_get(3)?),
                name,
            })
        })
        .collect::<Result<Vec<_>, DatabaseError>>()?;
    sessions.sort_by_key(|session| !session.current);
    Ok(sessions)
}

/// Tells whether a session of this name is still open; with `members_only`, only one with an account is.
pub async fn is_open(
    database: &Database,
    name: &SessionName,
    members_only: bool,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM sessions WHERE name = $1 AND expires_at > $2 \
         AND (account IS NOT NULL OR $3 = 0)",
    )
    .bind(name)
    .bind(clock::now().0)
    .bind(i64::from(members_only))
    .fetch_optional(&database.read)
    .await?;
    Ok(row.is_some())
}

/// Returns those of the sessions `names` that are guests'.
pub async fn guests_among(
    database: &Database,
    mut names: Vec<SessionName>,
) -> Result<Vec<SessionName>, DatabaseError> {
    let guests = sqlx::query_scalar::<_, SessionName>(
        "SELECT name FROM sessions WHERE account IS NULL AND name IS NOT NULL",
    )
    .fetch_all(&database.read)
    .await?;
    let guests: HashSet<SessionName> = guests.into_iter().collect();
    names.retain(|name| guests.contains(name));
    Ok(names)
}

/// Ends the session `name` of `account`; whether there was one.
pub async fn end(
    write: &mut Write,
    account: &AccountId,
    name: &SessionName,
) -> Result<bool, DatabaseError> {
    let deleted = sqlx::query("DELETE FROM sessions WHERE account = $1 AND name = $2")
        .bind(account)
        .bind(name)
        .execute(&mut **write)
        .await?;
    let ended = deleted.rows_affected() > 0;
    if ended {
        note(write, name).await?;
    }
    Ok(ended)
}

/// Ends the session `name`, whether it has an account or is a guest's.
pub async fn end_named(write: &mut Write, name: &SessionName) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM sessions WHERE name = $1").bind(name).execute(&mut **write).await?;
    note(write, name).await
}

/// Tells whether `name` is a session of `account`, as `write` finds it.
pub async fn is_of(
    write: &mut Write,
    account: &AccountId,
    name: &SessionName,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM sessions WHERE account = $1 AND name = $2")
        .bind(account)
        .bind(name)
        .fetch_optional(&mut **write)
        .await?;
    Ok(row.is_some())
}

/// Ends all sessions of `account` but the one named `kept`, its players' with them; answers their names.
pub async fn end_all(
    write: &mut Write,
    account: &AccountId,
    kept: Option<&SessionName>,
) -> Result<Vec<SessionName>, DatabaseError> {
    let rows = sqlx::query(
        "DELETE FROM sessions WHERE account = $1 AND (name IS NULL OR name <> $2) RETURNING name",
    )
    .bind(account)
    .bind(kept.map_or("", SessionName::as_str))
    .fetch_all(&mut **write)
    .await?;
    let mut names = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(name) = row.try_get::<Option<SessionName>, _>(0)? {
            note(write, &name).await?;
            names.push(name);
        }
    }
    names.extend(end_player(write, account).await?);
    Ok(names)
}

/// Notes that what the session `name` holds open is to be cut.
pub async fn note(write: &mut Write, name: &SessionName) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO ended_sessions (name, at) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET at = excluded.at",
    )
    .bind(name)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Deletes all sessions of an account in browsers, which were ended before.
pub async fn forget(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM sessions WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// The sessions that were ended since `at`, by whatever process.
pub async fn ended_since(
    database: &Database,
    at: Millis,
) -> Result<Vec<SessionName>, DatabaseError> {
    let rows = sqlx::query("SELECT name FROM ended_sessions WHERE at >= $1")
        .bind(at.0)
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
