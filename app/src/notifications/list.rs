//! List of notifications, kept up to date while it is looked at.

use bandstand_domain::{
    channel::{Event, Snapshot, Topic},
    notifications::{InboxEvent, InboxPage, Notification, NotificationKind},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::{load_notifications, read_notifications};
use crate::{
    channel::{Channel, Incoming},
    t,
    texts::told,
    ui::{LocalTime, TimeStyle, Toaster},
};

/// State of the list.
#[derive(Clone, Copy)]
struct Listed {
    notices: RwSignal<Vec<Notification>>,
    unread: RwSignal<u32>,
    before: RwSignal<Option<i64>>,
    toaster: Toaster,
}

impl Listed {
    /// Takes in what happened in the inbox, each event as often as it comes.
    fn hear(self, event: InboxEvent) {
        match event {
            InboxEvent::Noticed { notice, unread } => {
                self.unread.set(unread);
                let known = self
                    .notices
                    .with_untracked(|all| all.iter().any(|it| it.number == notice.number));
                if !known && notice.kind != NotificationKind::Unknown {
                    self.notices.update(|all| all.insert(0, notice));
                }
            }
            InboxEvent::NoticesRead { from, up_to, unread } => {
                self.unread.set(unread);
                self.mark(from, up_to);
            }
            InboxEvent::NoticeWithdrawn { notice, unread } => {
                self.unread.set(unread);
                self.notices.update(|all| all.retain(|it| it.number != notice));
            }
        }
    }

    fn mark(self, from: i64, up_to: i64) {
        self.notices.update(|all| {
            for notice in all.iter_mut().filter(|it| (from..=up_to).contains(&it.number)) {
                notice.read = true;
            }
        });
    }

    /// Marks some as read, here and on all open pages.
    fn read(self, from: i64, up_to: i64) {
        spawn_local(async move {
            match read_notifications(from, up_to).await {
                Ok(unread) => {
                    if self.unread.try_set(unread).is_none() {
                        self.mark(from, up_to);
                    }
                }
                Err(refused) => self.toaster.say(refused.to_string()),
            }
        });
    }

    /// Fetches the latest anew, as more was missed than is told one by one.
    fn reload(self) {
        spawn_local(async move {
            match load_notifications(None).await {
                Ok(page) => {
                    if self.before.try_set(page.before).is_none() {
                        self.unread.set(page.inbox.unread);
                        self.notices.set(page.notifications);
                    }
                }
                Err(refused) => self.toaster.say(refused.to_string()),
            }
        });
    }

    /// Fetches those before the last.
    fn go_on(self) {
        let Some(before) = self.before.get_untracked() else { return };
        spawn_local(async move {
            match load_notifications(Some(before)).await {
                Ok(page) => {
                    // Asked for twice, they come once.
                    if self.before.try_get_untracked() == Some(Some(before)) {
                        self.before.set(page.before);
                        self.notices.update(|all| all.extend(page.notifications));
                    }
                }
                Err(refused) => self.toaster.say(refused.to_string()),
            }
        });
    }
}

/// One's own notifications, the latest first.
#[component]
pub(super) fn InboxList(
    /// The first page.
    page: InboxPage,
) -> impl IntoView {
    let listed = Listed {
        notices: RwSignal::new(page.notifications),
        unread: RwSignal::new(page.inbox.unread),
        before: RwSignal::new(page.before),
        toaster: Toaster::expect(),
    };
    let inbox = page.inbox;
    let channel = Channel::expect();
    Effect::new(move || {
        let topic = Topic::Inbox(inbox.id);
        channel.follow(topic, Some(inbox.cursor), None, move |incoming| match incoming {
            Incoming::Event(Event::Inbox(event)) => listed.hear(event),
            Incoming::Subscribed { reset: Some(present) }
                if matches!(*present, Snapshot::Inbox(_)) =>
            {
                listed.reload();
            }
            _ => {}
        });
    });
    let empty = move || {
        listed.notices.with(Vec::is_empty).then(|| {
            view! { <p class="empty">{t!(notifications.empty)}</p> }
        })
    };
    let rest = move || {
        listed.before.get().map(|_| {
            view! { <button class="button" type="button" on:click=move |_| listed.go_on()>{t!(notifications.earlier)}</button> }
        })
    };
    view! {
        <button
            class="button" type="button" disabled=move || listed.unread.get() == 0
            on:click=move |_| listed.read(0, i64::MAX)
        >
            {t!(notifications.read_all)}
        </button>
        {empty}
        <ul role="list" class="notices">
            <For
                each=move || listed.notices.get()
                key=|notice| (notice.number, notice.read)
                children=move |notice| view! { <Row notice listed/> }
            />
        </ul>
        {rest}
    }
    .into_any()
}

#[component]
fn Row(notice: Notification, listed: Listed) -> impl IntoView {
    let (number, unread) = (notice.number, !notice.read);
    let said = told(&notice);
    let when = notice.content.when.map(|at| {
        view! { " · "<LocalTime at fallback="" style=TimeStyle::Full/> }
    });
    let excerpt = (!notice.content.text.is_empty())
        .then(|| view! { <p dir="auto" class="soft">{notice.content.text}</p> });
    // Who follows the link, in whatever tab, has read it.
    let read = move |_| {
        if unread {
            listed.read(number, number);
        }
    };
    view! {
        <li class:unread=unread>
            <a href=notice.place dir="auto" on:click=read on:auxclick=read>{said}</a>
            {excerpt}
            <p class="soft small">
                {unread.then(|| view! { <strong>{t!(notifications.new)}</strong>" · " })}
                <LocalTime at=notice.at fallback="" style=TimeStyle::Poster/>
                {when}
            </p>
        </li>
    }
    .into_any()
}
