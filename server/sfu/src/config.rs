//! Configuration of the media core.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Configuration of an [`Sfu`](crate::Sfu).
#[derive(Clone, Debug)]
pub struct SfuConfig {
    /// The one UDP address for receiving and sending, and the address of the TCP listener for
    /// clients whom UDP doesn't reach. Port 0 lets the operating system choose; an IPv6 address
    /// takes IPv4 too where the system allows.
    pub bind: SocketAddr,
    /// Addresses announced as ICE host candidates, with the bound ports. Empty: the bind address,
    /// or, if that is unspecified, loopback and the address of the default route.
    pub public_addresses: Vec<IpAddr>,
    /// Threads that send to subscribers, besides the one that receives. With 0, that one sends,
    /// too, which is best without processors to spare.
    pub sending_threads: usize,
    /// Bounds on resources that clients can take.
    pub limits: SfuLimits,
    /// Timeouts of sessions.
    pub timeouts: SfuTimeouts,
}

impl Default for SfuConfig {
    /// Loopback, any port.
    fn default() -> Self {
        SfuConfig {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_addresses: Vec::new(),
            sending_threads: 0,
            limits: SfuLimits::default(),
            timeouts: SfuTimeouts::default(),
        }
    }
}

/// Bounds on resources that clients can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SfuLimits {
    /// Sessions in all, publishers and subscribers.
    pub max_sessions: usize,
    /// Sessions among them that are kept for publishers: a full house has room for its artists.
    pub reserved_for_publishers: usize,
    /// Subscribers of one stage.
    pub max_subscribers_per_stage: usize,
    /// Length of an SDP offer, in bytes.
    pub max_offer_bytes: usize,
    /// Tracks of one kind (audio, video) in one session. A publisher that offers more is refused; to a
    /// subscriber, further m-lines carry nothing.
    pub max_tracks_per_kind: usize,
    /// Remote addresses one session may have validated at a time; the oldest gives way, but for the
    /// one that is sent to.
    pub max_addresses_per_session: usize,
    /// Packets kept per layer of a video track, from the last keyframe on.
    pub max_cached_packets: usize,
    /// Payload bytes kept per layer of a video track, from the last keyframe on: the default holds
    /// groups of pictures of 12 s at 10 Mbit/s.
    pub max_cached_bytes: usize,
    /// Age of the cached keyframe beyond which a newcomer is not served from it. Encoders that are
    /// left to themselves send one every 250 frames: 10.4 s at 24 frames a second.
    pub max_cached_age: Duration,
    /// Bytes kept of all tracks of all stages. Half of them is for whoever needs it; once that is
    /// used up, no layer keeps more than is left.
    pub max_cached_bytes_in_all: usize,
    /// Bits per second of cached media that is sent to newcomers, on all stages together. Whoever
    /// exceeds it waits for a keyframe.
    pub max_catch_up_bits: u64,
    /// Bits per second that one publisher may send; the excess is dropped before it is decrypted.
    /// For a second it may be twice that.
    pub max_publisher_bits: u64,
    /// Events waiting to be read; see [`Sfu::start`](crate::Sfu::start).
    pub max_waiting_events: usize,
}

impl Default for SfuLimits {
    fn default() -> Self {
        SfuLimits {
            max_sessions: 2_000,
            reserved_for_publishers: 200,
            max_subscribers_per_stage: 1_000,
            max_offer_bytes: 64 * 1024,
            max_tracks_per_kind: 4,
            max_addresses_per_session: 8,
            max_cached_packets: 16_384,
            max_cached_bytes: 16 * 1024 * 1024,
            max_cached_age: Duration::from_secs(12),
            max_cached_bytes_in_all: 512 * 1024 * 1024,
            max_catch_up_bits: 200_000_000,
            max_publisher_bits: 30_000_000,
            max_waiting_events: 1_024,
        }
    }
}

/// Timeouts of sessions.
#[derive(Clone, Debug)]
pub struct SfuTimeouts {
    /// Time for ICE and DTLS, from the answer on.
    pub connect: Duration,
    /// Time without valid STUN, RTP or RTCP after which a publisher is reported as silent. A paused
    /// one is heard by its consent checks alone, every 4 to 6 s (RFC 7675 §5.1).
    pub publisher_silence: Duration,
    /// Time without a valid sign of life after which a session ends (consent expiry, RFC 7675 §5.1:
    /// 30 s). Of subscribers only STUN is one.
    pub consent: Duration,
    /// Time in which a publisher that is to take over a stage must become ready, from its
    /// connection on.
    pub takeover: Duration,
    /// Least time between two keyframe requests to one layer of a publisher.
    pub keyframe_request_interval: Duration,
}

impl Default for SfuTimeouts {
    fn default() -> Self {
        SfuTimeouts {
            connect: Duration::from_secs(30),
            publisher_silence: Duration::from_secs(7),
            consent: Duration::from_secs(30),
            takeover: Duration::from_secs(3),
            keyframe_request_interval: Duration::from_secs(1),
        }
    }
}
