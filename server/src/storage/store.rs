//! Rows of files in the database, and quota accounting.
//!
//! Whoever changes a file's bytes locks its owner's row in `storage_usage` first, the venue's then and the
//! file's last: so the sums are exact, and no two transactions wait for each other.

use bandstand_domain::Millis;
use serde::Serialize;
use sqlx::{Row, any::AnyRow};

use super::{
    error::StorageError,
    upload::{NewFile, WrittenFile},
};
use crate::{
    clock,
    database::{Database, DatabaseError, Write},
};

mod owner;
mod reserved;
mod usage;

pub use owner::FileOwner;
pub(super) use reserved::reserve_name;
pub use reserved::{discard_all, discard_place};
pub(super) use usage::{Quotas, room, used_of};
use usage::{VENUE, count, lock, release, reserve, signed};

/// A file that is kept. Its content never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// The type as which it is sent.
    pub content_type: String,
    /// Its length.
    pub bytes: u64,
    /// Its strong entity tag (RFC 9110 section 8.8.3).
    pub etag: String,
    /// Since when it is kept.
    pub kept_at: Millis,
}

impl StoredFile {
    fn of(row: &AnyRow) -> Result<Self, DatabaseError> {
        Ok(Self {
            name: row.try_get("name")?,
            content_type: row.try_get("content_type")?,
            bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
            etag: row.try_get("etag")?,
            kept_at: Millis(row.try_get("kept_at")?),
        })
    }
}

/// The row of a file that is about to be written, with its first bytes reserved.
pub(super) async fn begin(
    database: &Database,
    file: &NewFile,
    bytes: u64,
    quotas: &Quotas,
) -> Result<(), StorageError> {
    let mut write = database.begin().await?;
    if let Some(reservation) = &file.reservation {
        reserved::spend(&mut write, reservation, &file.owner, bytes).await?;
    }
    reserve(&mut write, &file.owner, bytes, quotas).await?;
    insert(&mut write, file, bytes, "writing").await?;
    Ok(write.commit().await?)
}

/// The row of a file, whose bytes are reserved already.
async fn insert(
    write: &mut Write,
    file: &NewFile,
    bytes: u64,
    state: &'static str,
) -> Result<(), StorageError> {
    let inserted = sqlx::query(
        "INSERT INTO files (name, feature, owner, place, content_type, state, bytes, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING",
    )
    .bind(&file.name)
    .bind(file.feature())
    .bind(file.owner.as_str())
    .bind(file.owner.place())
    .bind(&file.content_type)
    .bind(state)
    .bind(signed(bytes))
    .bind(clock::now().0)
    .execute(&mut **write)
    .await
    .map_err(DatabaseError::from)?;
    if inserted.rows_affected() == 0 {
        return Err(StorageError::Exists);
    }
    Ok(())
}

/// Reserves more bytes for a file that is being written.
pub(super) async fn grow(
    database: &Database,
    name: &str,
    owner: &FileOwner,
    bytes: u64,
    quotas: &Quotas,
) -> Result<(), StorageError> {
    let mut write = database.begin().await?;
    reserve(&mut write, owner, bytes, quotas).await?;
    let grown = sqlx::query(
        "UPDATE files SET bytes = bytes + $2, changed_at = $3 \
         WHERE name = $1 AND state = 'writing'",
    )
    .bind(name)
    .bind(signed(bytes))
    .bind(clock::now().0)
    .execute(&mut *write)
    .await
    .map_err(DatabaseError::from)?;
    if grown.rows_affected() == 0 {
        return Err(StorageError::Discarded);
    }
    Ok(write.commit().await?)
}

/// Notes that a file is still being written.
pub(super) async fn touch(database: &Database, name: &str) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE files SET changed_at = $2 WHERE name = $1 AND state = 'writing'")
        .bind(name)
        .bind(clock::now().0)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Notes that a file was written: its length, by how much more was reserved, its entity tag.
pub(super) async fn finish(
    database: &Database,
    name: &str,
    owner: &FileOwner,
    (bytes, excess): (u64, u64),
    etag: &str,
) -> Result<(), StorageError> {
    let mut write = database.begin().await?;
    release(&mut write, owner, signed(excess)).await?;
    let finished = sqlx::query(
        "UPDATE files SET state = 'written', bytes = $2, etag = $3, changed_at = $4 \
         WHERE name = $1 AND state = 'writing'",
    )
    .bind(name)
    .bind(signed(bytes))
    .bind(etag)
    .bind(clock::now().0)
    .execute(&mut *write)
    .await
    .map_err(DatabaseError::from)?;
    if finished.rows_affected() == 0 {
        return Err(StorageError::Discarded);
    }
    Ok(write.commit().await?)
}

/// Makes a file last that was written.
///
/// # Errors
/// [`StorageError::Discarded`] when it took so long that it was swept, `Database`.
pub async fn keep(write: &mut Write, file: &WrittenFile) -> Result<(), StorageError> {
    lock(write, &file.owner).await?;
    let kept = sqlx::query(
        "UPDATE files SET state = 'kept', kept_at = $2, changed_at = $2 \
         WHERE name = $1 AND state = 'written'",
    )
    .bind(&file.name)
    .bind(clock::now().0)
    .execute(&mut **write)
    .await
    .map_err(DatabaseError::from)?;
    if kept.rows_affected() == 0 {
        return Err(StorageError::Discarded);
    }
    Ok(())
}

