//! Export and erasure of somebody's memberships.

use bandstand_domain::{Millis, PersonId, RoomId, people::Picture, rooms::RoomRole};
use serde_json::{Value, json};
use sqlx::Row;

use super::{
    members,
    write::{change_picture, delete},
};
use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Exports the rooms of `account`, for themselves.
pub async fn export(database: &Database, account: &AccountId) -> Result<Value, DatabaseError> {
    let rows = sqlx::query(
        "SELECT a.address, r.title, m.role, m.joined_at, m.muted FROM room_members m \
         JOIN rooms r ON r.id = m.room JOIN room_addresses a ON a.room = r.id AND a.current = 1 \
         WHERE m.account = $1 ORDER BY m.joined_at",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    let rooms = rows.iter().map(|row| {
        Ok(json!({
            "address": row.try_get::<String, _>("address")?,
            "title": row.try_get::<String, _>("title")?,
            "role": row.try_get::<String, _>("role")?,
            "joined_at": row.try_get::<i64, _>("joined_at")?,
            "muted": row.try_get::<i64, _>("muted")? != 0,
        }))
    });
    let rooms = rooms.collect::<Result<Vec<_>, DatabaseError>>()?;
    let rows = sqlx::query(
        "SELECT a.address, i.made_at, i.uses FROM room_invitations i \
         JOIN room_addresses a ON a.room = i.room AND a.current = 1 WHERE i.made_by = $1 ORDER BY i.made_at",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    let invitations = rows.iter().map(|row| {
        Ok(json!({
            "room": row.try_get::<String, _>("address")?,
            "made_at": row.try_get::<i64, _>("made_at")?,
            "uses": row.try_get::<i64, _>("uses")?,
        }))
    });
    let invitations = invitations.collect::<Result<Vec<_>, DatabaseError>>()?;
    Ok(json!({ "rooms": rooms, "invitations": invitations }))
}

/// Forgets the memberships, invitations, knocks and bans of somebody; returns pictures that are nobody's then.
/// A room whose last owner leaves so goes to the member next in rank, and is deleted when there is none.
pub async fn forget(
    write: &mut Write,
    (account, person): (&AccountId, &PersonId),
    now: Millis,
) -> Result<Vec<Picture>, DatabaseError> {
    let mut pictures = Vec::new();
    let rows =
        sqlx::query("SELECT room, person, role FROM room_members WHERE account = $1 OR person = $2 ORDER BY room",)
            .bind(account)
            .bind(person.as_str())
            .fetch_all(&mut **write)
            .await?;
    for row in rows {
        let room: RoomId = parsed(&row, "room")?;
        let role: RoomRole = parsed(&row, "role")?;
        let member = PersonId::new(row.try_get::<String, _>("person")?);
        members::leave(write, room, &member, now).await?;
        if role == RoomRole::Owner && members::owners(write, room).await? == 0 {
            match next_owner(write, room).await? {
                Some(heir) => members::give_role(write, room, &heir, RoomRole::Owner, now).await?,
                None => pictures.extend(delete(write, room, now).await?),
            }
        }
    }
    for statement in [
        "DELETE FROM room_knocks WHERE account = $1 OR person = $2",
        "DELETE FROM room_bans WHERE account = $1 OR person = $2",
    ] {
        sqlx::query(statement).bind(account).bind(person.as_str()).execute(&mut **write).await?;
    }
    sqlx::query("DELETE FROM room_invitations WHERE made_by = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    let rows = sqlx::query("SELECT id FROM rooms WHERE picture_by = $1 ORDER BY id")
        .bind(account)
        .fetch_all(&mut **write)
        .await?;
    for row in rows {
        // The files go with all that the account keeps.
        change_picture(write, parsed(&row, "id")?, None, now).await?;
    }
    Ok(pictures)
}

/// The member next in rank who has an account.
async fn next_owner(write: &mut Write, room: RoomId) -> Result<Option<PersonId>, DatabaseError> {
    let row = sqlx::query(
        "SELECT person FROM room_members WHERE room = $1 AND account IS NOT NULL \
         ORDER BY rank DESC, joined_at, person LIMIT 1",
    )
    .bind(room.to_string())
    .fetch_optional(&mut **write)
    .await?;
    row.map(|row| Ok(PersonId::new(row.try_get::<String, _>(0)?))).transpose()
}
