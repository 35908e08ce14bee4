//! Ingress by UDP: many datagrams a call, coalesced ones taken apart, each with the time at which
//! the kernel received it.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};

/// Buffers of one call, and the size of each: the kernel coalesces datagrams of one sender to as much
/// as that (UDP_GRO).
const BUFFERS: usize = 16;
const BUFFER_BYTES: usize = 64 * 1024;

/// Longest datagram; a longer one is cut off, and refused for that. Nothing of WebRTC is longer
/// than what an Ethernet carries, and what one datagram can cause is bounded by its length.
const MAX_DATAGRAM_BYTES: usize = 2_048;

/// Longest time for which a datagram is believed to have waited: the wall clock may have been set.
const MAX_WAITED: Duration = Duration::from_secs(1);

/// Reader of a UDP socket.
pub(super) struct UdpIngress {
    state: Arc<UdpSocketState>,
    buffer: Vec<u8>,
    metas: [RecvMeta; BUFFERS],
    /// The latest time that was told: time doesn't run backwards.
    told: Instant,
}

impl UdpIngress {
    /// A reader of a socket with that state.
    pub(super) fn new(state: Arc<UdpSocketState>, now: Instant) -> Self {
        let buffer = vec![0; BUFFERS * BUFFER_BYTES];
        UdpIngress { state, buffer, metas: [RecvMeta::default(); BUFFERS], told: now }
    }

    /// Notes that the time was told otherwise.
    pub(super) fn told(&mut self, now: Instant) {
        self.told = self.told.max(now);
    }

    /// Reads what waits, up to the bounds of one call, and calls `each` with every datagram: its
    /// arrival, its sender, and what it holds. Returns their number.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when nothing waits; others are ICMP answers to what was sent.
    pub(super) fn receive(
        &mut self,
        socket: UdpSockRef<'_>,
        mut each: impl FnMut(Instant, SocketAddr, &[u8]),
    ) -> io::Result<usize> {
        let mut chunks = self.buffer.chunks_exact_mut(BUFFER_BYTES);
        let mut slices: [IoSliceMut<'_>; BUFFERS] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let received = self.state.recv(socket, &mut slices, &mut self.metas)?;
        let (now, wall) = clocks();
        let mut count = 0;
        let read = self.buffer.chunks_exact(BUFFER_BYTES).zip(&self.metas).take(received);
        for (buffer, meta) in read {
            // Since when it has waited, by the kernel's clock.
            let at = meta.timestamp.and_then(|at| wall.checked_sub(at));
            let waited = at.filter(|waited| *waited < MAX_WAITED).unwrap_or_default();
            let arrival = now.checked_sub(waited).unwrap_or(now).max(self.told);
            self.told = arrival;
            let source = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let filled = buffer.get(..meta.len).unwrap_or_default();
            for datagram in filled.chunks(meta.stride.max(1)) {
                let datagram = datagram.get(..MAX_DATAGRAM_BYTES).unwrap_or(datagram);
                each(arrival, source, datagram);
                count += 1;
            }
            // An empty one took its time, too.
            count += usize::from(filled.is_empty());
        }
        Ok(count)
    }
}

/// The present, by both clocks: the kernel's times are those of the wall clock, since 1970.
#[allow(clippy::disallowed_methods, reason = "the driver tells the core the time")]
fn clocks() -> (Instant, Duration) {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    (Instant::now(), wall.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use quinn_udp::Transmit;

    use super::*;

    /// A reader of a socket, and a sender to it.
    fn pair() -> (UdpSocket, UdpIngress, UdpSocket) {
        let [here, there] = [0; 2].map(|_| UdpSocket::bind("127.0.0.1:0").expect("a socket"));
        there.connect(here.local_addr().expect("an address")).expect("a way");
        let state = Arc::new(UdpSocketState::new((&here).into()).expect("a state"));
        (here, UdpIngress::new(state, clocks().0), there)
    }

    /// Reads until that many have come: when, and what.
    fn read(here: &UdpSocket, ingress: &mut UdpIngress, count: usize) -> Vec<(Instant, Vec<u8>)> {
        let mut came = Vec::new();
        while came.len() < count {
            let each = |at, _, datagram: &[u8]| came.push((at, datagram.to_vec()));
            let _ = ingress.receive(here.into(), each);
        }
        came
    }

    #[test]
    fn coalesced_datagrams_are_taken_apart() {
        let (here, mut ingress, there) = pair();
        let sending = UdpSocketState::new((&there).into()).expect("a state");
        let destination = here.local_addr().expect("an address");
        let mut contents: Vec<u8> = (0..4_400).map(|at| (at / 1_100) as u8).collect();
        contents.truncate(4_000);
        if sending.max_gso_segments() >= 4 {
            let segment_size = Some(1_100);
            let burst = Transmit {
                destination,
                ecn: None,
                contents: &contents,
                segment_size,
                src_ip: None,
            };
            sending.try_send((&there).into(), &burst).expect("sent");
        } else {
            contents.chunks(1_100).for_each(|it| assert!(there.send(it).is_ok()));
        }
        let came = read(&here, &mut ingress, 4);
        let lengths: Vec<usize> = came.iter().map(|(_, it)| it.len()).collect();
        assert_eq!(lengths, [1_100, 1_100, 1_100, 700]);
        assert!(came.iter().zip(0..).all(|((_, it), at)| it.iter().all(|byte| *byte == at)));
    }

    #[test]
    fn arrival_is_when_the_kernel_received_and_never_goes_back() {
        let (here, mut ingress, there) = pair();
        let begun = clocks().0;
        for number in 0..4_u8 {
            there.send(&[number; 100]).expect("sent");
            let sent = clocks().0;
            while clocks().0 - sent < Duration::from_millis(5) {}
        }
        let ended = clocks().0;
        let came = read(&here, &mut ingress, 4);
        assert!(came.iter().all(|(at, _)| *at >= begun));
        assert!(came.windows(2).all(|two| two[0].0 <= two[1].0));
        let mut stamps = ingress.metas.iter().filter_map(|meta| meta.timestamp);
        if stamps.next().is_some() {
            // Whoever reads them late reads the time at which they came.
            let first = came[0].0;
            assert!(first < ended - Duration::from_millis(12), "{:?}", ended - first);
        }
        // What was told meanwhile isn't taken back.
        there.send(&[9]).expect("sent");
        let told = clocks().0 + Duration::from_secs(1);
        ingress.told(told);
        assert_eq!(read(&here, &mut ingress, 1)[0].0, told);
    }
}
