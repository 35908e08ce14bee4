//! Listening over HTTP: `GET /listen/{show}`, the sound of whoever is on stage, and playlists that name it.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Response},
};
use bandstand_domain::ShowId;
use bandstand_radio::{AudioFormat, playlist};
use serde::Serialize;

use super::{
    Radio,
    error::RadioError,
    live_stream::StreamListener,
    sound::{answer, sound},
};
use crate::{
    caller::Caller,
    http::connections::{Admission, NoCapacity},
    shows,
};

/// Newest sound that a player gets at once unless it asks for less: radios keep some seconds to bridge what
/// their network loses.
const BURST: Duration = Duration::from_secs(5);
/// The most that one may ask for.
const MAX_BURST: Duration = Duration::from_secs(10);

/// `GET /listen/{show}`, and the same with `.mp3`, `.m3u`, `.pls` and `.json` at its end.
pub async fn listen(
    State(radio): State<Radio>,
    caller: Caller,
    method: Method,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, RadioError> {
    let (name, kind) = match name.rsplit_once('.') {
        Some((name, kind @ ("m3u" | "pls" | "mp3" | "json"))) => (name, Some(kind)),
        _ => (name.as_str(), None),
    };
    let show: ShowId = name.parse().map_err(|_| RadioError::NotFound)?;
    if kind == Some("json") {
        return Ok(Json(about(&radio, show).await?).into_response());
    }
    check_open(&radio, show).await?;
    let title = shows::title(&radio.services.database, show).await?.ok_or(RadioError::NotFound)?;
    // Radios know MP3 best.
    let ending = if radio.transcoding.is_possible() { ".mp3" } else { "" };
    let address = format!("{}/listen/{show}{ending}", radio.services.config.public_url);
    let (media_type, text) = match kind {
        None | Some("mp3") => {
            let as_mp3 = kind.is_some();
            if method == Method::HEAD {
                // Nothing is made for who only asks.
                return Ok(answer(Body::empty(), media_type(&radio, show, as_mp3)?, &title));
            }
            // Before anything is made for them.
            let admission = admit(&radio, &caller)?;
            let listener = join(&radio, show, as_mp3, burst(query.as_deref()))?;
            // Noted first and then asked: who closes the show to guests meanwhile cuts this one, or is found
            // to have closed it.
            check_open(&radio, show).await?;
            return Ok(sound(&radio, &title, listener, admission, &headers));
        }
        Some("m3u") => ("audio/x-mpegurl; charset=utf-8", playlist::m3u(&address, &title)),
        _ => ("audio/x-scpls; charset=utf-8", playlist::pls(&address, &title)),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], text).into_response())
}

/// A place for one more listener.
fn admit(radio: &Radio, caller: &Caller) -> Result<Admission, RadioError> {
    radio.listeners.admit(caller.address).map_err(|refused| match refused {
        NoCapacity::ForAnybody => RadioError::Full,
        NoCapacity::ForAddress => RadioError::TooManyListeners,
    })
}

/// Media type of the sound of a show, as it is sent or as MP3.
fn media_type(radio: &Radio, show: ShowId, as_mp3: bool) -> Result<&'static str, RadioError> {
    let format = radio.format(show).ok_or(RadioError::Silence)?;
    Ok(if as_mp3 { AudioFormat::Mp3 } else { format }.media_type())
}

/// Tells what there is to hear to the venue's own pages, which ask before there is anything: a 404 would stand in
/// their console.
#[derive(Debug, Serialize)]
struct About {
    /// Media type of the sound as it is sent; none while there is none, or none for everybody.
    #[serde(rename = "type")]
    media_type: Option<&'static str>,
    /// Tells whether it can be had as MP3.
    mp3: bool,
    /// Tells whether it comes by WebRTC, so that pages need it only where that doesn't get through.
    webrtc: bool,
}

async fn about(radio: &Radio, show: ShowId) -> Result<About, RadioError> {
    // From memory first: everybody who waits for a show asks.
    let mut format = radio.format(show);
    if format.is_some() {
        match check_open(radio, show).await {
            Ok(()) => {}
            Err(RadioError::NotFound) => format = None,
            Err(error) => return Err(error),
        }
    }
    let is_bridged = || radio.mounts.stream(show).is_some_and(|it| it.is_bridged());
    Ok(About {
        media_type: format.map(AudioFormat::media_type),
        mp3: format.is_some() && radio.transcoding.is_possible(),
        webrtc: format.is_some() && (radio.plays_by_webrtc(show) || is_bridged()),
    })
}

/// Checks that a show is open to all. Of others nothing is told.
async fn check_open(radio: &Radio, show: ShowId) -> Result<(), RadioError> {
    let facts = shows::facts(&radio.services.database, show).await?;
    let open = facts.is_some_and(|it| !it.deleted && !it.members_only);
    if open { Ok(()) } else { Err(RadioError::NotFound) }
}

/// Joins the stream of a show, as it is sent or as MP3.
fn join(
    radio: &Radio,
    show: ShowId,
    as_mp3: bool,
    burst: Duration,
) -> Result<StreamListener, RadioError> {
    let stream = radio.stream(show).ok_or(RadioError::Silence)?;
    if as_mp3 {
        radio.transcoding.join(&stream, burst)
    } else {
        Ok(StreamListener::join(stream, burst))
    }
}

/// The burst that an address asks for: `burst=2`, in seconds.
fn burst(query: Option<&str>) -> Duration {
    let fields = query.unwrap_or_default().split('&');
    let asked = fields.filter_map(|it| it.strip_prefix("burst=")).find_map(|it| it.parse().ok());
    asked.map_or(BURST, Duration::from_secs).min(MAX_BURST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_asked_for_in_seconds_and_bounded() {
        assert_eq!(burst(None), BURST);
        assert_eq!(burst(Some("a=b&burst=1")), Duration::from_secs(1));
        assert_eq!(burst(Some("burst=x")), BURST);
        assert_eq!(burst(Some("burst=3600")), MAX_BURST);
    }
}
