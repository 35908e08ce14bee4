//! Writing shows.

use bandstand_domain::{Millis, ShowId, people::Picture, shows::ShowDraft};
use sqlx::{Any, Row, any::AnyArguments, query::Query};
use uuid::Uuid;

use crate::{
    clock,
    database::{DatabaseError, Write, to_json},
    ids::AccountId,
    shows::times::Times,
};

/// Writes a new show.
pub async fn insert(
    write: &mut Write,
    artist: &AccountId,
    draft: &ShowDraft,
    times: &Times,
) -> Result<ShowId, DatabaseError> {
    // Random, not ordered by time: an address tells nothing.
    let id = ShowId(Uuid::new_v4());
    let statement = "INSERT INTO shows (id, title, description, genres, starts_at, ends_at, \
         time_zone, members_only, medium, artist, stage_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
    with_form(statement, id, draft, times)?
        .bind(artist)
        .bind(clock::now().0)
        .execute(&mut **write)
        .await?;
    Ok(id)
}

/// Changes a show.
pub async fn update(
    write: &mut Write,
    id: ShowId,
    draft: &ShowDraft,
    times: &Times,
) -> Result<(), DatabaseError> {
    let statement = "UPDATE shows SET title = $2, description = $3, genres = $4, starts_at = $5, \
         ends_at = $6, time_zone = $7, members_only = $8, medium = $9, revision = revision + 1 WHERE id = $1";
    with_form(statement, id, draft, times)?.execute(&mut **write).await?;
    Ok(())
}

/// A statement whose first nine parameters are the show's identity and what its form says.
fn with_form<'q>(
    statement: &'static str,
    id: ShowId,
    draft: &'q ShowDraft,
    times: &'q Times,
) -> Result<Query<'q, Any, AnyArguments>, DatabaseError> {
    Ok(sqlx::query(statement)
        .bind(id.to_string())
        .bind(draft.title.as_str())
        .bind(draft.description.as_str())
        .bind(to_json(&draft.genres)?)
        .bind(times.starts_at.0)
        .bind(times.ends_at.0)
        .bind(times.time_zone.as_str())
        .bind(i64::from(draft.members_only))
        .bind(draft.medium.as_str()))
}

/// Changes the text of a show.
pub async fn change_text(
    write: &mut Write,
    id: ShowId,
    title: &str,
    description: &str,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE shows SET title = $2, description = $3, revision = revision + 1 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(title.trim())
    .bind(description.replace("\r\n", "\n").trim())
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Notes since when the recording of a show is published, or that it isn't.
pub async fn set_replay(
    write: &mut Write,
    id: ShowId,
    at: Option<Millis>,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE shows SET replay_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(at.map(|it| it.0))
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Marks a show as deleted.
pub async fn delete(write: &mut Write, id: ShowId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE shows SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.to_string())
        .bind(clock::now().0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Makes `artwork` (or none) that of the show `id`; returns the one before.
pub async fn change_artwork(
    write: &mut Write,
    id: ShowId,
    artwork: Option<&Picture>,
) -> Result<Option<Picture>, DatabaseError> {
    let before = sqlx::query("SELECT artwork FROM shows WHERE id = $1")
        .bind(id.to_string())
        .fetch_one(&mut **write)
        .await?;
    sqlx::query("UPDATE shows SET artwork = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(artwork.map(Picture::name))
        .execute(&mut **write)
        .await?;
    Ok(before.try_get::<Option<String>, _>(0)?.map(Picture::new))
}

/// Moves the end of the show `id`.
pub async fn move_end(write: &mut Write, id: ShowId, ends_at: Millis) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE shows SET ends_at = $2, revision = revision + 1 WHERE id = $1")
        .bind(id.to_string())
        .bind(ends_at.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}
