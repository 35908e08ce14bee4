//! Translation of chat messages, for who reads another language.

use serde::{Deserialize, Serialize};

use crate::{
    FieldErrors, Millis, Refusal,
    chat::MessageId,
    refusal::{Reason, print_text},
    text,
    texts::{Tell, Text},
};

/// The most messages in one request.
pub const MAX_TRANSLATED: usize = 20;
/// The longest tag of a language, in bytes.
const MAX_TAG: usize = 35;

/// Reason to refuse a request, particular to translation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TranslationReason {
    /// The operator names no server that translates.
    NotConfigured,
    /// The server that translates doesn't know one of the languages.
    Unsupported,
    /// The server that translates doesn't answer, or not with a translation.
    Failed,
}

impl Tell for TranslationReason {
    fn text(&self) -> Text {
        match self {
            Self::NotConfigured => text!(refusal.translation.not_configured),
            Self::Unsupported => text!(refusal.translation.unsupported),
            Self::Failed => text!(refusal.translation.failed),
        }
    }
}

print_text!(TranslationReason);

impl Reason for TranslationReason {
    fn status(&self) -> u16 {
        match self {
            Self::NotConfigured | Self::Unsupported => 409,
            Self::Failed => 502,
        }
    }
}

/// Refusal by translation.
pub type TranslationError = Refusal<TranslationReason>;

/// A message in the language that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedMessage {
    /// The message.
    pub id: MessageId,
    /// The version of it that was translated: the instant of its last change.
    pub edited_at: Option<Millis>,
    /// The translation; none for what is in that language already, or can't be translated.
    pub text: Option<String>,
    /// The language in which it was written, as far as that is known.
    pub from: Option<String>,
}

/// Translations of some messages. Those that aren't there any more are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranslatedMessages {
    /// Translations, in no order.
    pub messages: Vec<TranslatedMessage>,
    /// Messages that could not be translated just now, and may be later.
    pub failed: Vec<MessageId>,
}

/// Tells whether a text looks like the tag of a language (BCP 47): letters, then parts after hyphens.
pub fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    tag.len() <= MAX_TAG
        && (2..=3).contains(&primary.len())
        && primary.chars().all(|c| c.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        })
}

/// Tells whether two tags name the same language, wherever it is spoken and however it is written.
pub fn is_same_language(one: &str, other: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    primary(one) == primary(other)
}

/// Checks which messages are to be translated, and into which language.
///
/// # Errors
/// Complaints, field by field.
pub fn check_request(ids: &[MessageId], to: &str) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::default();
    if ids.is_empty() || ids.len() > MAX_TRANSLATED {
        errors.add("ids", text!(complaint.translated, most = MAX_TRANSLATED));
    }
    if !is_language_tag(to) {
        errors.add("to", text!(complaint.language));
    }
    errors.into_result()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn tags_of_languages_are_told_from_other_text() {
        for tag in ["en", "de", "pt-BR", "zh-Hant-TW", "gsw"] {
            assert!(is_language_tag(tag), "{tag}");
        }
        for other in
            ["", "e", "english", "en_GB", "en-", "../en", "en?x=1", "12", &"en-a".repeat(9)]
        {
            assert!(!is_language_tag(other), "{other}");
        }
        assert!(is_same_language("pt-BR", "PT") && !is_same_language("en", "eng"));
    }

    #[test]
    fn requests_are_bounded() {
        let check = |count, to| check_request(&vec![MessageId(Uuid::nil()); count], to);
        assert!(check(MAX_TRANSLATED, "en").is_ok());
        assert!(check(0, "en").is_err() && check(MAX_TRANSLATED + 1, "en").is_err());
        assert!(check(1, "../en").is_err());
    }
}
