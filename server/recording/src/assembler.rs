//! Frames of one stream that can be decoded: none that refers to what was lost.

use crate::{
    RecorderPacket,
    depacketize::{Depacketizer, FrameDescription, TemporalLayer},
    format::VideoFormat,
};

/// Temporal layers have numbers of three bits, at most.
const ALL_LAYERS: u8 = 7;

/// A frame for a file.
pub(crate) struct WholeFrame<'f> {
    /// Its RTP timestamp.
    pub(crate) timestamp: u32,
    /// Format from here on, of a keyframe.
    pub(crate) key: Option<VideoFormat>,
    pub(crate) data: &'f [u8],
}

/// Puts frames together, and leaves out those that aren't whole, with all that may need them: up to the next
/// keyframe, or, where payloads tell of temporal layers, up to the next frame of the lowest one, if none of
/// those is missing.
#[derive(Debug)]
pub(crate) struct FrameAssembler {
    depacketizer: Depacketizer,
    /// The frame that comes in, its timestamp, and whether it can't become whole.
    frame: Vec<u8>,
    timestamp: Option<u32>,
    broken: bool,
    /// Packets were lost: what comes next may not be the beginning of a frame.
    amid: bool,
    /// No frame can be decoded until one needs no other.
    waiting: bool,
    /// TL0PICIDX of the last frame of the lowest temporal layer that went out.
    base: Option<u8>,
    /// The highest temporal layer that can be decoded.
    decodable: u8,
}

impl FrameAssembler {
    pub(crate) fn new(depacketizer: Depacketizer) -> Self {
        FrameAssembler {
            depacketizer,
            frame: Vec::new(),
            timestamp: None,
            broken: false,
            amid: true,
            waiting: true,
            base: None,
            decodable: ALL_LAYERS,
        }
    }

    /// True while a keyframe would help.
    pub(crate) fn wants_keyframe(&self) -> bool {
        self.waiting || self.decodable < ALL_LAYERS
    }

    /// True while a keyframe comes in.
    pub(crate) fn has_begun_key(&self) -> bool {
        !self.broken && self.timestamp.is_some() && self.depacketizer.has_begun_key(&self.frame)
    }

    /// Packets won't come.
    pub(crate) fn lose(&mut self) {
        self.broken = true;
        self.amid = true;
        self.waiting = true;
    }

