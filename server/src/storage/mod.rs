//! Storage of files beside the database: in a folder or in S3, streamed in and out, within quotas.
//!
//! The database decides what there is. A file's row is written before its first byte and removed after
//! its last, so whatever breaks off is found again and swept ([`files::Files::sweep`]). Bytes are reserved
//! from the quotas of owner and venue before they are written.
//!
//! A feature names its files `FEATURE/…`, by random names that are never used twice. It streams one in by
//! [`files::Files::write`], and makes it last by [`keep`] in the transaction that makes its own row point
//! to it; [`discard`] takes one away in the same manner.

mod backend;
mod byte_range;
mod error;
pub mod files;
pub mod folders;
pub mod personal_data;
mod reserve;
mod response;
mod store;
mod sweep;
mod take_in;
mod upload;

pub use backend::StorageStartError;
pub use byte_range::ByteRange;
pub use error::{Quota, StorageError};
pub use response::answer;
pub use store::{FileOwner, StoredFile, discard, discard_all, discard_owned, discard_place, keep};
pub use sweep::ORPHAN_AGE;
pub use upload::{MAX_FILE_BYTES, NewFile, PART_BYTES, WrittenFile};
