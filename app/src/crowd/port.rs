//! Needs of the crowd from the server.

use async_trait::async_trait;
use bandstand_domain::{
    ShowId,
    crowd::{ChosenLook, CrowdError, Figure},
};

/// The crowd, for the person who makes the current request.
#[async_trait]
pub trait Crowd: Send + Sync {
    /// Likes a show; once per [`bandstand_domain::crowd::LIKE_COOL_DOWN`] seconds. Answers all likes so far.
    async fn like(&self, show: ShowId) -> Result<u64, CrowdError>;
    /// One's own figure.
    async fn figure(&self) -> Result<Figure, CrowdError>;
    /// Gives one's own figure a look, at every show where one is; without one, it follows from who one is.
    async fn wear(&self, look: Option<ChosenLook>) -> Result<(), CrowdError>;
}
