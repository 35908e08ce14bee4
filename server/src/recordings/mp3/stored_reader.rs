//! Reader of a file in storage, for a thread of its own.

use std::{
    collections::VecDeque,
    io::{self, Read},
    ops::Range,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::storage::{ByteRange, StorageError, files::Files};

/// Reader of ranges of a file, one after the other. It keeps one piece of them. It must not be used by a thread of
/// the runtime, which it waits for.
pub(super) struct StoredReader {
    pub runtime: Handle,
    pub files: Files,
    pub name: String,
    pub ranges: VecDeque<Range<u64>>,
    /// Reading fails once this is cancelled.
    pub stop: CancellationToken,
    pub open: Option<BoxStream<'static, Result<Bytes, StorageError>>>,
    pub piece: Bytes,
}

impl StoredReader {
    /// The next piece; none at the end.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            if let Some(open) = &mut self.open
                && let Some(piece) = open.next().await
            {
                return piece.map(Some).map_err(io::Error::other);
            }
            let Some(Range { start, end }) = self.ranges.pop_front() else { return Ok(None) };
            if start < end {
                let range = ByteRange::From { first: start, last: Some(end - 1) };
                let found = self.files.read(&self.name, Some(range)).await;
                let found = found.map_err(io::Error::other)?.ok_or(io::ErrorKind::NotFound)?;
                self.open = Some(found.stream);
            }
        }
    }
}

impl Read for StoredReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let (runtime, stop) = (self.runtime.clone(), self.stop.clone());
            let next = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => Err(io::Error::other("the venue closes")),
                    next = self.next() => next,
                }
            });
            let Some(piece) = next? else { return Ok(0) };
            self.piece = piece;
        }
        let count = self.piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
