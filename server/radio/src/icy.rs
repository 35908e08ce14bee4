//! ICY metadata: titles between the bytes, every so many of them, for players that ask by `Icy-MetaData: 1`.
//! SHOUTcast's protocol, which nobody has written down as a standard: after each `icy-metaint` bytes stands
//! one byte with the length of what follows in units of 16 bytes, 0 where nothing is new, and then
//! `StreamTitle='…';`, filled up with zeroes.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use crate::Title;

/// The longest time for which a title may wait for its place.
const INTERVAL: Duration = Duration::from_millis(400);
/// Bounds of the bytes between places for titles.
const MIN_INTERVAL: usize = 1_024;
const MAX_INTERVAL: usize = 16_000;
/// Unit of a block's length.
const UNIT: usize = 16;

/// Puts titles between the bytes for one listener.
#[derive(Clone, Debug)]
pub struct IcyWriter {
    interval: usize,
    /// Bytes until the next place.
    left: usize,
    /// The title that the listener has.
    shown: Option<Title>,
}

impl IcyWriter {
    /// Bytes between places for titles, for a stream of so many bits a second.
    pub fn interval_for(bits_per_second: u64) -> usize {
        let bytes = u128::from(bits_per_second) * INTERVAL.as_millis() / 8_000;
        usize::try_from(bytes).unwrap_or(usize::MAX).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// For a listener who was told `icy-metaint: interval`.
    pub fn new(interval: usize) -> Self {
        let interval = interval.max(1);
        Self { interval, left: interval, shown: None }
    }

    /// Appends `bytes`, which `title` belongs to, to `out` with titles between them. The bytes aren't copied.
    pub fn write(&mut self, mut bytes: Bytes, title: &Title, out: &mut Vec<Bytes>) {
        while !bytes.is_empty() {
            let here = bytes.len().min(self.left);
            out.push(bytes.split_to(here));
            self.left -= here;
            if self.left == 0 {
                self.left = self.interval;
                let is_new = self.shown.as_ref().map_or(!title.is_empty(), |it| it != title);
                out.push(if is_new { block(title) } else { Bytes::from_static(&[0]) });
                self.shown = Some(title.clone());
            }
        }
    }
}

/// The block that tells a title. Players look for `';` at its end.
fn block(title: &Title) -> Bytes {
    let text = format!("StreamTitle='{}';", title.as_str().replace("';", "’;"));
    let units = text.len().div_ceil(UNIT);
    let mut block = BytesMut::with_capacity(1 + units * UNIT);
    // A title has at most 200 characters, so at most 57 units.
    block.put_u8(u8::try_from(units).unwrap_or_default());
    block.put_slice(text.as_bytes());
    block.resize(1 + units * UNIT, 0);
    block.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AudioFormat, AudioInfo, AudioRing, Framed, MAX_TITLE, RingLimits, RingRead, SoundFrame,
    };

    /// Takes titles out as a player does.
    fn read(bytes: &[u8], interval: usize) -> (Vec<u8>, Vec<(usize, String)>) {
        let (mut sound, mut titles, mut rest) = (Vec::new(), Vec::new(), bytes);
        while rest.len() > interval {
            sound.extend_from_slice(&rest[..interval]);
            let length = usize::from(rest[interval]) * UNIT;
            let text = &rest[interval + 1..interval + 1 + length];
            if length > 0 {
                let text = String::from_utf8(text.to_vec()).unwrap();
                let text = text.trim_end_matches('\0');
                let title = text.strip_prefix("StreamTitle='").and_then(|it| it.strip_suffix("';"));
                titles.push((sound.len(), title.unwrap().to_owned()));
            }
            rest = &rest[interval + 1 + length..];
        }
        sound.extend_from_slice(rest);
        (sound, titles)
    }

    #[test]
    fn titles_stand_at_their_places_and_once() {
        let sound: Vec<u8> = (0..10_000_u32).map(|it| it as u8).collect();
        for step in [1, 7, 100, 101, 4_096, 10_000] {
            let mut writer = IcyWriter::new(100);
            let mut out = Vec::new();
            for (at, part) in sound.chunks(step).enumerate() {
                let title = if at * step < 5_000 { "Ada - 'One'" } else { "Two" };
                writer.write(Bytes::copy_from_slice(part), &Title::new(title), &mut out);
            }
            let (heard, titles) = read(&out.concat(), 100);
            assert_eq!(heard, sound);
            assert_eq!(titles[0], (100, "Ada - 'One'".to_owned()));
            assert_eq!(titles.len(), if step < 10_000 { 2 } else { 1 });
            assert!(titles.iter().all(|it| it.1 != "Two" || (5_000..=10_000).contains(&it.0)));
        }
    }

    #[test]
    fn a_title_can_neither_end_early_nor_be_too_long() {
        let mut out = Vec::new();
        let title = Title::new("a';StreamUrl='x';");
        IcyWriter::new(1).write(Bytes::from_static(b"x"), &title, &mut out);
        assert_eq!(read(&out.concat(), 1).1[0].1, "a’;StreamUrl='x’;");
        let long = block(&Title::new(&"あ🎸".repeat(MAX_TITLE)));
        assert!(long.len() <= 1 + 255 * UNIT && long.len() == 1 + usize::from(long[0]) * UNIT);
    }

    #[test]
    fn titles_are_within_half_a_second_of_their_sound() {
        let info = AudioInfo { format: AudioFormat::Mp3, rate: 44_100, channels: 2 };
        for kbits in [48, 128, 320] {
            let frame = kbits * 1_000 / 8 * 1_152 / 44_100;
            let sound = |number: usize| {
                let bytes = Bytes::from(vec![u8::from(number >= 500); frame]);
                Framed::Sound(SoundFrame { bytes, samples: 1_152, is_entry: true })
            };
            let mut ring = AudioRing::new(info, RingLimits::default());
            let interval = IcyWriter::interval_for(kbits as u64 * 1_000);
            let mut writer = IcyWriter::new(interval);
            let (mut cursor, mut out) = (ring.join(Duration::ZERO), Vec::new());
            ring.set_title(Title::new("One"));
            for number in 0..700 {
                // The marker and its title.
                if number == 500 {
                    ring.set_title(Title::new("Two"));
                }
                ring.append(&sound(number));
                while let RingRead::Piece(piece) = ring.read(&mut cursor) {
                    writer.write(piece.bytes, &piece.title, &mut out);
                }
            }
            let (heard, titles) = read(&out.concat(), interval);
            let marker = heard.iter().position(|it| *it == 1).unwrap();
            let told = titles.iter().find(|it| it.1 == "Two").unwrap().0;
            let seconds = (told as f64 - marker as f64) * 8.0 / (kbits as f64 * 1_000.0);
            assert!((0.0..0.5).contains(&seconds), "{kbits}: {seconds} s");
        }
    }

    #[test]
    fn nothing_is_told_while_nothing_is_known() {
        let mut out = Vec::new();
        IcyWriter::new(2).write(Bytes::from_static(b"abcd"), &Title::default(), &mut out);
        assert_eq!(out.concat(), b"ab\0cd\0");
    }

    #[test]
    fn intervals_are_bounded_in_time() {
        assert_eq!(IcyWriter::interval_for(128_000), 6_400);
        assert_eq!(IcyWriter::interval_for(0), MIN_INTERVAL);
        assert_eq!(IcyWriter::interval_for(u64::MAX), MAX_INTERVAL);
    }
}
