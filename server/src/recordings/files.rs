//! Files of recordings over HTTP.

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{Path, RawQuery},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
    routing::get,
};
use bandstand_domain::{
    Refusal, ShowId,
    recordings::{Cut, RecordingError, RecordingFileId, RecordingReason, seek_points},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    access::{PlayRight, to_play},
    cut::OpenBytes,
    mp3::MEDIA_TYPE,
    sending::{SentFiles, while_allowed},
    store::{self, FileRow},
    stored_name, zip,
};
use crate::{
    caller::Caller,
    config::Config,
    http::{
        limits::{Limit, by_address},
        refused,
    },
    services::Services,
    shows,
    storage::{self, ByteRange},
};

/// Of what is open to all: nothing of a file ever changes, but its recording may be taken back, which caches learn
/// after five minutes.
const OPEN: HeaderValue = HeaderValue::from_static("public, max-age=300, immutable");
/// Of what isn't.
pub const PERSONAL: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Ending of the address of an MP3.
const MP3_ENDING: &str = ".mp3";
/// The most characters of a file's name that is downloaded, of those of its show's title.
const MAX_NAME: usize = 60;

/// The files of recordings.
pub fn routes(config: &Config) -> Router<Arc<Services>> {
    Router::new()
        .route("/recordings/{file}", get(send))
        .route("/shows/{id}/recording.zip", get(zip::send))
        .layer(Extension(SentFiles::new(config)))
}

/// `GET /recordings/{file}`: a file or a range of it, or the MP3 of a recording with `.mp3` at its end, for who may play
/// it; with `?download`, to be kept.
async fn send(
    caller: Caller,
    Extension(sent): Extension<SentFiles>,
    Path(file): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let download = query.is_some_and(|it| it == "download");
    or_refused(&caller, answer(&caller, &sent, &file, download, (&method, &headers)).await)
}

/// The answer, or the refusal of it in the caller's language, which no cache keeps for anybody else.
pub(super) fn or_refused(caller: &Caller, answer: Result<Response, RecordingError>) -> Response {
    answer.unwrap_or_else(|refusal| {
        let mut response = refused(&refusal, caller.request_language.say(&refusal));
        response.headers_mut().insert(header::CACHE_CONTROL, PERSONAL);
        response
    })
}

async fn answer(
    caller: &Caller,
    sent: &SentFiles,
    file: &str,
    download: bool,
    (method, headers): (&Method, &HeaderMap),
) -> Result<Response, RecordingError> {
    let (services, database) = (&caller.services, &caller.services.database);
    let (id, is_mp3) = file.strip_suffix(MP3_ENDING).map_or((file, false), |id| (id, true));
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    caller.limited(Limit::RecordingFiles, by_address(caller.address))?;
    let admission = sent.admit(caller)?;
    let row = if is_mp3 { None } else { store::file(database, id).await? };
    let show = match (&row, is_mp3) {
        (Some(row), _) => Some(row.show),
        (None, true) => store::show_of_mp3(database, id).await?,
        (None, false) => None,
    };
    let show = show.ok_or(Refusal::NotFound)?;
    // Whoever may not know of the show's draft isn't told that there is such a file.
    let right = to_play(caller, show).await.map_err(|refusal| match refusal {
        Refusal::Because(RecordingReason::Unpublished) | Refusal::Gone => Refusal::NotFound,
        refusal => refusal,
    })?;
    if let Some(row) = &row {
        if !row.is_stored {
            return Err(Refusal::Because(RecordingReason::NotReady));
        }
        if right != PlayRight::Editor {
            check_cut(caller, row, download, headers).await?;
        }
    }
    let answered = storage::answer(&services.files, &stored_name(id), method, headers).await;
    let mut response = match answered {
        Ok(response) => response.ok_or(Refusal::NotFound)?,
        Err(error) => {
            tracing::error!(%error, "the file of a recording can't be read");
            return Err(Refusal::Broken);
        }
    };
    let is_given = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let is_open = right == PlayRight::Everybody && is_given;
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, if is_open { OPEN } else { PERSONAL });
    if is_open && is_mp3 {
        // Podcasts are also heard in pages of others.
        answered.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if download {
        let title = shows::title(database, show).await?.unwrap_or_default();
        let (offset, media_type) = match &row {
            Some(row) => (row.file.offset, row.file.media_type.as_str()),
            None => (0, MEDIA_TYPE),
        };
        let name = file_name(&title, offset, media_type);
        if let Ok(disposition) = format!("attachment; filename=\"{name}\"").parse() {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
    let (caller, headers) = (caller.clone(), headers.clone());
    let may_go_on = move || {
        let (caller, row, headers) = (caller.again(), row.clone(), headers.clone());
        async move {
            match row {
                Some(row) => may_have(&caller, &row, download, &headers).await,
                None => may_hear(&caller, id, show).await,
            }
        }
    };
    Ok(response.map(|body| while_allowed(body, admission, may_go_on)))
}

/// Tells whether what is being sent of a file may still be had.
async fn may_have(caller: &Caller, row: &FileRow, download: bool, headers: &HeaderMap) -> bool {
    let found = store::file(&caller.services.database, row.file.id).await;
    let right = to_play(caller, row.show).await;
    match (found, right) {
        (Ok(Some(_)), Ok(PlayRight::Editor)) => true,
        (Ok(Some(_)), Ok(_)) => check_cut(caller, row, download, headers).await.is_ok(),
        _ => false,
    }
}

/// Tells whether what is being sent of an MP3 may still be had.
async fn may_hear(caller: &Caller, id: RecordingFileId, show: ShowId) -> bool {
    let found = store::show_of_mp3(&caller.services.database, id).await;
    matches!(found, Ok(Some(of)) if of == show) && to_play(caller, show).await.is_ok()
}

/// Refuses what the artist cut off.
async fn check_cut(
    caller: &Caller,
    row: &FileRow,
    download: bool,
    headers: &HeaderMap,
) -> Result<(), RecordingError> {
    let database = &caller.services.database;
    let recording = store::recording(database, row.show).await?.ok_or(Refusal::NotFound)?;
    if recording.cut_from == 0 && recording.cut_to.is_none() {
        return Ok(());
    }
    let cut = Cut { from: recording.cut_from, to: recording.cut_to.unwrap_or(u64::MAX) };
    let index = store::seek_index(database, row.file.id).await?;
    let points = STANDARD.decode(index).ok().and_then(|it| seek_points(&it)).unwrap_or_default();
    let open = OpenBytes::of(&row.file, &points, cut).ok_or(Refusal::NotFound)?;
    if open.is_whole() {
        return Ok(());
    }
    let range = headers.get(header::RANGE).and_then(|it| ByteRange::parse(it.to_str().ok()?));
    let range = range.and_then(|it| it.within(row.file.bytes));
    // A condition that fails makes it the whole file.
    let is_certain = !download && !headers.contains_key(header::IF_RANGE);
    match range {
        Some(range) if is_certain && open.has(&range) => Ok(()),
        _ => Err(Refusal::Forbidden),
    }
}

/// Name of a file of a show with this title, by the time at which it begins: letters that every disk takes.
pub fn file_name(title: &str, offset: u64, media_type: &str) -> String {
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
        Some("application/zip") => "zip",
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
