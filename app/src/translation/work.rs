//! What is translated, and what waits for it.

mod in_browser;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bandstand_domain::{
    Millis, Refusal,
    chat::{ChatMessage, MessageId},
    translation::{MAX_TRANSLATED, TranslatedMessage, TranslationReason},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::{
    TranslationHandle, api::translate_messages, offer::TranslationWay, scroll_hold::ScrollHold,
};
use crate::{failure::Failed, texts::told, ui::now};

/// Milliseconds for which messages are gathered that are asked for together.
const GATHERED: u32 = 150;
/// Time after which what failed is tried again.
const RETRY: Duration = Duration::from_secs(30);
/// The most messages whose translations are kept.
const MAX_KEPT: usize = 3_000;

/// A message as it is at present.
type Version = (MessageId, Option<Millis>);

/// What became of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The translation; none for what is left as it is.
    pub text: Option<String>,
    /// The language in which it was written, if that is known.
    pub from: Option<String>,
}

/// Translation of the messages of a chat, as the reader has chosen.
#[derive(Clone, Copy)]
pub(super) struct Work {
    translation: TranslationHandle,
    state: StoredValue<State>,
    words: RwSignal<String>,
    failed: RwSignal<bool>,
    /// Languages that the browser fetches when the reader presses; empty for what tells languages apart.
    wanted: RwSignal<Vec<String>>,
    progress: RwSignal<Option<u32>>,
}

struct State {
    way: TranslationWay,
    to: String,
    /// Number of choices so far: what was begun for another one is of no use.
    choice: u32,
    began: Millis,
    known: HashMap<Version, ArcRwSignal<Option<Outcome>>>,
    /// The newest last.
    waiting: Vec<Arc<ChatMessage>>,
    busy: bool,
    detector: Option<SendWrapper<JsValue>>,
    /// Translators by the language from which they translate; none where the browser is unable to.
    translators: HashMap<String, Option<SendWrapper<JsValue>>>,
    /// Messages that wait for what is [`Work::wanted`].
    parked: Vec<(String, Arc<ChatMessage>)>,
}

impl Work {
    /// Translation of nothing yet.
    pub fn new(translation: TranslationHandle) -> Self {
        Self {
            translation,
            state: StoredValue::new(State {
                way: TranslationWay::Browser,
                to: String::new(),
                choice: 0,
                began: Millis(0),
                known: HashMap::new(),
                waiting: Vec::new(),
                busy: false,
                detector: None,
                translators: HashMap::new(),
                parked: Vec::new(),
            }),
            words: RwSignal::default(),
            failed: RwSignal::new(false),
            wanted: RwSignal::default(),
            progress: RwSignal::new(None),
        }
    }

    /// Begins anew, in this way and into this language.
    pub fn begin(self, way: TranslationWay, to: &str) {
        self.state.update_value(|state| {
            let (choice, detector) = (state.choice + 1, state.detector.take());
            *state = State {
                way,
                to: to.to_owned(),
                choice,
                began: now(),
                known: HashMap::new(),
                waiting: Vec::new(),
                busy: false,
                detector,
                translators: HashMap::new(),
                parked: Vec::new(),
            };
        });
        self.words.set(String::new());
        self.failed.set(false);
        self.wanted.set(Vec::new());
        self.progress.set(None);
    }

    /// Language into which messages are translated.
    pub fn to(self) -> String {
        self.state.try_with_value(|state| state.to.clone()).unwrap_or_default()
    }

    /// Returns whether a message was written since translation began.
    pub fn is_new(self, message: &ChatMessage) -> bool {
        self.state.try_with_value(|state| message.sent_at > state.began) == Some(true)
    }

    /// Words about what doesn't go well, or takes time.
    pub fn words(self) -> String {
        self.words.get()
    }

    /// Returns whether it has come to a halt.
    pub fn has_failed(self) -> bool {
        self.failed.get()
    }

    /// Languages that the browser fetches when the reader presses.
    pub fn wanted(self) -> Vec<String> {
        self.wanted.get()
    }

    /// Percent of what the browser fetches, while it does.
    pub fn progress(self) -> Option<u32> {
        self.progress.get()
    }

    /// What becomes of a message, which is translated as soon as may be.
    pub fn outcome(self, message: &Arc<ChatMessage>) -> ArcRwSignal<Option<Outcome>> {
        let version = (message.id, message.edited_at);
        let outcome = self.state.try_update_value(|state| {
            if let Some(known) = state.known.get(&version) {
                return known.clone();
            }
            if state.known.len() >= MAX_KEPT {
                state.known.retain(|_, outcome| outcome.with_untracked(Option::is_none));
            }
            let outcome = ArcRwSignal::new(None);
            state.known.insert(version, outcome.clone());
            // Files alone say nothing.
            if !message.text.is_empty() {
                state.waiting.push(message.clone());
            }
            outcome
        });
        self.go_on();
        outcome.unwrap_or_else(|| ArcRwSignal::new(None))
    }

