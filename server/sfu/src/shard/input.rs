//! The interface of shards: inputs and events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::subscriber::SubscriberSetup;
use crate::ids::{PeerKey, SessionId, StageKey};
use crate::rtp::packet::{ForwardedPacket, TrackId};
use crate::stats::SubscriberStats;

/// An input of a shard, in the order in which it happened. `Burst` and `Datagram` are borrowed on the
/// media thread, and shared or owned on the way to another one.
pub(crate) enum ShardInput<Burst, Datagram> {
    /// A subscriber whose handshake is done: from now on it gets what it is owed.
    Admit(PeerKey, Box<SubscriberSetup>),
    /// A subscriber that is gone; it is sent BYE (RFC 3550 §6.6).
    Remove(PeerKey),
    /// Another address of a subscriber, which ICE has chosen.
    SetRemote(PeerKey, SocketAddr),
    /// The largest height in pixels that a subscriber has use for.
    SetMaxHeight(PeerKey, Option<u16>),
    /// Packets of a stage's publisher, in the order in which they came. Those of a stage without
    /// subscribers here are kept for the first one that comes.
    Forward(StageKey, Burst),
    /// The publisher of a stage is gone or another one: what is kept of it is dropped.
    Reset(StageKey),
    /// A stage that is over.
    Forget(StageKey),
    /// SRTCP from a subscriber.
    Rtcp(PeerKey, Datagram),
}

/// An input on the media thread.
pub(crate) type BorrowedInput<'a> = ShardInput<&'a [ForwardedPacket], &'a [u8]>;

/// An input on its way to another thread.
pub(crate) type QueuedInput = ShardInput<Arc<[ForwardedPacket]>, Box<[u8]>>;

/// An event of a shard, for the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShardEvent {
    /// A subscriber of the stage needs a keyframe that is not in the cache.
    KeyframeNeeded { stage: StageKey, track: TrackId, layer: u8, urgency: KeyframeUrgency },
    /// A subscriber that can't be served any more. By the time this is read, the key may be another
    /// session's.
    Failed(PeerKey, SessionId),
}

/// Class of a keyframe request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyframeUrgency {
    /// A better picture, or a smaller one for a smaller window: the present one goes on meanwhile.
    Comfort,
    /// A subscriber has no picture, or soon won't.
    NoPicture,
}

/// All shards together, wherever they run.
pub(crate) trait Shards: Send {
    /// Takes an input.
    fn handle(&mut self, now: Instant, input: BorrowedInput<'_>);
    /// Does what is due; nothing where shards have clocks of their own.
    fn handle_timeout(&mut self, now: Instant);
    /// When [`Shards::handle_timeout`] next has something to do.
    fn deadline(&self) -> Option<Instant>;
    /// Moves the events so far to `events`.
    fn take_events(&mut self, events: &mut Vec<ShardEvent>);
    /// True while the shards have no time left for more subscribers.
    fn is_full(&self) -> bool;
    /// Statistics of a subscriber, at most about a second old.
    fn stats(&self, key: PeerKey) -> Option<SubscriberStats>;
}
