//! Needs of those who read chats from the server.

use async_trait::async_trait;
use bandstand_domain::chat::{ChatError, ChatPlace, HiddenPerson, RoomUnread, SearchPage};

/// Searching, reading and hiding, for the person who makes the current request.
#[async_trait]
pub trait ChatReading: Send + Sync {
    /// Messages before `before` that have all words of `text`.
    async fn search(
        &self,
        place: ChatPlace,
        text: String,
        before: i64,
    ) -> Result<SearchPage, ChatError>;
    /// Notes that one has read a room up to `position`.
    async fn read_to(&self, place: ChatPlace, position: i64) -> Result<(), ChatError>;
    /// Numbers of unread messages in one's rooms, where there are some.
    async fn unread(&self) -> Result<Vec<RoomUnread>, ChatError>;
    /// People whom one's account has hidden.
    async fn hidden(&self) -> Result<Vec<HiddenPerson>, ChatError>;
    /// Hides a person from one's account, or shows them again.
    async fn hide(&self, hidden: HiddenPerson, hide: bool) -> Result<(), ChatError>;
}
