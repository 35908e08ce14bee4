//! Resumable uploads: the tus protocol 1.0.0, its core with creation, termination and checksums.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{head, post},
};
use bandstand_domain::{
    Refusal, RoomId,
    rooms::RoomRole,
    uploads::{MAX_UNFINISHED, RoomFileId, UploadError, UploadReason, tidy_file_name},
};
use uuid::Uuid;

use super::{
    checksum::{ALGORITHMS, PieceChecksum},
    finishing::{discard, finish, lost},
    incoming::{self, IncomingFiles, PieceEnd},
    metadata, owner, reservation,
    store::{self, UploadRow},
};
use crate::{
    caller::Caller,
    clock,
    http::{limits::Limit, refused, run_detached},
    rights::{Action, Resource},
    rooms::{RoomEntry, access::enter},
    services::Services,
};

const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const TUS_VERSION: HeaderName = HeaderName::from_static("tus-version");
const TUS_EXTENSION: HeaderName = HeaderName::from_static("tus-extension");
const TUS_MAX_SIZE: HeaderName = HeaderName::from_static("tus-max-size");
const TUS_CHECKSUM_ALGORITHM: HeaderName = HeaderName::from_static("tus-checksum-algorithm");
const UPLOAD_CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// Type of a piece.
const PIECE_TYPE: &str = "application/offset+octet-stream";
/// Key of a file's name.
const FILE_NAME: &str = "filename";
/// Key that is there if a message is to carry the file.
const FOR_MESSAGE: &str = "for_message";
/// Status of a piece that isn't what its checksum says.
const CHECKSUM_MISMATCH: u16 = 460;
/// Seconds after which who has too many pieces under way may try again.
const RETRY_AFTER: u32 = 5;

/// Answers of the protocol that are no refusals of the venue's.
type Tus = Result<Response, UploadError>;

/// Ways in.
pub fn routes() -> Router<Arc<Services>> {
    Router::new()
        .route("/rooms/{id}/uploads", post(begin).options(describe))
        .route("/rooms/{id}/uploads/{upload}", head(look).patch(go_on).delete(end))
}

