//! What WHIP and WHEP have in common: an offer comes in, an answer goes out.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, SessionId};
use tokio::time::timeout;

use super::{ACCEPT_PATCH, FRAGMENT, SDP, error::Refused, ice, registry::Tag};
use crate::{
    app::venue::Venue,
    caller::Caller,
    clock,
    crypto::token::Claims,
    http::security,
    sessions,
    shows::{self, ShowFacts},
    stage::access::is_over,
};

/// The most bytes of an offer.
const LARGEST_OFFER: usize = 64 * 1024;
/// How long a body may take to come in; nothing else bounds how long a request about media takes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds after which who holds too much media may ask again.
pub const WHEN_LESS_IS_HELD: u32 = 10;

/// What a client offers.
pub struct Offer {
    /// The SDP.
    pub text: String,
    /// By which the client is known.
    pub credentials: IceCredentials,
}

/// The bearer token of a request.
///
/// # Errors
/// [`Refused::NoToken`].
pub fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    security::bearer(headers).ok_or(Refused::NoToken)
}

/// Whether the body is of the type `wanted`, whatever its parameters.
pub fn is_of_type(headers: &HeaderMap, wanted: &HeaderValue) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().as_bytes().eq_ignore_ascii_case(wanted.as_bytes())
}

/// Checks that an offer comes in, before it does.
///
/// # Errors
/// [`Refused::NotSdp`].
pub fn check_type(headers: &HeaderMap) -> Result<(), Refused> {
    if is_of_type(headers, &SDP) { Ok(()) } else { Err(Refused::NotSdp) }
}

/// The text in a body of at most `most` bytes.
///
/// # Errors
/// [`Refused::TooSlow`], [`Refused::TooLong`], [`Refused::Malformed`].
pub async fn read_text(body: Body, most: usize) -> Result<String, Refused> {
    let body = timeout(PATIENCE, to_bytes(body, most)).await.map_err(|_| Refused::TooSlow)?;
    let body = body.map_err(|_| Refused::TooLong)?;
    String::from_utf8(body.into()).map_err(|_| Refused::Malformed("It is no text in UTF-8.".into()))
}

/// The offer in a body.
///
/// # Errors
/// As [`read_text`].
pub async fn read(body: Body) -> Result<Offer, Refused> {
    let text = read_text(body, LARGEST_OFFER).await?;
    Ok(Offer { credentials: IceCredentials::in_sdp(&text), text })
}

/// The show, when media may flow there.
///
/// # Errors
/// [`Refused::NotFound`], [`Refused::Gone`], [`Refused::Over`], [`Refused::Broken`].
pub async fn open_show(venue: &Venue, show: ShowId) -> Result<ShowFacts, Refused> {
    check_open(shows::facts(&venue.database, show).await?.ok_or(Refused::NotFound)?)
}

/// A show's facts, when media may flow there.
///
/// # Errors
/// [`Refused::Gone`], [`Refused::Over`].
pub fn check_open(facts: ShowFacts) -> Result<ShowFacts, Refused> {
    if facts.deleted {
        Err(Refused::Gone)
    } else if is_over(&facts, clock::now()) {
        Err(Refused::Over)
    } else {
        Ok(facts)
    }
}

/// Checks that a session may hold more media.
///
/// # Errors
/// [`Refused::TooMany`].
pub fn check_room(venue: &Venue, claims: &Claims) -> Result<(), Refused> {
    let room = venue.live.holdings().has_room(&claims.session);
    room.then_some(()).ok_or(Refused::TooMany(WHEN_LESS_IS_HELD))
}

/// Ties media to the session that asked for it, and reads what is known of the show since. Noted first
/// and then asked: a session that ends at the same time finds either the note, or is found to have
/// ended.
///
/// # Errors
/// [`Refused::BadToken`] when it has ended, and all its media is closed; [`Refused::TooMany`] when it
/// holds enough already, which goes on. The media that was to be tied is for the caller to close.
pub async fn hold(venue: &Venue, claims: &Claims, media: SessionId) -> Result<ShowFacts, Refused> {
    if !venue.live.holdings().media(&claims.session, claims.show, media) {
        return Err(Refused::TooMany(WHEN_LESS_IS_HELD));
    }
    let facts = shows::facts(&venue.database, claims.show).await?.ok_or(Refused::NotFound)?;
    if sessions::is_open(&venue.database, &claims.session, facts.members_only).await? {
        return Ok(facts);
    }
    venue.live.end_sessions(std::slice::from_ref(&claims.session)).await;
    Err(Refused::BadToken)
}

/// The answer to an accepted offer (RFC 9725 section 4.2), with the servers by which the client may
/// reach the media core (section 4.6) when the operator named some.
pub fn created(caller: &Caller, location: &str, tag: Tag, answer: String) -> Response {
    let answer = ice::candidates_for(caller.address, answer);
    let mut response = (StatusCode::CREATED, answer).into_response();
    let headers = response.headers_mut();
    let mut say = |name: HeaderName, value: String| {
        // Made of addresses, numbers and base64 alone.
        if let Ok(value) = value.try_into() {
            headers.append(name, value);
        }
    };
    say(header::LOCATION, location.to_owned());
    say(header::ETAG, tag.to_string());
    for link in ice::links(&caller.venue.config.ice, clock::now()) {
        say(header::LINK, link);
    }
    headers.insert(header::CONTENT_TYPE, SDP);
    headers.insert(ACCEPT_PATCH, FRAGMENT);
    response
}
