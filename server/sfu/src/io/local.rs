//! Publishers within the program, on the media thread.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::audio::{LocalWake, OpusPacket};
use crate::core::Core;
use crate::ids::SessionId;

/// Packets of one publisher that are taken before media gets its turn again.
const PACKET_BATCH: usize = 8;

/// Packets of publishers within the program.
pub(super) struct LocalFeeds {
    wake: Arc<LocalWake>,
    feeds: Vec<LocalFeed>,
}

struct LocalFeed {
    session: SessionId,
    packets: mpsc::Receiver<OpusPacket>,
}

impl LocalFeeds {
    pub(super) fn new(wake: Arc<LocalWake>) -> Self {
        LocalFeeds { wake, feeds: Vec::new() }
    }

    /// Adds a publisher.
    pub(super) fn add(&mut self, session: SessionId, packets: mpsc::Receiver<OpusPacket>) {
        self.feeds.push(LocalFeed { session, packets });
    }

    /// Waits until there is something to do.
    pub(super) async fn notified(&self) {
        self.wake.notified().await;
    }

    /// Hands over what waits, at most a batch of each publisher. Those that are dropped end.
    pub(super) fn receive(&mut self, now: Instant, core: &mut Core) {
        if self.wake.take_tap_dropped() {
            core.remove_closed_taps(now);
        }
        let mut more = false;
        self.feeds.retain_mut(|feed| {
            for _ in 0..PACKET_BATCH {
                match feed.packets.try_recv() {
                    Ok(packet) if core.audio_received(now, feed.session, &packet) => {}
                    Ok(_) => return false,
                    Err(TryRecvError::Empty) => return true,
                    Err(TryRecvError::Disconnected) => {
                        core.close(now, feed.session);
                        return false;
                    }
                }
            }
            more = true;
            true
        });
        if more {
            self.wake.wake();
        }
    }
}
