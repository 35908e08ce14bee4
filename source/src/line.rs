//! The line to the stage: by WebRTC, or else by HTTP.

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;

use crate::{
    http_line::HttpLine,
    venue_client::{VenueClient, VenueError},
    whip::{self, WhipLine},
};

/// Reason for which there is no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The venue refuses, or can't be reached.
    #[error("{0}")]
    Venue(#[from] VenueError),
    /// The venue answers, and media doesn't get through.
    #[error("Media doesn't get through.")]
    NoMedia,
    /// The WebRTC library refuses.
    #[error("WebRTC: {0}")]
    Library(String),
}

impl LineError {
    /// An error of the WebRTC library.
    pub fn library(error: webrtc::error::Error) -> Self {
        Self::Library(error.to_string())
    }
}

/// The way that sound takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// WebRTC.
    WebRtc,
    /// HTTP.
    Http,
}

/// Tries by WebRTC without media after which HTTP is tried, where WebRTC has worked before.
const MAX_DEAF: u32 = 3;

/// The choice of a way: WebRTC, unless it doesn't get through. Where it did once, a try that fails may be the line
/// that was just cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineChoice {
    has_worked: bool,
    by_http: bool,
    deaf: u32,
}

impl LineChoice {
    /// The way to take.
    pub fn kind(self) -> LineKind {
        if self.by_http { LineKind::Http } else { LineKind::WebRtc }
    }

    /// There is a line.
    pub fn worked(&mut self) {
        self.has_worked |= !self.by_http;
        self.deaf = 0;
    }

    /// Media didn't get through; returns whether HTTP is tried next.
    pub fn no_media(&mut self) -> bool {
        self.deaf += 1;
        self.by_http = !self.has_worked || self.deaf >= MAX_DEAF;
        self.by_http
    }

    /// A line that worked is lost.
    pub fn lost(&mut self) {
        self.by_http &= !self.has_worked;
    }
}

/// A line.
pub enum SoundLine {
    /// WebRTC.
    WebRtc(WhipLine),
    /// HTTP.
    Http(HttpLine),
}

impl SoundLine {
    /// Sends what comes until the line is lost; the venue's refusal when there is one. None when nothing comes any
    /// more.
    pub async fn carry(&mut self, packets: &mut Receiver<Bytes>) -> Option<Result<(), VenueError>> {
        match self {
            Self::WebRtc(line) => {
                let lost = whip::lost(line.state());
                tokio::pin!(lost);
                loop {
                    tokio::select! {
                        () = &mut lost => return Some(Ok(())),
                        packet = packets.recv() => match packet? {
                            // A frame that wasn't encoded.
                            packet if packet.is_empty() => line.skip(),
                            packet => line.send(packet).await,
                        },
                    }
                }
            }
            Self::Http(line) => loop {
                tokio::select! {
                    answer = &mut line.answer => {
                        return Some(answer.unwrap_or(Ok(())));
                    }
                    packet = packets.recv() => {
                        let packet = packet?;
                        if !packet.is_empty() && !line.send(&packet) {
                            line.answer.abort();
                            return Some(Ok(()));
                        }
                    }
                }
            },
        }
    }

    /// Leaves the stage.
    pub async fn close(self, venue: &VenueClient) {
        match self {
            Self::WebRtc(line) => line.close(venue).await,
            Self::Http(line) => line.close().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_where_webrtc_never_worked() {
        let mut choice = LineChoice::default();
        assert_eq!(choice.kind(), LineKind::WebRtc);
        assert!(choice.no_media());
        assert_eq!(choice.kind(), LineKind::Http);
        choice.worked();
        choice.lost();
        assert_eq!(choice.kind(), LineKind::Http, "and it stays so");
    }

    #[test]
    fn where_webrtc_worked_it_is_tried_again_and_comes_back() {
        let mut choice = LineChoice::default();
        choice.worked();
        choice.lost();
        assert_eq!([choice.no_media(), choice.no_media(), choice.no_media()], [false, false, true]);
        choice.worked();
        choice.lost();
        assert_eq!(choice.kind(), LineKind::WebRtc);
    }
}
