//! Menu of the viewer in the frame: log-in, or what is theirs.

use bandstand_domain::accounts::{Role, Viewer};
use leptos::{html, prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::Event;

use super::api::log_out;
use crate::{
    notifications::Bell,
    people::Portrait,
    t,
    ui::Toaster,
    viewer::{CurrentViewer, address_with_next},
};

/// "Log in" and "Join", or the person's menu.
#[component]
pub fn PersonMenu(
    /// Viewer.
    viewer: CurrentViewer,
) -> impl IntoView {
    let path = use_location().pathname;
    // From the first page and from the forms themselves there is no place to come back to.
    let address = move |page: &'static str| {
        let path = path.get();
        match path.as_str() {
            "/" | "/log-in" | "/join" => page.to_owned(),
            path => address_with_next(page, path),
        }
    };
    let corner = move || match viewer.load()? {
        Some(person) if person.role != Role::Guest => {
            Some(view! { <Bell/> <AccountMenu person/> }.into_any())
        }
        _ => Some(
            view! {
                <a class="button quiet" href=move || address("/log-in")>{t!(accounts.log_in)}</a>
                <a class="button primary" href=move || address("/join")>{t!(accounts.join)}</a>
            }
            .into_any(),
        ),
    };
    view! { <Transition>{corner}</Transition> }.into_any()
}

/// Loads the first page anew, so that nothing of theirs stays behind in this one. Who is on stage isn't
/// asked whether to leave it: they have left.
fn begin_anew() {
    let quiet: Closure<dyn FnMut(Event)> =
        Closure::new(|event: Event| event.stop_immediate_propagation());
    let listener = quiet.as_ref().unchecked_ref();
    let _ = window().add_event_listener_with_callback_and_bool("beforeunload", listener, true);
    // As long as the page, which ends here.
    quiet.forget();
    let _ = window().location().replace("/");
}

/// Links to what is theirs. Opens by itself (a popover), also before the page is alive.
#[component]
fn AccountMenu(person: Viewer) -> impl IntoView {
    let toaster = Toaster::expect();
    let menu = NodeRef::<html::Div>::new();
    let close = move || {
        if let Some(menu) = menu.get_untracked() {
            // Fails when it is closed already.
            let _ = menu.hide_popover();
        }
    };
    let leave = move |_| {
        close();
        spawn_local(async move {
            match log_out().await {
                Ok(()) => begin_anew(),
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let artist = person.role == Role::Artist;
    let page = format!("/artists/{}", person.handle.as_deref().unwrap_or_default());
    view! {
        <button class="button person" type="button" popovertarget="person-menu">
            <Portrait picture=person.picture name=person.name.clone()/>
            <span>{person.name}</span>
            <svg viewBox="0 0 12 12" aria-hidden="true"><path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" d="m3 4.5 3 3 3-3"/></svg>
        </button>
        <div id="person-menu" class="menu" popover="auto" node_ref=menu>
            <p>{person.handle.map(|handle| format!("@{handle}"))}</p>
            <a class="places" href="/" on:click=move |_| close()>{t!(app.whats_on)}</a>
            <a class="places" href="/rooms" on:click=move |_| close()>{t!(rooms.rooms)}</a>
            {artist
                .then(|| {
                    view! {
                        <a href="/dashboard" on:click=move |_| close()>{t!(app.my_shows)}</a>
                        <a href="/shows/new" on:click=move |_| close()>{t!(accounts.menu.new_show)}</a>
                        <a href=page on:click=move |_| close()>{t!(accounts.menu.my_page)}</a>
                    }
                })}
            <a href="/settings" on:click=move |_| close()>{t!(settings.title)}</a>
            <button type="button" on:click=leave>{t!(accounts.menu.log_out)}</button>
        </div>
    }
    .into_any()
}
