//! Recordings that aren't published, which are kept for a while.

use bandstand_domain::{Millis, ShowId};
use sqlx::{Row, any::AnyRow};

use crate::{
    clock,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
    shows::stage_sql,
};

/// Recording that isn't published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpublished {
    /// Its show.
    pub show: ShowId,
    /// The account of its artist.
    pub artist: AccountId,
    /// The show's title.
    pub title: String,
    /// Time since which it is a draft.
    pub since: Millis,
}

/// Drafts that began before an instant, and whose artist wasn't warned.
pub async fn to_warn(
    database: &Database,
    before: Millis,
) -> Result<Vec<Unpublished>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT r.show, s.artist, s.title, r.changed_at FROM recordings r \
         JOIN shows s ON s.id = r.show WHERE s.replay_at IS NULL AND s.deleted_at IS NULL \
         AND r.changed_at <= $1 AND r.warned_at IS NULL AND NOT ",
        stage_sql!(on_air),
    ))
    .bind(before.0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(draft_of).collect()
}

/// Notes that the artist of a draft is warned; false where they were, or it is none any more.
pub async fn note_warned(write: &mut Write, draft: &Unpublished) -> Result<bool, DatabaseError> {
    let noted = sqlx::query(
        "UPDATE recordings SET warned_at = $3 \
         WHERE show = $1 AND changed_at = $2 AND warned_at IS NULL",
    )
    .bind(draft.show.to_string())
    .bind(draft.since.0)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(noted.rows_affected() > 0)
}

/// Condition on a recording `r` of a show `s` for being deleted: its show was, or its artist was warned before the
/// instant.
macro_rules! doomed_sql {
    ($warned:literal) => {
        concat!(
            "(s.deleted_at IS NOT NULL OR (s.replay_at IS NULL AND r.warned_at <= ",
            $warned,
            "))"
        )
    };
}

/// Drafts whose artist was warned before an instant, and recordings of deleted shows.
pub async fn doomed(database: &Database, warned: Millis) -> Result<Vec<ShowId>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT r.show FROM recordings r JOIN shows s ON s.id = r.show WHERE ",
        doomed_sql!("$1"),
    ))
    .bind(warned.0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| parsed(row, "show")).collect()
}

/// Tells whether the recording of `show` is [`doomed`] still; nobody publishes it until the transaction ends.
pub async fn is_doomed(
    write: &mut Write,
    show: ShowId,
    warned: Millis,
) -> Result<bool, DatabaseError> {
    sqlx::query("UPDATE recordings SET warned_at = warned_at WHERE show = $1")
        .bind(show.to_string())
        .execute(&mut **write)
        .await?;
    let row = sqlx::query(concat!(
        "SELECT 1 FROM recordings r JOIN shows s ON s.id = r.show WHERE r.show = $1 AND ",
        doomed_sql!("$2"),
    ));
    let row = row.bind(show.to_string()).bind(warned.0).fetch_optional(&mut **write).await?;
    Ok(row.is_some())
}

fn draft_of(row: &AnyRow) -> Result<Unpublished, DatabaseError> {
    Ok(Unpublished {
        show: parsed(row, "show")?,
        artist: row.try_get("artist")?,
        title: row.try_get("title")?,
        since: Millis(row.try_get("changed_at")?),
    })
}
