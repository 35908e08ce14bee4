//! Export and erasure of an artist's shows.

use std::collections::{HashMap, HashSet};

use bandstand_domain::{
    ShowId,
    channel::{Event, Topic},
    people::Picture,
    shows::{Artist, ShowCard, ShowEvent},
};
use serde_json::{Value, json};
use sqlx::Row;

use crate::{
    accounts::store::lock,
    channel::event_log,
    clock,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Calls off all shows of the account `artist` that aren't over: they are gone. After the commit,
/// [`crate::shows::called_off`] has to follow.
pub async fn call_off(write: &mut Write, artist: &AccountId) -> Result<Vec<ShowId>, DatabaseError> {
    let now = clock::now();
    lock(write, artist).await?;
    let ahead = super::ahead(write, artist, i64::MAX).await?;
    for show in &ahead {
        super::delete(write, *show).await?;
        let deleted = Event::Show(ShowEvent::Deleted { show: *show });
        for topic in [Topic::Shows, Topic::Show(*show)] {
            event_log::append(write, topic, &deleted, now).await?;
        }
    }
    Ok(ahead)
}

/// Puts the names that the account `artist` has now into what the logs say of its shows, and takes their
/// artwork and recordings, whose files go with all that the account kept.
pub async fn forget_artist(write: &mut Write, artist: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE shows SET artwork = NULL, replay_at = NULL WHERE artist = $1")
        .bind(artist)
        .execute(&mut **write)
        .await?;
    let rows = sqlx::query(
        "SELECT s.id, a.handle, a.stage_name FROM shows s JOIN accounts a ON a.id = s.artist \
         WHERE s.artist = $1",
    )
    .bind(artist)
    .fetch_all(&mut **write)
    .await?;
    let mut shows = HashSet::new();
    let mut now = None;
    for row in rows {
        shows.insert(parsed::<ShowId>(&row, "id")?);
        let stage_name: Option<String> = row.try_get("stage_name")?;
        let stage_name = stage_name.unwrap_or_default();
        now = Some(Artist { handle: row.try_get("handle")?, stage_name });
    }
    let Some(now) = now else { return Ok(()) };
    let renamed = |event: Event| match event {
        Event::Show(ShowEvent::Changed { show, description }) if shows.contains(&show.id) => {
            let show = ShowCard { artist: now.clone(), artwork: None, replay: false, ..show };
            Some(Event::Show(ShowEvent::Changed { show, description }))
        }
        _ => None,
    };
    event_log::rewrite(write, Topic::Shows, renamed).await?;
    for show in &shows {
        event_log::rewrite(write, Topic::Show(*show), renamed).await?;
    }
    Ok(())
}

/// The shows of the account `artist`, for its person.
pub async fn export(database: &Database, artist: &AccountId) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, title, description, starts_at, ends_at, time_zone, ended_at, deleted_at, \
         medium, artwork FROM shows WHERE artist = $1 ORDER BY starts_at",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    let mut tracks = tracks_of(database, artist).await?;
    let shows = rows.iter().map(|row| {
        let id = row.try_get::<String, _>("id")?;
        let artwork = row.try_get::<Option<String>, _>("artwork")?.map(Picture::new);
        Ok(json!({
            "tracks": tracks.remove(&id).unwrap_or_default(),
            "id": id,
            "medium": row.try_get::<String, _>("medium")?,
            "artwork": artwork.map(|it| it.large()),
            "title": row.try_get::<String, _>("title")?,
            "description": row.try_get::<String, _>("description")?,
            "starts_at": row.try_get::<i64, _>("starts_at")?,
            "ends_at": row.try_get::<i64, _>("ends_at")?,
            "time_zone": row.try_get::<String, _>("time_zone")?,
            "ended_at": row.try_get::<Option<i64>, _>("ended_at")?,
            "deleted_at": row.try_get::<Option<i64>, _>("deleted_at")?,
        }))
    });
    shows.collect::<Result<Vec<_>, DatabaseError>>().map(Value::from)
}

/// The tracks of all shows of the account `artist`, by show.
async fn tracks_of(
    database: &Database,
    artist: &AccountId,
) -> Result<HashMap<String, Vec<Value>>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT t.show, t.at, t.title FROM tracks t JOIN shows s ON s.id = t.show \
         WHERE s.artist = $1 ORDER BY t.show, t.number",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    let mut tracks = HashMap::<String, Vec<Value>>::new();
    for row in rows {
        let track =
            json!({ "at": row.try_get::<i64, _>(1)?, "title": row.try_get::<String, _>(2)? });
        tracks.entry(row.try_get(0)?).or_default().push(track);
    }
    Ok(tracks)
}
