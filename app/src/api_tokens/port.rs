//! Needs of API tokens from the server.

use async_trait::async_trait;
use bandstand_domain::api_tokens::{ApiToken, ApiTokenError, ApiTokenId, DeviceRequest};

/// API tokens, for the person who makes the current request.
#[async_trait]
pub trait ApiTokens: Send + Sync {
    /// One's own tokens, the oldest first.
    async fn list(&self) -> Result<Vec<ApiToken>, ApiTokenError>;
    /// Makes a token of one's own useless, and takes off the stage whoever is there with it.
    async fn revoke(&self, id: ApiTokenId) -> Result<(), ApiTokenError>;
    /// The program that shows this code.
    async fn look_up(&self, code: String) -> Result<DeviceRequest, ApiTokenError>;
    /// Lets the program in that shows this code, or refuses it.
    async fn decide(&self, code: String, allowed: bool) -> Result<(), ApiTokenError>;
}
