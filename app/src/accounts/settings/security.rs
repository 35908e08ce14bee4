//! Section of password, passkeys and second factor.

use bandstand_domain::{accounts::NewPassword, factors::SignInMethods};
use leptos::prelude::*;

use crate::{
    accounts::{
        api::{change_password, load_settings},
        settings_page::OwnSettings,
    },
    factors::{PasskeysSection, SecondFactorSection},
    t,
    ui::{Form, FormState, PasswordField, Submit, Toaster, secret},
};

/// Password, passkeys and second factor.
#[component]
pub(in crate::accounts) fn SecuritySection(
    settings: OwnSettings,
    ways: SignInMethods,
) -> impl IntoView {
    let ways = RwSignal::new(ways);
    view! {
        <section id="security" class="panel" aria-labelledby="security-title">
            <h2 id="security-title">{t!(settings.security.title)}</h2>
            <PasswordForm settings/>
            <PasskeysSection ways/>
            <SecondFactorSection ways/>
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
            toaster.say(t!(settings.security.changed));
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <PasswordField state name="current" label=t!(settings.security.current) value=current autocomplete="current-password"/>
            <PasswordField state name="new" label=t!(accounts.new_password) value=new autocomplete="new-password" hint=t!(settings.security.new_hint)/>
            <Submit state label=t!(settings.security.change)/>
        </Form>
    }
    .into_any()
}
