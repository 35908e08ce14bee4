//! Section of sessions.

use bandstand_domain::accounts::OwnSession;
use leptos::{prelude::*, task::spawn_local};

use crate::{
    accounts::{
        api::{end_other_sessions, end_session},
        settings_page::OwnSettings,
    },
    t,
    ui::{LocalTime, TimeStyle, Toaster, iso_text},
    weave,
};

/// Sessions of the account.
#[component]
pub(in crate::accounts) fn SessionsSection(settings: OwnSettings, artist: bool) -> impl IntoView {
    let toaster = Toaster::expect();
    let others = move || {
        spawn_local(async move {
            match end_other_sessions().await {
                Ok(()) => {
                    settings.0.update(|settings| settings.sessions.retain(|it| it.current));
                    toaster.say(t!(settings.sessions.others_ended));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let alone = move || settings.0.with(|settings| settings.sessions.len() < 2);
    view! {
        <section id="sessions" class="panel" aria-labelledby="sessions-title">
            <h2 id="sessions-title">{t!(settings.sessions.title)}</h2>
            <p class="soft">{t!(settings.sessions.about)}</p>
            <ul role="list" class="sessions">
                <For
                    each=move || settings.0.with(|settings| settings.sessions.clone())
                    key=|session| session.name.clone()
                    children=move |session| view! { <Session session settings/> }
                />
            </ul>
            <button class="button" type="button" disabled=alone on:click=move |_| others()>{t!(settings.sessions.end_others)}</button>
            {artist.then(|| view! {
                <p class="soft">{weave!(settings.sessions.programs, link = view! { <a href="/device">{t!(api_tokens.title)}</a> })}</p>
            })}
        </section>
    }
    .into_any()
}

#[component]
fn Session(session: OwnSession, settings: OwnSettings) -> impl IntoView {
    let toaster = Toaster::expect();
    let name = session.name;
    let end = move |_| {
        let name = name.clone();
        spawn_local(async move {
            match end_session(name.clone()).await {
                Ok(()) => {
                    settings.0.update(|settings| settings.sessions.retain(|it| it.name != name));
                    toaster.say(t!(settings.sessions.ended));
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let used = iso_text(session.used_at).replace('T', " ").replace('Z', " UTC");
    let label = t!(settings.sessions.end_label, device = &session.device);
    view! {
        <li>
            <div>
                <strong>{session.device}</strong>
                {session.current.then(|| view! { " " <span class="badge">{t!(settings.sessions.this_one)}</span> })}
                <p class="soft small">{weave!(settings.sessions.last_used, time = view! { <LocalTime at=session.used_at fallback=used style=TimeStyle::Full/> })}</p>
            </div>
            {(!session.current).then(|| view! { <button class="button" type="button" aria-label=label on:click=end>{t!(settings.sessions.end)}</button> })}
        </li>
    }
    .into_any()
}
