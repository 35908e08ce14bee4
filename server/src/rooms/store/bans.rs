//! Bans from rooms.

use bandstand_domain::{Millis, PersonId, RoomId, rooms::RoomBan};
use sqlx::{Any, Executor, Row};

use super::{
    members::{Membership, RoomEntrant},
    name_of,
};
use crate::database::{Database, DatabaseError, Write};

/// Time for which guests stay out who come from where a banned one came from, in milliseconds: others may have the
/// address by then.
const ORIGIN_KEPT: i64 = 24 * Millis::HOUR;
/// The most bans that are listed.
const LISTED: i64 = 500;

/// Returns whether `newcomer` is banned from `room`.
pub async fn is_banned<'e>(
    executor: impl Executor<'e, Database = Any>,
    room: RoomId,
    newcomer: &RoomEntrant,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let origin = newcomer.origin.as_deref().filter(|_| newcomer.account.is_none());
    let row = sqlx::query(
        "SELECT 1 FROM room_bans WHERE room = $1 \
         AND (person = $2 OR (origin = $3 AND origin_until > $4)) LIMIT 1",
    )
    .bind(room.to_string())
    .bind(newcomer.person.as_str())
    .bind(origin)
    .bind(now.0)
    .fetch_optional(executor)
    .await?;
    Ok(row.is_some())
}

/// Bans `person` from `room`; `membership` is that which they had.
pub async fn ban(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
    membership: &Membership,
    now: Millis,
) -> Result<(), DatabaseError> {
    let Membership { account, name, origin, .. } = membership;
    sqlx::query(
        "INSERT INTO room_bans (room, person, account, name, origin, origin_until, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (room, person) DO NOTHING",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(account)
    .bind(if account.is_some() { "" } else { name.as_str() })
    .bind(origin)
    .bind(origin.as_ref().map(|_| now.plus(ORIGIN_KEPT).0))
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Lifts the ban of `person`; answers their name, none if there was no ban.
pub async fn lift(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<Option<String>, DatabaseError> {
    let row = sqlx::query(
        "DELETE FROM room_bans WHERE room = $1 AND person = $2 RETURNING name, \
         (SELECT COALESCE(stage_name, display_name) FROM accounts WHERE id = room_bans.account) AS own",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .fetch_optional(&mut **write)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let own: Option<String> = row.try_get("own")?;
    Ok(Some(own.map_or_else(|| row.try_get("name"), Ok)?))
}

/// The bans of `room`, the latest first.
pub async fn list(database: &Database, room: RoomId) -> Result<Vec<RoomBan>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT b.person, b.name AS guest, COALESCE(a.stage_name, a.display_name) AS name, b.at \
         FROM room_bans b LEFT JOIN accounts a ON a.id = b.account \
         WHERE b.room = $1 ORDER BY b.at DESC, b.person LIMIT $2",
    )
    .bind(room.to_string())
    .bind(LISTED)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(RoomBan {
                person: PersonId::new(row.try_get::<String, _>("person")?),
                name: name_of(row)?,
                at: Millis(row.try_get("at")?),
            })
        })
        .collect()
}

/// Forgets from where banned guests came, once nobody stays out for it any more.
pub async fn forget_origins(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    let forgotten = sqlx::query(
        "UPDATE room_bans SET origin = NULL, origin_until = NULL WHERE origin_until <= $1",
    )
    .bind(now.0)
    .execute(&mut *write)
    .await?;
    if forgotten.rows_affected() > 0 {
        write.commit_unrevised().await?;
    }
    Ok(())
}
