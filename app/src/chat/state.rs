//! State of a chat: messages, pending ones, muted people.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use bandstand_domain::{
    Millis, PersonId,
    chat::{ChatEvent, ChatMessage, ChatPage, ChatRules, MessageId, ReactionCount},
    uploads::RoomFileId,
};

use super::attaching::AttachedFile;

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
    /// It waits until a moderator approves it.
    Held,
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
    /// Message that it answers.
    pub replies_to: Option<MessageId>,
    /// Files that it carries.
    pub files: Vec<AttachedFile>,
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
    /// Messages of the thread that is open, as they were loaded: some may be in the list, too.
    aside: Vec<Arc<ChatMessage>>,
    pending: Vec<Pending>,
    deleted: VecDeque<MessageId>,
    muted: HashMap<PersonId, bool>,
    /// Pinned messages, the latest first.
    pinned: Vec<MessageId>,
    rules: ChatRules,
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
        self.rules = page.rules;
        self.pinned = page.pinned.iter().map(|it| it.id).collect();
        for message in page.messages {
            self.take(message);
        }
        self.trim();
    }

    /// Takes in what happened. Returns how many messages are new.
    pub fn apply(&mut self, event: &ChatEvent) -> usize {
        match event {
            ChatEvent::Posted { message } => {
                let before = self.messages.len();
                let new = self.take(message.clone());
                // Pages have counted the answers in them.
                if self.messages.len() > before
                    && let Some(original) = message.replies_to
                {
                    self.change(original, |it| it.replies += 1);
                }
                self.trim();
                usize::from(new)
            }
            ChatEvent::Deleted { message } => {
                self.delete(*message);
                0
            }
            ChatEvent::Edited { message } => {
                self.change(message.id, |known| {
                    let (reactions, replies) =
                        (std::mem::take(&mut known.reactions), known.replies);
                    *known = ChatMessage { reactions, replies, ..message.clone() };
                });
                0
            }
            ChatEvent::Reacted { message, reactions } => {
                self.change(*message, |known| {
                    let mine: Vec<_> = known.reactions.iter().filter(|it| it.mine).collect();
                    let mine =
                        |of: &ReactionCount| mine.iter().any(|it| it.reaction == of.reaction);
                    let seen = |it: &ReactionCount| ReactionCount { mine: mine(it), ..*it };
                    known.reactions = reactions.iter().map(seen).collect();
                });
                0
            }
            ChatEvent::ChatRules { rules } => {
                self.rules = *rules;
                0
            }
            ChatEvent::Pinned { message, pinned } => {
                self.pinned.retain(|it| it != message);
                if *pinned {
                    self.pinned.insert(0, *message);
                }
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

    /// The message with this identity, if it is in the list or in the open thread.
    pub fn find(&self, id: MessageId) -> Option<Arc<ChatMessage>> {
        self.messages.iter().rev().chain(&self.aside).find(|it| it.id == id).cloned()
    }

    /// The message at this position, if it is in the list.
    fn listed(&self, position: i64) -> Option<&Arc<ChatMessage>> {
        let at = self.messages.partition_point(|it| it.position < position);
        self.messages.get(at).filter(|it| it.position == position)
    }

    /// The message at this position, if it is in the list or in the open thread.
    pub fn at(&self, position: i64) -> Option<&Arc<ChatMessage>> {
        self.listed(position).or_else(|| self.aside.iter().find(|it| it.position == position))
    }

    /// Forgets the messages of a thread that was open.
    pub fn clear_aside(&mut self) {
        self.aside.clear();
    }

    /// Takes messages of the open thread, unless they are known or deleted.
    pub fn take_aside(&mut self, messages: impl IntoIterator<Item = ChatMessage>) {
        for message in messages {
            let known = self.aside.iter().any(|it| it.id == message.id);
            if !known && !self.deleted.contains(&message.id) {
                self.aside.push(Arc::new(message));
            }
        }
    }

    /// Place of the first answer to a message that was loaded.
    pub fn first_aside(&self, id: MessageId) -> Option<i64> {
        let answers = self.aside.iter().filter(|it| it.replies_to == Some(id));
        answers.map(|it| it.position).min()
    }

    /// Takes that a file is gone from the message that carries it.
    pub fn forget_file(&mut self, file: RoomFileId) {
        for message in self.messages.iter_mut().chain(&mut self.aside) {
            if message.files.iter().any(|it| it.id == file && it.file.is_some()) {
                let carried = Arc::make_mut(message).files.iter_mut().find(|it| it.id == file);
                carried.into_iter().for_each(|it| it.file = None);
            }
        }
    }

    /// Rules of the place.
    pub fn rules(&self) -> ChatRules {
        self.rules
    }

    /// Pinned messages, the latest first.
    pub fn pinned(&self) -> &[MessageId] {
        &self.pinned
    }

    /// Answers to a message: those that were loaded, and those in the list, the oldest first.
    pub fn thread(&self, id: MessageId) -> Vec<Arc<ChatMessage>> {
        let missing = self.aside.iter().filter(|it| self.listed(it.position).is_none());
        let answers = self.messages.iter().chain(missing);
        let mut all: Vec<_> = answers.filter(|it| it.replies_to == Some(id)).cloned().collect();
        all.sort_by_key(|it| it.position);
        all.dedup_by_key(|it| it.position);
        all
    }

    /// Takes the reactions to a message, as the viewer sees them.
    pub fn take_reactions(&mut self, id: MessageId, reactions: Vec<ReactionCount>) {
        self.change(id, |known| known.reactions.clone_from(&reactions));
    }

    /// Changes a message in the list, and in the open thread.
    fn change(&mut self, id: MessageId, change: impl Fn(&mut ChatMessage)) {
        let listed = self.messages.iter_mut().rev().find(|it| it.id == id);
        let aside = self.aside.iter_mut().find(|it| it.id == id);
        for known in listed.into_iter().chain(aside) {
            change(Arc::make_mut(known));
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
    pub fn send(
        &mut self,
        id: MessageId,
        text: String,
        replies_to: Option<MessageId>,
        files: Vec<AttachedFile>,
    ) {
        match self.pending.iter_mut().find(|pending| pending.id == id) {
            Some(pending) => pending.progress = Progress::Sending,
            None => {
                let progress = Progress::Sending;
                self.pending.push(Pending { id, text, replies_to, files, progress });
            }
        }
    }

    /// Notes how far a message has come, unless it is back already.
    pub fn progress(&mut self, id: MessageId, progress: Progress) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) {
            pending.progress = progress;
        }
    }

    /// Notes that a message was rejected: its files are gone.
    pub fn reject(&mut self, id: MessageId, why: String) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == id) {
            pending.files.clear();
            pending.progress = Progress::Failed(why);
        }
    }

    /// Identities of one's own messages that wait, as far as the page knows.
    pub fn held(&self) -> Vec<MessageId> {
        let held = self.pending.iter().filter(|it| it.progress == Progress::Held);
        held.map(|it| it.id).collect()
    }

    /// Takes one's own messages that wait; of those that were `known` to wait, the others are decided.
    pub fn take_held(&mut self, known: &[MessageId], held: Vec<Pending>) {
        self.pending.retain(|it| {
            let waits = it.progress == Progress::Held && known.contains(&it.id);
            !waits || held.iter().any(|held| held.id == it.id)
        });
        for pending in held {
            let known = self.pending.iter().any(|it| it.id == pending.id);
            if !known && self.find(pending.id).is_none() && !self.deleted.contains(&pending.id) {
                self.pending.push(pending);
            }
        }
    }

    /// Takes back a message that didn't get there.
    pub fn take_back(&mut self, id: MessageId) -> Option<Pending> {
        let at = self.pending.iter().position(|pending| pending.id == id)?;
        Some(self.pending.remove(at))
    }

    /// Takes a message away for good.
    pub fn delete(&mut self, id: MessageId) {
        if let Some(original) = self.find(id).and_then(|it| it.replies_to) {
            self.change(original, |it| it.replies = it.replies.saturating_sub(1));
        }
        self.pinned.retain(|it| *it != id);
        self.messages.retain(|message| message.id != id);
        self.aside.retain(|message| message.id != id);
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
mod tests;
