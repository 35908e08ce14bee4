//! The frames of the live channel as they stand on the wire.

use bandstand_domain::{
    Millis, PersonId, RoomId, Secret, ShowId,
    channel::{ClientFrame, Cursor, Event, ServerFrame, Topic},
    chat::{
        CarriedFile, ChatEvent, ChatMessage, ChatRules, Mention, MessageId, Reaction, ReactionCount,
    },
    crowd::{CrowdChange, Gesture},
    happenings::{AnswerCounts, HappeningCard, HappeningEvent, HappeningId},
    notifications::{InboxEvent, InboxId, Notification, NotificationContent, NotificationKind},
    shows::{Artist, ShowCard, ShowEvent, Track},
    stage::{StageEvent, StageState},
    uploads::{FileKind, RoomFile, RoomFileId, UploadEvent},
};
use serde_json::json;
use uuid::Uuid;

fn show() -> ShowId {
    ShowId(Uuid::from_u128(7))
}

fn notice() -> Notification {
    Notification {
        number: 3,
        kind: NotificationKind::Mention,
        place: "/rooms/kitchen".into(),
        room: None,
        by: Some(PersonId::new("ana")),
        content: NotificationContent {
            name: "Ana".into(),
            title: "Kitchen".into(),
            text: "Hello".into(),
            when: None,
        },
        at: Millis(6),
        read: false,
        quiet: false,
    }
}

fn happening() -> HappeningCard {
    HappeningCard {
        id: HappeningId(Uuid::nil()),
        room: RoomId(Uuid::nil()),
        title: "Supper".into(),
        description: String::new(),
        place: String::new(),
        starts_at: Millis(1),
        ends_at: Millis(2),
        time_zone: "UTC".into(),
        starts_text: String::new(),
        revision: 0,
        cancelled: false,
        answers: AnswerCounts { yes: 1, perhaps: 0, no: 0 },
    }
}

