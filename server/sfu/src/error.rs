//! Errors of the media core's interface.

use std::io;

/// Refusal of an offer.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// Not SDP, or SDP without what every WebRTC offer carries (RFC 8866, RFC 8829 §5.2). HTTP 400.
    #[error("the offer can't be read: {0}")]
    Malformed(String),
    /// Longer than [`Limits::max_offer_bytes`](crate::SfuLimits::max_offer_bytes). HTTP 413 or 400.
    #[error("the offer is too long")]
    TooLong,
    /// Readable, but nothing in it that could be sent or received: no audio or video m-line, the
    /// wrong direction, or no codec in common. HTTP 422 (RFC 9725 §4.2).
    #[error("the offer can't be accepted: {0}")]
    Unacceptable(&'static str),
    /// [`Limits::max_sessions`](crate::SfuLimits::max_sessions) or
    /// [`Limits::max_subscribers_per_stage`](crate::SfuLimits::max_subscribers_per_stage) is reached
    /// (by subscribers, less [`Limits::reserved_for_publishers`](crate::SfuLimits::reserved_for_publishers)),
    /// or one more subscriber would be at the cost of those inside: the threads that serve them have
    /// no time left. HTTP 503.
    #[error("too many sessions")]
    TooMany,
    /// The media core has stopped, or has no randomness to make a session with. HTTP 503.
    #[error("the media core has stopped")]
    Stopped,
}

/// Failure to start the media core.
#[derive(Debug, thiserror::Error)]
pub enum SfuStartError {
    /// The UDP socket could not be opened or bound.
    #[error("the UDP socket can't be opened: {0}")]
    Socket(#[source] io::Error),
    /// The thread or its runtime could not be started.
    #[error("the media thread can't be started: {0}")]
    Thread(#[source] io::Error),
    /// No DTLS certificate could be made.
    #[error("no DTLS certificate could be made")]
    Certificate,
    /// No address is left to announce.
    #[error("no usable address to announce: {0}")]
    Address(String),
}
