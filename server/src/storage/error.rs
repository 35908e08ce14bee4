//! Reasons for which a file isn't kept or read.

use std::error::Error;

use thiserror::Error;

use crate::database::DatabaseError;

/// Whose bytes are bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quota {
    /// All files of one owner.
    Owner,
    /// All files of one owner in a place.
    Share,
    /// All files in a place.
    Place,
    /// All files of the venue.
    Venue,
}

/// Failure to keep or read a file. Callers log it at the boundary, unless a person is to be told.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The file would exceed a quota; nothing of it is kept.
    #[error("the {} may keep {limit} bytes of files, which are used up", match quota {
        Quota::Owner => "owner",
        Quota::Share => "owner in this place",
        Quota::Place => "place",
        Quota::Venue => "venue",
    })]
    QuotaFull {
        /// Quota that is used up.
        quota: Quota,
        /// Its bytes.
        limit: u64,
    },
    /// The file is larger than its feature takes; nothing of it is kept.
    #[error("the file has more than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// There was a file of that name already.
    #[error("there is a file of that name already")]
    Exists,
    /// The file was discarded meanwhile, or took too long.
    #[error("the file was discarded before it was kept")]
    Discarded,
    /// No byte of the range is in the file (RFC 9110 section 14.1.2).
    #[error("the file has {bytes} bytes, none of them in the range")]
    RangeNotSatisfiable {
        /// The file's length.
        bytes: u64,
    },
    /// Whoever brought the file broke off.
    #[error("the file didn't come in whole: {0}")]
    Incoming(Box<dyn Error + Send + Sync>),
    /// Folder or S3 server failed.
    #[error(transparent)]
    Backend(#[from] object_store::Error),
    /// Database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<object_store::path::Error> for StorageError {
    fn from(error: object_store::path::Error) -> Self {
        Self::Backend(error.into())
    }
}
