//! Offer and answer, as WHIP and WHEP have them in common.

use std::time::Duration;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::ShowId;
use bandstand_sfu::{IceCredentials, SessionId};
use tokio::time::timeout;

use super::{ACCEPT_PATCH, FRAGMENT, Media, SDP, error::MediaError, registry::Tag};
use crate::{
    caller::Caller,
    clock,
    crypto::token::{Claims, Scope},
    http::security,
    ice_servers, sessions,
    shows::{self, ShowFacts},
};

/// The most bytes of an offer.
const MAX_OFFER: usize = 64 * 1024;
/// Timeout for a body to come in; nothing else bounds the time that a request about media takes.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Seconds after which who holds too much media may ask again.
pub const WHEN_LESS_IS_HELD: u32 = 10;

/// A client's offer.
pub struct Offer {
    /// The SDP.
    pub text: String,
    /// By which the client is known.
    pub credentials: IceCredentials,
}

/// The bearer token of a request.
///
/// # Errors
/// [`MediaError::NoToken`].
pub fn bearer(headers: &HeaderMap) -> Result<&str, MediaError> {
    security::bearer(headers).ok_or(MediaError::NoToken)
}

/// Tells whether the body's media type is `wanted`, whatever its parameters.
pub fn is_of_type(headers: &HeaderMap, wanted: &HeaderValue) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().as_bytes().eq_ignore_ascii_case(wanted.as_bytes())
}

/// Checks that an offer comes in, before it does.
///
/// # Errors
/// [`MediaError::NotSdp`].
pub fn check_type(headers: &HeaderMap) -> Result<(), MediaError> {
    if is_of_type(headers, &SDP) { Ok(()) } else { Err(MediaError::NotSdp) }
}

/// The text in a body of at most `most` bytes.
///
/// # Errors
/// [`MediaError::TooSlow`], [`MediaError::TooLong`], [`MediaError::Malformed`].
pub async fn read_text(body: Body, most: usize) -> Result<String, MediaError> {
    let body =
        timeout(BODY_TIMEOUT, to_bytes(body, most)).await.map_err(|_| MediaError::TooSlow)?;
    let body = body.map_err(|_| MediaError::TooLong)?;
    String::from_utf8(body.into())
        .map_err(|_| MediaError::Malformed("It is no text in UTF-8.".into()))
}

/// The offer in a body.
///
/// # Errors
/// As [`read_text`].
pub async fn read(body: Body) -> Result<Offer, MediaError> {
    let text = read_text(body, MAX_OFFER).await?;
    Ok(Offer { credentials: IceCredentials::in_sdp(&text), text })
}

/// Lets `accept` take the offer of who holds `token`, which is used up by that; returns what the token says, and
/// what came of the offer. Who is asked to come again, as the venue is full, comes with the same token.
///
/// # Errors
/// [`MediaError::BadToken`], [`MediaError::OtherToken`]; as `accept`.
pub async fn accepted<T, E: Into<MediaError>>(
    media: &Media,
    (token, scope, show): (&str, Scope, ShowId),
    accept: impl Future<Output = Result<T, E>>,
) -> Result<(Claims, T), MediaError> {
    let tokens = &media.services.tokens;
    let claims = tokens.redeem(token, scope, show, clock::now())?;
    let accepted = accept.await.map_err(Into::into).inspect_err(|refused| {
        if *refused == MediaError::Full {
            tokens.give_back(token, scope, show, clock::now());
        }
    })?;
    Ok((claims, accepted))
}

/// The facts of a show, whether or not media may flow there.
///
/// # Errors
/// [`MediaError::NotFound`], [`MediaError::Broken`].
pub async fn facts(media: &Media, show: ShowId) -> Result<ShowFacts, MediaError> {
    shows::facts(&media.services.database, show).await?.ok_or(MediaError::NotFound)
}

/// The show, when media may flow there.
///
/// # Errors
/// [`MediaError::NotFound`], [`MediaError::Gone`], [`MediaError::Over`], [`MediaError::Broken`].
pub async fn open_show(media: &Media, show: ShowId) -> Result<ShowFacts, MediaError> {
    check_open(facts(media, show).await?)
}

/// A show's facts, when media may flow there.
///
/// # Errors
/// [`MediaError::Gone`], [`MediaError::Over`].
pub fn check_open(facts: ShowFacts) -> Result<ShowFacts, MediaError> {
    if facts.deleted {
        Err(MediaError::Gone)
    } else if facts.is_over(clock::now()) {
        Err(MediaError::Over)
    } else {
        Ok(facts)
    }
}

/// Checks that a session may hold more media.
///
/// # Errors
/// [`MediaError::TooMany`].
pub fn check_room(media: &Media, claims: &Claims) -> Result<(), MediaError> {
    let room = media.services.open_sessions.has_room(&claims.session);
    room.then_some(()).ok_or(MediaError::TooMany(WHEN_LESS_IS_HELD))
}

/// Ties media to the session that asked for it, and reads what is known of the show since. Noted first
/// and then asked: a session that ends at the same time finds either the note, or is found to have
/// ended.
///
/// # Errors
/// [`MediaError::BadToken`] when it has ended, and all its media is closed; [`MediaError::TooMany`] when
/// it holds enough already, which goes on. The media that was to be tied is for the caller to close.
pub async fn hold(
    media: &Media,
    claims: &Claims,
    session: SessionId,
) -> Result<ShowFacts, MediaError> {
    let services = &media.services;
    let guard = services.open_sessions.media(&claims.session, claims.show);
    media.sessions.tie(session, guard.ok_or(MediaError::TooMany(WHEN_LESS_IS_HELD))?);
    let facts = facts(media, claims.show).await?;
    if sessions::is_open(&services.database, &claims.session, facts.members_only).await? {
        return Ok(facts);
    }
    services.end_sessions(std::slice::from_ref(&claims.session)).await;
    Err(MediaError::BadToken)
}

/// The answer to an accepted offer (RFC 9725 section 4.2), with the servers by which the client may
/// reach the media core (section 4.6) when the operator named some.
pub fn created(caller: &Caller, location: &str, tag: Tag, answer: String) -> Response {
    let answer = ice_servers::candidates_for(caller.address, answer);
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
    for link in ice_servers::links(&caller.services.config.ice, clock::now()) {
        say(header::LINK, link);
    }
    headers.insert(header::CONTENT_TYPE, SDP);
    headers.insert(ACCEPT_PATCH, FRAGMENT);
    response
}
