//! Needs of the chat from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId, ShowId,
    chat::{ChatError, ChatMessage, ChatPage, MessageId, Reaction},
};

/// The chat of shows, for the person who makes the current request.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts a message, which may answer another. The same `id` by the same person is posted once.
    async fn post(
        &self,
        show: ShowId,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
    ) -> Result<(), ChatError>;
    /// Deletes a message: one's own, or any at one's own show.
    async fn delete(&self, show: ShowId, id: MessageId) -> Result<(), ChatError>;
    /// Mutes a person at one's own show, or lets them speak again.
    async fn mute(&self, show: ShowId, person: PersonId, muted: bool) -> Result<(), ChatError>;
    /// Reacts to a message, or takes a reaction back.
    async fn react(
        &self,
        show: ShowId,
        id: MessageId,
        reaction: Reaction,
        on: bool,
    ) -> Result<(), ChatError>;
    /// Pins a message at one's own show in place of another, or none.
    async fn pin(&self, show: ShowId, id: Option<MessageId>) -> Result<(), ChatError>;
    /// Message of a chat that one may read.
    async fn message(&self, show: ShowId, id: MessageId) -> Result<ChatMessage, ChatError>;
    /// Messages before `position`; for those who may enter the show, and for all once it is over.
    async fn history(&self, show: ShowId, before: i64) -> Result<ChatPage, ChatError>;
}
