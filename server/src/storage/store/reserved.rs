//! Bytes that are reserved for files that come in piece by piece, elsewhere than in storage.

use std::collections::BTreeSet;

use sqlx::Row;

use super::{
    FileOwner, insert,
    usage::{self, Quotas, lock, lock_all, release, reserve, signed},
};
use crate::{
    clock,
    database::{DatabaseError, Write},
    storage::{error::StorageError, upload::NewFile},
};

/// Reserves the bytes of a file that comes in elsewhere. Nothing sweeps the reservation but who made it.
pub(in crate::storage) async fn reserve_name(
    write: &mut Write,
    file: &NewFile,
    bytes: u64,
    quotas: &Quotas,
) -> Result<(), StorageError> {
    reserve(write, &file.owner, bytes, quotas).await?;
    insert(write, file, bytes, "reserved").await
}

/// Takes up to `bytes` out of a reservation, for a file that is written in its place.
pub(super) async fn spend(
    write: &mut Write,
    reservation: &str,
    owner: &FileOwner,
    bytes: u64,
) -> Result<(), DatabaseError> {
    lock(write, owner).await?;
    let left = sqlx::query("SELECT bytes FROM files WHERE name = $1 AND state = 'reserved'")
        .bind(reservation)
        .fetch_optional(&mut **write)
        .await?;
    let Some(left) = left else { return Ok(()) };
    let spent = left.try_get::<i64, _>("bytes")?.min(signed(bytes));
    sqlx::query("UPDATE files SET bytes = bytes - $2 WHERE name = $1")
        .bind(reservation)
        .bind(spent)
        .execute(&mut **write)
        .await?;
    release(write, owner, spent).await
}

/// Discards files, whoever has them, as [`super::discard`] does. For several: the venue's row is locked last.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn discard_all(write: &mut Write, names: &[String]) -> Result<(), DatabaseError> {
    let mut owners = BTreeSet::<String>::new();
    for name in names {
        let row = sqlx::query("SELECT owner FROM files WHERE name = $1 AND state <> 'discarded'")
            .bind(name)
            .fetch_optional(&mut **write)
            .await?;
        if let Some(row) = row {
            owners.insert(row.try_get("owner")?);
        }
    }
    lock_all(write, &owners).await?;
    let (mut discarded, now) = (Vec::new(), clock::now());
    for name in names {
        let row = sqlx::query(
            "UPDATE files SET state = 'discarded', changed_at = $2 \
             WHERE name = $1 AND state <> 'discarded' RETURNING name, owner, place, bytes",
        )
        .bind(name)
        .bind(now.0)
        .fetch_optional(&mut **write)
        .await?;
        discarded.extend(row);
    }
    usage::release_rows(write, &discarded).await?;
    Ok(())
}

/// Discards all files in `place`, whoever has them, as [`super::discard`] does; answers their names.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn discard_place(write: &mut Write, place: &str) -> Result<Vec<String>, DatabaseError> {
    let owners =
        sqlx::query("SELECT DISTINCT owner FROM files WHERE place = $1 AND state <> 'discarded'")
            .bind(place)
            .fetch_all(&mut **write)
            .await?;
    let owners: BTreeSet<String> =
        owners.iter().map(|row| row.try_get("owner")).collect::<Result<_, _>>()?;
    lock_all(write, &owners).await?;
    let discarded = sqlx::query(
        "UPDATE files SET state = 'discarded', changed_at = $2 \
         WHERE place = $1 AND state <> 'discarded' RETURNING name, owner, place, bytes",
    )
    .bind(place)
    .bind(clock::now().0)
    .fetch_all(&mut **write)
    .await?;
    let names = usage::release_rows(write, &discarded).await?;
    usage::forget_place(write, place).await?;
    Ok(names)
}
