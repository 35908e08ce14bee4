//! Requests of the tus protocol, from the page.

use bandstand_domain::{Refusal, uploads::UploadError};
use js_sys::{Array, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use crate::web;

/// Type of a piece.
const PIECE_TYPE: &str = "application/offset+octet-stream";

/// Answer to a request.
#[derive(Debug)]
pub(super) enum Answered {
    /// It was done: where the upload is, and up to where it has come.
    Done(Option<String>, u64),
    /// There is no such upload any more.
    Gone,
    /// It is refused, for good.
    Refused(UploadError),
    /// The line or the venue failed; it may succeed later.
    Failed,
}

/// Asks for an upload of a file of this name, perhaps for a message.
pub(super) async fn begin(
    path: &str,
    (name, for_message): (&str, bool),
    bytes: u64,
    signal: &AbortSignal,
) -> Answered {
    let key = if for_message { ",for_message" } else { "" };
    let told = format!("filename {}{key}", base64(name.as_bytes()));
    let headers = [("upload-length", bytes.to_string()), ("upload-metadata", told)];
    ask("POST", path, &headers, None, signal).await
}

/// Asks up to where an upload has come.
pub(super) async fn offset(path: &str, signal: &AbortSignal) -> Answered {
    ask("HEAD", path, &[], None, signal).await
}

/// Sends a piece.
pub(super) async fn piece(
    path: &str,
    offset: u64,
    piece: &JsValue,
    signal: &AbortSignal,
) -> Answered {
    let headers = [("upload-offset", offset.to_string()), ("content-type", PIECE_TYPE.into())];
    ask("PATCH", path, &headers, Some(piece), signal).await
}

/// Gives an upload up; should that fail, the venue forgets it after a day.
pub(super) async fn give_up(path: &str) {
    let Ok(controller) = web_sys::AbortController::new() else { return };
    ask("DELETE", path, &[], None, &controller.signal()).await;
}

async fn ask(
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&JsValue>,
    signal: &AbortSignal,
) -> Answered {
    let answer = async {
        let init = RequestInit::new();
        init.set_method(method);
        init.set_signal(Some(signal));
        let all = Headers::new()?;
        all.set("tus-resumable", "1.0.0")?;
        for (name, value) in headers {
            all.set(name, value)?;
        }
        init.set_headers(&all);
        if let Some(body) = body {
            init.set_body(body);
        }
        let fetched = window().fetch_with_str_and_init(path, &init);
        let response: Response = JsFuture::from(fetched).await?.unchecked_into();
        let text = if response.ok() {
            String::new()
        } else {
            JsFuture::from(response.text()?).await?.as_string().unwrap_or_default()
        };
        Ok::<_, JsValue>((response, text))
    };
    let Ok((response, text)) = answer.await else { return Answered::Failed };
    let header = |name: &str| response.headers().get(name).ok().flatten();
    if response.ok() {
        let offset = header("upload-offset").and_then(|it| it.parse().ok());
        return match offset {
            Some(offset) => Answered::Done(header("location"), offset),
            None => Answered::Done(None, 0),
        };
    }
    match response.status() {
        404 | 410 if method != "POST" => Answered::Gone,
        // Somewhere else, at another time, or by another piece.
        408 | 409 | 423 | 429 | 460 | 500 | 502 | 503 | 504 => match conflict(&text) {
            Some(refusal) => Answered::Refused(refusal),
            None => Answered::Failed,
        },
        _ => Answered::Refused(serde_json::from_str(&text).unwrap_or(Refusal::Unreachable)),
    }
}

/// The reason that stands behind a conflict, as that the room is archived; none of the protocol's own.
fn conflict(text: &str) -> Option<UploadError> {
    use bandstand_domain::uploads::UploadReason::Busy;
    let refusal: UploadError = serde_json::from_str(text).ok()?;
    let is_lasting = matches!(&refusal, Refusal::Because(reason) if *reason != Busy);
    is_lasting.then_some(refusal)
}

/// Bytes in base64 (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let number = three.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// A part of a file, to be sent: the bytes themselves, so that a file that has changed meanwhile isn't half of each.
pub(super) async fn part(file: &web_sys::File, from: u64, to: u64) -> Result<JsValue, JsValue> {
    let part = file.slice_with_f64_and_f64(from as f64, to as f64)?;
    let buffer = web::call(&part, "arrayBuffer", &[]).await?;
    let bytes = Uint8Array::new(&buffer);
    let parts = Array::of1(&bytes);
    web_sys::Blob::new_with_u8_array_sequence(&parts).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_base64() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("Küche", "S8O8Y2hl")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn lasting_reasons_are_told_from_passing_ones() {
        assert!(conflict("").is_none());
        assert!(conflict(r#"{"Because":"Busy"}"#).is_none());
        assert!(conflict(r#"{"TooMany":{"retry_after":5}}"#).is_none());
        assert!(conflict(r#"{"Because":"Archived"}"#).is_some());
    }
}
