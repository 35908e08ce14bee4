//! Instants in the visitor's own time zone.

use bandstand_domain::Millis;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

#[cfg(feature = "ssr")]
use crate::texts::language;
use crate::{t, web};

/// Style of an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// `Saturday 21 November, 21:00`.
    Full,
    /// Style of posters: `Tonight, 21:00`, `Tomorrow, 20:00`, `Wed 20:00`, `21 Nov, 21:00`.
    Poster,
    /// `21:00`.
    Time,
    /// `Saturday`.
    Weekday,
}

impl TimeStyle {
    /// Name in the document, by which `shell.js` knows it.
    fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Poster => "poster",
            Self::Time => "time",
            Self::Weekday => "weekday",
        }
    }
}

/// An instant in the visitor's own zone. The server renders `fallback`, which names the time of another
/// zone; `shell.js` writes over it before the page is painted, so that no line grows afterwards. The text
/// stays the same node, which is all that bringing the page to life looks at.
#[component]
pub fn LocalTime(
    /// The instant.
    at: Millis,
    /// Text of the server, which doesn't know the visitor's zone.
    #[prop(into)]
    fallback: String,
    /// Style.
    #[prop(default = TimeStyle::Full)]
    style: TimeStyle,
) -> impl IntoView {
    let text = RwSignal::new(zone_text(&fallback));
    Effect::new(move || text.set(local_text(at, style)));
    view! { <time datetime=iso_text(at) data-time=style.name()>{text}</time> }.into_any()
}

/// An instant as the visitor's clock shows it. Only in the browser: said by the function of `shell.js` that
/// writes the instants of a page before it is painted, so that they are the same.
pub fn local_text(at: Millis, style: TimeStyle) -> String {
    let arguments = [JsValue::from_f64(at.0 as f64), style.name().into()];
    let said = web::call_now(&window(), "bandstandTime", &arguments);
    said.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Patterns by which `shell.js` says instants in the language of the page: first the locale where the browser
/// has none of that language, then one for each way to say them.
#[cfg(feature = "ssr")]
pub(crate) fn time_patterns() -> String {
    let (day, time) = ("{day}", "{time}");
    [
        language().locale().to_owned(),
        t!(time.day_and_time, day = day, time = time),
        t!(time.weekday_and_time, day = day, time = time),
        t!(time.tonight, time = time),
        t!(time.today, time = time),
        t!(time.tomorrow, time = time),
        t!(time.yesterday, time = time),
    ]
    .join("|")
}

/// The short name of a month; the first is 0.
pub fn month_name(month: usize) -> Option<&'static str> {
    t!(time.months).split(' ').nth(month)
}

/// What the server says of an instant in a show's time zone, `Sat 21 Nov 2026, 21:00 (Lisbon)`, in the
/// language of the page. Anything else stays as it is.
fn zone_text(said: &str) -> String {
    translated(said).unwrap_or_else(|| said.to_owned())
}

fn translated(said: &str) -> Option<String> {
    const MONTHS: &str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    const WEEKDAYS: &str = "Mon Tue Wed Thu Fri Sat Sun";
    let place = |names: &str, name| names.split(' ').position(|other| other == name);
    let (date, time) = said.split_once(", ")?;
    let mut parts = date.split(' ');
    let weekday = place(WEEKDAYS, parts.next()?)?;
    let weekday = t!(time.weekdays).split(' ').nth(weekday)?;
    let day = parts.next()?;
    let month = month_name(place(MONTHS, parts.next()?)?)?;
    let day = t!(time.day, day = day, month = month);
    let day = match parts.next() {
        Some(year) => t!(time.day_and_year, day = day, year = year),
        None => day,
    };
    Some(t!(time.weekday_day_and_time, weekday = weekday, day = day, time = time))
}

/// The browser's clock. Not while hydrating.
pub fn now() -> Millis {
    Millis(js_sys::Date::now() as i64)
}

/// The visitor's days, as the programme is divided by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Today at 17:00.
    pub evening: Millis,
    /// End of the night: tomorrow at 4:00.
    pub tomorrow: Millis,
    /// The same a week after today.
    pub next_week: Millis,
}

impl Days {
    /// Days as the visitor's clock has them now. Not while hydrating.
    pub fn current() -> Self {
        let today = js_sys::Date::new_0();
        let at = |days: i32, hour: u32| {
            let date = js_sys::Date::new_with_year_month_day_hr(
                today.get_full_year(),
                today.get_month() as i32,
                today.get_date() as i32 + days,
                hour as i32,
            );
            Millis(date.get_time() as i64)
        };
        Self { evening: at(0, 17), tomorrow: at(1, 4), next_week: at(7, 4) }
    }
}

/// The instant for machines: `2026-11-21T20:00Z` (minutes; the days as in Howard Hinnant's
/// `civil_from_days`).
pub fn iso_text(at: Millis) -> String {
    let minutes = at.0.div_euclid(Millis::MINUTE);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "ssr")]
    use bandstand_domain::Language;

    use super::*;

    #[cfg(feature = "ssr")]
    #[test]
    fn times_of_a_zone_are_said_in_the_language_of_the_page() {
        let check = |language: Language, said: &str, text: &str| {
            Owner::new().with(|| {
                provide_context(language);
                assert_eq!(zone_text(said), text);
            });
        };
        for said in ["Sat 5 Dec, 21:00 (Lisbon)", "Fri 21 Nov 2025, 21:00 (New York)", "", "soon"] {
            check(Language::English, said, said);
        }
        let german = Language::German;
        check(german, "Sat 5 Dec, 21:00 (Lisbon)", "Sa, 5. Dez., 21:00 (Lisbon)");
        check(german, "Tue 2 Mar 2027, 9:00 (UTC)", "Di, 2. März 2027, 9:00 (UTC)");
        check(german, "soon", "soon");
    }

    #[test]
    fn machines_read_the_instant() {
        let check = |at: i64, text: &str| assert_eq!(iso_text(Millis(at)), text);
        check(0, "1970-01-01T00:00Z");
        check(951_782_340_000, "2000-02-28T23:59Z");
        check(951_782_400_000, "2000-02-29T00:00Z");
        check(1_795_294_800_000, "2026-11-21T21:00Z");
        check(-60_000, "1969-12-31T23:59Z");
    }
}
