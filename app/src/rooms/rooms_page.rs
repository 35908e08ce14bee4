//! Rooms of one's own, public rooms, and a new one.

use std::time::Duration;

use bandstand_domain::{
    accounts::Viewer,
    chat::RoomUnread,
    rooms::{OwnRoom, OwnRooms, RoomList, RoomListing, RoomReason},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    api::{load_own_rooms, load_public_rooms, make_room},
    form::RoomFields,
    path::room_path,
};
use crate::{
    chat::reading_api::load_unread,
    failure::Failed,
    people::Portrait,
    t,
    ui::{About, Form, FormState, Submit, Unsaved},
    viewer::AccountNeeded,
};

/// Pause in typing after which words are searched for.
const SEARCH_PAUSE: Duration = Duration::from_millis(300);

/// Rooms of one's own, and public rooms.
#[component]
pub fn RoomsPage() -> impl IntoView {
    let own = Resource::new(|| (), |()| load_own_rooms());
    let mine = move || {
        Some(match own.get()? {
            Ok(own) => view! { <Own own/> }.into_any(),
            Err(refused) => view! { <p class="notice bad">{refused.to_string()}</p> }.into_any(),
        })
    };
    view! {
        <About title=t!(rooms.rooms) description=t!(rooms.about)/>
        <section class="page stack rooms-page">
            <div class="head">
                <h1>{t!(rooms.rooms)}</h1>
                <Transition>
                    {move || own.get().and_then(Result::ok).filter(|own| own.may_make).map(|_| {
                        view! { <a class="button primary" href="/rooms/new">{t!(rooms.make)}</a> }
                    })}
                </Transition>
            </div>
            <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{mine}</Transition>
            <Public/>
        </section>
    }
    .into_any()
}

#[component]
fn Own(own: OwnRooms) -> impl IntoView {
    let (archived, current): (Vec<_>, Vec<_>) = own.rooms.into_iter().partition(|it| it.archived);
    let unread = RwSignal::new(Vec::<RoomUnread>::new());
    Effect::new(move || {
        spawn_local(async move {
            if let Ok(counts) = load_unread().await {
                unread.try_set(counts);
            }
        });
    });
    let list = |rooms: Vec<OwnRoom>| {
        let rows = rooms.into_iter().map(|room| own_card(room, unread)).collect_view();
        view! { <ul class="room-cards" role="list">{rows}</ul> }.into_any()
    };
    let none = current.is_empty() && archived.is_empty();
    view! {
        <p><a href="/rooms/files">{t!(uploads.my_files)}</a></p>
        {none.then(|| view! { <p class="soft">{t!(rooms.none)}</p> })}
        {(!none).then(|| view! { <h2>{t!(rooms.mine)}</h2> })}
        {(!current.is_empty()).then(|| list(current))}
        {(!archived.is_empty()).then(|| view! {
            <details><summary>{t!(rooms.archived)}</summary>{list(archived)}</details>
        })}
    }
    .into_any()
}

fn own_card(own: OwnRoom, unread: RwSignal<Vec<RoomUnread>>) -> AnyView {
    let id = own.room.id;
    let count = Memo::new(move |_| {
        unread.with(|all| all.iter().find(|it| it.room == id).map(|it| it.count as usize))
    });
    let unread = move || {
        count.get().map(|count| {
            let text = if count < 100 {
                t!(rooms.unread, count = count)
            } else {
                t!(rooms.many_unread).into()
            };
            view! { <span class="badge live-count">{text}</span> }
        })
    };
    let knocks = (own.knocks > 0).then(|| {
        view! { <span class="badge">{t!(rooms.knocks, count = own.knocks as usize)}</span> }
    });
    let kind = if own.public { t!(rooms.is_public) } else { t!(rooms.is_invited) };
    card(own.room, view! { <span class="small soft">{kind}</span> {unread} {knocks} }.into_any())
}

