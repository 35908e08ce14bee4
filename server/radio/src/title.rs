//! Titles: what plays, in whatever charset a program tells it.

use std::{fmt, sync::Arc};

use encoding_rs::{Encoding, WINDOWS_1252};

/// The most characters of a title; what is longer is cut.
pub const MAX_TITLE: usize = 200;
/// The most bytes that are decoded: a title of a megabyte costs no more than one of this length.
const MAX_BYTES: usize = 4 * MAX_TITLE;

/// The title that plays: one line without control characters, of at most [`MAX_TITLE`] characters. Empty
/// when nothing is known. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title(Arc<str>);

impl Title {
    /// Tidies a text: runs of white space and control characters become one space.
    pub fn new(text: &str) -> Self {
        let mut title = String::new();
        let (mut count, mut gap) = (0, false);
        for c in text.chars() {
            if c.is_control() || c.is_whitespace() || is_invisible(c) {
                gap = true;
                continue;
            }
            if count >= MAX_TITLE {
                break;
            }
            if gap && count > 0 {
                title.push(' ');
                count += 1;
            }
            gap = false;
            title.push(c);
            count += 1;
        }
        // What nobody sees is none.
        if title.chars().all(|c| c == ' ' || is_blank(c)) {
            title.clear();
        }
        Self(title.into())
    }

    /// Decodes what a program sent, see [`decode_text`].
    pub fn decode(bytes: &[u8], charset: Option<&str>) -> Self {
        let bytes = &bytes[..bytes.len().min(MAX_BYTES)];
        Self::new(&decode_text(bytes, charset))
    }

    /// Joins artist and title as radios do; either may be empty.
    pub fn joined(artist: &Self, title: &Self) -> Self {
        match (artist.is_empty(), title.is_empty()) {
            (true, _) => title.clone(),
            (_, true) => artist.clone(),
            _ => Self::new(&format!("{artist} - {title}")),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that join or vary others, and fillers: nothing is seen where they stand alone.
fn is_blank(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks of direction, with which a title would turn around the text beside it, and marks of byte order.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Decodes a text: as UTF-8 where it is that, even when it was cut in the midst of a character; else in the
/// declared charset (a label of the WHATWG Encoding Standard §4.2) where that is known; else as
/// Latin-1, of which Windows-1252 is what is meant.
pub fn decode_text(bytes: &[u8], charset: Option<&str>) -> String {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => return text.to_owned(),
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            bytes.len() - error.valid_up_to() < 4 && bytes.len() >= MAX_BYTES
        }
        Err(_) => false,
    };
    if valid {
        return String::from_utf8_lossy(bytes).trim_end_matches('\u{fffd}').to_owned();
    }
    let declared = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    // Declared as UTF-8, it isn't.
    let encoding = declared.filter(|it| *it != encoding_rs::UTF_8).unwrap_or(WINDOWS_1252);
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], charset: Option<&str>) -> String {
        Title::decode(bytes, charset).to_string()
    }

    #[test]
    fn titles_are_read_in_any_charset() {
        assert_eq!(decoded("Björk – Jóga".as_bytes(), None), "Björk – Jóga");
        assert_eq!(decoded(b"Bj\xf6rk - J\xf3ga", None), "Björk - Jóga");
        assert_eq!(decoded(b"Bj\xf6rk \x96 J\xf3ga", Some("utf-8")), "Björk – Jóga");
        assert_eq!(decoded(b"\xca\xe8\xed\xee", Some("windows-1251")), "Кино");
        assert_eq!(decoded(b"\xeb\xc9\xce\xcf", Some("KOI8-R")), "Кино");
        assert_eq!(decoded(b"\x83\x5c\x83\x6a", Some("Shift_JIS")), "ソニ");
        assert_eq!(decoded(b"\xca", Some("no such thing")), "Ê");
    }

    #[test]
    fn titles_are_one_tidy_line() {
        assert_eq!(Title::new("\u{feff} a\r\n\tb\0c \u{202e}d ").as_str(), "a b c d");
        assert!(Title::new(" \r\n").is_empty());
        assert!(Title::new("\u{3164} \u{200b}\u{2060}\u{061c}").is_empty());
        assert_eq!(Title::new("\u{1f469}\u{200d}\u{1f3a4}").as_str(), "\u{1f469}\u{200d}\u{1f3a4}");
        let joined =
            |artist, title| Title::joined(&Title::new(artist), &Title::new(title)).to_string();
        assert_eq!(joined("Ada", "Song"), "Ada - Song");
        assert_eq!((joined("", "Song"), joined("Ada", "")), ("Song".into(), "Ada".into()));
    }

    #[test]
    fn a_title_of_a_megabyte_is_cut_between_characters() {
        for c in ["a", "é", "あ", "🎸"] {
            let title = Title::decode(c.repeat(1_000_000 / c.len()).as_bytes(), None);
            assert_eq!(title.as_str().chars().count(), MAX_TITLE);
            assert_eq!(title.as_str().replace(c, ""), "");
        }
        let odd = format!("x{}", "é".repeat(1_000_000));
        assert!(!Title::decode(odd.as_bytes(), None).as_str().contains('Ã'));
    }
}
