//! Tracklists in the database.

use bandstand_domain::{
    Millis, ShowId,
    shows::{MAX_TRACKS, Track},
};
use sqlx::{Any, Executor, Row};

use crate::database::{DatabaseError, Write};

/// The tracks of the show `id`, the first one first.
pub async fn tracks<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<Vec<Track>, DatabaseError> {
    let rows = sqlx::query("SELECT at, title FROM tracks WHERE show = $1 ORDER BY number")
        .bind(id.to_string())
        .fetch_all(executor)
        .await?;
    let track =
        |row: &sqlx::any::AnyRow| Ok(Track { at: Millis(row.try_get(0)?), title: row.try_get(1)? });
    rows.iter().map(track).collect()
}

/// Appends a track to the show `id`. Returns false, and writes nothing, where it is the latest one again, as
/// after a source has come back, or there are [`MAX_TRACKS`].
pub async fn append_track(
    write: &mut Write,
    id: ShowId,
    track: &Track,
) -> Result<bool, DatabaseError> {
    // Until the transaction ends, nobody else gives the same number.
    sqlx::query("UPDATE shows SET stage_at = stage_at WHERE id = $1")
        .bind(id.to_string())
        .execute(&mut **write)
        .await?;
    let latest = sqlx::query(
        "SELECT number, title FROM tracks WHERE show = $1 ORDER BY number DESC LIMIT 1",
    )
    .bind(id.to_string())
    .fetch_optional(&mut **write)
    .await?;
    let number = match latest {
        Some(row) if row.try_get::<String, _>(1)? == track.title => return Ok(false),
        Some(row) => row.try_get::<i64, _>(0)? + 1,
        None => 1,
    };
    if number > MAX_TRACKS as i64 {
        return Ok(false);
    }
    insert(write, id, number, track).await?;
    Ok(true)
}

/// Makes these the tracks of the show `id`, in their order.
pub async fn replace_tracks(
    write: &mut Write,
    id: ShowId,
    tracks: &[Track],
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM tracks WHERE show = $1")
        .bind(id.to_string())
        .execute(&mut **write)
        .await?;
    for (number, track) in (1_i64..).zip(tracks) {
        insert(write, id, number, track).await?;
    }
    Ok(())
}

async fn insert(
    write: &mut Write,
    id: ShowId,
    number: i64,
    track: &Track,
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO tracks (show, number, at, title) VALUES ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(number)
        .bind(track.at.0)
        .bind(track.title.as_str())
        .execute(&mut **write)
        .await?;
    Ok(())
}