/// `OPTIONS /rooms/{id}/uploads`: what this server knows of the protocol.
async fn describe(caller: Caller) -> Response {
    let most = caller.services.config.uploads.max_file_bytes;
    let headers = [
        (TUS_RESUMABLE, VERSION),
        (TUS_VERSION, VERSION),
        (TUS_EXTENSION, HeaderValue::from_static("creation,termination,checksum")),
        (TUS_CHECKSUM_ALGORITHM, HeaderValue::from_static(ALGORITHMS)),
        (TUS_MAX_SIZE, most.into()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// `POST /rooms/{id}/uploads`: an upload begins; its bytes are reserved.
async fn begin(caller: Caller, Path(room): Path<String>, headers: HeaderMap) -> Response {
    let requests = caller.services.requests.clone();
    let begun = async move { answered(try_begin(&caller, &room, &headers).await) };
    run_detached(&requests, None, begun).await
}

/// `HEAD /rooms/{id}/uploads/{upload}`: up to where the file has come.
async fn look(
    caller: Caller,
    Extension(incoming): Extension<IncomingFiles>,
    Path((room, upload)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    answered(try_look(&caller, &incoming, &room, &upload, &headers).await)
}

/// `PATCH /rooms/{id}/uploads/{upload}`: a piece comes. The last one makes a file of the room.
async fn go_on(
    caller: Caller,
    Extension(incoming): Extension<IncomingFiles>,
    Path((room, upload)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let requests = caller.services.requests.clone();
    // What came is kept and noted, though the line is gone.
    let gone_on = async move {
        answered(try_go_on(&caller, &incoming, (&room, &upload), &headers, body).await)
    };
    run_detached(&requests, None, gone_on).await
}

/// `DELETE /rooms/{id}/uploads/{upload}`: the upload is given up.
async fn end(
    caller: Caller,
    Extension(incoming): Extension<IncomingFiles>,
    Path((room, upload)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let requests = caller.services.requests.clone();
    let ended =
        async move { answered(try_end(&caller, &incoming, &room, &upload, &headers).await) };
    run_detached(&requests, None, ended).await
}

fn answered(answer: Tus) -> Response {
    let mut response = answer.unwrap_or_else(|refusal| refused(&refusal, Json(&refusal)));
    response.headers_mut().insert(TUS_RESUMABLE, VERSION);
    response
}

async fn try_begin(caller: &Caller, room: &str, headers: &HeaderMap) -> Tus {
    let entry = sharing(caller, room).await?;
    if let Some(response) = other_version(headers) {
        return Ok(response);
    }
    caller.limited(Limit::Uploads, &entry.viewer.person)?;
    let Some(bytes) = number(headers, &UPLOAD_LENGTH) else {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    };
    let (services, room) = (&caller.services, entry.facts.id);
    let most = services.config.uploads.max_file_bytes;
    if bytes > most {
        return Err(Refusal::Because(UploadReason::TooLarge { most }));
    }
    if bytes == 0 {
        return Err(Refusal::Because(UploadReason::Empty));
    }
    let told = headers.get(UPLOAD_METADATA).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let name = tidy_file_name(&metadata::value(told, FILE_NAME).unwrap_or_default());
    let account = caller.account().await?.map(|account| account.id);
    let upload = UploadRow {
        id: RoomFileId(Uuid::new_v4()),
        room,
        person: entry.viewer.person.clone(),
        account,
        name,
        bytes,
        received: 0,
        is_unlisted: metadata::has(told, FOR_MESSAGE),
    };
    let mut write = services.database.begin().await?;
    let owner = owner(upload.account.as_ref(), &entry.viewer, room);
    // First, which also lets one at a time of the same owner count theirs.
    let reserved = services.files.reserve(&mut write, &reservation(upload.id, owner), bytes).await;
    reserved.map_err(lost)?;
    if store::unfinished(&mut write, room, &upload.person).await? >= i64::from(MAX_UNFINISHED) {
        return Err(Refusal::Because(UploadReason::TooManyUnfinished));
    }
    store::insert_upload(&mut write, &upload, clock::now()).await?;
    write.commit_unrevised().await?;
    let location = format!("/rooms/{room}/uploads/{}", upload.id);
    let location = location.parse().map_err(|_| Refusal::Broken)?;
    let headers: [(_, HeaderValue); 2] =
        [(header::LOCATION, location), (UPLOAD_OFFSET, 0_u64.into())];
    Ok((StatusCode::CREATED, headers).into_response())
}

async fn try_look(
    caller: &Caller,
    incoming: &IncomingFiles,
    room: &str,
    upload: &str,
    headers: &HeaderMap,
) -> Tus {
    let entry = enter(caller, parsed(room)?).await?;
    if let Some(response) = other_version(headers) {
        return Ok(response);
    }
    caller.limited(Limit::UploadPieces, &entry.viewer.person)?;
    let id = upload.parse().map_err(|_| Refusal::NotFound)?;
    let (bytes, received, name) = match own_upload(caller, &entry, id).await? {
        Some(_) => {
            // Whoever still writes by a line that is gone ends now, so that the answer holds.
            let Some(_claim) = incoming.claim(id).await else {
                return Ok(StatusCode::LOCKED.into_response());
            };
            match own_upload(caller, &entry, id).await? {
                Some(upload) => (upload.bytes, upload.received, upload.name),
                None => finished(caller, &entry, id).await?,
            }
        }
        None => finished(caller, &entry, id).await?,
    };
    let told = metadata::write(FILE_NAME, &name).parse().map_err(|_| Refusal::Broken)?;
    let headers: [(_, HeaderValue); 4] = [
        (UPLOAD_OFFSET, received.into()),
        (UPLOAD_LENGTH, bytes.into()),
        (UPLOAD_METADATA, told),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok(headers.into_response())
}

/// Length, offset and name of an upload that has become a file, of which the client may not have heard.
async fn finished(
    caller: &Caller,
    entry: &RoomEntry,
    id: RoomFileId,
) -> Result<(u64, u64, String), UploadError> {
    let row = store::file(&caller.services.database, id).await?.ok_or(Refusal::NotFound)?;
    if row.room != entry.facts.id || row.file.person != entry.viewer.person {
        return Err(Refusal::NotFound);
    }
    Ok((row.came, row.came, row.file.name))
}

async fn try_go_on(
    caller: &Caller,
    incoming: &IncomingFiles,
    (room, upload): (&str, &str),
    headers: &HeaderMap,
    body: Body,
) -> Tus {
    let entry = sharing(caller, room).await?;
    if let Some(response) = other_version(headers) {
        return Ok(response);
    }
    caller.limited(Limit::UploadPieces, &entry.viewer.person)?;
    let id = upload.parse().map_err(|_| Refusal::NotFound)?;
    let is_piece = headers.get(header::CONTENT_TYPE).is_some_and(|it| it == PIECE_TYPE);
    if !is_piece {
        return Ok(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
    }
    let checksum = match headers.get(UPLOAD_CHECKSUM) {
        None => None,
        Some(header) => match header.to_str().ok().and_then(PieceChecksum::parse) {
            Some(checksum) => Some(checksum),
            None => return Ok(StatusCode::BAD_REQUEST.into_response()),
        },
    };
    let Some(offset) = number(headers, &UPLOAD_OFFSET) else {
        return Ok(StatusCode::BAD_REQUEST.into_response());
    };
    own_upload(caller, &entry, id).await?.ok_or(Refusal::NotFound)?;
    let admitted = incoming.admit(caller.address);
    let _admission = admitted.map_err(|_| Refusal::TooMany { retry_after: RETRY_AFTER })?;
    let Some(claim) = incoming.claim(id).await else {
        return Ok(StatusCode::LOCKED.into_response());
    };
    let mut upload = own_upload(caller, &entry, id).await?.ok_or(Refusal::NotFound)?;
    if offset != upload.received {
        let there: [(_, HeaderValue); 1] = [(UPLOAD_OFFSET, upload.received.into())];
        return Ok((StatusCode::CONFLICT, there).into_response());
    }
    let services = &caller.services;
    let path = incoming::path(&services.config, id);
    let come = incoming::append(&path, (offset, upload.bytes), body, checksum, &claim).await;
    let (received, piece_end) = come.map_err(|error| {
        tracing::error!(%error, "a piece of a file could not be written");
        Refusal::Broken
    })?;
    if !store::note_received(&services.database, id, offset, received).await? {
        // Discarded meanwhile.
        incoming::remove(&services.config, id).await;
        return Err(Refusal::Gone);
    }
    upload.received = received;
    let status = match piece_end {
        PieceEnd::Whole => StatusCode::NO_CONTENT,
        PieceEnd::BrokenOff => StatusCode::REQUEST_TIMEOUT,
        PieceEnd::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        PieceEnd::WrongChecksum => {
            StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST)
        }
    };
    if upload.received == upload.bytes {
        finish(services, incoming, &entry, &upload).await?;
    }
    let there: [(_, HeaderValue); 1] = [(UPLOAD_OFFSET, received.into())];
    Ok((status, there).into_response())
}

async fn try_end(
    caller: &Caller,
    incoming: &IncomingFiles,
    room: &str,
    upload: &str,
    headers: &HeaderMap,
) -> Tus {
    let entry = enter(caller, parsed(room)?).await?;
    if let Some(response) = other_version(headers) {
        return Ok(response);
    }
    caller.limited(Limit::Uploads, &entry.viewer.person)?;
    let id = upload.parse().map_err(|_| Refusal::NotFound)?;
    own_upload(caller, &entry, id).await?.ok_or(Refusal::NotFound)?;
    let Some(_claim) = incoming.claim(id).await else {
        return Ok(StatusCode::LOCKED.into_response());
    };
    // It may have become a file meanwhile.
    let upload = own_upload(caller, &entry, id).await?.ok_or(Refusal::NotFound)?;
    discard(&caller.services, &upload).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The caller in `room`, where they may share files.
async fn sharing(caller: &Caller, room: &str) -> Result<RoomEntry, UploadError> {
    let entry: RoomEntry = enter(caller, parsed(room)?).await?;
    may_share(&entry).map(|()| entry)
}

/// Lets a member share files.
///
/// # Errors
/// `Forbidden`, [`UploadReason::Archived`], [`UploadReason::NoGuests`].
pub fn may_share(entry: &RoomEntry) -> Result<(), UploadError> {
    if !entry.may(Resource::RoomFiles, Action::Create) {
        return Err(Refusal::Forbidden);
    }
    if entry.facts.archived {
        return Err(Refusal::Because(UploadReason::Archived));
    }
    if entry.role == RoomRole::Guest && !entry.facts.guest_uploads {
        return Err(Refusal::Because(UploadReason::NoGuests));
    }
    Ok(())
}

/// An upload of the caller's in this room; none if it isn't there any more.
async fn own_upload(
    caller: &Caller,
    entry: &RoomEntry,
    id: RoomFileId,
) -> Result<Option<UploadRow>, UploadError> {
    let upload = store::upload(&caller.services.database, id).await?;
    Ok(upload.filter(|it| it.room == entry.facts.id && it.person == entry.viewer.person))
}

fn parsed(room: &str) -> Result<RoomId, UploadError> {
    room.parse().map_err(|_| Refusal::NotFound)
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The answer to who speaks another version of the protocol.
fn other_version(headers: &HeaderMap) -> Option<Response> {
    let is_ours = headers.get(TUS_RESUMABLE).is_some_and(|it| *it == VERSION);
    (!is_ours).then(|| (StatusCode::PRECONDITION_FAILED, [(TUS_VERSION, VERSION)]).into_response())
}
