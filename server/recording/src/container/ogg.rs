//! Ogg with Opus alone (RFC 7845).

use bandstand_radio::OggPage;
use bytes::BytesMut;

use crate::queue::Fragment;

/// Lacing values of a page, at most (RFC 3533 §6).
const MAX_LACING: usize = 255;

/// Writer of one file.
#[derive(Debug)]
pub(crate) struct OggWriter {
    serial: u32,
    sequence: u32,
}

/// The identification header (§5.1): two channels, which mono fits in, and no sound to be left out.
pub(crate) fn opus_head() -> Vec<u8> {
    let mut head = b"OpusHead\x01\x02\0\0".to_vec();
    head.extend(48_000_u32.to_le_bytes());
    // Gain, and the family of channel mappings.
    head.extend([0, 0, 0]);
    head
}

/// The comment header (§5.2): who wrote it, and nothing else.
fn opus_tags() -> Vec<u8> {
    let vendor = b"Bandstand";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend([0; 4]);
    tags
}

impl OggWriter {
    pub(crate) fn new(serial: u32, out: &mut Vec<u8>) -> Self {
        let mut writer = OggWriter { serial, sequence: 0 };
        for (packet, first) in [(opus_head(), true), (opus_tags(), false)] {
            let mut page = OggPage { first, granule: Some(0), ..writer.page() };
            page.lacing.push(u8::try_from(packet.len()).unwrap_or_default());
            page.body = packet;
            writer.put(&mut page, out);
        }
        writer
    }

    /// Writes a page, or some when one doesn't hold all.
    pub(crate) fn write(&mut self, fragment: Fragment<'_>, out: &mut Vec<u8>) -> Option<()> {
        let mut page = self.page();
        for (sample, data) in fragment.sound?.iter() {
            if page.lacing.len() + data.len() / 255 + 1 > MAX_LACING {
                self.put(&mut page, out);
            }
            page.lacing.extend(std::iter::repeat_n(255, data.len() / 255));
            page.lacing.push(u8::try_from(data.len() % 255).unwrap_or_default());
            page.body.extend_from_slice(data);
            page.granule = Some(sample.start + u64::from(sample.duration));
        }
        self.put(&mut page, out);
        Some(())
    }

    fn page(&self) -> OggPage {
        let (lacing, body) = (Vec::new(), Vec::new());
        OggPage { continued: false, first: false, granule: None, serial: self.serial, lacing, body }
    }

    /// Writes a page, unless it is empty, and begins another one.
    fn put(&mut self, page: &mut OggPage, out: &mut Vec<u8>) {
        if !page.lacing.is_empty() {
            let mut bytes = BytesMut::with_capacity(page.body.len() + 300);
            page.write(self.sequence, &mut bytes);
            out.extend_from_slice(&bytes);
            self.sequence = self.sequence.wrapping_add(1);
        }
        *page = self.page();
    }
}
