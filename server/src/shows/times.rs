//! Local times: what the artist's clock shows, and what instant that is.

use bandstand_domain::{
    FieldErrors, Millis, Text,
    shows::{ShowDraft, check_times},
    text,
    texts::{Key, keys},
};
use jiff::{
    Span, Timestamp, ZonedDateTime,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

/// A local time in a form.
const FORM: &str = "%Y-%m-%dT%H:%M";

/// The start and end of a show as instants, and the name of their time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Times {
    /// Start of the show.
    pub starts_at: Millis,
    /// End of the show.
    pub ends_at: Millis,
    /// The time zone by its IANA name.
    pub time_zone: String,
}

/// Reads the local times `YYYY-MM-DDTHH:MM` of a form, and checks them against the calendar and the clock.
/// Of a time that the clock shows twice, the first is meant. `before` and `most` as in [`check_times`].
///
/// # Errors
/// By field: the zone is unknown, the day doesn't exist, the clock leaves that time out, or a show can't be
/// then. A start that can be read is checked even if the end can't.
pub fn read(
    draft: &ShowDraft,
    now: Millis,
    before: Option<Millis>,
    most: u32,
) -> Result<Times, FieldErrors> {
    let ReadTimes { zone, starts_at, ends_at, mut errors } =
        read_fields(&draft.starts, &draft.ends, &draft.time_zone)?;
    if let Some(starts_at) = starts_at {
        // An end that can't be read is one that fits, and has its complaint already.
        let end = ends_at.unwrap_or(starts_at.plus(Millis::HOUR));
        if let Err(others) = check_times(starts_at, end, now, before, most) {
            errors.merge(others);
        }
    }
    errors.into_result()?;
    Ok(times(&zone, starts_at, ends_at))
}

/// Reads the local times of any form, as [`read`] does, and checks them against the calendar alone.
///
/// # Errors
/// By field: `time_zone`, `starts`, `ends`.
pub fn read_span(starts: &str, ends: &str, time_zone: &str) -> Result<Times, FieldErrors> {
    let ReadTimes { zone, starts_at, ends_at, errors } = read_fields(starts, ends, time_zone)?;
    errors.into_result()?;
    Ok(times(&zone, starts_at, ends_at))
}

/// Times of a form as far as they can be read.
struct ReadTimes {
    zone: TimeZone,
    starts_at: Option<Millis>,
    ends_at: Option<Millis>,
    errors: FieldErrors,
}

fn read_fields(starts: &str, ends: &str, time_zone: &str) -> Result<ReadTimes, FieldErrors> {
    let Ok(zone) = TimeZone::get(time_zone.trim()) else {
        return Err(FieldErrors::one("time_zone", text!(server.shows.unknown_zone)));
    };
    let mut errors = FieldErrors::default();
    let mut read = |field: &str, what: Key, text: &str| match instant(what, text, &zone) {
        Ok(instant) => Some(instant),
        Err(complaint) => {
            errors.add(field, complaint);
            None
        }
    };
    let starts_at = read("starts", keys::complaint::what::start, starts);
    let ends_at = read("ends", keys::complaint::what::end, ends);
    Ok(ReadTimes { zone, starts_at, ends_at, errors })
}

fn times(zone: &TimeZone, starts_at: Option<Millis>, ends_at: Option<Millis>) -> Times {
    let time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    Times {
        starts_at: starts_at.unwrap_or_default(),
        ends_at: ends_at.unwrap_or_default(),
        time_zone,
    }
}

/// Start and end in the first of the weeks after `times` that is still to come, on the same weekday and at
/// the same hour, in the form that [`read`] takes.
pub fn next_week(times: &Times, now: Millis) -> (String, String) {
    const WEEK: i64 = 7 * 24 * Millis::HOUR;
    let weeks = now.since(times.starts_at).div_euclid(WEEK).max(0) + 1;
    let later = |instant| {
        let there = at(instant, &times.time_zone).datetime();
        let later = there.checked_add(Span::new().weeks(weeks)).unwrap_or(there);
        later.strftime(FORM).to_string()
    };
    (later(times.starts_at), later(times.ends_at))
}

fn instant(what: Key, text: &str, zone: &TimeZone) -> Result<Millis, Text> {
    let local: DateTime =
        text.parse().map_err(|_| text!(server.shows.no_such_time, what = what))?;
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
        return Err(text!(server.shows.left_out, what = what));
    }
    ambiguous
        .earlier()
        .map(|instant| Millis(instant.as_millisecond()))
        .map_err(|_| text!(server.shows.too_far, what = what))
}

/// `instant` as the clock in `zone` shows it, in the form that [`read`] takes.
pub fn local(instant: Millis, zone: &str) -> String {
    at(instant, zone).strftime(FORM).to_string()
}

