//! A source client that sends sound.

use bandstand_domain::{ShowId, stream_keys::StreamKeyId};
use tokio_util::sync::CancellationToken;

use crate::{crypto::secret_hash::SecretHash, ids::AccountId, stage::source::SourceId};

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
    pub key: SourceKey,
    /// Cancelled when it is to end.
    pub closed: CancellationToken,
}

/// A stream key, and by what its secret is known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceKey {
    /// The key.
    pub id: StreamKeyId,
    /// Hash of its secret.
    pub secret: SecretHash,
}
