//! Listening over HTTP: `GET /listen/{show}`, the sound of whoever is on stage, and playlists that name it; and the
//! same at personal addresses.

use std::time::Duration;

use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
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
    listening::{self, HoldsEnough, ListeningRight},
    shows,
};

/// Newest sound that a player gets at once unless it asks for less: radios keep some seconds to bridge what
/// their network loses.
const BURST: Duration = Duration::from_secs(5);
/// The most that one may ask for.
const MAX_BURST: Duration = Duration::from_secs(10);

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// `GET /listen/{show}`, and the same with `.mp3`, `.m3u`, `.pls` and `.json` at its end.
pub async fn listen(
    State(radio): State<Radio>,
    caller: Caller,
    method: Method,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, RadioError> {
    let (name, wanted) = Wanted::of(&name);
    let show = parsed(name)?;
    if wanted == Wanted::About {
        return Ok(Json(about(&radio, &caller, show).await?).into_response());
    }
    let right = listening::of_caller(&caller, show).await?.ok_or(RadioError::NotFound)?;
    // What opens it has no cookie: the show's page gives a playlist of one's own.
    if right.is_personal() && wanted.is_playlist() {
        return Err(RadioError::NotFound);
    }
    let public_url = &radio.services.config.public_url;
    let address = |ending: &str| format!("{public_url}/listen/{show}{ending}");
    let request = ListenRequest { radio: &radio, caller: &caller, show, right, wanted };
    request.answer(&method, query.as_deref(), &headers, address).await
}

/// `GET /listen/{show}/{address}`, a personal address, and the same with `.mp3`, `.m3u` and `.pls` at its end.
pub async fn listen_personally(
    State(radio): State<Radio>,
    caller: Caller,
    method: Method,
    Path((show, name)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, RadioError> {
    let (token, wanted) = Wanted::of(&name);
    let (show, services) = (parsed(&show)?, &radio.services);
    if wanted == Wanted::About {
        return Err(RadioError::NotFound);
    }
    let right = listening::of_token(services, show, token).await?.ok_or(RadioError::NotFound)?;
    let address = |ending: &str| listening::address(services, show, token, ending);
    let request = ListenRequest { radio: &radio, caller: &caller, show, right, wanted };
    request.answer(&method, query.as_deref(), &headers, address).await
}

fn parsed(show: &str) -> Result<ShowId, RadioError> {
    show.parse().map_err(|_| RadioError::NotFound)
}

/// Form of the sound that is asked for, by the ending of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// The sound as it is sent.
    Original,
    /// The sound as MP3.
    Mp3,
    /// A playlist, as most players know it.
    M3u,
    /// A playlist, as SHOUTcast's radios know it.
    Pls,
    /// Facts of what there is to hear.
    About,
}

impl Wanted {
    /// The name without its ending, and what that says.
    fn of(name: &str) -> (&str, Self) {
        match name.rsplit_once('.') {
            Some((name, "mp3")) => (name, Self::Mp3),
            Some((name, "m3u")) => (name, Self::M3u),
            Some((name, "pls")) => (name, Self::Pls),
            Some((name, "json")) => (name, Self::About),
            _ => (name, Self::Original),
        }
    }

    fn is_playlist(self) -> bool {
        matches!(self, Self::M3u | Self::Pls)
    }
}

/// A request of who may hear the show.
struct ListenRequest<'a> {
    radio: &'a Radio,
    caller: &'a Caller,
    show: ShowId,
    right: ListeningRight,
    wanted: Wanted,
}

impl ListenRequest<'_> {
    /// The answer; playlists name the `address` with an ending.
    async fn answer(
        self,
        method: &Method,
        query: Option<&str>,
        headers: &HeaderMap,
        address: impl Fn(&str) -> String,
    ) -> Result<Response, RadioError> {
        let radio = self.radio;
        let title = shows::title(&radio.services.database, self.show).await?;
        let title = title.ok_or(RadioError::NotFound)?;
        // Radios know MP3 best.
        let address = address(if radio.makes_mp3() { ".mp3" } else { "" });
        let is_personal = self.right.is_personal();
        let mut response = match self.wanted {
            Wanted::M3u => text("audio/x-mpegurl; charset=utf-8", playlist::m3u(&address, &title)),
            Wanted::Pls => text("audio/x-scpls; charset=utf-8", playlist::pls(&address, &title)),
            // Nothing is made for who only asks.
            _ if *method == Method::HEAD => answer(Body::empty(), self.media_type()?, &title),
            _ => self.sound(query, &title, headers).await?,
        };
        if is_personal {
            keep_private(response.headers_mut());
        }
        Ok(response)
    }

    /// The sound, for as long as the right lasts.
    async fn sound(
        self,
        query: Option<&str>,
        title: &str,
        headers: &HeaderMap,
    ) -> Result<Response, RadioError> {
        let (radio, services) = (self.radio, &self.radio.services);
        let burst = burst(query);
        // Before anything is made for them.
        let admission = admit(radio, self.caller)?;
        let held = self.right.hold(&services.open_sessions, self.show);
        let held = held.map_err(|HoldsEnough| RadioError::HearsEnough)?;
        let mut listener = self.join(burst)?;
        if is_viewer(query) {
            listener.note_viewer();
        }
        if let Some(held) = &held {
            listener = listener.until(held.ended().clone());
        }
        // Noted first and then asked: who takes the right away meanwhile cuts this one, or is found to have
        // taken it.
        if !self.right.holds(services, self.show).await? {
            return Err(RadioError::NotFound);
        }
        Ok(sound(radio, title, (listener, burst), (admission, held), headers))
    }

    /// Media type of the sound, as it is sent or as MP3.
    fn media_type(&self) -> Result<&'static str, RadioError> {
        let format = self.radio.format(self.show).ok_or(RadioError::Silence)?;
        Ok(if self.wanted == Wanted::Mp3 { AudioFormat::Mp3 } else { format }.media_type())
    }

    /// Joins the stream of the show, as it is sent or as MP3.
    fn join(&self, burst: Duration) -> Result<StreamListener, RadioError> {
        let stream = self.radio.stream(self.show).ok_or(RadioError::Silence)?;
        if self.wanted == Wanted::Mp3 {
            self.radio.transcoding.join(&stream, burst)
        } else {
            Ok(StreamListener::join(stream, burst))
        }
    }
}

