//! Reading offers before the SDP library does, and finishing its answers.
//!
//! WHIP and WHEP are one offer and one answer (RFC 9725 §4.2), so an offer is made to say only what
//! this side wants to hear: one direction, no candidates (an ICE-lite side needs none, RFC 8445
//! §2.5), no simulcast towards subscribers.

use crate::config::Limits;
use crate::error::OfferError;
use crate::event::Role;

/// More m-lines than any real client sends.
const MAX_MEDIA_LINES: usize = 16;

/// The offer as the SDP library shall see it.
///
/// # Errors
/// [`OfferError`] when the offer is too long, has no audio or video in the direction `role` needs,
/// carries data channels, or insists on being the DTLS server.
pub(crate) fn prepare(offer: &str, role: Role, limits: &Limits) -> Result<String, OfferError> {
    if offer.len() > limits.max_offer_bytes {
        return Err(OfferError::TooLong);
    }
    if !offer.starts_with("v=0") {
        return Err(OfferError::Malformed("it doesn't begin with v=0".into()));
    }
    let (wanted, wrong) = match role {
        Role::Publisher => ("a=sendonly", "a=recvonly"),
        Role::Subscriber => ("a=recvonly", "a=sendonly"),
    };
    let mut prepared = String::with_capacity(offer.len());
    let mut push = |line: &str| {
        prepared.push_str(line);
        prepared.push_str("\r\n");
    };
    let (mut audio, mut video, mut usable) = (0, 0, 0);
    // What holds for m-lines that don't say their direction (RFC 8866 §6.7).
    let mut default = wanted;
    let mut undecided = false;
    for line in offer.lines().map(str::trim_end).filter(|l| !l.is_empty()) {
        if let Some(media) = line.strip_prefix("m=") {
            if std::mem::replace(&mut undecided, true) {
                push(default);
                usable += usize::from(default == wanted);
            }
            match media.split_whitespace().next() {
                Some("audio") => audio += 1,
                Some("video") => video += 1,
                _ => return Err(OfferError::Unacceptable("only audio and video are")),
            }
        }
        let line = match line {
            "a=sendrecv" => wanted,
            "a=setup:passive" => {
                return Err(OfferError::Unacceptable("the offerer must be able to be DTLS client"));
            }
            other => other,
        };
        if line == wanted || line == wrong || line == "a=inactive" {
            if audio + video == 0 {
                default = line;
                continue;
            }
            usable += usize::from(undecided && line == wanted);
            undecided = false;
        }
        let layers = line.starts_with("a=simulcast:") || line.starts_with("a=rid:");
        let candidates = line.starts_with("a=candidate:") || line == "a=end-of-candidates";
        // Layers come in, and one at a time goes out.
        if candidates || layers && role == Role::Subscriber {
            continue;
        }
        push(line);
    }
    if undecided {
        push(default);
        usable += usize::from(default == wanted);
    }
    // Nothing is answered that would then be ignored (RFC 9725 §4.4.2).
    let most = if role == Role::Publisher { limits.max_tracks_per_kind } else { MAX_MEDIA_LINES };
    if audio + video > MAX_MEDIA_LINES || audio.max(video) > most {
        return Err(OfferError::Unacceptable("too many m-lines"));
    }
    match (audio + video, usable, role) {
        (0, ..) => Err(OfferError::Unacceptable("there is no m-line")),
        (_, 0, Role::Publisher) => Err(OfferError::Unacceptable("nothing in it is sent")),
        (_, 0, Role::Subscriber) => Err(OfferError::Unacceptable("nothing in it is received")),
        _ => Ok(prepared),
    }
}

/// Checks an answer before anything is done for it: a publisher's tracks are all taken (RFC 9725 §4.4.3:
/// no part of its offer is to be refused in an answer), and a subscriber gets something, the first m-line
/// among it, where the candidates are.
///
/// # Errors
/// [`OfferError::Unacceptable`].
pub(crate) fn check_answer(answer: &str, role: Role) -> Result<(), OfferError> {
    // RFC 3264 §6: a port of 0 refuses.
    let refused = |line: &str| line.split(' ').nth(1) == Some("0");
    let mut lines = answer.lines().filter(|line| line.starts_with("m="));
    let wrong = match role {
        Role::Publisher => lines.any(refused),
        Role::Subscriber => lines.next().is_none_or(refused),
    };
    if wrong { Err(OfferError::Unacceptable("no codec in common")) } else { Ok(()) }
}

