//! Media over HTTP: WHIP (RFC 9725) in, WHEP out. PROTOCOL.md describes both as they are spoken here.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{delete, post},
};
use bandstand_domain::ShowId;
use bandstand_sfu::{OfferError, SessionId};

use super::{
    access::is_over,
    stages::{NotTaken, stage_id},
    token::{Claims, Purpose, TokenError},
};
use crate::{
    accounts::own_sessions,
    clock,
    database::DatabaseError,
    shows::{self, ShowFacts},
    venue::Venue,
};

/// The most bytes of an offer.
const LARGEST_OFFER: usize = 64 * 1024;
const SDP: HeaderValue = HeaderValue::from_static("application/sdp");
/// Seconds after which a full venue may be asked again.
const WHEN_FULL: HeaderValue = HeaderValue::from_static("5");

/// The ways for media in and out.
pub fn routes() -> Router<Arc<Venue>> {
    Router::new()
        .route("/whip/{show}", post(publish).options(offers))
        .route("/whip/{show}/{session}", delete(stop_publishing).options(session))
        .route("/whep/{show}", post(watch).options(offers))
        .route("/whep/{show}/{session}", delete(stop_watching).options(session))
        .layer(from_fn(any_origin))
}

/// Why media doesn't flow, as HTTP says it.
#[derive(Debug)]
enum Refused {
    NoToken,
    BadToken,
    OtherToken,
    NotSdp,
    TooLong,
    NotFound,
    Gone,
    Over,
    Full,
    Offer(StatusCode, String),
    Broken,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "A bearer token is needed.".into()),
            Self::BadToken => {
                (StatusCode::UNAUTHORIZED, "This token is not good, or no longer.".into())
            }
            Self::OtherToken => (StatusCode::FORBIDDEN, "This token is for something else.".into()),
            Self::NotSdp => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "An offer is application/sdp.".into())
            }
            Self::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "The offer is too long.".into()),
            Self::NotFound => (StatusCode::NOT_FOUND, "There is no such thing here.".into()),
            Self::Gone => (StatusCode::GONE, "That is gone.".into()),
            Self::Over => (StatusCode::CONFLICT, "The show is over.".into()),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "The venue is full.".into()),
            Self::Offer(status, text) => (status, text),
            Self::Broken => {
                (StatusCode::INTERNAL_SERVER_ERROR, "Something broke on our side.".to_owned())
            }
        };
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        match status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                headers.insert("accept-post", SDP);
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, WHEN_FULL);
            }
            _ => {}
        }
        response
    }
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        tracing::error!(%error, "the database failed");
        Self::Broken
    }
}

impl From<TokenError> for Refused {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid | TokenError::Expired | TokenError::Used => Self::BadToken,
            TokenError::Elsewhere => Self::OtherToken,
            TokenError::Full => Self::Full,
        }
    }
}

impl From<OfferError> for Refused {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Malformed(_) => Self::Offer(StatusCode::BAD_REQUEST, error.to_string()),
            OfferError::Unacceptable(_) => {
                Self::Offer(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            OfferError::TooLong => Self::TooLong,
            OfferError::TooMany => Self::Full,
            OfferError::Stopped => Self::Full,
        }
    }
}

/// `POST /whip/{show}`: the artist goes on stage.
async fn publish(
    State(venue): State<Arc<Venue>>,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let offer = Offer::read(&venue, &show, Purpose::Publish, request).await?;
    // The token says so, too; but it was made a moment ago.
    if offer.facts.artist_person != offer.claims.person {
        return Err(Refused::OtherToken);
    }
    let claims = offer.redeem(&venue, Purpose::Publish)?;
    let taken =
        venue.live.stages().take(claims.show, offer.sdp).await.map_err(|error| match error {
            NotTaken::Offer(error) => Refused::from(error),
            NotTaken::Over => Refused::Over,
            NotTaken::Database(error) => Refused::from(error),
        })?;
    let (publication, session) = (taken.publication, taken.session);
    hold(&venue, &claims, session).await?;
    Ok(created(format!("/whip/{}/{publication}-{session}", claims.show), taken.answer))
}

/// `POST /whep/{show}`: somebody watches.
async fn watch(
    State(venue): State<Arc<Venue>>,
    Path(show): Path<String>,
    request: Request<Body>,
) -> Result<Response, Refused> {
    let offer = Offer::read(&venue, &show, Purpose::Watch, request).await?;
    let claims = offer.redeem(&venue, Purpose::Watch)?;
    let accepted = venue.live.sfu().subscribe(stage_id(claims.show), offer.sdp).await?;
    hold(&venue, &claims, accepted.session).await?;
    // A show that was deleted or ended in between has closed its stage before this came.
    if let Err(refused) = open_show(&venue, claims.show).await {
        venue.live.sfu().close(accepted.session).await;
        return Err(refused);
    }
    let location = format!("/whep/{}/{}", claims.show, accepted.session);
    Ok(created(location, accepted.answer_sdp))
}

