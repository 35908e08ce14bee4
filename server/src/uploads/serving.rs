//! Files of rooms are sent, to members, so that no browser executes them.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
    routing::get,
};
use bandstand_domain::{
    Refusal, RoomId,
    rooms::RoomError,
    uploads::{FileKind, RoomFileId},
};

use super::{disposition::disposition, large_name, small_name, store, stored_name};
use crate::{
    caller::Caller,
    http::{
        limits::{Limit, by_address},
        refused,
    },
    rights::{Action, Resource},
    rooms::access::enter,
    services::Services,
    storage,
};

/// Kept by one browser alone, which asks each time whether it may still be shown.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-cache");
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Whole,
    Small,
    Large,
}

/// Ways out.
pub fn routes() -> Router<Arc<Services>> {
    Router::new()
        .route("/rooms/{id}/files/{file}", get(send))
        .route("/rooms/{id}/files/{file}/small", get(send_small))
        .route("/rooms/{id}/files/{file}/large", get(send_large))
}

type Address = Path<(String, String)>;

/// `GET /rooms/{id}/files/{file}`: the file or a range of it.
async fn send(caller: Caller, path: Address, method: Method, headers: HeaderMap) -> Response {
    respond(&caller, path, Version::Whole, &method, &headers).await
}

/// `GET /rooms/{id}/files/{file}/small`: the small version of a picture.
async fn send_small(caller: Caller, path: Address, method: Method, headers: HeaderMap) -> Response {
    respond(&caller, path, Version::Small, &method, &headers).await
}

/// `GET /rooms/{id}/files/{file}/large`: the large version of a picture.
async fn send_large(caller: Caller, path: Address, method: Method, headers: HeaderMap) -> Response {
    respond(&caller, path, Version::Large, &method, &headers).await
}

async fn respond(
    caller: &Caller,
    Path((room, file)): Address,
    version: Version,
    method: &Method,
    headers: &HeaderMap,
) -> Response {
    let mut response = match answer(caller, (&room, &file), version, method, headers).await {
        Ok(response) => response,
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    };
    let answered = response.headers_mut();
    answered.insert(header::CACHE_CONTROL, PRIVATE);
    answered.insert(header::VARY, HeaderValue::from_static("cookie"));
    answered.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answered.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answered.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    response
}

async fn answer(
    caller: &Caller,
    (room, file): (&str, &str),
    version: Version,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, RoomError> {
    caller.limited(Limit::RoomFiles, by_address(caller.address))?;
    let room: RoomId = room.parse().map_err(|_| Refusal::NotFound)?;
    let entry = enter(caller, room).await?;
    let id: RoomFileId = file.parse().map_err(|_| Refusal::NotFound)?;
    let services = &caller.services;
    let row = store::file(&services.database, id).await?.filter(|row| row.room == room);
    let row = row.ok_or(Refusal::NotFound)?;
    // What isn't in the list yet is its person's, and of those who decide about the message that carries it.
    if row.file.position < 0 && row.file.person != entry.viewer.person {
        let decides = entry.may(Resource::RoomFiles, Action::Delete);
        if row.file.message.is_none() || !decides {
            return Err(Refusal::NotFound);
        }
    }
    // What was made anew of a picture, and what plays; all else is saved, also the picture as it came.
    let (name, is_inline) = match (version, row.file.kind) {
        (Version::Whole, FileKind::Audio | FileKind::Video) => (stored_name(id), true),
        (Version::Whole, _) => (stored_name(id), false),
        (Version::Small, FileKind::Picture) => (small_name(id), true),
        (Version::Large, FileKind::Picture) => (large_name(id), true),
        _ => return Err(Refusal::NotFound),
    };
    let answered = storage::answer(&services.files, &name, method, headers).await;
    let mut response = match answered {
        Ok(response) => response.ok_or(Refusal::NotFound)?,
        Err(error) => {
            tracing::error!(%error, "a file of a room can't be read");
            return Err(Refusal::Broken);
        }
    };
    let name = match version {
        Version::Whole => row.file.name,
        _ => format!("{}.jpg", row.file.name.rsplit_once('.').map_or(&*row.file.name, |it| it.0)),
    };
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition(&name, is_inline));
    Ok(response)
}
