//! Page of a room.

use bandstand_domain::{
    Refusal,
    rooms::{RoomAnswer, RoomError, RoomPage, RoomRole},
};
use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    api::find_room,
    door::DoorView,
    knocks::Knocks,
    live_room::LiveRoom,
    members::Members,
    path::{room_in_address, room_path},
};
use crate::{
    channel::ChannelNote,
    chat::{ChatPanel, go},
    failure::Failed,
    happenings::Happenings,
    people::Portrait,
    t,
    ui::{About, NotFound, later, linked},
    uploads::{RoomFiles, load_file_tools},
    viewer::Onward,
};

/// The room at the address, from inside or outside. A former address leads on to the present one.
#[component]
pub fn RoomPageView() -> impl IntoView {
    let name = room_in_address();
    let loaded = Resource::new(
        move || name.get(),
        |name| async move { (name.clone(), find_room(name).await) },
    );
    let again = Callback::new(move |()| loaded.refetch());
    let page = move || {
        Some(match loaded.get()? {
            (asked, Ok(answer)) => {
                let address = match &answer {
                    RoomAnswer::Inside(page) => &page.room.address,
                    RoomAnswer::Outside(door) => &door.address,
                };
                if *address != asked {
                    return Some(view! { <Onward to=room_path(address)/> }.into_any());
                }
                match answer {
                    RoomAnswer::Inside(page) => view! { <Inside page again/> }.into_any(),
                    RoomAnswer::Outside(door) => view! { <DoorView door again/> }.into_any(),
                }
            }
            (_, Err(Failed(why))) => view! { <Absent why again/> }.into_any(),
        })
    };
    view! { <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{page}</Transition> }
        .into_any()
}

/// A room that can't be shown.
#[component]
pub(super) fn Absent(
    /// Reason.
    why: RoomError,
    /// Tries again.
    again: Callback<()>,
) -> impl IntoView {
    match why {
        Refusal::Gone => {
            view! { <NotFound status=410 title=t!(rooms.gone) text=t!(rooms.gone_why)/> }.into_any()
        }
        Refusal::NotFound => {
            view! { <NotFound title=t!(rooms.not_found) text=t!(rooms.not_found_why)/> }.into_any()
        }
        why => view! {
            <section class="page narrow aside-page">
                <h1>{t!(rooms.unreadable)}</h1>
                <p class="lead">{why.to_string()}</p>
                <button class="button primary" type="button" on:click=move |_| again.run(())>{t!(ui.try_again)}</button>
            </section>
        }
        .into_any(),
    }
}

/// View beside the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Chat,
    People,
    Files,
    Happenings,
    About,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::People => "people",
            Self::Files => "files",
            Self::Happenings => "happenings",
            Self::About => "about",
        }
    }
}

/// The room as its members see it.
#[component]
fn Inside(page: RoomPage, again: Callback<()>) -> impl IntoView {
    let room = LiveRoom::new(page);
    room.follow(again);
    // On a wide page people stand beside the chat; on a narrow one, one of both is there.
    let side = RwSignal::new(Side::Chat);
    // What is told of happenings leads to them.
    Effect::new(move || {
        if window().location().hash().is_ok_and(|hash| hash == "#happenings") {
            side.set(Side::Happenings);
        }
    });
    let title = move || room.page.with(|page| page.room.title.clone());
    let archived = Memo::new(move |_| room.page.with(|page| page.room.archived_at.is_some()));
    let open = Signal::derive(move || !archived.get());
    let may_share = Memo::new(move |_| {
        let shares = |page: &RoomPage| page.role > RoomRole::Guest || page.room.guest_uploads;
        !archived.get() && room.page.with(shares)
    });
    load_file_tools(room.chat, may_share.into());
    // A former address leads on, also while one is there.
    let address = Memo::new(move |_| room.page.with(|page| page.room.address.clone()));
    let summary = room.page.with_untracked(|page| page.room.description.clone());
    let moved = Memo::new(move |first: Option<&(String, bool)>| {
        let now = address.get();
        match first {
            Some((before, _)) if *before != now => (before.clone(), true),
            Some(first) => first.clone(),
            None => (now, false),
        }
    });
    move || {
        if room.gone.get() {
            return view! { <NotFound status=410 title=t!(rooms.gone) text=t!(rooms.gone_why)/> }
                .into_any();
        }
        if moved.get().1 {
            return view! { <Onward to=room_path(&address.get_untracked())/> }.into_any();
        }
        view! {
            <About title=untrack(title) description=summary.clone()/>
            <article class="room" data-side=move || side.get().name()>
                <Header room side/>
                <ChannelNote/>
                <Show when=move || archived.get()>
                    <p class="notice" role="status">{t!(refusal.rooms.archived)}</p>
                </Show>
                <div class="room-chat">
                    <ChatPanel chat=room.chat viewer=room.chat_viewer() open/>
                </div>
                <aside class="room-side" aria-label=t!(rooms.beside)>
                    {later(move || beside(room, side))}
                </aside>
            </article>
        }
        .into_any()
    }
}

