//! One's own account: one section after the other.

use bandstand_domain::accounts::{Settings, Viewer};
use leptos::prelude::*;

use super::{
    AccountNeeded, Unconfirmed,
    api::load_settings,
    settings::{AccountSection, DataSection, SecuritySection, SessionsSection},
};
use crate::ui::About;

/// What the sections share: the settings as the server last told them.
#[derive(Clone, Copy)]
pub(super) struct OwnSettings(pub RwSignal<Settings>);

/// One's own account.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <About title="Settings" description="Your account: address, password, sessions, data."/>
        <AccountNeeded children=Callback::new(|_: Viewer| view! { <Sections/> }.into_any())/>
    }
    .into_any()
}

#[component]
fn Sections() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_settings());
    let sections = move || {
        Some(match loaded.get()? {
            Ok(settings) => {
                let settings = OwnSettings(RwSignal::new(settings));
                view! {
                    <AccountSection settings/>
                    <SecuritySection settings/>
                    <SessionsSection settings/>
                    <DataSection/>
                }
                .into_any()
            }
            Err(refused) => view! {
                <p class="notice bad">
                    {refused.to_string()}
                    <button class="button" type="button" on:click=move |_| loaded.refetch()>"Try again"</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page narrow settings">
            <h1>"Settings"</h1>
            <nav class="chips" aria-label="Sections">
                <a class="chip" href="#account">"Account"</a>
                <a class="chip" href="#security">"Security"</a>
                <a class="chip" href="#sessions">"Sessions"</a>
                <a class="chip" href="#data">"Your data"</a>
            </nav>
            <Unconfirmed/>
            <Transition fallback=|| view! { <p class="waiting">"Fetching your settings …"</p> }>{sections}</Transition>
        </section>
    }
    .into_any()
}
