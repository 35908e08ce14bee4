//! Bytes that are reserved for files that come in piece by piece, elsewhere than in storage.

use sqlx::Row;

use super::{
    FileOwner, insert,
    usage::{self, Quotas, lock, release, reserve, signed},
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

/// Discards all files in `place`, whoever has them, as [`super::discard`] does; answers their names.
///
/// # Errors
/// Returns an error when the database fails.
pub async fn discard_place(write: &mut Write, place: &str) -> Result<Vec<String>, DatabaseError> {
    // All owners first, in order: so nobody waits for who waits for them.
    let owners = sqlx::query(
        "SELECT DISTINCT owner, place FROM files WHERE place = $1 AND state <> 'discarded' \
         ORDER BY owner",
    )
    .bind(place)
    .fetch_all(&mut **write)
    .await?;
    for row in &owners {
        lock(write, &FileOwner::of(row)?).await?;
    }
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
