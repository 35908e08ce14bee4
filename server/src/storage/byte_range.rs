//! Byte ranges of requests for a part of a file (RFC 9110 section 14).

use std::ops::Range;

/// One range of a `Range` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `FIRST-LAST` or `FIRST-`: both ends belong to it.
    From {
        /// The first byte, from 0.
        first: u64,
        /// The last byte; none to the file's end.
        last: Option<u64>,
    },
    /// `-LENGTH`: so many bytes at the file's end.
    Suffix(u64),
}

impl ByteRange {
    /// The range that a `Range` header asks for. None for what is to be ignored: another unit, wrong
    /// syntax, and several ranges, which a server need not honour.
    pub fn parse(header: &str) -> Option<Self> {
        let (unit, set) = header.split_once('=')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") || set.contains(',') {
            return None;
        }
        let (first, last) = set.trim_matches([' ', '\t']).split_once('-')?;
        match (position(first)?, position(last)?) {
            (Some(first), last) if last.is_none_or(|last| first <= last) => {
                Some(Self::From { first, last })
            }
            (None, Some(length)) => Some(Self::Suffix(length)),
            _ => None,
        }
    }

    /// The bytes of a file of `length` that are in the range; none when it can't be satisfied.
    pub fn within(self, length: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => {
                first..last.map_or(length, |last| last.saturating_add(1).min(length))
            }
            Self::Suffix(wanted) => length.saturating_sub(wanted)..length,
        };
        (range.start < range.end).then_some(range)
    }
}

/// The number that stands there, if any; none for what is no number. Beyond every file is beyond every
/// file, however far.
fn position(text: &str) -> Option<Option<u64>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((!text.is_empty()).then(|| text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(header: &str, length: u64) -> Option<Range<u64>> {
        ByteRange::parse(header).and_then(|range| range.within(length))
    }

    #[test]
    fn range_is_read_by_the_grammar() {
        assert_eq!(within("bytes=0-4", 10), Some(0..5));
        assert_eq!(within("Bytes=5-", 10), Some(5..10));
        assert_eq!(within("bytes= 9-9 ", 10), Some(9..10));
        assert_eq!(within("bytes=5-99999999999999999999999", 10), Some(5..10));
        assert_eq!(within("bytes=-4", 10), Some(6..10));
        assert_eq!(within("bytes=-40", 10), Some(0..10));
    }

    #[test]
    fn range_outside_of_the_file_is_not_satisfiable() {
        for (header, length) in [
            ("bytes=10-", 10),
            ("bytes=10-20", 10),
            ("bytes=99999999999999999999999-", 10),
            ("bytes=-0", 10),
            ("bytes=0-", 0),
            ("bytes=-5", 0),
        ] {
            assert!(ByteRange::parse(header).is_some(), "{header}");
            assert_eq!(within(header, length), None, "{header}");
        }
    }

    #[test]
    fn wrong_and_several_ranges_are_ignored() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1",
            "items=0-4",
            "bytes=0-1,3-4",
            "bytes=--5",
            "bytes=1-2-3",
        ] {
            assert_eq!(ByteRange::parse(header), None, "{header}");
        }
    }
}
