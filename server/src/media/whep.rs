//! Out: WHEP (draft-ietf-wish-whep-04), with the join token of a person who entered the show.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{Request, header},
    response::Response,
};
use bandstand_domain::ShowId;

use super::{
    error::Refused,
    layer,
    offer::{
        self, WHEN_LESS_IS_HELD, bearer, check_open, check_room, check_type, created, hold,
        open_show,
    },
    registry::Way,
};
use crate::{
    app::venue::Venue, caller::Caller, clock, crypto::token::Purpose, http::limits::by_address,
    stage::performers::stage_id,
};

/// `POST /whep/{show}`: somebody watches. Nobody has to be on stage yet.
pub async fn watch(
    State(venue): State<Arc<Venue>>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let token = bearer(request.headers())?.to_owned();
    let show: ShowId = show.parse().map_err(|_| Refused::NotFound)?;
    let tokens = venue.live.tokens();
    let claims = tokens.check(&token, Purpose::Watch, show, clock::now())?;
    check_type(request.headers())?;
    open_show(&venue, show).await?;
    let offer = offer::read(request.into_body()).await?;
    check_room(&venue, &claims)?;
    let place = venue.live.viewers().admit(by_address(caller.address));
    let place = place.ok_or(Refused::TooMany(WHEN_LESS_IS_HELD))?;
    let claims = tokens.redeem(&token, Purpose::Watch, show, clock::now())?;
    let accepted = venue.live.sfu().subscribe(stage_id(show), offer.text).await;
    let accepted = accepted.map_err(Refused::from).inspect_err(|refused| {
        // Who is asked to come again comes with the same token.
        if *refused == Refused::Full {
            tokens.give_back(&token, Purpose::Watch, show, clock::now());
        }
    })?;
    let session = accepted.session;
    // A show that was deleted or ended in between has closed its stage before this came.
    if let Err(refused) = hold(&venue, &claims, session).await.and_then(check_open) {
        venue.live.sfu().close(session).await;
        return Err(refused);
    }
    let (media, client) = (venue.live.media(), offer.credentials);
    let tag = media.opened(session, Way::Out, show, client, Some(place));
    let location = format!("/whep/{show}/{session}");
    let mut response = created(&caller, &location, tag, accepted.answer_sdp);
    if let Ok(link) = layer::link(&location).try_into() {
        response.headers_mut().append(header::LINK, link);
    }
    Ok(response)
}
