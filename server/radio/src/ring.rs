//! The ring: the latest seconds of a stream, and listeners as cursors in it.
//!
//! **Invariant:** listeners never hold anything up. The ring is bounded in seconds and in bytes, among which
//! are the headers of all links and what each piece takes beside its sound; who lags so far behind that their
//! place is gone is skipped ahead, to the beginning of a frame or page.

use std::{collections::VecDeque, time::Duration};

use bytes::{Bytes, BytesMut};

use crate::{AudioInfo, Framed, SoundFrame, Title};

/// Bounds of a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingLimits {
    /// Sound that listeners get in one piece: the larger, the fewer writes; the smaller, the less delay.
    pub piece: Duration,
    /// Sound by which a listener may be behind the newest.
    pub history: Duration,
    /// The most bytes that are kept.
    pub max_bytes: usize,
}

impl Default for RingLimits {
    /// A quarter of a second, half a minute, and as many bytes as that is at 1.6 Mbit/s.
    fn default() -> Self {
        let (piece, history) = (Duration::from_millis(250), Duration::from_secs(30));
        Self { piece, history, max_bytes: 6 * 1024 * 1024 }
    }
}

/// The most bytes of a piece.
const MAX_PIECE: usize = 64 * 1024;

/// Bytes that a piece takes beside its sound and its title, in the ring and where it was allocated.
const PIECE_COST: usize = 256;

/// A stretch of sound that begins with a frame or page and is given out whole.
#[derive(Clone, Debug)]
struct Piece {
    bytes: Bytes,
    /// In samples since the beginning of the stream.
    start: u64,
    end: u64,
    is_entry: bool,
    link: u64,
    headers: Bytes,
    title: Title,
}

impl Piece {
    /// Bytes that it takes, but for the headers, which it shares with others.
    fn cost(&self) -> usize {
        self.bytes.len() + self.title.as_str().len() + PIECE_COST
    }
}

/// The latest seconds of a stream.
#[derive(Debug)]
pub struct AudioRing {
    limits: RingLimits,
    info: AudioInfo,
    pieces: VecDeque<Piece>,
    /// Number of the first of these.
    first: u64,
    /// Bytes of all that is kept for them, and of the sound among that.
    kept: usize,
    sound: usize,
    /// Bytes of the next piece.
    open: BytesMut,
    open_start: u64,
    open_is_entry: bool,
    /// Samples so far.
    end: u64,
    link: u64,
    headers: Bytes,
    title: Title,
    has_ended: bool,
}

/// The place of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingCursor {
    next: u64,
    /// The link whose headers they have.
    link: Option<u64>,
    /// Newest sound with which they begin, and to which they are skipped ahead.
    burst: Duration,
    skips: u32,
}

impl RingCursor {
    /// Number of times that the listener was skipped ahead.
    pub fn skips(&self) -> u32 {
        self.skips
    }
}

/// Sound for a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RingPiece {
    /// Its number in the stream: the same for all listeners.
    pub number: u64,
    /// Number of the link of which it is, each of which has headers of its own.
    pub link: u64,
    /// Samples of each channel that came before it, since the beginning of the stream.
    pub start: u64,
    /// Headers that have to go before it; empty when the listener has them.
    pub headers: Bytes,
    /// Its bytes, shared with all listeners.
    pub bytes: Bytes,
    /// The title that belongs to it.
    pub title: Title,
}

/// Outcome of a listener's read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingRead {
    /// Sound.
    Piece(RingPiece),
    /// Nothing yet.
    Pending,
    /// Nothing any more.
    Ended,
}

impl AudioRing {
    /// Nothing of a stream yet.
    pub fn new(info: AudioInfo, limits: RingLimits) -> Self {
        Self {
            limits,
            info,
            pieces: VecDeque::new(),
            first: 0,
            kept: 0,
            sound: 0,
            open: BytesMut::new(),
            open_start: 0,
            open_is_entry: false,
            end: 0,
            link: 0,
            headers: Bytes::new(),
            title: Title::default(),
            has_ended: false,
        }
    }

    /// Format of the sound.
    pub fn info(&self) -> AudioInfo {
        self.info
    }

    /// The title of the newest sound.
    pub fn title(&self) -> &Title {
        &self.title
    }

    /// Length of all sound so far, of which the ring has the end.
    pub fn length(&self) -> Duration {
        self.time(self.end)
    }

