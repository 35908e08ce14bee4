//! Pages of Ogg (RFC 3533 §6).

use bytes::{BufMut, BytesMut};

/// Bytes of a page's header before its lacing values.
const HEADER: usize = 27;
/// The most bytes of a page.
pub const MAX_PAGE: usize = HEADER + 255 + 255 * 255;

/// Header type: its first packet is continued from the page before.
const CONTINUED: u8 = 1;
/// Header type: first page of a logical stream.
const FIRST: u8 = 2;

/// A page, read or to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its first packet began on an earlier page.
    pub continued: bool,
    /// It begins a logical stream.
    pub first: bool,
    /// Position at the end of the last packet that ends here; none where none does (-1).
    pub granule: Option<u64>,
    /// The logical stream.
    pub serial: u32,
    /// Lacing values (§6, field 8).
    pub lacing: Vec<u8>,
    /// The parts of packets.
    pub body: Vec<u8>,
}

/// Page at the beginning of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// A page of so many bytes.
    Page(Box<Page>, usize),
    /// The beginning of one, perhaps.
    Unknown,
    /// None.
    Other,
}

impl Page {
    /// Reads the page at the beginning of `bytes`; its checksum has to be right.
    pub fn read(bytes: &[u8]) -> PageStart {
        if !bytes.iter().zip(b"OggS\0").all(|(one, other)| one == other) {
            return PageStart::Other;
        }
        let Some(header) = bytes.get(..HEADER) else { return PageStart::Unknown };
        let segments = usize::from(header[26]);
        let Some(lacing) = bytes.get(HEADER..HEADER + segments) else { return PageStart::Unknown };
        let start = HEADER + segments;
        let end = start + lacing.iter().map(|it| usize::from(*it)).sum::<usize>();
        let Some(body) = bytes.get(start..end) else { return PageStart::Unknown };
        let four = |at: usize| {
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let sum = checksum(
            checksum(checksum(checksum(0, &header[..22]), &[0; 4]), &header[26..]),
            &bytes[HEADER..end],
        );
        if sum != four(22) {
            return PageStart::Other;
        }
        let granule = u64::from(four(6)) | u64::from(four(10)) << 32;
        let page = Self {
            continued: header[5] & CONTINUED != 0,
            first: header[5] & FIRST != 0,
            granule: i64::try_from(granule).is_ok().then_some(granule),
            serial: four(14),
            lacing: lacing.to_vec(),
            body: body.to_vec(),
        };
        PageStart::Page(Box::new(page), end)
    }

    /// Writes the page with a sequence number of its own. None is ever the last: who listens goes on
    /// listening.
    pub fn write(&self, sequence: u32, out: &mut BytesMut) {
        let start = out.len();
        let flag = |set: bool, flag| if set { flag } else { 0 };
        out.put_slice(b"OggS\0");
        out.put_u8(flag(self.continued, CONTINUED) | flag(self.first, FIRST));
        out.put_u64_le(self.granule.unwrap_or(u64::MAX));
        out.put_u32_le(self.serial);
        out.put_u32_le(sequence);
        out.put_u32_le(0);
        // At most 255 lacing values, as it was read or cut.
        out.put_u8(u8::try_from(self.lacing.len()).unwrap_or(u8::MAX));
        out.put_slice(&self.lacing);
        out.put_slice(&self.body);
        let sum = checksum(0, &out[start..]);
        out[start + 22..start + 26].copy_from_slice(&sum.to_le_bytes());
    }

    /// Its bytes.
    pub fn length(&self) -> usize {
        HEADER + self.lacing.len() + self.body.len()
    }

    /// The parts of packets on this page, and whether each ends here (§5).
    pub fn packets(&self) -> Vec<(&[u8], bool)> {
        let (mut packets, mut start, mut end) = (Vec::new(), 0, 0);
        for value in &self.lacing {
            end += usize::from(*value);
            if *value < 255 {
                packets.push((&self.body[start..end], true));
                start = end;
            }
        }
        if end > start || self.lacing.last() == Some(&255) {
            packets.push((&self.body[start..end], false));
        }
        packets
    }
}

/// Writes header packets on pages: the first on one of its own, the others after it (RFC 7845 §3, Vorbis I
/// §A.2). Returns how many pages they take.
pub fn write_headers(serial: u32, packets: &[Vec<u8>], out: &mut BytesMut) -> u32 {
    let mut sequence = 0;
    let (first, others) = packets.split_at(packets.len().min(1));
    for (packets, first) in [(first, true), (others, false)] {
        let mut lacing = Vec::new();
        for packet in packets {
            lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            lacing.push(u8::try_from(packet.len() % 255).unwrap_or_default());
        }
        let body = packets.concat();
        let (mut at, mut continued) = (0, false);
        for lacing in lacing.chunks(255) {
            let length = lacing.iter().map(|it| usize::from(*it)).sum::<usize>();
            let ends = lacing.iter().any(|it| *it < 255);
            let page = Page {
                continued,
                first,
                granule: ends.then_some(0),
                serial,
                lacing: lacing.to_vec(),
                body: body[at..at + length].to_vec(),
            };
            page.write(sequence, out);
            continued = lacing.last() == Some(&255);
            (at, sequence) = (at + length, sequence + 1);
        }
    }
    sequence
}

/// The checksum of pages: CRC-32 with the polynomial 04c11db7, not reflected, from 0 (§6, field 7).
/// Eight bytes at once: bytes that only look like pages are summed up again and again.
fn checksum(sum: u32, bytes: &[u8]) -> u32 {
    let (eights, rest) = bytes.as_chunks::<8>();
    let sum = eights.iter().fold(sum, |sum, [a, b, c, d, e, f, g, h]| {
        let [i, j, k, l] = (sum ^ u32::from_be_bytes([*a, *b, *c, *d])).to_be_bytes();
        let eight = [*h, *g, *f, *e, l, k, j, i];
        eight.iter().zip(&TABLES).fold(0, |sum, (byte, table)| sum ^ table[usize::from(*byte)])
    });
    rest.iter().fold(sum, |sum, byte| sum << 8 ^ TABLES[0][usize::from((sum >> 24) as u8 ^ byte)])
}

/// The sums of each byte, with none to seven bytes of zero after it.
const TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0; 256]; 8];
    let mut index = 0;
    while index < 256 {
        let (mut sum, mut bit) = ((index as u32) << 24, 0);
        while bit < 64 {
            sum = if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 };
            bit += 1;
            if bit % 8 == 0 {
                tables[bit / 8 - 1][index] = sum;
            }
        }
        index += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_written_as_they_are_read() {
        let page = Page {
            continued: true,
            first: false,
            granule: Some(960),
            serial: 7,
            lacing: vec![255, 3, 0, 255],
            body: vec![9; 513],
        };
        let mut bytes = BytesMut::new();
        page.write(5, &mut bytes);
        assert_eq!(Page::read(&bytes), PageStart::Page(Box::new(page.clone()), bytes.len()));
        for length in 0..bytes.len() {
            assert_eq!(Page::read(&bytes[..length]), PageStart::Unknown, "{length}");
        }
        let lengths: Vec<_> = page.packets().iter().map(|it| (it.0.len(), it.1)).collect();
        assert_eq!(lengths, [(258, true), (0, true), (255, false)]);
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 0x10;
            assert!(!matches!(Page::read(&broken), PageStart::Page(..)), "{at}");
        }
    }

    #[test]
    fn headers_of_any_length_are_written_on_pages() {
        for length in [0, 1, 254, 255, 256, 64_769, 65_025, 65_026, 200_000] {
            let packets = [vec![1; 19], vec![2; length], vec![3; 30]];
            let mut bytes = BytesMut::new();
            let count = write_headers(3, &packets, &mut bytes);
            let (mut read, mut pages, mut at) = (vec![Vec::new()], 0, 0);
            while let PageStart::Page(page, length) = Page::read(&bytes[at..]) {
                assert_eq!((page.first, page.serial), (pages == 0, 3));
                for (part, ends) in page.packets() {
                    read.last_mut().unwrap().extend_from_slice(part);
                    if ends {
                        read.push(Vec::new());
                    }
                }
                (pages, at) = (pages + 1, at + length);
            }
            read.pop();
            assert_eq!((at, pages, read == packets), (bytes.len(), count, true), "{length}");
        }
    }
}
