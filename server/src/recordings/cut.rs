//! What of a file may be had by who plays a recording: what its artist cut off is nobody else's.

use std::ops::Range;

use bandstand_domain::recordings::{Cut, RecordedFile};

/// Bytes of a file that may be had: its header, and those of the fragments that are played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenBytes {
    header: u64,
    played: Range<u64>,
    whole: u64,
}

impl OpenBytes {
    /// Those of a file with these seek points; none where nothing of it is played.
    pub fn of(file: &RecordedFile, points: &[(u64, u64)], cut: Cut) -> Option<Self> {
        let ends = file.offset.saturating_add(file.duration);
        if cut.to <= file.offset || cut.from >= ends {
            return None;
        }
        let from = cut.from.saturating_sub(file.offset);
        let to = cut.to - file.offset;
        let header = points.first().map_or(0, |it| it.1);
        let behind = points.partition_point(|it| it.0 <= from).max(1);
        let begins = points.get(behind - 1).map_or(0, |it| it.1);
        let is_behind = |point: &&(u64, u64)| cut.to < ends && point.0 >= to;
        let end = points.iter().find(is_behind).map_or(file.bytes, |it| it.1);
        Some(OpenBytes { header, played: begins..end, whole: file.bytes })
    }

    /// True if all of the file may be had.
    pub fn is_whole(&self) -> bool {
        self.played.start <= self.header && self.played.end >= self.whole
    }

    /// Bytes that a player needs: the header, and those of the fragments that are played.
    pub fn ranges(&self) -> [Range<u64>; 2] {
        let Self { header, played, .. } = self;
        [0..*header, played.start.max(*header)..played.end]
    }

    /// Tells whether a range may be had.
    pub fn has(&self, range: &Range<u64>) -> bool {
        let Self { header, played, .. } = self;
        let joined = if played.start <= *header { 0 } else { played.start };
        range.end <= *header || (range.start >= joined && range.end <= played.end)
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::recordings::RecordingFileId;
    use uuid::Uuid;

    use super::*;

    /// Ten seconds of 100 bytes behind a header of 50, with a seek point each two.
    fn open(cut: Cut) -> Option<OpenBytes> {
        let file = RecordedFile {
            id: RecordingFileId(Uuid::nil()),
            offset: 60_000,
            duration: 10_000,
            media_type: String::new(),
            size: None,
            has_sound: true,
            bytes: 1_050,
        };
        let points: Vec<_> = (0..5).map(|n| (n * 2_000, 50 + n * 200)).collect();
        OpenBytes::of(&file, &points, cut)
    }

    #[test]
    fn what_is_cut_off_is_not_given_out() {
        let cut = open(Cut { from: 63_000, to: 67_000 }).unwrap();
        assert!(!cut.is_whole());
        // From the point at 2 s to that at 8 s, and the header.
        for (range, may) in
            [(0..50, true), (0..51, false), (250..850, true), (249..300, false), (800..851, false)]
        {
            assert_eq!(cut.has(&range), may, "{range:?}");
        }
        assert_eq!(cut.ranges(), [0..50, 250..850]);
        assert_eq!(open(Cut { from: 0, to: 70_000 }).unwrap().ranges(), [0..50, 50..1_050]);
        let beginning = open(Cut { from: 0, to: 61_000 }).unwrap();
        assert!(beginning.has(&(0..250)) && !beginning.has(&(0..251)));
        assert!(open(Cut { from: 0, to: 70_000 }).unwrap().is_whole());
        assert_eq!(open(Cut { from: 0, to: 60_000 }), None);
        assert_eq!(open(Cut { from: 70_000, to: 80_000 }), None);
    }
}
