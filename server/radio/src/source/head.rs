//! The head of a request.

use thiserror::Error;

use super::BasicCredentials;
use crate::DeclaredType;

/// The most bytes of a head.
pub const MAX_HEAD: usize = 16 * 1024;
/// The most header fields.
const MAX_FIELDS: usize = 100;

/// Reason to refuse a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadError {
    /// It has more than [`MAX_HEAD`] bytes, or more fields than anybody needs.
    #[error("The request's head is too long.")]
    TooLong,
    /// It isn't one.
    #[error("That is no request.")]
    Malformed,
}

/// Framing of a body (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// In chunks (§7.1).
    Chunked,
    /// After so many bytes (§6.2).
    Length(u64),
    /// With the connection, as source clients have it.
    Unframed,
}

/// The head of a request (RFC 9112 §2.1), or of what Icecast's clients send in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The method as it is written.
    pub method: String,
    /// The path, still percent-encoded.
    pub path: String,
    /// The query, behind the question mark.
    pub query: Option<String>,
    /// HTTP/1.1, so that the connection may be used again and interim answers are understood.
    pub is_http11: bool,
    /// Fields; names in small letters.
    fields: Vec<(String, Vec<u8>)>,
}

impl RequestHead {
    /// Reads the head at the beginning of `bytes`; none while it isn't all there. Returns its length, too.
    ///
    /// # Errors
    /// [`HeadError`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, HeadError> {
        // A line feed before the request line is passed over (§2.2).
        let start = bytes.iter().take_while(|it| matches!(it, b'\r' | b'\n')).count();
        let Some(length) = end_of_head(&bytes[start..]) else {
            let unending = bytes.len() > MAX_HEAD;
            return if unending {
                Err(HeadError::TooLong)
            } else {
                check_beginning(&bytes[start..])
            };
        };
        if start + length > MAX_HEAD {
            return Err(HeadError::TooLong);
        }
        let mut lines = bytes[start..start + length].split(|it| *it == b'\n').map(trimmed);
        let (method, target, is_http11) = request_line(lines.next().unwrap_or_default())?;
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for line in lines.filter(|it| !it.is_empty()) {
            if fields.len() >= MAX_FIELDS {
                return Err(HeadError::TooLong);
            }
            let colon = line.iter().position(|it| *it == b':').ok_or(HeadError::Malformed)?;
            let name = std::str::from_utf8(&line[..colon]).map_err(|_| HeadError::Malformed)?;
            if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err(HeadError::Malformed);
            }
            fields.push((name.to_ascii_lowercase(), trimmed(&line[colon + 1..]).to_vec()));
        }
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (target, None),
        };
        let head = Self { method, path, query, is_http11, fields };
        Ok(Some((head, start + length)))
    }

    /// The first field of this name, in small letters, when it is text.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|it| it.0 == name);
        found.and_then(|it| std::str::from_utf8(&it.1).ok())
    }

    /// Tells whether the client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.field("expect").is_some_and(|it| it.eq_ignore_ascii_case("100-continue"))
    }

    /// Credentials of the client.
    pub fn credentials(&self) -> Option<BasicCredentials> {
        BasicCredentials::parse(self.field("authorization")?)
    }

    /// The type of the body.
    pub fn declared_type(&self) -> DeclaredType {
        DeclaredType::of(self.field("content-type"))
    }

    /// Framing of the body. A length of zero, or none that can be read, is what clients say that don't know
    /// theirs.
    pub fn framing(&self) -> BodyFraming {
        let coding = self.field("transfer-encoding").unwrap_or_default();
        if coding.split(',').any(|it| it.trim().eq_ignore_ascii_case("chunked")) {
            return BodyFraming::Chunked;
        }
        let length = self.field("content-length").and_then(|it| it.parse().ok());
        length.filter(|it| *it > 0).map_or(BodyFraming::Unframed, BodyFraming::Length)
    }

    /// Tells whether the connection ends after the answer (RFC 9112 §9.3).
    pub fn closes(&self) -> bool {
        let said = |word| {
            let value = self.field("connection").unwrap_or_default();
            value.split(',').any(|it| it.trim().eq_ignore_ascii_case(word))
        };
        if self.is_http11 { said("close") } else { !said("keep-alive") }
    }
}

/// The length of the head with the empty line at its end. Bare line feeds are taken, too (RFC 9112 §2.2).
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let feeds = bytes.iter().enumerate().filter(|it| *it.1 == b'\n').map(|it| it.0);
    for at in feeds {
        match bytes[at + 1..] {
            [b'\n', ..] => return Some(at + 2),
            [b'\r', b'\n', ..] => return Some(at + 3),
            _ => {}
        }
    }
    None
}

