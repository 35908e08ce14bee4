//! Dialog about a member: their role, their removal.

use bandstand_domain::{
    PersonId, RoomId,
    rooms::{RoomMember, RoomReason, RoomRole},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    api::{give_role, remove_member},
    live_room::LiveRoom,
};
use crate::{
    failure::Failed,
    t,
    ui::{Toaster, modal_while},
};

/// Choices about the member who is chosen.
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

/// Act about a member.
#[derive(Clone, Copy)]
enum Choice {
    /// They get another role.
    Role(RoomRole),
    /// They are removed, and banned or not.
    Remove { banned: bool },
}

impl Choice {
    /// Does it; answers what is said then.
    async fn send(
        self,
        room: RoomId,
        person: PersonId,
    ) -> Result<&'static str, Failed<RoomReason>> {
        match self {
            Self::Role(role) => {
                give_role(room, person, role).await?;
                Ok(t!(rooms.role_given))
            }
            Self::Remove { banned } => {
                remove_member(room, person, banned).await?;
                Ok(if banned { t!(rooms.was_banned) } else { t!(rooms.was_removed) })
            }
        }
    }
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
    // Sends what a button stands for, says how it went, and closes the dialog.
    let button = move |class: &'static str, label: &'static str, choice: Choice| {
        let person = person.clone();
        let press = move |_| {
            let request = choice.send(room.id(), person.clone());
            pending.set(true);
            spawn_local(async move {
                toaster
                    .say(request.await.map_or_else(|refused| refused.to_string(), str::to_owned));
                chosen.try_set(None);
            });
        };
        view! {
            <button class=class type="button" disabled=move || pending.get() on:click=press>{label}</button>
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
            .map(|(role, label)| button("button", label, Choice::Role(role)))
            .collect_view()
    });
    let smaller = member.role < own;
    view! {
        <h2 dir="auto">{name}</h2>
        <div class="stack">
            {roles}
            {smaller.then(|| button("button danger", t!(rooms.remove), Choice::Remove { banned: false }))}
            {smaller.then(|| button("button danger", t!(rooms.ban), Choice::Remove { banned: true }))}
            {smaller.then(|| view! { <p class="small soft">{t!(rooms.ban_means)}</p> })}
        </div>
        <div class="actions">
            <button class="button" type="button" autofocus on:click=move |_| chosen.set(None)>{t!(ui.cancel)}</button>
        </div>
    }
    .into_any()
}
