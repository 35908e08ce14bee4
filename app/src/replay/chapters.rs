//! Chapters of a recording on its bar.

use bandstand_domain::recordings::Chapter;

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
    fn a_chapter_lasts_until_the_next() {
        let chapter = |time| Chapter { time, title: String::new() };
        let chapters = [chapter(1_000), chapter(2_500)];
        let found = [0, 1_000, 2_499, 2_500, 9_000].map(|time| chapter_at(&chapters, time));
        assert_eq!(found, [None, Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(marks(&chapters, 5_000), "M200 0v1M500 0v1");
    }
}
