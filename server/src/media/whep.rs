//! WHEP (draft-ietf-wish-whep-04): media to a viewer who holds a join token, and of a
//! rehearsal to its artist.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{Request, header},
    response::Response,
};
use bandstand_domain::ShowId;
use bandstand_sfu::{AcceptedOffer, OfferError};
use futures::future::BoxFuture;

use super::{
    Media,
    error::MediaError,
    layer,
    offer::{self, WHEN_LESS_IS_HELD, bearer, check_open, check_room, check_type, created, hold},
    registry::MediaDirection,
    rehearsal::check_before,
    source::stage_id,
};
use crate::{caller::Caller, clock, crypto::token::Scope, shows::ShowFacts};

/// Asks the media core for a session on behalf of who holds a token.
type Subscribe<'a> = BoxFuture<'a, Result<AcceptedOffer, OfferError>>;

/// `POST /whep/{show}`: somebody watches. Nobody has to be on stage yet.
pub async fn watch(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let subscribe =
        |show, offer| -> Subscribe<'_> { Box::pin(media.sfu.subscribe(stage_id(show), offer)) };
    open(&media, &caller, &show, request, Scope::Watch, check_open, subscribe).await
}

/// `POST /whep/{show}/rehearsal`: the artist watches their own rehearsal. It needn't have begun.
pub async fn watch_rehearsal(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let subscribe =
        |show, offer| -> Subscribe<'_> { Box::pin(media.rehearsals.watch(show, offer)) };
    open(&media, &caller, &show, request, Scope::WatchRehearsal, check_before, subscribe).await
}

/// Opens a session with a token that allows `scope`, at a show that passes `check`.
async fn open<'a>(
    media: &'a Media,
    caller: &Caller,
    show: &str,
    request: Request<Body>,
    scope: Scope,
    check: fn(ShowFacts) -> Result<ShowFacts, MediaError>,
    subscribe: impl FnOnce(ShowId, String) -> Subscribe<'a>,
) -> Result<Response, MediaError> {
    let token = bearer(request.headers())?.to_owned();
    let show: ShowId = show.parse().map_err(|_| MediaError::NotFound)?;
    let claims = media.services.tokens.check(&token, scope, show, clock::now())?;
    check_type(request.headers())?;
    check(offer::facts(media, show).await?)?;
    let offer = offer::read(request.into_body()).await?;
    check_room(media, &claims)?;
    let place = media.viewers.admit(caller.address);
    let place = place.map_err(|_| MediaError::TooMany(WHEN_LESS_IS_HELD))?;
    let (claims, accepted) =
        offer::accepted(media, (&token, scope, show), subscribe(show, offer.text)).await?;
    let session = accepted.session;
    // A show that was deleted or ended in between has closed its stage before this came.
    if let Err(refused) = hold(media, &claims, session).await.and_then(check) {
        media.sfu.close(session).await;
        return Err(refused);
    }
    let client = offer.credentials;
    let direction = match scope {
        Scope::WatchRehearsal => MediaDirection::Rehearsal,
        _ => MediaDirection::Out,
    };
    let tag = media.sessions.opened(session, direction, show, client, Some(place));
    let location = format!("/whep/{show}/{session}");
    let mut response = created(caller, &location, tag, accepted.answer_sdp);
    if let Ok(link) = layer::link(&location).try_into() {
        response.headers_mut().append(header::LINK, link);
    }
    Ok(response)
}
