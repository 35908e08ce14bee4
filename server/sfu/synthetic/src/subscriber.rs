//! A synthetic subscriber.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp_transceiver::RTCRtpTransceiverInit;
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::rtp_transceiver::RTCRtpTransceiverDirection;

use crate::connection::{ConnectError, Connection, ExchangeError};
use crate::content::{self, wall_clock};
use crate::reception_stats::ReceptionStats;

/// Interval at which conditions are checked while nothing comes.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Interval of keyframe requests of a subscriber without a picture.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// A connected subscriber. It counts until it is closed or dropped.
pub struct SyntheticSubscriber {
    connection: Connection,
    figures: Arc<Mutex<ReceptionStats>>,
    /// Changes with every packet.
    news: watch::Receiver<u64>,
    task: JoinHandle<()>,
}

impl SyntheticSubscriber {
    /// Offers to receive one audio and one video track, and gets the answer from `exchange`;
    /// returns when ICE and DTLS stand.
    ///
    /// # Errors
    /// [`ConnectError`], after 15 s at the latest, not counting `exchange`.
    pub async fn connect<F, A, E>(exchange: F) -> Result<Self, ConnectError>
    where
        F: FnOnce(String) -> A,
        A: Future<Output = Result<String, E>>,
        E: Into<ExchangeError>,
    {
        let mut connection = Connection::new().await?;
        for kind in [RtpCodecKind::Audio, RtpCodecKind::Video] {
            let init = RTCRtpTransceiverInit {
                direction: RTCRtpTransceiverDirection::Recvonly,
                ..Default::default()
            };
            connection.peer.add_transceiver_from_kind(kind, Some(init)).await?;
        }
        let figures = Arc::new(Mutex::new(ReceptionStats::default()));
        let (changed, news) = watch::channel(0);
        let (_, no_tracks) = tokio::sync::mpsc::unbounded_channel();
        let mut tracks = std::mem::replace(&mut connection.tracks, no_tracks);
        let counted = figures.clone();
        let task = tokio::spawn(async move {
            let mut counting = tokio::task::JoinSet::new();
            while let Some(track) = tracks.recv().await {
                counting.spawn(count(track, counted.clone(), changed.clone()));
            }
            counting.join_all().await;
        });
        connection.connect(exchange).await?;
        Ok(SyntheticSubscriber { connection, figures, news, task })
    }

    /// Counters so far.
    pub fn figures(&self) -> ReceptionStats {
        lock(&self.figures).clone()
    }

    /// Counts from zero again.
    pub fn reset(&self) {
        *lock(&self.figures) = ReceptionStats::default();
    }

    /// Waits until the figures satisfy `condition`.
    pub async fn until(&self, condition: impl Fn(&ReceptionStats) -> bool) {
        let mut news = self.news.clone();
        while !condition(&lock(&self.figures)) {
            let _ = tokio::time::timeout(LOOK_AGAIN, news.changed()).await;
        }
    }

    /// Waits until the other side has ended the connection.
    pub async fn ended(&self) {
        self.connection.ended().await;
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

    /// Says goodbye.
    pub async fn close(self) {
        self.task.abort();
        let _ = self.connection.peer.close().await;
    }
}

impl Drop for SyntheticSubscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A poisoned lock holds figures that are still right.
fn lock(figures: &Mutex<ReceptionStats>) -> std::sync::MutexGuard<'_, ReceptionStats> {
    figures.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn count(
    track: Arc<dyn TrackRemote>,
    figures: Arc<Mutex<ReceptionStats>>,
    changed: watch::Sender<u64>,
) {
    let is_video = track.kind().await == RtpCodecKind::Video;
    let mut asked: Option<Duration> = None;
    while let Some(event) = track.poll().await {
        let TrackRemoteEvent::OnRtpPacket(packet) = event else {
            continue;
        };
        let now = wall_clock();
        let stamp = content::read(&packet.payload, is_video);
        let header = &packet.header;
        let blind = {
            let mut figures = lock(&figures);
            let counted = match is_video {
                true => &mut figures.video,
                false => &mut figures.audio,
            };
            match stamp {
                Some(stamp) => counted.note(header, stamp, now),
                None => counted.foreign += u64::from(!packet.payload.is_empty()),
            }
            stamp.is_some() && is_video && counted.keyframes == 0
        };
        // As a decoder does that has never had a picture.
        if blind && asked.is_none_or(|at| now.saturating_sub(at) > ASK_AGAIN) {
            asked = Some(now);
            let request = PictureLossIndication { sender_ssrc: 0, media_ssrc: header.ssrc };
            let _ = track.write_rtcp(vec![Box::new(request)]).await;
        }
        changed.send_modify(|n| *n += 1);
    }
}
