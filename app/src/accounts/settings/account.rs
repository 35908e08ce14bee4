//! Handle, e-mail, language.

use bandstand_domain::accounts::{Language, NewEmail, check_new_handle};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    accounts::{
        CurrentViewer,
        api::{change_email, change_handle, change_language},
        settings_page::OwnSettings,
    },
    ui::{Form, FormState, PasswordField, Submit, TextField, Toaster, secret},
};

/// Handle, e-mail, language.
#[component]
pub(in crate::accounts) fn AccountSection(settings: OwnSettings) -> impl IntoView {
    view! {
        <section id="account" class="panel" aria-labelledby="account-title">
            <h2 id="account-title">"Account"</h2>
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
            toaster.say(format!("You are @{handle} now."));
            settings.0.update(|settings| settings.handle = handle);
            viewer.set(Some(person));
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <TextField state name="handle" label="Handle" value=handle autocomplete="username" hint="3 to 16 letters, digits, dots, dashes or underscores. Others may take the one that you give up." exact=true/>
            <Submit state label="Change the handle"/>
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
            let word = if settings.confirmed { "confirmed" } else { "not confirmed yet" };
            format!("{} ({word})", settings.email)
        })
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <p>"Your e-mail address is " <strong>{now}</strong> "."</p>
            <div role="status">
                {move || {
                    asked
                        .get()
                        .map(|email| {
                            view! {
                                <p class="notice">
                                    "We have written to " {email} ". The address becomes yours with the link in that mail."
                                </p>
                            }
                        })
                }}
            </div>
            <TextField state name="email" label="New e-mail" value=email kind="email" autocomplete="email" exact=true/>
            <PasswordField state name="email_password" label="Your password" value=password autocomplete="current-password"/>
            <Submit state label="Change the e-mail"/>
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
                Ok(()) => {
                    toaster.say(format!("We write to you in {} from now on.", language.name()))
                }
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
            <legend>"We write to you in"</legend>
            <div class="chips">{choices.into_iter().collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
