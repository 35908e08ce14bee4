//! Rooms, as they are made and changed.

use bandstand_domain::{
    Millis, RoomId,
    people::Picture,
    rooms::{RoomEvent, RoomForm},
};
use sqlx::Row;

use super::{Turn, facts};
use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
    rooms::addresses::skeleton,
};

/// The most addresses that lead to one room; the oldest of those that only lead on is given up for another.
const MAX_ADDRESSES: i64 = 12;

/// Makes a room without members; false if another one has the address, or one that looks like it.
pub async fn insert(
    write: &mut Write,
    id: RoomId,
    form: &RoomForm,
    now: Millis,
) -> Result<bool, DatabaseError> {
    sqlx::query(
        "INSERT INTO rooms (id, title, description, public, guests, guest_uploads, knocking, kept_days, created_at, \
         folded) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id.to_string())
    .bind(title(form))
    .bind(&form.description)
    .bind(i64::from(form.public))
    .bind(i64::from(form.guests))
    .bind(i64::from(form.guest_uploads))
    .bind(i64::from(form.knocking))
    .bind(form.kept_days.map(i64::from))
    .bind(now.0)
    .bind(folded(form))
    .execute(&mut **write)
    .await?;
    take_address(write, id, &form.address, now).await
}

fn title(form: &RoomForm) -> &str {
    if form.title.is_empty() { &form.address } else { &form.title }
}

/// Text that is searched: databases differ in what they make lower case.
fn folded(form: &RoomForm) -> String {
    format!("{} {} {}", form.address, form.title, form.description).to_lowercase()
}

/// Makes `address` the current one of `room`; false if another one has it, or one that looks like it. Former ones
/// lead on.
async fn take_address(
    write: &mut Write,
    room: RoomId,
    address: &str,
    now: Millis,
) -> Result<bool, DatabaseError> {
    sqlx::query("UPDATE room_addresses SET current = 0 WHERE room = $1 AND current = 1")
        .bind(room.to_string())
        .execute(&mut **write)
        .await?;
    let taken = sqlx::query(
        "INSERT INTO room_addresses (skeleton, address, room, current, since) VALUES ($1, $2, $3, 1, $4) \
         ON CONFLICT (skeleton) DO UPDATE SET address = excluded.address, current = 1, since = excluded.since \
         WHERE room_addresses.room = excluded.room",
    )
    .bind(skeleton(address))
    .bind(address)
    .bind(room.to_string())
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    if taken.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "DELETE FROM room_addresses WHERE room = $1 AND current = 0 AND skeleton NOT IN \
         (SELECT skeleton FROM room_addresses WHERE room = $1 ORDER BY current DESC, since DESC, skeleton LIMIT $2)",
    )
    .bind(room.to_string())
    .bind(MAX_ADDRESSES)
    .execute(&mut **write)
    .await?;
    Ok(true)
}

/// Changes a room as its form says, and tells it; false if another one has the address.
pub async fn change(
    write: &mut Write,
    id: RoomId,
    form: &RoomForm,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let turn = Turn::take(write, id).await?;
    sqlx::query(
        "UPDATE rooms SET title = $2, description = $3, public = $4, guests = $5, guest_uploads = $6, \
         knocking = $7, kept_days = $8, folded = $9 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(title(form))
    .bind(&form.description)
    .bind(i64::from(form.public))
    .bind(i64::from(form.guests))
    .bind(i64::from(form.guest_uploads))
    .bind(i64::from(form.knocking))
    .bind(form.kept_days.map(i64::from))
    .bind(folded(form))
    .execute(&mut **write)
    .await?;
    if !take_address(write, id, &form.address, now).await? {
        return Ok(false);
    }
    tell(write, turn, id, now).await?;
    Ok(true)
}

/// Archives a room, or opens it again, and tells it.
pub async fn archive(
    write: &mut Write,
    id: RoomId,
    archived: bool,
    now: Millis,
) -> Result<(), DatabaseError> {
    let turn = Turn::take(write, id).await?;
    sqlx::query("UPDATE rooms SET archived_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(archived.then_some(now.0))
        .execute(&mut **write)
        .await?;
    tell(write, turn, id, now).await
}

/// Gives a room another picture, or none, and tells it; returns the one before.
pub async fn change_picture(
    write: &mut Write,
    id: RoomId,
    picture: Option<(&Picture, &AccountId)>,
    now: Millis,
) -> Result<Option<Picture>, DatabaseError> {
    let turn = Turn::take(write, id).await?;
    let before = sqlx::query("SELECT picture FROM rooms WHERE id = $1")
        .bind(id.to_string())
        .fetch_one(&mut **write)
        .await?
        .try_get::<Option<String>, _>(0)?;
    sqlx::query("UPDATE rooms SET picture = $2, picture_by = $3 WHERE id = $1")
        .bind(id.to_string())
        .bind(picture.map(|(picture, _)| picture.name().to_owned()))
        .bind(picture.map(|(_, by)| by.clone()))
        .execute(&mut **write)
        .await?;
    tell(write, turn, id, now).await?;
    Ok(before.map(Picture::new))
}

async fn tell(write: &mut Write, turn: Turn, id: RoomId, now: Millis) -> Result<(), DatabaseError> {
    let room = facts::room(&mut **write, id).await?;
    let room = room.ok_or_else(DatabaseError::row_not_found)?;
    turn.tell(write, RoomEvent::RoomChanged { room }, now).await
}

/// Deletes a room, with all that it says of itself, its members and invitations, and tells it; returns its picture.
/// Its addresses stay, and say that it is gone.
pub async fn delete(
    write: &mut Write,
    id: RoomId,
    now: Millis,
) -> Result<Option<Picture>, DatabaseError> {
    let turn = Turn::take(write, id).await?;
    let before = sqlx::query("SELECT picture FROM rooms WHERE id = $1")
        .bind(id.to_string())
        .fetch_one(&mut **write)
        .await?
        .try_get::<Option<String>, _>(0)?;
    sqlx::query(
        "UPDATE rooms SET title = '', description = '', folded = '', picture = NULL, picture_by = NULL, members = 0, \
         deleted_at = $2 WHERE id = $1",
    )
    .bind(id.to_string())
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    for statement in [
        "DELETE FROM room_members WHERE room = $1",
        "DELETE FROM room_invitations WHERE room = $1",
        "DELETE FROM room_knocks WHERE room = $1",
        "DELETE FROM room_bans WHERE room = $1",
    ] {
        sqlx::query(statement).bind(id.to_string()).execute(&mut **write).await?;
    }
    turn.tell(write, RoomEvent::RoomDeleted { room: id }, now).await?;
    Ok(before.map(Picture::new))
}

/// Rooms that were deleted and not cleared away.
pub async fn deleted(database: &Database, now: Millis) -> Result<Vec<RoomId>, DatabaseError> {
    // Not those of just now: who was let in before may still be writing.
    let rows = sqlx::query(
        "SELECT id FROM rooms WHERE deleted_at < $1 AND cleared_at IS NULL ORDER BY deleted_at LIMIT 20",
    )
    .bind(now.plus(-Millis::MINUTE).0)
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| parsed(row, "id")).collect()
}

/// Notes that a deleted room is cleared away.
pub async fn note_cleared(write: &mut Write, id: RoomId, now: Millis) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE rooms SET cleared_at = $2 WHERE id = $1")
        .bind(id.to_string())
        .bind(now.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}
