//! Helpers of an artist, in the database.

use bandstand_domain::{PersonId, accounts::Helper};
use sqlx::{Row, any::AnyRow};

use crate::{
    database::{Database, DatabaseError, Write},
    ids::AccountId,
};

/// The two accounts of a delegation, which can't be taken for each other.
#[derive(Clone, Copy, Debug)]
pub struct Delegation<'a> {
    /// The account whose shows are looked after.
    pub artist: &'a AccountId,
    /// The account that looks after them.
    pub helper: &'a AccountId,
}

/// Returns whether the helper looks after the shows of the artist.
pub async fn helps(
    database: &Database,
    Delegation { artist, helper }: Delegation<'_>,
) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM helpers WHERE artist = $1 AND helper = $2")
        .bind(artist)
        .bind(helper)
        .fetch_optional(&database.read)
        .await?;
    Ok(row.is_some())
}

/// The helpers of an artist.
pub async fn list(database: &Database, artist: &AccountId) -> Result<Vec<Helper>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, handle, COALESCE(stage_name, display_name) FROM helpers \
         JOIN accounts ON accounts.id = helper \
         WHERE artist = $1 AND deleted_at IS NULL AND disabled_at IS NULL ORDER BY handle_key",
    )
    .bind(artist)
    .fetch_all(&database.read)
    .await?;
    let helper = |row: &AnyRow| {
        Ok(Helper {
            person: PersonId::new(row.try_get::<String, _>(0)?),
            handle: row.try_get(1)?,
            name: row.try_get(2)?,
        })
    };
    rows.iter().map(helper).collect::<Result<_, sqlx::Error>>().map_err(DatabaseError::from)
}

/// Makes the helper look after the shows of the artist; false when they do already.
pub async fn add(
    write: &mut Write,
    Delegation { artist, helper }: Delegation<'_>,
) -> Result<bool, DatabaseError> {
    let added =
        sqlx::query("INSERT INTO helpers (artist, helper) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(artist)
            .bind(helper)
            .execute(&mut **write)
            .await?;
    Ok(added.rows_affected() > 0)
}

/// Lets whoever has `handle` look after the shows of the account `artist` no more.
pub async fn remove(
    database: &Database,
    artist: &AccountId,
    handle: &str,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "DELETE FROM helpers WHERE artist = $1 \
         AND helper = (SELECT id FROM accounts WHERE handle_key = $2)",
    )
    .bind(artist)
    .bind(handle.to_lowercase())
    .execute(&mut *write)
    .await?;
    write.commit().await
}
