//! Causes why a program that speaks WHIP is not on stage, read from its offer and from its session's end.

use bandstand_sfu::EndReason;

use crate::stage::notices::Cause;

/// Formats of pictures that are taken, as SDP calls them.
const PICTURES: [&str; 4] = ["H264", "VP8", "VP9", "AV1"];
/// Formats of sound.
const SOUNDS: [&str; 1] = ["OPUS"];
/// Names of payloads that accompany formats and are none.
const NO_FORMATS: [&str; 7] =
    ["RTX", "RED", "ULPFEC", "FLEXFEC", "FLEXFEC-03", "CN", "TELEPHONE-EVENT"];
/// The most letters of a format's name that are repeated.
const MAX_NAME: usize = 16;

/// The cause of an offer's refusal, from `why` it is wrong and the offer itself.
pub fn of_offer(why: &str, offer: &str) -> Cause {
    let foreign = |kind: &str, taken: &[&str]| {
        let formats = formats(offer, kind);
        let known = formats.iter().any(|it| taken.contains(&it.as_str()));
        (!formats.is_empty() && !known).then(|| formats.join(", "))
    };
    if let Some(formats) = foreign("video", &PICTURES) {
        Cause::PictureFormat(formats)
    } else if let Some(formats) = foreign("audio", &SOUNDS) {
        Cause::SoundFormat(formats)
    } else {
        Cause::Offer(why.to_owned())
    }
}

/// The cause that an admitted program is not on stage; none when that is seen on stage, or was wanted.
pub fn of_end(reason: EndReason) -> Option<Cause> {
    match reason {
        EndReason::NeverConnected => Some(Cause::NeverConnected),
        EndReason::HandshakeFailed(why) => Some(Cause::Handshake(why.to_string())),
        EndReason::NoMedia => Some(Cause::NoMedia),
        _ => None,
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
        let name: String = name.chars().filter(|c| plain(*c)).take(MAX_NAME).collect();
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
    use bandstand_sfu::HandshakeFailure;

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
        let of = |sound, picture| of_offer("no codec in common", &offer(sound, picture));
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
            (TooEarly, "starts in more than two hours"),
            (Replaced, "on stage from another place"),
            (Contested, "with the same stream key"),
            (Revoked("OBS at home".into()), "its stream key, “OBS at home”, was revoked"),
            (RevokedPassword("BUTT".into()), "and put it there as the password"),
            (RevokedToken("bandstand source".into()), "“bandstand source”, whose API token was"),
            (Elsewhere, "three other stages"),
            (Full, "the venue is full"),
            (of_end(EndReason::NeverConnected).unwrap(), "A firewall may keep it out"),
            (
                of_end(EndReason::HandshakeFailed(HandshakeFailure::NoCertificate)).unwrap(),
                "encryption (DTLS) failed: it has no certificate. Update",
            ),
            (of_end(EndReason::NoMedia).unwrap(), "Set the keyframe interval to 2 s"),
        ];
        for (cause, part) in cases {
            let words = cause.words().to_string();
            assert!(words.starts_with("A program tried to come on stage: "), "{words}");
            assert!(words.contains(part) && words.ends_with('.'), "{words}");
        }
        assert_eq!(of_end(EndReason::ConnectionLost), None);
    }

    #[test]
    fn what_a_program_calls_a_format_is_shown_in_plain_letters() {
        let odd = offer("opus/48000/2", &format!("<b>{}/90000", "x".repeat(200)));
        let Cause::PictureFormat(name) = of_offer("", &odd) else { panic!() };
        assert!(name.len() <= MAX_NAME && name.chars().all(char::is_alphanumeric), "{name}");
    }
}
