//! Causes, and the words for them: what is wrong, and what to set in OBS, FFmpeg or GStreamer.

use bandstand_sfu::{EndReason, HandshakeFailure};

/// Formats of pictures that are taken, as SDP calls them.
const PICTURES: [&str; 4] = ["H264", "VP8", "VP9", "AV1"];
/// Formats of sound.
const SOUNDS: [&str; 1] = ["OPUS"];
/// What accompanies formats and is none.
const NO_FORMATS: [&str; 7] =
    ["RTX", "RED", "ULPFEC", "FLEXFEC", "FLEXFEC-03", "CN", "TELEPHONE-EVENT"];
/// The most letters of a format's name that are repeated.
const LONGEST_NAME: usize = 16;

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
    /// Its encryption and the venue's don't fit.
    Handshake(HandshakeFailure),
    /// It sent nothing that could be shown, while somebody else was on stage.
    NoMedia,
}

impl Cause {
    /// Why an offer is not taken, by what is wrong with it and the offer itself.
    pub fn of_offer(why: &str, offer: &str) -> Self {
        let foreign = |kind: &str, taken: &[&str]| {
            let formats = formats(offer, kind);
            let known = formats.iter().any(|it| taken.contains(&it.as_str()));
            (!formats.is_empty() && !known).then(|| formats.join(", "))
        };
        if let Some(formats) = foreign("video", &PICTURES) {
            Self::PictureFormat(formats)
        } else if let Some(formats) = foreign("audio", &SOUNDS) {
            Self::SoundFormat(formats)
        } else {
            Self::Offer(why.to_owned())
        }
    }

    /// Why a program that was let in is not on stage; none when that is seen on stage, or was wanted.
    pub fn of_end(reason: EndReason) -> Option<Self> {
        match reason {
            EndReason::NeverConnected => Some(Self::NeverConnected),
            EndReason::HandshakeFailed(why) => Some(Self::Handshake(why)),
            EndReason::NoMedia => Some(Self::NoMedia),
            _ => None,
        }
    }

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

/// The names of the formats that the m-lines of one kind offer, as people call them where they differ
/// from what SDP says; those that aren't taken by the venue's names.
fn formats(offer: &str, kind: &str) -> Vec<String> {
    let mut here = false;
    let mut formats = Vec::new();
    for line in offer.lines().map(str::trim) {
        if let Some(media) = line.strip_prefix("m=") {
            here = media.starts_with(kind);
        }
        let name = line.strip_prefix("a=rtpmap:").and_then(|it| it.split_once(' '));
        let name = name.and_then(|(_, format)| format.split('/').next()).filter(|_| here);
        let Some(name) = name.map(str::to_ascii_uppercase) else { continue };
        // What a program writes there is shown: letters, digits and a few signs.
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let name: String = name.chars().filter(|c| plain(*c)).take(LONGEST_NAME).collect();
        if name.is_empty() || NO_FORMATS.contains(&name.as_str()) {
            continue;
        }
        let name = match name.as_str() {
            "H265" | "HEVC" => "HEVC (H.265)".to_owned(),
            "MPEG4-GENERIC" | "MP4A-LATM" => "AAC".to_owned(),
            "PCMU" | "PCMA" => "G.711".to_owned(),
            _ => name,
        };
        if !formats.contains(&name) && formats.len() < 3 {
            formats.push(name);
        }
    }
    formats
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(sound: &str, picture: &str) -> String {
        format!(
            "v=0\r\nm=audio 9 x 96\r\na=rtpmap:96 {sound}\r\nm=video 9 x 97 98\r\n\
             a=rtpmap:97 {picture}\r\na=rtpmap:98 rtx/90000\r\n"
        )
    }

    #[test]
    fn each_cause_says_what_to_do() {
        use Cause::*;
        let of = |sound, picture| Cause::of_offer("no codec in common", &offer(sound, picture));
        let cases = [
            (
                of("opus/48000/2", "H265/90000"),
                "its picture is HEVC (H.265). Set the video encoder to H.264",
            ),
            (
                of("MPEG4-GENERIC/48000/2", "H264/90000"),
                "its sound is AAC. Set the audio encoder to Opus",
            ),
            (of("opus/48000/2", "H264/90000"), "no codec in common. Check that it sends by WHIP"),
            (NothingOn, "none of your shows is on or starts within two hours"),
            (OtherShow, "names a show of somebody else"),
            (NoShow, "names no show that there is"),
            (Over, "the show is over"),
            (Replaced, "on stage from another place"),
            (Contested, "with the same stream key"),
            (Revoked("OBS at home".into()), "its stream key, “OBS at home”, was revoked"),
            (Elsewhere, "three other stages"),
            (Full, "the venue is full"),
            (Cause::of_end(EndReason::NeverConnected).unwrap(), "A firewall may keep it out"),
            (
                Cause::of_end(EndReason::HandshakeFailed(HandshakeFailure::NoCertificate)).unwrap(),
                "encryption (DTLS) failed: it has no certificate. Update",
            ),
            (Cause::of_end(EndReason::NoMedia).unwrap(), "Set the keyframe interval to 2 s"),
        ];
        for (cause, part) in cases {
            let words = cause.words();
            assert!(words.starts_with("A program tried to come on stage: "), "{words}");
            assert!(words.contains(part) && words.ends_with('.'), "{words}");
        }
        assert_eq!(Cause::of_end(EndReason::ConnectionLost), None);
    }

    #[test]
    fn what_a_program_calls_a_format_is_shown_in_plain_letters() {
        let odd = offer("opus/48000/2", &format!("<b>{}/90000", "x".repeat(200)));
        let Cause::PictureFormat(name) = Cause::of_offer("", &odd) else { panic!() };
        assert!(name.len() <= LONGEST_NAME && name.chars().all(char::is_alphanumeric), "{name}");
    }
}
