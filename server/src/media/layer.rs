//! Choice of the simulcast layer that a viewer gets: of WHEP's extension for video layer selection
//! (draft-ietf-wish-whep-02, `urn:ietf:params:whep:ext:core:layer`; later versions have none), the bound
//! of the height.

use axum::{
    body::Body,
    extract::{OriginalUri, Path, State},
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    ACCEPT_POST, JSON, Media,
    error::MediaError,
    offer::{is_of_type, read_text},
    registry::MediaDirection,
    session::find,
};
use crate::http::limits::Limit;

/// The relation of a session to the address at which its layer is chosen.
const RELATION: &str = "urn:ietf:params:whep:ext:core:layer";
/// The most bytes of a choice.
const MAX_CHOICE: usize = 1024;

/// A viewer's bound on the layer. The layers themselves are the venue's to choose, so the extension's
/// other members are refused.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Choice {
    /// Of the only video there is, so its value doesn't matter.
    #[serde(default)]
    #[allow(dead_code, reason = "taken, so that it isn't refused")]
    media_id: Option<String>,
    /// No higher layer is sent, in pixels; any, when it isn't given.
    #[serde(default)]
    max_height: Option<u16>,
}

/// The `Link` header that tells a viewer where to choose.
pub fn link(session: &str) -> String {
    format!("<{session}/layer>; rel=\"{RELATION}\"")
}

/// `POST` of a choice: the session's viewer wants no layer higher than so many pixels. The session's
/// address can't be guessed, so knowing it is the right to choose.
pub async fn choose(
    State(media): State<Media>,
    OriginalUri(address): OriginalUri,
    Path((show, session)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<StatusCode, MediaError> {
    let (session, opened) = find(&media, address.path(), &show, &session)?;
    if opened.direction == MediaDirection::Door {
        return Err(MediaError::NotFound);
    }
    media.services.limits.check(Limit::Layer, session).map_err(MediaError::TooMany)?;
    if !is_of_type(request.headers(), &JSON) {
        return Err(MediaError::NotJson);
    }
    let text = read_text(request.into_body(), MAX_CHOICE).await?;
    let choice = read(&text)?;
    if !media.sfu.set_max_height(session, choice.max_height).await {
        return Err(MediaError::NotFound);
    }
    media.sessions.bounded(session, choice.max_height);
    Ok(StatusCode::OK)
}

/// `OPTIONS` where layers are chosen.
pub async fn about() -> Response {
    let allow = HeaderValue::from_static("POST, OPTIONS");
    (StatusCode::OK, [(header::ALLOW, allow), (ACCEPT_POST, JSON)]).into_response()
}

fn read(text: &str) -> Result<Choice, MediaError> {
    serde_json::from_str(text).map_err(|error| {
        if error.is_data() {
            let why = "Of a layer, only maxHeight can be chosen: a number of pixels up to 65535.";
            MediaError::Unacceptable(why.into())
        } else {
            MediaError::Malformed("That is no JSON.".into())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_height_is_chosen_and_nothing_else() {
        let height = |text: &str| read(text).map(|choice| choice.max_height);
        assert_eq!(height(r#"{"maxHeight":400}"#), Ok(Some(400)));
        assert_eq!(height(r#"{"mediaId":"1","maxHeight":null}"#), Ok(None));
        assert_eq!(height("{}"), Ok(None));
        for wrong in [r#"{"rid":"high"}"#, r#"{"maxHeight":70000}"#, r#"{"maxHeight":-1}"#, "[1]"] {
            assert!(matches!(height(wrong), Err(MediaError::Unacceptable(_))), "{wrong}");
        }
        for wrong in ["", "{", "maxHeight=400"] {
            assert!(matches!(height(wrong), Err(MediaError::Malformed(_))), "{wrong}");
        }
    }
}
