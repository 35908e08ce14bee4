//! How well media flows: what the artist and each viewer are told of it.

use serde::{Deserialize, Serialize};

use crate::texts::Language;

/// How media flows over one connection, of late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// Kilobits a second, sound and picture together.
    pub kilobits: u32,
    /// Packets lost on the way, in tenths of a percent.
    pub lost: u32,
    /// There and back, in milliseconds, when it is known.
    pub round_trip: Option<u32>,
    /// How unevenly packets come, in milliseconds, when it is known.
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

/// How a show's media flows, for its artist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageQuality {
    /// What comes in from the stage, whatever program or page sends it; nothing when nobody does.
    pub arriving: Option<Flow>,
    /// Of the picture in it, each size that is sent, the largest first; one without simulcast.
    pub layers: Vec<Layer>,
    /// What the artist should set their program to, in words.
    pub advice: Vec<String>,
    /// Connections that get picture and sound.
    pub viewers: u32,
    /// How many of them get it badly.
    pub in_trouble: u32,
}

/// What a viewer's browser measured, twice: the reports of `getStats` as JSON lists, of which only
/// numbers are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Some seconds ago; empty the first time.
    pub before: String,
    /// Now.
    pub now: String,
}

/// Why a picture is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// What is wrong, the worst first, and what helps; or that nothing is. Never empty.
    pub reasons: Vec<String>,
    /// Names and values of what was measured.
    pub figures: Vec<(String, String)>,
}
