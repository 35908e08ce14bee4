//! API tokens and device logins in the database.

use bandstand_domain::{
    Millis,
    api_tokens::{ApiScope, ApiToken, ApiTokenId},
};
use sqlx::{Row, any::AnyRow};

use super::{
    KnownToken, TokenHolder,
    device_login::{Decision, DeviceAnswer, DeviceAsk},
};
use crate::{
    crypto::secret_hash::SecretHash,
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// Retention of a revoked token's holder, in milliseconds.
const REMEMBERED: i64 = 30 * 24 * Millis::HOUR;
/// Time without use after which a token is revoked, in milliseconds.
const UNUSED: i64 = 180 * 24 * Millis::HOUR;

fn scopes(row: &AnyRow) -> Result<Vec<ApiScope>, DatabaseError> {
    Ok(ApiScope::split(row.try_get("scopes")?))
}

fn instant(row: &AnyRow, column: &str) -> Result<Option<Millis>, DatabaseError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Millis))
}

/// The tokens of `account`, the oldest first.
pub async fn of_account(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<ApiToken>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, name, ending, scopes, made_at, used_at FROM api_tokens \
         WHERE account = $1 AND revoked_at IS NULL ORDER BY made_at, id",
    )
    .bind(account)
    .fetch_all(&database.read)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ApiToken {
                id: parsed(row, "id")?,
                name: row.try_get("name")?,
                ending: row.try_get("ending")?,
                scopes: scopes(row)?,
                made_at: Millis(row.try_get("made_at")?),
                used_at: instant(row, "used_at")?,
            })
        })
        .collect()
}

/// Counts the tokens of `account`, and those that programs are about to fetch.
pub async fn count(
    write: &mut Write,
    account: &AccountId,
    now: Millis,
) -> Result<i64, DatabaseError> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM api_tokens WHERE account = $1 AND revoked_at IS NULL) + \
         (SELECT COUNT(*) FROM device_logins WHERE account = $1 AND expires_at > $2)",
    )
    .bind(account)
    .bind(now.0)
    .fetch_one(&mut **write)
    .await?;
    Ok(row.try_get(0)?)
}

