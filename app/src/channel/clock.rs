//! Clock of the venue, ticking in a page.

use std::time::Duration;

use bandstand_domain::Millis;
use leptos::prelude::*;

use super::Channel;
use crate::ui::every;

/// The venue's clock, from second to second. Until the page is alive it stands at `now`, when the
/// page was made.
pub fn venue_clock(now: Millis) -> Signal<Millis> {
    let time = RwSignal::new(now);
    let ahead = Channel::expect().clock();
    Effect::new(move || {
        let guessed = now.0 - js_sys::Date::now() as i64;
        let tick = move || {
            // Until the channel knows better, the page is taken for as fresh as it came alive.
            let ahead = ahead.get_untracked().unwrap_or(guessed);
            time.set(Millis(js_sys::Date::now() as i64 + ahead));
        };
        every(Duration::from_secs(1), tick);
    });
    time.into()
}

/// A span as people count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whole days.
    pub days: i64,
    /// Hours of the day.
    pub hours: i64,
    /// Minutes of the hour.
    pub minutes: i64,
    /// Seconds of the minute.
    pub seconds: i64,
}

/// A span of milliseconds; nothing when it is negative. Begun seconds count whole, so that a
/// countdown ends when its time has come.
pub fn span(millis: i64) -> Span {
    let seconds = (millis.max(0) + 999) / Millis::SECOND;
    Span {
        days: seconds / 86_400,
        hours: seconds / 3_600 % 24,
        minutes: seconds / 60 % 60,
        seconds: seconds % 60,
    }
}

/// Formats a duration: `48:12`, `1:02:07`.
pub fn lasted(millis: i64) -> String {
    let seconds = millis.max(0) / Millis::SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_counted_as_people_do() {
        let parts = |millis| {
            let Span { days, hours, minutes, seconds } = span(millis);
            (days, hours, minutes, seconds)
        };
        assert_eq!(parts(-5), (0, 0, 0, 0));
        assert_eq!(parts(1), (0, 0, 0, 1));
        assert_eq!(parts(90_061_000), (1, 1, 1, 1));
        assert_eq!(lasted(2_892_999), "48:12");
        assert_eq!(lasted(3_727_000), "1:02:07");
    }
}
