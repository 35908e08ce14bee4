//! Places in a file where players may begin: times and offsets.

use std::time::Duration;

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_point_before_a_time_is_found() {
        let mut index = SeekIndex::default();
        // Twelve hours of a point each two seconds, at 200 kbit/s.
        for n in 0..21_600 {
            index.push(SeekPoint { time: n * 2_000, offset: 400 + n * 50_000 + n % 7 });
        }
        let at = |time| index.before(Duration::from_millis(time)).map(|it| it.time);
        assert_eq!(
            [at(0), at(1_999), at(2_000), at(u64::MAX)],
            [0, 0, 2_000, 43_198_000].map(Some)
        );
    }
}
