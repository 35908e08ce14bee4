//! Artwork of shows.

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
    Refusal, ShowId,
    people::{PeopleError, Picture},
    shows::{MAX_ARTWORK_BYTES, ShowError},
};

use super::{announce, append_changed, store};
use crate::{
    caller::Caller,
    database::{DatabaseError, Write},
    http::{limits::Limit, refused, run_detached},
    pictures::{PictureKind, Sides, WrittenPicture, names},
    rights::Action,
    services::Services,
    storage,
};

const ARTWORK: PictureKind =
    PictureKind { max_bytes: MAX_ARTWORK_BYTES, sides: Sides { large: 1_024, small: 320 } };

/// Bringing artwork.
pub fn artwork_routes() -> Router<Arc<Services>> {
    Router::new().route("/shows/{id}/artwork", post(bring))
}

/// `POST /shows/{id}/artwork`: the file becomes the artwork of a show of one's own.
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
    let id = id.parse().map_err(|_| Refusal::NotFound)?;
    let (account, facts) = caller.show_to(id, Action::Change).await.map_err(plain)?;
    if facts.deleted {
        return Err(Refusal::Gone);
    }
    caller.limited(Limit::Picture, &account.id)?;
    let services = &caller.services;
    let made = services.pictures.take(ARTWORK, headers, body).await?;
    // It goes with the show, and with its artist.
    let artist = &facts.artist_account;
    let written = WrittenPicture::write(&services.files, artist, made).await?;
    let changed = replace(caller, id, Some(&written)).await;
    if changed.is_err() {
        written.discard(&services.files).await;
    }
    changed.map(|()| written.picture)
}

/// Makes `artwork` (or none) that of the show `id`, which the caller may change.
pub(super) async fn replace(
    caller: &Caller,
    id: ShowId,
    artwork: Option<&WrittenPicture>,
) -> Result<(), PeopleError> {
    let (_, facts) = caller.show_to(id, Action::Change).await.map_err(plain)?;
    let services = &caller.services;
    let (mut write, _) = caller.change_show(id, &facts.artist_account).await.map_err(plain)?;
    let gone = change(&mut write, id, artwork.map(|it| &it.picture)).await?;
    if let Some(artwork) = artwork {
        artwork.keep(&mut write).await?;
    }
    append_changed(&mut write, id).await?;
    write.commit().await?;
    announce(services, id).await;
    services.files.remove(&gone).await;
    Ok(())
}

/// Changes the artwork of the show `id`; returns the files of the one before, which are nobody's once the
/// transaction is committed.
pub(super) async fn change(
    write: &mut Write,
    id: ShowId,
    artwork: Option<&Picture>,
) -> Result<Vec<String>, DatabaseError> {
    let before = store::change_artwork(write, id, artwork).await?;
    let gone = before.as_ref().map(names).into_iter().flatten().collect::<Vec<_>>();
    for name in &gone {
        storage::discard(write, name).await?;
    }
    Ok(gone)
}

/// The refusal, without the reasons particular to shows, of which none is given here.
fn plain(error: ShowError) -> PeopleError {
    match error {
        Refusal::NotLoggedIn => Refusal::NotLoggedIn,
        Refusal::Forbidden => Refusal::Forbidden,
        Refusal::NotFound => Refusal::NotFound,
        Refusal::Gone => Refusal::Gone,
        _ => Refusal::Broken,
    }
}
