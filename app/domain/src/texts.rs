//! Texts for people, by key, from the catalogues in `texts/*.toml`.
//!
//! A [`Text`] is a key and what fills its gaps, in no language yet; a [`Catalogue`] says it. The server
//! has every catalogue. A browser loads that of the page's language, and holds numbers instead of
//! sentences. `docs/texts.md` tells how to add a text or a language.

mod language;
mod plural;

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use language::Traits;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// The place of a text in the catalogues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(pub(crate) u16);

/// A text that no language has been chosen for. As JSON it is a string: in English, unless
/// [`Text::settle`] came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// One of the catalogue, with what fills its gaps.
    Key(Key, Vec<Arg>),
    /// One that is said already: what people wrote, or what the server said in their language.
    Said(String),
}

/// Argument that fills a gap in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A number; as `count` it chooses the plural form.
    Number(i64),
    /// A name, or another text of the catalogue.
    Text(Text),
}

/// Anything that is told to people.
pub trait Tell {
    /// Its words.
    fn text(&self) -> Text;
}

impl Text {
    /// A text from its key and what fills its gaps, as [`text!`](crate::text) makes them.
    pub fn filled((key, args): (Key, Vec<Arg>)) -> Self {
        Self::Key(key, args)
    }

    /// Turns it into the words of a language, as which it is serialised.
    pub fn settle(&mut self, catalogue: Catalogue) {
        *self = Self::Said(catalogue.say(self));
    }
}

impl From<Key> for Text {
    fn from(key: Key) -> Self {
        Self::Key(key, Vec::new())
    }
}

/// In English; in a browser, in the language of its page.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Catalogue::default().say(self))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::Said)
    }
}

impl From<Text> for Arg {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<Key> for Arg {
    fn from(key: Key) -> Self {
        Self::Text(key.into())
    }
}

impl From<String> for Arg {
    fn from(name: String) -> Self {
        Self::Text(Text::Said(name))
    }
}

impl From<&str> for Arg {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<&String> for Arg {
    fn from(name: &String) -> Self {
        name.as_str().into()
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl From<$number> for Arg {
            fn from(number: $number) -> Self {
                Self::Number(number as i64)
            }
        }
    )+};
}

numbers!(i32, i64, u16, u32, u64, usize);

/// The texts of one language, in the order of their keys.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    language: Language,
    /// Plural forms are divided by tabs, gaps are numbers in braces.
    texts: &'static [&'static str],
}

impl Catalogue {
    /// Its language.
    pub fn language(self) -> Language {
        self.language
    }

    /// A text without gaps.
    pub fn word(self, key: Key) -> &'static str {
        // Never missing: a browser's catalogue has the fingerprint of its keys.
        self.texts.get(usize::from(key.0)).copied().unwrap_or_default()
    }

    /// A text with its gaps filled.
    pub fn say(self, text: &Text) -> String {
        match text {
            Text::Said(text) => text.clone(),
            Text::Key(key, args) => {
                let mut said = String::new();
                for piece in pieces(self.form(*key, args)) {
                    match piece {
                        Piece::Words(words) => said.push_str(words),
                        Piece::Gap(number) => match args.get(number) {
                            Some(Arg::Number(number)) => {
                                said.push_str(&self.language.number(*number))
                            }
                            Some(Arg::Text(text)) => said.push_str(&self.say(text)),
                            None => {}
                        },
                    }
                }
                said
            }
        }
    }

    /// The form of a text that goes with its number.
    fn form(self, key: Key, args: &[Arg]) -> &'static str {
        let text = self.word(key);
        let Some(Arg::Number(count)) = args.first() else { return text };
        if !text.contains('\t') {
            return text;
        }
        let form = self.language.plural_form(count.unsigned_abs());
        text.split('\t').nth(form).unwrap_or_default()
    }
}

#[cfg(not(target_family = "wasm"))]
impl Catalogue {
    /// The catalogue of a language.
    pub fn of(language: Language) -> Self {
        Self { language, texts: &TEXTS[language as usize] }
    }

    /// The catalogue as a browser loads it: what the keys stand for and the tag on the first line, then a
    /// text a line.
    pub fn for_pages(self) -> String {
        let head = format!("{FINGERPRINT} {}", self.language.tag());
        [head.as_str()]
            .into_iter()
            .chain(self.texts[..PAGES].iter().copied())
            .collect::<Vec<_>>()
            .join("\n")
    }
}

