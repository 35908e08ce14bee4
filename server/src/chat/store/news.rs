//! What those are told whom a message concerns.

use bandstand_domain::{PersonId, chat::ChatPlace};
use sqlx::Row;

use crate::{
    database::{DatabaseError, Write},
    ids::AccountId,
};

/// The title of `place`, and the path of its page; none when there is no such.
pub async fn heading(
    write: &mut Write,
    place: ChatPlace,
) -> Result<Option<(String, String)>, DatabaseError> {
    let (statement, id) = match place {
        ChatPlace::Show(show) => ("SELECT title, id FROM shows WHERE id = $1", show.to_string()),
        ChatPlace::Room(room) => (
            "SELECT r.title, a.address FROM rooms r \
             JOIN room_addresses a ON a.room = r.id AND a.current = 1 WHERE r.id = $1",
            room.to_string(),
        ),
    };
    let row = sqlx::query(statement).bind(id).fetch_optional(&mut **write).await?;
    let Some(row) = row else { return Ok(None) };
    let folder = match place {
        ChatPlace::Show(_) => "shows",
        ChatPlace::Room(_) => "rooms",
    };
    Ok(Some((row.try_get(0)?, format!("/{folder}/{}", row.try_get::<String, _>(1)?))))
}

/// The account of `person`, when they may read `place`: in a room members alone are told.
pub async fn reader(
    write: &mut Write,
    place: ChatPlace,
    person: &PersonId,
) -> Result<Option<AccountId>, DatabaseError> {
    let (statement, room) = match place {
        ChatPlace::Show(_) => (
            "SELECT id FROM accounts WHERE person = $1 AND deleted_at IS NULL AND disabled_at IS NULL AND $2 = ''",
            String::new(),
        ),
        ChatPlace::Room(room) => (
            "SELECT a.id FROM accounts a JOIN room_members m ON m.account = a.id AND m.room = $2 \
             WHERE a.person = $1 AND a.deleted_at IS NULL AND a.disabled_at IS NULL",
            room.to_string(),
        ),
    };
    let row = sqlx::query(statement)
        .bind(person.as_str())
        .bind(room)
        .fetch_optional(&mut **write)
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}
