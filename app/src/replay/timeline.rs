//! Timeline of a recording: which bytes of which file are its time, and what is fetched, dropped and jumped over.
//!
//! Times are those of the recording, in milliseconds; times of buffers are the same in seconds, as browsers tell
//! them.

use std::ops::Range;

use bandstand_domain::recordings::{Cut, RecordedFile, RecordingFileId, seek_points};

/// Bytes that are fetched first, so that the first frame comes soon; each piece is twice as long as the last.
const FIRST_PIECE: u64 = 128 << 10;
/// Bytes that are fetched at once, at most.
const MAX_PIECE: u64 = 1 << 20;
/// Seconds that these are, at most: the line of a small picture may be a slow one.
const FIRST_SECONDS: u64 = 3;
const MAX_SECONDS: u64 = 10;
const MIN_PIECE: u64 = 32 << 10;
/// Seconds that are kept ahead of what plays.
pub const AHEAD: f64 = 30.0;
/// Seconds that are kept behind it.
pub const BEHIND: f64 = 30.0;
/// Seconds that are dropped at once, at least.
const MIN_DROP: f64 = 5.0;
/// Seconds before a keyframe up to which is dropped: browsers drop on to the next one, and indices are not exact.
const BEFORE_POINT: f64 = 0.005;
/// Seconds that may be missing within a file: Firefox leaves some at the borders of fragments.
const MAX_HOLE: f64 = 1.0;

/// Tracks of a file. Files that follow each other with the same are a group, which one buffer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracks {
    /// True if there is a picture.
    pub picture: bool,
    /// True if there is sound.
    pub sound: bool,
}

/// File that is played, and what of it.
#[derive(Clone, Debug)]
pub struct TimelineFile {
    /// Its identity.
    pub id: RecordingFileId,
    /// Media type with codecs.
    pub media_type: String,
    /// Its tracks.
    pub tracks: Tracks,
    /// Number of its group.
    pub group: usize,
    /// Time at which it begins.
    pub begins: u64,
    /// Time up to which it is played.
    pub ends: u64,
    /// Times and offsets at which decoders can begin.
    points: Vec<(u64, u64)>,
    /// Offset behind the last byte that is played.
    length: u64,
    /// Bytes a second.
    rate: u64,
}

impl TimelineFile {
    /// Bytes of a piece that is so many seconds long, and `most`.
    fn piece(&self, most: u64, seconds: u64) -> u64 {
        self.rate.saturating_mul(seconds).clamp(MIN_PIECE, most)
    }
}

/// Place in the bytes of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByteCursor {
    /// Number of the file.
    pub file: usize,
    offset: u64,
    /// Bytes of the next piece.
    size: u64,
    /// Time of the seek point, where one is begun at.
    begins: Option<u64>,
}

/// Bytes to be fetched and appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BytePiece {
    /// Number of the file.
    pub file: usize,
    /// Time at which it begins, if it doesn't follow the piece before in the same file.
    pub begins: Option<u64>,
    /// Header to be appended before, unless it is among the bytes.
    pub header: Option<Range<u64>>,
    /// Bytes.
    pub bytes: Range<u64>,
    size: u64,
}

/// Timeline of what this browser can play of a recording.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Part that is played.
    pub cut: Cut,
    /// True if files were left out, whose format this browser can't play.
    pub partly: bool,
    files: Vec<TimelineFile>,
}

impl Timeline {
    /// Timeline of files, each with its seek points as they are stored.
    pub fn new(
        cut: Cut,
        files: impl IntoIterator<Item = (RecordedFile, Vec<u8>)>,
        plays: impl Fn(&str) -> bool,
    ) -> Self {
        let mut timeline = Self { cut, partly: false, files: Vec::new() };
        for (file, index) in files {
            let whole = file.offset.saturating_add(file.duration);
            let ends = whole.min(cut.to);
            if ends <= file.offset.max(cut.from) {
                continue;
            }
            if !plays(&file.media_type) {
                timeline.partly = true;
                continue;
            }
            timeline.add(file, &index, ends, whole);
        }
        timeline
    }

