//! Inboxes and their notifications in the database.

mod deletion;

use bandstand_domain::{
    Millis, PersonId,
    notifications::{
        INBOX_PAGE, InboxId, MAX_KEPT, Notification, NotificationKind, NotificationSettings,
    },
    rooms::RoomId,
};
use sqlx::{AnyConnection, Row, any::AnyRow};
use uuid::Uuid;

pub(super) use deletion::{
    Taken, export, forget, take, take_of, take_older, take_room, take_room_of, with_older,
};

use super::NewNotification;
use crate::{
    database::{Database, DatabaseError, Write, from_json, parsed, to_json},
    ids::AccountId,
};

/// The inbox of an account, whose row is locked until the transaction ends.
#[derive(Debug)]
pub(super) struct OpenInbox {
    pub id: InboxId,
    pub settings: NotificationSettings,
    /// Number of the next notification.
    pub number: i64,
}

fn settings(row: &AnyRow, column: &str) -> Result<NotificationSettings, DatabaseError> {
    match row.try_get::<&str, _>(column)? {
        "" => Ok(NotificationSettings::default()),
        _ => from_json(row, column),
    }
}

/// Opens the inbox of an account, made when it has none; nothing for one that was erased.
pub(super) async fn open(
    write: &mut Write,
    account: &AccountId,
) -> Result<Option<OpenInbox>, DatabaseError> {
    sqlx::query(
        "INSERT INTO inboxes (account, id) SELECT id, $2 FROM accounts \
         WHERE id = $1 AND erased_at IS NULL ON CONFLICT (account) DO NOTHING",
    )
    .bind(account)
    .bind(Uuid::new_v4().to_string())
    .execute(&mut **write)
    .await?;
    let row = sqlx::query(
        "UPDATE inboxes SET latest = latest + 1 WHERE account = $1 RETURNING id, latest, settings",
    )
    .bind(account)
    .fetch_optional(&mut **write)
    .await?;
    row.map(|row| {
        Ok(OpenInbox {
            id: InboxId(parsed(&row, "id")?),
            settings: settings(&row, "settings")?,
            number: row.try_get("latest")?,
        })
    })
    .transpose()
}

/// The inbox of an account, and its settings; made when it has none.
pub(super) async fn inbox(
    database: &Database,
    account: &AccountId,
) -> Result<(InboxId, NotificationSettings), DatabaseError> {
    if let Some(found) = find(database, account).await? {
        return Ok(found);
    }
    let mut write = database.begin().await?;
    let opened = open(&mut write, account).await?.ok_or_else(DatabaseError::row_not_found)?;
    write.commit_unrevised().await?;
    Ok((opened.id, opened.settings))
}

/// The inbox of an account, if it has one.
pub(super) async fn find(
    database: &Database,
    account: &AccountId,
) -> Result<Option<(InboxId, NotificationSettings)>, DatabaseError> {
    let row = sqlx::query("SELECT id, settings FROM inboxes WHERE account = $1")
        .bind(account)
        .fetch_optional(&database.read)
        .await?;
    row.map(|row| Ok((InboxId(parsed(&row, "id")?), settings(&row, "settings")?))).transpose()
}

/// The account whose inbox it is, and its settings, locked until the transaction ends.
pub(super) async fn owner(
    write: &mut Write,
    inbox: InboxId,
) -> Result<Option<(AccountId, NotificationSettings)>, DatabaseError> {
    let row = sqlx::query("UPDATE inboxes SET id = id WHERE id = $1 RETURNING account, settings")
        .bind(inbox.0.to_string())
        .fetch_optional(&mut **write)
        .await?;
    row.map(|row| Ok((row.try_get("account")?, settings(&row, "settings")?))).transpose()
}

