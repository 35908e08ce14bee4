//! Tracks of a show: titles that were played, in its tracklist.

use serde::{Deserialize, Serialize};

use crate::{
    Millis,
    field::{has_forbidden, length},
    text,
    texts::{Text, keys},
};

/// The most tracks of a show; what is played after that isn't noted.
pub const MAX_TRACKS: usize = 300;
/// The most characters of a title that an artist types.
pub const MAX_TITLE: usize = 200;

/// Title that was played.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Track {
    /// Time at which it began.
    pub at: Millis,
    /// The title, of one line.
    pub title: String,
}

/// Checks a title that an artist types, of which nothing may be left; returns the complaint.
pub fn check_title(title: &str) -> Option<Text> {
    let what = keys::complaint::what::title;
    length(what.into(), title, 0, MAX_TITLE)
        .or_else(|| has_forbidden(title, false).then(|| text!(complaint.forbidden, what = what)))
}
