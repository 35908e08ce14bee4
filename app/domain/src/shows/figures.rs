//! Figures of a show, for its artist.

use serde::{Deserialize, Serialize};

/// Audience of a show so far, wherever it listens: in a browser, or by a radio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShowFigures {
    /// Minutes for which people listened, all together.
    pub minutes: u64,
    /// The most who listened at once.
    pub most: u32,
}
