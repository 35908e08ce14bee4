//! A synthetic publisher.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rtc::media_stream::MediaStreamTrack;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};

use crate::connection::{
    AUDIO_PAYLOAD_TYPE, ConnectError, Connection, ExchangeError, VIDEO_PAYLOAD_TYPE, codec,
};
use crate::content::{self, Content, Stamp, wall_clock};

const VIDEO_SSRC: u32 = 0x0bad_beef;
const AUDIO_SSRC: u32 = 0x0bad_cafe;

/// Time between two audio packets.
const AUDIO_INTERVAL: Duration = Duration::from_millis(20);

/// A connected publisher. It sends until it is closed or dropped.
pub struct SyntheticPublisher {
    connection: Connection,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    requests: AtomicU64,
    video_packets: AtomicU64,
    audio_packets: AtomicU64,
    keyframe_wanted: Notify,
}

impl SyntheticPublisher {
    /// Offers one audio and one video track, gets the answer from `exchange`, and starts to send
    /// when ICE and DTLS stand.
    ///
    /// # Errors
    /// [`ConnectError`], after 15 s at the latest, not counting `exchange`.
    pub async fn connect<F, A, E>(content: Content, exchange: F) -> Result<Self, ConnectError>
    where
        F: FnOnce(String) -> A,
        A: Future<Output = Result<String, E>>,
        E: Into<ExchangeError>,
    {
        let mut connection = Connection::new().await?;
        let audio = track(RtpCodecKind::Audio, AUDIO_SSRC);
        let video = track(RtpCodecKind::Video, VIDEO_SSRC);
        for local in [&audio, &video] {
            let local: Arc<dyn TrackLocal> = local.clone();
            connection.peer.add_track(local).await?;
        }
        connection.connect(exchange).await?;
        let shared = Arc::new(Shared::default());
        let mut tasks = vec![tokio::spawn(heed(video.clone(), shared.clone()))];
        if content.frames_per_second > 0 {
            tasks.push(tokio::spawn(film(video, content.clone(), shared.clone())));
        }
        if content.audio {
            tasks.push(tokio::spawn(record(audio, shared.clone())));
        }
        Ok(SyntheticPublisher { connection, shared, tasks })
    }

    /// Keyframe requests (PLI, FIR) received.
    pub fn keyframe_requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Video packets sent.
    pub fn video_packets(&self) -> u64 {
        self.shared.video_packets.load(Ordering::Relaxed)
    }

    /// Audio packets sent.
    pub fn audio_packets(&self) -> u64 {
        self.shared.audio_packets.load(Ordering::Relaxed)
    }

    /// Begins ICE anew: `exchange` gets an offer with other credentials and answers with a fragment of
    /// SDP in which the other side's are. Returns before a way is found.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn restart<F, A, E>(&mut self, exchange: F) -> Result<(), ConnectError>
    where
        F: FnOnce(String) -> A,
        A: Future<Output = Result<String, E>>,
        E: Into<ExchangeError>,
    {
        self.connection.restart(exchange).await
    }

    /// Waits until the other side has ended the connection.
    pub async fn ended(&self) {
        self.connection.ended().await;
    }

    /// Stops sending, and says goodbye.
    pub async fn close(self) {
        for task in &self.tasks {
            task.abort();
        }
        let _ = self.connection.peer.close().await;
    }
}

impl Drop for SyntheticPublisher {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

fn track(kind: RtpCodecKind, ssrc: u32) -> Arc<TrackLocalStaticRTP> {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters { ssrc: Some(ssrc), ..Default::default() },
        codec: codec(kind),
        ..Default::default()
    };
    Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "synthetic".to_owned(),
        format!("synthetic-{kind}"),
        format!("synthetic-{kind}"),
        kind,
        vec![coding],
    )))
}

/// Counts keyframe requests and passes them on.
async fn heed(video: Arc<TrackLocalStaticRTP>, shared: Arc<Shared>) {
    while let Some(event) = video.poll().await {
        if let TrackLocalEvent::OnRtcpPacket(packets) = event {
            let requests = u64::try_from(packets.len()).unwrap_or(1);
            shared.requests.fetch_add(requests, Ordering::Relaxed);
            shared.keyframe_wanted.notify_one();
        }
    }
}

async fn film(track: Arc<TrackLocalStaticRTP>, content: Content, shared: Arc<Shared>) {
    let frame_time = Duration::from_secs(1) / content.frames_per_second;
    let packets = u64::from(content.packets_per_frame.max(1));
    let gap = if content.spread {
        frame_time / u32::from(content.packets_per_frame.max(1))
    } else {
        Duration::ZERO
    };
    let (mut due, mut number, mut frame) = (Instant::now(), 0, 0_u64);
    loop {
        let requested = content.obedient && is_set(&shared.keyframe_wanted);
        let scheduled = match u64::from(content.keyframe_interval) {
            0 => frame == 0,
            interval => frame.is_multiple_of(interval),
        };
        let ticks = frame * 90_000 / u64::from(content.frames_per_second);
        for index in 0..packets {
            sleep_until(due).await;
            due += gap;
            let stamp = Stamp {
                sent: wall_clock(),
                number,
                keyframe: index == 0 && (requested || scheduled),
            };
            let payload = content::video(stamp, index == 0, content.packet_bytes);
            let mut header = header(VIDEO_PAYLOAD_TYPE, VIDEO_SSRC, number, ticks);
            header.marker = index + 1 == packets;
            if track.write_rtp(rtp::Packet { header, payload }).await.is_err() {
                return;
            }
            shared.video_packets.fetch_add(1, Ordering::Relaxed);
            number += 1;
        }
        if !content.spread {
            due += frame_time;
        }
        frame += 1;
    }
}

async fn record(track: Arc<TrackLocalStaticRTP>, shared: Arc<Shared>) {
    let mut due = Instant::now();
    for number in 0.. {
        sleep_until(due).await;
        due += AUDIO_INTERVAL;
        let stamp = Stamp { sent: wall_clock(), number, keyframe: false };
        let header = header(AUDIO_PAYLOAD_TYPE, AUDIO_SSRC, number, number * 960);
        let payload = content::audio(stamp);
        if track.write_rtp(rtp::Packet { header, payload }).await.is_err() {
            return;
        }
        shared.audio_packets.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes a waiting permit; false if there is none.
fn is_set(notify: &Notify) -> bool {
    let mut notified = std::pin::pin!(notify.notified());
    notified.as_mut().enable()
}

/// A header with number and time wrapped as RTP has it.
fn header(payload_type: u8, ssrc: u32, number: u64, ticks: u64) -> rtp::Header {
    rtp::Header {
        version: 2,
        payload_type,
        ssrc,
        // Soon to wrap, so that every run tries that.
        sequence_number: (number.wrapping_add(65_000)) as u16,
        timestamp: ticks as u32,
        ..Default::default()
    }
}
