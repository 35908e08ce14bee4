//! Bandstand's radio: sound by HTTP from one source client to many listeners.
//!
//! [`source`] reads what a source client says: the head of its request, the framing of its body, its
//! password, the titles that it sends beside the sound. A [`Framer`] cuts the sound into frames and pages
//! without decoding it, and refuses what isn't taken, with words. An [`AudioRing`] keeps the latest
//! seconds; listeners are [`RingCursor`]s in it. [`IcyWriter`] puts titles between the bytes for players
//! that ask for them. A [`Transcoder`] makes MP3 of whatever comes.
//!
//! For the media core, which knows packets of Opus alone, a [`PacketStream`] makes those of whatever comes, and
//! [`Playout`] spreads them over time; an [`OggOpusMuxer`] makes a stream of those that come from there.
//!
//! For files there are an [`OggPage`], [`mp3_frame`], [`aac_frame`] and [`opus_samples`]; a [`FrameStream`] has the
//! frames of a stream as they came, and a [`SourceClock`] says when they are heard. An [`Mp3File`] is made of packets
//! at their times, with an [`Id3Tag`] before it.
//!
//! There are no sockets and no clocks here: bytes are pushed in, and time is told.
#![warn(missing_docs)]

mod error;
mod format;
mod frame_stream;
mod framing;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod icy;
mod id3_tag;
mod mux;
mod opus_packet;
mod pace;
pub mod playlist;
mod playout;
mod ring;
pub mod source;
mod source_clock;
mod title;
mod transcode;

pub use error::{AudioError, ForeignFormat, TAKEN_FORMATS};
pub use format::{AudioFormat, AudioInfo, DeclaredType};
pub use frame_stream::{FrameStream, StreamFrame};
pub use framing::{
    AacFrame, Framed, Framer, Mp3Frame, Page as OggPage, PageStart as OggPageStart, SoundFrame,
    StreamTail, aac_frame, mp3_frame,
};
pub use icy::IcyWriter;
pub use id3_tag::{Id3Chapter, Id3Tag};
pub use mux::OggOpusMuxer;
pub use opus_packet::{SoundPacket, samples_of as opus_samples};
pub use pace::{ByteBudget, Liveliness, Pacer};
pub use playout::Playout;
pub use ring::{AudioRing, RingCursor, RingLimits, RingPiece, RingRead};
pub use source_clock::SourceClock;
pub use title::{MAX_TITLE, Title, decode_text};
pub use transcode::{
    MP3_KBITS, Mp3File, PacketStream, SharedDecoder, SoundLibraries, TranscodeError, Transcoder,
};
