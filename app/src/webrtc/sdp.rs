//! Session descriptions: the few lines that browsers don't write by themselves.

/// Mode of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundMode {
    /// Stereo, untouched, 256 kbit/s.
    #[default]
    Music,
    /// One voice: cleaned by the browser, mono, 48 kbit/s.
    Speech,
}

impl SoundMode {
    /// The most bits a second that are sent.
    pub fn bitrate(self) -> u32 {
        match self {
            Self::Music => 256_000,
            Self::Speech => 64_000,
        }
    }
}

/// The Opus parameters of a stage, by RFC 7587, section 6.1. They are the same for both modes, so
/// that a change of mode needs no new session; the rate is variable, which sounds better at the same
/// mean.
const STAGE: &[(&str, &str)] = &[
    ("stereo", "1"),
    ("sprop-stereo", "1"),
    ("maxaveragebitrate", "256000"),
    ("useinbandfec", "1"),
];

/// Of sound, what is lost is asked for again. Browsers that can do that offer it to nobody.
const REPAIRS: &str = "nack";

/// Of the picture, the round trip is asked for (RFC 3611 section 4.4): who only receives doesn't know it
/// otherwise, and asks again for what is missing as if it were a tenth of a second.
const ROUND_TRIP: &str = "rrtr";

/// The artist's description: Opus in stereo and of the best quality, and what is lost of it is sent again.
///
/// What a browser sends follows from the description of the other side, what it plays from its own:
/// so a publisher changes both, and a viewer (for stereo) its own offer.
pub fn for_stage(sdp: &str) -> String {
    set_opus(&with_feedback(sdp, |codec| is_opus(codec).then_some(REPAIRS)), STAGE)
}

/// A viewer's description: Opus in stereo, and what helps to get again what is lost.
pub fn for_viewer(sdp: &str) -> String {
    let feedback = |codec: &str| match codec {
        _ if is_opus(codec) => Some(REPAIRS),
        "VP8" | "VP9" | "H264" | "AV1" => Some(ROUND_TRIP),
        _ => None,
    };
    with_dependencies(&set_opus(&with_feedback(sdp, feedback), &[("stereo", "1")]))
}

/// Fragment of an offer that asks for an ICE restart (RFC 8840 §9): its bundle and the credentials.
pub fn fragment(offer: &str) -> String {
    let first = |name: &&str| offer.lines().find(|line| line.starts_with(name));
    let lines = ["a=group:", "m=", "a=mid:", USER, PASSWORD].iter().filter_map(first);
    lines.flat_map(|line| [line, "\r\n"]).collect()
}

/// The answer with the ICE credentials of a fragment.
pub fn with_credentials(answer: &str, fragment: &str) -> String {
    let new = |line: &str| {
        let name = [USER, PASSWORD].into_iter().find(|name| line.starts_with(name))?;
        fragment.lines().find(|line| line.starts_with(name))
    };
    answer.lines().flat_map(|line| [new(line).unwrap_or(line), "\r\n"]).collect()
}

const USER: &str = "a=ice-ufrag:";
const PASSWORD: &str = "a=ice-pwd:";

/// Dependency descriptor (AV1 RTP payload format, appendix A), without which less than the whole of
/// a scalable stream can't be played. Browsers take it, and offer it only where they send.
const DEPENDENCIES: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// Numbers of header extensions in the form that everybody has (RFC 8285 section 4.2).
const EXTENSIONS: std::ops::RangeInclusive<u8> = 1..=14;

/// The description with the header extension for [`DEPENDENCIES`] of video, under a number that is free.
fn with_dependencies(sdp: &str) -> String {
    let number =
        |line: &str| line.strip_prefix("a=extmap:")?.split([' ', '/']).next()?.parse().ok();
    let taken: Vec<u8> = sdp.lines().filter_map(number).collect();
    let free = EXTENSIONS.rev().find(|number| !taken.contains(number));
    let Some(free) = free.filter(|_| !sdp.contains(DEPENDENCIES)) else {
        return sdp.to_owned();
    };
    let mut out = String::with_capacity(sdp.len() + 128);
    let mut in_video = false;
    for line in sdp.lines() {
        if line.starts_with("m=") {
            in_video = line.starts_with("m=video ");
        } else if in_video && line.starts_with("a=rtpmap:") {
            in_video = false;
            out.push_str(&format!("a=extmap:{free} {DEPENDENCIES}\r\n"));
        }
        out.extend([line, "\r\n"]);
    }
    out
}

/// The description with one more kind of feedback for each codec that has one. Browsers pass over what they
/// don't know.
fn with_feedback(sdp: &str, feedback: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(sdp.len() + 256);
    for line in sdp.lines() {
        let added = format(line).and_then(|(payload, codec)| {
            let added = format!("a=rtcp-fb:{payload} {}", feedback(codec)?);
            (!sdp.lines().any(|line| line == added)).then_some(added)
        });
        for line in [Some(line), added.as_deref()].into_iter().flatten() {
            out.extend([line, "\r\n"]);
        }
    }
    out
}

