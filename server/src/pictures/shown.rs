//! Pictures are shown.

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::FOLDER;
use crate::storage::{self, files::Files};

/// The files of all pictures.
pub fn routes<S>(files: Files) -> Router<S> {
    Router::new().route("/pictures/{file}", get(show)).with_state(files)
}

/// Sends a picture. It is never anything but a JPEG, whatever somebody brought.
async fn show(
    State(files): State<Files>,
    Path(file): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if !is_name(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match storage::answer(&files, &format!("{FOLDER}/{file}"), &method, &headers).await {
        Ok(Some(picture)) => {
            let headers = [
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, picture).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a picture could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Checks the file name of a picture: `0123…ef.jpg`, `0123…ef-small.jpg`.
fn is_name(file: &str) -> bool {
    let Some(name) = file.strip_suffix(".jpg") else { return false };
    let name = name.strip_suffix("-small").unwrap_or(name);
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
