//! Session descriptions: the few lines that browsers don't write by themselves.

/// How the sound is sent.
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

/// A description in which Opus is in stereo and of the best quality, and what is lost of it is sent
/// again.
///
/// What a browser sends follows from the description of the other side, what it plays from its own:
/// so a publisher changes both, and a viewer (for stereo) its own offer.
pub fn with_music(sdp: &str) -> String {
    set_opus(sdp, STAGE)
}

/// A description that takes stereo, and has sent again what is lost of it.
pub fn with_stereo(sdp: &str) -> String {
    set_opus(sdp, &[("stereo", "1")])
}

/// What of an offer asks for an ICE restart (RFC 8840 section 9): its bundle and the credentials.
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

fn set_opus(sdp: &str, parameters: &[(&str, &str)]) -> String {
    let opus: Vec<&str> = sdp.lines().filter_map(opus_payload).collect();
    let described: Vec<&str> = sdp.lines().filter_map(|line| Some(fmtp(line)?.0)).collect();
    // Browsers that can repair sound offer it to nobody; the others pass over the line.
    let nack = |payload: &str| format!("a=rtcp-fb:{payload} nack");
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
        if let Some(nack) = opus_payload(line).map(nack)
            && !sdp.lines().any(|line| line == nack)
        {
            push(&nack);
        }
    }
    out
}

/// The payload type of `a=rtpmap:111 opus/48000/2`.
fn opus_payload(line: &str) -> Option<&str> {
    let (payload, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    codec.get(..5).filter(|name| name.eq_ignore_ascii_case("opus/"))?;
    Some(payload)
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
        let sdp = with_music(OFFER);
        assert!(sdp.contains(
            "a=fmtp:111 minptime=10;stereo=1;sprop-stereo=1;maxaveragebitrate=256000;useinbandfec=1\r\n"
        ));
        assert!(sdp.contains("a=fmtp:63 111/111\r\n"));
        assert!(sdp.contains("a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\n"));
        assert_eq!(sdp.matches(" nack\r\n").count(), 1);
        assert_eq!(with_music(&sdp), sdp);
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
        let sdp = with_stereo("m=audio 9 X 96\r\na=rtpmap:96 OPUS/48000/2\r\na=sendonly\r\n");
        assert_eq!(
            sdp,
            "m=audio 9 X 96\r\na=rtpmap:96 OPUS/48000/2\r\na=fmtp:96 stereo=1\r\n\
             a=rtcp-fb:96 nack\r\na=sendonly\r\n"
        );
    }
}
