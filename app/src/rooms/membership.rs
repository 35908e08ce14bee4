//! One's own membership: what one is told, and leaving.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    api::{leave_room, mute_room},
    live_room::LiveRoom,
};
use crate::{
    t,
    ui::{Confirm, Toaster},
};

/// The switch for notices of the room, and the way out.
#[component]
pub(super) fn Membership(
    /// The room.
    room: LiveRoom,
) -> impl IntoView {
    let page = room.page;
    let toaster = Toaster::expect();
    let asking = RwSignal::new(false);
    let navigate = use_navigate();
    let away = Callback::new(move |()| navigate("/rooms", Default::default()));
    let leave = move |()| {
        spawn_local(async move {
            match leave_room(room.id()).await {
                Ok(()) => {
                    toaster.say(t!(rooms.left));
                    away.try_run(());
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let mute = move |muted: bool| {
        spawn_local(async move {
            match mute_room(room.id(), muted).await {
                Ok(()) => drop(page.try_update(|page| page.muted = muted)),
                Err(refused) => {
                    toaster.say(refused.to_string());
                    // The switch goes back.
                    page.notify();
                }
            }
        });
    };
    view! {
        <label class="switch">
            <span>{t!(rooms.mute)} " " <small class="soft">{t!(rooms.mute_means)}</small></span>
            <input
                type="checkbox" role="switch" prop:checked=move || page.with(|page| page.muted)
                on:change=move |event| mute(event_target_checked(&event))
            />
        </label>
        <button class="button" type="button" on:click=move |_| asking.set(true)>{t!(rooms.leave)}</button>
        <Confirm open=asking question=t!(rooms.leave_question) yes=t!(rooms.leave) on_yes=Callback::new(leave)>
            <p>{t!(rooms.leave_means)}</p>
        </Confirm>
    }
    .into_any()
}
