//! Page of the settings, in sections. The address names one behind its `#`, and the style sheet shows that one,
//! else the first: so it does without a script, too, and what is typed in one section outlasts a look at
//! another.

use std::fmt::Display;

use bandstand_domain::{
    accounts::{Helper, Role, Settings, Viewer},
    factors::SignInMethods,
    people::Profile,
};
use leptos::{ev::hashchange, prelude::*};

use super::{
    api::{load_helpers, load_settings},
    settings::{AccountSection, DataSection, HelpersSection, SecuritySection, SessionsSection},
};
use crate::{
    crowd::FigureSection,
    factors::api::load_sign_in_methods,
    people::{ProfileSection, api::load_profile},
    t,
    ui::About,
    viewer::{AccountNeeded, Unconfirmed},
};

/// Section that is shown where the address names none.
const FIRST: &str = "profile";

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
                    <FigureSection/>
                    <AccountSection settings/>
                    <SecuritySection settings ways/>
                    <SessionsSection settings artist/>
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
    let here = RwSignal::new(String::new());
    Effect::new(move || {
        let look = move || {
            let hash = window().location().hash().unwrap_or_default();
            here.set(hash.trim_start_matches('#').to_owned());
        };
        look();
        let listener = window_event_listener(hashchange, move |_| look());
        on_cleanup(move || listener.remove());
    });
    // Whoever was led here within the app: only what a browser goes to by itself is shown by the style sheet.
    Effect::new(move || {
        if loaded.with(Option::is_none) {
            return;
        }
        request_animation_frame(|| {
            let location = window().location();
            let hash = location.hash().unwrap_or_default();
            let is_shown = document().query_selector(":target").is_ok_and(|it| it.is_some());
            if !hash.is_empty() && !is_shown {
                let _ = location.replace(&hash);
            }
        });
    });
    // Followed by the browser, not by the router.
    let tab = move |section: &'static str, title: &'static str| {
        let is_here =
            move || here.with(|here| here == section || here.is_empty() && section == FIRST);
        view! {
            <a class="chip" href=format!("#{section}") rel="external" aria-current=move || is_here().then_some("true")>{title}</a>
        }
    };
    view! {
        <section class="page narrow settings">
            <h1>{t!(settings.title)}</h1>
            <nav class="chips" aria-label=t!(settings.sections)>
                {tab(FIRST, t!(settings.profile))}
                {tab("figure", t!(crowd.figure.title))}
                {tab("account", t!(settings.account.title))}
                {tab("security", t!(settings.security.title))}
                {tab("sessions", t!(settings.sessions.title))}
                {artist.then(|| tab("helpers", t!(settings.helpers.title)))}
                {artist.then(|| view! { <a class="chip" href="/device">{t!(api_tokens.title)}</a> })}
                {tab("data", t!(settings.data.title))}
            </nav>
            <Unconfirmed/>
            <Transition fallback=|| view! { <p class="waiting">{t!(settings.fetching)}</p> }>{sections}</Transition>
        </section>
    }
    .into_any()
}
