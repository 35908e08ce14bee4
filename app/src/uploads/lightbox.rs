//! Pictures of a room in their large version, one after the other.

use bandstand_domain::uploads::{FileKind, RoomFile, RoomFileId};
use leptos::{ev, html, prelude::*};

use super::room_files::KnownFiles;
use crate::{t, ui::modal_while};

/// Dialog with the picture that is shown.
#[component]
pub(super) fn Lightbox(
    /// The files, the pictures among them.
    known: KnownFiles,
    /// The picture that is shown.
    shown: RwSignal<Option<RoomFileId>>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let picture = Memo::new(move |_| {
        let id = shown.get()?;
        known.files.with(|files| files.iter().find(|it| it.id == id).cloned())
    });
    let open = Signal::derive(move || picture.with(Option::is_some));
    let on_close = modal_while(dialog, open, move || shown.set(None));
    let beside = move |step: isize| {
        known.files.with(|files| {
            let pictures: Vec<_> = files.iter().filter(|it| it.kind == FileKind::Picture).collect();
            let at = pictures.iter().position(|it| Some(it.id) == shown.get())?;
            pictures.get(at.checked_add_signed(step)?).map(|it| it.id)
        })
    };
    let go = move |step: isize| {
        if let Some(id) = untrack(|| beside(step)) {
            shown.set(Some(id));
        }
    };
    let keys = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "ArrowLeft" => go(-1),
        "ArrowRight" => go(1),
        _ => {}
    };
    let room = known.room;
    let image = move |file: RoomFile| {
        let (path, name) = (file.path(room), file.name.clone());
        let save = t!(uploads.save, name = file.name.clone());
        view! {
            <img src=file.large(room) alt=file.name/>
            <p dir="auto"><a href=path rel="external" download=name>{save}</a></p>
        }
    };
    view! {
        <dialog class="lightbox" node_ref=dialog aria-label=t!(uploads.picture) on:close=on_close on:keydown=keys>
            {move || picture.get().map(image)}
            <div class="actions">
                <button class="button" type="button" prop:disabled=move || beside(-1).is_none() on:click=move |_| go(-1)>{t!(uploads.newer_picture)}</button>
                <button class="button" type="button" prop:disabled=move || beside(1).is_none() on:click=move |_| go(1)>{t!(uploads.older_picture)}</button>
                <button class="button primary" type="button" autofocus on:click=move |_| shown.set(None)>{t!(uploads.close)}</button>
            </div>
        </dialog>
    }
    .into_any()
}
