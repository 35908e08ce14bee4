//! Deletion and export of notifications.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    notifications::{InboxId, KEPT},
};
use serde_json::{Value, json};
use sqlx::{Row, any::AnyRow};

use super::{find, lock, notification};
use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// A notification that was taken out of somebody's inbox.
#[derive(Debug)]
pub(in crate::notifications) struct Taken {
    pub account: AccountId,
    pub number: i64,
    /// Cursor of its event.
    pub cursor: i64,
}

fn taken(rows: &[AnyRow]) -> Result<Vec<Taken>, DatabaseError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let (account, number) = (row.try_get("account")?, row.try_get("number")?);
        all.push(Taken { account, number, cursor: row.try_get("cursor")? });
    }
    // All who lock several inboxes do so in the same order.
    all.sort_by(|one, other| one.account.cmp(&other.account));
    Ok(all)
}

/// Takes what tells of `key` out of all inboxes.
pub(in crate::notifications) async fn take(
    write: &mut Write,
    key: &str,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows =
        sqlx::query("DELETE FROM notices WHERE dedup_key = $1 RETURNING account, number, cursor")
            .bind(key)
            .fetch_all(&mut **write)
            .await?;
    taken(&rows)
}

/// Takes what came about by a person out of all inboxes.
pub(in crate::notifications) async fn take_of(
    write: &mut Write,
    person: &PersonId,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows =
        sqlx::query("DELETE FROM notices WHERE person = $1 RETURNING account, number, cursor")
            .bind(person.as_str())
            .fetch_all(&mut **write)
            .await?;
    taken(&rows)
}

/// Takes what tells of `room` out of all inboxes.
pub(in crate::notifications) async fn take_room(
    write: &mut Write,
    room: RoomId,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows = sqlx::query("DELETE FROM notices WHERE room = $1 RETURNING account, number, cursor")
        .bind(room.to_string())
        .fetch_all(&mut **write)
        .await?;
    taken(&rows)
}

/// Deletes the inbox of an account with all that is in it; answers which it was.
pub(in crate::notifications) async fn forget(
    write: &mut Write,
    account: &AccountId,
) -> Result<Option<InboxId>, DatabaseError> {
    let inbox = lock(write, account).await?;
    for statement in
        ["DELETE FROM notices WHERE account = $1", "DELETE FROM inboxes WHERE account = $1"]
    {
        sqlx::query(statement).bind(account).execute(&mut **write).await?;
    }
    Ok(inbox)
}

/// Exports the notifications of an account and their settings, for its own eyes.
pub(in crate::notifications) async fn export(
    database: &Database,
    account: &AccountId,
) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT number, kind, place, room, person, content, at, quiet, read_at FROM notices \
         WHERE account = $1 ORDER BY number",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    let notifications = rows.iter().map(notification).collect::<Result<Vec<_>, _>>()?;
    let settings = find(database, account).await?.map(|(_, settings)| settings);
    Ok(json!({ "settings": settings, "notices": notifications }))
}

/// Deletes what is older than notifications are kept.
pub(in crate::notifications) async fn sweep(
    database: &Database,
    now: Millis,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM notices WHERE at <= $1")
        .bind(now.plus(-KEPT).0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}
