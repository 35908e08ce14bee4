//! The rows of players' sessions.
//!
//! **Invariant:** one ends as a browser's does, by its row being deleted and its name being noted in one
//! transaction. Another one has another name, so whatever was made of the former is void.

use bandstand_domain::Millis;
use sqlx::{Row, any::AnyRow};

use super::note;
use crate::{
    clock,
    crypto::random,
    database::{Database, DatabaseError, Write},
    ids::{AccountId, SessionName},
};

/// Session of an account's players.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerSession {
    /// Its name.
    pub name: SessionName,
    /// Time at which it began.
    pub made_at: Millis,
}

/// The session of the players of `account`, if it has one.
pub async fn player(
    database: &Database,
    account: &AccountId,
) -> Result<Option<PlayerSession>, DatabaseError> {
    let row = sqlx::query("SELECT name, made_at FROM player_sessions WHERE account = $1")
        .bind(account)
        .fetch_optional(&database.read)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The account whose players' session `name` is.
pub async fn account_of_player(
    database: &Database,
    name: &SessionName,
) -> Result<Option<AccountId>, DatabaseError> {
    let account = sqlx::query_scalar("SELECT account FROM player_sessions WHERE name = $1")
        .bind(name)
        .fetch_optional(&database.read)
        .await?;
    Ok(account)
}

/// Begins a session of the players of `account`, unless there is one.
pub async fn begin_player(
    write: &mut Write,
    account: &AccountId,
) -> Result<PlayerSession, DatabaseError> {
    let row = sqlx::query(
        "INSERT INTO player_sessions (account, name, made_at) VALUES ($1, $2, $3) \
         ON CONFLICT (account) DO UPDATE SET account = excluded.account RETURNING name, made_at",
    )
    .bind(account)
    .bind(SessionName::new(random::secret()))
    .bind(clock::now().0)
    .fetch_one(&mut **write)
    .await?;
    read(&row)
}

/// Ends the session of the players of `account`; answers its name, if there was one.
pub async fn end_player(
    write: &mut Write,
    account: &AccountId,
) -> Result<Option<SessionName>, DatabaseError> {
    let name: Option<SessionName> =
        sqlx::query_scalar("DELETE FROM player_sessions WHERE account = $1 RETURNING name")
            .bind(account)
            .fetch_optional(&mut **write)
            .await?;
    if let Some(name) = &name {
        note(write, name).await?;
    }
    Ok(name)
}

fn read(row: &AnyRow) -> Result<PlayerSession, DatabaseError> {
    Ok(PlayerSession { name: row.try_get("name")?, made_at: Millis(row.try_get("made_at")?) })
}
