//! Likes, peaks and moments of crowds in the database.

mod moments;

use bandstand_domain::{Millis, PersonId, ShowId, crowd::LIKE_COOL_DOWN, stage::StageState};
use serde_json::{Value, json};
use sqlx::Row;

pub use moments::{forget_moments, forget_moments_of, keep_moments, moments};

use crate::{
    database::{Database, DatabaseError, Write},
    shows,
};

/// Outcome of a like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Like {
    /// It counts; this many are there now.
    Counted(u64),
    /// The last one of this person is too fresh; so many seconds to wait.
    TooFresh(u32),
}

/// Counts a like of `person`, unless their last one is too fresh. The database decides: of many at
/// the same time, one counts.
pub async fn like(
    database: &Database,
    show: ShowId,
    person: &PersonId,
    now: Millis,
) -> Result<Like, DatabaseError> {
    let cool_down = i64::from(LIKE_COOL_DOWN) * Millis::SECOND;
    let mut write = database.begin().await?;
    let counted = sqlx::query(
        "INSERT INTO likes (show_id, person, count, last_at) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (show_id, person) DO UPDATE \
         SET count = likes.count + 1, last_at = excluded.last_at WHERE likes.last_at <= $4",
    )
    .bind(show.to_string())
    .bind(person.as_str())
    .bind(now.0)
    .bind(now.plus(-cool_down).0)
    .execute(&mut *write)
    .await?;
    if counted.rows_affected() == 0 {
        let row = sqlx::query("SELECT last_at FROM likes WHERE show_id = $1 AND person = $2")
            .bind(show.to_string())
            .bind(person.as_str())
            .fetch_one(&mut *write)
            .await?;
        // Between 1 and the cool-down, even when the clock was set back.
        let wait = Millis(row.try_get(0)?).plus(cool_down).since(now).clamp(1, cool_down);
        let seconds = u32::try_from(wait.unsigned_abs().div_ceil(1_000)).unwrap_or(LIKE_COOL_DOWN);
        return Ok(Like::TooFresh(seconds));
    }
    let row = sqlx::query("UPDATE shows SET likes = likes + 1 WHERE id = $1 RETURNING likes")
        .bind(show.to_string())
        .fetch_one(&mut *write)
        .await?;
    let likes: i64 = row.try_get(0)?;
    write.commit_unrevised().await?;
    Ok(Like::Counted(likes.unsigned_abs()))
}

/// Durable numbers of a show's crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The most who were there at once.
    pub peak: u32,
    /// Likes so far.
    pub likes: u64,
    /// State of the stage.
    pub stage: StageState,
    /// Time at which the artist ended the show.
    pub ended_at: Option<Millis>,
}

/// Reads the durable numbers of the crowd of `show`.
pub async fn kept(database: &Database, show: ShowId) -> Result<Kept, DatabaseError> {
    let row = sqlx::query("SELECT peak, likes, stage, ended_at FROM shows WHERE id = $1")
        .bind(show.to_string())
        .fetch_one(&database.read)
        .await?;
    let (peak, likes): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let ended_at: Option<i64> = row.try_get("ended_at")?;
    Ok(Kept {
        peak: u32::try_from(peak).unwrap_or(u32::MAX),
        likes: likes.unsigned_abs(),
        stage: shows::stage(&row)?,
        ended_at: ended_at.map(Millis),
    })
}

/// Keeps `peak` when it is the greatest so far.
pub async fn keep_peak(database: &Database, show: ShowId, peak: u32) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE shows SET peak = $2 WHERE id = $1 AND peak < $2")
        .bind(show.to_string())
        .bind(i64::from(peak))
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// Forgets which shows `person` liked; the shows keep how often they were.
pub async fn forget_person(write: &mut Write, person: &PersonId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM likes WHERE person = $1")
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Exports the likes of `person` by show, for themselves.
pub async fn export(database: &Database, person: &PersonId) -> Result<Value, DatabaseError> {
    let rows = sqlx::query("SELECT show_id, count FROM likes WHERE person = $1")
        .bind(person.as_str())
        .fetch_all(&database.read)
        .await?;
    let likes = rows.iter().map(|row| {
        Ok(json!({
            "show": row.try_get::<String, _>("show_id")?,
            "count": row.try_get::<i64, _>("count")?,
        }))
    });
    likes.collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}
