use bandstand_domain::{
    chat::CarriedFile,
    uploads::{FileKind, RoomFile},
};
use uuid::Uuid;

use super::*;

fn id(i: i64) -> MessageId {
    MessageId(Uuid::from_u128(i as u128))
}

fn message(i: i64) -> ChatMessage {
    ChatMessage {
        id: id(i),
        author: PersonId::new("a"),
        name: "Ana".into(),
        from_artist: false,
        badge: None,
        text: format!("message {i}"),
        sent_at: Millis(i),
        position: i,
        replies_to: None,
        mentions: vec![],
        files: Vec::new(),
        edited_at: None,
        replies: 0,
        reactions: vec![],
    }
}

fn page(positions: std::ops::Range<i64>, more: bool) -> ChatPage {
    ChatPage { messages: positions.map(message).collect(), more, ..ChatPage::default() }
}

fn posted(i: i64) -> ChatEvent {
    ChatEvent::Posted { message: message(i) }
}

fn positions(state: &ChatState) -> Vec<i64> {
    state.messages().iter().map(|message| message.position).collect()
}

#[test]
fn messages_come_once_and_in_order() {
    let mut state = ChatState::default();
    state.reset(page(10..13, true), vec![]);
    assert_eq!(state.apply(&posted(14)), 1);
    assert_eq!(state.apply(&posted(13)), 1);
    assert_eq!(state.apply(&posted(13)), 0);
    assert_eq!(state.earlier_than(), Some(10));
    state.prepend(page(7..11, false));
    assert_eq!(positions(&state), [7, 8, 9, 10, 11, 12, 13, 14]);
    assert_eq!(state.earlier_than(), None);
}

#[test]
fn what_is_deleted_stays_away() {
    let mut state = ChatState::default();
    state.reset(page(1..4, false), vec![]);
    state.apply(&ChatEvent::Deleted { message: id(2) });
    state.apply(&posted(2));
    state.prepend(page(1..4, false));
    assert_eq!(positions(&state), [1, 3]);
}

#[test]
fn ones_own_message_becomes_the_posted_one() {
    let mut state = ChatState::default();
    state.send(id(5), "message 5".into(), None, vec![]);
    state.progress(id(5), Progress::Failed("offline".into()));
    state.send(id(5), "message 5".into(), None, vec![]);
    assert_eq!(state.pending().len(), 1);
    assert_eq!(state.apply(&posted(5)), 0, "it was seen before");
    state.progress(id(5), Progress::Taken);
    assert!(state.pending().is_empty());
    assert_eq!(positions(&state), [5]);
}

#[test]
fn a_reset_loses_nothing_that_was_typed() {
    let mut state = ChatState::default();
    state.send(id(8), "lost".into(), None, vec![]);
    state.progress(id(8), Progress::Failed("offline".into()));
    state.send(id(9), "there".into(), None, vec![]);
    state.progress(id(9), Progress::Taken);
    state.reset(page(1..3, false), vec![]);
    assert_eq!(state.pending().iter().map(|pending| pending.id).collect::<Vec<_>>(), [id(8)]);
    assert_eq!(state.take_back(id(8)).map(|it| it.text).as_deref(), Some("lost"));
}

#[test]
fn pinned_message_goes_with_its_deletion() {
    let mut state = ChatState::default();
    state.reset(ChatPage { pinned: vec![message(1)], ..page(10..13, true) }, vec![]);
    state.apply(&ChatEvent::Pinned { message: id(11), pinned: true });
    assert_eq!(state.pinned(), [id(11), id(1)]);
    state.apply(&ChatEvent::Deleted { message: id(11) });
    state.apply(&ChatEvent::Pinned { message: id(1), pinned: false });
    assert!(state.pinned().is_empty());
}

#[test]
fn answers_are_counted_and_threaded() {
    let answer = |i: i64| ChatEvent::Posted {
        message: ChatMessage { replies_to: Some(id(1)), ..message(i) },
    };
    let mut state = ChatState::default();
    let known = ChatMessage { replies: 2, ..message(1) };
    state.reset(ChatPage { messages: vec![known], ..ChatPage::default() }, vec![]);
    state.apply(&answer(4));
    state.apply(&answer(4));
    state.apply(&answer(5));
    assert_eq!(state.find(id(1)).unwrap().replies, 4);
    state.apply(&ChatEvent::Deleted { message: id(4) });
    state.apply(&ChatEvent::Deleted { message: id(4) });
    assert_eq!(state.find(id(1)).unwrap().replies, 3);
    let loaded = [2, 4, 5].map(|i| ChatMessage { replies_to: Some(id(1)), ..message(i) });
    state.take_aside(loaded);
    let thread = |state: &ChatState| -> Vec<_> {
        state.thread(id(1)).iter().map(|it| it.position).collect()
    };
    assert_eq!(thread(&state), [2, 5]);
    // What becomes of an answer is known also where the list doesn't go back to it.
    let edited = ChatMessage { text: "better".into(), replies_to: Some(id(1)), ..message(2) };
    state.apply(&ChatEvent::Edited { message: edited });
    assert_eq!(state.at(2).unwrap().text, "better");
    state.apply(&ChatEvent::Deleted { message: id(2) });
    assert_eq!(thread(&state), [5]);
    assert_eq!(state.find(id(1)).unwrap().replies, 2);
}