#[test]
fn topics_are_text() {
    let inbox = Topic::Inbox(InboxId(Uuid::from_u128(7)));
    for topic in [Topic::Shows, Topic::Show(show()), inbox] {
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
    let stage = Event::Stage(StageEvent::Changed {
        state: StageState::Live,
        publication: 2,
        live_since: Some(Millis(5)),
        ended_at: None,
        kept: false,
        records: false,
        recorded: false,
    });
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

#[test]
fn events_have_one_level_in_json() {
    let message = MessageId(Uuid::from_u128(5));
    let muted = ChatEvent::Muted { person: PersonId::new("ana"), muted: true };
    let file = RoomFileId(Uuid::from_u128(9));
    let shared = RoomFile {
        id: file,
        position: 4,
        person: PersonId::new("ana"),
        author: "Ana".into(),
        at: Millis(7),
        name: "tea.jpg".into(),
        kind: FileKind::Picture,
        bytes: 8,
        size: Some((4, 3)),
        message: None,
    };
    let carried = RoomFile { message: Some(message), ..shared.clone() };
    let posted = ChatMessage {
        id: message,
        author: PersonId::new("ana"),
        name: "Ana".into(),
        from_artist: false,
        badge: None,
        text: "Hello".into(),
        sent_at: Millis(6),
        position: 3,
        replies_to: None,
        mentions: vec![],
        files: vec![],
        edited_at: None,
        replies: 0,
        reactions: vec![],
    };
    let mention = Mention { handle: "ben".into(), person: PersonId::new("b") };
    let edited = ChatMessage {
        text: "@ben, hello".into(),
        replies_to: Some(message),
        mentions: vec![mention],
        files: vec![
            CarriedFile { id: file, file: Some(shared.clone()) },
            CarriedFile { id: RoomFileId(Uuid::nil()), file: None },
        ],
        edited_at: Some(Millis(7)),
        ..posted.clone()
    };
    let rules = ChatRules { slow: 5, hold: true, guests_muted_until: None };
    let reactions = vec![ReactionCount { reaction: Reaction::Heart, count: 2, mine: false }];
    let card = ShowCard {
        id: show(),
        title: "Mira at the Harbour".into(),
        genres: vec![],
        artist: Artist { handle: "mira".into(), stage_name: "Mira Voss".into() },
        starts_at: Millis(1),
        ends_at: Millis(2),
        time_zone: "Europe/Lisbon".into(),
        starts_text: "Thu 1 Jan, 01:00".into(),
        stage: StageState::Empty,
        members_only: false,
        medium: Default::default(),
        artwork: None,
        replay: false,
    };
    let card_json = serde_json::to_value(&card).unwrap();
    for (event, text) in [
        (
            Event::Show(ShowEvent::Changed { show: card, description: None }),
            json!({"show_changed": {"show": card_json}}),
        ),
        (
            Event::Show(ShowEvent::Deleted { show: show() }),
            json!({"show_deleted": {"show": show()}}),
        ),
        (
            Event::Show(ShowEvent::Played {
                show: show(),
                track: Track { at: Millis(5), title: "Ada - One".into() },
            }),
            json!({"played": {"show": show(), "track": {"at": 5, "title": "Ada - One"}}}),
        ),
        (
            StageEvent::Changed {
                state: StageState::Ended,
                publication: 2,
                live_since: None,
                ended_at: Some(Millis(9)),
                kept: false,
                records: false,
                recorded: false,
            }
            .into(),
            json!({"stage": {"state": "ended", "publication": 2, "live_since": null, "ended_at": 9}}),
        ),
        (
            StageEvent::Changed {
                state: StageState::Live,
                publication: 2,
                live_since: Some(Millis(5)),
                ended_at: None,
                kept: true,
                records: true,
                recorded: true,
            }
            .into(),
            json!({"stage": {"state": "live", "publication": 2, "live_since": 5, "kept": true,
                             "records": true, "recorded": true}}),
        ),
        (
            ChatEvent::Posted { message: posted }.into(),
            json!({"posted": {"message": {
                "id": message, "author": "ana", "name": "Ana", "from_artist": false, "text": "Hello",
                "sent_at": 6, "position": 3
            }}}),
        ),
        (ChatEvent::Deleted { message }.into(), json!({"deleted": {"message": message}})),
        (muted.into(), json!({"muted": {"person": "ana", "muted": true}})),
        (
            ChatEvent::Edited { message: edited }.into(),
            json!({"edited": {"message": {
                "id": message, "author": "ana", "name": "Ana", "from_artist": false, "text": "@ben, hello",
                "sent_at": 6, "position": 3, "replies_to": message, "edited_at": 7,
                "mentions": [{"handle": "ben", "person": "b"}],
                "files": [
                    {"id": file, "file": {
                        "id": file, "position": 4, "person": "ana", "author": "Ana", "at": 7,
                        "name": "tea.jpg", "kind": "picture", "bytes": 8, "size": [4, 3]
                    }},
                    {"id": Uuid::nil()}
                ]
            }}}),
        ),
        (
            ChatEvent::Reacted { message, reactions }.into(),
            json!({"reacted": {"message": message, "reactions": [{"reaction": "heart", "count": 2}]}}),
        ),
        (
            ChatEvent::Pinned { message, pinned: true }.into(),
            json!({"pinned": {"message": message, "pinned": true}}),
        ),
        (
            InboxEvent::Noticed { notice: notice(), unread: 2 }.into(),
            json!({"noticed": {"unread": 2, "notice": {
                "number": 3, "kind": "mention", "place": "/rooms/kitchen", "by": "ana",
                "content": {"name": "Ana", "title": "Kitchen", "text": "Hello"}, "at": 6
            }}}),
        ),
        (
            InboxEvent::NoticesRead { from: 0, up_to: 3, unread: 1 }.into(),
            json!({"notices_read": {"from": 0, "up_to": 3, "unread": 1}}),
        ),
        (
            InboxEvent::NoticeWithdrawn { notice: 3, unread: 0 }.into(),
            json!({"notice_withdrawn": {"notice": 3, "unread": 0}}),
        ),
        (
            UploadEvent::FileShared { file: shared }.into(),
            json!({"file_shared": {"file": {
                "id": file, "position": 4, "person": "ana", "author": "Ana", "at": 7, "name": "tea.jpg",
                "kind": "picture", "bytes": 8, "size": [4, 3]
            }}}),
        ),
        (
            UploadEvent::FileShared { file: carried }.into(),
            json!({"file_shared": {"file": {
                "id": file, "position": 4, "person": "ana", "author": "Ana", "at": 7, "name": "tea.jpg",
                "kind": "picture", "bytes": 8, "size": [4, 3], "message": message
            }}}),
        ),
        (UploadEvent::FileRemoved { file }.into(), json!({"file_removed": {"file": file}})),
        (
            HappeningEvent::HappeningChanged { happening: happening() }.into(),
            json!({"happening_changed": {"happening": {
                "id": Uuid::nil(), "room": Uuid::nil(), "title": "Supper", "description": "",
                "place": "", "starts_at": 1, "ends_at": 2, "time_zone": "UTC", "starts_text": "",
                "revision": 0, "cancelled": false, "answers": {"yes": 1, "perhaps": 0, "no": 0}
            }}}),
        ),
        (
            HappeningEvent::HappeningCancelled { happening: happening().id }.into(),
            json!({"happening_cancelled": {"happening": Uuid::nil()}}),
        ),
        (
            ChatEvent::ChatRules { rules }.into(),
            json!({"chat_rules": {"rules": {"slow": 5, "hold": true}}}),
        ),
    ] {
        assert_eq!(serde_json::to_value(&event).unwrap(), text);
        assert_eq!(serde_json::from_str::<Event>(&text.to_string()).unwrap(), event);
        assert_eq!(serde_json::from_value::<Event>(text).unwrap(), event);
    }
    let refused = |text| serde_json::from_str::<Event>(text).unwrap_err().to_string();
    let unknown = refused(r#"{"raised_curtain":{}}"#);
    assert!(
        unknown.starts_with(
            "unknown variant `raised_curtain`, expected one of `show_changed`, `show_deleted`, "
        ),
        "{unknown}"
    );
    assert_eq!(
        refused(r#"{"muted":{"muted":true}}"#),
        "missing field `person` at line 1 column 23"
    );
    assert_eq!(refused("7"), "expected value at line 1 column 1");
}
