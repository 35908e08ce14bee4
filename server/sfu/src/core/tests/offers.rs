//! Offers to a core, read in place.

use std::time::Instant;

use crate::core::standby::TakeoverCondition;
use crate::core::transport::{PreparedSession, Transport};
use crate::core::{AcceptedOffer, Core};
use crate::error::OfferError;
use crate::event::SessionRole;
use crate::ids::StageId;

impl Core {
    /// Publishes by an offer that is still to be read.
    pub(super) fn publish_by(
        &mut self,
        now: Instant,
        stage: StageId,
        offer: &str,
        awaited: TakeoverCondition,
    ) -> Result<AcceptedOffer, OfferError> {
        let opening = self.read(now, SessionRole::Publisher, offer)?;
        self.publish(now, stage, opening, awaited)
    }

    /// Subscribes by an offer that is still to be read.
    pub(super) fn subscribe_by(
        &mut self,
        now: Instant,
        stage: StageId,
        offer: &str,
    ) -> Result<AcceptedOffer, OfferError> {
        let opening = self.read(now, SessionRole::Subscriber, offer)?;
        self.subscribe(now, stage, opening)
    }

    fn read(
        &self,
        now: Instant,
        role: SessionRole,
        offer: &str,
    ) -> Result<PreparedSession, OfferError> {
        Transport::accept(now, role, offer, &self.shared, &self.limits)
    }
}
