//! Server functions of API tokens.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::api_tokens::{ApiToken, ApiTokenId, ApiTokenReason, DeviceRequest};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// One's own API tokens, the oldest first.
#[server(endpoint = "api_tokens/list", input = Json, output = Json)]
pub async fn load_api_tokens() -> Result<Vec<ApiToken>, Failed<ApiTokenReason>> {
    answer(port::<dyn super::port::ApiTokens>().list()).await
}

/// Makes an API token of one's own useless.
#[server(endpoint = "api_tokens/revoke", input = Json, output = Json)]
pub async fn revoke_api_token(id: ApiTokenId) -> Result<(), Failed<ApiTokenReason>> {
    answer(port::<dyn super::port::ApiTokens>().revoke(id)).await
}

/// The program that shows this code.
#[server(endpoint = "api_tokens/look_up", input = Json, output = Json)]
pub async fn look_up_device(code: String) -> Result<DeviceRequest, Failed<ApiTokenReason>> {
    answer(port::<dyn super::port::ApiTokens>().look_up(code)).await
}

/// Lets the program in that shows this code, or refuses it.
#[server(endpoint = "api_tokens/decide", input = Json, output = Json)]
pub async fn decide_device(code: String, allowed: bool) -> Result<(), Failed<ApiTokenReason>> {
    answer(port::<dyn super::port::ApiTokens>().decide(code, allowed)).await
}