/// The answer as the client shall see it.
///
/// To a subscriber every track is given the same media stream and CNAME: browsers play in sync only
/// what belongs together (RFC 8830 §2, RFC 3550 §6.5.1). To a publisher formats are listed in the order
/// of its offer, since it sends in the first (RFC 3264 §6.1), and the Opus line repeats the bitrate it
/// offered, since browsers take the limit from the answer (RFC 7587 §7). Lost sound is asked for again
/// where that was offered (RFC 4585 §4.2), and a viewer told the round trip (RFC 3611 §4.4) whose offer
/// wants to know.
pub(crate) fn finish(answer: &str, offer: &str, role: Role) -> String {
    let mut finished = String::with_capacity(answer.len() + 128);
    let mut lines = answer.lines().peekable();
    // An answer has the m-lines of its offer (RFC 3264 §6).
    let mut offered_lines = offer.lines().filter(|line| line.starts_with("m="));
    let is_candidate = |line: &str| line.starts_with("a=candidate:");
    while let Some(line) = lines.next() {
        match role {
            // Candidates outlive a restart of ICE, so they don't say of which ICE session they are.
            _ if is_candidate(line) => {
                finished.push_str(line.split(" ufrag ").next().unwrap_or(line));
            }
            Role::Subscriber => push_joined(&mut finished, line),
            Role::Publisher if line.starts_with("m=") => {
                let offered = offered_lines.next().unwrap_or_default();
                finished.push_str(&in_order(line, offered));
            }
            Role::Publisher => {
                finished.push_str(line);
                let is_opus_format = line.starts_with("a=fmtp:") && line.contains("useinbandfec");
                if let Some(bitrate) = offered_opus_bitrate(offer).filter(|_| is_opus_format) {
                    finished.push_str(&format!(";maxaveragebitrate={bitrate}"));
                }
            }
        }
        finished.push_str("\r\n");
        for wish in [nack_of_sound(line), round_trip_of_video(line, role)].into_iter().flatten() {
            if offer.lines().any(|l| l == wish) {
                finished.push_str(&wish);
                finished.push_str("\r\n");
            }
        }
        // There is nothing to trickle (RFC 8840 §8.2).
        if is_candidate(line) && !lines.peek().is_some_and(|l| is_candidate(l)) {
            finished.push_str("a=end-of-candidates\r\n");
        }
    }
    finished
}

/// Whether a description has lost sound asked for again.
pub(crate) fn repairs_sound(description: &str) -> bool {
    let mut nacks = description.lines().filter_map(nack_of_sound);
    nacks.any(|nack| description.lines().any(|line| line == nack))
}

/// The line by which lost sound is asked for again, for the format that `line` names.
fn nack_of_sound(line: &str) -> Option<String> {
    let (format, codec) = format(line)?;
    codec.eq_ignore_ascii_case("opus").then(|| format!("a=rtcp-fb:{format} nack"))
}

/// The line by which a viewer's browser says that it asks for the round trip, for the format that `line`
/// names; a publisher measures its own.
fn round_trip_of_video(line: &str, role: Role) -> Option<String> {
    let (format, codec) = format(line)?;
    let video = role == Role::Subscriber && !codec.eq_ignore_ascii_case("opus");
    video.then(|| format!("a=rtcp-fb:{format} rrtr"))
}

