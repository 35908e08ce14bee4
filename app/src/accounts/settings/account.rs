//! Section of handle, e-mail address and language.

use bandstand_domain::{
    Language,
    accounts::{NewEmail, check_new_handle},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    accounts::{
        api::{change_email, change_handle, change_language},
        settings_page::OwnSettings,
    },
    t,
    ui::{Form, FormState, PasswordField, Submit, TextField, Toaster, secret},
    viewer::CurrentViewer,
    weave,
};

/// Handle, e-mail, language.
#[component]
pub(in crate::accounts) fn AccountSection(settings: OwnSettings) -> impl IntoView {
    view! {
        <section id="account" class="panel" aria-labelledby="account-title">
            <h2 id="account-title">{t!(settings.account.title)}</h2>
            <HandleForm settings/>
            <EmailForm settings/>
            <LanguageChoice settings/>
        </section>
    }
    .into_any()
}

#[component]
fn HandleForm(settings: OwnSettings) -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let toaster = Toaster::expect();
    let state = FormState::default();
    let handle = RwSignal::new(settings.0.with_untracked(|settings| settings.handle.clone()));
    let send = move |()| {
        let wanted = handle.get_untracked();
        let checked = check_new_handle(&wanted);
        state.send(checked, change_handle(wanted), move |person| {
            let handle = person.handle.clone().unwrap_or_default();
            toaster.say(t!(settings.account.renamed, handle = &handle));
            settings.0.update(|settings| settings.handle = handle);
            viewer.set(Some(person));
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <TextField state name="handle" label=t!(accounts.handle) value=handle autocomplete="username" hint=t!(settings.account.handle_hint) exact=true/>
            <Submit state label=t!(settings.account.change_handle)/>
        </Form>
    }
    .into_any()
}

#[component]
fn EmailForm(settings: OwnSettings) -> impl IntoView {
    let state = FormState::default();
    let text = || RwSignal::new(String::new());
    let (email, password) = (text(), text());
    let asked = RwSignal::new(None::<String>);
    let send = move |()| {
        let form = NewEmail { email: email.get_untracked(), password: secret(password) };
        let wanted = form.email.trim().to_owned();
        state.send(form.check(), change_email(form), move |()| {
            email.set(String::new());
            password.set(String::new());
            asked.set(Some(wanted));
        });
    };
    let now = move || {
        settings.0.with(|settings| {
            let email = &settings.email;
            if settings.confirmed {
                t!(settings.account.confirmed, email = email)
            } else {
                t!(settings.account.not_confirmed, email = email)
            }
        })
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <p>{weave!(settings.account.email_now, email = view! { <strong>{now}</strong> })}</p>
            <div role="status">
                {move || {
                    asked
                        .get()
                        .map(|email| {
                            view! { <p class="notice">{t!(settings.account.asked, email = email)}</p> }
                        })
                }}
            </div>
            <TextField state name="email" label=t!(settings.account.new_email) value=email kind="email" autocomplete="email" exact=true/>
            <PasswordField state name="email_password" label=t!(accounts.your_password) value=password autocomplete="current-password"/>
            <Submit state label=t!(settings.account.change_email)/>
        </Form>
    }
    .into_any()
}

#[component]
fn LanguageChoice(settings: OwnSettings) -> impl IntoView {
    let toaster = Toaster::expect();
    let current = settings.0.with_untracked(|settings| settings.language);
    let choose = move |language: Language| {
        spawn_local(async move {
            match change_language(language).await {
                // The page comes again in it.
                Ok(()) => drop(window().location().reload()),
                Err(refused) => toaster.say(refused.to_string()),
            }
        });
    };
    let choices = Language::ALL.map(|language| {
        view! {
            <label class="chip">
                <input type="radio" name="language" autocomplete="off" value=language.tag() checked=language == current on:change=move |_| choose(language)/>
                {language.name()}
            </label>
        }
    });
    view! {
        <fieldset class="field">
            <legend>{t!(settings.account.language)}</legend>
            <div class="chips">{choices.into_iter().collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
