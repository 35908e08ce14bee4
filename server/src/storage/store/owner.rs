//! Owners of files, and the places whose quota they count in, too.

use sqlx::{Row, any::AnyRow};

use crate::{database::DatabaseError, ids::AccountId};

const RECORDINGS: &str = "recordings:";

/// With whom a file is erased, and whose quotas it counts in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileOwner {
    owner: String,
    place: Option<String>,
}

impl FileOwner {
    /// An account.
    pub fn account(id: &AccountId) -> Self {
        Self { owner: format!("account:{}", id.as_str()), place: None }
    }

    /// The recordings of an account, which have a quota of their own.
    pub fn recordings(id: &AccountId) -> Self {
        Self { owner: format!("{RECORDINGS}{}", id.as_str()), place: None }
    }

    /// A person without an account.
    pub fn guest(person: &str) -> Self {
        Self { owner: format!("guest:{person}"), place: None }
    }

    /// The same owner, of a file in `place`, which has a quota for all and one for each owner.
    #[must_use]
    pub fn in_place(self, place: impl Into<String>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// The owner of a row with the columns `owner` and `place`.
    pub(super) fn of(row: &AnyRow) -> Result<Self, DatabaseError> {
        Ok(Self { owner: row.try_get("owner")?, place: row.try_get("place")? })
    }

    /// The owner as text.
    pub(super) fn as_str(&self) -> &str {
        &self.owner
    }

    /// The place as text.
    pub(super) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// The holder of all that the owner has in the place.
    pub(super) fn share(&self) -> Option<String> {
        self.place.as_ref().map(|place| format!("{}@{place}", self.owner))
    }

    pub(super) fn has_recordings(&self) -> bool {
        self.owner.starts_with(RECORDINGS)
    }
}
