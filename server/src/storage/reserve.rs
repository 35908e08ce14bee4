//! Reservations: bytes taken from the quotas for a file that comes in elsewhere, piece by piece.

use super::{
    StorageError,
    files::Files,
    store::{self, FileOwner},
    upload::NewFile,
};
use crate::database::{DatabaseError, Write};

impl Files {
    /// Reserves `bytes` under the name of `file`, in the transaction that tells of what comes in. A file that is
    /// written with that name as its [`NewFile::reservation`] takes its bytes from there;
    /// [`discard`](super::discard) gives back what is left.
    ///
    /// # Errors
    /// [`StorageError::QuotaFull`], `Exists`, `Database`; the transaction must then be dropped.
    pub async fn reserve(
        &self,
        write: &mut Write,
        file: &NewFile,
        bytes: u64,
    ) -> Result<(), StorageError> {
        store::reserve_name(write, file, bytes, &file.quotas(self.0.quotas)).await
    }

    /// Bytes that `owner` keeps in all, and the bound on them, if there is one.
    pub async fn used(&self, owner: &FileOwner) -> Result<(u64, Option<u64>), DatabaseError> {
        store::used_of(&self.0.database, owner, &self.0.quotas).await
    }
}
