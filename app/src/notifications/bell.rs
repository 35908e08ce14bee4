//! Bell in the frame: how many notifications are unread. What keeps it up to date is a part of its own, without
//! which every page is alive.

use std::time::Duration;

use bandstand_domain::{
    channel::{Event, Topic},
    notifications::{InboxEvent, NotificationKind},
};
use leptos::{
    prelude::*,
    task::spawn_local_scoped,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::api::load_inbox;
use crate::{
    channel::{Channel, Incoming},
    t,
    texts::told,
};

/// Time after which a bell that isn't kept up to date asks again.
const AGAIN: Duration = Duration::from_secs(60);

/// Link to the notifications, with the number of those that are unread; new ones are read out.
#[component]
pub(crate) fn Bell() -> impl IntoView {
    let unread = RwSignal::new(0_u32);
    let said = RwSignal::new(String::new());
    Effect::new(move || {
        spawn_local_scoped(async move {
            // Without it the bell leads on all the same.
            let _ = listen(unread, said).await;
        });
    });
    let count = move || Some(unread.get()).filter(|count| *count > 0).map(|it| it.to_string());
    view! {
        <a class="button quiet bell" href="/notifications" title=t!(notifications.title)>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" d="M6 17v-6a6 6 0 0 1 12 0v6l2 1H4zm4 3h4"/></svg>
            <span class="unseen">{t!(notifications.title)}" "</span>
            <b>{count}</b>
        </a>
        <span class="unseen" role="status">{said}</span>
    }
    .into_any()
}

#[wasm_split(bell, wasm_split_path = ::leptos::wasm_split, fallible)]
fn listen(unread: RwSignal<u32>, said: RwSignal<String>) -> Result<(), SplitLoaderError> {
    keep_up(unread, said);
    Ok(())
}

/// Asks for the number, and follows the inbox from there.
fn keep_up(unread: RwSignal<u32>, said: RwSignal<String>) {
    let again = move || {
        let owner = Owner::current();
        set_timeout(
            move || {
                // The bell may be gone by now.
                if let Some(owner) = owner.filter(|_| unread.try_get_untracked().is_some()) {
                    owner.with(|| keep_up(unread, said));
                }
            },
            AGAIN,
        );
    };
    spawn_local_scoped(async move {
        let Ok(inbox) = load_inbox().await else { return again() };
        unread.try_set(inbox.unread);
        let owner = Owner::current();
        let topic = Topic::Inbox(inbox.id);
        Channel::expect().follow(topic, Some(inbox.cursor), None, move |incoming| match incoming {
            Incoming::Event(Event::Inbox(event)) => {
                let (count, news) = heard(event);
                unread.try_set(count);
                if let Some(news) = news {
                    said.try_set(news);
                }
            }
            Incoming::Subscribed { reset: Some(present) } => {
                if let bandstand_domain::channel::Snapshot::Inbox(inbox) = *present {
                    unread.try_set(inbox.unread);
                }
            }
            // The connection may be from before the person logged in.
            Incoming::Refused(_) => {
                if let Some(owner) = &owner {
                    owner.with(again);
                }
            }
            _ => {}
        });
    });
}

/// The number of unread notifications after an event, and what is to be read out of it.
fn heard(event: InboxEvent) -> (u32, Option<String>) {
    match event {
        InboxEvent::Noticed { notice, unread } => {
            let calls = !notice.quiet && notice.kind != NotificationKind::Unknown;
            (unread, calls.then(|| told(&notice)))
        }
        InboxEvent::NoticesRead { unread, .. } | InboxEvent::NoticeWithdrawn { unread, .. } => {
            (unread, None)
        }
    }
}
