//! What lives as long as the program.

use crate::{config::Config, database::Database, live::Live};

/// The venue: shared by all requests behind an `Arc`.
#[derive(Debug)]
pub struct Venue {
    /// What the operator decided.
    pub config: Config,
    /// What must last.
    pub database: Database,
    /// Stages and who follows them.
    pub live: Live,
}
