//! Panel of the chat: messages and composer.

use std::sync::Arc;

use bandstand_domain::chat::ChatMessage;
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    html,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlElement, ResizeObserver};

use super::{
    ChatHandle, ChatViewer,
    composer::Composer,
    desk_view::Desk,
    entry::{ChatRow, OnItsWay, Posted},
    handle::Composing,
    state::{ChatState, Pending},
    tools::{MessageTools, load_tools},
};
use crate::{t, ui::later};

/// Distance from the end within which the list still follows the talk, in CSS pixels.
const AT_END: i32 = 56;
/// Distance from the beginning within which earlier messages are loaded, in CSS pixels.
const AT_BEGINNING: i32 = 40;

/// The chat with its messages and the field to write one.
#[component]
pub fn ChatPanel(
    /// Chat to show.
    chat: ChatHandle,
    /// Person who looks at it, once they are in.
    #[prop(into)]
    viewer: Signal<Option<ChatViewer>>,
    /// True if one may write; false when the show is over.
    #[prop(into)]
    open: Signal<bool>,
) -> impl IntoView {
    later(move || panel(chat, viewer, open))
}

/// The panel is a part of its own: a page is alive without it.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split, fallible)]
fn panel(
    chat: ChatHandle,
    viewer: Signal<Option<ChatViewer>>,
    open: Signal<bool>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Messages chat viewer open/> }.into_any())
}

#[component]
fn Messages(
    chat: ChatHandle,
    viewer: Signal<Option<ChatViewer>>,
    open: Signal<bool>,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let field = NodeRef::<html::Textarea>::new();
    let text = chat.draft();
    let tools = load_tools();
    let scroll = Scroll::new(chat, list, tools);
    Effect::new(move || {
        if let Some(tools) = tools.get() {
            (tools.held)(chat, viewer);
        }
    });
    let edit = Callback::new(move |again: Pending| {
        let answered =
            again.replies_to.and_then(|id| chat.state().with_untracked(|state| state.find(id)));
        if let Some(answered) = answered {
            chat.compose(Composing::Answer(answered));
        }
        chat.attaching().files.update(|files| files.extend(again.files));
        text.update(|text| {
            if !text.trim().is_empty() {
                text.push('\n');
            }
            text.push_str(&again.text);
        });
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    });
    chat.load_hidden();
    chat.note_reading(scroll.following, scroll.shown);
    let rows = move || {
        let mut rows = chat.state().with(|state| {
            let hidden = chat.hidden().get();
            let seen = |it: &&Arc<ChatMessage>| hidden.iter().all(|no| no.person != it.author);
            let posted = state.messages().iter().filter(seen).cloned().map(ChatRow::Posted);
            posted.chain(state.pending().iter().cloned().map(ChatRow::Pending)).collect::<Vec<_>>()
        });
        // What others have written since one was here last begins with a line.
        let own = viewer.with(|viewer| viewer.as_ref().map(|it| it.person.clone()));
        let new = chat.read_to().get().filter(|read_to| *read_to > 0).and_then(|read_to| {
            rows.iter().position(|row| {
                let unread =
                    |it: &ChatMessage| it.position > read_to && Some(&it.author) != own.as_ref();
                matches!(row, ChatRow::Posted(message) if unread(message))
            })
        });
        if let Some(at) = new {
            rows.insert(at, ChatRow::New);
        }
        rows
    };
    let row = move |row: ChatRow| match row {
        ChatRow::Posted(message) => view! { <Posted chat message viewer tools/> }.into_any(),
        ChatRow::New => view! { <p class="chat-new"><span>{t!(chat.new)}</span></p> }.into_any(),
        ChatRow::Pending(pending) => view! { <OnItsWay chat pending edit/> }.into_any(),
    };
    let empty = move || {
        chat.state().with(|state| state.messages().is_empty() && state.pending().is_empty())
    };
    let more = Memo::new(move |_| chat.state().with(|state| state.earlier_than().is_some()));
    view! {
        <section class="chat" aria-label=t!(chat.chat)>
            <div class="chat-desks">
                <Desk chat viewer/>
                {move || tools.get().map(|it| (it.search)(chat))}
            </div>
            {move || tools.get().map(|it| (it.pins)(chat, viewer))}
            {move || {
                let open = chat.thread().get()?;
                tools.get().map(|it| (it.thread)(chat, open, viewer))
            }}
            <div class="chat-frame" hidden=move || chat.thread().get().is_some()>
                <div
                    class="chat-list"
                    role="log"
                    aria-label=t!(chat.messages)
                    aria-live="polite"
                    aria-busy=move || chat.loading().get().to_string()
                    tabindex="0"
                    on:scroll=move |_| scroll.moved()
                    node_ref=list
                >
                    <Show when=move || more.get()>
                        <button
                            type="button"
                            class="chat-earlier"
                            aria-disabled=move || chat.loading().get().to_string()
                            on:click=move |_| chat.load_earlier()
                        >
                            {move || {
                                if chat.loading().get() { t!(chat.loading) } else { t!(chat.earlier) }
                            }}
                        </button>
                    </Show>
                    <Show when=empty>
                        <p class="chat-empty">
                            {move || {
                                if open.get() {
                                    t!(chat.empty)
                                } else {
                                    t!(chat.empty_over)
                                }
                            }}
                        </p>
                    </Show>
                    <For each=rows key=ChatRow::key children=row/>
                </div>
                <Show when=move || { scroll.unread.get() > 0 }>
                    <button type="button" class="chat-unread" on:click=move |_| scroll.to_end()>
                        {move || t!(chat.unread, count = scroll.unread.get())}
                        <span aria-hidden="true">" ↓"</span>
                    </button>
                </Show>
            </div>
            <p class="chat-typing">
                {move || {
                    chat.typing().with(|all| match &all[..] {
                        [] => None,
                        [(_, name, _)] => Some(t!(chat.typing.one, name = name)),
                        _ => Some(t!(chat.typing.more).to_string()),
                    })
                }}
            </p>
            <p class="chat-notice" role="status">
                {chat.notice()}
            </p>
            <Composer chat viewer tools open text field sent=Callback::new(move |()| scroll.to_end())/>
        </section>
    }
    .into_any()
}

