//! The body of a request, taken out of its framing.

use bytes::Bytes;
use thiserror::Error;

use super::BodyFraming;

/// The most bytes of a chunk's line, or of all trailers.
const MAX_LINE: usize = 4 * 1024;

/// A body whose framing is broken (RFC 9112 §7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The chunks of the body can't be read.")]
pub struct BodyError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a chunk's size; the value so far, and whether there was a digit, and whether an extension began.
    Size {
        value: u64,
        digits: bool,
        extension: bool,
    },
    /// So many bytes of a chunk, or of the body.
    Data(u64),
    /// The line end after a chunk.
    AfterData,
    /// In trailers; whether the line has anything in it.
    Trailer {
        filled: bool,
    },
    /// Whatever comes.
    Unframed,
    Ended,
}

/// Takes a body out of its framing, as it comes.
#[derive(Clone, Debug)]
pub struct BodyReader {
    state: State,
    chunked: bool,
    /// Bytes of the line or the trailers so far.
    line: usize,
}

const SIZE: State = State::Size { value: 0, digits: false, extension: false };

impl BodyReader {
    /// At the beginning of a body.
    pub fn new(framing: BodyFraming) -> Self {
        let (state, chunked) = match framing {
            BodyFraming::Chunked => (SIZE, true),
            BodyFraming::Length(length) => (State::Data(length), false),
            BodyFraming::Unframed => (State::Unframed, false),
        };
        Self { state, chunked, line: 0 }
    }

    /// Tells whether the body has ended, though the connection goes on.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended || (!self.chunked && self.state == State::Data(0))
    }

    /// Takes the next piece of the body out of `bytes`, which is left with what follows it; none when there
    /// is no more of it in them.
    ///
    /// # Errors
    /// [`BodyError`].
    pub fn read(&mut self, bytes: &mut Bytes) -> Result<Option<Bytes>, BodyError> {
        while !bytes.is_empty() {
            match self.state {
                State::Unframed => return Ok(Some(std::mem::take(bytes))),
                State::Data(left) if left > 0 => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    self.state = State::Data(left - here as u64);
                    return Ok(Some(bytes.split_to(here)));
                }
                State::Data(_) if self.chunked => self.state = State::AfterData,
                State::Data(_) | State::Ended => return Ok(None),
                State::Size { .. } | State::AfterData | State::Trailer { .. } => {
                    let byte = bytes.split_to(1)[0];
                    self.state = self.after(byte)?;
                }
            }
        }
        Ok(None)
    }

    /// The state after a byte that belongs to the framing.
    fn after(&mut self, byte: u8) -> Result<State, BodyError> {
        self.line += 1;
        if self.line > MAX_LINE {
            return Err(BodyError);
        }
        let next = match (self.state, byte) {
            (State::Size { value, digits: true, .. }, b'\n') => {
                self.line = 0;
                if value == 0 { State::Trailer { filled: false } } else { State::Data(value) }
            }
            // No digit comes after it.
            (State::Size { value, digits: true, .. }, b'\r') => {
                State::Size { value, digits: true, extension: true }
            }
            (State::Size { extension: true, .. }, _) => self.state,
            (State::Size { value, digits: true, .. }, b';' | b' ' | b'\t') => {
                State::Size { value, digits: true, extension: true }
            }
            (State::Size { value, .. }, digit) => {
                let digit = char::from(digit).to_digit(16).ok_or(BodyError)?;
                let value = value.checked_mul(16).ok_or(BodyError)? + u64::from(digit);
                State::Size { value, digits: true, extension: false }
            }
            (State::AfterData, b'\r') => State::AfterData,
            (State::AfterData, b'\n') => {
                self.line = 0;
                SIZE
            }
            (State::Trailer { filled: false }, b'\n') => State::Ended,
            (State::Trailer { .. }, b'\n') => State::Trailer { filled: false },
            (State::Trailer { filled }, b'\r') => State::Trailer { filled },
            (State::Trailer { .. }, _) => State::Trailer { filled: true },
            _ => return Err(BodyError),
        };
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] =
        b"4\r\nWiki\r\n6;x=\"y\"\r\npedia \r\nD\r\nin \r\n\r\nchunks\r\n0\r\nA: b\r\n\r\nmore";

    fn read(framing: BodyFraming, bytes: &[u8], step: usize) -> Result<(Vec<u8>, bool), BodyError> {
        let mut reader = BodyReader::new(framing);
        let mut body = Vec::new();
        for part in bytes.chunks(step) {
            let mut part = Bytes::copy_from_slice(part);
            while let Some(piece) = reader.read(&mut part)? {
                assert!(!piece.is_empty());
                body.extend_from_slice(&piece);
            }
        }
        Ok((body, reader.has_ended()))
    }

    #[test]
    fn chunks_are_read_however_they_are_cut() {
        for step in 1..=CHUNKED.len() {
            let (body, ended) = read(BodyFraming::Chunked, CHUNKED, step).unwrap();
            assert_eq!(body, b"Wikipedia in \r\n\r\nchunks", "{step}");
            assert!(ended);
        }
        for length in 0..CHUNKED.len() - 4 {
            let (body, ended) = read(BodyFraming::Chunked, &CHUNKED[..length], 7).unwrap();
            assert!(b"Wikipedia in \r\n\r\nchunks".starts_with(&body) && !ended);
        }
    }

    #[test]
    fn broken_chunks_are_refused() {
        for broken in ["x\r\n", "\r\n", "4\r\nWikipedia", "11111111111111111\r\n", ";\r\n"] {
            assert_eq!(
                read(BodyFraming::Chunked, broken.as_bytes(), 3),
                Err(BodyError),
                "{broken}"
            );
        }
        let endless = format!("4;{}", "x".repeat(MAX_LINE));
        assert_eq!(read(BodyFraming::Chunked, endless.as_bytes(), 100), Err(BodyError));
        let trailers = format!("0\r\n{}", "a:b\r\n".repeat(MAX_LINE));
        assert_eq!(read(BodyFraming::Chunked, trailers.as_bytes(), 100), Err(BodyError));
    }

    #[test]
    fn a_size_ends_with_its_line() {
        let body = read(BodyFraming::Chunked, b"1\r2\nWikipedia", 3);
        assert!(body.is_err(), "one byte, and then no line end");
    }

    #[test]
    fn other_bodies_are_as_long_as_they_say() {
        assert_eq!(read(BodyFraming::Length(5), b"Wikipedia", 2), Ok((b"Wikip".to_vec(), true)));
        assert_eq!(read(BodyFraming::Length(50), b"Wiki", 2), Ok((b"Wiki".to_vec(), false)));
        assert_eq!(
            read(BodyFraming::Unframed, b"0\r\n\r\n", 2),
            Ok((b"0\r\n\r\n".to_vec(), false))
        );
    }
}
