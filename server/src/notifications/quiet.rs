//! Quiet hours, as the person's clock shows them.

use bandstand_domain::{
    Millis,
    notifications::{NotificationSettings, QuietHours},
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// The end of the quiet hours within which `now` is, if it is within any.
///
/// They begin when the clock shows their first minute, and end when it shows the last one for the last time: in the
/// night in which an hour comes twice they are an hour longer. A time that the clock leaves out is the one after the
/// gap.
pub(super) fn quiet_until(settings: &NotificationSettings, now: Millis) -> Option<Millis> {
    let hours = settings.quiet?;
    let zone = TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC);
    let instant = Timestamp::from_millisecond(now.0).ok()?;
    let today = instant.to_zoned_datetime(zone.clone()).date();
    let began = [today.yesterday().ok(), Some(today)].into_iter().flatten();
    let mut ends = began.filter_map(|day| {
        let (from, to) = span(hours, day, &zone)?;
        (from <= now && now < to).then_some(to)
    });
    ends.next()
}

/// The quiet hours that begin on a day.
fn span(
    QuietHours { from, to }: QuietHours,
    day: Date,
    zone: &TimeZone,
) -> Option<(Millis, Millis)> {
    let at = |day: Date, minute: u16| {
        let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
        Some(zone.to_ambiguous_timestamp(day.at(hour, minute, 0, 0)))
    };
    let last_day = if to > from { day } else { day.tomorrow().ok()? };
    let from = at(day, from)?.compatible().ok()?;
    let to = at(last_day, to)?.later().ok()?;
    Some((Millis(from.as_millisecond()), Millis(to.as_millisecond())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    fn until(from: u16, to: u16, zone: &str, now: &str) -> Option<String> {
        let settings = NotificationSettings {
            quiet: Some(QuietHours { from: from * 60, to: to * 60 }),
            time_zone: zone.into(),
            ..NotificationSettings::default()
        };
        let end = quiet_until(&settings, at(now))?;
        Some(Timestamp::from_millisecond(end.0).unwrap().to_string())
    }

    #[test]
    fn night_goes_over_midnight() {
        let night = |now| until(22, 8, "UTC", now);
        let morning = Some("2026-11-21T08:00:00Z".to_owned());
        assert_eq!(night("2026-11-20T21:59:59Z"), None);
        assert_eq!(night("2026-11-20T22:00:00Z"), morning);
        assert_eq!(night("2026-11-21T00:00:00Z"), morning);
        assert_eq!(night("2026-11-21T07:59:59Z"), morning);
        assert_eq!(night("2026-11-21T08:00:00Z"), None);
        let noon = |now| until(12, 14, "UTC", now);
        assert_eq!(noon("2026-11-21T11:59:59Z"), None);
        assert_eq!(noon("2026-11-21T13:00:00Z").as_deref(), Some("2026-11-21T14:00:00Z"));
        assert_eq!(noon("2026-11-21T14:00:00Z"), None);
    }

    #[test]
    fn hours_are_those_of_the_persons_zone() {
        let night = |zone, now| until(22, 8, zone, now);
        assert_eq!(night("Asia/Kathmandu", "2026-11-20T16:14:59Z"), None);
        let end = night("Asia/Kathmandu", "2026-11-20T16:15:00Z");
        assert_eq!(end.as_deref(), Some("2026-11-21T02:15:00Z"));
        let end = night("America/New_York", "2026-11-21T03:00:00Z");
        assert_eq!(end.as_deref(), Some("2026-11-21T13:00:00Z"));
        // What no calendar knows any more is UTC.
        assert!(night("Europe/Atlantis", "2026-11-20T23:00:00Z").is_some());
    }

    #[test]
    fn clocks_that_change_lengthen_or_shorten_the_night() {
        // Berlin, 28 March 2027: from 2:00 to 3:00 there is nothing.
        let spring = |from, to, now| until(from, to, "Europe/Berlin", now);
        assert_eq!(spring(22, 8, "2027-03-27T23:00:00Z").as_deref(), Some("2027-03-28T06:00:00Z"));
        assert_eq!(spring(22, 2, "2027-03-27T23:00:00Z").as_deref(), Some("2027-03-28T01:00:00Z"));
        assert_eq!(spring(22, 2, "2027-03-28T01:00:00Z"), None);
        // 31 October 2027: the hour from 2:00 comes twice.
        let autumn = |from, to, now| until(from, to, "Europe/Berlin", now);
        assert_eq!(autumn(22, 8, "2027-10-30T22:00:00Z").as_deref(), Some("2027-10-31T07:00:00Z"));
        let second = Some("2027-10-31T01:00:00Z".to_owned());
        assert_eq!(autumn(22, 2, "2027-10-31T00:30:00Z"), second);
        assert_eq!(autumn(22, 2, "2027-10-31T01:00:00Z"), None);
    }
}
