//! The device login over HTTP.

use axum::{Json, extract::State};
use bandstand_domain::{
    Millis, Secret,
    api_tokens::{ApiScope, CODE_LIFE},
};
use serde::{Deserialize, Serialize};

use super::{Api, count, error::ApiError};
use crate::{
    api_tokens::device_login::{self, NewApiToken, POLL_PAUSE},
    caller::Caller,
};

/// Request of a program that wants to be let in.
#[derive(Debug, Deserialize)]
pub struct DeviceStart {
    /// Name that it gives itself: the program, and the machine that it is on.
    program: String,
}

/// The codes of a device login (RFC 8628 section 3.2).
#[derive(Debug, Serialize)]
pub struct DeviceStarted {
    device_code: Secret,
    user_code: String,
    verification_uri: String,
    /// In seconds.
    expires_in: i64,
    /// In seconds.
    interval: i64,
}

/// A poll.
#[derive(Debug, Deserialize)]
pub struct DevicePoll {
    device_code: Secret,
}

/// A token (RFC 6749 section 5.1).
#[derive(Debug, Serialize)]
pub struct DeviceToken {
    access_token: Secret,
    token_type: &'static str,
    scope: String,
}

/// `POST /api/v1/device`.
pub async fn begin(
    State(api): State<Api>,
    caller: Caller,
    Json(start): Json<DeviceStart>,
) -> Result<Json<DeviceStarted>, ApiError> {
    let codes = device_login::begin(&caller, &start.program).await?;
    Ok(Json(DeviceStarted {
        device_code: codes.device_code,
        user_code: codes.user_code.to_string(),
        verification_uri: format!("{}/device", api.services.config.public_url),
        expires_in: CODE_LIFE / Millis::SECOND,
        interval: POLL_PAUSE / Millis::SECOND,
    }))
}

/// `POST /api/v1/device/token`.
pub async fn poll(
    State(api): State<Api>,
    caller: Caller,
    Json(poll): Json<DevicePoll>,
) -> Result<Json<DeviceToken>, ApiError> {
    count(&api, &caller)?;
    let made = device_login::poll(&api.services, poll.device_code.reveal()).await?;
    let NewApiToken { secret, token } = made.map_err(ApiError::Poll)?;
    let scope = ApiScope::join(&token.scopes);
    Ok(Json(DeviceToken { access_token: secret, token_type: "Bearer", scope }))
}
