//! SDP offers, normalised for the SDP library.
//!
//! WHIP and WHEP are one offer and one answer (RFC 9725 §4.2). So an offer is reduced to one
//! direction, one transport, no candidates (an ICE-lite side needs none, RFC 8445 §2.5), no
//! simulcast towards subscribers, and one spelling of everything that matters. Nothing of the
//! client's own text gets through that isn't known by name.

use crate::config::SfuLimits;
use crate::dtls::Fingerprint;
use crate::error::OfferError;
use crate::event::SessionRole;
use crate::sdp::description::{MediaSection, SessionDescription};

/// M-lines of an offer, at most: more than any real client sends.
const MAX_MEDIA_LINES: usize = 16;

/// Fingerprints of an offer, at most: more than there are hash functions.
const MAX_FINGERPRINTS: usize = 8;

/// Length of a mid in the SDP library; it cuts off the rest, and reads `_` for all but letters and
/// digits.
const MAX_MID_BYTES: usize = 16;

/// Attributes of an m-line that the library uses, save those written anew.
const KEPT: [&str; 9] =
    ["rtcp-mux", "rtcp-rsize", "extmap", "rtpmap", "rtcp-fb", "fmtp", "msid", "ssrc", "ssrc-group"];

/// Further ones of a publisher: layers come in, and one at a time goes out.
const KEPT_OF_PUBLISHERS: [&str; 2] = ["rid", "simulcast"];

/// The usual protocol of an m-line (RFC 8829 §5.1.2).
pub(super) const PROTOCOL: &str = "UDP/TLS/RTP/SAVPF";

/// Protocols that mean the same; each is answered in the offer's own spelling.
const PROTOCOLS: [&str; 8] = [
    PROTOCOL,
    "UDP/TLS/RTP/SAVP",
    "TCP/TLS/RTP/SAVPF",
    "TCP/DTLS/RTP/SAVPF",
    "TCP/DTLS/RTP/SAVP",
    "RTP/SAVPF",
    "RTP/SAVP",
    "RTP/AVPF",
];

/// A normalised offer.
#[derive(Debug)]
pub(crate) struct PreparedOffer {
    /// The text for the SDP library.
    pub(crate) text: String,
    /// Fingerprints of the peer's certificate.
    pub(crate) fingerprints: Vec<Fingerprint>,
    pub(super) media: Vec<OfferedMedia>,
    /// M-lines that share the transport, in the offer's order; the first is the one that describes
    /// it (RFC 9143 §7.2).
    pub(super) bundle: Vec<usize>,
    /// The offer has a BUNDLE group.
    pub(super) grouped: bool,
}

/// An m-line as the client spells it.
#[derive(Debug)]
pub(super) struct OfferedMedia {
    /// Its mid, if it has one.
    pub(super) mid: Option<String>,
    /// Its mid in the normalised offer.
    pub(super) name: String,
    pub(super) protocol: String,
}

impl PreparedOffer {
    /// The client's mid for the library's `name`.
    pub(crate) fn mid(&self, name: &str) -> Option<&str> {
        self.media.iter().find(|media| media.name == name)?.mid.as_deref()
    }

    /// Number of m-lines.
    pub(crate) fn len(&self) -> usize {
        self.media.len()
    }
}

