//! Needs of the moderation of chats from the server.

use async_trait::async_trait;
use bandstand_domain::{
    PersonId,
    chat::{ChatBan, ChatError, ChatPlace, HeldMessage, MessageId, ModerationPage, RulesForm},
};

/// Moderation of the chats of shows and rooms, for the person who makes the current request.
#[async_trait]
pub trait ChatModeration: Send + Sync {
    /// Rules of a place where one moderates.
    async fn rules(&self, place: ChatPlace) -> Result<RulesForm, ChatError>;
    /// Changes the rules of a place where one moderates.
    async fn set_rules(&self, place: ChatPlace, form: RulesForm) -> Result<(), ChatError>;
    /// Mutes all guests for so many minutes; 0 lets them write again.
    async fn mute_guests(&self, place: ChatPlace, minutes: u32) -> Result<(), ChatError>;
    /// Messages that wait: all where one moderates, else one's own.
    async fn held(&self, place: ChatPlace) -> Result<Vec<HeldMessage>, ChatError>;
    /// Approves or rejects a message that waits.
    async fn decide(
        &self,
        place: ChatPlace,
        id: MessageId,
        approved: bool,
    ) -> Result<(), ChatError>;
    /// Bans a person from a show, or lets them back.
    async fn ban(&self, place: ChatPlace, person: PersonId, banned: bool) -> Result<(), ChatError>;
    /// People who are banned from a show.
    async fn bans(&self, place: ChatPlace) -> Result<Vec<ChatBan>, ChatError>;
    /// Log of what was done, the latest first, before the entry with this number.
    async fn moderation_log(
        &self,
        place: ChatPlace,
        before: i64,
    ) -> Result<ModerationPage, ChatError>;
}
