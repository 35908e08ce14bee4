//! Files of recordings in the database.

use bandstand_domain::{
    Millis, ShowId,
    recordings::{RecordedFile, RecordingFileId},
};
use sqlx::{Row, any::AnyRow};

use super::{signed, unsigned};
use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// File that begins.
#[derive(Clone, Debug)]
pub struct NewFileRow {
    /// Its identity.
    pub id: RecordingFileId,
    /// Its show.
    pub show: ShowId,
    /// Wall-clock time of its first sample.
    pub began_at: Millis,
    /// Media type with codecs.
    pub media_type: String,
    /// Width and height of its picture.
    pub size: Option<(u16, u16)>,
    /// True if it has sound.
    pub has_sound: bool,
}

/// Row of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its show.
    pub show: ShowId,
    /// Wall-clock time of its first sample.
    pub began_at: Millis,
    /// The file as it is told of; its offset is since `began_at` of the recording.
    pub file: RecordedFile,
    /// True once it is in storage.
    pub is_stored: bool,
}

/// File that lies in the data folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Its identity.
    pub id: RecordingFileId,
    /// Its show.
    pub show: ShowId,
    /// The account of its artist.
    pub artist: AccountId,
    /// Media type with codecs.
    pub media_type: String,
    /// Wall-clock time of its first sample.
    pub began_at: Millis,
    /// True if it is whole, false if it is being written, or was when the program ended.
    pub is_closed: bool,
}

/// Adds a file to its recording, before it is made; false where there is no recording any more.
pub async fn add_file(database: &Database, file: &NewFileRow) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let added = sqlx::query(
        "INSERT INTO recording_files \
         (id, show, began_at, media_type, width, height, has_sound, state) \
         SELECT $1, show, $3, $4, $5, $6, $7, 'open' FROM recordings WHERE show = $2",
    )
    .bind(file.id.to_string())
    .bind(file.show.to_string())
    .bind(file.began_at.0)
    .bind(file.media_type.as_str())
    .bind(file.size.map(|it| i64::from(it.0)))
    .bind(file.size.map(|it| i64::from(it.1)))
    .bind(i64::from(file.has_sound))
    .execute(&mut *write)
    .await?;
    write.commit().await?;
    Ok(added.rows_affected() > 0)
}

/// Notes how long a file is that is being written.
pub async fn grow_file(
    database: &Database,
    id: RecordingFileId,
    duration: u64,
    bytes: u64,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE recording_files SET duration = $2, bytes = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(signed(duration))
        .bind(signed(bytes))
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// Notes that a file that is being written begins earlier than was noted, and its recording, if it is the first.
pub async fn move_file(
    database: &Database,
    id: RecordingFileId,
    began_at: Millis,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    for statement in [
        "UPDATE recording_files SET began_at = $2 WHERE id = $1 AND state = 'open'",
        "UPDATE recordings SET began_at = $2 WHERE began_at > $2 \
         AND show = (SELECT show FROM recording_files WHERE id = $1)",
    ] {
        sqlx::query(statement).bind(id.to_string()).bind(began_at.0).execute(&mut *write).await?;
    }
    write.commit().await
}

/// Notes that a file is whole; false where its recording was deleted.
pub async fn close_file(
    database: &Database,
    id: RecordingFileId,
    (duration, bytes): (u64, u64),
    seek_index: &str,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let closed = sqlx::query(
        "UPDATE recording_files SET duration = $2, bytes = $3, seek_index = $4, \
         state = 'closed' WHERE id = $1 AND state = 'open'",
    )
    .bind(id.to_string())
    .bind(signed(duration))
    .bind(signed(bytes))
    .bind(seek_index)
    .execute(&mut *write)
    .await?;
    write.commit().await?;
    Ok(closed.rows_affected() > 0)
}

/// Notes that a file is in storage; false where its recording was deleted.
pub async fn mark_stored(write: &mut Write, id: RecordingFileId) -> Result<bool, DatabaseError> {
    let stored = sqlx::query("UPDATE recording_files SET state = 'stored' WHERE id = $1")
        .bind(id.to_string())
        .execute(&mut **write)
        .await?;
    Ok(stored.rows_affected() > 0)
}

/// Deletes the row of a file.
pub async fn delete_file(database: &Database, id: RecordingFileId) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM recording_files WHERE id = $1")
        .bind(id.to_string())
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Tells whether a file belongs into the data folder.
pub async fn is_local(database: &Database, id: &str) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM recording_files WHERE id = $1 AND state <> 'stored'");
    Ok(row.bind(id).fetch_optional(&database.read).await?.is_some())
}

