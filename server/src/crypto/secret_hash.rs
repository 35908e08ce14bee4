//! Hashes by which the database knows secrets.

use std::fmt;

use crate::ids::text_column;

/// The hash of a secret, as a column holds it: SHA-256 of random bits, or a PHC string of a password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretHash(String);

text_column!(SecretHash);

impl SecretHash {
    /// The hash with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}
