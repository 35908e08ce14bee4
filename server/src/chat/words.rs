//! Words that messages may not have.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A text as it is compared: without case, accents and compatibility forms.
fn fold(text: &str) -> String {
    let bare = text.nfkd().filter(|c| !is_combining_mark(*c) && !is_ignorable(*c));
    bare.flat_map(char::to_lowercase).collect()
}

/// Characters that nobody sees within a word.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Tells whether `text` has one of `words`, as a word of its own or as several in a row.
pub fn has_word<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> bool {
    let spaced = |text: &str| {
        let folded = fold(text);
        let parts: Vec<_> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty()).collect();
        format!(" {} ", parts.join(" "))
    };
    let text = spaced(text);
    words.into_iter().map(spaced).any(|word| word.len() > 2 && text.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_dressed() {
        let list = ["spam", "Très bad", "..."];
        for text in ["SPAM!", "buy sp\u{200b}am now", "ｓｐａｍ", "that is tres BAD", "(spám)"]
        {
            assert!(has_word(text, list), "{text}");
        }
        for text in ["spammer", "bad", "tres, very bad", "...", ""] {
            assert!(!has_word(text, list), "{text}");
        }
    }
}
