//! Streaming of a file into storage, in parts of constant size.

use bandstand_domain::Millis;
use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt, stream::BoxStream};
use object_store::{MultipartUpload, ObjectStoreExt, path::Path as Name};
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use super::{
    StorageError,
    files::Files,
    store::{self, FileOwner, Quotas},
};
use crate::{clock, entity_tags};

/// Bytes that are written at once: S3 takes parts from 5 MiB on, and R2 wants all of the same size. An
/// upload has one part on its way while the next fills, so at most 16 MiB and one chunk of its stream.
pub const PART_BYTES: usize = 8 * 1024 * 1024;
/// The largest file: S3 takes 10,000 parts.
pub const MAX_FILE_BYTES: u64 = 10_000 * PART_BYTES as u64;
/// Heartbeat interval of a slow upload, in milliseconds: the sweep deletes uploads that went silent.
const HEARTBEAT: i64 = 10 * 60 * Millis::SECOND;

/// Content that comes in.
pub(super) type Incoming = BoxStream<'static, Result<Bytes, StorageError>>;

/// A file to be written.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// Its name: `FEATURE/…`, never used before.
    pub name: String,
    /// The type as which it is sent.
    pub content_type: String,
    /// Whose quota it counts in.
    pub owner: FileOwner,
    /// Announced size in bytes; reserved at once, so that the file is refused early.
    pub announced: Option<u64>,
    /// The most bytes that its feature takes.
    pub max_bytes: u64,
    /// False for a file that was accepted before, whatever the quotas say now.
    pub bounded: bool,
    /// Name under which bytes are reserved for it ([`Files::reserve`]), of the same owner.
    pub reservation: Option<String>,
}

impl NewFile {
    /// A file of any length.
    pub fn new(name: impl Into<String>, content_type: impl Into<String>, owner: FileOwner) -> Self {
        let (name, content_type) = (name.into(), content_type.into());
        Self {
            name,
            content_type,
            owner,
            announced: None,
            max_bytes: MAX_FILE_BYTES,
            bounded: true,
            reservation: None,
        }
    }

    /// Quotas that bound it.
    pub(super) fn quotas(&self, venue: Quotas) -> Quotas {
        if self.bounded { venue } else { Quotas::NONE }
    }

    /// The feature by whose name the file's begins.
    pub(super) fn feature(&self) -> &str {
        self.name.split_once('/').map_or("", |it| it.0)
    }
}

/// A file that is there as a whole, and isn't kept yet.
#[derive(Clone, Debug)]
#[must_use = "it is swept unless it is kept"]
pub struct WrittenFile {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    pub(super) owner: FileOwner,
}

/// Writes a file whole, or clears away what is there of it.
pub(super) async fn write(
    files: Files,
    file: NewFile,
    content: Incoming,
) -> Result<WrittenFile, StorageError> {
    let name = Name::parse(&file.name)?;
    let limit = file.max_bytes.min(MAX_FILE_BYTES);
    let announced = file.announced.unwrap_or(0);
    if announced > limit {
        return Err(StorageError::TooLarge { limit });
    }
    store::begin(&files.0.database, &file, announced, &file.quotas(files.0.quotas)).await?;
    let mut upload = Upload {
        files: &files,
        file: &file,
        name,
        reserved: announced,
        total: 0,
        digest: Sha256::new(),
        touched: clock::now(),
        part: BytesMut::new(),
        parts: None,
        on_its_way: None,
    };
    let done = match upload.take(content, limit).await {
        Ok(()) => upload.finish().await,
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        upload.abort().await;
        if let Err(error) = files.delete(&file.name).await {
            tracing::warn!(%error, "what is there of a file could not be deleted yet");
        }
        return Err(error);
    }
    Ok(WrittenFile { bytes: upload.total, name: file.name, owner: file.owner })
}

