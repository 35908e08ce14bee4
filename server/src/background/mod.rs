//! Work apart from any request: a queue of jobs in the database, and tasks that end with the venue.

pub mod jobs;
pub mod tasks;
