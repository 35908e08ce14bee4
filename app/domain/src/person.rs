//! Public identity of a person.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The public identity of one person, with or without an account: what others may see of them.
///
/// Random, and not the key of anything private, so it can be sent to everybody.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(String);

impl PersonId {
    /// Wraps an identity made by the server.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A number that is always the same for the same person, from which a figure gets its looks
    /// (FNV-1a, 64 bits, with a final mix so that similar identities don't look alike).
    pub fn seed(&self) -> u64 {
        crate::shows::seed(self.0.as_bytes())
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
