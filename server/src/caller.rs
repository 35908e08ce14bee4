//! The person behind one request.

use std::{net::IpAddr, sync::Arc};

use tower_sessions::Session;

use crate::venue::Venue;

/// Who makes the current request, and from where. Every feature implements its port for it, so that
/// what is done is always done as somebody.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The venue in which the request is made.
    pub venue: Arc<Venue>,
    /// The browser's session; empty until somebody logs in or says their name.
    pub session: Session,
    /// Where the request comes from; for limits only, never logged.
    pub address: IpAddr,
}
