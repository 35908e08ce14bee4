//! Open invitations to a room: made, copied, shown as a code, revoked.

use bandstand_domain::{
    RoomId,
    rooms::{Invitation, InvitationForm, RoomReason},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::{invite_to_room, load_invitations, revoke_invitation};
use crate::{
    failure::Failed,
    t,
    ui::{CopyButton, Form, FormState, LocalTime, Submit, TextField, TimeStyle, Toaster},
};

/// Hours that can be chosen; 0 sets no end.
const HOURS: [u32; 4] = [24, 7 * 24, 30 * 24, 0];

/// The section with a room's invitations.
#[component]
pub(super) fn Invitations(
    /// The room.
    room: RoomId,
) -> impl IntoView {
    let list = RwSignal::new(Vec::<Invitation>::new());
    let failed = RwSignal::new(None::<Failed<RoomReason>>);
    Effect::new(move || {
        spawn_local(async move {
            match load_invitations(room).await {
                Ok(invitations) => drop(list.try_set(invitations)),
                Err(refused) => drop(failed.try_set(Some(refused))),
            }
        });
    });
    let none = move || list.with(Vec::is_empty);
    view! {
        <section class="panel stack" id="invitations">
            <h2>{t!(rooms.invitations.title)}</h2>
            <p class="hint">{t!(rooms.invitations.how)}</p>
            <NewInvitation room list/>
            {move || failed.get().map(|why| view! { <p class="notice bad">{why.to_string()}</p> })}
            <ul class="room-invitations" role="list" aria-label=t!(rooms.invitations.open)>
                <For each=move || list.get() key=|it| it.id children=move |invitation| row(room, invitation, list)/>
            </ul>
            <Show when=none><p class="soft">{t!(rooms.invitations.none)}</p></Show>
        </section>
    }
    .into_any()
}

#[component]
fn NewInvitation(room: RoomId, list: RwSignal<Vec<Invitation>>) -> impl IntoView {
    let state = FormState::default();
    let (hours, uses) = (RwSignal::new(HOURS[1]), RwSignal::new(String::new()));
    let toaster = Toaster::expect();
    let options = HOURS.map(|it| {
        let label = match it {
            0 => t!(rooms.invitations.no_end).to_owned(),
            24 => t!(rooms.invitations.day).to_owned(),
            it => t!(rooms.invitations.days, count = (it / 24) as usize),
        };
        view! { <option value=it.to_string() selected=it == hours.get_untracked()>{label}</option> }
    });
    let send = move |()| {
        let typed = uses.get_untracked();
        let typed = typed.trim();
        let form = InvitationForm {
            hours: Some(hours.get_untracked()).filter(|it| *it > 0),
            // What is no number is none that is taken.
            max_uses: (!typed.is_empty()).then(|| typed.parse().unwrap_or(0)),
        };
        state.send(form.check(), invite_to_room(room, form), move |invitation| {
            list.try_update(|list| list.insert(0, invitation));
            toaster.say(t!(rooms.invitations.made));
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <div class="pair">
                <div class="field">
                    <label for="hours">{t!(rooms.invitations.hours)}</label>
                    <select
                        class="input" id="hours"
                        on:change=move |event| hours.set(event_target_value(&event).parse().unwrap_or(HOURS[0]))
                    >
                        {options.into_iter().collect_view()}
                    </select>
                </div>
                <TextField state name="max_uses" label=t!(rooms.invitations.uses) value=uses kind="number" hint=t!(rooms.invitations.uses_hint)/>
            </div>
            <Submit state label=t!(rooms.invitations.make) class="button primary"/>
        </Form>
    }
    .into_any()
}

fn row(room: RoomId, invitation: Invitation, list: RwSignal<Vec<Invitation>>) -> AnyView {
    let toaster = Toaster::expect();
    let (id, link) = (invitation.id, invitation.link.reveal().to_owned());
    let code = format!("{link}/code.svg");
    let shown = RwSignal::new(false);
    let used = match invitation.max_uses {
        Some(most) => t!(rooms.invitations.used_of, uses = invitation.uses, most = most),
        None => t!(rooms.invitations.used, count = invitation.uses as usize),
    };
    let revoke = move |_| {
        spawn_local(async move {
            match revoke_invitation(room, id).await {
                Ok(()) => {
                    list.try_update(|list| list.retain(|it| it.id != id));
                    toaster.say(t!(rooms.invitations.revoked));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let until = match invitation.expires_at {
        Some(at) => view! {
            {t!(rooms.invitations.until)} " " <LocalTime at fallback="" style=TimeStyle::Poster/>
        }
        .into_any(),
        None => t!(rooms.invitations.no_end).into_any(),
    };
    let text = Signal::stored(link.clone());
    view! {
        <li class="stack">
            <input class="input" readonly aria-label=t!(rooms.invitations.link) value=link/>
            <p class="small soft">{t!(rooms.invitations.by, name = invitation.by)} " · " {until} " · " {used}</p>
            <div class="row">
                <CopyButton text what=t!(rooms.invitations.link)/>
                <button class="button" type="button" aria-expanded=move || shown.get().to_string() on:click=move |_| shown.update(|it| *it = !*it)>
                    {t!(rooms.invitations.code)}
                </button>
                <button class="button" type="button" on:click=revoke>{t!(rooms.invitations.revoke)}</button>
            </div>
            <Show when=move || shown.get()>
                <img class="room-code" src=code.clone() width="240" height="240" alt=t!(rooms.invitations.code_alt)/>
            </Show>
        </li>
    }
    .into_any()
}
