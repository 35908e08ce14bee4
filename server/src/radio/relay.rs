//! Relay from the media core to a mount: who is on stage by WebRTC is heard by HTTP, too, while somebody listens.

use std::{sync::Arc, time::Duration};

use bandstand_domain::ShowId;
use bandstand_radio::{AudioFormat, OggOpusMuxer};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Radio, live_stream::LiveStream};

/// Time between two looks for listeners, and for somebody on stage.
const LOOK: Duration = Duration::from_secs(5);
/// The longest time for which listeners wait for the next publisher.
const GRACE: Duration = Duration::from_secs(20);

impl Radio {
    /// The stream of `show`, as its source sends it, or of who is on its stage by WebRTC.
    pub(super) fn stream(&self, show: ShowId) -> Option<Arc<LiveStream>> {
        if !self.plays_by_webrtc(show) {
            return self.mounts.stream(show);
        }
        let (stream, is_new) = self.mounts.relayed(show, OggOpusMuxer::info())?;
        if is_new {
            self.services.tasks.spawn(relay(self.clone(), show, stream.clone()));
        }
        Some(stream)
    }

    /// Format of the stream of `show`, for which nothing is made.
    pub(super) fn format(&self, show: ShowId) -> Option<AudioFormat> {
        match self.plays_by_webrtc(show) {
            true => Some(OggOpusMuxer::info().format),
            false => self.mounts.stream(show).map(|it| it.info().format),
        }
    }

    /// Tells whether somebody is on stage by WebRTC, and can be seen or heard.
    pub(super) fn plays_by_webrtc(&self, show: ShowId) -> bool {
        self.stages.seen(show).is_some_and(|it| !self.mounts.knows(it))
    }
}

/// Feeds a stream with what is on stage, whoever takes it over, until nobody listens any more or nobody has been
/// there for long.
async fn relay(radio: Radio, show: ShowId, stream: Arc<LiveStream>) {
    let mut muxer = OggOpusMuxer::new(rand::random());
    let (mut session, mut framed) = (None, Vec::new());
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first one is at once.
    look.tick().await;
    let mut seen = Instant::now();
    let mut tap = radio.sound.tap(show).await.ok();
    while let Some(tap) = &mut tap {
        let packet = tokio::select! {
            packet = tap.next() => packet,
            _ = look.tick() => {
                if radio.plays_by_webrtc(show) {
                    seen = Instant::now();
                }
                if stream.is_listened_to() && seen.elapsed() < GRACE {
                    continue;
                }
                None
            }
        };
        let Some(packet) = packet else { break };
        framed.clear();
        let is_other = session.replace(packet.session).is_some_and(|it| it != packet.session);
        let begun = if is_other { muxer.restart(&mut framed) } else { Ok(()) };
        let pushed =
            begun.and_then(|()| muxer.push(packet.timestamp, &packet.payload, &mut framed));
        let goes_on = framed.is_empty() || radio.mounts.relay(show, &stream, &framed, muxer.tail());
        if pushed.is_err() || !goes_on {
            break;
        }
    }
    radio.mounts.end_relay(show, &stream);
}
