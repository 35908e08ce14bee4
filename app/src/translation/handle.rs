//! Handle of the translation of one chat.

use std::sync::Arc;

use bandstand_domain::chat::{ChatMessage, ChatPlace};
use leptos::prelude::*;

use super::{text_view::Original, work::Work};

/// Translation in one chat: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct TranslationHandle {
    pub(super) place: ChatPlace,
    pub(super) reader: RwSignal<Option<Reader>>,
}

impl TranslationHandle {
    /// Translation of a chat that nobody has chosen yet.
    pub fn new(place: ChatPlace) -> Self {
        Self { place, reader: RwSignal::new(None) }
    }

    /// Translation of a message and its language, once it is there and while the reader wants one.
    pub fn short(self, message: &Arc<ChatMessage>) -> ShortTranslation {
        self.reader.get().and_then(|reader| (reader.short)(reader.work, message))
    }
}

/// Translation of a message and its language, where there is one.
pub type ShortTranslation = Option<(String, String)>;

/// What the part of translation makes, while the reader wants it.
#[derive(Clone, Copy)]
pub(super) struct Reader {
    /// What is translated.
    pub work: Work,
    /// Translation of a message, below its text or in its place.
    pub show: fn(Work, Arc<ChatMessage>, Original) -> AnyView,
    /// Translation of a message and its language, once it is there.
    pub short: fn(Work, &Arc<ChatMessage>) -> ShortTranslation,
    /// How it goes.
    pub notes: fn(Work) -> AnyView,
}
