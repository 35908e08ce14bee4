//! Replay protection (RFC 3711 §3.3.2).

use crate::rtp::numbers::Ssrc;

/// Sources of one session that are remembered; browsers report under two or three.
const MAX_SOURCES: usize = 8;

/// Replay windows of a session, one a source: a cryptographic context is one source's (RFC 3711
/// §3.2.3).
#[derive(Default)]
pub(crate) struct ReplayWindows {
    /// The one heard longest ago first; it gives way when there are too many.
    sources: Vec<(Ssrc, ReplayWindow)>,
}

impl ReplayWindows {
    /// True if the packet of that index has not come.
    pub(crate) fn is_new(&self, source: Ssrc, number: u32) -> bool {
        let known = self.sources.iter().find(|(known, _)| *known == source);
        known.is_none_or(|(_, replay)| replay.is_new(number.into()))
    }

    /// Notes an authentic packet.
    pub(crate) fn note(&mut self, source: Ssrc, number: u32) {
        let known = self.sources.iter().position(|(known, _)| *known == source);
        let mut replay = known.map(|at| self.sources.remove(at).1).unwrap_or_default();
        replay.note(number.into());
        if self.sources.len() >= MAX_SOURCES {
            self.sources.remove(0);
        }
        self.sources.push((source, replay));
    }
}

/// The last 64 indices of one source.
#[derive(Default)]
pub(crate) struct ReplayWindow {
    highest: u64,
    /// Bit n: `highest - n` came.
    seen: u64,
}

impl ReplayWindow {
    /// The highest index that came; 0 before any did.
    pub(crate) fn highest(&self) -> u64 {
        self.highest
    }

    /// True if the packet of that index has not come.
    pub(crate) fn is_new(&self, number: u64) -> bool {
        match self.highest.checked_sub(number) {
            None => true,
            Some(_) if self.seen == 0 => true,
            Some(behind) => behind < 64 && self.seen & (1 << behind) == 0,
        }
    }

    /// Notes an authentic packet.
    pub(crate) fn note(&mut self, number: u64) {
        if number > self.highest || self.seen == 0 {
            let ahead = number.saturating_sub(self.highest);
            self.seen = if ahead < 64 && self.seen != 0 { self.seen << ahead } else { 0 } | 1;
            self.highest = number;
        } else {
            self.seen |= 1 << (self.highest - number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replay_window_takes_late_packets_once() {
        let mut replays = ReplayWindows::default();
        for number in [5, 100, 99, 37] {
            assert!(replays.is_new(Ssrc(1), number));
            replays.note(Ssrc(1), number);
            assert!(!replays.is_new(Ssrc(1), number));
        }
        assert!(
            !replays.is_new(Ssrc(1), 5)
                && !replays.is_new(Ssrc(1), 36)
                && replays.is_new(Ssrc(1), 38)
        );
    }

    #[test]
    fn replay_windows_are_bounded_and_latest_source_stays() {
        let mut replays = ReplayWindows::default();
        for source in 0..100 {
            replays.note(Ssrc(source), 7);
            replays.note(Ssrc(1_000), source + 1);
            assert!(!replays.is_new(Ssrc(source), 7) && !replays.is_new(Ssrc(1_000), source + 1));
            assert!(replays.sources.len() <= MAX_SOURCES);
        }
    }
}
