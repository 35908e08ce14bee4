//! Numbers of RTP streams and packets, as types.

use std::fmt;
use std::ops::{Add, Sub};

/// Synchronization source (RFC 3550 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ssrc(pub(crate) u32);

impl Ssrc {
    pub(crate) fn to_be_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Extended sequence number (RFC 3550 §A.1): the 16 bits that a packet carries behind the number of
/// their roll-overs. In SRTP it is the packet index (RFC 3711 §3.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ExtSeq(pub(crate) u64);

impl ExtSeq {
    /// The sequence number that the packet carries.
    pub(crate) fn number(self) -> u16 {
        self.0 as u16
    }

    /// The roll-over counter.
    pub(crate) fn roll_overs(self) -> u32 {
        (self.0 >> 16) as u32
    }

    /// Distance of two packets, in either direction.
    pub(crate) fn distance(self, other: ExtSeq) -> u64 {
        self.0.abs_diff(other.0)
    }

    /// Packets from `earlier` to this one; [`None`] if that one is the later.
    pub(crate) fn since(self, earlier: ExtSeq) -> Option<u64> {
        self.0.checked_sub(earlier.0)
    }

    pub(crate) fn checked_sub(self, packets: u64) -> Option<ExtSeq> {
        self.0.checked_sub(packets).map(ExtSeq)
    }

    pub(crate) fn saturating_sub(self, packets: u64) -> ExtSeq {
        ExtSeq(self.0.saturating_sub(packets))
    }

    /// The numbers from this one up to, and without, `end`.
    pub(crate) fn until(self, end: ExtSeq) -> impl DoubleEndedIterator<Item = ExtSeq> {
        (self.0..end.0).map(ExtSeq)
    }
}

impl Add<u64> for ExtSeq {
    type Output = ExtSeq;

    fn add(self, packets: u64) -> ExtSeq {
        ExtSeq(self.0 + packets)
    }
}

impl Sub<ExtSeq> for ExtSeq {
    type Output = u64;

    fn sub(self, earlier: ExtSeq) -> u64 {
        self.0 - earlier.0
    }
}
