//! Stream keys in the database.

use bandstand_domain::{
    Millis, ShowId,
    stream_keys::{StreamKey, StreamKeyId},
};
use sqlx::Row;

use super::{Holder, Known};
use crate::{
    crypto::secret_hash::SecretHash,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
    shows::stage_sql,
};

/// Lead time before a show's start from which a program may take its stage, in milliseconds.
pub const EARLY: i64 = 2 * Millis::HOUR;
/// Retention of a revoked key's holder, in milliseconds.
const REMEMBERED: i64 = 30 * 24 * Millis::HOUR;

/// The keys of `account`, the oldest first.
pub async fn of_account(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<StreamKey>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, name, ending, made_at, used_at FROM stream_keys \
         WHERE account = $1 AND revoked_at IS NULL ORDER BY made_at, id",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StreamKey {
                id: parsed(row, "id")?,
                name: row.try_get("name")?,
                ending: row.try_get("ending")?,
                made_at: Millis(row.try_get("made_at")?),
                used_at: row.try_get::<Option<i64>, _>("used_at")?.map(Millis),
            })
        })
        .collect()
}

/// Counts the keys of `account`.
pub async fn count(write: &mut Write, account: &AccountId) -> Result<i64, DatabaseError> {
    let row =
        sqlx::query("SELECT COUNT(*) FROM stream_keys WHERE account = $1 AND revoked_at IS NULL")
            .bind(account)
            .fetch_one(&mut **write)
            .await?;
    Ok(row.try_get(0)?)
}

/// Keeps a new key by its hash.
pub async fn insert(
    write: &mut Write,
    account: &AccountId,
    key: &StreamKey,
    hash: &SecretHash,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO stream_keys (id, hash, account, name, ending, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(key.id.to_string())
    .bind(hash)
    .bind(account)
    .bind(&key.name)
    .bind(&key.ending)
    .bind(key.made_at.0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Revokes the key `id` of `account`; false when there is none that is good.
pub async fn revoke(
    write: &mut Write,
    account: &AccountId,
    id: StreamKeyId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let revoked = sqlx::query(
        "UPDATE stream_keys SET revoked_at = $3 \
         WHERE id = $1 AND account = $2 AND revoked_at IS NULL",
    )
    .bind(id.to_string())
    .bind(account)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Forgets the keys that were revoked [`REMEMBERED`] ago.
pub async fn prune(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM stream_keys WHERE revoked_at < $1")
        .bind(now.plus(-REMEMBERED).0)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// The key with this hash, revoked or not.
pub async fn known(database: &Database, hash: &SecretHash) -> Result<Option<Known>, DatabaseError> {
    sqlx::query("SELECT id, account, name, revoked_at FROM stream_keys WHERE hash = $1")
        .bind(hash)
        .fetch_optional(&database.read)
        .await?
        .map(|row| {
            let holder = Holder { key: parsed(&row, "id")?, account: row.try_get("account")? };
            let revoked = row.try_get::<Option<i64>, _>("revoked_at")?.is_some();
            Ok(Known { holder, name: row.try_get("name")?, is_token: false, revoked })
        })
        .transpose()
}

/// The account whose key this is.
pub async fn account_of(
    database: &Database,
    key: StreamKeyId,
) -> Result<Option<AccountId>, DatabaseError> {
    let row = sqlx::query("SELECT account FROM stream_keys WHERE id = $1 AND revoked_at IS NULL")
        .bind(key.to_string())
        .fetch_optional(&database.read)
        .await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// Forgets all keys of `account`.
pub async fn delete_all(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM stream_keys WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Notes that the key was used; false when there is none any more.
pub async fn used(
    database: &Database,
    key: StreamKeyId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let noted =
        sqlx::query("UPDATE stream_keys SET used_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(key.to_string())
            .bind(now.0)
            .execute(&mut *write)
            .await?;
    write.commit().await?;
    Ok(noted.rows_affected() > 0)
}

/// The show that `account` plays when it doesn't say which: the one with somebody on stage, else the
/// one whose artist was lost, else the one whose time it is, else the next one when it starts soon.
/// One whose artist was lost and whose time has passed gives way to the one whose time it is.
pub async fn show_now(
    database: &Database,
    account: &AccountId,
    now: Millis,
) -> Result<Option<ShowId>, DatabaseError> {
    let row = sqlx::query(concat!(
        "SELECT id FROM shows WHERE artist = $1 AND deleted_at IS NULL AND (",
        stage_sql!(on_air),
        " OR (",
        stage_sql!(empty),
        " AND starts_at <= $3 AND ends_at > $2)) ORDER BY CASE WHEN ",
        stage_sql!(performed),
        " THEN 0 WHEN ",
        stage_sql!(dropped),
        " AND ends_at > $2 THEN 1 WHEN ",
        stage_sql!(empty),
        " AND starts_at <= $2 THEN 2 WHEN ",
        stage_sql!(dropped),
        " THEN 3 ELSE 4 END, starts_at LIMIT 1",
    ))
    .bind(account)
    .bind(now.0)
    .bind(now.plus(EARLY).0)
    .fetch_optional(&database.read)
    .await?;
    row.map(|row| parsed(&row, "id")).transpose()
}
