//! Work apart from any request: a queue of jobs in the database, periodic work, tasks that
//! end with the venue, and the bus.

pub mod bus;
pub mod jobs;
pub mod retry;
pub mod schedule;
pub mod tasks;
