//! The log of durable events: what the live channel sends, and what a page that was away catches up
//! with.
//!
//! **Invariant:** an event is appended in the transaction that makes it true, and announced only
//! after that transaction is committed. Announcing only wakes readers, which read the log.

use bandstand_domain::{
    Millis,
    channel::{Cursor, Event, Topic},
};
use sqlx::Row;

use crate::database::{Database, DatabaseError, Write, from_json, to_json};

/// Retention of an event, in milliseconds.
const KEPT: i64 = 24 * Millis::HOUR;
/// The latest events of a topic are kept for longer: this many.
const KEPT_EVENTS: i64 = 500;

/// Appends `event` to `topic` within `write`; answers its cursor. Cursors of a topic have no gaps: the
/// topic's row is locked until the transaction ends.
///
/// # Errors
/// Returns an error when the database fails; the transaction must then be dropped.
pub async fn append(
    write: &mut Write,
    topic: Topic,
    event: &Event,
    now: Millis,
) -> Result<Cursor, DatabaseError> {
    let cursor = reserve(write, topic).await?;
    insert(write, topic, cursor, event, now).await?;
    Ok(cursor)
}

/// Makes everything at `topic` wait its turn, as [`append`] does, for what may have nothing to tell.
pub async fn lock(write: &mut Write, topic: Topic) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE topics SET cursor = cursor WHERE topic = $1")
        .bind(topic.to_string())
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes the next cursor of `topic`, for an event that holds its own cursor. [`insert`] must follow in
/// the same transaction.
pub async fn reserve(write: &mut Write, topic: Topic) -> Result<Cursor, DatabaseError> {
    let row = sqlx::query(
        "INSERT INTO topics (topic, cursor) VALUES ($1, 1) \
         ON CONFLICT (topic) DO UPDATE SET cursor = topics.cursor + 1 RETURNING cursor",
    )
    .bind(topic.to_string())
    .fetch_one(&mut **write)
    .await?;
    Ok(Cursor(row.try_get(0)?))
}

