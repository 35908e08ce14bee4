//! Ogg Opus (RFC 7845), for files and for sending by HTTP.

use std::io::{self, Write};

use ogg::writing::{PacketWriteEndInfo, PacketWriter};

use crate::sound::{CHANNELS, FRAME_LENGTH, RATE};

/// Opus packets of one frame each, in pages.
pub struct OggOpus<W: Write> {
    writer: PacketWriter<'static, W>,
    serial: u32,
    /// Packets in a page.
    per_page: u32,
    packets: u64,
}

impl<W: Write> OggOpus<W> {
    /// Begins a stream with its headers. A page has `per_page` packets: few where it has to come soon.
    pub fn begin(out: W, serial: u32, per_page: u32, lookahead: u16) -> io::Result<Self> {
        let mut writer = PacketWriter::new(out);
        for header in [head(lookahead), tags()] {
            writer.write_packet(header, serial, PacketWriteEndInfo::EndPage, 0)?;
        }
        Ok(Self { writer, serial, per_page, packets: 0 })
    }

    /// Adds a packet.
    pub fn push(&mut self, packet: Vec<u8>) -> io::Result<()> {
        self.packets += 1;
        let end = match self.packets.is_multiple_of(u64::from(self.per_page)) {
            true => PacketWriteEndInfo::EndPage,
            false => PacketWriteEndInfo::NormalPacket,
        };
        self.write(packet, end)
    }

    /// Ends the stream with its last packet.
    pub fn end(mut self, packet: Vec<u8>) -> io::Result<W> {
        self.packets += 1;
        self.write(packet, PacketWriteEndInfo::EndStream)?;
        Ok(self.writer.into_inner())
    }

    fn write(&mut self, packet: Vec<u8>, end: PacketWriteEndInfo) -> io::Result<()> {
        let position = self.packets * u64::from(FRAME_LENGTH);
        self.writer.write_packet(packet, self.serial, end, position)
    }

    /// The place to which pages are written.
    pub fn out(&mut self) -> &mut W {
        self.writer.inner_mut()
    }
}

/// `OpusHead` (section 5.1).
fn head(lookahead: u16) -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(CHANNELS as u8);
    head.extend(lookahead.to_le_bytes());
    head.extend(RATE.to_le_bytes());
    // No gain, and the mapping of stereo.
    head.extend([0, 0, 0]);
    head
}

/// `OpusTags` (section 5.2), without comments.
fn tags() -> Vec<u8> {
    let vendor = b"Bandstand";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0_u32.to_le_bytes());
    tags
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ogg::reading::PacketReader;

    use super::*;

    #[test]
    fn stream_has_its_headers_and_positions_that_count_every_frame() {
        let mut stream = OggOpus::begin(Vec::new(), 7, 5, 312).unwrap();
        let before = stream.out().len();
        for number in 0..5_u8 {
            assert_eq!(stream.out().len(), before, "a page waits until it is full");
            stream.push(vec![number; 10]).unwrap();
        }
        assert!(stream.out().len() > before, "and is written then");
        let bytes = stream.end(vec![5; 10]).unwrap();
        let mut reader = PacketReader::new(Cursor::new(bytes));
        let mut packets = Vec::new();
        while let Some(packet) = reader.read_packet().unwrap() {
            packets.push(packet);
        }
        assert_eq!(&packets[0].data, b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0");
        assert!(packets[1].data.starts_with(b"OpusTags\x09\0\0\0Bandstand"));
        assert_eq!(packets.len(), 8);
        assert_eq!(packets[6].absgp_page(), 5 * 960);
        assert_eq!((packets[7].absgp_page(), packets[7].last_in_stream()), (6 * 960, true));
    }
}
