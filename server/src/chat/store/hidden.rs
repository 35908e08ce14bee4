//! People whose messages somebody doesn't want to see.

use bandstand_domain::{
    Millis, PersonId,
    chat::{HiddenPerson, MAX_HIDDEN},
};
use serde_json::{Value, json};
use sqlx::Row;

use crate::{
    database::{Database, DatabaseError},
    ids::AccountId,
};

/// Hides `person` from `account`; false when that would be one too many.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn hide(
    database: &Database,
    account: &AccountId,
    hidden: &HiddenPerson,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "INSERT INTO chat_hidden (account, person, name, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account, person) DO UPDATE SET name = excluded.name",
    )
    .bind(account)
    .bind(hidden.person.as_str())
    .bind(&hidden.name)
    .bind(now.0)
    .execute(&mut *write)
    .await?;
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM chat_hidden WHERE account = $1")
        .bind(account)
        .fetch_one(&mut *write)
        .await?;
    if count > i64::from(MAX_HIDDEN) {
        return Ok(false);
    }
    write.commit_unrevised().await?;
    Ok(true)
}

/// Shows `person` to `account` again.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn unhide(
    database: &Database,
    account: &AccountId,
    person: &PersonId,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM chat_hidden WHERE account = $1 AND person = $2")
        .bind(account)
        .bind(person.as_str())
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// People whom `account` has hidden, the latest first.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn hidden(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<HiddenPerson>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, name FROM chat_hidden WHERE account = $1 ORDER BY at DESC, person",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    let hidden = |row: &sqlx::any::AnyRow| {
        let person = PersonId::new(row.try_get::<String, _>("person")?);
        Ok(HiddenPerson { person, name: row.try_get("name")? })
    };
    rows.iter().map(hidden).collect()
}

/// Exports whom `account` has hidden, by name.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn export_hidden(
    database: &Database,
    account: &AccountId,
) -> Result<Value, DatabaseError> {
    let names = hidden(database, account).await?.into_iter().map(|it| json!(it.name));
    Ok(names.collect::<Vec<_>>().into())
}
