//! Egress: the way out for sealed datagrams.

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// Sends sealed datagrams.
pub(crate) trait Egress: Send {
    /// The most datagrams that one call may hold.
    fn max_segments(&self) -> usize;

    /// Sends `datagrams`: each `segment` bytes long, the last one perhaps shorter. What the operating
    /// system has no room for is dropped: media is of no use later, and receivers ask for what they miss.
    fn send(&mut self, destination: SocketAddr, datagrams: &[u8], segment: usize);

    /// The time at which what is sent next leaves, `told` being that at which the round began: the
    /// last of thousands of subscribers would seem to have a queue on its way otherwise.
    fn time(&self, told: Instant) -> Instant {
        told
    }
}

/// Counters of what left by all [`Egress`]es of one core.
#[derive(Debug, Default)]
pub(crate) struct EgressCounters {
    pub(crate) datagrams: AtomicU64,
    pub(crate) bytes: AtomicU64,
    /// Media packets among them, retransmissions not included.
    pub(crate) media: AtomicU64,
    /// Datagrams that the operating system had no room for.
    pub(crate) dropped: AtomicU64,
}
