//! Somebody in the audience: a WHEP client that keeps the sound that it gets.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use reqwest::header;
use rtc::{
    peer_connection::configuration::media_engine::MIME_TYPE_OPUS,
    rtp_transceiver::{
        RTCRtpTransceiverInit,
        rtp_sender::{RTCRtpCodec, RTCRtpCodecParameters, RtpCodecKind},
    },
};
use serde_json::json;
use tokio::sync::{mpsc, watch};
use webrtc::{
    media_stream::track_remote::{TrackRemote, TrackRemoteEvent},
    peer_connection::{
        MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
        RTCConfigurationBuilder, RTCSessionDescription, Registry, SettingEngineBuilder,
        register_default_interceptors,
    },
    rtp_transceiver::RTCRtpTransceiverDirection,
    runtime::default_runtime,
};

use crate::venue::TestVenue;

/// A listener.
pub struct Listener {
    _peer: Arc<dyn PeerConnection>,
    packets: Arc<Mutex<Vec<Bytes>>>,
    news: watch::Receiver<usize>,
}

struct Handler(mpsc::UnboundedSender<Arc<dyn TrackRemote>>);

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let _ = self.0.send(track);
    }
}

impl Listener {
    /// Comes to the venue's show.
    pub async fn open(venue: &TestVenue) -> Self {
        let mut media = MediaEngine::default();
        let rtp_codec = RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            sdp_fmtp_line: "minptime=10;useinbandfec=1;stereo=1".to_owned(),
            rtcp_feedback: Vec::new(),
        };
        let parameters = RTCRtpCodecParameters { rtp_codec, payload_type: 111 };
        media.register_codec(parameters, RtpCodecKind::Audio).unwrap();
        let registry = register_default_interceptors(Registry::new(), &mut media).unwrap();
        let (tracks_in, mut tracks) = mpsc::unbounded_channel();
        let settings = SettingEngineBuilder::new().with_include_loopback_candidate(true).build();
        let peer = PeerConnectionBuilder::new()
            .with_configuration(RTCConfigurationBuilder::new().build())
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(registry)
            .with_handler(Arc::new(Handler(tracks_in)))
            .with_runtime(default_runtime().unwrap())
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .build()
            .await
            .unwrap();
        let init = RTCRtpTransceiverInit {
            direction: RTCRtpTransceiverDirection::Recvonly,
            ..Default::default()
        };
        peer.add_transceiver_from_kind(RtpCodecKind::Audio, Some(init)).await.unwrap();
        let offer = peer.create_offer(None).await.unwrap();
        let text = offer.sdp.clone();
        peer.set_local_description(offer).await.unwrap();
        let token = venue.call("live/join", json!({ "show": venue.show })).await;
        let response = reqwest::Client::new()
            .post(format!("{}/whep/{}", venue.url, venue.show))
            .bearer_auth(token["token"].as_str().unwrap())
            .header(header::CONTENT_TYPE, "application/sdp")
            .body(text)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        let answer = response.text().await.unwrap();
        peer.set_remote_description(RTCSessionDescription::answer(answer).unwrap()).await.unwrap();
        let packets = Arc::new(Mutex::new(Vec::new()));
        let (say, news) = watch::channel(0);
        let kept = packets.clone();
        tokio::spawn(async move {
            while let Some(track) = tracks.recv().await {
                let (kept, say) = (kept.clone(), say.clone());
                tokio::spawn(async move {
                    while let Some(event) = track.poll().await {
                        if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                            kept.lock().unwrap().push(packet.payload.clone());
                            say.send_modify(|it| *it += 1);
                        }
                    }
                });
            }
        });
        Self { _peer: Arc::new(peer), packets, news }
    }

    /// Waits until so many packets are kept.
    pub async fn until_packets(&self, count: usize) {
        let mut news = self.news.clone();
        let come = news.wait_for(|_| self.packets.lock().unwrap().len() >= count);
        tokio::time::timeout(Duration::from_secs(20), come).await.expect("sound").unwrap();
    }

    /// Takes what was kept.
    pub async fn take(&self) -> Vec<Bytes> {
        std::mem::take(&mut *self.packets.lock().unwrap())
    }
}
