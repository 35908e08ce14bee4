//! Medium of a show.

use serde::{Deserialize, Serialize};

/// Medium of a show, chosen when it is announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// Picture and sound.
    #[default]
    Video,
    /// Sound alone, as on the radio.
    Audio,
}

impl Medium {
    /// Name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Audio => "audio",
        }
    }

    /// The medium of that name; video if it has none.
    pub fn named(name: &str) -> Self {
        if name == Self::Audio.as_str() { Self::Audio } else { Self::Video }
    }
}
