//! Lengths of packets, by their first bytes: what a source says about its positions may be anything, and
//! those of a stream that is relayed begin anywhere.

use super::vorbis::VorbisSetup;
use crate::{AudioError, AudioFormat, opus_packet::samples_of};

/// Counts the samples of a link's packets.
#[derive(Clone, Debug)]
pub enum PacketClock {
    /// Each packet says how long it is.
    Opus,
    /// Each packet gives what overlaps with the one before.
    Vorbis {
        /// The lengths of its windows.
        setup: VorbisSetup,
        /// The window of the packet before.
        before: Option<u32>,
    },
}

impl PacketClock {
    /// A clock for a link with these headers.
    ///
    /// # Errors
    /// [`AudioError::Headers`] when they are broken, or ask for more than a decoder should give.
    pub fn new(format: AudioFormat, headers: &[Vec<u8>]) -> Result<Self, AudioError> {
        match (format, headers) {
            (AudioFormat::OggOpus, [_, comments]) if comments.starts_with(b"OpusTags") => {
                Ok(Self::Opus)
            }
            (AudioFormat::OggVorbis, [head, comments, setup])
                if comments.starts_with(b"\x03vorbis") =>
            {
                let setup = VorbisSetup::read(head, setup)?;
                Ok(Self::Vorbis { setup, before: None })
            }
            _ => Err(AudioError::Headers),
        }
    }

    /// Goes on after another link, whose decoder is the same.
    pub fn go_on_after(&mut self, tail: &Self) {
        if let (Self::Vorbis { before, .. }, Self::Vorbis { before: last, .. }) = (self, tail) {
            *before = *last;
        }
    }

    /// Samples that the packet with these first two bytes gives, or the one, or none.
    pub fn samples(&mut self, start: &[u8]) -> u32 {
        match self {
            Self::Opus => samples_of(start),
            Self::Vorbis { setup, before } => {
                let Some(window) = start.first().and_then(|it| setup.window(*it)) else { return 0 };
                before.replace(window).map_or(0, |before| before / 4 + window / 4)
            }
        }
    }
}
