//! Figures of shows in the database.

use bandstand_domain::{ShowId, shows::ShowFigures};
use sqlx::{Any, Executor, Row};

use crate::database::{Database, DatabaseError};

/// Notes that so many `listeners` listened to the show `id` for some seconds.
pub async fn note_listeners(
    database: &Database,
    id: ShowId,
    listeners: i64,
    seconds: i64,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE shows SET listened = listened + $2, most_listeners = \
         CASE WHEN most_listeners < $3 THEN $3 ELSE most_listeners END WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(listeners * seconds)
    .bind(listeners)
    .execute(&mut *write)
    .await?;
    // No page for everybody shows it.
    write.commit_unrevised().await
}

/// The figures of the show `id`.
///
/// # Errors
/// Returns an error when the database fails, or there is no such show.
pub async fn figures<'e>(
    executor: impl Executor<'e, Database = Any>,
    id: ShowId,
) -> Result<ShowFigures, DatabaseError> {
    let row = sqlx::query("SELECT listened, most_listeners FROM shows WHERE id = $1")
        .bind(id.to_string())
        .fetch_one(executor)
        .await?;
    let (seconds, most) = (row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?);
    Ok(ShowFigures {
        minutes: seconds.unsigned_abs() / 60,
        most: u32::try_from(most).unwrap_or_default(),
    })
}
