//! Errors of sound over HTTP, with their statuses, in words for people who read their program's log.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_radio::{
    AudioError, TAKEN_FORMATS,
    source::{BodyError, HeadError, MetadataError},
};

use crate::{database::DatabaseError, stage::PublishError};

/// Seconds after which who holds too much may ask again.
const WHEN_LESS_IS_HELD: u32 = 10;

/// Refusal of a source, of a title, or of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RadioError {
    /// No password was sent.
    NoKey,
    /// The password is no stream key, or no longer.
    BadKey,
    /// Too many stream keys were tried from this address; seconds to wait.
    TooManyTries(u32),
    /// None of the artist's shows is due.
    NothingOn,
    /// The show is somebody else's.
    OtherShow,
    /// There is no such show.
    NoShow,
    /// The mount names nothing.
    NoMount,
    /// The show is over.
    Over,
    /// The show starts much later.
    TooEarly,
    /// Another source of the artist took over, and this one must not come back.
    Replaced,
    /// It was taken off the stage: another source is there, the show has ended, or the key was revoked.
    OffStage,
    /// Another program with the same key is on stage, and they threw each other off.
    Contested,
    /// The artist keeps the stage for another source.
    Kept,
    /// The artist is on as many other stages as one may be.
    Elsewhere,
    /// The type that was declared isn't taken.
    NotTaken,
    /// The body has no framing, which only the port for sources takes.
    Unframed,
    /// The sound isn't taken, or no longer.
    Audio(AudioError),
    /// Nothing came for long.
    Stalled,
    /// The head can't be read.
    Head(HeadError),
    /// The body can't be read.
    Body,
    /// The title can't be read.
    Metadata(MetadataError),
    /// A title for a stage on which no source of the artist is.
    NotOnStage,
    /// There is nothing to hear now, or nothing for everybody.
    Silence,
    /// No MP3 can be made of what is sent.
    NoTranscoding,
    /// As many streams are transcoded as can be.
    Busy,
    /// Too many listen from this address.
    TooManyListeners,
    /// The listener hears as much at once as one may.
    HearsEnough,
    /// There is no room for more: listeners beside the pages, or sources.
    Full,
    /// No such address, or method.
    NotFound,
    /// The venue failed; the log knows why.
    Broken,
}

impl RadioError {
    /// The status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::BadKey => StatusCode::UNAUTHORIZED,
            Self::NothingOn | Self::OtherShow | Self::Over | Self::TooEarly => {
                StatusCode::FORBIDDEN
            }
            Self::NoShow
            | Self::NoMount
            | Self::NotOnStage
            | Self::Silence
            | Self::NoTranscoding
            | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Replaced | Self::OffStage | Self::Contested | Self::Kept | Self::Elsewhere => {
                StatusCode::CONFLICT
            }
            Self::Busy | Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Stalled => StatusCode::REQUEST_TIMEOUT,
            Self::Unframed => StatusCode::LENGTH_REQUIRED,
            Self::NotTaken | Self::Audio(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Head(HeadError::TooLong) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Head(HeadError::Malformed) | Self::Body | Self::Metadata(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooManyTries(_) | Self::TooManyListeners | Self::HearsEnough => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The refusal in words.
    pub fn text(&self) -> String {
        let text = match self {
            Self::NoKey => "The password is a stream key, and the user is source.",
            Self::BadKey => "This stream key or API token is not good, or no longer.",
            Self::TooManyTries(_) => "That is too much at once. Wait a moment.",
            Self::NothingOn => {
                "None of your shows is on or starts within two hours. Announce one, or name it as the mount: \
                 /radio/ and what follows /shows/."
            }
            Self::OtherShow => "This show is somebody else's.",
            Self::NoShow => "There is no such show.",
            Self::NoMount => {
                "The mount is /radio, or /radio/ and what follows /shows/ in the show's address."
            }
            Self::Over => "The show is over.",
            Self::TooEarly => "This show starts in more than two hours.",
            Self::Replaced => {
                "You are on stage from another place, which replaced this program. Leave the stage there first."
            }
            Self::OffStage => {
                "Another source is on stage now, the show has ended, or the key was revoked."
            }
            Self::Contested => {
                "Another program is on stage with the same stream key or API token. Stop one of them, or give each \
                 its own."
            }
            Self::Kept => {
                "Its artist keeps the stage for the source that is on it. The switch is in the studio."
            }
            Self::Elsewhere => "You are on three other stages already. Leave one of them first.",
            Self::NotTaken => {
                return format!("That format is not taken. Taken are {TAKEN_FORMATS}.");
            }
            Self::Unframed => {
                "The request has no body that HTTP knows of. Send it in chunks (Transfer-Encoding: chunked), or \
                 use the venue's port for sources."
            }
            Self::Audio(error) => return error.to_string(),
            Self::Stalled => "Nothing came for half a minute.",
            Self::Head(error) => return error.to_string(),
            Self::Body => "The body can't be read.",
            Self::Metadata(error) => return error.to_string(),
            Self::NotOnStage => "No program of yours is on that stage.",
            Self::Silence => "There is nothing to hear now. Come back when the show is on.",
            Self::NoTranscoding => {
                "There is no MP3 of this here. Leave .mp3 out of the address to hear the original."
            }
            Self::Busy => {
                "The venue makes as much MP3 as it can. Leave .mp3 out of the address to hear the original."
            }
            Self::TooManyListeners => "Too many listen from this address.",
            Self::HearsEnough => {
                "You listen in as many places as one may already. Stop one of them, and come again."
            }
            Self::Full => "The venue has no room for more now. Come back in a while.",
            Self::NotFound => "There is no such thing here.",
            Self::Broken => "Something broke on our side.",
        };
        text.to_owned()
    }

    /// Further headers: what is to be sent, and when to come back.
    pub fn header(&self) -> Option<(&'static str, String)> {
        match self {
            Self::NoKey | Self::BadKey => Some((
                "www-authenticate",
                "Basic realm=\"stream key\", charset=\"UTF-8\"".to_owned(),
            )),
            Self::TooManyTries(seconds) => Some(("retry-after", seconds.to_string())),
            Self::TooManyListeners | Self::HearsEnough | Self::Busy | Self::Full => {
                Some(("retry-after", WHEN_LESS_IS_HELD.to_string()))
            }
            _ => None,
        }
    }
}

impl IntoResponse for RadioError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.text() + "\n").into_response();
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        if let Some((name, value)) = self.header()
            && let Ok(value) = value.try_into()
        {
            headers.insert(name, value);
        }
        response
    }
}

impl From<DatabaseError> for RadioError {
    #[track_caller]
    fn from(error: DatabaseError) -> Self {
        error.log();
        Self::Broken
    }
}

impl From<PublishError<Self>> for RadioError {
    fn from(error: PublishError<Self>) -> Self {
        match error {
            PublishError::Source(error) => error,
            PublishError::Over => Self::Over,
            PublishError::NoRight => Self::BadKey,
            PublishError::Replaced => Self::Replaced,
            PublishError::Contested => Self::Contested,
            PublishError::Kept => Self::Kept,
            PublishError::Elsewhere => Self::Elsewhere,
            PublishError::Database(error) => error.into(),
        }
    }
}

impl From<AudioError> for RadioError {
    fn from(error: AudioError) -> Self {
        Self::Audio(error)
    }
}

impl From<BodyError> for RadioError {
    fn from(_: BodyError) -> Self {
        Self::Body
    }
}

impl From<MetadataError> for RadioError {
    fn from(error: MetadataError) -> Self {
        Self::Metadata(error)
    }
}