    fn add(&mut self, file: RecordedFile, index: &[u8], ends: u64, whole: u64) {
        let points = seek_points(index).unwrap_or_default().into_iter();
        let points = points.map(|(time, at)| (file.offset.saturating_add(time), at));
        let mut points: Vec<_> = points.filter(|(_, at)| *at < file.bytes).collect();
        if points.is_empty() {
            // Without an index it plays from its beginning on.
            points.push((file.offset, 0));
        }
        let is_behind = |(time, _): &&(u64, u64)| ends < whole && *time >= ends;
        let length = points.iter().find(is_behind).map_or(file.bytes, |point| point.1);
        let rate = file.bytes.saturating_mul(1_000) / file.duration.max(1);
        let tracks = Tracks { picture: file.size.is_some(), sound: file.has_sound };
        let before = self.files.last_mut();
        let group = before.map_or(0, |before| {
            before.ends = before.ends.min(file.offset);
            before.group + usize::from(before.tracks != tracks)
        });
        self.files.push(TimelineFile {
            id: file.id,
            media_type: file.media_type,
            tracks,
            group,
            begins: file.offset,
            ends,
            points,
            length,
            rate,
        });
    }

    /// True if nothing can be played.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// File of a number.
    pub fn file(&self, number: usize) -> Option<&TimelineFile> {
        self.files.get(number)
    }

    /// The first time from `time` on at which something is played; the end, if nothing is.
    pub fn settle(&self, time: u64) -> u64 {
        let time = time.clamp(self.cut.from, self.cut.to.max(self.cut.from));
        let file = self.files.iter().find(|file| time < file.ends);
        file.map_or(self.cut.to, |file| time.max(file.begins))
    }

    /// Place from which to fetch for a time: the last seek point that isn't behind it. None at the end.
    pub fn begin(&self, time: u64) -> Option<ByteCursor> {
        let time = self.settle(time);
        let (number, file) = self.files.iter().enumerate().find(|(_, file)| time < file.ends)?;
        let behind = file.points.partition_point(|point| point.0 <= time);
        let (begins, offset) = *file.points.get(behind.saturating_sub(1))?;
        let size = file.piece(FIRST_PIECE, FIRST_SECONDS);
        Some(ByteCursor { file: number, offset, size, begins: Some(begins) })
    }

    /// The next piece; none at the end of the group.
    pub fn next(&self, cursor: ByteCursor) -> Option<BytePiece> {
        let ByteCursor { mut file, mut offset, size, mut begins } = cursor;
        let mut of = self.files.get(file)?;
        if offset >= of.length {
            file += 1;
            of = self.files.get(file).filter(|next| next.group == of.group)?;
            let (time, at) = *of.points.first()?;
            (offset, begins) = (at, Some(time));
        }
        let header = 0..of.points.first()?.1;
        let follows = offset == header.end;
        let from = if begins.is_some() && follows { 0 } else { offset };
        let most = of.piece(MAX_PIECE, MAX_SECONDS);
        let bytes = from..offset.saturating_add(size.min(most)).min(of.length);
        let header = Some(header).filter(|it| begins.is_some() && !follows && !it.is_empty());
        Some(BytePiece { file, begins, header, bytes, size })
    }

    /// The place behind a piece.
    pub fn after(&self, piece: &BytePiece) -> ByteCursor {
        let size = (piece.size * 2).min(MAX_PIECE);
        ByteCursor { file: piece.file, offset: piece.bytes.end, size, begins: None }
    }

    /// Number of the group that plays at a time.
    pub fn group_at(&self, time: u64) -> Option<usize> {
        self.files.iter().find(|file| time < file.ends).map(|file| file.group)
    }

    /// Time at which the next group begins.
    pub fn after_group(&self, group: usize) -> Option<u64> {
        self.files.iter().find(|file| file.group > group).map(|file| file.begins)
    }

    /// Time of the next seek point: what is before it can't be decoded.
    pub fn after_damage(&self, time: u64) -> Option<u64> {
        let mut points = self.files.iter().flat_map(|file| &file.points).map(|point| point.0);
        points.find(|point| (time + 1..self.cut.to).contains(point))
    }

