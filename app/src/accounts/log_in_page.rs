//! The form by which one comes back.

use bandstand_domain::{
    Refusal,
    accounts::{AccountReason, Credentials, Role},
};
use leptos::prelude::*;

use super::{
    CurrentViewer, address_with_next,
    api::{log_in, restore_account},
    way::{Onward, next_in_query},
};
use crate::{
    failure::Failed,
    ui::{About, Form, FormState, PasswordField, Submit, TextField, secret},
};

/// The form by which one comes back. Who has an account is led on to where they wanted to go.
#[component]
pub fn LogInPage() -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let onward = move || {
        let known = viewer.get().is_some_and(|viewer| viewer.role != Role::Guest);
        known.then(|| view! { <Onward to=next_in_query().unwrap_or_else(|| "/".into())/> })
    };
    let state = FormState::default();
    let login = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let leaving = RwSignal::new(false);
    let send = move |()| {
        let form = Credentials { login: login.get_untracked(), password: secret(password) };
        let checked = form.check();
        let request = async move {
            let answer = log_in(form).await;
            if let Err(Failed(Refusal::Because(AccountReason::Leaving { .. }))) = &answer {
                leaving.set(true);
            }
            answer
        };
        state.send(checked, request, move |person| viewer.set(Some(person)));
    };
    let restore = move |_| {
        let form = Credentials { login: login.get_untracked(), password: secret(password) };
        state.send(form.check(), restore_account(form), move |person| viewer.set(Some(person)));
    };
    // The question stands while what was typed does.
    Effect::new(move || {
        login.track();
        password.track();
        leaving.set(false);
    });
    let join = move || match next_in_query() {
        Some(next) => address_with_next("/join", &next),
        None => "/join".into(),
    };
    view! {
        <About title="Log in" description="Log in to your place in the crowd, or to your stage."/>
        <Transition>{onward}</Transition>
        <section class="page narrow door">
            <h1>"Good to see you again"</h1>
            <div class="panel">
                <Form state on_send=Callback::new(send)>
                    <TextField state name="login" label="Handle or e-mail" value=login autocomplete="username" exact=true/>
                    <PasswordField state value=password autocomplete="current-password"/>
                    <Submit state label="Log in"/>
                    <button class="button" type="button" hidden=move || !leaving.get() on:click=restore>"Take my account back"</button>
                </Form>
            </div>
            <p class="soft">"Forgotten your password? " <a href="/forgotten">"Get a new one"</a></p>
            <p class="soft">"New here? " <a href=join>"Join the venue"</a></p>
        </section>
    }
    .into_any()
}
