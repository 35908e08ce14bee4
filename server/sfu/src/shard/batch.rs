//! Batches of datagrams to one subscriber, for segmentation offload.

use std::net::SocketAddr;

use crate::shard::egress::Egress;

/// Bytes of one call to the operating system: an IP packet's worth, before segmentation.
const MAX_RUN_BYTES: usize = 65_000;

/// Sealed datagrams behind one another, in runs that one call can send. Keeps its memory.
#[derive(Default)]
pub(crate) struct Batch {
    buffer: Vec<u8>,
    filled: usize,
    runs: Vec<Run>,
    /// Buffer for payloads that are not sent as they came.
    pub(crate) scratch: Vec<u8>,
    /// Media packets since the last count, retransmissions not included.
    pub(crate) media: u64,
}

struct Run {
    start: usize,
    end: usize,
    /// Length of each datagram; only the last may be shorter.
    segment: usize,
    count: usize,
    /// Ends with a shorter one.
    closed: bool,
}

impl Batch {
    /// Room for one more datagram of exactly `length` bytes, at the end.
    pub(crate) fn room(&mut self, length: usize, max_segments: usize) -> &mut [u8] {
        let start = self.filled;
        let end = start + length;
        self.filled = end;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let fits = |run: &&mut Run| {
            !run.closed
                && length <= run.segment
                && run.count < max_segments
                && end - run.start <= MAX_RUN_BYTES
        };
        match self.runs.last_mut().filter(fits) {
            Some(run) => {
                run.end = end;
                run.count += 1;
                run.closed = length < run.segment;
            }
            None => self.runs.push(Run { start, end, segment: length, count: 1, closed: false }),
        }
        self.buffer.get_mut(start..end).unwrap_or_default()
    }

    /// Sends everything, and is empty.
    pub(crate) fn send(&mut self, destination: SocketAddr, egress: &mut dyn Egress) {
        for run in self.runs.drain(..) {
            if let Some(datagrams) = self.buffer.get(run.start..run.end) {
                egress.send(destination, datagrams, run.segment);
            }
        }
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Calls(usize, Vec<(usize, usize)>);

    impl Egress for Calls {
        fn max_segments(&self) -> usize {
            self.0
        }

        fn send(&mut self, _: SocketAddr, datagrams: &[u8], segment: usize) {
            self.1.push((datagrams.len(), segment));
        }
    }

    #[test]
    fn batch_run_holds_equal_datagrams_and_shorter_last() {
        let nowhere = SocketAddr::from(([192, 0, 2, 1], 9));
        let sent = |max: usize, lengths: &[usize]| {
            let (mut batch, mut egress) = (Batch::default(), Calls(max, Vec::new()));
            for length in lengths {
                assert_eq!(batch.room(*length, max).len(), *length);
            }
            batch.send(nowhere, &mut egress);
            assert!(batch.runs.is_empty() && batch.filled == 0);
            egress.1
        };
        assert_eq!(sent(64, &[100, 100, 40, 100, 100]), [(240, 100), (200, 100)]);
        assert_eq!(sent(64, &[40, 100, 100]), [(40, 40), (200, 100)]);
        assert_eq!(sent(2, &[10, 10, 10]), [(20, 10), (10, 10)]);
        assert_eq!(sent(1, &[10, 10]), [(10, 10), (10, 10)]);
        assert_eq!(sent(64, &[1_200; 60]), [(1_200 * 54, 1_200), (1_200 * 6, 1_200)]);
        assert_eq!(sent(64, &[]), []);
    }
}
