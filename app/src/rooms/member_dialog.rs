//! Dialog about a member: their role, their removal.

use bandstand_domain::rooms::{RoomMember, RoomRole};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    api::{give_role, remove_member},
    live_room::LiveRoom,
};
use crate::{
    t,
    ui::{Toaster, modal_while},
};

/// What can be done about the member who is chosen.
#[component]
pub(super) fn MemberDialog(
    /// The room.
    room: LiveRoom,
    /// The member, while the dialog is open.
    chosen: RwSignal<Option<RoomMember>>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let open = Signal::derive(move || chosen.with(Option::is_some));
    let on_close = modal_while(dialog, open, move || chosen.set(None));
    let name = move || chosen.with(|it| it.as_ref().map(|it| it.name.clone()).unwrap_or_default());
    view! {
        <dialog node_ref=dialog aria-label=name on:close=on_close>
            {move || chosen.get().map(|member| view! { <Choices room member chosen/> })}
        </dialog>
    }
    .into_any()
}

#[component]
fn Choices(
    room: LiveRoom,
    member: RoomMember,
    chosen: RwSignal<Option<RoomMember>>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let own = room.page.with_untracked(|page| page.role);
    let pending = RwSignal::new(false);
    let (name, person) = (member.name.clone(), member.person.clone());
    let role_of = move |role: RoomRole, label: &'static str| {
        let person = person.clone();
        view! {
            <button
                class="button" type="button" disabled=move || pending.get()
                on:click=move |_| {
                    let request = give_role(room.id(), person.clone(), role);
                    pending.set(true);
                    spawn_local(async move {
                        let said = match request.await {
                            Ok(()) => t!(rooms.role_given).to_owned(),
                            Err(refused) => refused.to_string(),
                        };
                        toaster.say(said);
                        chosen.try_set(None);
                    });
                }
            >
                {label}
            </button>
        }
        .into_any()
    };
    let person = member.person.clone();
    let remove = move |banned: bool, label: &'static str| {
        let person = person.clone();
        view! {
            <button
                class="button danger" type="button" disabled=move || pending.get()
                on:click=move |_| {
                    let request = remove_member(room.id(), person.clone(), banned);
                    pending.set(true);
                    spawn_local(async move {
                        let said = match request.await {
                            Ok(()) if banned => t!(rooms.was_banned).to_owned(),
                            Ok(()) => t!(rooms.was_removed).to_owned(),
                            Err(refused) => refused.to_string(),
                        };
                        toaster.say(said);
                        chosen.try_set(None);
                    });
                }
            >
                {label}
            </button>
        }
        .into_any()
    };
    let roles = (own == RoomRole::Owner && member.role != RoomRole::Guest).then(|| {
        let others = [
            (RoomRole::Owner, t!(rooms.make_owner)),
            (RoomRole::Moderator, t!(rooms.make_moderator)),
            (RoomRole::Member, t!(rooms.make_member)),
        ];
        others
            .into_iter()
            .filter(|(role, _)| *role != member.role)
            .map(|(role, label)| role_of(role, label))
            .collect_view()
    });
    let smaller = member.role < own;
    view! {
        <h2 dir="auto">{name}</h2>
        <div class="stack">
            {roles}
            {smaller.then(|| remove(false, t!(rooms.remove)))}
            {smaller.then(|| remove(true, t!(rooms.ban)))}
            {smaller.then(|| view! { <p class="small soft">{t!(rooms.ban_means)}</p> })}
        </div>
        <div class="actions">
            <button class="button" type="button" autofocus on:click=move |_| chosen.set(None)>{t!(ui.cancel)}</button>
        </div>
    }
    .into_any()
}
