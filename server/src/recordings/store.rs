//! Recordings in the database.

mod bookmarks;
mod drafts;
mod extras;
mod files;
mod mp3;

use bandstand_domain::{Millis, ShowId, recordings::RecordingStop};
use sqlx::{Row, any::AnyRow};

use crate::{
    clock,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

pub use bookmarks::{bookmarks, bookmarks_of, count_bookmarks, forget_bookmarks, set_bookmark};
pub use drafts::{Unpublished, doomed, is_doomed, note_warned, to_warn};
pub use extras::{keep_loud_moments, links, loud_moments, replace_links};
pub use files::{
    FileRow, LocalFile, NewFileRow, add_file, close_file, delete_file, file, files_of, grow_file,
    is_local, local_files, mark_stored, move_file, seek_index, seek_indexes, unstored_bytes,
};
pub use mp3::{
    Episode, Mp3Failure, Mp3Row, episodes, fail_mp3, forget_mp3, is_wanted_mp3, keep_mp3, mp3,
    show_of_mp3, want_mp3, without_mp3,
};

/// Row of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// The show.
    pub show: ShowId,
    /// Wall-clock time of its beginning.
    pub began_at: Millis,
    /// Beginning of what is played, in milliseconds.
    pub cut_from: u64,
    /// Its end, if there is one other than the recording's.
    pub cut_to: Option<u64>,
    /// Reason for which it ended before its show.
    pub stopped: Option<RecordingStop>,
    /// Time since which it is a draft, if it is one.
    pub changed_at: Millis,
    /// Time at which its artist was told that it will be deleted.
    pub warned_at: Option<Millis>,
}

impl RecordingRow {
    fn of(row: &AnyRow) -> Result<Self, DatabaseError> {
        let stopped: Option<String> = row.try_get("stopped")?;
        let stopped = stopped.map(|name| {
            let known = RecordingStop::ALL.into_iter().find(|it| it.as_str() == name);
            known.unwrap_or(RecordingStop::Failed)
        });
        Ok(RecordingRow {
            show: parsed(row, "show")?,
            began_at: Millis(row.try_get("began_at")?),
            cut_from: unsigned(row, "cut_from")?,
            cut_to: row.try_get::<Option<i64>, _>("cut_to")?.map(i64::unsigned_abs),
            stopped,
            changed_at: Millis(row.try_get("changed_at")?),
            warned_at: row.try_get::<Option<i64>, _>("warned_at")?.map(Millis),
        })
    }
}

fn unsigned(row: &AnyRow, name: &str) -> Result<u64, DatabaseError> {
    Ok(u64::try_from(row.try_get::<i64, _>(name)?).unwrap_or_default())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Notes that `show` is recorded from `began_at` on; where it was before, that goes on.
pub async fn begin(write: &mut Write, show: ShowId, began_at: Millis) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO recordings (show, began_at, changed_at) VALUES ($1, $2, $3) \
         ON CONFLICT (show) DO UPDATE SET stopped = NULL, warned_at = NULL, \
         changed_at = excluded.changed_at, cut_to = NULL, loud = NULL",
    )
    .bind(show.to_string())
    .bind(began_at.0)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Wall-clock time at which the last file of the recording of `show` ends; long ago where there is none.
pub async fn latest_end(database: &Database, show: ShowId) -> Result<Millis, DatabaseError> {
    let row = sqlx::query(
        "SELECT COALESCE(MAX(began_at + duration), 0) AS ended FROM recording_files \
         WHERE show = $1",
    )
    .bind(show.to_string())
    .fetch_one(&database.read)
    .await?;
    Ok(Millis(row.try_get("ended")?))
}

/// Notes why the recording of `show` ended before its show.
pub async fn stop(
    database: &Database,
    show: ShowId,
    why: RecordingStop,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE recordings SET stopped = $2 WHERE show = $1")
        .bind(show.to_string())
        .bind(why.as_str())
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// The recording of `show`, if there is one.
pub async fn recording(
    database: &Database,
    show: ShowId,
) -> Result<Option<RecordingRow>, DatabaseError> {
    let row = sqlx::query(
        "SELECT show, began_at, cut_from, cut_to, stopped, changed_at, warned_at FROM recordings \
         WHERE show = $1",
    )
    .bind(show.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(RecordingRow::of).transpose()
}

/// The recordings of the account `artist`, the latest first.
pub async fn of_artist(
    database: &Database,
    artist: &AccountId,
) -> Result<Vec<RecordingRow>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT r.show, r.began_at, r.cut_from, r.cut_to, r.stopped, r.changed_at, r.warned_at \
         FROM recordings r JOIN shows s ON s.id = r.show \
         WHERE s.artist = $1 AND s.deleted_at IS NULL ORDER BY r.began_at DESC",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(RecordingRow::of).collect()
}

/// Changes what is played of the recording of `show`; no end for its own. Of what is played then, the loudest moments
/// aren't known.
pub async fn cut(
    write: &mut Write,
    show: ShowId,
    from: u64,
    to: Option<u64>,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE recordings SET cut_from = $2, cut_to = $3, loud = NULL WHERE show = $1")
        .bind(show.to_string())
        .bind(signed(from))
        .bind(to.map(signed))
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Begins the time anew for which the recording of `show` is kept as a draft. Its loudest moments are counted anew.
pub async fn touch(write: &mut Write, show: ShowId) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE recordings SET changed_at = $2, warned_at = NULL, loud = NULL WHERE show = $1",
    )
    .bind(show.to_string())
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Deletes the recording of `show` with its files' rows, and people's bookmarks in it.
pub async fn delete(write: &mut Write, show: ShowId) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM bookmarks WHERE show = $1",
        "DELETE FROM recording_mp3s WHERE show = $1",
        "DELETE FROM recording_files WHERE show = $1",
        "DELETE FROM recordings WHERE show = $1",
    ] {
        sqlx::query(statement).bind(show.to_string()).execute(&mut **write).await?;
    }
    Ok(())
}

/// Deletes all recordings of the account `artist`, with people's bookmarks in them.
pub async fn delete_of_artist(write: &mut Write, artist: &AccountId) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM bookmarks WHERE show IN (SELECT id FROM shows WHERE artist = $1)",
        "DELETE FROM recording_mp3s WHERE show IN (SELECT id FROM shows WHERE artist = $1)",
        "DELETE FROM recording_files WHERE show IN (SELECT id FROM shows WHERE artist = $1)",
        "DELETE FROM recordings WHERE show IN (SELECT id FROM shows WHERE artist = $1)",
    ] {
        sqlx::query(statement).bind(artist).execute(&mut **write).await?;
    }
    Ok(())
}
