//! The picture at the door: what who hasn't come in yet sees of the stage. Without sound, and no larger than
//! the smallest that the artist sends; where guests may not come in, there is none.

use async_trait::async_trait;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Request,
    response::Response,
};
use bandstand_domain::ShowId;

use super::{
    Media,
    error::MediaError,
    offer::{self, WHEN_LESS_IS_HELD, bearer, check_type, created, open_show},
    registry::{MediaDirection, MediaSessions},
    source::stage_id,
};
use crate::{
    background::bus::{BusListener, BusMessage},
    caller::Caller,
    clock,
    crypto::token::Scope,
};

/// The most pictures at doors for one address.
pub const MAX_LOOKING_FROM_ADDRESS: usize = 32;
/// The lowest bound of the height, for which the smallest picture is sent.
const LEAST: u16 = 1;

/// `POST /whep/{show}/door`: somebody looks in, without a name or a place in the crowd.
pub async fn look(
    State(media): State<Media>,
    caller: Caller,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let token = bearer(request.headers())?.to_owned();
    let show: ShowId = show.parse().map_err(|_| MediaError::NotFound)?;
    media.services.tokens.check(&token, Scope::Look, show, clock::now())?;
    check_type(request.headers())?;
    check_guests(&media, show).await?;
    let offer = offer::read(request.into_body()).await?;
    if offer.text.lines().any(|line| line.starts_with("m=audio")) {
        return Err(MediaError::Unacceptable("At the door there is a picture alone.".into()));
    }
    let place = media.looking.admit(caller.address);
    let place = place.map_err(|_| MediaError::TooMany(WHEN_LESS_IS_HELD))?;
    let subscribe = media.sfu.subscribe(stage_id(show), offer.text);
    let (_, accepted) = offer::accepted(&media, (&token, Scope::Look, show), subscribe).await?;
    let session = accepted.session;
    media.sfu.set_max_height(session, Some(LEAST)).await;
    let client = offer.credentials;
    let tag = media.sessions.opened(session, MediaDirection::Door, show, client, Some(place));
    // After it is noted: who closes the show to guests now finds it.
    if let Err(refused) = check_guests(&media, show).await {
        media.sfu.close(session).await;
        return Err(refused);
    }
    Ok(created(&caller, &format!("/whep/{show}/{session}"), tag, accepted.answer_sdp))
}

async fn check_guests(media: &Media, show: ShowId) -> Result<(), MediaError> {
    if open_show(media, show).await?.members_only { Err(MediaError::OtherToken) } else { Ok(()) }
}

#[async_trait]
impl BusListener for MediaSessions {
    async fn receive(&self, message: &BusMessage) {
        if let BusMessage::ShowClosedToGuests(show) = message {
            self.close_door(*show).await;
        }
    }
}
