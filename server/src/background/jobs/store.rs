//! The queue of jobs in the database.

use std::collections::HashMap;

use bandstand_domain::Millis;
use serde_json::Value;
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

/// Takes the job that is due longest; the index `jobs_to_do` holds no job that is over.
const LEASE_NEXT: &str = "UPDATE jobs SET leased_until = $1, attempts = attempts + 1 \
    WHERE id = (SELECT id FROM jobs \
                WHERE over_at IS NULL AND due_at <= $2 AND leased_until <= $2 \
                ORDER BY due_at LIMIT 1) \
    AND over_at IS NULL AND leased_until <= $2 \
    RETURNING id, payload, attempts";

/// A job that somebody has to do now.
#[derive(Debug)]
pub struct Leased {
    /// Its identity; the same at each attempt.
    pub id: String,
    /// The job's name and payload; `None` when it can't be read.
    pub job: Option<(String, Value)>,
    /// Which attempt this is, from 1 on.
    pub attempt: i64,
}

/// Adds `job`, in the transaction of the change that asks for it: both happen, or neither.
pub async fn add<J: Job>(write: &mut Write, job: &J) -> Result<(), DatabaseError> {
    let now = clock::now().0;
    sqlx::query("INSERT INTO jobs (id, payload, due_at, created_at) VALUES ($1, $2, $3, $3)")
        .bind(Uuid::now_v7().to_string())
        .bind(to_json(&HashMap::from([(J::NAME, job)]))?)
        .bind(now)
        .execute(&mut **write)
        .await?;
    Ok(())
}

/// Takes the job that is due longest. Nobody else gets it until the lease has run out.
pub async fn lease(database: &Database) -> Result<Option<Leased>, DatabaseError> {
    let now = clock::now().0;
    let mut write = database.begin().await?;
    let row =
        sqlx::query(LEASE_NEXT).bind(now + LEASE).bind(now).fetch_optional(&mut *write).await?;
    write.commit().await?;
    row.map(|row| {
        let payload: String = row.try_get(1)?;
        Ok(Leased { id: row.try_get(0)?, job: named(&payload), attempt: row.try_get(2)? })
    })
    .transpose()
}

/// The name and payload of a job: an object with one member.
fn named(payload: &str) -> Option<(String, Value)> {
    let job: HashMap<String, Value> = serde_json::from_str(payload).ok()?;
    job.into_iter().next()
}

/// The job is over: done, or given up because of `failure`. What it was about is forgotten.
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
pub async fn sweep(write: &mut Write) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM jobs WHERE over_at <= $1")
        .bind(clock::now().plus(-REMEMBERED).0)
        .execute(&mut **write)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn looking_for_work_walks_over_no_job_that_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.sqlite"));
        let database = Database::open(&url).await.unwrap();
        let plan = async |statement: &str| {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::query(explained).fetch_all(&database.read).await.unwrap();
            let steps = rows.iter().map(|row| row.try_get::<String, _>("detail").unwrap());
            steps.collect::<Vec<_>>().join("\n")
        };
        let lease = plan(&LEASE_NEXT.replace("$1", "1").replace("$2", "1")).await;
        assert!(lease.contains("USING INDEX jobs_to_do"), "{lease}");
        let swept = plan("DELETE FROM jobs WHERE over_at <= 1").await;
        assert!(swept.contains("INDEX jobs_over"), "{swept}");
        let author = plan("UPDATE messages SET name = '' WHERE author = 'a'").await;
        assert!(author.contains("USING INDEX messages_by_author"), "{author}");
        let likes = plan("DELETE FROM likes WHERE person = 'a'").await;
        assert!(likes.contains("INDEX likes_by_person"), "{likes}");
    }
}
