//! The setup header of Vorbis (Vorbis I §4.2.4): what its decoder will take in memory, and how long each
//! packet lasts.
//!
//! A setup of some kilobytes can name codebooks of gigabytes, and decoders make these at once, so it is read
//! here before any decoder sees it.

use crate::AudioError;

/// The most entries of all codebooks. Encoders write each with a bit or more, in some kilobytes.
const MAX_ENTRIES: u64 = 64 * 1024;
/// The most numbers in all codebooks, as decoders unpack them.
const MAX_VALUES: u64 = 4 * 1024 * 1024;

/// Windows and modes, which tell the length of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VorbisSetup {
    /// Samples of the short and the long window.
    windows: [u32; 2],
    /// True for each mode that has the long one.
    modes: Vec<bool>,
}

impl VorbisSetup {
    /// Reads identification and setup header.
    ///
    /// # Errors
    /// [`AudioError::Headers`] for what is broken or larger than anybody needs.
    pub fn read(head: &[u8], setup: &[u8]) -> Result<Self, AudioError> {
        read(head, setup).ok_or(AudioError::Headers)
    }

    /// Samples of the window of the packet that begins so; none when it is no sound.
    pub fn window(&self, first: u8) -> Option<u32> {
        if first & 1 == 1 {
            return None;
        }
        let mask = (1_usize << ilog(self.modes.len() - 1)) - 1;
        let is_long = *self.modes.get(usize::from(first >> 1) & mask)?;
        Some(self.windows[usize::from(is_long)])
    }
}

fn read(head: &[u8], setup: &[u8]) -> Option<VorbisSetup> {
    let (channels, exponents) = (*head.get(11)?, *head.get(28)?);
    let (short, long) = (exponents & 15, exponents >> 4);
    if !(6..=13).contains(&short) || !(short..=13).contains(&long) {
        return None;
    }
    let mut bits = Bits { bytes: setup.strip_prefix(b"\x05vorbis")?, at: 0 };
    let (mut entries, mut values) = (0, 0);
    for _ in 0..=bits.take(8)? {
        let (count, unpacked) = codebook(&mut bits)?;
        (entries, values) = (entries + count, values + unpacked);
        if entries > MAX_ENTRIES || values > MAX_VALUES {
            return None;
        }
    }
    for _ in 0..=bits.take(6)? {
        bits.take(16)?;
    }
    for _ in 0..=bits.take(6)? {
        match bits.take(16)? {
            0 => floor0(&mut bits)?,
            1 => floor1(&mut bits)?,
            _ => return None,
        }
    }
    for _ in 0..=bits.take(6)? {
        residue(&mut bits)?;
    }
    for _ in 0..=bits.take(6)? {
        mapping(&mut bits, channels)?;
    }
    let mut modes = Vec::new();
    for _ in 0..=bits.take(6)? {
        modes.push(bits.flag()?);
        // Window, transform and mapping.
        bits.skip(16 + 16 + 8)?;
    }
    // The framing bit.
    bits.flag()?.then_some(VorbisSetup { windows: [1 << short, 1 << long], modes })
}

/// Passes over a codebook (§3.2.1); returns its entries, and the numbers that they are unpacked to.
fn codebook(bits: &mut Bits<'_>) -> Option<(u64, u64)> {
    if bits.take(24)? != 0x56_4342 {
        return None;
    }
    let (dimensions, entries) = (bits.take(16)?, bits.take(24)?);
    if dimensions == 0 || u64::from(entries) > MAX_ENTRIES {
        return None;
    }
    if bits.flag()? {
        bits.skip(5)?;
        let mut known = 0;
        while known < entries {
            known += bits.take(ilog(entries as usize - known as usize))?;
        }
        if known > entries {
            return None;
        }
    } else {
        let sparse = bits.flag()?;
        for _ in 0..entries {
            if !sparse || bits.flag()? {
                bits.skip(5)?;
            }
        }
    }
    let lookup = bits.take(4)?;
    if lookup == 0 {
        return Some((entries.into(), 0));
    }
    bits.skip(32 + 32)?;
    let width = bits.take(4)? + 1;
    bits.skip(1)?;
    let numbers = match lookup {
        1 => lookup1_values(entries, dimensions)?,
        2 => u64::from(entries) * u64::from(dimensions),
        _ => return None,
    };
    bits.skip(usize::try_from(numbers).ok()?.checked_mul(width as usize)?)?;
    Some((entries.into(), u64::from(entries) * u64::from(dimensions)))
}

/// The greatest number whose power of `dimensions` is at most `entries` (§9.2.3); none where the decoder,
/// which reckons with a fraction, would come to another one and end the program.
fn lookup1_values(entries: u32, dimensions: u32) -> Option<u64> {
    let fits = |value: u32| value.checked_pow(dimensions).is_some_and(|it| it <= entries);
    let value = f64::from(entries).powf(1.0 / f64::from(dimensions)).round() as u32;
    let value = [value + 1, value, value.saturating_sub(1)].into_iter().find(|it| fits(*it))?;
    let decoders = (entries as f32).powf(1.0 / dimensions as f32).floor() as u32;
    (value == decoders).then_some(value.into())
}

fn floor0(bits: &mut Bits<'_>) -> Option<()> {
    bits.skip(8 + 16 + 16 + 6 + 8)?;
    let books = bits.take(4)? + 1;
    bits.skip(8 * books as usize)
}

