//! Members of rooms.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    rooms::{
        MAX_MEMBERS, MAX_OWN_ROOMS, MEMBERS_PAGE, MemberPage, RoomEvent, RoomMember, RoomRole,
    },
};
use sqlx::Row;

use super::{Turn, bans, facts, knocks, name_of};
use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Time after which a guest who doesn't come any more is no member, in milliseconds.
const GUEST_KEPT: i64 = 30 * 24 * Millis::HOUR;

/// Time after which it is noted anew that a guest comes, in milliseconds.
const GUEST_NOTED: i64 = 24 * Millis::HOUR;

/// Somebody who wants to come in.
#[derive(Clone, Debug)]
pub struct RoomEntrant {
    /// Public identity.
    pub person: PersonId,
    /// The account; a guest has none.
    pub account: Option<AccountId>,
    /// Name.
    pub name: String,
    /// From where a guest comes: a keyed hash of the address prefix.
    pub origin: Option<String>,
}

/// Outcome of joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They are a member now.
    Now,
    /// They were one before; nothing is to be committed.
    Before,
    /// They are banned.
    Banned,
    /// The room, or the person's list of rooms, is full.
    Full,
    /// The room was deleted or archived meanwhile.
    Closed,
}

/// Makes `newcomer` a member of `room` with `role`. Unless it is [`Joined::Now`], the transaction is to be dropped.
pub async fn join(
    write: &mut Write,
    room: RoomId,
    newcomer: &RoomEntrant,
    role: RoomRole,
    now: Millis,
) -> Result<Joined, DatabaseError> {
    let turn = Turn::take(write, room).await?;
    if !facts::facts(&mut **write, room).await?.is_some_and(|it| !it.deleted && !it.archived) {
        return Ok(Joined::Closed);
    }
    if let Some(before) = find(write, room, &newcomer.person).await? {
        if before.account.is_some() || newcomer.account.is_none() {
            return Ok(Joined::Before);
        }
        // A guest who has made an account since, as the same person.
        settle_in(write, room, newcomer, role).await?;
        let members = recount(write, room, 0).await?;
        turn.tell(write, RoomEvent::MembersChanged { members }, now).await?;
        return Ok(Joined::Now);
    }
    if bans::is_banned(&mut **write, room, newcomer, now).await? {
        return Ok(Joined::Banned);
    }
    let own = sqlx::query("SELECT COUNT(*) FROM room_members WHERE person = $1")
        .bind(newcomer.person.as_str())
        .fetch_one(&mut **write)
        .await?;
    if own.try_get::<i64, _>(0)? >= i64::from(MAX_OWN_ROOMS) {
        return Ok(Joined::Full);
    }
    sqlx::query(
        "INSERT INTO room_members (room, person, account, name, role, rank, origin, joined_at, seen_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(room.to_string())
    .bind(newcomer.person.as_str())
    .bind(&newcomer.account)
    // An account's name is its own to change.
    .bind(if newcomer.account.is_some() { "" } else { newcomer.name.as_str() })
    .bind(role.as_str())
    .bind(role as i64)
    .bind(&newcomer.origin)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    let members = recount(write, room, 1).await?;
    if members > MAX_MEMBERS {
        return Ok(Joined::Full);
    }
    let waited = knocks::remove(write, room, &newcomer.person).await?;
    turn.tell(write, RoomEvent::MembersChanged { members }, now).await?;
    if waited {
        knocks::tell(write, room, now).await?;
    }
    Ok(Joined::Now)
}

/// Makes a member of a guest who has an account now.
async fn settle_in(
    write: &mut Write,
    room: RoomId,
    newcomer: &RoomEntrant,
    role: RoomRole,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE room_members SET account = $3, name = '', role = $4, rank = $5, origin = NULL \
         WHERE room = $1 AND person = $2",
    )
    .bind(room.to_string())
    .bind(newcomer.person.as_str())
    .bind(&newcomer.account)
    .bind(role.as_str())
    .bind(role as i64)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Ends the membership of `person` in `room`; false if there was none, and then the transaction is to be dropped.
pub async fn leave(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let turn = Turn::take(write, room).await?;
    // Else they would come back by a link of their own.
    sqlx::query(
        "DELETE FROM room_invitations WHERE room = $1 AND made_by IN \
         (SELECT account FROM room_members WHERE room = $1 AND person = $2)",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .execute(&mut **write)
    .await?;
    let gone = sqlx::query("DELETE FROM room_members WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .execute(&mut **write)
        .await?;
    if gone.rows_affected() == 0 {
        return Ok(false);
    }
    let members = recount(write, room, -1).await?;
    turn.tell(write, RoomEvent::MembersChanged { members }, now).await?;
    Ok(true)
}

/// Gives `person` another role.
pub async fn give_role(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
    role: RoomRole,
    now: Millis,
) -> Result<(), DatabaseError> {
    let turn = Turn::take(write, room).await?;
    sqlx::query("UPDATE room_members SET role = $3, rank = $4 WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .bind(role.as_str())
        .bind(role as i64)
        .execute(&mut **write)
        .await?;
    let members = recount(write, room, 0).await?;
    turn.tell(write, RoomEvent::MembersChanged { members }, now).await
}

async fn recount(write: &mut Write, room: RoomId, more: i64) -> Result<u32, DatabaseError> {
    let row =
        sqlx::query("UPDATE rooms SET members = members + $2 WHERE id = $1 RETURNING members")
            .bind(room.to_string())
            .bind(more)
            .fetch_one(&mut **write)
            .await?;
    Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
}

/// Counts the owners of `room`.
pub async fn owners(write: &mut Write, room: RoomId) -> Result<i64, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM room_members WHERE room = $1 AND role = 'owner'")
        .bind(room.to_string())
        .fetch_one(&mut **write)
        .await?;
    Ok(row.try_get(0)?)
}

/// Counts the rooms in use that `account` owns.
pub async fn owned(write: &mut Write, account: &AccountId) -> Result<i64, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM room_members m JOIN rooms r ON r.id = m.room \
         WHERE m.account = $1 AND m.role = 'owner' AND r.archived_at IS NULL AND r.deleted_at IS NULL",
    )
    .bind(account)
    .fetch_one(&mut **write)
    .await?;
    Ok(row.try_get(0)?)
}

/// A page of the members of `room`, after the first `skipped`.
pub async fn page(
    database: &Database,
    room: RoomId,
    skipped: u32,
) -> Result<MemberPage, DatabaseError> {
    let rows = sqlx::query(
        "SELECT m.person, m.name AS guest, a.handle, COALESCE(a.stage_name, a.display_name) AS name, m.role, \
         m.joined_at FROM room_members m LEFT JOIN accounts a ON a.id = m.account WHERE m.room = $1 \
         ORDER BY m.rank DESC, m.joined_at, m.person LIMIT $2 OFFSET $3",
    )
    .bind(room.to_string())
    .bind(i64::from(MEMBERS_PAGE) + 1)
    .bind(i64::from(skipped.min(MAX_MEMBERS)))
    .fetch_all(&database.read)
    .await?;
    let mut members = Vec::with_capacity(rows.len());
    for row in &rows {
        members.push(RoomMember {
            person: PersonId::new(row.try_get::<String, _>("person")?),
            name: name_of(row)?,
            handle: row.try_get("handle")?,
            role: parsed(row, "role")?,
            joined_at: Millis(row.try_get("joined_at")?),
        });
    }
    let more = members.len() > MEMBERS_PAGE as usize;
    members.truncate(MEMBERS_PAGE as usize);
    Ok(MemberPage { members, more })
}

/// Accounts of those who look after `room`, in the order of their identities.
pub async fn caretakers(write: &mut Write, room: RoomId) -> Result<Vec<AccountId>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT account FROM room_members WHERE room = $1 AND role IN ('owner', 'moderator') \
         AND account IS NOT NULL ORDER BY account LIMIT 50",
    )
    .bind(room.to_string())
    .fetch_all(&mut **write)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Membership of somebody, as it counts for what is done with them.
