//! Sound on its way to a listener, with titles between its bytes where that is asked for.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bandstand_radio::{IcyWriter, RingPiece, RingRead};
use futures::{Stream, stream};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Radio, live_stream::StreamListener};
use crate::{http::connections::Admission, sessions::open_sessions::SessionGuard};

/// Share of the newest sound with which a listener begins in which sound is gathered, and the most: they get it in
/// one write, as with thousands of them it is the number of writes that costs. What they have begun with bridges
/// the time. Sound that comes after a longer silence is sent at once.
const GATHERED: f32 = 0.3;
const MAX_GATHERING: Duration = Duration::from_millis(1_500);
const FIRST_GATHERING: Duration = Duration::from_millis(125);

const ICY_METADATA: &str = "icy-metadata";
const ICY_METAINT: HeaderName = HeaderName::from_static("icy-metaint");
const ICY_NAME: HeaderName = HeaderName::from_static("icy-name");

/// The answer to a listener, who begins with the newest `burst`, with these headers of their request.
pub fn sound(
    radio: &Radio,
    name: &str,
    (listener, burst): (StreamListener, Duration),
    (admission, held): (Admission, Option<SessionGuard>),
    request: &HeaderMap,
) -> Response {
    let wants_titles =
        request.get(ICY_METADATA).is_some_and(|it| it.as_bytes().trim_ascii() == b"1");
    let interval = wants_titles.then(|| listener.stream().icy_interval());
    let media_type = listener.stream().info().format.media_type();
    let sound = Sound {
        listener,
        titles: interval.map(IcyWriter::new),
        out: VecDeque::new(),
        due: Instant::now(),
        gathering: FIRST_GATHERING,
        most: burst.mul_f32(GATHERED).min(MAX_GATHERING),
        closing: radio.services.tasks.closing().clone(),
        _admission: admission,
        _held: held,
    };
    let mut response = answer(Body::from_stream(sound.bytes()), media_type, name);
    if let Some(interval) = interval {
        response.headers_mut().insert(ICY_METAINT, interval.into());
    }
    response
}

/// The answer with sound of this type.
pub fn answer(body: Body, media_type: &'static str, name: &str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    // What isn't ASCII is no header that every player can read.
    if let Ok(name) = HeaderValue::from_str(name)
        && name.to_str().is_ok()
    {
        headers.insert(ICY_NAME, name);
    }
    response
}

/// Sound on its way to a listener.
struct Sound {
    listener: StreamListener,
    titles: Option<IcyWriter>,
    out: VecDeque<Bytes>,
    /// Time at which the next sound may be sent.
    due: Instant,
    /// Time in which sound is gathered: longer each time, up to the most, as what a player has waiting grows.
    gathering: Duration,
    most: Duration,
    closing: CancellationToken,
    _admission: Admission,
    _held: Option<SessionGuard>,
}

impl Sound {
    fn bytes(self) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::unfold(self, |mut sound| async move {
            loop {
                if let Some(bytes) = sound.out.pop_front() {
                    return Some((Ok(bytes), sound));
                }
                let closing = sound.closing.clone();
                let next = tokio::select! {
                    next = sound.next() => next,
                    () = closing.cancelled() => None,
                };
                sound.put(next?);
            }
        })
    }

    /// All that is there, piece by piece, and then what has been gathered since.
    async fn next(&mut self) -> Option<RingPiece> {
        match self.listener.read() {
            RingRead::Piece(piece) => return Some(piece),
            RingRead::Ended => return None,
            RingRead::Pending => {}
        }
        // What was there is written meanwhile.
        sleep_until(self.due).await;
        let next = self.listener.next().await;
        self.gathering = (2 * self.gathering).min(self.most);
        self.due = Instant::now() + self.gathering;
        next
    }

    fn put(&mut self, piece: RingPiece) {
        let RingPiece { headers, bytes, title, .. } = piece;
        let Some(titles) = &mut self.titles else {
            self.out.extend([headers, bytes].into_iter().filter(|it| !it.is_empty()));
            return;
        };
        let mut out = Vec::new();
        titles.write(headers, &title, &mut out);
        titles.write(bytes, &title, &mut out);
        self.out.extend(out);
    }
}