/// Reads an offer.
///
/// # Errors
/// [`OfferError`] when the offer is too long, is no SDP, has no audio or video in the direction `role`
/// needs, carries data channels, needs more than one transport, or announces no fingerprint of a hash
/// function that is safe.
pub(crate) fn prepare(
    text: &str,
    role: SessionRole,
    limits: &SfuLimits,
) -> Result<PreparedOffer, OfferError> {
    let description = SessionDescription::read(text, limits.max_offer_bytes)?;
    let sections = &description.sections;
    check_kinds(sections, role, limits)?;
    let media = name(sections)?;
    let (bundle, grouped) = bundle(&description, &media)?;
    let transport = bundle.first().and_then(|tagged| sections.get(*tagged));
    // A section's own come before the session's (RFC 8122 §5, RFC 8839 §5.4).
    let find = |name: &str| {
        let tagged = transport.and_then(|section| section.value(name));
        let others = || sections.iter().find_map(|section| section.value(name));
        tagged.or_else(|| description.value(name)).or_else(others)
    };
    let fingerprints = fingerprints(&description, transport)?;
    if description.attributes.contains(&"ice-lite") {
        return Err(OfferError::Unacceptable("both sides would be ICE-lite"));
    }
    let credentials = find("ice-ufrag").zip(find("ice-pwd"));
    let (fragment, password) = credentials.ok_or_else(|| malformed("it has no ICE credentials"))?;
    let setup = match find("setup").unwrap_or("actpass") {
        setup @ ("active" | "passive" | "actpass") => setup,
        _ => return Err(OfferError::Unacceptable("a=setup must be actpass, active or passive")),
    };

    let mut text = String::with_capacity(text.len());
    let mut push = |line: &[&str]| {
        text.extend(line.iter().copied());
        text.push_str("\r\n");
    };
    push(&["v=0"]);
    push(&["o=- 0 0 IN IP4 127.0.0.1"]);
    push(&["s=-"]);
    push(&["t=0 0"]);
    let shared = media.iter().enumerate().filter(|(index, _)| bundle.contains(index));
    let names: String = shared.map(|(_, media)| format!(" {}", media.name)).collect();
    push(&["a=group:BUNDLE", &names]);
    push(&["a=ice-ufrag:", fragment]);
    push(&["a=ice-pwd:", password]);
    for (_, line) in &fingerprints {
        push(&["a=fingerprint:", line]);
    }
    push(&["a=setup:", setup]);
    let (wanted, default) = directions(&description, role);
    let mut usable = 0;
    for (section, media) in sections.iter().zip(&media) {
        let formats = section.formats.join(" ");
        push(&["m=", section.kind, " ", section.port, " ", PROTOCOL, " ", &formats]);
        push(&["a=mid:", &media.name]);
        let direction = match direction(&section.attributes).unwrap_or(default) {
            "sendrecv" => wanted,
            direction => direction,
        };
        usable += usize::from(direction == wanted);
        push(&["a=", direction]);
        let mut described = Vec::new();
        for attribute in &section.attributes {
            if is_kept(section, attribute, role, &mut described)? {
                push(&["a=", attribute]);
            }
        }
    }
    match (usable, role) {
        (0, SessionRole::Publisher) => Err(OfferError::Unacceptable("nothing in it is sent")),
        (0, SessionRole::Subscriber) => Err(OfferError::Unacceptable("nothing in it is received")),
        _ => {
            let fingerprints = fingerprints.into_iter().map(|(fingerprint, _)| fingerprint);
            Ok(PreparedOffer { text, fingerprints: fingerprints.collect(), media, bundle, grouped })
        }
    }
}

fn malformed(why: &str) -> OfferError {
    OfferError::Malformed(why.to_owned())
}