#[test]
fn message_tells_when_one_of_its_files_is_gone() {
    let file = |i: u128| CarriedFile { id: RoomFileId(Uuid::from_u128(i)), file: None };
    let there = RoomFile {
        id: file(1).id,
        position: 9,
        person: PersonId::new("a"),
        author: "Ana".into(),
        at: Millis(1),
        name: "tea.jpg".into(),
        kind: FileKind::Picture,
        bytes: 1,
        size: None,
        message: None,
    };
    let carried = CarriedFile { file: Some(there), ..file(1) };
    let mut state = ChatState::default();
    let message = ChatMessage { files: vec![carried, file(2)], ..message(1) };
    state.apply(&ChatEvent::Posted { message });
    state.forget_file(file(3).id);
    assert!(state.at(1).unwrap().files[0].file.is_some());
    state.forget_file(file(1).id);
    assert_eq!(state.at(1).unwrap().files, [file(1), file(2)]);
}

#[test]
fn own_messages_that_wait_come_back_and_go_when_they_are_decided() {
    let waits = |i: i64| Pending {
        id: id(i),
        text: "one moment".into(),
        replies_to: None,
        files: vec![],
        progress: Progress::Held,
    };
    let mut state = ChatState::default();
    state.reset(page(1..3, false), vec![]);
    state.take_held(&[], vec![waits(2), waits(5), waits(6)]);
    assert_eq!(state.held(), [id(5), id(6)], "one was approved before the answer came");
    // One is approved, one is rejected while nobody told, one waits since it was asked.
    state.apply(&posted(5));
    let known = state.held();
    state.take_held(&known, vec![waits(7)]);
    assert_eq!((state.held(), positions(&state)), (vec![id(7)], vec![1, 2, 5]));
    state.reject(id(7), "no".into());
    assert_eq!(state.pending()[0].progress, Progress::Failed("no".into()));
}

#[test]
fn changes_keep_reactions_and_whose_they_are() {
    use bandstand_domain::chat::Reaction::{Heart, Wow};
    let count = |reaction, count, mine| ReactionCount { reaction, count, mine };
    let mut state = ChatState::default();
    state.reset(page(1..3, false), vec![]);
    state.take_reactions(id(1), vec![count(Heart, 1, true)]);
    let told = vec![count(Heart, 2, false), count(Wow, 1, false)];
    state.apply(&ChatEvent::Reacted { message: id(1), reactions: told });
    let edited = ChatMessage { text: "better".into(), edited_at: Some(Millis(9)), ..message(1) };
    state.apply(&ChatEvent::Edited { message: edited });
    let known = state.at(1).unwrap();
    assert_eq!(known.text, "better");
    assert_eq!(known.reactions, [count(Heart, 2, true), count(Wow, 1, false)]);
}

#[test]
fn memory_is_bounded() {
    let mut state = ChatState::default();
    for i in 0..KEPT as i64 + 30 {
        state.apply(&posted(i));
    }
    assert_eq!(state.messages().len(), KEPT);
    assert_eq!(state.earlier_than(), Some(30));
    state.read_back(true);
    for i in 1_000..5_000 {
        state.apply(&posted(i));
    }
    assert_eq!(state.messages().len(), KEPT_READING_BACK);
    assert_eq!(state.earlier_than(), None);
    state.read_back(false);
    assert_eq!(state.messages().len(), KEPT);
}

#[test]
fn said_lately_is_bounded_and_only_what_still_stands() {
    let by = |author: &str, i: i64| ChatEvent::Posted {
        message: ChatMessage { author: PersonId::new(author), ..message(i) },
    };
    let mut state = ChatState::default();
    for (author, i) in [("a", 1), ("b", 2), ("a", 3), ("c", 4), ("d", 5)] {
        state.apply(&by(author, i));
    }
    state.apply(&ChatEvent::Deleted { message: id(4) });
    state.apply(&ChatEvent::Muted { person: PersonId::new("d"), muted: true });
    let lately = |state: &ChatState, now| {
        state.said_lately(Millis(now)).iter().map(|it| it.position).collect::<Vec<_>>()
    };
    assert_eq!(lately(&state, 5), [2, 3]);
    assert_eq!(lately(&state, LATELY + 3), [3], "what is older is gone");
    assert!(lately(&state, LATELY + 9).is_empty());
    for i in 10..30 {
        state.apply(&by(&i.to_string(), i));
    }
    assert_eq!(lately(&state, 30), [24, 25, 26, 27, 28, 29]);
}

#[test]
fn who_is_muted() {
    let mut state = ChatState::default();
    let person = PersonId::new("a");
    assert_eq!(state.muted(&person), None);
    state.apply(&ChatEvent::Muted { person: person.clone(), muted: true });
    assert_eq!(state.muted(&person), Some(true));
    state.forget_muted(&person);
    assert_eq!(state.muted(&person), None);
    state.reset(page(1..2, false), vec![person.clone()]);
    assert_eq!(state.muted(&person), Some(true));
}
