//! One track as it comes in: in order, and with a time line.

use std::collections::VecDeque;

use crate::{
    RecordedCodec, RecorderPacket,
    line::{MAX_DOUBTFUL, TimeLine},
    packet::{Micros, micros},
    reorder::{InOrder, Reorder},
};

/// Packets of one stream.
#[derive(Debug)]
pub(crate) struct TrackInput {
    pub(crate) stream: u32,
    pub(crate) codec: RecordedCodec,
    /// Time at which the last packet came.
    pub(crate) heard: Micros,
    pub(crate) line: TimeLine,
    reorder: Reorder,
    /// In order; while it is in doubt when the last of them was captured, all wait.
    ordered: VecDeque<InOrder>,
    in_doubt: bool,
}

impl TrackInput {
    pub(crate) fn new(packet: &RecorderPacket, now: Micros) -> Self {
        TrackInput {
            stream: packet.stream,
            codec: packet.codec,
            heard: now,
            line: TimeLine::new(packet.codec.clock_rate()),
            reorder: Reorder::default(),
            ordered: VecDeque::new(),
            in_doubt: false,
        }
    }

    /// True if a packet is of this stream.
    pub(crate) fn is_of(&self, packet: &RecorderPacket) -> bool {
        self.stream == packet.stream && self.codec == packet.codec
    }

    pub(crate) fn push(&mut self, now: Micros, packet: RecorderPacket) {
        self.heard = now;
        if let Some(packet) = self.reorder.push(now, packet) {
            self.order(InOrder::Packet(packet));
        }
        self.advance(now);
    }

    /// Gives up what isn't waited for any longer.
    pub(crate) fn advance(&mut self, now: Micros) {
        while let Some(next) = self.reorder.next(now) {
            self.order(next);
        }
    }

    /// Gives up all that is missing.
    pub(crate) fn finish(&mut self) {
        self.advance(Micros::MAX);
        self.in_doubt = false;
    }

    fn order(&mut self, next: InOrder) {
        if let InOrder::Packet(packet) = &next
            && !packet.payload.is_empty()
        {
            self.in_doubt = !self.line.observe(packet.timestamp, micros(packet.captured));
        }
        self.ordered.push_back(next);
        if self.ordered.len() > 2 * MAX_DOUBTFUL as usize {
            self.in_doubt = false;
        }
    }

    /// Next packet, if it is certain when.
    pub(crate) fn next(&mut self) -> Option<InOrder> {
        if self.in_doubt { None } else { self.ordered.pop_front() }
    }
}
