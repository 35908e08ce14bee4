//! What one does while reading: hiding people, noting how far one has read, and saying that one types.

use bandstand_domain::{
    PersonId,
    accounts::Role,
    chat::{ChatPlace, HiddenPerson},
};
use leptos::{ev, prelude::*, task::spawn_local};
use std::time::Duration;

use super::{
    ChatHandle,
    reading_api::{hide_person, load_hidden, read_messages},
};
use crate::{channel::Channel, t, texts::told, viewer::CurrentViewer, web};

/// Under this key the browser remembers whom its guest has hidden.
const HIDDEN: &str = "bandstand.hidden";
/// Time after which what came is noted as read, with all that came until then.
const READ_AFTER: Duration = Duration::from_millis(1_500);
/// Milliseconds between two times at which the venue is told that one types.
const TYPING_EVERY: f64 = 3_000.0;

impl ChatHandle {
    /// Loads whom one has hidden: an account from the venue, a guest from the browser.
    pub(super) fn load_hidden(self) {
        let viewer = CurrentViewer::expect();
        let has_account = Memo::new(move |_| {
            Some(viewer.load()?.is_some_and(|viewer| viewer.role != Role::Guest))
        });
        Effect::new(move || {
            let Some(has_account) = has_account.get() else { return };
            self.has_account().set_value(has_account);
            if !has_account {
                let kept = web::remembered(HIDDEN);
                let kept = kept.and_then(|it| serde_json::from_str(&it).ok());
                self.hidden().set(kept.unwrap_or_default());
                return;
            }
            spawn_local(async move {
                if let Ok(hidden) = load_hidden().await {
                    let _ = self.hidden().try_set(hidden);
                }
            });
        });
    }

    /// Hides a person for oneself, or shows them again.
    pub(super) fn hide(self, person: PersonId, name: String, hide: bool) {
        let hidden = HiddenPerson { person, name };
        let before = self.hidden().get_untracked();
        self.hidden().update(|all| {
            all.retain(|it| it.person != hidden.person);
            if hide {
                all.insert(0, hidden.clone());
            }
        });
        if !self.has_account().get_value() {
            if let Ok(text) = serde_json::to_string(&self.hidden().get_untracked()) {
                web::remember(HIDDEN, &text);
            }
            return;
        }
        spawn_local(async move {
            if let Err(failed) = hide_person(hidden, hide).await {
                let _ = self.hidden().try_set(before);
                self.say(t!(chat.news.hide_failed, why = told(&failed)));
            }
        });
    }

    /// Tells those who follow the chat that one types, now and then.
    pub(super) fn types(self, channel: Channel) {
        let now = js_sys::Date::now();
        if now - self.typed_at().get_value() >= TYPING_EVERY {
            self.typed_at().set_value(now);
            channel.typing(self.place());
        }
    }

    /// Notes how far one has read a room, while its list is `shown`, and one follows its talk and looks at the page.
    pub(super) fn note_reading(self, following: RwSignal<bool>, shown: RwSignal<bool>) {
        let ChatPlace::Room(_) = self.place() else { return };
        let (noted, pending) = (StoredValue::new(0), StoredValue::new(false));
        let reads = move || following.get() && shown.get();
        let looks = RwSignal::new(0_u32);
        let focused = window_event_listener(ev::focus, move |_| looks.update(|count| *count += 1));
        on_cleanup(move || focused.remove());
        let last = move || {
            self.state().try_with_untracked(|state| state.messages().last().map(|it| it.position))
        };
        Effect::new(move || {
            looks.track();
            let newest = self.state().with(|state| state.messages().last().map(|it| it.position));
            if !reads() || newest.is_none_or(|newest| newest <= noted.get_value()) {
                return;
            }
            // The one that waits notes this, too.
            if pending.get_value() {
                return;
            }
            pending.set_value(true);
            let note = move || {
                if pending.try_set_value(false).is_some() || !untrack(reads) {
                    return;
                }
                let Some(Some(last)) = last() else { return };
                if document().hidden() || noted.try_get_value().is_none_or(|noted| last <= noted) {
                    return;
                }
                noted.set_value(last);
                spawn_local(async move {
                    // The next one notes it, too.
                    drop(read_messages(self.place(), last).await);
                });
            };
            set_timeout(note, READ_AFTER);
        });
    }
}
