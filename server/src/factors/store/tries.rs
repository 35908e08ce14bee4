//! Codes of a second factor that were tried in a row without success.
//!
//! The caller has given the right password already. The count lies in the database, so that neither a
//! restart nor many addresses at once give more tries. Each try is counted before it is looked at, and a
//! right one takes the count back. So does a new password, for whose owner this is made.

use bandstand_domain::Millis;
use sqlx::Row;

use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// Tries in a row that cost no waiting; after each so many, the account's person is written to.
const FREE: i64 = 10;

/// Backoff after so many tries in a row, in milliseconds: a minute, doubled each time, at most an hour.
fn wait(tries: i64) -> i64 {
    let doublings = u32::try_from(tries - FREE).unwrap_or_default().min(6);
    (Millis::MINUTE << doublings).min(Millis::HOUR)
}

/// A try, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// The code may be looked at; whether the account's person is to be told when it is wrong.
    Counted { tell: bool },
    /// Not before then.
    Blocked(Millis),
}

/// Counts a try of a code of `account`, unless it has to wait.
///
/// # Errors
/// Fails when the database does, or the account has no second factor.
pub async fn begin_try(
    database: &Database,
    account: &AccountId,
    now: Millis,
) -> Result<Try, DatabaseError> {
    let mut write = database.begin().await?;
    let counted = sqlx::query_scalar::<_, i64>(
        "UPDATE second_factors SET wrong = wrong + 1 WHERE account = $1 AND blocked_until <= $2 \
         RETURNING wrong",
    )
    .bind(account)
    .bind(now.0)
    .fetch_optional(&mut *write)
    .await?;
    let Some(tries) = counted else {
        let row = sqlx::query("SELECT blocked_until FROM second_factors WHERE account = $1")
            .bind(account)
            .fetch_one(&mut *write)
            .await?;
        return Ok(Try::Blocked(Millis(row.try_get(0)?)));
    };
    if tries >= FREE {
        sqlx::query("UPDATE second_factors SET blocked_until = $2 WHERE account = $1")
            .bind(account)
            .bind(now.plus(wait(tries)).0)
            .execute(&mut *write)
            .await?;
    }
    write.commit().await?;
    Ok(Try::Counted { tell: tries % FREE == 0 })
}

/// Forgets the tries of `account`: a code was right, or the password is another one.
pub async fn forget_tries(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE second_factors SET wrong = 0, blocked_until = 0 WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let minutes = [10, 11, 12, 15, 16, 17, 1_000].map(|tries| wait(tries) / Millis::MINUTE);
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60, 60]);
    }
}