fn check_kinds(
    sections: &[MediaSection<'_>],
    role: SessionRole,
    limits: &SfuLimits,
) -> Result<(), OfferError> {
    let count = |kind: &str| sections.iter().filter(|section| section.kind == kind).count();
    let (audio, video) = (count("audio"), count("video"));
    if sections.is_empty() {
        return Err(OfferError::Unacceptable("there is no m-line"));
    }
    if audio + video < sections.len() {
        return Err(OfferError::Unacceptable("only audio and video are"));
    }
    // Nothing is answered that would then be ignored (RFC 9725 §4.4.2).
    let most =
        if role == SessionRole::Publisher { limits.max_tracks_per_kind } else { MAX_MEDIA_LINES };
    if audio + video > MAX_MEDIA_LINES || audio.max(video) > most {
        return Err(OfferError::Unacceptable("too many m-lines"));
    }
    match sections.iter().all(|section| PROTOCOLS.contains(&section.protocol)) {
        true => Ok(()),
        false => Err(OfferError::Unacceptable("its m-lines must be UDP/TLS/RTP/SAVPF")),
    }
}

/// Gives each m-line a mid that the library can bear.
fn name(sections: &[MediaSection<'_>]) -> Result<Vec<OfferedMedia>, OfferError> {
    let mut media: Vec<OfferedMedia> = Vec::with_capacity(sections.len());
    for (index, section) in sections.iter().enumerate() {
        let mid = section.value("mid");
        if mid.is_some_and(|mid| mid.is_empty() || !mid.bytes().all(is_token)) {
            return Err(malformed("a mid is a word of letters, digits and a few signs"));
        }
        if mid.is_some() && media.iter().any(|other| other.mid.as_deref() == mid) {
            return Err(malformed("two m-lines have the same mid"));
        }
        // What publishers' packets say of it (RFC 9143 §15) is read in the same way.
        let is_free = |name: &String| {
            let others = sections.iter().enumerate().filter(|(other, _)| *other > index);
            let mut others = others.filter_map(|(_, other)| other.value("mid"));
            !media.iter().any(|it| it.name == *name) && !others.any(|mid| as_name(mid) == *name)
        };
        let made = || (0..).map(|number| format!("{index}x{number}")).find(is_free);
        let free = |name: &String| !media.iter().any(|it| it.name == *name);
        let name = mid.map(as_name).filter(free).or_else(made);
        media.push(OfferedMedia {
            mid: mid.map(str::to_owned),
            name: name.unwrap_or_default(),
            protocol: section.protocol.to_owned(),
        });
    }
    Ok(media)
}

/// A mid as the library reads it.
fn as_name(mid: &str) -> String {
    let alike = mid.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
    alike.take(MAX_MID_BYTES).collect()
}

/// A character of a token (RFC 8866 §9).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`{|}~".contains(&byte)
}

/// M-lines that share a transport, in the order of the group, and whether there is a group. It may
/// name what isn't there; a single m-line needs none (RFC 9143 §7.2).
fn bundle(
    description: &SessionDescription<'_>,
    media: &[OfferedMedia],
) -> Result<(Vec<usize>, bool), OfferError> {
    let mut groups = crate::sdp::description::values(&description.attributes, "group");
    let group = groups.find_map(|group| group.strip_prefix("BUNDLE"));
    let mut bundle = Vec::new();
    for mid in group.unwrap_or_default().split_ascii_whitespace() {
        let index = media.iter().position(|media| media.mid.as_deref() == Some(mid));
        bundle.extend(index.filter(|index| !bundle.contains(index)));
    }
    if let [_] = media
        && bundle.is_empty()
    {
        bundle.push(0);
    }
    let mut sections = description.sections.iter().enumerate();
    // Port 0 outside of the group says that there is nothing (RFC 3264 §8.2).
    if sections.any(|(index, section)| section.port != "0" && !bundle.contains(&index)) {
        let why = "its m-lines must share one transport (a=group:BUNDLE)";
        return Err(OfferError::Unacceptable(why));
    }
    Ok((bundle, group.is_some()))
}

/// Fingerprints of safe hash functions, each with its line in the offer.
fn fingerprints<'a>(
    description: &SessionDescription<'a>,
    transport: Option<&MediaSection<'a>>,
) -> Result<Vec<(Fingerprint, &'a str)>, OfferError> {
    let of = |section: &MediaSection<'a>| section.values("fingerprint").collect::<Vec<_>>();
    let own = transport.map(of).unwrap_or_default();
    let of_session: Vec<&str> =
        crate::sdp::description::values(&description.attributes, "fingerprint").collect();
    let others = description.sections.iter().map(of);
    let said = [own, of_session].into_iter().chain(others).find(|said| !said.is_empty());
    let said = said.ok_or_else(|| malformed("it has no fingerprint of a certificate"))?;
    let safe = said.iter().filter_map(|line| Some((Fingerprint::parse(line)?, *line)));
    let safe: Vec<_> = safe.take(MAX_FINGERPRINTS).collect();
    match safe.is_empty() {
        true => Err(OfferError::Unacceptable(
            "its certificate's fingerprint must be made by sha-256, sha-384 or sha-512",
        )),
        false => Ok(safe),
    }
}

/// The direction that `role` needs, and the one of m-lines that don't say theirs (RFC 8866 §6.7).
fn directions<'a>(
    description: &SessionDescription<'a>,
    role: SessionRole,
) -> (&'static str, &'a str) {
    let wanted = match role {
        SessionRole::Publisher => "sendonly",
        SessionRole::Subscriber => "recvonly",
    };
    (wanted, direction(&description.attributes).unwrap_or("sendrecv"))
}

fn direction<'a>(attributes: &[&'a str]) -> Option<&'a str> {
    let known = ["sendrecv", "sendonly", "recvonly", "inactive"];
    attributes.iter().copied().find(|attribute| known.contains(attribute))
}

/// Decides whether the library sees an attribute. Of formats, only what the m-line lists;
/// `described` are those whose codec was told already.
fn is_kept<'a>(
    section: &MediaSection<'a>,
    attribute: &'a str,
    role: SessionRole,
    described: &mut Vec<&'a str>,
) -> Result<bool, OfferError> {
    let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
    let layers = role == SessionRole::Publisher && KEPT_OF_PUBLISHERS.contains(&name);
    if !KEPT.contains(&name) && !layers {
        return Ok(false);
    }
    if !matches!(name, "rtpmap" | "rtcp-fb" | "fmtp") {
        return Ok(true);
    }
    let format = value.split(' ').next().unwrap_or_default();
    if name == "rtpmap" {
        if described.contains(&format) {
            return Err(OfferError::Malformed(format!("payload type {format} has two codecs")));
        }
        described.push(format);
    }
    Ok(section.formats.contains(&format))
}
