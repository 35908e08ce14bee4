//! Page to register.

use bandstand_domain::accounts::{ArtistProfile, Registration, Role, suggested_handle};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::api::register;
use crate::{
    t,
    ui::{About, Form, FormState, GenrePicker, PasswordField, Submit, TextField, Toaster, secret},
    viewer::{CurrentViewer, Onward, address_with_next, next_in_query},
    weave,
};

/// The form by which one gets an account. Who has one is led on: to where they wanted to go, else
/// artists to their shows.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let onward = move || {
        let to = match viewer.get()?.role {
            Role::Guest => return None,
            Role::Visitor => "/",
            Role::Artist => "/dashboard",
        };
        let to = next_in_query().unwrap_or_else(|| to.into());
        Some(view! { <Onward to/> })
    };
    let guest = move || {
        let guest = viewer.get().filter(|viewer| viewer.role == Role::Guest)?;
        Some(
            view! { <p class="notice">{t!(accounts.register_page.as_guest, name = guest.name)}</p> },
        )
    };
    let log_in = move || match next_in_query() {
        Some(next) => address_with_next("/log-in", &next),
        None => "/log-in".into(),
    };
    view! {
        <About title=t!(accounts.join) description=t!(accounts.register_page.about)/>
        <Transition>{onward}</Transition>
        <section class="page narrow door">
            <h1>{t!(accounts.register_page.title)}</h1>
            <Transition>{guest}</Transition>
            <div class="panel"><RegistrationForm/></div>
            <p class="soft">{weave!(accounts.register_page.have_account, link = view! { <a href=log_in>{t!(accounts.log_in)}</a> })}</p>
        </section>
    }
    .into_any()
}

#[component]
fn RegistrationForm() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let state = FormState::default();
    let text = || RwSignal::new(String::new());
    let (handle, display_name, email, password, stage_name) =
        (text(), text(), text(), text(), text());
    // Who has a name as a guest keeps it, unless they choose another.
    Effect::new(move || {
        if let Some(guest) = viewer.get()
            && display_name.with_untracked(String::is_empty)
        {
            display_name.set(guest.name);
        }
    });
    // What is left as it was suggested follows the name.
    Effect::new(move |before: Option<[String; 2]>| {
        let name = display_name.get();
        let suggested = [suggested_handle(&decomposed(&name)).unwrap_or_default(), name];
        let before = before.unwrap_or_default();
        for (field, (before, new)) in [handle, stage_name].iter().zip(before.iter().zip(&suggested))
        {
            if field.with_untracked(|value| value == before && value != new) {
                field.set(new.clone());
            }
        }
        suggested
    });
    let genres = RwSignal::new(Vec::new());
    let invited = use_query_map().with_untracked(|query| query.get_str("as") == Some("artist"));
    let artist = RwSignal::new(invited);
    let send = move |()| {
        let form = Registration {
            handle: handle.get_untracked(),
            display_name: display_name.get_untracked(),
            email: email.get_untracked(),
            password: secret(password),
            artist: artist.get_untracked().then(|| ArtistProfile {
                stage_name: stage_name.get_untracked(),
                genres: genres.get_untracked(),
            }),
        };
        state.send(form.check(), register(form), move |person| {
            toaster.say(t!(accounts.register_page.welcome, name = &person.name));
            viewer.set(Some(person));
        });
    };
    let label = move || {
        if artist.get() { t!(accounts.register_page.join_as_artist) } else { t!(accounts.join) }
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <RoleChoice artist/>
            <TextField state name="display_name" label=t!(accounts.your_name) value=display_name autocomplete="name" hint=t!(accounts.your_name_hint) most=32/>
            <TextField state name="handle" label=t!(accounts.handle) value=handle autocomplete="username" hint=t!(accounts.register_page.handle_hint) exact=true/>
            <TextField state name="email" label=t!(accounts.register_page.email) value=email kind="email" autocomplete="email" hint=t!(accounts.register_page.email_hint) exact=true/>
            <PasswordField state value=password autocomplete="new-password" hint=t!(accounts.password_hint)/>
            // Hidden rather than absent, so that changing one's mind loses nothing.
            <div class="form" hidden=move || !artist.get()>
                <TextField state name="stage_name" label=t!(accounts.stage_name) value=stage_name hint=t!(accounts.stage_name_hint) most=40/>
                <GenrePicker state label=t!(accounts.genres) chosen=genres/>
            </div>
            <Submit state label=Signal::derive(move || label().to_owned())/>
        </Form>
    }
    .into_any()
}

/// A name whose letters are apart from their marks.
fn decomposed(name: &str) -> String {
    js_sys::JsString::from(name).normalize("NFKD").into()
}

/// Audience or artist.
#[component]
fn RoleChoice(artist: RwSignal<bool>) -> impl IntoView {
    let as_artist = NodeRef::<leptos::html::Input>::new();
    let begun = artist.get_untracked();
    // What was chosen before the page came alive counts.
    Effect::new(move || {
        if let Some(input) = as_artist.get() {
            artist.set(input.checked());
        }
    });
    view! {
        <fieldset class="field">
            <legend>{t!(accounts.register_page.role)}</legend>
            <div class="pair roles">
                <label class="choice">
                    <input type="radio" name="role" value="visitor" checked=!begun on:change=move |_| artist.set(false)/>
                    <strong>{t!(accounts.register_page.for_the_shows)}</strong>
                    <span>{t!(accounts.register_page.for_the_shows_hint)}</span>
                </label>
                <label class="choice">
                    <input type="radio" name="role" value="artist" checked=begun node_ref=as_artist on:change=move |_| artist.set(true)/>
                    <strong>{t!(accounts.register_page.to_play)}</strong>
                    <span>{t!(accounts.register_page.to_play_hint)}</span>
                </label>
            </div>
        </fieldset>
    }
    .into_any()
}
