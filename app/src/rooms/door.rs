//! A room as it is seen from outside: joined, or knocked at.

use std::time::Duration;

use bandstand_domain::{
    Refusal,
    accounts::{Role, Viewer},
    refusal::Reason,
    rooms::{RoomAnswer, RoomDoor, RoomReason},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{find_room, join_room, knock_at_room},
    guest_name::GuestName,
    path::room_path,
};
use crate::{
    failure::Failed,
    people::Portrait,
    t,
    ui::{About, Form, FormState, Submit, every},
    viewer::{CurrentViewer, address_with_next},
};

/// Period in which somebody who waits asks whether they were let in.
const LOOK_AGAIN: Duration = Duration::from_secs(4);

/// The door of a room.
#[component]
pub(super) fn DoorView(
    /// The room from outside.
    door: RoomDoor,
    /// Asks anew how the viewer stands to the room.
    again: Callback<()>,
) -> impl IntoView {
    let title = door.about.as_ref().map_or_else(|| door.address.clone(), |it| it.title.clone());
    let picture = door.about.as_ref().and_then(|it| it.picture.clone());
    let about = door.about.clone().map(|it| {
        let members = t!(rooms.members_count, count = it.members as usize);
        view! {
            <p class="description" dir="auto">{it.description}</p>
            <p class="small soft">{members}</p>
        }
    });
    let summary = door.about.as_ref().map(|it| it.description.clone()).unwrap_or_default();
    let closed =
        door.about.is_none().then(|| view! { <p class="lead">{t!(rooms.door.closed)}</p> });
    view! {
        <About title=title.clone() description=summary/>
        <section class="page narrow stack room-door">
            <div class="row">
                <Portrait picture name=title.clone()/>
                <h1 dir="auto">{title}</h1>
            </div>
            {about}
            {closed}
            <Transition>{
                let door = door.clone();
                move || Some(actions(door.clone(), CurrentViewer::expect().load()?, again))
            }</Transition>
        </section>
    }
    .into_any()
}

/// Ways for `viewer` at the door.
fn actions(door: RoomDoor, viewer: Option<Viewer>, again: Callback<()>) -> AnyView {
    let guest = viewer.as_ref().is_none_or(|viewer| viewer.role == Role::Guest);
    let next = room_path(&door.address);
    let log_in = guest.then(|| {
        view! {
            <p class="row">
                <a class="button" href=address_with_next("/log-in", &next)>{t!(accounts.log_in)}</a>
                <a class="button" href=address_with_next("/join", &next)>{t!(accounts.join)}</a>
            </p>
        }
    });
    let how = if door.banned {
        view! { <p class="notice bad">{t!(refusal.rooms.banned)}</p> }.into_any()
    } else if door.may_join {
        view! { <Join door=door.clone() again/> }.into_any()
    } else if door.has_knocked {
        view! { <Waiting door=door.clone() again/> }.into_any()
    } else if door.may_knock {
        view! { <KnockForm door=door.clone() named=viewer.is_some() again/> }.into_any()
    } else if door.about.is_some() && guest {
        view! { <p class="notice">{t!(rooms.door.account_needed)}</p> }.into_any()
    } else {
        view! { <p class="notice">{t!(rooms.door.invitation_needed)}</p> }.into_any()
    };
    view! { {how} {log_in} }.into_any()
}

#[component]
fn Join(door: RoomDoor, again: Callback<()>) -> impl IntoView {
    let state = FormState::default();
    let send = move |()| {
        state.send(Ok(()), join_room(door.id), move |_| {
            again.try_run(());
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <Submit state label=t!(rooms.door.join)/>
        </Form>
    }
    .into_any()
}

#[component]
fn KnockForm(door: RoomDoor, named: bool, again: Callback<()>) -> impl IntoView {
    let state = FormState::default();
    let name = GuestName::new();
    let viewer = CurrentViewer::expect();
    let send = move |()| {
        let checked = if named { Ok(()) } else { name.check() };
        let request = async move {
            if !named {
                name.enter(viewer).await.map_err(of_room)?;
            }
            knock_at_room(door.id, true).await
        };
        state.send(checked, request, move |()| {
            again.try_run(());
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            {(!named).then(|| name.field(state))}
            <Submit state label=t!(rooms.door.knock)/>
        </Form>
    }
    .into_any()
}

/// The same refusal, by rooms.
pub(super) fn of_room<E: Reason>(refused: Failed<E>) -> Failed<RoomReason> {
    Failed(match refused.0 {
        Refusal::Invalid(errors) => Refusal::Invalid(errors),
        Refusal::NotLoggedIn => Refusal::NotLoggedIn,
        Refusal::Forbidden => Refusal::Forbidden,
        Refusal::TooMany { retry_after } => Refusal::TooMany { retry_after },
        Refusal::Unreachable => Refusal::Unreachable,
        _ => Refusal::Broken,
    })
}

#[component]
fn Waiting(door: RoomDoor, again: Callback<()>) -> impl IntoView {
    let (id, address) = (door.id, door.address.clone());
    Effect::new(move || {
        let address = address.clone();
        every(LOOK_AGAIN, move || {
            if document().hidden() {
                return;
            }
            let address = address.clone();
            spawn_local(async move {
                // Who can't be told waits on.
                let Ok(answer) = find_room(address).await else { return };
                let waits = matches!(&answer, RoomAnswer::Outside(door) if door.has_knocked);
                if !waits {
                    again.try_run(());
                }
            });
        });
    });
    let state = FormState::default();
    let send = move |()| {
        state.send(Ok(()), knock_at_room(id, false), move |()| {
            again.try_run(());
        });
    };
    view! {
        <p class="notice" role="status">{t!(rooms.door.waiting)}</p>
        <Form state on_send=Callback::new(send)>
            <Submit state label=t!(rooms.door.wait_no_more) class="button"/>
        </Form>
    }
    .into_any()
}
