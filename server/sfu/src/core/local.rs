//! Publishers of sound within the program.

use std::time::Instant;

use str0m::format::Codec;

use super::Core;
use super::capabilities::codecs;
use super::peers::Side;
use crate::audio::OpusPacket;
use crate::core::standby::TakeoverCondition;
use crate::core::transport::Transport;
use crate::error::OfferError;
use crate::ids::{SessionId, StageId};
use crate::ingest::{IncomingPacket, LocalSource};

impl Core {
    /// Makes a source within the program the stage's publisher or, where there is one, its standby
    /// publisher, which is ready with its first packet. True for a standby publisher.
    ///
    /// # Errors
    /// [`OfferError::TooMany`].
    pub(crate) fn publish_audio(
        &mut self,
        now: Instant,
        stage: StageId,
    ) -> Result<(SessionId, bool), OfferError> {
        let opus = codecs().find(|params| params.spec().codec == Codec::Opus).copied();
        let source = LocalSource::new(opus.ok_or(OfferError::Stopped)?);
        let (side, transport) = (Side::Local(source), Transport::local());
        let condition = TakeoverCondition::Audio;
        let (session, peer, standby) = self.enter_stage(now, stage, side, transport, condition)?;
        self.connected(now, peer);
        // Its silence is due from now on.
        self.drain(now, peer);
        Ok((session, standby))
    }

    /// Handles a packet of such a publisher; false if its session is over.
    pub(crate) fn audio_received(
        &mut self,
        now: Instant,
        session: SessionId,
        packet: &OpusPacket,
    ) -> bool {
        let Some(key) = self.sessions.get(&session).copied() else {
            return false;
        };
        self.seen_alive(now, key);
        self.media_received(now, key, IncomingPacket::Local(packet));
        true
    }
}
