//! Bookmarks in the database: seconds of recordings that people want to find again.

use bandstand_domain::{ShowId, recordings::MAX_BOOKMARKS};
use sqlx::{Any, Executor, Row};

use crate::{
    database::{Database, DatabaseError, Write, parsed},
    ids::AccountId,
};

/// The bookmarks of an account in the recording of `show`, in the order of time.
pub async fn bookmarks<'e>(
    executor: impl Executor<'e, Database = Any>,
    account: &AccountId,
    show: ShowId,
) -> Result<Vec<u64>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT at FROM bookmarks WHERE account = $1 AND show = $2 ORDER BY at LIMIT $3",
    )
    .bind(account)
    .bind(show.to_string())
    .bind(MAX_BOOKMARKS as i64)
    .fetch_all(executor)
    .await?;
    rows.iter().map(|row| super::unsigned(row, "at")).collect()
}

/// Keeps a bookmark, if it isn't there, or forgets it. It must follow [`crate::accounts::store::lock`] in the same
/// transaction, so that they are counted one after the other.
pub async fn set_bookmark(
    write: &mut Write,
    account: &AccountId,
    show: ShowId,
    second: u64,
    kept: bool,
) -> Result<(), DatabaseError> {
    let query = if kept {
        sqlx::query(
            "INSERT INTO bookmarks (account, show, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
    } else {
        sqlx::query("DELETE FROM bookmarks WHERE account = $1 AND show = $2 AND at = $3")
    };
    let query = query.bind(account).bind(show.to_string()).bind(super::signed(second));
    query.execute(&mut **write).await?;
    Ok(())
}

/// Number of bookmarks that an account keeps in the recording of `show`.
pub async fn count_bookmarks(
    write: &mut Write,
    account: &AccountId,
    show: ShowId,
) -> Result<usize, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM bookmarks WHERE account = $1 AND show = $2")
        .bind(account)
        .bind(show.to_string())
        .fetch_one(&mut **write)
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// All bookmarks of an account, by show and time.
pub async fn bookmarks_of(
    database: &Database,
    account: &AccountId,
) -> Result<Vec<(ShowId, u64)>, DatabaseError> {
    let rows = sqlx::query("SELECT show, at FROM bookmarks WHERE account = $1 ORDER BY show, at")
        .bind(account)
        .fetch_all(&database.read)
        .await?;
    rows.iter().map(|row| Ok((parsed(row, "show")?, super::unsigned(row, "at")?))).collect()
}

/// Forgets all bookmarks of an account.
pub async fn forget_bookmarks(write: &mut Write, account: &AccountId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM bookmarks WHERE account = $1")
        .bind(account)
        .execute(&mut **write)
        .await?;
    Ok(())
}