/// Statement that selects the columns of files, with the rest appended.
macro_rules! file_rows {
    ($rest:literal) => {
        concat!(
            "SELECT f.id, f.show, f.began_at, f.duration, f.media_type, f.width, f.height, \
             f.has_sound, f.bytes, f.state, r.began_at AS since FROM recording_files f \
             JOIN recordings r ON r.show = f.show ",
            $rest
        )
    };
}

/// The file `id`, if there is one.
pub async fn file(
    database: &Database,
    id: RecordingFileId,
) -> Result<Option<FileRow>, DatabaseError> {
    let row = sqlx::query(file_rows!("WHERE f.id = $1"))
        .bind(id.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.as_ref().map(file_of).transpose()
}

/// The files of the recording of `show`, in their order.
pub async fn files_of(database: &Database, show: ShowId) -> Result<Vec<FileRow>, DatabaseError> {
    let rows = sqlx::query(file_rows!("WHERE f.show = $1 ORDER BY f.began_at, f.id"))
        .bind(show.to_string())
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(file_of).collect()
}

fn file_of(row: &AnyRow) -> Result<FileRow, DatabaseError> {
    let began_at = Millis(row.try_get("began_at")?);
    let since = Millis(row.try_get("since")?);
    let side = |name| -> Result<Option<u16>, DatabaseError> {
        Ok(row.try_get::<Option<i64>, _>(name)?.and_then(|it| u16::try_from(it).ok()))
    };
    Ok(FileRow {
        show: parsed(row, "show")?,
        began_at,
        file: RecordedFile {
            id: parsed(row, "id")?,
            offset: u64::try_from(began_at.since(since)).unwrap_or_default(),
            duration: unsigned(row, "duration")?,
            media_type: row.try_get("media_type")?,
            size: side("width")?.zip(side("height")?),
            has_sound: row.try_get::<i64, _>("has_sound")? != 0,
            bytes: unsigned(row, "bytes")?,
        },
        is_stored: row.try_get::<String, _>("state")? == "stored",
    })
}

/// The seek points of a file, in base64; empty where there are none.
pub async fn seek_index(database: &Database, id: RecordingFileId) -> Result<String, DatabaseError> {
    let row = sqlx::query("SELECT seek_index FROM recording_files WHERE id = $1");
    let row = row.bind(id.to_string()).fetch_optional(&database.read).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
}

/// The seek points of the files of the recording of `show`, in their order, in base64.
pub async fn seek_indexes(database: &Database, show: ShowId) -> Result<Vec<String>, DatabaseError> {
    let indexes = sqlx::query_scalar(
        "SELECT seek_index FROM recording_files WHERE show = $1 ORDER BY began_at, id",
    );
    Ok(indexes.bind(show.to_string()).fetch_all(&database.read).await?)
}

/// The files that lie in the data folder.
pub async fn local_files(database: &Database) -> Result<Vec<LocalFile>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT f.id, f.show, f.media_type, f.began_at, f.state, s.artist FROM recording_files f \
         JOIN shows s ON s.id = f.show WHERE f.state <> 'stored' ORDER BY f.began_at",
    )
    .fetch_all(&database.read)
    .await?;
    let local = |row: &AnyRow| {
        Ok(LocalFile {
            id: parsed(row, "id")?,
            show: parsed(row, "show")?,
            artist: row.try_get("artist")?,
            media_type: row.try_get("media_type")?,
            began_at: Millis(row.try_get("began_at")?),
            is_closed: row.try_get::<String, _>("state")? == "closed",
        })
    };
    rows.iter().map(local).collect()
}

/// Bytes of the account `artist` that lie in the data folder, and count in no quota yet, as those do that are on
/// their way into storage.
pub async fn unstored_bytes(database: &Database, artist: &AccountId) -> Result<u64, DatabaseError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(f.bytes), 0) AS BIGINT) AS bytes FROM recording_files f \
         JOIN shows s ON s.id = f.show WHERE s.artist = $1 AND f.state <> 'stored' \
         AND NOT EXISTS (SELECT 1 FROM files w \
         WHERE w.name = 'recordings/' || REPLACE(f.id, '-', ''))",
    )
    .bind(artist)
    .fetch_one(&database.read)
    .await?;
    unsigned(&row, "bytes")
}
