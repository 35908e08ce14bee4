//! Sound of published recordings as MP3, in the database.

use bandstand_domain::{
    Millis, ShowId,
    people::Picture,
    recordings::{RecordedMp3, RecordingFileId},
};
use sqlx::{Row, any::AnyRow};

use super::{signed, unsigned};
use crate::{
    clock,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Reason why no MP3 is made of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mp3Failure {
    /// Its artist, or the venue, has no room for it.
    Room,
    /// It has no sound.
    Silent,
    /// It was tried in vain.
    Failed,
}

impl Mp3Failure {
    fn as_str(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Silent => "silent",
            Self::Failed => "failed",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "room" => Self::Room,
            "silent" => Self::Silent,
            _ => Self::Failed,
        }
    }
}

/// Row of the MP3 of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mp3Row {
    /// The show.
    pub show: ShowId,
    /// Identity of the file that is to be made.
    pub wanted: Option<RecordingFileId>,
    /// Reason why it isn't made.
    pub failure: Option<Mp3Failure>,
    /// The file that there is.
    pub file: Option<RecordedMp3>,
}

fn mp3_of(row: &AnyRow) -> Result<Mp3Row, DatabaseError> {
    let failure: Option<String> = row.try_get("failure")?;
    let file = match identity(row, "id")? {
        None => None,
        Some(id) => {
            let (duration, bytes) = (unsigned(row, "duration")?, unsigned(row, "bytes")?);
            Some(RecordedMp3 { id, duration, bytes })
        }
    };
    Ok(Mp3Row {
        show: parsed(row, "show")?,
        wanted: identity(row, "wanted")?,
        failure: failure.map(|it| Mp3Failure::named(&it)),
        file,
    })
}

fn identity(row: &AnyRow, column: &str) -> Result<Option<RecordingFileId>, DatabaseError> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|it| it.parse().map_err(DatabaseError::decode)).transpose()
}

/// The MP3 of the recording of `show`, if it is to have one.
pub async fn mp3(database: &Database, show: ShowId) -> Result<Option<Mp3Row>, DatabaseError> {
    let row = sqlx::query(
        "SELECT show, wanted, failure, id, duration, bytes FROM recording_mp3s WHERE show = $1",
    )
    .bind(show.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(mp3_of).transpose()
}

/// The show whose MP3 is the file `id`, if there is one.
pub async fn show_of_mp3(
    database: &Database,
    id: RecordingFileId,
) -> Result<Option<ShowId>, DatabaseError> {
    let row = sqlx::query("SELECT show FROM recording_mp3s WHERE id = $1");
    let row = row.bind(id.to_string()).fetch_optional(&database.read).await?;
    row.map(|row| parsed(&row, "show")).transpose()
}

/// Notes that the file `wanted` is to be made of the recording of `show`, in the place of one that was wanted before.
/// The file that there is stays.
pub async fn want_mp3(
    write: &mut Write,
    show: ShowId,
    wanted: RecordingFileId,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO recording_mp3s (show, wanted) VALUES ($1, $2) \
         ON CONFLICT (show) DO UPDATE SET wanted = excluded.wanted, failure = NULL",
    )
    .bind(show.to_string())
    .bind(wanted.to_string())
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Tells whether the file is the one that is to be made; nobody changes that until the transaction ends.
pub async fn is_wanted_mp3(
    write: &mut Write,
    show: ShowId,
    id: RecordingFileId,
) -> Result<bool, DatabaseError> {
    let found =
        sqlx::query("UPDATE recording_mp3s SET wanted = wanted WHERE show = $1 AND wanted = $2")
            .bind(show.to_string())
            .bind(id.to_string())
            .execute(&mut **write)
            .await?;
    Ok(found.rows_affected() > 0)
}

/// Notes that the file that was wanted is there; returns the one that it replaces.
pub async fn keep_mp3(
    write: &mut Write,
    show: ShowId,
    file: &RecordedMp3,
) -> Result<Option<RecordingFileId>, DatabaseError> {
    let before = sqlx::query("SELECT id FROM recording_mp3s WHERE show = $1")
        .bind(show.to_string())
        .fetch_optional(&mut **write)
        .await?;
    sqlx::query(
        "UPDATE recording_mp3s SET id = $2, duration = $3, bytes = $4, made_at = $5, \
         wanted = NULL, failure = NULL WHERE show = $1",
    )
    .bind(show.to_string())
    .bind(file.id.to_string())
    .bind(signed(file.duration))
    .bind(signed(file.bytes))
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    before.map(|row| identity(&row, "id")).transpose().map(Option::flatten)
}

/// Notes why the file that is wanted isn't made.
pub async fn fail_mp3(
    database: &Database,
    (show, wanted): (ShowId, RecordingFileId),
    why: Mp3Failure,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE recording_mp3s SET failure = $3, wanted = NULL WHERE show = $1 AND wanted = $2",
    )
    .bind(show.to_string())
    .bind(wanted.to_string())
    .bind(why.as_str())
    .execute(&mut *write)
    .await?;
    write.commit().await
}

