//! The frames of the live channel as they stand on the wire.

use bandstand_domain::{
    Millis, PersonId, Secret, ShowId,
    channel::{ClientFrame, Cursor, Event, ServerFrame, Topic},
    crowd::{CrowdChange, Gesture},
    stage::StageState,
};
use serde_json::json;
use uuid::Uuid;

fn show() -> ShowId {
    ShowId(Uuid::from_u128(7))
}

#[test]
fn topics_are_text() {
    for topic in [Topic::Shows, Topic::Show(show())] {
        assert_eq!(topic.to_string().parse(), Ok(topic));
    }
    for bad in ["", "show", "show:", "show:1", "rooms", "shows:1"] {
        assert!(bad.parse::<Topic>().is_err(), "{bad}");
    }
}

#[test]
fn what_a_page_says() {
    let subscribe = ClientFrame::Subscribe {
        topic: Topic::Show(show()),
        after: Some(Cursor(41)),
        token: Some(Secret::new("t")),
    };
    let text = json!({"subscribe": {
        "topic": "show:00000000-0000-0000-0000-000000000007", "after": 41, "token": "t"
    }});
    assert_eq!(serde_json::to_value(&subscribe).unwrap(), text);
    assert_eq!(serde_json::from_value::<ClientFrame>(text).unwrap(), subscribe);
    let plain = json!({"subscribe": {"topic": "shows"}});
    assert!(serde_json::from_value::<ClientFrame>(plain).is_ok());
}

#[test]
fn what_the_venue_says() {
    let change = CrowdChange {
        show: show(),
        came: vec![],
        left: vec![],
        gestures: vec![(PersonId::new("ana"), Gesture::Jump)],
        more: vec![(Gesture::Applause, 9)],
        count: 2,
        peak: 3,
        likes: 4,
    };
    assert_eq!(
        serde_json::to_value(ServerFrame::CrowdChange(change)).unwrap(),
        json!({"crowd_change": {
            "show": show(), "gestures": [["ana", "jump"]], "more": [["applause", 9]], "count": 2, "peak": 3, "likes": 4
        }})
    );
    let stage =
        Event::Stage { state: StageState::Live, publication: 2, live_since: Some(Millis(5)) };
    assert_eq!(
        serde_json::to_value(ServerFrame::Events {
            topic: Topic::Show(show()),
            cursor: Cursor(9),
            events: vec![stage]
        })
        .unwrap(),
        json!({"events": {"topic": Topic::Show(show()), "cursor": 9, "events": [
            {"stage": {"state": "live", "publication": 2, "live_since": 5}}
        ]}})
    );
}