    /// Bits a second, of what the ring has; 0 while it has nothing.
    pub fn bits_per_second(&self) -> u64 {
        let start = self.pieces.front().map_or(self.open_start, |it| it.start);
        let micros = self.time(self.open_start - start).as_micros();
        let bits = (self.sound as u128) * 8 * 1_000_000;
        u64::try_from(bits.checked_div(micros).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Appends a part of the stream. Returns whether there is something new for listeners.
    pub fn append(&mut self, part: &Framed) -> bool {
        match part {
            Framed::Began(_) => false,
            Framed::Headers(headers) => {
                let sealed = self.seal();
                (self.link, self.headers) = (self.link + 1, headers.clone());
                sealed
            }
            Framed::Title(title) => self.set_title(title.clone()),
            Framed::Sound(frame) => self.sound(frame),
        }
    }

    /// Gives the sound from here on another title. Returns whether there is something new for listeners.
    pub fn set_title(&mut self, title: Title) -> bool {
        if self.title == title {
            return false;
        }
        let sealed = self.seal();
        self.title = title;
        sealed
    }

    /// The stream has ended: listeners hear the rest.
    pub fn end(&mut self) {
        self.seal();
        self.has_ended = true;
    }

    /// A listener who begins with the newest `burst`, as far as there is that much.
    pub fn join(&self, burst: Duration) -> RingCursor {
        RingCursor { next: self.entry(burst), link: None, burst, skips: 0 }
    }

    /// Reads the next piece for a listener, who is skipped ahead if they lag too far behind.
    pub fn read(&self, cursor: &mut RingCursor) -> RingRead {
        if cursor.next < self.first {
            cursor.next = self.entry(cursor.burst);
            cursor.skips += 1;
        }
        let index = usize::try_from(cursor.next - self.first).unwrap_or(usize::MAX);
        let Some(piece) = self.pieces.get(index) else {
            return if self.has_ended { RingRead::Ended } else { RingRead::Pending };
        };
        let (number, link) = (cursor.next, piece.link);
        cursor.next += 1;
        let has_headers = cursor.link == Some(piece.link);
        cursor.link = Some(piece.link);
        let headers = if has_headers { Bytes::new() } else { piece.headers.clone() };
        let (bytes, title) = (piece.bytes.clone(), piece.title.clone());
        RingRead::Piece(RingPiece { number, link, start: piece.start, headers, bytes, title })
    }

    /// Sound by which a listener is behind the newest, including what they are skipped over next.
    pub fn lag(&self, cursor: &RingCursor) -> Duration {
        let ahead = cursor.next.saturating_sub(self.first);
        let index = usize::try_from(ahead).unwrap_or(usize::MAX);
        let place = self.pieces.get(index).map_or(self.open_start, |it| it.start);
        self.time(self.end - place)
    }

    /// Number of the piece that begins at most `burst` before the newest sound, and with which a newcomer
    /// can begin; of the next one, when there is none.
    fn entry(&self, burst: Duration) -> u64 {
        let near =
            self.pieces.iter().rev().take_while(|it| self.time(self.end - it.start) <= burst);
        // The last of these is the oldest; numbers are counted from the end.
        let found = near.enumerate().filter(|it| it.1.is_entry).last();
        let next = self.first + self.pieces.len() as u64;
        found.map_or(next, |(from_end, _)| next - 1 - from_end as u64)
    }

    fn sound(&mut self, frame: &SoundFrame) -> bool {
        let mut sealed = false;
        if self.open.len() + frame.bytes.len() > MAX_PIECE {
            sealed = self.seal();
        }
        if self.open.is_empty() {
            (self.open_start, self.open_is_entry) = (self.end, frame.is_entry);
        }
        self.open.extend_from_slice(&frame.bytes);
        self.end += u64::from(frame.samples);
        if self.time(self.end - self.open_start) >= self.limits.piece {
            sealed |= self.seal();
        }
        sealed
    }

    /// Gives out what is there.
    fn seal(&mut self) -> bool {
        if self.open.is_empty() {
            self.open_start = self.end;
            return false;
        }
        let piece = Piece {
            bytes: self.open.split().freeze(),
            start: self.open_start,
            end: self.end,
            is_entry: self.open_is_entry,
            link: self.link,
            headers: self.headers.clone(),
            title: self.title.clone(),
        };
        if self.pieces.back().is_none_or(|it| it.link != piece.link) {
            self.kept += piece.headers.len();
        }
        self.kept += piece.cost();
        self.sound += piece.bytes.len();
        self.pieces.push_back(piece);
        self.open_start = self.end;
        while let Some(oldest) = self.pieces.front()
            && (self.kept > self.limits.max_bytes
                || self.time(self.end - oldest.end) > self.limits.history)
        {
            self.drop_oldest();
        }
        true
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.pieces.pop_front() else { return };
        self.first += 1;
        self.kept -= oldest.cost();
        self.sound -= oldest.bytes.len();
        // A link's headers are counted once, and are there as long as a piece of it.
        if self.pieces.front().is_none_or(|it| it.link != oldest.link) {
            self.kept -= oldest.headers.len();
        }
    }

    fn time(&self, samples: u64) -> Duration {
        let rate = u64::from(self.info.rate.max(1));
        let micros = (samples % rate) * 1_000_000 / rate;
        Duration::from_secs(samples / rate) + Duration::from_micros(micros)
    }
}

#[cfg(test)]
mod tests;
