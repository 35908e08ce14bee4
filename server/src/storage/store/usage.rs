//! Bytes that owners and the venue keep, and the quotas on them.

use sqlx::Row;

use super::FileOwner;
use crate::{
    database::{Database, DatabaseError, Write},
    storage::error::{Quota, StorageError},
};

/// The holder of all files.
pub(super) const VENUE: &str = "venue";

/// The most bytes of files; none without a bound.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Of one account, recordings apart.
    pub account: Option<u64>,
    /// Of the recordings of one account.
    pub recordings: Option<u64>,
    /// Of the venue.
    pub venue: Option<u64>,
}

impl Quotas {
    /// No bound: for what was accepted before.
    pub const NONE: Self = Self { account: None, recordings: None, venue: None };

    /// Those of an owner, and then that of the venue.
    fn holders<'a>(&self, owner: &'a FileOwner) -> [(&'a str, Quota, Option<u64>); 2] {
        let most = if owner.has_recordings() { self.recordings } else { self.account };
        [(owner.0.as_str(), Quota::Owner, most), (VENUE, Quota::Venue, self.venue)]
    }
}

/// Bytes that the owner may still keep; none without a bound.
pub(in crate::storage) async fn room(
    database: &Database,
    owner: &FileOwner,
    quotas: &Quotas,
) -> Result<Option<u64>, DatabaseError> {
    let mut room = None;
    for (holder, _, most) in quotas.holders(owner) {
        let Some(most) = most else { continue };
        let left = most.saturating_sub(used(database, holder).await?);
        room = Some(room.map_or(left, |it: u64| it.min(left)));
    }
    Ok(room)
}

/// Bytes that a holder keeps.
async fn used(database: &Database, holder: &str) -> Result<u64, DatabaseError> {
    let row = sqlx::query("SELECT bytes FROM storage_usage WHERE holder = $1")
        .bind(holder)
        .fetch_optional(&database.read)
        .await?;
    let bytes = row.map(|row| row.try_get::<i64, _>(0)).transpose()?;
    Ok(bytes.map_or(0, |it| u64::try_from(it).unwrap_or_default()))
}

/// Takes bytes from the quotas of owner and venue, or from neither.
pub(super) async fn reserve(
    write: &mut Write,
    owner: &FileOwner,
    bytes: u64,
    quotas: &Quotas,
) -> Result<(), StorageError> {
    for (holder, quota, limit) in quotas.holders(owner) {
        let most = limit.map_or(i64::MAX, signed);
        let full = StorageError::QuotaFull { quota, limit: most.unsigned_abs() };
        if signed(bytes) > most || !count(write, holder, signed(bytes), most).await? {
            return Err(full);
        }
    }
    Ok(())
}

/// Counts bytes of a holder, unless that would be more than `most`; answers whether it did.
pub(super) async fn count(
    write: &mut Write,
    holder: &str,
    bytes: i64,
    most: i64,
) -> Result<bool, DatabaseError> {
    let counted = sqlx::query(
        "INSERT INTO storage_usage (holder, bytes) VALUES ($1, $2) \
         ON CONFLICT (holder) DO UPDATE SET bytes = storage_usage.bytes + excluded.bytes \
         WHERE storage_usage.bytes <= $3 - excluded.bytes",
    )
    .bind(holder)
    .bind(bytes)
    .bind(most)
    .execute(&mut **write)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// Gives bytes back to the quotas.
pub(super) async fn release(
    write: &mut Write,
    owner: &FileOwner,
    bytes: i64,
) -> Result<(), DatabaseError> {
    if bytes == 0 {
        return Ok(());
    }
    for holder in [owner.0.as_str(), VENUE] {
        sqlx::query("UPDATE storage_usage SET bytes = bytes - $2 WHERE holder = $1")
            .bind(holder)
            .bind(bytes)
            .execute(&mut **write)
            .await?;
    }
    Ok(())
}

/// Lets nobody else change the owner's files until the transaction ends.
pub(super) async fn lock(write: &mut Write, owner: &FileOwner) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE storage_usage SET bytes = bytes WHERE holder = $1")
        .bind(&owner.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// As [`lock`], by one of the files.
pub(super) async fn lock_owner_of(write: &mut Write, name: &str) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE storage_usage SET bytes = bytes \
         WHERE holder = (SELECT owner FROM files WHERE name = $1)",
    )
    .bind(name)
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Forgets an owner who holds nothing.
pub(super) async fn forget(write: &mut Write, owner: &FileOwner) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM storage_usage WHERE holder = $1 AND bytes = 0")
        .bind(&owner.0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
