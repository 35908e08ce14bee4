//! Events of the media core.

use crate::ids::{SessionId, StageId};

/// Direction of a session's media.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionRole {
    /// Sends media to the stage (WHIP).
    Publisher,
    /// Receives the stage's media (WHEP).
    Subscriber,
}

/// An event of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SfuEvent {
    /// ICE and DTLS with the publisher are done.
    PublisherConnected {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
    },
    /// First media packet of the publisher on stage, or a takeover by another one with media.
    PublisherMedia {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
    },
    /// A standby publisher is ready to take over, or the one on stage is silent; it waits for
    /// [`Sfu::hand_over`](crate::Sfu::hand_over).
    PublisherWaiting {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
    },
    /// The publisher has been silent for a while. Its session lasts until consent expires.
    PublisherSilent {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
    },
    /// A silent publisher is heard again.
    PublisherBack {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
    },
    /// The session is over; its id will not be seen again. Sent exactly once per session.
    SessionEnded {
        /// Its stage.
        stage: StageId,
        /// The session.
        session: SessionId,
        /// Its role.
        role: SessionRole,
        /// Why it ended.
        reason: EndReason,
    },
}

/// Reason for which a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Closed by [`Sfu::close`](crate::Sfu::close).
    Closed,
    /// Replaced by another publisher.
    Replaced,
    /// Consent expired (RFC 7675), or the peer closed the connection (DTLS close_notify).
    ConnectionLost,
    /// Closed by [`Sfu::close_stage`](crate::Sfu::close_stage).
    StageClosed,
    /// No path to the peer was found in time after the answer (ICE).
    NeverConnected,
    /// There was a path, and the DTLS handshake over it failed.
    HandshakeFailed(HandshakeFailure),
    /// A standby publisher was not ready in time; the one on stage has stayed.
    NoMedia,
}

/// Cause of a failed DTLS handshake. The texts are for people who look for the fault of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HandshakeFailure {
    /// The peer's certificate has none of the fingerprints that its offer announced (RFC 8122 §5).
    #[error("its certificate is not the one that its offer announced")]
    OtherCertificate,
    /// The peer sent no certificate.
    #[error("it has no certificate")]
    NoCertificate,
    /// The kind of the certificate's key or of its signature is not supported here.
    #[error("its certificate is of a kind that isn't taken: RSA and ECDSA are")]
    UnknownCertificate,
    /// The peer doesn't hold the key of its certificate, or the handshake was tampered with.
    #[error("its signature or checksum is wrong")]
    WrongSignature,
    /// No version, cipher, group or SRTP profile is common to both sides.
    #[error("it has no cipher, key exchange or SRTP profile in common with the venue")]
    NothingInCommon,
    /// The peer gave up, by this alert (RFC 5246 §7.2).
    #[error("it refused the venue's side with alert {0}")]
    Refused(u8),
    /// The peer fell silent before the handshake was done.
    #[error("it fell silent before the handshake was done")]
    Silent,
    /// The peer violated the protocol.
    #[error("what it said is against the protocol")]
    Broken,
}
