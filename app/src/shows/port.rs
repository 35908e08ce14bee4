//! Needs of shows from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    people::PeopleError,
    shows::{Section, ShowDraft, ShowError, ShowFigures, ShowList, ShowPage, WhatsOn},
};

/// Shows, for the person who makes the current request.
#[async_trait]
pub trait Shows: Send + Sync {
    /// The first page.
    async fn whats_on(&self) -> Result<WhatsOn, ShowError>;
    /// A further page of a section, from `next` of the one before.
    async fn more(&self, section: Section, next: String) -> Result<ShowList, ShowError>;
    /// A show for its page; [`bandstand_domain::Refusal::Gone`] when it was deleted.
    async fn show(&self, id: ShowId) -> Result<ShowPage, ShowError>;
    /// All shows of the artist who asks: upcoming and live by start, then past backwards.
    async fn mine(&self) -> Result<ShowList, ShowError>;
    /// A show of one's own as the form that made it.
    async fn draft(&self, id: ShowId) -> Result<ShowDraft, ShowError>;
    /// The form of a new show as it begins, after the artist's last one.
    async fn next_draft(&self) -> Result<ShowDraft, ShowError>;
    /// Announces a show.
    async fn create(&self, draft: ShowDraft) -> Result<ShowId, ShowError>;
    /// Changes a show of one's own.
    async fn update(&self, id: ShowId, draft: ShowDraft) -> Result<(), ShowError>;
    /// Deletes a show of one's own; who is on stage is taken off it.
    async fn delete(&self, id: ShowId) -> Result<(), ShowError>;
    /// Lets a show of one's own that is on last fifteen minutes longer.
    async fn extend(&self, id: ShowId) -> Result<(), ShowError>;
    /// The figures of a show of one's own.
    async fn figures(&self, id: ShowId) -> Result<ShowFigures, ShowError>;
    /// Takes the artwork of a show of one's own away.
    async fn remove_artwork(&self, id: ShowId) -> Result<(), PeopleError>;
}
