//! State of a chat: messages, pending ones, muted people.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bandstand_domain::{
    Millis, PersonId,
    chat::{ChatEvent, ChatMessage, ChatPage, MessageId},
};

/// The most messages that are kept while one follows the talk.
pub const KEPT: usize = 500;
/// The most messages that are kept while one reads back.
pub const KEPT_READING_BACK: usize = 2_000;
/// Milliseconds for which a message counts as said lately.
const LATELY: i64 = 7_000;
/// The most messages that count so.
const MAX_LATELY: usize = 6;
/// Number of deleted messages that are remembered, so that none comes back with a late page.
const DELETED: usize = 200;

/// Progress of a pending message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Progress {
    /// On its way.
    Sending,
    /// The venue has it; it will come back to all.
    Taken,
    /// It didn't get there; why.
    Failed(String),
}

/// A message of one's own that hasn't come back yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its identity; a second try has the same.
    pub id: MessageId,
    /// Text.
    pub text: String,
    /// Progress.
    pub progress: Progress,
}

/// State of a chat.
///
/// Invariant: `messages` is ordered by position, has no two of one identity or position, and none
/// that is pending or was deleted.
#[derive(Clone, Debug, Default)]
pub struct ChatState {
    messages: Vec<Arc<ChatMessage>>,
    pending: Vec<Pending>,
    deleted: VecDeque<MessageId>,
    muted: HashMap<PersonId, bool>,
    more: bool,
    reading_back: bool,
}

impl ChatState {
    /// Takes the latest messages and who is muted, and forgets what was known, but not what one is about to say.
    pub fn reset(&mut self, page: ChatPage, muted: Vec<PersonId>) {
        self.messages.clear();
        self.muted = muted.into_iter().map(|person| (person, true)).collect();
        self.pending.retain(|pending| pending.progress != Progress::Taken);
        self.more = page.more;
        for message in page.messages {
            self.take(message);
        }
        self.trim();
    }

    /// Takes in what happened. Returns how many messages are new.
    pub fn apply(&mut self, event: &ChatEvent) -> usize {
        match event {
            ChatEvent::Posted { message } => {
                let new = self.take(message.clone());
                self.trim();
                usize::from(new)
            }
            ChatEvent::Deleted { message } => {
                self.delete(*message);
                0
            }
            ChatEvent::Muted { person, muted } => {
                self.muted.insert(person.clone(), *muted);
                0
            }
        }
    }

    /// Takes earlier messages.
    pub fn prepend(&mut self, page: ChatPage) {
        self.more = page.more;
        for message in page.messages {
            self.take(message);
        }
    }

    /// Messages, the oldest first.
    pub fn messages(&self) -> &[Arc<ChatMessage>] {
        &self.messages
    }

    /// Pending messages: sent, and not come back yet.
    pub fn pending(&self) -> &[Pending] {
        &self.pending
    }

    /// Messages of the last moment before `now`, the oldest first: the newest of each person, of nobody who is muted.
    pub fn said_lately(&self, now: Millis) -> Vec<Arc<ChatMessage>> {
        let mut lately: Vec<Arc<ChatMessage>> = Vec::new();
        for message in self.messages.iter().rev() {
            if now.since(message.sent_at) > LATELY || lately.len() == MAX_LATELY {
                break;
            }
            let known = lately.iter().any(|later| later.author == message.author);
            if !known && self.muted(&message.author) != Some(true) {
                lately.push(message.clone());
            }
        }
        lately.reverse();
        lately
    }

    /// The position before which there is more to be read.
    pub fn earlier_than(&self) -> Option<i64> {
        let first = self.messages.first()?;
        (self.more && self.messages.len() < KEPT_READING_BACK).then_some(first.position)
    }

    /// Returns whether it is known that somebody is muted, or is not.
    pub fn muted(&self, person: &PersonId) -> Option<bool> {
        self.muted.get(person).copied()
    }

    /// Forgets what is known about somebody's being muted, as something newer is known elsewhere.
    pub fn forget_muted(&mut self, person: &PersonId) {
        self.muted.remove(person);
    }

    /// While one reads back, nothing is taken away from the beginning.
    pub fn read_back(&mut self, reading_back: bool) {
        self.reading_back = reading_back;
        self.trim();
    }

    /// Returns whether something would be taken away at the end of reading back.
    pub fn overflows(&self) -> bool {
        self.messages.len() > KEPT
    }

    /// Notes a message that one is about to send, or to send again.
    pub fn send(&mut self, id: MessageId, text: String) {
        match self.pending.iter_mut().find(|pending| pending.id == id) {
            Some(pending) => pending.progress = Progress::Sending,
            None => self.pending.push(Pending { id, text, progress: Progress::Sending }),
        }
    }

    /// Notes how far a message has come, unless it is back already.
    pub fn progress(&mut self, id: MessageId, progress: Progress) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) {
            pending.progress = progress;
        }
    }

    /// Takes back a message that didn't get there; its text.
    pub fn take_back(&mut self, id: MessageId) -> Option<String> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.remove(at).text)
    }

    /// Takes a message away for good.
    pub fn delete(&mut self, id: MessageId) {
        self.messages.retain(|message| message.id != id);
        self.pending.retain(|pending| pending.id != id);
        if self.deleted.len() >= DELETED {
            self.deleted.pop_front();
        }
        self.deleted.push_back(id);
    }

    /// Puts a message at its place, once. Returns whether it is new to this page and not one's own
    /// that was seen while it was pending.
    fn take(&mut self, message: ChatMessage) -> bool {
        if self.deleted.contains(&message.id) {
            return false;
        }
        let pending = self.pending.len();
        self.pending.retain(|pending| pending.id != message.id);
        let at = self.messages.partition_point(|known| known.position < message.position);
        let known = self.messages.get(at).is_some_and(|known| known.position == message.position)
            || self.messages.iter().any(|known| known.id == message.id);
        if known {
            return false;
        }
        self.messages.insert(at, Arc::new(message));
        pending == self.pending.len()
    }

    fn trim(&mut self) {
        let most = if self.reading_back { KEPT_READING_BACK } else { KEPT };
        if let Some(surplus) = self.messages.len().checked_sub(most).filter(|surplus| *surplus > 0)
        {
            self.messages.drain(..surplus);
            self.more = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

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
        }
    }

    fn page(positions: std::ops::Range<i64>, more: bool) -> ChatPage {
        ChatPage { messages: positions.map(message).collect(), more }
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
        state.send(id(5), "message 5".into());
        state.progress(id(5), Progress::Failed("offline".into()));
        state.send(id(5), "message 5".into());
        assert_eq!(state.pending().len(), 1);
        assert_eq!(state.apply(&posted(5)), 0, "it was seen before");
        state.progress(id(5), Progress::Taken);
        assert!(state.pending().is_empty());
        assert_eq!(positions(&state), [5]);
    }

    #[test]
    fn a_reset_loses_nothing_that_was_typed() {
        let mut state = ChatState::default();
        state.send(id(8), "lost".into());
        state.progress(id(8), Progress::Failed("offline".into()));
        state.send(id(9), "there".into());
        state.progress(id(9), Progress::Taken);
        state.reset(page(1..3, false), vec![]);
        assert_eq!(state.pending().iter().map(|pending| pending.id).collect::<Vec<_>>(), [id(8)]);
        assert_eq!(state.take_back(id(8)).as_deref(), Some("lost"));
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
}
