//! The queue of jobs in the database.

use std::collections::HashMap;

use bandstand_domain::Millis;
use serde_json::Value;
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::Job;
use crate::{
    clock,
    database::{Database, DatabaseError, Write, to_json},
};

/// Lease of one attempt, in milliseconds. Once it has expired, another worker may take the job.
pub const LEASE: i64 = 5 * Millis::MINUTE;
/// Retention of jobs that are over, in milliseconds.
const REMEMBERED: i64 = 7 * 24 * Millis::HOUR;

/// Takes the job that is due longest; the index `jobs_to_do` holds no job that is over.
const LEASE_NEXT: &str = "UPDATE jobs SET leased_until = $1, attempts = attempts + 1 \
    WHERE id = (SELECT id FROM jobs \
                WHERE over_at IS NULL AND due_at <= $2 AND leased_until <= $2 AND is_long = $3 \
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
    /// Number of this attempt, from 1 on.
    pub attempt: i64,
}

/// Due time and deduplication key of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Not before this time; at once without one.
    pub due_at: Option<Millis>,
    /// Nothing is added while a job of the same kind and key waits that nobody has begun with.
    pub dedup_key: Option<String>,
}

/// Adds `job` to be done at once, in the transaction of the change that asks for it: both happen, or
/// neither.
pub async fn add<J: Job>(write: &mut Write, job: &J) -> Result<(), DatabaseError> {
    request(write, job, Request::default()).await.map(drop)
}

/// Adds `job` as [`add`] does; false when the same one waits already.
pub async fn request<J: Job>(
    write: &mut Write,
    job: &J,
    Request { due_at, dedup_key }: Request,
) -> Result<bool, DatabaseError> {
    let now = clock::now();
    let added = sqlx::query(
        "INSERT INTO jobs (id, name, payload, due_at, created_at, dedup_key, is_long) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(J::NAME)
    .bind(to_json(&HashMap::from([(J::NAME, job)]))?)
    .bind(due_at.unwrap_or(now).0)
    .bind(now.0)
    .bind(dedup_key)
    .bind(i64::from(J::IS_LONG))
    .execute(&mut **write)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Jobs of one kind in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCount {
    /// The kind.
    pub name: String,
    /// To be done, or to be tried again.
    pub waiting: i64,
    /// Given up, as long as that is remembered.
    pub dead: i64,
}

/// The jobs in the queue, by kind.
pub async fn counts(database: &Database) -> Result<Vec<JobCount>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT name, COUNT(CASE WHEN over_at IS NULL THEN 1 END), COUNT(failure) FROM jobs \
         WHERE over_at IS NULL OR failure IS NOT NULL GROUP BY name ORDER BY name",
    )
    .fetch_all(&database.read)
    .await?;
    let count = |row: &AnyRow| {
        Ok(JobCount { name: row.try_get(0)?, waiting: row.try_get(1)?, dead: row.try_get(2)? })
    };
    rows.iter().map(count).collect()
}

/// A job that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// Its identity, as the log has it.
    pub id: String,
    /// The kind.
    pub name: String,
    /// Number of attempts.
    pub attempts: i64,
    /// Time at which it was given up.
    pub over_at: Millis,
    /// Reason of the failure.
    pub failure: String,
}

/// The jobs that were given up, the latest first, as long as that is remembered.
pub async fn dead(database: &Database) -> Result<Vec<DeadJob>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, name, attempts, over_at, failure FROM jobs WHERE failure IS NOT NULL \
         ORDER BY over_at DESC, id DESC LIMIT 100",
    )
    .fetch_all(&database.read)
    .await?;
    let dead = |row: &AnyRow| {
        Ok(DeadJob {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            attempts: row.try_get(2)?,
            over_at: Millis(row.try_get(3)?),
            failure: row.try_get(4)?,
        })
    };
    rows.iter().map(dead).collect()
}

/// Takes the job that is due longest, of those that take long or of the others. Nobody else gets it until the lease
/// has run out.
pub async fn lease(database: &Database, is_long: bool) -> Result<Option<Leased>, DatabaseError> {
    let now = clock::now().0;
    let mut write = database.begin().await?;
    let next = sqlx::query(LEASE_NEXT).bind(now + LEASE).bind(now).bind(i64::from(is_long));
    let row = next.fetch_optional(&mut *write).await?;
    write.commit_unrevised().await?;
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
    write.commit_unrevised().await
}

/// The job is to be tried again after so many milliseconds.
pub async fn postpone(database: &Database, id: &str, wait: i64) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE jobs SET leased_until = 0, due_at = $2 WHERE id = $1")
        .bind(id)
        .bind(clock::now().plus(wait).0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// Lengthens the lease of a job that goes on.
pub async fn renew(database: &Database, id: &str) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("UPDATE jobs SET leased_until = $2 WHERE id = $1")
        .bind(id)
        .bind(clock::now().0 + LEASE)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

/// Gives back a job that was interrupted; the attempt isn't counted. The same may wait already, for a change since.
pub async fn give_back(database: &Database, id: &str) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query(
        "UPDATE jobs SET leased_until = 0, attempts = attempts - 1, dedup_key = NULL WHERE id = $1",
    )
    .bind(id)
    .execute(&mut *write)
    .await?;
    write.commit_unrevised().await
}