fn text(media_type: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, media_type)], text).into_response()
}

/// Keeps an answer from caches, search engines and pages of others.
fn keep_private(headers: &mut HeaderMap) {
    headers.remove(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    for (name, value) in [
        (header::CACHE_CONTROL, "private, no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (ROBOTS, "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A place for one more listener.
fn admit(radio: &Radio, caller: &Caller) -> Result<Admission, RadioError> {
    radio.listeners.admit(caller.address).map_err(|refused| match refused {
        NoCapacity::ForAnybody => RadioError::Full,
        NoCapacity::ForAddress => RadioError::TooManyListeners,
    })
}

/// Tells what there is to hear to the venue's own pages, which ask before there is anything: a 404 would stand in
/// their console.
#[derive(Debug, Serialize)]
struct About {
    /// Media type of the sound as it is sent; none while there is none, or none for who asks.
    #[serde(rename = "type")]
    media_type: Option<&'static str>,
    /// Tells whether it can be had as MP3.
    mp3: bool,
    /// Tells whether it comes by WebRTC, so that pages need it only where that doesn't get through.
    webrtc: bool,
}

async fn about(radio: &Radio, caller: &Caller, show: ShowId) -> Result<About, RadioError> {
    // From memory first: everybody who waits for a show asks.
    let mut format = radio.format(show);
    if format.is_some() && listening::of_caller(caller, show).await?.is_none() {
        format = None;
    }
    let is_bridged = || radio.mounts.stream(show).is_some_and(|it| it.is_bridged());
    Ok(About {
        media_type: format.map(AudioFormat::media_type),
        mp3: format.is_some() && radio.makes_mp3(),
        webrtc: format.is_some() && (radio.plays_by_webrtc(show) || is_bridged()),
    })
}

fn fields(query: Option<&str>) -> impl Iterator<Item = &str> {
    query.unwrap_or_default().split('&')
}

/// Tells whether who listens is a viewer as well, and counted as such: `viewer=1`, as the venue's pages say.
fn is_viewer(query: Option<&str>) -> bool {
    fields(query).any(|it| it == "viewer=1")
}

/// The burst that an address asks for: `burst=2`, in seconds.
fn burst(query: Option<&str>) -> Duration {
    let fields = fields(query);
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
