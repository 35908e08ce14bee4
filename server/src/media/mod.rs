//! Media over HTTP: WHIP (RFC 9725) in, WHEP (draft-ietf-wish-whep-04) out. PROTOCOL.md describes both
//! as they are spoken here.

mod cause;
mod door;
mod error;
mod layer;
mod offer;
pub mod registry;
pub mod rehearsal;
mod session;
pub mod source;
pub mod stage_recording;
pub mod stage_sound;
mod start;
mod whep;
mod whip;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRef, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, patch, post},
};
use bandstand_sfu::Sfu;
use tokio_util::task::TaskTracker;

pub use start::{MediaStartError, run_events, start};

use crate::{
    http::{connections::Connections, run_detached},
    services::Services,
    stage::stages::Stages,
};
use door::MAX_LOOKING_FROM_ADDRESS;
use registry::MediaSessions;
use rehearsal::Rehearsals;
use stage_recording::{RecordedShows, StageReaders};
use stage_sound::{SoundCopies, StageSound};

/// The most viewers that get media at one address, as many as follow live channels there. How many there
/// are in all the media core bounds.
const MAX_VIEWERS_FROM_ADDRESS: usize = 256;

/// The media of the venue. Cloning gives another handle to the same.
#[derive(Clone, Debug)]
pub struct Media {
    /// The venue's services.
    pub services: Arc<Services>,
    /// The artist on each stage.
    pub stages: Arc<Stages>,
    /// The open sessions.
    pub sessions: Arc<MediaSessions>,
    /// The rehearsals.
    pub rehearsals: Arc<Rehearsals>,
    /// The media core.
    pub sfu: Sfu,
    /// Viewers that get media, counted by address.
    pub viewers: Connections,
    /// Those who look in at doors, counted by address.
    pub looking: Connections,
    recorded: RecordedShows,
    copies: SoundCopies,
}

impl Media {
    /// No sessions yet.
    pub fn new(
        services: Arc<Services>,
        stages: Arc<Stages>,
        sessions: Arc<MediaSessions>,
        sfu: Sfu,
    ) -> Self {
        let from_address = services.config.widened(MAX_VIEWERS_FROM_ADDRESS);
        let viewers = Connections::new(usize::MAX, from_address);
        let rehearsals = Arc::new(Rehearsals::new(services.database.clone(), sfu.clone()));
        services.bus.subscribe(&rehearsals);
        let from_address = services.config.widened(MAX_LOOKING_FROM_ADDRESS);
        // Half of one stage's places, of the whole venue: who looks in leaves the rest to who comes in.
        let most = services.config.media_limits.max_subscribers_per_stage / 2;
        let looking = Connections::new(most, from_address);
        services.bus.subscribe(&sessions);
        let (recorded, copies) = (RecordedShows::default(), SoundCopies::default());
        Self { services, stages, sessions, rehearsals, sfu, viewers, looking, recorded, copies }
    }

    /// Sound of the stages.
    pub fn sound(&self) -> StageSound {
        let Self { sfu, sessions, recorded, copies, .. } = self.clone();
        StageSound { sfu, sessions, recorded, copies }
    }

    /// Stages, to be recorded.
    pub fn readers(&self) -> StageReaders {
        let Self { sfu, recorded, copies, .. } = self.clone();
        StageReaders { sfu, recorded, copies }
    }
}

impl FromRef<Media> for Arc<Services> {
    fn from_ref(media: &Media) -> Self {
        media.services.clone()
    }
}

const SDP: HeaderValue = HeaderValue::from_static("application/sdp");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const FRAGMENT: HeaderValue = HeaderValue::from_static("application/trickle-ice-sdpfrag");
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The ways for media in and out. What isn't listed here is answered with 405 and `Allow`.
pub fn routes<S: Clone + Send + Sync + 'static>(media: Media) -> Router<S> {
    let session = patch(session::trickle).delete(session::end).get(session::look);
    let session = session.options(about_session);
    let offers = || get(nothing_to_see).options(about_offers);
    let somewhere = offers().post(whip::publish_somewhere);
    let publish = offers().post(whip::publish);
    let watch = offers().post(whep::watch);
    Router::new()
        .route("/whip", somewhere.clone())
        .route("/whip/{show}", publish.clone())
        .route("/whep/{show}", watch.clone())
        // Addresses are typed into programs.
        .route("/whip/", somewhere)
        .route("/whip/{show}/", publish)
        .route("/whep/{show}/", watch)
        .route("/whip/{show}/rehearsal", offers().post(whip::rehearse))
        .route("/whep/{show}/rehearsal", offers().post(whep::watch_rehearsal))
        .route("/whep/{show}/door", offers().post(door::look))
        .route("/whip/{show}/{session}", session.clone())
        .route("/whep/{show}/{session}", session)
        .route("/whep/{show}/{session}/layer", post(layer::choose).options(layer::about))
        .layer(from_fn_with_state(media.services.requests.clone(), whole))
        .layer(from_fn(any_origin))
        .with_state(media)
}

/// Lets no session be opened by halves when its client hangs up meanwhile.
async fn whole(State(requests): State<TaskTracker>, request: Request, next: Next) -> Response {
    let permit = request.extensions().get().cloned();
    run_detached(&requests, permit, next.run(request)).await
}

/// `OPTIONS` where offers are taken (RFC 9725 section 4.2).
async fn about_offers() -> Response {
    let allow = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
    (StatusCode::OK, [(header::ALLOW, allow), (ACCEPT_POST, SDP)]).into_response()
}

/// `GET` where offers are taken (RFC 9725 section 4.1).
async fn nothing_to_see() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// `OPTIONS` of a session.
async fn about_session() -> Response {
    let allow = HeaderValue::from_static("GET, HEAD, PATCH, DELETE, OPTIONS");
    (StatusCode::OK, [(header::ALLOW, allow), (ACCEPT_PATCH, FRAGMENT)]).into_response()
}

/// Lets pages of every origin use these routes: they are opened by a bearer token or by a session's
/// address that can't be guessed, never by a cookie. Credentials are never allowed, so a browser
/// neither sends cookies from a foreign page nor takes any.
async fn any_origin(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut say = |name, value| headers.insert(name, HeaderValue::from_static(value));
    say(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    if preflight {
        say(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PATCH, DELETE, OPTIONS");
        say(header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, If-Match");
        say(header::ACCESS_CONTROL_MAX_AGE, "86400");
    } else {
        let exposed = "Location, ETag, Link, Allow, Accept-Post, Accept-Patch, Retry-After, \
                       WWW-Authenticate";
        say(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    response
}
