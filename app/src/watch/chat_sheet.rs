//! Sheet of the chat: where it lies low below the stage, or stands behind a button, it is raised and lowered.

use leptos::{
    ev, html,
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::arrangement::Arrangement;
use crate::{
    player::{WatchSession, icon},
    t, ui, web,
};

/// Pixels from which on a movement of a finger is a swipe.
const SWIPE: i32 = 24;
/// The field of the chat.
const FIELD: &str = "chat-text";
const TALK: &str =
    "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
const FLOATING_WORDS: &str = "M6 1h12a3 3 0 0 1 3 3v3a3 3 0 0 1-3 3h-4l-2 3-2-3H6a3 3 0 0 1-3-3V4a3 3 0 0 1 3-3z\
                              M12 14a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM5 24a7 4 0 0 1 14 0z";

/// Head of the chat: its name, by which the sheet is raised and lowered where it is one, how many are
/// here, and the choice whether words float over heads.
#[component]
pub(super) fn ChatBar(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    ui::later(move || bar(session, arranged))
}

/// Comes with the chat.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split, fallible)]
fn bar(session: WatchSession, arranged: Arrangement) -> Result<AnyView, SplitLoaderError> {
    let handle = NodeRef::<html::Button>::new();
    let pressed_at = StoredValue::new(None::<i32>);
    let raise = move |raised: bool| {
        arranged.chat.set(raised);
        // Where it was closed altogether, the focus would be lost with it.
        request_animation_frame(move || {
            let handle = handle.try_get_untracked().flatten();
            if !raised && handle.is_some_and(|it| it.offset_width() == 0) {
                face_stage(session);
            }
        });
    };
    Effect::new(move || {
        ui::on_key(move |key| match key {
            "c" if arranged.chat.get_untracked() && is_full(arranged) => {
                arranged.chat.set(false);
                face_stage(session);
            }
            "c" => {
                arranged.chat.set(true);
                request_animation_frame(write);
            }
            _ => {}
        });
        follow_keyboard();
    });
    let release = move |event: ev::PointerEvent| {
        let moved = pressed_at.get_value().map_or(0, |from| event.client_y() - from);
        if moved.abs() >= SWIPE {
            pressed_at.set_value(None);
            raise(moved < 0);
        }
    };
    // A mouse that has moved the sheet clicks as well; a finger that has doesn't.
    let press = move |event: ev::MouseEvent| {
        if event.detail() == 0 || pressed_at.get_value().is_some() {
            raise(!arranged.chat.get_untracked());
        }
    };
    let here =
        move || session.inside().then(|| t!(watch.here, count = session.crowd.count().get()));
    let view = view! {
        <div class="chat-bar">
            <h2 class="chat-title">{t!(chat.chat)}</h2>
            <button
                class="chat-handle" type="button" node_ref=handle
                title=t!(watch.chat_key) aria-keyshortcuts="c"
                aria-expanded=move || arranged.chat.get().to_string()
                on:pointerdown=move |event: ev::PointerEvent| {
                    pressed_at.set_value(Some(event.client_y()));
                    let handle = handle.get_untracked();
                    let _ = handle.map(|it| it.set_pointer_capture(event.pointer_id()));
                }
                on:pointerup=release
                on:click=press
            >
                {t!(chat.chat)} <span class="chat-here">{here}</span>
            </button>
            <button
                class="chat-bubbles" type="button"
                title=t!(watch.bubbles) aria-label=t!(watch.bubbles)
                aria-pressed=move || arranged.bubbles.get().to_string()
                on:click=move |_| arranged.switch_bubbles()
            >
                {icon(Signal::stored(FLOATING_WORDS))}
            </button>
        </div>
    };
    Ok(view.into_any())
}

/// Opens the chat where it stands behind a button, and tells how much was said meanwhile.
#[component]
pub(super) fn ChatButton(
    /// The page's session.
    session: WatchSession,
    /// Arrangement of the viewer.
    arranged: Arrangement,
) -> impl IntoView {
    ui::later(move || button(session, arranged))
}

#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split, fallible)]
fn button(session: WatchSession, arranged: Arrangement) -> Result<AnyView, SplitLoaderError> {
    let arrived = session.chat.arrived();
    let read = RwSignal::new(0);
    Effect::new(move || {
        let (arrived, open) = (arrived.get(), arranged.chat.get());
        if open {
            read.set(arrived);
        }
    });
    let unread = Memo::new(move |_| arrived.get() - read.get().min(arrived.get()));
    let name = move || match unread.get() {
        0 => t!(chat.chat).to_string(),
        count => t!(watch.chat_unread, count = count),
    };
    let view = view! {
        <button
            class="chat-button" type="button"
            title=t!(watch.chat_key) aria-label=name aria-keyshortcuts="c"
            aria-expanded=move || arranged.chat.get().to_string()
            on:click=move |_| arranged.chat.update(|open| *open = !*open)
        >
            {icon(Signal::stored(TALK))}
            <span class="chat-news" aria-hidden="true" hidden=move || unread.get() == 0>
                {move || unread.get().min(99)}
            </span>
        </button>
    };
    Ok(view.into_any())
}

fn is_full(arranged: Arrangement) -> bool {
    arranged.filled.get_untracked() || web::is_full_screen()
}

fn face_stage(session: WatchSession) {
    if let Some(scene) = session.scene.try_get_untracked().flatten() {
        web::focus_in_place(&scene);
    }
}

/// Puts the focus where one writes.
fn write() {
    let field = document().get_element_by_id(FIELD);
    if let Some(field) = field.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = field.focus();
    }
}

/// Tells the style sheet what a phone's keyboard leaves to be seen, until the effect that is running is
/// cleaned up: browsers lay it over the page.
fn follow_keyboard() {
    let seen = web::get(&window(), "visualViewport");
    if !seen.is_object() {
        return;
    }
    let tell = {
        let seen = seen.clone();
        move || {
            let Some(root) = document().document_element() else { return };
            let style = HtmlElement::style(root.unchecked_ref());
            for (name, key) in [("--seen", "height"), ("--seen-top", "offsetTop")] {
                let pixels = web::get(&seen, key).as_f64().unwrap_or_default();
                let _ = style.set_property(name, &format!("{}px", pixels.floor() as i32));
            }
        }
    };
    tell();
    let listener = web::listen(&seen, &["resize", "scroll"], tell);
    on_cleanup(move || drop(listener));
}
