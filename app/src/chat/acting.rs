//! What one does with messages beside writing them: reacting, pinning, changing, quoting.

use bandstand_domain::{
    PersonId, Refusal,
    chat::{CarriedFile, ChatMessage, MessageId, Reaction},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

use super::{
    ChatHandle,
    api::{edit_message, load_messages, pin_message, react_to_message},
    handle::Composing,
    moderation_api::ban_person,
    quotes::Quote,
};
use crate::{failure::Failed, t, texts::told};

impl ChatHandle {
    /// Begins to answer or to change a message, or neither.
    pub(super) fn compose(self, composing: Composing) {
        let changes = self.composing().with_untracked(|it| matches!(it, Composing::Change(_)));
        match &composing {
            Composing::Change(message) => {
                if !changes {
                    self.begun().set_value(self.draft().get_untracked());
                }
                self.draft().set(message.text.clone());
            }
            // What is there is another message's text.
            _ if changes => self.draft().set(self.begun().get_value()),
            _ => {}
        }
        // In a thread one goes on answering.
        let composing = match composing {
            Composing::New if changes => self.answering(),
            composing => composing,
        };
        self.composing().set(composing);
    }

    /// Files that a message carries, as far as they are still there.
    pub fn carried(self, message: &ChatMessage) -> Memo<Vec<CarriedFile>> {
        let (position, files) = (message.position, message.files.clone());
        Memo::new(move |_| {
            let now = self.state().with(|state| state.at(position).map(|it| it.files.clone()));
            now.unwrap_or_else(|| files.clone())
        })
    }

    /// Answer to the message whose thread is open, if one is.
    fn answering(self) -> Composing {
        let open = self.thread().get_untracked();
        let here = open.and_then(|id| {
            let listed = self.state().with_untracked(|state| state.find(id));
            listed.or_else(|| {
                self.quotes().with_untracked(|quotes| match quotes.get(id) {
                    Some(Quote::There(message)) => Some(message.clone()),
                    _ => None,
                })
            })
        });
        here.map_or(Composing::New, Composing::Answer)
    }

    /// Shows the thread of a message in place of another one, or none: what one writes doesn't answer the former.
    pub(super) fn show_thread(self, thread: Option<MessageId>) {
        let open = self.thread().get_untracked();
        let answers = self.composing().with_untracked(|it| match it {
            Composing::Answer(message) => Some(message.id) == open,
            Composing::New | Composing::Change(_) => false,
        });
        if answers && open != thread {
            self.compose(Composing::New);
        }
        self.thread().set(thread);
    }

    /// Goes on when the text in the field is on its way: in a thread the next one answers the same message.
    pub(super) fn composed(self) {
        let open = self.thread().get_untracked();
        let stays = self.composing().with_untracked(|it| match it {
            Composing::Answer(message) => Some(message.id) == open,
            Composing::New | Composing::Change(_) => false,
        });
        if !stays {
            self.compose(Composing::New);
        }
    }

    /// Reacts to a message, or takes the reaction back.
    pub(super) fn react(self, id: MessageId, reaction: Reaction) {
        let mine = self.state().with_untracked(|state| {
            let message = state.find(id);
            message
                .is_some_and(|it| it.reactions.iter().any(|it| it.reaction == reaction && it.mine))
        });
        spawn_local(async move {
            match react_to_message(self.place(), id, reaction, !mine).await {
                Ok(counts) => {
                    let _ = self.state().try_update(|state| state.take_reactions(id, counts));
                }
                Err(failed) => self.say(t!(chat.news.react_failed, why = told(&failed))),
            }
        });
    }

    /// Pins a message, or takes it off.
    pub(super) fn pin(self, id: MessageId, pinned: bool) {
        spawn_local(async move {
            match pin_message(self.place(), id, pinned).await {
                Ok(()) if pinned => self.say(t!(chat.news.pinned).into()),
                Ok(()) => self.say(t!(chat.news.unpinned).into()),
                Err(failed) => self.say(t!(chat.news.pin_failed, why = told(&failed))),
            }
        });
    }

    /// Bans a person from the show.
    pub(super) fn ban(self, person: PersonId, name: String) {
        spawn_local(async move {
            match ban_person(self.place(), person, true).await {
                Ok(()) => {
                    let _ = self.acted().try_update(|count| *count += 1);
                    self.say(t!(chat.news.banned, name = name));
                }
                Err(failed) => {
                    self.say(t!(chat.news.mute_failed, name = name, why = told(&failed)))
                }
            }
        });
    }

    /// Changes one's own message. What doesn't get there goes back into the field, unless one has typed since.
    pub(super) fn edit(self, id: MessageId, text: String) {
        let (before, begun) = (self.composing().get_untracked(), self.begun().get_value());
        spawn_local(async move {
            let Err(failed) = edit_message(self.place(), id, text.clone()).await else { return };
            let why = match &failed {
                Failed(Refusal::Invalid(errors)) => {
                    errors.0.first().map(|it| crate::texts::say(&it.message))
                }
                _ => None,
            };
            self.say(t!(chat.news.edit_failed, why = why.unwrap_or_else(|| told(&failed))));
            if self.draft().try_with_untracked(|draft| *draft == begun) == Some(true) {
                self.compose(before);
                self.draft().set(text);
            }
        });
    }

    /// The message `id` as far as it is known: in the list, or asked for.
    pub(super) fn quoted(self, id: MessageId) -> Memo<Option<Quote>> {
        let quoted = Memo::new(move |_| {
            let here = self.state().with(|state| state.find(id)).map(Quote::There);
            here.or_else(|| self.quotes().with(|quotes| quotes.get(id).cloned()))
        });
        Effect::new(move || {
            if quoted.get().is_none() {
                self.want(id);
            }
        });
        quoted
    }

    /// Asks for a message, together with all that are wanted in the same moment.
    fn want(self, id: MessageId) {
        let first = self.quotes().try_update(|quotes| quotes.want(id));
        if first != Some(true) {
            return;
        }
        spawn_local(async move {
            TimeoutFuture::new(0).await;
            let Some(asked) = self.quotes().try_update(|quotes| quotes.ask()) else { return };
            let answer = load_messages(self.place(), asked.clone()).await.ok();
            let failed = answer.is_none();
            if failed {
                // A while, lest one asks in a circle.
                TimeoutFuture::new(5_000).await;
            }
            let _ = self.quotes().try_update(|quotes| quotes.answer(&asked, answer));
        });
    }
}