/// A room with its picture, its name, and `more`.
fn card(room: RoomListing, more: AnyView) -> AnyView {
    let members = t!(rooms.members_count, count = room.members as usize);
    view! {
        <li>
            <a class="room-card" href=room_path(&room.address)>
                <Portrait picture=room.picture name=room.title.clone()/>
                <span class="room-card-text">
                    <strong dir="auto">{room.title}</strong>
                    <span class="small soft" dir="auto">{room.description}</span>
                    <span class="row small"><span class="soft">{members}</span>{more}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

#[component]
fn Public() -> impl IntoView {
    let words = RwSignal::new(String::new());
    let typed = RwSignal::new(String::new());
    let first = Resource::new(move || words.get(), |words| load_public_rooms(words, 0));
    let mut search = debounce(SEARCH_PAUSE, move |text: String| {
        words.try_set(text);
    });
    let list = move || {
        Some(match first.get()? {
            Ok(list) => view! { <Found list words=words.get_untracked()/> }.into_any(),
            Err(refused) => view! { <p class="notice bad">{refused.to_string()}</p> }.into_any(),
        })
    };
    view! {
        <div class="head">
            <h2>{t!(rooms.public)}</h2>
            <div class="field">
                <label class="unseen" for="room-search">{t!(rooms.search)}</label>
                <input
                    class="input" id="room-search" type="search" maxlength="80" placeholder=t!(rooms.search)
                    prop:value=typed
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        typed.set(text.clone());
                        search(text);
                    }
                />
            </div>
        </div>
        <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{list}</Transition>
    }
    .into_any()
}

/// Public rooms that were found, and a way to more.
#[component]
fn Found(list: RoomList, words: String) -> impl IntoView {
    let none = list.rooms.is_empty();
    let (rooms, more) = (RwSignal::new(list.rooms), RwSignal::new(list.more));
    let failed = RwSignal::new(None::<Failed<RoomReason>>);
    let empty = if words.is_empty() { t!(rooms.no_public) } else { t!(rooms.nothing_found) };
    let load = move |_| {
        let (words, skipped) = (words.clone(), rooms.with_untracked(Vec::len));
        spawn_local(async move {
            match load_public_rooms(words, u32::try_from(skipped).unwrap_or(u32::MAX)).await {
                Ok(list) => {
                    rooms.try_update(|rooms| {
                        let known = |new: &RoomListing| rooms.iter().any(|it| it.id == new.id);
                        let new: Vec<_> = list.rooms.into_iter().filter(|it| !known(it)).collect();
                        rooms.extend(new);
                    });
                    more.try_set(list.more);
                    failed.try_set(None);
                }
                Err(refused) => drop(failed.try_set(Some(refused))),
            }
        });
    };
    view! {
        <p class="soft" role="status">{none.then_some(empty)}</p>
        <ul class="room-cards" role="list">
            <For each=move || rooms.get() key=|room| room.id children=|room| card(room, ().into_any())/>
        </ul>
        {move || failed.get().map(|why| view! { <p class="notice bad">{why.to_string()}</p> })}
        <Show when=move || more.get()>
            <button class="button" type="button" on:click=load.clone()>{t!(rooms.more)}</button>
        </Show>
    }
    .into_any()
}

/// Form of a new room.
#[component]
pub fn NewRoomPage() -> impl IntoView {
    view! {
        <About title=t!(rooms.make) description=t!(rooms.about)/>
        <AccountNeeded children=Callback::new(|_: Viewer| view! { <New/> }.into_any())/>
    }
    .into_any()
}

#[component]
fn New() -> impl IntoView {
    let state = FormState::default();
    let fields = RoomFields::empty();
    let navigate = use_navigate();
    // Gone with the page: whoever has left it meanwhile stays where they are.
    let onward = Callback::new(move |address: String| {
        navigate(
            &room_path(&address),
            leptos_router::NavigateOptions { replace: true, ..Default::default() },
        );
    });
    let send = move |()| {
        let form = fields.form();
        state.send(form.clone().tidied().check(), make_room(form), move |made| {
            onward.try_run(made.address);
        });
    };
    view! {
        <section class="page narrow stack">
            <h1>{t!(rooms.make)}</h1>
            <div class="panel">
                <Form state on_send=Callback::new(send)>
                    {fields.view(state, t!(rooms.form.address_hint))}
                    <div class="ends">
                        <Submit state label=t!(rooms.make)/>
                        <a class="button quiet" href="/rooms">{t!(ui.cancel)}</a>
                        <Unsaved state/>
                    </div>
                </Form>
            </div>
        </section>
    }
    .into_any()
}
