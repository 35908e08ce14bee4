//! A happening as a calendar file (iCalendar, RFC 5545), for members of its room.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bandstand_domain::{
    Millis, Refusal,
    happenings::{HappeningCard, HappeningError, HappeningId},
};

use super::port::enter;
use crate::{
    caller::Caller,
    clock,
    http::refused,
    services::Services,
    shows::{
        ical::{escaped, fold},
        times::utc,
    },
};

/// The file of each happening.
pub fn routes() -> Router<Arc<Services>> {
    Router::new().route("/happenings/{id}/calendar.ics", get(happening))
}

/// `GET /happenings/{id}/calendar.ics`.
async fn happening(caller: Caller, Path(id): Path<String>) -> Response {
    match file(&caller, &id).await {
        Ok(file) => {
            let kind = "text/calendar; charset=utf-8";
            let disposition = "inline; filename=\"happening.ics\"";
            ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file)
                .into_response()
        }
        Err(refusal) => refused(&refusal, caller.request_language.say(&refusal)),
    }
}

async fn file(caller: &Caller, id: &str) -> Result<String, HappeningError> {
    let id: HappeningId = id.parse().map_err(|_| Refusal::NotFound)?;
    let (entry, found) = enter(caller, id).await?;
    let room = format!("{}/rooms/{}", caller.services.config.public_url, entry.facts.address);
    Ok(write(&found.card, &room, clock::now()))
}

fn write(card: &HappeningCard, room: &str, now: Millis) -> String {
    let about = match card.description.as_str() {
        "" => room.to_owned(),
        description => format!("{description}\n\n{room}"),
    };
    let place = if card.place.is_empty() { room } else { &card.place };
    let mut file = String::new();
    let mut put = |line: String| fold(&mut file, &line);
    put("BEGIN:VCALENDAR".into());
    put("VERSION:2.0".into());
    put("PRODID:-//Bandstand//Bandstand//EN".into());
    put("BEGIN:VEVENT".into());
    put(format!("UID:{}", card.id));
    put(format!("SEQUENCE:{}", card.revision));
    put(format!("DTSTAMP:{}", utc(now)));
    put(format!("DTSTART:{}", utc(card.starts_at)));
    put(format!("DTEND:{}", utc(card.ends_at)));
    put(format!("SUMMARY:{}", escaped(&card.title)));
    put(format!("DESCRIPTION:{}", escaped(&about)));
    put(format!("LOCATION:{}", escaped(place)));
    put(format!("STATUS:{}", if card.cancelled { "CANCELLED" } else { "CONFIRMED" }));
    put("END:VEVENT".into());
    put("END:VCALENDAR".into());
    file
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{RoomId, happenings::AnswerCounts};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_people_typed_adds_no_line_of_its_own() {
        let card = HappeningCard {
            id: HappeningId(Uuid::from_u128(7)),
            room: RoomId(Uuid::from_u128(8)),
            title: "Supper; with, friends".into(),
            description: "One\nEND:VEVENT".into(),
            place: "ä".repeat(200),
            starts_at: Millis(1_795_294_800_000),
            ends_at: Millis(1_795_302_000_000),
            time_zone: "UTC".into(),
            starts_text: String::new(),
            revision: 3,
            cancelled: false,
            answers: AnswerCounts::default(),
        };
        let file = write(&card, "https://venue.example/rooms/kitchen", Millis(0));
        assert!(file.split("\r\n").all(|line| line.len() <= 75));
        let whole = file.replace("\r\n ", "");
        for line in [
            "UID:00000000-0000-0000-0000-000000000007",
            "SEQUENCE:3",
            "DTSTART:20261121T210000Z",
            "DTEND:20261121T230000Z",
            "SUMMARY:Supper\\; with\\, friends",
            "STATUS:CONFIRMED",
        ] {
            assert!(whole.lines().any(|it| it == line), "{line}: {whole}");
        }
        assert_eq!(whole.lines().filter(|it| it.starts_with("END:VEVENT")).count(), 1);
        assert!(whole.lines().all(|line| line.contains(':')));
    }
}
