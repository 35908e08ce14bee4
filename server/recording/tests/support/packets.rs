//! RTP packets of frames, as browsers make them.

use std::{sync::Arc, time::Duration};

use bandstand_recording::{RecordedCodec, RecorderPacket};

use super::{Arrival, encode::Frame, ms};

/// Bytes of a payload, at most.
const MTU: usize = 1_100;

/// Source of one track.
#[derive(Clone, Copy)]
pub struct Track {
    pub session: u64,
    pub stream: u32,
    pub codec: RecordedCodec,
    /// Time of capture of the first frame.
    pub begins: Duration,
    /// Time from capture to arrival.
    pub delay: Duration,
    /// Number and timestamp of the first packet.
    pub sequence: u64,
    pub timestamp: u32,
}

impl Track {
    pub fn new(codec: RecordedCodec) -> Self {
        let (session, stream) = (1, 1);
        let (begins, delay) = (ms(100), ms(40));
        // Both wrap soon.
        let timestamp = 0_u32.wrapping_sub(90_000);
        Track { session, stream, codec, begins, delay, sequence: 65_500, timestamp }
    }

    /// Packets of frames at 30 a second.
    pub fn picture(&self, frames: &[Frame]) -> Vec<Arrival> {
        self.spaced(frames, 30)
    }

    /// Packets of frames at so many a second.
    pub fn spaced(&self, frames: &[Frame], rate: u32) -> Vec<Arrival> {
        let mut sequence = self.sequence;
        let mut out = Vec::new();
        for (n, frame) in (0..).zip(frames) {
            let payloads = payloads(self.codec, frame, n);
            let last = payloads.len() - 1;
            let captured = self.begins + Duration::from_secs(1) * n / rate;
            for (part, payload) in payloads.into_iter().enumerate() {
                let timestamp = self.timestamp.wrapping_add(n * (90_000 / rate));
                out.push(self.arrival(sequence, timestamp, captured, part == last, payload));
                sequence += 1;
            }
        }
        out
    }

    /// Packets of Opus of 20 ms.
    pub fn sound(&self, packets: &[Arc<[u8]>]) -> Vec<Arrival> {
        let packets = (0..).zip(packets).map(|(n, payload): (u32, _)| {
            let timestamp = self.timestamp.wrapping_add(n * 960);
            let captured = self.begins + ms(20) * n;
            let sequence = self.sequence + u64::from(n);
            self.arrival(sequence, timestamp, captured, n == 0, payload.to_vec())
        });
        packets.collect()
    }

    /// Frames of MP3 or AAC of 44.1 kHz.
    pub fn frames(&self, frames: &[Arc<[u8]>]) -> Vec<Arrival> {
        let samples = if self.codec == RecordedCodec::Mp3 { 1_152 } else { 1_024 };
        let packets = (0..).zip(frames).map(|(n, payload): (u64, _)| {
            let captured = self.begins + Duration::from_micros(n * samples * 1_000_000 / 44_100);
            let ticks = n * samples * 90_000 / 44_100;
            let timestamp = self.timestamp.wrapping_add(ticks as u32);
            self.arrival(self.sequence + n, timestamp, captured, false, payload.to_vec())
        });
        packets.collect()
    }

    fn arrival(
        &self,
        sequence: u64,
        timestamp: u32,
        captured: Duration,
        marker: bool,
        payload: Vec<u8>,
    ) -> Arrival {
        let Track { session, stream, codec, .. } = *self;
        let payload = payload.into();
        let packet = RecorderPacket {
            session,
            stream,
            codec,
            sequence,
            timestamp,
            captured,
            marker,
            payload,
        };
        (captured + self.delay, packet)
    }
}

/// Packets of several tracks in the order in which they come.
pub fn merged(tracks: &[Vec<Arrival>]) -> Vec<Arrival> {
    let mut all = tracks.concat();
    all.sort_by_key(|it| it.0);
    all
}

