//! Uploads and files of rooms in the database.

mod carried;

use std::collections::BTreeSet;

use bandstand_domain::{
    Millis, PersonId, RoomId,
    chat::MessageId,
    uploads::{OwnFile, RoomFile, RoomFileId},
};
use sqlx::{Row, any::AnyRow};

pub use carried::{carried, delete_carried, delete_unsent, place, tie, unsent_before};

use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Upload that isn't finished.
#[derive(Clone, Debug)]
pub struct UploadRow {
    /// Identity; becomes that of the file.
    pub id: RoomFileId,
    /// Room.
    pub room: RoomId,
    /// Person who brings it.
    pub person: PersonId,
    /// Their account; a guest has none.
    pub account: Option<AccountId>,
    /// Name of the file.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Bytes that are there.
    pub received: u64,
    /// True if a message is to carry the file.
    pub is_unlisted: bool,
}

/// File of a room.
#[derive(Clone, Debug)]
pub struct RoomFileRow {
    /// The file, as members see it.
    pub file: RoomFile,
    /// Room.
    pub room: RoomId,
    /// Account of who brought it; a guest has none.
    pub account: Option<AccountId>,
    /// Media type, by its content.
    pub media: String,
    /// Bytes of all that is kept of it.
    pub stored: u64,
    /// Bytes that came in.
    pub came: u64,
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn length(row: &AnyRow, column: &str) -> Result<u64, DatabaseError> {
    Ok(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default())
}

fn account(row: &AnyRow) -> Result<Option<AccountId>, DatabaseError> {
    Ok(row.try_get::<Option<String>, _>("account")?.map(AccountId::new))
}

/// Statement that selects the columns of a file, with the rest appended.
macro_rules! files {
    ($($rest:tt)+) => {
        concat!(
            "SELECT f.id, f.room, f.position, f.person, f.account, f.author_name, f.name, f.kind, f.media, f.bytes, \
             f.stored, f.came, f.width, f.height, f.at, f.message ",
            $($rest)+
        )
    };
}

pub(super) use files;

fn file_of(row: &AnyRow) -> Result<RoomFileRow, DatabaseError> {
    let side = |column| -> Result<Option<u32>, DatabaseError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.and_then(|it| u32::try_from(it).ok()))
    };
    let message: Option<String> = row.try_get("message")?;
    Ok(RoomFileRow {
        file: RoomFile {
            id: parsed(row, "id")?,
            position: row.try_get("position")?,
            person: PersonId::new(row.try_get::<String, _>("person")?),
            author: row.try_get("author_name")?,
            at: Millis(row.try_get("at")?),
            name: row.try_get("name")?,
            kind: parsed(row, "kind")?,
            bytes: length(row, "bytes")?,
            size: side("width")?.zip(side("height")?),
            message: message.and_then(|it| it.parse().ok().map(MessageId)),
        },
        room: parsed(row, "room")?,
        account: account(row)?,
        media: row.try_get("media")?,
        stored: length(row, "stored")?,
        came: length(row, "came")?,
    })
}

/// The row of an upload that begins.
pub async fn insert_upload(
    write: &mut Write,
    upload: &UploadRow,
    now: Millis,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO uploads (id, room, person, account, name, bytes, received, made_at, unlisted) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)",
    )
    .bind(upload.id.to_string())
    .bind(upload.room.to_string())
    .bind(upload.person.as_str())
    .bind(upload.account.as_ref().map(AccountId::as_str))
    .bind(&upload.name)
    .bind(signed(upload.bytes))
    .bind(now.0)
    .bind(i64::from(upload.is_unlisted))
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Number of unfinished uploads of a person in a room.
pub async fn unfinished(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<i64, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM uploads WHERE person = $1 AND room = $2")
        .bind(person.as_str())
        .bind(room.to_string())
        .fetch_one(&mut **write)
        .await?;
    Ok(row.try_get(0)?)
}

fn upload_of(row: &AnyRow) -> Result<UploadRow, DatabaseError> {
    Ok(UploadRow {
        id: parsed(row, "id")?,
        room: parsed(row, "room")?,
        person: PersonId::new(row.try_get::<String, _>("person")?),
        account: account(row)?,
        name: row.try_get("name")?,
        bytes: length(row, "bytes")?,
        received: length(row, "received")?,
        is_unlisted: row.try_get::<i64, _>("unlisted")? != 0,
    })
}

/// An upload that isn't finished.
pub async fn upload(
    database: &Database,
    id: RoomFileId,
) -> Result<Option<UploadRow>, DatabaseError> {
    let row = sqlx::query(
        "SELECT id, room, person, account, name, bytes, received, unlisted FROM uploads WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(upload_of).transpose()
}

/// Uploads that began before an instant, and aren't finished.
pub async fn begun_before(
    database: &Database,
    before: Millis,
) -> Result<Vec<UploadRow>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, room, person, account, name, bytes, received, unlisted FROM uploads WHERE made_at <= $1",
    )
    .bind(before.0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(upload_of).collect()
}

/// Notes up to where a file has come; false if it isn't where it was.
pub async fn note_received(
    database: &Database,
    id: RoomFileId,
    before: u64,
    received: u64,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let noted = sqlx::query("UPDATE uploads SET received = $3 WHERE id = $1 AND received = $2")
        .bind(id.to_string())
        .bind(signed(before))
        .bind(signed(received))
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await?;
    Ok(noted.rows_affected() > 0)
}

