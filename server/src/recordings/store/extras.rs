//! Extras of recordings in the database: links, and the loudest moments.

use bandstand_domain::{ShowId, recordings::RecordingLink};
use sqlx::Row;

use crate::database::{Database, DatabaseError, Write};

/// The links of the recording of `show`.
pub async fn links(database: &Database, show: ShowId) -> Result<Vec<RecordingLink>, DatabaseError> {
    let row = sqlx::query("SELECT links FROM recordings WHERE show = $1")
        .bind(show.to_string())
        .fetch_optional(&database.read)
        .await?;
    let links: Option<String> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(links.and_then(|it| serde_json::from_str(&it).ok()).unwrap_or_default())
}

/// Makes these the links of the recording of `show`.
pub async fn replace_links(
    write: &mut Write,
    show: ShowId,
    links: &[RecordingLink],
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE recordings SET links = $2 WHERE show = $1")
        .bind(show.to_string())
        .bind(serde_json::to_string(links).unwrap_or_default())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// The loudest moments of the recording of `show`, in milliseconds; none while they aren't kept.
pub async fn loud_moments(
    database: &Database,
    show: ShowId,
) -> Result<Option<Vec<u64>>, DatabaseError> {
    let row = sqlx::query("SELECT loud FROM recordings WHERE show = $1")
        .bind(show.to_string())
        .fetch_optional(&database.read)
        .await?;
    let loud: Option<Option<String>> = row.map(|row| row.try_get(0)).transpose()?;
    Ok(loud.flatten().and_then(|it| serde_json::from_str(&it).ok()))
}

/// Keeps the loudest moments of the recording of `show`, unless its cut is another one by now.
pub async fn keep_loud_moments(
    database: &Database,
    show: ShowId,
    (from, to): (u64, Option<u64>),
    loud: &[u64],
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE recordings SET loud = $4 WHERE show = $1 AND cut_from = $2 \
         AND COALESCE(cut_to, -1) = $3",
    )
    .bind(show.to_string())
    .bind(super::signed(from))
    .bind(to.map_or(-1, super::signed))
    .bind(serde_json::to_string(loud).unwrap_or_default())
    .execute(&mut *write)
    .await?;
    write.commit_unrevised().await
}
