//! Taps: readers of a stage's sound within the program.

use std::time::Instant;

use tokio::sync::mpsc;

use super::Core;
use super::stage::Stage;
use crate::audio::TappedPacket;
use crate::error::OfferError;
use crate::ids::{SessionId, StageId};
use crate::rtp::packet::{ForwardedPacket, TrackId};

/// Taps of one stage.
const MAX_TAPS: usize = 16;

/// The track that is read.
const TRACK: TrackId = TrackId { video: false, ordinal: 0 };

impl Core {
    /// Lets `tap` have the sound of a stage, with or without a publisher there, until its reader is
    /// dropped.
    ///
    /// # Errors
    /// [`OfferError::TooMany`].
    pub(crate) fn tap_audio(
        &mut self,
        stage: StageId,
        tap: mpsc::Sender<TappedPacket>,
    ) -> Result<(), OfferError> {
        let key = self.stage_key(stage);
        let stage = self.stages.get_mut(key).ok_or(OfferError::Stopped)?;
        stage.taps.retain(|tap| !tap.is_closed());
        if stage.taps.len() >= MAX_TAPS {
            return Err(OfferError::TooMany);
        }
        stage.taps.push(tap);
        Ok(())
    }

    /// Removes the taps whose readers are dropped, and the stages that nobody else is on.
    pub(crate) fn remove_closed_taps(&mut self, now: Instant) {
        for key in self.stages.keys() {
            if let Some(stage) = self.stages.get_mut(key) {
                stage.taps.retain(|tap| !tap.is_closed());
            }
            self.remove_if_deserted(now, key);
        }
    }
}

impl Stage {
    /// Gives its taps the sound of a burst of that session. A tap that isn't read loses what comes.
    pub(super) fn tap(&self, session: SessionId, burst: &[ForwardedPacket]) {
        for packet in burst.iter().filter(|it| it.track == TRACK).map(|it| &it.packet) {
            for tap in &self.taps {
                let _ = tap.try_send(TappedPacket {
                    session,
                    sequence: packet.sequence.0,
                    timestamp: packet.timestamp,
                    captured: packet.captured,
                    payload: packet.payload.clone(),
                });
            }
        }
    }
}
