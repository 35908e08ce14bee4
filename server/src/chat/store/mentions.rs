//! People whom messages mention.

use bandstand_domain::{
    PersonId,
    chat::{ChatPlace, MAX_MENTIONS, Mention, find_handles},
};
use sqlx::Row;

use crate::{
    database::{DatabaseError, Write},
    ids::AccountId,
};

/// Person with an account whom a message mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// Private identity of the account, for who is told.
    pub account: AccountId,
    /// The mention, as everybody sees it.
    pub mention: Mention,
}

/// Finds the people whom `text` mentions and who are in `place`: the members of a room; at a show its artist, and
/// who has written there or is `present`. Of others nothing is said, not even that there are such.
pub async fn resolve(
    write: &mut Write,
    place: ChatPlace,
    text: &str,
    present: impl Fn(&PersonId) -> bool,
) -> Result<Vec<Mentioned>, DatabaseError> {
    let mut handles: Vec<_> = find_handles(text).into_iter().map(|it| it.1).collect();
    handles.sort();
    handles.dedup();
    handles.truncate(MAX_MENTIONS);
    let mut mentioned = Vec::new();
    for handle in handles {
        let statement = match place {
            ChatPlace::Room(_) => {
                "SELECT a.id, a.person, 1 AS inside FROM accounts a \
                 JOIN room_members m ON m.person = a.person AND m.room = $3 \
                 WHERE a.handle_key = $1 AND a.disabled_at IS NULL AND a.deleted_at IS NULL AND $2 <> ''"
            }
            ChatPlace::Show(_) => {
                "SELECT a.id, a.person, CASE WHEN EXISTS (SELECT 1 FROM shows s \
                 WHERE s.id = $3 AND s.artist = a.id) OR EXISTS (SELECT 1 FROM messages m \
                 WHERE m.topic = $2 AND m.author = a.person) THEN 1 ELSE 0 END AS inside FROM accounts a \
                 WHERE a.handle_key = $1 AND a.disabled_at IS NULL AND a.deleted_at IS NULL"
            }
        };
        let id = match place {
            ChatPlace::Room(room) => room.to_string(),
            ChatPlace::Show(show) => show.to_string(),
        };
        let row = sqlx::query(statement)
            .bind(&handle)
            .bind(place.to_string())
            .bind(id)
            .fetch_optional(&mut **write)
            .await?;
        let Some(row) = row else { continue };
        let person = PersonId::new(row.try_get::<String, _>("person")?);
        if row.try_get::<i64, _>("inside")? != 0 || present(&person) {
            let account = row.try_get("id")?;
            mentioned.push(Mentioned { account, mention: Mention { handle, person } });
        }
    }
    Ok(mentioned)
}

/// Keeps whom the message at `position` mentions, in place of those before.
pub async fn keep(
    write: &mut Write,
    place: ChatPlace,
    position: i64,
    mentioned: &[Mentioned],
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM chat_mentions WHERE topic = $1 AND position = $2")
        .bind(place.to_string())
        .bind(position)
        .execute(&mut **write)
        .await?;
    for Mentioned { mention, .. } in mentioned {
        sqlx::query(
            "INSERT INTO chat_mentions (topic, position, person, handle) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING",
        )
        .bind(place.to_string())
        .bind(position)
        .bind(mention.person.as_str())
        .bind(&mention.handle)
        .execute(&mut **write)
        .await?;
    }
    Ok(())
}