    /// Second up to which what is buffered is dropped, if more than `keep` seconds are behind what plays.
    /// It is just before a seek point, for browsers drop on to the next keyframe.
    pub fn drop_until(&self, buffered: &[(f64, f64)], position: f64, keep: f64) -> Option<f64> {
        let (start, _) = buffered.first()?;
        let before = |point: &u64| *point as f64 / 1_000.0 <= position - keep;
        let points = self.files.iter().flat_map(|file| &file.points).map(|point| point.0);
        let until = points.take_while(before).last()? as f64 / 1_000.0 - BEFORE_POINT;
        (until - start >= MIN_DROP.min(keep)).then_some(until)
    }

    /// True if nothing is to be heard or seen from one second to another, but for what browsers leave out.
    pub fn is_gap(&self, from: f64, to: f64) -> bool {
        let silent = self.settle(((from + MAX_HOLE / 2.0) * 1_000.0) as u64) as f64 / 1_000.0;
        to - from <= MAX_HOLE || to - silent <= MAX_HOLE
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// Seek points in bytes, as the recorder writes them.
    fn index(points: &[(u64, u64)]) -> Vec<u8> {
        let mut bytes = b"BRI\x01".to_vec();
        let mut put = |mut value: u64| {
            while value >= 0x80 {
                bytes.push(value as u8 | 0x80);
                value >>= 7;
            }
            bytes.push(value as u8);
        };
        put(points.len() as u64);
        let mut before = (0, 0);
        for point in points {
            put(point.0 - before.0);
            put(point.1 - before.1);
            before = *point;
        }
        bytes
    }

    /// A file with a seek point each two seconds, of which each has `bytes`, behind a header of 500.
    fn file(offset: u64, seconds: u64, bytes: u64, picture: bool) -> (RecordedFile, Vec<u8>) {
        let points: Vec<_> =
            (0..seconds / 2).map(|it| (it * 2_000, 500 + it * 2 * bytes)).collect();
        let file = RecordedFile {
            id: RecordingFileId(Uuid::from_u128(offset.into())),
            offset,
            duration: seconds * 1_000,
            media_type: if picture { "video/webm" } else { "audio/mp4" }.to_owned(),
            size: picture.then_some((1280, 720)),
            has_sound: true,
            bytes: 500 + seconds * bytes,
        };
        (file, index(&points))
    }

    fn timeline(cut: Cut, files: Vec<(RecordedFile, Vec<u8>)>) -> Timeline {
        Timeline::new(cut, files, |media_type| media_type != "video/strange")
    }

    fn two_files() -> Timeline {
        let files = vec![file(0, 10, 100_000, true), file(60_000, 10, 100_000, true)];
        timeline(Cut { from: 0, to: 70_000 }, files)
    }

    fn ranges(timeline: &Timeline, time: u64) -> Vec<(usize, Range<u64>)> {
        let mut ranges = Vec::new();
        let mut cursor = timeline.begin(time).unwrap();
        while let Some(piece) = timeline.next(cursor) {
            ranges.extend(piece.header.clone().map(|it| (piece.file, it)));
            ranges.push((piece.file, piece.bytes.clone()));
            cursor = timeline.after(&piece);
        }
        ranges
    }

    #[test]
    fn pieces_begin_small_and_go_on_into_the_next_file() {
        let timeline = two_files();
        let first = FIRST_PIECE + 500;
        let expected = [
            (0, 0..first),
            (0, first..first + (256 << 10)),
            (0, first + (256 << 10)..first + (768 << 10)),
            (0, first + (768 << 10)..1_000_500),
            (1, 0..1_000_500),
        ];
        assert_eq!(ranges(&timeline, 0), expected);
        let begun = timeline.next(timeline.begin(0).unwrap()).unwrap();
        assert_eq!((begun.begins, &begun.header), (Some(0), &None));
        assert_eq!(timeline.next(timeline.after(&begun)).unwrap().begins, None);
    }

    #[test]
    fn pieces_of_a_small_picture_are_small() {
        let cut = Cut { from: 0, to: 60_000 };
        let timeline = timeline(cut, vec![file(0, 60, 25_000, true)]);
        let pieces = ranges(&timeline, 0).into_iter().map(|it| it.1.end - it.1.start);
        let pieces: Vec<_> = pieces.take(4).collect();
        assert!(pieces[0] < 80_000 && pieces[1..].iter().all(|it| *it < 260_000), "{pieces:?}");
    }

    #[test]
    fn a_seek_begins_with_the_header_and_the_seek_point_before() {
        let timeline = two_files();
        let piece = timeline.next(timeline.begin(5_999).unwrap()).unwrap();
        assert_eq!(
            (piece.begins, piece.header, piece.bytes.start),
            (Some(4_000), Some(0..500), 400_500)
        );
        let piece = timeline.next(timeline.begin(66_000).unwrap()).unwrap();
        assert_eq!((piece.file, piece.begins, piece.bytes.start), (1, Some(66_000), 600_500));
        assert_eq!(timeline.begin(70_000), None);
    }

    #[test]
    fn gaps_are_left_out() {
        let timeline = two_files();
        let settled = [0, 9_999, 10_000, 59_000, 99_000].map(|time| timeline.settle(time));
        assert_eq!(settled, [0, 9_999, 60_000, 60_000, 70_000]);
        assert!(timeline.is_gap(9.98, 60.01) && timeline.is_gap(3.0, 3.4));
        assert!(!timeline.is_gap(3.0, 8.0));
    }

    #[test]
    fn a_cut_ends_the_bytes_at_the_next_seek_point() {
        let files = vec![file(0, 10, 1_000, true), file(20_000, 10, 1_000, true)];
        let timeline = timeline(Cut { from: 3_000, to: 7_000 }, files);
        assert_eq!((timeline.settle(0), timeline.settle(9_000)), (3_000, 7_000));
        // From the point at 2 s to that at 8 s.
        assert_eq!(ranges(&timeline, 0), [(0, 0..500), (0, 2_500..8_500)]);
        assert!(timeline.file(1).is_none());
    }

    #[test]
    fn groups_have_the_same_tracks_and_what_cannot_be_played_is_left_out() {
        let mut strange = file(10_000, 10, 1_000, true);
        strange.0.media_type = "video/strange".to_owned();
        let files = vec![
            file(0, 10, 1_000, true),
            strange,
            file(20_000, 10, 1_000, true),
            file(30_000, 10, 1_000, false),
        ];
        let timeline = timeline(Cut { from: 0, to: 40_000 }, files);
        assert!(timeline.partly && !timeline.is_empty());
        let groups = [0, 15_000, 29_999, 30_000, 40_000].map(|time| timeline.group_at(time));
        assert_eq!(groups, [Some(0), Some(0), Some(0), Some(1), None]);
        assert_eq!((timeline.after_group(0), timeline.after_group(1)), (Some(30_000), None));
        assert_eq!(timeline.settle(10_000), 20_000);
        assert_eq!(timeline.after_damage(25_000), Some(26_000));
        assert_eq!(timeline.after_damage(38_000), None);
    }

    #[test]
    fn a_file_without_an_index_plays_from_its_beginning() {
        let (file, _) = file(0, 10, 1_000, true);
        let timeline = timeline(Cut { from: 0, to: 10_000 }, vec![(file, b"?".to_vec())]);
        assert_eq!(ranges(&timeline, 8_000), [(0, 0..10_500)]);
    }

    #[test]
    fn what_is_far_behind_is_dropped_up_to_a_seek_point() {
        let timeline = timeline(Cut { from: 0, to: 100_000 }, vec![file(0, 100, 1_000, true)]);
        assert_eq!(timeline.drop_until(&[(0.0, 60.0)], 43.0, BEHIND), Some(12.0 - BEFORE_POINT));
        assert_eq!(timeline.drop_until(&[(10.0, 60.0)], 43.0, BEHIND), None);
        assert_eq!(timeline.drop_until(&[(0.0, 60.0)], 20.0, BEHIND), None);
        assert_eq!(timeline.drop_until(&[(10.0, 60.0)], 43.0, 1.0), Some(42.0 - BEFORE_POINT));
        assert_eq!(timeline.drop_until(&[], 43.0, BEHIND), None);
    }
}
