//! Formats of sound, and how media types name them.

use crate::AudioError;

/// A format that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudioFormat {
    /// MPEG-1, MPEG-2 or MPEG-2.5 audio layer III.
    Mp3,
    /// AAC-LC in ADTS.
    Aac,
    /// Opus in Ogg (RFC 7845).
    OggOpus,
    /// Vorbis in Ogg.
    OggVorbis,
}

impl AudioFormat {
    /// The media type for listeners. Ogg has its codec beside it (RFC 5334 §4).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::OggOpus => "audio/ogg; codecs=opus",
            Self::OggVorbis => "audio/ogg; codecs=vorbis",
        }
    }

    /// The name that people know.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mp3 => "MP3",
            Self::Aac => "AAC",
            Self::OggOpus => "Opus",
            Self::OggVorbis => "Vorbis",
        }
    }
}

/// Format, rate and channels of a stream of sound; they don't change while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioInfo {
    /// Its format.
    pub format: AudioFormat,
    /// Samples a second and channel. Of Opus, always 48,000 (RFC 7845 §4).
    pub rate: u32,
    /// One or two.
    pub channels: u8,
}

impl AudioInfo {
    /// Checks that the stream goes on as it began.
    ///
    /// # Errors
    /// [`AudioError::RateChanged`], [`AudioError::ChannelsChanged`], [`AudioError::CodecChanged`].
    pub fn check_same(self, next: Self) -> Result<(), AudioError> {
        if self.format != next.format {
            Err(AudioError::CodecChanged)
        } else if self.rate != next.rate {
            Err(AudioError::RateChanged { from: self.rate, to: next.rate })
        } else if self.channels != next.channels {
            Err(AudioError::ChannelsChanged { from: self.channels, to: next.channels })
        } else {
            Ok(())
        }
    }
}

/// Meaning of a source's `Content-Type`. Programs are often wrong about it, FFmpeg's default among
/// them, so it decides about nothing but what is surely not taken; the bytes decide the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredType {
    /// A type under which one of the formats comes.
    Sound,
    /// Nothing was said.
    Missing,
    /// Something that isn't taken.
    Other,
}

impl DeclaredType {
    /// Reads a `Content-Type` (RFC 9110 §8.3).
    pub fn of(content_type: Option<&str>) -> Self {
        let Some(value) = content_type else { return Self::Missing };
        let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "" | "application/octet-stream" => Self::Missing,
            "audio/mpeg" | "audio/mp3" | "audio/x-mp3" | "audio/x-mpeg" | "audio/mpeg3" => {
                Self::Sound
            }
            "audio/aac" | "audio/aacp" | "audio/x-aac" | "audio/x-hx-aac-adts" => Self::Sound,
            "audio/ogg" | "application/ogg" | "application/x-ogg" | "audio/x-ogg" => Self::Sound,
            "audio/opus" | "audio/vorbis" => Self::Sound,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_are_read_in_any_case_and_with_parameters() {
        let of = |it| DeclaredType::of(Some(it));
        assert_eq!(of("Audio/MPEG"), DeclaredType::Sound);
        assert_eq!(of("application/ogg; charset=utf-8"), DeclaredType::Sound);
        assert_eq!(of("audio/aacp"), DeclaredType::Sound);
        assert_eq!(of("audio/flac"), DeclaredType::Other);
        assert_eq!(of("video/webm"), DeclaredType::Other);
        assert_eq!(of("application/octet-stream"), DeclaredType::Missing);
        assert_eq!(DeclaredType::of(None), DeclaredType::Missing);
    }

    #[test]
    fn a_stream_goes_on_as_it_began() {
        let began = AudioInfo { format: AudioFormat::Mp3, rate: 44_100, channels: 2 };
        assert_eq!(began.check_same(began), Ok(()));
        let other = AudioInfo { rate: 48_000, ..began };
        let words = began.check_same(other).unwrap_err().to_string();
        assert!(words.contains("from 44100 to 48000 Hz"), "{words}");
        let mono = AudioInfo { channels: 1, ..began };
        assert_eq!(began.check_same(mono), Err(AudioError::ChannelsChanged { from: 2, to: 1 }));
    }
}
