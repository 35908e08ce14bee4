//! Lists of rooms, and the room at an address.

use bandstand_domain::{
    PersonId, RoomId,
    people::Picture,
    rooms::{MAX_OWN_ROOMS, OwnRoom, ROOMS_PAGE, RoomList, RoomListing},
};
use sqlx::{Row, any::AnyRow};

use crate::{
    database::{Database, DatabaseError, parsed},
    rooms::addresses::skeleton,
};

/// Columns of a [`RoomListing`].
macro_rules! listings {
    ($($rest:tt)+) => {
        concat!(
            "SELECT r.id, a.address, r.title, r.description, r.picture, r.members ",
            $($rest)+
        )
    };
}

fn listing(row: &AnyRow) -> Result<RoomListing, DatabaseError> {
    Ok(RoomListing {
        id: parsed(row, "id")?,
        address: row.try_get("address")?,
        title: row.try_get("title")?,
        description: row.try_get("description")?,
        picture: row.try_get::<Option<String>, _>("picture")?.map(Picture::new),
        members: u32::try_from(row.try_get::<i64, _>("members")?).unwrap_or(0),
    })
}

/// The room at `address`, deleted or not, and its current address.
pub async fn at(
    database: &Database,
    address: &str,
) -> Result<Option<(RoomId, String)>, DatabaseError> {
    let row = sqlx::query(
        "SELECT a.room, c.address FROM room_addresses a \
         JOIN room_addresses c ON c.room = a.room AND c.current = 1 WHERE a.skeleton = $1",
    )
    .bind(skeleton(address))
    .fetch_optional(&database.read)
    .await?;
    row.map(|row| Ok((parsed(&row, "room")?, row.try_get("address")?))).transpose()
}

/// Listing of `room`.
pub async fn of(database: &Database, room: RoomId) -> Result<Option<RoomListing>, DatabaseError> {
    let row = sqlx::query(listings!(
        "FROM rooms r JOIN room_addresses a ON a.room = r.id AND a.current = 1 \
         WHERE r.id = $1 AND r.deleted_at IS NULL"
    ))
    .bind(room.to_string())
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(listing).transpose()
}

/// A page of the public rooms in which `words` stand in address, title or description, after the first `skipped`.
pub async fn public(
    database: &Database,
    words: &str,
    skipped: u32,
) -> Result<RoomList, DatabaseError> {
    let pattern =
        words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let rows = sqlx::query(listings!(
        "FROM rooms r JOIN room_addresses a ON a.room = r.id AND a.current = 1 \
         WHERE r.public = 1 AND r.deleted_at IS NULL AND r.archived_at IS NULL \
         AND r.folded LIKE $1 ESCAPE '\\' \
         ORDER BY r.members DESC, r.created_at DESC, r.id LIMIT $2 OFFSET $3"
    ))
    .bind(format!("%{pattern}%"))
    .bind(i64::from(ROOMS_PAGE) + 1)
    .bind(i64::from(skipped.min(10_000)))
    .fetch_all(&database.read)
    .await?;
    let mut rooms = rows.iter().map(listing).collect::<Result<Vec<_>, _>>()?;
    let more = rooms.len() > ROOMS_PAGE as usize;
    rooms.truncate(ROOMS_PAGE as usize);
    Ok(RoomList { rooms, more })
}

/// The rooms of which `person` is a member, those that were joined last first.
pub async fn own(database: &Database, person: &PersonId) -> Result<Vec<OwnRoom>, DatabaseError> {
    let rows = sqlx::query(listings!(
        ", r.public, r.archived_at, m.role, \
         (SELECT COUNT(*) FROM room_knocks k WHERE k.room = r.id AND m.role <> 'guest') AS knocks \
         FROM room_members m JOIN rooms r ON r.id = m.room \
         JOIN room_addresses a ON a.room = r.id AND a.current = 1 \
         WHERE m.person = $1 AND r.deleted_at IS NULL ORDER BY m.joined_at DESC, r.id LIMIT $2"
    ))
    .bind(person.as_str())
    .bind(i64::from(MAX_OWN_ROOMS))
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(OwnRoom {
                room: listing(row)?,
                role: parsed(row, "role")?,
                archived: row.try_get::<Option<i64>, _>("archived_at")?.is_some(),
                public: row.try_get::<i64, _>("public")? != 0,
                knocks: u32::try_from(row.try_get::<i64, _>("knocks")?).unwrap_or(0),
            })
        })
        .collect()
}
