//! Handle of a chat, shared by the parts of a page.

use std::{sync::Arc, time::Duration};

use bandstand_domain::{
    Millis, PersonId, Refusal,
    channel::Event,
    chat::{
        ChatEvent, ChatMessage, ChatNews, ChatPage, ChatPlace, ChatReason, HiddenPerson, MessageId,
    },
    uploads::UploadEvent,
};
use futures::{FutureExt, future::LocalBoxFuture};
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use uuid::Uuid;

use super::{
    api::{delete_message, load_history, mute_person, post_message},
    attaching::{AttachedFile, Attaching},
    quotes::Quotes,
    state::{ChatState, Progress},
};
use crate::{
    failure::Failed,
    t,
    texts::{say, told},
    translation::TranslationHandle,
};

/// Time for which somebody counts as typing.
const TYPES: Duration = Duration::from_secs(5);

/// What becomes of the text in the field.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Composing {
    /// A message.
    #[default]
    New,
    /// An answer to this message.
    Answer(Arc<ChatMessage>),
    /// The new text of this message.
    Change(Arc<ChatMessage>),
}

/// The chat of one place: a handle that can be copied everywhere.
#[derive(Clone, Copy)]
pub struct ChatHandle {
    place: ChatPlace,
    state: RwSignal<ChatState>,
    /// Counts messages of others since the page came in.
    arrived: RwSignal<usize>,
    /// Outcome of the last action, to be read out.
    notice: RwSignal<String>,
    loading: RwSignal<bool>,
    /// Begun message, which outlives the page.
    draft: RwSignal<String>,
    /// What was begun, while the field has the text of a message that is changed.
    begun: StoredValue<String>,
    composing: RwSignal<Composing>,
    /// Message whose answers are shown in place of the list.
    thread: RwSignal<Option<MessageId>>,
    quotes: RwSignal<Quotes>,
    /// Number of messages that wait, for those who moderate.
    waiting: RwSignal<u32>,
    /// Counts what one did as a moderator.
    acted: RwSignal<u32>,
    /// People who type.
    typing: RwSignal<Vec<(PersonId, String, u32)>>,
    /// Counts how often it was told that somebody types.
    typed: StoredValue<u32>,
    /// When one was told last to type.
    typed_at: StoredValue<f64>,
    /// People whom one has hidden.
    hidden: RwSignal<Vec<HiddenPerson>>,
    /// True if the viewer has an account, with which the venue remembers whom they have hidden.
    has_account: StoredValue<bool>,
    /// Position up to which one had read when one came.
    read_to: RwSignal<Option<i64>>,
    translation: TranslationHandle,
    attaching: Attaching,
    /// Counts how often all was told anew.
    came: RwSignal<u32>,
}

impl ChatHandle {
    /// A chat without a message yet.
    pub fn new(place: impl Into<ChatPlace>) -> Self {
        let place = place.into();
        Self {
            place,
            state: RwSignal::default(),
            arrived: RwSignal::new(0),
            notice: RwSignal::default(),
            loading: RwSignal::new(false),
            draft: RwSignal::default(),
            begun: StoredValue::new(String::new()),
            composing: RwSignal::default(),
            thread: RwSignal::new(None),
            quotes: RwSignal::default(),
            waiting: RwSignal::new(0),
            acted: RwSignal::new(0),
            typing: RwSignal::default(),
            typed: StoredValue::new(0),
            typed_at: StoredValue::new(0.0),
            hidden: RwSignal::default(),
            has_account: StoredValue::new(false),
            read_to: RwSignal::new(None),
            translation: TranslationHandle::new(place),
            attaching: Attaching::new(),
            came: RwSignal::new(0),
        }
    }

    /// Takes the latest messages from `page`, and who is `muted`, and forgets what was known before.
    pub fn reset(self, page: ChatPage, muted: Vec<PersonId>) {
        self.state.update(|state| state.reset(page, muted));
        // What is still quoted is asked for anew: it may have been deleted meanwhile.
        self.quotes.set(Quotes::default());
        self.came.update(|count| *count += 1);
    }

