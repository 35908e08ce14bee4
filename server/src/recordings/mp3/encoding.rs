//! Encoding of an MP3, on a thread that comes after all others.

use std::{collections::VecDeque, io, mem, thread};

use bandstand_radio::{AudioFormat, AudioInfo, Mp3File, SoundLibraries, TranscodeError};
use bandstand_recording::{FileSound, SoundReader};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use thiserror::Error;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use super::{
    plan::{Mp3Part, Mp3Plan},
    stored_reader::{StoredReader, StoredSource},
};
use crate::{recordings::thread_priority, storage::files::Files};

/// Pieces that wait to be written, of at most [`PIECE_BYTES`] and what a second takes.
const WAITING: usize = 4;
const PIECE_BYTES: usize = 64 * 1024;

/// Reason why an MP3 wasn't made.
#[derive(Debug, Error)]
pub(super) enum EncodingError {
    /// It isn't wanted any more, or the venue closes.
    #[error("it isn't wanted any more")]
    Stopped,
    /// A file can't be read.
    #[error("a file of the recording can't be read: {0}")]
    Read(#[from] io::Error),
    /// It can't be encoded.
    #[error(transparent)]
    Codec(#[from] TranscodeError),
}

/// Encoding of an MP3.
pub(super) struct Encoding {
    pub libraries: SoundLibraries,
    pub files: Files,
    pub plan: Mp3Plan,
    /// Ends it.
    pub stop: CancellationToken,
}

impl Encoding {
    /// The file, which is made as it is taken. It fails unless it is whole.
    pub fn start(self) -> impl Stream<Item = Result<Bytes, EncodingError>> + Send + 'static {
        let (out, taken) = mpsc::channel(WAITING);
        let (done, outcome) = oneshot::channel();
        let mut thread =
            EncodingThread { encoding: self, runtime: Handle::current(), out, piece: Vec::new() };
        let named = thread::Builder::new().name("mp3".into());
        let started = named.spawn(move || {
            thread_priority::lower();
            // Nobody waits for it any more when the venue has closed.
            let _ = done.send(thread.run());
        });
        let failed = started.err().map(|error| Err(EncodingError::Read(error)));
        let pieces = stream::unfold(taken, |mut taken| async {
            let piece = taken.recv().await?;
            Some((Ok(piece), taken))
        });
        let end = stream::once(outcome).filter_map(|outcome| async {
            // A thread that is gone without a word has panicked.
            let panicked = || Err(TranscodeError::Codec("the encoder has panicked".into()).into());
            outcome.unwrap_or_else(|_| panicked()).err().map(Err)
        });
        stream::iter(failed).chain(pieces).chain(end)
    }
}

/// Encoding on its thread.
struct EncodingThread {
    encoding: Encoding,
    runtime: Handle,
    out: mpsc::Sender<Bytes>,
    piece: Vec<u8>,
}

impl EncodingThread {
    fn run(&mut self) -> Result<(), EncodingError> {
        let done = self.encode();
        // What is read and written fails then.
        if self.encoding.stop.is_cancelled() { Err(EncodingError::Stopped) } else { done }
    }

    fn encode(&mut self) -> Result<(), EncodingError> {
        let Encoding { libraries, plan, .. } = &mut self.encoding;
        self.piece = mem::take(&mut plan.tag);
        let parts = mem::take(&mut plan.parts);
        let mut file = Mp3File::new(libraries.clone(), plan.length, &mut self.piece)?;
        for part in parts {
            let name = part.name.clone();
            match self.encode_part(&mut file, part) {
                Err(EncodingError::Read(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(
                        name,
                        "a file of a recording is damaged, and the rest of it silent"
                    );
                }
                done => done?,
            }
        }
        while !file.finish(&mut self.piece)? {
            self.send(PIECE_BYTES)?;
        }
        self.send(0)
    }

    fn encode_part(&mut self, file: &mut Mp3File, part: Mp3Part) -> Result<(), EncodingError> {
        let Mp3Part { name, ranges, time } = part;
        let mut sound = SoundReader::new(StoredReader {
            runtime: self.runtime.clone(),
            source: Some(StoredSource {
                files: self.encoding.files.clone(),
                name,
                ranges: VecDeque::from(ranges),
                open: None,
            }),
            stop: self.encoding.stop.clone(),
            piece: Bytes::new(),
        })?;
        let mut begun = false;
        while let Some(packet) = sound.next_packet()? {
            if !mem::replace(&mut begun, true) {
                file.begin(info_of(packet.sound))?;
            }
            let micros = i64::try_from(packet.time.as_micros()).unwrap_or(i64::MAX);
            let time = time.saturating_add(micros);
            while !file.advance(time, &mut self.piece)? {
                self.send(PIECE_BYTES)?;
            }
            file.push(time, &packet.data, &mut self.piece)?;
            self.send(PIECE_BYTES)?;
        }
        Ok(())
    }

    /// Sends what waits, if it is so much; waits for room.
    fn send(&mut self, least: usize) -> Result<(), EncodingError> {
        if self.encoding.stop.is_cancelled() {
            return Err(EncodingError::Stopped);
        }
        if self.piece.len() < least.max(1) {
            return Ok(());
        }
        let piece = mem::take(&mut self.piece).into();
        // Who wrote it has given up.
        self.out.blocking_send(piece).map_err(|_| EncodingError::Stopped)
    }
}

/// Format of a file's sound, as its decoder is told.
fn info_of(sound: FileSound) -> AudioInfo {
    let (format, rate, channels) = match sound {
        FileSound::Opus => (AudioFormat::OggOpus, 48_000, 2),
        FileSound::Mp3 { rate, channels } => (AudioFormat::Mp3, rate, channels),
        FileSound::Aac { rate, channels } => (AudioFormat::Aac, rate, channels),
    };
    AudioInfo { format, rate, channels }
}
