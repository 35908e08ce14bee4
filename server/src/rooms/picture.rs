//! Pictures of rooms.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::Path,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use bandstand_domain::{
    Refusal, RoomId,
    people::{PeopleError, Picture},
    rooms::{MAX_ROOM_PICTURE_BYTES, RoomError},
};

use super::{access, announce, store};
use crate::{
    caller::Caller,
    clock,
    database::{DatabaseError, Write},
    http::{limits::Limit, refused, run_detached},
    ids::AccountId,
    pictures::{PictureKind, Sides, WrittenPicture, names},
    rights::{Action, Resource},
    services::Services,
    storage,
};

const PICTURE: PictureKind =
    PictureKind { max_bytes: MAX_ROOM_PICTURE_BYTES, sides: Sides { large: 640, small: 128 } };

/// Bringing pictures of rooms.
pub fn picture_routes() -> Router<Arc<Services>> {
    Router::new().route("/rooms/{id}/picture", post(bring))
}

/// `POST /rooms/{id}/picture`: the file becomes the picture of a room of one's own.
async fn bring(caller: Caller, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    let requests = caller.services.requests.clone();
    // What is kept is told to open pages, whether or not the browser waits.
    run_detached(&requests, None, async move {
        match take(&caller, &id, &headers, body).await {
            Ok(picture) => Json(picture).into_response(),
            Err(refusal) => refused(&refusal, Json(&refusal)),
        }
    })
    .await
}

async fn take(
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Picture, PeopleError> {
    let id: RoomId = id.parse().map_err(|_| Refusal::NotFound)?;
    let account = caller.own_account().await?;
    let entry = access::enter(caller, id).await?;
    if !entry.may(Resource::Room, Action::Change) {
        return Err(Refusal::Forbidden);
    }
    caller.limited(Limit::Picture, &account.id)?;
    let services = &caller.services;
    let made = services.pictures.take(PICTURE, headers, body).await?;
    let written = WrittenPicture::write(&services.files, &account.id, made).await?;
    let changed = replace(caller, id, Some((&written, &account.id))).await;
    if changed.is_err() {
        written.discard(&services.files).await;
    }
    changed.map(|()| written.picture)
}

/// Takes the picture of the room `id` away; the caller may.
pub(super) async fn remove(caller: &Caller, id: RoomId) -> Result<(), RoomError> {
    replace(caller, id, None).await.map_err(|refusal| match refusal {
        Refusal::Gone => Refusal::Gone,
        _ => Refusal::Broken,
    })
}

/// Makes `picture`, brought by the account, that of the room `id`, or takes it away.
async fn replace(
    caller: &Caller,
    id: RoomId,
    picture: Option<(&WrittenPicture, &AccountId)>,
) -> Result<(), PeopleError> {
    let services = &caller.services;
    let mut write = services.database.begin().await?;
    if store::facts::room(&mut *write, id).await?.is_none() {
        return Err(Refusal::Gone);
    }
    let shown = picture.map(|(written, by)| (&written.picture, by));
    let before = store::write::change_picture(&mut write, id, shown, clock::now()).await?;
    if let Some((written, _)) = picture {
        written.keep(&mut write).await?;
    }
    let gone = discard(&mut write, before.as_ref()).await?;
    write.commit().await?;
    announce(services, id).await;
    services.files.remove(&gone).await;
    Ok(())
}

/// Discards the files of a picture; returns them, which are nobody's once the transaction is committed.
pub(super) async fn discard(
    write: &mut Write,
    picture: Option<&Picture>,
) -> Result<Vec<String>, DatabaseError> {
    let gone = picture.map(names).into_iter().flatten().collect::<Vec<_>>();
    for name in &gone {
        storage::discard(write, name).await?;
    }
    Ok(gone)
}
