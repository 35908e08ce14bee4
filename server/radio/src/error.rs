//! Errors of a stream of sound, in words for people who read their program's log.

use thiserror::Error;

/// The formats that are taken, as people call them.
pub const TAKEN_FORMATS: &str = "MP3, AAC-LC (ADTS), Ogg Opus and Ogg Vorbis";

/// A format that is recognised and not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignFormat {
    /// FLAC, bare or in Ogg.
    Flac,
    /// PCM in RIFF WAVE.
    Wav,
    /// MP4 or M4A.
    Mp4,
    /// Matroska or WebM.
    Matroska,
    /// AAC in LOAS, LATM's framing (ISO/IEC 14496-3 §1.7.2).
    Loas,
    /// MPEG transport stream.
    TransportStream,
    /// Another codec in Ogg.
    OtherOgg,
    /// A video codec beside the sound.
    Video,
    /// A web page or other text.
    Text,
}

impl ForeignFormat {
    /// The name that people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Flac => "FLAC",
            Self::Wav => "WAV",
            Self::Mp4 => "MP4",
            Self::Matroska => "Matroska or WebM",
            Self::Loas => "AAC in LATM",
            Self::TransportStream => "MPEG-TS",
            Self::OtherOgg => "another codec in Ogg",
            Self::Video => "video",
            Self::Text => "text",
        }
    }
}

/// Reason to refuse a stream, at its beginning or in its midst. What was framed before is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AudioError {
    /// A format that is known by its first bytes and isn't taken.
    #[error("The stream is {}. Set the program to one of {TAKEN_FORMATS}.", .0.name())]
    Foreign(ForeignFormat),
    /// Nothing that is taken was found in many bytes.
    #[error("No sound was found in the stream. Set the program to one of {TAKEN_FORMATS}.")]
    Unrecognised,
    /// HE-AAC, whose core has half the rate.
    #[error(
        "The stream is HE-AAC (AAC+), or AAC of 24 kHz or less. Set the encoder to AAC-LC at 44.1 or 48 kHz, \
         or to another of {TAKEN_FORMATS}."
    )]
    HeAac,
    /// AAC of another profile than LC.
    #[error("The stream is AAC of another profile. Set the encoder to AAC-LC.")]
    AacProfile,
    /// More than two channels, or a layout of its own.
    #[error(
        "The stream has more than two channels, or a layout of its own. Set the encoder to stereo or mono."
    )]
    Channels,
    /// The rate changed in the midst, in Hz.
    #[error(
        "The sample rate changed from {from} to {to} Hz. Start the program anew with one rate."
    )]
    RateChanged {
        /// The rate that the stream began with.
        from: u32,
        /// The rate that came.
        to: u32,
    },
    /// The number of channels changed in the midst.
    #[error(
        "The sound changed from {from} to {to} channels. Start the program anew with one number."
    )]
    ChannelsChanged {
        /// The number that the stream began with.
        from: u8,
        /// The number that came.
        to: u8,
    },
    /// Ogg changed from one codec to another.
    #[error("The codec changed in the midst of the stream. Start the program anew with one codec.")]
    CodecChanged,
    /// Headers of Ogg that are longer than anybody needs.
    #[error("The headers of the Ogg stream are too long. Take the picture out of its comments.")]
    HeadersTooLong,
    /// Links of a chain that each bring other headers, one after the other.
    #[error("The Ogg stream begins anew too often. Keep one codec and one quality.")]
    TooManyLinks,
    /// A page of Ogg with more sound than a listener should wait for.
    #[error("A page of the Ogg stream lasts too long. Set the program to a page a second.")]
    PageTooLong,
    /// Headers of Ogg that can't be read.
    #[error("The headers of the Ogg stream can't be read.")]
    Headers,
}
