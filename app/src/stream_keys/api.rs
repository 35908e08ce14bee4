//! Server functions of stream keys.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    stage::StageReason,
    stream_keys::{NewStreamKey, StreamKey, StreamKeyId},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// One's own stream keys, the oldest first.
#[server(endpoint = "live/stream_keys", input = Json, output = Json)]
pub async fn load_stream_keys() -> Result<Vec<StreamKey>, Failed<StageReason>> {
    answer(port::<dyn super::port::StreamKeys>().list()).await
}

/// Makes a stream key of one's own.
#[server(endpoint = "live/make_stream_key", input = Json, output = Json)]
pub async fn make_stream_key(name: String) -> Result<NewStreamKey, Failed<StageReason>> {
    answer(port::<dyn super::port::StreamKeys>().make(name)).await
}

/// Makes a stream key of one's own useless.
#[server(endpoint = "live/revoke_stream_key", input = Json, output = Json)]
pub async fn revoke_stream_key(id: StreamKeyId) -> Result<(), Failed<StageReason>> {
    answer(port::<dyn super::port::StreamKeys>().revoke(id)).await
}
