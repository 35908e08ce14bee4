//! Figures, for metrics and for recovering what lost events would have told.

use std::time::Duration;

use crate::codec::encoder::Advice;
use crate::event::Role;
use crate::ids::{SessionId, StageId};

/// A snapshot of everything.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Since the start, over all sessions.
    pub totals: Totals,
    /// Each session there is now.
    pub sessions: Vec<SessionStatistics>,
}

/// Figures since the start. All of them only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// UDP datagrams received, of whatever kind.
    pub datagrams_in: u64,
    /// Bytes in them, without UDP and IP headers.
    pub bytes_in: u64,
    /// UDP datagrams handed to the operating system.
    pub datagrams_out: u64,
    /// Bytes in them, without UDP and IP headers.
    pub bytes_out: u64,
    /// Datagrams from addresses no session has validated, and STUN for no session.
    pub unknown_datagrams: u64,
    /// STUN that named a session but was not a well-made binding request (RFC 8445 §7.3) with its
    /// password.
    pub rejected_stun: u64,
    /// Datagrams that are neither STUN, DTLS, RTP nor RTCP (RFC 7983).
    pub unclassified_datagrams: u64,
    /// Datagrams a session's protocol machinery refused.
    pub refused_datagrams: u64,
    /// Datagrams dropped because a publisher sent more than it may.
    pub excess_datagrams: u64,
    /// Datagrams dropped because the operating system took no more.
    pub dropped_datagrams: u64,
    /// Events dropped because nobody read them.
    pub dropped_events: u64,
    /// Media packets received from publishers, repairs included.
    pub media_packets_in: u64,
    /// Media packets forwarded to subscribers, retransmissions not included.
    pub media_packets_out: u64,
    /// Keyframe requests (PLI) sent to publishers.
    pub keyframe_requests: u64,
    /// Sessions accepted.
    pub sessions_started: u64,
    /// Sessions ended.
    pub sessions_ended: u64,
    /// How many of them because their DTLS handshake failed.
    pub handshakes_failed: u64,
    /// Connections taken for media by TCP (RFC 6544).
    pub tcp_opened: u64,
    /// How many of them are over.
    pub tcp_closed: u64,
    /// Connections refused, because their address has too many.
    pub tcp_refused: u64,
}

/// One session's figures.
#[derive(Clone, Debug)]
pub struct SessionStatistics {
    /// Whose.
    pub session: SessionId,
    /// Where.
    pub stage: StageId,
    /// Which way.
    pub role: Role,
    /// Since the offer was accepted.
    pub age: Duration,
    /// Whether ICE and DTLS stand.
    pub connected: bool,
    /// Whether any media has flowed.
    pub media: bool,
    /// Nothing has come for a while from this publisher.
    pub silent: bool,
    /// This publisher is to take over its stage from another one, and nobody gets its media.
    pub waiting: bool,
    /// Media packets received from the peer.
    pub packets_in: u64,
    /// Payload bytes in them.
    pub bytes_in: u64,
    /// Media packets forwarded to the peer, retransmissions not included.
    pub packets_out: u64,
    /// Payload bytes in them.
    pub bytes_out: u64,
    /// Packets for which the peer has no codec, not sent.
    pub packets_without_codec: u64,
    /// Packets sent to the peer again.
    pub repairs_out: u64,
    /// For a subscriber, packets it reports as lost on their first way (RFC 3550 §6.4.1); for a
    /// publisher, packets that have not come, repairs considered.
    pub lost: u64,
    /// NACK messages received.
    pub nacks_in: u64,
    /// NACK messages sent.
    pub nacks_out: u64,
    /// Keyframe requests (PLI, FIR) received.
    pub keyframe_requests_in: u64,
    /// Keyframe requests (PLI) sent.
    pub keyframe_requests_out: u64,
    /// Round trip, as RTCP reports give it.
    pub round_trip: Option<Duration>,
    /// Variation of the packets' travelling time, as a subscriber reports it for its video
    /// (RFC 3550 §6.4.1).
    pub jitter: Option<Duration>,
    /// What a subscriber's network carries, in bits per second, where its browser tells.
    pub bandwidth: Option<u64>,
    /// Height in pixels of the pictures it gets, where it is known.
    pub height: Option<u16>,
    /// How often it was given another simulcast layer.
    pub layer_changes: u32,
    /// What a publisher's artist should mend.
    pub advice: Vec<Advice>,
    /// Datagrams of a publisher that were dropped because it sent more than it may.
    pub excess_in: u64,
    /// What a publisher sends of its first video track: one layer without simulcast.
    pub layers: Vec<LayerStatistics>,
}

/// One simulcast layer (RFC 8853) of a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerStatistics {
    /// Height in pixels of its pictures, where it is known.
    pub height: Option<u16>,
    /// Payload bytes received.
    pub bytes: u64,
}
