//! Seek points of a file, as they are kept and sent.

/// First bytes: what they are, and their version.
const MAGIC: &[u8] = b"BRI\x01";

/// Seek points in bytes: pairs of media time in milliseconds and offset in bytes, both rising. After the first bytes
/// come their number and, as differences from the one before, the points, all in LEB128: seven bits a byte, the
/// lowest first.
pub fn write_seek_points(points: impl ExactSizeIterator<Item = (u64, u64)>) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    write(points.len() as u64, &mut out);
    let (mut time, mut offset) = (0, 0);
    for point in points {
        write(point.0 - time, &mut out);
        write(point.1 - offset, &mut out);
        (time, offset) = point;
    }
    out
}

/// Reads what [`write_seek_points`] wrote; [`None`] of anything else.
pub fn seek_points(bytes: &[u8]) -> Option<Vec<(u64, u64)>> {
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let count = read(&mut rest)?;
    let (mut points, mut time, mut offset) = (Vec::new(), 0_u64, 0_u64);
    for _ in 0..count {
        time = time.checked_add(read(&mut rest)?)?;
        offset = offset.checked_add(read(&mut rest)?)?;
        points.push((time, offset));
    }
    rest.is_empty().then_some(points)
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
    fn seek_points_come_back_and_are_small() {
        // Twelve hours of a point each two seconds, at 200 kbit/s.
        let points: Vec<_> = (0..21_600).map(|n| (n * 2_000, 400 + n * 50_000 + n % 7)).collect();
        let bytes = write_seek_points(points.iter().copied());
        assert!(bytes.len() < 110_000, "{}", bytes.len());
        assert_eq!(seek_points(&bytes), Some(points));
        assert!((0..200).all(|cut| seek_points(&bytes[..cut]).is_none()));
    }

    #[test]
    fn seek_points_are_sums() {
        let bytes = [b'B', b'R', b'I', 1, 2, 0, 40, 0xd0, 0x0f, 0x80, 1];
        assert_eq!(seek_points(&bytes), Some(vec![(0, 40), (2_000, 168)]));
        assert!((0..bytes.len()).all(|cut| seek_points(&bytes[..cut]).is_none()));
    }
}
