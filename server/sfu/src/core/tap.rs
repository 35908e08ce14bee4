//! Taps: readers of a stage within the program.

use std::time::Instant;

use super::Core;
use super::stage::Stage;
use crate::error::OfferError;
use crate::ids::{SessionId, StageId};
use crate::rtp::packet::{ForwardedPacket, TrackId};
use crate::shard::KeyframeUrgency;
use crate::tap::{TapSender, TappedPacket};

/// Taps of one stage.
const MAX_TAPS: usize = 16;

/// The picture that is read.
const PICTURE: TrackId = TrackId { video: true, ordinal: 0 };

impl Core {
    /// Lets `tap` have what is on a stage, with or without a publisher there, until its reader is
    /// dropped.
    ///
    /// # Errors
    /// [`OfferError::TooMany`].
    pub(crate) fn tap(&mut self, stage: StageId, tap: TapSender) -> Result<(), OfferError> {
        let key = self.stage_key(stage);
        let stage = self.stages.get_mut(key).ok_or(OfferError::Stopped)?;
        stage.taps.retain(|tap| !tap.packets.is_closed());
        if stage.taps.len() >= MAX_TAPS {
            return Err(OfferError::TooMany);
        }
        stage.taps.push(tap);
        Ok(())
    }

    /// Asks the publisher on a stage for a keyframe of that layer, for a reader that has no picture.
    pub(crate) fn request_keyframe(&mut self, now: Instant, stage: StageId, layer: u8) {
        let key = self.stage_key(stage);
        if let Some(stage) = self.stages.get_mut(key) {
            stage.keyframe_requests.request(PICTURE, layer, KeyframeUrgency::NoPicture);
            self.stage_due(now, key);
        }
        self.remove_if_deserted(now, key);
    }

    /// Removes the taps whose readers are dropped, and the stages that nobody else is on.
    pub(crate) fn remove_closed_taps(&mut self, now: Instant) {
        for key in self.stages.keys() {
            if let Some(stage) = self.stages.get_mut(key) {
                stage.taps.retain(|tap| !tap.packets.is_closed());
            }
            self.remove_if_deserted(now, key);
        }
    }
}

impl Stage {
    /// Gives its taps a burst of that session. A tap that isn't read loses what comes.
    pub(super) fn tap(&self, session: SessionId, burst: &[ForwardedPacket]) {
        for tap in &self.taps {
            for packet in burst.iter().filter_map(|it| TappedPacket::of(session, it, tap.tracks)) {
                let _ = tap.packets.try_send(packet);
            }
        }
    }
}
