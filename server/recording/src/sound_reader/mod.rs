//! Sound of a file, read from its beginning to its end without seeking: packets with their times, for a decoder.

mod mp4;
mod webm;

use std::{
    io::{self, BufReader, Chain, Cursor, Read},
    time::Duration,
};

use self::{mp4::Mp4Sound, webm::WebmSound};

/// Bytes that tell the container.
const START: usize = 8;
/// Longest packet of sound: what is longer is none.
const MAX_PACKET: u64 = 1 << 20;

/// Codec of a file's sound, as its decoder has to know it. A further one has its place here, where the containers
/// are read, and where a decoder is made for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSound {
    /// Opus, whose decoders give 48 kHz.
    Opus,
    /// MP3: frames with their headers.
    Mp3 {
        /// Samples a second.
        rate: u32,
        /// One or two.
        channels: u8,
    },
    /// AAC-LC: frames without headers.
    Aac {
        /// Samples a second.
        rate: u32,
        /// One or two.
        channels: u8,
    },
}

/// Packet of a file's sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSoundPacket {
    /// Its codec; the same in all of a file.
    pub sound: FileSound,
    /// Media time of its first sample.
    pub time: Duration,
    /// The packet.
    pub data: Vec<u8>,
}

/// Reader of the sound of a file that a recorder has written, or of its header and any of its fragments. It keeps
/// one packet, and the head of one fragment.
#[derive(Debug)]
pub struct SoundReader<R: Read> {
    input: Input<R>,
    container: Container,
}

#[derive(Debug)]
enum Container {
    WebM(WebmSound),
    Mp4(Mp4Sound),
}

impl<R: Read> SoundReader<R> {
    /// Begins to read a file.
    ///
    /// # Errors
    /// As the reader; of kind `InvalidData` for what is neither WebM nor MP4.
    pub fn new(mut reader: R) -> io::Result<Self> {
        let mut start = Vec::with_capacity(START);
        (&mut reader).take(START as u64).read_to_end(&mut start)?;
        let container = match start.as_slice() {
            [0x1a, 0x45, 0xdf, 0xa3, ..] => Container::WebM(WebmSound::default()),
            [_, _, _, _, b'f', b't', b'y', b'p'] => Container::Mp4(Mp4Sound::default()),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let reader = BufReader::with_capacity(1 << 16, Cursor::new(start).chain(reader));
        Ok(SoundReader { input: Input { reader, at: 0 }, container })
    }

    /// Reads the next packet; none at the end, or if there is no sound. What is cut off is left out.
    ///
    /// # Errors
    /// As the reader; of kind `InvalidData` for what no recorder writes.
    pub fn next_packet(&mut self) -> io::Result<Option<FileSoundPacket>> {
        match &mut self.container {
            Container::WebM(sound) => sound.next(&mut self.input),
            Container::Mp4(sound) => sound.next(&mut self.input),
        }
    }
}

/// Bytes one after the other.
#[derive(Debug)]
struct Input<R: Read> {
    reader: BufReader<Chain<Cursor<Vec<u8>>, R>>,
    /// Offset of what is read next.
    at: u64,
}

impl<R: Read> Input<R> {
    /// Reads so many bytes; none where there are fewer.
    fn read(&mut self, count: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(count).read_to_end(&mut bytes)?;
        self.at += read as u64;
        Ok((bytes.len() as u64 == count).then_some(bytes))
    }

    /// Passes so many bytes, or all there are.
    fn skip(&mut self, count: u64) -> io::Result<()> {
        self.at += io::copy(&mut (&mut self.reader).take(count), &mut io::sink())?;
        Ok(())
    }
}
