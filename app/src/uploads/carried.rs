//! Files that a message carries.

use bandstand_domain::{
    RoomId,
    chat::{CarriedFile, ChatMessage, ChatPlace},
    uploads::RoomFileId,
};
use leptos::prelude::*;

use super::{file_list::in_place, lightbox::Lightbox, room_files::KnownFiles};
use crate::{chat::ChatHandle, t, ui::write_bytes};

/// Files of a message: pictures small, sound and video to be played, all else to be saved; and those that are gone.
pub(super) fn carried(chat: ChatHandle, message: &ChatMessage) -> AnyView {
    let ChatPlace::Room(room) = chat.place() else { return ().into_any() };
    let files = chat.carried(message);
    let shown = RwSignal::new(None::<RoomFileId>);
    let known = KnownFiles::new(room, None);
    // The latest first, as in the room's list.
    Effect::new(move || {
        let there =
            files.with(|files| files.iter().rev().filter_map(|it| it.file.clone()).collect());
        known.files.set(there);
    });
    // A dialog for each message would be many: it is made when it is opened first.
    let opened = Memo::new(move |before: Option<&bool>| {
        before.is_some_and(|before| *before) || shown.with(Option::is_some)
    });
    view! {
        <ul role="list" class="chat-files">
            <For
                each=move || files.get()
                key=|it| (it.id, it.file.is_some())
                children=move |it| row(room, it, shown)
            />
        </ul>
        <Show when=move || opened.get()><Lightbox known shown/></Show>
    }
    .into_any()
}

fn row(room: RoomId, carried: CarriedFile, shown: RwSignal<Option<RoomFileId>>) -> AnyView {
    let Some(file) = carried.file else {
        return view! { <li><p class="soft small">{t!(attaching.gone)}</p></li> }.into_any();
    };
    let (content, path, size) =
        (in_place(room, &file, shown), file.path(room), write_bytes(file.bytes));
    let (name, saved) = (file.name.clone(), file.name);
    view! {
        <li>
            {content}
            <p class="small" dir="auto">
                <a href=path rel="external" download=saved>{name}</a> " " <span class="soft">{size}</span>
            </p>
        </li>
    }
    .into_any()
}
