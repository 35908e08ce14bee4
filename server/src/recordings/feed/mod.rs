//! Podcasts: the recordings of an artist that everybody may hear, as podcast programs take them.

mod cache;
mod rss;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use bandstand_domain::{
    Refusal,
    recordings::{Cut, RecordingError, chapters},
};

use self::{
    cache::{FeedCache, KeptFeed},
    rss::{Feed, FeedItem},
};
use super::{files::or_refused, store};
use crate::{
    caller::Caller,
    entity_tags,
    http::limits::{Limit, by_address},
    people::{self, ArtistRow},
    services::Services,
    shows,
};

/// The most recordings of a podcast: the latest.
const MAX_ITEMS: i64 = 100;
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/rss+xml; charset=utf-8");
/// Programs may wait so long until they learn of something new, or of what was taken back.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The podcast of each artist.
pub fn routes() -> Router<Arc<Services>> {
    let cache = Arc::new(FeedCache::default());
    let show = move |caller: Caller, path: Path<String>, headers: HeaderMap| {
        let cache = cache.clone();
        async move { send(&cache, &caller, &path, &headers).await }
    };
    Router::new().route("/artists/{handle}/podcast.xml", get(show))
}

/// `GET /artists/{handle}/podcast.xml`: for everybody, and the same for everybody.
async fn send(cache: &FeedCache, caller: &Caller, handle: &str, headers: &HeaderMap) -> Response {
    or_refused(caller, answer(cache, caller, handle, headers).await)
}

async fn answer(
    cache: &FeedCache,
    caller: &Caller,
    handle: &str,
    headers: &HeaderMap,
) -> Result<Response, RecordingError> {
    caller.limited(Limit::Feeds, by_address(caller.address))?;
    let services = &caller.services;
    // What is committed meanwhile makes it an old one.
    let revision = services.database.revision.current();
    if let Some(kept) = cache.find(handle, revision) {
        return Ok(respond(&kept, headers));
    }
    let artist = people::find_artist(&services.database, handle).await?;
    let artist = artist.ok_or(Refusal::NotFound)?;
    if artist.handle != handle {
        let address = format!("/artists/{}/podcast.xml", artist.handle);
        let mut response = Redirect::permanent(&address).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, CACHED);
        return Ok(response);
    }
    let text = feed_of(services, artist).await?.write().map_err(|error| {
        tracing::error!(%error, "a podcast can't be written");
        Refusal::Broken
    })?;
    Ok(respond(&cache.keep(handle, revision, text), headers))
}

fn respond(feed: &KeptFeed, asked: &HeaderMap) -> Response {
    let KeptFeed { text, etag, modified, .. } = feed;
    let said = |name: HeaderName| asked.get(name).and_then(|it| it.to_str().ok());
    let is_known = match said(header::IF_NONE_MATCH) {
        Some(tags) => entity_tags::names(tags, etag, true),
        // Programs give back the date that they were given.
        None => said(header::IF_MODIFIED_SINCE) == Some(modified),
    };
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Body::from(text.clone()).into_response(),
    };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
    }
    headers.insert(header::CACHE_CONTROL, CACHED);
    // Also for programs that are pages.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    for (name, value) in [(header::ETAG, etag), (header::LAST_MODIFIED, modified)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    response
}

async fn feed_of(services: &Services, artist: ArtistRow) -> Result<Feed, RecordingError> {
    let database = &services.database;
    let mut items = Vec::new();
    for episode in store::episodes(database, &artist.account, MAX_ITEMS).await? {
        let tracks = shows::tracks(database, episode.show).await?;
        let (from, length) = (episode.cut_from, episode.mp3.duration);
        let cut = Cut { from, to: from.saturating_add(length) };
        let chapters = chapters(&tracks, episode.began_at, cut);
        items.push(FeedItem { episode, chapters });
    }
    Ok(Feed { origin: services.config.public_url.clone(), artist, items })
}
