//! Egress by UDP, with segmentation offload where the kernel has it.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use quinn_udp::{Transmit, UdpSocketState};

use super::clock;
use crate::shard::egress::{Egress, EgressCounters};

/// A UDP socket with segmentation offload (UDP_SEGMENT, Linux 4.18).
pub(crate) struct UdpEgress {
    socket: UdpSocket,
    state: Arc<UdpSocketState>,
    /// The socket is an IPv6 one, on which IPv4 addresses appear mapped (RFC 4291 §2.5.5.2).
    dual_stack: bool,
    counters: Arc<EgressCounters>,
}

impl UdpEgress {
    /// An egress over `socket`, which must not block.
    ///
    /// # Errors
    /// When the socket can't be asked for what it can do.
    pub(crate) fn new(socket: UdpSocket, counters: Arc<EgressCounters>) -> io::Result<Self> {
        let dual_stack = socket.local_addr()?.is_ipv6();
        let state = Arc::new(UdpSocketState::new((&socket).into())?);
        Ok(UdpEgress { socket, state, dual_stack, counters })
    }

    /// What the socket can do, for its reader.
    pub(crate) fn state(&self) -> Arc<UdpSocketState> {
        Arc::clone(&self.state)
    }

    /// Another egress over the same socket, for another thread.
    ///
    /// # Errors
    /// When the process has no more file descriptors.
    pub(crate) fn try_clone(&self) -> io::Result<Self> {
        Ok(UdpEgress {
            socket: self.socket.try_clone()?,
            state: Arc::clone(&self.state),
            dual_stack: self.dual_stack,
            counters: Arc::clone(&self.counters),
        })
    }
}

impl Egress for UdpEgress {
    fn time(&self, _told: Instant) -> Instant {
        clock()
    }

    fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    fn send(&mut self, destination: SocketAddr, datagrams: &[u8], segment: usize) {
        let destination = match destination {
            SocketAddr::V4(v4) if self.dual_stack => {
                SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port())
            }
            other => other,
        };
        let count = datagrams.len().div_ceil(segment.max(1)) as u64;
        // One by itself needs nothing but its address: `sendto` does less than `sendmsg`.
        let alone = |datagram| u64::from(self.socket.send_to(datagram, destination).is_ok());
        let sent = if count == 1 {
            alone(datagrams)
        } else {
            let whole = Transmit {
                destination,
                ecn: None,
                contents: datagrams,
                segment_size: Some(segment),
                src_ip: None,
            };
            match self.state.try_send((&self.socket).into(), &whole) {
                Ok(()) => count,
                // No room; one by one there would be none either.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                // The device refuses to segment: from now on `max_segments` says so.
                Err(_) => datagrams.chunks(segment.max(1)).map(alone).sum(),
            }
        };
        self.counters.datagrams.fetch_add(sent, Ordering::Relaxed);
        self.counters.bytes.fetch_add(datagrams.len() as u64, Ordering::Relaxed);
        self.counters.dropped.fetch_add(count - sent, Ordering::Relaxed);
    }
}
