//! RTCP with subscribers and publishers (RFC 3550 §6, RFC 4585, RFC 3611).

mod feedback;
mod report;
mod transport_feedback;

use std::time::Duration;

pub(crate) use feedback::{Nack, ReceptionReport, ReferenceTime, RtcpMessage, read};
pub(crate) use report::{CompoundPacket, DelaySinceReference, SenderReport};
pub(crate) use transport_feedback::TransportFeedback;

/// RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1, RFC 3611 §2).
mod packet_type {
    pub(super) const SENDER_REPORT: u8 = 200;
    pub(super) const RECEIVER_REPORT: u8 = 201;
    pub(super) const SOURCE_DESCRIPTION: u8 = 202;
    pub(super) const GOODBYE: u8 = 203;
    pub(super) const TRANSPORT_FEEDBACK: u8 = 205;
    pub(super) const PAYLOAD_FEEDBACK: u8 = 206;
    pub(super) const EXTENDED_REPORT: u8 = 207;
}

/// Blocks of extended reports (RFC 3611 §4).
mod block_type {
    pub(super) const REFERENCE_TIME: u8 = 4;
    pub(super) const DELAY_SINCE_REFERENCE: u8 = 5;
}

/// NTP timestamp (RFC 3550 §4) from the time since 1900: seconds in the upper half, their fraction
/// in the lower.
pub(crate) fn ntp(since: Duration) -> u64 {
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    since.as_secs() << 32 | fraction
}

/// The 32 bits at `offset`, in network byte order.
fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|w| u32::from_be_bytes(*w))
}

/// The 16 bits at `offset`, in network byte order.
fn half_word(bytes: &[u8], offset: usize) -> Option<u16> {
    bytes.get(offset..)?.first_chunk().map(|w| u16::from_be_bytes(*w))
}
