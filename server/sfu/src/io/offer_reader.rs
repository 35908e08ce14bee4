//! The thread that reads offers: none of them costs media its time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::clock;
use crate::config::SfuLimits;
use crate::core::transport::{PreparedSession, Transport, TransportContext};
use crate::error::{OfferError, SfuStartError};
use crate::event::SessionRole;

/// Offers waiting to be read; a caller waits while it is full.
const MAX_WAITING_OFFERS: usize = 256;

/// An offer to be read.
#[derive(Debug)]
pub(crate) struct OfferRequest {
    pub(crate) role: SessionRole,
    pub(crate) text: String,
    pub(crate) reply: oneshot::Sender<Result<PreparedSession, OfferError>>,
}

/// Starts the thread. It ends with the last sender of requests.
pub(super) fn start(
    shared: Arc<TransportContext>,
    limits: SfuLimits,
) -> Result<mpsc::Sender<OfferRequest>, SfuStartError> {
    let (offers, mut inbox) = mpsc::channel::<OfferRequest>(MAX_WAITING_OFFERS);
    let read = move || {
        while let Some(OfferRequest { role, text, reply }) = inbox.blocking_recv() {
            // Whoever asked may have left while it waited.
            if reply.is_closed() {
                continue;
            }
            let accept = || Transport::accept(clock(), role, &text, &shared, &limits);
            let read = catch_unwind(AssertUnwindSafe(accept));
            let _ = reply.send(read.unwrap_or(Err(OfferError::Stopped)));
        }
    };
    let thread = std::thread::Builder::new().name("sfu-offers".into()).spawn(read);
    thread.map_err(SfuStartError::Thread)?;
    Ok(offers)
}
