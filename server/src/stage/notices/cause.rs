//! Causes, and the words for them: what is wrong, and what to set in OBS, FFmpeg or GStreamer.

/// Why a program of an artist is not on stage.
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
    /// For the artist.
    pub fn words(&self) -> String {
        let why = match self {
            Self::PictureFormat(formats) => format!(
                "its picture is {formats}. Set the video encoder to H.264 or AV1 (FFmpeg: \
                 -c:v libx264 -bf 0; GStreamer: x264enc)."
            ),
            Self::SoundFormat(formats) => format!(
                "its sound is {formats}. Set the audio encoder to Opus (FFmpeg: -c:a libopus -ar \
                 48000 -ac 2; GStreamer: opusenc)."
            ),
            Self::Offer(why) => format!(
                "{}. Check that it sends by WHIP, H.264 or AV1 with Opus, and that it is up to date.",
                why.trim_end_matches('.')
            ),
            Self::NothingOn => "none of your shows is on or starts within two hours. Announce one, \
                 or put the show's address behind the server's: /whip/ and what follows /shows/."
                .into(),
            Self::OtherShow => "the server's address in it names a show of somebody else. Copy the \
                 address from here anew."
                .into(),
            Self::NoShow => "the server's address in it names no show that there is. Copy the \
                 address from here anew."
                .into(),
            Self::Over => "the show is over. Announce the next one.".into(),
            Self::Replaced => "you are on stage from another place, which replaced it. Leave the \
                 stage there first, or stop the program."
                .into(),
            Self::Contested => "another program is on stage with the same stream key, and the two \
                 threw each other off. Stop one of them, or make a key for each."
                .into(),
            Self::Revoked(name) => format!(
                "its stream key, “{name}”, was revoked. Make a new one, and paste it there as the \
                 bearer token; or stop the program, if it isn't yours."
            ),
            Self::Elsewhere => {
                "you are on three other stages already. Leave one of them first.".into()
            }
            Self::Full => "the venue is full. It may try again in a few seconds.".into(),
            Self::NeverConnected => "it was let in, and then nothing of it came through. A firewall \
                 may keep it out: let UDP to the venue pass, or take another network."
                .into(),
            Self::Handshake(why) => format!(
                "it was let in, and then the encryption (DTLS) failed: {why}. Update the program; \
                 GStreamer needs 1.22 or newer, FFmpeg 8."
            ),
            Self::NoMedia => "it sent no whole picture within three seconds, so whoever was on \
                 stage has stayed. Set the keyframe interval to 2 s, and start its sound and picture \
                 before it connects. Without a picture, leave the picture out altogether."
                .into(),
        };
        format!("A program tried to come on stage: {why}")
    }
}
