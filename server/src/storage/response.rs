//! A file as the answer to a request: conditions and ranges (RFC 9110 sections 13 and 14).

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{ByteRange, StorageError, files::Files, store::StoredFile};
use crate::entity_tags;

/// Answers `GET` and `HEAD` with a file or a range of it: 200, 206, 304, 412 or 416. None when there is no
/// such file. Whoever may see it, and how long it may be cached, is the feature's matter.
///
/// # Errors
/// Returns an error when the file can't be read.
pub async fn answer(
    files: &Files,
    name: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Response>, StorageError> {
    let Some(file) = files.find(name).await? else { return Ok(None) };
    let header = |name: HeaderName| headers.get(name)?.to_str().ok();
    if header(header::IF_MATCH).is_some_and(|tags| !entity_tags::names(tags, &file.etag, false)) {
        return Ok(Some(StatusCode::PRECONDITION_FAILED.into_response()));
    }
    let described = [
        (header::ETAG, value(&file.etag)?),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
    ];
    if header(header::IF_NONE_MATCH).is_some_and(|tags| entity_tags::names(tags, &file.etag, true))
    {
        return Ok(Some((StatusCode::NOT_MODIFIED, described).into_response()));
    }
    // A range of another content than the one that the client has a part of would be wrong.
    let same = header(header::IF_RANGE).is_none_or(|tag| tag == file.etag);
    let wanted =
        header(header::RANGE).filter(|_| *method == Method::GET && same).and_then(ByteRange::parse);
    let (status, range) = match wanted {
        None => (StatusCode::OK, 0..file.bytes),
        Some(wanted) => match wanted.within(file.bytes) {
            Some(range) => (StatusCode::PARTIAL_CONTENT, range),
            None => {
                let length = [(header::CONTENT_RANGE, value(&format!("bytes */{}", file.bytes))?)];
                let refused = (StatusCode::RANGE_NOT_SATISFIABLE, described, length);
                return Ok(Some(refused.into_response()));
            }
        },
    };
    let mut response = (status, described).into_response();
    let answered = response.headers_mut();
    answered.insert(header::CONTENT_TYPE, value(&file.content_type)?);
    answered.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    if status == StatusCode::PARTIAL_CONTENT {
        let StoredFile { bytes, .. } = file;
        let covered = format!("bytes {}-{}/{bytes}", range.start, range.end - 1);
        answered.insert(header::CONTENT_RANGE, value(&covered)?);
    }
    if *method != Method::HEAD {
        let Some(reader) = files.open_range(file, range).await? else { return Ok(None) };
        *response.body_mut() = Body::from_stream(reader.stream);
    }
    Ok(Some(response))
}

fn value(text: &str) -> Result<HeaderValue, StorageError> {
    HeaderValue::from_str(text).map_err(|error| StorageError::Incoming(error.into()))
}
