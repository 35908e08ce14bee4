//! Accounts that are left: taken back, erased, taken along.

use bandstand_domain::{Millis, PersonId};
use serde_json::{Value, json};
use sqlx::Row;

use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Marks an account as deleted by its person, by which a new epoch begins.
pub async fn delete(write: &mut Write, id: &AccountId, now: Millis) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE accounts SET deleted_at = $2, epoch = epoch + 1 WHERE id = $1")
        .bind(id)
        .bind(now.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes the deletion of an account back; false when it is erased by now, or how it is entered has
/// changed since `epoch`.
pub async fn restore(write: &mut Write, id: &AccountId, epoch: i64) -> Result<bool, DatabaseError> {
    let restored = sqlx::query(
        "UPDATE accounts SET deleted_at = NULL WHERE id = $1 AND epoch = $2 \
         AND erased_at IS NULL",
    )
    .bind(id)
    .bind(epoch)
    .execute(&mut **write)
    .await?;
    Ok(restored.rows_affected() == 1)
}

/// Accounts deleted before `deleted`, and those made before `unconfirmed` whose address nobody confirmed.
pub async fn due(
    database: &Database,
    deleted: Millis,
    unconfirmed: Millis,
) -> Result<Vec<AccountId>, DatabaseError> {
    let due = sqlx::query_scalar(
        "SELECT id FROM accounts WHERE erased_at IS NULL \
         AND (deleted_at <= $1 OR (confirmed_at IS NULL AND created_at <= $2)) LIMIT 100",
    )
    .bind(deleted.0)
    .bind(unconfirmed.0)
    .fetch_all(&database.read)
    .await?;
    Ok(due)
}

/// Takes everything personal out of the row of an account that is due by the two cutoffs of [`due`]; answers who it
/// was to others, or nothing when it isn't due any more. Its row stays, because shows belong to it; so
/// does its handle, once somebody confirmed its address and may have been met under it.
pub async fn erase(
    write: &mut Write,
    id: &AccountId,
    (deleted, unconfirmed): (Millis, Millis),
    now: Millis,
) -> Result<Option<PersonId>, DatabaseError> {
    let person = sqlx::query_scalar::<_, String>(
        "UPDATE accounts SET email = '', email_key = id, password = '', \
         display_name = 'Somebody who left', \
         stage_name = CASE WHEN stage_name IS NULL THEN NULL ELSE 'Somebody who left' END, \
         handle = CASE WHEN confirmed_at IS NULL THEN id ELSE handle END, \
         handle_key = CASE WHEN confirmed_at IS NULL THEN id ELSE handle_key END, \
         look = NULL, deleted_at = COALESCE(deleted_at, $4), erased_at = $4, epoch = epoch + 1 \
         WHERE id = $1 AND erased_at IS NULL \
         AND (deleted_at <= $2 OR (confirmed_at IS NULL AND created_at <= $3)) RETURNING person",
    )
    .bind(id)
    .bind(deleted.0)
    .bind(unconfirmed.0)
    .bind(now.0)
    .fetch_optional(&mut **write)
    .await?;
    Ok(person.map(PersonId::new))
}

/// Deletes what else is kept of an account beside its row.
pub async fn forget(write: &mut Write, id: &AccountId) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM links WHERE account = $1",
        "DELETE FROM devices WHERE account = $1",
        "DELETE FROM helpers WHERE artist = $1 OR helper = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut **write).await?;
    }
    Ok(())
}

/// Exports the data of the account itself, for its person.
pub async fn export(database: &Database, id: &AccountId) -> Result<Option<Value>, DatabaseError> {
    let row = sqlx::query(
        "SELECT person, handle, email, display_name, stage_name, genres, language, created_at, \
         confirmed_at, look FROM accounts WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(&database.read)
    .await?;
    row.map(|row| {
        let genres: String = row.try_get("genres")?;
        Ok(json!({
            "person": row.try_get::<String, _>("person")?,
            "handle": row.try_get::<String, _>("handle")?,
            "email": row.try_get::<String, _>("email")?,
            "display_name": row.try_get::<String, _>("display_name")?,
            "stage_name": row.try_get::<Option<String>, _>("stage_name")?,
            "genres": serde_json::from_str::<Value>(&genres).unwrap_or_default(),
            "language": row.try_get::<String, _>("language")?,
            "created_at": row.try_get::<i64, _>("created_at")?,
            "confirmed_at": row.try_get::<Option<i64>, _>("confirmed_at")?,
            "look": row.try_get::<Option<i64>, _>("look")?,
        }))
    })
    .transpose()
}
