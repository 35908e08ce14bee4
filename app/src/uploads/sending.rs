//! The way of one file to the venue, piece by piece, on whatever line.

use bandstand_domain::RoomId;
use futures::future::{Either, select};
use leptos::prelude::*;
use std::pin::pin;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{
    interrupted::{self, Interrupted},
    queue::{Outgoing, UploadState},
    tus::{self, Answered},
};
use crate::{channel::backoff::Backoff, texts::told};

/// Bytes of a piece: what a bad line loses at most, and how often progress is seen.
const PIECE_BYTES: u64 = 1024 * 1024;
/// Failures in a row after which a file is given up until its person says otherwise. Their waits grow to a
/// quarter of a minute, and end early when the machine is online again.
const MAX_FAILURES: u32 = 40;

/// The end of a file's way.
pub(super) enum Ended {
    /// It is in the room.
    Done,
    /// Its person has halted it.
    Halted,
    /// The venue refuses it, in these words.
    Refused(String),
    /// Nothing came through for long.
    GivenUp,
}

/// Sends a file, perhaps for a message, until it is there, or `signal` ends it.
pub(super) async fn send(
    room: RoomId,
    file: Outgoing,
    for_message: bool,
    signal: &AbortSignal,
) -> Ended {
    let (mut backoff, mut failures) = (Backoff::default(), 0);
    // None where the venue has to be asked.
    let mut offset = None;
    loop {
        let answered = step((room, for_message), file, offset, signal).await;
        if signal.aborted() {
            return Ended::Halted;
        }
        match answered {
            Step::On(now) => {
                if offset.is_some_and(|before| now > before) {
                    (backoff, failures) = (Backoff::default(), 0);
                }
                offset = Some(now);
                let state =
                    if now == file.bytes { UploadState::Finishing } else { UploadState::Sending };
                if file.sent.try_set(now).is_some() || file.state.try_set(state).is_some() {
                    return Ended::Halted;
                }
            }
            Step::Done => return Ended::Done,
            Step::Refused(words) => return Ended::Refused(words),
            Step::Failed => {
                offset = None;
                failures += 1;
                if failures > MAX_FAILURES {
                    return Ended::GivenUp;
                }
                if file.state.try_set(UploadState::Retrying).is_some() {
                    return Ended::Halted;
                }
                let halted = pin!(until_aborted(signal));
                let waited = pin!(backoff.wait(std::future::pending()));
                if let Either::Left(_) = select(halted, waited).await {
                    return Ended::Halted;
                }
            }
        }
    }
}

enum Step {
    /// The venue has so many bytes.
    On(u64),
    Done,
    Refused(String),
    Failed,
}

/// One request, by what is known of the upload.
async fn step(
    (room, for_message): (RoomId, bool),
    file: Outgoing,
    offset: Option<u64>,
    signal: &AbortSignal,
) -> Step {
    let Some(path) = file.path.try_get_value() else { return Step::Failed };
    let Some(path) = path else {
        return begin((room, for_message), file, signal).await;
    };
    let Some(offset) = offset else {
        return match tus::offset(&path, signal).await {
            Answered::Done(_, offset) => Step::On(offset),
            Answered::Gone => {
                // The venue has forgotten it.
                interrupted::forget(room, &path);
                file.path.try_set_value(None);
                Step::On(0)
            }
            Answered::Refused(refusal) => Step::Refused(told(&refusal)),
            Answered::Failed => Step::Failed,
        };
    };
    let end = (offset + PIECE_BYTES).min(file.bytes);
    let Some(content) = file.file.try_with_value(|it| (**it).clone()) else { return Step::Failed };
    // A file that was changed or deleted meanwhile can't be read, which no waiting mends.
    let Ok(piece) = tus::part(&content, offset, end).await else {
        return Step::Refused(crate::t!(uploads.unreadable).into());
    };
    match tus::piece(&path, offset, &piece, signal).await {
        Answered::Done(_, now) if now == file.bytes => Step::Done,
        Answered::Done(_, now) => Step::On(now),
        // All was there, and it has become a file before we heard of it.
        Answered::Gone if offset == file.bytes => Step::Done,
        Answered::Gone => {
            interrupted::forget(room, &path);
            file.path.try_set_value(None);
            Step::Failed
        }
        Answered::Refused(refusal) => Step::Refused(told(&refusal)),
        Answered::Failed => Step::Failed,
    }
}

async fn begin((room, for_message): (RoomId, bool), file: Outgoing, signal: &AbortSignal) -> Step {
    let address = format!("/rooms/{room}/uploads");
    match tus::begin(&address, (&file.name(), for_message), file.bytes, signal).await {
        Answered::Done(Some(path), offset) => {
            let changed = file.file.try_with_value(|it| it.last_modified()).unwrap_or_default();
            let name = file.name();
            let bytes = file.bytes;
            if !for_message {
                let path = path.clone();
                interrupted::remember(room, Interrupted { path, name, bytes, changed });
            }
            file.path.try_set_value(Some(path));
            Step::On(offset)
        }
        Answered::Refused(refusal) => Step::Refused(told(&refusal)),
        _ => Step::Failed,
    }
}

/// Waits until a signal is given.
async fn until_aborted(signal: &AbortSignal) {
    let aborted = js_sys::Promise::new(&mut |done, _| {
        if signal.aborted() {
            let _ = done.call0(&wasm_bindgen::JsValue::UNDEFINED);
        } else {
            signal.set_onabort(Some(&done));
        }
    });
    let _ = JsFuture::from(aborted).await;
}
