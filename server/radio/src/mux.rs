//! Ogg Opus (RFC 7845) of packets that come by a network, as a stream for listeners.

use std::{collections::BTreeMap, sync::Arc};

use bytes::BytesMut;

use crate::{
    AudioError, AudioFormat, AudioInfo, Framed, Framer, StreamTail,
    framing::{Page, write_headers},
    opus_packet::{frame_samples, samples_of},
};

/// Sound on a page, in samples: an eighth of a second. For as long, too, a packet may be late.
const PAGE: i64 = 6_000;
/// The longest gap that is filled, in samples; what comes after a longer one follows at once.
const MAX_GAP: i64 = 2 * 48_000;
/// Samples that a decoder leaves out at the beginning, in which it finds its feet (§4.6).
const PRE_SKIP: u16 = 3_840;

/// Makes pages of packets with timestamps. Packets that come late are put where they belong, for as long as a
/// page lasts; where some are missing, decoders are told how much (§4.1), so that positions go on as timestamps
/// do.
#[derive(Debug)]
pub struct OggOpusMuxer {
    serial: u32,
    sequence: u32,
    /// Position at the end of what went out.
    position: u64,
    /// Packets by the ticks at which they begin.
    waiting: BTreeMap<i64, Arc<[u8]>>,
    /// The latest timestamp, and the ticks up to it.
    latest: Option<(u32, i64)>,
    /// Ticks at the end of what went out, and the first byte of its last packet.
    end: Option<(i64, u8)>,
    outgoing: Framer,
}

impl OggOpusMuxer {
    /// A logical stream with this serial number.
    pub fn new(serial: u32) -> Self {
        Self {
            serial,
            sequence: 0,
            position: 0,
            waiting: BTreeMap::new(),
            latest: None,
            end: None,
            outgoing: Framer::new(),
        }
    }

    /// Format of the stream: packets of one channel are among those of two.
    pub fn info() -> AudioInfo {
        AudioInfo { format: AudioFormat::OggOpus, rate: 48_000, channels: 2 }
    }

    /// Present end of the stream.
    pub fn tail(&self) -> StreamTail {
        self.outgoing.tail()
    }

    /// Takes a packet whose first sample is at `timestamp`, in ticks of 48 kHz modulo 2^32, and appends what is
    /// whole to `out`. Those that are broken, or come too late, are left out.
    ///
    /// # Errors
    /// [`AudioError`], should what is made be none of what is taken.
    pub fn push(
        &mut self,
        timestamp: u32,
        payload: &Arc<[u8]>,
        out: &mut Vec<Framed>,
    ) -> Result<(), AudioError> {
        let samples = samples_of(payload);
        if samples == 0 {
            return Ok(());
        }
        let (before, ticks) = self.latest.unwrap_or((timestamp, 0));
        let step = i64::from(timestamp.wrapping_sub(before).cast_signed());
        if step.abs() > MAX_GAP {
            self.restart(out)?;
            return self.push(timestamp, payload, out);
        }
        let begins = ticks + step;
        if step >= 0 {
            self.latest = Some((timestamp, begins));
        }
        if self.end.is_some_and(|it| begins < it.0) {
            return Ok(());
        }
        self.waiting.entry(begins).or_insert_with(|| payload.clone());
        let first = self.waiting.first_key_value().map_or(begins, |it| *it.0);
        if begins + i64::from(samples) - first >= PAGE { self.flush(out) } else { Ok(()) }
    }

    /// Timestamps begin anew, with another publisher: what comes follows at once.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn restart(&mut self, out: &mut Vec<Framed>) -> Result<(), AudioError> {
        self.flush(out)?;
        (self.latest, self.end) = (None, None);
        Ok(())
    }

    /// Gives out what waits.
    fn flush(&mut self, out: &mut Vec<Framed>) -> Result<(), AudioError> {
        let mut bytes = BytesMut::new();
        if self.sequence == 0 {
            self.sequence = write_headers(self.serial, &headers(), &mut bytes);
        }
        let mut page = self.page();
        for (begins, payload) in std::mem::take(&mut self.waiting) {
            if let Some((end, toc)) = self.end {
                if begins < end {
                    continue;
                }
                // A packet without its frame stands for one that was lost.
                let frame = frame_samples(toc);
                for _ in 0..(begins - end) / i64::from(frame) {
                    self.put(&[toc & !3], frame, &mut page, &mut bytes);
                }
            }
            let samples = samples_of(&payload);
            self.put(&payload, samples, &mut page, &mut bytes);
            self.end = Some((begins + i64::from(samples), payload[0]));
        }
        self.write(&mut page, &mut bytes);
        self.outgoing.push(&bytes, out)
    }

    /// Puts a packet on the page, or on the next one when that is full.
    fn put(&mut self, packet: &[u8], samples: u32, page: &mut Page, bytes: &mut BytesMut) {
        if page.lacing.len() + packet.len() / 255 + 1 > 255 {
            self.write(page, bytes);
        }
        page.lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
        page.lacing.push(u8::try_from(packet.len() % 255).unwrap_or_default());
        page.body.extend_from_slice(packet);
        self.position += u64::from(samples);
        page.granule = Some(self.position);
    }

    /// Writes a page, unless it is empty, and begins another one.
    fn write(&mut self, page: &mut Page, bytes: &mut BytesMut) {
        if !page.lacing.is_empty() {
            page.write(self.sequence, bytes);
            self.sequence = self.sequence.wrapping_add(1);
            *page = self.page();
        }
    }

    fn page(&self) -> Page {
        let (lacing, body) = (Vec::new(), Vec::new());
        Page { continued: false, first: false, granule: None, serial: self.serial, lacing, body }
    }
}