/// Keeps a new token by its hash.
pub async fn insert(
    write: &mut Write,
    account: &AccountId,
    token: &ApiToken,
    hash: &SecretHash,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO api_tokens (id, hash, account, name, ending, scopes, made_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(token.id.to_string())
    .bind(hash)
    .bind(account)
    .bind(&token.name)
    .bind(&token.ending)
    .bind(ApiScope::join(&token.scopes))
    .bind(token.made_at.0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Revokes the token `id` of `account`; false when there is none that is good.
pub async fn revoke(
    write: &mut Write,
    account: &AccountId,
    id: ApiTokenId,
    now: Millis,
) -> Result<bool, DatabaseError> {
    let revoked = sqlx::query(
        "UPDATE api_tokens SET revoked_at = $3 \
         WHERE id = $1 AND account = $2 AND revoked_at IS NULL",
    )
    .bind(id.to_string())
    .bind(account)
    .bind(now.0)
    .execute(&mut **write)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Revokes all tokens of `account`, and forgets the programs that it has just let in; which tokens there were.
pub async fn revoke_all(
    write: &mut Write,
    account: &AccountId,
    now: Millis,
) -> Result<Vec<ApiTokenId>, DatabaseError> {
    // First: a program that is fetching its token is waited for, and the token is there then.
    sqlx::query("DELETE FROM device_logins WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    let revoked = sqlx::query(
        "UPDATE api_tokens SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL RETURNING id",
    )
    .bind(account)
    .bind(now.0)
    .fetch_all(&mut **write)
    .await?;
    revoked.iter().map(|row| parsed(row, "id")).collect()
}

/// The token with this hash, revoked or not.
pub async fn known(
    database: &Database,
    hash: &SecretHash,
) -> Result<Option<KnownToken>, DatabaseError> {
    sqlx::query(
        "SELECT id, account, name, scopes, used_at, revoked_at FROM api_tokens WHERE hash = $1",
    )
    .bind(hash)
    .fetch_optional(&database.read)
    .await?
    .map(|row| {
        Ok(KnownToken {
            holder: holder_in(&row)?,
            name: row.try_get("name")?,
            revoked: instant(&row, "revoked_at")?.is_some(),
            used_at: instant(&row, "used_at")?,
        })
    })
    .transpose()
}

fn holder_in(row: &AnyRow) -> Result<TokenHolder, DatabaseError> {
    let account = row.try_get("account")?;
    Ok(TokenHolder { token: parsed(row, "id")?, account, scopes: scopes(row)? })
}

/// Whose the token `id` is, unless it was revoked.
pub async fn holder(
    database: &Database,
    id: ApiTokenId,
) -> Result<Option<TokenHolder>, DatabaseError> {
    sqlx::query("SELECT id, account, scopes FROM api_tokens WHERE id = $1 AND revoked_at IS NULL")
        .bind(id.to_string())
        .fetch_optional(&database.read)
        .await?
        .map(|row| holder_in(&row))
        .transpose()
}

/// Notes that the token was used; false when there is none any more.
pub async fn used(database: &Database, id: ApiTokenId, now: Millis) -> Result<bool, DatabaseError> {
    let mut write = database.begin().await?;
    let noted =
        sqlx::query("UPDATE api_tokens SET used_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(id.to_string())
            .bind(now.0)
            .execute(&mut *write)
            .await?;
    write.commit_unrevised().await?;
    Ok(noted.rows_affected() > 0)
}

/// Forgets all tokens of `account`, and the programs that it has just let in.
pub async fn delete_all(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM api_tokens WHERE account = $1",
        "DELETE FROM device_logins WHERE account = $1",
    ] {
        sqlx::query(statement).bind(account).execute(&mut **write).await?;
    }
    Ok(())
}

/// Revokes the tokens that nobody has used for [`UNUSED`]; forgets those that were revoked [`REMEMBERED`] ago, and
/// device logins that have expired.
pub async fn prune(database: &Database, now: Millis) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE api_tokens SET revoked_at = $1 \
         WHERE revoked_at IS NULL AND COALESCE(used_at, made_at) < $2",
    )
    .bind(now.0)
    .bind(now.plus(-UNUSED).0)
    .execute(&mut *write)
    .await?;
    for (statement, before) in [
        ("DELETE FROM api_tokens WHERE revoked_at < $1", now.plus(-REMEMBERED)),
        ("DELETE FROM device_logins WHERE expires_at <= $1", now),
    ] {
        sqlx::query(statement).bind(before.0).execute(&mut *write).await?;
    }
    write.commit_unrevised().await
}

/// Forgets the oldest device logins that nobody has decided about, beyond `most`.
pub async fn leave_waiting(write: &mut Write, most: i64) -> Result<(), DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM device_logins WHERE state = 'asked'")
        .fetch_one(&mut **write)
        .await?;
    let surplus = row.try_get::<i64, _>(0)? - most;
    if surplus > 0 {
        sqlx::query(
            "DELETE FROM device_logins WHERE hash IN (SELECT hash FROM device_logins \
             WHERE state = 'asked' ORDER BY expires_at, hash LIMIT $1)",
        )
        .bind(surplus)
        .execute(&mut **write)
        .await?;
    }
    Ok(())
}

/// Keeps a device login by the hashes of its device code and its user code.
pub async fn insert_login(
    write: &mut Write,
    (device_code, user_code): (&SecretHash, &SecretHash),
    asked: &DeviceAsk,
    expires_at: Millis,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO device_logins (hash, user_code, network, family, program, scopes, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(device_code)
    .bind(user_code)
    .bind(&asked.network)
    .bind(&asked.family)
    .bind(&asked.program)
    .bind(ApiScope::join(&asked.scopes))
    .bind(expires_at.0)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Returns the outcome of the device login with this code, while that is good.
pub async fn decision(
    database: &Database,
    hash: &SecretHash,
    now: Millis,
) -> Result<Option<Decision>, DatabaseError> {
    sqlx::query("SELECT state FROM device_logins WHERE hash = $1 AND expires_at > $2")
        .bind(hash)
        .bind(now.0)
        .fetch_optional(&database.read)
        .await?
        .map(|row| parsed(&row, "state"))
        .transpose()
}

/// Takes out the device login with this code.
pub async fn take_login(
    write: &mut Write,
    hash: &SecretHash,
) -> Result<Option<DeviceAnswer>, DatabaseError> {
    sqlx::query(
        "DELETE FROM device_logins WHERE hash = $1 \
         RETURNING network, family, program, scopes, state, account",
    )
    .bind(hash)
    .fetch_optional(&mut **write)
    .await?
    .map(|row| {
        let (decision, account) = (parsed(&row, "state")?, row.try_get("account")?);
        Ok(DeviceAnswer { asked: asked_in(&row)?, decision, account })
    })
    .transpose()
}

fn asked_in(row: &AnyRow) -> Result<DeviceAsk, DatabaseError> {
    let (network, family) = (row.try_get("network")?, row.try_get("family")?);
    Ok(DeviceAsk { network, family, program: row.try_get("program")?, scopes: scopes(row)? })
}

/// Returns the request of the program that waits with this user code, while nobody has decided.
pub async fn asked(
    database: &Database,
    user_code: &SecretHash,
    now: Millis,
) -> Result<Option<DeviceAsk>, DatabaseError> {
    sqlx::query(
        "SELECT network, family, program, scopes FROM device_logins \
         WHERE user_code = $1 AND state = 'asked' AND expires_at > $2",
    )
    .bind(user_code)
    .bind(now.0)
    .fetch_optional(&database.read)
    .await?
    .map(|row| asked_in(&row))
    .transpose()
}

/// Decides about the program that waits with this user code; its name, or none when none does, or somebody has
/// decided.
pub async fn decide(
    write: &mut Write,
    user_code: &SecretHash,
    decision: Decision,
    account: Option<&AccountId>,
    now: Millis,
) -> Result<Option<String>, DatabaseError> {
    sqlx::query(
        "UPDATE device_logins SET state = $2, account = $3 \
         WHERE user_code = $1 AND state = 'asked' AND expires_at > $4 RETURNING program",
    )
    .bind(user_code)
    .bind(decision.as_str())
    .bind(account)
    .bind(now.0)
    .fetch_optional(&mut **write)
    .await?
    .map(|row| Ok(row.try_get("program")?))
    .transpose()
}
