//! What the shards send, before it begins its way.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::shard::egress::Egress;

/// An egress that takes up to eight datagrams at once.
#[derive(Clone, Default)]
pub(super) struct Air(pub(super) Arc<Mutex<Said>>);

/// Datagrams given to an egress.
#[derive(Default)]
pub(super) struct Said {
    /// Each with the time since the round began.
    pub(super) datagrams: Vec<(Duration, Datagram)>,
    /// Time that a datagram takes.
    pub(super) cost: Duration,
    spent: Duration,
}

pub(super) type Datagram = (SocketAddr, Vec<u8>);

impl Air {
    /// Takes what was said in this round.
    pub(super) fn take(&self) -> Vec<(Duration, Datagram)> {
        let mut said = self.0.lock().expect("one thread");
        said.spent = Duration::ZERO;
        std::mem::take(&mut said.datagrams)
    }
}

/// Media by receiver, stream and number (RFC 3550 §5.1).
pub(super) type Sealed = HashMap<(SocketAddr, [u8; 4], [u8; 2]), Vec<u8>>;

impl Egress for Air {
    fn max_segments(&self) -> usize {
        8
    }

    fn send(&mut self, destination: SocketAddr, datagrams: &[u8], segment: usize) {
        assert!(datagrams.len().div_ceil(segment) <= self.max_segments());
        let mut said = self.0.lock().expect("one thread");
        for datagram in datagrams.chunks(segment) {
            let (spent, cost) = (said.spent, said.cost);
            said.datagrams.push((spent, (destination, datagram.to_vec())));
            said.spent = spent + cost;
        }
    }

    fn time(&self, told: Instant) -> Instant {
        told + self.0.lock().expect("one thread").spent
    }
}

/// Panics if a number was sealed with other contents before: see [`crate::srtp`].
pub(super) fn check_sealed(sealed: &mut Sealed, to: SocketAddr, datagram: &[u8]) {
    // RTCP has the types of RFC 5761 §4 there.
    if (192..224).contains(&datagram[1]) {
        return;
    }
    let name = |range: std::ops::Range<usize>| datagram.get(range).expect("a header");
    let ssrc = name(8..12).try_into().expect("four");
    let number = name(2..4).try_into().expect("two");
    let before = sealed.entry((to, ssrc, number)).or_insert_with(|| datagram.to_vec());
    assert_eq!(before, datagram, "the same number, sealed anew");
}
