//! One's own shows, and how they go, for programs.

use axum::{
    Json,
    extract::{Path, State},
    http::HeaderMap,
};
use bandstand_domain::{
    Millis, Refusal, ShowId, api_tokens::ApiScope, shows::ShowCard, stage::StageState,
};
use serde::Serialize;

use super::{Api, error::ApiError, holder};
use crate::{
    api_tokens::{self, TokenHolder},
    caller::Caller,
    chat, clock, shows,
    stream_keys::{self, Holder},
};

/// A show of one's own.
#[derive(Debug, Serialize)]
pub struct ApiShow {
    id: ShowId,
    title: String,
    starts_at: Millis,
    ends_at: Millis,
    stage: StageState,
    /// True of the one that `/whip` and `/radio` stand for now.
    due: bool,
}

/// A show of one's own, and how it goes.
#[derive(Debug, Serialize)]
pub struct ApiShowState {
    #[serde(flatten)]
    show: ApiShow,
    /// True once nothing can happen any more.
    over: bool,
    /// Number of the latest publication.
    publication: i64,
    /// People in the crowd.
    crowd: u32,
    /// Players by HTTP, such as radios.
    listeners: u32,
    likes: u64,
    /// The newest message.
    chat: Option<ApiChatLine>,
}

/// A message of the chat.
#[derive(Debug, Serialize)]
pub struct ApiChatLine {
    name: String,
    text: String,
    sent_at: Millis,
}

/// `GET /api/v1/shows`: one's own shows that are on or to come, by their start.
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Json<Vec<ApiShow>>, ApiError> {
    let holder = holder(&api, &caller, &headers, Some(ApiScope::ReadShows)).await?;
    let database = &api.services.database;
    let (mut shows, upcoming, _) = shows::of_artist(database, &holder.account).await?;
    shows.extend(upcoming.shows);
    let due = due(&api, &holder).await?;
    Ok(Json(shows.into_iter().map(|card| ApiShow::new(card, due)).collect()))
}

/// `GET /api/v1/shows/{show}`: one show of one's own.
pub async fn show(
    State(api): State<Api>,
    caller: Caller,
    Path(show): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ApiShowState>, ApiError> {
    let holder = holder(&api, &caller, &headers, Some(ApiScope::ReadShows)).await?;
    let show: ShowId = show.parse().map_err(|_| ApiError::NotFound)?;
    let database = &api.services.database;
    let facts = shows::facts(database, show).await?;
    let facts = facts.filter(|it| it.artist_account == holder.account && !it.deleted);
    let facts = facts.ok_or(ApiError::NotFound)?;
    let page = shows::page(database, show, Some(&holder.account)).await;
    let page = page.map_err(|refused| match refused {
        Refusal::NotFound | Refusal::Gone => ApiError::NotFound,
        _ => ApiError::Broken,
    })?;
    let newest = chat::page(database, show.into(), i64::MAX, None).await?.messages.pop();
    Ok(Json(ApiShowState {
        over: facts.is_over(clock::now()),
        publication: facts.publication,
        crowd: api.crowds.count(show),
        listeners: api.mounts.listeners_of(show),
        likes: page.likes,
        chat: newest.map(|it| ApiChatLine { name: it.name, text: it.text, sent_at: it.sent_at }),
        show: ApiShow::new(page.card, due(&api, &holder).await?),
    }))
}

/// The show that is due, as programs that name none go on its stage.
async fn due(api: &Api, holder: &TokenHolder) -> Result<Option<ShowId>, ApiError> {
    let key = api_tokens::as_key(holder.token);
    let holder = Holder { key, account: holder.account.clone() };
    Ok(stream_keys::show_now(&api.services.database, &holder).await?)
}

impl ApiShow {
    fn new(card: ShowCard, due: Option<ShowId>) -> Self {
        let ShowCard { id, title, starts_at, ends_at, stage, .. } = card;
        Self { id, title, starts_at, ends_at, stage, due: due == Some(id) }
    }
}
