//! Server functions of listening with players.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{ShowId, listening::PersonalAddress, shows::ShowReason};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// One's own address of a show's sound.
#[server(endpoint = "listening/address", input = Json, output = Json)]
pub async fn load_personal_address(show: ShowId) -> Result<PersonalAddress, Failed<ShowReason>> {
    answer(port::<dyn super::port::PersonalAddresses>().address(show)).await
}

/// Makes all of one's own addresses anew; returns that of a show.
#[server(endpoint = "listening/renew", input = Json, output = Json)]
pub async fn renew_personal_addresses(show: ShowId) -> Result<PersonalAddress, Failed<ShowReason>> {
    answer(port::<dyn super::port::PersonalAddresses>().renew(show)).await
}