/// Writes `event` at a cursor that [`reserve`] gave.
pub async fn insert(
    write: &mut Write,
    topic: Topic,
    cursor: Cursor,
    event: &Event,
    now: Millis,
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO events (topic, cursor, event, at) VALUES ($1, $2, $3, $4)")
        .bind(topic.to_string())
        .bind(cursor.0)
        .bind(to_json(event)?)
        .bind(now.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Puts `event` in the place of the one at `cursor`, so that what it said can't be read any more by
/// those who catch up. The place itself stays: cursors have no gaps.
pub async fn replace(
    write: &mut Write,
    topic: Topic,
    cursor: Cursor,
    event: &Event,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE events SET event = $3 WHERE topic = $1 AND cursor = $2")
        .bind(topic.to_string())
        .bind(cursor.0)
        .bind(to_json(event)?)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Puts what `change` makes of them in the place of those events of `topic` of which it makes something.
///
/// # Errors
/// Returns an error when the database fails, or holds an event that this version doesn't know.
pub async fn rewrite(
    write: &mut Write,
    topic: Topic,
    change: impl Fn(Event) -> Option<Event>,
) -> Result<(), DatabaseError> {
    let rows = sqlx::query("SELECT cursor, event FROM events WHERE topic = $1")
        .bind(topic.to_string())
        .fetch_all(&mut **write)
        .await?;
    for row in rows {
        if let Some(event) = change(from_json(&row, "event")?) {
            replace(write, topic, Cursor(row.try_get(0)?), &event).await?;
        }
    }
    Ok(())
}

/// Forgets a topic that nobody will follow any more, with all its events.
pub async fn erase(write: &mut Write, topic: Topic) -> Result<(), DatabaseError> {
    for statement in ["DELETE FROM events WHERE topic = $1", "DELETE FROM topics WHERE topic = $1"]
    {
        sqlx::query(statement).bind(topic.to_string()).execute(&mut **write).await?;
    }
    Ok(())
}

/// The cursor of the latest event of `topic`; 0 when there was none.
pub async fn latest(database: &Database, topic: Topic) -> Result<Cursor, DatabaseError> {
    let row = sqlx::query("SELECT cursor FROM topics WHERE topic = $1")
        .bind(topic.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.map_or(Ok(Cursor(0)), |row| Ok(Cursor(row.try_get(0)?)))
}

/// A stretch of the log without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The cursor of the first event.
    pub first: Cursor,
    /// The cursor of the last event.
    pub last: Cursor,
    /// At least one.
    pub events: Vec<Event>,
}

/// The part of the log after a cursor.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// Nothing yet.
    Nothing,
    /// The events that follow, as many as were asked for.
    Events(Stretch),
    /// The events that follow are no longer there, or that cursor was never given.
    Lost,
}

/// At most `most` events of `topic` after `cursor`.
///
/// # Errors
/// Returns an error when the database fails, or holds an event that this version doesn't know.
pub async fn after(
    database: &Database,
    topic: Topic,
    cursor: Cursor,
    most: u32,
) -> Result<After, DatabaseError> {
    let rows = sqlx::query(
        "SELECT cursor, event FROM events WHERE topic = $1 AND cursor > $2 ORDER BY cursor LIMIT $3",
    )
    .bind(topic.to_string())
    .bind(cursor.0)
    .bind(i64::from(most))
    .fetch_all(&database.read)
    .await?;
    let Some(first) = rows.first() else {
        let known = latest(database, topic).await?;
        // A greater one was committed between the two questions, and will be announced.
        return Ok(if cursor > known { After::Lost } else { After::Nothing });
    };
    let first = Cursor(first.try_get(0)?);
    let mut last = cursor;
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        last = Cursor(last.0 + 1);
        if last != Cursor(row.try_get(0)?) {
            return Ok(After::Lost);
        }
        events.push(from_json(row, "event")?);
    }
    Ok(After::Events(Stretch { first, last, events }))
}

/// Deletes all events of `topic` but the latest, as what they told of is gone.
pub async fn forget_past(write: &mut Write, topic: Topic) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM events WHERE topic = $1 \
         AND cursor < (SELECT cursor FROM topics WHERE topics.topic = events.topic)",
    )
    .bind(topic.to_string())
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Deletes old events: those older than a day, except the latest 500 of each topic.
pub async fn prune(database: &Database, now: Millis) -> Result<u64, DatabaseError> {
    let mut write = database.begin().await?;
    let done = sqlx::query(
        "DELETE FROM events WHERE at < $1 AND cursor <= \
         (SELECT cursor FROM topics WHERE topics.topic = events.topic) - $2",
    )
    .bind(now.plus(-KEPT).0)
    .bind(KEPT_EVENTS)
    .execute(&mut *write)
    .await?;
    write.commit().await?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{ShowId, shows::ShowEvent};

    use super::*;

    #[tokio::test]
    async fn old_events_are_deleted_but_the_latest_of_a_topic_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.sqlite"));
        let database = Database::open(&url).await.unwrap();
        let event = Event::Show(ShowEvent::Deleted { show: ShowId(uuid::Uuid::nil()) });
        let mut write = database.begin().await.unwrap();
        for _ in 0..KEPT_EVENTS + 3 {
            append(&mut write, Topic::Shows, &event, Millis(0)).await.unwrap();
        }
        write.commit().await.unwrap();
        assert_eq!(prune(&database, Millis(KEPT)).await.unwrap(), 0, "none is older than a day");
        assert_eq!(prune(&database, Millis(KEPT + 1)).await.unwrap(), 3);
        let left = async |cursor| after(&database, Topic::Shows, Cursor(cursor), 1_000).await;
        assert_eq!(left(2).await.unwrap(), After::Lost);
        let After::Events(kept) = left(3).await.unwrap() else { panic!("nothing was kept") };
        assert_eq!((kept.first, kept.last), (Cursor(4), Cursor(KEPT_EVENTS + 3)));
        database.close().await;
    }
}