/// `instant` as the clock in `zone` shows it, for people: `Sat 21 Nov, 21:00 (Lisbon)`; with the year
/// when it is another one than `now`'s.
pub fn text(instant: Millis, zone: &str, now: Millis) -> String {
    let there = at(instant, zone);
    let format = if there.year() == at(now, zone).year() {
        "%a %-d %b, %H:%M"
    } else {
        "%a %-d %b %Y, %H:%M"
    };
    let place = zone.rsplit('/').next().unwrap_or(zone).replace('_', " ");
    format!("{} ({place})", there.strftime(format))
}

/// `instant` as calendars have it: `20261121T210000Z` (RFC 5545 section 3.3.5).
pub fn utc(instant: Millis) -> String {
    at(instant, "UTC").strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn at(instant: Millis, zone: &str) -> ZonedDateTime {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(instant.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 November 2026, 0:00 UTC.
    const NOW: Millis = Millis(1_795_132_800_000);

    fn draft(starts: &str, ends: &str, zone: &str) -> ShowDraft {
        let (starts, ends, time_zone) = (starts.into(), ends.into(), zone.into());
        ShowDraft { starts, ends, time_zone, ..ShowDraft::default() }
    }

    fn starts(text: &str, zone: &str) -> Result<i64, String> {
        read(&draft(text, "2026-11-22T06:00", zone), NOW, None, 12)
            .map(|times| times.starts_at.0)
            .map_err(|errors| format!("{}: {}", errors.0[0].field, errors.0[0].message))
    }

    #[test]
    fn local_times_become_instants() {
        // 21 November 2026, 21:00 UTC.
        let instant = 1_795_294_800_000;
        assert_eq!(starts("2026-11-21T21:00", "Europe/Lisbon"), Ok(instant));
        assert_eq!(starts("2026-11-21T22:00", "Europe/Berlin"), Ok(instant));
        assert_eq!(starts("2026-11-22T02:45", "Asia/Kathmandu"), Ok(instant));
        assert_eq!(local(Millis(instant), "Asia/Kathmandu"), "2026-11-22T02:45");
        assert_eq!(
            read(&draft("2026-11-21T21:00", "2026-11-22T01:00", "europe/lisbon"), NOW, None, 12)
                .unwrap()
                .time_zone,
            "Europe/Lisbon"
        );
    }

    #[test]
    fn clock_changes() {
        let gap = starts("2027-03-28T02:30", "Europe/Berlin").unwrap_err();
        assert!(gap.starts_with("starts: The start doesn't exist"), "{gap}");
        // 31 October 2027, 02:30 comes twice: first at UTC+2.
        let form = draft("2027-10-31T02:30", "2027-10-31T05:00", "Europe/Berlin");
        let first = read(&form, NOW, None, 12).unwrap().starts_at;
        let first = Timestamp::from_millisecond(first.0).unwrap();
        assert_eq!(first.to_string(), "2027-10-31T00:30:00Z");
    }

    #[test]
    fn start_is_checked_beside_an_end_that_cannot_be_read() {
        let errors = read(&draft("2026-11-19T20:00", "later", "UTC"), NOW, None, 12).unwrap_err();
        let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["ends", "starts"]);
    }

    #[test]
    fn next_week_has_the_hour_of_the_artist_clock() {
        // Clocks in Berlin go back on 25 October 2026.
        let form = draft("2026-10-23T22:00", "2026-10-24T01:30", "Europe/Berlin");
        let times = read(&form, Millis(1_790_000_000_000), None, 12).unwrap();
        let check = |now: Millis, day: &str, day_after: &str| {
            let week = next_week(&times, now);
            assert_eq!(week, (format!("{day}T22:00"), format!("{day_after}T01:30")));
        };
        check(times.starts_at.plus(-Millis::HOUR), "2026-10-30", "2026-10-31");
        check(times.ends_at, "2026-10-30", "2026-10-31");
        check(NOW, "2026-11-20", "2026-11-21");
    }

    #[test]
    fn what_cannot_be() {
        assert!(starts("2026-02-30T20:00", "UTC").unwrap_err().starts_with("starts: "));
        assert!(starts("2026-11-21T25:00", "UTC").unwrap_err().starts_with("starts: "));
        for zone in ["Europe/Atlantis", "", "../../etc/passwd", "EST5EDT,M3.2.0,M11.1.0"] {
            assert!(
                starts("2026-11-21T20:00", zone).unwrap_err().starts_with("time_zone: "),
                "{zone}"
            );
        }
    }

    #[test]
    fn text_for_people() {
        let instant = Millis(1_795_294_800_000);
        assert_eq!(text(instant, "Europe/Lisbon", instant), "Sat 21 Nov, 21:00 (Lisbon)");
        assert_eq!(text(instant, "America/New_York", instant), "Sat 21 Nov, 16:00 (New York)");
        let year_before = instant.plus(-365 * 24 * Millis::HOUR);
        assert_eq!(text(instant, "UTC", year_before), "Sat 21 Nov 2026, 21:00 (UTC)");
    }
}
