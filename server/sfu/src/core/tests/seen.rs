//! Packets as a subscriber receives them.

use std::time::{Duration, Instant, SystemTime};

use str0m::format::Codec;
use str0m::rtp::RtpPacket;

use super::payload::Read;
use crate::codec::dependency_descriptor;

/// One packet as a subscriber saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) video: bool,
    pub(super) sequence: u64,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    /// As the publisher wrote it: its own name and the packet's number.
    pub(super) publisher: u8,
    pub(super) number: u64,
    /// Which layer it is of, and the count of its picture; [`super::payload::NOTHING`] if it is
    /// empty.
    pub(super) layer: u8,
    pub(super) picture: u16,
    pub(super) keyframe: bool,
    /// Of AV1, the number of its frame.
    pub(super) frame: Option<u16>,
    pub(super) at: Instant,
    /// When it was captured on the sender's wall clock, by the last sender report.
    pub(super) captured: Option<SystemTime>,
}

impl Seen {
    pub(super) fn of(codec: Codec, packet: &RtpPacket) -> Self {
        let video = codec != Codec::Opus;
        let read = Read::of(codec, &packet.payload);
        let captured = packet.last_sender_info.map(|report| {
            let ticks = packet.time.numer() as u32;
            let ahead = ticks.wrapping_sub(report.rtp_time.numer() as u32) as i32;
            let rate = if video { 90_000.0 } else { 48_000.0 };
            let span = Duration::from_secs_f64(f64::from(ahead.abs()) / rate);
            match ahead < 0 {
                true => report.ntp_time - span,
                false => report.ntp_time + span,
            }
        });
        Seen {
            captured,
            video,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            publisher: read.name,
            number: read.number,
            layer: read.layer,
            picture: read.picture,
            keyframe: read.keyframe,
            frame: dependency_descriptor::of(&packet.header.ext_vals)
                .map(|descriptor| descriptor.frame()),
            at: packet.timestamp,
        }
    }
}
