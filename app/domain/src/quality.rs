//! Quality of media: what the artist and each viewer are told of it.

use serde::{Deserialize, Serialize};

use crate::texts::Language;

/// Flow of media over one connection, of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Kilobits a second, sound and picture together.
    pub kilobits: u32,
    /// Packets lost on the way, in tenths of a percent.
    pub lost: u32,
    /// Round-trip time in milliseconds, if known.
    pub round_trip: Option<u32>,
    /// Interarrival jitter (RFC 3550 §6.4.1) in milliseconds, if known.
    pub jitter: Option<u32>,
}

/// Tenths of a percent as people read them, with their language's decimal mark: `0.9 %`, `0,9 %`.
pub fn percent(tenths: u32, language: Language) -> String {
    format!("{}{}{} %", tenths / 10, language.decimal(), tenths % 10)
}

/// One of the sizes in which a picture is sent (RFC 8853, simulcast).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Lines of its pictures, when they are known.
    pub height: Option<u32>,
    /// Kilobits a second.
    pub kilobits: u32,
}

/// Quality of a show's media, for its artist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageQuality {
    /// Flow from the publisher to the venue; none while nobody publishes.
    pub arriving: Option<Flow>,
    /// Of the picture in it, each size that is sent, the largest first; one without simulcast.
    pub layers: Vec<Layer>,
    /// Advice on the settings of the artist's program.
    pub advice: Vec<String>,
    /// Number of subscribers.
    pub viewers: u32,
    /// Number of subscribers in trouble.
    pub in_trouble: u32,
    /// Number of those who listen by HTTP, as radios and players do, and aren't in the crowd.
    pub listeners: u32,
}

/// Statistics of a viewer's browser, twice: the reports of `getStats` as JSON lists, of which only
/// numbers are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Some seconds ago; empty the first time.
    pub before: String,
    /// Now.
    pub now: String,
}

/// Explanation of a viewer's quality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// Problems with what helps, the worst first; or that there is none. Never empty.
    pub reasons: Vec<String>,
    /// Names and values of what was measured.
    pub figures: Vec<(String, String)>,
}
