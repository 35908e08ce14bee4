//! Moments of a show that is played again.

use serde::{Deserialize, Serialize};

use crate::{Millis, chat::ChatMessage, crowd::CrowdMoment};

/// The longest time that is told at once, in milliseconds.
pub const MOMENTS_WINDOW: i64 = 10 * Millis::MINUTE;
/// The most messages that are told at once.
pub const MAX_MOMENT_MESSAGES: u32 = 200;

/// Messages and crowd of a show, from an instant on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// Messages that are still there, the oldest first; at most [`MAX_MOMENT_MESSAGES`].
    pub messages: Vec<ChatMessage>,
    /// Moments of the crowd in which somebody was there, the one that goes on at the instant included.
    pub crowd: Vec<CrowdMoment>,
    /// The instant before which this is all. What comes next is asked for from there on.
    pub until: Millis,
}
