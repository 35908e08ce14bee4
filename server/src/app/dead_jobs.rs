//! `bandstand jobs`: the jobs that were given up, for the operator.

use std::fmt::Write;

use crate::{
    background::jobs,
    config::Config,
    database::{Database, DatabaseError},
};

/// Lists the jobs that were given up in the last week, beside a running venue or without one.
///
/// # Errors
/// A [`DatabaseError`] when the database can't be used.
pub async fn dead_jobs(mut config: Config) -> Result<String, DatabaseError> {
    config.settle(config.listen);
    let database = Database::open(config.database().reveal()).await?;
    let dead = jobs::dead(&database).await;
    database.close().await;
    let mut text = String::new();
    for job in dead? {
        // Without the control characters that a terminal would obey: a mail server wrote it.
        let failure: String = job.failure.chars().filter(|c| !c.is_control()).collect();
        let (id, name, attempts) = (job.id, job.name, job.attempts);
        let _ = writeln!(text, "{id}  {name}  tried {attempts} times: {failure}");
    }
    if text.is_empty() {
        return Ok("No job was given up.".into());
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}
