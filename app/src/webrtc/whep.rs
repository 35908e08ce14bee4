//! A viewer's media session (WHEP).

use bandstand_domain::Secret;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MediaStream, RtcRtpTransceiverDirection, RtcTrackEvent};

use super::{
    peer::PeerConnection,
    sdp::for_viewer,
    signalling::{MediaResource, SignallingError},
};

/// A session that isn't begun: the connection with its offer, made while the join token is still
/// on its way.
pub struct WhepOffer {
    peer: PeerConnection,
    offer: String,
    stream: MediaStream,
    resource: MediaResource,
    _tracks: Closure<dyn FnMut(RtcTrackEvent)>,
}

/// WHEP session. Dropping it ends it.
pub struct WhepSession {
    /// The connection.
    pub peer: PeerConnection,
    /// Sound and picture, as soon as they come.
    pub stream: MediaStream,
    /// The session at the venue.
    pub resource: MediaResource,
    _tracks: Closure<dyn FnMut(RtcTrackEvent)>,
}

impl WhepOffer {
    /// Makes the connection and its offer.
    ///
    /// # Errors
    /// Returns an error when this browser can't.
    pub async fn new() -> Result<Self, JsValue> {
        Self::of(&["audio", "video"]).await
    }

    /// Makes a connection for a picture alone, and its offer.
    ///
    /// # Errors
    /// Returns an error when this browser can't.
    pub async fn picture() -> Result<Self, JsValue> {
        Self::of(&["video"]).await
    }

    async fn of(kinds: &[&str]) -> Result<Self, JsValue> {
        let resource = MediaResource::default();
        let peer = PeerConnection::new(&resource)?;
        let stream = MediaStream::new()?;
        let tracks = Closure::new({
            // The stream itself: its own method `clone` would make another one.
            let stream = Clone::clone(&stream);
            move |event: RtcTrackEvent| stream.add_track(&event.track())
        });
        peer.connection.set_ontrack(Some(tracks.as_ref().unchecked_ref()));
        for kind in kinds {
            peer.transceiver(kind, RtcRtpTransceiverDirection::Recvonly, &[], &[]);
        }
        let offer = peer.offer(for_viewer).await?;
        Ok(Self { peer, offer, stream, resource, _tracks: tracks })
    }

    /// Returns whether nothing can begin with it any more.
    pub fn is_closed(&self) -> bool {
        self.peer.is_closed()
    }

    /// Begins the session at `endpoint`, by way of the operator's `servers` where there are any.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn begin(
        mut self,
        endpoint: &str,
        token: Secret,
        servers: Option<Secret>,
    ) -> Result<WhepSession, SignallingError> {
        if let Some(servers) = servers {
            self.peer.set_ice_servers(&servers);
            self.offer = self.peer.offer(for_viewer).await?;
        }
        let answer = self.resource.post_offer(endpoint, token, &self.offer).await?;
        if let Err(why) = self.peer.accept(&answer).await {
            let closed = self.peer.is_closed();
            return Err(if closed { SignallingError::Unreachable } else { why.into() });
        }
        let Self { peer, stream, resource, _tracks, .. } = self;
        Ok(WhepSession { peer, stream, resource, _tracks })
    }
}
