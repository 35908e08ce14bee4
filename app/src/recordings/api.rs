//! Server functions of recordings.

#![allow(missing_docs, reason = "the server macro makes structs whose fields it does not document")]

use bandstand_domain::{
    Millis, ShowId,
    recordings::{Moments, Recording, RecordingForm, RecordingList, RecordingReason, Replay},
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::port::Recordings;
#[cfg(feature = "ssr")]
use crate::port::{answer, port};
use crate::{failure::Failed, json::Json};

/// A recording to be played.
#[server(endpoint = "recordings/replay", input = Json, output = Json)]
pub async fn load_replay(show: ShowId) -> Result<Replay, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().replay(show)).await
}

/// Messages and crowd of a show whose recording is played, from an instant on.
#[server(endpoint = "recordings/moments", input = Json, output = Json)]
pub async fn load_moments(show: ShowId, from: Millis) -> Result<Moments, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().moments(show, from)).await
}

/// One's own bookmarks in the recording of a show.
#[server(endpoint = "recordings/bookmarks", input = Json, output = Json)]
pub async fn load_bookmarks(show: ShowId) -> Result<Vec<u64>, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().bookmarks(show)).await
}

/// Keeps a bookmark at a second of a recording, or forgets it.
#[server(endpoint = "recordings/bookmark", input = Json, output = Json)]
pub async fn change_bookmark(
    show: ShowId,
    second: u64,
    kept: bool,
) -> Result<Vec<u64>, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().bookmark(show, second, kept)).await
}

/// The recording of one's own show.
#[server(endpoint = "recordings/one", input = Json, output = Json)]
pub async fn load_recording(show: ShowId) -> Result<Recording, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().recording(show)).await
}

/// All of one's own recordings.
#[server(endpoint = "recordings/mine", input = Json, output = Json)]
pub async fn load_my_recordings() -> Result<RecordingList, Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().mine()).await
}

/// Changes the recording of one's own show, and the show's text with it.
#[server(endpoint = "recordings/update", input = Json, output = Json)]
pub async fn update_recording(
    show: ShowId,
    form: RecordingForm,
) -> Result<(), Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().update(show, form)).await
}

/// Publishes the recording of one's own show, or takes it back.
#[server(endpoint = "recordings/publish", input = Json, output = Json)]
pub async fn publish_recording(
    show: ShowId,
    published: bool,
) -> Result<(), Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().publish(show, published)).await
}

/// Deletes the recording of one's own show.
#[server(endpoint = "recordings/delete", input = Json, output = Json)]
pub async fn delete_recording(show: ShowId) -> Result<(), Failed<RecordingReason>> {
    answer(port::<dyn Recordings>().delete(show)).await
}