/// Keeps the newest message in sight, or what one is reading at its place.
#[derive(Clone, Copy)]
struct Scroll {
    chat: ChatHandle,
    list: NodeRef<html::Div>,
    following: RwSignal<bool>,
    unread: RwSignal<usize>,
    /// True if the list has a height: a thread isn't open in its place, nor something else beside it.
    shown: RwSignal<bool>,
    /// Scroll position when the list was last seen.
    top: StoredValue<i32>,
}

impl Scroll {
    fn new(
        chat: ChatHandle,
        list: NodeRef<html::Div>,
        tools: Signal<Option<MessageTools>>,
    ) -> Self {
        let scroll = Self {
            chat,
            list,
            following: RwSignal::new(true),
            unread: RwSignal::new(0),
            shown: RwSignal::new(false),
            top: StoredValue::new(0),
        };
        scroll.follow_size();
        // The first message, its row and where that stood, as the list was after the last change: rows below
        // become longer meanwhile, when they are translated.
        let before = StoredValue::new((None::<i64>, None::<SendWrapper<(HtmlElement, i32)>>));
        let arrived = StoredValue::new(0);
        Effect::new(move || {
            let first = chat.state().with(|state| state.messages().first().map(|m| m.position));
            // What stands below messages makes the list longer, too.
            tools.track();
            chat.attaching().tools.track();
            let count = chat.arrived().get();
            let new = count - arrived.get_value();
            arrived.set_value(count);
            if new > 0 && !scroll.following.get_untracked() {
                scroll.unread.update(|unread| *unread += new);
            }
            // Once the list shows it.
            request_animation_frame(move || {
                let Some(list) = scroll.list.try_get_untracked().flatten() else { return };
                let (was_first, was_row) = before.try_get_value().unwrap_or_default();
                if scroll.following.try_get_untracked() == Some(true) {
                    list.set_scroll_top(list.scroll_height());
                } else if first < was_first
                    && let Some((row, was_at)) = was_row.as_deref().filter(|it| it.0.is_connected())
                {
                    list.set_scroll_top(list.scroll_top() + row.offset_top() - was_at);
                }
                let row = list.query_selector(".chat-message").ok().flatten();
                let row = row.and_then(|row| row.dyn_into::<HtmlElement>().ok());
                let row = row.map(|row| SendWrapper::new((row.clone(), row.offset_top())));
                before.try_update_value(|before| *before = (first, row));
            });
        });
        scroll
    }

    /// Stays at the end when the list gets smaller: a keyboard opens, or the field grows.
    fn follow_size(self) {
        let watch = StoredValue::new(None::<SendWrapper<(ResizeObserver, Closure<dyn FnMut()>)>>);
        Effect::new(move || {
            let Some(list) = self.list.get() else { return };
            let resized: Closure<dyn FnMut()> = Closure::new(move || {
                let Some(list) = self.list.try_get_untracked().flatten() else { return };
                let shown = list.client_height() > 0;
                if self.shown.try_get_untracked() == Some(!shown) {
                    self.shown.set(shown);
                }
                if self.following.try_get_untracked() == Some(true) {
                    list.set_scroll_top(list.scroll_height());
                }
            });
            if let Ok(observer) = ResizeObserver::new(resized.as_ref().unchecked_ref()) {
                observer.observe(&list);
                watch.set_value(Some(SendWrapper::new((observer, resized))));
            }
        });
        on_cleanup(move || {
            if let Some(Some(watch)) = watch.try_update_value(Option::take) {
                watch.0.disconnect();
            }
        });
    }

    /// The reader scrolled, or the list was.
    fn moved(self) {
        let Some(list) = self.list.get_untracked() else { return };
        let rest = list.scroll_height() - list.client_height() - list.scroll_top();
        let top = list.scroll_top();
        let up = top < self.top.get_value();
        self.top.set_value(top);
        // Only who goes up stops following: that the list grew below is not a wish to read back.
        let following = rest < AT_END || (self.following.get_untracked() && !up);
        if following != self.following.get_untracked() {
            self.following.set(following);
            // What one reads is not taken away; what is too much goes when one is back.
            if following && self.chat.state().with_untracked(ChatState::overflows) {
                self.chat.state().update(|state| state.read_back(false));
            } else {
                self.chat.state().update_untracked(|state| state.read_back(!following));
            }
        }
        if following && self.unread.get_untracked() > 0 {
            self.unread.set(0);
        }
        if top < AT_BEGINNING && !following {
            self.chat.load_earlier();
        }
    }

    fn to_end(self) {
        self.following.set(true);
        self.unread.set(0);
        self.chat.state().update(|state| state.read_back(false));
        if let Some(list) = self.list.get_untracked() {
            list.set_scroll_top(list.scroll_height());
        }
    }
}
