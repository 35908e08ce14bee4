//! Needs of translation from the server.

use async_trait::async_trait;
use bandstand_domain::{
    chat::{ChatPlace, MessageId},
    translation::{TranslatedMessages, TranslationError},
};

/// Translation of messages, for the person who makes the current request.
#[async_trait]
pub trait Translations: Send + Sync {
    /// Translates messages that the person may read into the language with the tag `to`.
    async fn translate(
        &self,
        place: ChatPlace,
        ids: Vec<MessageId>,
        to: String,
    ) -> Result<TranslatedMessages, TranslationError>;
}
