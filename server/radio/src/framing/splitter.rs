//! Streams of frames that each begin with a header: MP3 and ADTS.

use bytes::{Buf, BytesMut};

use super::{
    Framed, MAX_GARBAGE, SoundFrame,
    id3::{TagReader, TagStart, tag_start},
};
use crate::{AudioError, AudioInfo, Title};

/// The header of a frame.
pub trait FrameHeader: Copy {
    /// Its bytes that are read.
    const LENGTH: usize;

    /// Reads one at the beginning of `bytes`, which are enough.
    fn parse(bytes: &[u8]) -> Option<Self>;

    /// Bytes of the whole frame.
    fn length(&self) -> usize;

    /// Samples of each channel.
    fn samples(&self) -> u32;

    /// Format of the sound.
    fn info(&self) -> AudioInfo;

    /// Checks that sound of this kind is taken.
    ///
    /// # Errors
    /// [`AudioError`].
    fn check(&self) -> Result<(), AudioError>;

    /// Tells whether a frame has no sound, and is left out.
    fn is_table(&self, frame: &[u8]) -> bool;
}

/// Cuts a stream into frames. Two headers a frame apart are needed to believe in the first: bytes that look
/// like one are in every sound.
#[derive(Debug)]
pub struct FrameSplitter<H> {
    buffer: BytesMut,
    began: Option<AudioInfo>,
    /// The next frame begins where the buffer does.
    synced: bool,
    /// A tag that is passed over.
    tag: TagReader,
    /// The title that such a tag told, of the sound that comes next.
    title: Option<Title>,
    /// Bytes since the last frame.
    skipped: usize,
    header: std::marker::PhantomData<H>,
}

impl<H> FrameSplitter<H> {
    /// At the beginning of a stream, whose first sound has this title, if one is known.
    pub fn titled(title: Option<Title>) -> Self {
        let (buffer, header) = (BytesMut::new(), std::marker::PhantomData);
        let tag = TagReader::default();
        Self { buffer, began: None, synced: false, tag, title, skipped: 0, header }
    }
}

/// Frame at the beginning of the buffer.
enum Next<H> {
    Frame(H),
    Tag(u64),
    Garbage,
    /// It can't be told yet.
    Unknown,
}

impl<H: FrameHeader> FrameSplitter<H> {
    /// Takes what came next; see [`super::Framer::push`].
    ///
    /// # Errors
    /// [`AudioError`].
    pub fn push(&mut self, bytes: &[u8], framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        self.buffer.extend_from_slice(bytes);
        loop {
            if let Some(title) = self.tag.pass(&mut self.buffer) {
                self.title = Some(title);
            }
            match self.next()? {
                Next::Unknown => return Ok(()),
                Next::Tag(length) => self.tag = TagReader::new(length),
                Next::Garbage => self.skip()?,
                Next::Frame(header) => self.take(header, framed)?,
            }
        }
    }

    fn next(&self) -> Result<Next<H>, AudioError> {
        let bytes = &self.buffer[..];
        if bytes.is_empty() {
            return Ok(Next::Unknown);
        }
        match tag_start(bytes) {
            TagStart::Tag(length) => return Ok(Next::Tag(length)),
            TagStart::Unknown => return Ok(Next::Unknown),
            TagStart::Other => {}
        }
        if bytes.len() < H::LENGTH {
            let sync = bytes[0] == 0xff;
            return Ok(if sync { Next::Unknown } else { Next::Garbage });
        }
        let Some(header) = H::parse(bytes) else { return Ok(Next::Garbage) };
        let fits = self.began.is_none_or(|it| it == header.info() && header.check().is_ok());
        let whole = bytes.len() >= header.length();
        if self.synced && fits {
            return Ok(if whole { Next::Frame(header) } else { Next::Unknown });
        }
        match bytes.get(header.length()..header.length() + H::LENGTH).map(H::parse) {
            None => Ok(Next::Unknown),
            Some(Some(after)) if after.info() == header.info() => {
                if let Some(began) = self.began {
                    began.check_same(header.info())?;
                    header.check()?;
                }
                Ok(Next::Frame(header))
            }
            Some(_) => Ok(Next::Garbage),
        }
    }

    fn take(&mut self, header: H, framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        if self.began.is_none() {
            header.check()?;
            self.began = Some(header.info());
            framed.push(Framed::Began(header.info()));
        }
        (self.synced, self.skipped) = (true, 0);
        let bytes = self.buffer.split_to(header.length()).freeze();
        if !header.is_table(&bytes) {
            framed.extend(self.title.take().map(Framed::Title));
            let samples = header.samples();
            framed.push(Framed::Sound(SoundFrame { bytes, samples, is_entry: true }));
        }
        Ok(())
    }

    /// Skips bytes that are no frame, up to the next one that may begin something.
    fn skip(&mut self) -> Result<(), AudioError> {
        let next = self.buffer[1..].iter().position(|it| matches!(it, 0xff | b'I' | b'T'));
        let count = next.map_or(self.buffer.len(), |it| it + 1);
        self.buffer.advance(count);
        self.synced = false;
        self.skipped += count;
        if self.skipped > MAX_GARBAGE { Err(AudioError::Unrecognised) } else { Ok(()) }
    }
}
