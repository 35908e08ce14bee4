//! Bytes that owners and the venue keep, and the quotas on them.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Row, any::AnyRow};

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
    /// Of a place, as a room.
    pub place: Option<u64>,
    /// Of one owner in a place.
    pub share: Option<u64>,
    /// Of the venue.
    pub venue: Option<u64>,
}

impl Quotas {
    /// No bound: for what was accepted before.
    pub const NONE: Self =
        Self { account: None, recordings: None, place: None, share: None, venue: None };

    /// The bound on what `holder` keeps.
    fn most(&self, owner: &FileOwner, holder: Quota) -> Option<u64> {
        match holder {
            Quota::Owner if owner.has_recordings() => self.recordings,
            Quota::Owner => self.account,
            Quota::Share => self.share,
            Quota::Place => self.place,
            Quota::Venue => self.venue,
        }
    }
}

/// All in whose sums a file of `owner` counts, in the order in which their rows are locked: those of the owner
/// alone, the place, the venue.
fn holders(owner: &FileOwner) -> impl Iterator<Item = (String, Quota)> {
    let all = [
        (Some(owner.as_str().to_owned()), Quota::Owner),
        (owner.share(), Quota::Share),
        (owner.place().map(str::to_owned), Quota::Place),
        (Some(VENUE.to_owned()), Quota::Venue),
    ];
    all.into_iter().filter_map(|(holder, quota)| Some((holder?, quota)))
}

/// Bytes that the owner may still keep; none without a bound.
pub(in crate::storage) async fn room(
    database: &Database,
    owner: &FileOwner,
    quotas: &Quotas,
) -> Result<Option<u64>, DatabaseError> {
    let mut room = None;
    for (holder, quota) in holders(owner) {
        let Some(most) = quotas.most(owner, quota) else { continue };
        let left = most.saturating_sub(used(database, &holder).await?);
        room = Some(room.map_or(left, |it: u64| it.min(left)));
    }
    Ok(room)
}

/// Bytes that the owner keeps, and the bound on them.
pub(in crate::storage) async fn used_of(
    database: &Database,
    owner: &FileOwner,
    quotas: &Quotas,
) -> Result<(u64, Option<u64>), DatabaseError> {
    Ok((used(database, owner.as_str()).await?, quotas.most(owner, Quota::Owner)))
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

/// Takes bytes from all quotas of the owner's, or, with the transaction dropped, from none.
pub(super) async fn reserve(
    write: &mut Write,
    owner: &FileOwner,
    bytes: u64,
    quotas: &Quotas,
) -> Result<(), StorageError> {
    for (holder, quota) in holders(owner) {
        let most = quotas.most(owner, quota).map_or(i64::MAX, signed);
        let full = StorageError::QuotaFull { quota, limit: most.unsigned_abs() };
        if signed(bytes) > most || !count(write, &holder, signed(bytes), most).await? {
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
    for (holder, _) in holders(owner) {
        subtract(write, &holder, bytes).await?;
    }
    Ok(())
}

/// Gives the bytes of files back that were discarded, whose owners are locked; answers their names.
pub(super) async fn release_rows(
    write: &mut Write,
    rows: &[AnyRow],
) -> Result<Vec<String>, DatabaseError> {
    let (mut names, mut sums) = (Vec::new(), BTreeMap::new());
    for row in rows {
        names.push(row.try_get("name")?);
        let bytes = row.try_get::<i64, _>("bytes")?;
        for (holder, quota) in holders(&FileOwner::of(row)?) {
            *sums.entry((quota, holder)).or_default() += bytes;
        }
    }
    for ((_, holder), bytes) in sums {
        subtract(write, &holder, bytes).await?;
    }
    Ok(names)
}

async fn subtract(write: &mut Write, holder: &str, bytes: i64) -> Result<(), DatabaseError> {
    if bytes == 0 {
        return Ok(());
    }
    sqlx::query("UPDATE storage_usage SET bytes = bytes - $2 WHERE holder = $1")
        .bind(holder)
        .bind(bytes)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Lets nobody else change the owner's files until the transaction ends.
pub(super) async fn lock(write: &mut Write, owner: &FileOwner) -> Result<(), DatabaseError> {
    lock_holder(write, owner.as_str()).await
}

/// As [`lock`], several owners in the order in which all do: so nobody waits for who waits for them.
pub(super) async fn lock_all(
    write: &mut Write,
    owners: &BTreeSet<String>,
) -> Result<(), DatabaseError> {
    for owner in owners {
        lock_holder(write, owner).await?;
    }
    Ok(())
}

async fn lock_holder(write: &mut Write, holder: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE storage_usage SET bytes = bytes WHERE holder = $1")
        .bind(holder)
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

/// Forgets an owner who holds nothing, in whatever place.
pub(super) async fn forget(write: &mut Write, owner: &FileOwner) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM storage_usage WHERE bytes = 0 AND (holder = $1 OR holder LIKE $1 || '@%')",
    )
    .bind(owner.as_str())
    .execute(&mut **write)
    .await?;
    Ok(())
}

/// Forgets a place that holds nothing, and all who held something there.
pub(super) async fn forget_place(write: &mut Write, place: &str) -> Result<(), DatabaseError> {
    sqlx::query(
        "DELETE FROM storage_usage WHERE bytes = 0 AND (holder = $1 OR holder LIKE '%@' || $1)",
    )
    .bind(place)
    .execute(&mut **write)
    .await?;
    Ok(())
}

pub(super) fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
