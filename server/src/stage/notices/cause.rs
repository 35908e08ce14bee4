//! Causes, and the words for them: what is wrong, and what to set in OBS, FFmpeg or GStreamer.

use bandstand_domain::{Text, text};

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
    /// Another program or page has taken its place.
    Replaced,
    /// Another program uses the same key.
    Contested,
    /// Its key, which was called so, was revoked.
    Revoked(String),
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
            Self::Replaced => text!(server.cause.replaced),
            Self::Contested => text!(server.cause.contested),
            Self::Revoked(name) => text!(server.cause.revoked, name = name),
            Self::Elsewhere => text!(server.cause.elsewhere),
            Self::Full => text!(server.cause.full),
            Self::NeverConnected => text!(server.cause.never_connected),
            Self::Handshake(why) => text!(server.cause.handshake, why = why),
            Self::NoMedia => text!(server.cause.no_media),
        };
        text!(server.cause.tried, why = why)
    }
}
