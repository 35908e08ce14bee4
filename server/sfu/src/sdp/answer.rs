//! SDP answers: the SDP library's, in the terms of the client's offer.

use super::offer::{PROTOCOL, PreparedOffer};
use crate::error::OfferError;
use crate::event::SessionRole;

/// Checks an answer before anything is done for it. All tracks of a publisher are accepted (RFC
/// 9725 §4.4.3: no part of its offer is to be refused in an answer); a subscriber gets something,
/// the first m-line among it, where the candidates are.
///
/// # Errors
/// [`OfferError::Unacceptable`].
pub(crate) fn check_answer(answer: &str, role: SessionRole) -> Result<(), OfferError> {
    let mut lines = answer.lines().filter(|line| line.starts_with("m="));
    let wrong = match role {
        SessionRole::Publisher => lines.any(is_refused),
        SessionRole::Subscriber => lines.next().is_none_or(is_refused),
    };
    if wrong { Err(OfferError::Unacceptable("no codec in common")) } else { Ok(()) }
}

/// A port of 0 refuses (RFC 3264 §6).
fn is_refused(line: &str) -> bool {
    line.split(' ').nth(1) == Some("0")
}

/// The answer as the client shall see it.
///
/// What the offer spelled in another way than the library is answered in that way: names of m-lines,
/// their protocol, the order of the group. The first of the group describes the transport (RFC 9143
/// §7.3), so that is where the candidates are.
///
/// To a subscriber every track is given the same media stream and CNAME: browsers play in sync only
/// what belongs together (RFC 8830 §2, RFC 3550 §6.5.1). To a publisher formats are listed in the order
/// of its offer, and the Opus line repeats the bitrate it offered, since browsers take the limit from
/// the answer (RFC 7587 §7). Lost sound is asked for again where that was offered (RFC 4585 §4.2), and a
/// viewer told the round trip (RFC 3611 §4.4) whose offer wants to know.
pub(crate) fn finish(answer: &str, offer: &PreparedOffer, role: SessionRole) -> String {
    // The session's lines, and those of each m-line: an answer has the m-lines of its offer
    // (RFC 3264 §6).
    let mut parts = vec![String::with_capacity(answer.len() + 128)];
    let mut candidates = String::new();
    let mut taken = Vec::new();
    let mut offered_lines = offer.text.lines().filter(|line| line.starts_with("m="));
    for line in answer.lines() {
        if line.starts_with("a=candidate:") {
            // They outlive a restart of ICE, so they don't say of which ICE session they are.
            candidates.push_str(line.split(" ufrag ").next().unwrap_or(line));
            candidates.push_str("\r\n");
            continue;
        }
        let finished = if line.starts_with("m=") {
            let media = offer.media.get(parts.len() - 1);
            parts.push(String::new());
            taken.push(!is_refused(line));
            let offered = offered_lines.next().unwrap_or_default();
            let protocol = media.map_or(PROTOCOL, |media| &media.protocol);
            Some(as_offered(line, offered, protocol, role))
        } else if let Some(name) = line.strip_prefix("a=mid:") {
            offer.mid(name).map(|mid| format!("a=mid:{mid}"))
        } else if line.starts_with("a=group:") {
            // Written when it is known what was taken.
            None
        } else if role == SessionRole::Subscriber {
            Some(joined(line))
        } else {
            let is_opus_format = line.starts_with("a=fmtp:") && line.contains("useinbandfec");
            let bitrate = offered_opus_bitrate(&offer.text).filter(|_| is_opus_format);
            let bitrate = bitrate.map(|bitrate| format!(";maxaveragebitrate={bitrate}"));
            Some(line.to_owned() + &bitrate.unwrap_or_default())
        };
        let wishes = [nack_of_sound(line), round_trip_of_video(line, role)].into_iter().flatten();
        let wishes = wishes.filter(|wish| offer.text.lines().any(|line| line == wish));
        if let Some(part) = parts.last_mut() {
            part.extend(finished.into_iter().chain(wishes).map(|line| line + "\r\n"));
        }
    }
    let shared: Vec<usize> =
        offer.bundle.iter().copied().filter(|index| taken.get(*index) == Some(&true)).collect();
    if let Some(tagged) = parts.get_mut(shared.first().map_or(0, |index| index + 1)) {
        tagged.push_str(&candidates);
        if !candidates.is_empty() {
            // There is nothing to trickle (RFC 8840 §8.2).
            tagged.push_str("a=end-of-candidates\r\n");
        }
    }
    if let Some(session) = parts.first_mut()
        && offer.grouped
    {
        let mids = shared.iter().filter_map(|index| offer.media.get(*index)?.mid.as_deref());
        let mids: String = mids.map(|mid| format!(" {mid}")).collect();
        session.push_str(&format!("a=group:BUNDLE{mids}\r\n"));
    }
    parts.concat()
}