/// Views beside the chat: a part of its own, without which one reads and writes.
#[wasm_split(beside, wasm_split_path = ::leptos::wasm_split, fallible)]
fn beside(room: LiveRoom, side: RwSignal<Side>) -> Result<AnyView, SplitLoaderError> {
    // Beside the chat there are people.
    let shown = Memo::new(move |_| match side.get() {
        Side::Chat => Side::People,
        other => other,
    });
    // Once opened they stay, hidden: uploads go on while one looks at something else.
    let files_opened = Memo::new(move |before: Option<&bool>| {
        before.is_some_and(|before| *before) || side.get() == Side::Files
    });
    let to_message = Callback::new(move |message| {
        side.set(Side::Chat);
        go(room.chat, message);
    });
    let view = view! {
        {move || match shown.get() {
            Side::About => view! { <Description room/> }.into_any(),
            Side::Files => ().into_any(),
            Side::Happenings => view! { <Happenings room=room.id()/> }.into_any(),
            Side::Chat | Side::People => view! { <Knocks room/> <Members room/> }.into_any(),
        }}
        <Show when=move || files_opened.get()>
            <div hidden=move || side.get() != Side::Files><RoomFiles room=room.id() to_message/></div>
        </Show>
    };
    Ok(view.into_any())
}

/// Picture, name and what can be done.
#[component]
fn Header(room: LiveRoom, side: RwSignal<Side>) -> impl IntoView {
    let page = room.page;
    let tab = move |which: Side, label: &'static str| {
        view! {
            <button
                class="chip" type="button" class:phone-only=which == Side::Chat
                aria-pressed=move || (side.get() == which).to_string()
                on:click=move |_| side.update(|side| *side = if *side == which { Side::Chat } else { which })
            >
                {label}
            </button>
        }
    };
    let settings = move || {
        page.with(|page| {
            (page.role > RoomRole::Guest)
                .then(|| format!("{}/settings", room_path(&page.room.address)))
        })
    };
    view! {
        <header class="room-head">
            {move || page.with(|page| view! { <Portrait picture=page.room.picture.clone() name=page.room.title.clone()/> })}
            <div class="room-title">
                <h1 dir="auto">{move || page.with(|page| page.room.title.clone())}</h1>
                <p class="small soft">{move || page.with(|page| t!(rooms.members_count, count = page.room.members as usize))}</p>
            </div>
            <nav class="row" aria-label=t!(rooms.this_room)>
                {tab(Side::Chat, t!(chat.chat))}
                {tab(Side::People, t!(rooms.people))}
                {tab(Side::Files, t!(uploads.files))}
                {tab(Side::Happenings, t!(happenings.title))}
                {tab(Side::About, t!(rooms.description))}
                {move || settings().map(|href| view! { <a class="chip" href=href>{t!(rooms.settings)}</a> })}
            </nav>
        </header>
    }
    .into_any()
}

/// Description of the room, and the way out.
#[component]
fn Description(room: LiveRoom) -> impl IntoView {
    let page = room.page;
    view! {
        <h2>{t!(rooms.description)}</h2>
        {move || page.with(|page| {
            let text = &page.room.description;
            if text.is_empty() {
                view! { <p class="soft">{t!(rooms.no_description)}</p> }.into_any()
            } else {
                view! { <p class="description" dir="auto">{linked(text)}</p> }.into_any()
            }
        })}
        <p class="small soft">{move || page.with(|page| match page.room.kept_days {
            Some(days) => t!(rooms.kept_for, count = days as usize),
            None => t!(rooms.kept).into(),
        })}</p>
        <super::membership::Membership room/>
    }
    .into_any()
}
