//! Files of a room: shared, seen, heard, taken along, removed.

use bandstand_domain::{
    RoomId,
    channel::{Cursor, Event, Topic},
    chat::MessageId,
    uploads::{FilePage, RoomFile, RoomFileId, UploadEvent},
};
use leptos::{
    ev,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, EventTarget, FileList};

use super::{
    api::list_files, file_list::FileList as FileRows, queue::UploadQueue, queue_view::QueueView,
};
use crate::{
    channel::{Channel, Incoming},
    failure::Failed,
    t,
    ui::later,
    web,
};

/// Files of a room, and how to share more: a part that is loaded later.
#[component]
pub fn RoomFiles(
    /// The room.
    room: RoomId,
    /// The way to the message that carries a file.
    to_message: Callback<MessageId>,
) -> impl IntoView {
    later(move || files(room, to_message))
}

#[wasm_split(uploads, wasm_split_path = ::leptos::wasm_split, fallible)]
fn files(room: RoomId, to_message: Callback<MessageId>) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Files room to_message/> }.into_any())
}

/// Files of a room, as far as the page knows them.
#[derive(Clone, Copy)]
pub(super) struct KnownFiles {
    /// The room.
    pub room: RoomId,
    /// What the list says beside its files.
    pub page: RwSignal<FilePage>,
    /// The newest first.
    pub files: RwSignal<Vec<RoomFile>>,
    /// True until there is an answer.
    pub is_loading: RwSignal<bool>,
    /// The refusal of the list, in words.
    pub refused: RwSignal<Option<String>>,
    /// The event up to which the first answer knew the files: the room is followed from there.
    pub follow_from: RwSignal<Option<Cursor>>,
    /// The way to the message that carries a file.
    pub to_message: Option<Callback<MessageId>>,
}

impl KnownFiles {
    pub fn new(room: RoomId, to_message: Option<Callback<MessageId>>) -> Self {
        Self {
            room,
            page: RwSignal::default(),
            files: RwSignal::default(),
            is_loading: RwSignal::new(false),
            refused: RwSignal::new(None),
            follow_from: RwSignal::new(None),
            to_message,
        }
    }

    /// Asks for the newest files.
    pub fn load(self) {
        self.ask(None);
    }

    /// Asks for older files.
    pub fn load_older(self) {
        let last = self.files.with_untracked(|files| files.last().map(|file| file.position));
        self.ask(last);
    }

    fn ask(self, before: Option<i64>) {
        if self.is_loading.get_untracked() {
            return;
        }
        self.is_loading.set(true);
        self.refused.set(None);
        spawn_local(async move {
            let answer = list_files(self.room, before).await;
            if self.is_loading.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(mut page) => {
                    let (cursor, files) = (page.cursor, std::mem::take(&mut page.files));
                    self.files.update(|known| {
                        if before.is_none() {
                            known.clear();
                        }
                        for file in files {
                            insert(known, file);
                        }
                    });
                    self.page.set(page);
                    if self.follow_from.with_untracked(Option::is_none) {
                        self.follow_from.set(Some(cursor));
                    }
                }
                Err(Failed(refusal)) => self.refused.set(Some(crate::texts::told(&refusal))),
            }
        });
    }

    fn hear(self, event: UploadEvent) {
        match event {
            UploadEvent::FileShared { file } => {
                self.files.try_update(|files| insert(files, file));
            }
            UploadEvent::FileRemoved { file } => self.forget(&[file]),
        }
    }

    /// Forgets files that are gone.
    pub fn forget(self, gone: &[RoomFileId]) {
        self.files.try_update(|files| files.retain(|file| !gone.contains(&file.id)));
    }
}

/// Puts a file where it belongs, once.
fn insert(files: &mut Vec<RoomFile>, file: RoomFile) {
    if files.iter().all(|it| it.id != file.id) {
        let at = files.partition_point(|it| it.position > file.position);
        files.insert(at, file);
    }
}

#[component]
fn Files(room: RoomId, to_message: Callback<MessageId>) -> impl IntoView {
    let known = KnownFiles::new(room, Some(to_message));
    let queue = UploadQueue::new(room);
    // Followed once, whichever try was answered; what comes after a long absence is all of it anew.
    Effect::new(move || {
        let Some(cursor) = known.follow_from.get() else { return };
        let heard = move |incoming| match incoming {
            Incoming::Event(Event::Upload(event)) => known.hear(event),
            Incoming::Subscribed { reset: Some(_) } => known.load(),
            _ => {}
        };
        Channel::expect().follow(Topic::Room(room), Some(cursor), None, heard);
    });
    known.load();
    Effect::new(move || queue.max_bytes.set(known.page.with(|page| page.max_bytes)));
    let may_share = Memo::new(move |_| known.page.with(|page| page.may_share));
    view! {
        <section class="room-files stack" aria-labelledby="room-files">
            <h2 id="room-files">{t!(uploads.files)}</h2>
            <Show when=move || may_share.get()>
                <Choice queue/>
                <QueueView queue/>
            </Show>
            <FileRows known/>
        </section>
    }
    .into_any()
}

/// Three ways to choose files: a button, a drop, the clipboard.
#[component]
fn Choice(queue: UploadQueue) -> impl IntoView {
    let over = RwSignal::new(false);
    let take = move |files: &FileList| {
        for number in 0..files.length() {
            if let Some(file) = files.get(number) {
                queue.add(file);
            }
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
    let drop_files = move |event: ev::DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(files) = files_in(&event, "dataTransfer") {
            take(&files);
        }
    };
    let pasted = window_event_listener(ev::paste, move |event| {
        // What is pasted into a message is the message's.
        let files = files_in(&event, "clipboardData").filter(|_| !is_in_chat(event.target()));
        if let Some(files) = files {
            event.prevent_default();
            take(&files);
        }
    });
    on_cleanup(move || pasted.remove());
    view! {
        <div
            class="drop" class:over=over
            on:dragover=move |event| { event.prevent_default(); over.set(true) }
            on:dragleave=move |_| over.set(false)
            on:drop=drop_files
        >
            <label class="button primary" for="share-files">{t!(uploads.choose)}</label>
            <input
                class="unseen" id="share-files" type="file" multiple
                aria-describedby="share-files-hint" on:change=choose
            />
            <p class="hint" id="share-files-hint">
                {move || t!(uploads.hint, most = queue.max_bytes.get() / 1_000_000)}
            </p>
        </div>
    }
    .into_any()
}

/// Tells whether something is in the chat.
pub(super) fn is_in_chat(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|it| it.dyn_into::<Element>().ok());
    element.is_some_and(|it| it.closest(".chat").ok().flatten().is_some())
}

/// Files that an event brings; none where it brings something else.
pub(super) fn files_in(event: &JsValue, property: &str) -> Option<FileList> {
    let files: FileList = web::get_in(&web::get(event, property), "files")?.dyn_into().ok()?;
    (files.length() > 0).then_some(files)
}
