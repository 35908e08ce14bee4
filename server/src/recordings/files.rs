//! Files of recordings over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, RawQuery},
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
    routing::get,
};
use bandstand_domain::{
    Refusal,
    recordings::{RecordingError, RecordingReason},
};

use super::{
    access::{PlayRight, to_play},
    store, stored_name,
};
use crate::{caller::Caller, http::refused, services::Services, shows, storage};

/// Of what is open to all: nothing of a file ever changes, but its recording may be taken back.
const OPEN: HeaderValue = HeaderValue::from_static("public, max-age=86400, immutable");
const PERSONAL: HeaderValue = HeaderValue::from_static("private, no-cache");
/// The most characters of a file's name that is downloaded, of those of its show's title.
const MAX_NAME: usize = 60;

/// The files of recordings.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/recordings/{file}", get(send))
}

/// `GET /recordings/{file}`: a file or a range of it, for who may play it; with `?download`, to be kept.
async fn send(
    caller: Caller,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let download = query.is_some_and(|it| it == "download");
    match answer(&caller, &file, download, (&method, &headers)).await {
        Ok(response) => response,
        Err(refusal) => {
            let mut response = refused(&refusal, caller.request_language.say(&refusal));
            response.headers_mut().insert(header::CACHE_CONTROL, PERSONAL);
            response
        }
    }
}

async fn answer(
    caller: &Caller,
    id: &str,
    download: bool,
    (method, headers): (&Method, &HeaderMap),
) -> Result<Response, RecordingError> {
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let services = &caller.services;
    let row = store::file(&services.database, id).await?.ok_or(Refusal::NotFound)?;
    // Whoever may not know of the show's draft isn't told that there is such a file.
    let (right, _) = to_play(caller, row.show).await.map_err(|refusal| match refusal {
        Refusal::Because(RecordingReason::Unpublished) | Refusal::Gone => Refusal::NotFound,
        refusal => refusal,
    })?;
    if !row.is_stored {
        return Err(Refusal::Because(RecordingReason::NotReady));
    }
    let answered = storage::answer(&services.files, &stored_name(id), method, headers).await;
    let mut response = match answered {
        Ok(response) => response.ok_or(Refusal::NotFound)?,
        Err(error) => {
            tracing::error!(%error, "the file of a recording can't be read");
            return Err(Refusal::Broken);
        }
    };
    let cached = if right == PlayRight::Everybody { OPEN } else { PERSONAL };
    response.headers_mut().insert(header::CACHE_CONTROL, cached);
    if download {
        let title = shows::title(&services.database, row.show).await?.unwrap_or_default();
        let name = file_name(&title, row.file.offset, &row.file.media_type);
        if let Ok(disposition) = format!("attachment; filename=\"{name}\"").parse() {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    Ok(response)
}

/// Name of a file of a show with this title, by the time at which it begins: letters that every disk takes.
fn file_name(title: &str, offset: u64, media_type: &str) -> String {
    let mut name = String::new();
    for letter in title.chars().take(MAX_NAME) {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' => name.push(letter),
            _ if name.ends_with('-') || name.is_empty() => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-');
    let name = if name.is_empty() { "recording" } else { name };
    let seconds = offset / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{name}-{hours:02}{minutes:02}{seconds:02}.{}", extension(media_type))
}

fn extension(media_type: &str) -> &'static str {
    match media_type.split(';').next() {
        Some("video/webm" | "audio/webm") => "webm",
        Some("video/mp4") => "mp4",
        Some("audio/mp4") => "m4a",
        Some("audio/mpeg") => "mp3",
        Some("audio/ogg") => "ogg",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_letters_that_every_disk_takes() {
        let name = file_name("Mira \"at\" the/Häfen!", 3_723_000, "video/webm; codecs=\"vp8\"");
        assert_eq!(name, "Mira-at-the-H-fen-010203.webm");
        assert_eq!(file_name("日本", 0, "audio/mp4"), "recording-000000.m4a");
    }
}