    /// Takes the next packet, and gives out the frames that it ends.
    pub(crate) fn push(&mut self, packet: &RecorderPacket, out: &mut dyn FnMut(WholeFrame<'_>)) {
        // Stands for a packet of a layer that isn't recorded.
        if packet.payload.is_empty() {
            return;
        }
        if self.timestamp != Some(packet.timestamp) {
            self.finish(out);
            self.timestamp = Some(packet.timestamp);
            self.broken = self.amid && !self.depacketizer.begins(&packet.payload);
            self.amid = false;
        }
        if !self.broken && self.depacketizer.push(&packet.payload, &mut self.frame).is_none() {
            self.broken = true;
        }
        if packet.marker {
            self.finish(out);
        }
    }

    fn finish(&mut self, out: &mut dyn FnMut(WholeFrame<'_>)) {
        let Some(timestamp) = self.timestamp.take() else { return };
        if self.broken {
            self.depacketizer.reset();
            self.waiting = true;
        } else if let Some(description) = self.depacketizer.finish(&mut self.frame) {
            if self.is_decodable(&description) {
                out(WholeFrame { timestamp, key: description.key, data: &self.frame });
            }
        } else if !self.frame.is_empty() {
            self.waiting = true;
        }
        self.frame.clear();
        self.broken = false;
    }

    fn is_decodable(&mut self, frame: &FrameDescription) -> bool {
        if frame.key.is_some() {
            self.waiting = false;
            self.decodable = ALL_LAYERS;
            self.base = frame.temporal.map(|it| it.base);
            return true;
        }
        if self.waiting {
            let follows = |it: TemporalLayer| {
                it.id == 0 && self.base.is_some_and(|base| base.wrapping_add(1) == it.base)
            };
            if !frame.temporal.is_some_and(follows) {
                return false;
            }
            self.waiting = false;
            self.decodable = 0;
        }
        if let Some(TemporalLayer { id, base, sync }) = frame.temporal {
            if id > self.decodable && !sync {
                return false;
            }
            self.decodable = self.decodable.max(id);
            if id == 0 {
                self.base = Some(base);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::RecordedCodec;

    /// A keyframe of VP8 of 16 by 16 pixels, without anything behind its header.
    const KEY: &[u8] = &[0x10, 0, 0, 0x9d, 1, 0x2a, 16, 0, 16, 0];

    fn packet(timestamp: u32, marker: bool, payload: &[u8]) -> RecorderPacket {
        let (session, stream, sequence, captured) = (1, 1, 1, Duration::ZERO);
        let codec = RecordedCodec::Vp8;
        let payload = payload.into();
        RecorderPacket { session, stream, codec, sequence, timestamp, captured, marker, payload }
    }

    fn assembler() -> FrameAssembler {
        FrameAssembler::new(Depacketizer::new(RecordedCodec::Vp8).expect("pictures"))
    }

    /// Timestamps of the frames that come out.
    fn come(assembler: &mut FrameAssembler, packets: &[RecorderPacket]) -> Vec<u32> {
        let mut out = Vec::new();
        for packet in packets {
            assembler.push(packet, &mut |frame| out.push(frame.timestamp));
        }
        out
    }

    #[test]
    fn nothing_goes_out_between_a_loss_and_a_keyframe() {
        let mut it = assembler();
        let key = |timestamp| packet(timestamp, true, &[&[0x10], KEY].concat());
        let other = |timestamp| packet(timestamp, true, &[0x10, 0x11, 0, 0]);
        assert!(come(&mut it, &[other(1)]).is_empty() && it.wants_keyframe());
        assert_eq!(come(&mut it, &[key(2), other(3)]), [2, 3]);
        assert!(!it.wants_keyframe());
        it.lose();
        assert!(come(&mut it, &[packet(4, true, &[0x00, 1])]).is_empty(), "the end of one");
        assert!(come(&mut it, &[other(5)]).is_empty() && it.wants_keyframe());
        assert_eq!(come(&mut it, &[key(6), other(7)]), [6, 7]);
        // A frame without its marker ends where another one begins.
        let begun = packet(8, false, &[0x10, 0x11, 0, 0]);
        assert_eq!(come(&mut it, &[begun, other(9)]), [8, 9]);
        // A frame whose middle is lost.
        come(&mut it, &[packet(10, false, &[0x10, 0x11, 0, 0])]);
        it.lose();
        assert!(come(&mut it, &[packet(10, true, &[0x00, 1]), other(11)]).is_empty());
    }

    #[test]
    fn lost_upper_temporal_layers_cost_no_keyframe() {
        let mut it = assembler();
        // L, T; TL0PICIDX; the layer, with Y.
        let layered = |timestamp, base, layer: u8, sync: bool, frame: &[u8]| {
            let layer = layer << 6 | u8::from(sync) << 5;
            packet(timestamp, true, &[&[0x90, 0x60, base, layer], frame].concat())
        };
        let delta = [0x11, 0, 0];
        assert_eq!(come(&mut it, &[layered(1, 10, 0, false, KEY)]), [1]);
        assert_eq!(come(&mut it, &[layered(2, 10, 1, false, &delta)]), [2]);
        it.lose();
        let after = [
            layered(4, 10, 1, false, &delta),
            layered(5, 11, 0, false, &delta),
            layered(6, 11, 1, false, &delta),
            layered(7, 12, 0, false, &delta),
            layered(8, 12, 1, true, &delta),
            layered(9, 12, 1, false, &delta),
        ];
        assert_eq!(come(&mut it, &after), [5, 7, 8, 9]);
        it.lose();
        assert!(come(&mut it, &[layered(11, 14, 0, false, &delta)]).is_empty(), "13 is missing");
    }
}
