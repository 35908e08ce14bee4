//! Search among the messages of a place.
//!
//! One statement for both databases: the words are looked for in a column without case and accents, among the
//! latest messages of the place at a time. Full text of the databases' own would need tables of a kind for each.

use bandstand_domain::chat::{ChatPlace, PAGE, SearchPage};
use sqlx::Row;

use super::{decode, files, messages};
use crate::database::{Database, DatabaseError};

/// The most words that are searched for.
const MAX_WORDS: usize = 5;
/// Messages that one search looks through.
const LOOKED_AT: i64 = 20_000;

/// Messages of `place` before `position` that have all of `words`, which are folded.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn search(
    database: &Database,
    place: ChatPlace,
    words: &[String],
    before: i64,
) -> Result<SearchPage, DatabaseError> {
    let mut patterns = words.iter().take(MAX_WORDS).map(|word| {
        let escaped = word.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        format!("%{escaped}%")
    });
    let mut pattern = || patterns.next().unwrap_or_else(|| "%".into());
    // The place of the last message that is looked at.
    let last = sqlx::query(
        "SELECT position FROM messages WHERE topic = $1 AND position < $2 \
         ORDER BY position DESC LIMIT 1 OFFSET $3",
    )
    .bind(place.to_string())
    .bind(before)
    .bind(LOOKED_AT - 1)
    .fetch_optional(&database.read)
    .await?;
    let last: Option<i64> = last.map(|row| row.try_get(0)).transpose()?;
    let rows = sqlx::query(messages!(
        r"WHERE topic = $1 AND position < $2 AND position >= $3 AND deleted_at IS NULL
          AND folded LIKE $4 ESCAPE '\' AND folded LIKE $5 ESCAPE '\' AND folded LIKE $6 ESCAPE '\'
          AND folded LIKE $7 ESCAPE '\' AND folded LIKE $8 ESCAPE '\' ORDER BY position DESC LIMIT $9"
    ))
    .bind(place.to_string())
    .bind(before)
    .bind(last.unwrap_or(0))
    .bind(pattern())
    .bind(pattern())
    .bind(pattern())
    .bind(pattern())
    .bind(pattern())
    .bind(i64::from(PAGE))
    .fetch_all(&database.read)
    .await?;
    let mut messages = rows.iter().map(decode).collect::<Result<Vec<_>, DatabaseError>>()?;
    let full = messages.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
    let next = if full { messages.last().map(|it| it.position) } else { last };
    let mut connection = database.read.acquire().await?;
    files::fill_in(&mut connection, place, &mut messages).await?;
    Ok(SearchPage { messages, next })
}