/// Refuses early what doesn't begin like a request, such as sound or a TLS handshake.
fn check_beginning<T>(bytes: &[u8]) -> Result<Option<T>, HeadError> {
    let method = bytes.iter().take_while(|it| **it != b' ').take(33).count();
    let plain = bytes[..method].iter().all(u8::is_ascii_alphabetic);
    if plain && method <= 32 { Ok(None) } else { Err(HeadError::Malformed) }
}

fn request_line(line: &[u8]) -> Result<(String, String, bool), HeadError> {
    let line = std::str::from_utf8(line).map_err(|_| HeadError::Malformed)?;
    let mut words = line.split_ascii_whitespace();
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(HeadError::Malformed);
    };
    let method_is_plain = method.len() <= 32 && method.bytes().all(|it| it.is_ascii_alphabetic());
    let is_http11 = version == "HTTP/1.1";
    let known = is_http11 || matches!(version, "HTTP/1.0" | "ICE/1.0");
    if !method_is_plain || !target.starts_with('/') || !known {
        return Err(HeadError::Malformed);
    }
    Ok((method.to_owned(), target.to_owned(), is_http11))
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As FFmpeg 5.1 sends it: unframed.
    const FFMPEG: &str = "PUT /radio/018f HTTP/1.1\r\nUser-Agent: Lavf/59.27.100\r\nAccept: */*\r\n\
        Expect: 100-continue\r\nConnection: close\r\nHost: 127.0.0.1:8000\r\nContent-Type: audio/mpeg\r\n\
        Icy-MetaData: 1\r\nIce-Public: 0\r\nAuthorization: Basic c291cmNlOmJhbmRzdGFuZF94\r\n\r\n";

    fn parsed(text: &str) -> RequestHead {
        let (head, length) = RequestHead::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn heads_of_source_clients_are_read() {
        let ffmpeg = parsed(FFMPEG);
        assert_eq!((ffmpeg.method.as_str(), ffmpeg.path.as_str()), ("PUT", "/radio/018f"));
        assert!(ffmpeg.expects_continue() && ffmpeg.closes());
        assert_eq!(ffmpeg.framing(), BodyFraming::Unframed);
        assert_eq!(ffmpeg.declared_type(), DeclaredType::Sound);
        let credentials = ffmpeg.credentials().unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password()), ("source", "bandstand_x"));

        let old =
            parsed("SOURCE /radio ICE/1.0\ncontent-type: application/ogg\nice-name:  a b \n\n");
        assert!(!old.is_http11 && old.closes() && !old.expects_continue());
        assert_eq!(old.field("ice-name"), Some("a b"));
        assert_eq!(old.framing(), BodyFraming::Unframed);
        assert_eq!(old.credentials(), None);

        let chunked = parsed("PUT /radio?x=1 HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n");
        assert_eq!(chunked.framing(), BodyFraming::Chunked);
        assert_eq!(chunked.query.as_deref(), Some("x=1"));
        assert!(!chunked.closes());
        let length = parsed("PUT /radio HTTP/1.1\r\nContent-Length: 12\r\n\r\n");
        assert_eq!(length.framing(), BodyFraming::Length(12));
        let unknown = parsed("PUT /radio HTTP/1.1\r\nContent-Length: -1\r\n\r\n");
        assert_eq!(unknown.framing(), BodyFraming::Unframed);
    }

    #[test]
    fn a_head_that_is_not_all_there_is_waited_for() {
        for length in 0..FFMPEG.len() {
            assert_eq!(RequestHead::parse(&FFMPEG.as_bytes()[..length]), Ok(None), "{length}");
        }
        let more = format!("\r\n{FFMPEG}ID3");
        let (_, length) = RequestHead::parse(more.as_bytes()).unwrap().unwrap();
        assert_eq!(length, more.len() - 3);
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let refused = |bytes: &[u8]| RequestHead::parse(bytes).unwrap_err();
        assert_eq!(refused(b"\xff\xfb\x90\x64"), HeadError::Malformed);
        assert_eq!(refused(b"\x16\x03\x01\x02\x00"), HeadError::Malformed);
        for text in
            ["PUT\r\n\r\n", "PUT /a\r\n\r\n", "PUT a HTTP/1.1\r\n\r\n", "PUT /a HTTP/2\r\n\r\n"]
        {
            assert_eq!(refused(text.as_bytes()), HeadError::Malformed, "{text}");
        }
        assert_eq!(refused(b"PUT /a HTTP/1.1\r\nno colon\r\n\r\n"), HeadError::Malformed);
        assert_eq!(refused(b"PUT /a HTTP/1.1\r\na b: c\r\n\r\n"), HeadError::Malformed);
        let long = format!("PUT /{} HTTP/1.1\r\n", "a".repeat(MAX_HEAD));
        assert_eq!(refused(long.as_bytes()), HeadError::TooLong);
        let many = format!("PUT / HTTP/1.1\r\n{}\r\n", "a:b\r\n".repeat(MAX_FIELDS + 1));
        assert_eq!(refused(many.as_bytes()), HeadError::TooLong);
    }
}
