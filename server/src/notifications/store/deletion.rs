//! Deletion and export of notifications.

use std::collections::BTreeSet;

use bandstand_domain::{Millis, PersonId, RoomId, notifications::InboxId};
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

/// Statements that name the accounts that have such notices, and that delete these.
macro_rules! notices {
    ($which:literal) => {
        (
            concat!("SELECT DISTINCT account FROM notices WHERE ", $which),
            concat!("DELETE FROM notices WHERE ", $which, " RETURNING account, number, cursor"),
        )
    };
}

/// Takes notices that have this in common out of all inboxes. Inboxes are locked first, in order, as whoever reads
/// notices or makes them locks theirs before it touches a notice.
async fn take_alike(
    write: &mut Write,
    (accounts, delete): (&'static str, &'static str),
    common: &str,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows = sqlx::query(accounts).bind(common).fetch_all(&mut **write).await?;
    let mut accounts = BTreeSet::<AccountId>::new();
    for row in rows {
        accounts.insert(row.try_get("account")?);
    }
    lock_all(write, &accounts).await?;
    let rows = sqlx::query(delete).bind(common).fetch_all(&mut **write).await?;
    taken(&rows)
}

async fn lock_all(write: &mut Write, accounts: &BTreeSet<AccountId>) -> Result<(), DatabaseError> {
    for account in accounts {
        lock(write, account).await?;
    }
    Ok(())
}

/// Takes what tells of `key` out of all inboxes.
pub(in crate::notifications) async fn take(
    write: &mut Write,
    key: &str,
) -> Result<Vec<Taken>, DatabaseError> {
    take_alike(write, notices!("dedup_key = $1"), key).await
}

/// Takes what came about by a person out of all inboxes.
pub(in crate::notifications) async fn take_of(
    write: &mut Write,
    person: &PersonId,
) -> Result<Vec<Taken>, DatabaseError> {
    take_alike(write, notices!("person = $1"), person.as_str()).await
}

/// Takes up to `most` notices that tell of `room` out of inboxes.
pub(in crate::notifications) async fn take_room(
    write: &mut Write,
    room: RoomId,
    most: u32,
) -> Result<Vec<Taken>, DatabaseError> {
    let room = room.to_string();
    let rows = sqlx::query(
        "SELECT account, number FROM notices WHERE room = $1 ORDER BY account, number LIMIT $2",
    )
    .bind(&room)
    .bind(i64::from(most))
    .fetch_all(&mut **write)
    .await?;
    let (mut accounts, mut found) = (BTreeSet::<AccountId>::new(), Vec::<(AccountId, i64)>::new());
    for row in rows {
        let account: AccountId = row.try_get("account")?;
        accounts.insert(account.clone());
        found.push((account, row.try_get("number")?));
    }
    lock_all(write, &accounts).await?;
    let mut deleted = Vec::new();
    for (account, number) in &found {
        let row = sqlx::query(
            "DELETE FROM notices WHERE account = $1 AND number = $2 \
             RETURNING account, number, cursor",
        )
        .bind(account)
        .bind(*number)
        .fetch_optional(&mut **write)
        .await?;
        deleted.extend(row);
    }
    taken(&deleted)
}

/// Takes what tells of `room` out of the inbox of an account.
pub(in crate::notifications) async fn take_room_of(
    write: &mut Write,
    room: RoomId,
    account: &AccountId,
) -> Result<Vec<Taken>, DatabaseError> {
    lock(write, account).await?;
    let rows = sqlx::query(
        "DELETE FROM notices WHERE account = $1 AND room = $2 RETURNING account, number, cursor",
    )
    .bind(account)
    .bind(room.to_string())
    .fetch_all(&mut **write)
    .await?;
    taken(&rows)
}

/// Accounts that have notices from before an instant.
pub(in crate::notifications) async fn with_older(
    database: &Database,
    before: Millis,
) -> Result<Vec<AccountId>, DatabaseError> {
    let rows = sqlx::query("SELECT DISTINCT account FROM notices WHERE at <= $1")
        .bind(before.0)
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(|row| Ok(row.try_get("account")?)).collect()
}

/// Takes what is from before an instant out of the inbox of an account, which is locked.
pub(in crate::notifications) async fn take_older(
    write: &mut Write,
    account: &AccountId,
    before: Millis,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows = sqlx::query(
        "DELETE FROM notices WHERE account = $1 AND at <= $2 RETURNING account, number, cursor",
    )
    .bind(account)
    .bind(before.0)
    .fetch_all(&mut **write)
    .await?;
    taken(&rows)
}

/// Takes the oldest, up to a number, out of the inbox of an account, which is locked.
pub(in crate::notifications) async fn take_up_to(
    write: &mut Write,
    account: &AccountId,
    number: i64,
) -> Result<Vec<Taken>, DatabaseError> {
    let rows = sqlx::query(
        "DELETE FROM notices WHERE account = $1 AND number <= $2 RETURNING account, number, cursor",
    )
    .bind(account)
    .bind(number)
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
