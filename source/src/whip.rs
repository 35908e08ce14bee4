//! Sending by WHIP (RFC 9725): one track of Opus by WebRTC.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{Method, header};
use rtc::{
    media_stream::MediaStreamTrack,
    peer_connection::configuration::media_engine::MIME_TYPE_OPUS,
    rtp,
    rtp_transceiver::rtp_sender::{
        RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters,
        RTCRtpEncodingParameters, RtpCodecKind,
    },
};
use tokio::{sync::watch, time::timeout};
use url::Url;
use webrtc::{
    media_stream::track_local::{TrackLocal, static_rtp::TrackLocalStaticRTP},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCConfigurationBuilder, RTCPeerConnectionState, RTCSessionDescription, Registry,
        SettingEngineBuilder, register_default_interceptors,
    },
    runtime::default_runtime,
};

use crate::{
    line::LineError,
    sound::{CHANNELS, FRAME_LENGTH, RATE},
    venue_client::{VenueClient, VenueError, answered},
};

const PAYLOAD_TYPE: u8 = 111;
/// Time for the exchange of offer and answer.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for media to get through, after which it is sent by HTTP.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(8);
/// Time for a line that is silent to come back by itself, after which a new session begins.
const RECOVERY: Duration = Duration::from_secs(3);

struct Handler(watch::Sender<RTCPeerConnectionState>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.0.send_replace(state);
    }
}

/// A session that is connected.
pub struct WhipLine {
    peer: Arc<dyn PeerConnection>,
    track: Arc<TrackLocalStaticRTP>,
    state: watch::Receiver<RTCPeerConnectionState>,
    /// Address of the session.
    session: Option<String>,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

impl WhipLine {
    /// Goes on the stage of `show`.
    pub async fn open(venue: &VenueClient, token: &str, show: &str) -> Result<Self, LineError> {
        let mut line = Self::new(venue.address()).await.map_err(LineError::library)?;
        match line.connect(venue, token, show).await {
            Ok(()) => Ok(line),
            Err(error) => {
                line.close(venue).await;
                Err(error)
            }
        }
    }

    async fn new(address: &str) -> Result<Self, webrtc::error::Error> {
        let mut media = MediaEngine::default();
        let parameters = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: PAYLOAD_TYPE };
        media.register_codec(parameters, RtpCodecKind::Audio)?;
        let registry = register_default_interceptors(Registry::new(), &mut media)?;
        let (state_in, state) = watch::channel(RTCPeerConnectionState::New);
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
        let runtime = default_runtime().ok_or(webrtc::error::Error::ErrConnectionClosed)?;
        let peer = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Handler(state_in)))
            .with_runtime(runtime)
            .with_udp_addrs(vec![local_address(address).to_owned()])
            .build()
            .await?;
        let ssrc = rand::random();
        let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
            "bandstand".to_owned(),
            "sound".to_owned(),
            "sound".to_owned(),
            RtpCodecKind::Audio,
            vec![RTCRtpEncodingParameters {
                rtp_coding_parameters: RTCRtpCodingParameters {
                    ssrc: Some(ssrc),
                    ..Default::default()
                },
                codec: opus(),
                ..Default::default()
            }],
        )));
        let local: Arc<dyn TrackLocal> = track.clone();
        peer.add_track(local).await?;
        let peer: Arc<dyn PeerConnection> = Arc::new(peer);
        let (sequence, timestamp) = (rand::random(), rand::random());
        Ok(Self { peer, track, state, session: None, sequence, timestamp, ssrc })
    }

    async fn connect(
        &mut self,
        venue: &VenueClient,
        token: &str,
        show: &str,
    ) -> Result<(), LineError> {
        let offer = self.peer.create_offer(None).await.map_err(LineError::library)?;
        // The venue is ICE-lite and needs no candidates, so none are waited for.
        let text = offer.sdp.clone();
        self.peer.set_local_description(offer).await.map_err(LineError::library)?;
        let request = venue.request(Method::POST, &format!("/whip/{show}")).bearer_auth(token);
        let request = request.header(header::CONTENT_TYPE, "application/sdp").body(text);
        let response = request.timeout(EXCHANGE_TIMEOUT).send().await;
        let response = answered(response.map_err(VenueError::from)?).await?;
        let location = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok());
        self.session = location.and_then(|it| session_address(response.url(), it));
        let answer = response.text().await.map_err(VenueError::from)?;
        let answer = RTCSessionDescription::answer(answer).map_err(LineError::library)?;
        self.peer.set_remote_description(answer).await.map_err(LineError::library)?;
        let settled = self.state.wait_for(|state| {
            use RTCPeerConnectionState::{Closed, Connected, Failed};
            matches!(state, Connected | Failed | Closed)
        });
        match timeout(MEDIA_TIMEOUT, settled).await {
            Ok(Ok(state)) if *state == RTCPeerConnectionState::Connected => Ok(()),
            _ => Err(LineError::NoMedia),
        }
    }

    /// Sends a packet.
    pub async fn send(&mut self, payload: Bytes) {
        let header = rtp::Header {
            version: 2,
            payload_type: PAYLOAD_TYPE,
            ssrc: self.ssrc,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ..Default::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME_LENGTH);
        // One that can't be sent is lost; that the line is, is told by its state.
        let _ = self.track.write_rtp(rtp::Packet { header, payload }).await;
    }

    /// Passes over the time of a packet that isn't sent.
    pub fn skip(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(FRAME_LENGTH);
    }

    /// The state of the line, to be waited for beside what is sent.
    pub fn state(&self) -> watch::Receiver<RTCPeerConnectionState> {
        self.state.clone()
    }

    /// Leaves the stage.
    pub async fn close(self, venue: &VenueClient) {
        if let Some(session) = &self.session {
            let request = venue.request(Method::DELETE, session).timeout(EXCHANGE_TIMEOUT / 5);
            // The venue notices by itself, only later.
            let _ = request.send().await;
        }
        let _ = timeout(EXCHANGE_TIMEOUT / 5, self.peer.close()).await;
    }
}

