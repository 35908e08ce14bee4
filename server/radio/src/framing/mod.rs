//! Framing: where frames and pages of a stream begin and end, and how long they last. Nothing is decoded.

mod adts;
mod id3;
mod mpeg;
mod ogg;
mod sniff;
mod splitter;

use bytes::{Bytes, BytesMut};

use self::{
    adts::AdtsHeader,
    id3::TagReader,
    mpeg::MpegHeader,
    ogg::{LinkTail, OggFramer},
    sniff::{Sniffed, sniff},
    splitter::FrameSplitter,
};
pub use self::{
    adts::{AacFrame, aac_frame},
    mpeg::{Mp3Frame, mp3_frame},
    ogg::{Page, PageStart, write_headers},
};
use crate::{AudioError, AudioInfo, Title};

/// Bytes without any sound in them after which a stream is refused.
const MAX_GARBAGE: usize = 128 * 1024;

/// A part of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// Format of the sound. It comes first, and once.
    Began(AudioInfo),
    /// Headers that decoders need before the sound that follows. They come again when the stream goes on as
    /// another link of a chain (RFC 3533 §4).
    Headers(Bytes),
    /// Title from here on, as the stream itself tells it.
    Title(Title),
    /// Sound.
    Sound(SoundFrame),
}

/// A frame or a page, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SoundFrame {
    /// Its bytes.
    pub bytes: Bytes,
    /// Length in samples of each channel.
    pub samples: u32,
    /// A newcomer can begin with it.
    pub is_entry: bool,
}

/// End of a stream, so that another one can go on there as if it were the same; nothing but the pages of Ogg
/// are counted.
#[derive(Clone, Debug, Default)]
pub struct StreamTail(Option<LinkTail>);

/// Cuts a stream into frames or pages.
#[derive(Debug, Default)]
pub struct Framer {
    state: State,
    /// End of an earlier stream.
    tail: StreamTail,
}

#[derive(Debug)]
enum State {
    /// Not known yet; what came so far, a tag that is passed over, what that told, and how much was skipped.
    Sniffing {
        buffer: BytesMut,
        tag: TagReader,
        title: Option<Title>,
        skipped: usize,
    },
    Mp3(FrameSplitter<MpegHeader>),
    Aac(FrameSplitter<AdtsHeader>),
    Ogg(Box<OggFramer>),
}

impl Default for State {
    fn default() -> Self {
        let (buffer, tag) = (BytesMut::new(), TagReader::default());
        Self::Sniffing { buffer, tag, title: None, skipped: 0 }
    }
}

impl Framer {
    /// At the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Present end of the stream.
    pub fn tail(&self) -> StreamTail {
        match &self.state {
            State::Ogg(framer) => StreamTail(framer.tail()),
            State::Sniffing { .. } | State::Mp3(_) | State::Aac(_) => StreamTail::default(),
        }
    }

    /// Goes on where an earlier stream stopped, if a decoder of that can go on with this one; then no headers
    /// come, because they are the same. Returns whether it does so now: before its headers have come, it
    /// isn't known.
    pub fn go_on_after(&mut self, tail: StreamTail) -> bool {
        match (&mut self.state, tail.0) {
            (State::Ogg(framer), Some(tail)) => framer.go_on_after(tail),
            (State::Sniffing { .. }, tail) => {
                self.tail = StreamTail(tail);
                false
            }
            _ => false,
        }
    }

    /// Takes what came next, and appends what is whole to `framed`. What is kept here until more comes is bounded
    /// by the longest frame or page, and by the headers; of those that go out, whoever keeps them has to count.
    ///
    /// # Errors
    /// [`AudioError`]; the framer is not to be used any more then.
    pub fn push(&mut self, bytes: &[u8], framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        if let State::Sniffing { buffer, tag, title, skipped } = &mut self.state {
            buffer.extend_from_slice(bytes);
            let known = match sniff(buffer, tag, title, skipped)? {
                Sniffed::Nothing => return Ok(()),
                Sniffed::Mp3 => State::Mp3(FrameSplitter::titled(title.take())),
                Sniffed::Aac => State::Aac(FrameSplitter::titled(title.take())),
                Sniffed::Ogg => State::Ogg(Box::default()),
            };
            let start = std::mem::take(buffer);
            self.state = known;
            let before = std::mem::take(&mut self.tail);
            self.go_on_after(before);
            return self.push_known(&start, framed);
        }
        self.push_known(bytes, framed)
    }

    fn push_known(&mut self, bytes: &[u8], framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        match &mut self.state {
            State::Sniffing { .. } => Ok(()),
            State::Mp3(splitter) => splitter.push(bytes, framed),
            State::Aac(splitter) => splitter.push(bytes, framed),
            State::Ogg(framer) => framer.push(bytes, framed),
        }
    }
}

#[cfg(test)]
mod tests;
