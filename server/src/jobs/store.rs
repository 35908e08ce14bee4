//! The queue of jobs in the database.

use bandstand_domain::Millis;
use sqlx::Row;
use uuid::Uuid;

use super::Job;
use crate::{
    clock,
    database::{Database, DatabaseError, Write, to_json},
};

/// How long one attempt may take before somebody else may try, in milliseconds.
pub const LEASE: i64 = 5 * Millis::MINUTE;
/// How long it is remembered that a job is over, in milliseconds.
const REMEMBERED: i64 = 7 * 24 * Millis::HOUR;

/// A job that somebody has to do now.
#[derive(Debug)]
pub struct Leased {
    /// Its identity; the same at each attempt.
    pub id: String,
    /// What is to be done; `None` when this version doesn't know it.
    pub job: Option<Job>,
    /// Which attempt this is, from 1 on.
    pub attempt: i64,
}

/// Adds `job`, in the transaction of the change that asks for it: both happen, or neither.
///
/// # Errors
/// When the database fails.
pub async fn add(write: &mut Write, job: &Job) -> Result<(), DatabaseError> {
    let now = clock::now().0;
    sqlx::query("INSERT INTO jobs (id, payload, due_at, created_at) VALUES ($1, $2, $3, $3)")
        .bind(Uuid::now_v7().to_string())
        .bind(to_json(job)?)
        .bind(now)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes the job that is due longest. Nobody else gets it until the lease has run out.
///
/// # Errors
/// When the database fails.
pub async fn lease(database: &Database) -> Result<Option<Leased>, DatabaseError> {
    let now = clock::now().0;
    let mut write = database.begin().await?;
    let row = sqlx::query(
        "UPDATE jobs SET leased_until = $1, attempts = attempts + 1 \
         WHERE id = (SELECT id FROM jobs \
                     WHERE over_at IS NULL AND due_at <= $2 AND leased_until <= $2 \
                     ORDER BY due_at LIMIT 1) \
         AND over_at IS NULL AND leased_until <= $2 \
         RETURNING id, payload, attempts",
    )
    .bind(now + LEASE)
    .bind(now)
    .fetch_optional(&mut *write)
    .await?;
    write.commit().await?;
    row.map(|row| {
        let payload: String = row.try_get(1)?;
        Ok(Leased {
            id: row.try_get(0)?,
            job: serde_json::from_str(&payload).ok(),
            attempt: row.try_get(2)?,
        })
    })
    .transpose()
}

/// The job is over: done, or given up because of `failure`. What it was about is forgotten.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    database: &Database,
    id: &str,
    failure: Option<&str>,
) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE jobs SET over_at = $2, failure = $3, payload = '' WHERE id = $1")
        .bind(id)
        .bind(clock::now().0)
        .bind(failure)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// The job is to be tried again after so many milliseconds.
///
/// # Errors
/// When the database fails.
pub async fn postpone(database: &Database, id: &str, wait: i64) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE jobs SET leased_until = 0, due_at = $2 WHERE id = $1")
        .bind(id)
        .bind(clock::now().plus(wait).0)
        .execute(&mut *write)
        .await?;
    write.commit().await
}

/// Forgets jobs that have long been over.
///
/// # Errors
/// When the database fails.
pub async fn sweep(write: &mut Write) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM jobs WHERE over_at <= $1")
        .bind(clock::now().plus(-REMEMBERED).0)
        .execute(&mut **write)
        .await?;
    Ok(())
}
