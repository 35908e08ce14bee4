//! Ogg (RFC 3533) with Opus or Vorbis in it.
//!
//! Programs begin a new logical stream for each title (a chain, §4), at which browsers fall silent. A link
//! whose decoder can go on as it is becomes part of the link before: its pages get the serial, the sequence
//! and the positions that follow, and its headers are left out. What is in the pages stays as it is.

mod clock;
mod headers;
mod page;
mod vorbis;

use std::sync::Arc;

use bytes::{Buf, BytesMut};

pub use self::page::{Page, PageStart, write_headers};
use self::{
    clock::PacketClock,
    headers::{StreamKind, comment_title, first_packet, plain_comments},
    page::MAX_PAGE,
};
use super::{Framed, MAX_GARBAGE, SoundFrame};
use crate::{AudioError, AudioInfo};

/// The most bytes of all header packets of a link; pictures may be among them.
const MAX_HEADERS: usize = 2 * 1024 * 1024;
/// The most bytes of those that go out, once pictures are left out of the comments.
const MAX_HEADERS_OUT: usize = 256 * 1024;
/// The most seconds of sound on a page. A page is given out whole, and programs put one or two on it.
const MAX_PAGE_SECONDS: u32 = 20;
/// Bytes of garbage that a byte of a page makes good, with the byte itself. One page now and then
/// doesn't: finding none in anything costs more than reading them.
const GOOD: usize = 3;
/// The most links that may bring other headers at once, and seconds of sound after which there is one more:
/// each costs everybody who listens a decoder.
const MAX_LINKS: u32 = 8;
const LINK_SECONDS: u64 = 5;

/// Cuts a stream into pages.
#[derive(Debug, Default)]
pub struct OggFramer {
    buffer: BytesMut,
    /// Bytes that weren't used, less what the pages that were make good.
    skipped: usize,
    began: Option<AudioInfo>,
    /// A link whose headers come in.
    opening: Option<Opening>,
    /// The link whose sound comes in.
    link: Option<Link>,
    /// End of an earlier stream after which this one may go on.
    tail: Option<LinkTail>,
    /// Links with headers of their own, and samples that earn another one.
    links: u32,
    earned: u64,
}

/// End of a link, for the source that comes after.
#[derive(Clone, Debug)]
pub struct LinkTail {
    serial: u32,
    sequence: u32,
    position: u64,
    headers: Arc<Vec<Vec<u8>>>,
    clock: PacketClock,
}

/// A link whose headers aren't all there.
#[derive(Debug)]
struct Opening {
    serial: u32,
    info: AudioInfo,
    wanted: usize,
    packets: Vec<Vec<u8>>,
    /// A packet whose end is to come.
    part: Vec<u8>,
}

/// A link as listeners get it, of one or more that came.
#[derive(Debug)]
struct Link {
    /// Serial of the pages that come in.
    incoming: u32,
    serial: u32,
    sequence: u32,
    headers: Arc<Vec<Vec<u8>>>,
    /// The latest position that came in, of this incoming link.
    last: Option<u64>,
    /// Position that goes out, in samples.
    position: u64,
    clock: PacketClock,
    /// The first bytes of a packet whose end is on the next page.
    part: Vec<u8>,
}

impl OggFramer {
    /// Takes what came next; see [`super::Framer::push`].
    ///
    /// # Errors
    /// [`AudioError`].
    pub fn push(&mut self, bytes: &[u8], framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        self.buffer.extend_from_slice(bytes);
        loop {
            match Page::read(&self.buffer) {
                PageStart::Page(page, length) => {
                    self.buffer.advance(length);
                    self.skipped += length;
                    self.page(*page, framed)?;
                }
                PageStart::Unknown if self.buffer.len() <= MAX_PAGE => return Ok(()),
                PageStart::Unknown | PageStart::Other => {
                    let next = self.buffer[1..].iter().position(|it| *it == b'O');
                    let count = next.map_or(self.buffer.len(), |it| it + 1);
                    self.buffer.advance(count);
                    self.skipped += count;
                }
            }
            if self.skipped > MAX_GARBAGE {
                return Err(AudioError::Unrecognised);
            }
        }
    }

