//! What a publishing client sends: sound, and frames of each of its layers.

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Pt, Rid};
use str0m::rtp::{ExtensionValues, RtpWrite};

use super::super::payload::{self, av1, filled, h264, vp8, vp9};
use super::{Client, FRAME_TICKS};

/// What a publisher writes to.
#[derive(Clone, Copy)]
enum Stream {
    Sound,
    Layer(Option<Rid>),
    Scalable(Codec),
}

/// A packet that leaves the encoder in a while.
pub(super) struct Later {
    at: Instant,
    stream: Stream,
    sequence: u64,
    timestamp: u32,
    captured: Instant,
    payload: Vec<u8>,
    marker: bool,
    extensions: ExtensionValues,
}

impl Client {
    pub(super) fn sound(&mut self, now: Instant) {
        let (sequence, timestamp) = (self.sequence, self.timestamps.0);
        if !self.speaking {
            self.next_sound += Duration::from_millis(20);
            return;
        }
        let mut payload = vec![0xfc, self.name];
        payload.extend(self.number.to_be_bytes());
        payload.resize(self.sound_size, 0);
        self.write(Stream::Sound, |pt| {
            RtpWrite::new(pt, sequence.into(), timestamp, now, payload).nackable(false)
        });
        self.sequence = self.sequence.wrapping_add(1);
        self.number += 1;
        self.timestamps.0 = timestamp.wrapping_add(960);
        self.next_sound += Duration::from_millis(20);
    }

    pub(super) fn frame(&mut self, now: Instant) {
        self.due_now = now;
        self.next_frame += self.frame_time;
        let ticks = match self.frame_time.as_micros() {
            33_333 => FRAME_TICKS,
            micros => (micros * 90 / 1_000) as u32,
        };
        self.timestamps.1 = self.timestamps.1.wrapping_add(ticks);
        if !self.filming {
            return;
        }
        for layer in 0..self.layers.len() {
            if self.layers[layer].active {
                self.layer_frame(layer, now - self.encoding);
            }
        }
    }

    fn layer_frame(&mut self, layer: usize, captured: Instant) {
        let (name, timestamp) = (self.name, self.timestamps.1);
        let sending = &mut self.layers[layer];
        let size = sending.size.unwrap_or(self.size);
        let due = self.group.is_some_and(|group| sending.frames.is_multiple_of(group));
        let keyframe = std::mem::take(&mut sending.keyframe_next) || due;
        sending.frames += 1;
        sending.since_key = if keyframe { 0 } else { sending.since_key + 1 };
        let temporal = if sending.temporal { [0, 2, 1, 2][sending.since_key % 4] } else { 0 };
        sending.picture = sending.picture.wrapping_add(1) & 0x7fff;
        let picture = sending.picture;
        let mut payloads = Vec::new();
        let mut push = |descriptor: Vec<u8>, layer: u8, dependency: Option<_>| {
            let payload = filled(descriptor, name, layer, sending.number, size);
            payloads.push((sending.sequence, payload, dependency));
            sending.sequence += 1;
            sending.number += 1;
        };
        if let Some(codec) = sending.scalable {
            if keyframe {
                sending.spatial_now = sending.spatial;
            }
            let layers = sending.spatial_now;
            for part in 0..layers {
                let count = 4_u64.pow(part.into());
                sending.frame = sending.frame.wrapping_add(1);
                for index in 0..count {
                    let ends = [index == 0, index + 1 == count];
                    if codec == Codec::Vp9 {
                        let of = (part, temporal);
                        push(vp9(picture, keyframe, of, layers, ends), part, None);
                    } else {
                        let dependency = payload::dependency(sending.frame, keyframe, part, ends);
                        push(av1(picture, keyframe, part, ends), part, Some(dependency));
                    }
                }
            }
        } else {
            let larger = keyframe && self.group.is_some();
            let packets = sending.packets_per_frame * if larger { 4 } else { 1 };
            for index in 0..packets {
                let ends = [index == 0, index + 1 == packets];
                let descriptor = match &self.program {
                    Some(program) => h264(picture, keyframe, ends, program.bare),
                    None => vp8(picture, keyframe, layer as u8, index == 0),
                };
                push(descriptor, layer as u8, None);
            }
        }
        let (rid, at) = (sending.rid, self.due_now + sending.lag);
        let stream = sending.scalable.map_or(Stream::Layer(rid), Stream::Scalable);
        let last = payloads.len() - 1;
        for (index, (sequence, payload, dependency)) in payloads.into_iter().enumerate() {
            if self.torn && keyframe && index == 1 {
                continue;
            }
            let mut extensions = ExtensionValues::default();
            if let Some(descriptor) = dependency {
                extensions.user_values.set(descriptor);
            }
            let marker = index == last;
            self.later.push(Later {
                at,
                stream,
                sequence,
                timestamp,
                captured,
                payload,
                marker,
                extensions,
            });
        }
    }

    /// Departure of the next packet that was written before.
    pub(super) fn later_due(&self) -> Option<Instant> {
        self.later.iter().map(|it| it.at).min()
    }

    /// Writes what leaves now.
    pub(super) fn write_later(&mut self, now: Instant) {
        let (due, later) = std::mem::take(&mut self.later).into_iter().partition(|it| it.at <= now);
        self.later = later;
        for Later { stream, sequence, timestamp, captured, payload, marker, extensions, .. } in due
        {
            self.write(stream, |pt| {
                let write = RtpWrite::new(pt, sequence.into(), timestamp, captured, payload);
                write.marker(marker).ext_vals(extensions).nackable(true)
            });
        }
    }

    fn write(&mut self, stream: Stream, write: impl FnOnce(Pt) -> RtpWrite) {
        let (mid, rid, codec) = match stream {
            Stream::Sound => (self.audio, None, Codec::Opus),
            Stream::Layer(rid) if self.program.is_some() => (self.video, rid, Codec::H264),
            Stream::Layer(rid) => (self.video, rid, Codec::Vp8),
            Stream::Scalable(codec) => (self.video, None, codec),
        };
        let params = self.rtc.codec_config().find(|p| p.spec().codec == codec);
        let pt = params.expect("the codec").pt();
        let mut direct = self.rtc.direct_api();
        direct.stream_tx_by_mid(mid, rid).expect("a stream").write_rtp(write(pt));
    }
}
