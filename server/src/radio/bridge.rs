//! Bridge from a mount to the media core: whoever feeds the mount is heard by WebRTC, too.
//!
//! **Invariant:** the publisher that stands for it in the media core is the mount's shadow, and no source of the
//! stage: what the core reports of it concerns nobody. It is on the core's stage while sound comes, and gives way
//! as any other publisher; where somebody else is on that stage, it doesn't go there.

use std::{sync::Arc, time::Duration};

use bandstand_domain::ShowId;
use bandstand_radio::{FrameStream, PacketStream, Playout, RingPiece, SoundPacket, TranscodeError};
use bandstand_sfu::{AudioPublisher, AudioSendError, OpusPacket};
use bytes::Bytes;
use tokio::{
    sync::OwnedSemaphorePermit,
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::{
    Radio,
    live_stream::{LiveStream, StreamListener},
};

/// Newest sound of a stream with which its bridge begins.
const NEWEST: Duration = Duration::from_millis(300);
/// Time without sound after which the core's stage is left, so that it is free when the audience is told of
/// silence.
const IDLE: Duration = Duration::from_secs(5);

impl Radio {
    /// Lets viewers hear by WebRTC what is sent to `show`, until it has no stream any more.
    pub(super) fn bridge(&self, show: ShowId) {
        if !self.mounts.begin_bridge(show) {
            return;
        }
        let radio = self.clone();
        self.services.tasks.spawn(async move {
            let (publisher, playout) = (None, Playout::default());
            let (coder, copies) = (Coder::None, false);
            let mut bridge = Bridge { radio, show, publisher, playout, coder, copies };
            while let Some(stream) = bridge.radio.mounts.bridged(show) {
                bridge.carry(&stream).await;
            }
        });
    }
}

/// Makes packets of the present stream.
enum Coder {
    None,
    Ready(Box<PacketStream>, Option<OwnedSemaphorePermit>),
    /// No packets can be made of it.
    Failed,
}

struct Bridge {
    radio: Radio,
    show: ShowId,
    /// The shadow, on the core's stage.
    publisher: Option<AudioPublisher>,
    playout: Playout,
    coder: Coder,
    /// True if the sound is recorded as its source sends it, and not from the core.
    copies: bool,
}

impl Bridge {
    /// Sends a stream to viewers until it ends.
    async fn carry(&mut self, stream: &Arc<LiveStream>) {
        let mut listener = StreamListener::follow(stream.clone(), NEWEST);
        let (mut headers, mut heard) = (Bytes::new(), Instant::now());
        self.coder = Coder::None;
        let copies = FrameStream::takes(stream.info().format);
        if std::mem::replace(&mut self.copies, copies) != copies {
            // The shadow is one or the other.
            self.leave();
        }
        loop {
            stream.set_bridged(self.publisher.is_some());
            let due = self.playout.due().map(Instant::from_std);
            tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or(heard + IDLE)), if self.publisher.is_some() => {
                    if due.is_some() { self.send() } else { self.leave() }
                }
                piece = listener.next() => {
                    let Some(piece) = piece else { break };
                    heard = Instant::now();
                    if !piece.headers.is_empty() {
                        headers.clone_from(&piece.headers);
                    }
                    self.take(stream, piece, &headers).await;
                }
            }
        }
        stream.set_bridged(false);
    }

    /// Takes what has come, where somebody hears it. Who makes packets of it from there on begins with `headers`.
    async fn take(&mut self, stream: &LiveStream, mut piece: RingPiece, headers: &Bytes) {
        let format = stream.info().format;
        let finds = PacketStream::finds(format);
        let sound = &self.radio.sound;
        let records = !self.copies && sound.is_recorded(self.show);
        let is_wanted = finds || records || sound.has_viewers(self.show);
        if matches!(self.coder, Coder::Failed) || !is_wanted {
            return self.leave();
        }
        if matches!(self.coder, Coder::None) {
            // There may be a place later.
            let Some((packets, place)) = self.radio.transcoding.packets(stream) else {
                return self.leave();
            };
            self.coder = Coder::Ready(Box::new(packets), place);
            piece.headers = headers.clone();
        }
        if !self.enter().await {
            return self.leave();
        }
        let Coder::Ready(packets, place) = std::mem::replace(&mut self.coder, Coder::Failed) else {
            return;
        };
        match coded(packets, piece, finds).await {
            Ok((packets, made)) => {
                self.coder = Coder::Ready(packets, place);
                let now = Instant::now().into_std();
                made.into_iter().for_each(|packet| self.playout.push(now, packet));
            }
            Err(error) => {
                tracing::info!(%error, "a stream is not heard by WebRTC any more");
                self.leave();
            }
        }
    }

    /// Goes on the core's stage, unless somebody else is there or about to be; returns whether it is on it.
    async fn enter(&mut self) -> bool {
        if self.publisher.is_none() && !self.radio.stages.is_waited_for(self.show) {
            let entered = self.radio.sound.publish(self.show, self.copies).await.ok();
            self.publisher = entered.filter(|it| !it.began_on_standby());
        }
        self.publisher.is_some()
    }

    fn leave(&mut self) {
        self.publisher = None;
        self.playout.clear();
        if !matches!(self.coder, Coder::Failed) {
            self.coder = Coder::None;
        }
    }

    /// Sends what is due.
    fn send(&mut self) {
        let now = Instant::now().into_std();
        while let Some((timestamp, packet)) = self.playout.pop(now) {
            let SoundPacket { payload, .. } = packet;
            let sent = self.publisher.as_ref().map(|it| it.send(OpusPacket { timestamp, payload }));
            // Another publisher has taken over, or is about to.
            if !matches!(sent, Some(Ok(()) | Err(AudioSendError::Full | AudioSendError::Length))) {
                return self.leave();
            }
        }
    }
}

/// Makes packets of a piece; where they have to be made, nothing waits for it but the bridge.
async fn coded(
    mut packets: Box<PacketStream>,
    piece: RingPiece,
    finds: bool,
) -> Result<(Box<PacketStream>, Vec<SoundPacket>), TranscodeError> {
    let code = move || {
        let mut made = Vec::new();
        packets.push(&piece, &mut made).map(|()| (packets, made))
    };
    if finds {
        return code();
    }
    let done = spawn_blocking(code).await;
    done.unwrap_or_else(|panicked| Err(TranscodeError::Codec(panicked.to_string())))
}