/// Waits until the line is lost, and doesn't come back by itself in a moment.
pub async fn lost(mut state: watch::Receiver<RTCPeerConnectionState>) {
    use RTCPeerConnectionState::{Closed, Connected, Disconnected, Failed};
    loop {
        let down = state.wait_for(|it| matches!(it, Disconnected | Failed | Closed)).await;
        // An error means that the connection is gone.
        if down.is_err() || matches!(down.as_deref(), Ok(Failed | Closed)) {
            return;
        }
        drop(down);
        let settled = state.wait_for(|it| matches!(it, Connected | Failed | Closed));
        match timeout(RECOVERY, settled).await {
            Ok(Ok(it)) if *it == Connected => {}
            _ => return,
        }
    }
}

/// The address of a session, which is the venue's own.
fn session_address(asked: &Url, location: &str) -> Option<String> {
    let session = asked.join(location).ok()?;
    (session.origin() == asked.origin()).then(|| session.into())
}

/// Addresses to send from: to a venue on this machine by loopback, else by every interface.
fn local_address(venue: &str) -> &'static str {
    let is_here = Url::parse(venue).is_ok_and(|url| url.scheme() == "http");
    if is_here { "127.0.0.1:0" } else { "0.0.0.0:0" }
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: RATE,
        channels: CHANNELS as u16,
        sdp_fmtp_line: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1".to_owned(),
        rtcp_feedback: vec![RTCPFeedback { typ: "nack".to_owned(), parameter: String::new() }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_elsewhere_is_none() {
        let asked = Url::parse("https://venue.example/whip/1").unwrap();
        let at = |location| session_address(&asked, location);
        assert_eq!(at("/whip/1/2-a").as_deref(), Some("https://venue.example/whip/1/2-a"));
        assert_eq!(at("https://elsewhere.example/whip"), None);
        assert_eq!(at("//elsewhere.example/whip"), None);
    }

    #[tokio::test]
    async fn line_is_lost_at_once_when_it_has_failed() {
        for over in [RTCPeerConnectionState::Failed, RTCPeerConnectionState::Closed] {
            let (_say, state) = watch::channel(over);
            let waited = timeout(RECOVERY / 2, lost(state)).await;
            assert!(waited.is_ok(), "{over}");
        }
        let (say, state) = watch::channel(RTCPeerConnectionState::Connected);
        drop(say);
        assert!(timeout(RECOVERY / 2, lost(state)).await.is_ok(), "nobody tells its state");
    }
}