fn payloads(codec: RecordedCodec, frame: &Frame, number: u32) -> Vec<Vec<u8>> {
    let id = [0x80 | (number >> 8 & 0x7f) as u8, number as u8];
    match codec {
        RecordedCodec::Vp8 => {
            let parts = frame.data.chunks(MTU).enumerate();
            let descriptor = |first| [if first { 0x90 } else { 0x80 }, 0x80, id[0], id[1]];
            parts.map(|(n, part)| [&descriptor(n == 0)[..], part].concat()).collect()
        }
        RecordedCodec::Vp9 => {
            let count = frame.data.chunks(MTU).count();
            let parts = frame.data.chunks(MTU).enumerate();
            let flags = |n: usize| {
                0x80 | if frame.is_key { 0 } else { 0x40 }
                    | if n == 0 { 0x08 } else { 0 }
                    | if n + 1 == count { 0x04 } else { 0 }
            };
            parts.map(|(n, part)| [&[flags(n), id[0], id[1]][..], part].concat()).collect()
        }
        RecordedCodec::H264 => h264(&frame.data),
        RecordedCodec::Av1 => av1(frame),
        _ => vec![frame.data.clone()],
    }
}

/// Units of an access unit: those before the first slice together, and long ones in fragments.
fn h264(unit: &[u8]) -> Vec<Vec<u8>> {
    let mut aggregate = vec![0x78];
    let mut out = Vec::new();
    for unit in annex_b(unit) {
        match unit[0] & 0x1f {
            7..=9 => {
                aggregate.extend((unit.len() as u16).to_be_bytes());
                aggregate.extend(unit);
            }
            _ if unit.len() <= MTU => out.push(unit.to_vec()),
            kind => {
                let parts = unit[1..].chunks(MTU);
                let last = parts.len() - 1;
                for (n, part) in parts.enumerate() {
                    let start = if n == 0 { 0x80 } else { 0 };
                    let end = if n == last { 0x40 } else { 0 };
                    out.push([&[unit[0] & 0xe0 | 28, start | end | kind][..], part].concat());
                }
            }
        }
    }
    out.insert(0, aggregate);
    out
}

fn annex_b(bytes: &[u8]) -> Vec<&[u8]> {
    let starts = (0..bytes.len() - 3).filter(|at| bytes[*at..*at + 3] == [0, 0, 1]);
    let starts: Vec<usize> = starts.map(|at| at + 3).collect();
    let ends = starts[1..].iter().map(|at| at - 3).chain([bytes.len()]);
    let units = starts.iter().zip(ends).map(|(start, end)| {
        let unit = &bytes[*start..end];
        // The first byte of a start code of four, or padding.
        let zeroes = unit.iter().rev().take_while(|byte| **byte == 0).count();
        &unit[..unit.len() - zeroes]
    });
    units.collect()
}

/// OBUs of a temporal unit without their sizes, each in packets of its own.
fn av1(frame: &Frame) -> Vec<Vec<u8>> {
    let mut rest = &frame.data[..];
    let mut out = Vec::new();
    while let Some(header) = rest.first().copied() {
        assert_eq!(header & 6, 2, "a size, and no extension");
        let (mut size, mut length) = (0, 1);
        for shift in (0..).step_by(7) {
            size |= usize::from(rest[length] & 0x7f) << shift;
            length += 1;
            if rest[length - 1] & 0x80 == 0 {
                break;
            }
        }
        let payload = &rest[length..length + size];
        rest = &rest[length + size..];
        // Temporal delimiters aren't sent.
        if header >> 3 & 15 == 2 {
            continue;
        }
        let obu = [&[header & !2][..], payload].concat();
        let parts = obu.chunks(MTU);
        let last = parts.len() - 1;
        for (n, part) in parts.enumerate() {
            let flags = if n > 0 { 0x80 } else { 0 } | if n < last { 0x40 } else { 0 };
            let sequence = if out.is_empty() && frame.is_key { 0x08 } else { 0 };
            out.push([&[flags | 0x10 | sequence][..], part].concat());
        }
    }
    out
}
