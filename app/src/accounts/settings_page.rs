//! Page of the settings: one section after the other.

use std::fmt::Display;

use bandstand_domain::{
    accounts::{Helper, Role, Settings, Viewer},
    factors::SignInMethods,
    people::Profile,
};
use leptos::prelude::*;

use super::{
    api::{load_helpers, load_settings},
    settings::{AccountSection, DataSection, HelpersSection, SecuritySection, SessionsSection},
};
use crate::{
    factors::api::load_sign_in_methods,
    people::{ProfileSection, api::load_profile},
    t,
    ui::About,
    viewer::{AccountNeeded, Unconfirmed},
};

/// Settings as the server last told them, shared by the sections.
#[derive(Clone, Copy)]
pub(super) struct OwnSettings(pub RwSignal<Settings>);

/// Settings of the viewer's account.
#[component]
pub fn SettingsPage() -> impl IntoView {
    view! {
        <About title=t!(settings.title) description=t!(settings.about)/>
        <AccountNeeded children=Callback::new(|viewer: Viewer| {
            let artist = viewer.role == Role::Artist;
            view! { <Sections artist/> }.into_any()
        })/>
    }
    .into_any()
}

type Loaded = (Settings, Option<Vec<Helper>>, Profile, SignInMethods);

/// All that the page shows. One resource, made before anything is waited for: what a section made for
/// itself would be numbered in the order in which the sections are drawn, which differs between the
/// server and the browser.
async fn load(artist: bool) -> Result<Loaded, String> {
    async fn told<T>(answer: impl Future<Output = Result<T, impl Display>>) -> Result<T, String> {
        answer.await.map_err(|refused| refused.to_string())
    }
    let helpers = async { if artist { load_helpers().await.map(Some) } else { Ok(None) } };
    futures::try_join!(
        told(load_settings()),
        told(helpers),
        told(load_profile()),
        told(load_sign_in_methods())
    )
}

#[component]
fn Sections(artist: bool) -> impl IntoView {
    let loaded = Resource::new(|| (), move |()| load(artist));
    let sections = move || {
        Some(match loaded.get()? {
            Ok((settings, helpers, profile, ways)) => {
                let settings = OwnSettings(RwSignal::new(settings));
                view! {
                    <ProfileSection profile/>
                    <AccountSection settings/>
                    <SecuritySection settings ways/>
                    <SessionsSection settings/>
                    {helpers.map(|helpers| view! { <HelpersSection helpers/> })}
                    <DataSection/>
                }
                .into_any()
            }
            Err(refused) => view! {
                <p class="notice bad">
                    {refused}
                    <button class="button" type="button" on:click=move |_| loaded.refetch()>{t!(ui.try_again)}</button>
                </p>
            }
            .into_any(),
        })
    };
    view! {
        <section class="page narrow settings">
            <h1>{t!(settings.title)}</h1>
            <nav class="chips" aria-label=t!(settings.sections)>
                <a class="chip" href="#profile">{t!(settings.profile)}</a>
                <a class="chip" href="#account">{t!(settings.account.title)}</a>
                <a class="chip" href="#security">{t!(settings.security.title)}</a>
                <a class="chip" href="#sessions">{t!(settings.sessions.title)}</a>
                {artist.then(|| view! { <a class="chip" href="#helpers">{t!(settings.helpers.title)}</a> })}
                <a class="chip" href="#data">{t!(settings.data.title)}</a>
            </nav>
            <Unconfirmed/>
            <Transition fallback=|| view! { <p class="waiting">{t!(settings.fetching)}</p> }>{sections}</Transition>
        </section>
    }
    .into_any()
}