    /// Loads the latest messages of a show that is over: nothing tells of them any more.
    pub fn look_back(self) {
        self.loading.set(true);
        spawn_local(async move {
            // Without the part nobody sees a chat either.
            if let Ok(looking) = looking_back(self).await {
                looking.await;
            }
            let _ = self.loading.try_set(false);
        });
    }

    async fn load_latest(self) {
        match load_history(self.place, i64::MAX).await {
            Ok(page) => {
                let _ = self.state.try_update(|state| state.reset(page, Vec::new()));
            }
            Err(failed) => self.say(t!(chat.news.history_failed, why = told(&failed))),
        }
    }

    /// Takes in what happened; events that are not about the chat change nothing.
    pub fn apply(self, event: &Event) {
        if let Event::Upload(UploadEvent::FileRemoved { file }) = event {
            self.state.update(|state| state.forget_file(*file));
        }
        if let Event::Chat(event) = event {
            match event {
                ChatEvent::Deleted { message } => self.quotes.update(|it| it.delete(*message)),
                ChatEvent::Posted { message }
                    if self.typing.with_untracked(|all| !all.is_empty()) =>
                {
                    self.typing.update(|all| all.retain(|it| it.0 != message.author));
                }
                ChatEvent::Edited { message } => self.quotes.update(|it| it.change(message)),
                _ => {}
            }
            let new = self.state.try_update(|state| state.apply(event)).unwrap_or(0);
            if new > 0 {
                self.arrived.update(|arrived| *arrived += new);
            }
        }
    }

    /// Takes how far one had read before one came: what is new begins there.
    pub fn read_from(self, position: i64) {
        if self.read_to.with_untracked(Option::is_none) {
            self.read_to.set(Some(position));
        }
    }

    /// Takes in something of the moment.
    pub fn hear(self, news: &ChatNews) {
        match news {
            ChatNews::Waiting(count) => self.waiting.set(*count),
            ChatNews::Typing { person, name } => {
                self.typed.update_value(|count| *count += 1);
                let number = self.typed.get_value();
                self.typing.update(|all| {
                    all.retain(|it| it.0 != *person);
                    all.push((person.clone(), name.clone(), number));
                });
                let over = move || {
                    let _ = self.typing.try_update(|all| all.retain(|it| it.2 != number));
                };
                set_timeout(over, TYPES);
            }
            ChatNews::Rejected(id) => {
                let why = t!(chat.message.rejected).into();
                self.state.update(|state| state.reject(*id, why));
            }
        }
    }

    pub(super) fn state(self) -> RwSignal<ChatState> {
        self.state
    }

    /// Number of messages of others since the page came in.
    pub fn arrived(self) -> RwSignal<usize> {
        self.arrived
    }

    /// Messages of the last moment that are still there, the oldest first, at most one of each person.
    pub fn said_lately(self, now: Millis) -> Vec<Arc<ChatMessage>> {
        let mut said = self.state.with(|state| state.said_lately(now));
        said.retain(|it| !self.hides(&it.author));
        said
    }

    pub(super) fn notice(self) -> RwSignal<String> {
        self.notice
    }

    pub(super) fn draft(self) -> RwSignal<String> {
        self.draft
    }

    /// Files of the message that is being written.
    pub fn attaching(self) -> Attaching {
        self.attaching
    }

    pub(super) fn came(self) -> RwSignal<u32> {
        self.came
    }

    /// The place that it is the chat of.
    pub fn place(self) -> ChatPlace {
        self.place
    }

    pub(super) fn begun(self) -> StoredValue<String> {
        self.begun
    }

    pub(super) fn composing(self) -> RwSignal<Composing> {
        self.composing
    }

    pub(super) fn thread(self) -> RwSignal<Option<MessageId>> {
        self.thread
    }

    pub(super) fn waiting(self) -> RwSignal<u32> {
        self.waiting
    }

    pub(super) fn acted(self) -> RwSignal<u32> {
        self.acted
    }

    pub(super) fn typing(self) -> RwSignal<Vec<(PersonId, String, u32)>> {
        self.typing
    }

    pub(super) fn typed_at(self) -> StoredValue<f64> {
        self.typed_at
    }