/// The header packets (§5): two channels, nothing changed about them, and no comments.
fn headers() -> [Vec<u8>; 2] {
    let mut head = b"OpusHead\x01\x02".to_vec();
    head.extend(PRE_SKIP.to_le_bytes());
    head.extend(48_000_u32.to_le_bytes());
    // Gain, and the family of channel mappings.
    head.extend([0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    // The vendor, and the number of comments.
    tags.extend([0; 8]);
    [head, tags]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::PageStart;

    const TOC: u8 = 31 << 3 | 4;

    struct Run {
        muxer: OggOpusMuxer,
        framed: Vec<Framed>,
    }

    fn started() -> Run {
        Run { muxer: OggOpusMuxer::new(7), framed: Vec::new() }
    }

    impl Run {
        /// Packets of 20 ms, by number; `from` is the timestamp of number 0.
        fn come(&mut self, from: u32, numbers: impl IntoIterator<Item = u32>) {
            for number in numbers {
                let payload: Arc<[u8]> = [TOC, number as u8].into();
                let timestamp = from.wrapping_add(number * 960);
                self.muxer.push(timestamp, &payload, &mut self.framed).unwrap();
            }
        }

        /// The second bytes of all packets, 255 where there is none, and the position of each page. Everything
        /// is read again as a listener gets it.
        fn heard(&self) -> (Vec<u8>, Vec<u64>) {
            assert_eq!(self.framed[0], Framed::Began(OggOpusMuxer::info()));
            let (mut packets, mut positions) = (Vec::new(), Vec::new());
            for part in &self.framed[1..] {
                let Framed::Sound(frame) = part else { continue };
                let PageStart::Page(page, length) = Page::read(&frame.bytes) else { panic!() };
                assert_eq!(length, frame.bytes.len());
                for (packet, ends) in page.packets() {
                    assert!(ends && packet[0] == TOC);
                    packets.push(*packet.get(1).unwrap_or(&255));
                }
                positions.push(page.granule.unwrap());
            }
            (packets, positions)
        }
    }

    #[test]
    fn pages_last_an_eighth_of_a_second_and_positions_go_on() {
        let mut run = started();
        // Over the wrap of the timestamps.
        run.come(u32::MAX - 960 * 10, 0..28);
        let (packets, positions) = run.heard();
        assert_eq!(packets, (0..28).collect::<Vec<_>>());
        assert_eq!(positions, [6_720, 13_440, 20_160, 26_880]);
        assert!(matches!(&run.framed[1], Framed::Headers(it) if it.starts_with(b"OggS")));
    }

    #[test]
    fn late_packets_come_where_they_belong_and_lost_ones_leave_their_time() {
        let mut run = started();
        run.come(0, [0, 2, 1, 3, 5, 6, 5]);
        // Number 4 comes too late, 8 and 9 never.
        run.come(0, [4, 7, 10, 11, 12, 13, 14]);
        let (packets, positions) = run.heard();
        assert_eq!(packets, [0, 1, 2, 3, 255, 5, 6, 7, 255, 255, 10, 11, 12, 13]);
        assert_eq!(positions, [6_720, 13_440]);
    }

    #[test]
    fn another_publisher_goes_on_in_the_same_stream() {
        let mut run = started();
        run.come(0, 0..5);
        run.muxer.restart(&mut run.framed).unwrap();
        run.come(1 << 31, 5..12);
        // So does one that comes back after a minute.
        run.come((1 << 31) + 48_000 * 60, 12..19);
        let (packets, positions) = run.heard();
        assert_eq!(packets, (0..19).collect::<Vec<_>>());
        assert_eq!(positions, [4_800, 11_520, 18_240]);
    }

    #[test]
    fn what_is_no_packet_is_left_out_and_long_ones_fill_pages() {
        let mut run = started();
        for payload in [vec![], vec![TOC | 3], vec![TOC | 3, 0]] {
            run.muxer.push(0, &payload.into(), &mut run.framed).unwrap();
        }
        assert_eq!(run.framed, []);
        // Frames of 2.5 ms, of which a page has no room for an eighth of a second.
        let payload: Arc<[u8]> = vec![16 << 3; 1_275].into();
        for number in 0..50 {
            run.muxer.push(number * 120, &payload, &mut run.framed).unwrap();
        }
        let samples = run.framed.iter().filter_map(|it| match it {
            Framed::Sound(frame) => Some(frame.samples),
            _ => None,
        });
        assert_eq!(samples.collect::<Vec<_>>(), [42 * 120, 8 * 120]);
    }
}
