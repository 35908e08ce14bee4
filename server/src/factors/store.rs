//! Passkeys and second factors in the database.

mod tries;

use bandstand_domain::{Millis, PersonId, factors::Passkey};
use serde_json::{Value, json};
use sqlx::Row;

use crate::{
    accounts::store::begin_epoch,
    clock,
    crypto::{random::hash, secret_hash::SecretHash},
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};
pub use tries::{Try, begin_try, forget_tries};

/// The passkeys of `account`, oldest first.
pub async fn passkeys(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<Passkey>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, name, added_at, used_at FROM passkeys WHERE account = $1 \
         ORDER BY added_at, id",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Passkey {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                added_at: Millis(row.try_get(2)?),
                used_at: row.try_get::<Option<i64>, _>(3)?.map(Millis),
            })
        })
        .collect()
}

/// A passkey that opens something.
#[derive(Debug)]
pub struct KnownPasskey {
    /// The private identity of its account.
    pub account: AccountId,
    /// The public one, which the device was given.
    pub person: PersonId,
    /// Its credential record, as JSON.
    pub data: String,
    /// The epoch of its account when it was read.
    pub epoch: i64,
}

/// The passkey `id`.
pub async fn passkey(database: &Database, id: &str) -> Result<Option<KnownPasskey>, DatabaseError> {
    let row = sqlx::query(
        "SELECT p.account, a.person, p.data, a.epoch FROM passkeys p JOIN accounts a ON a.id = p.account \
         WHERE p.id = $1",
    )
    .bind(id)
    .fetch_optional(&database.read)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(KnownPasskey {
        account: row.try_get(0)?,
        person: PersonId::new(row.try_get::<String, _>(1)?),
        data: row.try_get(2)?,
        epoch: row.try_get(3)?,
    }))
}

/// Adds a passkey unless there are `most` already.
///
/// # Errors
/// A unique violation when somebody has it; else when the database fails.
pub async fn add_passkey(
    write: &mut Write,
    account: &AccountId,
    id: &str,
    name: &str,
    data: &str,
    most: usize,
) -> Result<bool, DatabaseError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let added = sqlx::query(
        "INSERT INTO passkeys (id, account, name, data, added_at) \
         SELECT $1, $2, $3, $4, $5 \
         WHERE (SELECT COUNT(*) FROM passkeys WHERE account = $2) < $6",
    )
    .bind(id)
    .bind(account)
    .bind(name)
    .bind(data)
    .bind(clock::now().0)
    .bind(most)
    .execute(&mut **write)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Notes that a passkey was used, and what changed about it.
pub async fn use_passkey(database: &Database, id: &str, data: &str) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE passkeys SET data = $2, used_at = $3 WHERE id = $1")
        .bind(id)
        .bind(data)
        .bind(clock::now().0)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Removes a passkey of `account`; whether there was one.
