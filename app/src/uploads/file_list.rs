//! List of a room's files: pictures, sound and video in place, all else as a link.

use std::collections::BTreeSet;

use bandstand_domain::{
    RoomId,
    uploads::{FileKind, RoomFile, RoomFileId},
};
use leptos::{prelude::*, task::spawn_local};

use super::{api::remove_files, lightbox::Lightbox, room_files::KnownFiles};
use crate::{
    t,
    ui::{Confirm, LocalTime, Toaster, write_bytes},
};

/// List of a room's files.
#[component]
pub(super) fn FileList(
    /// The files.
    known: KnownFiles,
) -> impl IntoView {
    let chosen = RwSignal::new(BTreeSet::new());
    let shown = RwSignal::new(None::<RoomFileId>);
    // What is gone isn't chosen any more.
    Effect::new(move || {
        let there: BTreeSet<_> = known.files.with(|files| files.iter().map(|it| it.id).collect());
        if chosen.with_untracked(|ids: &BTreeSet<RoomFileId>| !ids.is_subset(&there)) {
            chosen.update(|ids| ids.retain(|id| there.contains(id)));
        }
    });
    let row = move |file: RoomFile| view! { <Row known file chosen shown/> };
    let is_empty = Memo::new(move |_| {
        known.files.with(Vec::is_empty)
            && !known.is_loading.get()
            && known.refused.with(Option::is_none)
    });
    view! {
        <Removal chosen on_removed=Callback::new(move |gone: Vec<RoomFileId>| known.forget(&gone))/>
        <ul role="list" class="files">
            <For each=move || known.files.get() key=|file| file.id children=row/>
        </ul>
        <Show when=move || is_empty.get()><p class="soft">{t!(uploads.none)}</p></Show>
        {move || known.refused.get().map(|words| view! {
            <p class="notice bad" role="status">
                {words}
                <button class="button" type="button" on:click=move |_| known.load()>{t!(ui.try_again)}</button>
            </p>
        })}
        <Show when=move || known.page.with(|page| page.more)>
            <button
                class="button" type="button" aria-busy=move || known.is_loading.get().then_some("true")
                on:click=move |_| known.load_older()
            >
                {t!(uploads.older)}
            </button>
        </Show>
        <Lightbox known shown/>
    }
    .into_any()
}

/// Removes what is chosen, after asking.
#[component]
pub(super) fn Removal(
    /// What is chosen.
    chosen: RwSignal<BTreeSet<RoomFileId>>,
    /// Called with what is removed.
    on_removed: Callback<Vec<RoomFileId>>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let (asking, pending) = (RwSignal::new(false), RwSignal::new(false));
    let count = move || chosen.with(BTreeSet::len);
    let remove = Callback::new(move |()| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        let ids: Vec<_> = chosen.get_untracked().into_iter().collect();
        spawn_local(async move {
            match remove_files(ids.clone()).await {
                Ok(()) => {
                    toaster.say(t!(uploads.removed, count = ids.len()));
                    chosen.try_set(BTreeSet::new());
                    on_removed.try_run(ids);
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
            pending.try_set(false);
        });
    });
    view! {
        <Show when=move || count() != 0>
            <div class="row removal">
                <p role="status">{move || t!(uploads.chosen, count = count())}</p>
                <button
                    class="button danger" type="button" aria-busy=move || pending.get().then_some("true")
                    on:click=move |_| asking.set(true)
                >
                    {t!(uploads.remove_chosen)}
                </button>
                <button class="button quiet" type="button" on:click=move |_| chosen.set(BTreeSet::new())>{t!(uploads.choose_none)}</button>
            </div>
        </Show>
        <Confirm open=asking question=t!(uploads.remove_question) yes=t!(uploads.remove_chosen) on_yes=remove>
            <p>{t!(uploads.remove_why)}</p>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Row(
    known: KnownFiles,
    file: RoomFile,
    chosen: RwSignal<BTreeSet<RoomFileId>>,
    shown: RwSignal<Option<RoomFileId>>,
) -> impl IntoView {
    let (id, room) = (file.id, known.room);
    let person = file.person.clone();
    let may_remove = Memo::new(move |_| {
        known.page.with(|page| page.moderates || page.viewer.as_ref() == Some(&person))
    });
    let label = t!(uploads.choose_file, name = file.name.clone());
    let (name, saved) = (file.name.clone(), file.name.clone());
    let path = file.path(room);
    let content = in_place(room, &file, shown);
    let to_message = file.message.zip(known.to_message).map(|(message, to)| {
        view! {
            <button class="button quiet" type="button" on:click=move |_| to.run(message)>
                {t!(attaching.to_message)}
            </button>
        }
    });
    view! {
        <li>
            {content}
            <p dir="auto"><a href=path rel="external" download=saved>{name}</a></p>
            <p class="soft small">
                {write_bytes(file.bytes)} " · " <bdi>{file.author}</bdi> " · " <LocalTime at=file.at fallback=""/>
            </p>
            {to_message}
            <Show when=move || may_remove.get()>
                <input
                    type="checkbox" aria-label=label.clone()
                    prop:checked=move || chosen.with(|ids| ids.contains(&id))
                    on:change=move |event| {
                        let is_chosen = event_target_checked(&event);
                        chosen.update(|ids| if is_chosen { ids.insert(id); } else { ids.remove(&id); });
                    }
                />
            </Show>
        </li>
    }
    .into_any()
}

/// A file in place: a picture in its small version, which opens the large one, sound and video to be played; nothing of
/// others.
pub(super) fn in_place(
    room: RoomId,
    file: &RoomFile,
    shown: RwSignal<Option<RoomFileId>>,
) -> AnyView {
    let (id, path) = (file.id, file.path(room));
    match file.kind {
        FileKind::Picture => {
            let (name, words) = (file.name.clone(), t!(uploads.enlarge, name = file.name.clone()));
            let (width, height) = file.size.unzip();
            view! {
                <button class="picture" type="button" aria-label=words on:click=move |_| shown.set(Some(id))>
                    <img
                        src=file.small(room) alt=name loading="lazy"
                        width=width.map(|it| it.to_string()) height=height.map(|it| it.to_string())
                    />
                </button>
            }
            .into_any()
        }
        FileKind::Audio => view! { <audio controls preload="none" src=path></audio> }.into_any(),
        FileKind::Video => {
            view! { <video controls preload="metadata" playsinline src=path></video> }.into_any()
        }
        FileKind::Other => ().into_any(),
    }
}
