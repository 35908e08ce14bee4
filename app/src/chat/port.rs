//! Needs of the chat from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId,
    chat::{ChatError, ChatPage, ChatPlace, MessageId},
};

/// The chats of shows and rooms, for the person who makes the current request.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts a message. The same `id` by the same person is posted once.
    async fn post(&self, place: ChatPlace, id: MessageId, text: String) -> Result<(), ChatError>;
    /// Deletes a message: one's own, or any where one moderates.
    async fn delete(&self, place: ChatPlace, id: MessageId) -> Result<(), ChatError>;
    /// Mutes a person where one moderates, or lets them speak again.
    async fn mute(&self, place: ChatPlace, person: PersonId, muted: bool) -> Result<(), ChatError>;
    /// Messages before `position`; for those who may enter the place, and for all once a show is over.
    async fn history(&self, place: ChatPlace, before: i64) -> Result<ChatPage, ChatError>;
}
