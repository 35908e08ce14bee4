//! What becomes of the shows of an artist who leaves, and what they take along.

use bandstand_domain::live::{Event, Topic};
use serde_json::{Value, json};
use sqlx::Row;

use super::{store, wake};
use crate::{
    accounts::store::lock,
    clock,
    database::{Database, DatabaseError},
    live::log,
    venue::Venue,
};

/// Calls off all shows of the account `artist` that aren't over: they are gone, whoever waits for them
/// is told, and whoever is on stage is off it.
///
/// # Errors
/// When the database fails.
pub async fn call_off(venue: &Venue, artist: &str) -> Result<(), DatabaseError> {
    let now = clock::now();
    let mut write = venue.database.begin().await?;
    lock(&mut write, artist).await?;
    let ahead = store::ahead(&mut write, artist, i64::MAX).await?;
    for show in &ahead {
        store::delete(&mut write, *show).await?;
        let deleted = Event::ShowDeleted { show: *show };
        for topic in [Topic::Shows, Topic::Show(*show)] {
            log::append(&mut write, topic, &deleted, now).await?;
        }
    }
    write.commit().await?;
    for show in ahead {
        wake(venue, show);
        venue.live.close_show(show).await;
    }
    Ok(())
}

/// The shows of the account `artist`, for its person.
///
/// # Errors
/// When the database fails.
pub async fn export(database: &Database, artist: &str) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, title, description, starts_at, ends_at, time_zone, deleted_at FROM shows \
         WHERE artist = $1 ORDER BY starts_at",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    let shows = rows.iter().map(|row| {
        Ok(json!({
            "id": row.try_get::<String, _>("id")?,
            "title": row.try_get::<String, _>("title")?,
            "description": row.try_get::<String, _>("description")?,
            "starts_at": row.try_get::<i64, _>("starts_at")?,
            "ends_at": row.try_get::<i64, _>("ends_at")?,
            "time_zone": row.try_get::<String, _>("time_zone")?,
            "deleted_at": row.try_get::<Option<i64>, _>("deleted_at")?,
        }))
    });
    shows.collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}