/// Forgets the MP3 of the recording of `show`; returns the file that there is, and the one that is being made.
pub async fn forget_mp3(
    write: &mut Write,
    show: ShowId,
) -> Result<Vec<RecordingFileId>, DatabaseError> {
    let row = sqlx::query("DELETE FROM recording_mp3s WHERE show = $1 RETURNING id, wanted")
        .bind(show.to_string())
        .fetch_optional(&mut **write)
        .await?;
    let Some(row) = row else { return Ok(Vec::new()) };
    Ok(identity(&row, "id")?.into_iter().chain(identity(&row, "wanted")?).collect())
}

/// Published recordings without an MP3, and without a reason for that but want of room.
pub async fn without_mp3(database: &Database) -> Result<Vec<ShowId>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT r.show FROM recordings r JOIN shows s ON s.id = r.show \
         LEFT JOIN recording_mp3s m ON m.show = r.show \
         WHERE s.replay_at IS NOT NULL AND s.deleted_at IS NULL \
         AND (m.show IS NULL OR m.failure = 'room') \
         ORDER BY CASE WHEN m.show IS NULL THEN 0 ELSE 1 END, r.show LIMIT 100",
    )
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| parsed(row, "show")).collect()
}

/// Recording in a podcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// Its show.
    pub show: ShowId,
    /// The show's title.
    pub title: String,
    /// The show's description, plain text.
    pub description: String,
    /// The show's artwork.
    pub artwork: Option<Picture>,
    /// Time at which it was published.
    pub published_at: Millis,
    /// Wall-clock time of the recording's beginning.
    pub began_at: Millis,
    /// Beginning of what is played, in milliseconds.
    pub cut_from: u64,
    /// Its MP3.
    pub mp3: RecordedMp3,
}

/// The published recordings of the account `artist` that everybody may hear and that have an MP3, the latest first;
/// at most `most`.
pub async fn episodes(
    database: &Database,
    artist: &AccountId,
    most: i64,
) -> Result<Vec<Episode>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT s.id AS show, s.title, s.description, s.artwork, s.replay_at, r.began_at, \
         r.cut_from, m.id, m.duration, m.bytes FROM recording_mp3s m \
         JOIN recordings r ON r.show = m.show JOIN shows s ON s.id = m.show \
         JOIN accounts a ON a.id = s.artist \
         WHERE s.artist = $1 AND s.replay_at IS NOT NULL AND s.deleted_at IS NULL \
         AND s.members_only = 0 AND m.id IS NOT NULL \
         AND a.disabled_at IS NULL AND a.confirmed_at IS NOT NULL \
         ORDER BY s.replay_at DESC, s.id LIMIT $2",
    )
    .bind(artist)
    .bind(most)
    .fetch_all(&database.read)
    .await?;
    let episode = |row: &AnyRow| {
        let (duration, bytes) = (unsigned(row, "duration")?, unsigned(row, "bytes")?);
        Ok(Episode {
            show: parsed(row, "show")?,
            title: row.try_get("title")?,
            description: row.try_get("description")?,
            artwork: row.try_get::<Option<String>, _>("artwork")?.map(Picture::new),
            published_at: Millis(row.try_get("replay_at")?),
            began_at: Millis(row.try_get("began_at")?),
            cut_from: unsigned(row, "cut_from")?,
            mp3: RecordedMp3 { id: parsed(row, "id")?, duration, bytes },
        })
    };
    rows.iter().map(episode).collect()
}