/// Keeps the settings of an account that has an inbox.
pub(super) async fn save_settings(
    write: &mut Write,
    account: &AccountId,
    settings: &NotificationSettings,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE inboxes SET settings = $2 WHERE account = $1")
        .bind(account)
        .bind(to_json(settings)?)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Returns whether the account has muted the room.
pub(super) async fn has_muted(
    write: &mut Write,
    account: &AccountId,
    room: RoomId,
) -> Result<bool, DatabaseError> {
    let row =
        sqlx::query("SELECT 1 FROM room_members WHERE room = $1 AND account = $2 AND muted <> 0")
            .bind(room.to_string())
            .bind(account)
            .fetch_optional(&mut **write)
            .await?;
    Ok(row.is_some())
}

/// Returns whether the account was told of it.
pub(super) async fn is_told(
    write: &mut Write,
    account: &AccountId,
    key: &str,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM notices WHERE account = $1 AND dedup_key = $2")
        .bind(account)
        .bind(key)
        .fetch_optional(&mut **write)
        .await?;
    Ok(row.is_some())
}

/// Adds a notification, and takes the oldest beyond [`MAX_KEPT`] out; answers these.
pub(super) async fn insert(
    write: &mut Write,
    account: &AccountId,
    new: &NewNotification,
    notice: &Notification,
    (cursor, to_mail): (i64, bool),
) -> Result<Vec<Taken>, DatabaseError> {
    sqlx::query(
        "INSERT INTO notices (account, number, kind, dedup_key, place, room, person, content, at, \
         quiet, to_mail, cursor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(account)
    .bind(notice.number)
    .bind(notice.kind.name())
    .bind(&new.key)
    .bind(&notice.place)
    .bind(notice.room.map(|room| room.to_string()))
    .bind(notice.by.as_ref().map(PersonId::as_str))
    .bind(to_json(&notice.content)?)
    .bind(notice.at.0)
    .bind(i64::from(notice.quiet))
    .bind(i64::from(to_mail))
    .bind(cursor)
    .execute(&mut **write)
    .await?;
    deletion::take_up_to(write, account, notice.number - MAX_KEPT).await
}

/// Counts the unread notifications of an account that this version knows.
pub(super) async fn unread(
    connection: &mut AnyConnection,
    account: &AccountId,
) -> Result<u32, DatabaseError> {
    let rows = sqlx::query(
        "SELECT kind, COUNT(*) AS unread FROM notices WHERE account = $1 AND read_at IS NULL \
         GROUP BY kind",
    )
    .bind(account)
    .fetch_all(connection)
    .await?;
    let mut unread = 0;
    for row in rows {
        if is_known(&row)? {
            unread += row.try_get::<i64, _>("unread")?;
        }
    }
    Ok(u32::try_from(unread).unwrap_or(u32::MAX))
}

fn is_known(row: &AnyRow) -> Result<bool, DatabaseError> {
    Ok(NotificationKind::named(row.try_get("kind")?) != NotificationKind::Unknown)
}

/// A page of an account's notifications before a number, the latest first, and the number before which the next
/// page goes on.
pub(super) async fn page(
    database: &Database,
    account: &AccountId,
    before: i64,
) -> Result<(Vec<Notification>, Option<i64>), DatabaseError> {
    let mut rows = sqlx::query(
        "SELECT number, kind, place, room, person, content, at, quiet, read_at FROM notices \
         WHERE account = $1 AND number < $2 ORDER BY number DESC LIMIT $3",
    )
    .bind(account)
    .bind(before)
    .bind(i64::from(INBOX_PAGE) + 1)
    .fetch_all(&database.read)
    .await?;
    let more = rows.len() > INBOX_PAGE as usize;
    rows.truncate(INBOX_PAGE as usize);
    let next = rows.last().filter(|_| more).map(|row| row.try_get("number")).transpose()?;
    Ok((known(&rows)?, next))
}

/// What of these rows this version knows.
fn known(rows: &[AnyRow]) -> Result<Vec<Notification>, DatabaseError> {
    let mut notifications = Vec::with_capacity(rows.len());
    for row in rows {
        if is_known(row)? {
            notifications.push(notification(row)?);
        }
    }
    Ok(notifications)
}

fn notification(row: &AnyRow) -> Result<Notification, DatabaseError> {
    let room: Option<&str> = row.try_get("room")?;
    let by: Option<String> = row.try_get("person")?;
    Ok(Notification {
        number: row.try_get("number")?,
        kind: NotificationKind::named(row.try_get("kind")?),
        place: row.try_get("place")?,
        room: room.and_then(|room| room.parse().ok()),
        by: by.map(PersonId::new),
        content: from_json(row, "content")?,
        at: Millis(row.try_get("at")?),
        read: row.try_get::<Option<i64>, _>("read_at")?.is_some(),
        quiet: row.try_get::<i64, _>("quiet")? != 0,
    })
}

/// Marks notifications as read; answers how many were unread until now.
pub(super) async fn read(
    write: &mut Write,
    account: &AccountId,
    (from, up_to): (i64, i64),
    now: Millis,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "UPDATE notices SET read_at = $4 \
         WHERE account = $1 AND number >= $2 AND number <= $3 AND read_at IS NULL",
    )
    .bind(account)
    .bind(from)
    .bind(up_to)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(done.rows_affected())
}

/// What of an account's notifications waits for a mail and was not read meanwhile, the latest first.
pub(super) async fn to_mail(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<Notification>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT number, kind, place, room, person, content, at, quiet, read_at FROM notices \
         WHERE account = $1 AND read_at IS NULL AND to_mail = 1 ORDER BY number DESC",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    known(&rows)
}

/// Notes that nothing up to a number waits for a mail any more.
pub(super) async fn mailed(
    database: &Database,
    account: &AccountId,
    up_to: i64,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE notices SET to_mail = 0 WHERE account = $1 AND number <= $2 AND to_mail = 1",
    )
    .bind(account)
    .bind(up_to)
    .execute(&mut *write)
    .await?;
    write.commit_unrevised().await
}

/// The inbox of an account, if it has one, whose row is locked until the transaction ends.
pub(super) async fn lock(
    write: &mut Write,
    account: &AccountId,
) -> Result<Option<InboxId>, DatabaseError> {
    let row = sqlx::query("UPDATE inboxes SET id = id WHERE account = $1 RETURNING id")
        .bind(account)
        .fetch_optional(&mut **write)
        .await?;
    // Its identity is the venue's own; another text would be no topic.
    row.map(|row| Ok(row.try_get::<&str, _>(0)?.parse().ok().map(InboxId)))
        .transpose()
        .map(Option::flatten)
}
