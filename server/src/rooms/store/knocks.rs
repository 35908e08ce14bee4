//! Those who wait at the doors of rooms.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    channel::Topic,
    rooms::{Knock, MAX_KNOCKS, RoomEvent},
};
use sqlx::Row;

use super::{Turn, members::RoomEntrant, name_of};
use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write},
};

/// Lets `newcomer` wait; false if too many do.
pub async fn add(
    write: &mut Write,
    room: RoomId,
    newcomer: &RoomEntrant,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let turn = Turn::take(write, room).await?;
    sqlx::query(
        "INSERT INTO room_knocks (room, person, account, name, origin, at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (room, person) DO NOTHING",
    )
    .bind(room.to_string())
    .bind(newcomer.person.as_str())
    .bind(&newcomer.account)
    .bind(if newcomer.account.is_some() { "" } else { newcomer.name.as_str() })
    .bind(&newcomer.origin)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    let knocks = count(write, room).await?;
    if knocks > MAX_KNOCKS {
        return Ok(false);
    }
    turn.tell(write, RoomEvent::KnocksChanged { knocks }, now).await?;
    Ok(true)
}

/// Takes `person` from the door; false if they didn't wait there.
pub async fn remove(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    let gone = sqlx::query("DELETE FROM room_knocks WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    Ok(gone.rows_affected() > 0)
}

/// Tells how many wait now.
pub async fn tell(write: &mut Write, room: RoomId, now: Millis) -> Result<(), DatabaseError> {
    let knocks = count(write, room).await?;
    let event = RoomEvent::KnocksChanged { knocks }.into();
    event_log::append(write, Topic::Room(room), &event, now).await?;
    Ok(())
}

async fn count(write: &mut Write, room: RoomId) -> Result<u32, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM room_knocks WHERE room = $1")
        .bind(room.to_string())
        .fetch_one(&mut **write)
        .await?;
    Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX))
}

/// Returns whether `person` waits at the door of `room`.
pub async fn waits(
    database: &Database,
    room: RoomId,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM room_knocks WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .fetch_optional(&database.read)
        .await?;
    Ok(row.is_some())
}

/// The one who waits there as `person`.
pub async fn find(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<Option<RoomEntrant>, DatabaseError> {
    let row = sqlx::query(
        "SELECT account, name, origin FROM room_knocks WHERE room = $1 AND person = $2",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .fetch_optional(&mut **write)
    .await?;
    row.map(|row| {
        Ok(RoomEntrant {
            person: person.clone(),
            account: row.try_get("account")?,
            name: row.try_get("name")?,
            origin: row.try_get("origin")?,
        })
    })
    .transpose()
}

/// Those who wait at the door of `room`, the first first.
pub async fn list(database: &Database, room: RoomId) -> Result<Vec<Knock>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT k.person, k.name AS guest, a.handle, COALESCE(a.stage_name, a.display_name) AS name, k.at \
         FROM room_knocks k LEFT JOIN accounts a ON a.id = k.account \
         WHERE k.room = $1 ORDER BY k.at, k.person LIMIT $2",
    )
    .bind(room.to_string())
    .bind(i64::from(MAX_KNOCKS))
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Knock {
                person: PersonId::new(row.try_get::<String, _>("person")?),
                name: name_of(row)?,
                handle: row.try_get("handle")?,
                at: Millis(row.try_get("at")?),
            })
        })
        .collect()
}
