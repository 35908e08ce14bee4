//! Reasons to reject a configuration.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Reason to reject a configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration file {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The file holds something that isn't understood; the message names the key.
    #[error("the configuration file {} is wrong: {message}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The fault, and its place in the file.
        message: String,
    },
    /// A value that can't be.
    #[error("{key} is wrong: {message}")]
    Value {
        /// The key in the file.
        key: &'static str,
        /// The fault, or the values that are accepted.
        message: String,
    },
}
