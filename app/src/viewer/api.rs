//! Server functions of the viewer.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::accounts::{AccountReason, Viewer};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Viewer of the page.
#[server(endpoint = "accounts/viewer", input = Json, output = Json)]
pub async fn load_viewer() -> Result<Option<Viewer>, Failed<AccountReason>> {
    answer(port::<dyn super::port::Identity>().viewer()).await
}

/// Asks for the mail with the link that confirms one's address again.
#[server(endpoint = "accounts/resend", input = Json, output = Json)]
pub async fn resend_confirmation() -> Result<(), Failed<AccountReason>> {
    answer(port::<dyn super::port::Identity>().resend_confirmation()).await
}
