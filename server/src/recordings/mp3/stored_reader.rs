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
    /// File that is read; none once reading has failed.
    pub source: Option<StoredSource>,
    /// Reading fails once this is cancelled.
    pub stop: CancellationToken,
    pub piece: Bytes,
}

/// File in storage, and what is read of it.
pub(super) struct StoredSource {
    pub files: Files,
    pub name: String,
    pub ranges: VecDeque<Range<u64>>,
    pub open: Option<BoxStream<'static, Result<Bytes, StorageError>>>,
}

impl StoredSource {
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

impl StoredReader {
    /// Reads the next piece on a thread of the runtime: one that was begun from here would have the low priority of
    /// this one, for good.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let failed = || io::Error::other("reading has failed");
        let (mut source, stop) = (self.source.take().ok_or_else(failed)?, self.stop.clone());
        let reading = self.runtime.spawn(async move {
            let next = tokio::select! {
                biased;
                () = stop.cancelled() => Err(io::Error::other("the venue closes")),
                next = source.next() => next,
            };
            (source, next)
        });
        let (source, next) = self.runtime.block_on(reading).map_err(io::Error::other)?;
        self.source = Some(source);
        next
    }
}

impl Read for StoredReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let Some(piece) = self.next()? else { return Ok(0) };
            self.piece = piece;
        }
        let count = self.piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}
