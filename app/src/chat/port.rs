//! Needs of the chat from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId, ShowId,
    chat::{ChatError, ChatPage, MessageId},
};

/// The chat of shows, for the person who makes the current request.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts a message. The same `id` by the same person is posted once.
    async fn post(&self, show: ShowId, id: MessageId, text: String) -> Result<(), ChatError>;
    /// Deletes a message: one's own, or any at one's own show.
    async fn delete(&self, show: ShowId, id: MessageId) -> Result<(), ChatError>;
    /// Mutes a person at one's own show, or lets them speak again.
    async fn mute(&self, show: ShowId, person: PersonId, muted: bool) -> Result<(), ChatError>;
    /// Messages before `position`; for those who may enter the show, and for all once it is over.
    async fn history(&self, show: ShowId, before: i64) -> Result<ChatPage, ChatError>;
}