fn set_opus(sdp: &str, parameters: &[(&str, &str)]) -> String {
    let opus_payload = |line| Some(format(line).filter(|(_, codec)| is_opus(codec))?.0);
    let opus: Vec<&str> = sdp.lines().filter_map(opus_payload).collect();
    let described: Vec<&str> = sdp.lines().filter_map(|line| Some(fmtp(line)?.0)).collect();
    let mut out = String::with_capacity(sdp.len() + 128);
    let mut push = |line: &str| {
        out.push_str(line);
        out.push_str("\r\n");
    };
    for line in sdp.lines() {
        match fmtp(line) {
            Some((payload, present)) if opus.contains(&payload) => {
                push(&format!("a=fmtp:{payload} {}", merged(present, parameters)));
            }
            _ => push(line),
        }
        if let Some(payload) = opus_payload(line).filter(|payload| !described.contains(payload)) {
            push(&format!("a=fmtp:{payload} {}", merged("", parameters)));
        }
    }
    out
}

/// Payload type and codec of `a=rtpmap:111 opus/48000/2`.
fn format(line: &str) -> Option<(&str, &str)> {
    let (payload, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    Some((payload, codec.split('/').next()?))
}

fn is_opus(codec: &str) -> bool {
    codec.eq_ignore_ascii_case("opus")
}

/// Payload type and parameters of `a=fmtp:111 minptime=10;useinbandfec=1`.
fn fmtp(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("a=fmtp:")?.split_once(' ')
}

fn merged(present: &str, parameters: &[(&str, &str)]) -> String {
    let mut all: Vec<String> = present
        .split(';')
        .map(str::trim)
        .filter(|entry| {
            let key = entry.split('=').next().unwrap_or_default();
            !entry.is_empty() && !parameters.iter().any(|(name, _)| *name == key)
        })
        .map(String::from)
        .collect();
    all.extend(parameters.iter().map(|(key, value)| format!("{key}={value}")));
    all.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=rtpmap:111 opus/48000/2\r\n\
        a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n";

    #[test]
    fn only_opus_is_changed_and_nothing_stands_twice() {
        let sdp = for_stage(OFFER);
        assert!(sdp.contains(
            "a=fmtp:111 minptime=10;stereo=1;sprop-stereo=1;maxaveragebitrate=256000;useinbandfec=1\r\n"
        ));
        assert!(sdp.contains("a=fmtp:63 111/111\r\n"));
        assert!(sdp.contains("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n"));
        assert_eq!(sdp.matches(" nack\r\n").count(), 1);
        assert_eq!(for_stage(&sdp), sdp);
    }

    #[test]
    fn a_restart_changes_the_credentials_alone() {
        let description = "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 X 111\r\na=ice-ufrag:one\r\n\
            a=ice-pwd:two\r\na=mid:0\r\nm=video 9 X 96\r\na=ice-ufrag:one\r\na=ice-pwd:two\r\n";
        let asked = fragment(description);
        assert_eq!(
            asked,
            "a=group:BUNDLE 0 1\r\nm=audio 9 X 111\r\na=mid:0\r\na=ice-ufrag:one\r\na=ice-pwd:two\r\n"
        );
        let told = asked.replace("one", "three").replace("two", "four");
        let expected = description.replace("one", "three").replace("two", "four");
        assert_eq!(with_credentials(description, &told), expected);
    }

    #[test]
    fn a_missing_line_is_added_after_its_codec() {
        let sdp = for_viewer("m=audio 9 X 96\r\na=rtpmap:96 OPUS/48000/2\r\na=sendonly\r\n");
        assert_eq!(
            sdp,
            "m=audio 9 X 96\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 stereo=1\r\n\
             a=rtcp-fb:96 nack\r\na=sendonly\r\n"
        );
    }

    #[test]
    fn a_viewer_asks_for_the_round_trip_of_pictures() {
        let offer = "m=video 9 X 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n";
        let sdp = for_viewer(offer);
        let codecs = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 rrtr\r\na=rtpmap:97 rtx/90000\r\n";
        assert!(sdp.ends_with(codecs), "{sdp}");
        assert_eq!(for_viewer(&sdp), sdp);
        assert_eq!(for_stage(offer), offer);
    }

    #[test]
    fn a_viewer_asks_how_the_layers_of_pictures_build_on_each_other() {
        let offer = "m=audio 9 X 111\r\na=extmap:14 urn:level\r\nm=video 9 X 45\r\n\
            a=extmap:13/recvonly urn:time\r\na=rtpmap:45 AV1/90000\r\n";
        let with = offer.replace("a=rtpmap", &format!("a=extmap:12 {DEPENDENCIES}\r\na=rtpmap"));
        assert_eq!(with_dependencies(offer), with);
        assert_eq!(with_dependencies(&with), with);
        let sound = "m=audio 9 X 111\r\na=rtpmap:111 opus/48000/2\r\n";
        assert_eq!(with_dependencies(sound), sound);
    }
}
