//! What its owner decides about a room, and whom its members invite.

use bandstand_domain::{
    Refusal, RoomId,
    accounts::Viewer,
    people::Picture,
    rooms::{Room, RoomAnswer, RoomPage, RoomRole},
};
use futures::FutureExt;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{
    api::{archive_room, change_room, delete_room, find_room, remove_room_picture},
    bans::Bans,
    form::RoomFields,
    invitations::Invitations,
    path::{room_in_address, room_path},
    room_page::Absent,
};
use crate::{
    failure::Failed,
    people::Portrait,
    pictures::{PictureChoice, PictureTarget, PictureView, picture_field},
    t,
    ui::{
        About, Confirm, DeleteButton, DeleteWords, Form, FormState, Submit, Toaster, Unsaved, later,
    },
    viewer::{AccountNeeded, Onward},
};

/// The settings of the room at the address.
#[component]
pub fn RoomSettingsPage() -> impl IntoView {
    view! {
        <AccountNeeded children=Callback::new(|_: Viewer| view! { <Loaded/> }.into_any())/>
    }
    .into_any()
}

#[component]
fn Loaded() -> impl IntoView {
    let name = room_in_address();
    let loaded = Resource::new(
        move || name.get(),
        |name| async move { (name.clone(), find_room(name).await) },
    );
    let again = Callback::new(move |()| loaded.refetch());
    let page = move || {
        Some(match loaded.get()? {
            (asked, Ok(RoomAnswer::Inside(page))) if page.room.address != asked => {
                let to = format!("{}/settings", room_path(&page.room.address));
                view! { <Onward to/> }.into_any()
            }
            (_, Ok(RoomAnswer::Inside(page))) if page.role > RoomRole::Guest => {
                view! { <Settings page again/> }.into_any()
            }
            // From outside there is nothing to be set.
            (_, Ok(RoomAnswer::Inside(_) | RoomAnswer::Outside(_))) => {
                view! { <Absent why=Refusal::Forbidden again/> }.into_any()
            }
            (_, Err(Failed(why))) => view! { <Absent why again/> }.into_any(),
        })
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{page}</Transition> }
        .into_any()
}

#[component]
fn Settings(page: RoomPage, again: Callback<()>) -> impl IntoView {
    let RoomPage { room, role, .. } = page;
    let id = room.id;
    let owner = (role == RoomRole::Owner).then(|| view! { <Owners room=room.clone() again/> });
    view! {
        <About title=room.title.clone() description=""/>
        <section class="page narrow stack">
            <div class="head">
                <h1 dir="auto">{room.title.clone()}</h1>
                <a class="button" href=room_path(&room.address)>{t!(rooms.back)}</a>
            </div>
            <Invitations room=id/>
            {owner}
            {role.moderates().then(|| view! { <Bans room=id/> })}
        </section>
    }
    .into_any()
}

/// Settings that owners alone decide.
#[component]
fn Owners(room: Room, again: Callback<()>) -> impl IntoView {
    let id = room.id;
    let state = FormState::default();
    let fields = RoomFields::existing(&room);
    let toaster = Toaster::expect();
    let navigate = use_navigate();
    let before = room.address.clone();
    let moved = Callback::new(move |address: String| {
        if address == before {
            return again.run(());
        }
        let to = format!("{}/settings", room_path(&address));
        navigate(&to, NavigateOptions { replace: true, ..Default::default() });
    });
    let send = move |()| {
        let form = fields.form();
        state.send(form.clone().tidied().check(), change_room(id, form), move |room| {
            toaster.say(t!(rooms.saved));
            moved.try_run(room.address);
        });
    };
    let (picture, choice) = (RwSignal::new(room.picture.clone()), PictureChoice::default());
    let title = room.title.clone();
    let archived = room.archived_at.is_some();
    view! {
        <section class="panel stack">
            <h2>{t!(rooms.settings)}</h2>
            <Form state on_send=Callback::new(send)>
                {fields.view(state, t!(rooms.form.address_change))}
                <div class="ends"><Submit state label=t!(rooms.save)/> <Unsaved state/></div>
            </Form>
            {later(move || picture_of(id, title.clone(), picture, choice))}
        </section>
        <section class="panel stack">
            <h2>{t!(rooms.end)}</h2>
            <Archive room=id archived/>
            <Delete room=id/>
        </section>
    }
    .into_any()
}

/// The picture of a room, and how to change it: a part that is loaded later.
#[wasm_split(picture, wasm_split_path = ::leptos::wasm_split, fallible)]
fn picture_of(
    id: RoomId,
    title: String,
    picture: RwSignal<Option<Picture>>,
    choice: PictureChoice,
) -> Result<AnyView, SplitLoaderError> {
    let toaster = Toaster::expect();
    let on_change = Callback::new(move |()| toaster.say(t!(rooms.picture_changed)));
    let on_remove = Callback::new(move |()| {
        spawn_local(async move {
            match remove_room_picture(id).await {
                Ok(()) => {
                    picture.try_set(None);
                    toaster.say(t!(rooms.picture_removed));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    });
    let target =
        PictureTarget { id: "room-picture", address: format!("/rooms/{id}/picture"), side: 640 };
    let shown: PictureView = Box::new(move |picture| {
        view! { <Portrait picture name=title.clone() large=true/> }.into_any()
    });
    Ok(picture_field(t!(rooms.picture), target, picture, choice, shown, on_change, on_remove))
}

#[component]
fn Archive(room: RoomId, archived: bool) -> impl IntoView {
    let toaster = Toaster::expect();
    let asking = RwSignal::new(false);
    let archived = RwSignal::new(archived);
    let set = move |wanted: bool| {
        spawn_local(async move {
            match archive_room(room, wanted).await {
                Ok(()) => {
                    toaster.say(if wanted { t!(rooms.was_archived) } else { t!(rooms.was_opened) });
                    archived.try_set(wanted);
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let press = move |_| if archived.get_untracked() { set(false) } else { asking.set(true) };
    view! {
        <p>{move || if archived.get() { t!(rooms.archive_is) } else { t!(rooms.archive_means) }}</p>
        <button class="button" type="button" on:click=press>
            {move || if archived.get() { t!(rooms.open_again) } else { t!(rooms.archive) }}
        </button>
        <Confirm
            open=asking question=t!(rooms.archive_question) yes=t!(rooms.archive)
            on_yes=Callback::new(move |()| set(true))
        >
            <p>{t!(rooms.archive_means)}</p>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Delete(room: RoomId) -> impl IntoView {
    let navigate = use_navigate();
    let away = Callback::new(move |()| navigate("/rooms", Default::default()));
    let words = DeleteWords {
        button: t!(rooms.delete),
        question: t!(rooms.delete_question),
        why: t!(rooms.delete_means),
        yes: t!(rooms.delete_yes),
        no: t!(ui.cancel),
        deleted: t!(rooms.deleted),
    };
    let delete =
        move |()| async move { delete_room(room).await.map_err(|it| it.to_string()) }.boxed_local();
    view! {
        <p>{t!(rooms.delete_means)}</p>
        <DeleteButton words delete=Callback::new(delete) on_deleted=away/>
    }
    .into_any()
}