/// Forgets jobs that have long been over.
pub async fn sweep(database: &Database) -> Result<(), DatabaseError> {
    let mut write = database.begin().await?;
    sqlx::query("DELETE FROM jobs WHERE over_at <= $1")
        .bind(clock::now().plus(-REMEMBERED).0)
        .execute(&mut *write)
        .await?;
    write.commit_unrevised().await
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    struct Encode {
        show: u32,
    }

    impl Job for Encode {
        const NAME: &'static str = "encode";
    }

    async fn fresh() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let url = Database::sqlite_url(&folder.path().join("test.sqlite"));
        (folder, Database::open(&url).await.unwrap())
    }

    #[tokio::test]
    async fn same_job_is_added_once_until_somebody_begins_with_it() {
        let (_folder, database) = fresh().await;
        let ask = async |key: &str| {
            let mut write = database.begin().await.unwrap();
            let wanted = Request { dedup_key: Some(key.into()), ..Request::default() };
            let added = request(&mut write, &Encode { show: 7 }, wanted).await.unwrap();
            write.commit().await.unwrap();
            added
        };
        assert!(ask("7").await && !ask("7").await && ask("8").await);
        let leased = lease(&database, false).await.unwrap().unwrap();
        // It may have read what has changed since: the change is another job.
        assert!(ask("7").await && !ask("7").await);
        // What is tried again doesn't stand in the way of that.
        postpone(&database, &leased.id, 0).await.unwrap();
        assert_eq!(counts(&database).await.unwrap()[0].waiting, 3);
    }

    #[tokio::test]
    async fn job_is_leased_when_due_and_listed_once_given_up() {
        let (_folder, database) = fresh().await;
        let mut write = database.begin().await.unwrap();
        let due_at = clock::now().plus(Millis::HOUR);
        let later = Request { due_at: Some(due_at), ..Request::default() };
        assert!(request(&mut write, &Encode { show: 1 }, later).await.unwrap());
        add(&mut write, &Encode { show: 2 }).await.unwrap();
        write.commit().await.unwrap();
        let leased = lease(&database, false).await.unwrap().unwrap();
        assert_eq!(leased.job.unwrap().1["show"], 2);
        assert!(lease(&database, false).await.unwrap().is_none());
        finish(&database, &leased.id, Some("no disk")).await.unwrap();
        let dead = dead(&database).await.unwrap();
        assert_eq!((&*dead[0].name, dead[0].attempts, &*dead[0].failure), ("encode", 1, "no disk"));
        let count = JobCount { name: "encode".into(), waiting: 1, dead: 1 };
        assert_eq!(counts(&database).await.unwrap(), [count]);
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Long;

    impl Job for Long {
        const NAME: &'static str = "long";
        const IS_LONG: bool = true;
    }

    #[tokio::test]
    async fn job_that_takes_long_is_for_its_own_worker_and_isnt_lost_when_interrupted() {
        let (_folder, database) = fresh().await;
        let mut write = database.begin().await.unwrap();
        add(&mut write, &Long).await.unwrap();
        write.commit().await.unwrap();
        assert!(lease(&database, false).await.unwrap().is_none());
        for _ in 0..2 {
            let leased = lease(&database, true).await.unwrap().unwrap();
            assert_eq!((leased.attempt, leased.job.unwrap().0.as_str()), (1, "long"));
            renew(&database, &leased.id).await.unwrap();
            assert!(lease(&database, true).await.unwrap().is_none());
            give_back(&database, &leased.id).await.unwrap();
        }
    }

    #[tokio::test]
    async fn looking_for_work_walks_over_no_job_that_is_over() {
        let (_folder, database) = fresh().await;
        let plan = async |statement: &str| {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::query(explained).fetch_all(&database.read).await.unwrap();
            let steps = rows.iter().map(|row| row.try_get::<String, _>("detail").unwrap());
            steps.collect::<Vec<_>>().join("\n")
        };
        let lease =
            plan(&LEASE_NEXT.replace("$1", "1").replace("$2", "1").replace("$3", "0")).await;
        assert!(lease.contains("USING INDEX jobs_to_do"), "{lease}");
        let swept = plan("DELETE FROM jobs WHERE over_at <= 1").await;
        assert!(swept.contains("INDEX jobs_over"), "{swept}");
        let author = plan("UPDATE messages SET name = '' WHERE author = 'a'").await;
        assert!(author.contains("USING INDEX messages_by_author"), "{author}");
        let likes = plan("DELETE FROM likes WHERE person = 'a'").await;
        assert!(likes.contains("INDEX likes_by_person"), "{likes}");
    }
}
