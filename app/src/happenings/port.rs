//! Needs of happenings from the server.

use async_trait::async_trait;
use bandstand_domain::{
    RoomId,
    happenings::{HappeningAnswer, HappeningError, HappeningForm, HappeningId, HappeningList},
};

/// Happenings, for the person who makes the current request, in rooms of which they are a member.
#[async_trait]
pub trait Happenings: Send + Sync {
    /// Those of a room that aren't over.
    async fn list(&self, room: RoomId) -> Result<HappeningList, HappeningError>;
    /// The form of one, for who may change it.
    async fn draft(&self, id: HappeningId) -> Result<HappeningForm, HappeningError>;
    /// Plans one.
    async fn plan(&self, room: RoomId, form: HappeningForm) -> Result<HappeningId, HappeningError>;
    /// Changes one.
    async fn change(&self, id: HappeningId, form: HappeningForm) -> Result<(), HappeningError>;
    /// Calls one off. Doing it twice is no error.
    async fn cancel(&self, id: HappeningId) -> Result<(), HappeningError>;
    /// Says whether one comes, in place of what one said before.
    async fn answer(&self, id: HappeningId, answer: HappeningAnswer) -> Result<(), HappeningError>;
    /// Names of who answered, by answer.
    async fn who(
        &self,
        id: HappeningId,
    ) -> Result<Vec<(HappeningAnswer, Vec<String>)>, HappeningError>;
}
