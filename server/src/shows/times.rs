//! Local times: what the artist's clock shows, and what instant that is.

use bandstand_domain::{
    FieldErrors, Millis, Text, text,
    texts::{Key, keys},
};
use jiff::{
    Timestamp, ZonedDateTime,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};

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

/// Reads local times `YYYY-MM-DDTHH:MM` in `zone`. Of a time that the clock shows twice, the first is
/// meant.
///
/// # Errors
/// By field: the zone is unknown, the day doesn't exist, or the clock leaves that time out.
pub fn read(starts: &str, ends: &str, zone: &str) -> Result<Times, FieldErrors> {
    let Ok(zone) = TimeZone::get(zone.trim()) else {
        return Err(FieldErrors::one("time_zone", text!(server.shows.unknown_zone)));
    };
    let mut errors = FieldErrors::default();
    let mut instant = |field: &str, what: Key, text: &str| {
        instant(what, text, &zone).unwrap_or_else(|complaint| {
            errors.add(field, complaint);
            Millis::default()
        })
    };
    let starts_at = instant("starts", keys::complaint::what::start, starts);
    let ends_at = instant("ends", keys::complaint::what::end, ends);
    errors.into_result()?;
    let time_zone = zone.iana_name().unwrap_or("UTC").to_owned();
    Ok(Times { starts_at, ends_at, time_zone })
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
    at(instant, zone).strftime("%Y-%m-%dT%H:%M").to_string()
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

fn at(instant: Millis, zone: &str) -> ZonedDateTime {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(instant.0).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(text: &str, zone: &str) -> Result<i64, String> {
        read(text, "2026-11-22T01:00", zone)
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
            read("2026-11-21T21:00", "2026-11-22T01:00", "europe/lisbon").unwrap().time_zone,
            "Europe/Lisbon"
        );
    }

    #[test]
    fn clock_changes() {
        let gap = starts("2027-03-28T02:30", "Europe/Berlin").unwrap_err();
        assert!(gap.starts_with("starts: The start doesn't exist"), "{gap}");
        // 31 October 2027, 02:30 comes twice: first at UTC+2.
        let first = starts("2027-10-31T02:30", "Europe/Berlin").unwrap();
        assert_eq!(Timestamp::from_millisecond(first).unwrap().to_string(), "2027-10-31T00:30:00Z");
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