    pub(super) fn hidden(self) -> RwSignal<Vec<HiddenPerson>> {
        self.hidden
    }

    /// Returns whether one has hidden this person, reactively.
    pub(super) fn hides(self, person: &PersonId) -> bool {
        self.hidden.with(|hidden| hidden.iter().any(|it| it.person == *person))
    }

    pub(super) fn has_account(self) -> StoredValue<bool> {
        self.has_account
    }

    pub(super) fn read_to(self) -> RwSignal<Option<i64>> {
        self.read_to
    }

    pub(super) fn translation(self) -> TranslationHandle {
        self.translation
    }

    pub(super) fn quotes(self) -> RwSignal<Quotes> {
        self.quotes
    }

    pub(super) fn loading(self) -> RwSignal<bool> {
        self.loading
    }

    /// Sends a message: a new one, or one that didn't get there again.
    pub(super) fn send(
        self,
        id: Option<MessageId>,
        text: String,
        replies_to: Option<MessageId>,
        files: Vec<AttachedFile>,
    ) {
        let id = id.unwrap_or_else(|| MessageId(Uuid::new_v4()));
        let ids = files.iter().map(|it| it.id).collect();
        self.state.update(|state| state.send(id, text.clone(), replies_to, files));
        spawn_local(async move {
            let progress = match post_message(self.place, id, text, replies_to, ids).await {
                Ok(None) => Progress::Taken,
                Ok(Some(_)) => Progress::Held,
                Err(Failed(Refusal::Invalid(errors))) => Progress::Failed(
                    errors
                        .0
                        .into_iter()
                        .map(|error| say(&error.message))
                        .collect::<Vec<_>>()
                        .join(" "),
                ),
                Err(Failed(refusal)) => Progress::Failed(refusal.to_string()),
            };
            let _ = self.state.try_update(|state| state.progress(id, progress));
        });
    }

    /// Deletes a message.
    pub(super) fn delete(self, id: MessageId) {
        spawn_local(async move {
            match delete_message(self.place, id).await {
                // What is gone is not there any more either way.
                Ok(()) | Err(Failed(Refusal::NotFound | Refusal::Gone)) => {
                    let _ = self.state.try_update(|state| state.delete(id));
                    let _ = self.quotes.try_update(|it| it.delete(id));
                    self.say(t!(chat.news.deleted).into());
                }
                Err(failed) => self.say(t!(chat.news.delete_failed, why = told(&failed))),
            }
        });
    }

    /// Mutes a person, or lets them speak again.
    pub(super) fn mute(self, person: PersonId, name: String, muted: bool) {
        spawn_local(async move {
            match mute_person(self.place, person.clone(), muted).await {
                Ok(()) => {
                    let event = ChatEvent::Muted { person, muted };
                    let _ = self.state.try_update(|state| state.apply(&event));
                    self.say(if muted {
                        t!(chat.news.muted, name = name)
                    } else {
                        t!(chat.news.unmuted, name = name)
                    });
                }
                Err(failed) => {
                    self.say(t!(chat.news.mute_failed, name = name, why = told(&failed)))
                }
            }
        });
    }

    /// Loads earlier messages, one page at a time.
    pub(super) fn load_earlier(self) {
        let before = self.state.with_untracked(ChatState::earlier_than);
        let Some(before) = before.filter(|_| !self.loading.get_untracked()) else { return };
        self.loading.set(true);
        spawn_local(async move {
            let answer: Result<_, Failed<ChatReason>> = load_history(self.place, before).await;
            match answer {
                Ok(page) => {
                    // After a reset meanwhile the page may not join what is there now.
                    let _ = self.state.try_update(|state| {
                        if state.earlier_than() == Some(before) {
                            state.prepend(page);
                        }
                    });
                }
                Err(failed) => self.say(t!(chat.news.earlier_failed, why = told(&failed))),
            }
            let _ = self.loading.try_set(false);
        });
    }

    pub(super) fn say(self, text: String) {
        let _ = self.notice.try_set(text);
    }
}

/// Comes with the chat in which it is read.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split, fallible)]
fn looking_back(chat: ChatHandle) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    Ok(chat.load_latest().boxed_local())
}
