//! What the media core reports of its own accord.

use crate::ids::{SessionId, StageId};

/// Which way a session's media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionRole {
    /// Sends media to the stage (WHIP).
    Publisher,
    /// Receives the stage's media (WHEP).
    Subscriber,
}

/// Something happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SfuEvent {
    /// ICE and DTLS with the publisher stand.
    PublisherConnected {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// The first media packet of the publisher on stage arrived, or media of another one has taken
    /// its place.
    PublisherMedia {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// A publisher could take the stage over from another one, and waits for
    /// [`Sfu::hand_over`](crate::Sfu::hand_over): its picture can be shown, or nobody is heard there
    /// any more.
    PublisherWaiting {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// Nothing has come from the publisher for a while. Its session waits for it until consent is
    /// lost.
    PublisherSilent {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// A silent publisher is heard again.
    PublisherBack {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// A session is gone; its name will not be seen again. Sent exactly once per session.
    SessionEnded {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
        /// What it was.
        role: SessionRole,
        /// Why.
        reason: EndReason,
    },
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// [`Sfu::close`](crate::Sfu::close) was asked for.
    Closed,
    /// A newer publisher took the stage.
    Replaced,
    /// Silent for too long, or the peer said goodbye (DTLS close_notify).
    ConnectionLost,
    /// [`Sfu::close_stage`](crate::Sfu::close_stage) was asked for.
    StageClosed,
    /// No way to the peer was found in time after the answer (ICE).
    NeverConnected,
    /// There was a way, and the DTLS handshake over it failed.
    HandshakeFailed(HandshakeFailure),
    /// A publisher that was to take over a stage sent nothing in time that could be shown; the other
    /// one has stayed.
    NoMedia,
}

/// Why a DTLS handshake failed. The texts are for people who look for the fault of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum HandshakeFailure {
    /// The peer's certificate has none of the fingerprints that its offer announced (RFC 8122 §5).
    #[error("its certificate is not the one that its offer announced")]
    OtherCertificate,
    /// The peer sent no certificate.
    #[error("it has no certificate")]
    NoCertificate,
    /// The kind of the certificate's key or of its signature is not spoken here.
    #[error("its certificate is of a kind that isn't taken: RSA and ECDSA are")]
    UnknownCertificate,
    /// The peer doesn't hold the key of its certificate, or somebody changed what it said.
    #[error("its signature or checksum is wrong")]
    WrongSignature,
    /// There is no version, cipher, group or SRTP profile that both sides speak.
    #[error("it has no cipher, key exchange or SRTP profile in common with the venue")]
    NothingInCommon,
    /// The peer gave up, by this alert (RFC 5246 §7.2).
    #[error("it refused the venue's side with alert {0}")]
    Refused(u8),
    /// The peer fell silent before the handshake was done.
    #[error("it fell silent before the handshake was done")]
    Silent,
    /// What the peer said is against the protocol.
    #[error("what it said is against the protocol")]
    Broken,
}
