//! Input of a recorder: what is on stage in the media core, and what source clients send, as it comes.

use std::time::{Duration, Instant};

use bandstand_radio::AudioFormat;
use bandstand_recording::{RecordedCodec, RecorderPacket};
use bandstand_sfu::{SessionId, TappedCodec, TappedPacket};
use tokio::runtime::Handle;

use crate::{
    media::stage_recording::StageReader,
    radio::mount_reader::{MountReader, MountStep, SentFrame},
};

/// Step of what comes, in order.
#[derive(Debug)]
pub(super) enum InputStep {
    /// All sound of a source client so far is heard so much earlier than it was said.
    Ahead(Duration),
    /// A packet, and whether a keyframe may begin with it.
    Packet(RecorderPacket, bool),
}

/// Input of a show's recorder.
#[derive(Debug)]
pub(super) struct ShowInput {
    stage: StageReader,
    mount: MountReader,
    numbers: PublisherNumbers,
    /// Publisher of the media core whose packets came last, and whether they are left out.
    heard: Option<(SessionId, bool)>,
}

impl ShowInput {
    /// Input that has taken nothing yet.
    pub fn new(stage: StageReader, mount: MountReader) -> Self {
        Self { stage, mount, numbers: PublisherNumbers::default(), heard: None }
    }

    /// Takes what waits, and waits for nothing; returns whether the media core goes on. Times are since `began`, which
    /// is `now` ago.
    pub fn take(
        &mut self,
        runtime: &Handle,
        (began, now): (Instant, Duration),
        steps: &mut Vec<InputStep>,
    ) -> bool {
        let mut sent = Vec::new();
        self.mount.take(now, &mut sent);
        for step in sent {
            steps.push(match step {
                MountStep::Ahead(by) => InputStep::Ahead(by),
                MountStep::Frame(frame) => InputStep::Packet(self.sound_of(frame), false),
            });
        }
        let mut packets = Vec::new();
        let stage = &mut self.stage;
        let is_open = runtime.block_on(async {
            tokio::select! {
                biased;
                count = stage.next_many(&mut packets, usize::MAX) => count > 0,
                () = std::future::ready(()) => true,
            }
        });
        for packet in packets {
            if !self.is_left_out(packet.session) {
                let begins_key = packet.keyframe;
                steps.push(InputStep::Packet(self.packet_of(packet, began), begins_key));
            }
        }
        is_open
    }

    /// Asks who is on stage in the media core for a keyframe of a layer of the picture.
    pub fn request_keyframe(&self, layer: u8) {
        self.stage.request_keyframe(layer);
    }

    fn is_left_out(&mut self, session: SessionId) -> bool {
        match self.heard {
            Some((heard, left_out)) if heard == session => left_out,
            _ => {
                let left_out = self.stage.is_copy(session);
                self.heard = Some((session, left_out));
                left_out
            }
        }
    }

    fn packet_of(&mut self, packet: TappedPacket, began: Instant) -> RecorderPacket {
        let TappedPacket { session, codec, layer, sequence, timestamp, .. } = packet;
        RecorderPacket {
            session: self.numbers.of(Publisher::Core(session)),
            stream: u32::from(layer),
            codec: match codec {
                TappedCodec::Opus => RecordedCodec::Opus,
                TappedCodec::Vp8 => RecordedCodec::Vp8,
                TappedCodec::Vp9 => RecordedCodec::Vp9,
                TappedCodec::H264 => RecordedCodec::H264,
                TappedCodec::Av1 => RecordedCodec::Av1,
            },
            sequence,
            timestamp,
            captured: packet.captured.saturating_duration_since(began),
            marker: packet.marker,
            payload: packet.payload,
        }
    }

    fn sound_of(&mut self, sent: SentFrame) -> RecorderPacket {
        let codec = match sent.format {
            AudioFormat::Mp3 => RecordedCodec::Mp3,
            AudioFormat::Aac => RecordedCodec::Aac,
            AudioFormat::OggOpus | AudioFormat::OggVorbis => RecordedCodec::Opus,
        };
        let ticks = u128::from(sent.frame.start) * u128::from(codec.clock_rate());
        RecorderPacket {
            session: self.numbers.of(Publisher::Mount(sent.stream)),
            stream: 0,
            codec,
            sequence: sent.number,
            // Modulo 2^32.
            timestamp: (ticks / u128::from(sent.rate.max(1))) as u32,
            captured: sent.heard,
            marker: false,
            payload: sent.frame.bytes,
        }
    }
}

/// Publisher in the media core, or stream of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publisher {
    Core(SessionId),
    Mount(u64),
}

/// Numbers of publishers: the one on stage, and the one before, of which packets may still come.
#[derive(Debug, Default)]
struct PublisherNumbers {
    before: Option<Publisher>,
    current: Option<Publisher>,
    number: u64,
}

impl PublisherNumbers {
    fn of(&mut self, publisher: Publisher) -> u64 {
        if self.before == Some(publisher) {
            return self.number - 1;
        }
        if self.current != Some(publisher) {
            self.before = self.current.replace(publisher);
            self.number += 1;
        }
        self.number
    }
}