/// Deletes the row of an upload; returns whether there was one.
pub async fn delete_upload(write: &mut Write, id: RoomFileId) -> Result<bool, DatabaseError> {
    let deleted = sqlx::query("DELETE FROM uploads WHERE id = $1")
        .bind(id.to_string())
        .execute(&mut **write)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// The row of a file that is there.
pub async fn insert_file(write: &mut Write, row: &RoomFileRow) -> Result<(), DatabaseError> {
    let RoomFileRow { file, room, account, media, stored, came } = row;
    let (width, height) = file.size.unzip();
    sqlx::query(
        "INSERT INTO room_files (id, room, position, person, account, author_name, name, kind, media, \
         bytes, stored, came, width, height, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(file.id.to_string())
    .bind(room.to_string())
    .bind(file.position)
    .bind(file.person.as_str())
    .bind(account.as_ref().map(AccountId::as_str))
    .bind(&file.author)
    .bind(&file.name)
    .bind(file.kind.as_str())
    .bind(media)
    .bind(signed(file.bytes))
    .bind(signed(*stored))
    .bind(signed(*came))
    .bind(width.map(i64::from))
    .bind(height.map(i64::from))
    .bind(file.at.0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// A file.
pub async fn file(
    database: &Database,
    id: RoomFileId,
) -> Result<Option<RoomFileRow>, DatabaseError> {
    let row = sqlx::query(files!("FROM room_files f WHERE f.id = $1"))
        .bind(id.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.as_ref().map(file_of).transpose()
}

/// Files of a room before a position, the newest first.
pub async fn page(
    database: &Database,
    room: RoomId,
    before: i64,
    count: u32,
) -> Result<Vec<RoomFile>, DatabaseError> {
    let rows = sqlx::query(files!(
        "FROM room_files f WHERE f.room = $1 AND f.position > 0 AND f.position < $2 ORDER BY f.position DESC LIMIT $3"
    ))
    .bind(room.to_string())
    .bind(before)
    .bind(i64::from(count))
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok(file_of(row)?.file)).collect()
}

/// Files of a person in all rooms, the largest first. The title of a room by invitation is known to its members alone:
/// to who was one it is empty.
pub async fn own(
    database: &Database,
    person: &PersonId,
    count: usize,
) -> Result<Vec<OwnFile>, DatabaseError> {
    let rows = sqlx::query(files!(
        ", r.title, r.public, m.person AS member FROM room_files f JOIN rooms r ON r.id = f.room \
         LEFT JOIN room_members m ON m.room = f.room AND m.person = f.person WHERE f.person = $1 \
         ORDER BY f.stored DESC, f.id LIMIT $2"
    ))
    .bind(person.as_str())
    .bind(signed(count as u64))
    .fetch_all(&database.read)
    .await?;
    let own = |row| -> Result<OwnFile, DatabaseError> {
        let RoomFileRow { file, room, stored, .. } = file_of(row)?;
        let is_member = row.try_get::<Option<String>, _>("member")?.is_some();
        let is_told = is_member || row.try_get::<i64, _>("public")? != 0;
        let title = if is_told { row.try_get("title")? } else { String::new() };
        Ok(OwnFile { room, title, file, stored })
    };
    rows.iter().map(own).collect()
}

/// Files of an account, oldest first.
pub async fn of_account(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<RoomFileRow>, DatabaseError> {
    let rows = sqlx::query(files!("FROM room_files f WHERE f.account = $1 ORDER BY f.at, f.id"))
        .bind(account.as_str())
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(file_of).collect()
}

/// Deletes the row of a file; answers its place in its room, and the message that carries it, if there was one.
pub async fn delete_file(
    write: &mut Write,
    id: RoomFileId,
) -> Result<Option<(i64, Option<MessageId>)>, DatabaseError> {
    let deleted = sqlx::query("DELETE FROM room_files WHERE id = $1 RETURNING position, message")
        .bind(id.to_string())
        .fetch_optional(&mut **write)
        .await?;
    let Some(row) = deleted else { return Ok(None) };
    let message: Option<String> = row.try_get(1)?;
    Ok(Some((row.try_get(0)?, message.and_then(|it| it.parse().ok().map(MessageId)))))
}

/// Rooms in which a person has files, in the order in which all lock several.
pub async fn rooms_of(
    write: &mut Write,
    account: &AccountId,
    person: &PersonId,
) -> Result<BTreeSet<RoomId>, DatabaseError> {
    let rows =
        sqlx::query("SELECT DISTINCT room FROM room_files WHERE account = $1 OR person = $2")
            .bind(account.as_str())
            .bind(person.as_str())
            .fetch_all(&mut **write)
            .await?;
    rows.iter().map(|row| parsed(row, "room")).collect()
}

/// Deletes all rows of a person's files and uploads; answers the rooms and places of the files.
pub async fn delete_of(
    write: &mut Write,
    account: &AccountId,
    person: &PersonId,
) -> Result<Vec<(String, String, i64)>, DatabaseError> {
    sqlx::query("DELETE FROM uploads WHERE account = $1 OR person = $2")
        .bind(account.as_str())
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    let rows = sqlx::query(
        "DELETE FROM room_files WHERE account = $1 OR person = $2 RETURNING room, id, position",
    )
    .bind(account.as_str())
    .bind(person.as_str())
    .fetch_all(&mut **write)
    .await?;
    let mut files = Vec::new();
    for row in rows {
        files.push((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?));
    }
    // As all do who write into several rooms.
    files.sort();
    Ok(files)
}

/// Deletes all rows of a room.
pub async fn delete_of_room(write: &mut Write, room: RoomId) -> Result<(), DatabaseError> {
    for statement in
        ["DELETE FROM uploads WHERE room = $1", "DELETE FROM room_files WHERE room = $1"]
    {
        sqlx::query(statement).bind(room.to_string()).execute(&mut **write).await?;
    }
    Ok(())
}