/// Ties media to the session that asked for it. Noted first and then asked: a session that ends at the
/// same time finds either the note, or is found to have ended.
async fn hold(venue: &Venue, claims: &Claims, media: SessionId) -> Result<(), Refused> {
    venue.live.holdings().media(&claims.session, media);
    if own_sessions::is_open(&venue.database, &claims.session).await? {
        return Ok(());
    }
    venue.live.end_sessions(std::slice::from_ref(&claims.session)).await;
    Err(Refused::BadToken)
}

/// `DELETE /whip/{show}/{publication}-{session}`: the artist leaves the stage. The session's name
/// can't be guessed, so knowing it is the right to end it.
async fn stop_publishing(
    State(venue): State<Arc<Venue>>,
    Path((_, session)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    let (_, session) = session.split_once('-').ok_or(Refused::NotFound)?;
    close(&venue, session).await
}

/// `DELETE /whep/{show}/{session}`: somebody stops watching.
async fn stop_watching(
    State(venue): State<Arc<Venue>>,
    Path((_, session)): Path<(String, String)>,
) -> Result<StatusCode, Refused> {
    close(&venue, &session).await
}

async fn close(venue: &Venue, session: &str) -> Result<StatusCode, Refused> {
    let session: SessionId = session.parse().map_err(|_| Refused::NotFound)?;
    if venue.live.sfu().close(session).await { Ok(StatusCode::OK) } else { Err(Refused::NotFound) }
}

/// An offer that may be made.
struct Offer {
    token: String,
    claims: Claims,
    facts: ShowFacts,
    sdp: String,
}

impl Offer {
    /// Reads and checks a request; the cheapest and most telling refusal first.
    async fn read(
        venue: &Venue,
        show: &str,
        purpose: Purpose,
        request: Request<Body>,
    ) -> Result<Self, Refused> {
        let token = bearer(request.headers()).ok_or(Refused::NoToken)?.to_owned();
        let show: ShowId = show.parse().map_err(|_| Refused::NotFound)?;
        let claims = venue.live.tokens().check(&token, purpose, show, clock::now())?;
        if !is_sdp(request.headers()) {
            return Err(Refused::NotSdp);
        }
        let facts = open_show(venue, show).await?;
        let body = to_bytes(request.into_body(), LARGEST_OFFER).await;
        let body = body.map_err(|_| Refused::TooLong)?;
        let sdp = String::from_utf8(body.into()).map_err(|_| {
            Refused::Offer(StatusCode::BAD_REQUEST, "An offer is text in UTF-8.".into())
        })?;
        Ok(Self { token, claims, facts, sdp })
    }

    /// Uses the token up.
    fn redeem(&self, venue: &Venue, purpose: Purpose) -> Result<Claims, Refused> {
        let show = self.claims.show;
        Ok(venue.live.tokens().redeem(&self.token, purpose, show, clock::now())?)
    }
}

/// The show, when media may flow there.
async fn open_show(venue: &Venue, show: ShowId) -> Result<ShowFacts, Refused> {
    let facts = shows::facts(&venue.database, show).await?.ok_or(Refused::NotFound)?;
    if facts.deleted {
        Err(Refused::Gone)
    } else if is_over(&facts, clock::now()) {
        Err(Refused::Over)
    } else {
        Ok(facts)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn is_sdp(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/sdp")
}

fn created(location: String, answer: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, SDP),
        // Made of a UUID, a number and hexadecimal digits.
        (header::LOCATION, HeaderValue::try_from(location).unwrap_or(SDP)),
    ];
    (StatusCode::CREATED, headers, answer).into_response()
}

/// `OPTIONS` where offers are taken (RFC 9725 section 4.2).
async fn offers() -> Response {
    let headers = [(header::ALLOW, HeaderValue::from_static("POST, OPTIONS"))];
    let mut response = (StatusCode::NO_CONTENT, headers).into_response();
    response.headers_mut().insert("accept-post", SDP);
    response
}

/// `OPTIONS` of a session.
async fn session() -> Response {
    let headers = [(header::ALLOW, HeaderValue::from_static("DELETE, OPTIONS"))];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets pages of every origin use these routes: they are opened by a token, never by a cookie, and
/// browsers send none along with a request that asks any origin.
async fn any_origin(request: axum::extract::Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    let expose = HeaderValue::from_static("Location, Allow, Accept-Post, Retry-After");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, expose);
    if preflight {
        // PATCH is let through to be answered: a browser would call the refusal a network error.
        let allow = HeaderValue::from_static("POST, PATCH, DELETE, OPTIONS");
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, allow);
        let allow = HeaderValue::from_static("Authorization, Content-Type, If-Match");
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allow);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    }
    response
}
