//! What the media core reports of its own accord.

use crate::identity::{SessionId, StageId};

/// Which way a session's media flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sends media to the stage (WHIP).
    Publisher,
    /// Receives the stage's media (WHEP).
    Subscriber,
}

/// Something happened to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS with the publisher stand.
    PublisherConnected {
        /// Where.
        stage: StageId,
        /// Who.
        session: SessionId,
    },
    /// The publisher's first media packet arrived.
    PublisherMedia {
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
        role: Role,
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
    /// ICE and DTLS were not up in time after the answer.
    NeverConnected,
}