#[derive(Clone, Debug)]
pub struct Membership {
    /// Their account; a guest has none.
    pub account: Option<AccountId>,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: RoomRole,
    /// From where a guest came.
    pub origin: Option<String>,
}

/// The membership of `person` in `room`.
pub async fn find(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<Option<Membership>, DatabaseError> {
    let row = sqlx::query(
        "SELECT m.account, m.role, m.origin, m.name AS guest, COALESCE(a.stage_name, a.display_name) AS name \
         FROM room_members m LEFT JOIN accounts a ON a.id = m.account WHERE m.room = $1 AND m.person = $2",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .fetch_optional(&mut **write)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Membership {
        account: row.try_get("account")?,
        name: name_of(&row)?,
        role: parsed(&row, "role")?,
        origin: row.try_get("origin")?,
    }))
}

/// Notes that the guest `person` was in `room`: at most once a day.
pub async fn note_guest(
    database: &Database,
    room: RoomId,
    person: &PersonId,
    now: Millis,
) -> Result<(), DatabaseError> {
    let row = sqlx::query(
        "SELECT 1 FROM room_members WHERE room = $1 AND person = $2 AND role = 'guest' AND seen_at < $3",
    )
    .bind(room.to_string())
    .bind(person.as_str())
    .bind(now.plus(-GUEST_NOTED).0)
    .fetch_optional(&database.read)
    .await?;
    if row.is_none() {
        return Ok(());
    }
    let mut write = database.begin().await?;
    sqlx::query("UPDATE room_members SET seen_at = $3 WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .bind(now.0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// Mutes what `room` tells its member `person`, or lets it be told again.
pub async fn mute(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
    muted: bool,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE room_members SET muted = $3 WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .bind(i64::from(muted))
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Guests who haven't come for a month.
pub async fn forgotten_guests(
    database: &Database,
    now: Millis,
) -> Result<Vec<(RoomId, PersonId)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT room, person FROM room_members WHERE role = 'guest' AND seen_at < $1 LIMIT 500",
    )
    .bind(now.plus(-GUEST_KEPT).0)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| Ok((parsed(row, "room")?, PersonId::new(row.try_get::<String, _>("person")?))))
        .collect()
}
