//! Server functions of the stage.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    stage::{JoinToken, PublishToken, StageReason},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// The right to enter a show; with a name, as a guest called so: coming in costs one request.
#[server(endpoint = "live/join", input = Json, output = Json)]
pub async fn join_show(
    show: ShowId,
    name: Option<String>,
) -> Result<JoinToken, Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().join(show, name)).await
}

/// The right to go on the stage of one's own show; with the publication that one had, only to come back
/// to it: not while a later one, from elsewhere, is on stage.
#[server(endpoint = "live/stage", input = Json, output = Json)]
pub async fn take_stage(
    show: ShowId,
    had: Option<i64>,
) -> Result<PublishToken, Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().stage(show, had)).await
}

/// Tells the audience that the artist takes a break, or is back.
#[server(endpoint = "live/pause", input = Json, output = Json)]
pub async fn pause_stage(show: ShowId, paused: bool) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().pause(show, paused)).await
}

/// Ends one's own show for good.
#[server(endpoint = "live/end", input = Json, output = Json)]
pub async fn end_show(show: ShowId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().end(show)).await
}
