//! Stream keys: by which programs such as OBS go on their artist's stage.

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
    /// Which.
    pub id: StreamKeyId,
    /// What the artist calls it, such as the program or the machine that has it.
    pub name: String,
    /// Its last four characters, to tell it from others.
    pub ending: String,
    /// When it was made.
    pub made_at: Millis,
    /// When somebody last went on stage with it.
    pub used_at: Option<Millis>,
}

/// A stream key in the moment in which it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStreamKey {
    /// The key itself, which can't be asked for again.
    pub secret: Secret,
    /// What is kept of it.
    pub key: StreamKey,
}

/// What is wrong with the name of a key.
///
/// # Errors
/// When it has not 1 to [`MAX_NAME`] characters, or some that can't be shown.
pub fn check_key_name(name: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    errors.check("key_name", check_name(text!(complaint.what.name), name, MAX_NAME));
    errors.into_result()
}