    /// Present end of the stream; none before its sound.
    pub fn tail(&self) -> Option<LinkTail> {
        let link = self.link.as_ref()?;
        let (serial, sequence, position) = (link.serial, link.sequence, link.position);
        let (headers, clock) = (link.headers.clone(), link.clock.clone());
        Some(LinkTail { serial, sequence, position, headers, clock })
    }

    /// Goes on where an earlier stream stopped, if a decoder of that can go on with this one: now, or, when
    /// the headers are still to come, with them. Returns whether it does so now.
    pub fn go_on_after(&mut self, tail: LinkTail) -> bool {
        let Some(link) = &mut self.link else {
            self.tail = Some(tail);
            return false;
        };
        let goes_on = goes_on(&tail.headers, &link.headers);
        if goes_on {
            (link.serial, link.sequence) = (tail.serial, tail.sequence);
            link.position = tail.position;
            link.clock.go_on_after(&tail.clock);
        }
        goes_on
    }

    fn page(&mut self, page: Page, framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        if page.first {
            return self.open(&page, framed);
        }
        if self.opening.as_ref().is_some_and(|it| it.serial == page.serial) {
            return self.header_page(&page, framed);
        }
        match &mut self.link {
            Some(link) if link.incoming == page.serial => {
                self.skipped = self.skipped.saturating_sub(GOOD * page.length());
                let frame = link.sound(page);
                let rate = self.began.map_or(1, |it| it.rate);
                if frame.samples > rate.saturating_mul(MAX_PAGE_SECONDS) {
                    return Err(AudioError::PageTooLong);
                }
                self.earned += u64::from(frame.samples);
                let cost = u64::from(rate) * LINK_SECONDS;
                if self.links == 0 {
                    self.earned = 0;
                } else if self.earned >= cost {
                    (self.links, self.earned) = (self.links - 1, self.earned - cost);
                }
                framed.push(Framed::Sound(frame));
            }
            // Of an index, or of a stream whose beginning nobody saw.
            _ => {}
        }
        Ok(())
    }

    /// A logical stream begins.
    fn open(&mut self, page: &Page, framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        let first = page.packets().first().map(|it| it.0.to_vec()).unwrap_or_default();
        let StreamKind::Sound(info, wanted) = first_packet(&first)? else { return Ok(()) };
        if self.opening.is_some() {
            // Two at once: which is to be heard?
            return Err(AudioError::Headers);
        }
        if let Some(began) = self.began {
            began.check_same(info)?;
        }
        let (packets, part) = (Vec::new(), Vec::new());
        self.opening = Some(Opening { serial: page.serial, info, wanted, packets, part });
        self.header_page(page, framed)
    }

    fn header_page(&mut self, page: &Page, framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        let Some(opening) = &mut self.opening else { return Ok(()) };
        self.skipped = self.skipped.saturating_sub(GOOD * page.length());
        for (part, ends) in page.packets() {
            opening.part.extend_from_slice(part);
            if ends {
                opening.packets.push(std::mem::take(&mut opening.part));
            }
        }
        let length = opening.packets.iter().map(Vec::len).sum::<usize>() + opening.part.len();
        if length > MAX_HEADERS {
            return Err(AudioError::HeadersTooLong);
        }
        if opening.packets.len() < opening.wanted {
            return Ok(());
        }
        // Sound begins on a page of its own.
        if opening.packets.len() > opening.wanted || !opening.part.is_empty() {
            return Err(AudioError::Headers);
        }
        let Some(opening) = self.opening.take() else { return Ok(()) };
        self.begin(opening, framed)
    }

