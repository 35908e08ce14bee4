//! Places in a file where players may begin: times and offsets.

use std::time::Duration;

/// The first bytes of an index: what it is, and its version.
const MAGIC: &[u8; 4] = b"BRI\x01";

/// A place in a file at which decoders can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeekPoint {
    /// Media time since the beginning of the file, in milliseconds.
    pub time: u64,
    /// Offset of the cluster, fragment or page, in bytes.
    pub offset: u64,
}

/// Seek points of a file, in order. What is before the first is the header, which players need first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeekIndex {
    points: Vec<SeekPoint>,
}

impl SeekIndex {
    /// Adds a point behind the others; one that isn't is left out.
    pub fn push(&mut self, point: SeekPoint) {
        let follows = |last: &SeekPoint| point.time > last.time && point.offset > last.offset;
        if self.points.last().is_none_or(follows) {
            self.points.push(point);
        }
    }

    /// The points.
    pub fn points(&self) -> &[SeekPoint] {
        &self.points
    }

    /// The last point that isn't behind `time`, or else the first.
    pub fn before(&self, time: Duration) -> Option<SeekPoint> {
        let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let behind = self.points.partition_point(|it| it.time <= time);
        self.points.get(behind.saturating_sub(1)).copied()
    }

    /// The index in bytes: four that say what it is, the number of points, and for each the difference of its
    /// time and of its offset to those of the point before. Numbers have seven bits a byte, the lowest first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        write(self.points.len() as u64, &mut out);
        let (mut time, mut offset) = (0, 0);
        for point in &self.points {
            write(point.time - time, &mut out);
            write(point.offset - offset, &mut out);
            (time, offset) = (point.time, point.offset);
        }
        out
    }

    /// Reads what [`SeekIndex::to_bytes`] wrote; [`None`] of anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let count = read(&mut rest)?;
        let mut index = SeekIndex::default();
        let (mut time, mut offset) = (0_u64, 0_u64);
        for _ in 0..count {
            time = time.checked_add(read(&mut rest)?)?;
            offset = offset.checked_add(read(&mut rest)?)?;
            index.push(SeekPoint { time, offset });
        }
        (rest.is_empty() && index.points.len() as u64 == count).then_some(index)
    }
}

fn write(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn index_comes_back_and_is_small() {
        let mut index = SeekIndex::default();
        // Twelve hours of a point each two seconds, at 200 kbit/s.
        for n in 0..21_600 {
            index.push(SeekPoint { time: n * 2_000, offset: 400 + n * 50_000 + n % 7 });
        }
        let bytes = index.to_bytes();
        assert!(bytes.len() < 110_000, "{}", bytes.len());
        assert_eq!(SeekIndex::from_bytes(&bytes), Some(index.clone()));
        assert!((0..200).all(|cut| SeekIndex::from_bytes(&bytes[..cut]).is_none()));
        let at = |time| index.before(Duration::from_millis(time)).map(|it| it.time);
        assert_eq!(
            [at(0), at(1_999), at(2_000), at(u64::MAX)],
            [0, 0, 2_000, 43_198_000].map(Some)
        );
    }
}
