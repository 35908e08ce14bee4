//! Genres of shows and artists.

use serde::{Deserialize, Serialize};

use crate::{
    text,
    texts::{Key, Tell, Text, keys},
};

/// Most genres of a show or an artist.
pub const MAX_GENRES: usize = 3;

/// A genre: one of [`GENRES`], by its slug.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Genre(pub String);

/// The venue's genres: slug and name.
pub const GENRES: &[(&str, Key)] = &[
    ("ambient", keys::genre::ambient),
    ("blues", keys::genre::blues),
    ("classical", keys::genre::classical),
    ("comedy", keys::genre::comedy),
    ("country", keys::genre::country),
    ("dance", keys::genre::dance),
    ("electronic", keys::genre::electronic),
    ("experimental", keys::genre::experimental),
    ("folk", keys::genre::folk),
    ("hip-hop", keys::genre::hip_hop),
    ("indie", keys::genre::indie),
    ("jazz", keys::genre::jazz),
    ("latin", keys::genre::latin),
    ("metal", keys::genre::metal),
    ("pop", keys::genre::pop),
    ("punk", keys::genre::punk),
    ("radio", keys::genre::radio),
    ("reggae", keys::genre::reggae),
    ("rock", keys::genre::rock),
    ("singer-songwriter", keys::genre::singer_songwriter),
    ("soul", keys::genre::soul),
    ("spoken-word", keys::genre::spoken_word),
    ("world", keys::genre::world),
];

impl Tell for Genre {
    /// Name of the genre; the slug itself when the venue no longer has it.
    fn text(&self) -> Text {
        let found = GENRES.iter().find(|(slug, _)| *slug == self.0);
        found.map_or_else(|| Text::Said(self.0.clone()), |(_, name)| (*name).into())
    }
}

/// Checks a choice of genres; returns the complaint.
pub fn check_genres(genres: &[Genre]) -> Option<Text> {
    if genres.is_empty() {
        Some(text!(complaint.no_genre))
    } else if genres.len() > MAX_GENRES {
        Some(text!(complaint.many_genres, most = MAX_GENRES))
    } else if genres.iter().any(|genre| !GENRES.iter().any(|(slug, _)| *slug == genre.0)) {
        Some(text!(complaint.other_genre))
    } else {
        None
    }
}
