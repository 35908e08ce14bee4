//! Server functions of accounts.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::accounts::{AccountReason, Credentials, Registration, Viewer};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Makes an account and logs it in.
#[server(endpoint = "accounts/register", input = Json, output = Json)]
pub async fn register(form: Registration) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().register(form)).await
}

/// Logs in.
#[server(endpoint = "accounts/log_in", input = Json, output = Json)]
pub async fn log_in(form: Credentials) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().log_in(form)).await
}

/// Logs out.
#[server(endpoint = "accounts/log_out", input = Json, output = Json)]
pub async fn log_out() -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().log_out()).await
}

/// Who looks at the page.
#[server(endpoint = "accounts/viewer", input = Json, output = Json)]
pub async fn load_viewer() -> Result<Option<Viewer>, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().viewer()).await
}

/// Becomes a guest with a chosen name.
#[server(endpoint = "accounts/enter_as_guest", input = Json, output = Json)]
pub async fn enter_as_guest(name: String) -> Result<Viewer, Failed<AccountReason>> {
    answer(port::<dyn super::port::Accounts>().enter_as_guest(name)).await
}
