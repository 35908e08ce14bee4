//! Bounds on recordings.

use super::{ConfigError, MEGABYTE};

/// Bounds on recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingBounds {
    /// The most bytes of recordings that one artist keeps, beside their other files; none without a bound.
    pub max_bytes: Option<u64>,
    /// Free bytes on the disk of the data folder below which nothing is recorded.
    pub min_free_bytes: u64,
    /// Days for which a recording is kept that isn't published.
    pub days: u32,
}

impl Default for RecordingBounds {
    /// 88 hours of 2.5 Mbit/s.
    fn default() -> Self {
        let max_bytes = Some(100_000 * MEGABYTE);
        RecordingBounds { max_bytes, min_free_bytes: 500 * MEGABYTE, days: 30 }
    }
}

impl RecordingBounds {
    /// Bounds as the operator says, in megabytes and days.
    ///
    /// # Errors
    /// A number of days that makes no sense.
    pub fn settle(
        most: Option<u64>,
        min_free: Option<u64>,
        days: Option<u32>,
    ) -> Result<Self, ConfigError> {
        let usual = Self::default();
        let bytes = |megabytes: u64| megabytes.saturating_mul(MEGABYTE);
        let days = days.unwrap_or(usual.days);
        if !(1..=3_650).contains(&days) {
            let message = "it is a number of days from 1 to 3650".into();
            return Err(ConfigError::Value { key: "recording_days", message });
        }
        Ok(RecordingBounds {
            max_bytes: most.map(bytes).or(usual.max_bytes),
            min_free_bytes: min_free.map_or(usual.min_free_bytes, bytes),
            days,
        })
    }
}
