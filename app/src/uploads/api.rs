//! Server functions of files in rooms. Files come in by `/rooms/{id}/uploads`.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    RoomId,
    uploads::{FilePage, OwnFiles, RoomFileId, UploadReason},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// Files of a room before a position, the newest first.
#[server(endpoint = "uploads/list", input = Json, output = Json)]
pub async fn list_files(
    room: RoomId,
    before: Option<i64>,
) -> Result<FilePage, Failed<UploadReason>> {
    answer(port::<dyn super::port::Uploads>().list(room, before)).await
}

/// One's own files in all rooms, the largest first.
#[server(endpoint = "uploads/mine", input = Json, output = Json)]
pub async fn load_own_files() -> Result<OwnFiles, Failed<UploadReason>> {
    answer(port::<dyn super::port::Uploads>().mine()).await
}

/// Removes files.
#[server(endpoint = "uploads/remove", input = Json, output = Json)]
pub async fn remove_files(ids: Vec<RoomFileId>) -> Result<(), Failed<UploadReason>> {
    answer(port::<dyn super::port::Uploads>().remove(ids)).await
}
