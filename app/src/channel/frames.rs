//! Address of the live channel, and frames as this page reads them, including those of a newer
//! server.

use bandstand_domain::channel::{Cursor, Event, ServerFrame, Topic};
use leptos::prelude::window;
use serde::Deserialize;
use serde_json::value::RawValue;

/// A frame as this page understands it.
#[derive(Debug)]
pub enum ReceivedFrame {
    /// Any frame but the events.
    Frame(ServerFrame),
    /// Events; `None` stands for one that this page doesn't know, which still has its place.
    Events {
        /// Of which topic.
        topic: Topic,
        /// The cursor of the last.
        cursor: Cursor,
        /// At least one.
        events: Vec<Option<Event>>,
    },
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    events: Batch<'a>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    topic: Topic,
    cursor: Cursor,
    /// As text, so that there is one reader of events: serde's own ways of reading what may be unknown bring a
    /// second one.
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

/// Reads a frame. `None` for one that this page doesn't know: a newer venue sent it, and an older
/// page does without.
pub fn read(text: &str) -> Option<ReceivedFrame> {
    match serde_json::from_str(text) {
        Ok(ServerFrame::Events { topic, cursor, events }) => {
            let events = events.into_iter().map(Some).collect();
            Some(ReceivedFrame::Events { topic, cursor, events })
        }
        Ok(frame) => Some(ReceivedFrame::Frame(frame)),
        Err(_) => {
            let Batch { topic, cursor, events } =
                serde_json::from_str::<Envelope>(text).ok()?.events;
            let known = |event: &RawValue| serde_json::from_str(event.get()).ok();
            Some(ReceivedFrame::Events {
                topic,
                cursor,
                events: events.into_iter().map(known).collect(),
            })
        }
    }
}

/// The live channel's address, from the page's own.
pub fn address() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}/live", location.host().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bandstand_domain::shows::ShowEvent;

    #[test]
    fn an_unknown_event_keeps_its_place_and_an_unknown_frame_is_passed_over() {
        let text = r#"{"events":{"topic":"shows","cursor":9,"events":[
            {"raised_curtain":{"colour":"red"}},
            {"show_deleted":{"show":"6f2c1f0e-7f3c-4a64-9a3e-0d6f1c1c2b11"}}]}}"#;
        let Some(ReceivedFrame::Events { cursor, events, .. }) = read(text) else {
            panic!("events")
        };
        assert_eq!(cursor, Cursor(9));
        assert!(matches!(events[..], [None, Some(Event::Show(ShowEvent::Deleted { .. }))]));

        assert!(read(r#"{"fireworks":{"rockets":3}}"#).is_none());
        assert!(read("nonsense").is_none());
        let beat = read(r#"{"beat":{"now":5,"weather":"fine"}}"#);
        assert!(matches!(beat, Some(ReceivedFrame::Frame(ServerFrame::Beat { .. }))));
    }
}
