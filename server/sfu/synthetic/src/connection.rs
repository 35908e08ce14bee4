//! A peer connection, from offer to connected.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rtc::interceptor::Slot;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8};
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind,
};
use tokio::sync::{mpsc, watch};
use webrtc::media_stream::track_remote::TrackRemote;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCConfigurationBuilder, RTCPeerConnectionState, RTCSessionDescription, Registry,
    SettingEngineBuilder, register_default_interceptors,
};
use webrtc::runtime::default_runtime;

use crate::requests::DeliverRequests;

/// VP8's payload type in our offers.
pub(crate) const VIDEO_PAYLOAD_TYPE: u8 = 96;

/// Opus' payload type in our offers.
pub(crate) const AUDIO_PAYLOAD_TYPE: u8 = 111;

/// Time for a connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// Failure to exchange the offer for an answer.
pub type ExchangeError = Box<dyn std::error::Error + Send + Sync>;

/// A synthetic client could not connect.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The WebRTC library refused.
    #[error("WebRTC: {0}")]
    Library(#[from] webrtc::error::Error),
    /// There is no answer.
    #[error("no answer: {0}")]
    Exchange(#[source] ExchangeError),
    /// ICE and DTLS were not up in time.
    #[error("no connection: {0}")]
    NotConnected(&'static str),
}

/// A peer connection and what it reports.
pub(crate) struct Connection {
    pub(crate) peer: Arc<dyn PeerConnection>,
    pub(crate) tracks: mpsc::UnboundedReceiver<Arc<dyn TrackRemote>>,
    state: watch::Receiver<RTCPeerConnectionState>,
    /// What the other side said first.
    answer: String,
}

struct Handler {
    tracks: mpsc::UnboundedSender<Arc<dyn TrackRemote>>,
    state: watch::Sender<RTCPeerConnectionState>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.state.send_replace(state);
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.tracks.send(track);
    }
}

impl Connection {
    /// A connection without tracks, on loopback.
    pub(crate) async fn new() -> Result<Self, ConnectError> {
        let mut media = MediaEngine::default();
        media.register_codec(parameters(RtpCodecKind::Video), RtpCodecKind::Video)?;
        media.register_codec(parameters(RtpCodecKind::Audio), RtpCodecKind::Audio)?;
        let registry = register_default_interceptors(Registry::new(), &mut media)?
            .with(Slot::from(14_000), DeliverRequests::default());
        let (tracks_in, tracks) = mpsc::unbounded_channel();
        let (state_in, state) = watch::channel(RTCPeerConnectionState::New);
        let handler = Handler { tracks: tracks_in, state: state_in };
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
        let runtime = default_runtime().ok_or(ConnectError::NotConnected("no runtime"))?;
        let peer = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(handler))
            .with_runtime(runtime)
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await?;
        Ok(Connection { peer: Arc::new(peer), tracks, state, answer: String::new() })
    }

    /// Offers, has the answer fetched, and waits until ICE and DTLS stand.
    pub(crate) async fn connect<F, A, E>(&mut self, exchange: F) -> Result<(), ConnectError>
    where
        F: FnOnce(String) -> A,
        A: Future<Output = Result<String, E>>,
        E: Into<ExchangeError>,
    {
        let offer = self.peer.create_offer(None).await?;
        // The other side is ICE-lite: it needs none of our candidates, so nothing is waited for.
        let text = offer.sdp.clone();
        self.peer.set_local_description(offer).await?;
        let answer = exchange(text).await;
        let answer = answer.map_err(|e| ConnectError::Exchange(e.into()))?;
        self.answer.clone_from(&answer);
        let answer = RTCSessionDescription::answer(answer)?;
        self.peer.set_remote_description(answer).await?;
        let settled = self.state.wait_for(|state| {
            use RTCPeerConnectionState::{Closed, Connected, Failed};
            matches!(state, Connected | Failed | Closed)
        });
        match tokio::time::timeout(PATIENCE, settled).await {
            Err(_) => Err(ConnectError::NotConnected("timed out")),
            Ok(Ok(state)) if *state == RTCPeerConnectionState::Connected => Ok(()),
            Ok(_) => Err(ConnectError::NotConnected("failed")),
        }
    }

    /// Begins ICE anew: offers with other credentials, and takes those from what is exchanged for the
    /// offer. Returns before a way is found.
    pub(crate) async fn restart<F, A, E>(&mut self, exchange: F) -> Result<(), ConnectError>
    where
        F: FnOnce(String) -> A,
        A: Future<Output = Result<String, E>>,
        E: Into<ExchangeError>,
    {
        self.peer.restart_ice().await?;
        let offer = self.peer.create_offer(None).await?;
        let text = offer.sdp.clone();
        self.peer.set_local_description(offer).await?;
        let fragment = exchange(text).await.map_err(|e| ConnectError::Exchange(e.into()))?;
        let is_new =
            |line: &&str| line.starts_with("a=ice-ufrag:") || line.starts_with("a=ice-pwd:");
        let new: Vec<&str> = fragment.lines().filter(is_new).collect();
        let lines = self.answer.lines().map(|line| {
            let name = line.split_inclusive(':').next().unwrap_or_default();
            new.iter().find(|new| is_new(&line) && new.starts_with(name)).copied().unwrap_or(line)
        });
        let answer: String = lines.flat_map(|line| [line, "\r\n"]).collect();
        self.peer.set_remote_description(RTCSessionDescription::answer(answer)?).await?;
        Ok(())
    }

    /// Waits until the other side has ended the connection.
    pub(crate) async fn ended(&self) {
        // An error means that the connection is gone, which is an end, too.
        let mut state = self.state.clone();
        let _ = state
            .wait_for(|state| {
                use RTCPeerConnectionState::{Closed, Disconnected, Failed};
                matches!(state, Disconnected | Failed | Closed)
            })
            .await;
    }
}

/// VP8 or Opus, as offered.
pub(crate) fn codec(kind: RtpCodecKind) -> RTCRtpCodec {
    let feedback = |kind: &str, parameter: &str| RTCPFeedback {
        typ: kind.to_owned(),
        parameter: parameter.to_owned(),
    };
    match kind {
        RtpCodecKind::Video => RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            channels: 0,
            sdp_fmtp_line: String::new(),
            rtcp_feedback: vec![
                feedback("nack", ""),
                feedback("nack", "pli"),
                feedback("ccm", "fir"),
            ],
        },
        _ => RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1".to_owned(),
            rtcp_feedback: Vec::new(),
        },
    }
}

fn parameters(kind: RtpCodecKind) -> RTCRtpCodecParameters {
    RTCRtpCodecParameters {
        rtp_codec: codec(kind),
        payload_type: match kind {
            RtpCodecKind::Video => VIDEO_PAYLOAD_TYPE,
            _ => AUDIO_PAYLOAD_TYPE,
        },
    }
}