    /// Tries again after a failure.
    pub fn retry(self) {
        let _ = self.failed.try_set(false);
        let _ = self.words.try_set(String::new());
        self.go_on();
    }

    /// Translates what waits, unless that is being done.
    fn go_on(self) {
        if self.failed.try_get_untracked() != Some(false) {
            return;
        }
        let begun = self.state.try_update_value(|state| {
            let idle = !state.busy && !state.waiting.is_empty();
            state.busy |= idle;
            idle.then_some((state.way, state.choice))
        });
        let Some((way, choice)) = begun.flatten() else { return };
        spawn_local(async move {
            TimeoutFuture::new(GATHERED).await;
            match way {
                TranslationWay::Browser => self.by_browser(choice).await,
                TranslationWay::Server => self.by_server(choice).await,
            }
            self.change(choice, |state| state.busy = false);
        });
    }

    /// Changes the state, unless something else was chosen since.
    fn change<T>(self, choice: u32, change: impl FnOnce(&mut State) -> T) -> Option<T> {
        let changed =
            self.state.try_update_value(|state| (state.choice == choice).then(|| change(state)));
        changed.flatten()
    }

    /// Takes the newest messages that wait.
    fn take(self, choice: u32, most: usize) -> Vec<Arc<ChatMessage>> {
        let taken = self.change(choice, |state| {
            let rest = state.waiting.len().saturating_sub(most);
            state.waiting.split_off(rest)
        });
        taken.unwrap_or_default()
    }

    /// Puts outcomes into the messages' places, and what one reads stays where it is.
    fn deliver(self, choice: u32, outcomes: Vec<(Version, Outcome)>) {
        let known = self.change(choice, |state| {
            let known =
                outcomes.into_iter().map(|(it, outcome)| (state.known.get(&it).cloned(), outcome));
            known.filter_map(|(signal, outcome)| Some((signal?, outcome))).collect::<Vec<_>>()
        });
        let known = known.unwrap_or_default();
        let longer = known.iter().any(|(_, outcome)| outcome.text.is_some());
        let hold = longer.then(ScrollHold::take).flatten();
        for (signal, outcome) in known {
            signal.set(Some(outcome));
        }
        if let Some(hold) = hold {
            hold.keep();
        }
    }

    /// Comes to a halt, with words.
    fn fail(self, choice: u32, words: String) {
        if self.change(choice, |_| ()).is_none() {
            return;
        }
        let _ = self.words.try_set(words);
        let _ = self.failed.try_set(true);
        set_timeout(
            move || {
                if self.failed.try_get_untracked() == Some(true) {
                    self.retry();
                }
            },
            RETRY,
        );
    }

    async fn by_server(self, choice: u32) {
        loop {
            let batch = self.take(choice, MAX_TRANSLATED);
            if batch.is_empty() {
                return;
            }
            let ids: Vec<_> = batch.iter().map(|it| it.id).collect();
            let again = |batch| self.change(choice, |state| state.waiting.extend(batch));
            match translate_messages(self.translation.place, ids, self.to()).await {
                Ok(answer) => {
                    let outcome = |it: TranslatedMessage| {
                        ((it.id, it.edited_at), Outcome { text: it.text, from: it.from })
                    };
                    self.deliver(choice, answer.messages.into_iter().map(outcome).collect());
                    if answer.failed.is_empty() {
                        self.say(choice, String::new());
                    } else {
                        let failed = batch.into_iter().filter(|it| answer.failed.contains(&it.id));
                        again(failed.collect::<Vec<_>>());
                        return self.fail(
                            choice,
                            told(&Failed(Refusal::Because(TranslationReason::Failed))),
                        );
                    }
                }
                Err(Failed(Refusal::TooMany { retry_after })) => {
                    again(batch);
                    TimeoutFuture::new(retry_after.clamp(1, 60) * 1_000).await;
                }
                Err(failed @ Failed(Refusal::Because(TranslationReason::Unsupported))) => {
                    self.say(choice, told(&failed));
                }
                Err(failed) => {
                    again(batch);
                    return self.fail(choice, told(&failed));
                }
            }
        }
    }

    fn say(self, choice: u32, words: String) {
        let changes = self.words.try_with_untracked(|it| *it != words) == Some(true);
        if changes && self.change(choice, |_| ()).is_some() {
            let _ = self.words.try_set(words);
        }
    }
}
