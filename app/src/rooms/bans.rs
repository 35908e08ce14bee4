//! Bans from a room, for who keeps it in order.

use bandstand_domain::{RoomId, rooms::RoomBan};
use leptos::{prelude::*, task::spawn_local};

use super::api::{lift_ban, load_bans};
use crate::{
    t,
    ui::{LocalTime, TimeStyle, Toaster},
};

/// The section with a room's bans; nothing while there are none.
#[component]
pub(super) fn Bans(
    /// The room.
    room: RoomId,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let bans = RwSignal::new(Vec::<RoomBan>::new());
    Effect::new(move || {
        spawn_local(async move {
            if let Ok(list) = load_bans(room).await {
                bans.try_set(list);
            }
        });
    });
    let row = move |ban: RoomBan| {
        let person = ban.person.clone();
        let label = t!(rooms.lift_ban_of, name = &ban.name);
        let lift = move |_| {
            let person = person.clone();
            spawn_local(async move {
                match lift_ban(room, person.clone()).await {
                    Ok(()) => {
                        bans.try_update(|bans| bans.retain(|it| it.person != person));
                        toaster.say(t!(rooms.ban_lifted));
                    }
                    Err(refused) => toaster.say(refused.to_string()),
                }
            });
        };
        view! {
            <li>
                <span class="room-member">
                    <strong dir="auto">{ban.name}</strong>
                    <span class="small soft"><LocalTime at=ban.at fallback="" style=TimeStyle::Poster/></span>
                </span>
                <button class="button" type="button" aria-label=label on:click=lift>{t!(rooms.lift_ban)}</button>
            </li>
        }
        .into_any()
    };
    view! {
        <Show when=move || bans.with(|it| !it.is_empty())>
            <section class="panel stack">
                <h2>{t!(rooms.bans)}</h2>
                <ul class="room-members" role="list">
                    <For each=move || bans.get() key=|ban| ban.person.clone() children=row/>
                </ul>
            </section>
        </Show>
    }
    .into_any()
}
