//! Chapters of a recording: the titles of its show's tracklist, each from its time on.

use bandstand_domain::{Millis, recordings::Cut, shows::Track};

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

/// Number of the chapter that plays at a time.
pub fn chapter_at(chapters: &[Chapter], time: u64) -> Option<usize> {
    chapters.partition_point(|chapter| chapter.time <= time).checked_sub(1)
}

/// Marks of chapters on a line that is a thousand long, as the data of a path.
pub fn marks(chapters: &[Chapter], length: u64) -> String {
    let place = |chapter: &Chapter| chapter.time * 1_000 / length.max(1);
    chapters.iter().map(|chapter| format!("M{} 0v1", place(chapter))).collect()
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

    #[test]
    fn a_chapter_lasts_until_the_next() {
        let chapter = |time| Chapter { time, title: String::new() };
        let chapters = [chapter(1_000), chapter(2_500)];
        let found = [0, 1_000, 2_499, 2_500, 9_000].map(|time| chapter_at(&chapters, time));
        assert_eq!(found, [None, Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(marks(&chapters, 5_000), "M200 0v1M500 0v1");
    }
}
