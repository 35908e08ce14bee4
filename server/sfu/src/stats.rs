//! Statistics, for metrics, and for a reader that has missed events.

use std::time::Duration;

use crate::codec::encoder::Advice;
use crate::event::SessionRole;
use crate::ids::{SessionId, StageId};

/// A snapshot of the whole media core.
#[derive(Clone, Debug, Default)]
pub struct SfuStats {
    /// Counters since the start, over all sessions.
    pub totals: Totals,
    /// The sessions at present.
    pub sessions: Vec<SessionStats>,
}

/// Counters since the start; they never decrease.
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
    /// Datagrams from addresses that no session has validated, and STUN for no session.
    pub unknown_datagrams: u64,
    /// STUN that named a session but was no well-formed binding request (RFC 8445 §7.3) with its
    /// password.
    pub rejected_stun: u64,
    /// Datagrams that are neither STUN, DTLS, RTP nor RTCP (RFC 7983).
    pub unclassified_datagrams: u64,
    /// Datagrams that a session's transport refused.
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
    /// Sessions among them whose DTLS handshake failed.
    pub handshakes_failed: u64,
    /// Connections taken for media by TCP (RFC 6544).
    pub tcp_opened: u64,
    /// Connections among them that are over.
    pub tcp_closed: u64,
    /// Connections refused, because their address has too many.
    pub tcp_refused: u64,
}

/// Statistics of one session.
#[derive(Clone, Debug)]
pub struct SessionStats {
    /// The session.
    pub session: SessionId,
    /// Its stage.
    pub stage: StageId,
    /// Time since its offer was accepted.
    pub age: Duration,
    /// ICE and DTLS are done.
    pub connected: bool,
    /// Its media, by the session's role.
    pub media: MediaStats,
}

impl SessionStats {
    /// The direction of the session's media.
    pub fn role(&self) -> SessionRole {
        match self.media {
            MediaStats::Publisher(_) => SessionRole::Publisher,
            MediaStats::Subscriber(_) => SessionRole::Subscriber,
        }
    }

    /// The statistics of a publisher; [`None`] of a subscriber.
    pub fn publisher(&self) -> Option<&PublisherStats> {
        match &self.media {
            MediaStats::Publisher(publisher) => Some(publisher),
            MediaStats::Subscriber(_) => None,
        }
    }

    /// The statistics of a subscriber; [`None`] of a publisher.
    pub fn subscriber(&self) -> Option<&SubscriberStats> {
        match &self.media {
            MediaStats::Publisher(_) => None,
            MediaStats::Subscriber(subscriber) => Some(subscriber),
        }
    }

    /// True once a media packet was received from the publisher or sent to the subscriber.
    pub fn has_media(&self) -> bool {
        match &self.media {
            MediaStats::Publisher(publisher) => publisher.packets > 0,
            MediaStats::Subscriber(subscriber) => subscriber.packets > 0,
        }
    }
}

/// Statistics of a session's media, by its role.
#[derive(Clone, Debug)]
pub enum MediaStats {
    /// Media that is received.
    Publisher(PublisherStats),
    /// Media that is sent.
    Subscriber(SubscriberStats),
}

/// Statistics of the media that a publisher sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublisherStats {
    /// Media packets received, repairs included.
    pub packets: u64,
    /// Payload bytes in them.
    pub bytes: u64,
    /// Packets that have not come, repairs considered.
    pub lost: u64,
    /// Datagrams dropped because it sent more than
    /// [`SfuLimits::max_publisher_bits`](crate::SfuLimits::max_publisher_bits).
    pub excess: u64,
    /// NACK messages sent to it (RFC 4585 §6.2.1).
    pub nacks: u64,
    /// Keyframe requests sent to it (PLI, RFC 4585 §6.3.1).
    pub keyframe_requests: u64,
    /// Round-trip time by RTCP reports.
    pub round_trip: Option<Duration>,
    /// Interarrival jitter (RFC 3550 §6.4.1).
    pub jitter: Option<Duration>,
    /// Silence beyond [`SfuTimeouts::publisher_silence`](crate::SfuTimeouts::publisher_silence).
    pub silent: bool,
    /// On standby: it is to take over its stage from another publisher, and nobody gets its media.
    pub standby: bool,
    /// The simulcast or spatial layers of its first video track; one without either.
    pub layers: Vec<LayerStats>,
    /// Settings of its encoder that its artist should change.
    pub advice: Vec<Advice>,
}

/// Statistics of the media that a subscriber is sent, all zero until it is connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SubscriberStats {
    /// Media packets sent, retransmissions not included.
    pub packets: u64,
    /// Payload bytes in them.
    pub bytes: u64,
    /// Packets not sent, since the subscriber negotiated no codec for them.
    pub without_codec: u64,
    /// Packets sent again.
    pub retransmissions: u64,
    /// Packets lost on their first way, by its receiver reports (RFC 3550 §6.4.1), over all tracks.
    pub lost: u64,
    /// NACK messages received from it.
    pub nacks: u64,
    /// Keyframe requests received from it (PLI and FIR).
    pub keyframe_requests: u64,
    /// SRTCP packets that could not be opened.
    pub refused_rtcp: u64,
    /// Round-trip time by its receiver reports.
    pub round_trip: Option<Duration>,
    /// Interarrival jitter of its video, by its receiver reports.
    pub jitter: Duration,
    /// Estimated bandwidth in bits per second; [`None`] without transport-wide feedback.
    pub bandwidth: Option<u64>,
    /// Height in pixels of its first video track, where it is known.
    pub height: Option<u16>,
    /// Its first video track isn't sent: the network carries no picture beside the sound.
    pub picture_paused: bool,
    /// Changes of layer, over all tracks.
    pub layer_changes: u32,
}

/// Statistics of one layer of a publisher's video (simulcast, RFC 8853, or SVC).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerStats {
    /// Height in pixels, where it is known.
    pub height: Option<u16>,
    /// Payload bytes received.
    pub bytes: u64,
}
