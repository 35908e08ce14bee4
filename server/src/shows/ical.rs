//! A show as a calendar file (iCalendar, RFC 5545).

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{
    Millis, Refusal, ShowId,
    shows::{ShowCard, ShowError},
};

use super::{access, store, times::utc};
use crate::{caller::Caller, clock, http::refused, services::Services};

/// The longest line, in octets without its end (section 3.1).
const MAX_LINE: usize = 75;

/// The file of each show.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/shows/{id}/calendar.ics", get(show))
}

/// `GET /shows/{id}/calendar.ics`: the show as an event, for whoever may see its page, which is everybody.
async fn show(caller: Caller, Path(id): Path<String>) -> Response {
    match file(&caller, &id).await {
        Ok(file) => {
            let kind = "text/calendar; charset=utf-8";
            let disposition = "inline; filename=\"show.ics\"";
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file)
                .into_response()
        }
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

async fn file(caller: &Caller, id: &str) -> Result<String, ShowError> {
    let id: ShowId = id.parse().map_err(|_| Refusal::NotFound)?;
    let database = &caller.services.database;
    access::facts(database, id).await?;
    let card = store::card(&database.read, id).await?.ok_or(Refusal::Gone)?;
    let details = store::details(&database.read, id).await?;
    let address = format!("{}/shows/{id}", caller.services.config.public_url);
    Ok(Event { card, details, address }.write(clock::now()))
}

/// A show, and what else its event tells.
struct Event {
    card: ShowCard,
    details: store::Details,
    address: String,
}

impl Event {
    fn write(&self, now: Millis) -> String {
        let Self { card, details, address } = self;
        let summary = escaped(&format!("{} – {}", card.title, card.artist.stage_name));
        let about = match details.description.as_str() {
            "" => address.clone(),
            description => format!("{description}\n\n{address}"),
        };
        let mut file = String::new();
        let mut put = |line: String| fold(&mut file, &line);
        put("BEGIN:VCALENDAR".into());
        put("VERSION:2.0".into());
        put("PRODID:-//Bandstand//Bandstand//EN".into());
        put("BEGIN:VEVENT".into());
        put(format!("UID:{}", card.id));
        put(format!("SEQUENCE:{}", details.revision));
        put(format!("DTSTAMP:{}", utc(now)));
        put(format!("DTSTART:{}", utc(card.starts_at)));
        put(format!("DTEND:{}", utc(card.ends_at)));
        put(format!("SUMMARY:{summary}"));
        put(format!("DESCRIPTION:{}", escaped(&about)));
        put(format!("LOCATION:{}", escaped(address)));
        put(format!("URL:{address}"));
        // A quarter of an hour before it begins, as long as it takes to sit down.
        put("BEGIN:VALARM".into());
        put("ACTION:DISPLAY".into());
        put("TRIGGER:-PT15M".into());
        put(format!("DESCRIPTION:{summary}"));
        put("END:VALARM".into());
        put("END:VEVENT".into());
        put("END:VCALENDAR".into());
        file
    }
}

/// A value of type TEXT (section 3.3.11).
pub(crate) fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => value.extend(['\\', character]),
            '\n' => value.push_str("\\n"),
            // It ends lines, and so would everything behind it.
            '\r' => {}
            other => value.push(other),
        }
    }
    value
}

/// Adds a line, folded (section 3.1), never within a character.
pub(crate) fn fold(file: &mut String, line: &str) {
    let mut length = 0;
    for character in line.chars() {
        if length + character.len_utf8() > MAX_LINE {
            file.push_str("\r\n ");
            length = 1;
        }
        file.push(character);
        length += character.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_so_that_it_adds_no_line_of_its_own() {
        assert_eq!(escaped("a, b; c\\d\r\nEND:VEVENT"), "a\\, b\\; c\\\\d\\nEND:VEVENT");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let line = format!("SUMMARY:{}", "äöü☺".repeat(40));
        let mut file = String::new();
        fold(&mut file, &line);
        assert!(file.ends_with("\r\n"));
        assert!(file.lines().all(|line| line.len() <= MAX_LINE));
        assert_eq!(file.replace("\r\n ", ""), format!("{line}\r\n"));
    }
}
