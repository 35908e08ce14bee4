//! Files of the data folder that come in, and who writes them.

use std::{
    collections::HashMap,
    io::{self, SeekFrom},
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::body::Body;
use bandstand_domain::uploads::RoomFileId;
use futures::StreamExt;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncSeekExt, AsyncWriteExt},
    sync::{OwnedMutexGuard, Semaphore},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::checksum::PieceChecksum;
use crate::{
    config::Config,
    http::connections::{Admission, Connections, NoCapacity},
    storage::folders::make_private,
};

/// The most pieces that come in at once.
const MAX_COMING: usize = 512;
/// The most of them from one address: six connections of a browser, and a household of them.
const MAX_FROM_ADDRESS: usize = 32;
/// Timeout of a piece of which nothing comes.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// Timeout of a piece as a whole; who isn't done goes on with another one.
const PIECE_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Timeout of the one before, which is asked to end when another one comes.
const HANDOVER_TIMEOUT: Duration = Duration::from_secs(10);

/// Files that come in.
#[derive(Clone, Debug)]
pub struct IncomingFiles {
    connections: Connections,
    writers: Arc<Mutex<HashMap<RoomFileId, Weak<Writer>>>>,
    /// One file at a time is looked at, as it is in memory as a whole.
    pub turn: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Writer {
    turn: Arc<tokio::sync::Mutex<()>>,
    stop: Mutex<CancellationToken>,
}

/// The right to write one file; nobody else has it meanwhile.
#[derive(Debug)]
pub struct WriterClaim {
    /// Cancelled when somebody else wants it: the client has come back by another connection.
    pub stop: CancellationToken,
    _writer: Arc<Writer>,
    _turn: OwnedMutexGuard<()>,
}

/// The end of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceEnd {
    /// It came as a whole.
    Whole,
    /// It broke off; what came of it counts.
    BrokenOff,
    /// It was longer than what is left of the file; nothing of it counts.
    TooLong,
    /// It isn't what its checksum says; nothing of it counts.
    WrongChecksum,
}

impl IncomingFiles {
    /// Nothing comes yet.
    pub fn new(config: &Config) -> Self {
        Self {
            connections: Connections::new(
                config.widened(MAX_COMING),
                config.widened(MAX_FROM_ADDRESS),
            ),
            writers: Arc::default(),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// A place for one more piece from `address`.
    pub fn admit(&self, address: IpAddr) -> Result<Admission, NoCapacity> {
        self.connections.admit(address)
    }

    /// Asks whoever writes the file to end, and takes their place; none when they don't in time.
    pub async fn claim(&self, id: RoomFileId) -> Option<WriterClaim> {
        let writer = {
            let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.retain(|_, writer| writer.strong_count() > 0);
            let known = writers.get(&id).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let writer = Arc::new(Writer::default());
                writers.insert(id, Arc::downgrade(&writer));
                writer
            })
        };
        let current = || writer.stop.lock().unwrap_or_else(PoisonError::into_inner);
        current().cancel();
        let turn = timeout(HANDOVER_TIMEOUT, writer.turn.clone().lock_owned()).await.ok()?;
        let stop = CancellationToken::new();
        *current() = stop.clone();
        Some(WriterClaim { stop, _writer: writer.clone(), _turn: turn })
    }
}

/// Folder of files that come in.
pub fn folder(config: &Config) -> PathBuf {
    config.data.join("uploads")
}

/// Path of a file that comes in.
pub fn path(config: &Config, id: RoomFileId) -> PathBuf {
    folder(config).join(id.0.simple().to_string())
}

/// Path of what is made of it.
pub fn prepared_path(config: &Config, id: RoomFileId) -> PathBuf {
    folder(config).join(format!("{}-done", id.0.simple()))
}

/// Removes what is there of a file that came in.
pub async fn remove(config: &Config, id: RoomFileId) {
    for path in [path(config, id), prepared_path(config, id)] {
        match tokio::fs::remove_file(&path).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "what came in of a file could not be deleted yet"),
        }
    }
}

/// Writes a piece of a file that begins at `offset` and ends at `most` at the latest; answers up to where the file
/// is on the disk for certain.
///
/// # Errors
/// As the disk.
pub async fn append(
    path: &Path,
    (offset, most): (u64, u64),
    body: Body,
    mut checksum: Option<PieceChecksum>,
    claim: &WriterClaim,
) -> io::Result<(u64, PieceEnd)> {
    let mut file = open(path, offset).await?;
    let mut pieces = body.into_data_stream();
    let deadline = Instant::now() + PIECE_TIMEOUT;
    let mut at = offset;
    let mut end = loop {
        let next = timeout_at(deadline, timeout(SILENCE_TIMEOUT, pieces.next()));
        let piece = tokio::select! {
            biased;
            () = claim.stop.cancelled() => break PieceEnd::BrokenOff,
            piece = next => piece,
        };
        let piece = match piece {
            Ok(Ok(Some(Ok(piece)))) => piece,
            Ok(Ok(None)) => break PieceEnd::Whole,
            _ => break PieceEnd::BrokenOff,
        };
        if at + piece.len() as u64 > most {
            break PieceEnd::TooLong;
        }
        file.write_all(&piece).await?;
        if let Some(checksum) = &mut checksum {
            checksum.update(&piece);
        }
        at += piece.len() as u64;
    };
    if let Some(checksum) = checksum
        && end != PieceEnd::TooLong
        && !checksum.holds()
    {
        end = PieceEnd::WrongChecksum;
    }
    file.flush().await?;
    if matches!(end, PieceEnd::TooLong | PieceEnd::WrongChecksum) {
        at = offset;
        file.set_len(offset).await?;
    }
    file.sync_data().await?;
    Ok((at, end))
}

/// Opens a file that ends at `offset`: what the program wrote last before it ended doesn't count.
async fn open(path: &Path, offset: u64) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        make_private(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(offset == 0);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    if file.metadata().await?.len() < offset {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    file.set_len(offset).await?;
    file.seek(SeekFrom::Start(offset)).await?;
    Ok(file)
}
