//! Server functions of the stage.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    ShowId,
    quality::{Explanation, Measured, StageQuality},
    stage::{JoinToken, PublishToken, StageReason},
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
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
    answer(port::<dyn super::port::Live>().join(show, name)).await
}

/// The right to go on the stage of one's own show; with the publication that one had, only to come back
/// to it: not while a later one, from elsewhere, is on stage.
#[server(endpoint = "live/stage", input = Json, output = Json)]
pub async fn take_stage(
    show: ShowId,
    had: Option<i64>,
) -> Result<PublishToken, Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().stage(show, had)).await
}

/// Tells the audience that the artist takes a break, or is back.
#[server(endpoint = "live/pause", input = Json, output = Json)]
pub async fn pause_stage(show: ShowId, paused: bool) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().pause(show, paused)).await
}

/// Ends one's own show for good.
#[server(endpoint = "live/end", input = Json, output = Json)]
pub async fn end_show(show: ShowId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().end(show)).await
}

/// One's own stream keys, the oldest first.
#[server(endpoint = "live/stream_keys", input = Json, output = Json)]
pub async fn load_stream_keys() -> Result<Vec<StreamKey>, Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().stream_keys()).await
}

/// Makes a stream key of one's own.
#[server(endpoint = "live/make_stream_key", input = Json, output = Json)]
pub async fn make_stream_key(name: String) -> Result<NewStreamKey, Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().make_stream_key(name)).await
}

/// Makes a stream key of one's own useless.
#[server(endpoint = "live/revoke_stream_key", input = Json, output = Json)]
pub async fn revoke_stream_key(id: StreamKeyId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().revoke_stream_key(id)).await
}

/// How the media of one's own show flows.
#[server(endpoint = "live/stage_figures", input = Json, output = Json)]
pub async fn load_stage_figures(show: ShowId) -> Result<StageQuality, Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().stage_figures(show)).await
}

/// Why one's own picture is as it is.
#[server(endpoint = "live/explain_picture", input = Json, output = Json)]
pub async fn explain_picture(
    show: ShowId,
    session: String,
    measured: Measured,
) -> Result<Explanation, Failed<StageReason>> {
    answer(port::<dyn super::port::Live>().explain_picture(show, session, measured)).await
}
