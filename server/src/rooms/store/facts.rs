//! Facts that decide about a room, and the room as its members see it.

use bandstand_domain::{
    Millis, PersonId, RoomId,
    channel::Topic,
    people::Picture,
    rooms::{Room, RoomPage, RoomRole},
};
use sqlx::{Any, Executor, Row, any::AnyRow};

use crate::{
    channel::event_log,
    database::{Database, DatabaseError, Write, parsed},
};

/// Facts that decide about a room, whatever is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomFacts {
    /// Identity of the room.
    pub id: RoomId,
    /// Current address.
    pub address: String,
    /// Title.
    pub title: String,
    /// True if everybody with an account may join.
    pub public: bool,
    /// True if people without an account may come by a link.
    pub guests: bool,
    /// True if guests may share files.
    pub guest_uploads: bool,
    /// True if strangers may ask to be let in.
    pub knocking: bool,
    /// True if it can be read alone.
    pub archived: bool,
    /// Set once the room was deleted.
    pub deleted: bool,
}

/// Statement that selects the columns of a room, with the rest appended.
macro_rules! rooms {
    ($($rest:tt)+) => {
        concat!(
            "SELECT r.id, a.address, r.title, r.description, r.picture, r.public, r.guests, r.guest_uploads, \
             r.knocking, r.kept_days, r.members, r.archived_at, r.deleted_at FROM rooms r \
             JOIN room_addresses a ON a.room = r.id AND a.current = 1 ",
            $($rest)+
        )
    };
}

fn is_set(row: &AnyRow, column: &str) -> Result<bool, DatabaseError> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

fn facts_of(row: &AnyRow) -> Result<RoomFacts, DatabaseError> {
    Ok(RoomFacts {
        id: parsed(row, "id")?,
        address: row.try_get("address")?,
        title: row.try_get("title")?,
        public: is_set(row, "public")?,
        guests: is_set(row, "guests")?,
        guest_uploads: is_set(row, "guest_uploads")?,
        knocking: is_set(row, "knocking")?,
        archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
        deleted: row.try_get::<Option<i64>, _>("deleted_at")?.is_some(),
    })
}

/// The room in a row of [`rooms!`].
pub fn room_of(row: &AnyRow) -> Result<Room, DatabaseError> {
    let kept_days: Option<i64> = row.try_get("kept_days")?;
    Ok(Room {
        id: parsed(row, "id")?,
        address: row.try_get("address")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        picture: row.try_get::<Option<String>, _>("picture")?.map(Picture::new),
        public: is_set(row, "public")?,
        guests: is_set(row, "guests")?,
        guest_uploads: is_set(row, "guest_uploads")?,
        knocking: is_set(row, "knocking")?,
        kept_days: kept_days.and_then(|days| u32::try_from(days).ok()),
        archived_at: row.try_get::<Option<i64>, _>("archived_at")?.map(Millis),
        members: u32::try_from(row.try_get::<i64, _>("members")?).unwrap_or(0),
    })
}

/// The facts of `room`, deleted or not.
pub async fn facts<'e>(
    executor: impl Executor<'e, Database = Any>,
    room: RoomId,
) -> Result<Option<RoomFacts>, DatabaseError> {
    let row = sqlx::query(rooms!("WHERE r.id = $1"))
        .bind(room.to_string())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(facts_of).transpose()
}

/// The facts of `room`, deleted or not, and the role of `person` there.
pub async fn facts_for(
    database: &Database,
    room: RoomId,
    person: &PersonId,
) -> Result<Option<(RoomFacts, Option<RoomRole>)>, DatabaseError> {
    let Some(facts) = facts(&database.read, room).await? else { return Ok(None) };
    let role = role(&database.read, room, person).await?;
    Ok(Some((facts, role)))
}

/// The role of `person` in `room`; none if they are no member.
pub async fn role<'e>(
    executor: impl Executor<'e, Database = Any>,
    room: RoomId,
    person: &PersonId,
) -> Result<Option<RoomRole>, DatabaseError> {
    let row = sqlx::query("SELECT role FROM room_members WHERE room = $1 AND person = $2")
        .bind(room.to_string())
        .bind(person.as_str())
        .fetch_optional(executor)
        .await?;
    row.map(|row| parsed(&row, "role")).transpose()
}

/// Takes the turn of `room`, and tells whether `person` may write there still: asked before anything is written,
/// as they may have been removed, or the room deleted, since they were let in.
pub async fn may_write_still(
    write: &mut Write,
    room: RoomId,
    person: &PersonId,
) -> Result<bool, DatabaseError> {
    event_log::lock(write, Topic::Room(room)).await?;
    let open = facts(&mut **write, room).await?.is_some_and(|it| !it.deleted && !it.archived);
    Ok(open && role(&mut **write, room, person).await?.is_some())
}

/// The room as everybody in it sees it; none when there is no such.
pub async fn room<'e>(
    executor: impl Executor<'e, Database = Any>,
    room: RoomId,
) -> Result<Option<Room>, DatabaseError> {
    let row = sqlx::query(rooms!("WHERE r.id = $1 AND r.deleted_at IS NULL"))
        .bind(room.to_string())
        .fetch_optional(executor)
        .await?;
    row.as_ref().map(room_of).transpose()
}

/// The room as its member `person` sees it; none for who is no member.
pub async fn page(
    database: &Database,
    id: RoomId,
    person: &PersonId,
) -> Result<Option<RoomPage>, DatabaseError> {
    // First, so that what is newer comes as an event.
    let cursor = event_log::latest(database, Topic::Room(id)).await?;
    let Some(room) = room(&database.read, id).await? else { return Ok(None) };
    let member = sqlx::query(
        "SELECT role, read_to, muted, (SELECT COUNT(*) FROM room_knocks k WHERE k.room = m.room) AS knocks \
         FROM room_members m WHERE room = $1 AND person = $2",
    )
    .bind(id.to_string())
    .bind(person.as_str())
    .fetch_optional(&database.read)
    .await?;
    let Some(member) = member else { return Ok(None) };
    let role: RoomRole = parsed(&member, "role")?;
    let knocks = if role >= RoomRole::Member { member.try_get::<i64, _>("knocks")? } else { 0 };
    Ok(Some(RoomPage {
        room,
        person: person.clone(),
        role,
        read_to: member.try_get("read_to")?,
        muted: is_set(&member, "muted")?,
        knocks: u32::try_from(knocks).unwrap_or(0),
        cursor,
    }))
}
