//! Pictures come in, are kept, and are shown.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{FromRef, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bandstand_domain::{
    Millis, Refusal,
    people::{MAX_PICTURE_BYTES, PeopleError, PeopleReason, Picture},
};
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

use super::{image::square, store};
use crate::{
    caller::Caller,
    clock,
    database::DatabaseError,
    http::{limits::Limit, refused},
    services::Services,
    storage::files::{FileError, Files},
};

/// The most pictures that come in at once, however slowly; they fill 192 MiB at most.
const MAX_COMING: usize = 64;
/// The most pictures that wait for their turn to be looked at.
const MAX_WAITING: usize = 8;

/// Where pictures lie among the files.
pub(super) const FOLDER: &str = "pictures";

/// Where pictures are looked at: one at a time, so that a flood of them fills no memory.
#[derive(Debug)]
pub struct ImageProcessor {
    door: Semaphore,
    places: Semaphore,
    turn: Arc<Semaphore>,
}

impl Default for ImageProcessor {
    fn default() -> Self {
        Self {
            door: Semaphore::new(MAX_COMING),
            places: Semaphore::new(MAX_WAITING),
            turn: Arc::new(Semaphore::new(1)),
        }
    }
}

/// What the routes of pictures need.
#[derive(Clone, Debug)]
struct PicturesState {
    services: Arc<Services>,
    processor: Arc<ImageProcessor>,
}

impl FromRef<PicturesState> for Arc<Services> {
    fn from_ref(state: &PicturesState) -> Self {
        state.services.clone()
    }
}

/// Bringing a picture, and looking at pictures.
pub fn routes<S: Clone + Send + Sync + 'static>(services: Arc<Services>) -> Router<S> {
    let processor = Arc::default();
    Router::new()
        .route("/pictures", post(bring))
        .route("/pictures/{file}", get(show))
        .with_state(PicturesState { services, processor })
}

async fn bring(
    State(state): State<PicturesState>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match take(&state.processor, &caller, &headers, body).await {
        Ok(picture) => Json(picture).into_response(),
        Err(refusal) => refused(&refusal, Json(&refusal)),
    }
}

/// Makes what the body holds the caller's picture.
async fn take(
    processor: &ImageProcessor,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Picture, PeopleError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::Picture, &account.id)?;
    let services = &caller.services;
    let busy = |_| Refusal::Because(PeopleReason::Busy);
    let coming = processor.door.try_acquire().map_err(busy)?;
    let file = read(headers, body).await?;
    // Only now, so that slow lines keep nobody else's picture waiting.
    let _place = processor.places.try_acquire().map_err(busy)?;
    drop(coming);
    let turn = processor.turn.clone().acquire_owned().await.map_err(|_| Refusal::Broken)?;
    let made = spawn_blocking(move || {
        let made = square(&file);
        drop(turn);
        made
    });
    let made = made.await.map_err(|_| Refusal::Broken)?.map_err(Refusal::Because)?;

    let picture = Picture::new(Uuid::new_v4().simple().to_string());
    let [large, small] = names(&picture);
    services.files.keep(&large, made.large).await.map_err(lost)?;
    services.files.keep(&small, made.small).await.map_err(lost)?;
    let before = store::change_picture(&services.database, &account.id, Some(&picture)).await;
    if let Some(before) = before? {
        discard(&services.files, &before).await;
    }
    Ok(picture)
}

/// The body, as far as it isn't too large; what says that it is isn't even read.
async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, PeopleError> {
    let too_large = || Refusal::Because(PeopleReason::PictureTooLarge);
    let announced = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_PICTURE_BYTES) {
        return Err(too_large());
    }
    // Whether the body broke off or went on for too long, what is there is no picture to be kept.
    to_bytes(body, MAX_PICTURE_BYTES).await.map_err(|_| too_large())
}

/// Deletes a picture's files. One that stays is nobody's any more, and known to nobody.
pub async fn discard(files: &Files, picture: &Picture) {
    for name in names(picture) {
        if let Err(error) = files.delete(&name).await {
            tracing::warn!(%error, "a picture that was replaced could not be deleted");
        }
    }
}

/// Deletes the pictures of the last two days that nobody has: those that were kept while the program
/// ended, before their account knew of them. Older ones, and all of a database that knows no picture, are
/// left alone: then it is the wrong database, or one that was just restored, and nothing would bring them
/// back.
pub async fn sweep(services: &Services) -> Result<(), DatabaseError> {
    let now = clock::now();
    let (from, until) = (now.plus(-48 * Millis::HOUR), now.plus(-Millis::HOUR));
    let files = match services.files.kept_between(FOLDER, from, until).await {
        Ok(files) => files,
        Err(error) => {
            tracing::warn!(%error, "the pictures could not be listed");
            return Ok(());
        }
    };
    // Asked afterwards: what was kept an hour ago is somebody's by now, or nobody's.
    let known: HashSet<String> = store::pictures(&services.database).await?.into_iter().collect();
    if known.is_empty() {
        return Ok(());
    }
    for file in files {
        let name = file.trim_start_matches(FOLDER).trim_start_matches('/');
        if !is_name(name) || known.contains(&name[..32]) {
            continue;
        }
        if let Err(error) = services.files.delete(&file).await {
            tracing::warn!(%error, "a picture that nobody has could not be deleted");
        }
    }
    Ok(())
}

pub(super) fn names(picture: &Picture) -> [String; 2] {
    [picture.large(), picture.small()].map(|path| path.trim_start_matches('/').to_owned())
}

fn lost(error: FileError) -> PeopleError {
    tracing::error!(%error, "a picture could not be kept");
    Refusal::Broken
}

/// Sends a picture. It is never anything but a JPEG, whatever somebody brought.
async fn show(State(services): State<Arc<Services>>, Path(file): Path<String>) -> Response {
    if !is_name(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match services.files.read(&format!("pictures/{file}")).await {
        Ok(Some(bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, "image/jpeg"),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            ];
            (headers, bytes).into_response()
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "a picture could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Whether a picture's file may be called so: `0123…ef.jpg`, `0123…ef-small.jpg`.
fn is_name(file: &str) -> bool {
    let Some(name) = file.strip_suffix(".jpg") else { return false };
    let name = name.strip_suffix("-small").unwrap_or(name);
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
