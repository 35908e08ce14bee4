//! Offers to a core, as its driver has them read.

use std::time::Instant;

use crate::core::standby::Awaited;
use crate::core::transport::{Opening, Transport};
use crate::core::{Accepted, Core};
use crate::error::OfferError;
use crate::event::Role;
use crate::ids::StageId;

impl Core {
    /// Publishes by an offer that is still to be read.
    pub(super) fn publish_by(
        &mut self,
        now: Instant,
        stage: StageId,
        offer: &str,
        awaited: Awaited,
    ) -> Result<Accepted, OfferError> {
        let opening = self.read(now, Role::Publisher, offer)?;
        self.publish(now, stage, opening, awaited)
    }

    /// Subscribes by an offer that is still to be read.
    pub(super) fn subscribe_by(
        &mut self,
        now: Instant,
        stage: StageId,
        offer: &str,
    ) -> Result<Accepted, OfferError> {
        let opening = self.read(now, Role::Subscriber, offer)?;
        self.subscribe(now, stage, opening)
    }

    fn read(&self, now: Instant, role: Role, offer: &str) -> Result<Opening, OfferError> {
        Transport::accept(now, role, offer, &self.shared, &self.limits)
    }
}
