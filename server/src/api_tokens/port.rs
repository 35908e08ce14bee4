//! API tokens, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::api_tokens::port::ApiTokens;
use bandstand_domain::api_tokens::{ApiToken, ApiTokenError, ApiTokenId, DeviceRequest};

use super::device_login;
use crate::caller::Caller;

#[async_trait]
impl ApiTokens for Caller {
    async fn list(&self) -> Result<Vec<ApiToken>, ApiTokenError> {
        super::list(self).await
    }

    async fn revoke(&self, id: ApiTokenId) -> Result<(), ApiTokenError> {
        super::revoke(self, id).await
    }

    async fn look_up(&self, code: String) -> Result<DeviceRequest, ApiTokenError> {
        device_login::look_up(self, &code).await
    }

    async fn decide(&self, code: String, allowed: bool) -> Result<(), ApiTokenError> {
        device_login::decide(self, &code, allowed).await
    }
}
