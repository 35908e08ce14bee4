//! Server functions of passkeys and second factors.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    Secret,
    accounts::Viewer,
    factors::{Challenge, FactorReason, SetUp, SignInMethods},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::port::Factors;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Sign-in methods of the viewer's account.
#[server(endpoint = "factors/ways", input = Json, output = Json)]
pub async fn load_sign_in_methods() -> Result<SignInMethods, Failed<FactorReason>> {
    answer(port::<dyn Factors>().ways()).await
}

/// Begins to add a passkey.
#[server(endpoint = "factors/begin_passkey", input = Json, output = Json)]
pub async fn begin_passkey(password: Option<Secret>) -> Result<Challenge, Failed<FactorReason>> {
    answer(port::<dyn Factors>().begin_passkey(password)).await
}

/// Adds the passkey that the device made.
#[server(endpoint = "factors/add_passkey", input = Json, output = Json)]
pub async fn add_passkey(
    ceremony: String,
    name: String,
    credential: String,
) -> Result<(), Failed<FactorReason>> {
    answer(port::<dyn Factors>().add_passkey(ceremony, name, credential)).await
}

/// Removes a passkey of one's own.
#[server(endpoint = "factors/remove_passkey", input = Json, output = Json)]
pub async fn remove_passkey(
    id: String,
    password: Option<Secret>,
) -> Result<(), Failed<FactorReason>> {
    answer(port::<dyn Factors>().remove_passkey(id, password)).await
}

/// Begins to log in with a passkey.
#[server(endpoint = "factors/begin_log_in", input = Json, output = Json)]
pub async fn begin_log_in() -> Result<Challenge, Failed<FactorReason>> {
    answer(port::<dyn Factors>().begin_log_in()).await
}

/// Logs in with a passkey.
#[server(endpoint = "factors/log_in", input = Json, output = Json)]
pub async fn log_in_with_passkey(
    ceremony: String,
    credential: String,
) -> Result<Viewer, Failed<FactorReason>> {
    answer(port::<dyn Factors>().log_in_with_passkey(ceremony, credential)).await
}

/// Begins to set up the second factor.
#[server(endpoint = "factors/begin_second_factor", input = Json, output = Json)]
pub async fn begin_second_factor(password: Option<Secret>) -> Result<SetUp, Failed<FactorReason>> {
    answer(port::<dyn Factors>().begin_second_factor(password)).await
}

/// Turns the second factor on.
#[server(endpoint = "factors/enable_second_factor", input = Json, output = Json)]
pub async fn enable_second_factor(code: String) -> Result<Vec<Secret>, Failed<FactorReason>> {
    answer(port::<dyn Factors>().enable_second_factor(code)).await
}

/// Turns the second factor off.
#[server(endpoint = "factors/disable_second_factor", input = Json, output = Json)]
pub async fn disable_second_factor(password: Option<Secret>) -> Result<(), Failed<FactorReason>> {
    answer(port::<dyn Factors>().disable_second_factor(password)).await
}

/// New recovery codes in place of all former ones.
#[server(endpoint = "factors/new_recovery_codes", input = Json, output = Json)]
pub async fn new_recovery_codes(
    password: Option<Secret>,
) -> Result<Vec<Secret>, Failed<FactorReason>> {
    answer(port::<dyn Factors>().new_recovery_codes(password)).await
}
