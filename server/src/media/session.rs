//! Requests on an open media session: trickled candidates, ICE restarts, its end.
//!
//! Its address can't be guessed, so knowing it is the right to do both.

use axum::{
    body::Body,
    extract::{OriginalUri, Path, State},
    http::{HeaderMap, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use bandstand_sfu::{SdpFragment, SessionId};

use super::{
    FRAGMENT, Media,
    error::MediaError,
    offer::{is_of_type, read_text},
    registry::{MediaDirection, MediaSession},
};
use crate::{caller::Caller, http::limits::Limit, ice_servers::candidates_for};

/// The most bytes of a fragment.
const MAX_FRAGMENT: usize = 16 * 1024;

/// `PATCH` of a session: the client tells candidates (RFC 9725 section 4.3.2), or asks for an ICE
/// restart (section 4.3.3), by a fragment with other credentials than those it is known by.
///
/// The media core is ICE-lite and learns where a client is from its checks (RFC 8445 section 6.1.1), so
/// candidates are taken note of and nothing has to be done.
pub async fn trickle(
    State(media): State<Media>,
    caller: Caller,
    OriginalUri(address): OriginalUri,
    Path((show, session)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, MediaError> {
    let (_, opened) = find(&media, address.path(), &show, &session)?;
    let (request, body) = request.into_parts();
    if !is_of_type(&request.headers, &FRAGMENT) {
        return Err(MediaError::NotFragment);
    }
    check_tag(&request.headers, &opened)?;
    let text = read_text(body, MAX_FRAGMENT).await?;
    let fragment = SdpFragment::read(&text).map_err(|why| MediaError::Malformed(why.into()))?;
    // One after the other, so that the media core and the tag tell of the same restart; and it may be
    // another state by now.
    let _turn = opened.turn.lock().await;
    let (session, opened) = find(&media, address.path(), &show, &session)?;
    check_tag(&request.headers, &opened)?;
    if fragment.credentials == opened.credentials {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    media.services.limits.check(Limit::Restart, session).map_err(MediaError::TooMany)?;
    let restarted = media.sfu.restart(session, fragment.credentials.clone()).await;
    let answer = fragment.answer(&restarted.ok_or(MediaError::NotFound)?);
    let answer = candidates_for(caller.address, answer);
    let tag = media.sessions.restarted(session, fragment.credentials);
    let tag = tag.ok_or(MediaError::NotFound)?.to_string();
    Ok(([(header::CONTENT_TYPE, FRAGMENT)], [(header::ETAG, tag)], answer).into_response())
}

/// `GET` of a session: that it is there (RFC 9725 section 4.1).
///
/// # Errors
/// As [`find`].
pub async fn look(
    State(media): State<Media>,
    OriginalUri(address): OriginalUri,
    Path((show, session)): Path<(String, String)>,
) -> Result<StatusCode, MediaError> {
    find(&media, address.path(), &show, &session).map(|_| StatusCode::NO_CONTENT)
}

/// `DELETE` of a session: whoever opened it leaves. Its tag is not asked for (RFC 9725 section 4.3.1).
pub async fn end(
    State(media): State<Media>,
    OriginalUri(address): OriginalUri,
    Path((show, session)): Path<(String, String)>,
) -> Result<StatusCode, MediaError> {
    let (session, _) = find(&media, address.path(), &show, &session)?;
    if media.sfu.close(session).await { Ok(StatusCode::OK) } else { Err(MediaError::NotFound) }
}

/// The session at this very address.
///
/// # Errors
/// [`MediaError::NotFound`].
pub fn find(
    media: &Media,
    address: &str,
    show: &str,
    session: &str,
) -> Result<(SessionId, MediaSession), MediaError> {
    let comes_in = address.starts_with("/whip/");
    let session = match comes_in {
        true => session.split_once('-').ok_or(MediaError::NotFound)?.1,
        false => session,
    };
    let session: SessionId = session.parse().map_err(|_| MediaError::NotFound)?;
    let opened = media.sessions.find(session).ok_or(MediaError::NotFound)?;
    let way = (opened.direction == MediaDirection::In) == comes_in;
    let here = way && show.parse() == Ok(opened.show);
    if here { Ok((session, opened)) } else { Err(MediaError::NotFound) }
}

/// Checks that the request's `If-Match` has the session's present entity tag (RFC 9725 section 4.3.1,
/// RFC 9110 section 13.1.1). `*` stands for any state; clients send it to restart ICE.
fn check_tag(headers: &HeaderMap, opened: &MediaSession) -> Result<(), MediaError> {
    let mut wanted = headers.get_all(header::IF_MATCH).iter().peekable();
    if wanted.peek().is_none() {
        return Err(MediaError::NoTag);
    }
    let tag = opened.tag.to_string();
    let matches = wanted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        // The examples of the RFC put the asterisk in quotes.
        .any(|wanted| matches!(wanted.trim(), "*" | "\"*\"") || wanted.trim() == tag);
    if matches { Ok(()) } else { Err(MediaError::OtherTag) }
}
