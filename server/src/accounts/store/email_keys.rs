//! Addresses that an earlier version looked up otherwise.

use sqlx::Row;

use crate::{
    database::{Database, DatabaseError},
    mail::address::key,
};

/// Brings the addresses with characters beyond ASCII under the key that they have now. Where another
/// account has confirmed the same one, this one keeps the key that it had.
pub async fn settle_email_keys(database: &Database) -> Result<(), DatabaseError> {
    // More bytes than characters.
    let rows = sqlx::query(
        "SELECT id, email_key FROM accounts WHERE OCTET_LENGTH(email_key) > LENGTH(email_key)",
    )
    .fetch_all(&database.read)
    .await?;
    for row in rows {
        let (id, before): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let now = key(&before);
        if now == before {
            continue;
        }
        let mut write = database.begin().await?;
        let settled = sqlx::query("UPDATE accounts SET email_key = $2 WHERE id = $1")
            .bind(&id)
            .bind(now)
            .execute(&mut *write)
            .await
            .map_err(DatabaseError::from);
        match settled {
            Ok(_) => write.commit().await?,
            Err(error) if error.is_unique_violation() => {
                tracing::warn!("two accounts have confirmed the same address, written in two ways");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
