//! Page to which an invitation's link leads.

use bandstand_domain::{
    Refusal, Secret,
    accounts::Viewer,
    rooms::{InvitedTo, RoomReason},
};
use leptos::prelude::*;
use leptos_meta::Meta;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    api::{accept_invitation, load_invited_to},
    door::of_room,
    guest_name::GuestName,
    path::room_path,
};
use crate::{
    failure::Failed,
    people::Portrait,
    t,
    ui::{About, Form, FormState, NotFound, Submit},
    viewer::{CurrentViewer, Onward, address_with_next},
};

/// The room to which the link leads, and the way in.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let params = use_params_map();
    let secret = Memo::new(move |_| params.with(|params| params.get("secret").unwrap_or_default()));
    let loaded = Resource::new(
        move || secret.get(),
        |secret| async move { (secret.clone(), load_invited_to(Secret::new(secret)).await) },
    );
    let viewer = CurrentViewer::expect();
    let navigate = use_navigate();
    // Of the page: the form is made anew while somebody comes in, as they have a name from then on.
    let inside = Callback::new(move |address: String| {
        navigate(&room_path(&address), NavigateOptions { replace: true, ..Default::default() });
    });
    let page = move || {
        let (secret, answer) = loaded.get()?;
        let viewer = viewer.load()?;
        Some(match answer {
            Ok(to) if to.inside => view! { <Onward to=room_path(&to.room.address)/> }.into_any(),
            Ok(to) => view! { <Invited secret to viewer inside/> }.into_any(),
            Err(Failed(Refusal::Because(RoomReason::InvitationOver) | Refusal::Gone)) => view! {
                <NotFound status=410 title=t!(rooms.invited.over) text=t!(rooms.invited.over_why)/>
            }
            .into_any(),
            Err(refused) => view! {
                <section class="page narrow aside-page">
                    <h1>{t!(rooms.invited.unreadable)}</h1>
                    <p class="lead">{refused.to_string()}</p>
                    <button class="button primary" type="button" on:click=move |_| loaded.refetch()>{t!(ui.try_again)}</button>
                </section>
            }
            .into_any(),
        })
    };
    view! {
        // A link that opens a room isn't for search engines.
        <Meta name="robots" content="noindex"/>
        <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{page}</Transition>
    }
    .into_any()
}

#[component]
fn Invited(
    secret: String,
    to: InvitedTo,
    viewer: Option<Viewer>,
    inside: Callback<String>,
) -> impl IntoView {
    let InvitedTo { room, guests, .. } = to;
    let here = format!("/invitations/{secret}");
    let known = viewer.is_some_and(|viewer| guests || viewer.handle.is_some());
    let way = if known || guests {
        view! { <Enter secret named=known inside/> }.into_any()
    } else {
        view! { <p class="notice">{t!(refusal.rooms.no_guests)}</p> }.into_any()
    };
    let members = t!(rooms.members_count, count = room.members as usize);
    view! {
        <About title=room.title.clone() description=room.description.clone()/>
        <section class="page narrow stack room-door">
            <p class="lead">{t!(rooms.invited.to)}</p>
            <div class="row">
                <Portrait picture=room.picture name=room.title.clone()/>
                <h1 dir="auto">{room.title}</h1>
            </div>
            <p class="description" dir="auto">{room.description}</p>
            <p class="small soft">{members}</p>
            {way}
            {(!known).then(|| view! {
                <p class="row">
                    <a class="button" href=address_with_next("/log-in", &here)>{t!(accounts.log_in)}</a>
                    <a class="button" href=address_with_next("/join", &here)>{t!(accounts.join)}</a>
                </p>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn Enter(secret: String, named: bool, inside: Callback<String>) -> impl IntoView {
    let state = FormState::default();
    let name = GuestName::new();
    let viewer = CurrentViewer::expect();
    let send = move |()| {
        let checked = if named { Ok(()) } else { name.check() };
        let secret = Secret::new(secret.clone());
        let request = async move {
            if !named {
                name.enter(viewer).await.map_err(of_room)?;
            }
            accept_invitation(secret).await
        };
        let entering = async move {
            // Not the form's to tell: see above.
            let joined = request.await?;
            inside.try_run(joined.address);
            Ok(())
        };
        state.send(checked, entering, |()| {});
    };
    view! {
        <Form state on_send=Callback::new(send)>
            {(!named).then(|| name.field(state))}
            <Submit state label=t!(rooms.invited.enter)/>
        </Form>
    }
    .into_any()
}
