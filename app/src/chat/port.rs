//! Needs of the chat from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId,
    chat::{
        ChatError, ChatMessage, ChatPage, ChatPlace, HeldWhy, MessageId, Reaction, ReactionCount,
    },
    uploads::RoomFileId,
};

/// The chats of shows and rooms, for the person who makes the current request.
#[async_trait]
pub trait Chat: Send + Sync {
    /// Posts a message, which may answer another and carry files of its author's; why it waits, if it does. The same `id` by the same person is posted
    /// once.
    async fn post(
        &self,
        place: ChatPlace,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
        files: Vec<RoomFileId>,
    ) -> Result<Option<HeldWhy>, ChatError>;
    /// Changes the text of one's own message.
    async fn edit(&self, place: ChatPlace, id: MessageId, text: String) -> Result<(), ChatError>;
    /// Deletes a message: one's own, or any where one moderates.
    async fn delete(&self, place: ChatPlace, id: MessageId) -> Result<(), ChatError>;
    /// Mutes a person where one moderates, or lets them speak again.
    async fn mute(&self, place: ChatPlace, person: PersonId, muted: bool) -> Result<(), ChatError>;
    /// Reacts to a message, or takes a reaction back; all reactions to it by now.
    async fn react(
        &self,
        place: ChatPlace,
        id: MessageId,
        reaction: Reaction,
        on: bool,
    ) -> Result<Vec<ReactionCount>, ChatError>;
    /// Pins a message where one moderates, or takes it off.
    async fn pin(&self, place: ChatPlace, id: MessageId, pinned: bool) -> Result<(), ChatError>;
    /// Messages that others answer or that are pinned, as far as they are still there.
    async fn messages(
        &self,
        place: ChatPlace,
        ids: Vec<MessageId>,
    ) -> Result<Vec<ChatMessage>, ChatError>;
    /// Answers to a message before `position`.
    async fn thread(
        &self,
        place: ChatPlace,
        id: MessageId,
        before: i64,
    ) -> Result<ChatPage, ChatError>;
    /// Messages before `position`; for those who may enter the place, and for all once a show is over.
    async fn history(&self, place: ChatPlace, before: i64) -> Result<ChatPage, ChatError>;
}
