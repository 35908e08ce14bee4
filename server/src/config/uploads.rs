//! Bounds on files that people share in rooms.

use super::{ConfigError, MEGABYTE};

/// The most megabytes of one file that an operator can allow: it is looked at as a whole, in memory.
const MAX_MEGABYTES: u64 = 500;

/// Bounds on files that people share in rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadBounds {
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// The most bytes of all files in a room; none without a bound.
    pub max_room_bytes: Option<u64>,
    /// The most bytes of one person's files in a room; none without a bound.
    pub max_person_bytes: Option<u64>,
}

impl Default for UploadBounds {
    fn default() -> Self {
        Self {
            max_file_bytes: 50 * MEGABYTE,
            max_room_bytes: Some(2_000 * MEGABYTE),
            max_person_bytes: Some(500 * MEGABYTE),
        }
    }
}

impl UploadBounds {
    /// Bounds as the operator says, in megabytes.
    ///
    /// # Errors
    /// A size of one file that makes no sense.
    pub fn settle(
        file: Option<u64>,
        room: Option<u64>,
        person: Option<u64>,
    ) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let bytes = |megabytes: u64| megabytes.saturating_mul(MEGABYTE);
        if file.is_some_and(|it| !(1..=MAX_MEGABYTES).contains(&it)) {
            let message = format!("it is a number of megabytes from 1 to {MAX_MEGABYTES}");
            return Err(ConfigError::Value { key: "max_room_file_megabytes", message });
        }
        Ok(Self {
            max_file_bytes: file.map_or(usual.max_file_bytes, bytes),
            max_room_bytes: room.map(bytes).or(usual.max_room_bytes),
            max_person_bytes: person.map(bytes).or(usual.max_person_bytes),
        })
    }
}
