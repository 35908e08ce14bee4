//! Sending of recordings' files: so many at once to an address, and none for longer than there is a right to it.

use std::{error::Error, io, time::Duration};

use axum::body::{Body, BodyDataStream, HttpBody};
use bandstand_domain::Refusal;
use futures::{TryStreamExt, stream};
use tokio::time::Instant;

use crate::{
    caller::Caller,
    config::Config,
    http::connections::{Admission, Connections},
};

/// The most files and ranges that are on their way to everybody at once.
const MAX_SENT: usize = 10_000;
/// The most of them to one address: a player takes two, so that a class of pupils finds room.
const MAX_TO_ADDRESS: usize = 100;
/// Seconds after which who has too many may ask again.
const RETRY_AFTER: u32 = 5;
/// Bytes after which is asked again whether they may be sent.
const CHECK_BYTES: usize = 4 << 20;
/// Time after which is asked again, of what is sent slowly.
const CHECK_TIME: Duration = Duration::from_secs(10);

/// Files and ranges that are on their way.
#[derive(Clone, Debug)]
pub struct SentFiles(Connections);

impl SentFiles {
    /// Nothing is on its way.
    pub fn new(config: &Config) -> Self {
        Self(Connections::new(config.widened(MAX_SENT), config.widened(MAX_TO_ADDRESS)))
    }

    /// A place for one more, on its way to the caller.
    ///
    /// # Errors
    /// `TooMany`.
    pub fn admit<E: Error>(&self, caller: &Caller) -> Result<Admission, Refusal<E>> {
        let admitted = self.0.admit(caller.address);
        admitted.map_err(|_| Refusal::TooMany { retry_after: RETRY_AFTER })
    }
}

/// Body that is being sent.
struct SentBody<F> {
    body: BodyDataStream,
    may_go_on: F,
    checked: Instant,
    bytes: usize,
    _admission: Admission,
}

/// A body that breaks off once it may not go on, which is asked every few bytes and seconds.
pub fn while_allowed<F, Asked>(body: Body, admission: Admission, may_go_on: F) -> Body
where
    F: Fn() -> Asked + Send + 'static,
    Asked: Future<Output = bool> + Send,
{
    if body.is_end_stream() {
        return body;
    }
    let body = body.into_data_stream();
    let checked = Instant::now();
    let sent = SentBody { body, may_go_on, checked, bytes: 0, _admission: admission };
    Body::from_stream(stream::try_unfold(sent, |mut sent| async move {
        if sent.bytes >= CHECK_BYTES || sent.checked.elapsed() >= CHECK_TIME {
            if !(sent.may_go_on)().await {
                return Err(io::Error::from(io::ErrorKind::PermissionDenied));
            }
            (sent.bytes, sent.checked) = (0, Instant::now());
        }
        let piece = sent.body.try_next().await.map_err(io::Error::other)?;
        Ok(piece.map(|piece| {
            sent.bytes += piece.len();
            (piece, sent)
        }))
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::body::Bytes;

    use super::*;

    /// Bytes that come through of 32 MiB, in pieces of one, when so many checks let them go on; and how often was
    /// asked.
    async fn sent(allowed: usize) -> (usize, usize) {
        let asked = Arc::new(AtomicUsize::new(0));
        let pieces = vec![Bytes::from(vec![0; 1 << 20]); 32];
        let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, io::Error>)));
        let connections = Connections::new(1, 1);
        let admission = connections.admit([127, 0, 0, 1].into()).unwrap();
        let counted = asked.clone();
        let body = while_allowed(body, admission, move || {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move { number < allowed }
        });
        let mut pieces = body.into_data_stream();
        let mut came = 0;
        while let Ok(Some(piece)) = pieces.try_next().await {
            came += piece.len();
        }
        drop(pieces);
        assert_eq!(connections.count(), 0);
        (came >> 20, asked.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn what_may_go_on_is_asked_for_every_few_bytes() {
        assert_eq!(sent(usize::MAX).await, (32, 8));
        assert_eq!(sent(3).await, (16, 4));
        assert_eq!(sent(0).await, (4, 1));
    }
}
