//! Session descriptions by the grammar of RFC 8866.
//!
//! The SDP library knows the dialect of browsers alone, silently drops what follows an unknown
//! line, and its work grows with its input. It only ever sees what [`crate::sdp::offer`] writes
//! from a [`SessionDescription`].

use crate::error::OfferError;

/// Browsers' longest offers have fewer than 400 lines.
const MAX_LINES: usize = 1_000;

/// No line that matters is longer than a list of 128 formats.
const MAX_LINE_BYTES: usize = 4_096;

/// The lines that a session may have beside its attributes, and a media section (RFC 8866 §9).
const SESSION_KINDS: &str = "vosiuepcbtrzka";
const MEDIA_KINDS: &str = "icbka";

/// A parsed description.
#[derive(Debug)]
pub(crate) struct SessionDescription<'a> {
    /// The session's attributes, without `a=`.
    pub(crate) attributes: Vec<&'a str>,
    pub(crate) sections: Vec<MediaSection<'a>>,
}

/// An m-line with its attributes.
#[derive(Debug)]
pub(crate) struct MediaSection<'a> {
    /// `audio`, `video` or something else.
    pub(crate) kind: &'a str,
    pub(crate) port: &'a str,
    pub(crate) protocol: &'a str,
    pub(crate) formats: Vec<&'a str>,
    /// Without `a=`.
    pub(crate) attributes: Vec<&'a str>,
}

impl<'a> SessionDescription<'a> {
    /// Reads a description of at most `limit` bytes. Whoever writes too much is refused before it is
    /// looked into.
    ///
    /// # Errors
    /// [`OfferError::TooLong`], or [`OfferError::Malformed`] with the line.
    pub(crate) fn read(text: &'a str, limit: usize) -> Result<Self, OfferError> {
        if text.len() > limit || text.lines().nth(MAX_LINES).is_some() {
            return Err(OfferError::TooLong);
        }
        let mut description = SessionDescription { attributes: Vec::new(), sections: Vec::new() };
        let lines = text.lines().map(str::trim_end).enumerate();
        for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
            if line.len() > MAX_LINE_BYTES {
                return Err(OfferError::TooLong);
            }
            let wrong = |what: &str| OfferError::Malformed(format!("line {}: {what}", index + 1));
            let (kind, value) = line.split_once('=').ok_or_else(|| wrong("there is no ="))?;
            if (index == 0) != (line == "v=0") {
                return Err(wrong("v=0 is the first line, and no other"));
            }
            let section = description.sections.last_mut();
            let known = if section.is_some() { MEDIA_KINDS } else { SESSION_KINDS };
            match (kind, section) {
                ("m", _) => {
                    description.sections.push(MediaSection::read(value).ok_or_else(|| {
                        wrong("an m-line is a medium, a port, a protocol and payload types to 127")
                    })?)
                }
                ("a", Some(section)) => section.attributes.push(value),
                ("a", None) => description.attributes.push(value),
                // Nothing else matters here.
                _ if kind.len() == 1 && known.contains(kind) => {}
                _ => return Err(wrong("there is no such kind of line here")),
            }
        }
        Ok(description)
    }

    /// The session's only attribute of that name, or the first.
    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        values(&self.attributes, name).next()
    }
}

impl<'a> MediaSection<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut parts = line.split_ascii_whitespace();
        let (kind, port, protocol) = (parts.next()?, parts.next()?, parts.next()?);
        let formats: Vec<&str> = parts.collect();
        // Another medium may have formats of another kind (RFC 8866 §5.14).
        let media = matches!(kind, "audio" | "video");
        let known = |format: &&str| payload_type(format).is_some();
        let right = port.bytes().all(|b| b.is_ascii_digit()) && !formats.is_empty();
        (right && (!media || formats.iter().all(known))).then_some(MediaSection {
            kind,
            port,
            protocol,
            formats,
            attributes: Vec::new(),
        })
    }

    /// The section's only attribute of that name, or the first.
    pub(crate) fn value(&self, name: &str) -> Option<&'a str> {
        values(&self.attributes, name).next()
    }

    /// The section's attributes of that name.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        values(&self.attributes, name)
    }
}

/// The values of the attributes of that name.
pub(crate) fn values<'a>(attributes: &[&'a str], name: &str) -> impl Iterator<Item = &'a str> {
    let named = attributes.iter().filter_map(move |attribute| attribute.split_once(':'));
    named.filter(move |(it, _)| *it == name).map(|(_, value)| value.trim())
}

/// A payload type (RFC 3551 §6).
fn payload_type(text: &str) -> Option<u8> {
    text.parse().ok().filter(|number| *number < 128 && text.bytes().all(|b| b.is_ascii_digit()))
}
