//! Sound of a published recording, as one file of MP3.

use serde::{Deserialize, Serialize};

use super::RecordingFileId;

/// Sound of what is played of a recording, as one file of MP3. Its times are those of what is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedMp3 {
    /// Its identity.
    pub id: RecordingFileId,
    /// Its length, in milliseconds.
    pub duration: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

impl RecordedMp3 {
    /// Address of the file at the venue.
    pub fn path(&self) -> String {
        format!("/recordings/{}.mp3", self.id)
    }
}

/// State of the MP3 of a recording that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mp3State {
    /// It is being made.
    Making,
    /// It is there.
    Ready(RecordedMp3),
    /// The artist, or the venue, has no room for it.
    Full,
    /// The recording has no sound.
    Silent,
    /// It couldn't be made.
    Failed,
    /// The venue can't make any.
    Impossible,
}