    /// A link's headers are all there.
    fn begin(&mut self, opening: Opening, framed: &mut Vec<Framed>) -> Result<(), AudioError> {
        let Opening { serial: incoming, info, mut packets, .. } = opening;
        let mut clock = PacketClock::new(info.format, &packets)?;
        if self.began.is_none() {
            self.began = Some(info);
            framed.push(Framed::Began(info));
        }
        let title = comment_title(&packets[1]);
        packets[1] = plain_comments(&packets[1]);
        let before = self.tail().or(self.tail.take());
        let (last, part) = (None, Vec::new());
        self.link = Some(match before {
            Some(before) if goes_on(&before.headers, &packets) => {
                clock.go_on_after(&before.clock);
                let LinkTail { serial, sequence, position, headers, .. } = before;
                Link { incoming, serial, sequence, headers, last, position, clock, part }
            }
            _ => {
                if packets.iter().map(Vec::len).sum::<usize>() > MAX_HEADERS_OUT {
                    return Err(AudioError::HeadersTooLong);
                }
                if self.links >= MAX_LINKS {
                    return Err(AudioError::TooManyLinks);
                }
                self.links += 1;
                let mut bytes = BytesMut::new();
                let sequence = write_headers(incoming, &packets, &mut bytes);
                framed.push(Framed::Headers(bytes.freeze()));
                let (serial, position, headers) = (incoming, 0, Arc::new(packets));
                Link { incoming, serial, sequence, headers, last, position, clock, part }
            }
        });
        if !title.is_empty() {
            framed.push(Framed::Title(title));
        }
        Ok(())
    }
}

impl Link {
    /// A page of sound, as it goes out. It lasts as long as its packets; its position tells of those that were
    /// lost before it, as far as they are no more than these.
    fn sound(&mut self, mut page: Page) -> SoundFrame {
        let packets = self.packets(&page);
        let mut samples = packets.unwrap_or_default();
        if let Some(granule) = page.granule {
            let step = self.last.map_or(0, |last| granule.saturating_sub(last));
            if (u64::from(samples)..=2 * u64::from(samples)).contains(&step) {
                samples = u32::try_from(step).unwrap_or(samples);
            }
            self.last = Some(granule);
        }
        self.position = self.position.saturating_add(samples.into());
        page.granule = packets.map(|_| self.position);
        page.serial = self.serial;
        let mut bytes = BytesMut::with_capacity(page.length());
        page.write(self.sequence, &mut bytes);
        self.sequence = self.sequence.wrapping_add(1);
        SoundFrame { bytes: bytes.freeze(), samples, is_entry: !page.continued }
    }

    /// Samples of the packets that end on a page; none when none does.
    fn packets(&mut self, page: &Page) -> Option<u32> {
        let mut samples = None;
        if !page.continued {
            self.part.clear();
        }
        // The rest of a packet whose beginning was lost.
        let mut lost = page.continued && self.part.is_empty();
        for (bytes, ends) in page.packets() {
            let wanted = 2_usize.saturating_sub(self.part.len()).min(bytes.len());
            self.part.extend_from_slice(&bytes[..wanted]);
            if ends {
                let counted = if lost { 0 } else { self.clock.samples(&self.part) };
                samples = Some(samples.unwrap_or(0_u32).saturating_add(counted));
                self.part.clear();
                lost = false;
            } else if lost {
                self.part.clear();
            }
        }
        samples
    }
}

/// Tells whether a decoder with the headers `before` can go on with sound whose headers are `next`: all but
/// the comments are the same; of Opus, but for how much is left out at the beginning (RFC 7845 §5.1).
fn goes_on(before: &[Vec<u8>], next: &[Vec<u8>]) -> bool {
    let essence = |packets: &[Vec<u8>]| -> Vec<Vec<u8>> {
        let mut packets = packets.to_vec();
        if packets.len() > 1 {
            packets.remove(1);
        }
        if let Some(head) = packets.first_mut()
            && head.starts_with(b"OpusHead")
            && head.len() >= 16
        {
            // The pre-skip, and the rate of what was encoded.
            head[10..16].fill(0);
        }
        packets
    };
    essence(before) == essence(next)
}
