//! Sending by HTTP, as source clients of radios do (`PUT /radio/{show}`): where media doesn't get through.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use reqwest::{Body, Method, header};
use tokio::{
    sync::mpsc::{Sender, channel},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    ogg_opus::OggOpus,
    venue_client::{VenueClient, VenueError, answered},
};

/// Packets in a page: what is sent comes a tenth of a second later for it.
const PER_PAGE: u32 = 5;
/// Pages that wait for the line: five seconds. When they are full, the line is lost.
const QUEUE: usize = 50;

/// Time for the venue to take the end of the sound.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(2);

/// A request whose body is the sound.
pub struct HttpLine {
    stream: OggOpus<Vec<u8>>,
    pages: Sender<Bytes>,
    /// Answer of the venue, at the end or when it refuses.
    pub answer: JoinHandle<Result<(), VenueError>>,
}

impl HttpLine {
    /// Begins to send to `show`; that it is refused is told by its answer.
    pub fn open(
        venue: &VenueClient,
        token: &str,
        show: &str,
        lookahead: u16,
    ) -> Result<Self, VenueError> {
        let broken = |error: std::io::Error| VenueError::Unreachable(error.to_string());
        let stream = OggOpus::begin(Vec::new(), rand::random(), PER_PAGE, lookahead);
        let (pages, queue) = channel::<Bytes>(QUEUE);
        let body = stream::unfold(queue, |mut queue| async move {
            let page = queue.recv().await?;
            Some((Ok::<_, std::convert::Infallible>(page), queue))
        });
        let request = venue
            .request(Method::PUT, &format!("/radio/{show}"))
            .basic_auth("source", Some(token))
            .header(header::CONTENT_TYPE, "audio/ogg; codecs=opus")
            .body(Body::wrap_stream(body));
        let answer = tokio::spawn(async move {
            let response = request.send().await?;
            answered(response).await.map(drop)
        });
        Ok(Self { stream: stream.map_err(broken)?, pages, answer })
    }

    /// Sends a packet; false when the line is lost.
    pub fn send(&mut self, packet: &[u8]) -> bool {
        if self.stream.push(packet.to_vec()).is_err() {
            return false;
        }
        let page = std::mem::take(self.stream.out());
        page.is_empty() || self.pages.try_send(page.into()).is_ok()
    }

    /// Ends the request.
    pub async fn close(self) {
        let Self { pages, mut answer, .. } = self;
        drop(pages);
        if !answer.is_finished() && timeout(FAREWELL_TIMEOUT, &mut answer).await.is_err() {
            answer.abort();
        }
    }
}
