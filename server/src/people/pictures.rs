//! Pictures come in, are kept, and are shown.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{FromRef, Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bandstand_domain::{
    Refusal,
    people::{MAX_PICTURE_BYTES, PeopleError, PeopleReason, Picture},
};
use futures::stream;
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;

use super::{
    image::{Square, square},
    store,
};
use crate::{
    caller::Caller,
    database::Database,
    http::{limits::Limit, refused},
    ids::AccountId,
    services::Services,
    storage::{self, FileOwner, NewFile, StorageError, WrittenFile, files::Files},
};

/// The most pictures that come in at once, however slowly; they fill 192 MiB at most.
const MAX_COMING: usize = 64;
/// The most pictures that wait for their turn to be looked at.
const MAX_WAITING: usize = 8;

/// Folder of pictures among the files.
pub(super) const FOLDER: &str = "pictures";
/// Media type of all pictures.
const CONTENT_TYPE: &str = "image/jpeg";

/// Image processor: one picture at a time, so that a flood of them fills no memory.
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
    let written = write(&services.files, &account.id, &picture, made).await.map_err(lost)?;
    let replaced = replace(services, &account.id, Some((&picture, &written))).await;
    if replaced.is_err() {
        discard(&services.files, &picture).await;
    }
    replaced.map(|()| picture)
}

/// Writes both files of a picture, or none.
async fn write(
    files: &Files,
    account: &AccountId,
    picture: &Picture,
    made: Square,
) -> Result<[WrittenFile; 2], StorageError> {
    let write_one = async |name: String, content: Vec<u8>| {
        let bytes = content.len() as u64;
        let owner = FileOwner::account(account);
        let file = NewFile { announced: Some(bytes), ..NewFile::new(name, CONTENT_TYPE, owner) };
        let content = stream::iter([Ok::<_, Infallible>(Bytes::from(content))]);
        files.write(file, content).await
    };
    let [large, small] = names(picture);
    let large = write_one(large, made.large).await?;
    let small = write_one(small, made.small).await;
    if small.is_err() {
        discard(files, picture).await;
    }
    Ok([large, small?])
}

/// Makes `picture` (or none) that of `account`, and keeps its files; those of the one before go.
pub(super) async fn replace(
    services: &Services,
    account: &AccountId,
    picture: Option<(&Picture, &[WrittenFile; 2])>,
) -> Result<(), PeopleError> {
    let mut write = services.database.begin().await?;
    let before = store::change_picture(&mut write, account, picture.map(|it| it.0)).await?;
    let gone = before.as_ref().map(names).into_iter().flatten().collect::<Vec<_>>();
    for name in &gone {
        storage::discard(&mut write, name).await?;
    }
    for file in picture.into_iter().flat_map(|it| it.1) {
        storage::keep(&mut write, file).await.map_err(lost)?;
    }
    write.commit().await?;
    services.files.remove(&gone).await;
    Ok(())
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

/// Deletes the files of a picture that is nobody's.
async fn discard(files: &Files, picture: &Picture) {
    for name in names(picture) {
        if let Err(error) = files.delete(&name).await {
            tracing::warn!(%error, "a picture that nobody has could not be deleted yet");
        }
    }
}

/// Notes the files of pictures that an earlier version kept, which had no rows of them.
pub async fn adopt_pictures(database: &Database, files: &Files) -> Result<(), StorageError> {
    for (account, picture) in store::unknown_pictures(database).await? {
        for name in names(&picture) {
            if !files.adopt(&name, CONTENT_TYPE, &FileOwner::account(&account)).await? {
                tracing::warn!("a picture's file is missing");
            }
        }
    }
    Ok(())
}

pub(super) fn names(picture: &Picture) -> [String; 2] {
    [picture.large(), picture.small()].map(|path| path.trim_start_matches('/').to_owned())
}

fn lost(error: StorageError) -> PeopleError {
    match error {
        StorageError::QuotaFull { .. } => Refusal::Because(PeopleReason::QuotaFull),
        StorageError::Database(error) => error.into(),
        error => {
            tracing::error!(%error, "a picture could not be kept");
            Refusal::Broken
        }
    }
}

/// Sends a picture. It is never anything but a JPEG, whatever somebody brought.
async fn show(
    State(services): State<Arc<Services>>,
    Path(file): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if !is_name(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match storage::answer(&services.files, &format!("{FOLDER}/{file}"), &method, &headers).await {
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
