//! Members of a room.

use std::time::Duration;

use bandstand_domain::rooms::{MEMBERS_PAGE, RoomMember, RoomReason, RoomRole};
use leptos::{prelude::*, task::spawn_local};

use super::{api::load_members, live_room::LiveRoom, member_dialog::MemberDialog};
use crate::{failure::Failed, people::Portrait, t};

/// Pause after a change within which others come along.
const CALM: Duration = Duration::from_secs(1);

/// The list of members, those who look after the room first.
#[component]
pub(super) fn Members(
    /// The room.
    room: LiveRoom,
) -> impl IntoView {
    let members = RwSignal::new(Vec::<RoomMember>::new());
    let more = RwSignal::new(false);
    let failed = RwSignal::new(None::<Failed<RoomReason>>);
    let chosen = RwSignal::new(None::<RoomMember>);
    // The latest question counts: answers may come in another order.
    let asked = StoredValue::new(0_u32);
    let load = move |skipped: usize| {
        asked.update_value(|asked| *asked += 1);
        let number = asked.get_value();
        spawn_local(async move {
            let answer = load_members(room.id(), u32::try_from(skipped).unwrap_or(0)).await;
            if asked.try_get_value() != Some(number) {
                return;
            }
            match answer {
                Ok(page) => {
                    members.try_update(|members| {
                        members.truncate(skipped);
                        let known =
                            |new: &RoomMember| members.iter().any(|it| it.person == new.person);
                        let new: Vec<_> =
                            page.members.into_iter().filter(|it| !known(it)).collect();
                        members.extend(new);
                    });
                    more.try_set(page.more);
                    failed.try_set(None);
                }
                Err(refused) => drop(failed.try_set(Some(refused))),
            }
        });
    };
    // Many may come in at once; all who look would ask for each of them.
    let mut load_soon = debounce(CALM, move |()| load(0));
    Effect::new(move |first: Option<()>| {
        room.members.track();
        match first {
            None => load(0),
            Some(()) => load_soon(()),
        }
    });
    let role = Memo::new(move |_| room.page.with(|page| page.role));
    view! {
        <h2>{t!(rooms.members)}</h2>
        {move || failed.get().map(|why| view! { <p class="notice bad">{why.to_string()}</p> })}
        <ul class="room-members" role="list">
            <For
                each=move || members.get()
                // By person alone: what has the focus stays when they get another role.
                key=|member| member.person.clone()
                children=move |member| row(room, members, member, role, chosen)
            />
        </ul>
        <Show when=move || more.get()>
            <button
                class="button" type="button"
                on:click=move |_| load(members.with_untracked(|it| it.len().max(MEMBERS_PAGE as usize)))
            >
                {t!(rooms.more)}
            </button>
        </Show>
        <MemberDialog room chosen/>
    }
    .into_any()
}

fn row(
    room: LiveRoom,
    members: RwSignal<Vec<RoomMember>>,
    first: RoomMember,
    role: Memo<RoomRole>,
    chosen: RwSignal<Option<RoomMember>>,
) -> AnyView {
    let own = room.page.with_untracked(|page| page.person == first.person);
    let member = Memo::new(move |_| {
        let now = members.with(|all| all.iter().find(|it| it.person == first.person).cloned());
        now.unwrap_or_else(|| first.clone())
    });
    let name = move || member.with(|it| it.name.clone());
    let handle = move || member.with(|it| it.handle.as_ref().map(|handle| format!("@{handle}")));
    let has_options = Memo::new(move |_| {
        let (role, theirs) = (role.get(), member.with(|it| it.role));
        !own && (role > theirs && role.moderates() || role == RoomRole::Owner)
    });
    let badge = move || {
        let badge = role_name(member.with(|it| it.role))?;
        Some(view! { <span class="badge">{badge}</span> })
    };
    view! {
        <li>
            {move || view! { <Portrait picture=None name=name()/> }}
            <span class="room-member">
                <strong dir="auto">{name}</strong>
                <span class="small soft">
                    {handle} {own.then(|| view! { " " {t!(rooms.you)} })}
                </span>
            </span>
            {badge}
            <Show when=move || has_options.get()>
                <button
                    class="room-options" type="button" aria-haspopup="dialog"
                    aria-label=move || t!(rooms.about_member, name = name())
                    on:click=move |_| chosen.set(Some(member.get_untracked()))
                >
                    <span aria-hidden="true">"⋯"</span>
                </button>
            </Show>
        </li>
    }
    .into_any()
}

/// The word for a role that isn't everybody's.
pub(super) fn role_name(role: RoomRole) -> Option<&'static str> {
    match role {
        RoomRole::Owner => Some(t!(rooms.role.owner)),
        RoomRole::Moderator => Some(t!(rooms.role.moderator)),
        RoomRole::Member => None,
        RoomRole::Guest => Some(t!(rooms.role.guest)),
    }
}
