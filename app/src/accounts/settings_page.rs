//! One's own account: one section after the other.

use bandstand_domain::accounts::{Role, Settings, Viewer};
use leptos::prelude::*;

use super::{
    AccountNeeded, Unconfirmed,
    api::{load_helpers, load_settings},
    settings::{AccountSection, DataSection, HelpersSection, SecuritySection, SessionsSection},
};
use crate::{people::ProfileSection, ui::About};

/// What the sections share: the settings as the server last told them.
#[derive(Clone, Copy)]
pub(super) struct OwnSettings(pub RwSignal<Settings>);

/// One's own account.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <About title="Settings" description="What others see of you, and your account: address, password, sessions, data."/>
        <AccountNeeded children=Callback::new(|viewer: Viewer| {
            let artist = viewer.role == Role::Artist;
            view! { <Sections artist/> }.into_any()
        })/>
    }
    .into_any()
}

#[component]
fn Sections(artist: bool) -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_settings());
    let helpers = Resource::new(
        || (),
        move |()| async move { if artist { load_helpers().await.map(Some) } else { Ok(None) } },
    );
    let sections = move || {
        let (settings, helpers) = (loaded.get(), helpers.get());
        Some(match settings?.and_then(|settings| Ok((settings, helpers.transpose()?))) {
            Ok((settings, helpers)) => {
                let helpers = helpers?;
                let settings = OwnSettings(RwSignal::new(settings));
                view! {
                    <ProfileSection/>
                    <AccountSection settings/>
                    <SecuritySection settings/>
                    <SessionsSection settings/>
                    {helpers.map(|helpers| view! { <HelpersSection helpers/> })}
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
                <a class="chip" href="#profile">"Profile"</a>
                <a class="chip" href="#account">"Account"</a>
                <a class="chip" href="#security">"Security"</a>
                <a class="chip" href="#sessions">"Sessions"</a>
                {artist.then(|| view! { <a class="chip" href="#helpers">"Helpers"</a> })}
                <a class="chip" href="#data">"Your data"</a>
            </nav>
            <Unconfirmed/>
            <Transition fallback=|| view! { <p class="waiting">"Fetching your settings …"</p> }>{sections}</Transition>
        </section>
    }
    .into_any()
}
