//! Those who wait at a room's door, for who may let them in.

use bandstand_domain::{
    PersonId,
    rooms::{Knock, RoomRole},
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    api::{answer_knock, load_knocks},
    live_room::LiveRoom,
};
use crate::{t, ui::Toaster};

/// The list of those who wait; nothing while nobody does.
#[component]
pub(super) fn Knocks(
    /// The room.
    room: LiveRoom,
) -> impl IntoView {
    let knocks = RwSignal::new(Vec::<Knock>::new());
    Effect::new(move || {
        room.knocks.track();
        let (waiting, role) = room.page.with_untracked(|page| (page.knocks, page.role));
        if waiting == 0 || role < RoomRole::Member {
            return knocks.set(Vec::new());
        }
        spawn_local(async move {
            if let Ok(list) = load_knocks(room.id()).await {
                knocks.try_set(list);
            }
        });
    });
    let toaster = Toaster::expect();
    let pending = RwSignal::new(Vec::<PersonId>::new());
    let answer = move |person: PersonId, admitted: bool| {
        if pending.with_untracked(|all| all.contains(&person)) {
            return;
        }
        pending.update(|all| all.push(person.clone()));
        spawn_local(async move {
            if let Err(refused) = answer_knock(room.id(), person.clone(), admitted).await {
                toaster.say(refused.to_string());
            }
            pending.try_update(|all| all.retain(|it| *it != person));
        });
    };
    let row = move |knock: Knock| {
        let (one, other) = (knock.person.clone(), knock.person);
        let admit = t!(rooms.let_in_name, name = &knock.name);
        let refuse = t!(rooms.send_away_name, name = &knock.name);
        view! {
            <li>
                <span class="room-member">
                    <strong dir="auto">{knock.name}</strong>
                    <span class="small soft">{knock.handle.map(|handle| format!("@{handle}"))}</span>
                </span>
                <button class="button primary" type="button" aria-label=admit on:click=move |_| answer(one.clone(), true)>{t!(rooms.let_in)}</button>
                <button class="button" type="button" aria-label=refuse on:click=move |_| answer(other.clone(), false)>{t!(rooms.send_away)}</button>
            </li>
        }
        .into_any()
    };
    view! {
        <div role="status">
            <Show when=move || knocks.with(|it| !it.is_empty())>
                <h2>{t!(rooms.waiting)}</h2>
                <ul class="room-members" role="list">
                    <For each=move || knocks.get() key=|knock| knock.person.clone() children=row/>
                </ul>
            </Show>
        </div>
    }
    .into_any()
}
