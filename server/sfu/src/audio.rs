//! Publisher of sound within the program, which needs no connection: it brings packets of Opus, and knows
//! nothing of RTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, mpsc};

use crate::ids::SessionId;

/// Longest packet of Opus of one frame (RFC 6716 §3.2.1): a byte that tells its kind, and a frame.
pub const MAX_OPUS_BYTES: usize = 1_276;

/// Packets of one publisher that wait for the media thread: more than a second of sound. What
/// comes when there are more is refused.
pub(crate) const MAX_WAITING_PACKETS: usize = 64;

/// Packet of Opus (RFC 6716) of a publisher within the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpusPacket {
    /// Time of its first sample in ticks of 48 kHz (RFC 7587 §4.1), modulo 2^32, from any origin.
    pub timestamp: u32,
    /// The packet: from 1 to [`MAX_OPUS_BYTES`] bytes. It is not copied.
    pub payload: Arc<[u8]>,
}

/// Refusal of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioSendError {
    /// It is empty, or longer than [`MAX_OPUS_BYTES`].
    #[error("no packet of Opus has that length")]
    Length,
    /// Packets wait for the media thread: it is busy, or they come ahead of their time.
    #[error("too many packets wait")]
    Full,
    /// The session is over.
    #[error("the session is over")]
    Ended,
}

/// Wakes the media thread for the sake of publishers and taps within the program.
#[derive(Debug, Default)]
pub(crate) struct LocalWake {
    notify: Notify,
    tap_dropped: AtomicBool,
}

impl LocalWake {
    /// Waits until there is something to do.
    pub(crate) async fn notified(&self) {
        self.notify.notified().await;
    }

    /// Sees to it that the media thread looks again.
    pub(crate) fn wake(&self) {
        self.notify.notify_one();
    }

    /// Notes that a tap was dropped.
    pub(crate) fn tap_dropped(&self) {
        self.tap_dropped.store(true, Ordering::Relaxed);
        self.wake();
    }

    /// True once after a tap was dropped.
    pub(crate) fn take_tap_dropped(&self) -> bool {
        self.tap_dropped.swap(false, Ordering::Relaxed)
    }
}

/// Publisher of sound within the program: see [`Sfu::publish_audio`](crate::Sfu::publish_audio).
/// Dropping it ends its session.
#[derive(Debug)]
pub struct AudioPublisher {
    pub(crate) session: SessionId,
    pub(crate) standby: bool,
    pub(crate) packets: Option<mpsc::Sender<OpusPacket>>,
    pub(crate) wake: Arc<LocalWake>,
}

impl AudioPublisher {
    /// Its session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// True if it began beside another publisher on stage, and waits to take over.
    pub fn began_on_standby(&self) -> bool {
        self.standby
    }

    /// Sends a packet, at the time at which it is to be heard: what is sent is forwarded at once. It
    /// never waits.
    ///
    /// # Errors
    /// [`AudioSendError`]; after [`AudioSendError::Full`] the next packet may find room again.
    pub fn send(&self, packet: OpusPacket) -> Result<(), AudioSendError> {
        if !(1..=MAX_OPUS_BYTES).contains(&packet.payload.len()) {
            return Err(AudioSendError::Length);
        }
        let packets = self.packets.as_ref().ok_or(AudioSendError::Ended)?;
        packets.try_send(packet).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => AudioSendError::Full,
            mpsc::error::TrySendError::Closed(_) => AudioSendError::Ended,
        })?;
        self.wake.wake();
        Ok(())
    }
}

impl Drop for AudioPublisher {
    fn drop(&mut self) {
        // First the end, then word of it.
        self.packets = None;
        self.wake.wake();
    }
}
