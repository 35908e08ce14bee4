//! Needs of the viewer from the server.

use async_trait::async_trait;
use bandstand_domain::accounts::{AccountError, Viewer};

/// Identity of the person who makes the current request.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The viewer; nobody when there is neither an account nor a guest's name.
    async fn viewer(&self) -> Result<Option<Viewer>, AccountError>;
    /// Sends the mail that confirms the viewer's address once more.
    async fn resend_confirmation(&self) -> Result<(), AccountError>;
}
