//! Stream keys: credentials by which programs such as OBS publish to their artist's stage.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{FieldErrors, Millis, Secret, accounts::check_name, text};

/// The most stream keys of one artist.
pub const MAX_KEYS: usize = 10;
/// The longest name of a key, in characters.
pub const MAX_NAME: usize = 40;

/// A key's identity, by which it is revoked and by which the log speaks of it. It opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamKeyId(pub Uuid);

impl fmt::Display for StreamKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for StreamKeyId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self)
    }
}

/// A stream key as its artist sees it ever after: not the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamKey {
    /// Identity.
    pub id: StreamKeyId,
    /// Name that the artist gave it, such as the program or the machine that has it.
    pub name: String,
    /// Its last four characters, to tell it from others.
    pub ending: String,
    /// Time of its creation.
    pub made_at: Millis,
    /// Time at which somebody last published with it.
    pub used_at: Option<Millis>,
}

/// A stream key in the moment in which it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStreamKey {
    /// The key itself, which can't be asked for again.
    pub secret: Secret,
    /// Record that is kept of it.
    pub key: StreamKey,
}

/// Checks the name of a key.
///
/// # Errors
/// Returns the complaint when it has not 1 to [`MAX_NAME`] characters, or some that can't be shown.
pub fn check_key_name(name: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    errors.check("key_name", check_name(text!(complaint.what.name), name, MAX_NAME));
    errors.into_result()
}