fn floor1(bits: &mut Bits<'_>) -> Option<()> {
    let partitions = bits.take(5)?;
    let mut classes = Vec::new();
    for _ in 0..partitions {
        classes.push(bits.take(4)? as usize);
    }
    let mut dimensions = Vec::new();
    for _ in 0..classes.iter().max().map_or(0, |it| it + 1) {
        dimensions.push(bits.take(3)? as usize + 1);
        let subclasses = bits.take(2)?;
        if subclasses > 0 {
            bits.skip(8)?;
        }
        bits.skip(8 << subclasses)?;
    }
    bits.skip(2)?;
    let width = bits.take(4)? as usize;
    let points: usize = classes.iter().map(|it| dimensions[*it]).sum();
    bits.skip(points * width)
}

fn residue(bits: &mut Bits<'_>) -> Option<()> {
    if bits.take(16)? > 2 {
        return None;
    }
    bits.skip(24 + 24 + 24)?;
    let classes = bits.take(6)? + 1;
    bits.skip(8)?;
    let mut books = 0;
    for _ in 0..classes {
        let low = bits.take(3)?;
        let high = if bits.flag()? { bits.take(5)? } else { 0 };
        books += low.count_ones() + high.count_ones();
    }
    bits.skip(8 * books as usize)
}

fn mapping(bits: &mut Bits<'_>, channels: u8) -> Option<()> {
    if bits.take(16)? != 0 {
        return None;
    }
    let submaps = if bits.flag()? { bits.take(4)? + 1 } else { 1 };
    if bits.flag()? {
        let steps = bits.take(8)? as usize + 1;
        let width = ilog(usize::from(channels).saturating_sub(1)) as usize;
        bits.skip(steps * 2 * width)?;
    }
    bits.skip(2)?;
    if submaps > 1 {
        bits.skip(4 * usize::from(channels))?;
    }
    bits.skip(submaps as usize * (8 + 8 + 8))
}

/// Bits of a number (§9.2.1).
fn ilog(value: usize) -> u32 {
    usize::BITS - value.leading_zeros()
}

/// Bits, the least of each byte first (§2).
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next `count` of them, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for bit in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value |= u32::from(byte >> (self.at % 8) & 1) << bit;
            self.at += 1;
        }
        Some(value)
    }

    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|it| it == 1)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that are written.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn put(&mut self, value: u32, count: u32) -> &mut Self {
            self.0.extend((0..count).map(|bit| value.checked_shr(bit).unwrap_or(0) & 1 == 1));
            self
        }

        fn setup(&self) -> Vec<u8> {
            let bytes = self.0.chunks(8).map(|bits| {
                bits.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at)
            });
            b"\x05vorbis".iter().copied().chain(bytes).collect()
        }
    }

    fn head() -> Vec<u8> {
        let mut head = b"\x01vorbis\0\0\0\0\x02\x44\xac\0\0".to_vec();
        head.resize(28, 0);
        head.extend([0xb8, 1]);
        head
    }

    /// A whole setup with so many codebooks of so many entries of 32 dimensions, in a few bytes each.
    fn setup(count: u32, entries: u32) -> Vec<u8> {
        let mut bits = Writer::default();
        bits.put(count - 1, 8);
        for _ in 0..count {
            bits.put(0x56_4342, 24).put(32, 16).put(entries, 24);
            // In order of their lengths: all have the same.
            bits.put(1, 1).put(9, 5).put(entries, ilog(entries as usize));
            bits.put(1, 4).put(0, 32).put(0, 32).put(0, 4).put(0, 1).put(0, 1);
        }
        // Time; a floor without partitions; a residue without books; a mapping.
        bits.put(0, 6).put(0, 16).put(0, 6).put(1, 16).put(0, 5).put(0, 2).put(0, 4);
        bits.put(0, 6).put(0, 16).put(0, 24 + 24).put(0, 24).put(0, 6).put(0, 8).put(0, 3 + 1);
        bits.put(0, 6).put(0, 16).put(0, 1 + 1 + 2).put(0, 24);
        // A mode with the short window, one with the long one, and the framing bit.
        bits.put(1, 6).put(0, 1 + 16 + 16 + 8).put(1, 1).put(0, 16 + 16 + 8).put(1, 1);
        bits.setup()
    }

    #[test]
    fn a_setup_of_gigabytes_is_refused() {
        let read = VorbisSetup::read(&head(), &setup(2, 1_024)).unwrap();
        assert_eq!((read.windows, read.modes.as_slice()), ([256, 2_048], [false, true].as_slice()));
        let windows = [0, 2, 1].map(|first| read.window(first));
        assert_eq!(windows, [Some(256), Some(2_048), None]);
        for (count, entries) in [(1, 128 * 1024), (256, 128 * 1024), (256, 1_024)] {
            let setup = setup(count, entries);
            assert!(setup.len() < 10_000);
            let refused = VorbisSetup::read(&head(), &setup);
            assert_eq!(refused, Err(AudioError::Headers), "{count} of {entries}");
        }
    }

    #[test]
    fn the_decoder_s_fraction_is_not_trusted() {
        assert_eq!(lookup1_values(625, 4), Some(5));
        assert_eq!(lookup1_values(1, 32), Some(1));
        for (entries, dimensions) in (0..20_000).flat_map(|it| [(it, 2), (it, 3), (it, 5)]) {
            if let Some(value) = lookup1_values(entries, dimensions) {
                assert!(value.pow(dimensions) <= entries.into());
                assert!((value + 1).pow(dimensions) > entries.into());
            }
        }
    }
}