pub async fn remove_passkey(
    write: &mut Write,
    account: &AccountId,
    id: &str,
) -> Result<bool, DatabaseError> {
    begin_epoch(write, account).await?;
    let gone = sqlx::query("DELETE FROM passkeys WHERE id = $1 AND account = $2")
        .bind(id)
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Keeps what was asked of a device until it is answered.
pub async fn begin_ceremony(
    database: &Database,
    ceremony: &str,
    account: Option<&AccountId>,
    state: &str,
    expires_at: Millis,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM ceremonies WHERE expires_at <= $1")
        .bind(clock::now().0)
        .execute(&mut *write)
        .await?;
    sqlx::query(
        "INSERT INTO ceremonies (hash, account, state, expires_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(hash(ceremony))
    .bind(account)
    .bind(state)
    .bind(expires_at.0)
    .execute(&mut *write)
    .await?;
    write.commit().await
}

/// Takes what was asked, once: for `account`, or for a log-in.
pub async fn take_ceremony(
    database: &Database,
    ceremony: &str,
    account: Option<&AccountId>,
) -> Result<Option<String>, DatabaseError> {
    let mut write = database.begin().await?;
    let row = sqlx::query(
        "DELETE FROM ceremonies WHERE hash = $1 AND expires_at > $2 \
         AND COALESCE(account, '') = $3 RETURNING state",
    )
    .bind(hash(ceremony))
    .bind(clock::now().0)
    .bind(account.map_or("", AccountId::as_str))
    .fetch_optional(&mut *write)
    .await?;
    write.commit().await?;
    row.map(|row| Ok(row.try_get(0)?)).transpose()
}

/// A second factor.
#[derive(Debug)]
pub struct SecondFactor {
    /// Its secret, sealed.
    pub secret: String,
    /// True once it is on, false while it is being set up.
    pub on: bool,
}

/// The second factor of `account`, on or being set up.
pub async fn second_factor(
    database: &Database,
    account: &AccountId,
) -> Result<Option<SecondFactor>, DatabaseError> {
    let row = sqlx::query("SELECT secret, enabled_at FROM second_factors WHERE account = $1")
        .bind(account)
        .fetch_optional(&database.read)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let on = row.try_get::<Option<i64>, _>(1)?.is_some();
    Ok(Some(SecondFactor { secret: row.try_get(0)?, on }))
}

/// Begins to set one up, in place of one that was never turned on; whether there was none that is on.
pub async fn begin_second_factor(
    write: &mut Write,
    account: &AccountId,
    secret: &str,
) -> Result<bool, DatabaseError> {
    let begun = sqlx::query(
        "INSERT INTO second_factors (account, secret) VALUES ($1, $2) \
         ON CONFLICT (account) DO UPDATE SET secret = excluded.secret, step = 0 \
         WHERE second_factors.enabled_at IS NULL",
    )
    .bind(account)
    .bind(secret)
    .execute(&mut **write)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Uses the code of a `step` of the clock; whether neither it nor a later one was used before. The
/// database decides: of two at the same time, one counts.
pub async fn use_step(
    write: &mut Write,
    account: &AccountId,
    step: i64,
) -> Result<bool, DatabaseError> {
    let used = sqlx::query("UPDATE second_factors SET step = $2 WHERE account = $1 AND step < $2")
        .bind(account)
        .bind(step)
        .execute(&mut **write)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// Turns the second factor on; whether it was off.
pub async fn enable(write: &mut Write, account: &AccountId) -> Result<bool, DatabaseError> {
    begin_epoch(write, account).await?;
    let enabled = sqlx::query(
        "UPDATE second_factors SET enabled_at = $2 WHERE account = $1 AND enabled_at IS NULL",
    )
    .bind(account)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await?;
    Ok(enabled.rows_affected() == 1)
}

/// Turns the second factor off, and voids the recovery codes; whether there was one.
pub async fn disable(write: &mut Write, account: &AccountId) -> Result<bool, DatabaseError> {
    begin_epoch(write, account).await?;
    sqlx::query("DELETE FROM recovery_codes WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    let gone = sqlx::query("DELETE FROM second_factors WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(gone.rows_affected() == 1)
}

/// Puts recovery codes in place of all former ones: slots and hashes.
pub async fn keep_recovery_codes(
    write: &mut Write,
    account: &AccountId,
    codes: &[(String, SecretHash)],
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM recovery_codes WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    for (slot, hash) in codes {
        sqlx::query("INSERT INTO recovery_codes (account, slot, hash) VALUES ($1, $2, $3)")
            .bind(account)
            .bind(slot.as_str())
            .bind(hash)
            .execute(&mut **write)
            .await?;
    }
    Ok(())
}

/// The hash of the unused recovery code in `slot`.
pub async fn recovery_code(
    database: &Database,
    account: &AccountId,
    slot: &str,
) -> Result<Option<SecretHash>, DatabaseError> {
    sqlx::query(
        "SELECT hash FROM recovery_codes WHERE account = $1 AND slot = $2 AND used_at IS NULL",
    )
    .bind(account)
    .bind(slot)
    .fetch_optional(&database.read)
    .await?
    .map(|row| Ok(row.try_get(0)?))
    .transpose()
}

/// Uses the recovery code in `slot`; whether it wasn't used before.
pub async fn use_recovery_code(
    database: &Database,
    account: &AccountId,
    slot: &str,
) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let used = sqlx::query(
        "UPDATE recovery_codes SET used_at = $3 \
         WHERE account = $1 AND slot = $2 AND used_at IS NULL",
    )
    .bind(account)
    .bind(slot)
    .bind(clock::now().0)
    .execute(&mut *write)
    .await?;
    forget_tries(&mut write, account).await?;
    write.commit().await?;
    Ok(used.rows_affected() == 1)
}

/// Counts the unused recovery codes of `account`.
pub async fn recovery_codes_left(
    database: &Database,
    account: &AccountId,
) -> Result<u32, DatabaseError> {
    let row =
        sqlx::query("SELECT COUNT(*) FROM recovery_codes WHERE account = $1 AND used_at IS NULL")
            .bind(account)
            .fetch_one(&database.read)
            .await?;
    Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Forgets all ways into `account` but its password.
pub async fn forget(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    disable(write, account).await?;
    for statement in
        ["DELETE FROM ceremonies WHERE account = $1", "DELETE FROM passkeys WHERE account = $1"]
    {
        sqlx::query(statement).bind(account).execute(&mut **write).await?;
    }
    Ok(())
}

/// Exports the record of the ways into `account`, for its own eyes; none of it opens anything.
pub async fn export(database: &Database, account: &AccountId) -> Result<Value, DatabaseError> {
    let factor = second_factor(database, account).await?;
    Ok(json!({
        "passkeys": passkeys(database, account).await?,
        "second_factor": factor.is_some_and(|factor| factor.on),
    }))
}
