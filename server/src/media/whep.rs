//! WHEP (draft-ietf-wish-whep-04): media to a viewer who holds a join token.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{Request, header},
    response::Response,
};
use bandstand_domain::ShowId;

use super::{
    Media,
    error::MediaError,
    layer,
    offer::{
        self, WHEN_LESS_IS_HELD, bearer, check_open, check_room, check_type, created, hold,
        open_show,
    },
    registry::MediaDirection,
    source::stage_id,
};
use crate::{caller::Caller, clock, crypto::token::Scope, http::limits::by_address};

/// `POST /whep/{show}`: somebody watches. Nobody has to be on stage yet.
pub async fn watch(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let token = bearer(request.headers())?.to_owned();
    let show: ShowId = show.parse().map_err(|_| MediaError::NotFound)?;
    let tokens = &media.services.tokens;
    let claims = tokens.check(&token, Scope::Watch, show, clock::now())?;
    check_type(request.headers())?;
    open_show(&media, show).await?;
    let offer = offer::read(request.into_body()).await?;
    check_room(&media, &claims)?;
    let place = media.viewers.admit(by_address(caller.address));
    let place = place.ok_or(MediaError::TooMany(WHEN_LESS_IS_HELD))?;
    let claims = tokens.redeem(&token, Scope::Watch, show, clock::now())?;
    let accepted = media.sfu.subscribe(stage_id(show), offer.text).await;
    let accepted = accepted.map_err(MediaError::from).inspect_err(|refused| {
        // Who is asked to come again comes with the same token.
        if *refused == MediaError::Full {
            tokens.give_back(&token, Scope::Watch, show, clock::now());
        }
    })?;
    let session = accepted.session;
    // A show that was deleted or ended in between has closed its stage before this came.
    if let Err(refused) = hold(&media, &claims, session).await.and_then(check_open) {
        media.sfu.close(session).await;
        return Err(refused);
    }
    let client = offer.credentials;
    let tag = media.sessions.opened(session, MediaDirection::Out, show, client, Some(place));
    let location = format!("/whep/{show}/{session}");
    let mut response = created(&caller, &location, tag, accepted.answer_sdp);
    if let Ok(link) = layer::link(&location).try_into() {
        response.headers_mut().append(header::LINK, link);
    }
    Ok(response)
}
