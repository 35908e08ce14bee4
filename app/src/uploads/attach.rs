//! Files of the message that is being written: chosen by a button, by a drop onto the chat, or pasted.

use bandstand_domain::{
    chat::{ChatPlace, MAX_FILES},
    uploads::RoomFileId,
};
use leptos::{
    ev, html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use web_sys::FileList;

use super::{
    api::remove_files,
    carried::carried,
    queue::UploadQueue,
    queue_view::QueueView,
    room_files::{files_in, is_in_chat},
};
use crate::{
    chat::{AttachedFile, ChatHandle, FileTools},
    t,
    ui::Toaster,
    web,
};

/// Loads what attaches files to messages of a room, and shows those of a message.
pub fn load_file_tools(chat: ChatHandle, may_share: Signal<bool>) {
    Effect::new(move || {
        spawn_local(async move {
            // Without them one writes and reads all the same.
            if let Ok(tools) = tools(may_share).await {
                let _ = chat.attaching().tools.try_set(Some(tools));
            }
        });
    });
}

#[wasm_split(attach, wasm_split_path = ::leptos::wasm_split, fallible)]
fn tools(may_share: Signal<bool>) -> Result<FileTools, SplitLoaderError> {
    Ok(FileTools { may_share, attach, carried })
}

fn attach(chat: ChatHandle, tools: FileTools, field: NodeRef<html::Textarea>) -> AnyView {
    let ChatPlace::Room(room) = chat.place() else { return ().into_any() };
    let (attaching, toaster) = (chat.attaching(), Toaster::expect());
    let on_there = Callback::new(move |(id, name): (RoomFileId, String)| {
        attaching.files.update(|files| files.push(AttachedFile { id, name }));
    });
    let queue = UploadQueue::for_message(room, on_there);
    Effect::new(move || {
        let coming = queue.files.with(Vec::len);
        attaching.coming.set(coming);
        if coming == 0 {
            attaching.is_early.set(false);
        }
    });
    let take = move |files: &FileList| {
        for number in 0..files.length() {
            let count = |it: usize| it + attaching.files.with_untracked(Vec::len);
            if count(queue.files.with_untracked(Vec::len)) >= MAX_FILES {
                toaster.say(t!(attaching.too_many, most = MAX_FILES));
                break;
            }
            if let Some(file) = files.get(number) {
                queue.add(file);
            }
        }
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let choose = move |event: ev::Event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(files) = input.files() {
            take(&files);
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let over = take_dropped(tools.may_share, take);
    let leave_out = move |id: RoomFileId| {
        attaching.files.update(|files| files.retain(|it| it.id != id));
        spawn_local(async move {
            // What stays is gone after a day.
            drop(remove_files(vec![id]).await);
        });
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let there = move |file: AttachedFile| {
        let (id, name) = (file.id, file.name);
        let words = t!(attaching.leave_out, name = name.clone());
        view! {
            <li>
                <span dir="auto">{name}</span>
                <button type="button" class="chat-unpin" aria-label=words.clone() title=words on:click=move |_| leave_out(id)>
                    <span aria-hidden="true">"×"</span>
                </button>
            </li>
        }
    };
    view! {
        <Show when=move || over.get()><p class="chat-over-files">{t!(attaching.over)}</p></Show>
        <div class="chat-attached">
            <QueueView queue/>
            <ul role="list" aria-label=t!(attaching.files)>
                <For each=move || attaching.files.get() key=|it| it.id children=there/>
            </ul>
            <p class="chat-complaint" role="alert">
                {move || attaching.is_early.get().then(|| t!(attaching.not_yet))}
            </p>
        </div>
        <Show when=move || tools.may_share.get()>
            <label class="chat-attach" title=t!(attaching.choose)>
                <input
                    class="unseen" type="file" multiple aria-label=t!(attaching.choose)
                    on:change=choose
                />
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path
                        fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
                        d="M20 11.5 12.5 19a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7-7"
                    />
                </svg>
            </label>
        </Show>
    }
    .into_any()
}

/// Takes files that are dropped onto the chat or pasted there; true while some are held over it.
fn take_dropped(
    may_share: Signal<bool>,
    take: impl Fn(&FileList) + Copy + 'static,
) -> RwSignal<bool> {
    let over = RwSignal::new(false);
    let is_here = move |event: &ev::DragEvent| {
        let kinds = web::get_in(&web::get(event, "dataTransfer"), "types");
        let kinds = kinds.and_then(|it| it.dyn_into::<js_sys::Array>().ok());
        let brings_files = kinds.is_some_and(|kinds| {
            kinds.iter().any(|it| it.as_string().is_some_and(|it| it.eq_ignore_ascii_case("files")))
        });
        brings_files && may_share.get_untracked() && is_in_chat(event.target())
    };
    let dragged = window_event_listener(ev::dragover, move |event| {
        let here = is_here(&event);
        if here {
            event.prevent_default();
        }
        if over.get_untracked() != here {
            over.set(here);
        }
    });
    let left = window_event_listener(ev::dragleave, move |event| {
        if event.related_target().is_none() {
            over.set(false);
        }
    });
    let dropped = window_event_listener(ev::drop, move |event| {
        over.set(false);
        let files = files_in(&event, "dataTransfer").filter(|_| is_here(&event));
        if let Some(files) = files {
            event.prevent_default();
            take(&files);
        }
    });
    let pasted = window_event_listener(ev::paste, move |event| {
        let here = may_share.get_untracked() && is_in_chat(event.target());
        if let Some(files) = files_in(&event, "clipboardData").filter(|_| here) {
            event.prevent_default();
            take(&files);
        }
    });
    on_cleanup(move || {
        dragged.remove();
        left.remove();
        dropped.remove();
        pasted.remove();
    });
    over
}
