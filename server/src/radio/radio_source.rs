//! A source client that sends sound.

use bandstand_domain::{ShowId, stream_keys::StreamKeyId};
use tokio_util::sync::CancellationToken;

use crate::{ids::AccountId, stage::source::SourceId};

/// A source that sends.
#[derive(Debug)]
pub struct RadioSource {
    /// Its number as a source of a stage.
    pub id: SourceId,
    /// The show that it sends to.
    pub show: ShowId,
    /// The private identity of its artist's account.
    pub account: AccountId,
    /// The stream key by which it came.
    pub key: StreamKeyId,
    /// Cancelled when it is to end.
    pub closed: CancellationToken,
}
