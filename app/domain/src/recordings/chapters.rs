//! Chapters of a recording: the titles of its show's tracklist, each from its time on.

use super::Cut;
use crate::{Millis, shows::Track};

/// Chapter, from its time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Time since the beginning of what is played, in milliseconds.
    pub time: u64,
    /// Its title.
    pub title: String,
}

/// Chapters of what is played, in order. A title that began before is there from the beginning on.
pub fn chapters(tracks: &[Track], began_at: Millis, cut: Cut) -> Vec<Chapter> {
    let mut chapters: Vec<_> = tracks
        .iter()
        .map(|track| (u64::try_from(track.at.since(began_at)).unwrap_or_default(), &track.title))
        .filter(|(time, _)| *time < cut.to)
        .map(|(time, title)| Chapter { time: time.saturating_sub(cut.from), title: title.clone() })
        .collect();
    chapters.sort_by_key(|chapter| chapter.time);
    let before = chapters.partition_point(|chapter| chapter.time == 0);
    chapters.drain(..before.saturating_sub(1));
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_begin_with_the_title_that_plays_first() {
        let track = |at, title: &str| Track { at: Millis(at), title: title.to_owned() };
        let tracks = [
            track(900, "Before"),
            track(1_500, "First"),
            track(4_000, "Second"),
            track(9_000, "Cut off"),
        ];
        let found = chapters(&tracks, Millis(1_000), Cut { from: 1_000, to: 5_000 });
        let found: Vec<_> = found.iter().map(|it| (it.time, it.title.as_str())).collect();
        assert_eq!(found, [(0, "First"), (2_000, "Second")]);
    }
}