/// The row of a file that lies there already; one that has a row keeps it.
pub(super) async fn adopt(
    database: &Database,
    file: &NewFile,
    bytes: u64,
    etag: &str,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    let inserted = sqlx::query(
        "INSERT INTO files \
         (name, feature, owner, content_type, state, bytes, etag, changed_at, kept_at) \
         VALUES ($1, $2, $3, $4, 'kept', $5, $6, $7, $7) ON CONFLICT (name) DO NOTHING",
    )
    .bind(&file.name)
    .bind(file.feature())
    .bind(file.owner.as_str())
    .bind(&file.content_type)
    .bind(signed(bytes))
    .bind(etag)
    .bind(clock::now().0)
    .execute(&mut *write)
    .await?;
    if inserted.rows_affected() > 0 {
        for holder in [file.owner.as_str(), VENUE] {
            count(&mut write, holder, signed(bytes), i64::MAX).await?;
        }
    }
    write.commit().await
}

/// Discards a file: nobody reads it from the commit on, and it counts no more. Its bytes are deleted by
/// [`Files::remove`](super::files::Files::remove) after the commit, or by the sweep.
pub async fn discard(write: &mut Write, name: &str) -> Result<(), DatabaseError> {
    usage::lock_owner_of(write, name).await?;
    let discarded = sqlx::query(
        "UPDATE files SET state = 'discarded', changed_at = $2 \
         WHERE name = $1 AND state <> 'discarded' RETURNING owner, place, bytes",
    )
    .bind(name)
    .bind(clock::now().0)
    .fetch_optional(&mut **write)
    .await?;
    match discarded {
        Some(row) => release(write, &FileOwner::of(&row)?, row.try_get("bytes")?).await,
        None => Ok(()),
    }
}

/// Discards all files of `owner`, also those that are coming in, as [`discard`] does; answers their names.
pub async fn discard_owned(
    write: &mut Write,
    owner: &FileOwner,
) -> Result<Vec<String>, DatabaseError> {
    lock(write, owner).await?;
    let discarded = sqlx::query(
        "UPDATE files SET state = 'discarded', changed_at = $2 \
         WHERE owner = $1 AND state <> 'discarded' RETURNING name, owner, place, bytes",
    )
    .bind(owner.as_str())
    .bind(clock::now().0)
    .fetch_all(&mut **write)
    .await?;
    let names = usage::release_rows(write, &discarded).await?;
    usage::forget(write, owner).await?;
    Ok(names)
}

/// Forgets a file that was discarded, whose bytes are gone.
pub(super) async fn forget(database: &Database, name: &str) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM files WHERE name = $1 AND state = 'discarded'")
        .bind(name)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// A file that is kept.
pub(super) async fn find(
    database: &Database,
    name: &str,
) -> Result<Option<StoredFile>, DatabaseError> {
    let row = sqlx::query(
        "SELECT name, content_type, bytes, etag, kept_at FROM files \
         WHERE name = $1 AND state = 'kept'",
    )
    .bind(name)
    .fetch_optional(&database.read)
    .await?;
    row.as_ref().map(StoredFile::of).transpose()
}

/// The files of `owner` that are kept, oldest first.
pub(super) async fn by_owner(
    database: &Database,
    owner: &FileOwner,
) -> Result<Vec<StoredFile>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT name, content_type, bytes, etag, kept_at FROM files \
         WHERE owner = $1 AND state = 'kept' ORDER BY kept_at, name",
    )
    .bind(owner.as_str())
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(StoredFile::of).collect()
}

/// Bytes and files kept, by feature.
pub(super) async fn kept(database: &Database) -> Result<Vec<(String, i64, i64)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT feature, CAST(SUM(bytes) AS BIGINT), COUNT(*) FROM files WHERE state = 'kept' \
         GROUP BY feature ORDER BY feature",
    )
    .fetch_all(&database.read)
    .await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}

/// Discarded files, and those of which nothing was heard since `before` while they were written.
pub(super) async fn unsettled(
    database: &Database,
    before: Millis,
) -> Result<Vec<String>, DatabaseError> {
    let names = sqlx::query_scalar(
        "SELECT name FROM files WHERE state = 'discarded' \
         OR (state IN ('writing', 'written') AND changed_at <= $1)",
    );
    Ok(names.bind(before.0).fetch_all(&database.read).await?)
}

/// Names of files that were kept before an instant: up to `count` after `name`, in order.
pub(super) async fn kept_names(
    database: &Database,
    before: Millis,
    name: &str,
    count: i64,
) -> Result<Vec<String>, DatabaseError> {
    let names = sqlx::query_scalar(
        "SELECT name FROM files WHERE state = 'kept' AND kept_at <= $1 AND name > $2 \
         ORDER BY name LIMIT $3",
    );
    Ok(names.bind(before.0).bind(name).bind(count).fetch_all(&database.read).await?)
}

/// Returns whether a file has a row, in whatever state.
pub(super) async fn is_known(database: &Database, name: &str) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM files WHERE name = $1").bind(name);
    Ok(row.fetch_optional(&database.read).await?.is_some())
}
