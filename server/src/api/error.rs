//! Errors of the API: statuses, and a word for programs beside one for people.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::{Refusal, api_tokens::ApiTokenReason};
use serde_json::json;

use crate::{api_tokens::device_login::PollRefusal, database::DatabaseError};

/// Refusal of a request to the API.
#[derive(Debug, PartialEq, Eq)]
pub enum ApiError {
    /// There is no bearer token.
    NoToken,
    /// The token is made up, revoked, or its account is closed: the same answer to all of it.
    BadToken,
    /// The token doesn't grant this.
    OtherScope,
    /// No such thing, or none of one's own.
    NotFound,
    /// The body is not what is taken; why.
    Malformed(String),
    /// A poll that brings no token.
    Poll(PollRefusal),
    /// Too many requests; seconds to wait.
    TooMany(u32),
    /// The venue failed; the log knows why.
    Broken,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NoToken | Self::BadToken => StatusCode::UNAUTHORIZED,
            Self::OtherScope => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Malformed(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Poll(_) => StatusCode::BAD_REQUEST,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Its name for programs (RFC 6750 section 3.1, RFC 8628 section 3.5).
    fn name(&self) -> &'static str {
        match self {
            Self::NoToken | Self::BadToken => "invalid_token",
            Self::OtherScope => "insufficient_scope",
            Self::NotFound => "not_found",
            Self::Malformed(_) => "invalid_request",
            Self::Poll(PollRefusal::Pending) => "authorization_pending",
            Self::Poll(PollRefusal::SlowDown) => "slow_down",
            Self::Poll(PollRefusal::Denied) => "access_denied",
            Self::Poll(PollRefusal::Expired) => "expired_token",
            Self::TooMany(_) => "too_many_requests",
            Self::Broken => "server_error",
        }
    }

    /// The refusal in words, for people who read a program's log.
    fn text(&self) -> &str {
        match self {
            Self::NoToken => "An API token is needed.",
            Self::BadToken => "This API token is not good, or no longer.",
            Self::OtherScope => "This API token doesn't grant that.",
            Self::NotFound => "There is no such thing here.",
            Self::Malformed(why) => why,
            Self::Poll(PollRefusal::Pending) => "Nobody has confirmed the code yet.",
            Self::Poll(PollRefusal::SlowDown) => {
                "Nobody has confirmed the code yet. Ask less often."
            }
            Self::Poll(PollRefusal::Denied) => "The code was refused.",
            Self::Poll(PollRefusal::Expired) => "The code has expired, or was used.",
            Self::TooMany(_) => "That is too much at once. Wait a moment.",
            Self::Broken => "Something broke on our side.",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.name(), "error_description": self.text() });
        let mut response = (self.status(), Json(body)).into_response();
        let headers = response.headers_mut();
        match self {
            Self::NoToken => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::BadToken => {
                let error = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                headers.insert(header::WWW_AUTHENTICATE, error);
            }
            Self::TooMany(seconds) => {
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
            _ => {}
        }
        response
    }
}

impl From<DatabaseError> for ApiError {
    #[track_caller]
    fn from(error: DatabaseError) -> Self {
        error.log();
        Self::Broken
    }
}

impl From<Refusal<ApiTokenReason>> for ApiError {
    fn from(refusal: Refusal<ApiTokenReason>) -> Self {
        match refusal {
            Refusal::Invalid(errors) => {
                let first = errors.0.into_iter().next();
                Self::Malformed(first.map(|it| it.message.to_string()).unwrap_or_default())
            }
            Refusal::TooMany { retry_after } => Self::TooMany(retry_after),
            Refusal::NotFound => Self::NotFound,
            _ => Self::Broken,
        }
    }
}
