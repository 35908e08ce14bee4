//! Errors of media over HTTP, with their statuses and headers.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_sfu::OfferError;

use super::{ACCEPT_PATCH, ACCEPT_POST, FRAGMENT, JSON, SDP};
use crate::{crypto::token::TokenError, database::DatabaseError};

/// Seconds after which a full venue may be asked again.
const WHEN_FULL: u32 = 5;

/// Refusal of a request about media.
#[derive(Debug, PartialEq, Eq)]
pub enum MediaError {
    /// There is no bearer token.
    NoToken,
    /// The token or key is made up, used, too old or revoked: the same answer to all of it.
    BadToken,
    /// It is good for something else.
    OtherToken,
    /// No such show or session.
    NotFound,
    /// The show was deleted.
    Gone,
    /// The show is over.
    Over,
    /// The show is on: it can't be rehearsed any more.
    OnAir,
    /// The program names a show that starts much later.
    TooEarly,
    /// The holder of a stream key plays nothing now.
    NothingOn,
    /// The program was replaced by another one, which is on stage.
    Replaced,
    /// Another program with the same stream key is on stage, and they threw each other off.
    Contested,
    /// The artist keeps the stage for another source.
    Kept,
    /// The artist is on as many other stages as one may be.
    Elsewhere,
    /// Not the session's present state.
    OtherTag,
    /// The body didn't come in in time.
    TooSlow,
    /// The body is too long.
    TooLong,
    /// Not the content type that is needed: an offer.
    NotSdp,
    /// Not the content type that is needed: a fragment.
    NotFragment,
    /// Not the content type that is needed: JSON.
    NotJson,
    /// The body can't be read; why.
    Malformed(String),
    /// The body can be read, and what it asks for can't be; why.
    Unacceptable(String),
    /// It has to be said of which state of the session this is.
    NoTag,
    /// Too many stream keys were tried from this address, layers chosen, restarts asked for, or sessions
    /// opened by one person or from one address; seconds to wait.
    TooMany(u32),
    /// The venue is full.
    Full,
    /// The venue failed; the log knows why.
    Broken,
}

impl MediaError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::OtherToken => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Over
            | Self::OnAir
            | Self::TooEarly
            | Self::NothingOn
            | Self::Replaced
            | Self::Contested
            | Self::Kept
            | Self::Elsewhere => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::OtherTag => StatusCode::PRECONDITION_FAILED,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotSdp | Self::NotFragment | Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unacceptable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NoTag => StatusCode::PRECONDITION_REQUIRED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The refusal in words, for people who read a program's log.
    fn text(&self) -> &str {
        match self {
            Self::NoToken => "A bearer token is needed: a stream key, or a token from the page.",
            Self::BadToken => "This token or stream key is not good, or no longer.",
            Self::OtherToken => "This token is for something else.",
            Self::NotFound => "There is no such thing here.",
            Self::Gone => "That is gone.",
            Self::Over => "The show is over.",
            Self::OnAir => "The show is on, and can't be rehearsed any more.",
            Self::TooEarly => {
                "This show starts in more than two hours. Rehearse in the studio until then, or go \
                 live from there first."
            }
            Self::NothingOn => {
                "None of your shows is on or starts within two hours. Announce one, or name it in \
                 the server's address."
            }
            Self::Replaced => {
                "You are on stage from another place, which replaced this program. Leave the stage \
                 there first."
            }
            Self::Contested => {
                "Another program is on stage with the same stream key or API token. Stop one of \
                 them, or give each its own."
            }
            Self::Kept => {
                "Its artist keeps the stage for the source that is on it. The switch is in the studio."
            }
            Self::Elsewhere => "You are on three other stages already. Leave one of them first.",
            Self::OtherTag => "That is not the session's present ETag.",
            Self::TooSlow => "That took too long to come in.",
            Self::TooLong => "That is too long.",
            Self::NotSdp => "An offer is application/sdp.",
            Self::NotFragment => "What is sent to a session is application/trickle-ice-sdpfrag.",
            Self::NotJson => "A layer is chosen in application/json.",
            Self::Malformed(why) | Self::Unacceptable(why) => why,
            Self::NoTag => "If-Match with the session's ETag is needed.",
            Self::TooMany(_) => "That is too much at once. Wait a moment.",
            Self::Full => "The venue is full.",
            Self::Broken => "Something broke on our side.",
        }
    }
}

impl IntoResponse for MediaError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.text().to_owned()).into_response();
        let headers = response.headers_mut();
        match self {
            Self::NoToken => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::BadToken => {
                let invalid = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, invalid);
            }
            Self::OtherToken => {
                let elsewhere = HeaderValue::from_static("Bearer error=\"insufficient_scope\"");
                headers.insert(header::WWW_AUTHENTICATE, elsewhere);
            }
            Self::NotSdp => {
                headers.insert(ACCEPT_POST, SDP);
            }
            Self::NotJson => {
                headers.insert(ACCEPT_POST, JSON);
            }
            Self::NotFragment => {
                headers.insert(ACCEPT_PATCH, FRAGMENT);
            }
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            Self::Full => {
                headers.insert(header::RETRY_AFTER, WHEN_FULL.into());
            }
            _ => {}
        }
        response
    }
}

impl From<DatabaseError> for MediaError {
    #[track_caller]
    fn from(error: DatabaseError) -> Self {
        error.log();
        Self::Broken
    }
}

impl From<TokenError> for MediaError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid | TokenError::Expired | TokenError::Used => Self::BadToken,
            TokenError::Elsewhere => Self::OtherToken,
        }
    }
}

impl From<OfferError> for MediaError {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Malformed(_) => Self::Malformed(error.to_string()),
            OfferError::Unacceptable(_) => Self::Unacceptable(error.to_string()),
            OfferError::TooLong => Self::TooLong,
            OfferError::TooMany | OfferError::Stopped => Self::Full,
        }
    }
}
