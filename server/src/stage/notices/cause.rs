//! Causes, and the words for them: what is wrong, and what to set in OBS, FFmpeg or GStreamer.

use bandstand_domain::{Text, recordings::RecordingStop, text, texts::Tell};

/// Reason for which an artist's program is not on stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its picture comes in these formats alone.
    PictureFormat(String),
    /// Its sound comes in these formats alone.
    SoundFormat(String),
    /// Its offer can't be taken for another reason.
    Offer(String),
    /// None of the artist's shows is due.
    NothingOn,
    /// The show that its address names is another artist's.
    OtherShow,
    /// Its address names no show.
    NoShow,
    /// The show is over.
    Over,
    /// The show that its address names starts much later.
    TooEarly,
    /// Another program or page has taken its place.
    Replaced,
    /// Another program uses the same key.
    Contested,
    /// Its key, which was called so, was revoked.
    Revoked(String),
    /// The same of a source client, whose key is its password.
    RevokedPassword(String),
    /// It called itself so, and its API token was revoked.
    RevokedToken(String),
    /// The artist keeps the stage for another source.
    Kept,
    /// The artist is on as many other stages as one may be.
    Elsewhere,
    /// The venue has no room.
    Full,
    /// No packet of it came through.
    NeverConnected,
    /// Its encryption and the venue's don't fit; why.
    Handshake(String),
    /// It sent nothing that could be shown, while somebody else was on stage.
    NoMedia,
    /// A source client's stream is in this format.
    StreamFormat(String),
    /// Its stream is AAC of a kind that isn't taken.
    StreamAac,
    /// Nothing that is taken was found in it.
    StreamUnknown,
    /// It has more than two channels, or a layout of its own.
    StreamChannels,
    /// Its rate, channels or codec changed in the midst.
    StreamChanged,
    /// Its headers can't be read, or are too long.
    StreamHeaders,
    /// Nothing came from it for long.
    StreamStalled,
    /// It names no show, and none of the artist's is due.
    StreamNothingOn,
    /// The show isn't recorded any more.
    Recording(RecordingStop),
}

impl Cause {
    /// Returns the words for the artist: what is wrong, and what to set.
    pub fn words(&self) -> Text {
        let why = match self {
            Self::PictureFormat(formats) => text!(server.cause.picture_format, formats = formats),
            Self::SoundFormat(formats) => text!(server.cause.sound_format, formats = formats),
            Self::Offer(why) => text!(server.cause.offer, why = why.trim_end_matches('.')),
            Self::NothingOn => text!(server.cause.nothing_on),
            Self::OtherShow => text!(server.cause.other_show),
            Self::NoShow => text!(server.cause.no_show),
            Self::Over => text!(server.cause.over),
            Self::TooEarly => text!(server.cause.too_early),
            Self::Replaced => text!(server.cause.replaced),
            Self::Contested => text!(server.cause.contested),
            Self::Revoked(name) => text!(server.cause.revoked, name = name),
            Self::RevokedPassword(name) => text!(server.cause.revoked_password, name = name),
            Self::RevokedToken(name) => text!(server.cause.revoked_token, name = name),
            Self::Kept => text!(server.cause.kept),
            Self::Elsewhere => text!(server.cause.elsewhere),
            Self::Full => text!(server.cause.full),
            Self::NeverConnected => text!(server.cause.never_connected),
            Self::Handshake(why) => text!(server.cause.handshake, why = why),
            Self::NoMedia => text!(server.cause.no_media),
            Self::StreamFormat(format) => text!(server.cause.stream_format, format = format),
            Self::StreamAac => text!(server.cause.stream_aac),
            Self::StreamUnknown => text!(server.cause.stream_unknown),
            Self::StreamChannels => text!(server.cause.stream_channels),
            Self::StreamChanged => text!(server.cause.stream_changed),
            Self::StreamHeaders => text!(server.cause.stream_headers),
            Self::StreamStalled => text!(server.cause.stream_stalled),
            Self::StreamNothingOn => text!(server.cause.stream_nothing_on),
            // No program of theirs tried anything.
            Self::Recording(why) => return why.text(),
        };
        text!(server.cause.tried, why = why)
    }
}