#[cfg(not(target_family = "wasm"))]
impl Default for Catalogue {
    /// English, which programs and logs are told.
    fn default() -> Self {
        Self::of(Language::default())
    }
}

#[cfg(target_family = "wasm")]
impl Default for Catalogue {
    /// The one that was loaded.
    fn default() -> Self {
        LOADED.get().copied().unwrap_or(Self { language: Language::default(), texts: &[] })
    }
}

#[cfg(target_family = "wasm")]
static LOADED: std::sync::OnceLock<Catalogue> = std::sync::OnceLock::new();

#[cfg(any(target_family = "wasm", test))]
impl Catalogue {
    /// Reads what [`Catalogue::for_pages`] made; `None` for what is none, or for other keys.
    fn read(content: String) -> Option<Self> {
        let (head, texts) = content.leak().split_once('\n')?;
        let language = Language::from_tag(head.strip_prefix(FINGERPRINT)?.trim_start())?;
        Some(Self { language, texts: texts.split('\n').collect::<Vec<_>>().leak() })
    }
}

#[cfg(target_family = "wasm")]
impl Catalogue {
    /// Takes what [`Catalogue::for_pages`] made as the catalogue of this page; whether it is one for these
    /// keys.
    pub fn load(content: String) -> bool {
        Self::read(content).is_some_and(|catalogue| LOADED.set(catalogue).is_ok())
    }
}

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Words between gaps.
    Words(&'static str),
    /// The number of a gap.
    Gap(usize),
}

/// The pieces of a text without plural forms.
pub fn pieces(text: &'static str) -> impl Iterator<Item = Piece> {
    // What stands behind a brace begins with the number of the gap.
    text.split('{').enumerate().flat_map(|(at, part)| {
        let gap = if at == 0 { None } else { part.split_once('}') };
        let (gap, words) = match gap {
            Some((number, words)) => (number.parse().ok().map(Piece::Gap), words),
            None => (None, part),
        };
        [gap, (!words.is_empty()).then_some(Piece::Words(words))].into_iter().flatten()
    })
}

/// A text by its key: `text!(stage.over)`, `text!(complaint.missing, what = name)`.
#[macro_export]
macro_rules! text {
    ($($name:ident).+) => { $crate::texts::Text::from($crate::texts::keys::$($name)::+) };
    ($($name:ident).+, $($gap:ident = $value:expr),+ $(,)?) => {
        $crate::texts::Text::filled(
            $crate::texts::keys::$($name)::+ { $($gap: ::core::convert::Into::into($value)),+ }.filled(),
        )
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_put_together_are_the_text() {
        let found: Vec<Piece> = pieces("a {1} b {0}").collect();
        assert_eq!(found, [Piece::Words("a "), Piece::Gap(1), Piece::Words(" b "), Piece::Gap(0)]);
        assert_eq!(pieces("plain").collect::<Vec<_>>(), [Piece::Words("plain")]);
        assert_eq!(pieces("{0}").collect::<Vec<_>>(), [Piece::Gap(0)]);
    }

    #[test]
    fn numbers_are_grouped_by_thousands_as_the_language_does() {
        let said = |number| (Language::English.number(number), Language::German.number(number));
        assert_eq!(said(0), ("0".into(), "0".into()));
        assert_eq!(said(999), ("999".into(), "999".into()));
        assert_eq!(said(1_893), ("1,893".into(), "1.893".into()));
        assert_eq!(said(-12_345_678), ("-12,345,678".into(), "-12.345.678".into()));
    }

    #[test]
    fn a_catalogue_comes_back_from_what_a_browser_loads() {
        for language in Language::ALL {
            let own = Catalogue::of(language);
            let loaded = Catalogue::read(own.for_pages()).unwrap();
            assert_eq!(loaded.language(), language);
            assert_eq!(loaded.texts, &own.texts[..PAGES]);
        }
    }

    #[test]
    fn a_catalogue_of_other_keys_is_refused() {
        let other = Catalogue::default().for_pages().replacen(FINGERPRINT, "0123456789abcdef", 1);
        assert!(Catalogue::read(other).is_none());
        assert!(Catalogue::read("<!DOCTYPE html>".into()).is_none());
    }
}