/// A file while it is being written.
struct Upload<'a> {
    files: &'a Files,
    file: &'a NewFile,
    name: Name,
    /// Bytes taken from the quotas.
    reserved: u64,
    /// Bytes that came in.
    total: u64,
    digest: Sha256,
    /// Time of the last heartbeat in the row.
    touched: Millis,
    /// Buffer of the part that fills.
    part: BytesMut,
    /// The parts before it, once there are any.
    parts: Option<Box<dyn MultipartUpload>>,
    on_its_way: Option<JoinHandle<object_store::Result<()>>>,
}

impl Upload<'_> {
    /// Takes in the whole content and sends the parts that fill.
    async fn take(&mut self, mut content: Incoming, limit: u64) -> Result<(), StorageError> {
        while let Some(chunk) = content.try_next().await? {
            self.total += chunk.len() as u64;
            if self.total > limit {
                return Err(StorageError::TooLarge { limit });
            }
            self.digest.update(&chunk);
            self.heartbeat().await?;
            let mut chunk = &chunk[..];
            while !chunk.is_empty() {
                let (fitting, rest) = chunk.split_at(chunk.len().min(PART_BYTES - self.part.len()));
                self.part.extend_from_slice(fitting);
                chunk = rest;
                if self.part.len() == PART_BYTES {
                    self.reserve(self.total - chunk.len() as u64).await?;
                    self.send().await?;
                }
            }
        }
        Ok(())
    }

    /// Takes from the quotas what `total` bytes need beyond what they have.
    async fn reserve(&mut self, total: u64) -> Result<(), StorageError> {
        let more = total.saturating_sub(self.reserved);
        if more > 0 {
            let quotas = self.file.quotas(self.files.0.quotas);
            let (database, NewFile { name, owner, .. }) = (&self.files.0.database, self.file);
            store::grow(database, name, owner, more, &quotas).await?;
            self.reserved = total;
            self.touched = clock::now();
        }
        Ok(())
    }

    async fn heartbeat(&mut self) -> Result<(), StorageError> {
        let now = clock::now();
        if now.0 - self.touched.0 > HEARTBEAT {
            store::touch(&self.files.0.database, &self.file.name).await?;
            self.touched = now;
        }
        Ok(())
    }

    /// Sends the part, once the one before has arrived.
    async fn send(&mut self) -> Result<(), StorageError> {
        self.arrived().await?;
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.parts.insert(self.files.0.bytes().put_multipart(&self.name).await?),
        };
        let part = std::mem::take(&mut self.part).freeze();
        self.on_its_way = Some(tokio::spawn(parts.put_part(part.into())));
        Ok(())
    }

    async fn arrived(&mut self) -> Result<(), StorageError> {
        match self.on_its_way.take() {
            Some(part) => Ok(part.await.map_err(object_store::Error::from)??),
            None => Ok(()),
        }
    }

    /// Makes a whole of the parts, and notes how long it is.
    async fn finish(&mut self) -> Result<(), StorageError> {
        self.reserve(self.total).await?;
        if self.parts.is_none() {
            let content = std::mem::take(&mut self.part).freeze();
            self.files.0.bytes().put(&self.name, content.into()).await?;
        } else {
            if !self.part.is_empty() {
                self.send().await?;
            }
            self.arrived().await?;
            if let Some(parts) = &mut self.parts {
                parts.complete().await?;
            }
        }
        let etag = entity_tags::strong(std::mem::take(&mut self.digest).finalize());
        let (database, excess) = (&self.files.0.database, self.reserved - self.total);
        let NewFile { name, owner, .. } = self.file;
        store::finish(database, name, owner, (self.total, excess), &etag).await
    }

    async fn abort(&mut self) {
        if let Some(part) = self.on_its_way.take() {
            part.abort();
            let _ = part.await;
        }
        if let Some(parts) = &mut self.parts
            && let Err(error) = parts.abort().await
        {
            tracing::debug!(%error, "the parts of a file could not be given up");
        }
    }
}
