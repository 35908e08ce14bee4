//! How one logs in.

use bandstand_domain::accounts::NewPassword;
use leptos::prelude::*;

use crate::{
    accounts::{
        api::{change_password, load_settings},
        settings_page::OwnSettings,
    },
    factors::{PasskeysSection, SecondFactorSection, api::load_ways},
    ui::{Form, FormState, PasswordField, Submit, Toaster, secret},
};

/// How one logs in.
#[component]
pub(in crate::accounts) fn SecuritySection(settings: OwnSettings) -> impl IntoView {
    view! {
        <section id="security" class="panel" aria-labelledby="security-title">
            <h2 id="security-title">"Security"</h2>
            <PasswordForm settings/>
            <FactorsSections/>
        </section>
    }
    .into_any()
}

#[component]
fn PasswordForm(settings: OwnSettings) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    let text = || RwSignal::new(String::new());
    let (current, new) = (text(), text());
    let send = move |()| {
        let form = NewPassword { current: secret(current), new: secret(new) };
        let request = async move {
            change_password(form).await?;
            load_settings().await
        };
        let form = NewPassword { current: secret(current), new: secret(new) };
        state.send(form.check(), request, move |now| {
            current.set(String::new());
            new.set(String::new());
            settings.0.set(now);
            toaster.say("Your password is changed. All other sessions have ended.");
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <PasswordField state name="current" label="Your password so far" value=current autocomplete="current-password"/>
            <PasswordField state name="new" label="New password" value=new autocomplete="new-password" hint="At least 8 characters. A sentence is fine. All other sessions end."/>
            <Submit state label="Change the password"/>
        </Form>
    }
    .into_any()
}

/// Passkeys and the second factor.
#[component]
fn FactorsSections() -> impl IntoView {
    let loaded = Resource::new(|| (), |()| load_ways());
    let sections = move || {
        Some(match loaded.get()? {
            Ok(ways) => {
                let ways = RwSignal::new(ways);
                view! {
                    <PasskeysSection ways/>
                    <SecondFactorSection ways/>
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
    view! { <Transition fallback=|| view! { <p class="soft">"Fetching your passkeys …"</p> }>{sections}</Transition> }.into_any()
}
