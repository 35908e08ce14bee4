//! Translations that were made of late, and those that are being made.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use bandstand_domain::chat::{ChatPlace, MessageId};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

/// The most translations that are remembered; the oldest go first.
const MAX_REMEMBERED: usize = 4_000;

/// A message as it is at present, and the language into which it is translated. Identities are chosen by
/// senders, so they are one place's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TranslationKey {
    place: ChatPlace,
    id: MessageId,
    text: [u8; 32],
    to: String,
}

impl TranslationKey {
    /// The key of a message with this text.
    pub fn new(place: ChatPlace, id: MessageId, text: &str, to: &str) -> Self {
        Self { place, id, text: Sha256::digest(text).into(), to: to.to_ascii_lowercase() }
    }
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The translation; none for what is in the language already, or can't be translated.
    pub text: Option<String>,
    /// The language in which it was written.
    pub from: Option<String>,
    /// True if the server doesn't know one of the languages.
    pub unsupported: bool,
}

/// A translation that is made once, however many wait for it.
pub type SharedTranslation = Arc<OnceCell<Translation>>;

/// Translations in memory, within a bound.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cells: HashMap<TranslationKey, SharedTranslation>,
    order: VecDeque<TranslationKey>,
}

impl Remembered {
    /// The translation with this key, made or not.
    pub fn cell(&self, key: TranslationKey) -> SharedTranslation {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cell) = inner.cells.get(&key) {
            return cell.clone();
        }
        // Who waits for one that goes has it still.
        if inner.order.len() >= MAX_REMEMBERED
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.cells.remove(&oldest);
        }
        let cell = SharedTranslation::default();
        inner.order.push_back(key.clone());
        inner.cells.insert(key, cell.clone());
        cell
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::RoomId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let place = ChatPlace::Room(RoomId(Uuid::nil()));
        let key = |number: u128| {
            TranslationKey::new(place, MessageId(Uuid::from_u128(number)), "Hallo", "en")
        };
        let remembered = Remembered::default();
        let (first, second) = (remembered.cell(key(0)), remembered.cell(key(1)));
        for number in 2..=MAX_REMEMBERED as u128 {
            remembered.cell(key(number));
        }
        assert!(Arc::ptr_eq(&remembered.cell(key(1)), &second));
        assert!(!Arc::ptr_eq(&remembered.cell(key(0)), &first));
        assert_eq!(remembered.0.lock().unwrap().cells.len(), MAX_REMEMBERED);
    }

    #[test]
    fn a_changed_message_has_another_key() {
        let (place, id) = (ChatPlace::Room(RoomId(Uuid::nil())), MessageId(Uuid::nil()));
        let key = |text, to| TranslationKey::new(place, id, text, to);
        assert_eq!(key("Hallo", "en"), key("Hallo", "EN"));
        assert_ne!(key("Hallo", "en"), key("Hallo!", "en"));
        assert_ne!(key("Hallo", "en"), key("Hallo", "fr"));
    }
}
