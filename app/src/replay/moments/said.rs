//! Chat of a show that is played again: what was said up to the time that plays.

use std::sync::Arc;

use bandstand_domain::{Millis, chat::ChatMessage};
use leptos::{html, prelude::*};

use super::loader::ReplayedMoments;
use crate::{
    chat::name_colour,
    player::WatchSession,
    t,
    ui::{LocalTime, TimeStyle, linked},
};

/// Distance from the end within which the list still follows the talk, in CSS pixels.
const AT_END: i32 = 56;

/// Messages sent up to the time that plays; the newest in sight, unless one reads back.
pub fn said(session: WatchSession, moments: ReplayedMoments) -> AnyView {
    let said = Memo::new(move |_| {
        let now = session.replayed.get().unwrap_or_default();
        moments.buffer.with(|it| it.messages_at(now).to_vec())
    });
    let scroll = Scroll::new(said);
    view! {
        <section class="chat" aria-label=t!(chat.chat)>
            <p class="replay-chat">{t!(replay.chat_then)}</p>
            <div class="chat-frame">
                <div
                    class="chat-list" role="log" aria-label=t!(chat.messages) tabindex="0"
                    aria-busy=move || moments.loading.get().to_string()
                    on:scroll=move |_| scroll.moved()
                    node_ref=scroll.list
                >
                    <p class="chat-empty" hidden=move || said.with(|it| !it.is_empty())>
                        {t!(replay.nothing_said)}
                    </p>
                    <For each=move || said.get() key=|it| it.id children=row/>
                </div>
                <button
                    class="chat-unread" type="button" hidden=move || scroll.unread.get() == 0
                    on:click=move |_| scroll.to_end()
                >
                    {move || t!(chat.unread, count = scroll.unread.get())}
                    <span aria-hidden="true">" ↓"</span>
                </button>
            </div>
            <p class="chat-notice" role="status">{moments.notice}</p>
        </section>
    }
    .into_any()
}

/// A message. Nobody answers it, or takes it back, here.
fn row(message: Arc<ChatMessage>) -> AnyView {
    let colour = format!("chat-name {}", name_colour(&message.author));
    let artist = message.from_artist;
    view! {
        <article class="chat-message" class:chat-from-artist=artist>
            <p class="chat-head">
                <strong class=colour dir="auto">{message.name.clone()}</strong>
                {artist.then(|| view! { <span class="chat-badge">{t!(chat.message.artist)}</span> })}
                <LocalTime at=message.sent_at fallback="" style=TimeStyle::Time/>
            </p>
            <p class="chat-text" dir="auto">{linked(&message.text)}</p>
        </article>
    }
    .into_any()
}

/// Keeps the newest message in sight, unless one reads back.
#[derive(Clone, Copy)]
struct Scroll {
    list: NodeRef<html::Div>,
    following: StoredValue<bool>,
    unread: RwSignal<usize>,
    /// Scroll position when the list was last seen.
    top: StoredValue<i32>,
}

impl Scroll {
    fn new(said: Memo<Vec<Arc<ChatMessage>>>) -> Self {
        let scroll = Self {
            list: NodeRef::new(),
            following: StoredValue::new(true),
            unread: RwSignal::new(0),
            top: StoredValue::new(0),
        };
        Effect::new(move |before: Option<Millis>| {
            let before = before.unwrap_or_default();
            let newest = said.with(|said| said.last().map(|it| it.sent_at)).unwrap_or_default();
            if newest < before || scroll.following.get_value() {
                // A seek leads to what was said there.
                scroll.to_end();
            } else {
                let new = |said: &Vec<Arc<ChatMessage>>| {
                    said.iter().rev().take_while(|it| it.sent_at > before).count()
                };
                scroll.unread.update(|unread| *unread += said.with(new));
            }
            newest
        });
        scroll
    }

    /// The reader scrolled, or the list was.
    fn moved(self) {
        let Some(list) = self.list.get_untracked() else { return };
        let (top, rest) = (list.scroll_top(), list.scroll_height() - list.client_height());
        let up = top < self.top.get_value();
        self.top.set_value(top);
        // Only who goes up stops following: that the list grew below is not a wish to read back.
        let following = rest - top < AT_END || self.following.get_value() && !up;
        self.following.set_value(following);
        if following && self.unread.get_untracked() > 0 {
            self.unread.set(0);
        }
    }

    fn to_end(self) {
        self.following.set_value(true);
        self.unread.set(0);
        // Once the list shows it.
        request_animation_frame(move || {
            if let Some(list) = self.list.try_get_untracked().flatten() {
                list.set_scroll_top(list.scroll_height());
            }
        });
    }
}
