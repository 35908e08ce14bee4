//! Packets on their way into a publisher's receiving side.

use std::sync::Arc;
use std::time::Instant;

use str0m::format::PayloadParams;
use str0m::rtp::RtpPacket;

use crate::audio::OpusPacket;
use crate::rtp::numbers::{ExtSeq, Ssrc};

/// Media packet of a publisher.
#[allow(clippy::large_enum_variant, reason = "handed over once, and never kept")]
pub(crate) enum IncomingPacket<'d> {
    /// Opened by str0m.
    Decrypted(RtpPacket),
    /// Perhaps too late for str0m: see [`super::Ingest::late_packet`].
    Late(&'d [u8]),
    /// Of a publisher within the program: see [`super::LocalSource`].
    Local(&'d OpusPacket),
}

/// Media packet, opened.
pub(super) struct ReceivedPacket {
    pub(super) source: Ssrc,
    pub(super) sequence: ExtSeq,
    pub(super) timestamp: u32,
    pub(super) marker: bool,
    pub(super) payload: Arc<[u8]>,
    pub(super) codec: PayloadParams,
    pub(super) arrival: Instant,
    pub(super) captured: Option<Instant>,
}