/// Number and codec of `a=rtpmap:96 VP8/90000`.
fn format(line: &str) -> Option<(&str, &str)> {
    let (format, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    Some((format, codec.split('/').next()?))
}

/// An m-line with its formats in the order of another one.
fn in_order(line: &str, offered: &str) -> String {
    let offered: Vec<&str> = offered.split_whitespace().skip(3).collect();
    let mut parts: Vec<&str> = line.split_whitespace().collect();
    if let Some(formats) = parts.get_mut(3..) {
        formats.sort_by_key(|format| offered.iter().position(|it| it == format));
    }
    parts.join(" ")
}

/// One answer line, with the stream named `stage` and the CNAME `stage`.
fn push_joined(finished: &mut String, line: &str) {
    const NAME: &str = "stage";
    if let Some(track) = line.strip_prefix("a=msid:").and_then(|m| m.split(' ').nth(1)) {
        finished.push_str(&format!("a=msid:{NAME} {track}"));
    } else if let Some((head, msid)) = line.split_once(" msid:") {
        let track = msid.split(' ').nth(1).unwrap_or(msid);
        finished.push_str(&format!("{head} msid:{NAME} {track}"));
    } else if let Some((head, _)) = line.split_once(" cname:") {
        finished.push_str(&format!("{head} cname:{NAME}"));
    } else if line.starts_with("a=msid-semantic:") {
        finished.push_str(&format!("a=msid-semantic:WMS {NAME}"));
    } else {
        finished.push_str(line);
    }
}

/// `maxaveragebitrate` of the first Opus format offered, within what Opus can do (RFC 7587 §7.1).
fn offered_opus_bitrate(offer: &str) -> Option<u32> {
    let (_, rest) = offer.split_once("maxaveragebitrate=")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|b| (6_000..=510_000).contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, role: Role) -> Result<String, OfferError> {
        prepare(&format!("v=0\r\n{body}"), role, &Limits::default())
    }

    #[test]
    fn an_offer_is_turned_one_way() {
        let offer = "m=audio 9 x 111\r\na=sendrecv\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n";
        assert!(check(offer, Role::Publisher).is_ok_and(|o| o.ends_with("111\r\na=sendonly\r\n")));
        assert!(check(offer, Role::Subscriber).is_ok_and(|o| o.ends_with("111\r\na=recvonly\r\n")));
    }

    #[test]
    fn the_wrong_direction_is_refused() {
        let offer = "m=audio 9 x 111\r\na=recvonly\r\nm=video 9 x 96\r\na=inactive\r\n";
        assert!(matches!(check(offer, Role::Publisher), Err(OfferError::Unacceptable(_))));
        assert!(check(offer, Role::Subscriber).is_ok());
        assert!(matches!(check("", Role::Subscriber), Err(OfferError::Unacceptable(_))));
        assert!(matches!(
            prepare("hello", Role::Publisher, &Limits::default()),
            Err(OfferError::Malformed(_))
        ));
    }

    #[test]
    fn what_has_no_direction_has_that_of_the_session() {
        let offer = "m=audio 9 x 111\r\nm=video 9 x 96\r\na=sendonly\r\n";
        let sent = "m=audio 9 x 111\r\na=sendonly\r\nm=video 9 x 96\r\na=sendonly\r\n";
        assert!(check(offer, Role::Publisher).is_ok_and(|it| it == format!("v=0\r\n{sent}")));
        let quiet = check(&format!("a=inactive\r\n{offer}"), Role::Publisher);
        let told = sent.replacen("a=sendonly", "a=inactive", 1);
        assert!(quiet.is_ok_and(|it| it == format!("v=0\r\n{told}")));
        let silent = "a=recvonly\r\nm=audio 9 x 111\r\n";
        assert!(matches!(check(silent, Role::Publisher), Err(OfferError::Unacceptable(_))));
    }

    #[test]
    fn nothing_is_taken_in_part() {
        let many = "m=audio 9 x 111\r\na=sendrecv\r\n".repeat(5);
        assert!(matches!(check(&many, Role::Publisher), Err(OfferError::Unacceptable(_))));
        assert!(check(&many, Role::Subscriber).is_ok());
        let answer = "v=0\r\nm=audio 9 x 111\r\nm=video 0 x 96\r\n";
        assert!(matches!(check_answer(answer, Role::Publisher), Err(OfferError::Unacceptable(_))));
        assert!(check_answer(answer, Role::Subscriber).is_ok());
        let none = "m=video 0 x 96\r\n";
        assert!(matches!(check_answer(none, Role::Subscriber), Err(OfferError::Unacceptable(_))));
    }

    #[test]
    fn the_answer_repeats_the_opus_bitrate() {
        let finished = finish(
            "a=fmtp:111 minptime=10;useinbandfec=1",
            "a=fmtp:111 stereo=1;maxaveragebitrate=256000;x",
            Role::Publisher,
        );
        assert_eq!(finished, "a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=256000\r\n");
    }

    #[test]
    fn a_publisher_sends_what_it_offered_first() {
        let offer = "m=audio 9 x 111 63\r\nm=video 9 x 98 99 96 97";
        let answer = "m=audio 9 x 111\r\na=mid:0\r\nm=video 9 x 96 98 97 99";
        let finished = finish(answer, offer, Role::Publisher);
        assert_eq!(finished, "m=audio 9 x 111\r\na=mid:0\r\nm=video 9 x 98 99 96 97\r\n");
    }

    #[test]
    fn what_an_offer_wishes_is_repeated() {
        let answer = "a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 VP8/90000";
        let offer = "a=rtcp-fb:111 nack\r\na=rtcp-fb:96 rrtr\r\na=rtcp-fb:97 rrtr\r\n";
        let [to_subscriber, to_publisher] =
            [Role::Subscriber, Role::Publisher].map(|role| finish(answer, offer, role));
        assert_eq!(
            to_subscriber,
            "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=rtpmap:96 VP8/90000\r\n\
             a=rtcp-fb:96 rrtr\r\n"
        );
        assert_eq!(to_publisher, to_subscriber.replace("a=rtcp-fb:96 rrtr\r\n", ""));
        assert!(!finish(answer, "", Role::Subscriber).contains("rtcp-fb"));
    }

    #[test]
    fn candidates_belong_to_no_ice_session_and_there_are_no_more() {
        let line = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host";
        let finished = finish(&format!("{line} ufrag abc\n{line} ufrag abc"), "", Role::Subscriber);
        assert_eq!(finished, format!("{line}\r\n{line}\r\na=end-of-candidates\r\n"));
    }

    #[test]
    fn a_subscribers_tracks_belong_together() {
        let finished =
            finish("a=msid:abc def\na=ssrc:1 msid:abc def\na=ssrc:1 cname:x", "", Role::Subscriber);
        assert_eq!(
            finished,
            "a=msid:stage def\r\na=ssrc:1 msid:stage def\r\na=ssrc:1 cname:stage\r\n"
        );
    }
}