/// A set of payload types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PayloadTypes(u128);

impl PayloadTypes {
    /// Payload types with generic NACK in a description (RFC 4585 §6.2.1).
    pub(crate) fn nackable(description: &str) -> Self {
        let formats = description.lines().filter_map(|line| {
            let (format, what) = line.strip_prefix("a=rtcp-fb:")?.split_once(' ')?;
            format.parse::<u8>().ok().filter(|format| *format < 128 && what.trim_end() == "nack")
        });
        PayloadTypes(formats.fold(0, |all, format| all | 1 << format))
    }

    pub(crate) fn contains(self, payload_type: u8) -> bool {
        payload_type < 128 && self.0 >> payload_type & 1 == 1
    }
}

/// True if a description has generic NACK for audio.
pub(crate) fn retransmits_audio(description: &str) -> bool {
    let mut nacks = description.lines().filter_map(nack_of_sound);
    nacks.any(|nack| description.lines().any(|line| line == nack))
}

/// The `a=rtcp-fb` line of generic NACK for audio, for the format that `line` names.
fn nack_of_sound(line: &str) -> Option<String> {
    let (format, codec) = format(line)?;
    codec.eq_ignore_ascii_case("opus").then(|| format!("a=rtcp-fb:{format} nack"))
}

/// The `a=rtcp-fb` line by which a viewer's browser asks for the round-trip time, for the format
/// that `line` names; a publisher measures its own.
fn round_trip_of_video(line: &str, role: SessionRole) -> Option<String> {
    let (format, codec) = format(line)?;
    let video = role == SessionRole::Subscriber && !codec.eq_ignore_ascii_case("opus");
    video.then(|| format!("a=rtcp-fb:{format} rrtr"))
}

/// Number and codec of `a=rtpmap:96 VP8/90000`.
fn format(line: &str) -> Option<(&str, &str)> {
    let (format, codec) = line.strip_prefix("a=rtpmap:")?.split_once(' ')?;
    Some((format, codec.split('/').next()?))
}

/// An m-line with its protocol and the order of its formats as in the one offered: a publisher sends in
/// the first (RFC 3264 §6.1).
fn as_offered(line: &str, offered: &str, protocol: &str, role: SessionRole) -> String {
    let offered: Vec<&str> = offered.split_whitespace().skip(3).collect();
    let mut parts: Vec<&str> = line.split_whitespace().collect();
    if let Some(part) = parts.get_mut(2) {
        *part = protocol;
    }
    if let Some(formats) = parts.get_mut(3..)
        && role == SessionRole::Publisher
    {
        formats.sort_by_key(|format| offered.iter().position(|it| it == format));
    }
    parts.join(" ")
}

/// An answer line with the media stream `stage` and the CNAME `stage`.
fn joined(line: &str) -> String {
    const NAME: &str = "stage";
    if let Some(track) = line.strip_prefix("a=msid:").and_then(|m| m.split(' ').nth(1)) {
        format!("a=msid:{NAME} {track}")
    } else if let Some((head, msid)) = line.split_once(" msid:") {
        let track = msid.split(' ').nth(1).unwrap_or(msid);
        format!("{head} msid:{NAME} {track}")
    } else if let Some((head, _)) = line.split_once(" cname:") {
        format!("{head} cname:{NAME}")
    } else if line.starts_with("a=msid-semantic:") {
        format!("a=msid-semantic:WMS {NAME}")
    } else {
        line.to_owned()
    }
}

/// `maxaveragebitrate` of the first Opus format offered, within what Opus can do (RFC 7587 §7.1).
fn offered_opus_bitrate(offer: &str) -> Option<u32> {
    let (_, rest) = offer.split_once("maxaveragebitrate=")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok().filter(|b| (6_000..=510_000).contains(b))
}
