//! Portraits: pictures of people.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use bandstand_domain::people::{MAX_PICTURE_BYTES, PeopleError, Picture};

use super::store;
use crate::{
    caller::Caller,
    database::Database,
    http::{limits::Limit, refused, run_detached},
    ids::AccountId,
    pictures::{CONTENT_TYPE, PictureKind, Sides, WrittenPicture, names},
    services::Services,
    storage::{self, FileOwner, StorageError, files::Files},
};

const PORTRAIT: PictureKind =
    PictureKind { max_bytes: MAX_PICTURE_BYTES, sides: Sides { large: 512, small: 96 } };

/// Bringing a portrait.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/pictures", post(bring))
}

async fn bring(caller: Caller, headers: HeaderMap, body: Body) -> Response {
    let requests = caller.services.requests.clone();
    // What is kept is told to open pages, whether or not the browser waits.
    run_detached(&requests, None, async move {
        match take(&caller, &headers, body).await {
            Ok(picture) => Json(picture).into_response(),
            Err(refusal) => refused(&refusal, Json(&refusal)),
        }
    })
    .await
}

/// Makes what the body holds the caller's portrait.
async fn take(caller: &Caller, headers: &HeaderMap, body: Body) -> Result<Picture, PeopleError> {
    let account = caller.own_account().await?;
    caller.limited(Limit::Picture, &account.id)?;
    let services = &caller.services;
    let made = services.pictures.take(PORTRAIT, headers, body).await?;
    let written = WrittenPicture::write(&services.files, &account.id, made).await?;
    let replaced = replace(services, &account.id, Some(&written)).await;
    if replaced.is_err() {
        written.discard(&services.files).await;
    }
    replaced.map(|()| written.picture)
}

/// Makes `picture` (or none) that of `account`, and keeps its files; those of the one before go.
pub(super) async fn replace(
    services: &Services,
    account: &AccountId,
    picture: Option<&WrittenPicture>,
) -> Result<(), PeopleError> {
    let mut write = services.database.begin().await?;
    let before = store::change_picture(&mut write, account, picture.map(|it| &it.picture)).await?;
    let gone = before.as_ref().map(names).into_iter().flatten().collect::<Vec<_>>();
    for name in &gone {
        storage::discard(&mut write, name).await?;
    }
    if let Some(picture) = picture {
        picture.keep(&mut write).await?;
    }
    write.commit().await?;
    services.files.remove(&gone).await;
    Ok(())
}

/// Notes the files of portraits that an earlier version kept, which had no rows of them.
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
