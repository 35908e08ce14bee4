//! Work apart from any request: a queue of jobs in the database, tasks that end with the venue, and the bus.

pub mod bus;
pub mod jobs;
pub mod tasks;
