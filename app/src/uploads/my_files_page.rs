//! One's own files in all rooms, and the room that they take.

use std::collections::BTreeSet;

use bandstand_domain::uploads::{OwnFile, OwnFiles, RoomFileId};
use leptos::prelude::*;

use super::{api::load_own_files, file_list::Removal};
use crate::{
    t,
    ui::{About, LocalTime, write_bytes},
    viewer::AccountNeeded,
};

/// One's own files.
#[component]
pub fn MyFilesPage() -> impl IntoView {
    let page = |_| view! { <MyFiles/> }.into_any();
    view! {
        <About title=t!(uploads.my_files) description=t!(uploads.about_my_files)/>
        <AccountNeeded children=Callback::new(page)/>
    }
    .into_any()
}

#[component]
fn MyFiles() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_own_files());
    let list = move || {
        Some(match loaded.get()? {
            Ok(files) => {
                let reload = Callback::new(move |_: Vec<RoomFileId>| loaded.refetch());
                view! { <Own files reload/> }.into_any()
            }
            Err(refused) => view! {
                <p class="notice bad">
                    {refused.to_string()}
                    <button class="button" type="button" on:click=move |_| loaded.refetch()>{t!(ui.try_again)}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page dashboard">
            <div class="head"><h1>{t!(uploads.my_files)}</h1></div>
            <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{list}</Transition>
        </section>
    }
    .into_any()
}

#[component]
fn Own(files: OwnFiles, reload: Callback<Vec<RoomFileId>>) -> impl IntoView {
    let chosen = RwSignal::new(BTreeSet::new());
    let used = write_bytes(files.used);
    let words = match files.most {
        None => t!(uploads.used, used = used),
        Some(most) => {
            let left = write_bytes(most.saturating_sub(files.used));
            t!(uploads.used_of, used = used, most = write_bytes(most), left = left)
        }
    };
    let meter = files.most.map(|most| {
        let [used, most, high] = [files.used, most, most / 10 * 9].map(|it| it.to_string());
        view! { <meter aria-labelledby="own-files" min="0" max=most high=high value=used></meter> }
    });
    if files.files.is_empty() {
        return view! {
            <div class="storage"><p id="own-files">{words}</p> {meter}</div>
            <p class="soft">{t!(uploads.none_of_mine)}</p>
        }
        .into_any();
    }
    let rows = files.files.into_iter().map(|own| view! { <Row own chosen/> });
    view! {
        <div class="storage"><p id="own-files">{words}</p> {meter}</div>
        <Removal chosen on_removed=reload/>
        <ul role="list">{rows.collect_view()}</ul>
    }
    .into_any()
}

#[component]
fn Row(own: OwnFile, chosen: RwSignal<BTreeSet<RoomFileId>>) -> impl IntoView {
    let OwnFile { room, title, file, stored } = own;
    let id = file.id;
    let label = t!(uploads.choose_file, name = file.name.clone());
    let path = file.path(room);
    view! {
        <li class="own-file">
            <input
                type="checkbox" aria-label=label
                prop:checked=move || chosen.with(|ids| ids.contains(&id))
                on:change=move |event| {
                    let is_chosen = event_target_checked(&event);
                    chosen.update(|ids| if is_chosen { ids.insert(id); } else { ids.remove(&id); });
                }
            />
            <div class="what">
                <h2 dir="auto"><a href=path rel="external" download=file.name.clone()>{file.name.clone()}</a></h2>
                <p class="soft small">
                    // Without a title it is in a room that one has left.
                    {write_bytes(stored)} {(!title.is_empty()).then(|| view! { " · " <bdi>{title}</bdi> })} " · " <LocalTime at=file.at fallback=""/>
                </p>
            </div>
        </li>
    }
    .into_any()
}
