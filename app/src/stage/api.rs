//! Server functions of the stage.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    stage::{DoorToken, JoinToken, PublishToken, StageReason},
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

/// The right to see the stage from the door.
#[server(endpoint = "live/look", input = Json, output = Json)]
pub async fn look_in(show: ShowId) -> Result<DoorToken, Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().look(show)).await
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

/// The right to rehearse one's own show, and to see and hear that, before it is live.
#[server(endpoint = "live/rehearsal", input = Json, output = Json)]
pub async fn take_rehearsal(show: ShowId) -> Result<PublishToken, Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().rehearsal(show)).await
}

/// Tells the audience that the artist takes a break, or is back.
#[server(endpoint = "live/pause", input = Json, output = Json)]
pub async fn pause_stage(show: ShowId, paused: bool) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().pause(show, paused)).await
}

/// Keeps one's own stage for the source that is on it, or lets newer ones take over again.
#[server(endpoint = "live/keep_stage", input = Json, output = Json)]
pub async fn keep_stage(show: ShowId, keep: bool) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().keep_stage(show, keep)).await
}

/// Records one's own show while it is live, or no longer.
#[server(endpoint = "live/record", input = Json, output = Json)]
pub async fn record_show(show: ShowId, record: bool) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().record(show, record)).await
}

/// Gives what plays on one's own stage from now on a title; empty when nothing is to be known.
#[server(endpoint = "live/set_title", input = Json, output = Json)]
pub async fn set_title(show: ShowId, title: String) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().set_title(show, title)).await
}

/// Ends one's own show; its artist can take that back for a while.
#[server(endpoint = "live/end", input = Json, output = Json)]
pub async fn end_show(show: ShowId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().end(show)).await
}

/// Takes back the end of one's own show, a moment ago.
#[server(endpoint = "live/reopen", input = Json, output = Json)]
pub async fn reopen_show(show: ShowId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StageControl>().reopen(show)).await
}
