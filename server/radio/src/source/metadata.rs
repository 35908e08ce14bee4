//! Titles that come beside the sound: `GET /admin/metadata?mode=updinfo&mount=…&song=…`.

use thiserror::Error;

use crate::{Title, decode_text};

/// Reason to refuse a request about titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataError {
    /// Another mode than `updinfo`.
    #[error("The mode is updinfo.")]
    Mode,
    /// There is neither `song` nor `title` nor `artist`.
    #[error("Name the title by song, or by title and artist.")]
    NoTitle,
}

/// A request to change the title (Icecast's `/admin/metadata`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TitleUpdate {
    /// The mount, such as `/radio/018f…`, as it is written; empty when none is named.
    pub mount: String,
    /// The title; empty when the program says that nothing plays.
    pub title: Title,
}

impl TitleUpdate {
    /// Reads a query. Programs name the title by `song`, or by `artist` and `title`, which count when both
    /// are there; in UTF-8, or whatever `charset` says.
    ///
    /// # Errors
    /// [`MetadataError`].
    pub fn parse(query: &str) -> Result<Self, MetadataError> {
        let field = |name: &str| {
            let mut fields = query.split('&').filter_map(|it| it.split_once('='));
            fields.find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| percent_decoded(it.1))
        };
        let text = |name: &str| field(name).map(|it| decode_text(&it, None));
        if text("mode").is_some_and(|it| it != "updinfo") {
            return Err(MetadataError::Mode);
        }
        let charset = text("charset");
        let title = |name: &str| field(name).map(|it| Title::decode(&it, charset.as_deref()));
        let title = match (title("artist"), title("title"), title("song")) {
            (Some(artist), Some(title), _) => Title::joined(&artist, &title),
            (_, _, Some(song)) => song,
            (artist, title, None) => title.or(artist).ok_or(MetadataError::NoTitle)?,
        };
        Ok(Self { mount: text("mount").unwrap_or_default(), title })
    }
}

/// Decodes a part of a query, in which a plus is a space (`application/x-www-form-urlencoded`). What is no
/// escape stays as it is: some programs write `100%`.
fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = |it: usize| bytes.get(it).and_then(|it| char::from(*it).to_digit(16));
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(u8::try_from(high * 16 + low).unwrap_or_default());
                at += 2;
            }
            (b'+', ..) => decoded.push(b' '),
            (byte, ..) => decoded.push(*byte),
        }
        at += 1;
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_TITLE;

    fn title(query: &str) -> String {
        TitleUpdate::parse(query).unwrap().title.to_string()
    }

    #[test]
    fn both_spellings_are_read() {
        let update = TitleUpdate::parse("mode=updinfo&mount=%2Fradio%2F018f&song=Ada+-+Song%201");
        let update = update.unwrap();
        assert_eq!((update.mount.as_str(), update.title.as_str()), ("/radio/018f", "Ada - Song 1"));
        assert_eq!(title("mode=updinfo&mount=/radio&artist=Ada&title=Song"), "Ada - Song");
        assert_eq!(title("mount=/radio&title=Song"), "Song");
        assert_eq!(title("mount=/radio&artist=Ada&title="), "Ada");
        // Mixxx sends all of them.
        assert_eq!(title("song=Ada-Song&artist=Ada&title=Song"), "Ada - Song");
        assert_eq!(title("song="), "");
    }

    #[test]
    fn any_charset_is_read() {
        assert_eq!(title("song=Bj%C3%B6rk"), "Björk");
        assert_eq!(title("song=Bj%F6rk"), "Björk");
        assert_eq!(title("charset=windows-1251&song=%CA%E8%ED%EE"), "Кино");
        assert_eq!(title("song=100%&x"), "100%");
        assert_eq!(title("song=a%00%0d%0ab"), "a b");
    }

    #[test]
    fn what_says_nothing_is_refused() {
        assert_eq!(TitleUpdate::parse("mode=fallbacks&song=a"), Err(MetadataError::Mode));
        assert_eq!(TitleUpdate::parse("mode=updinfo&mount=/radio"), Err(MetadataError::NoTitle));
        assert_eq!(TitleUpdate::parse(""), Err(MetadataError::NoTitle));
    }

    #[test]
    fn a_title_of_a_megabyte_is_cut() {
        let long = title(&format!("song={}", "%C3%A4".repeat(1_000_000)));
        assert_eq!(long, "ä".repeat(MAX_TITLE));
    }
}
